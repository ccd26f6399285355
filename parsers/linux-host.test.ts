import fc from '../test-corpus/property.ts'
import t from 'tap'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { FunctionFacts, HostFacts } from '../model/snapshot.ts'
import cpuinfo from './cpuinfo.ts'
import deviceNodes from './device-nodes.ts'
import gpuSysfs from './gpu-sysfs.ts'
import displayState from './display-state.ts'
import driverBuild from './driver-build.ts'
import hostMap from './host-map.ts'
import iomem from './iomem.ts'
import kernelVersion from './kernel-version.ts'
import limits from './limits.ts'
import meminfo from './meminfo.ts'
import type { Parser } from './parser.ts'

const evidence = (kind: EvidenceKind, body: string): Evidence => ({ id: kind, kind, from: 'x', status: 'ok', body })
const lines = (...text: string[]): string => text.map(line => `${line}\n`).join('')
const host = (parser: Parser, ...text: string[]): HostFacts => parser.parse(evidence(parser.gives, lines(...text))).host ?? {}
const functions = (parser: Parser, ...text: string[]): Readonly<Record<string, FunctionFacts>> => parser.parse(evidence(parser.gives, lines(...text))).functions ?? {}
const said = (fact: Fact<unknown> | undefined) => fact && [fact.value, fact.at.map(({ where }) => where)]

t.test('GPUs as display drivers show them', async t => {
  const card = (name: string, bdf: string) => `/sys/class/drm/${name}\t>../../devices/pci0000:00/0000:00:01.1/${bdf}/drm/${name}`
  const node = (number: number, ...properties: string[]) => properties.map(text => `/sys/class/kfd/kfd/topology/nodes/${number}/properties\t=${text}`)
  const seen = functions(gpuSysfs, '/sys/class/drm\t/', card('card0', '0000:03:00.0'), card('card1', '0000:04:00.0'), '/sys/class/drm/card0-DP-1/status\t=disconnected', '/sys/class/drm/card0-HDMI-A-1/status\t=connected', '/sys/class/drm/card1-DP-2/status\t=disconnected',
    '/sys/class/drm/card0/device/mem_info_vram_total\t=17163091968', '/sys/class/drm/card0/device/mem_info_vis_vram_total\t=268435456', '/sys/class/drm/card0/device/vbios_version\t=113-D4120500-101',
    '/sys/class/kfd/kfd/topology/nodes/0/gpu_id\t=0', ...node(0, 'location_id 0', 'cpu_cores_count 16'), '/sys/class/kfd/kfd/topology/nodes/1/gpu_id\t=51110', ...node(1, 'location_id 768', 'domain 0', 'gfx_target_version 100300'))
  t.same(Object.fromEntries(Object.entries(seen).map(([bdf, fn]) => [bdf, Object.fromEntries(Object.entries(fn).map(([name, fact]) => [name, (fact as Fact<unknown>).value]))])), {
    '0000:03:00.0': { nodes: ['/dev/dri/card0'], vramMiB: 16368, vramVisibleMiB: 256, monitors: ['HDMI-A-1'], inKfd: true, gfxTarget: 'gfx1030', amdBadPages: null, amdVbios: '113-D4120500-101', coredump: null },
    '0000:04:00.0': { nodes: ['/dev/dri/card1'], monitors: [], inKfd: false, amdBadPages: null, coredump: null },
  })
  const link = (number: number, type: number, to: number, flags: number) => ['type', 'version_major', 'node_from', 'node_to', 'flags'].map((key, at) => `/sys/class/kfd/kfd/topology/nodes/1/io_links/${number}/properties\t=${key} ${[type, 0, 1, to, flags][at]}`)
  const linked = (...links: string[][]) => functions(gpuSysfs, '/sys/class/kfd/kfd/topology/nodes/0/gpu_id\t=0', '/sys/class/kfd/kfd/topology/nodes/1/gpu_id\t=7', ...node(1, 'location_id 768'), '/sys/class/kfd/kfd/topology/nodes/2/gpu_id\t=9', ...links.flat())['0000:03:00.0']?.kfdNoAtomics
  t.same([linked(link(0, 2, 0, 13))?.value, linked(link(0, 2, 0, 1))?.value, linked(link(0, 2, 2, 13), link(1, 2, 0, 1))?.value, linked(link(0, 11, 0, 13)), linked()], [true, false, false, undefined, undefined], 'the way to the processor alone')
  const errors = (...lines: string[]) => gpuSysfs.parse({ id: 'gpu-sysfs', kind: 'gpu-sysfs', from: 'x', status: 'ok', body: ['/sys/class/drm\t/', card('card0', '0000:00:02.0'), ...lines].join('\n') }).host?.gpuHangs?.value
  const hex = (text: string) => Buffer.from(text).toString('hex')
  t.same([errors(`/sys/class/drm/card0/error\t#${hex('GPU HANG: ecode 12:1:85dcfdfb, in game [4711]\nKernel: 6.8')}`), errors(`/sys/class/drm/card0/error\t#${hex('No error state collected\n')}`), errors(), errors('/sys/class/drm/card7/error\t=GPU HANG: ecode 9:0:1')],
    [['0000:00:02.0 GPU HANG: ecode 12:1:85dcfdfb, in game [4711]'], [], undefined, ['card7 GPU HANG: ecode 9:0:1']])
  t.equal(functions(gpuSysfs, '/sys/class/drm\t/', card('card0', '0000:03:00.0'), ...['gpu_id'].map(() => '/sys/class/kfd/kfd/topology/nodes/1/gpu_id\t=7'), ...node(1, 'location_id 768', 'gfx_target_version 90010'))['0000:03:00.0']?.gfxTarget?.value, 'gfx90a')
  const amd = functions(gpuSysfs, '/sys/class/drm\t/', card('card0', '0000:03:00.0'), '/sys/class/drm/card0/device/devcoredump\t>../../virtual/devcoredump/devcd2', '/sys/class/drm/card0/device/fw_version/smc_fw_version\t=0x003a5700',
    '/sys/class/drm/card0/device/fw_version/vce_fw_version\t=0x00000000', '/sys/class/drm/card0/device/fw_version/sdma_fw_version\t=0x00000053', '/sys/class/drm/card0/device/fw_version/mc_fw_version\t=what')['0000:03:00.0']
  t.same([amd?.amdFirmware?.value, amd?.coredump?.value], [['smc 0x003a5700', 'sdma 0x00000053'], '/sys/class/drm/card0/device/devcoredump/data'])
  t.same(functions(gpuSysfs, 'nothing of the kind', '/sys/class/drm/card9/device/mem_info_vram_total:12'), {}, 'a card of which no link tells the address')
})

