/**
 * Host facts against guest symptoms. With both in one snapshot the host's fact is the root cause and the guest's symptom
 * stands under it; the symptom alone names what to look for on the host; the fact alone raises the host's finding only.
 */
import t from 'tap'
import { behindGuestAddress } from '../diagnosis/guest-address.ts'
import { allWords } from '../diagnosis/rule-test.ts'
import { loadRules } from '../engine/load.ts'
import type { Finding } from '../model/finding.ts'
import { collected, cpu, dmesg, examine, functions, handedIn, link, memory, modules, tree, type Machine } from './made-machine.ts'

const { shared: { tables } } = loadRules('rules', null)

const gpu = '0000:01:00.0'
/** The same function as the guest of `domain` numbers it. */
const inGuest = '0000:06:00.0'

const boot = `Linux version 6.12.48+deb13-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)
Command line: BOOT_IMAGE=/boot/vmlinuz-6.12.48+deb13-amd64 root=/dev/mapper/vg-root ro quiet intel_iommu=on
ACPI: DMAR 0x000000008A2E2F18 0000A8 (v01 INTEL  EDK2     00000002      01000013)
DMAR: IOMMU enabled
DMAR: Host address width 39
DMAR-IR: Enabled IRQ remapping in x2apic mode
iommu: Default domain type: Translated
DMAR: Intel(R) Virtualization Technology for Directed I/O
VFIO - User Level meta-driver version: 0.3
vfio-pci ${gpu}: enabling device (0000 -> 0003)
vfio-pci ${gpu}: resetting
vfio-pci ${gpu}: reset done`

interface Wishes {
  /** Another place of the card. */
  readonly card?: string
  /** vendor:device of the card. */
  readonly id?: string
  /** Lines behind the boot of the host. */
  readonly log?: string
  /** More sysfs attributes of the card. */
  readonly more?: Readonly<Record<string, string>>
  /** The frame of the domain: machine type, os, features. */
  readonly machine?: string
  readonly os?: string
  readonly features?: string
  readonly cpuMode?: string
  readonly bus?: string
  readonly slot?: string
  readonly multifunction?: boolean
  readonly system?: string
  readonly iomem?: string
  readonly rest?: Machine
}

const source = (bdf: string) => `<source><address domain='0x0000' bus='0x${bdf.slice(5, 7)}' slot='0x${bdf.slice(8, 10)}' function='0x${bdf.slice(11)}'/></source>`

/** A libvirt host with one card and one VM that is given it. */
function host(wishes: Wishes = {}): Machine {
  const { card = gpu, id = '10de:2204', multifunction = false, log = '', more = {}, machine = 'pc-q35-9.2', os = "<os firmware='efi'>", features = '', cpuMode = "<cpu mode='host-passthrough' migratable='off'/>", bus = '0x06', slot = '0x00', system = 'win/11', iomem, rest = {} } = wishes
  const osWords = system.startsWith('win') ? `http://microsoft.com/${system}` : `http://debian.org/${system}`
  return {
    ...functions([
      { bdf: '0000:00:00.0', id: '8086:4650', class: '060000', group: 0 },
      { bdf: '0000:00:01.0', id: '8086:460d', class: '060400', driver: 'pcieport', group: 1 },
      { bdf: '0000:00:02.0', id: '8086:4690', class: '030000', driver: 'i915', group: 2, more: { boot_vga: '1' } },
      { bdf: '0000:00:17.0', id: '8086:7ae2', class: '010601', driver: 'ahci', group: 4 },
      { bdf: card, id, class: '030000', driver: 'vfio-pci', group: 14, below: '0000:00:01.0', more: { boot_vga: '0', reset_method: 'flr bus', ...link, ...more } },
    ]),
    'kernel-log': dmesg(`${boot}\n${log}`),
    'os-release': 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    'kernel-version': 'Linux version 6.12.48+deb13-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14) #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1\n',
    cmdline: 'BOOT_IMAGE=/boot/vmlinuz-6.12.48+deb13-amd64 root=/dev/mapper/vg-root ro quiet intel_iommu=on\n',
    cpuinfo: cpu('GenuineIntel', '12th Gen Intel(R) Core(TM) i5-12400', 'fpu vmx ept aes avx2'),
    modules: modules('vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1', 'vfio', 'i915', 'kvm_intel', 'kvm'),
    'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/DMAR\t/\n/sys/firmware/efi\t/\n',
    'display-state': tree(['/proc/fb\t=0 i915drmfb']),
    iomem: iomem ?? `00001000-0009efff : System RAM\n84000000-850fffff : PCI Bus 0000:01\n  84000000-84ffffff : ${gpu}\n    84000000-84ffffff : vfio-pci\n`,
    meminfo: memory(64),
    'libvirt-domain/guest': `<domain type='kvm'><name>guest</name><metadata><libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="${osWords}"/></libosinfo:libosinfo></metadata>
<memory unit='KiB'>16777216</memory><vcpu>8</vcpu>${os}<type arch='x86_64' machine='${machine}'>hvm</type></os><features><acpi/><apic/>${features}</features>${cpuMode}<devices>
<hostdev mode='subsystem' type='pci' managed='yes'>${source(card)}<address type='pci' domain='0x0000' bus='${bus}' slot='${slot}' function='0x0'${multifunction ? " multifunction='on'" : ''}/></hostdev><memballoon model='none'/></devices></domain>\n`,
    ...rest,
  }
}

