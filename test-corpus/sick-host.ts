/**
 * A made Linux host with two GPUs for two libvirt VMs that works, and faults that can be planted in it, alone or together: each
 * changes the texts as the fault would. Formats as in `made-machine.ts`.
 */
import { cpu, dmesg, files, functions, link, memory, modules, tree, type Function, type Machine } from './made-machine.ts'

type Vm = 'play' | 'work'

/** The host as it is when its texts are written. */
export interface Host {
  fns: Function[]
  cmdline: string[]
  configured: string[]
  modprobe: string[]
  flags: string
  tables: string[]
  modules: string[]
  /** What the kernel says behind its boot. */
  said: string[]
  /** What the kernel says of interrupt remapping. */
  remapping: string
  iomem: string[]
  memoryGiB: number
  hugepages: number
  hooks: string[]
  vms: Record<Vm, { fns: string[]; memoryGiB: number; extra: string; firmware: string; managed: string; log: string[] }>
  libvirt: string[]
  guest: string[]
}

export interface Fault {
  /** The rule that names it. */
  readonly rule: string
  /** Faults of one place hide or contradict each other. */
  readonly places: readonly string[]
  readonly plant: (host: Host) => void
}

const none = '0x0000000000000000 0x0000000000000000 0x0000000000000000'
const bars = (first: string, large: string): string => [first, large, ...Array.from({ length: 5 }, () => none)].join('\n')
const gpu = (bdf: string, id: string, group: number, large: string): Function =>
  ({ bdf, id, class: '030000', driver: 'vfio-pci', group, below: `0000:00:0${bdf[6]}.0`, more: { ...link, reset_method: 'flr bus', resource: bars('0x0000000084000000 0x0000000084ffffff 0x0000000000040200', large) } })

export const healthy = (): Host => ({
  fns: [
    { bdf: '0000:00:00.0', id: '8086:4650', class: '060000', group: 0 },
    { bdf: '0000:00:01.0', id: '8086:460d', class: '060400', driver: 'pcieport', group: 1 },
    { bdf: '0000:00:02.0', id: '8086:4680', class: '030000', driver: 'i915', group: 2, more: { boot_vga: '1' } },
    { bdf: '0000:00:17.0', id: '8086:7ae2', class: '010601', driver: 'ahci', group: 9 },
    gpu('0000:01:00.0', '10de:1b39', 14, '0x0000004000000000 0x000000400fffffff 0x000000000014220c'),
    gpu('0000:02:00.0', '10de:1eb8', 15, '0x0000004010000000 0x000000401fffffff 0x000000000014220c'),
    { bdf: '0000:03:00.0', id: '10ec:8168', class: '020000', driver: 'r8169', group: 16 },
  ],
  cmdline: ['quiet', 'intel_iommu=on', 'iommu=pt'],
  configured: ['quiet', 'intel_iommu=on', 'iommu=pt'],
  modprobe: ['options vfio-pci ids=10de:1b39,10de:1eb8', 'softdep nouveau pre: vfio-pci'],
  flags: 'fpu vmx ept aes',
  tables: ['APIC', 'FACP', 'DMAR'],
  modules: ['vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1', 'vfio', 'kvm_intel', 'kvm', 'i915', 'r8169'],
  said: [],
  remapping: 'DMAR-IR: Enabled IRQ remapping in x2apic mode',
  iomem: [],
  memoryGiB: 64,
  hugepages: 0,
  hooks: [],
  vms: {
    play: { fns: ['0000:01:00.0'], memoryGiB: 16, extra: '', firmware: " firmware='efi'", managed: 'yes', log: [] },
    work: { fns: ['0000:02:00.0'], memoryGiB: 16, extra: '', firmware: " firmware='efi'", managed: 'yes', log: [] },
  },
  libvirt: [],
  guest: [],
})

const kernel = '6.8.12-11-amd64'
const osrelease = `/proc/sys/kernel/osrelease\t=${kernel}`

