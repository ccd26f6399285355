/** What the commands of fixes do, as far as a plan has to know: which only look, which restart, which build, which are for a person. */
import { notKnown } from './fill.ts'
import { mark } from '../language/say.ts'

/** Commands that show something and change nothing, by their first words. */
const viewers = [
  'ls', 'lspci', 'lsmod', 'lsblk', 'lsusb', 'lscpu', 'ps', 'fuser -v', 'free', 'df', 'cat', 'grep', 'zgrep', 'dmesg', 'journalctl', 'uname', 'env', 'file', 'readlink', 'pidof', 'test', 'echo',
  'modinfo', 'findmnt', 'ldconfig -p', 'numactl -H', 'bootctl list', 'mokutil --sb-state', 'dkms status', 'systemctl status', 'systemctl is-active', 'systemctl show', 'proxmox-boot-tool kernel list', 'kernelstub --print-config', 'kernelstub --verbose',
  'virsh list', 'virsh dumpxml', 'virsh nodedev-list', 'virsh version', 'virsh domcapabilities', 'virsh secret-list', 'qm list', 'qm config', 'pvesh get', 'driverctl list', 'driverctl list-overrides', 'mdevctl list', 'boltctl list',
  'nvidia-smi -q', 'nvidia-smi -L', 'nvidia-smi --version', 'nvidia-smi nvlink -s', 'nvidia-smi mig -lgip', 'rocminfo', 'amd-smi', 'lsinitramfs', 'lsinitrd', 'apt-cache', 'apt-mark showhold', 'ausearch', 'timedatectl', 'acpidump -t',
  'nproc', 'pgrep', 'stat', 'od', 'xxd', 'strings', 'numastat', 'virt-host-validate', 'qemu-system-x86_64 --version', 'cc --version', 'lsinitcpio', 'modprobe -c', 'nvidia-smi topo', 'nvidia-smi mig -lgi', 'systemctl is-enabled', 'qm showcmd', 'grubby --info',
  'pciconf -l', 'kldstat', 'kenv', 'vmstat -i', 'vm list', 'vm info', 'pkg info', 'devinfo', 'sockstat', 'freebsd-version', 'bectl list', 'pkg query', 'zpool list', 'pptadm list', 'cbsd bhyve-ppt mode=list',
  // What stands behind a pipe.
  'sort', 'uniq', 'cut', 'tr', 'wc', 'head', 'tail', 'awk', 'sed -n', 'xargs ls',
]
/** Commands that only look in one of their forms. */
const viewerForms: readonly RegExp[] = [/^nvidia-smi$/, /^usbconfig$/, /^sysctl (?:-n )?[\w.]+(?: [\w.]+)*$/, /^setpci -s \S+ [^=]+$/, /^find (?:(?! -(?:delete|exec|ok|fprint)).)*$/]
/** The members of an IOMMU group. */
const groupListing = /^for d in (?:\$\(readlink -f )?\/sys\/[\w/.:*-]+\)?(?:\/devices)?(?:\/\*)?; do lspci -nnks "\$\{d##\*\/\}"; done$/
const shows = (part: string): boolean => viewers.some(viewer => part === viewer || part.startsWith(`${viewer} `) || (viewer.endsWith('-l') && part.startsWith(viewer))) || viewerForms.some(form => form.test(part))

