import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import { onlyQemu } from '../collectors/linux/qemu-processes.ts'
import { kindOf, type Evidence, type EvidenceId } from '../model/evidence.ts'
import type { FactSpec } from '../model/fact.ts'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import guestReport from './guest-report.ts'
import live from './libvirt-domain-live.ts'
import stored from './libvirt-domain.ts'
import hooks from './libvirt-hooks.ts'
import libvirtLog from './libvirt-log.ts'
import { libvirtNumber } from './libvirt/domain.ts'
import { nestsTooDeep } from './libvirt/xml.ts'
import nvidiaProc from './nvidia-proc.ts'
import nvidiaSmi from './nvidia-smi.ts'
import type { Parser } from './parser.ts'
import proxmox from './proxmox-vm.ts'
import qemuLog from './qemu-log.ts'
import qemuProcesses from './qemu-processes.ts'
import { properties, secretsIn, sizeMiB, withoutSecrets } from './qemu/options.ts'
import { qemuCommands, shellWords } from './qemu/words.ts'

const evidence = (parser: Parser, body: string, more: Partial<Evidence> = {}): Evidence => {
  const id: EvidenceId = more.id ?? parser.gives
  return { id, kind: kindOf(id) ?? parser.gives, from: 'a file', status: 'ok', body, ...more }
}
const read = (parser: Parser, body: string, more: Partial<Evidence> = {}): Contribution => parser.parse(evidence(parser, body, more))
const lines = (...text: string[]): string => text.map(line => `${line}\n`).join('')

/** Values of facts, to compare at once; a missing fact is left out. */
const values = (facts: object | undefined): Record<string, unknown> => Object.fromEntries(Object.entries(facts ?? {}).map(([key, fact]) => [key, (fact as Fact<unknown>).value]))
const vm = (c: Contribution, name: string) => values(c.vms?.[name])
const assigned = (c: Contribution, key: string) => values(c.assignments?.[key])
const lineOf = (fact: Fact<unknown> | undefined) => fact?.at[0]?.where

const domain = (inside: string, head = "<domain type='kvm'>"): string => `<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n\n${head}\n  <name>aster</name>\n${inside}</domain>\n`
const hostdev = (address: string, more = '', head = "<hostdev mode='subsystem' type='pci' managed='yes'>") => `    ${head}\n      <source>\n        <address ${address}/>\n      </source>\n${more}    </hostdev>\n`

t.test('a stored libvirt domain', async t => {
  const xml = domain(`  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://microsoft.com/win/11"/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='KiB'>16777216</memory>
  <memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages><locked/></memoryBacking>
  <vcpu placement='static' current='6'>8</vcpu>
  <cputune><vcpupin vcpu='0' cpuset='2-3'/><vcpupin vcpu='1' cpuset='10'/></cputune>
  <numatune><memory mode='strict' nodeset='0-1'/></numatune>
  <os firmware='efi'>
    <type arch='x86_64' machine='pc-q35-8.2'>hvm</type>
    <firmware><feature enabled='yes' name='enrolled-keys'/></firmware>
    <loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader>
    <nvram>/var/lib/libvirt/qemu/nvram/aster_VARS.fd</nvram>
  </os>
  <features>
    <hyperv mode='custom'><relaxed state='on'/><vendor_id state='on' value='abcdefghijklmn'/></hyperv>
    <kvm><hidden state='on'/></kvm>
    <ioapic driver='kvm'/>
    <smm state='on'/>
  </features>
  <cpu mode='host-passthrough' check='none' migratable='off'>
    <maxphysaddr mode='passthrough' limit='39'/>
    <feature policy='require' name='topoext'/>
    <feature policy='disable' name='hypervisor'/>
  </cpu>
  <devices>
    <disk type='file' device='disk'><source file='/srv/vm/root.qcow2'/><target dev='vda'/></disk>
    <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='KiB'>536870912</pcihole64></controller>
    <controller type='pci' index='1' model='pcie-root-port'><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/></controller>
    <controller type='pci' index='2' model='pcie-root-port'><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x1'/></controller>
    <video><model type='qxl' ram='65536'/></video>
    <iommu model='intel'><driver intremap='on' caching_mode='on' aw_bits='39'/></iommu>
${hostdev("domain='0x0000' bus='0x01' slot='0x00' function='0x0'", "      <rom bar='on' file='/usr/share/vgabios/card.rom'/>\n      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0' multifunction='on'/>\n")}
${hostdev("domain='0x0000' bus='0x01' slot='0x00' function='0x1'", "      <address type='pci' domain='0x0000' bus='0x00' slot='0x07' function='0x0'/>\n", "<hostdev mode='subsystem' type='pci'>")}
    <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='C2177883-F1BB-47F0-914D-32A22E3A8804'/></source></hostdev>
    <interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x05' slot='0x10' function='0x2'/></source></interface>
    <memballoon model='none'/>
    <shmem name='looking-glass'><model type='ivshmem-plain'/><size unit='M'>64</size></shmem>
    <input type='evdev'><source dev='/dev/input/by-id/kbd' grab='all'/></input>
  </devices>
`)
  const c = read(stored, xml, { from: '/etc/libvirt/qemu/aster.xml' })
  const facts = vm(c, 'aster')
  t.match(facts, {
    hypervisor: 'libvirt', memoryMiB: 16384, vcpus: 6, firmware: 'ovmf', firmwareFile: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', secureBoot: true, smm: true, machine: 'pc-q35-8.2', chipset: 'q35',
    guestOs: 'windows', directKernel: false, cpuModel: 'host-passthrough', cpuMigratable: false, physBits: 'host', kvmHidden: true, hypervVendorId: 'abcdefghijklmn', hypervVendorIdLength: 14, irqchip: 'on',
    hugepages: true, hugepageKiB: 1048576, memoryLocked: true, memoryHardLimitMiB: null, viommu: 'intel-iommu', viommuCachingMode: true, viommuIntremap: true, viommuAddressWidth: 39, balloon: 'none',
    rootPorts: 2, freeHotplugPorts: 1, pciHole64MiB: 524288, session: false,
  })
  t.same(facts.cpuFeatures, ['+topoext', '-hypervisor'])
  t.same([facts.numaNodes, facts.pinnedCpus, facts.videoModels, facts.sharedMemory, facts.evdev, facts.mdevs, facts.disks, facts.qemuArgs], [['0', '1'], ['2', '3', '10'], ['qxl'], ['looking-glass'], ['/dev/input/by-id/kbd'], ['c2177883-f1bb-47f0-914d-32a22e3a8804'], ['/srv/vm/root.qcow2'], []])
  t.notOk('running' in facts, 'a stored definition does not tell whether it runs')
  t.match(assigned(c, 'aster 0000:01:00.0'), { managed: true, romFile: '/usr/share/vgabios/card.rom', romBar: true, guestAddress: '0000:01:00.0', onRootBus: false, multifunction: true, source: 'stored', through: 'hostdev', alias: 'hostdev0', written: "domain='0x0000' bus='0x01' slot='0x00' function='0x0'", addressValid: true })
  t.match(assigned(c, 'aster 0000:01:00.1'), { managed: false, romFile: null, guestAddress: '0000:00:07.0', onRootBus: true })
  t.match(assigned(c, 'aster 0000:05:10.2'), { managed: true, through: 'interface' })
  t.equal(Object.keys(c.assignments ?? {}).length, 3, 'a mediated device is no function')
  t.equal(xml.split('\n')[(lineOf(c.vms?.aster?.machine) ?? 0) - 1]?.trim(), "<type arch='x86_64' machine='pc-q35-8.2'>hvm</type>", 'the line it stands on')
  t.match(xml.split('\n')[(lineOf(c.assignments?.['aster 0000:01:00.0']?.fn) ?? 0) - 1], /bus='0x01'.*function='0x0'/)
  t.equal(c.host?.platform?.value, 'linux')
})