t.test('the processor', async t => {
  const metal = host(cpuinfo, 'processor\t: 0', 'vendor_id\t: GenuineIntel', 'model name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz', 'flags\t\t: fpu vme vmx ept', 'address sizes\t: 46 bits physical, 48 bits virtual', '', 'processor\t: 1', 'vendor_id\t: GenuineIntel')
  t.same([metal.cpuVendor, metal.cpuVirtualization, metal.runsIn, metal.outerHypervisor, metal.cpuPhysicalBits].map(said), [['intel', [2]], [true, [4]], ['metal', [4]], [null, [4]], [46, [5]]])
  const guest = host(cpuinfo, 'vendor_id\t: AuthenticAMD', 'flags\t\t: fpu hypervisor')
  t.same([guest.cpuVirtualization?.value, guest.runsIn?.value, guest.outerHypervisor], [false, 'vm', undefined])
  const lscpu = host(cpuinfo, 'Architecture:                         x86_64', 'Address sizes:                        48 bits physical, 48 bits virtual', 'Vendor ID:                            AuthenticAMD', 'Hypervisor vendor:                    KVM', 'Flags:                                fpu svm hypervisor')
  t.same([lscpu.cpuVendor?.value, lscpu.outerHypervisor?.value, lscpu.runsIn?.value, lscpu.cpuPhysicalBits?.value], ['amd', 'kvm', 'vm', 48])
  t.equal(host(cpuinfo, 'CPU implementer\t: 0x41', 'Features\t: fp asimd').cpuVendor?.value, 'arm')
  t.equal(host(cpuinfo, 'CPU implementer\t: 0x41').cpuVirtualization, undefined, 'its flags would not show it')
  t.same(host(cpuinfo, 'constructor: x', '__proto__: y'), {})
})

