import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import type { Evidence, EvidenceStatus } from '../model/evidence.ts'
import { logText } from '../matching/log-text.ts'
import kernelLog from './kernel-log.ts'
import { kernelParameters, parametersToFacts } from './kernel-parameters.ts'
import { bootsOf, isWhole } from './log-boots.ts'
import { readLogLine } from './log-line.ts'

const log = (body: string, status: EvidenceStatus = 'ok'): Evidence => ({ id: 'kernel-log', kind: 'kernel-log', from: 'dmesg', status, body, takenAt: '2026-11-21T00:00:00Z' })
const read = (text: string) => readLogLine('kernel-log', 1, text)
const lines = (body: string) => [...logText(body).linesFrom(0)].map(({ number, text }) => [number, text])
const hostOf = (body: string, status?: EvidenceStatus) => kernelLog.parse(log(body, status)).host ?? {}

const message = 'vfio-pci 0000:0a:00.0: BAR 1: no space'
const utc = (iso: string) => Date.parse(iso) / 1000

t.test('prefixes: each form is taken off and gives its time', async t => {
  const forms: readonly (readonly [form: string, line: string, time: number | null])[] = [
    ['dmesg', `[   71.688544] ${message}`, 71.688544],
    ['no blank', `[   71.688544]${message}`, 71.688544],
    ['after 99999 s', `[6318399.745242] ${message}`, 6318399.745242],
    ['NBSP', `[\u00a0\u00a0 71.688544]\u00a0${message}`, 71.688544],
    ['-T', `[Sat Nov 21 00:11:22 2026] ${message}`, utc('2026-11-21T00:11:22Z')],
    ['-T in German', `[Sa Nov 21 00:11:22 2026] ${message}`, utc('2026-11-21T00:11:22Z')],
    ['-T in French', `[mar. févr.  9 00:11:22 2026] ${message}`, null],
    ['-T in Chinese', `[六 11月 21 00:11:22 2026] ${message}`, utc('2026-11-21T00:11:22Z')],
    ['-x', `kern  :info  : [   71.688544] ${message}`, 71.688544],
    ['-H', `[Feb13 23:31] ${message}`, null],
    ['-H, later', `[  +0.000012] ${message}`, null],
    ['-d', `[   71.688544 <    0.000012>] ${message}`, 71.688544],
    ['-r', `<6>[   71.688544] ${message}`, 71.688544],
    ['iso', `2026-11-21T00:11:22,500000+01:00 ${message}`, utc('2026-11-20T23:11:22.500Z')],
    ['thread id', `[   71.688544][  T812] ${message}`, 71.688544],
    ['cpu id', `[   71.688544] [     C3] ${message}`, 71.688544],
    ['journal short', `Nov 21 00:11:22 tower kernel: ${message}`, null],
    ['journal in French', `déc. 03 00:11:22 tower kernel: ${message}`, null],
    ['journal in Spanish', `mar 28 00:11:22 tower kernel: ${message}`, null],
    ['journal in Chinese', `11月 21 00:11:22 tower kernel: ${message}`, null],
    ['short-precise', `Nov 21 00:11:22.123456 tower kernel: ${message}`, null],
    ['short-iso', `2026-11-21T00:11:22+0100 tower kernel: ${message}`, utc('2026-11-20T23:11:22Z')],
    ['short-monotonic', `[   71.688544] tower kernel: ${message}`, 71.688544],
    ['short-monotonic without host', `[   71.688544] kernel: ${message}`, 71.688544],
    ['short-full', `Sat 2026-11-21 00:11:22 CET tower kernel: ${message}`, utc('2026-11-21T00:11:22Z')],
    ['short-unix', `1795219882.123456 tower kernel: ${message}`, 1795219882.123456],
    ['kern.log', `Nov  1 00:11:22 tower kernel: [   71.688544] ${message}`, 71.688544],
    ['RFC 3339', `2026-11-21T00:11:22.123456+01:00 tower kernel: [   71.688544] ${message}`, 71.688544],
    ['level for host', `2026-11-21T00:11:22.123456Z NOTICE kernel: [   71.688544] ${message}`, 71.688544],
    ['kernel[0]', `Nov 21 00:11:22 tower kernel[0]: ${message}`, null],
    ['/dev/kmsg', `6,339,71688544,-;${message}`, 71.688544],
    ['Talos', `10.0.0.1: kern:    info: [2026-01-02T03:04:05.123456789Z]: ${message}`, Date.parse('2026-01-02T03:04:05.123Z') / 1000],
    ['Kata, proxy', `level=info msg="[   71.688544] ${message}`, 71.688544],
    ['Kata, console', `Jan  2 03:04:05 box containerd[99]: time="2026-01-02T03:04:05.1Z" level=debug msg="reading guest console" name=containerd-shim-v2 sandbox=a vmconsole="[   71.688544] ${message}`, 71.688544],
    ['netconsole', `6,339,71688544,-,ncfrag=0/31;${message}`, 71.688544],
    ['lost escape', `c[?7l[2J[   71.688544] ${message}`, 71.688544],
    ['json', JSON.stringify({ __MONOTONIC_TIMESTAMP: '71688544', _TRANSPORT: 'kernel', MESSAGE: message }), 71.688544],
    ['json bytes', JSON.stringify({ __REALTIME_TIMESTAMP: '1795219882000000', MESSAGE: [...Buffer.from(message)] }), 1795219882],
    ['json cut', `{"MESSAGE" : "${message}", "_SOURCE`, null],
    ['dmesg -J', `{"pri":6,"time":   71.688544,"msg":"${message}"},`, 71.688544],
    ['dmesg -J, a field a line', `         "msg": "${message}"`, null],
    ['export', `MESSAGE=${message}`, null],
    ['nothing', message, null],
  ]
  for (const [form, line, time] of forms) t.same(read(line), { evidence: 'kernel-log', line: 1, text: message, bdf: '0000:0a:00.0', time }, form)
  t.match(read('2026-11-21T00:11:22.123456Z qemu-system-x86_64: vfio 0000:0a:00.0: group 4 is not viable'), { text: /^qemu-system-x86_64: /, bdf: '0000:0a:00.0' })
  t.has(read('2026-11-21 00:11:22.123+0000: 1234: error : virPCIDeviceReset:1'), { text: 'error : virPCIDeviceReset:1', time: utc('2026-11-21T00:11:22.123Z') })
  t.equal(read('Nov 21 00:11:22 tower libvirtd[812]: internal error').text, 'libvirtd[812]: internal error', 'the program stays')
  t.match(read('Jun 11 18:23:41 beastie kernel: ppt0 mem 0xdc000000-0xdcffffff at device 0.0 on pci4'), { text: /^ppt0 mem / })
  t.has(read('[812] ppt0: detached'), { text: 'ppt0: detached', time: 812 }, 'FreeBSD with kern.msgbuf_show_timestamp')
  t.match(read('000.000018 [4336] netmap_init  netmap: loaded'), { text: /^000\.000018/, time: null }, 'not a stamp')
  t.match(read('audit: type=1400 kernel: x'), { text: /^audit: / }, 'a word in front is no host name without a stamp')
  t.match(read('2026-09-13T22:23:00,123456+00:00 usb 1-1: new high-speed USB device'), { text: /^usb 1-1: / }, 'dmesg --time-format iso names no host')
})

