import fc from '../test-corpus/property.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { onlyIdsOf } from '../collectors/linux/pci-names.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import firmware from './firmware-sysfs.ts'
import iommu from './iommu-sysfs.ts'
import lspci from './lspci.ts'
import type { Parser } from './parser.ts'
import { decodeConfigSpace, find } from './pci/config-space.ts'
import { readPciIds } from './pci-names.ts'
import pciSysfs from '../collectors/linux/pci-sysfs.ts'
import { modulesByFunction } from '../matching/module-aliases.ts'
import moduleAliases from './module-aliases.ts'
import sysfs from './pci-sysfs.ts'

const evidence = (kind: EvidenceKind, body: string, more: Partial<Evidence> = {}): Evidence => ({ id: kind, kind, from: 'test', status: 'ok', body, ...more })
const run = (parser: Parser, body: string, more: Partial<Evidence> = {}): Contribution => parser.parse(evidence(parser.gives, body, more))
const collected = { takenAt: '2026-01-01T00:00:00Z' }
/** Facts without their citations. */
const values = (facts: object | undefined): Record<string, unknown> => Object.fromEntries(Object.entries(facts ?? {}).map(([key, fact]) => [key, (fact as Fact<unknown>).value]))
const fn = (contribution: Contribution, bdf: string) => values(contribution.functions?.[bdf])

/** 4096 bytes of configuration space of a made-up GPU: PM, MSI, Express with FLR, MSI-X, then AER, ACS, ATS, SR-IOV, Resizable BAR. */
function gpuConfig(): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  const u16 = (at: number, value: number) => view.setUint16(at, value, true)
  const u32 = (at: number, value: number) => view.setUint32(at, value, true)
  u16(0, 0x10de); u16(2, 0x1b80); u16(4, 0x0407); u16(6, 0x0010); u32(8, 0x030000a1); bytes[0x0e] = 0x80
  u32(0x10, 0xf6000000); u32(0x14, 0xe000000c); u32(0x18, 0x20); u32(0x1c, 0); u32(0x24, 0xe001)
  u16(0x2c, 0x1458); u16(0x2e, 0x3702); u32(0x30, 0xf7000000); bytes[0x34] = 0x60; bytes[0x3d] = 1
  u16(0x60, 0x6801); u16(0x64, 0x000b)
  u16(0x68, 0x7805); u16(0x6a, 0x0081)
  u16(0x78, 0xb010); u16(0x7a, 0x0012); u32(0x7c, 0x1000_0000); u32(0x84, 0x0000_0103); u16(0x88, 0x0042); u16(0x8a, 0x1081)
  u16(0xb0, 0x0011); u16(0xb2, 0x8005); u32(0xb4, 0x2003)
  u32(0x100, 0x20010001)
  u32(0x200, 0x2101000d); u16(0x204, 0x005f); u16(0x206, 0x001d)
  u32(0x210, 0x2201000f); u16(0x216, 0x8000)
  u32(0x220, 0x26010010); u16(0x228, 1); u16(0x22c, 8); u16(0x22e, 16); u16(0x230, 4)
  u32(0x260, 0x27010015); u32(0x264, 0x0001_ff00); u32(0x268, 0x0000_0821)
  u32(0x270, 0x0001001e); u32(0x278, 0x0000_000c)
  return bytes
}
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

t.test('configuration space: header, capabilities, extended capabilities', async t => {
  const space = decodeConfigSpace(gpuConfig())
  t.match(space, {
    answers: true, vendor: 0x10de, device: 0x1b80, revision: 0xa1, classCode: 0x030000, headerType: 0, multifunction: true, subsystem: { vendor: 0x1458, device: 0x3702 },
    command: { io: true, memory: true, busMaster: true, intxDisabled: true }, interruptPin: 1, rom: { address: 0xf7000000, enabled: false },
    bars: [{ number: 0, space: 'mem', wide: false, address: 0xf6000000n }, { number: 1, wide: true, prefetchable: true, address: 0x20e0000000n }, { number: 5, space: 'io', address: 0xe000n }],
  })
  t.match(space?.capabilities, [
    { kind: 'power-management', state: 'D3hot', noSoftReset: true }, { kind: 'msi', enabled: true, vectors: 1, wide: true },
    { kind: 'express', portType: 1, flr: true, speed: 2.5, width: 8, maxSpeed: 8, maxWidth: 16 }, { kind: 'msix', enabled: true, vectors: 6, tableBar: 3, tableOffset: 0x2000 },
  ])
  t.match(find(space?.extended, 'acs'), { able: 0x5f, on: 0x1d })
  t.match(find(space?.extended, 'ats'), { enabled: true })
  t.match(find(space?.extended, 'sriov'), { enabled: true, initialVfs: 8, totalVfs: 16, vfs: 4 })
  t.match(find(space?.extended, 'l1-substates'), { on: 12 })
  t.same(find(space?.extended, 'rebar')?.bars, [{ number: 1, sizes: [4, 5, 6, 7, 8, 9, 10, 11, 12], current: 8 }])
})

t.test('configuration space: what the bytes do not reach is unknown', async t => {
  t.equal(decodeConfigSpace(gpuConfig().subarray(0, 63)), null)
  t.match(decodeConfigSpace(gpuConfig().subarray(0, 64)), { capabilities: undefined, extended: undefined })
  t.equal(decodeConfigSpace(gpuConfig().subarray(0, 256))?.capabilities?.length, 4)
  t.equal(decodeConfigSpace(gpuConfig().subarray(0, 256))?.extended, undefined)
  t.match(decodeConfigSpace(new Uint8Array(64).fill(255)), { answers: false, headerType: 127, bars: [] })
  const plain = gpuConfig().subarray(0, 64).slice()
  plain[6] = 0
  t.match(decodeConfigSpace(plain), { capabilities: [], extended: [] }, 'a function without a list has no capability')
  const loop = gpuConfig()
  loop[0x61] = 0x60
  t.equal(decodeConfigSpace(loop)?.capabilities?.length, 1, 'a list that bites its tail ends')
})