/** What pnputil prints of a display adapter with a problem; with the driver's version where it is known. */
const windows = (id: string, code: number, name: string, version?: string): Machine => ({
  'guest-report/guest': `Microsoft PnP Utility\n\nInstance ID:                PCI\\VEN_${id.slice(0, 4).toUpperCase()}&DEV_${id.slice(5).toUpperCase()}&SUBSYS_87871043&REV_A1\\4&1d81e16&0&0010
Device Description:         Display adapter
Class Name:                 Display
Class GUID:                 {4d36e968-e325-11ce-bfc1-08002be10318}
Status:                     Problem
Problem Code:               ${code} (0x${code.toString(16).toUpperCase()}) [CM_PROB_${name}]
${version === undefined ? '' : `Driver Version:             08/08/2024 ${version}\n`}`,
})
const code43 = (id: string, version?: string) => windows(id, 43, 'FAILED_POST_START', version)
/** The kernel log of a Linux guest, as a file somebody adds. */
const linux = (lines: string): Machine => ({ 'text/guest-dmesg.txt': `${lines.trim().split('\n').map((line, index) => `[${(4 + index * 0.31).toFixed(6).padStart(12)}] ${line}`).join('\n')}\n` })

interface Row {
  readonly host: Wishes
  readonly guest: Machine
  /** The rule that the host's fact is the finding of. */
  readonly cause: string
  /** The rule of the guest's symptom. */
  readonly symptom: string
  /** What the symptom alone tells to look for. */
  readonly lookFor: RegExp
  /** The fact alone is a normal state, of which nothing is said. */
  readonly normal?: boolean
  /** The host's fact is a reason among others, so another finding may come first. */
  readonly beside?: boolean
}

const flr = `vfio-pci ${gpu}: not ready 1023ms after FLR; waiting\nvfio-pci ${gpu}: not ready 65535ms after FLR; giving up`
const dmaFault = 'DMAR: DRHD: handling fault status reg 3\nDMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x7aef5000 [fault reason 0x06] PTE Read access is not set'
const held = `84000000-850fffff : PCI Bus 0000:01\n  84000000-84ffffff : ${gpu}\n4000000000-4011ffffff : PCI Bus 0000:01\n  4000000000-400fffffff : ${gpu}\n    4000000000-40007e8fff : BOOTFB\n`
const cantReserve = `vfio-pci ${gpu}: BAR 0: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]`

