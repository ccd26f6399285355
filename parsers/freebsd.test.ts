import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { Evidence, EvidenceId, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import bhyveCommands from './bhyve-commands.ts'
import bhyveLog from './bhyve-log.ts'
import deviceMap from './device-map.ts'
import freebsdVersion from './freebsd-version.ts'
import kenv from './kenv.ts'
import kldstat from './kldstat.ts'
import loaderConf from './loader-conf.ts'
import type { Parser } from './parser.ts'
import pciconf from './pciconf.ts'
import rcConf from './rc-conf.ts'
import remote from './remote.ts'
import sysctl from './sysctl.ts'
import vmBhyve from './vm-bhyve.ts'
import vmmDevices from './vmm-devices.ts'

const parsers: readonly Parser[] = [pciconf, loaderConf, rcConf, kenv, kldstat, sysctl, freebsdVersion, bhyveCommands, bhyveLog, vmBhyve, vmmDevices, remote, deviceMap]

const evidence = (kind: EvidenceKind, body: string, more: Partial<Evidence> = {}): Evidence =>
  ({ id: kind, kind, from: kind, status: 'ok', body, ...more })
const read = (parser: Parser, body: string, more: Partial<Evidence> = {}): Contribution => parser.parse(evidence(parser.gives, body, more))
/** Values without their citations. */
const values = (facts: object | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts ?? {}).map(([name, fact]) => [name, (fact as Fact<unknown>).value]))
const host = (parser: Parser, body: string, more?: Partial<Evidence>) => values(read(parser, body, more).host)
const fn = (body: string, bdf: string) => values(read(pciconf, body).functions?.[bdf])

const newCard = `hostb0@pci0:0:0:0:\tclass=0x060000 rev=0x01 hdr=0x00 vendor=0x8086 device=0x3e30 subvendor=0x0000 subdevice=0x0000
    vendor     = 'Intel Corporation'
    class      = bridge
    subclass   = HOST-PCI
    cap 09[e0] = vendor (length 16) Intel cap 0 version 1
pcib1@pci0:0:1:0:\tclass=0x060400 rev=0x01 hdr=0x01 vendor=0x8086 device=0x1901 subvendor=0x1043 subdevice=0x8694
    bus range  = 129-129
    window[1c] = type I/O Port, range 16, addr 0xe000-0xefff, enabled
    cap 10[a0] = PCI-Express 2 root port max data 256(256) RO NS ARI disabled
                 max read 128
                 link x8(x16) speed 8.0(16.0) ASPM disabled(L0s/L1)
                 slot 1 power limit 75000 mW HotPlug(present)
    ecap 000d[140] = ACS 1 Source Validation enabled, Translation Blocking disabled
                     P2P Req Redirect enabled, P2P Cmpl Redirect enabled
                     P2P Upstream Forwarding enabled, P2P Egress Control unavailable
                     P2P Direct Translated unavailable, Enhanced Capability unavailable
ppt0@pci0:129:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x2206 subvendor=0x1462 subdevice=0x3892
    vendor     = 'NVIDIA Corporation'
    device     = 'GA102 [GeForce RTX 3080] 'AC'97' board'
    class      = display
    subclass   = VGA
    bar   [10] = type Memory, range 32, base 0xde000000, size 16777216, enabled
    bar   [14] = type Prefetchable Memory, range 64, base 0x4000000000, size 17179869184, enabled
    bar   [1c] = type Prefetchable Memory, range 64, base 0, size 33554432, disabled
    bar   [24] = type I/O Port, range 32, base 0xe000, size 128, enabled
    cap 01[60] = powerspec 3  supports D0 D3  current D3
    cap 05[68] = MSI supports 1 message, 64 bit 
    cap 10[78] = PCI-Express 2 legacy endpoint max data 256(256) RO NS
                 max read 512
                 link x8(x16) speed 8.0(16.0) ASPM disabled(L0s/L1) ClockPM disabled
    ecap 0001[420] = AER 2 1 fatal 2 non-fatal 1 corrected
    ecap 0015[bb0] = Resizable BAR 1
    ecap 000b[600] = Vendor 0none0@pci0:129:0:1:\tclass=0x040300 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1aef subvendor=0x1462 subdevice=0x3892
    bar   [10] = type Memory, range 32, base 0xdf080200, size 512, enabled
    cap 10[78] = PCI-Express 2 endpoint max data 256(256) FLR RO NS
    ecap 0001[100] = AER 2 0 fatal 0 non-fatal 0 corrected
     PCI-e errors = Correctable Error Detected
                 Unsupported Request Detected
ppt1@pci0:6:0:130:\tclass=0x020000 rev=0x01 hdr=0x00 vendor=0x8086 device=0x10ed subvendor=0x8086 subdevice=0x0000
    cap 11[70] = MSI-X supports 3 messages, enabled
                 Table in map 0x1c[0x0], PBA in map 0x1c[0x2000]
`