t.test('the name of a libvirt domain tells its system where nothing else does', async t => {
  const system = (name: string, more = '') => vm(read(stored, `<domain type='kvm'><name>${name}</name>${more}<os><type machine='pc-q35-8.2'>hvm</type></os></domain>`), name)?.guestOs
  t.same(['win10', 'gaming', 'twin', 'macOS-Sonoma'].map(name => system(name)), ['windows', undefined, undefined, 'macos'])
  t.equal(system('win10', "<metadata><libosinfo:libosinfo xmlns:libosinfo='x'><libosinfo:os id='http://ubuntu.com/ubuntu/24.04'/></libosinfo:libosinfo></metadata>"), 'linux', 'what somebody chose counts more')
})

t.test('hot-plug behind bridges of a libvirt domain', async t => {
  const set = (inside: string) => vm(read(stored, `<domain type='kvm'><name>m</name><os><type machine='pc-q35-8.2'>hvm</type></os>${inside}</domain>`), 'm')?.acpiPciHotplug
  t.same([set('<devices/>'), set("<devices><controller type='pci' index='0' model='pcie-root'><target hotplug='off'/></controller></devices>"),
    set("<devices/><commandline><arg value='-global'/><arg value='ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'/></commandline>")], [null, 'off', 'off'])
})

t.test('firmware of a libvirt domain', async t => {
  const firmware = (os: string, head?: string) => vm(read(stored, domain(os, head)), 'aster').firmware
  const type = "<type arch='x86_64' machine='pc-i440fx-2.5'>hvm</type>"
  t.equal(firmware(`<os>${type}</os>`), 'seabios')
  t.equal(firmware(`<os firmware='bios'>${type}</os>`), 'seabios')
  t.equal(firmware(`<os>${type}<loader>/usr/share/qemu/bios-256k.bin</loader></os>`), 'seabios')
  t.equal(firmware(`<os>${type}<loader type='rom'>/usr/share/ovmf/OVMF.fd</loader></os>`), 'ovmf')
  t.equal(firmware(`<os>${type}<loader>/opt/fw.img</loader></os>`), undefined, 'a file nobody knows')
  t.equal(firmware("<os><type arch='aarch64' machine='virt-8.2'>hvm</type></os>"), undefined, 'only x86 falls back to SeaBIOS')
  t.equal(firmware(''), undefined, 'no <os> was seen')
  t.equal(firmware("<os><type>hvm</type><loader>/usr/local/share/uefi-firmware/BHYVE_UEFI_CSM.fd</loader></os>", "<domain type='bhyve'>"), 'bhyve-csm')
})

t.test('addresses as libvirt reads them', async t => {
  t.same(['0x82', '82', '130', '010', '0', '08', 'zz', '', undefined].map(libvirtNumber), [0x82, 82, 130, 8, 0, null, null, null, 0])
  const c = read(stored, domain(`<devices>${hostdev("bus='82' slot='0x00' function='0x0'")}${hostdev("bus='0x130' slot='0x00' function='0x0'")}${hostdev("domain='0x10000' bus='0x01' slot='0x00' function='0x0'")}${hostdev("domain='0' bus='1' slot='40' function='0x9'")}</devices>`))
  t.match(assigned(c, 'aster 0000:52:00.0'), { written: "bus='82' slot='0x00' function='0x0'", addressValid: true }, 'a bare number is decimal')
  t.match(assigned(c, 'aster invalid'), { fn: 'invalid', addressValid: false, written: "bus='0x130' slot='0x00' function='0x0'" })
  t.match(assigned(c, 'aster invalid2'), { written: "domain='0' bus='1' slot='40' function='0x9'" })
  t.ok(c.assignments?.['aster 10000:01:00.0'], 'domains of five digits (VMD)')
})

t.test('a running domain, and one without a name', async t => {
  const inner = domain(`<vcpu>2</vcpu><devices>${hostdev("bus='0x02' slot='0x00' function='0x0'", "      <alias name='ua-gpu'/>\n")}</devices>
  <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <qemu:arg value='-set'/><qemu:arg value='device.ua-gpu.x-vga=on'/>
    <qemu:arg value='-device'/><qemu:arg value='{"driver":"vfio-pci","host":"0000:07:00.0","id":"extra"}'/>
    <qemu:arg value='-fw_cfg'/><qemu:arg value='opt/ovmf/X-PciMmio64Mb,string=65536'/>
    <qemu:arg value='-object'/><qemu:arg value='secret,id=s0,data=c2VjcmV0'/>
  </qemu:commandline>
  <qemu:override><qemu:device alias='ua-gpu'><qemu:frontend><qemu:property name='x-no-kvm-intx' type='bool' value='true'/></qemu:frontend></qemu:device></qemu:override>
`, "<domain type='kvm' id='3'>").replace(/^<!--[^]*?-->\s*/, '')
  const c = read(live, `<domstatus state='running' reason='booted' pid='4711'>\n  <taint flag='custom-argv'/>\n${inner}</domstatus>\n`)
  const facts = vm(c, 'aster')
  t.match(facts, { running: true, mmio64MiB: 65536 })
  t.same(facts.taints, ['custom-argv'])
  t.match(assigned(c, 'aster 0000:02:00.0'), { source: 'live', vga: true, options: ['x-no-kvm-intx=true'] })
  t.match(assigned(c, 'aster 0000:07:00.0'), { managed: false, through: 'qemu-args', source: 'live' })
  t.same(c.host?.cmdlineSecrets?.value, ['object data'])
  t.notMatch(JSON.stringify(c), /c2VjcmV0/, 'the value of a secret is in no fact')
  t.equal(vm(read(stored, inner), 'aster').running, true, 'an id means that it runs, whatever the evidence is called')
  t.ok(read(stored, "<domain type='kvm'><vcpu>1</vcpu></domain>", { id: 'libvirt-domain/logs/iris.xml' }).vms?.iris)
  t.ok(read(stored, "<domain type='kvm'><vcpu>1</vcpu></domain>").vms?.['(unnamed)'])
  t.ok(read(stored, "<domain type='kvm'><name>__proto__</name></domain>").vms?.['(unnamed)'])
})