const matrix: Readonly<Record<string, Row>> = {
  'boot framebuffer, and the PSP of an AMD card': {
    host: { id: '1002:73bf', log: cantReserve, iomem: held, system: '12' },
    guest: linux(`amdgpu ${inGuest}: amdgpu: PSP tmr init failed!\n[drm:psp_hw_start [amdgpu]] *ERROR* PSP tmr init failed!`),
    cause: 'framebuffer-holds-bar', symptom: 'amdgpu-psp-tmr-failed', lookFor: /iomem|framebuffer/,
  },
  'boot framebuffer, and Code 43': {
    host: { log: cantReserve, iomem: held },
    guest: code43('10de:2204', '32.0.15.6081'),
    cause: 'framebuffer-holds-bar', symptom: 'win-code43', lookFor: /framebuffer/,
  },
  'a card that did not come back from its reset, and a GPU off the bus': {
    host: { id: '10de:2b85', log: flr, system: '12' },
    guest: linux(`NVRM: The NVIDIA GPU ${inGuest}\nNVRM: (PCI ID: 10de:2b85) installed in this system has\nNVRM: fallen off the bus and is not responding to commands.`),
    cause: 'nv-blackwell-reset-hang', symptom: 'nv-fell-off-at-probe', lookFor: /host/,
  },
  'a card that did not come back from its reset, and atombios': {
    host: { id: '1002:67df', log: flr, system: '12' },
    guest: linux(`[drm:atom_op_jump [amdgpu]] *ERROR* atombios stuck in loop for more than 20secs aborting`),
    cause: 'amd-reset-bug', symptom: 'amdgpu-atombios-stuck', lookFor: /host/,
  },
  'a card that did not come back from its reset, and the ring of the PSP': {
    host: { id: '1002:73bf', log: flr, system: '12' },
    guest: linux(`[drm:psp_v11_0_ring_create [amdgpu]] *ERROR* Failed to create ring\n[drm:psp_hw_start [amdgpu]] *ERROR* PSP create ring failed!`),
    cause: 'amd-reset-bug', symptom: 'amdgpu-psp-ring-failed', lookFor: /host/,
  },
  'a card that did not come back from its reset, and Code 43': {
    host: { id: '10de:2b85', log: flr },
    guest: code43('10de:2b85', '32.0.15.7270'),
    cause: 'nv-blackwell-reset-hang', symptom: 'win-code43', lookFor: /reset/,
  },
  'a card that did not come back from its reset, and Code 10': {
    host: { id: '10de:2b85', log: flr },
    guest: windows('10de:2b85', 10, 'FAILED_START'),
    cause: 'nv-blackwell-reset-hang', symptom: 'win-code10-start-failed', lookFor: /power cycle of the host/,
  },
  'a card in D3cold, and RmInitAdapter': {
    host: { log: `vfio-pci ${gpu}: Unable to change power state from D3cold to D0, device inaccessible`, system: '12' },
    guest: linux(`NVRM: GPU ${inGuest}: RmInitAdapter failed! (0x22:0x56:667)\nNVRM: GPU ${inGuest}: rm_init_adapter failed, device minor number 0`),
    cause: 'd3cold-device-inaccessible', symptom: 'nv-rminit-failed', lookFor: /kernel log of the host/,
  },
  'a card in D3cold, and the assertion of QEMU': {
    host: { log: `vfio-pci ${gpu}: Unable to change power state from D3cold to D0, device inaccessible` },
    guest: { 'text/guest.log': 'qemu-system-x86_64: ../hw/pci/pci.c:1637: pci_irq_handler: Assertion `0 <= irq_num && irq_num < PCI_NUM_PINS\' failed.\n' },
    cause: 'd3cold-device-inaccessible', symptom: 'qemu-irq-pin-assert', lookFor: /D3cold|power state/,
  },
  'large BARs of an AMD card, and Code 43': {
    host: { id: '1002:73bf', log: `pci ${gpu}: BAR 0 [mem 0x4000000000-0x43ffffffff 64bit pref]\npci ${gpu}: BAR 2 [mem 0x4400000000-0x440fffffff 64bit pref]`, more: { resource: '0x0000004000000000 0x00000043ffffffff 0x000000000014220c\n0x0000000000000000 0x0000000000000000 0x0000000000000000\n0x0000004400000000 0x000000440fffffff 0x000000000014220c' } },
    guest: code43('1002:73bf', '32.0.12019.1028'),
    cause: 'rebar-amd-code43', symptom: 'win-code43', lookFor: /BAR 2 of at most 8 MiB/,
  },
  'SeaBIOS and a large BAR, and BARs without an address': {
    host: { system: '12', os: '<os>', machine: 'pc-q35-9.2' },
    guest: linux(`pci ${inGuest}: BAR 1 [mem size 0x400000000 64bit pref]: can't assign; no space\npci ${inGuest}: BAR 1 [mem size 0x400000000 64bit pref]: failed to assign\nNVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\nNVRM: BAR1 is 0M @ 0x0 (PCI:${inGuest})`),
    cause: 'seabios-instead-of-ovmf', symptom: 'nv-bar-invalid', lookFor: /window|OVMF/,
  },
  'SeaBIOS and a large BAR, and Code 12': {
    host: { os: '<os>' },
    guest: windows('10de:2204', 12, 'NORMAL_CONFLICT'),
    cause: 'seabios-instead-of-ovmf', symptom: 'win-code12', lookFor: /OVMF instead of SeaBIOS/,
  },
  'SeaBIOS and a large BAR, and Code 29': {
    host: { os: '<os>' },
    guest: windows('10de:2204', 29, 'HARDWARE_DISABLED'),
    cause: 'seabios-instead-of-ovmf', symptom: 'win-problem-code', lookFor: /BARs do not fit into the window/,
  },
  'BARs without an address on the host, and in the guest': {
    host: { id: '10de:20b2', system: '12', log: `pci ${gpu}: BAR 1 [mem size 0x1000000000 64bit pref]: can't assign; no space\npci ${gpu}: BAR 1 [mem size 0x1000000000 64bit pref]: failed to assign` },
    guest: linux(`NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\nNVRM: BAR1 is 0M @ 0x0 (PCI:${inGuest})`),
    cause: 'host-bar-no-space', symptom: 'nv-bar-invalid', lookFor: /Above 4G/,
  },
  'card and sound in one slot, and atomics': {
    host: { id: '1002:73bf', system: '12', multifunction: true },
    guest: linux(`amdgpu ${inGuest}: amdgpu: PCIE atomic ops is not supported\nkfd kfd: amdgpu: skipped device 1002:73bf, PCI rejects atomics 730<0`),
    cause: 'kfd-atomics-multifunction', symptom: 'kfd-no-pcie-atomics', lookFor: /only function 0 of the card on a pcie-root-port/, normal: true,
  },
  'i440fx, and no extended configuration': {
    host: { id: '1002:73bf', machine: 'pc-i440fx-9.2', bus: '0x00', slot: '0x05', system: '12' },
    guest: linux("[drm] System can't access extended configuration space, please check!!"),
    cause: 'i440fx-with-pcie-device', symptom: 'amdgpu-ext-config-missing', lookFor: /q35/,
  },
  'i440fx, and Code 43 of AMD': {
    host: { id: '1002:73bf', machine: 'pc-i440fx-9.2', bus: '0x00', slot: '0x05' },
    guest: code43('1002:73bf', '32.0.12019.1028'),
    cause: 'i440fx-with-pcie-device', symptom: 'win-code43', lookFor: /root port/,
  },
  'faults of the IOMMU, and a ring of AMD': {
    host: { id: '1002:73bf', system: '12', log: dmaFault },
    guest: linux('[drm:amdgpu_ring_test_helper [amdgpu]] *ERROR* ring gfx_0.0.0 test failed (-110)'),
    cause: 'dmar-dma-fault', symptom: 'amdgpu-ring-test-failed', lookFor: /IOMMU|host/,
  },
  'faults of the IOMMU, and the start of the GSP': {
    host: { system: '12', log: dmaFault },
    guest: linux(`NVRM: GPU0 kgspInitRm_IMPL: Max GSP-RM boot attempts exceeded: 3/3\nNVRM: GPU0 RmInitAdapter: Cannot initialize GSP firmware RM\nNVRM: GPU ${inGuest}: RmInitAdapter failed! (0x62:0xffff:1860)`),
    cause: 'dmar-dma-fault', symptom: 'nv-rminit-failed', lookFor: /host/,
  },
  'a hidden hypervisor, and Code 43 of an Intel virtual function': {
    host: { card: '0000:00:02.1', id: '8086:4690', features: "<kvm><hidden state='on'/></kvm>" },
    guest: code43('8086:4690', '32.0.101.6078'),
    cause: 'win-code43-intel-vf-hidden-hypervisor', symptom: 'win-code43', lookFor: /virtual function must see the hypervisor/, normal: true,
  },
  'a visible hypervisor, and Code 43 of an Arc': {
    host: { id: '8086:56a6' },
    guest: code43('8086:56a6', '32.0.101.8629'),
    cause: 'win-code43-intel-arc-hypervisor-bit', symptom: 'win-code43', lookFor: /Arc card as a whole may want it hidden/, normal: true,
  },
  'a visible hypervisor, and Code 43 of an old GeForce driver': {
    host: { id: '10de:1b80' },
    guest: code43('10de:1b80', '27.21.14.6079'),
    cause: 'code43-nvidia-hypervisor', symptom: 'win-code43', lookFor: /465\.89/, normal: true,
  },
  'a balloon, and a time-out of the display driver': {
    host: { rest: { 'qemu-log/guest': `2026-02-03 04:00:00.000+0000: starting up libvirt version: 11.3.0, qemu version: 10.0.3\nqemu-system-x86_64: vfio ${gpu}: Inconsistent setting of support for discarding RAM (e.g., balloon) within group\n` } },
    guest: { 'guest-report/guest': 'Display driver nvlddmkm stopped responding and has successfully recovered.\n' },
    cause: 'balloon-with-vfio', symptom: 'win-tdr', lookFor: /no memory balloon/,
  },
  'errors of the link, and Xid 79': {
    host: { system: '12', log: `pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error message received from ${gpu}\nvfio-pci ${gpu}: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)\nvfio-pci ${gpu}:   device [10de:2204] error status/mask=00040000/00000000\nvfio-pci ${gpu}:    [18] MalfTLP                (First)` },
    guest: linux(`NVRM: Xid (PCI:${inGuest.slice(0, -2)}): 79, pid=1234, name=python3, GPU has fallen off the bus.\nNVRM: GPU ${inGuest}: GPU has fallen off the bus.`),
    cause: 'aer-errors', symptom: 'nv-xid-79-off-bus', lookFor: /host/,
  },
  'a link that went down, and a lost AMD card': {
    host: { id: '1002:73bf', system: '12', log: 'pcieport 0000:00:01.0: pciehp: Slot(1): Link Down\npcieport 0000:00:01.0: pciehp: Slot(1): Card not present' },
    guest: linux(`amdgpu ${inGuest}: amdgpu: device lost from bus!\namdgpu ${inGuest}: amdgpu: GPU reset end with ret = -19`),
    cause: 'link-down-or-surprise-removal', symptom: 'amdgpu-reset-failed', lookFor: /host|link/,
  },
  'a vGPU manager that refused the guest, and Code 31': {
    host: { id: '10de:25b6', rest: { 'libvirt-log': 'Feb 03 04:00:00 node nvidia-vgpu-mgr[4120]: error: vmiop_log: (0x0): Incompatible Guest/Host drivers: Guest VGX version is newer than the maximum version supported by the Host. Disabling vGPU.\n' } },
    guest: windows('10de:25b6', 31, 'FAILED_ADD'),
    cause: 'vgpu-guest-host-mismatch', symptom: 'win-code31-add-failed', lookFor: /vGPU/,
  },
  'a vGPU manager that refused the guest, and Code 43': {
    host: { id: '10de:25b6', rest: { 'libvirt-log': 'Feb 03 04:00:00 node nvidia-vgpu-mgr[4120]: error: vmiop_log: (0x0): Incompatible Guest/Host drivers: Guest VGX version is newer than the maximum version supported by the Host. Disabling vGPU.\n' } },
    guest: code43('10de:25b6'),
    cause: 'vgpu-guest-host-mismatch', symptom: 'win-code43', lookFor: /vGPU wants the guest driver of the release of its host/,
  },
  'a card on the root bus, and Code 43 of AMD': {
    host: { id: '1002:73bf', bus: '0x00', slot: '0x05' },
    guest: code43('1002:73bf', '32.0.12019.1028'),
    cause: 'gpu-on-root-complex-not-root-port', symptom: 'win-code43', lookFor: /root port/,
  },
  'a card on the root bus, and no extended configuration': {
    host: { id: '1002:73bf', bus: '0x00', slot: '0x05', system: '12' },
    guest: linux("[drm] System can't access extended configuration space, please check!!"),
    cause: 'gpu-on-root-complex-not-root-port', symptom: 'amdgpu-ext-config-missing', lookFor: /root.port/,
  },
}