t.test('addresses', async t => {
  const spoken: readonly (readonly [text: string, bdf: string | null])[] = [
    ['[    1.0] nvme 10000:e1:00.0: PCI INT A: not connected', '10000:e1:00.0'],
    ['[    1.0] pcieport 0000:00:1C.2: AER: device 0000:04:00.0 lost', '0000:00:1c.2'],
    ['AMD-Vi: Event logged [IO_PAGE_FAULT device=05:00.0 domain=0x000c]', '0000:05:00.0'],
    ['DMAR: [DMA Read NO_PASID] Request device [01:00.1] fault addr 0xffffa000', '0000:01:00.1'],
    ['NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.', '0000:65:00.0'],
    ['NVRM: The NVIDIA GPU 0000:02:00.0 (PCI ID: 10de:1b82)', '0000:02:00.0'],
    ['bhyve: PCI device at pci0:129:0:1 is not using the ppt(4) driver', '0000:81:00.1'],
    ['Failed to reset pci_0000_0b_00_0', '0000:0b:00.0'],
    ['hid-generic 0003:1234:0028.0004: input on usb-0000:05:00.3-4/input3', '0000:05:00.3'],
    ['took 00:11:22.3 to finish, or 11:72.5', null],
    ['[10de:1b39] type 00 class 0x030000', null],
    ['link/ether 52:54:00:12:34:56', null],
  ]
  for (const [text, bdf] of spoken) t.equal(read(text).bdf, bdf, text)
})

t.test('log text: damage of transport is undone, lines keep their first physical number', async t => {
  t.equal(logText('[    1.0] a\n[    2.0] b\n').repaired, false)
  t.same(lines('[   17.1] audit: type=1400 audit(1.7:8): apparmor="DENIED"\noperation="open" profile="libvirtd"\nname="/sys/bus/pci/drivers_probe"\npid=9 comm="x" requested_mask="w"\n'), [[1, '[   17.1] audit: type=1400 audit(1.7:8): apparmor="DENIED" operation="open" profile="libvirtd" name="/sys/bus/pci/drivers_probe" pid=9 comm="x" requested_mask="w"']], 'the fields of a wrapped audit message, however few lines are stamped')
  t.same(lines('{"log":"vm exit[0]\\n\\treason\\t\\tSVM\\n","stream":"stderr","time":"2024-05-06T07:08:09.123Z"}'), [[1, '2024-05-06T07:08:09.123Z vm exit[0] \treason\t\tSVM']], 'a record of a container runtime')
  t.same(lines('{ "time": "2024-05-06T07:08:09.123Z", "v": 0, "name": "zoneadmd", "msg":"add_arg: -S\\n" }\n{ "time": "cut'), [[1, '2024-05-06T07:08:09.123Z add_arg: -S'], [2, '{ "time": "cut']], 'of a zone')
  t.same(lines('[    1.0] a\r\n[    2.0] b\r\n'), [[1, '[    1.0] a'], [2, '[    2.0] b']])
  t.same(lines('\x1b[32m[    1.0] \x1b[0m\x1b[33mpci\x1b[0m\n'), [[1, '[    1.0] pci']])
  t.same(lines('    [ 15.049948] pcieport 0000:00:01.0: Unable to change power state from \nD3cold to D0, device inaccessible\n    [ 16.0] next\n'),
    [[1, '[ 15.049948] pcieport 0000:00:01.0: Unable to change power state from D3cold to D0, device inaccessible'], [3, '[ 16.0] next']])
  t.same(lines('> [ 15.049948] pcieport 0000:00:01.0: Unable to change power state from the\n> D3cold to D0\n> [ 16.0] &lt;b&gt; \u201cx\u201d\n'),
    [[1, '[ 15.049948] pcieport 0000:00:01.0: Unable to change power state from the D3cold to D0'], [3, '[ 16.0] <b> "x"']])
  t.same(lines('[\u00a0\u00a0 1.0] a'), [[1, '[   1.0] a']])
  t.same(lines('Aug  6 14:08:07 h kernel: NVRM: API mismatch: the client has the version 1.2, but\n                     NVRM: this kernel module has another.\n'),
    [[1, 'Aug  6 14:08:07 h kernel: NVRM: API mismatch: the client has the version 1.2, but'], [2, '                     NVRM: this kernel module has another.']])
  t.same(lines('[    1.0] short\nlogin:\n[    2.0] b').map(([number]) => number), [1, 2, 3], 'a line that had room is none that was wrapped')
  t.same(lines('[ 15.049948] pcieport 0000:00:01.0: Unable to change power state from the\n[  OK  ] Started something.\n[ 16.0] b').length, 3)
  t.equal(lines(`[    1.0] ${'x'.repeat(9000)}`)[0]?.[1]?.toString().length, 4096)

  const body = Array.from({ length: 60_000 }, (_, line) => `[${line}.0] message ${line}`).join('\n')
  const large = logText(body)
  for (const line of [59_999, 0, 31_234]) t.equal(large.numberAt(large.text.indexOf(`message ${line}`)), line + 1)
  t.equal(large.lineAt(large.text.length).text, '[59999.0] message 59999')
})