t.test('pciconf: a listing with everything', async t => {
  const all = read(pciconf, newCard)
  t.same(all.notUnderstood, [])
  t.same(Object.keys(all.functions ?? {}), ['0000:00:00.0', '0000:00:01.0', '0000:81:00.0', '0000:81:00.1', '0000:06:10.2'], 'decimal selectors, a glued line, an ARI function')
  t.match(fn(newCard, '0000:81:00.0'), {
    id: '10de:2206', vendor: '10de', class: '030000', subsystem: '1462:3892', driver: 'ppt', deviceName: 'ppt0', revision: 'a1', headerType: 0,
    name: "NVIDIA Corporation GA102 [GeForce RTX 3080] 'AC'97' board", powerState: 'D3hot', msi: true, msiVectors: 1, msix: false, flr: false, acs: false,
    rebarSupported: true, linkWidth: 8, linkWidthMax: 16, linkSpeedGT: 8, linkSpeedMaxGT: 16, aerFatal: 1, aerNonFatal: 2, parent: '0000:00:01.0', enabled: true,
    bars: ['0 mem 0xde000000 16777216', '1 mem64pref 0x4000000000 17179869184', '3 mem64pref 0x0 33554432', '5 io 0xe000 128'],
    barsUnassigned: ['3'], barLargestMiB: 16384, bar0MiB: 16, bar2MiB: null, domain: 0,
  })
  t.match(fn(newCard, '0000:81:00.1'), {
    driver: null, flr: true, msi: false, rebarSupported: false, barsUnaligned: ['0 mem 0xdf080200 512'],
    pciErrors: ['PCI-e errors: Correctable Error Detected', 'PCI-e errors: Unsupported Request Detected'],
  })
  t.match(fn(newCard, '0000:00:01.0'), { acs: true, subsystem: '1043:8694', parent: null })
  t.match(fn(newCard, '0000:00:00.0'), { subsystem: null })
  t.match(fn(newCard, '0000:06:10.2'), { msix: true, msixVectors: 3, msi: false })
  t.match(values(all.host), { platform: 'freebsd', pptBound: ['0000:81:00.0', '0000:06:10.2'] })
  t.same(all.functions?.['0000:81:00.0']?.msi?.at, [{ evidence: 'pciconf', where: 27 }], 'a fact cites its own line')
  t.same(all.functions?.['0000:81:00.0']?.flr?.at, [{ evidence: 'pciconf', where: 17 }], 'what is not there cites the function')
})

t.test('pciconf: other releases and other options', async t => {
  t.match(fn('ppt0@pci0:6:0:0:  class=0x030200 card=0x11d810de chip=0x1bb310de rev=0xa1 hdr=0x00\n', '0000:06:00.0'),
    { id: '10de:1bb3', subsystem: '10de:11d8', class: '030200', driver: 'ppt' }, 'up to 12, tab lost')
  t.match(fn('hostb0@pci3:2:1:\tclass=0x060000 card=0x00000000 chip=0x12378086 rev=0x02 hdr=0x00\n', '0000:03:02.1'), { id: '8086:1237' }, 'FreeBSD 6, no domain')
  t.match(fn('nvme0@pci65530:1:0:0:\tclass=0x010802 rev=0x00 hdr=0x00 vendor=0x144d device=0xa808 subvendor=0x144d subdevice=0xa801\n', 'fffa:01:00.0'), { domain: 65530 })
  const bare = fn('none3@pci0:4:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217\n', '0000:04:00.0')
  t.equal(bare['driver'], null)
  for (const name of ['msi', 'msix', 'flr', 'acs', 'rebarSupported', 'name', 'bars']) t.notHas(bare, name, `${name} is unknown with -l alone`)
  t.match(fn('mlx5_core0@pci0:4:0:0:\tclass=0x020000 rev=0x00 hdr=0x00 vendor=0x15b3 device=0x1013 subvendor=0x15b3 subdevice=0x0020\n', '0000:04:00.0'), { driver: 'mlx5_core' })
  t.match(fn('none0@pci0:4:0:0:\tclass=0xffffff rev=0xff hdr=0x7f vendor=0xffff device=0xffff subvendor=0xffff subdevice=0xffff\n', '0000:04:00.0'), { configReadable: false, headerType: 127 })
  const cut = newCard.split('\n').filter(line => !/cap 05|Vendor 0/.test(line)).join('\n').replace('    class      = display', '--\n    class      = display')
  t.notHas(fn(cut, '0000:81:00.0'), 'msi', 'grep -A shows parts: what is missing there is not known to be absent')
  t.same(read(pciconf, 'pciconf: /dev/pci: Permission denied\n').functions, {})
  t.same(read(pciconf, 'hello\n').notUnderstood, [{ evidence: 'pciconf', where: 1 }])
})

