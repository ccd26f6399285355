/**
 * The disk of the box: Debian with its own kernel, QEMU and libvirt, made once per recipe and kept in a cache folder.
 * The tool under test is not in it; that comes on a second disk at each start.
 */
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { startBox } from './box.ts'
import { kernelArguments, type BootEntry } from './boot-entry.ts'
import { labFolder } from './scenario.ts'
import { CannotRun, run } from './tools.ts'

export const cacheFolder = (): string => process.env.GPUDOCTOR_LAB_CACHE ?? join(homedir(), '.cache', 'gpudoctor-lab')

/** A disk that boxes only read (they write into overlays), and how it boots when nothing in it has been changed. */
export interface Image { readonly disk: string; readonly boot: BootEntry }

const suite = 'bookworm'

const packages = [
  'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'procps', 'iproute2', 'pciutils', 'psmisc', 'apparmor', 'acl',
  'linux-image-amd64', 'initramfs-tools', 'zstd', 'grub-common', 'grub2-common',
  'libvirt-daemon-system', 'libvirt-daemon-driver-qemu', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'ovmf', 'libstdc++6',
]

/** Left out of the packages for size; nothing that a passthrough host needs. */
const leftOut = [
  '/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/i18n/*',
  ...['drivers/media', 'drivers/net/wireless', 'drivers/infiniband', 'drivers/iio', 'drivers/staging', 'drivers/isdn', 'drivers/gpu/drm/amd', 'drivers/gpu/drm/nouveau', 'sound', 'net/bluetooth']
    .map(folder => `/lib/modules/*/kernel/${folder}/*`),
]

/** Services that take time and have no part in any scenario. */
const masked = [
  'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer', 'logrotate.timer',
  'systemd-pstore.service', 'getty@tty1.service', 'serial-getty@ttyS0.service', 'libvirt-guests.service', 'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service', 'systemd-networkd-wait-online.service',
]

/** Configuration of a Debian host as its installer leaves it, but for a small initramfs. */
const files: Readonly<Record<string, string>> = {
  '/etc/fstab': '/dev/vda / ext4 errors=remount-ro 0 1\n',
  '/etc/hostname': 'box\n',
  '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 box\n',
  '/etc/default/grub': [
    'GRUB_DEFAULT=0', 'GRUB_TIMEOUT=5', 'GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`',
    // The kernel's guards against its processor take a third of the time here, where the processor is a program.
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet"', 'GRUB_CMDLINE_LINUX="console=ttyS0 mitigations=off"', 'GRUB_DISABLE_OS_PROBER=true', '',
  ].join('\n'),
  '/etc/initramfs-tools/conf.d/small': 'MODULES=list\nRESUME=none\nFSTYPE=ext4\n',
  '/etc/systemd/system.conf.d/lab.conf': '[Manager]\nDefaultTimeoutStartSec=240s\nDefaultTimeoutStopSec=20s\n',
}
const initramfsModules = ['virtio_pci', 'virtio_blk', 'ext4']

const boxFolder = join(labFolder, 'box')
const boxFiles: Readonly<Record<string, string>> = {
  agent: '/lab/agent', prepare: '/lab/prepare',
  'agent.service': '/etc/systemd/system/lab-agent.service', 'prepare.service': '/etc/systemd/system/lab-prepare.service',
}

/** Everything the disk is made from; another recipe is another disk. */
function recipeKey(): string {
  const recipe = [suite, packages, leftOut, masked, files, initramfsModules, process.version, readFileSync(import.meta.filename, 'utf8'),
    ...Object.keys(boxFiles).map(name => readFileSync(join(boxFolder, name), 'utf8'))]
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12)
}

