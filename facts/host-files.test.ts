/** Packages, files that drivers and VMs name, links between GPUs, and what joins them. */
import fc from '../test-corpus/property.ts'
import t from 'tap'
import collected from '../collectors/linux/host-files.ts'
import { packageMatters } from '../matching/linux-packages.ts'
import { joinDriverBuilds } from './driver-builds.ts'
import { joinHostFiles } from './host-files.ts'
import { joinLinkErrors } from './link-errors.ts'
import { joinMediated } from './mediated.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { AssignmentFacts, Contribution, FunctionFacts, HostFacts } from '../model/snapshot.ts'
import dcgm from '../parsers/dcgm.ts'
import bootConfig from '../parsers/boot-config.ts'
import guestReport from '../parsers/guest-report.ts'
import hostFiles from '../parsers/host-files.ts'
import hostMap from '../parsers/host-map.ts'
import kernelLog from '../parsers/kernel-log.ts'
import kernelVersion from '../parsers/kernel-version.ts'
import limits from '../parsers/limits.ts'
import nvidiaLinks from '../parsers/nvidia-links.ts'
import packages from '../parsers/packages.ts'
import type { Parser } from '../parsers/parser.ts'

const evidence = (kind: EvidenceKind, text: readonly string[], more: Partial<Evidence> = {}): Evidence => ({ id: kind, kind, from: 'x', status: 'ok', body: text.map(line => `${line}\n`).join(''), takenAt: '2026-01-02T03:04:05Z', ...more })
const host = (parser: Parser, text: readonly string[], more: Partial<Evidence> = {}): HostFacts => parser.parse(evidence(parser.gives, text, more)).host ?? {}
const said = (fact: Fact<unknown> | undefined) => fact && [fact.value, fact.at.map(({ where }) => where)]
const fact = <T>(value: T): Fact<T> => known(value, 'text', 1)

t.test('packages of dpkg, rpm, pacman and pveversion', async t => {
  const ubuntu = ['ii  ovmf 2024.02-2ubuntu0.1', 'ii  linux-headers-6.8.0-51-generic 6.8.0-51.52', 'rc  nvidia-driver-535 535.183.01-0ubuntu1', 'ii  nvidia-driver-550 550.120-0ubuntu0.24.04.1', 'ii  libnvidia-compute-535 535.183.01-0ubuntu1']
  const seen = host(packages, ubuntu)
  t.same(said(seen.packages), [['ovmf 2024.02-2ubuntu0.1', 'linux-headers-6.8.0-51-generic 6.8.0-51.52', 'nvidia-driver-550 550.120-0ubuntu0.24.04.1', 'libnvidia-compute-535 535.183.01-0ubuntu1'], [1, 2, 4, 5]], 'what was removed and left its settings is not installed')
  t.same(said(seen.nvidiaPackageVersions), [['550.120', '535.183.01'], [4, 5]])
  const pasted = host(packages, ubuntu, { takenAt: undefined } as unknown as Evidence)
  t.same([pasted.packages, pasted.nvidiaPackageVersions?.value], [undefined, ['550.120', '535.183.01']], 'a few rows that somebody pasted may be an excerpt')
  t.same(host(packages, ['rpm edk2-ovmf 20241117-5.fc41', 'rpm xorg-x11-drv-nvidia 3:565.77-1.fc41']).nvidiaPackageVersions?.value, ['565.77'])
  t.same(host(packages, ['proxmox-ve: 8.3.0 (running kernel: 6.8.12-4-pve)', 'pve-qemu-kvm: 9.0.2-4']).packages?.value, ['pve-qemu-kvm 9.0.2-4'])
  t.same(host(packages, ['qemu-kvm-9.1.0-15.el9.x86_64', 'bash-5.1.8-9.el9.x86_64']).packages?.value, ['qemu-kvm 9.1.0-15.el9'])
  t.same(host(packages, ['||/ Name Version Architecture Description', 'ii  ovmf:all      2022.11-6   all   UEFI firmware for virtual machines']).packages?.value, ['ovmf 2022.11-6'])
  t.same(host(packages, ['bash 5.2.37-1']), { packages: { value: [], at: [{ evidence: 'packages', where: 1 }] }, nvidiaPackageVersions: { value: [], at: [{ evidence: 'packages', where: 1 }] } }, 'a list without any of them')
  t.same(host(packages, ['no list at all']), {})
  t.ok(packageMatters('linux-image-6.1.0-18-amd64'))
  t.notOk(packageMatters('xlinux-firmware'))
})