/** Whether all a command does is show something: each part of it, and no redirection into a file. Values in it are quoted. */
export function looksOnly(command: string): boolean {
  if (groupListing.test(command)) return true
  const bare = command.replace(/'[^']*'/g, "''").replaceAll('$(uname -r)', '').replaceAll('$(hostname)', '').replace(/"[^"`$]*"/g, "''").replace(/ ?[12]?>(?: ?\/dev\/null|&[12])/g, '')
  if (/[>`<]|\$\(/.test(bare)) return false
  return bare.split(/\|\||&&|[;|]/).map(part => part.trim().replace(/^(?:sudo |\w+=\S+ )+/, '').replace(/^virsh -c \S+ /, 'virsh ')).filter(Boolean).every(shows)
}

export const restarts = (command: string): boolean => /^(?:shutdown -r\b|reboot\b|systemctl reboot\b)/.test(command)

/** Words in capitals that a person has to put something in for. */
const blanks: ReadonlySet<string> = new Set([
  'VMID', 'VM', 'NAME', 'ADDRESS', 'GPU_ADDRESS', 'AUDIO_ADDRESS', 'VF_ADDRESS', 'PF_ADDRESS', 'BDF', 'VENDOR:DEVICE', 'VENDOR', 'DEVICE', 'DEVICEID', 'ID', 'USER', 'YOUR_USER', 'FILE', 'PATH', 'NODE', 'HOST', 'UUID', 'PROFILE', 'FLAVOR', 'PROGRAM',
  'WATTS', 'BYTES', 'PAGES', 'IRQ', 'BRANCH', 'MODULE', 'MODULE/VERSION', 'DRIVER_VERSION', 'KERNEL_VERSION', 'INSTANCE-ID', 'SYMBOL', 'N', 'BUS', 'SLOT', 'BUS:SLOT:FUNCTION', 'BUS/SLOT', 'BUS:SLOT',
])
const inCapitals = /(?<![A-Za-z0-9_])[A-Z][A-Z_]*(?:[:/-][A-Z]+)*(?![\w=(])/g

/** Whether something has to be put in first: a word that stands for it, or what the diagnosis did not know. */
export const hasBlanks = (text: string): boolean => text.includes(notKnown()) || text.includes('(in the guest)') || (text.match(inCapitals) ?? []).some(word => blanks.has(word))

/** Commands that wait for a person: an editor, a dialogue. */
export const asks = (command: string): boolean => /^(?:virsh (?:-c \S+ )?edit|vm configure|visudo|mokutil --import)\b/.test(command) || / \(/.test(command.replace(/'[^']*'|"[^"]*"|\$\([^)]*\)/g, ''))

/** What is made from edited files, in the order in which it has to be made. */
const builds: readonly (readonly [RegExp, string])[] = [
  [/^depmod\b/, mark('Make the list of modules anew')],
  [/^(?:\w+=\S+ )?dkms autoinstall\b/, mark('Build the modules that are not the kernel\'s')],
  [/^(?:update-grub|grub2?-mkconfig)\b/, mark("Write the boot loader's configuration anew")],
  [/^(?:update-initramfs|dracut --force|mkinitcpio -P|\/usr\/lib\/booster\/regenerate_images)/, mark('Build the initramfs anew')],
  [/^kernel-install add-all\b/, mark('Make the boot entries anew')],
  [/^proxmox-boot-tool refresh\b/, mark('Copy kernels, images and command line to the boot partitions')],
]

/** Place in the order of building, and what it is in words; null for any other command. */
export function buildOf(command: string): { readonly place: number; readonly title: string } | null {
  const place = builds.findIndex(([pattern]) => pattern.test(command))
  return place < 0 ? null : { place, title: (builds[place] as readonly [RegExp, string])[1] }
}

/** Whether a restart of the host takes its effect away: state of the kernel, of a running daemon or of a device. */
export const isVolatile = (command: string): boolean =>
  /^(?:echo|modprobe|rmmod|kldload|virsh (?:nodedev|start|destroy|shutdown|attach|detach)|qm (?:start|stop|shutdown)|devctl|driverctl|setpci|systemctl (?:start|stop|restart|isolate|reload)|nvidia-smi|fuser|sysctl|test |for )/.test(command)

/** `echo VALUE > /sys/…`, the commonest way to set something in a running kernel. */
export function sysfsWrite(command: string): { readonly value: string; readonly file: string } | null {
  const found = /^echo (?:([\w.:,+-]*)|'([^']*)') ?> ?(\/(?:sys|proc)\/[\w.:/@+-]+)$/.exec(command)
  return found === null || (found[3] as string).split('/').includes('..') ? null : { value: found[1] ?? found[2] ?? '', file: found[3] as string }
}

export interface SysrcChange { readonly name: string; readonly how: '=' | '+=' | '-=' | 'unset'; readonly value: string }

/** `sysrc -f /boot/loader.conf vmm_load="YES" pptdevs+=" 1/0/0"` (sysrc(8)); null where it is anything else. */
export function sysrc(command: string): { readonly file: string; readonly changes: readonly SysrcChange[] } | null {
  const head = /^sysrc (?:-f (\/[\w./-]+) )?(-x )?/.exec(command)
  if (head === null) return null
  const changes: SysrcChange[] = []
  const rest = command.slice(head[0].length)
  const piece = /\s*([\w.]+)(?:(\+?=|-=)(?:"([^"$`\\]*)"|'([^']*)'|([\w.:/,-]*)))?(?=\s|$)/y
  while (piece.lastIndex < rest.length) {
    const found = piece.exec(rest)
    if (found === null || (found[2] === undefined) !== (head[2] !== undefined)) return null
    changes.push({ name: found[1] as string, how: (found[2] as '=' | undefined) ?? 'unset', value: (found[3] ?? found[4] ?? found[5] ?? '').trim() })
  }
  return changes.length > 0 ? { file: head[1] ?? '/etc/rc.conf', changes } : null
}

/** The VM whose definition an edit or a command changes: `virsh edit win11`, `qm set 100 …`, `/etc/pve/qemu-server/100.conf`; empty: it is not named. */
export function vmOf(text: string): string | null {
  if (/^virsh edit (?:the domain|VM)$|^(?:the VM\b|the command line of QEMU|the command of bhyve)/.test(text)) return ''
  const found = /^(?:virsh (?:-c \S+ )?edit|vm configure|qm set) ('[^']*'|\S+)|^\/etc\/pve\/qemu-server\/(\w+)\.conf|\(virsh edit ('[^']*'|[^\s)]+)\)/.exec(text)
  return found === null ? null : (found[1] ?? found[2] ?? found[3] ?? '').replace(/^'|'$/g, '')
}
