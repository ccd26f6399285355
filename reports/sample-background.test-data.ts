/** Machines, timelines and evidence that the tests of the reports are made with. */
import type { Background } from '../model/background.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Diagnosis, Finding } from '../model/finding.ts'
import type { Machine, MachineFunction } from '../model/machine.ts'
import { oneCause, thirtyFindings } from './sample-diagnosis.test-data.ts'

const fn = (bdf: string, depth: number, name: string, kind: string, more: Partial<MachineFunction> = {}): MachineFunction => ({
  bdf, depth, name, kind, driver: null, passedThrough: false, group: null, link: null, wantedBy: [], wanted: false, bootDisplay: false, hostUses: [], virtual: false, ...more,
})
const onVfio = { driver: 'vfio-pci', passedThrough: true, wanted: true } as const
const hex = (number: number, width = 2) => number.toString(16).padStart(width, '0')

/** A desktop whose graphics card shares its group with the network card in the next slot. */
export const desktop: Machine = {
  functions: [
    fn('0000:00:00.0', 0, 'Intel Corporation Device a700', 'host-bridge', { group: '0' }),
    fn('0000:00:01.0', 0, 'Intel Corporation PCI Express x16 Root Port', 'bridge', { driver: 'pcieport', group: '1' }),
    fn('0000:01:00.0', 1, 'NVIDIA Corporation AD102 [GeForce RTX 4090]', 'gpu', { ...onVfio, group: '1', wantedBy: ['win11'], link: { speed: 2.5, width: 16, speedMax: 16, widthMax: 16 }, bootDisplay: true }),
    fn('0000:01:00.1', 1, 'NVIDIA Corporation AD102 High Definition Audio Controller', 'gpu-audio', { ...onVfio, group: '1', wantedBy: ['win11'], link: { speed: 2.5, width: 16, speedMax: 16, widthMax: 16 } }),
    fn('0000:00:01.1', 0, 'Intel Corporation PCI Express x8 Root Port', 'bridge', { driver: 'pcieport', group: '1' }),
    fn('0000:02:00.0', 1, 'Intel Corporation 82599ES 10-Gigabit SFI/SFP+ Network Connection', 'network', { driver: 'ixgbe', group: '1', link: { speed: 5, width: 4, speedMax: 5, widthMax: 8 }, hostUses: ['interface enp2s0'] }),
    fn('0000:00:02.0', 0, 'Intel Corporation Raptor Lake-S GT1 [UHD Graphics 770]', 'gpu', { driver: 'i915', group: '2' }),
    fn('0000:00:14.0', 0, 'Intel Corporation Raptor Lake USB 3.2 Gen 2x2 (20 Gb/s) XHCI Host Controller', 'usb', { driver: 'xhci_hcd', group: '3' }),
    fn('0000:00:1a.0', 0, 'Intel Corporation Raptor Lake PCI Express Root Port #25', 'bridge', { driver: 'pcieport', group: '4' }),
    fn('0000:03:00.0', 1, 'Samsung Electronics Co Ltd NVMe SSD Controller 980 PRO', 'nvme', { driver: 'nvme', group: '5', link: { speed: 16, width: 4, speedMax: 16, widthMax: 4 }, hostUses: ['disk nvme0n1', 'root file system'] }),
    fn('0000:00:1f.0', 0, 'Intel Corporation Z790 Chipset LPC/eSPI Controller', 'bridge', { group: '6' }),
    fn('0000:00:1f.3', 0, 'Intel Corporation Raptor Lake High Definition Audio Controller', 'audio', { driver: 'snd_hda_intel', group: '6' }),
    fn('0000:00:1f.4', 0, 'Intel Corporation Raptor Lake-S PCH SMBus Controller', 'other', { driver: 'i801_smbus', group: '6' }),
  ],
  vms: [{ name: 'win11', hypervisor: 'libvirt', running: false, wants: ['0000:01:00.0', '0000:01:00.1'] }, { name: 'build', hypervisor: 'libvirt', running: true, wants: [] }],
}