t.test('headers of the running kernel', async t => {
  const headers = (kernel: string, ...list: string[]) => {
    const facts: HostFacts = { kernel: fact(kernel), packages: fact<readonly string[]>(list) }
    joinDriverBuilds(facts)
    return facts.kernelHeaders?.value
  }
  t.equal(headers('6.8.0-51-generic', 'linux-headers-6.8.0-51-generic 6.8.0-51.52'), true)
  t.equal(headers('6.8.0-51-generic', 'linux-headers-6.8.0-50-generic 6.8.0-50.51'), false)
  t.equal(headers('6.8.12-4-pve', 'proxmox-headers-6.8.12-4-pve 6.8.12-4'), true)
  t.equal(headers('6.11.4-301.fc41.x86_64', 'kernel-devel 6.11.4-301.fc41'), true)
  t.equal(headers('6.11.4-301.fc41.x86_64', 'kernel-devel 6.11.3-300.fc41'), false)
  t.equal(headers('6.12.1-arch1-1', 'linux-headers 6.12.1.arch1-1'), undefined, 'names of packages and kernels have nothing in common there')
})

t.test('files that drivers and VMs name', async t => {
  const tree = ['/lib/firmware\t/', '/lib/firmware/amdgpu\t/', '/lib/firmware/amdgpu/navi10_sos.bin.zst\t/', '/lib/firmware/i915/adlp_dmc.bin\t/', '/sys/module/firmware_class/parameters\t/', '/sys/module/firmware_class/parameters/path\t=',
    '/usr/share/OVMF\t/', '/usr/share/OVMF/OVMF_CODE_4M.fd\t@100644 0 0 3653632 1714560000', '/usr/share/kvm\t/', '/usr/share/kvm/gtx.rom\t@100644 0 0 0 1714560000']
  const seen = host(hostFiles, tree)
  t.same(said(seen.firmwareFiles), [['amdgpu/navi10_sos.bin', 'i915/adlp_dmc.bin'], [3, 4]])
  t.same(seen.imageFiles?.value, ['/usr/share/OVMF/OVMF_CODE_4M.fd 3653632', '/usr/share/kvm/gtx.rom 0'])
  t.equal(host(hostFiles, tree.map(line => (line.endsWith('/path\t=') ? `${line}/opt/fw` : line))).firmwareFiles, undefined, 'firmware of its own folder')
  t.equal(host(hostFiles, tree, { status: 'cut' }).imageFolders, undefined, 'what was not read to its end shows no absence')
  t.same(host(hostFiles, ['/usr/share/kvm\t/', '/usr/share/OVMF\t/', '/usr/share/kvm/a.rom\t!denied', '/var/lib/libvirt/images/*.rom\t!denied']).imageFolders?.value, ['/usr/share/OVMF'], 'what could not be looked at may be there')
  t.same(host(hostFiles, ['amdgpu.bin', 'x']), {})

  const log = host(kernelLog, ['[    4.1] amdgpu 0000:03:00.0: Direct firmware load for amdgpu/navi10_sos.bin failed with error -2', '[    4.2] amdgpu 0000:03:00.0: firmware: failed to load amdgpu/navi10_ta.bin (-2)', '[    5.0] brcmfmac 0000:05:00.0: Direct firmware load for brcm/x.bin failed with error -2'])
  t.same(said(log.firmwareFailed), [['amdgpu/navi10_sos.bin', 'amdgpu/navi10_ta.bin'], [1, 2]])
  const vm = (name: string, path: string | null): Contribution['vms'] => ({ [name]: { name: fact(name), firmwareFile: fact<string>(path as string) } })
  const draft: Required<Contribution> = {
    host: { ...seen, ...log }, functions: {}, groups: {}, notUnderstood: [],
    vms: { ...vm('here', '/usr/share/OVMF/OVMF_CODE_4M.fd'), ...vm('gone', '/usr/share/OVMF/OVMF_CODE.fd'), ...vm('elsewhere', '/opt/OVMF.fd'), ...vm('odd', '/usr/share/OVMF/OVMF.img'), ...vm('bios', null) },
    assignments: Object.fromEntries(['gtx.rom', 'none.rom', '/root/x.rom'].map(rom => [rom, { romFile: fact(rom) }])),
  }
  joinHostFiles(draft)
  t.same([draft.host.firmwareAbsent?.value, draft.host.firmwareLate?.value], [['amdgpu/navi10_ta.bin'], ['amdgpu/navi10_sos.bin']])
  t.same(Object.values(draft.vms).map(one => one.firmwareFileThere?.value), [true, false, undefined, undefined, true])
  t.same(Object.values(draft.assignments).map(one => one.romFileBytes?.value), [0, null, undefined])
})