const ofRule = (findings: readonly Finding[], rule: string) => findings.filter(finding => finding.rule === rule)
/** The rules that explain a finding, the nearest first. */
function above(findings: readonly Finding[], finding: Finding): string[] {
  const path: string[] = []
  for (let at: Finding | undefined = finding; at?.symptomOf; at = ofRule(findings, at.symptomOf)[0]) {
    if (path.includes(at.symptomOf)) break
    path.push(at.symptomOf)
  }
  return path
}

for (const [name, row] of Object.entries(matrix)) {
  t.test(name, async t => {
    const both = await examine([...collected(host(row.host)), ...handedIn(row.guest)])
    t.same(both.broken, [])
    const [symptom] = ofRule(both.findings, row.symptom)
    t.ok(symptom, `both: ${row.symptom} among ${both.findings.map(finding => finding.rule).join(', ')}`)
    t.ok(symptom && above(both.findings, symptom).includes(row.cause), `both: under ${row.cause}, not ${symptom && above(both.findings, symptom).join(' < ')}`)
    const [cause] = ofRule(both.findings, row.cause)
    t.equal(cause?.symptomOf, null, 'both: the host fact is the root')
    const roots = both.findings.filter(finding => finding.symptomOf === null && finding.severity !== 'hint').map(finding => finding.rule)
    if (row.beside) t.ok(roots.includes(row.cause), `both: among ${roots.join(', ')}`)
    else t.equal(roots[0], row.cause, `both: first of ${roots.join(', ')}`)

    const alone = await examine(handedIn(row.guest))
    const [lonely] = ofRule(alone.findings, row.symptom)
    t.ok(lonely, `guest alone: ${row.symptom} among ${alone.findings.map(finding => finding.rule).join(', ')}`)
    t.equal(ofRule(alone.findings, row.cause).length, 0, 'guest alone: nothing is said of the host')
    t.match(lonely && `${allWords(lonely)}\n${lonely.cause}`, row.lookFor, 'guest alone: what to look for')

    const fact = await examine(collected(host(row.host)))
    t.equal(ofRule(fact.findings, row.cause).length > 0, row.normal !== true, `host alone: ${row.cause} among ${fact.findings.map(finding => finding.rule).join(', ')}`)
    t.equal(ofRule(fact.findings, row.symptom).length, 0, 'host alone: no symptom')
  })
}