t.test('broken, pasted and foreign XML', async t => {
  const cut = domain(`<os><type machine='pc-q35-6.2'>hvm</type></os><devices>${hostdev("bus='0x03' slot='0x00' function='0x0'")}<video><model type='qxl'`).replace('</domain>\n', '')
  const c = read(stored, cut)
  t.match(vm(c, 'aster'), { machine: 'pc-q35-6.2' })
  t.notOk('kvmHidden' in vm(c, 'aster'), 'what is not in half a definition may be in the other half')
  t.notOk('videoModels' in vm(c, 'aster'))
  t.ok(c.assignments?.['aster 0000:03:00.0'])
  t.same(c.notUnderstood?.map(cite => cite.where), [5])
  const paste = read(stored, `here is the part:\n${hostdev("bus='0x04' slot='0x00' function='0x0'")}`)
  t.equal(lineOf(paste.assignments?.['(unnamed) 0000:04:00.0']?.written), 4)
  t.ok(read(stored, domain(`<devices>${hostdev("bus='0x04' slot='0x00' function='0x0'")}</devices>`).replaceAll('<', '&lt;').replaceAll('>', '&gt;')).assignments?.['aster 0000:04:00.0'], 'escaped by a web page')
  t.same(Object.keys(read(stored, domain('<vcpu>1</vcpu>') + domain('<vcpu>2</vcpu>').replace('aster', 'iris')).vms ?? {}), ['aster', 'iris'], 'several in one text')
  t.same(read(stored, '<device><name>pci_0000_01_00_0</name><capability type="pci"><domain>0</domain><bus>1</bus></capability></device>').vms, undefined)
  t.same(read(stored, domain('<vcpu>1</vcpu>').replaceAll('\n', '\r\n')).vms?.aster?.vcpus?.value, 1)
  t.equal(vm(read(stored, domain(''), { status: 'cut' }), 'aster').viommu, undefined)
})

t.test('hostile XML', async t => {
  const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'bcdefghij'[n]} "${`&${'abcdefghi'[n]};`.repeat(10)}">`).join('')}]><domain type='kvm'><name>&j;</name></domain>`
  const took = (body: string): number => { const start = process.cpuUsage().user; read(stored, body); return (process.cpuUsage().user - start) / 1000 }
  t.notMatch(JSON.stringify(read(stored, laughs)), /haha/)
  t.ok(took('<domain>' + '<a>'.repeat(100_000)) < 2000)
  t.ok(nestsTooDeep('<a>'.repeat(100_000)))
  t.notOk(nestsTooDeep('<a><b/><!-- <c><c><c> --></a>'.repeat(1000)))
  t.ok(took(`<domain type='kvm'>${'<a b="/>">'.repeat(100_000)}`) < 4000, 'nesting hidden from the count')
  const large = read(stored, `<domain type='kvm'><name>big</name>${' '.repeat(5 * 2 ** 20)}</domain>`)
  t.same([large.vms, large.notUnderstood?.length], [undefined, 1])
  t.ok(took(`<domain>${'<hostdev >'.repeat(200_000)}`) < 4000, 'openings without an end')
  t.ok(took(`<domain type='kvm'>${"<hostdev type='pci'/>".repeat(100_000)}</domain>`) < 8000, 'one long line')
})

t.test('words of a command', async t => {
  const words = (text: string) => shellWords(text, 1).map(w => w.text)
  t.same(words(String.raw`-name 'two words' "a \"b\" c" d\ e -device {"driver":"vfio-pci","host":"01:00.0"} x'y'z # rest`), ['-name', 'two words', 'a "b" c', 'd e', '-device', '{"driver":"vfio-pci","host":"01:00.0"}', 'xyz'])
  t.same(words("it's open"), ["it's", 'open'], 'an apostrophe')
  const [script] = qemuCommands(lines('#!/bin/bash', '# qemu-system-x86_64 -m 1', 'GPU=0000:0a:00.0', 'args=(', '  -m 8G', '  # a note', '  -device vfio-pci,host=$GPU,x-vga=on', ')', 'args+=(-smp 4)', 'sudo qemu-system-x86_64 "${args[@]}" -cpu host,kvm=off \\', '  -nographic > /dev/null &', 'echo done'))
  t.same(script?.words.map(w => `${w.line} ${w.text}`), ['5 -m', '5 8G', '7 -device', '7 vfio-pci,host=0000:0a:00.0,x-vga=on', '9 -smp', '9 4', '10 -cpu', '10 host,kvm=off', '11 -nographic', '11 >', '11 /dev/null'])
  const [lost] = qemuCommands(lines('$ qemu-system-x86_64 -m 4G', '   -device vfio-pci,host=01:00.0', '   -nographic', 'qemu-system-x86_64: some error'))
  t.equal(lost?.words.length, 5, 'backslashes lost by a paste')
  t.same(qemuCommands('kvm -version\nqemu-system-x86_64: -device vfio-pci,host=1: no\nlsmod | grep kvm -c'), [])
  const nul = qemuCommands('/proc/12/cmdline\t=/usr/bin/qemu-system-x86_64\x00-name\x00guest=a b\x00-m\x00512\x00')[0]
  t.same([nul?.words.map(w => w.text), nul?.running], [['-name', 'guest=a b', '-m', '512'], true])
  t.same([...properties('file=/a,,b,if=none,readonly', 'driver')], [['file', '/a,b'], ['if', 'none'], ['readonly', 'on']])
  t.same(['8G', '8388608k', '4096', 'x', '1.5G', '99999999T'].map(text => sizeMiB(text)), [8192, 8192, 4096, undefined, 1536, undefined])
  t.same(secretsIn({ name: 'drive', value: 'file=rbd:pool/img:id=a:key=AQBx==:auth_supported=cephx,if=none', line: 1 }), ['drive key'])
  t.same(secretsIn({ name: 'vnc', value: ':0,password=on', line: 1 }), [], 'only says that there is one')
  t.same(secretsIn({ name: 'drive', value: 'file.password-secret=sec0,if=none', line: 1 }), [], 'a reference')
  t.notMatch(withoutSecrets('rbd:pool/img:id=a:key=AQBx==:auth'), /AQBx/)
  t.notMatch(withoutSecrets('{"qom-type":"secret","id":"m","data":"Zm9v"}'), /Zm9v/)
})