t.test('whose ROM a file holds', async t => {
  const rom = (vendor: string, device: string, { revision = '00', list = '0000', code = '00', last = '80' } = {}) => `55aa7feb4b${'00'.repeat(19)}2000${'00'.repeat(6)}50434952${vendor}${device}${list}1800${revision}000003${'7f00'}0100${code}${last}0000`
  const at = (name: string, hex: string) => `/usr/share/kvm/${name}\t#${hex}`
  const seen = host(hostFiles, ['/usr/share/kvm\t/', '/usr/share/kvm/own.rom\t@100600 0 0 65536 1714560000', at('own.rom', rom('de10', '801b')), at('more.rom', rom('de10', '811b', { last: '00' })), at('amd.rom', rom('0210', 'bf73', { revision: '03', list: '4000', code: '03' })),
    at('any.rom', rom('de10', 'ffff')), at('flash.rom', `4e564749${'00'.repeat(60)}`), at('cut.rom', '55aa7f'), at('text.bin', '3c21'), at('odd.bin', 'xyz'), '/usr/share/kvm/other.rom\t@100600 0 0 1 1714560000', '/usr/share/kvm/other.rom\t!denied'])
  const words = (seen.romHeads?.value ?? []).map(entry => entry.slice('/usr/share/kvm/'.length))
  t.same(words, ['own.rom 55aa 10de:1b80 0 single', 'more.rom 55aa 10de:1b81 0 several', 'amd.rom 55aa 1002:* 3 single', 'any.rom 55aa 10de:ffff 0 single', 'flash.rom NVGI - - -', 'cut.rom 55aa - - -', 'text.bin other - - -', 'odd.bin other - - -'])
  t.same(seen.imageFolders?.value, ['/usr/share/kvm'], 'a file that may be seen and not read hides no other')
  const draft: Required<Contribution> = {
    host: seen, functions: { '0000:01:00.0': { id: fact('10de:1b80') } }, groups: {}, notUnderstood: [], vms: {},
    assignments: Object.fromEntries(['own.rom', 'more.rom', 'amd.rom', 'any.rom', 'flash.rom', 'other.rom'].map(name => [name, { romFile: fact(name), fn: fact('0000:01:00.0') }])),
  }
  joinHostFiles(draft)
  t.same(Object.values(draft.assignments).map(one => [one.romStarts?.value, one.romOfAnother?.value, one.romCodeType?.value, one.romSingle?.value]), [
    ['55aa', null, 0, true], ['55aa', 'device', 0, false], ['55aa', 'vendor', 3, true], ['55aa', null, 0, true], ['NVGI', null, null, null], [undefined, undefined, undefined, undefined],
  ])
  t.equal(draft.assignments['own.rom']?.romFor?.value, '10de:1b80')
})

t.test('what is kept of the head of a ROM', async t => {
  const [tree] = [collected.reduce?.(`/usr/share/kvm/a.rom\t#55aa${'00'.repeat(22)}0001${'11'.repeat(230)}50434952${'22'.repeat(600)}\n/usr/share/kvm/b.bin\t#${'4e 56 '.repeat(200)}\n/usr/share/kvm\t/\n`, []) ?? '']
  t.same(tree.split('\n').map(line => line.length), ['/usr/share/kvm/a.rom\t#'.length + 2 * (0x100 + 0x16), '/usr/share/kvm/b.bin\t#'.length + 128, '/usr/share/kvm\t/'.length, 0])
})