t.test('configuration space: windows of a bridge', async t => {
  const bytes = new Uint8Array(256)
  const view = new DataView(bytes.buffer)
  bytes[0x0e] = 1
  bytes.set([0, 1, 2], 0x18)
  bytes.set([0xe1, 0xe1], 0x1c)
  view.setUint16(0x20, 0xf600, true); view.setUint16(0x22, 0xf6f0, true)
  view.setUint16(0x24, 0x0001, true); view.setUint16(0x26, 0x1ff1, true); view.setUint32(0x28, 0x20, true); view.setUint32(0x2c, 0x20, true)
  t.same(decodeConfigSpace(bytes)?.bridge, {
    primary: 0, secondary: 1, subordinate: 2, io: { base: 0xe000n, limit: 0xefffn }, memory: { base: 0xf6000000n, limit: 0xf6ffffffn },
    prefetchable: { base: 0x2000000000n, limit: 0x201fffffffn },
  })
  view.setUint16(0x20, 0xfff0, true); view.setUint16(0x22, 0, true)
  t.equal(decodeConfigSpace(bytes)?.bridge?.memory, null, 'a window that is switched off')
})

const at = (bdf: string) => `/sys/bus/pci/devices/${bdf}`
const tree = (bdf: string, path: string, lines: Readonly<Record<string, string>>) =>
  [`${at(bdf)}\t>../../../devices/${path}/${bdf}`, ...Object.entries(lines).map(([name, text]) => `${at(bdf)}/${name}\t${text}`)].join('\n')
const gpu = tree('0000:01:00.0', 'pci0000:00/0000:00:01.0', {
  vendor: '=0x10de', device: '=0x1b80', subsystem_vendor: '=0x1458', subsystem_device: '=0x3702', class: '=0x030000', revision: '=0xa1', driver: '>../../../../bus/pci/drivers/vfio-pci',
  driver_override: '=(null)', iommu_group: '>../../../../kernel/iommu_groups/1', boot_vga: '=1', irq: '=148', numa_node: '=1', power_state: '=D3hot', 'power/control': '=auto',
  'power/runtime_status': '=suspended', d3cold_allowed: '=1', reset: '@100200 0 0 4096 1700000000', reset_method: '=flr bus', current_link_speed: '=2.5 GT/s PCIe', current_link_width: '=8',
  max_link_speed: '=8.0 GT/s PCIe', max_link_width: '=16', resource1_resize: '=0000000000001ff0', config: `#${hexOf(gpuConfig())}`,
}) + ['0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200', '0x0000000000000000 0x0000000fffffffff 0x000000002014220c', '0x0000000000000000 0x0000000000000000 0x0000000000000000',
  '0x0000000000000000 0x0000000000000000 0x0000000000000000', '0x0000000000000000 0x0000000000000000 0x0000000000000000', '0x000000000000e000 0x000000000000e07f 0x0000000000040101',
  '0x00000000f7000000 0x00000000f707ffff 0x0000000000046200'].map(line => `\n${at('0000:01:00.0')}/resource\t=${line}`).join('')
const bridge = tree('0000:00:01.0', 'pci0000:00', { vendor: '=0x8086', device: '=0x1901', class: '=0x060400', iommu_group: '>../../../kernel/iommu_groups/1', driver: '>../../../bus/pci/drivers/pcieport', numa_node: '=-1' })
const idle = tree('10000:e1:00.0', 'pci0000:00/0000:00:0e.0/pci10000:e0', { vendor: '=0x144d', device: '=0xa808', class: '=0x010802', resource: '=0x0000000000000000 0x0000000000003fff 0x0000000000140204' })

t.test('sysfs: all of a GPU', async t => {
  const found = run(sysfs, [gpu, bridge, idle].join('\n'), collected)
  t.same(fn(found, '0000:01:00.0'), {
    id: '10de:1b80', vendor: '10de', subsystem: '1458:3702', class: '030000', revision: 'a1', numaNode: 1, irq: 148, bootVga: true, driver: 'vfio-pci', driverOverride: null, group: '1', groupId: '1',
    parent: '0000:00:01.0', isVf: false, configReadable: true, headerType: 0, enabled: true, msi: true, msix: true, flr: true, acs: true,
    linkSpeedGT: 2.5, linkWidth: 8, linkSpeedMaxGT: 8, linkWidthMax: 16, aspm: 'L1', l1Substates: ['ASPM_L1.2', 'ASPM_L1.1'], powerState: 'D3hot', powerControl: 'auto', runtimeStatus: 'suspended', d3coldAllowed: true, resetMethods: ['flr', 'bus'],
    bars: ['0 mem 0xf6000000 16777216', '1 mem64pref 0x0 68719476736', '5 io 0xe000 128'], barsUnassigned: ['1'], barLargestMiB: 65536, bar0MiB: 16, bar2MiB: null,
    rebarSupported: true, rebarSizes: ['1: 16M 32M 64M 128M 256M 512M 1G 2G 4G'], vfs: 0, vfsTotal: 0, mdevTypes: [], pf: null,
  })
  const virtual = tree('0000:3b:02.0', 'pci0000:3a/0000:3a:00.0', { vendor: '=0x8086', physfn: '>../0000:3b:00.0' })
  const physical = tree('0000:3b:00.0', 'pci0000:3a/0000:3a:00.0', { vendor: '=0x8086', sriov_numvfs: '=1', sriov_drivers_autoprobe: '=1', removable: '=removable' })
  const card = run(sysfs, [physical, virtual].join('\n'), collected)
  t.match([fn(card, '0000:3b:00.0'), fn(card, '0000:3b:02.0')], [{ pf: null, vfsOffered: true, removable: 'removable' }, { isVf: true, pf: '0000:3b:00.0' }])
  t.match(fn(found, '10000:e1:00.0'), { driver: null, group: null, parent: null, isVf: false, bootVga: false, resetMethods: [], barsUnassigned: ['0'] })
  t.same(values(found.host), { platform: 'linux', iommuGroupCount: 1, numaNodes: 2 })
  t.same(values(found.groups?.['1']), { id: '1', members: ['0000:01:00.0', '0000:00:01.0'] })
  t.same(found.functions?.['0000:01:00.0']?.driver?.at, [{ evidence: 'pci-sysfs', where: 8 }])
})