const samples = new URL('../../../shared/samples/freebsd/', import.meta.url)
t.test('pciconf: real machines', { skip: existsSync(samples) ? false : 'the samples of real machines are not on this computer' }, async t => {
  let lines = 0
  const lost: string[] = []
  const machines = readdirSync(samples)
  for (const machine of machines) {
    const body = readFileSync(new URL(`${machine}/pciconf-lbcv.txt`, samples), 'utf8')
    const text = body.split('\n')
    const made = read(pciconf, body)
    lines += text.length - 1
    for (const { where } of made.notUnderstood ?? []) lost.push(`${machine}:${where} ${text[where - 1]}`)
    t.equal(Object.keys(made.functions ?? {}).length, text.filter(line => /@pci\d/.test(line)).length, `${machine}: every device line is a function`)
  }
  t.comment(`${lines} lines of ${machines.length} machines, ${lost.length} not understood`)
  t.ok(lines > 40_000)
  t.ok(lost.length * 10_000 <= lines, lost.slice(0, 20).join('\n'))
})

t.test('loader.conf', async t => {
  const good = host(loaderConf, '# boot\nvmm_load="YES" # bhyve\npptdevs="4/0/0 4/0/1 129/0/0"\npptdevs2 = "6/0/130"\nhw.vmm.amdvi.enable=1\nhw.dmar.enable="1"\n')
  t.match(good, {
    platform: 'freebsd', vmmInLoaderConf: true, pptdevs: ['0000:04:00.0', '0000:04:00.1', '0000:81:00.0', '0000:06:10.2'], pptdevsBad: [], pptdevsSeparators: [],
    pptdevsLengths: [19, 7], pptdevsLongest: 19, pptdevsRepeated: [], pptdevsIgnored: [], loaderConfMalformed: [], vmmAmdviEnable: 1, dmarEnable: 1,
  })
  t.same((good['loaderConf'] as string[])[0], 'vmm_load=YES')
  const words = (value: string) => { const { pptdevs, pptdevsBad, pptdevsSeparators } = host(loaderConf, `pptdevs="${value}"\n`); return [pptdevs, pptdevsBad, pptdevsSeparators] }
  t.same(words('1/0/0,4/0/0'), [['0000:01:00.0'], ['1/0/0,4/0/0'], [',']], 'sscanf stops at the comma')
  t.same(words('1:0:0'), [[], ['1:0:0'], [':']])
  t.same(words('1/0/0\t4/0/0'), [['0000:01:00.0'], ['1/0/0\t4/0/0'], ['tab']])
  t.same(words('0a/0/0'), [[], ['0a/0/0'], []])
  t.same(words('1/0/0   4/0/0'), [['0000:01:00.0', '0000:04:00.0'], [], []], 'several spaces do no harm')
  t.match(host(loaderConf, 'pptdevs="1/0/0"\npptdevs="2/0/0"\npptdevs4="3/0/0"\nppt_devs="4/0/0"\npptdev="4/0/0"\n'), { pptdevs: ['0000:02:00.0'], pptdevsRepeated: ['pptdevs'], pptdevsIgnored: ['pptdevs4', 'ppt_devs', 'pptdev'] })
  t.match(host(loaderConf, 'pptdevs=4/0/0\nvmm_load=“YES”\nx="a" b\n'), { pptdevs: [], vmmInLoaderConf: false, loaderConfMalformed: ['pptdevs=4/0/0', 'vmm_load=“YES”', 'x="a" b'] })
  t.match(host(loaderConf, '/boot/loader.conf.local\t=pptdevs="9/0/0"\n/boot/loader.conf\t=pptdevs="8/0/0"\n/boot/loader.conf.d/a.conf\t=vmm_load="yes"\n'),
    { pptdevs: ['0000:09:00.0'], vmmInLoaderConf: true, pptdevsRepeated: ['pptdevs'] }, 'a tree, in the order of the loader')
  t.equal(host(loaderConf, 'zfs_load="YES"\n')['vmmInLoaderConf'], false)
  const paste = host(loaderConf, 'zfs_load="YES"\n', { firstLine: 40 })
  t.notHas(paste, 'vmmInLoaderConf', 'a paste may leave things out')
  t.notHas(paste, 'pptdevs')
  t.same(read(loaderConf, 'pptdevs="4/0/0"\n').host?.pptdevs?.at, [{ evidence: 'loader-conf', where: 1 }])
  t.same(read(loaderConf, ''), {})
})

