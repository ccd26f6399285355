/** A made Linux host in real formats, of any size: for benchmarks and for tests of scale. Nothing is wrong with it. */
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
    piece('libvirt-domain', '/etc/libvirt/qemu/work.xml', domain(addresses), 'work'),
    piece('qemu-log', '/var/log/libvirt/qemu/work.log', '2026-01-02 03:04:05.000+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2\n', 'work'),
  ]
}

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