t.test('sysfs: counters of errors', async t => {
  const file = (name: string, ...lines: string[]) => lines.map(line => `${at('0000:01:00.0')}/${name}\t=${line}`)
  const lines = [...file('vendor', '0x10de'), ...file('aer_dev_correctable', 'RxErr 4700', 'BadTLP 0', 'Timeout 11', 'TOTAL_ERR_COR 4711'), ...file('aer_dev_nonfatal', 'Undefined 0', 'aer_dev_nonfatal_errs_bit[27] 2', 'TOTAL_ERR_NONFATAL 2'), ...file('aer_dev_fatal', 'SDES x', 'TOTAL_ERR_FATAL 0')]
  const told = { aerCorrected: 4711, aerNonfatalCount: 2, aerFatalCount: 0, aerCounters: ['RxErr 4700', 'Timeout 11', 'aer_dev_nonfatal_errs_bit[27] 2'] }
  t.match(fn(run(sysfs, lines.join('\n')), '0000:01:00.0'), told)
  const kept = pciSysfs.reduce?.(`${lines.join('\n')}\n`, []) ?? ''
  t.equal(kept, `${lines.filter(line => !/(?:BadTLP|Undefined) 0$/.test(line)).join('\n')}\n`)
  t.match(fn(run(sysfs, kept), '0000:01:00.0'), told)
  t.notOk('aerCounters' in fn(run(sysfs, lines[0] ?? '', collected), '0000:01:00.0'), 'a function without Advanced Error Reporting')
  t.match(fn(run(sysfs, `${at('0000:01:00.0')}/aer_dev_fatal:SDES 1\n${at('0000:01:00.0')}/aer_dev_fatal:TOTAL_ERR_FATAL 1`), '0000:01:00.0'), { aerFatalCount: 1, aerCounters: ['SDES 1'] })
})

t.test('modules that are for a function', async t => {
  const sysfsOf = (bdf: string, vendor: string, device: string, code: string) => ['vendor', 'device', 'subsystem_vendor', 'subsystem_device', 'class'].map((name, index) => `${at(bdf)}/${name}\t=0x${[vendor, device, '1458', '3702', code][index]}`)
  const taken = [[...sysfsOf('0000:01:00.0', '10de', '1b80', '030000'), ...sysfsOf('0000:03:00.0', '1002', '73bf', '030000'), ...sysfsOf('0000:00:1f.0', '8086', 'a304', '060100'), ...sysfsOf('0000:00:14.0', '8086', 'a36d', '0c0330')].join('\n'), 'another text']
  const aliases = ['alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau', 'alias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia', 'alias pci:v000010DEd00001B81sv*sd*bc*sc*i* other', 'alias pci:v*d*sv*sd*bc0Csc03i30* xhci-pci', 'alias pci:v00008086d*sv*sd*bc06sc01i* lpc_ich', 'alias usb:v1 x', 'alias pci:v000010DEd00001B80sv00001458sd00003702bc*sc*i* board']
  const text = modulesByFunction(`${aliases.join('\n')}\n`, taken)
  t.equal(text, '0000:01:00.0 nouveau nvidia board\n0000:03:00.0\n0000:00:14.0 xhci_pci\n')
  const found = run(moduleAliases, text)
  t.same(Object.keys(found.functions ?? {}).map(bdf => fn(found, bdf).kernelModules), [['nouveau', 'nvidia', 'board'], [], ['xhci_pci']])
  t.same(run(moduleAliases, 'grep: no such file\n0000:01:00.0 not a module!'), {})
  t.equal(modulesByFunction('', []), '')
})

t.test('sysfs: vGPUs that can be made', async t => {
  const file = (name: string, ...lines: string[]) => lines.map(line => `${at('0000:41:00.4')}/${name}\t=${line}`)
  const mdev = file('mdev_supported_types/nvidia-63/name', 'GRID T4-4Q').concat(file('mdev_supported_types/nvidia-63/available_instances', '0'), file('mdev_supported_types/nvidia-62/available_instances', '8'), file('mdev_supported_types/nvidia-61/available_instances', 'x'))
  t.same(fn(run(sysfs, mdev.join('\n')), '0000:41:00.4').mdevAvailable, ['nvidia-63 0 GRID T4-4Q', 'nvidia-62 8'])
  const again = [...mdev, ...mdev.map(line => line.replace('41:00.4', '41:00.5'))].join('\n')
  const short = pciSysfs.reduce?.(again, []) ?? ''
  t.equal(short.split('\n').length, again.split('\n').length - 1)
  t.same(fn(run(sysfs, short), '0000:41:00.5').mdevAvailable, ['nvidia-63 0 GRID T4-4Q', 'nvidia-62 8'])
  t.match(fn(run(sysfs, [...file('nvidia/creatable_vgpu_types', 'ID    : vGPU Name', '557   : NVIDIA L40-1B', '560   : NVIDIA L40-2Q'), ...file('nvidia/current_vgpu_type', '0')].join('\n')), '0000:41:00.4'), { vgpuCreatable: ['557 NVIDIA L40-1B', '560 NVIDIA L40-2Q'], vgpuType: 0 })
  t.match(fn(run(sysfs, [...file('nvidia/creatable_vgpu_types', ''), ...file('nvidia/current_vgpu_type', '557')].join('\n')), '0000:41:00.4'), { vgpuCreatable: [], vgpuType: 557 })
  t.notOk('mdevAvailable' in fn(run(sysfs, gpu, collected), '0000:01:00.0'))
})