t.test('rc.conf, kenv, kldstat', async t => {
  t.match(host(rcConf, 'kld_list="nmdm"\nkld_list="${kld_list} /boot/modules/i915kms.ko vmm"\nvm_enable=YES # yes\n'), { kldList: ['nmdm', 'i915kms', 'vmm'], rcConf: [/^kld_list=/, 'vm_enable=YES'] })
  t.match(host(kenv, 'hw.vmm.amdvi.enable="0"\nkern.geom.eli.passphrase="secret"\nkernelname="/boot/kernel/kernel"\npptdevs="4/0/0"\nsmbios.bios.version="P3.40"\nsmbios.planar.maker="ASRock"\nsmbios.planar.product="X570"\n'),
    { pptdevs: ['0000:04:00.0'], pptdevsInForce: ['0000:04:00.0'], vmmAmdviEnable: 0, board: 'ASRock X570', biosVersion: 'P3.40', kenvTunables: ['hw.vmm.amdvi.enable=0', 'kernelname=/boot/kernel/kernel', 'pptdevs=4/0/0'] })
  const none = host(kenv, 'kernelname="/boot/kernel/kernel"\n')
  t.same(none['pptdevsInForce'], [])
  t.notHas(none, 'pptdevs', 'what loader.conf wants is not unsaid by it')
  t.same(host(kenv, '4/0/0 4/0/1\n')['pptdevsInForce'], ['0000:04:00.0', '0000:04:00.1'])
  t.notHas(host(kenv, 'vmm_load="YES"\n'), 'pptdevsInForce')

  const head = 'Id Refs Address                Size Name\n 1   91 0xffffffff80200000  1f3e2d0 kernel\n 2    1 0xffffffff82100000   5f1a8 nvidia.ko\n'
  t.match(host(kldstat, `${head} 3    1 0xffffffff82140000   48f1a0 vmm.ko\n`), { vmmLoaded: true, klds: ['kernel', 'nvidia.ko', 'vmm.ko'], kldsBeforeVmm: ['kernel', 'nvidia.ko'] })
  t.equal(host(kldstat, head)['vmmLoaded'], false)
  t.notHas(host(kldstat, ' 2    1 0xffffffff82100000   5f1a8 nvidia.ko\n'), 'vmmLoaded', 'a grepped line')
  const verbose = (modules: string) => host(kldstat, ` 1   91 0xffffffff80200000  1f3e2d0 kernel (/boot/kernel/kernel)\n\tContains modules:\n\t\t Id Name\n\t\t  1 pci/foo\n 2    1 0xffffffff82140000   48f1a0 vmm.ko (/boot/kernel/vmm.ko)\n\tContains modules:\n\t\t Id Name\n${modules}`)['vmmLoaded']
  t.equal(verbose('\t\t511 vmm\n\t\t512 pci/ppt\n'), true)
  t.equal(verbose('\t\t512 pci/ppt\n'), false, 'the file is there and its module did not start')
})

t.test('sysctl and freebsd-version', async t => {
  t.match(host(sysctl, 'hw.vmm.iommu.initialized: 0\nhw.vmm.iommu.enable: 1\nhw.vmm.ppt.devices: 2\nhw.vmm.amdvi.enable: 0\nhw.model: AMD Ryzen 9 3900X 12-Core Processor\nhw.physmem: 68632961024\nkern.vm_guest: none\nkern.osrelease: 14.3-RELEASE-p5\nkern.osreldate: 1403000\nkern.securelevel: -1\nvm.max_user_wired: 12800000\nvm.stats.vm.v_user_wire_count: 256\nsecurity.jail.jailed: 0\n'), {
    platform: 'freebsd', vmmLoaded: true, vmmIommuInitialized: 0, vmmIommuEnable: 1, vmmPptDevices: 2, vmmAmdviEnable: 0, cpuVendor: 'amd', memoryMiB: 65453, runsIn: 'metal', outerHypervisor: null,
    freebsdMajor: 14, freebsdRelease: 1403, freebsdPatch: 5, kernel: '14.3-RELEASE-p5', osreldate: 1403000, securelevel: -1, wireLimitMiB: 50000, wiredMiB: 1, jailed: false,
  })
  t.equal(host(sysctl, "sysctl: unknown oid 'hw.vmm'\n")['vmmLoaded'], false)
  t.equal(host(sysctl, 'hw.physmem: 1\n', { from: 'sysctl -i hw.vmm hw.physmem' })['vmmLoaded'], false, 'asked for, and nothing came')
  t.notHas(host(sysctl, 'hw.physmem: 1\n'), 'vmmLoaded')
  t.match(host(sysctl, 'kern.vm_guest=bhyve\n'), { runsIn: 'vm', outerHypervisor: 'bhyve' })
  t.match(host(freebsdVersion, '14.3-RELEASE-p5\n14.2-RELEASE-p1\n14.3-RELEASE-p5\n1402000\n1403000\n'),
    { kernel: '14.2-RELEASE-p1', kernelInstalled: '14.3-RELEASE-p5', userland: '14.3-RELEASE-p5', freebsdMajor: 14, freebsdRelease: 1402, freebsdPatch: 1, osreldate: 1402000, osreldateUserland: 1403000, distribution: 'freebsd' })
  const alone = host(freebsdVersion, '13.1-RELEASE\n')
  t.match(alone, { userland: '13.1-RELEASE', freebsdMajor: 13 })
  t.notHas(alone, 'kernel')
  t.match(host(freebsdVersion, 'FreeBSD nas 15.0-CURRENT FreeBSD 15.0-CURRENT #0 main-n271606: GENERIC amd64\n'), { kernel: '15.0-CURRENT', freebsdRelease: 1500 })
})

