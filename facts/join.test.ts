import t from 'tap'
import { parsers } from '../parsers/all.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import { assemble } from './assemble.ts'

const piece = (kind: EvidenceKind, body: string, more: Partial<Evidence> = {}): Evidence => ({ id: kind, kind, from: kind, status: 'ok', body, ...more })
const joined = (...evidence: Evidence[]) => assemble(evidence, parsers, () => '')

const card = `hostb0@pci0:0:0:0:\tclass=0x060000 rev=0x01 hdr=0x00 vendor=0x8086 device=0x3e30 subvendor=0x0000 subdevice=0x0000
ppt0@pci0:4:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x11d8
`
const start = (options: string) => `bhyve -c 2 -m 4G ${options} -s 0,hostbridge -s 31,lpc -l bootrom,/path/BHYVE_UEFI.fd fedora`

t.test('bhyve VMs', async t => {
  const byName = joined(piece('pciconf', card), piece('bhyve-commands', start('-S -s 8:0,passthru,ppt0')))
  t.same(byName.vms['fedora']?.wants?.value, ['0000:04:00.0'], 'ppt0 is the function that pciconf shows under that name')
  t.equal(byName.assignments['fedora 0000:04:00.0']?.guestAddress?.value, '0000:00:08.0')
  t.equal(byName.functions['0000:04:00.0']?.wanted?.value, true)
  t.same(byName.host.vmsUnwired?.value, [])

  const other = joined(piece('pciconf', card), piece('bhyve-commands', start('-S -s 8:0,passthru,ppt3')))
  t.same(other.vms['fedora']?.wants?.value, [], 'a name that pciconf does not show leads nowhere')

  t.same(joined(piece('bhyve-commands', start('-H -s 8:0,passthru,4/0/0'))).host.vmsUnwired?.value, ['fedora'])
  t.equal(joined(piece('bhyve-commands', start('-H'))).host.vmsUnwired, undefined, 'a VM without functions need not be wired')
})

t.test('a decimal address, as written and as libvirt has stored it', async t => {
  const functions = piece('lspci', `00:00.0 Host bridge [0600]: Intel Corporation Device [8086:4660] (rev 02)
02:10.0 VGA compatible controller [0300]: Advanced Micro Devices, Inc. [AMD/ATI] Device [1002:5046]
02:11.0 Ethernet controller [0200]: Intel Corporation Device [8086:100e]
`)
  const reading = (slot: string, bdf: string) => joined(functions, piece('libvirt-domain', `<domain type='kvm'><name>win</name><devices><hostdev mode='subsystem' type='pci' managed='yes'>
<source><address domain='0x0000' bus='0x02' slot='${slot}' function='0x0'/></source></hostdev></devices></domain>`)).assignments[`win ${bdf}`]?.decimalReading?.value
  t.equal(reading('10', '0000:02:0a.0'), '0000:02:10.0')
  t.equal(reading('0x0a', '0000:02:0a.0'), '0000:02:10.0', 'libvirt stores 10 as 0x0a')
  t.equal(reading('11', '0000:02:0b.0'), '0000:02:11.0')
  t.equal(reading('0x0b', '0000:02:0b.0'), null, 'with 0x it is taken for an error of that kind only where a display is')
  t.equal(reading('0x10', '0000:02:10.0'), null)
})

t.test('device maps', async t => {
  const load = piece('bhyve-commands', 'grub-bhyve -S -r hd0 -m /zroot/vms/fedora.map -M 4096 fedora')
  const map = (from: string, takenAt = '2026-01-01T00:00:00Z') => piece('device-map', '(hd0) /dev/zvol/zroot/vms/fedora\n', { from, takenAt })
  t.same(joined(load, map('/zroot/vms/fedora/fedora.map')).host.deviceMapMissing?.value, ['/zroot/vms/fedora.map'])
  t.same(joined(load, map('/zroot/vms/fedora.map')).host.deviceMapMissing?.value, [])
  t.same(joined(load, map('/zroot/vms/other/other.map')).host.deviceMapMissing?.value, [], 'another map proves nothing')
  t.equal(joined(load).host.deviceMapMissing, undefined)
})