t.test('a script that starts a VM', async t => {
  const c = read(qemuProcesses, lines(
    'qemu-system-x86_64 -name guest=oak,process=oak -machine q35,accel=kvm,kernel_irqchip=on \\',
    '  -cpu host,kvm=off,hv_vendor_id=whatever,hv_time,-hypervisor,host-phys-bits=on \\',
    '  -m 8G -smp sockets=1,cores=4,threads=2 -mem-path /dev/hugepages \\',
    '  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd \\',
    '  -drive if=pflash,format=raw,file=/tmp/OVMF_VARS.fd -drive file=/vm/win10.qcow2 \\',
    '  -device pcie-root-port,id=rp1,slot=1 \\',
    '  -device vfio-pci,host=01:00.0,bus=rp1,addr=0x0,multifunction=on,x-vga=on,romfile=/vm/gpu.rom \\',
    '  -device vfio-pci,host=01:00.1,bus=pcie.0,addr=05.1,rombar=0,x-igd-opregion=on \\',
    '  -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 \\',
    '  -device vfio-pci,host=zz -global q35-pcihost.pci-hole64-size=512G -vga none -uuid 1-2-3',
  ))
  t.match(vm(c, 'oak'), {
    hypervisor: 'qemu', machine: 'q35', chipset: 'q35', irqchip: 'on', cpuModel: 'host', kvmHidden: true, hypervVendorId: 'whatever', hypervVendorIdLength: 8, guestOs: 'windows', physBits: 'host', memoryMiB: 8192, vcpus: 8,
    firmware: 'ovmf', firmwareFile: '/usr/share/OVMF/OVMF_CODE.fd', nvram: '/tmp/OVMF_VARS.fd', hugepages: true, rootPorts: 1, pciHole64MiB: 524288, viommu: null, balloon: 'none', directKernel: false,
  })
  t.same([vm(c, 'oak').cpuFeatures, vm(c, 'oak').videoModels, vm(c, 'oak').mdevs, vm(c, 'oak').disks], [['-hypervisor'], ['none'], ['83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'], ['/vm/win10.qcow2']])
  t.notOk('running' in vm(c, 'oak'), 'a script is no process')
  t.match(assigned(c, 'oak 0000:01:00.0'), { managed: false, vga: true, romFile: '/vm/gpu.rom', romBar: true, guestAddress: 'rp1:00.0', onRootBus: false, multifunction: true, source: 'command-line' })
  t.match(assigned(c, 'oak 0000:01:00.1'), { romBar: false, guestAddress: 'pcie.0:05.1', onRootBus: true, options: ['x-igd-opregion=on'] })
  t.match(assigned(c, 'oak invalid'), { written: 'zz', addressValid: false })
  t.equal(lineOf(c.assignments?.['oak 0000:01:00.1']?.fn), 8)
  const plain = vm(read(qemuProcesses, 'qemu-system-x86_64 -m 2G -kernel bzImage -append "iommu=off" -device vfio-pci,host=82:00.0'), '(unnamed)')
  t.match(plain, { firmware: 'seabios', chipset: 'i440fx', directKernel: true, kvmHidden: false, cpuModel: null, videoModels: ['std'], vcpus: 1 })
  t.equal(vm(read(qemuProcesses, 'qemu-system-aarch64 -machine virt -m 2G'), '(unnamed)').firmware, undefined)
  const busOf = (machine: string) => assigned(read(qemuProcesses, `qemu-system-x86_64 -machine ${machine} -m 2G -device vfio-pci,host=82:00.0`), '(unnamed) 0000:82:00.0').onRootBus
  t.equal(busOf('q35'), true, 'no bus= is the first bus, pcie.0')
  t.equal(busOf('pc'), undefined)
  t.equal(vm(read(qemuProcesses, 'qemu-system-x86_64 -bios /usr/share/ovmf/OVMF.fd -m 2G'), '(unnamed)').firmware, 'ovmf')
  t.equal(vm(read(qemuProcesses, 'qemu-system-x86_64 -m 2G ... -device vfio-pci,host=82:00.0'), '(unnamed)').firmware, undefined, 'something was left out')
  t.equal(vm(read(qemuProcesses, 'qemu-system-x86_64 -m $MEM $EXTRA'), '(unnamed)').firmware, undefined, 'a variable nobody set')
  const loose = read(qemuProcesses, lines('  -machine q35 \\', '  -device vfio-pci,host=05:00.0 \\'))
  t.match(vm(loose, '(unnamed)'), { machine: 'q35' })
  t.ok(loose.assignments?.['(unnamed) 0000:05:00.0'])
})

t.test('running QEMU processes', async t => {
  const json = '{"driver":"vfio-pci","host":"0000:0b:00.0","id":"hostdev0","bus":"pci.5","addr":"0x0","romfile":"/usr/share/vgabios/a b.rom"}'
  const c = read(qemuProcesses, lines(
    '    PID USER     COMMAND',
    `   4711 libvirt+ /usr/bin/qemu-system-x86_64 -name guest=big elm,debug-threads=on -S -object {"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-3-elm/master-key.aes"} -blockdev {"driver":"file","filename":"/usr/share/OVMF/OVMF_CODE_4M.fd","node-name":"libvirt-pflash0-storage","read-only":true} -machine pc-q35-8.2,usb=off,pflash0=libvirt-pflash0-format,smm=on -accel kvm -m size=8388608k -object {"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/dev/hugepages/libvirt/qemu/3-elm"} -overcommit mem-lock=on -smp 4,sockets=4 -device ${json} -device {"driver":"virtio-balloon-pci","id":"balloon0"} -msg timestamp=on`,
    '   5000 root     /usr/bin/kvm -id 104 -name fir,debug-threads=on -pidfile /var/run/qemu-server/104.pid -machine type=pc-q35-8.1+pve0 -m 4096 -device vfio-pci,host=0000:0c:00.0,id=hostpci0.0,bus=ich9-pcie-port-1,addr=0x0.0,multifunction=on',
    '   6000 iris     qemu-system-x86_64 -m 1G -name plum',
    '   6001 iris     grep qemu-system-x86_64 -m 1',
  ))
  t.match(vm(c, 'big elm'), { running: true, hypervisor: 'libvirt', session: false, firmware: 'ovmf', hugepages: true, memoryLocked: true, memoryMiB: 8192, balloon: 'virtio', smm: true })
  t.match(assigned(c, 'big elm 0000:0b:00.0'), { romFile: '/usr/share/vgabios/a b.rom', alias: 'hostdev0', guestAddress: 'pci.5:00.0' })
  t.notOk('managed' in assigned(c, 'big elm 0000:0b:00.0'), 'the definition tells, the command line does not')
  t.match(vm(c, 'fir'), { hypervisor: 'proxmox', vmid: '104', session: false, machine: 'pc-q35-8.1+pve0' })
  t.match(assigned(c, 'fir 0000:0c:00.0'), { managed: true, multifunction: true })
  t.match(vm(c, 'plum'), { session: true, running: true })
  t.equal(read(qemuProcesses, '    PID USER     COMMAND\n').vms, undefined)
  t.equal(onlyQemu(lines('    PID USER     COMMAND', '      1 root     /sbin/init --password=x', '   4711 libvirt+ /usr/bin/qemu-system-x86_64 -name a', '   5000 root     /usr/bin/kvm -id 104', '   6000 iris     vim qemu-system-x86_64 b')),
    lines('    PID USER     COMMAND', '   4711 libvirt+ /usr/bin/qemu-system-x86_64 -name a', '   5000 root     /usr/bin/kvm -id 104'), 'no other program gets into the evidence')
})

