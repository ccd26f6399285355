/** What FreeBSD and illumos hosts tell beside the PCI listing: devices, disks, packages, boot environments, jails, zones. */
import t from 'tap'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { Evidence, EvidenceId, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import fc from '../test-corpus/property.ts'
import bectl from './bectl.ts'
import bhyveBuild from './bhyve-build.ts'
import bhyveConfig from './bhyve-config.ts'
import bhyvectl from './bhyvectl.ts'
import cbsd from './cbsd.ts'
import devinfo from './devinfo.ts'
import hostMap from './freebsd-host-map.ts'
import packages from './freebsd-packages.ts'
import illumosPpt from './illumos-ppt.ts'
import illumosZone from './illumos-zone.ts'
import jailConf from './jail-conf.ts'
import type { Parser } from './parser.ts'
import rcConf from './rc-conf.ts'
import sysctlConf from './sysctl-conf.ts'

const read = (parser: Parser, body: string, more: Partial<Evidence> = {}): Contribution => parser.parse({ id: parser.gives, kind: parser.gives, from: parser.gives, status: 'ok', body, ...more })
/** Values without their citations. */
const values = (facts: object | undefined): Record<string, unknown> => Object.fromEntries(Object.entries(facts ?? {}).map(([name, fact]) => [name, (fact as Fact<unknown>).value]))
const host = (parser: Parser, body: string, more?: Partial<Evidence>) => values(read(parser, body, more).host)

const tree = `nexus0
  efirtc0
  acpi0
      I/O ports:
          0x0-0xf
    cpu0 pnpinfo _HID=none _UID=0 _CID=none at handle=\\_SB_.PR00
    pcib0 pnpinfo _HID=PNP0A08 _UID=0 _CID=PNP0A03 at handle=\\_SB_.PCI0
        I/O ports:
            0xcf8-0xcff
      pci0
          PCI domain 0 bus numbers:
              0
        hostb0 pnpinfo vendor=0x8086 device=0x3e30 subvendor=0x0000 subdevice=0x0000 class=0x060000 at slot=0 function=0 dbsf=pci0:0:0:0
        pcib1 pnpinfo vendor=0x8086 device=0x1901 subvendor=0x1043 subdevice=0x8694 class=0x060400 at slot=1 function=0 dbsf=pci0:0:1:0 handle=\\_SB_.PCI0.PEG0
            I/O memory addresses:
                0xde000000-0xdf0fffff
          pci1
              pcib1 bus numbers:
                  129
            vgapci0 pnpinfo vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217 class=0x030200 at slot=0 function=0 dbsf=pci0:129:0:0 handle=\\_SB_.PCI0.PEG0.PEGP
                Interrupt request lines:
                    0x10
                pcib1 memory window:
                    0xde000000-0xdeffffff
              nvidia0
            unknown pnpinfo vendor=0x10de device=0x10f0 subvendor=0x10de subdevice=0x1217 class=0x040300 at slot=0 function=1 dbsf=pci0:129:0:1
        xhci0 pnpinfo vendor=0x8086 device=0xa36d subvendor=0x1043 subdevice=0x8694 class=0x0c0330 at slot=20 function=0 dbsf=pci0:0:20:0 handle=\\_SB_.PCI0.XHC_ (suspended)
          usbus0
            uhub0
              ukbd0 pnpinfo vendor=0x046d product=0xc31c devclass=0x00 sernum="" release=0x6402 mode=host at bus=0 hubaddr=1 port=3 devaddr=2 interface=0 ugen=ugen0.2
        ahci0 pnpinfo vendor=0x8086 device=0xa352 subvendor=0x1043 subdevice=0x8694 class=0x010601 at slot=23 function=0 dbsf=pci0:0:23:0
          ahcich0 at channel=0
          ahcich1 at channel=1
    unknown pnpinfo _HID=PNP0C09 _UID=0 _CID=none at handle=\\_SB_.PCI0.LPCB.EC__ (disabled)
    acpi_timer0 pnpinfo unknown
        ACPI I/O ports:
            0x1808-0x180b
`

t.test('devinfo', async t => {
  const made = read(devinfo, tree)
  const fn = (bdf: string) => values(made.functions?.[bdf])
  t.same(Object.keys(made.functions ?? {}), ['0000:00:00.0', '0000:00:01.0', '0000:81:00.0', '0000:81:00.1', '0000:00:14.0', '0000:00:17.0'])
  t.match(fn('0000:81:00.0'), { id: '10de:1b39', vendor: '10de', subsystem: '10de:1217', class: '030200', driver: 'vgapci', deviceName: 'vgapci0', parent: '0000:00:01.0', below: ['nvidia0'] })
  t.match(fn('0000:81:00.1'), { driver: null, parent: '0000:00:01.0', below: [] }, 'unknown has no driver')
  t.notHas(fn('0000:81:00.1'), 'deviceName')
  t.match(fn('0000:00:01.0'), { driver: 'pcib', parent: null, below: ['pci1'] }, 'what hangs on a function behind a bridge does not hang on the bridge')
  t.match(fn('0000:00:14.0'), { driver: 'xhci', below: ['usbus0', 'uhub0', 'ukbd0'] }, 'suspended, and a name from ACPI')
  t.match(fn('0000:00:17.0'), { below: ['ahcich0', 'ahcich1'] })
  t.match(fn('0000:00:00.0'), { subsystem: null })
  t.same(made.functions?.['0000:81:00.0']?.id?.at, [{ evidence: 'devinfo', where: 20 }])
  const part = read(devinfo, '        vgapci0 pnpinfo vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217 class=0x030200 at slot=0 function=0 dbsf=pci0:1:0:0\n')
  t.match(values(part.functions?.['0000:01:00.0']), { driver: 'vgapci' })
  for (const name of ['below', 'parent']) t.notHas(values(part.functions?.['0000:01:00.0']), name, `an excerpt does not tell ${name}`)
  t.notHas(values(read(devinfo, tree, { status: 'cut' }).functions?.['0000:81:00.1']), 'below')
  t.same(read(devinfo, 'devinfo: devinfo_init: Operation not permitted\n'), {})
  t.same(host(devinfo, 'nexus0\n  acpi0\n'), { platform: 'freebsd' }, 'without -v there are names alone')
})

t.test('bectl', async t => {
  t.match(host(bectl, 'default\tNR\t/\t3.52G\t2024-05-01 10:02\n14.3\t-\t-\t1.20M\t2025-07-02 21:15\n'), { bootEnvironment: 'default', bootEnvironmentNext: 'default' })
  const table = 'BE           Active Mountpoint Space Created\ndefault      N      /          3.52G 2024-05-01 10:02\n14.3-upgrade R      -          1.20M 2025-07-02 21:15\n'
  t.match(host(bectl, table), { bootEnvironment: 'default', bootEnvironmentNext: '14.3-upgrade' })
  t.match(host(bectl, table.replace('R  ', 'T  ').replace('N  ', 'NR ')), { bootEnvironment: 'default', bootEnvironmentNext: '14.3-upgrade' }, 'once for the next boot alone')
  t.same(host(bectl, 'old\t-\t-\t-\t2024-05-01 10:02\n'), { platform: 'freebsd' }, 'an excerpt without marks says nothing of them')
  t.same(read(bectl, 'bectl: libbe_init("") failed\n'), {})
})

t.test('packages', async t => {
  const query = 'bash 5.2.37 FreeBSD\nedk2-bhyve g202411_1 FreeBSD\nlinux-nvidia-libs-470 470.256.02 FreeBSD\npkg 1.21.3 FreeBSD\nvm-bhyve-devel 1.7.5_1 FreeBSD\nFreeBSD-bhyve 15.0 FreeBSD-base\ngpu-firmware-amd-kmod-vega20 20230625 FreeBSD\n'
  t.match(host(packages, query), { packages: ['edk2-bhyve g202411_1', 'linux-nvidia-libs-470 470.256.02', 'vm-bhyve-devel 1.7.5_1', 'FreeBSD-bhyve 15.0', 'gpu-firmware-amd-kmod-vega20 20230625'], vmBhyveVersion: '1.7.5_1' })
  t.match(host(packages, 'pkg-1.21.3                     Package manager\ndrm-61-kmod-6.1.128_6          DRM drivers modules\n'), { packages: ['drm-61-kmod 6.1.128_6'], vmBhyveVersion: null })
  const part = host(packages, 'vm-bhyve-1.5.0\n')
  t.same(part, { platform: 'freebsd', vmBhyveVersion: '1.5.0' }, 'a part of the list does not say what is missing')
  t.notHas(host(packages, query, { status: 'cut' }), 'packages')
  t.same(read(packages, 'pkg: not found\n'), {})
})

const disks = `scbus0 on ahcich0 bus 0:
<ST4000VN008-2DR166 SC60>          at scbus0 target 0 lun 0 (pass0,ada0)
<>                                 at scbus0 target -1 lun ffffffff ()
scbus6 on nvme0 bus 0:
<SAMSUNG MZVLB512 EXA7301Q>        at scbus6 target 0 lun 1 (pass4,nda0)
scbus7 on umass-sim0 bus 0:
<Kingston DataTraveler 3.0 PMAP>   at scbus7 target 0 lun 0 (da0,pass5)
scbus-1 on xpt0 bus 0:
<>                                 at scbus-1 target -1 lun ffffffff (xpt0)
`
const pool = (member: string): string => `  pool: tank
 state: ONLINE
config:

\tNAME          STATE     READ WRITE CKSUM
\ttank          ONLINE       0     0     0
\t  /dev/ada0p1 ONLINE       0     0     0

errors: No known data errors

  pool: zroot
 state: ONLINE
config:

\tNAME              STATE     READ WRITE CKSUM
\tzroot             ONLINE       0     0     0
\t  mirror-0        ONLINE       0     0     0
\t    ${member}  ONLINE       0     0     0

errors: No known data errors
`
const routes = 'Routing tables\n\nInternet:\nDestination        Gateway            Flags         Netif Expire\ndefault            192.0.2.1          UGS            igb0\n127.0.0.1          link#3             UH              lo0\n'

t.test('disks and the default route', async t => {
  const zfs = 'zroot/ROOT/default\t/\t\t\tzfs\trw,noatime \t0 0\ndevfs\t\t\t/dev\t\t\tdevfs\trw\t\t0 0\n'
  t.match(host(hostMap, disks + pool('/dev/nda0p4') + zfs + routes), { hostDisks: ['ada0 ahcich0', 'nda0 nvme0', 'da0 umass0'], rootDisks: ['nda0'], defaultRoute: 'igb0' })
  t.match(host(hostMap, `${pool('/dev/gpt/root0')}   gpt/root0     N/A  nda0p4\n${zfs}`), { rootDisks: ['nda0'] }, 'by its label')
  t.match(host(hostMap, pool('/dev/nda0p4.eli') + zfs), { rootDisks: ['nda0'] }, 'GELI')
  t.match(host(hostMap, `${pool('/dev/nda0p4')}zroot/ROOT/14.3-RELEASE_2025-07-01 /\t\t\tzfs\trw,noatime \t0 0\n`), { rootDisks: ['nda0'] }, 'a long name is followed by a blank')
  t.match(host(hostMap, '/dev/ada0p2\t\t/\t\t\tufs\trw \t1 1\n'), { rootDisks: ['ada0'] }, 'UFS')
  t.match(host(hostMap, 'default            10.0.0.1           UGS         2  1234   bridge0\n'), { defaultRoute: 'bridge0' }, 'older columns')
  t.match(host(hostMap, routes.replace(/^default.*\n/m, '')), { defaultRoute: null })
  t.notHas(host(hostMap, zfs), 'defaultRoute')
  t.notHas(host(hostMap, routes), 'hostDisks', 'camcontrol was refused')
  t.same(read(hostMap, 'camcontrol: cam_lookup_pass: Permission denied\n'), {})
})

t.test('marks of patched builds', async t => {
  t.match(host(bhyveBuild, '/boot/kernel/vmm.ko:1\n/usr/sbin/bhyve:0\n'), { vmmKvmSignature: true, bhyveNvidiaMirror: false })
  t.same(host(bhyveBuild, '/usr/sbin/bhyve:2\n'), { platform: 'freebsd', bhyveNvidiaMirror: true }, 'only one could be read')
  t.same(read(bhyveBuild, 'grep: /boot/kernel/vmm.ko: No such file or directory\n'), {})
})

t.test('memory of a VM in the kernel', async t => {
  const map = 'Address     Length      Segment     Offset      Prot  Flags\n0           3.0GB       sysmem      0           RWX   \0wired/iommu\n100000000   13GB        sysmem      C0000000    RWX   \0wired/iommu\nFFE00000    2MB         bootrom     0           R-X   \n'
  const of = (body: string, more: Partial<Evidence> = { id: 'bhyvectl/ai' }) => values(read(bhyvectl, body, more).vms?.['ai'])
  t.match(of(map), { name: 'ai', vmmMemoryMiB: 16384, vmmWired: true, vmmMapped: true })
  t.match(of(map.replace('\0wired/iommu\n1', '\n1')), { vmmWired: false, vmmMapped: false }, 'one segment that is not')
  t.match(of(map.replaceAll('/iommu', '')), { vmmWired: true, vmmMapped: false })
  t.match(of(map, { id: 'bhyvectl/bhyvectl-ai' }), { name: 'ai' }, 'the name of the file that is recommended')
  t.match(of(map, { id: 'bhyvectl', from: '/tmp/host/bhyvectl-ai.txt' }), { name: 'ai' }, 'the only one of its kind has no name of its own')
  t.match(of(`# bhyvectl --vm=ai --get-memmap\n${map}`, { id: 'bhyvectl' }), { name: 'ai' })
  t.same(read(bhyvectl, map), {}, 'nothing tells which VM')
  t.same(read(bhyvectl, 'VM:ai is not created.\n', { id: 'bhyvectl/ai' }), {})
  t.notOk(read(bhyvectl, map, { id: 'bhyvectl/__proto__' }).vms)
})

t.test('jails', async t => {
  const jails = 'exec.start = "/bin/sh /etc/rc";\nmount.devfs;\n\nweb { path = /jails/web; }\nvms {\n  allow.vmm;\n  allow.vmm_ppt;\n  devfs_ruleset = 25;\n}\nlab { allow.vmm = 1; devfs_ruleset = 4; }\n"open" { allow.vmm=true; devfs_ruleset=0; }\nodd { allow.vmm; devfs_ruleset = 77; }\n'
  const rules = "[devfsrules_base=24]\nadd path 'vmm*' unhide\n[devfsrules_vms=25]\nadd include $devfsrules_hide_all\nadd include $devfsrules_base\nadd path pci unhide\n"
  const tree = (path: string, text: string) => text.replace(/^/gm, `${path}\t=`)
  t.match(host(jailConf, `${tree('/etc/jail.conf', jails)}\n${tree('/etc/devfs.rules', rules)}`), { jailsWithVmm: ['vms', 'lab', 'open', 'odd'], jailsWithoutPpt: ['lab', 'open', 'odd'], jailsVmmHidden: ['lab: vmm pci'] }, 'a ruleset of another place cannot be judged')
  t.notHas(host(jailConf, jails), 'jailsVmmHidden', 'without devfs.rules')
  t.match(host(jailConf, 'allow.vmm;\nbare { path = /j; }\n# note { allow.vmm; }\n'), { jailsWithVmm: ['bare'] }, 'a setting before all jails holds for each')
  t.match(host(jailConf, 'web { path = /j; }\n'), { jailsWithVmm: [] })
  t.same(read(jailConf, rules), {}, 'rules alone name no jail')
  t.match(host(jailConf, '/etc\t/\n'), { jailsWithVmm: [], jailsVmmHidden: [], jailsWithoutPpt: [] }, 'a collector found neither file')
  t.match(host(jailConf, '/etc\t/\n/etc/jail.conf\t=vms { allow.vmm; }\n'), { jailsVmmHidden: ['vms: vmm pci'] }, 'no rules of its own: the default hides them')
  t.notHas(host(jailConf, '/etc/jail.conf\t=vms { allow.vmm; }\n/etc/devfs.rules\t!denied\n'), 'jailsVmmHidden')
})

t.test('settings for the loader in other files', async t => {
  t.match(host(sysctlConf, '# comment\nvm.max_user_wired=25165824\nhw.vmm.amdvi.enable=1\nkern.ipc.maxsockbuf = "1"\n'), { sysctlConf: ['vm.max_user_wired=25165824', 'hw.vmm.amdvi.enable=1', 'kern.ipc.maxsockbuf=1'], loaderSettingsElsewhere: ['hw.vmm.amdvi.enable in /etc/sysctl.conf'] })
  t.match(host(rcConf, 'pptdevs="1/0/0"\nppt_devs="2/0/0"\nhw.pci.enable_msi="0"\nvmm_load="YES"\nsshd_enable="YES"\n'), { loaderSettingsElsewhere: ['pptdevs in /etc/rc.conf', 'ppt_devs in /etc/rc.conf', 'hw.pci.enable_msi in /etc/rc.conf', 'vmm_load in /etc/rc.conf'] })
  t.match(host(rcConf, '/etc/rc.conf.local\t=pptdevs="1/0/0"\n'), { loaderSettingsElsewhere: ['pptdevs in /etc/rc.conf.local'] })
  t.match(host(rcConf, 'kld_list="vmm"\n'), { loaderSettingsElsewhere: [] })
  t.same(read(sysctlConf, '# nothing set\n'), {})
  t.match(host(sysctlConf, '/etc\t/\n/etc/sysctl.conf\t=# nothing set\n'), { sysctlConf: [], loaderSettingsElsewhere: [] }, 'a collector read it')
})

t.test('CBSD', async t => {
  const made = read(cbsd, '5/1/0 :  DGE-528T Gigabit Ethernet Adapter :  D-Link System Inc : -\n4/0/0 :  Vega 20 [Radeon Instinct MI50] :  Advanced Micro Devices, Inc. [AMD/ATI] : rocm\n')
  t.match(values(made.assignments?.['rocm 0000:04:00.0']), { managed: false, source: 'stored', written: '4/0/0', addressValid: true })
  t.match(values(made.vms?.['rocm']), { hypervisor: 'cbsd' })
  t.same(Object.keys(made.assignments ?? {}), ['rocm 0000:04:00.0'])
  t.same(read(cbsd, 'No such ppt devices\n'), {})
  t.notOk(read(cbsd, '4/0/0 : a : b : __proto__\n').vms)
})

t.test('bhyve_config', async t => {
  const text = '# made by hand\nname=ai\nmemory.size=16G # plenty\nmemory.wired=yes\ncpus=8\npci.0.5.0.device=passthru\npci.0.5.0.bus=4\npci.0.5.0.slot=0\npci.0.5.0.func=0\npci.0.5.0.rom=/vm/ai/mi50.rom\npci.0.6.0.device=passthru\npci.0.6.0.pptdev=ppt2\npci.0.7.0.device=fbuf\npci.0.7.0.wait=on\nlpc.com1.path=/dev/nmdb0A\nlpc.bootrom=/usr/local/share/uefi-firmware/BHYVE_UEFI.fd\n'
  const made = read(bhyveConfig, text)
  t.match(values(made.vms?.['ai']), { hypervisor: 'bhyve', memoryMiB: 16384, vcpus: 8, wired: true, loader: 'uefi', firmware: 'bhyve-uefi', passthruByName: ['ppt2 0:6:0'], fbuf: true, fbufWait: true, console: '/dev/nmdb0A' })
  t.match(values(made.assignments?.['ai 0000:04:00.0']), { guestAddress: '0000:00:05.0', romFile: '/vm/ai/mi50.rom', written: '4/0/0' })
  t.match(values(made.host), { platform: 'freebsd', remoteNmdmTypos: ['/dev/nmdb0A'] })
  const bare = text.replace(/^(?:name|memory\.wired).*\n/gm, '')
  t.match(values(read(bhyveConfig, bare, { id: 'bhyve-config/games' }).vms?.['games']), { wired: false }, 'a whole file that does not say it')
  t.notHas(values(read(bhyveConfig, bare, { id: 'bhyve-config/games', status: 'cut' }).vms?.['games']), 'wired')
  t.same(read(bhyveConfig, 'hostname=web\nuser.name=joe\n'), {})
})

t.test('illumos', async t => {
  const table = 'DEV        VENDOR DEVICE SUBVENDOR SUBDEVICE REV PATH\n/dev/ppt0  10de   1eb8   10de      12a2      a1  /pci@0,0/pci8086,1901@1/display@0\n-          10de   10f8   10de      12a2      a1  /pci@0,0/pci8086,1901@1/pci10de,12a2@0,1\n'
  t.same(host(illumosPpt, table), { platform: 'illumos', pptDevices: ['ppt0 10de:1eb8 /pci@0,0/pci8086,1901@1/display@0'], pptCandidates: ['10de:10f8 /pci@0,0/pci8086,1901@1/pci10de,12a2@0,1'] })
  t.same(host(illumosPpt, 'DEV        VENDOR DEVICE PATH\n'), { platform: 'illumos', pptDevices: [] }, 'without -a candidates are not listed')
  t.same(host(illumosPpt, JSON.stringify({ devices: [{ dev: '/dev/ppt0', path: '/pci@0,0/display@2', 'vendor-id': '8086', 'device-id': '3e92', label: '' }, null, 7] })), { platform: 'illumos', pptDevices: ['ppt0 8086:3e92 /pci@0,0/display@2'] })
  t.same(read(illumosPpt, '{"devices": 7}'), {})

  const zone = (body: string, more?: Partial<Evidence>) => values(read(illumosZone, body, more).vms?.['web'])
  const exported = 'create -b\nset zonepath=/zones/web\nset brand=bhyve\nset autoboot=false\nadd device\nset match=/dev/ppt0\nend\nadd attr\nset name=ram\nset type=string\nset value=16G\nend\nadd attr\nset name=vcpus\nset type=string\nset value=4\nend\nadd attr\nset name=ppt0\nset type=string\nset value=slot1\nend\nadd attr\nset name=ppt1\nset type=string\nset value=off\nend\n'
  t.match(zone(exported, { id: 'illumos-zone/web' }), { hypervisor: 'bhyve', memoryMiB: 16384, vcpus: 4, passthruByName: ['ppt0'], wired: true })
  t.match(zone('zonename: web\nzonepath: /zones/web\nbrand: bhyve\nattr:\n\tname: ram\n\ttype: string\n\tvalue: 8G\nattr:\n\tname: bootrom\n\ttype: string\n\tvalue: BHYVE_RELEASE\n'), { memoryMiB: 8192, firmwareFile: 'BHYVE_RELEASE' })
  t.match(zone(JSON.stringify({ zonename: '1f', brand: 'bhyve', alias: 'web', ram: 16384, vcpus: 4, pci_devices: [{ path: '/devices/pci@0,0/display@0', pci_slot: '0:8:0' }, 3] })), { memoryMiB: 16384, passthruByName: ['/pci@0,0/display@0 0:8:0'], wired: true })
  t.same(read(illumosZone, exported.replace('brand=bhyve', 'brand=kvm')), {})
  t.same(read(illumosZone, '{"brand":"bhyve"'), {})
})

const samples: readonly [Parser, string][] = [
  [devinfo, tree], [bectl, 'default\tNR\t/\t3.52G\t2024-05-01 10:02\n'], [packages, 'pkg 1.21.3 FreeBSD\nvm-bhyve 1.7.5 FreeBSD\n'], [hostMap, disks + pool('/dev/nda0p4') + routes], [bhyveBuild, '/boot/kernel/vmm.ko:0\n/usr/sbin/bhyve:1\n'],
  [bhyvectl, '0           3.0GB       sysmem      0           RWX   wired\n'], [jailConf, '/etc/jail.conf\t=vms { allow.vmm; devfs_ruleset=4; }\n/etc/devfs.rules\t=[a=25]\n'], [sysctlConf, 'hw.vmm.amdvi.enable=1\n'], [cbsd, '4/0/0 : a : b : rocm\n'],
  [bhyveConfig, 'memory.size=4G\nmemory.wired=true\ncpus=2\npci.0.5.0.device=passthru\npci.0.5.0.bus=4\npci.0.5.0.slot=0\npci.0.5.0.func=0\npci.0.6.0.device=passthru\npci.0.6.0.pptdev=ppt0\npci.0.7.0.device=passthru\npci.0.7.0.pptdev=x\npci.0.8.0.device=fbuf\nlpc.bootrom=/x.fd\nlpc.com1.path=/dev/nmdb0A\n'],
  [illumosPpt, 'DEV VENDOR DEVICE PATH\n- 10de 1eb8 /pci@0,0\nppt0 10de 1eb8 /pci@0,1\n'], [illumosZone, 'set brand=bhyve\nadd attr\nset name=ram\nset value=1G\nadd attr\nset name=vcpus\nset value=2\nadd attr\nset name=bootrom\nset value=BHYVE\nadd attr\nset name=ppt0\nset value=on\n'],
]
const roots = { host: 'host', functions: 'fn', vms: 'vm', assignments: 'assignment' } as const
function strangers(made: Contribution, kind: EvidenceKind): string[] {
  return (Object.entries(roots) as [keyof typeof roots, keyof typeof factCatalogue][]).flatMap(([part, root]) => {
    const specs: Readonly<Record<string, { from: readonly string[] }>> = factCatalogue[root]
    return (part === 'host' ? [made.host ?? {}] : Object.values(made[part] ?? {})).flatMap(facts => Object.keys(facts).filter(name => specs[name]?.from.length !== 0 && !specs[name]?.from.includes(kind)).map(name => `${root}.${name}`))
  })
}

t.test('facts stand in the catalogue under this kind, and tell the platform', async t => {
  for (const [parser, body] of samples) {
    const made = read(parser, body, { id: `${parser.gives}/guest` as EvidenceId })
    t.same([...new Set(strangers(made, parser.gives))], [], parser.gives)
    t.equal(values(made.host)['platform'], parser.gives.startsWith('illumos') ? 'illumos' : 'freebsd', parser.gives)
  }
})

t.test('no text makes a parser throw, and each takes linear time', async t => {
  const bits = samples.flatMap(([, body]) => body.split('\n').slice(0, 12))
  const word = fc.constantFrom(...bits, '\n', ' ', '  ', '\t', '{', '}', '"', "'", '__proto__', 'constructor { allow.vmm; }', '[__proto__=1]', 'add include a', ' pnpinfo ', ' at ', 'dbsf=pci9999999999:999:99:999', 'DEV ', 'set name=__proto__', 'set value=', 'zonename: constructor', '/dev/', '\0', 'N', '4/0/0 : ', ' : ', 'pci.0.5.0.device=', '99999999999TB')
  const texts = fc.oneof(fc.string({ maxLength: 200 }), fc.array(word, { maxLength: 40 }).map(parts => parts.join('')), fc.array(word, { maxLength: 40 }).map(parts => parts.join('\n')), fc.json(), fc.string({ unit: 'binary', maxLength: 100 }))
  const long = (piece: string) => piece.repeat(Math.ceil(200_000 / piece.length))
  const deep = Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}vgapci${depth} pnpinfo vendor=0x10de device=0x1b39 class=0x030000 at dbsf=pci0:${depth % 256}:0:0`).join('\n')
  const hostile = [long('a'), long(' '), long('\t'), long('A '), long('x at '), long('x pnpinfo at '), long('DEV A'), long('DEV AAAA '), long('"'), long('{'), long('[a=1]\nadd include a\n'), long('a { allow.vmm;\n'), long('set value='), long(' : '), long('1.'), long('name-1'), long('[a=1]\n'), deep]
  for (const [parser] of samples) {
    fc.assert(fc.property(texts, fc.constantFrom('', '/win', '/__proto__', '/constructor'), (body, name) => {
      const made = read(parser, body, { id: `${parser.gives}${name}` as EvidenceId })
      JSON.stringify(made)
      return !Object.hasOwn(made.vms ?? {}, '__proto__') && !Object.hasOwn(made.vms ?? {}, 'constructor')
    }), { numRuns: Number(process.env['GPUDOCTOR_RUNS'] ?? 300) })
    for (const body of hostile) {
      const start = performance.now()
      read(parser, body)
      const took = performance.now() - start
      t.ok(took < 30_000, `${parser.gives} on ${JSON.stringify(body.slice(0, 12))}: ${Math.round(took)} ms`)
    }
  }
})