t.test('virtual functions that were not made', async t => {
  const listing = (vfs: number) => piece('lspci', `00:00.0 Host bridge [0600]: Intel Corporation Device [8086:4660] (rev 02)
00:02.0 VGA compatible controller [0300]: Intel Corporation AlderLake-S GT1 [8086:4680] (rev 0c)
\tCapabilities: [320 v1] Single Root I/O Virtualization (SR-IOV)
\t\tInitial VFs: 7, Total VFs: 7, Number of VFs: ${vfs}, Function Dependency Link: 00
`)
  const vm = (address: string) => piece('proxmox-vm', `cores: 2\nmemory: 4096\nhostpci0: ${address}\nname: media\n`)
  const idle = (address: string, vfs = 0) => joined(listing(vfs), vm(address)).assignments[`media ${address}`]?.idlePfs?.value
  t.same(idle('0000:00:02.1'), ['0000:00:02.0'])
  t.same(idle('0000:01:10.0'), ['0000:00:02.0'], 'an offset leads to the next bus')
  t.same(idle('0000:07:00.0'), [], 'far from any physical function')
  t.same(idle('0000:00:02.1', 2), [], 'virtual functions were made')
  t.equal(idle('0000:00:02.0'), undefined, 'the function is there')
})

t.test('pptdevs against the machine', async t => {
  const pciconf = piece('pciconf', `${card}vgapci0@pci0:67:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b38 subvendor=0x10de subdevice=0x11d9\n`)
  const loader = (value: string) => piece('loader-conf', `pptdevs="${value}"\n`)
  t.same(joined(pciconf, loader('43/0/0')).host.pptdevsHex?.value, ['43/0/0 is 67/0/0'], 'lspci says 43:00.0')
  t.same(joined(pciconf, loader('4/0/0 67/0/0')).host.pptdevsHex?.value, [])
  t.same(joined(pciconf, loader('9/0/0')).host.pptdevsHex?.value, [], 'not here in either reading')
  t.equal(joined(loader('43/0/0')).host.pptdevsHex, undefined)

  const kenv = piece('kenv', 'pptdevs="4/0/0"\n')
  t.same(joined(loader('4/0/0 67/0/0'), kenv).host.pptdevsNotInForce?.value, ['0000:43:00.0'])
  t.same(joined(loader('4/0/0'), kenv).host.pptdevsNotInForce?.value, [])
  t.equal(joined(loader('4/0/0')).host.pptdevsNotInForce, undefined)
})

t.test('cards behind one PCI bridge', async t => {
  const line = (name: string, address: string, cls: string, header = '00') => `${name}@pci0:${address}:\tclass=0x${cls} rev=0x01 hdr=0x${header} vendor=0x1234 device=0x0001 subvendor=0x0000 subdevice=0x0000\n`
  const bus = '    bus range  = 5-5\n'
  const functions = joined(piece('pciconf', `${line('pcib1', '0:28:0', '060400', '01')}${bus}${line('xhci0', '5:0:0', '0c0330')}${line('em0', '5:1:0', '020000')}${line('ahci0', '0:31:2', '010601')}`)).functions
  t.same(functions['0000:05:00.0']?.busMates?.value, ['0000:05:01.0'])
  t.equal(functions['0000:00:1f.2']?.busMates, undefined, 'the root bus is no bridge')
})