/** The disk of this recipe, from the cache or made now (one to three minutes, 1 GB). */
export async function image(log: (line: string) => void): Promise<Image> {
  const folder = join(cacheFolder(), `image-${recipeKey()}`)
  if (!existsSync(join(folder, 'boot.json'))) await build(folder, log)
  const boot = JSON.parse(readFileSync(join(folder, 'boot.json'), 'utf8')) as { arguments: string[] }
  return { disk: join(folder, 'disk.qcow2'), boot: { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd.img'), arguments: boot.arguments } }
}

async function build(folder: string, log: (line: string) => void): Promise<void> {
  log('Making the disk of the box from Debian\'s packages …')
  mkdirSync(cacheFolder(), { recursive: true })
  for (const old of readdirSync(cacheFolder()).filter(name => name.startsWith('image-') || name.startsWith('making-'))) rmSync(join(cacheFolder(), old), { recursive: true, force: true })
  const made = mkdtempSync(join(cacheFolder(), 'making-'))
  try {
    const root = join(made, 'root')
    await run('mmdebstrap', [
      '--mode=root', '--variant=minbase', `--include=${packages.join(',')}`, '--aptopt=APT::Install-Recommends "false"',
      ...leftOut.map(path => `--dpkgopt=path-exclude=${path}`), suite, root,
    ], 600).catch((error: unknown) => { throw new CannotRun(`Debian's packages could not be had for the box: ${error instanceof Error ? error.message : String(error)}`) })
    furnish(root)
    await run('chroot', [root, 'sh', '-ec', [
      '/usr/local/bin/node --version', 'update-initramfs -u',
      // AppArmor's profile for each VM takes ten seconds to compile here; the scenario about it turns it on again.
      `echo 'security_driver = "none"' >>/etc/libvirt/qemu.conf`, 'systemctl enable lab-prepare lab-agent', `systemctl mask ${masked.join(' ')}`,
      'rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/*.log /var/log/apt',
    ].join('\n')], 300)
    await run('sh', ['-ec', `cp -L ${root}/boot/vmlinuz-* ${made}/vmlinuz; cp ${root}/boot/initrd.img-* ${made}/initrd.img`], 30)
    await run('mkfs.ext4', ['-q', '-d', root, '-E', 'lazy_itable_init=0,root_owner=0:0', '-O', '^has_journal', join(made, 'disk.raw'), '3G'], 300)
    await run('qemu-img', ['convert', '-O', 'qcow2', join(made, 'disk.raw'), join(made, 'disk.qcow2')], 300)
    rmSync(root, { recursive: true })
    rmSync(join(made, 'disk.raw'))
    log('First boot of the box …')
    writeFileSync(join(made, 'boot.json'), JSON.stringify(await firstBoot(made)))
    renameSync(made, folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function furnish(root: string): void {
  const place = (path: string): string => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    return join(root, path)
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(place(path), text)
  for (const [name, path] of Object.entries(boxFiles)) {
    copyFileSync(join(boxFolder, name), place(path))
    chmodSync(join(root, path), path.startsWith('/lab/') ? 0o755 : 0o644)
  }
  writeFileSync(join(root, 'etc/initramfs-tools/modules'), `${initramfsModules.join('\n')}\n`)
  copyFileSync(process.execPath, place('/usr/local/bin/node'))
  chmodSync(join(root, 'usr/local/bin/node'), 0o755)
}

/** What an installed host has done once: the boot loader's file is written, and libvirt has looked at QEMU. */
async function firstBoot(folder: string): Promise<{ arguments: string[] }> {
  const boot = { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd.img'), arguments: ['root=/dev/vda', 'ro', 'console=ttyS0', 'mitigations=off'] }
  const box = await startBox({ machine: { iommu: 'intel' }, disk: join(folder, 'disk.qcow2'), boot, folder: join(folder, 'first-boot') })
  try {
    await box.run('set -e; mkdir -p /boot/grub; update-grub; virsh domcapabilities --virttype qemu --machine q35 >/dev/null', 240)
    const config = await box.run('cat /boot/grub/grub.cfg', 30)
    await box.powerOff()
    return { arguments: kernelArguments(config) }
  } finally {
    await box.stop()
    rmSync(join(folder, 'first-boot'), { recursive: true, force: true })
  }
}