t.test('containers and WSL', async t => {
  const seen = (...text: string[]) => { const facts = host(kernelVersion, '/proc/version\t=Linux version 6.8.12-4-pve (build@x) #1', ...text); return [facts.runsIn?.value, facts.kernel?.value] }
  t.same(seen('/run/systemd/container\t=lxc'), ['container', '6.8.12-4-pve'])
  t.same(seen('/.dockerenv\t='), ['container', '6.8.12-4-pve'])
  t.same(seen('/run\t/', '/run/.containerenv\t@100644 0 0 0 1714560000'), ['container', '6.8.12-4-pve'])
  t.same(seen(), [undefined, '6.8.12-4-pve'], 'no mark is no proof')
  const wsl = host(kernelVersion, 'Linux desk 5.15.153.1-microsoft-standard-WSL2 #1 SMP Fri Mar 29 23:14:13 UTC 2024 x86_64 GNU/Linux')
  t.same([wsl.runsIn?.value, wsl.outerHypervisor?.value], ['wsl', 'hyperv'])
  t.equal(host(kernelVersion, '/proc/version\t=Linux version 5.15.153.1-microsoft-standard-WSL2 (root@x) #1', '/run/systemd/container\t=wsl').runsIn?.value, 'wsl')
})

t.test('memory and huge pages', async t => {
  const plain = host(meminfo, 'MemTotal:       65711432 kB', 'MemAvailable:   10485760 kB', 'HugePages_Total:       4', 'HugePages_Free:        1', 'Hugepagesize:       2048 kB')
  t.same([plain.memoryMiB, plain.memoryAvailableMiB, plain.hugepagesTotal, plain.hugepagesFree, plain.hugepagesFreeMiB].map(said), [[64171, [1]], [10240, [2]], [4, [3]], [1, [4]], [2, [4, 5]]])
  const pool = (path: string, kib: number, nr: number, free: number) => [`${path}/hugepages-${kib}kB/nr_hugepages\t=${nr}`, `${path}/hugepages-${kib}kB/free_hugepages\t=${free}`]
  const pools = host(meminfo, '/proc/meminfo\t=HugePages_Total:       0', ...pool('/sys/kernel/mm/hugepages', 2048, 0, 0), ...pool('/sys/kernel/mm/hugepages', 1048576, 16, 4),
    ...pool('/sys/devices/system/node/node1/hugepages', 1048576, 16, 4), '/sys/devices/system/node/node0/meminfo\t=Node 0 MemTotal:       32768000 kB', '/proc/sys/vm/overcommit_memory\t=1', '/sys/kernel/mm/ksm/run\t=1')
  t.same([pools.hugepagesTotal?.value, pools.hugepagesFree?.value, pools.hugepagesFreeMiB?.value], [16, 4, 4096], 'pages of a size that is not the default count')
  t.same([pools.hugepagePools?.value, pools.numaMemoryMiB?.value, pools.overcommitMemory?.value, pools.ksm?.value], [['- 2048 0 0', '- 1048576 16 4', '1 1048576 16 4'], ['0 32000'], 1, true])
  t.same(host(meminfo, 'MemTotal: a lot'), {})
})