const vm = (made: Contribution, name: string) => values(made.vms?.[name])
const assigned = (made: Contribution, key: string) => values(made.assignments?.[key])

t.test('bhyve command lines', async t => {
  const script = read(bhyveCommands, `#!/bin/sh
# bhyve -S -s 3,passthru,9/0/0 old
NAME=debian
COMMON="-s 0,hostbridge -s 31,lpc"
cat > /tank/vms/debian/debian.map <<EOF
(hd0) /dev/zvol/tank/debian
EOF
grub-bhyve -r hd0 -m /tank/vms/debian.map -M 4096 "$NAME"
/usr/sbin/bhyve -c 2 -m 4G -wHP $COMMON \\
  -s 7:1,passthru,pci0:129:0:1,rom=/root/card.rom,bootindex=1 -s 8,passthru,ppt3 -s 9,passthru,1:0:0 \\
  -s 29,fbuf,tcp=0.0.0.0:5901,wait -l com1,/dev/nmdb0A $NAME -S
`)
  t.match(vm(script, 'debian'), {
    name: 'debian', hypervisor: 'bhyve', vcpus: 2, memoryMiB: 4096, wired: false, loader: 'grub-bhyve', firmware: 'grub', loaderWired: false, loaderMemoryMiB: 4096,
    firmwareFile: null, console: '/dev/nmdb0A', fbuf: true, fbufWait: true, passthruByName: ['ppt3 8'], passthruBad: ['1:0:0'], optionsAfterName: ['-S'], deviceMap: '/tank/vms/debian.map',
  })
  t.match(assigned(script, 'debian 0000:81:00.1'), { vm: 'debian', fn: '0000:81:00.1', written: 'pci0:129:0:1', guestAddress: '0000:00:07.1', romFile: '/root/card.rom', managed: false, source: 'command-line' })
  t.match(values(script.host), { platform: 'freebsd', remoteNmdmTypos: ['/dev/nmdb0A'], deviceMapMissing: ['/tank/vms/debian.map'] })
  t.same(script.assignments?.['debian 0000:81:00.1']?.written?.at, [{ evidence: 'bhyve-commands', where: 10 }])
  t.notHas(script.assignments ?? {}, 'old 0000:09:00.0', 'a comment of a script')

  const typed = read(bhyveCommands, 'root@nas:~ # bhyve -c cpus=4,sockets=2,cores=2 -m 8589934592 -AHPSuw -s 0:6:0,passthru,4/0/0 -l bootrom,/usr/local/share/uefi-firmware/BHYVE_UEFI_CSM.fd win\n')
  t.match(vm(typed, 'win'), { vcpus: 4, memoryMiB: 8192, wired: true, loader: 'uefi-csm', firmware: 'bhyve-csm', loaderWired: null, firmwareFile: /CSM/ })
  t.match(assigned(typed, 'win 0000:04:00.0'), { guestAddress: '0000:00:06.0', romFile: null })

  const cbsd = read(bhyveCommands, `Mar  2 10:11:12 host1 bhyverun.sh[411]: [debug] env X=/tmp/x /usr/bin/nice -n 1 /usr/sbin/bhyve -S -s 9:0,passthru,5/0/0 -c cpus=2,sockets=2,cores=1,t
hreads=1 -m 2147483648 -H -A -s 0,hostbridge -s
5,virtio-net,tap2 -s 31,lpc -l com1,stdio    web
Mar  2 10:11:16 host1 bhyverun.sh[450]: bhyve exit code: 4. exit_action settings: 1
`)
  t.match(vm(cbsd, 'web'), { wired: true, memoryMiB: 2048, vcpus: 2, console: 'stdio', firmwareFile: null }, 'a log that a mail program wrapped')
  t.ok(cbsd.assignments?.['web 0000:05:00.0'])

  const log = read(bhyveCommands, `Sep 17 20:34:20:  [loader: uefi]
Sep 17 20:34:21:  [bhyve options: -c 4 -m 16G -AHPw -l bootrom,/usr/local/share/uefi-firmware/BHYVE_UEFI.fd -S -U 1-2 -u]
Sep 17 20:34:21:  [bhyve devices: -s 0,hostbridge -s 0:8:0,passthru,1/0/0 -s 7:0,fbuf,tcp=0.0.0.0:5900]
Sep 17 20:34:21:  [bhyve console: -l com1,/dev/nmdm-dev.1A]
`)
  t.match(vm(log, 'dev'), { hypervisor: 'vm-bhyve', wired: true, loader: 'uefi', memoryMiB: 16384, console: '/dev/nmdm-dev.1A', fbufWait: false })
  t.match(assigned(log, 'dev 0000:01:00.0'), { guestAddress: '0000:00:08.0' })

  t.match(vm(read(bhyveCommands, '  PID COMMAND\n 712 bhyve: fedora (bhyve)\n'), 'fedora'), { running: true })
  const config = read(bhyveCommands, 'name=cfg\nmemory.size=4G\nmemory.wired=true\npci.0.8.0.device=passthru\npci.0.8.0.bus=4\npci.0.8.0.slot=0\npci.0.8.0.func=1\npci.0.9.0.device=passthru\npci.0.9.0.pptdev=ppt2\n')
  t.match(vm(config, 'cfg'), { memoryMiB: 4096, wired: true, passthruByName: ['ppt2 0:9:0'] })
  // A guest never asks for function 1 where there is no function 0; without the host bridge these are a few options of many.
  const alone = 'bhyve -S -s 0,hostbridge -s 8:1,passthru,4/0/1 -s 9:0,passthru,5/0/0 -s 9:1,passthru,5/0/1 -s 31,lpc alone\n'
  t.match(vm(read(bhyveCommands, alone), 'alone'), { passthruUnseen: ['8:1 4/0/1'] })
  t.match(vm(read(bhyveCommands, alone.replace('8:1', '8:0')), 'alone'), { passthruUnseen: [] })
  t.notHas(vm(read(bhyveCommands, alone.replace('-s 0,hostbridge', '')), 'alone'), 'passthruUnseen')
  t.notHas(vm(read(bhyveCommands, alone.replace('-S ', '$opts ')), 'alone'), 'passthruUnseen', 'a variable may hold more')
  const zone = read(bhyveCommands, 'name=zone\npci.0.0.0.device=hostbridge\npci.0.9.1.device=passthru\npci.0.9.1.path=/dev/ppt1\n')
  t.match(vm(zone, 'zone'), { passthruByName: ['ppt1 0:9:1'], passthruUnseen: ['0:9:1 /dev/ppt1'] })
  t.notHas(vm(zone, 'zone'), 'passthruBad')
  t.match(assigned(config, 'cfg 0000:04:00.1'), { guestAddress: '0000:00:08.0', written: '4/0/1' })

  const open = vm(read(bhyveCommands, 'bhyve -c 1 $OPTIONS -s 0,hostbridge vm0\n'), 'vm0')
  t.notHas(open, 'wired', 'the variable may hold -S')
  t.same(read(bhyveCommands, 'bhyve: passthru requires guest memory to be wired\nplease run bhyve with the option\n'), {})
  t.notOk(read(bhyveCommands, 'bhyve -S -m 1G __proto__\n').vms)
})