t.test('sysfs: what could not be read is unknown, not absent', async t => {
  const user = run(sysfs, gpu.replace(/#.*/, `#${hexOf(gpuConfig().subarray(0, 64))}`).replace(/\n\S+_resize.*/, ''), collected)
  for (const key of ['msi', 'flr', 'acs', 'rebarSupported', 'rebarSizes']) t.notOk(key in fn(user, '0000:01:00.0'), `${key} needs more than 64 bytes`)
  t.match(fn(user, '0000:01:00.0'), { configReadable: true, enabled: true })
  const grepped = run(sysfs, `${at('0000:01:00.0')}/vendor:0x10de\n${at('0000:01:00.0')}/device:0x1b80\n`)
  t.same(fn(grepped, '0000:01:00.0'), { id: '10de:1b80', vendor: '10de' }, 'a paste without links says nothing of the driver')
  t.same(values(grepped.host), { platform: 'linux' })
  const denied = run(sysfs, `${gpu}\n${tree('0000:01:00.1', 'pci0000:00', { vendor: '=0x10de', driver: '!denied' })}`, collected)
  t.notOk('driver' in fn(denied, '0000:01:00.1'))
  t.same(fn(run(sysfs, `${at('0000:01:00.0')}/config\t#${'ff'.repeat(64)}`), '0000:01:00.0'), { configReadable: false, headerType: 127 })
  t.same(run(sysfs, 'no such thing\n'), {})
  t.match(values(run(sysfs, idle, collected).host), { iommuGroupCount: 0 }, 'links were read and none leads to a group')
})

t.test('iommu: the collected tree', async t => {
  const found = run(iommu, [
    '/sys/kernel/iommu_groups\t/', '/sys/kernel/iommu_groups/0\t/', '/sys/kernel/iommu_groups/1\t/', '/sys/kernel/iommu_groups/0/type\t=DMA-FQ',
    '/sys/kernel/iommu_groups/1/reserved_regions\t=0x00000000fee00000 0x00000000feefffff msi', '/sys/kernel/iommu_groups/1/reserved_regions\t=0x000000008b000000 0x000000008f7fffff direct',
    '/sys/kernel/iommu_groups/1/reserved_regions\t=0x000000009b000000 0x000000009f7fffff direct-relaxable',
    '/sys/kernel/iommu_groups/0/devices\t/', '/sys/kernel/iommu_groups/0/devices/0000:00:00.0\t/', '/sys/kernel/iommu_groups/1/devices/0000:01:00.0\t/', '/sys/kernel/iommu_groups/1/devices/0000:01:00.1\t/',
    '/sys/class/iommu\t/', '/sys/class/iommu/dmar0\t/', '/sys/class/iommu/dmar1\t/', '/sys/class/iommu/dmar0/intel-iommu/cap\t=1c0000c40660462', '/sys/class/iommu/dmar1/intel-iommu/cap\t=d2008c40660462',
  ].join('\n'))
  t.same(values(found.host), { platform: 'linux', iommuGroupCount: 2, iommuUnits: ['dmar0', 'dmar1'], iommuAddressWidth: 39 })
  t.same(values(found.groups?.['0']), { id: '0', type: 'DMA-FQ', members: ['0000:00:00.0'] })
  t.same(values(found.groups?.['1']), { id: '1', members: ['0000:01:00.0', '0000:01:00.1'], directRegions: ['0x000000008b000000 0x000000008f7fffff direct'] })
  t.same(fn(found, '0000:01:00.1'), { group: '1', groupId: '1' })
  t.same(values(run(iommu, '/sys/kernel/iommu_groups\t/\n/sys/class/iommu\t/\n').host), { platform: 'linux', iommuGroupCount: 0, iommuUnits: [] }, 'there and empty')
})

t.test('iommu: listings that people paste', async t => {
  const links = run(iommu, '/sys/kernel/iommu_groups/0/devices/0000:00:00.0\r\n/sys/kernel/iommu_groups/1/devices/0000:01:00.0\r\n/sys/kernel/iommu_groups/1/devices/0000:01:00.1\r\n')
  t.same(values(links.host), { platform: 'linux', iommuGroupCount: 2 })
  t.same(values(links.groups?.['1']), { id: '1', members: ['0000:01:00.0', '0000:01:00.1'] })
  const inline = run(iommu, 'IOMMU Group 14 03:00.0 VGA compatible controller [0300]: Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 [Radeon RX 6800] [1002:73bf] (rev c1)   \nIOMMU Group 14 03:00.1 Audio device [0403]: Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 HDMI Audio [1002:ab28]\n')
  t.same(fn(inline, '0000:03:00.0'), { id: '1002:73bf', vendor: '1002', class: '030000', revision: 'c1', name: 'Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 [Radeon RX 6800]', group: '14', groupId: '14' })
  t.notOk('iommuGroupCount' in values(inline.host), 'groups may have been left out')
  const headed = run(iommu, 'IOMMU Group 0:\n\t00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3e30]\nIOMMU Group 1:\n\t01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [10de:1b80] (rev a1)\n\t01:00.1 Audio device [0403]: NVIDIA Corporation GP104 High Definition Audio\nController [10de:10f0]\n\t02:00.0 Ethernet controller [0200]: Intel Corporation I210 [8086:1533]\n')
  t.same(values(headed.groups?.['1']), { id: '1', members: ['0000:01:00.0', '0000:01:00.1', '0000:02:00.0'] })
  t.same(values(headed.host), { platform: 'linux', iommuGroupCount: 2 })
  const reset = run(iommu, 'Group 1:        [10de:1b80] [R] 01:00.0  VGA compatible controller                GP104 [GeForce GTX 1080]\n                [10de:10f0]     01:00.1  Audio device                             GP104 Audio\n')
  t.match(fn(reset, '0000:01:00.0'), { id: '10de:1b80', group: '1' })
  t.match(fn(reset, '0000:01:00.1'), { id: '10de:10f0', group: '1' })
  const prompt = run(iommu, '$ ls /sys/kernel/iommu_groups/6/devices/\n0000:86:00.0  0000:86:00.1\n')
  t.same(values(prompt.groups?.['6']), { id: '6', members: ['0000:86:00.0', '0000:86:00.1'] })
  t.notOk('iommuGroupCount' in values(prompt.host))
  t.match(values(run(iommu, "find: '/sys/kernel/iommu_groups': No such file or directory").host), { iommuGroupCount: 0 })
  t.match(values(run(iommu, 'root@pve:~# find /sys/kernel/iommu_groups/ -type l\n\n').host), { iommuGroupCount: 0 }, 'an empty answer')
  t.same(values(run(iommu, 'root@pve:~# find /sys/kernel/iommu_groups/5 -type l\n').host), { platform: 'linux' }, 'of one group alone')
})

t.test('firmware', async t => {
  const tables = ['FACP', 'APIC', 'DMAR', 'SSDT1'].map(name => `/sys/firmware/acpi/tables/${name}\t/`).join('\n')
  const dmi = ['board_vendor\t=ACME Inc.', 'board_name\t=B650 Board', 'bios_version\t=F12', 'bios_date\t=01/02/2025', 'sys_vendor\t=System manufacturer'].map(line => `/sys/class/dmi/id/${line}`).join('\n')
  const boot = '/sys/firmware/efi/fw_platform_size\t=64\n/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c\t#0600000001'
  t.same(values(run(firmware, `${tables}\n${dmi}\n${boot}`).host), { dmarPresent: true, ivrsPresent: false, firmware: 'uefi', secureBoot: true, board: 'ACME Inc. B650 Board', biosVersion: 'F12 01/02/2025' })
  t.match(values(run(firmware, tables, collected).host), { firmware: 'legacy', secureBoot: null })
  t.notOk('firmware' in values(run(firmware, tables).host), 'nobody looked for EFI')
  t.same(values(run(firmware, '/sys/class/dmi/id/board_name\t=X').host), { board: 'X' }, 'tables were not listed')
  t.match(values(run(firmware, '/sys/class/dmi/id/sys_vendor\t=QEMU\n/sys/class/dmi/id/product_name\t=Standard PC (Q35 + ICH9, 2009)').host), { runsIn: 'vm', outerHypervisor: 'qemu' })
  t.match(values(run(firmware, "ls: cannot access '/sys/firmware/efi': No such file or directory\n/sys/firmware/acpi/tables:\nAPIC  BGRT  data\nDSDT\nFACP  IVRS\n").host), { dmarPresent: false, ivrsPresent: true, firmware: 'legacy' })
})

t.test('firmware: what started this system', async t => {
  t.same(values(run(firmware, 'System:\n      Firmware: UEFI 2.70\n    Secure Boot: enabled (user)\n\nCurrent Boot Loader:\n      Product: systemd-boot 255.4-1-arch\n     Features: ✓ Boot counting\nCurrent Entry: arch-lts.conf\nAvailable Boot Loaders on ESP:\n      Product: GRUB 2.12\n').host), { secureBoot: true, loaderStarted: 'systemd-boot', bootEntry: 'arch-lts.conf', firmware: 'uefi' })
  const efibootmgr = (current: string) => values(run(firmware, `BootCurrent: ${current}\nTimeout: 1 seconds\nBootOrder: 0002,0000\nBoot0000* Linux Boot Manager\tHD(1,GPT,0)/\\EFI\\systemd\\systemd-bootx64.efi\nBoot0002* proxmox\tHD(2,GPT,0)/File(\\EFI\\proxmox\\shimx64.efi)\nBoot0003* UEFI OS\tHD(1,GPT,0)/File(\\EFI\\BOOT\\BOOTX64.EFI)\n`).host)
  t.same(['0000', '0002', '0003'].map(efibootmgr), [{ loaderStarted: 'systemd-boot', firmware: 'uefi' }, { loaderStarted: 'grub', firmware: 'uefi' }, { firmware: 'uefi' }])
  t.same(values(run(firmware, 'SecureBoot disabled\n').host), { secureBoot: false })
})

const verbose = `00:00.0 Host bridge [0600]: Intel Corporation 8th Gen Core Host Bridge [8086:3e30] (rev 0a)
\tSubsystem: ACME Device [1458:5000]
\tControl: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx-
\tIOMMU group: 0
\tKernel driver in use: skl_uncore

00:01.0 PCI bridge [0604]: Intel Corporation PCIe x16 [8086:1901] (rev 0a) (prog-if 00 [Normal decode])
\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
\tIOMMU group: 1
\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0
\tCapabilities: [a0] Express (v2) Root Port (Slot+), MSI 00
\t\tDevCap:\tMaxPayload 256 bytes, PhantFunc 0
\t\t\tExtTag- RBE+
\tCapabilities: [100 v1] Virtual Channel
\tKernel driver in use: pcieport

01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [GeForce GTX 1080] [10de:1b80] (rev a1) (prog-if 00 [VGA controller])
\tSubsystem: ACME GP104 [GeForce GTX 1080] [1458:3702]
\tPhysical Slot: 1
\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- <TAbort- <MAbort- >SERR- <PERR- INTx-
\tInterrupt: pin A routed to IRQ 30
\tNUMA node: 1
\tIOMMU group: 1
\tRegion 0: Memory at f6000000 (32-bit, non-prefetchable) [size=16M]
\tRegion 1: Memory at <unassigned> (64-bit, prefetchable) [size=16G]
\tRegion 3: [virtual] Memory at f0000000 (64-bit, prefetchable) [size=32M]
\tRegion 5: I/O ports at e000 [disabled] [size=128]
\tExpansion ROM at 000c0000 [virtual] [disabled] [size=128K]
\tCapabilities: [60] Power Management version 3
\t\tFlags: PMEClk- DSI- D1- D2- AuxCurrent=0mA PME(D0-,D1-,D2-,D3hot-,D3cold-)
\t\tStatus: D3 NoSoftRst+ PME-Enable- DSel=0 DScale=0 PME-
\tCapabilities: [68] MSI: Enable+ Count=1/1 Maskable- 64bit+
\tCapabilities: [78] Express (v2) Legacy Endpoint, MSI 00
\t\tDevCap:\tMaxPayload 256 bytes, PhantFunc 0, Latency L0s unlimited, L1 <64us
\t\t\tExtTag+ AttnBtn- AttnInd- PwrInd- RBE+ FLReset-
\t\tLnkCap:\tPort #0, Speed 8GT/s, Width x16, ASPM L0s L1, Exit Latency L0s <512ns, L1 <4us
\t\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x8 (downgraded)
\t\tLnkCtl:\tASPM L0s L1 Enabled; RCB 64 bytes, Disabled- CommClk+
\tCapabilities: [100 v1] Virtual Channel
\tCapabilities: [258 v1] L1 PM Substates
\t\tL1SubCap: PCI-PM_L1.2+ PCI-PM_L1.1+ ASPM_L1.2+ ASPM_L1.1+ L1_PM_Substates+
\t\tL1SubCtl1: PCI-PM_L1.2- PCI-PM_L1.1- ASPM_L1.2- ASPM_L1.1+
\tCapabilities: [bb0 v1] Physical Resizable BAR
\t\tBAR 1: current size: 256MB, supported: 64MB 128MB 256MB
\tCapabilities: [c00 v1] Single Root I/O Virtualization (SR-IOV)
\t\tInitial VFs: 8, Total VFs: 8, Number of VFs: 2, Function Dependency Link: 00
\t\tRegion 0: Memory at 0000002000000000 (64-bit, prefetchable)
\tKernel modules: nvidiafb, nouveau

02:00.0 Ethernet controller [0200]: Intel Corporation I210 [8086:1533] (rev 03)
\tIOMMU group: 15
\tCapabilities: <access denied>
\tKernel driver in use: igb
`

t.test('lspci -nnvv as root', async t => {
  const found = run(lspci, verbose)
  t.same(fn(found, '0000:01:00.0'), {
    id: '10de:1b80', vendor: '10de', class: '030000', revision: 'a1', name: 'NVIDIA Corporation GP104 [GeForce GTX 1080]', subsystem: '1458:3702', configReadable: true, enabled: true, irq: 30, numaNode: 1,
    parent: '0000:00:01.0', group: '1', groupId: '1', powerState: 'D3hot', linkSpeedMaxGT: 8, linkWidthMax: 16, linkSpeedGT: 2.5, linkWidth: 8, aspm: 'L0s L1', l1Substates: ['ASPM_L1.1'], kernelModules: ['nvidiafb', 'nouveau'], driver: null,
    bars: ['0 mem 0xf6000000 16777216', '1 mem64pref 0x0 17179869184', '3 mem64pref 0xf0000000 33554432', '5 io 0xe000 128'], barsUnassigned: ['1'], barLargestMiB: 16384, bar0MiB: 16, bar2MiB: null,
    msi: true, msix: false, flr: false, acs: false, rebarSupported: true, rebarSizes: ['1: 64M 128M 256M'], vfs: 2, vfsTotal: 8,
  })
  t.match(fn(found, '0000:00:01.0'), { driver: 'pcieport', flr: false, acs: false, class: '060400' })
  const denied = fn(found, '0000:02:00.0')
  for (const key of ['msi', 'flr', 'acs', 'rebarSupported']) t.notOk(key in denied, `${key} is not known to an ordinary user`)
  t.same(values(found.host), { platform: 'linux' })
  t.same(values(found.groups?.['1']), { id: '1', members: ['0000:00:01.0', '0000:01:00.0'] })
  t.same(found.functions?.['0000:01:00.0']?.linkWidth?.at, [{ evidence: 'lspci', where: 38 }])
})

t.test('lspci: the same with CR, without indentation, quoted', async t => {
  const expected = fn(run(lspci, verbose), '0000:01:00.0')
  t.same(fn(run(lspci, verbose.replaceAll('\n', '\r\n')), '0000:01:00.0'), expected)
  t.same(fn(run(lspci, verbose.replace(/^[\t ]+/gm, '')), '0000:01:00.0'), expected)
  t.same(fn(run(lspci, verbose.replace(/^/gm, '> ')), '0000:01:00.0'), expected)
})

t.test('lspci: wrapped by a mailer', async t => {
  const found = run(lspci, `03:00.0 VGA compatible controller [0300]: Intel Corporation DG2 [Arc
A770] [8086:56a0] (rev 08) (prog-if 00 [VGA controller])
         Flags: bus master, fast devsel, latency 0, IRQ 16, NUMA node 0,
IOMMU group 18
         Region 2: Memory at 6000000000 (64-bit, prefetchable)
[size=16G]
                 LnkSta: Speed 2.5GT/s,
Width x1
04:00.0 Audio device [0403]: Intel Corporation DG2 Audio Controller
[8086:4f90]
         Kernel driver in use: snd_hda_intel
`)
  t.match(fn(found, '0000:03:00.0'), { id: '8086:56a0', revision: '08', name: 'Intel Corporation DG2 [Arc A770]', group: '18', numaNode: 0, bars: ['2 mem64pref 0x6000000000 17179869184'], linkWidth: 1, driver: null })
  t.match(fn(found, '0000:04:00.0'), { id: '8086:4f90', driver: 'snd_hda_intel' })
})

t.test('lspci: a driver is only said to be none where the listing would show one', async t => {
  const plain = '00:00.0 Host bridge [0600]: Intel Corporation X [8086:3e30]\n01:00.0 VGA compatible controller [0300]: NVIDIA Corporation Y [10de:1b80] (rev a1)\n'
  t.notOk('driver' in fn(run(lspci, plain), '0000:01:00.0'), 'plain -nn')
  t.notOk(run(lspci, plain).host, 'and nothing shows that this is Linux')
  const kernel = '01:00.0 VGA compatible controller [0300]: NVIDIA Corporation Y [10de:1b80] (rev a1)\n\tSubsystem: A [1458:3702]\n01:00.1 Audio device [0403]: NVIDIA Corporation Z [10de:10f0] (rev a1)\n\tKernel driver in use: vfio-pci\n'
  t.equal(fn(run(lspci, kernel), '0000:01:00.0')['driver'], null)
  const cut = '01:00.0 VGA compatible controller [0300]: NVIDIA Corporation Y [10de:1b80]\n\tKernel driver in use: nouveau\n--\n02:00.0 VGA compatible controller [0300]: NVIDIA Corporation W [10de:1c82]\n\tSubsystem: A [1458:3702]\n--\n03:00.0 VGA compatible controller [0300]: NVIDIA Corporation V [10de:1c83]\n\tSubsystem: A [1458:3702]\n'
  for (const bdf of ['0000:02:00.0', '0000:03:00.0']) t.notOk('driver' in fn(run(lspci, cut), bdf), 'grep -A cut it off')
  const filtered = '01:00.0 VGA compatible controller [0300]: NVIDIA Corporation Y [10de:1b80]\n\tKernel driver in use: nouveau\n\tKernel driver in use: igb\n02:00.0 VGA compatible controller [0300]: NVIDIA Corporation W [10de:1c82]\n\tKernel driver in use: ahci\n'
  for (const bdf of ['0000:01:00.0', '0000:02:00.0']) t.notOk('driver' in fn(run(lspci, filtered), bdf), 'grep mixed the drivers up')
  const two = `${plain}$ sudo lspci -nnk -s 02:\n02:00.0 Ethernet controller [0200]: Intel Corporation I210 [8086:1533]\n\tKernel driver in use: igb\n`
  t.notOk('driver' in fn(run(lspci, two), '0000:01:00.0'), 'another call had -k')
})

t.test('lspci: functions that do not answer', async t => {
  const found = run(lspci, '03:00.0 VGA compatible controller [0300]: Intel Corporation DG2 [8086:56a0] (rev ff) (prog-if ff)\n\t!!! Unknown header type 7f\n\tMemory at 93000000 (64-bit, non-prefetchable) [disabled] [size=16M]\n\tKernel driver in use: vfio-pci\n')
  t.same(fn(found, '0000:03:00.0'), {
    id: '8086:56a0', vendor: '8086', class: '0300ff', name: 'Intel Corporation DG2', configReadable: false, headerType: 127, driver: 'vfio-pci', enabled: false,
    bars: ['0 mem64 0x93000000 16777216'], barsUnassigned: [], barLargestMiB: 16, bar0MiB: 16, bar2MiB: null,
  })
})

t.test('lspci: hex dumps are decoded', async t => {
  const dump = (bytes: Uint8Array) => Array.from({ length: bytes.length / 16 }, (_, row) => `${(16 * row).toString(16).padStart(2, '0')}: ${[...bytes.subarray(16 * row, 16 * row + 16)].map(byte => byte.toString(16).padStart(2, '0')).join(' ')}`).join('\n')
  const listed = (bytes: Uint8Array) => fn(run(lspci, `01:00.0 0300: 10de:1b80 (rev a1)\n${dump(bytes)}\n`), '0000:01:00.0')
  t.match(listed(gpuConfig()), { id: '10de:1b80', class: '030000', flr: true, acs: true, msix: true, rebarSizes: ['1: 16M 32M 64M 128M 256M 512M 1G 2G 4G'], vfs: 4, linkWidth: 8, powerState: 'D3hot' })
  t.notOk('acs' in listed(gpuConfig().subarray(0, 256)))
  t.match(listed(new Uint8Array(64).fill(255)), { configReadable: false, headerType: 127 })
})

t.test('lspci: other forms', async t => {
  t.same(fn(run(lspci, '00:02.0 VGA compatible controller: Intel Corporation UHD Graphics 630 (Mobile)\n'), '0000:00:02.0'), { vendor: '8086', class: '030000', name: 'Intel Corporation UHD Graphics 630 (Mobile)' })
  t.same(fn(run(lspci, '10000:e1:00.0 "Non-Volatile memory controller [0108]" "Samsung \\"S\\" [144d]" "SM981 [a808]" -r03 -p02 "Samsung [144d]" "970 [a801]"\n'), '10000:e1:00.0'),
    { id: '144d:a808', vendor: '144d', class: '010802', revision: '03', name: 'Samsung "S" SM981', subsystem: '144d:a801' })
  const records = 'Slot:\t01:00.0\nClass:\tVGA compatible controller [0300]\nVendor:\tNVIDIA Corporation [10de]\nDevice:\tGP104 [1b80]\nSVendor:\tACME [1458]\nSDevice:\tDevice [3702]\nRev:\ta1\nDriver:\tnouveau\nModule:\tnvidiafb\nModule:\tnouveau\nIOMMUGroup:\t1\n\n'
  t.same(fn(run(lspci, records), '0000:01:00.0'), { id: '10de:1b80', vendor: '10de', class: '030000', revision: 'a1', name: 'NVIDIA Corporation GP104', subsystem: '1458:3702', driver: 'nouveau', kernelModules: ['nvidiafb', 'nouveau'], group: '1', groupId: '1' })
  t.match(fn(run(lspci, records.replace('Slot:', 'Device:')), '0000:01:00.0'), { id: '10de:1b80' }, '-vm calls the slot Device too')
})

const pciIds = '# List\n#\tVersion: 2025.01.01\n10de  NVIDIA Corporation\n\t1b80  GP104 [GeForce GTX 1080]\n\t\t1458 3702  GTX 1080 G1\n\t\t1458 9999  Other\n\t1b81  GP104 [GeForce GTX 1070]\n1458  Gigabyte\n8086  Intel Corporation\nC 03  Display controller\n\t00  VGA compatible controller\n\t\t00  VGA controller\n'
t.test('names of ids, whole and reduced to a host', async t => {
  for (const text of [pciIds, onlyIdsOf(pciIds, [gpu])]) {
    const names = readPciIds(text)
    t.equal(names.vendor('10de'), 'NVIDIA Corporation')
    t.equal(names.device('10de', '1b80'), 'GP104 [GeForce GTX 1080]')
    t.equal(names.subsystem('10de', '1b80', '1458', '3702'), 'GTX 1080 G1')
    t.same(['030000', '030200', '040000'].map(names.class), ['VGA controller', 'Display controller', undefined])
  }
  const reduced = readPciIds(onlyIdsOf(pciIds, [gpu]))
  t.same([reduced.device('10de', '1b81'), reduced.vendor('8086'), reduced.subsystem('10de', '1b80', '1458', '9999')], [undefined, undefined, undefined])
})

t.test('any bytes and any text are survived', async () => {
  const good = gpuConfig()
  const hurt = fc.tuple(fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { maxLength: 40 }), fc.nat(4096)).map(([changes, length]) => {
    const bytes = good.slice(0, length)
    for (const [place, byte] of changes) if (place < length) bytes[place] = byte
    return bytes
  })
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 4200 }), hurt), bytes => { decodeConfigSpace(bytes) }), { numRuns: 300 })
  const pieces = [...verbose.split('\n'), ...gpu.split('\n').map(line => line.slice(0, 300)), ...pciIds.split('\n'), 'IOMMU Group 1:', 'IOMMU Group 99999999999 01:00.0 x', '__proto__', `${at('0000:01:00.0')}/__proto__\t=1`, 'Slot:\t01:00.0', 'Class:\tx', '01:00.0 "a" "b" "c']
  const line = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom(...pieces), fc.tuple(fc.constantFrom(...pieces), fc.nat(80)).map(([text, end]) => text.slice(0, end)))
  fc.assert(fc.property(fc.array(line, { maxLength: 40 }), lines => {
    for (const parser of [lspci, sysfs, iommu, firmware]) run(parser, lines.join('\n'), collected)
    readPciIds(lines.join('\n'))
    onlyIdsOf(lines.join('\n'), lines)
  }), { numRuns: 200 })
})

