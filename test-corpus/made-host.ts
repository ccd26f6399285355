/** A made Linux host in real formats, of any size: for benchmarks and for tests of scale. It is no healthy host: much that a real one shows is left out. */
import type { Evidence, EvidenceId, EvidenceKind } from '../model/evidence.ts'

export interface HostSize {
  /** PCI functions, a GPU with its audio function in every eighth slot. */
  readonly functions: number
  /** Lines of the kernel log. */
  readonly logLines: number
}

export function makeHost(size: HostSize): Evidence[] {
  const addresses = Array.from({ length: size.functions }, (_, index) => {
    const slot = Math.floor(index / 2)
    return `0000:${(slot & 0xff).toString(16).padStart(2, '0')}:00.${index % 2}`
  })
  return [
    piece('pci-sysfs', '/sys/bus/pci/devices', pciTree(addresses)),
    piece('iommu-sysfs', '/sys/kernel/iommu_groups', iommuTree(addresses)),
    piece('kernel-log', 'dmesg', kernelLog(addresses, size.logLines)),
    piece('cmdline', '/proc/cmdline', 'BOOT_IMAGE=/boot/vmlinuz-6.8.12 root=/dev/mapper/vg-root ro intel_iommu=on iommu=pt vfio-pci.ids=10de:1b39,10de:10f0'),
    piece('cpuinfo', '/proc/cpuinfo', 'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz\nflags\t\t: fpu vmx ept\naddress sizes\t: 46 bits physical, 48 bits virtual\n'),
    piece('os-release', '/etc/os-release', 'ID=debian\nVERSION_ID="12"\n'),
    piece('kernel-version', '/proc/version', 'Linux version 6.8.12-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian'),
    piece('firmware-sysfs', '/sys/firmware', '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/DMAR\t/\n/sys/firmware/acpi/tables/FACP\t/\n/sys/firmware/efi\t/\n'),
    ...smallPieces.map(([kind, from, body]) => piece(kind, from, body)),
    piece('libvirt-domain', '/etc/libvirt/qemu/work.xml', domain(addresses), 'work'),
    piece('qemu-log', '/var/log/libvirt/qemu/work.log', '2026-01-02 03:04:05.000+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2\n', 'work'),
  ]
}