t.test('NVLink and the topology of GPUs', async t => {
  const seen = host(nvidiaLinks, ['GPU 0: NVIDIA A100-SXM4-40GB', '\t Link 0: 25 GB/s', '\t Link 1: <inactive>', 'GPU 1: NVIDIA A100-SXM4-40GB', '\t Link 0: 25 GB/s',
    '\u001b[4m\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\u001b[0m', 'GPU0\t X \tNV12\tPXB\t0-31\t0', 'GPU1\tNV12\t X \tSYS\t0-31\t0', 'NIC0\tPXB\tSYS\t X ', '', 'Legend:', '', '  X    = Self'])
  t.same(said(seen.nvLinksDown), [['GPU 0 link 1'], [3]])
  t.same(said(seen.gpuConnections), [['GPU0 GPU1 NV12'], [7]])
  t.same(host(nvidiaLinks, ['GPU 0: NVIDIA RTX A6000', '\t Link 0: <inactive>', '\t Link 1: <inactive>']).nvLinksDown?.value, [], 'no bridge is fitted')
  t.same(said(host(nvidiaLinks, ['GPU 0: NVIDIA A100-SXM4-40GB', '\t Link 0: Replay Errors: 0', '\t Link 0: Recovery Errors: 2', '\t Link 1: CRC Errors: 140', '\t Link 1: Tx packets: 5']).nvLinkErrors), [['GPU 0 link 0 Recovery 2', 'GPU 0 link 1 CRC 140'], [3, 4]])
  t.same(host(nvidiaLinks, ['GPU 0: NVIDIA A100-SXM4-40GB', '\t Link 0: CRC Errors: 0']).nvLinkErrors?.value, [])
  t.same(host(nvidiaLinks, ['GPU 0: NVIDIA GeForce RTX 4090']), {}, 'it has no links to speak of')
})

t.test('what grub.cfg was made of, and when', async t => {
  const files = (...cfg: string[]) => ['/proc/sys/kernel/osrelease\t=6.8.12-4-pve', '/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"', '/etc/default/grub\t@100644 0 0 900 1767322222', ...cfg.map(line => `/boot/grub/grub.cfg\t=${line}`), '/boot/grub/grub.cfg\t@100600 0 0 9000 1767000000']
  const seen = host(bootConfig, files("menuentry 'Old' {", '\tlinux /boot/vmlinuz-6.5.0-1-pve root=/dev/sda1 ro old=1', "menuentry 'PVE' {", '\tlinux\t/boot/vmlinuz-6.8.12-4-pve root=/dev/sda1 ro quiet', "menuentry 'PVE (recovery mode)' {", '\tlinux /boot/vmlinuz-6.8.12-4-pve root=/dev/sda1 ro single'))
  t.same(said(seen.writtenParams), [['root=/dev/sda1', 'ro', 'quiet'], [7]])
  t.same(said(seen.bootConfigChanged), [1767322222, [3]])
  t.equal(host(bootConfig, files('set default=0')).writtenParams, undefined, 'entries of another kind')
  const started = host(kernelVersion, ['/proc/version\t=Linux version 6.8.12-4-pve (b@x) #1', '/proc/uptime\t=86400.25 1000.00'])
  t.equal(started.bootTime?.value, Date.parse('2026-01-02T03:04:05Z') / 1000 - 86400)
  const draft = (facts: HostFacts) => { const made = { host: facts, functions: {}, groups: {}, vms: {}, assignments: {}, notUnderstood: [] }; joinHostFiles(made); return made.host }
  const joined = draft({ ...seen, ...started })
  t.same([joined.paramsNotWritten?.value, joined.bootConfigNewer?.value], [['intel_iommu=on'], true])
  t.equal(draft({ ...seen, ...started, runsIn: fact('container') }).bootConfigNewer, undefined)
  const loader = (started: string, more: HostFacts) => draft({ loaderStarted: fact(started), ...more }).bootLoader?.value
  t.same([loader('grub', { bootLoader: fact('systemd-boot') }), loader('systemd-boot', { bootLoader: fact('grub') }), loader('systemd-boot', { bootLoader: fact('proxmox-boot-tool') }), loader('systemd-boot', { distribution: fact('proxmox') }), loader('grub', { bootLoader: fact('kernelstub') }), draft(seen).bootLoader?.value],
    ['grub', 'systemd-boot', 'proxmox-boot-tool', 'proxmox-boot-tool', 'grub', 'grub'])
  t.equal(draft({ ...seen, bootTime: fact(1767322200) }).bootConfigNewer?.value, false, 'clocks are set after the start')
})