t.test('the release of an excerpt stands in its traces', t => {
  const found = (line: string) => hostOf(`${line}\n`)
  t.match(found('[  363.3]       Tainted: G        W I        6.0.0-rc2-00159-g4c612826bec1 #1'), { platform: { value: 'linux' }, kernel: { value: '6.0.0-rc2-00159-g4c612826bec1' } })
  t.equal(found('CPU: 2 UID: 0 PID: 412 Comm: udevd Not tainted 6.13.4 #2').kernel?.value, '6.13.4')
  t.equal(found('[    1.0] nvidia: module license taints kernel. Tainted: see 6.1 # above').kernel, undefined)
  t.end()
})

t.test('boots, and whether the last is whole', async t => {
  const first = '[    0.000000] Linux version 6.1.0 (a@b) #1\n[    1.0] a\n'
  t.same(bootsOf(logText(`[  99.0] old\n${first}`)).map(boot => [boot.platform, boot.line]), [['linux', 2]])
  t.same(bootsOf(logText(`reboot: Restarting[    0.000000] ${first.slice(15)}`)).length, 1, 'glued to a dying message')
  t.same(bootsOf(logText('I am using Linux version 5.15 here\n')), [])
  t.same(bootsOf(logText('---<<BOOT>>---\nCopyright (c) 1992-2021 The FreeBSD Project.\nFreeBSD 13.1-RELEASE\n')).map(boot => boot.line), [1])
  t.same(bootsOf(logText('Copyright (c) 1992-2021 The FreeBSD Project.\n')).length, 1)
  t.same(bootsOf(logText('OpenBSD 7.4 (GENERIC.MP) #1: Tue\nrebooting...\nOpenBSD 7.4 (GENERIC.MP) #1: Tue\n')).map(boot => [boot.platform, boot.line]), [['other', 1], ['other', 3]])
  t.equal(isWhole(log(first)), true)
  t.equal(isWhole(log(first, 'cut')), false)
  const { takenAt: _, ...pasted } = log(first)
  t.equal(isWhole(pasted), false, 'a paste of a few lines is an excerpt, banner or not')
  t.equal(isWhole(log('[  812.0] a\n')), false, 'a ring that lost its start')
  for (const cut of ['...', '[...]', '[…]', '<snip>']) t.equal(isWhole(log(`${first}${cut}\n[    2.0] b\n`)), false, cut)
  t.equal(isWhole(log(`${first}[    2.0] waiting for it ...\n`)), true, 'dots at the end of a message are no cut')
  const beastie = 'Copyright (c) 1992-2021 The FreeBSD Project.\nFreeBSD 13.1-RELEASE\n'
  const joined = (body: string) => isWhole({ ...log(body), from: '/var/run/dmesg.boot, dmesg' })
  t.equal(joined(`${beastie}hdac1: unexpected\n`), false, 'the ring behind dmesg.boot has lost its start')
  t.equal(joined(`${beastie}${'x\n'.repeat(300)}${beastie}${'x\n'.repeat(300)}`), true)
  t.equal(isWhole(log(first + first)), false, 'a few lines of a second boot')
})

t.test('kernel parameters', async t => {
  t.same(kernelParameters('BOOT_IMAGE=/vmlinuz  intel-iommu=on "acpi_osi=Windows 2016" dyndbg="file a-b.c +p" vfio_pci.ids=1-2 kvm.ignore-msrs=1 -- init-arg'),
    ['BOOT_IMAGE=/vmlinuz', 'intel_iommu=on', 'acpi_osi=Windows 2016', 'dyndbg=file a-b.c +p', 'vfio-pci.ids=1-2', 'kvm.ignore_msrs=1'])
  const facts = parametersToFacts('vfio-pci.ids=1002:67df vfio-pci.ids=10DE:1b39,10de:10f0:1043:ffff,bad pci-stub.ids=8086:1 modprobe.blacklist=nouveau,snd-hda-intel module_blacklist=nouveau\n', { evidence: 'cmdline', where: 1 })
  t.same(facts.vfioIdsCmdline, { value: ['10de:1b39', '10de:10f0'], at: [{ evidence: 'cmdline', where: 1 }] }, 'the last counts')
  t.same([facts.pciStubIds?.value, facts.blacklist?.value], [['8086:0001'], ['nouveau', 'snd_hda_intel']])
  const plain = parametersToFacts('quiet', { evidence: 'cmdline', where: 1 })
  t.same([plain.vfioIdsCmdline?.value, 'blacklist' in plain, 'pciStubIds' in plain], [[], false, false])
})