t.test('the address map', async t => {
  const map = ['00100000-7fffffff : System RAM', 'e0000000-f1ffffff : PCI Bus 0000:01', '  e0000000-efffffff : 0000:01:00.0', '    e0000000-e07effff : BOOTFB', '  f1000000-f10fffff : 0000:01:00.1']
  t.same(said(host(iomem, ...map).iomemFramebuffers), [['BOOTFB'], [4]])
  const found = functions(iomem, ...map)
  t.same([said(found['0000:01:00.0']?.framebuffer), said(found['0000:01:00.1']?.framebuffer)], [['BOOTFB', [3, 4]], [null, [5]]])
  t.equal(functions(iomem, map[0] ?? '', '  d0000000-d0ffffff : efifb', 'd0000000-dfffffff : 0000:02:00.0')['0000:02:00.0']?.framebuffer?.value, 'efifb', 'by address, not by place in the tree')
  t.same(host(iomem, ...map.map(line => line.replace(/[0-9a-f]{8}-[0-9a-f]{8}/, '00000000-00000000'))), {}, 'zeros say nothing')
  t.same(host(iomem, '00100000-7fffffff : System RAM').iomemFramebuffers?.value, [])
  t.same(host(iomem, 'e0000000-efffffff : 0000:01:00.0'), {}, 'an excerpt without a framebuffer')
})

t.test('framebuffers and consoles', async t => {
  t.same(host(displayState, '0 EFI VGA', '1 amdgpudrmfb').framebuffers?.value, ['EFI VGA', 'amdgpudrmfb'])
  const taken = host(displayState, '/proc\t/', '/sys/class/vtconsole/vtcon0/name\t=(S) dummy device', '/sys/class/vtconsole/vtcon0/bind\t=0', '/sys/class/vtconsole/vtcon1/name\t=(M) frame buffer device', '/sys/class/vtconsole/vtcon1/bind\t=1',
    '/sys/bus/platform/drivers/simple-framebuffer/bind\t/', '/sys/bus/platform/drivers/simple-framebuffer/simple-framebuffer.0\t/')
  t.same([taken.framebuffers?.value, taken.vtconsoles?.value, taken.framebufferDevices?.value], [[], ['vtcon1 frame buffer device'], ['simple-framebuffer simple-framebuffer.0']])
  t.equal(host(displayState, 'no such listing').framebuffers, undefined)
})

t.test('what the host uses functions for', async t => {
  const used = functions(hostMap,
    '/sys/bus/pci/devices\t/', '/sys/bus/pci/devices/0000:00:17.0\t/', '/sys/bus/pci/devices/0000:02:00.0\t/', '/sys/bus/pci/devices/0000:09:00.0\t/',
    '/sys/block/sda\t>../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda',
    '/sys/block/nvme0n1\t>../devices/pci0000:00/0000:00:1d.0/0000:02:00.0/nvme/nvme0/nvme0n1',
    '/sys/block/dm-0\t>../devices/virtual/block/dm-0', '/sys/block/dm-0/slaves/nvme0n1p3\t>../../../../pci0000:00/x', '/sys/block/dm-0/dm/name\t=vg-root',
    '/proc/mounts\t=/dev/mapper/vg-root / ext4 rw 0 0', '/proc/mounts\t=/dev/nvme0n1p1 /boot/efi vfat rw 0 0', '/proc/mounts\t=proc /proc proc rw 0 0', '/proc/swaps\t=/dev/sda2                               partition\t8388604\t0\t-2',
    '/sys/class/net/eno1\t>../../devices/pci0000:00/0000:00:1c.0/0000:05:00.0/net/eno1', '/sys/class/net/vmbr0\t>../../devices/virtual/net/vmbr0', '/sys/class/net/vmbr0/lower_eno1\t>../eno1',
    '/proc/net/route\t=vmbr0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0', '/sys/class/leds/input5::capslock\t>../../devices/pci0000:00/0000:00:14.0/usb1/1-3/input/input5/input5::capslock')
  t.same(said(used['0000:00:17.0']?.hostUses), [['disk sda', 'swap'], [5, 13]])
  t.same(used['0000:02:00.0']?.hostUses?.value, ['disk nvme0n1', 'root file system', '/boot/efi'])
  t.same(used['0000:05:00.0']?.hostUses?.value, ['interface eno1', 'default route by vmbr0'])
  t.same([used['0000:00:14.0']?.hostUses?.value, used['0000:09:00.0']?.hostUses?.value], [['keyboard'], []])
  t.same(functions(hostMap, '/sys/block/md0\t>../devices/virtual/block/md0', '/sys/block/md0/slaves/md0\t>../md0', '/proc/mounts\t=/dev/md0 / ext4'), {}, 'a ring ends')
})