t.test('bhyve logs name their VM', async t => {
  const made = read(bhyveLog, 'bhyve: passthru requires guest memory to be wired\n', { id: 'bhyve-log/win/bhyve' as EvidenceId, from: '/vm/win/bhyve.log' })
  t.match(vm(made, 'win'), { name: 'win', hypervisor: 'bhyve' })
  t.equal(values(made.host)['platform'], 'freebsd')
  t.equal(host(bhyveLog, 'PCI device at 6 is not using the ppt driver\n')['platform'], 'illumos')
  t.notOk(read(bhyveLog, 'Unable to setup memory (17)\n').vms)
})

t.test('vm-bhyve guests', async t => {
  const about = { id: 'vm-bhyve/win' as EvidenceId, from: '/vm/win/win.conf' }
  const made = read(vmBhyve, 'loader="uefi"\ncpu=4\nmemory=16G\npassthru0="1/0/0=8:0" # gpu\npassthru1="1/1/0"\npassthru2="1/2/0"\npassthru4="ppt1"\npasstrhu9="4/0/0"\n  passthru3="5/0/0"\ngraphics="yes"\nbhyve_options="-s 9:0,passthru,6/0/0,rom=/a.rom"\n', about)
  t.match(vm(made, 'win'), { hypervisor: 'vm-bhyve', vcpus: 4, memoryMiB: 16384, wired: true, loader: 'uefi', firmware: 'bhyve-uefi', loaderWired: null, debug: false, fbuf: true, passthruGap: ['passthru4'], passthruGrouped: ['1/1/0', '1/2/0'], passthruTypos: ['passtrhu9'] })
  t.match(assigned(made, 'win 0000:01:00.0'), { written: '1/0/0', guestAddress: '0000:00:08.0', source: 'stored', managed: false })
  t.match(assigned(made, 'win 0000:06:00.0'), { romFile: '/a.rom' })
  t.notOk(made.assignments?.['win 0000:05:00.0'], 'an indented key is not read')
  t.match(vm(read(vmBhyve, 'loader="grub"\nmemory=512M\ndebug="yes"\npassthru1="1/0/0"\n', about), 'win'), { wired: false, loader: 'grub-bhyve', loaderWired: false, debug: true, passthruGap: ['passthru1'] })
})