/** A server with eight GPUs behind four switches, network cards with virtual functions, and all that stands around in a big machine: 200 functions. */
export function server(): Machine {
  const functions: MachineFunction[] = []
  let group = 0
  for (let gpu = 0; gpu < 8; gpu++) {
    const bus = 0x10 + gpu * 0x10
    const owner = gpu < 4 ? ['train'] : gpu < 6 ? ['render'] : []
    if (gpu % 2 === 0) functions.push(fn(`0000:${hex(bus)}:00.0`, 0, 'Intel Corporation Ice Lake PCI Express Root Port A', 'bridge', { driver: 'pcieport', group: String(group++) }))
    functions.push(fn(`0000:${hex(bus + 1)}:00.0`, 1, 'Broadcom / LSI PEX890xx PCIe Gen 5 Switch', 'bridge', { driver: 'pcieport', group: String(group++) }))
    functions.push(fn(`0000:${hex(bus + 2)}:00.0`, 2, 'Broadcom / LSI PEX890xx PCIe Gen 5 Switch', 'bridge', { driver: 'pcieport', group: gpu === 3 ? '900' : String(group++) }))
    functions.push(fn(`0000:${hex(bus + 3)}:00.0`, 3, 'NVIDIA Corporation GH100 [H100 SXM5 80GB]', 'gpu', {
      ...(gpu === 6 ? { driver: 'nvidia' } : onVfio), group: gpu === 3 ? '900' : String(group++), wantedBy: owner, link: { speed: 32, width: gpu === 5 ? 8 : 16, speedMax: 32, widthMax: 16 },
    }))
    functions.push(fn(`0000:${hex(bus + 2)}:01.0`, 2, 'Broadcom / LSI PEX890xx PCIe Gen 5 Switch', 'bridge', { driver: 'pcieport', group: gpu === 3 ? '900' : String(group++) }))
    functions.push(fn(`0000:${hex(bus + 4)}:00.0`, 3, 'Mellanox Technologies MT2910 Family [ConnectX-7]', 'network', {
      driver: 'mlx5_core', group: gpu === 3 ? '900' : String(group++), link: { speed: 32, width: 16, speedMax: 32, widthMax: 16 }, hostUses: [`interface ens${gpu}np0`],
    }))
  }
  functions.push(fn('0000:c0:01.0', 0, 'Intel Corporation Ice Lake PCI Express Root Port B', 'bridge', { driver: 'pcieport', group: String(group++) }))
  for (let port = 0; port < 2; port++) {
    functions.push(fn(`0000:c1:00.${port}`, 1, 'Intel Corporation Ethernet Controller E810-C for QSFP', 'network', { driver: 'ice', group: String(group++), hostUses: [`interface eno${port}`], link: { speed: 16, width: 16, speedMax: 16, widthMax: 16 } }))
    for (let vf = 0; vf < 32; vf++) {
      functions.push(fn(`0000:c1:${hex(1 + port * 8 + (vf >> 3))}.${vf & 7}`, 1, 'Intel Corporation Ethernet Adaptive Virtual Function', 'network', { driver: 'iavf', group: String(group++), virtual: true }))
    }
  }
  for (let at = 0; functions.length < 200; at++) {
    functions.push(fn(`0000:${hex(0xe0 + (at >> 5))}:${hex(at & 31)}.0`, 0, 'Intel Corporation Ice Lake Mesh 2 PCIe', 'other', { group: String(group++) }))
  }
  const given = (vm: string) => functions.filter(each => each.wantedBy.includes(vm)).map(each => each.bdf)
  return { functions, vms: [{ name: 'train', hypervisor: 'libvirt', running: true, wants: given('train') }, { name: 'render', hypervisor: 'libvirt', running: false, wants: given('render') }] }
}

const log = `${Array.from({ length: 900 }, (_, index) => `[${(index / 60).toFixed(6).padStart(12)}] ${index === 411 ? 'DMAR: Host address width 39' : `usb 1-${index % 14}: new high-speed USB device number ${index} using xhci_hcd`}`).join('\n')}\n`

const evidence: readonly Evidence[] = [
  { id: 'cmdline', kind: 'cmdline', from: '/proc/cmdline', status: 'ok', body: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-30-amd64 root=UUID=host-uuid ro quiet iommu=pt\n' },
  { id: 'kernel-log', kind: 'kernel-log', from: 'journalctl -k -b -o short-monotonic --no-pager', status: 'ok', body: log },
  { id: 'libvirt-domain/win11', kind: 'libvirt-domain', from: '/etc/libvirt/qemu/win11.xml', status: 'ok', body: "<domain type='kvm'>\n  <name>win11</name>\n</domain>\n" },
]

const moment = (where: number, sinceBoot: number | null, text: string, source: 'kernel' | 'hypervisor' = 'kernel') =>
  ({ evidence: source === 'kernel' ? 'kernel-log' as const : 'qemu-log/win11' as const, from: source === 'kernel' ? 'journalctl -k -b -o short-monotonic --no-pager' : '/var/log/libvirt/qemu/win11.log', where, source, sinceBoot, clock: null, text, bdf: null })

const moments = [
  moment(1, 0, 'Linux version 6.1.0-30-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.1.124-1'),
  moment(2, 0, 'Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-30-amd64 root=UUID=host-uuid ro quiet iommu=pt'),
  moment(412, 0.081337, 'DMAR: Host address width 39'),
  moment(600, 3.18, 'rtc_cmos 00:01: setting system clock to 2026-11-20T21:03:00 UTC (1795208580)'),
  moment(700, 12.1, "vfio-pci 0000:02:00.0: BAR 1: can't reserve [mem 0x6000000000-0x600fffffff 64bit pref]"),
  moment(3, 4210.4, 'starting up libvirt version: 9.0.0, qemu version: 7.2.15', 'hypervisor'),
  moment(9, 4211.9, 'vfio 0000:01:00.0: group 1 is not viable', 'hypervisor'),
  moment(10, 4212.1, 'shutting down, reason=failed', 'hypervisor'),
]

const packed = Buffer.from('snapshot').toString('base64')

export const desktopBackground: Background = { machine: desktop, timeline: { moments, left: 12 }, evidence, snapshot: { base64: packed } }
export const serverBackground = (): Background => ({ ...desktopBackground, machine: server() })

/** The thirty findings, spread over the server: on functions, groups, VMs and the host. */
export function serverFindings(): Diagnosis {
  const { functions } = server()
  const places = ['host', 'group 900', 'vm train', 'vm render', ...functions.filter(each => each.kind === 'gpu').flatMap(each => [`function ${each.bdf}`, ...each.wantedBy.map(vm => `assignment ${vm} ${each.bdf}`)])]
  return { ...thirtyFindings, findings: thirtyFindings.findings.map((finding, index): Finding => ({ ...finding, subject: places[index % places.length] ?? 'host' })) }
}

/** `oneCause` with its consequence at the card of the desktop. */
export const oneOnDesktop: Diagnosis = oneCause