t.test('device nodes', async t => {
  const listing = host(deviceNodes, 'crw-rw----+ 1 root kvm  10, 232 May  1 10:00 /dev/kvm', '', '/dev/vfio:', 'total 0', 'crw------- 1 root root 241,   0 May  1 10:02 14', 'crw------- 1 root root 241,   1 May  1 10:02 noiommu-3', 'crw-rw-rw- 1 root root  10, 196 2026-05-01 10:02 vfio')
  t.same([listing.kvmNode, listing.vfioNode, listing.vfioNodes, listing.noiommuNodes].map(said), [[true, [1]], [true, [7]], [['14', 'noiommu-3'], [5, 6]], [['noiommu-3'], [6]]])
  t.equal(listing.deviceNodes?.value?.[0], '/dev/kvm 0660 root kvm')
  t.equal(listing.iommufdNode, undefined)
  const stats = host(deviceNodes, '/dev\t/', '/dev/kvm\t@20660 0 104 0 1714560000')
  t.same([stats.kvmNode?.value, stats.vfioNode?.value, stats.vfioNodes?.value, stats.deviceNodes?.value], [true, false, [], ['/dev/kvm 0660 0 104']])
  t.same(said(host(deviceNodes, "ls: cannot access '/dev/kvm': No such file or directory").kvmNode), [false, [1]])
  t.same(host(deviceNodes, 'something else'), {})
})

t.test('locked memory', async t => {
  const value = (...text: string[]) => host(limits, ...text).memlockKiB?.value
  t.equal(value('Limit                     Soft Limit           Hard Limit           Units', 'Max locked memory         8388608              8388608              bytes'), 8192)
  t.equal(value('/proc/71/limits\t=Max locked memory         unlimited            unlimited            bytes', '/proc/72/limits\t=Max locked memory         65536            65536            bytes'), 64, 'the lowest')
  t.equal(value('Max locked memory         18446744073709551615 18446744073709551615 bytes'), -1)
  t.same([value('64'), value('unlimited'), value('max locked memory       (kbytes, -l) 65536'), value('LimitMEMLOCK=64M'), value('LimitMEMLOCK=infinity'), value('LimitMEMLOCK=8388608')], [64, -1, 65536, 65536, -1, 8192])
  t.equal(value('Id=libvirtd.service', 'LimitMEMLOCK=8388608'), undefined, 'libvirt sets the limit of QEMU itself')
  const rules = host(limits, '# comment', '@kvm  hard  memlock  unlimited', '*  -  nofile  4096')
  t.same([rules.memlockKiB, rules.memlockRules?.value], [undefined, ['@kvm hard memlock unlimited']])
})

t.test('no text makes a parser throw', async t => {
  const parsers = [gpuSysfs, cpuinfo, deviceNodes, displayState, driverBuild, hostMap, iomem, limits, meminfo]
  const words = fc.constantFrom('flags\t: ', 'nvidia/1, 2, x86_64: installed', '__proto__', 'constructor: ', 'MemTotal: ', '0-ffff : efifb', 'ffffffffffffffff-0 : 0000:00:00.0', '\n', '\t@', '\t>', '\t=', '/sys/block/', '/slaves/', '/proc/mounts\t=/dev/', ' / ', '/dev/vfio:', 'crw------- 1 root root ', 'Max locked memory ', 'LimitMEMLOCK=', '/sys/kernel/mm/hugepages/hugepages-9kB/nr_hugepages\t=')
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 40 }).map(parts => parts.join('')))
  fc.assert(fc.property(text, body => { for (const parser of parsers) parser.parse(evidence(parser.gives, body)) }), { numRuns: 300 })
  const start = performance.now()
  for (const parser of parsers) parser.parse(evidence(parser.gives, `crw------- ${'1 '.repeat(100000)}\n${'/sys/block/a/slaves/'.repeat(10000)}\n${' '.repeat(100000)}x\n${'ls: '.repeat(100000)}\n`))
  t.ok(performance.now() - start < 30_000, 'linear in long lines')
})