/** The texts that a collection of the host holds. */
export function machineOf(host: Host): Machine {
  return {
    ...functions(host.fns),
    'kernel-log': dmesg([
      `Linux version ${kernel} (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian`, `Command line: ${host.cmdline.join(' ')}`,
      ...host.tables.map(name => `ACPI: ${name} 0x000000007B7E7000 000260 (v01 INTEL  INTEL ID 00000001 ?    00000001)`),
      ...(host.fns.some(fn => fn.group !== undefined) ? ['DMAR: IOMMU enabled', host.remapping, 'DMAR: Intel(R) Virtualization Technology for Directed I/O'] : []),
      ...host.fns.flatMap(fn => (fn.group === undefined ? [] : [`pci ${fn.bdf}: Adding to iommu group ${fn.group}`])), ...host.said,
    ].join('\n')),
    cmdline: `BOOT_IMAGE=/boot/vmlinuz-${kernel} root=/dev/sda2 ro ${host.cmdline.join(' ')}\n`,
    'os-release': 'ID=debian\nVERSION_ID="13"\n',
    'kernel-version': `Linux version ${kernel} (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian`,
    cpuinfo: cpu('GenuineIntel', '12th Gen Intel(R) Core(TM) i5-12400', host.flags),
    modules: modules(...host.modules),
    'modules-builtin': `${osrelease}\n/sys/module/pcieport\t/\n`,
    'module-parameters': tree(['/sys/module/vfio_pci/parameters\t/', `/sys/module/vfio_pci/parameters/ids\t=${/ids=(\S+)/.exec(host.modprobe.join(' '))?.[1] ?? ''}`]),
    'modprobe-conf': tree(['/etc/modprobe.d\t/', ...host.modprobe.map(line => `/etc/modprobe.d/vfio.conf\t=${line}`), '/etc/modprobe.d/vfio.conf\t@100644 0 0 70 1767322000']),
    'boot-config': tree([osrelease, '/etc/default\t/', `/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="${host.configured.join(' ')}"`, '/boot/grub/grub.cfg\t@100644 0 0 9000 1767322222']),
    'initramfs-conf': tree([osrelease, '/etc/initramfs-tools\t/', ...['vfio', 'vfio_iommu_type1', 'vfio_pci'].map(name => `/etc/initramfs-tools/modules\t=${name}`), '/boot\t/', `/boot/initrd.img-${kernel}\t@100644 0 0 40000000 1767322333`]),
    'kernel-config': `# Linux/x86 ${kernel} Kernel Configuration\nCONFIG_VFIO=m\nCONFIG_VFIO_PCI=m\nCONFIG_INTEL_IOMMU=y\n# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\nCONFIG_EFI=y\n`,
    'firmware-sysfs': tree(['/sys/firmware/acpi/tables\t/', ...host.tables.map(name => `/sys/firmware/acpi/tables/${name}\t/`), '/sys/firmware/efi\t/']),
    'display-state': files({ '/proc/fb': '0 i915drmfb' }),
    iomem: ['00001000-0009efff : System RAM', '4000000000-4011ffffff : PCI Bus 0000:01', '  4000000000-400fffffff : 0000:01:00.0', ...host.iomem, ''].join('\n'),
    'host-map': tree(['/sys/bus/pci/devices/0000:00:17.0\t/', '/sys/block\t/', '/sys/block/sda\t>../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda', '/proc/self/mounts\t=/dev/sda2 / ext4 rw 0 0', '/sys/class/net/enp3s0\t>../../devices/pci0000:00/0000:03:00.0/net/enp3s0']),
    'device-nodes': tree(['/dev\t/', ...(host.flags.includes('vmx') ? ['/dev/kvm\t@20660 0 104 0 1767322222'] : []), '/dev/vfio\t/', '/dev/vfio/vfio\t@20666 0 0 0 1767322222']),
    meminfo: memory(host.memoryGiB).replace('HugePages_Total:       0', `HugePages_Total:       ${host.hugepages}`),
    ...(host.hooks.length > 0 ? { 'libvirt-hooks': tree(host.hooks) } : {}),
    ...Object.fromEntries(Object.entries(host.vms).flatMap(([name, vm]) => [
      [`libvirt-domain/${name}`, domain(name, vm)],
      [`qemu-log/${name}`, ['2026-02-03 04:00:00.000+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2', ...vm.log, ''].join('\n')],
    ])),
    ...(host.libvirt.length > 0 ? { 'libvirt-log': `${host.libvirt.join('\n')}\n` } : {}),
    ...(host.guest.length > 0 ? { 'guest-report': `${host.guest.join('\n')}\n` } : {}),
  }
}

function domain(name: string, vm: Host['vms'][Vm]): string {
  const hostdevs = vm.fns.map(bdf => {
    const [, bus, slot, fn] = bdf.split(/[:.]/)
    return `<hostdev mode='subsystem' type='pci' managed='${vm.managed}'><source><address domain='0x0000' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'/></source></hostdev>`
  })
  return `<domain type='kvm'><name>${name}</name><memory unit='KiB'>${vm.memoryGiB * 1048576}</memory>${vm.extra}<vcpu>8</vcpu>
<os${vm.firmware}><type arch='x86_64' machine='pc-q35-8.2'>hvm</type></os><features><acpi/><hyperv><vendor_id state='on' value='whatever'/></hyperv><kvm><hidden state='on'/></kvm></features>
<cpu mode='host-passthrough'/><devices>${hostdevs.join('\n')}<memballoon model='none'/><video><model type='none'/></video></devices></domain>\n`
}