t.test('equal cards and a list of ids', async t => {
  const listing = ['00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3e30]', '01:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:1b39]', '02:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:1b39]'].join('\n\n')
  const none = (kind: EvidenceKind, status: Evidence['status'] = 'absent') => piece(kind, '', { status })
  const listed = [piece('lspci', listing), piece('cmdline', 'ro vfio-pci.ids=10de:1b39,10de:10f0'), piece('kernel-version', 'Linux version 6.8.0 (test)'), piece('qemu-processes', '900 root qemu-system-x86_64 -name guest=win -device vfio-pci,host=0000:01:00.0')]
  const both = joined(...listed, none('libvirt-domain'), none('proxmox-vm'))
  t.same(both.functions['0000:01:00.0']?.unclaimedTwins?.value, ['0000:02:00.0'])
  t.same(both.functions['0000:02:00.0']?.unclaimedTwins?.value, [], 'its twin has a VM')
  t.equal(both.host.vfioIdList?.value, '10de:1b39,10de:10f0')
  t.same(both.host.vfioIdsUnmatched?.value, ['10de:10f0'])
  const unseen = joined(piece('lspci', listing), piece('cmdline', 'ro vfio-pci.ids=10de:1b39'))
  t.equal(unseen.functions['0000:01:00.0']?.unclaimedTwins, undefined, 'nobody looked for VMs')
  for (const looked of [[], [none('libvirt-domain', 'denied'), none('proxmox-vm')], [none('libvirt-domain')]]) {
    const some = joined(...listed, ...looked)
    t.equal(some.functions['0000:02:00.0']?.wantedBy, undefined, 'not all places where VMs are defined were looked into')
    t.same(some.functions['0000:01:00.0']?.wantedBy?.value, ['win'], 'what is seen is known')
  }
})

t.test('a VM of which only the name is known wants nobody knows what', async t => {
  t.equal(joined(piece('vmm-devices', 'total 0\ncrw-------  1 root wheel 0x8f Jan  2 03:04 ai\n')).vms['ai']?.wants, undefined)
  t.same(joined(piece('bhyve-commands', start('-H'))).vms['fedora']?.wants?.value, [], 'its options were seen')
})

t.test('the rest of a group: a function of which nobody knows the driver may be on VFIO', async t => {
  const listing = (driver: string) => ['00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3e30]', '01:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:1b39]\n\tKernel driver in use: vfio-pci', `02:00.0 Ethernet controller [0200]: Intel Corporation Device [8086:1521]${driver}`].join('\n\n')
  const groups = piece('iommu-sysfs', ['0000:01:00.0', '0000:02:00.0'].map(bdf => `/sys/kernel/iommu_groups/7/devices/${bdf}\t/\n`).join(''))
  t.same(joined(piece('lspci', listing('\n\tKernel driver in use: igb')), groups).groups['7']?.unrelated?.value, ['0000:02:00.0'])
  t.equal(joined(piece('lspci', listing('')), groups).groups['7']?.wanted?.value?.length, 1)
  t.same(joined(groups, piece('proxmox-vm', 'hostpci0: 0000:01:00.0\nmachine: q35\nmemory: 4096\n'), piece('lspci', '01:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:1b39]\n02:00.0 Ethernet controller [0200]: Intel Corporation Device [8086:1521]')).groups['7']?.others?.value, ['0000:02:00.0'], 'drivers not listed')
})

t.test('NVSwitches', async t => {
  const listing = piece('lspci', `00:00.0 Host bridge [0600]: Intel Corporation Device [8086:09a2]
07:00.0 Bridge [0680]: NVIDIA Corporation GA100 [A100 NVSwitch] [10de:1af1] (rev a1)
0f:00.0 3D controller [0302]: NVIDIA Corporation GA100 [A100 SXM4 40GB] [10de:20b0] (rev a1)
`)
  t.same(joined(listing).host.nvSwitches?.value, ['0000:07:00.0'])
})