const acpi = ['RSDP', 'XSDT', 'FACP', 'DSDT', 'APIC'].map(name => `[    0.001000] ACPI: ${name} 0x00000000BDDAED00 0000EC (v01 ACME   BOARD)`)
const linux = [
  '[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12 12.2.0) #1 SMP PREEMPT_DYNAMIC',
  '[    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro intel_iommu=on vfio-pci.ids=10de:1b39 modprobe.blacklist=nouveau',
  '[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable',
  '[    0.000000] DMI: Acme Inc. Tower, X1/TX-99, BIOS 1.20 01/02/2023',
  ...acpi,
  '[    0.002000] ACPI: DMAR 0x00000000BDDAD200 000720 (v01 ACME   BOARD)',
  '[    0.065046] Memory: 1657792K/16777216K available (16384K kernel code)',
  '[    0.080223] DMAR-IR: Enabled IRQ remapping in x2apic mode',
  '[    0.088347] smpboot: CPU0: Intel(R) Xeon(R) CPU E5-2630 0 @ 2.30GHz (family: 0x6, model: 0x2d, stepping: 0x7)',
  '[    0.198219] smp: Brought up 2 nodes, 24 CPUs',
  '[    0.200000] iommu: Default domain type: Translated',
  '[    0.245111] pci 0000:01:00.0: [10de:1b39] type 00 class 0x030000 PCIe Endpoint',
  '[    0.245112] pci 0000:01:00.0: BAR 0 [mem 0xdb000000-0xdbffffff]',
  '[    0.245113] pci 0000:01:00.0: BAR 1 [mem 0x00000000-0x0fffffff 64bit pref]',
  '[    0.245114] pci 0000:01:00.1: [10de:10f0] type 00 class 0x040300',
  '[    0.245115] pci 0000:01:00.1: reg 0x10: [mem 0xdc080000-0xdc083fff]',
  '[    0.246000] pci 0000:01:00.0: BAR 1 [mem 0xe0000000-0xefffffff 64bit pref]: assigned',
  '[    0.250000] pci 0000:01:00.0: vgaarb: setting as boot VGA device',
  '[    0.500000] pci 0000:00:00.0: Adding to iommu group 0',
  '[    0.511222] pci 0000:01:00.0: Adding to iommu group 1',
  '[    0.511223] pci 0000:01:00.1: Adding to iommu group 1',
  '[    2.000000] nouveau 0000:01:00.0: NVIDIA GP104 (134000a1)',
  '[    3.000000] snd_hda_intel 0000:01:00.1: enabling device (0000 -> 0002)',
  '[    9.000000] pci 0000:01:00.1: Removed',
].join('\n')

t.test('facts of a whole Linux boot', async t => {
  const { host = {}, functions = {}, groups = {} } = kernelLog.parse(log(`[  77.0] pci 0000:09:00.0: [1002:67df] type 00 class 0x030000\n${linux}\n`))
  t.same(Object.fromEntries(Object.entries(host).map(([key, fact]) => [key, fact.value])), {
    platform: 'linux', kernel: '6.1.0-18-amd64', distribution: 'debian', board: 'Acme Inc. Tower, X1/TX-99', biosVersion: '1.20 01/02/2023',
    cmdline: 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro intel_iommu=on vfio-pci.ids=10de:1b39 modprobe.blacklist=nouveau',
    cmdlineParams: ['BOOT_IMAGE=/vmlinuz', 'root=/dev/sda1', 'ro', 'intel_iommu=on', 'vfio-pci.ids=10de:1b39', 'modprobe.blacklist=nouveau'],
    vfioIdsCmdline: ['10de:1b39'], blacklist: ['nouveau'], cpuModel: 'Intel(R) Xeon(R) CPU E5-2630 0 @ 2.30GHz', cpuVendor: 'intel', memoryMiB: 16384,
    firmware: 'legacy', dmarPresent: true, ivrsPresent: false, runsIn: 'metal', outerHypervisor: null, iommuDomainType: 'Translated', interruptRemapping: true,
    numaNodes: 2, iommuGroupCount: 2, firmwareFailed: [],
  })
  t.same(host.board?.at, [{ evidence: 'kernel-log', where: 5 }])
  t.equal(functions['0000:09:00.0'], undefined, 'what stands before the last banner is of another boot')
  const gpu = functions['0000:01:00.0'] ?? {}
  t.same([gpu.id?.value, gpu.class?.value, gpu.driver?.value, gpu.groupId?.value, gpu.bootVga?.value, gpu.barLargestMiB?.value], ['10de:1b39', '030000', 'nouveau', '1', true, 256])
  t.same(gpu.bars?.value, ['0 mem 0xdb000000 16777216', '1 mem64pref 0xe0000000 268435456'])
  t.equal(functions['0000:01:00.1']?.driver, undefined, 'a later pci prefix takes the driver back')
  t.same(groups['1']?.members?.value, ['0000:01:00.0', '0000:01:00.1'])
})