t.test('the host without any of it is healthy', async t => {
  for (const id of ['10de:2204', '1002:73bf', '8086:56a6']) {
    const { findings } = await examine(collected(host({ id })))
    t.same(findings.filter(finding => finding.severity !== 'hint').map(finding => finding.rule), [], id)
  }
})

t.test('Code 43 by card and driver: the hypervisor is hidden only where that helps', async t => {
  const hides = /hidden state='on'|hidden=1|kvm=off|name='hypervisor'/
  const told = async (wishes: Wishes, guest: Machine) => {
    const { findings } = await examine([...collected(host(wishes)), ...handedIn(guest)])
    return { rules: findings.map(finding => finding.rule), hide: findings.filter(finding => finding.fixes.some(fix => fix.steps.some(step => hides.test(JSON.stringify(step)) && !JSON.stringify(step).includes('take')))).map(finding => finding.rule) }
  }
  const old = await told({ id: '10de:1b80' }, code43('10de:1b80', '27.21.14.6079'))
  t.same(old.hide, ['code43-nvidia-hypervisor'], 'GeForce of 460')
  const rows: readonly (readonly [string, Wishes, Machine])[] = [
    ['GeForce of 465.89', { id: '10de:1b80' }, code43('10de:1b80', '27.21.14.6589')],
    ['GeForce of 560', { id: '10de:2204' }, code43('10de:2204', '32.0.15.6081')],
    ['Ada, driver not told', { id: '10de:2684' }, code43('10de:2684')],
    ['Hopper, driver not told', { id: '10de:2331' }, code43('10de:2331')],
    ['AMD', { id: '1002:73bf' }, code43('1002:73bf', '32.0.12019.1028')],
    ['a virtual function of Intel', { card: '0000:00:02.1', id: '8086:4690', features: "<kvm><hidden state='on'/></kvm>" }, code43('8086:4690')],
  ]
  for (const [name, wishes, guest] of rows) t.same((await told(wishes, guest)).hide, [], name)
  t.ok((await told({ card: '0000:00:02.1', id: '8086:4690', features: "<kvm><hidden state='on'/></kvm>" }, code43('8086:4690'))).rules.includes('win-code43-intel-vf-hidden-hypervisor'))
})