t.test('/dev/vmm, /etc/remote, device.map', async t => {
  t.match(read(vmmDevices, 'total 0\ncrw-------  1 root  wheel  0x7a Nov 20 10:11 fedora\n').vms, { fedora: { inDevVmm: { value: true } } })
  t.same(host(vmmDevices, 'fedora  win\n')['vmmDevices'], ['fedora', 'win'])
  t.same(host(vmmDevices, 'ls: /dev/vmm: No such file or directory\n')['vmmDevices'], [])
  t.match(host(remote, '# comment :dv=/dev/nmdx0B:\ncuau0:dv=/dev/cuau0:br#9600:pa=none:\nfedora:dv=/dev/nmdb0B:br#9600:pa=none:\nx:dv=/dev/nmdm-x.1B:\n'),
    { remoteLines: ['/dev/cuau0', '/dev/nmdb0B', '/dev/nmdm-x.1B'], remoteNmdmTypos: ['/dev/nmdb0B'] })
  t.same(host(deviceMap, '(hd0) /dev/zvol/tank/a\n(cd0)  /iso/b c.iso\n')['deviceMapPaths'], ['/dev/zvol/tank/a', '/iso/b c.iso'])
})

const roots = { host: 'host', functions: 'fn', vms: 'vm', assignments: 'assignment', groups: 'group' } as const
/** Facts that are named nowhere in the catalogue, or not for this kind of evidence. */
function strangers(made: Contribution, kind: string): string[] {
  return (Object.entries(roots) as [keyof typeof roots, keyof typeof factCatalogue][]).flatMap(([part, root]) => {
    const subjects = part === 'host' ? [made.host ?? {}] : Object.values(made[part] ?? {})
    const specs: Readonly<Record<string, { from: readonly string[] }>> = factCatalogue[root]
    return subjects.flatMap(facts => Object.keys(facts).filter(name => specs[name]?.from.length !== 0 && !specs[name]?.from.includes(kind)).map(name => `${root}.${name}`))
  })
}

t.test('facts stand in the catalogue under this kind', async t => {
  const texts: Partial<Record<EvidenceKind, string>> = {
    pciconf: newCard,
    'loader-conf': 'vmm_load="YES"\npptdevs="4/0/0"\nhw.vmm.iommu.enable=1\nmodule_blacklist="vmm"\nhint.acpi.0.disabled=1\nhw.amdiommu.enable=1\nhw.pci.enable_msi=0\n',
    'rc-conf': 'kld_list="vmm"\n',
    kenv: 'kernelname="x"\npptdevs="4/0/0"\nsmbios.bios.version="1"\nsmbios.planar.maker="a"\nhw.dmar.enable="1"\npptdevs7="1/0/0"\n',
    kldstat: ' 1 91 0xffffffff80200000  1f3e2d0 kernel\n 2 1 0xffffffff82140000 48f1a0 vmm.ko\n',
    sysctl: 'hw.vmm.iommu.initialized: 0\nhw.model: Intel\nhw.physmem: 1\nkern.vm_guest: none\nkern.osrelease: 14.3-RELEASE\nvm.max_wired: 4\nhw.vmm.amdvi.enable: 1\nhw.dmar.enable: 1\n',
    'freebsd-version': '14.3-RELEASE-p5\n14.2-RELEASE-p1\n14.3-RELEASE-p5\n1402000\n1403000\n',
    'bhyve-commands': 'grub-bhyve -S -m /a.map -M 4G x\nbhyve -S -m 4G -c 2 -s 3,passthru,4/0/0,rom=/x -s 4,passthru,ppt0 -s 5,passthru,x -s 6,fbuf,wait,password=x -l com1,/dev/nmdb0A -l bootrom,/x.fd x -S\n',
    'bhyve-log': 'bhyve -S -m 4G -c 2 -s 3,passthru,4/0/0,rom=/x -s 4,passthru,ppt0 -l com1,/dev/nmdb0A -l bootrom,/x.fd x -S\n',
    'vm-bhyve': 'loader=bhyveload\nmemory=1G\ncpu=1\npassthru0=4/0/0\npassthru1=ppt0\ngraphics=yes\ngraphics_wait=yes\nbhyve_options="-s 5,passthru,x"\n',
    'vmm-devices': 'fedora\n',
    remote: 'a:dv=/dev/nmdb0B:\n',
    'device-map': '(hd0) /a\n',
  }
  for (const parser of parsers) {
    const made = read(parser, texts[parser.gives] ?? '', { id: `${parser.gives}/guest` as EvidenceId })
    t.ok(made.host ?? made.functions ?? made.vms, `${parser.gives} gives something`)
    t.same([...new Set(strangers(made, parser.gives))], [], parser.gives)
    t.equal(values(made.host)['platform'], 'freebsd', `${parser.gives} tells the platform`)
  }
})