t.test('silence says nothing in a log that is not whole', async t => {
  const cut = kernelLog.parse(log(linux, 'cut'))
  for (const key of ['firmware', 'ivrsPresent', 'runsIn', 'iommuGroupCount'] as const) t.equal(cut.host?.[key], undefined, key)
  t.equal(cut.groups?.['1']?.members, undefined)
  t.equal(cut.functions?.['0000:01:00.0']?.groupId?.value, '1')
  t.equal(hostOf(linux.replace(/.*ACPI: DSDT.*\n/, '')).ivrsPresent, undefined, 'a listing with holes')
  t.equal(hostOf(linux.replaceAll('DMAR 0x', 'DMAX 0x')).dmarPresent?.value, false)
  t.equal(hostOf(linux.replaceAll('DMAR 0x', 'DMAX 0x').replace('[    0.08', '[    0.07] DMAR: IOMMU enabled\n[    0.08')).dmarPresent?.value, false, 'asked for by the command line')
  t.equal(hostOf(linux.replace('pci 0000:00:00.0: Adding', 'pci 0000:00:00.0: xdding')).iommuGroupCount, undefined, 'a console lost a line')
})

t.test('where it runs', async t => {
  const guest = (...more: string[]) => hostOf([linux.split('\n')[0], '[    0.0] BIOS-e820: x', ...more.map(text => `[    0.000000] ${text}`)].join('\n'))
  t.match(guest('Hypervisor detected: KVM', 'DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16'), { runsIn: { value: 'vm' }, outerHypervisor: { value: 'kvm' } })
  t.match(guest('Hypervisor detected: Microsoft Hyper-V', 'DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16'), { outerHypervisor: { value: 'qemu' } })
  t.match(guest('Hypervisor detected: KVM', 'DMI: FreeBSD BHYVE/BHYVE, BIOS 14.0 10/17/2021'), { outerHypervisor: { value: 'bhyve' } })
  t.match(guest('efi: EFI v2.7 by EDK II', 'secureboot: Secure boot enabled'), { firmware: { value: 'uefi' }, secureBoot: { value: true } })
  t.match(guest('irq 22: nobody cared (try booting with the "irqpoll" option)', 'Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 0.0.0 02/06/2015'), { runsIn: { value: 'vm' }, outerHypervisor: { value: 'qemu' } }, 'in a trace')
  t.not(guest('Hardware name: ASUS System Product Name/PRIME X570-PRO, BIOS 4602 02/23/2023').runsIn?.value, 'vm')
  t.match(guest('Booting paravirtualized kernel on KVM'), { runsIn: { value: 'vm' } })
  const kata = 'level=info msg="[    9.581239] pci 0000:00:07.0: BAR 1: no space for [mem size 0x400000000 64bit pref]\\n"'
  t.match(hostOf(kata), { runsIn: { value: 'vm' } })
  t.equal(hostOf(`Jan  2 03:04:05 box kernel: ACPI: DMAR 0x0\n${kata}`).runsIn, undefined, 'a journal of the host')
  t.equal(guest('xen: setting up', 'Xen version: 4.17 (preserve-AD) (dom0)', 'Hypervisor detected: Xen PV').runsIn, undefined)
})

const freebsd = [
  '---<<BOOT>>---',
  'Copyright (c) 1992-2021 The FreeBSD Project.',
  'FreeBSD 13.1-RELEASE-p5 releng/13.1-n250170 GENERIC amd64',
  'VT(efifb): resolution 1024x768',
  'CPU: AMD Ryzen 5 3600 6-Core Processor               (3600.08-MHz K8-class CPU)',
  '  Origin="AuthenticAMD"  Id=0x870f10  Family=0x17  Model=0x71  Stepping=0',
  '  Features2=0x7ed8320b<SSE3,PCLMULQDQ,MON>',
  '  AMD Features2=0x75c237ff<LAHF,CMP,SVM,ExtAPIC>',
  'real memory  = 17179869184 (16384 MB)',
  'ivhd0: <AMD-Vi/IOMMU ivhd with EFR> on acpi0',
  'vgapci0: <VGA-compatible display> port 0xf000-0xf03f mem 0xfe000000-0xfe3fffff irq 16 at device 2.0 on pci0',
  'vgapci0: Boot video device',
  'pci0: <memory> at device 31.2 (no driver attached)',
  'ppt0 mem 0x92000000-0x92ffffff at device 0.0 numa-domain 0 on pci4',
  'found->\tvendor=0x10de, dev=0x1b39, revid=0xa1',
  '\tdomain=0, bus=129, slot=0, func=0',
  '\tclass=03-00-00, hdrtype=0x00, mfdev=1',
  'ppt0 mem 0x92000000-0x92ffffff at device 31.2 on pci0',
]