t.test('facts and symptoms that one rule holds are told together', async t => {
  const rows: readonly (readonly [string, Machine, Machine, string, RegExp])[] = [
    ['confidential mode', { 'text/gpu-tools.txt': 'GPU 0000:01:00.0 H100-PCIE 0x2331 BAR0 0x2000000 has CC mode on, some functionality may not work\n' }, linux('NVRM: GPU0 confComputeConstructEngine_IMPL: CPU does not support confidential compute.'), 'cc-cpu-not-confidential', /SEV-SNP or TDX/],
    ['fabric', { 'nvidia-smi': '    Fabric\n        State                             : In Progress\n' }, { 'text/job.txt': 'RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized\n' }, 'fm-not-running', /fabric manager/],
    ['vGPU', { 'libvirt-log': 'Feb 03 04:00:00 node nvidia-vgpu-mgr[4120]: error: vmiop_log: (0x0): Incompatible Guest/Host drivers: Guest VGX version is older than the minimum version supported by the Host. Disabling vGPU.\n' }, linux(`NVRM: Xid (PCI:${inGuest.slice(0, -2)}): 78, pid=0, vGPU Start Error: Guest driver is incompatible with host driver`), 'vgpu-guest-host-mismatch', /vGPU software package/],
  ]
  for (const [name, fact, guest, rule, lookFor] of rows) {
    const both = await examine([...collected({ ...host({ system: '12' }), ...fact }), ...handedIn({ ...guest, ...'text/gpu-tools.txt' in fact && fact })])
    t.equal(ofRule(both.findings, rule).length, 1, name)
    t.ok((ofRule(both.findings, rule)[0]?.evidence.length ?? 0) >= 2, `${name}: both lines are quoted`)
    const [alone] = ofRule((await examine(handedIn(guest))).findings, rule)
    t.match(alone && `${allWords(alone)}\n${alone.cause}`, lookFor, `${name}: the symptom alone`)
  }
})