const log = lines(
  '2024-03-04 08:00:00.001+0000: starting up libvirt version: 8.0.0, package: 1, qemu version: 6.2.0, kernel: 5.15.0, hostname: aster',
  'LC_ALL=C \\', '/usr/bin/qemu-system-x86_64 \\', '-name guest=ash,debug-threads=on \\', '-m 1024 \\', '-device vfio-pci,host=0000:99:00.0,id=hostdev0', '2024-03-04 09:00:00.001+0000: shutting down, reason=crashed',
  '2024-03-05 18:02:11.377+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4 (Debian, x), qemu version: 7.2.9Debian 1:7.2+dfsg-7, kernel: 6.1.0-18-amd64, hostname: aster',
  'LC_ALL=C \\', 'XDG_CONFIG_HOME=/var/lib/libvirt/qemu/domain-1-ash/.config \\', '/usr/bin/qemu-system-x86_64 \\', '-name guest=ash,debug-threads=on \\', '-machine pc-i440fx-7.2,usb=off \\', '-m 8192 \\',
  `-device '{"driver":"vfio-pci","host":"0000:06:00.0","id":"hostdev0","bus":"pci.0","addr":"0x5"}' \\`, '-msg timestamp=on',
  '2024-03-05 18:02:11.377+0000: Domain id=1 is tainted: high-privileges',
  `2024-03-05T18:02:12.1Z qemu-system-x86_64: -device {"driver":"vfio-pci","host":"0000:06:00.0","id":"hostdev0","bus":"pci.0","addr":"0x5"}: vfio 0000:06:00.0: group 7 is not viable`,
  'Please ensure all devices within the iommu_group are bound to their vfio bus driver.', '2024-03-05 18:02:12.400+0000: shutting down, reason=failed')

t.test('a QEMU log', async t => {
  const c = read(qemuLog, log, { id: 'qemu-log/ash' })
  t.match(vm(c, 'ash'), { hypervisor: 'libvirt', qemuVersion: '7.2.9', memoryMiB: 8192, machine: 'pc-i440fx-7.2', chipset: 'i440fx', firmware: 'seabios', stopReason: 'failed', taints: ['high-privileges'] })
  t.same(Object.keys(c.assignments ?? {}), ['ash 0000:06:00.0'], 'earlier starts are history')
  t.notOk('managed' in assigned(c, 'ash 0000:06:00.0'))
  t.equal(lineOf(c.vms?.ash?.memoryMiB), 14)
  t.equal(c.host?.libvirtVersion?.value, '9.0.0')
  t.equal(vm(read(qemuLog, log.replace(/.*reason=failed\n$/, '')), 'ash').stopReason, null)
  t.equal(vm(read(qemuLog, log, { status: 'cut' }), 'ash').firmware, undefined)
  const terminal = read(qemuLog, 'kvm: -device vfio-pci,host=0000:83:00.7,id=hostpci1.7,bus=pci.0,addr=0x11.7: vfio 0000:83:00.7: hardware reports invalid configuration\n')
  t.match(assigned(terminal, '(unnamed) 0000:83:00.7'), { written: '0000:83:00.7', guestAddress: 'pci.0:11.7' })
  t.notOk('firmware' in vm(terminal, '(unnamed)'))
  const qm = read(qemuLog, "start failed: command '/usr/bin/kvm -id 108 -name 'lime,debug-threads=on' -pidfile /var/run/qemu-server/108.pid -cpu 'host,kvm=off' -m 2048 -device 'vfio-pci,host=0000:0d:00.0,id=hostpci0'' failed: exit code 1\n")
  t.match(vm(qm, 'lime'), { vmid: '108', kvmHidden: true, memoryMiB: 2048 })
  t.ok(qm.assignments?.['lime 0000:0d:00.0'])
  t.same(read(qemuLog, 'qemu-system-x86_64: VFIO_MAP_DMA: -12\n'), {})
  t.same(Object.keys(read(qemuLog, 'kvm: vfio: Cannot reset device 0000:07:00.0, no available reset mechanism.\n').functions ?? {}), ['0000:07:00.0'])
  t.same(Object.keys(read(qemuLog, 'kvm: vfio_region_write(0000:01:00.0:region1+0x0, 0x0,4) failed: Cannot allocate memory\n').functions ?? {}), ['0000:01:00.0'])
  const said = read(libvirtLog, lines("2024-03-05 18:02:10.101+0000: 812: info : libvirt version: 9.0.0, package: 9.0.0-4", "error: internal error: QEMU unexpectedly closed the monitor (vm='ash'): 2024-03-05T18:02:13Z qemu-system-x86_64: -device vfio-pci,host=0000:06:00.0,id=hostdev0: vfio 0000:06:00.0: no such host device"))
  t.equal(said.host?.libvirtVersion?.value, '9.0.0')
  t.ok(said.assignments?.['ash 0000:06:00.0'])
})