t.test('facts of a FreeBSD boot', async t => {
  const { host = {}, functions = {} } = kernelLog.parse(log(`${freebsd.join('\n').replace('13.1', '12.0')}\n${'x\n'.repeat(50)}${freebsd.join('\n')}${'\nx'.repeat(50)}`))
  t.same(Object.fromEntries(Object.entries(host).map(([key, fact]) => [key, fact.value])), {
    platform: 'freebsd', kernel: '13.1-RELEASE-p5', freebsdMajor: 13, cpuModel: 'AMD Ryzen 5 3600 6-Core Processor', cpuVendor: 'amd', cpuVirtualization: true,
    memoryMiB: 16384, firmware: 'uefi', ivrsPresent: true, runsIn: 'metal', outerHypervisor: null,
  })
  t.same([functions['0000:00:02.0']?.driver?.value, functions['0000:00:02.0']?.bootVga?.value, functions['0000:00:1f.2']?.driver?.value], ['vgapci', true, 'ppt'])
  t.same([functions['0000:81:00.0']?.id?.value, functions['0000:81:00.0']?.class?.value], ['10de:1b39', '030000'])
  t.same(Object.keys(functions).length, 3, 'the unit of another bus is not its number')
  const syslog = hostOf(freebsd.map(line => `Jun 11 18:23:41 beastie kernel: ${line}`).join('\n'))
  t.same([syslog.freebsdMajor?.value, syslog.memoryMiB?.value], [13, 16384])
  for (const line of ["drmn0: could not load firmware image 'amdgpu/navi10_sos.bin'", 'device_attach: drmn0 attach returned 19', 'KLD drm.ko: depends on kernel - not available or version mismatch', 'linker_load_file: /boot/modules/drm.ko - unsupported file type', 'link_elf_obj: symbol lkpi_x undefined']) {
    t.equal(hostOf(`${line}\n`).platform?.value, 'freebsd', line)
  }
  t.equal(hostOf('Hypervisor: Origin = "bhyve bhyve "\nppt0 mem 0x92000000 at device 0.0 on pci4\n').outerHypervisor?.value, 'bhyve')
})

t.test('forms of whole logs', async t => {
  const plain = linux.split('\n')
  const forms: Record<string, (line: string) => string> = {
    CRLF: line => `${line}\r`,
    'journal': line => line.replace(/^\[.{12}\] /, 'Nov 21 00:11:22 tower kernel: '),
    'json': line => JSON.stringify({ __CURSOR: 's=1', MESSAGE: line.replace(/^\[.{12}\] /, '') }),
    'quoted': line => `> ${line}`,
    'callers': line => line.replace('] ', '][    T1] '),
    'html': line => line.replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  }
  for (const [form, change] of Object.entries(forms)) {
    // Handed in, as only then transport is undone; long enough not to be taken for an excerpt.
    const filler = Array.from({ length: 160 }, (_, i) => `[   80.${String(i).padStart(6, '0')}] usb 1-4: new high-speed USB device number ${i}`)
    const { takenAt: _, ...pasted } = log([...plain.filter(line => line !== ''), ...filler].map(change).join('\n'))
    const { host = {}, functions = {} } = kernelLog.parse(pasted)
    t.same([host.kernel?.value, host.memoryMiB?.value, host.iommuGroupCount?.value, functions['0000:01:00.0']?.driver?.value], ['6.1.0-18-amd64', 16384, 2, 'nouveau'], form)
  }
  const wrapped = 'Linux version 5.11.0-rc4+ (user@host)\nCommand line: BOOT_IMAGE=/vmlinuz-5.11.0-rc4+\nroot=/dev/mapper/VG0-rootfs ro acpi_osi=! "acpi_osi=Windows 2016"\nsystemd.unified_cgroup_hierarchy=1 quiet\nBIOS-provided physical RAM map:\n'
  t.equal(hostOf(wrapped).cmdlineParams?.value?.at(-1), 'quiet')
})

t.test('any text is taken without a throw, and line numbers only grow', async () => {
  const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...linux.split('\n'), ...freebsd, '\r\n', '\n', '> ', '\x1b[', '{"MESSAGE":', '[', '\u00a0', '__proto__', '0000:01:00.0: '))
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom('\n', '', ' '), (pieces, glue) => {
    const body = pieces.join(glue)
    kernelLog.parse(log(body))
    const text = logText(body)
    const numbers = [...text.linesFrom(0)].map(line => { read(line.text); return line.number })
    return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)) && (numbers.at(-1) ?? 1) <= body.split('\n').length
  }), { numRuns: 300 })
})

t.test('twenty megabytes take well under two seconds', async t => {
  const noise = Array.from({ length: 180_000 }, (_, i) => `[${i}.000000] pcieport 0000:00:1c.0: AER: Corrected error received: 0000:0${i % 8}:00.0, severity=Corrected, type=Physical Layer`).join('\n')
  const began = performance.now()
  kernelLog.parse(log(`${linux}\n${noise}`))
  t.ok(performance.now() - began < 30_000)
  const hostile = performance.now()
  kernelLog.parse(log(`${freebsd[0]}\nhda0: ${'at device 1.1 on pci0 '.repeat(200_000)}\n${'] type (no driver attached) on pci0\n'.repeat(100_000)}`))
  t.ok(performance.now() - hostile < 30_000)
})

const samples = '../shared/samples/freebsd'
t.test('real FreeBSD logs', { skip: existsSync(samples) ? false : 'the sample collection is not on this machine' }, async t => {
  for (const probe of readdirSync(samples)) {
    const file = `${samples}/${probe}/dmesg.txt`
    if (existsSync(file)) t.equal(hostOf(readFileSync(file, 'utf8')).platform?.value, 'freebsd', probe)
  }
})