t.test('what bhyve VMs need of the host', async t => {
  const bars = (size: number) => `    bar   [10] = type Memory, range 32, base 0xa0000000, size 16777216, enabled\n    bar   [14] = type Prefetchable Memory, range 64, base 0x4000000000, size ${size}, enabled\n    bar   [1c] = type Prefetchable Memory, range 64, base 0x5000000000, size 33554432, enabled\n`
  const vm = (size: number) => joined(piece('pciconf', card + bars(size)), piece('bhyve-commands', start('-S -s 8:0,passthru,4/0/0'))).vms['fedora']
  t.equal(vm(2 ** 35)?.bar64MiB?.value, 32768, 'the small BAR goes below 4 GiB')
  t.equal(vm(2 ** 35)?.bar32MiB?.value, 48)
  t.equal(vm(2 ** 27)?.bar64MiB?.value, 0, '128 MiB still go below 4 GiB')
  t.equal(joined(piece('bhyve-commands', start('-S -s 8:0,passthru,4/0/0'))).vms['fedora']?.bar64MiB, undefined)

  const limit = (pages: number) => joined(piece('sysctl', `vm.max_user_wired: ${pages}\n`), piece('bhyve-commands', start('-S -s 8:0,passthru,4/0/0'))).host.vmsOverWireLimit?.value
  t.same(limit(500_000), ['fedora'], '4 GiB against 1953 MiB')
  t.same(limit(2_000_000), [])
  t.same(limit(-1), [], 'no limit')

  t.same(joined(piece('bhyve-commands', start('-S -s 8:0,passthru,4.0.0'))).host.passthruBad?.value, ['fedora: 4.0.0'])
})

t.test('functions that a log names and the machine may not have', async t => {
  const log = piece('kernel-log', 'DMAR: [DMA Read NO_PASID] Request device [00:16.7] fault addr 0xdcef0000 [fault reason 0x06] PTE Read access is not set\n')
  const listing = piece('lspci', '00:00.0 Host bridge [0600]: Intel Corporation Device [8086:4660] (rev 02)\n00:16.0 Communication controller [0780]: Intel Corporation HECI [8086:9d3a]\n')
  const both = joined(log, listing).functions
  t.same([both['0000:00:16.0']?.present?.value, both['0000:00:16.7']?.present?.value], [true, false])
  t.equal(joined(log).functions['0000:00:16.7']?.present, undefined, 'nobody listed the functions')
})

t.test('modules of DKMS against the running kernel', async t => {
  const uname = piece('kernel-version', 'Linux forge 6.11.0-26-generic #26 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n')
  const builds = (body: string, more: Partial<Evidence> = {}) => joined(uname, piece('driver-build', body, more)).host
  t.same(builds('nvidia/535.183.01, 6.8.0-60-generic, x86_64: installed\n').dkmsMissing?.value, ['nvidia/535.183.01'], 'an upgrade left it behind')
  t.same(builds('nvidia/535.183.01, 6.8.0-60-generic, x86_64: installed\nnvidia/570.86.16, 6.11.0-26-generic, x86_64: installed (WARNING! Diff between built and installed module!)\n').dkmsMissing?.value, [], 'one version is enough')
  t.same(builds('vendor-reset, 0.1.1: added\nvirtualbox, 7.0, 6.8.0-60-generic, x86_64: installed\n').dkmsMissing?.value, ['vendor-reset/0.1.1'], 'the form before DKMS 3')
  t.same(builds('vendor-reset/0.1.1: added\n').dkmsMissing?.value, ['vendor-reset/0.1.1'])
  t.equal(joined(piece('driver-build', 'nvidia/535.183.01: added\n')).host.dkmsMissing, undefined, 'which kernel runs is not known')
  const files = builds('/lib/modules/6.11.0-26-generic/updates/dkms/nvidia.ko.zst\n/usr/lib/modules/6.11.0-26-generic/kernel/nvidia-570/nvidia.ko\n/lib/modules/6.8.0-60-generic/updates/dkms/nvidia.ko\n/lib/modules/6.11.0-26-generic/kernel/drivers/video/fbdev/nvidia/nvidiafb.ko\n')
  t.same(files.nvidiaModuleFiles?.value, ['/lib/modules/6.11.0-26-generic/updates/dkms/nvidia.ko.zst', '/usr/lib/modules/6.11.0-26-generic/kernel/nvidia-570/nvidia.ko'])
  t.same([files.dkmsModules, builds('', { takenAt: '2026-01-01T00:00:00Z' }).nvidiaModuleFiles?.value], [undefined, []], 'an excerpt does not show all, a collector does')
})