t.test('a Proxmox definition', async t => {
  const conf = lines('#notes: hostpci9%3A 99%3A00', 'args: -device vfio-pci,host=09:00.0 -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=32768', 'bios: ovmf', 'boot: order=scsi0', 'cores: 4', 'sockets: 2', 'cpu: host,hidden=1,flags=+pcid;-spec-ctrl',
    'efidisk0: local-lvm:vm-100-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M', 'hostpci0: 0000:01:00,pcie=1,x-vga=1,romfile=card.rom', 'hostpci1: host=02:00.0;02:00.1,rombar=0', 'hostpci2: mapping=nic,pcie=1', 'hostpci3: 0000:00:02.0,mdev=i915-GVTg_V5_4',
    'hugepages: 1024', 'machine: pc-q35-8.1,viommu=intel', 'memory: 16384', 'name: pine', 'ostype: win11', 'scsi0: local-lvm:vm-100-disk-0,size=64G', 'vmgenid: 00000000-0000-0000-0000-000000000000', '', '[before]', 'bios: seabios', 'hostpci0: 03:00', 'memory: 512')
  const c = read(proxmox, conf, { id: 'proxmox-vm/100' })
  t.match(vm(c, 'pine'), {
    hypervisor: 'proxmox', vmid: '100', firmware: 'ovmf', secureBoot: true, machine: 'pc-q35-8.1', chipset: 'q35', viommu: 'intel-iommu', viommuCachingMode: true, memoryMiB: 16384, vcpus: 8, cpuModel: 'host', kvmHidden: true,
    hypervVendorId: 'proxmox', guestOs: 'windows', hugepages: true, hugepageKiB: 1048576, balloon: 'on', onBoot: false, mmio64MiB: 32768,
  })
  t.same([vm(c, 'pine').cpuFeatures, vm(c, 'pine').videoModels, vm(c, 'pine').pciMappings, vm(c, 'pine').mdevs, vm(c, 'pine').disks], [['+pcid', '-spec-ctrl'], ['none'], ['nic'], ['i915-GVTg_V5_4'], ['local-lvm:vm-100-disk-0']])
  const mac = (args: string) => vm(read(proxmox, lines(`args: ${args}`, 'hostpci0: 0000:0b:00,pcie=1', 'name: apple', 'ostype: other', 'scsihw: virtio-scsi-pci'), { id: 'proxmox-vm/101' }), 'apple')
  t.match(mac('-device isa-applesmc,osk=x'), { guestOs: 'macos', acpiPciHotplug: null }, "the controller of a Mac, whatever ostype says")
  t.match(mac('-device isa-applesmc,osk=x -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'), { guestOs: 'macos', acpiPciHotplug: 'off' })
  t.match(assigned(c, 'pine 0000:01:00.0'), { allFunctions: true, written: '0000:01:00', pcie: true, vga: true, romFile: 'card.rom', managed: true, source: 'stored', alias: 'hostpci0', onRootBus: false })
  t.match(assigned(c, 'pine 0000:02:00.1'), { allFunctions: false, romBar: false, pcie: false })
  t.match(assigned(c, 'pine 0000:09:00.0'), { managed: false, through: 'qemu-args' })
  t.notOk(c.assignments?.['pine 0000:03:00.0'], 'a snapshot is not the current state')
  const excerpt = vm(read(proxmox, 'hostpci0: 01:00,pcie=1\nmachine: q35\n'), '(unnamed)')
  t.match(excerpt, { chipset: 'q35' })
  t.notOk('firmware' in excerpt || 'balloon' in excerpt || 'kvmHidden' in excerpt, 'two lines are no definition')
  const plain = vm(read(proxmox, 'boot: order=scsi0\ncores: 2\nmemory: 2048\nscsihw: virtio-scsi-pci\n', { id: 'proxmox-vm/101' }), '101')
  t.match(plain, { firmware: 'seabios', chipset: 'i440fx', cpuModel: 'kvm64', kvmHidden: false, videoModels: ['std'], qemuArgs: [] })
  t.equal(assigned(read(proxmox, 'hostpci0: 01:00.0,driver=keep\ncores: 1\n'), '(unnamed) 0000:01:00.0').managed, false)
  t.match(assigned(read(proxmox, 'hostpci0: 01:zz\ncores: 1\n'), '(unnamed) invalid'), { written: '01:zz' })
  t.same(read(proxmox, 'note: nothing\n'), {})
})

t.test('hook scripts', async t => {
  const dir = '/etc/libvirt/hooks'
  const ls = lines(`${dir}:`, 'total 8', '-rw-r--r-- 1 root root 2107 Mar  5 18:00 qemu', 'drwxr-xr-x 3 root root 4096 Mar  5  2024 qemu.d', '', `${dir}/qemu.d:`, 'total 4', 'lrwxrwxrwx 1 root root 12 2024-03-05 18:00 gpu -> ../gone/gpu', '-rwxr-xr-x. 1 root root 12 Mar  5 18:00 start.sh')
  const host = values(read(hooks, ls).host)
  t.match(host, { hooksFile: `${dir}/qemu`, hooksExecutable: false, hookFilesNotExecutable: [`${dir}/qemu`] })
  t.same(host.hookFiles, [`${dir}/qemu`, `${dir}/qemu.d/gpu`, `${dir}/qemu.d/start.sh`])
  const tree = lines(`${dir}/qemu\t>/opt/hooks/qemu`, `${dir}/old\t>/opt/none`, `${dir}/qemu\t@100755 0 0 2107 1714560000`, `${dir}/qemu.d\t@40755 0 0 4096 1714560000`, `${dir}/qemu.d/x/prepare/begin/start.sh\t@100644 0 0 12 1714560000`)
  t.match(values(read(hooks, tree).host), { hooksFile: `${dir}/qemu`, hooksExecutable: true, hookFilesNotExecutable: [`${dir}/qemu.d/x/prepare/begin/start.sh`], hookLinksBroken: [`${dir}/old`] })
  t.match(values(read(hooks, `${dir}:\ntotal 0\n`).host), { hooksFile: null, hooksExecutable: false, hookFiles: [] })
  const one = values(read(hooks, `-rwxr-xr-x 1 root root 99 Mar  5 18:00 ${dir}/qemu\n`).host)
  t.match(one, { hooksExecutable: true })
  t.notOk('hookLinksBroken' in one, 'one line does not show the folder')
  t.notOk('hooksFile' in values(read(hooks, `-rwxr-xr-x 1 root root 99 Mar  5 18:00 ${dir}/network\n`).host))
  t.same(read(hooks, 'nothing of the kind\n'), {})
})