t.test('time grows with the input, not faster', async t => {
  const long = ['(', ' ', '\t', '[', '0000:', '01:00.0 A: ', '01:00.0 A: [10de:1b80] (rev ', '0 ', '"\\', '/sys/kernel/iommu_groups/1/', 'Capabilities: [', '> ', 'Flags: ']
  for (const part of long) {
    for (const text of [part.repeat(60_000 / part.length), `${part}\n`.repeat(60_000 / (part.length + 1)), `01:00.0 A [0300]: b [10de:1b80]\n${part.repeat(300)}\n`.repeat(20)]) {
      const before = performance.now()
      for (const parser of [lspci, sysfs, iommu, firmware]) run(parser, text)
      t.ok(performance.now() - before < 30_000, `${JSON.stringify(part)} of ${text.length} characters`)
    }
  }
})

const cases = '../shared/corpus/cases'
t.test('listings of real trouble cases give functions', { skip: existsSync(cases) ? false : 'no trouble cases on this machine' }, async t => {
  for (const one of readdirSync(cases)) {
    const folder = `${cases}/${one}/evidence`
    for (const file of readdirSync(folder).filter(name => /^lspci-(?!t|irq|vv-diff)/.test(name))) {
      const text = readFileSync(`${folder}/${file}`, 'utf8')
      const found = Object.values(run(lspci, text).functions ?? {})
      t.ok(found.length > 0 && found.every(facts => facts.class), `${one}/${file}: ${found.length} functions`)
    }
  }
})

t.test('a count of IOMMU groups that was pasted', async t => {
  const count = (body: string) => values(run(iommu, body, { status: 'cut' }).host).iommuGroupCount
  t.equal(count('$ ls /sys/kernel/iommu_groups | wc -l\n0\n'), 0)
  t.equal(count('root@box:~# ls -1 /sys/kernel/iommu_groups/ | wc -l\n0\n'), 0)
  t.equal(count('$ ls /sys/kernel/iommu_groups | wc -l\n23\n'), undefined)
  t.equal(count('$ ls /sys/kernel/iommu_groups\n0\n'), undefined)
})