t.test('memory BARs without room: the last word counts', async t => {
  const unplaced = (text: string) => Object.entries(kernelLog.parse(log(text)).functions ?? {}).map(([bdf, fn]) => [bdf, fn.barsUnassigned?.value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  t.same(unplaced([
    '[ 71.6] pci 0000:04:00.0: BAR 1: no space for [mem size 0x10000000 64bit pref]',
    '[ 71.7] pci 0000:04:00.0: BAR 1: failed to assign [mem size 0x10000000 64bit pref]',
    '[ 71.7] pci 0000:04:00.0: BAR 0: no space for [mem size 0x01000000]',
    '[ 71.7] pci 0000:04:00.0: BAR 5: no space for [io  size 0x0080]',
    '[ 71.7] pci 0000:04:00.0: BAR 6: no space for [mem size 0x00080000 pref]',
    '[ 71.8] pci 0000:04:00.1: BAR 0: assigned [mem 0xf1480000-0xf1483fff]',
  ].join('\n')), [['0000:04:00.0', ['0', '1']], ['0000:04:00.1', undefined]])
  t.same(unplaced([
    "[ 1.0] pci 0000:81:00.0: BAR 2 [mem size 0x400000000 64bit pref]: can't assign; no space",
    '[ 1.0] pci 0000:81:00.0: BAR 2 [mem size 0x400000000 64bit pref]: failed to assign',
    '[ 1.2] pci 0000:81:00.0: BAR 2 [mem 0x20000000000-0x203ffffffff 64bit pref]: assigned',
  ].join('\n')), [['0000:81:00.0', []]])
  t.same(unplaced("[ 9.1] vfio-pci 0000:81:00.0: BAR 1 [mem size 0x1000000000 64bit pref]: not assigned; can't enable device"), [['0000:81:00.0', ['1']]])
  t.same(unplaced("[ 9.1] vfio-pci 0000:81:00.0: can't enable device: BAR 3 [mem size 0x02000000 64bit pref] not assigned"), [['0000:81:00.0', ['3']]])
  t.same(unplaced("[ 9.1] nvidia 0000:09:00.0: BAR 5 [io  size 0x0080]: not assigned; can't enable device"), [['0000:09:00.0', undefined]])
  t.same(unplaced("[ 0.4] pci 0000:04:00.0: BAR 1: can't assign mem pref (size 0x10000000)\n[ 0.4] pci 0000:04:00.0: BAR 6: can't assign mem pref (size 0x80000)"), [['0000:04:00.0', ['1']]], 'up to 3.15')
})

t.test('a search for the IOMMU that found none', async t => {
  const of = (...body: string[]) => {
    const { dmarPresent, ivrsPresent, iommuGroupCount } = hostOf(body.join('\n'), 'cut')
    return [dmarPresent?.value, ivrsPresent?.value, iommuGroupCount?.value]
  }
  const search = 'root@box:~# dmesg | grep -e DMAR -e IOMMU'
  const enabled = '[    0.010101] DMAR: IOMMU enabled'
  const units = ['[    0.100001] DMAR: Host address width 39', '[    0.100002] DMAR: DRHD base: 0x000000fed90000 flags: 0x0']
  t.same(of(search, enabled), [false, false, 0], 'the parameter was read, and there is nothing')
  t.same(of("$ sudo dmesg | grep -iE 'dmar|iommu'", '[    0.3] iommu: Default domain type: Translated'), [false, false, 0])
  t.same(of(search, ...units), [true, false, 0], 'units, and nobody drives them')
  t.same(of(search, enabled, ...units), [true, false, undefined], 'the line that tells of success has no such word in old kernels')
  t.same(of(search, ...units, '[    0.7] DMAR: Intel(R) Virtualization Technology for Directed I/O'), [true, false, undefined])
  t.same(of('$ dmesg | grep -e DMAR -e IOMMU -e AMD-Vi', '[    0.5] AMD-Vi: AMD IOMMUv2 functionality not available on this system'), [false, false, 0])
  t.same(of('$ dmesg | grep -i -e IOMMU', '[    0.3] iommu: Default domain type: Translated', '[    0.4] pci 0000:00:01.0: Adding to iommu group 0'), [undefined, undefined, undefined])
  t.same(of('$ dmesg | grep IOMMU', enabled), [undefined, false, undefined], 'nobody asked for the table')
  for (const narrow of ['DMAR.*IOMMU', '-i "DMAR: IOMMU enabled"', "-e 'IOMMU enabled' -e DMAR-IR"]) t.same(of(`# dmesg | grep ${narrow}`, enabled), [undefined, undefined, undefined], 'only some of the lines were asked for')
  t.same(of('# dmesg | grep "DMAR\\|IOMMU"', enabled), [false, false, 0])
  t.same(of("# dmesg | grep -iE '(dmar|iommu)'", enabled), [false, false, 0])
  t.same(of(search), [undefined, undefined, undefined], 'the ring may have lost its start')
  t.same(of(search, '[   99.0] DMAR: [DMA Read] Request device [02:00.0] fault addr 1000'), [undefined, undefined, undefined])
  t.same(of(enabled), [undefined, undefined, undefined], 'one line that somebody picked')
  t.same(of(`${search} | head -1`, enabled), [undefined, undefined, undefined])
  t.same(of('$ dmesg | grep -v -e DMAR -e IOMMU', '[    0.0] Command line: ro'), [undefined, undefined, undefined])
})

t.test('functions that an IOMMU names in an event', async t => {
  const { host, functions = {} } = kernelLog.parse(log([
    'DMAR: DRHD: handling fault status reg 3',
    'DMAR: [DMA Read NO_PASID] Request device [00:16.7] fault addr 0xdcef0000 [fault reason 0x06] PTE Read access is not set',
    'DMAR: [INTR-REMAP] Request device [0x81:0x00.1] fault index 0x14 [fault reason 0x22] Present field in the IRTE entry is clear',
    'AMD-Vi: Event logged [IO_PAGE_FAULT device=05:00.0 domain=0x000c address=0xfffffff0c0 flags=0x0020]',
    'vfio-pci 0000:0b:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 address=0x0 flags=0x0020]',
    'DMAR: [DMA Read NO_PASID] Request device [00:ff.7] fault addr 0x0 [fault reason 0x06] PTE Read access is not set',
  ].join('\n')))
  t.equal(host?.platform?.value, 'linux', 'only Linux words them so')
  t.strictSame(Object.keys(functions).sort(), ['0000:00:16.7', '0000:05:00.0', '0000:0b:00.0', '0000:81:00.1'])
  t.equal(functions['0000:00:16.7']?.bdf?.at[0]?.where, 2)
  t.equal(functions['0000:00:16.7']?.id, undefined, 'more than the address is not known')
})

t.test('functions that are only named', async t => {
  const named = (text: string) => Object.entries(kernelLog.parse(log(text)).functions ?? {}).map(([bdf, fn]) => [bdf, fn.bdf?.value, fn.bdf?.at[0]?.where])
  t.same(named('[1.0] pcieport 0000:3f:00.0: pciehp: Slot(5-1): Link Down\n[1.1] pci 0000:40:00.0: Removing from iommu group 84'), [['0000:3f:00.0', '0000:3f:00.0', 1], ['0000:40:00.0', '0000:40:00.0', 2]])
  t.same(named('[ 7.5] NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\n   NVRM: BAR0 is 0M @ 0x0 (PCI:0000:07:00.0)'), [['0000:07:00.0', '0000:07:00.0', 2]])
})

t.test('time spent on bridges', async t => {
  const of = (text: string) => { const host = hostOf(`[0.20] pci 0000:00:00.0: [8086:29c0] type 00 class 0x060000\n${text}`); return [host.bridgeScanSeconds?.value, host.bridgeWindowLargestMiB?.value] }
  const port = (from: string, to: string, number: number) => [
    `[${from}] pci 0000:00:01.${number}: [1b36:000c] type 01 class 0x060400 PCIe Root Port`,
    `[${to}] pci 0000:00:01.${number}: PCI bridge to [bus 0${number + 1}]`,
    `[${to}] pci 0000:00:01.${number}:   bridge window [mem 0x380000000000-0x381fffffffff 64bit pref]`,
  ]
  t.same(of([...port('4.00', '14.00', 0), ...port('17.00', '27.00', 1)].join('\n')), [20, 131072])
  t.same(of([...port('0.30', '0.31', 0), ...port('300.00', '300.01', 1)].join('\n')), [0, 131072], 'a bridge that is plugged in later')
  const nested = [...port('1.00', '11.00', 0).slice(0, 1), ...port('2.00', '9.00', 1), ...port('1.00', '11.00', 0).slice(1)]
  t.same(of(nested.join('\n')), [10, 131072], 'what lies below another counts once')
  t.same(of('pci 0000:00:01.0: PCI bridge to [bus 01]'), [undefined, undefined])
})

t.test('a window of PCI under a reservation of firmware', async t => {
  const map = '[    0.000000] BIOS-e820: [mem 0x000000004bc50000-0x00000000cfffffff] reserved'
  const window = (from: string) => `[    0.412000] pci_bus 0000:00: root bus resource [mem ${from}-0xbfffffff window]`
  t.same(hostOf(`${map}\n${window('0x65400000')}`).windowUnderE820, { value: 'mem 0x65400000-0xbfffffff', at: [{ evidence: 'kernel-log', where: 2 }] })
  t.equal(hostOf(`${map}\n${window('0x45400000')}`).windowUnderE820, undefined, 'a part of it, in an excerpt')
  t.equal(hostOf(`${map}\n[    0.410000] PCI: Ignoring E820 reservations for host bridge windows\n${window('0x65400000')}`).windowUnderE820?.value, null)
  t.equal(hostOf('[    0.000000] BIOS-e820: [mem 0x00000000fd000000-0x00000000fe7fffff] reserved\n[    0.410000] pci_bus 0000:00: root bus resource [mem 0xfd000000-0xfe7fffff window]').windowUnderE820, undefined, "the chipset's own window")
  t.equal(hostOf(map).windowUnderE820, undefined)
})

t.test('VFIO at work', async t => {
  t.same(hostOf('[ 112.100000] vfio-pci 0000:02:00.0: enabling device (0000 -> 0002)').vfioAtWork, { value: true, at: [{ evidence: 'kernel-log', where: 1 }] })
  t.equal(hostOf('[ 0.000000] Linux version 4.15.0-99-generic (builder@host)\n[ 9.100000] vfio_ecap_init: 0000:5f:00.0 hiding ecap 0x19@0x2a0').vfioAtWork?.value, true, 'up to 4.19')
  t.equal(hostOf('[ 0.500000] vfio-pci 0000:02:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns=none').vfioAtWork?.value, true, 'the arbiter of displays names the driver that had the function then')
  t.equal(hostOf('[ 3.500000] vfio_pci: add [10de:2204[ffffffff:ffffffff]] class 0x000000/00000000').vfioAtWork, undefined)
})