t.test('reports of Windows guests', async t => {
  const problem = lines('Microsoft PnP Utility', '', String.raw`Instance ID:                PCI\VEN_10DE&DEV_1B39&SUBSYS_11A010DE&REV_A1\4&1d81e16&0&0010`, 'Device Description:         NVIDIA Tesla P10', 'Class Name:                 Display', 'Status:                     Problem', 'Problem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]', 'Driver Name:                oem4.inf', '',
    String.raw`Instanz-ID:                 PCI\VEN_1002&DEV_73BF&SUBSYS_0E3A1002\6&1`, 'Status:                     Problem', 'Problemcode:                52 (0x34) [CM_PROB_UNSIGNED_DRIVER]', 'Problemstatus:              0xC0000428')
  const c = vm(read(guestReport, problem), '(unnamed)')
  t.same(c.guestProblemCodes, ['43 PCI\\VEN_10DE&DEV_1B39', '52 PCI\\VEN_1002&DEV_73BF'])
  t.same(c.guestProblemStatus, ['0xC0000428 PCI\\VEN_1002&DEV_73BF'])
  t.equal(lineOf(read(guestReport, problem).vms?.['(unnamed)']?.guestProblemCodes), 7)
  t.same(vm(read(guestReport, 'Windows has stopped this device because it has reported problems. (Code 43)'), '(unnamed)').guestProblemCodes, ['43'])
  t.same(vm(read(guestReport, '由于该设备有问题，Windows 已将其停止。 (代码 43)\nPCI\\VEN_10DE&DEV_1B39&SUBSYS_0'), '(unnamed)').guestProblemCodes, ['43 PCI\\VEN_10DE&DEV_1B39'], 'in Chinese')
  t.same(vm(read(guestReport, 'Device PCI\\VEN_10DE&DEV_1B39&SUBSYS_0 had a problem starting.\nService: nvlddmkm\nProblem: 0x2B\nProblem Status: 0x0'), '(unnamed)').guestProblemCodes, ['43 PCI\\VEN_10DE&DEV_1B39'], 'an event of Kernel-PnP')
  const json = JSON.stringify([{ Status: 'Error', FriendlyName: 'Microsoft Basic Display Adapter', InstanceId: 'PCI\\VEN_8086&DEV_56A0&SUBSYS_1\\3', ConfigManagerErrorCode: 12 }, { InstanceId: 'PCI\\VEN_1AF4&DEV_1041', ConfigManagerErrorCode: 0 }])
  const devices = vm(read(guestReport, json, { id: 'guest-report/ash', takenAt: '2024-03-05T18:00:00Z' }), 'ash')
  t.match(devices, { guestProblemCodes: ['12 PCI\\VEN_8086&DEV_56A0'], guestBasicDisplays: ['PCI\\VEN_8086&DEV_56A0'], guestOs: 'windows' })
  t.same(vm(read(guestReport, 'Instance ID:         PCI\\VEN_10DE&DEV_1B80&SUBSYS_1\\3\nStatus:              Started\nDriver Name:         display.inf\n\nInstance ID:         PCI\\VEN_1AF4&DEV_1041\\1\nDriver Name:         oem2.inf\n'), '(unnamed)').guestBasicDisplays, ['PCI\\VEN_10DE&DEV_1B80'])
  t.same(vm(read(guestReport, 'Microsoft PnP Utility\r\n\r\nNo devices were found on the system.\r\n'), '(unnamed)').guestProblemCodes, [], 'looked, and nothing has a problem')
  t.same(vm(read(guestReport, JSON.stringify({ InstanceId: 'PCI\\VEN_10DE&DEV_1B39', Problem: 'CM_PROB_DISABLED' })), '(unnamed)').guestProblemCodes, ['22 PCI\\VEN_10DE&DEV_1B39'])
  const agent = JSON.stringify({ return: { exited: true, 'out-data': Buffer.from(problem).toString('base64') } })
  t.equal((vm(read(guestReport, agent), '(unnamed)').guestProblemCodes as string[]).length, 2)
  const table = lines('Status     Class     FriendlyName            InstanceId', '------     -----     ------------            ----------', String.raw`OK         Display   Red Hat QXL             PCI\VEN_1B36&DEV_0100&SUBSYS_1`, String.raw`Error      Display   NVIDIA GeForce GTX 1080 PCI\VEN_10DE&DEV_1B80&SUBSYS_2`)
  t.same(vm(read(guestReport, table), '(unnamed)').guestProblemCodes, ['? PCI\\VEN_10DE&DEV_1B80'])
  t.same(read(guestReport, 'all is well\n'), {})
})