t.test('huge pages that are mounted, and memory that QEMU has locked', async t => {
  t.same(said(host(hostMap, ['/proc/mounts\t=proc /proc proc rw 0 0', '/proc/mounts\t=hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0', '/proc/mounts\t=none /mnt/huge hugetlbfs rw 0 0']).hugetlbfsMounts), [['/dev/hugepages 2M', '/mnt/huge -'], [2, 3]])
  t.same(host(hostMap, ['/proc/mounts\t=proc /proc proc rw 0 0']).hugetlbfsMounts?.value, [])
  t.equal(host(hostMap, ['/sys/block\t/']).hugetlbfsMounts, undefined)
  const locked = host(limits, ['/proc/4711\t/', '/proc/4711/limits\t=Max locked memory         17179869184          17179869184          bytes     ', '/proc/4711/status\t=VmLck:\t 8388608 kB', '/proc/4711/status\t=VmPin:\t       0 kB', '/proc/9\t/', '/proc/9/limits\t=Max locked memory         unlimited            unlimited            bytes     ', '/proc/9/status\t=VmLck:\t 0 kB', '/proc/9/status\t=VmPin:\t 2048 kB'])
  t.same(said(locked.qemuLocked), [['4711 8192 16384', '9 2 -1'], [4, 8]])
  t.equal(locked.memlockKiB?.value, 16777216)
})

t.test('what the guest agent answers', async t => {
  const vm = (...text: string[]) => Object.values(guestReport.parse(evidence('guest-report', text)).vms ?? {})[0]
  const windows = vm('{"return":{"name":"Microsoft Windows","kernel-release":"26100","version":"Microsoft Windows 11","pretty-name":"Windows 11 Pro","version-id":"11","kernel-version":"10.0","machine":"x86_64","id":"mswindows"}}',
    '{"return":[{"driver-date":1700000000000000000,"driver-name":"NVIDIA GeForce RTX 3080","driver-version":"31.0.15.4617","id":{"type":"pci","vendor-id":4318,"device-id":8710}},{"driver-name":"NVIDIA High Definition Audio","driver-version":"1.4.0.1","id":{"type":"pci","vendor-id":4318,"device-id":6895}},{"driver-name":"VirtIO","driver-version":"100.95.104.26200","id":{"type":"pci","vendor-id":6900,"device-id":4161}}]}')
  t.same([windows?.guestOs?.value, windows?.guestRelease?.value, windows?.guestDriverVersions?.value, windows?.guestProblemCodes], ['windows', 'Windows 11 Pro 26100', ['PCI\\VEN_10DE&DEV_2206 31.0.15.4617'], undefined])
  const linux = vm('{', '   "id" : "ubuntu",', '   "kernel-release" : "6.8.0-51-generic",', '   "pretty-name" : "Ubuntu 24.04.1 LTS"', '}')
  t.same([linux?.guestOs?.value, linux?.guestRelease?.value], ['linux', 'Ubuntu 24.04.1 LTS 6.8.0-51-generic'])
  const report = 'Instance ID: PCI\\VEN_10DE&DEV_1B39&SUBSYS_1\r\nProblem Code: 43 (0x2B) [CM_PROB_FAILED_POST_START]\r\n'
  for (const data of [Buffer.from(report).toString('base64'), report]) t.same(vm(JSON.stringify({ exitcode: 0, exited: 1, 'out-data': data }))?.guestProblemCodes?.value, ['43 PCI\\VEN_10DE&DEV_1B39'])
  t.equal(vm('{"return":{}}'), undefined)
  t.equal(vm('{"return":[null,7,{"id":{"type":"pci","vendor-id":"x"}}]}'), undefined)
})

t.test('counters of errors that tell of a bad link', async t => {
  const shown = (fn: FunctionFacts) => { joinLinkErrors({ x: fn }); return fn.linkErrorsShown?.value }
  t.same(shown({ aerCorrected: fact(4711), aerFatalCount: fact(2), aerCounters: fact<readonly string[]>(['RxErr 4711', 'SDES 2', 'UnsupReq 1']) }), ['fatal 2', 'SDES 2', 'corrected 4711'])
  t.same([shown({ aerCorrected: fact(999), aerFatalCount: fact(0), aerCounters: fact<readonly string[]>(['RxErr 999']) }), shown({})], [[], []])
})