t.test('a guest of bhyve without an interrupt pin names the bhyve it needs', async t => {
  const guest = linux(`DMI:   BHYVE, BIOS 14.0 10/17/2021\nHypervisor detected: bhyve\nnvidia ${inGuest}: can't derive routing for PCI INT A\nNVRM: Can't find an IRQ for your NVIDIA card!\nNVRM: Please check your BIOS settings.`)
  const [finding] = ofRule((await examine(handedIn(guest))).findings, 'nv-no-irq-for-card')
  t.match(finding && allWords(finding), /INTPIN/)
})

t.test('every problem code of Windows is told by the rule its table names, in each form of report', async t => {
  const rows = Object.entries(tables['win-problem']?.rows ?? {})
  t.ok(rows.length >= 31, `${rows.length} codes`)
  const id = 'PCI\\VEN_10DE&DEV_2204&SUBSYS_87871043&REV_A1\\4&1d81e16&0&0010'
  for (const [code, row] of rows) {
    const forms: Readonly<Record<string, string>> = {
      pnputil: windows('10de:2204', Number(code), String(row.name))['guest-report/guest'] as string,
      json: JSON.stringify([{ FriendlyName: 'NVIDIA GeForce RTX 3090', InstanceId: id, Class: 'Display', ConfigManagerErrorCode: Number(code) }], null, 2),
    }
    for (const [form, body] of Object.entries(forms)) {
      const { findings } = await examine(handedIn({ 'guest-report/guest': body }))
      const told = findings.map(finding => finding.rule)
      if (row.rule === 'none') t.same(told.filter(rule => rule.startsWith('win-')), [], `Code ${code} of ${form}: nothing to say`)
      else t.ok(told.includes(String(row.rule)), `Code ${code} of ${form}: ${row.rule}, told by ${told.join(', ')}`)
    }
  }
  const [unknown] = ofRule((await examine(handedIn({ 'guest-report/guest': windows('10de:2204', 61, 'SOMETHING_NEW')['guest-report/guest'] as string }))).findings, 'win-problem-code-unknown')
  t.match(unknown?.text, /Problem Code: +61 .*No meaning is known for Code 61/)
})