const edit = (host: Host, bdf: string, change: (fn: Function) => Function): void => {
  host.fns = host.fns.map(fn => (fn.bdf === bdf ? change(fn) : fn))
}
const without = (host: Host): void => { host.fns = host.fns.map(({ group: _, ...fn }) => fn) }
const stamp = '2026-02-03T04:00:01.000000Z qemu-system-x86_64:'

export const faults: readonly Fault[] = [
  { rule: 'cpu-vtx-disabled-by-firmware', places: ['kvm'], plant(host) {
    host.flags = 'fpu aes'
    host.modules = host.modules.filter(name => !name.startsWith('kvm'))
    host.said.push('x86/cpu: VMX (outside TXT) disabled by BIOS', 'kvm_intel: VMX not supported by CPU 0')
  } },
  { rule: 'vtd-off-in-firmware', places: ['iommu'], plant(host) {
    host.tables = host.tables.filter(name => name !== 'DMAR')
    without(host)
  } },
  { rule: 'intel-iommu-not-enabled', places: ['iommu'], plant(host) {
    host.cmdline = host.configured = ['quiet', 'iommu=pt']
    without(host)
  } },
  { rule: 'iommu-cmdline-edited-not-applied', places: ['iommu'], plant(host) {
    host.cmdline = ['quiet']
    without(host)
  } },
  { rule: 'irq-remapping-init-failed', places: ['iommu'], plant(host) {
    host.remapping = 'DMAR-IR: Not enabling interrupt remapping'
    host.said.push('vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param "allow_unsafe_interrupts" to enable VFIO IOMMU support on this platform')
  } },
  { rule: 'iommu-group-shared', places: ['iommu', 'group', 'start of play'], plant(host) {
    edit(host, '0000:03:00.0', fn => ({ ...fn, group: 14 }))
    host.vms.play.log.push(`${stamp} -device {"driver":"vfio-pci","host":"0000:01:00.0","id":"hostdev0"}: vfio 0000:01:00.0: group 14 is not viable`, 'Please ensure all devices within the iommu_group are bound to their vfio bus driver.')
  } },
  { rule: 'group-busy-other-vm', places: ['iommu', 'start of work'], plant(host) {
    host.vms.work.log.push(`${stamp} -device {"driver":"vfio-pci","host":"0000:02:00.0","id":"hostdev0"}: vfio 0000:02:00.0: Could not open '/dev/vfio/15': Device or resource busy`)
  } },
  { rule: 'vfio-node-permission', places: ['iommu', 'start of work'], plant(host) {
    host.vms.work.log.push(`${stamp} -device {"driver":"vfio-pci","host":"0000:02:00.0","id":"hostdev0"}: vfio 0000:02:00.0: Could not open '/dev/vfio/15': Permission denied`)
  } },
  { rule: 'memlock-limit', places: ['iommu', 'start of work', 'memory'], plant(host) {
    host.vms.work.log.push(`${stamp} VFIO_MAP_DMA failed: Cannot allocate memory`)
  } },
  { rule: 'vfio-ids-match-nothing', places: ['binding'], plant(host) {
    host.modprobe = ['options vfio-pci ids=10de:1b38,10de:1eb9', 'softdep nouveau pre: vfio-pci']
    for (const bdf of ['0000:01:00.0', '0000:02:00.0']) edit(host, bdf, fn => ({ ...fn, driver: 'nouveau' }))
    host.modules.push('nouveau')
  } },
  { rule: 'framebuffer-holds-bar', places: ['bar of play'], plant(host) {
    host.said.push("vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]")
    host.iomem.push('    4000000000-40007fffff : BOOTFB')
  } },
  { rule: 'host-bar-no-space', places: ['bar of work'], plant(host) {
    edit(host, '0000:02:00.0', fn => ({ ...fn, more: { ...fn.more, resource: bars('0x0000000085000000 0x0000000085ffffff 0x0000000000040200', '0x0000000000000000 0x000000000fffffff 0x000000000014220c') } }))
    host.said.push('pci 0000:02:00.0: BAR 1 [mem size 0x10000000 64bit pref]: can\'t assign; no space', 'pci 0000:02:00.0: BAR 1 [mem size 0x10000000 64bit pref]: failed to assign')
  } },
  { rule: 'flr-timeout', places: ['reset of play'], plant(host) {
    host.said.push('vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting', 'vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up')
  } },
  { rule: 'd3cold-device-inaccessible', places: ['reset of work'], plant(host) {
    host.said.push('vfio-pci 0000:02:00.0: Unable to change power state from D3cold to D0, device inaccessible')
  } },
  { rule: 'apparmor-denied', places: ['start of play', 'rom'], plant(host) {
    host.said.push('audit: type=1400 audit(1770091200.171:88): apparmor="DENIED" operation="open" profile="libvirt-7f3b1c2d-1111-2222-3333-0123456789ab" name="/home/ann/vbios.rom" pid=4711 comm="qemu-system-x86" requested_mask="r" denied_mask="r" fsuid=64055 ouid=0')
  } },
  { rule: 'guest-ram-exceeds-host', places: ['memory'], plant(host) {
    host.vms.play.memoryGiB = 128
  } },
  { rule: 'hugepages-not-reserved', places: ['memory', 'start of play'], plant(host) {
    host.vms.play.extra = '<memoryBacking><hugepages/></memoryBacking>'
    host.vms.play.log.push(`${stamp} unable to map backing store for guest RAM: Cannot allocate memory`)
  } },
  { rule: 'pci-address-changed', places: ['definition of work', 'start of work'], plant(host) {
    host.vms.work.fns.push('0000:65:00.0')
    host.vms.work.log.push(`${stamp} -device {"driver":"vfio-pci","host":"0000:65:00.0","id":"hostdev1"}: vfio 0000:65:00.0: no such host device: No such file or directory`)
  } },
  { rule: 'uefi-firmware-not-found', places: ['start of play'], plant(host) {
    host.libvirt.push("2026-02-03T04:00:02+0000 tower libvirtd[281]: operation failed: Unable to find 'efi' firmware that is compatible with the current configuration")
  } },
  { rule: 'romfile-missing-or-bad', places: ['start of work', 'rom'], plant(host) {
    host.vms.work.log.push(`${stamp} -device {"driver":"vfio-pci","host":"0000:02:00.0"}: failed to find romfile "/usr/share/vgabios/card.rom"`)
  } },
  { rule: 'managed-no-not-detached', places: ['binding', 'start of work'], plant(host) {
    host.vms.work.managed = 'no'
    host.modprobe = ['options vfio-pci ids=10de:1b39', 'softdep nouveau pre: vfio-pci']
    edit(host, '0000:02:00.0', fn => ({ ...fn, driver: 'nouveau' }))
    host.modules.push('nouveau')
    host.libvirt.push('2026-02-03T04:00:02+0000 tower libvirtd[281]: internal error: Unmanaged PCI device 0000:02:00.0 must be manually detached from the host')
  } },
  { rule: 'nvme-or-root-disk-in-plan', places: ['definition of play'], plant(host) {
    host.vms.play.fns.push('0000:00:17.0')
  } },
  { rule: 'kernel-oops-or-panic-around-vfio', places: ['kernel'], plant(host) {
    host.said.push('BUG: kernel NULL pointer dereference, address: 0000000000000018', 'Oops: 0000 [#1] PREEMPT SMP NOPTI', 'RIP: 0010:vfio_pci_core_disable+0x1f/0x2a0 [vfio_pci_core]')
  } },
  { rule: 'pcie-link-degraded', places: ['link'], plant(host) {
    edit(host, '0000:02:00.0', fn => ({ ...fn, more: { ...fn.more, current_link_width: '1', current_link_speed: '2.5 GT/s PCIe' } }))
    host.said.push('pci 0000:02:00.0: 2.000 Gb/s available PCIe bandwidth, limited by 2.5 GT/s PCIe x1 link at 0000:00:01.0 (capable of 126.016 Gb/s with 8.0 GT/s PCIe x16 link)')
  } },
  { rule: 'win-code43', places: ['guest', 'bar of play', 'bar of work', 'reset of play', 'reset of work'], plant(host) {
    host.guest.push('Windows has stopped this device because it has reported problems. (Code 43)')
  } },
  { rule: 'hook-script-not-run', places: ['hook'], plant(host) {
    host.hooks.push('/etc/libvirt/hooks\t/', '/etc/libvirt/hooks/qemu\t@100644 0 0 512 1767322000')
  } },
]

/** What may be wrong at once: no two faults of one place. */
export const canMeet = (some: readonly Fault[]): boolean => {
  const places = some.flatMap(fault => fault.places)
  return new Set(places).size === places.length
}