/** What else a collection brings, in the form collectors give it. */
const smallPieces: readonly (readonly [EvidenceKind, string, string])[] = [
  ['modules', '/proc/modules', 'vfio_pci 16384 0 - Live 0x0000000000000000\nvfio_pci_core 86016 1 vfio_pci, Live 0x0000000000000000\nkvm_intel 413696 4 - Live 0x0000000000000000\ni40e 630784 0 - Live 0x0000000000000000\n'],
  ['modules-builtin', '/lib/modules', '/proc/sys/kernel/osrelease\t=6.8.12-amd64\n/sys/module/pcieport\t/\n'],
  ['module-parameters', '/sys/module', '/sys/module/vfio_pci/parameters\t/\n/sys/module/vfio_pci/parameters/ids\t=10de:1b39,10de:10f0\n/sys/module/kvm/parameters/ignore_msrs\t=N\n'],
  ['modprobe-conf', '/etc/modprobe.d', '/etc/modprobe.d\t/\n/etc/modprobe.d/vfio.conf\t=options vfio-pci ids=10de:1b39,10de:10f0\n/etc/modprobe.d/vfio.conf\t=softdep nouveau pre: vfio-pci\n/etc/modprobe.d/vfio.conf\t@100644 0 0 70 1767322000\n'],
  ['boot-config', '/etc/default/grub', '/proc/sys/kernel/osrelease\t=6.8.12-amd64\n/etc/default\t/\n/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt vfio-pci.ids=10de:1b39,10de:10f0"\n/boot/grub/grub.cfg\t@100644 0 0 9000 1767322222\n'],
  ['initramfs-conf', '/etc/initramfs-tools', '/proc/sys/kernel/osrelease\t=6.8.12-amd64\n/etc/initramfs-tools\t/\n/etc/initramfs-tools/modules\t=vfio\n/etc/initramfs-tools/modules\t=vfio_pci\n/boot\t/\n/boot/initrd.img-6.8.12-amd64\t@100644 0 0 40000000 1767322333\n'],
  ['kernel-config', '/boot/config-6.8.12-amd64', '# Linux/x86 6.8.12-amd64 Kernel Configuration\nCONFIG_VFIO=m\nCONFIG_VFIO_PCI=m\nCONFIG_INTEL_IOMMU=y\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\nCONFIG_EFI=y\n# CONFIG_DRM_SIMPLEDRM is not set\n'],
  ['meminfo', '/proc/meminfo', '/proc/meminfo\t=MemTotal:       263852032 kB\n/proc/meminfo\t=MemAvailable:   200226628 kB\n/proc/meminfo\t=HugePages_Total:       0\n/proc/meminfo\t=HugePages_Free:        0\n/proc/meminfo\t=Hugepagesize:       2048 kB\n'],
  ['iomem', '/proc/iomem', '00001000-0009fbff : System RAM\nc0000000-cfffffff : PCI Bus 0000:01\n  c0000000-c0ffffff : 0000:01:00.0\n'],
  ['display-state', '/proc/fb', '/proc/fb\t=0 mgag200drmfb\n/sys/class/vtconsole/vtcon0\t/\n/sys/class/vtconsole/vtcon0/name\t=(S) dummy device\n/sys/class/vtconsole/vtcon0/bind\t=1\n'],
  ['host-map', '/sys/block', '/sys/bus/pci/devices/0000:02:00.0\t/\n/sys/block\t/\n/sys/block/sda\t>../devices/pci0000:00/0000:02:00.0/host0/target0:0:0/0:0:0:0/block/sda\n/proc/self/mounts\t=/dev/sda2 / ext4 rw 0 0\n/sys/class/net/eth0\t>../../devices/pci0000:00/0000:02:00.1/net/eth0\n'],
  ['device-nodes', '/dev', '/dev\t/\n/dev/kvm\t@20660 0 107 0 1767322222\n/dev/vfio\t/\n/dev/vfio/vfio\t@20666 0 0 0 1767322222\n'],
  ['limits', '/etc/security', '/etc/security\t/\n/etc/security/limits.conf\t=# limits\n'],
  ['qemu-processes', 'ps', '    PID USER     COMMAND\n   2214 libvirt+ /usr/bin/qemu-system-x86_64 -name guest=work,debug-threads=on -machine pc-q35-8.2,accel=kvm -cpu host,kvm=off -m 16384 -smp 8 -device {"driver":"vfio-pci","host":"0000:01:00.0","id":"hostdev0"}\n'],
]

function piece(kind: EvidenceKind, from: string, body: string, name?: string): Evidence {
  const id: EvidenceId = name === undefined ? kind : `${kind}/${name}`
  return { id, kind, from, status: 'ok', body, takenAt: '2026-01-02T03:04:05Z', tookMs: 1 }
}

interface Function { readonly vendor: string; readonly device: string; readonly class: string; readonly driver: string }

function functionAt(index: number): Function {
  if (index === 0) return { vendor: '8086', device: '2020', class: '060000', driver: '' }
  if (index % 16 === 2) return { vendor: '10de', device: '1b39', class: '030000', driver: 'vfio-pci' }
  if (index % 16 === 3) return { vendor: '10de', device: '10f0', class: '040300', driver: 'vfio-pci' }
  return index % 2 === 0 ? { vendor: '8086', device: '1572', class: '020000', driver: 'i40e' } : { vendor: '8086', device: '1583', class: '020000', driver: 'i40e' }
}