t.test("NVIDIA's driver", async t => {
  const table = lines('| NVIDIA-SMI 550.54.14              Driver Version: 550.54.14      CUDA Version: 12.4     |', '| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |', '|   0  NVIDIA GeForce RTX 3090        Off |   00000000:0A:00.0 Off |                  N/A |', '| ERR!   41C    P8             35W /  350W |       1MiB /  24576MiB |      0%      Default |')
  const smi = read(nvidiaSmi, table)
  t.match(values(smi.host), { nvidiaDriverVersion: '550.54.14', nvidiaSmiError: null, nvidiaGpus: ['0000:0a:00.0'] })
  t.same(values(smi.functions?.['0000:0a:00.0']).nvidiaErrors, ['ERR!'])
  const query = read(nvidiaSmi, lines('==============NVSMI LOG==============', 'Driver Version                            : 535.113.01', 'GPU 00000000:01:00.0', '    VBIOS Version                         : 94.02.26.08.A9', '    GSP Firmware Version                  : N/A', '    GPU Virtualization Mode', '        Virtualization Mode               : Pass-Through'))
  t.match(values(query.functions?.['0000:01:00.0']), { nvidiaVbios: '94.02.26.08.A9', nvidiaFirmware: null, nvidiaVirtualization: 'Pass-Through' })
  const states = (...text: string[]) => values(read(nvidiaSmi, lines(...text)).functions?.['0000:01:00.0']).nvidiaStates
  t.same(states('GPU 00000000:01:00.0', '    Persistence Mode                      : Disabled', '    MIG Mode', '        Current                           : Disabled', '        Pending                           : Enabled',
    '    Clocks Event Reasons', '        HW Slowdown                       : Active', '            HW Thermal Slowdown           : Active', '    ECC Mode', '        Current                           : N/A', '    Remapped Rows', '        Pending                           : Yes', '    Fabric', '        State                             : In Progress'),
  ['Persistence Mode=Disabled', 'MIG Mode/Current=Disabled', 'MIG Mode/Pending=Enabled', 'HW Thermal Slowdown=Active', 'Remapped Rows/Pending=Yes', 'Fabric/State=In Progress'])
  t.same(states('|   0  NVIDIA A100-SXM...  On   | 00000000:01:00.0 Off |                    3 |', '| N/A   31C    P0    52W / 400W |      0MiB / 40960MiB |      0%      Default |', '|                               |                      |             Disabled* |'),
    ['Volatile Uncorr. ECC=3', 'MIG M.=Disabled*'], 'the table: memory errors, and a MIG mode that waits')
  t.notOk(states('|   0  NVIDIA GeForce ...  Off  | 00000000:01:00.0 Off |                  N/A |', '|                               |                      |              Enabled |'))
  t.same(states('\t<gpu id="00000000:01:00.0">', '\t\t<persistence_mode>Enabled</persistence_mode>', '\t\t<ecc_mode>', '\t\t\t<current_ecc>Enabled</current_ecc>', '\t\t\t<pending_ecc>Disabled</pending_ecc>', '\t\t</ecc_mode>',
    '\t\t<clocks_event_reasons>', '\t\t\t<clocks_event_reason_sw_thermal_slowdown>Active</clocks_event_reason_sw_thermal_slowdown>', '\t\t</clocks_event_reasons>'),
  ['Persistence Mode=Enabled', 'ECC Mode/Current=Enabled', 'ECC Mode/Pending=Disabled', 'SW Thermal Slowdown=Active'])
  const failed = (text: string) => read(nvidiaSmi, text).host?.nvidiaSmiError?.value
  t.match(failed("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n"), /^NVIDIA-SMI has failed/)
  t.equal(failed('$ nvidia-smi\nNo devices were found\n'), 'No devices were found')
  const mismatch = read(nvidiaSmi, 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.126\n').host
  t.same([mismatch?.nvidiaSmiError?.value, mismatch?.nvidiaLibraryVersion?.value], ['Failed to initialize NVML: Driver/library version mismatch', '580.126'])
  t.same(read(nvidiaSmi, 'nothing\n'), {})
  const p = '/proc/driver/nvidia'
  const proc = read(nvidiaProc, lines(`${p}/version\t=NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build  (x@y)  Fri Aug 16 21:22:33 UTC 2024`, `${p}/version\t=GCC version:  gcc version 13.2.0`, `${p}/params\t=EnableGpuFirmware: 18`, `${p}/gpus/0000:01:00.0/information\t=Model: \t\t NVIDIA Tesla P10`, `${p}/gpus/0000:01:00.0/information\t=Video BIOS: \t ??.??.??.??.??`, `${p}/gpus/0000:01:00.0/information\t=GPU Firmware: \t 560.35.03`, `${p}/warnings/README\t=x`))
  t.match(values(proc.host), { nvidiaDriverVersion: '560.35.03', nvidiaModuleKind: 'open', nvidiaParams: ['EnableGpuFirmware=18'], nvidiaGpus: ['0000:01:00.0'], nvidiaWarnings: [] })
  t.match(values(proc.functions?.['0000:01:00.0']), { nvidiaVbios: null, nvidiaFirmware: '560.35.03' })
  t.match(values(read(nvidiaProc, `${p}/version:NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.113.01  Tue Sep 12 19:41:24 UTC 2023\n`).host), { nvidiaModuleKind: 'proprietary', nvidiaDriverVersion: '535.113.01' })
})

const parsers: readonly Parser[] = [stored, live, libvirtLog, hooks, proxmox, qemuProcesses, qemuLog, guestReport, nvidiaSmi, nvidiaProc]
const roots = { host: 'host', functions: 'fn', groups: 'group', vms: 'vm', assignments: 'assignment' } as const

/** What is wrong with facts: each is in the catalogue, is said there to come from this kind, and cites a line that the text has. */
function complaints(parser: Parser, c: Contribution, body: string, found = new Set<string>()): Set<string> {
  const last = body.split('\n').length
  for (const part of Object.keys(roots) as (keyof typeof roots)[]) {
    const root = roots[part]
    const subjects: object[] = part === 'host' ? [c.host ?? {}] : Object.values(c[part] ?? {})
    const specs: Readonly<Record<string, FactSpec>> = factCatalogue[root]
    for (const subject of subjects) {
      for (const [key, fact] of Object.entries(subject) as [string, Fact<unknown>][]) {
        const spec = specs[key]
        if (!spec || (spec.from.length > 0 && !spec.from.includes(parser.gives))) found.add(`${parser.gives} gives ${root}.${key}, which the catalogue does not say`)
        if (spec && fact.value === null && !spec.nullable) found.add(`${root}.${key} may not be null`)
        if (!fact.at.length || fact.at.some(cite => cite.where < 1 || cite.where > last)) found.add(`${root}.${key} cites no line of the text`)
      }
    }
  }
  return found
}

t.test('any text: no throw, true citations, facts of the catalogue', async t => {
  const scraps = [log, domain(hostdev("bus='0x01' slot='0x00' function='0x0'")), "<domain type='kvm' id='1'>", '</domain>', '<name>', "qemu-system-x86_64 -device vfio-pci,host=01:00.0 \\\n", 'hostpci0: 01:00,pcie=1\n', "'", '"', '{"', '\\\n', '\0', '\t', '$(', '${a[@]}', 'a=(', ')', '-name guest=', '__proto__', 'constructor', '&lt;domain>', '/etc/libvirt/hooks/qemu\t@100644 0 0 1 1\n', '(Code 43)\n', 'GPU 00000000:01:00.0\n', '    VBIOS Version : N/A\n', 'PCI\\VEN_10DE&DEV_1B39 ', '   12 root qemu-system-x86_64 -m 1 ']
  const text = fc.array(fc.oneof(fc.constantFrom(...scraps), fc.string({ unit: 'binary', maxLength: 12 })), { maxLength: 14 }).map(parts => parts.join(''))
  const found = new Set<string>()
  for (const parser of parsers) {
    fc.assert(fc.property(text, fc.boolean(), (body, cut) => { complaints(parser, read(parser, body, cut ? { status: 'cut' } : {}), body, found) }), { numRuns: 300 })
  }
  t.same([...found], [])
})

t.test('no text takes long', async t => {
  const kinds = ["'", '"', '\\', '$a', 'a=(', '{"', '\n', ' ', 'qemu-system-x86_64 -m ', 'qemu-system-x86_64 -m 1\n', 'A=1 \\\n', "A='\n", '<domain ', '<hostdev>', '<', '-device vfio-pci,', 'kvm: -device vfio-pci', '/', 'PCI\\VEN_', '[', '0x', 'a,', ',,', ': ', 'GPU ', '|', '\t@1 ', '\0', '/etc/libvirt/hooks/a\t>b\n', "command '/usr/bin/kvm -m 1\n", 'key=']
  for (const piece of kinds) {
    const body = piece.repeat(Math.ceil(400_000 / piece.length))
    for (const parser of parsers) {
      const start = process.cpuUsage().user
      parser.parse(evidence(parser, body))
      const ms = (process.cpuUsage().user - start) / 1000
      if (ms > 3000) t.fail(`${parser.gives} took ${ms} ms for ${JSON.stringify(piece)}`)
    }
  }
})

const cases = '../shared/corpus/cases'
t.test('real cases', { skip: existsSync(cases) ? false : 'the collected cases are not here' }, async t => {
  const found = new Set<string>()
  for (const name of readdirSync(cases)) {
    const folder = `${cases}/${name}/evidence`
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      const body = readFileSync(`${folder}/${file}`, 'utf8')
      for (const parser of parsers) complaints(parser, read(parser, body), body, found)
    }
  }
  t.same([...found], [])
})