t.test('what a guest reported is about the only VM there is', async t => {
  const given = (evidence: [string, string, string][]) => assemble(evidence.map(([kind, id, body]) => ({ id, kind, from: id, status: 'ok', body }) as Evidence), parsers, () => '')
  const domain = "<domain type='kvm'><name>win11</name><memory>4194304</memory><os><type machine='pc-q35-8.2'>hvm</type></os></domain>"
  const report = 'Instance ID:                PCI\\VEN_10DE&DEV_1B39&SUBSYS_0001\nDevice Description:         NVIDIA Tesla P10\nStatus:                     Problem\nProblem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]\n'
  const one = given([['libvirt-domain', 'libvirt-domain/win11', domain], ['guest-report', 'guest-report', report]])
  t.same(Object.keys(one.vms), ['win11'])
  t.ok(one.vms.win11?.guestProblemCodes)
  const two = given([['libvirt-domain', 'libvirt-domain/win11', domain], ['libvirt-domain', 'libvirt-domain/win10', domain.replace('win11', 'win10')], ['guest-report', 'guest-report', report]])
  t.same(Object.keys(two.vms).toSorted(), ['(unnamed)', 'win10', 'win11'])
  const shown = (version: string) => given([['guest-report', 'guest-report', `Card name: NVIDIA\nDevice Key: Enum\\PCI\\VEN_10DE&DEV_1B39\nDriver Version: ${version}\n`]]).vms['(unnamed)']?.nvidiaAllowsVmShown?.value
  t.same(['27.21.14.6140', '27.21.14.6589', '31.0.15.3179', '6.1'].map(shown), [false, true, true, false])
})