function pciTree(addresses: readonly string[]): string {
  const lines = ['/sys/bus/pci/devices\t/', ...addresses.map(bdf => `/sys/bus/pci/devices/${bdf}\t>../../../devices/pci0000:00/${bdf}`)]
  addresses.forEach((bdf, index) => {
    const at = `/sys/bus/pci/devices/${bdf}`
    const fn = functionAt(index)
    lines.push(`${at}\t/`, `${at}/vendor\t=0x${fn.vendor}`, `${at}/device\t=0x${fn.device}`, `${at}/class\t=0x${fn.class}`, `${at}/revision\t=0xa1`,
      `${at}/subsystem_vendor\t=0x${fn.vendor}`, `${at}/subsystem_device\t=0x0001`, `${at}/driver_override\t=(null)`, `${at}/enable\t=1`, `${at}/numa_node\t=0`,
      `${at}/power_state\t=D0`, `${at}/current_link_speed\t=8.0 GT/s PCIe`, `${at}/max_link_speed\t=8.0 GT/s PCIe`, `${at}/current_link_width\t=16`, `${at}/max_link_width\t=16`)
    if (fn.driver) lines.push(`${at}/driver\t>../../../bus/pci/drivers/${fn.driver}`)
    lines.push(`${at}/iommu_group\t>../../../kernel/iommu_groups/${Math.floor(index / 2)}`)
    const header = Buffer.alloc(64)
    header.writeUInt16LE(parseInt(fn.vendor, 16), 0)
    header.writeUInt16LE(parseInt(fn.device, 16), 2)
    header[4] = 0x07
    lines.push(`${at}/config\t#${header.toString('hex')}`)
  })
  return `${lines.join('\n')}\n`
}

function iommuTree(addresses: readonly string[]): string {
  const lines = ['/sys/kernel/iommu_groups\t/', '/sys/class/iommu\t/', '/sys/class/iommu/dmar0\t/']
  addresses.forEach((bdf, index) => lines.push(`/sys/kernel/iommu_groups/${Math.floor(index / 2)}/devices/${bdf}\t/`))
  return `${lines.join('\n')}\n`
}

const chatter = [
  'usb 1-4: new high-speed USB device number 3 using xhci_hcd', 'EXT4-fs (dm-0): mounted filesystem with ordered data mode. Quota mode: none.',
  'systemd[1]: Started Journal Service.', 'audit: type=1400 apparmor="STATUS" operation="profile_load" name="lsb_release"', 'i40e 0000:02:00.0 eth0: NIC Link is Up, 10 Gbps Full Duplex',
  'kvm [2214]: vcpu0, guest rIP: 0xfffff801 ignored wrmsr: 0x122 data 0x0', 'vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)', 'br0: port 2(vnet0) entered forwarding state',
]

/** Boot lines of every function, then chatter, as many lines as asked for. */
export function kernelLog(addresses: readonly string[], lines: number): string {
  const boot = [
    'Linux version 6.8.12-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian', 'Command line: BOOT_IMAGE=/boot/vmlinuz-6.8.12 root=/dev/mapper/vg-root ro intel_iommu=on iommu=pt',
    'ACPI: DMAR 0x000000007B7E7000 000260 (v01 INTEL  INTEL ID 00000001 ?    00000001)', 'DMAR: IOMMU enabled', 'DMAR-IR: Enabled IRQ remapping in x2apic mode', 'DMAR: Intel(R) Virtualization Technology for Directed I/O',
    ...addresses.map((bdf, index) => `pci ${bdf}: [${functionAt(index).vendor}:${functionAt(index).device}] type 00 class 0x${functionAt(index).class}`),
    ...addresses.map((bdf, index) => `pci ${bdf}: Adding to iommu group ${Math.floor(index / 2)}`),
  ]
  const all = [...boot, ...Array.from({ length: Math.max(0, lines - boot.length) }, (_, index) => chatter[index % chatter.length] as string)]
  return `${all.map((text, index) => `[${(index / 50).toFixed(6).padStart(12)}] ${text}`).join('\n')}\n`
}

function domain(addresses: readonly string[]): string {
  const hostdev = (bdf: string) => {
    const [, bus, slot, fn] = bdf.split(/[:.]/)
    return `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'/></source></hostdev>`
  }
  return `<domain type='kvm'><name>work</name><memory unit='KiB'>16777216</memory><vcpu>8</vcpu><os firmware='efi'><type arch='x86_64' machine='pc-q35-8.2'>hvm</type></os>
<features><acpi/><kvm><hidden state='on'/></kvm></features><cpu mode='host-passthrough'/><devices>${addresses.slice(2, 4).map(hostdev).join('\n')}</devices></domain>\n`
}