t.test('what DCGM found', async t => {
  const faults = (...text: string[]) => host(dcgm, text).dcgmFaults?.value
  t.same(faults('| Diagnostic                | Result                       |', '|-----  Hardware  ----------+------------------------------|', '| GPU Memory                | Pass - All                   |', '| PCIe                      | Fail - GPU: 3                |', '| Warning                   | GPU 3 PCIe link is slow      |', '| Page Retirement           | Skip - All                   |'), ['PCIe: Fail - GPU: 3', 'GPU 3 PCIe link is slow'])
  t.same(faults('| Health Monitor Report                               |', '| Overall Health: Healthy                             |', '| GPU ID: 0       | Healthy                           |'), [])
  t.same(faults('| GPU ID: 0       | Warning                           |', '|                 | PCIe system: Warning - Detected more than 8 replays |'), ['GPU ID: 0: Warning', 'PCIe system: Warning - Detected more than 8 replays'])
  const health = { body: { GPU: { children: { 0: { children: { Errors: { children: { 'PCIe system': { children: { Error: { value: 'Detected 13 replays of GPU 0' } }, value: 'Warning' } } } }, value: 'Warning' } } }, 'Overall Health': { value: 'Warning' } }, header: ['Health Monitor Report'] }
  t.same(faults(JSON.stringify(health, null, 2)), ['GPU 0: Warning', 'GPU 0, PCIe system: Warning, Detected 13 replays of GPU 0', 'DCGM: Warning'])
  const diag = (results: unknown) => ({ 'DCGM GPU Diagnostic': { test_categories: [{ category: 'Hardware', tests: [{ name: 'GPU Memory', results }] }] } })
  t.same(faults(JSON.stringify(diag([{ gpu_id: '0', status: 'PASS' }, { gpu_id: '3', status: 'FAIL', warnings: 'GPU 3 has a row remap failure' }]))), ['Hardware, GPU Memory, GPU 3: FAIL, GPU 3 has a row remap failure'])
  t.same(faults(JSON.stringify(diag([{ entity_group: 'GPU', entity_id: 1, status: 'Fail', warnings: [{ error_id: 9, warning: 'Persistence mode for GPU 1 is disabled' }] }]))), ['Hardware, GPU Memory, GPU 1: Fail, Persistence mode for GPU 1 is disabled'])
  t.equal(faults('{"status":"FAIL"}'), undefined, 'of another program')
  t.equal(faults('nothing'), undefined)
})

t.test('vGPU types that VMs ask for', async t => {
  const left = (mdev: string, fn: FunctionFacts, running?: boolean, vmsKnown = true) => {
    const assignment: AssignmentFacts = { vm: fact('a'), fn: fact('0000:41:00.0'), mdev: fact(mdev) }
    joinMediated({ host: {}, functions: { '0000:41:00.0': fn }, groups: {}, notUnderstood: [], vms: { a: running === undefined ? {} : { running: fact(running) } }, assignments: { x: assignment } }, vmsKnown)
    return assignment.mdevInstances?.value
  }
  const types: FunctionFacts = { mdevAvailable: fact<readonly string[]>(['nvidia-63 0 GRID T4-4Q', 'nvidia-6 2']) }
  t.same([left('nvidia-63', types), left('nvidia-6', types), left('nvidia-9', types), left('nvidia-63', types, true), left('nvidia-63', types, undefined, false), left('nvidia-63', types, false, false)], [0, 2, null, undefined, undefined, 0])
  t.equal(left('0b7d1f52-52c1-4b3c-9f3e-2d7c0a1b9e44', types), undefined, 'a device that was made before')
  const own = (creatable: readonly string[], type = 0): FunctionFacts => ({ vgpuCreatable: fact(creatable), vgpuType: fact(type) })
  t.same([left('nvidia-557', own(['557 NVIDIA L40-1B'])), left('nvidia-557', own(['560 NVIDIA L40-2Q'])), left('nvidia-557', own([], 557)), left('nvidia-557', {}), left('i915-GVTg_V5_4', own([]))], [1, 0, undefined, undefined, undefined])
})

t.test('any text', async t => {
  const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('\t=', '\t@', '\t#55aa', '\t/', '/lib/firmware/', '/boot/grub/grub.cfg', 'linux ', 'menuentry ', 'GPU 0: ', ' Link 0: <inactive>', '\tGPU0\t', 'ii  nvidia-driver 1', '{"return":[', '{"id":', '__proto__', '| PCIe | Fail - GPU: 1 |', '{"header":["Health Monitor Report"],"value":"Warning"', '\n', '/proc/uptime', '/proc/1/status'))
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), parts => {
    for (const parser of [packages, dcgm, hostFiles, nvidiaLinks, bootConfig, kernelVersion, limits, hostMap, guestReport]) parser.parse(evidence(parser.gives, [parts.join('')]))
  }))
  t.pass('none throws')
})