t.test('no text makes a parser throw', async t => {
  const pieces = fc.constantFrom('ppt0@pci0:1:0:0:\tclass=0x030000 ', 'chip=0x1bb310de ', '    cap 10[78] = ', 'PCI-Express 2 endpoint max data 256(256) ', '    ecap 000b[100] = Vendor 0', 'none1@pci0:300:40:9:\t',
    'bar   [10] = type Memory, range 32, base 0x1, size 99999999999999999999, enabled', '\n', '\r\n', '"', "'", '\\', '$A', '${A}', 'A=$A$A', 'bhyve -', 'grub-bhyve --memory=', 's 3,passthru,', '-m 4G ', '-l com1,', 'pptdevs="', '1/0/0 ',
    '__proto__', 'constructor=', 'hw.vmm.x: ', 'passthru0=', '(hd0) ', '[bhyve options: ', 'Mar  2 10:11:12 h p[1]: ', '\t=', '/boot/loader.conf', '#', ' ', ':dv=/dev/', '=')
  const texts = fc.oneof(fc.string({ maxLength: 200 }), fc.array(pieces, { maxLength: 40 }).map(parts => parts.join('')), fc.string({ unit: 'binary', maxLength: 100 }))
  for (const parser of parsers) {
    fc.assert(fc.property(texts, fc.constantFrom('', '/win', '/__proto__', '/a/vm-bhyve'), (body, name) => {
      const made = read(parser, body, { id: `${parser.gives}${name}` as EvidenceId, from: `/vm${name}/bhyve.log` })
      JSON.stringify(made)
    }), { numRuns: 300 })
    t.pass(parser.gives)
  }
})

t.test('time grows with the length of a text only', async t => {
  const long = (piece: string) => piece.repeat(Math.ceil(200_000 / piece.length))
  const hostile = [long('a'), long(' '), long('1'), long('\t'), long('"'), long('$A '), long('A=$A$A\n'), long("bhyve -s '"), long('bhyve -S \\\n'), long('a@pci0:1:2:3: '), long('cap 0'), long('ppt0@pci'), long('x = "'), long('[bhyve options: '), long('1/0/0 '), long('a.b.c.'), long('bhyve -s\n')]
  for (const parser of parsers) {
    for (const body of hostile) {
      const start = performance.now()
      read(parser, body)
      const took = performance.now() - start
      t.ok(took < 30_000, `${parser.gives} on ${JSON.stringify(body.slice(0, 12))}: ${Math.round(took)} ms`)
    }
  }
})

t.test('bhyve-log: functions that messages name', async t => {
  const text = 'bhyve: PCI device at 129/0/1 is not using the ppt(4) driver\r\nbhyve: failed to initialize MSI for PCI 4/0/0\nPCI device at 6 is not using the ppt driver\n'
  t.same(Object.keys(read(bhyveLog, text).functions ?? {}), ['0000:81:00.1', '0000:04:00.0'])
  t.equal(read(bhyveLog, 'bhyve: passthru requires guest memory to be wired\n').functions, undefined)
})

t.test('a file that was handed in whole', async t => {
  const given = (from: string, firstLine = 1) => host(loaderConf, 'zfs_load="YES"\n', { from, firstLine })
  t.equal(given('/tmp/host/loader.conf').vmmInLoaderConf, false)
  t.equal(given('/tmp/host/loader.conf', 12).vmmInLoaderConf, undefined, 'a part of it')
  t.equal(given('/tmp/ticket.md').vmmInLoaderConf, undefined, 'a paste that begins the ticket')
})

t.test('device-map: the path around it', async t => {
  const script = '#!/bin/sh\ncat > /zroot/vms/fedora/fedora.map <<EOF\n(hd0) /dev/zvol/zroot/vms/fedora\nEOF\n'
  t.same(host(deviceMap, script).deviceMapFiles, ['/zroot/vms/fedora/fedora.map'])
  t.same(host(deviceMap, script).deviceMapPaths, ['/dev/zvol/zroot/vms/fedora'])
})