t.test('without a listing of the host, a VM tells which of its functions is the card', async t => {
  const given = (hostdevs: readonly string[], report: string, more: Evidence[] = []) => joined(piece('libvirt-domain',
    `<domain type='kvm'><name>w</name><os><type machine='pc-q35-8.2'>hvm</type></os><devices>${hostdevs.map(bdf => `<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x${bdf.slice(0, 2)}' slot='0x00' function='0x${bdf.slice(3)}'/></source></hostdev>`).join('')}</devices></domain>`),
  piece('guest-report', report), ...more).functions
  const code43 = 'Instance ID:  PCI\\VEN_10DE&DEV_1C03&SUBSYS_0001\nStatus:  Problem\nProblem Code:  43 (0x2B) [CM_PROB_FAILED_POST_START]\n'
  t.match(given(['01.0', '01.1'], code43), { '0000:01:00.0': { id: { value: '10de:1c03' }, vendor: { value: '10de' }, kind: { value: 'gpu' } } })
  t.equal(given(['01.0', '01.1'], code43)['0000:01:00.1']?.id, undefined, 'of its sound function it says nothing')
  t.equal(given(['01.0', '04.0'], code43)['0000:01:00.0']?.id, undefined, 'two cards')
  t.equal(given(['01.0'], code43.replace('1C03', '10F1'))['0000:01:00.0']?.id, undefined, 'the sound function has the problem')
  t.match(given(['01.0'], code43, [piece('lspci', '01:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:2204] (rev a1)\n')]), { '0000:01:00.0': { id: { value: '10de:2204' } } }, 'a listing counts more')
  const proxmox = (line: string) => joined(piece('proxmox-vm', `bios: ovmf\ncores: 4\n${line}\nmemory: 8192\nname: w\nostype: win11\n`)).functions['0000:01:00.0']?.kind?.value
  t.same([proxmox('hostpci0: 0000:01:00,pcie=1,x-vga=1'), proxmox('hostpci0: 0000:01:00,pcie=1')], ['gpu', undefined])
})

t.test('what a FreeBSD host needs a function for', async t => {
  const dev = (name: string, bdf: string, more = '') => `${name} pnpinfo vendor=0x8086 device=0x1521 subvendor=0x8086 subdevice=0x0001 class=0x020000 at slot=0 function=0 dbsf=pci0:${bdf}${more}`
  const tree = piece('devinfo', `nexus0\n  pci0\n    ${dev('hostb0', '0:0:0').replace('0x020000', '0x060000')}\n    ${dev('igb0', '2:0:0')}\n    ${dev('nvme0', '3:0:0')}\n    ${dev('xhci0', '0:20:0')}\n      usbus0\n        uhub0\n          ukbd0\n    ${dev('ahci0', '0:23:0')}\n      ahcich0 at channel=0\n    ${dev('igb1', '2:0:1')}\n    ${dev('ppt0', '4:0:0')}\n`)
  const disks = 'scbus0 on ahcich0 bus 0:\n<A>  at scbus0 target 0 lun 0 (pass0,ada0)\nscbus6 on nvme0 bus 0:\n<B>  at scbus6 target 0 lun 1 (pass4,nda0)\n/dev/nda0p2\t\t/\t\t\tufs\trw \t1 1\n'
  const route = (name: string) => `Destination        Gateway            Flags         Netif Expire\ndefault            192.0.2.1          UGS            ${name}\n`
  const uses = (...more: Evidence[]) => Object.fromEntries(Object.entries(joined(tree, ...more).functions).map(([bdf, fn]) => [bdf.slice(5), fn.hostUses?.value]))

  t.match(uses(piece('freebsd-host-map', disks + route('igb0'))), { '02:00.0': ['default route by igb0'], '03:00.0': ['disk nda0', 'root file system'], '00:14.0': ['keyboard'], '00:17.0': ['disk ada0'], '02:00.1': [], '04:00.0': [] })
  t.match(uses(piece('freebsd-host-map', disks + route('bridge0')), piece('rc-conf', 'cloned_interfaces="bridge0 lagg0"\nifconfig_bridge0="addm lagg0.20 up"\nifconfig_lagg0="laggproto lacp laggport igb0 laggport igb1 SYNCDHCP"\n')),
    { '02:00.0': ['default route by bridge0'], '02:00.1': ['default route by bridge0'] }, 'through a bridge, a VLAN and an aggregation')
  const lost = uses(piece('freebsd-host-map', disks + route('bridge0')))
  t.equal(lost['02:00.0'], undefined, 'a bridge of which nobody knows what it is made of')
  t.same(lost['03:00.0'], ['disk nda0', 'root file system'])
  t.match(uses(piece('freebsd-host-map', '/dev/nvd0p2\t\t/\t\t\tufs\trw \t1 1\n')), { '03:00.0': ['root file system'], '02:00.0': undefined }, 'the only NVMe controller')
  t.same(uses()['04:00.0'], undefined, 'nobody looked at the disks')
})

t.test('what FreeBSD hosts say twice', async t => {
  const elsewhere = (...more: Evidence[]) => joined(piece('rc-conf', 'pptdevs="1/0/0"\nvmm_load="YES"\n'), ...more).host.loaderSettingsElsewhere?.value
  t.same(elsewhere(), ['pptdevs in /etc/rc.conf', 'vmm_load in /etc/rc.conf'])
  t.same(elsewhere(piece('loader-conf', 'vmm_load="YES"\n')), ['pptdevs in /etc/rc.conf'], 'what loader.conf has as well does no harm')

  const memory = (size: string) => joined(piece('bhyve-commands', `bhyve -S -m ${size} -s 0,hostbridge ai\n`), { ...piece('bhyvectl', '0           3.0GB       sysmem      0           RWX   \0wired\n100000000   17GB        sysmem      C0000000    RWX   \0wired\n'), id: 'bhyvectl/ai' }).vms['ai']?.vmmMemoryDiffers?.value
  t.equal(memory('20000M'), false, 'rounded by bhyvectl')
  t.equal(memory('16G'), true)

  const missing = (options: string) => joined(piece('pciconf', card), piece('bhyve-commands', start(options))).vms['fedora']?.pptNamesMissing?.value
  t.same(missing('-S -s 8:0,passthru,ppt0 -s 9:0,passthru,ppt3'), ['ppt3'])
  t.same(missing('-S -s 8:0,passthru,ppt0'), [])
  t.same(joined(piece('illumos-ppt', 'DEV VENDOR DEVICE PATH\n/dev/ppt0 10de 1eb8 /pci@0,0\n'), { ...piece('illumos-zone', 'set brand=bhyve\nadd attr\nset name=ppt1\nset value=on\n'), id: 'illumos-zone/web' }).vms['web']?.pptNamesMissing?.value, ['ppt1'])
  t.equal(joined(piece('pciconf', card), piece('bhyve-build', '/usr/sbin/bhyve:1\n')).host.nvidiaPatchShown?.value, true)
  t.equal(joined(piece('pciconf', card)).host.nvidiaPatchShown?.value, false, 'always known: this evidence does not show it')
})

t.test('the platform by its signs', async t => {
  const amd = joined(piece('lspci', '00:00.0 Host bridge [0600]: Advanced Micro Devices, Inc. [AMD] Matisse Root Complex [1022:1480]\n'), piece('cmdline', 'BOOT_IMAGE=/vmlinuz amd_iommu=off'))
  t.equal(amd.host.cpuVendor?.value, 'amd')
  t.same(amd.host.shows?.value, ['amd', 'iommu-off'])
  const guest = joined(piece('lspci', '00:00.0 Host bridge [0600]: Intel Corporation 82G33 DRAM Controller [8086:29c0]\n00:01.0 VGA compatible controller [0300]: Red Hat, Inc. Virtio 1.0 GPU [1af4:1050]\n'))
  t.equal(guest.host.cpuVendor, undefined, 'QEMU shows that bridge on any CPU')
  t.same(guest.host.shows?.value, ['guest'])
  t.equal(joined(piece('cpuinfo', 'Model name:   Intel(R) Core(TM) i5-4590 CPU @ 3.30GHz\n')).host.cpuVendor?.value, 'intel')
  t.same(joined(piece('cmdline', 'ro intel_iommu=sm_on,on')).host.shows?.value, ['iommu-on'])
  t.same(joined(piece('cpuinfo', 'flags\t\t: fpu vme svm sse4_2\n')).host.shows?.value, ['metal'])
  t.same(joined(piece('cpuinfo', 'flags\t\t: fpu vme hypervisor\n')).host.shows?.value, ['guest'])
})

t.test('ids of functions that a listing shows by name alone', async t => {
  const names = () => '10de  NVIDIA Corporation\n\t1b81  GP104 [GeForce GTX 1070]\n\t10f0  GP104 High Definition Audio Controller\n'
  const listing = '01:00.0 VGA compatible controller: NVIDIA Corporation GP104 [GeForce GTX 1070] (rev a1)\n\tKernel driver in use: nvidia\n02:00.0 VGA compatible controller: NVIDIA Corporation GP106 [GeForce GTX 1060 6GB] (rev a1)\n'
  const { functions } = assemble([piece('lspci', listing), piece('cmdline', 'ro vfio-pci.ids=10de:1b81,10de:10f0')], parsers, names)
  t.equal(functions['0000:01:00.0']?.inVfioIds?.value, true)
  t.equal(functions['0000:02:00.0']?.id, undefined)
})