t.test('an address out of a guest stands for the function that the definition puts there', async t => {
  const fact = <T>(value: T) => ({ value, at: [{ evidence: 'pci-sysfs' as const, where: 1 }] })
  const snapshot = (assignments: Readonly<Record<string, { vm: string; fn: string; at?: string }>>) => ({
    host: {}, groups: {}, vms: {}, notUnderstood: [], functions: { [gpu]: { class: fact('030000') }, '0000:02:00.0': { class: fact('030000') } },
    assignments: Object.fromEntries(Object.entries(assignments).map(([key, { vm, fn, at }]) => [key, { vm: fact(vm), fn: fact(fn), ...at !== undefined && { guestAddress: fact(at) } }])),
  })
  const two = behindGuestAddress(snapshot({ a: { vm: 'a', fn: gpu, at: inGuest }, b: { vm: 'b', fn: '0000:02:00.0', at: '0000:07:00.0' } }))
  t.same([two(inGuest), two('0000:07:00.0'), two('0000:08:00.0')], [[gpu, 'vm a'], ['0000:02:00.0', 'vm b'], []], 'by its place')
  t.same(two(gpu), [], 'a function of the host is itself')
  t.same(behindGuestAddress(snapshot({ a: { vm: 'a', fn: gpu } }))('0000:08:00.0'), [gpu, 'vm a'], 'the only VM')
  t.same(behindGuestAddress(snapshot({}))('0000:08:00.0'), [], 'no VM')
  t.same(behindGuestAddress({ ...snapshot({ a: { vm: 'a', fn: gpu } }), functions: {} })('0000:08:00.0'), [], 'no listing of the host')
})

t.test('each cure says on which side it lies, seen from the machine that was looked at', async t => {
  const banner = 'Linux version 6.8.0-60-generic (buildd@lcy02-amd64-054) (gcc) #63-Ubuntu SMP\nDMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 2024.02-2 03/11/2024\nHypervisor detected: KVM\n'
  const sides = async (machine: Machine, rule: string) => ofRule((await examine(collected(machine))).findings, rule).flatMap(finding => finding.fixes.map(fix => fix.side))
  const missing = 'amdgpu 0000:06:00.0: Direct firmware load for amdgpu/navi21_sos.bin failed with error -2\n[drm:psp_init_sos_microcode [amdgpu]] *ERROR* Failed to load firmware "amdgpu/navi21_sos.bin"\namdgpu 0000:06:00.0: probe with driver amdgpu failed with error -2'
  const inside = await sides({ 'kernel-log': dmesg(banner + missing), cpuinfo: cpu('GenuineIntel', 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz', 'fpu hypervisor') }, 'guest-fw-missing')
  t.ok(inside.length > 0 && inside.every(side => side === 'guest'), `the firmware files of a guest: ${inside.join(', ')}`)
  const outside = await sides({ 'kernel-log': dmesg(`${boot}\n${missing}`), cpuinfo: cpu('GenuineIntel', '12th Gen Intel(R) Core(TM) i5-12400', 'fpu vmx') }, 'guest-fw-missing')
  t.ok(outside.length > 0 && outside.every(side => side === 'host'), `those of a host: ${outside.join(', ')}`)
  const atoms = await sides({ 'kernel-log': dmesg(`${banner}[drm:atom_op_jump [amdgpu]] *ERROR* atombios stuck in loop for more than 20secs aborting`) }, 'amdgpu-atombios-stuck')
  t.ok(atoms.includes('host'), 'a cure that speaks of the host stays there')
})
