/** Made-up diagnoses for the tests of the reports: a healthy host, one cause with two consequences, and a host where much is wrong. */
import type { ChainLink, Diagnosis, EvidenceNote, Finding, Fix, Quote, RunInfo, Undecided } from '../model/finding.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { type EvidenceKind, kindOf } from '../model/evidence.ts'
import { layers, severities } from '../model/rule.ts'

const read = (id: string, from: string, lines: number): EvidenceNote => noteOf(id, { from, status: 'ok', lines })

function noteOf(id: string, rest: Pick<EvidenceNote, 'from' | 'status'> & Partial<EvidenceNote>): EvidenceNote {
  const kind: EvidenceKind = kindOf(id) ?? 'text'
  return { id, kind, about: evidenceKinds[kind].about, ...rest }
}

const evidence: readonly EvidenceNote[] = [
  read('kernel-log', 'journalctl -k -b -o short-monotonic --no-pager', 1894),
  read('cmdline', '/proc/cmdline', 1),
  read('lspci', 'lspci -nnvvvxxx', 1210),
  read('modprobe-conf', '/etc/modprobe.d', 31),
  read('libvirt-domain/win11', 'virsh dumpxml --inactive win11', 188),
  read('boot-config', '/etc/default/grub', 38),
]

const shortEvidence: readonly EvidenceNote[] = [
  noteOf('iomem', { from: '/proc/iomem', status: 'denied', note: 'addresses read as zero' }),
  noteOf('acpi-table/DMAR', { from: '/sys/firmware/acpi/tables/DMAR', status: 'denied', note: 'EACCES' }),
  noteOf('qemu-log/win11', { from: '/var/log/libvirt/qemu/win11.log', status: 'cut', note: '8 MiB of 31 MiB kept: head and tail' }),
  noteOf('initramfs-list', { from: 'lsinitramfs /boot/initrd.img-6.1.0-30-amd64', status: 'timeout', note: 'gave up after 10 s' }),
  noteOf('nvidia-smi', { from: 'nvidia-smi -q', status: 'failed', note: "exit code 9: NVIDIA-SMI has failed because it couldn't communicate with the driver" }),
  noteOf('nvidia-proc', { from: '/proc/driver/nvidia', status: 'absent' }),
  noteOf('proxmox-vm', { from: '/etc/pve/qemu-server', status: 'absent' }),
  noteOf('guest-report', { from: '', status: 'absent' }),
]

const about: RunInfo = {
  tool: 'gpudoctor 0.1.0',
  format: 1,
  takenAt: '2026-11-20T21:03:44.120Z',
  root: false,
  host: {
    platform: 'linux', kernel: '6.1.0-30-amd64', distribution: 'Debian GNU/Linux 12 (bookworm)', board: 'ASUSTeK ProArt Z790-CREATOR', runsIn: null,
  },
  rules: 243,
  evidence,
  redacted: { hostname: 14, mac: 3 },
}

const cmdlineQuote: Quote = {
  evidence: 'cmdline',
  from: '/proc/cmdline',
  where: 1,
  text: 'BOOT_IMAGE=/vmlinuz-6.1.0-30-amd64 root=/dev/mapper/vg-root ro quiet iommu=pt vfio-pci.ids=10de:2684,10de:22ba',
  before: [],
  after: [],
}

const logQuote: Quote = {
  evidence: 'kernel-log',
  from: 'journalctl -k -b -o short-monotonic --no-pager',
  where: 412,
  text: '[    0.081337] kernel: DMAR: Host address width 39',
  before: ['[    0.080911] kernel: ACPI: Reserving DMAR table memory at [mem 0x6f3b5000-0x6f3b5087]', '[    0.081020] kernel: Zone ranges:'],
  after: ['[    0.081502] kernel: DMAR: DRHD base: 0x000000fed90000 flags: 0x0', '[    0.081700] kernel: DMAR: DRHD base: 0x000000fed91000 flags: 0x1'],
}

const switchOn: Fix = {
  title: 'Switch the IOMMU on at boot',
  risk: 'reboot',
  side: 'host',
  caution: 'If the host does not come up again, remove the parameter in the GRUB menu with e.',
  steps: [
    { kind: 'set', file: '/etc/default/grub', name: 'GRUB_CMDLINE_LINUX_DEFAULT', addWords: 'intel_iommu=on' },
    { kind: 'run', command: 'sudo update-grub', when: 'where the boot loader is GRUB' },
    { kind: 'run', command: 'sudo proxmox-boot-tool refresh', when: 'where Proxmox boots with systemd-boot' },
    { kind: 'reboot' },
  ],
  verify: [{ command: "sudo dmesg | grep -E 'DMAR: IOMMU enabled|Directed I/O'", shows: 'DMAR: Intel(R) Virtualization Technology for Directed I/O' }],
  undo: [
    { kind: 'set', file: '/etc/default/grub', name: 'GRUB_CMDLINE_LINUX_DEFAULT', removeWords: 'intel_iommu=on' },
    { kind: 'run', command: 'sudo update-grub' },
  ],
}

const inFirmware: Fix = {
  title: 'Look in the firmware setup first, if the board was reset lately',
  risk: 'reboot',
  side: 'firmware',
  steps: [{ kind: 'firmware', setting: 'Advanced, System Agent (SA) Configuration, VT-d: Enabled' }, { kind: 'power-off' }],
  verify: [{ command: 'ls /sys/firmware/acpi/tables/DMAR', shows: 'the path' }],
}

const iommuOff: Finding = {
  rule: 'intel-iommu-not-switched-on',
  aliases: ['no-intel-iommu'],
  subject: 'host',
  severity: 'error',
  confidence: 'confirmed',
  reason: 'the state and the log agree',
  layer: 'iommu',
  title: 'The Intel IOMMU is there but the kernel does not switch it on',
  text: 'The firmware gives a DMAR table, and Linux 6.1.0-30-amd64 was built without CONFIG_INTEL_IOMMU_DEFAULT_ON. ' +
    'The kernel command line says `iommu=pt`, which chooses a mode for the IOMMU but does not switch it on.',
  cause: 'Debian builds its kernels with the Intel IOMMU off by default; it needs `intel_iommu=on`.',
  evidence: [cmdlineQuote, logQuote],
  fixes: [switchOn, inFirmware],
  symptomOf: null,
  references: [
    { for: 'the parameter', at: 'https://docs.kernel.org/admin-guide/kernel-parameters.html' },
    { for: 'the default', at: 'linux drivers/iommu/intel/Kconfig' },
  ],
}

const noGroups: Finding = {
  rule: 'no-iommu-groups',
  aliases: [],
  subject: 'host',
  severity: 'error',
  confidence: 'confirmed',
  reason: 'the state and the log agree',
  layer: 'isolation',
  title: 'There is no IOMMU group on this host',
  text: '/sys/kernel/iommu_groups is empty, so VFIO has nothing to give to a VM.',
  cause: '',
  evidence: [{ evidence: 'iommu-sysfs', from: '/sys/kernel/iommu_groups', where: 0, text: '(empty directory)', before: [], after: [] }],
  fixes: [],
  symptomOf: 'intel-iommu-not-switched-on',
  references: [],
}

const startRefused: Finding = {
  rule: 'libvirt-refuses-host-device',
  aliases: [],
  subject: 'assignment win11 0000:01:00.0',
  severity: 'error',
  confidence: 'likely',
  reason: 'the state and the log agree',
  layer: 'vm-config',
  title: 'libvirt refuses to start win11 with 0000:01:00.0',
  text: 'libvirt said: host doesn\'t support passthrough of host PCI devices.',
  cause: '',
  evidence: [{
    evidence: 'libvirt-log', from: 'journalctl -u libvirtd', where: 77, before: [], after: [],
    text: "error : qemuHostdevPreparePCIDevicesCheckSupport:263 : unsupported configuration: host doesn't support passthrough of host PCI devices",
  }],
  fixes: [{
    title: 'Let libvirt detach and reattach the function around the VM',
    risk: 'restart-vm',
    side: 'hypervisor',
    steps: [
      { kind: 'edit', target: 'sudo virsh edit win11', change: "Set managed='yes' on the <hostdev> of 0000:01:00.0." },
      { kind: 'note', text: 'Start the VM again.' },
    ],
    verify: [{ command: 'sudo virsh start win11', shows: "Domain 'win11' started" }],
  }],
  symptomOf: 'no-iommu-groups',
  times: { count: 6, first: { clock: '2026-11-20T20:44:01.000Z' }, last: { clock: '2026-11-20T21:02:13.500Z' }, of: null, earlier: 0 },
  references: [],
}

const gap = (rule: string, severity: Undecided['severity'], missing: readonly string[], get: readonly string[]): Undecided =>
  ({ rule, title: `Rule ${rule}`, severity, subjects: ['function 0000:01:00.0'], missing, get })

const unknown: readonly Undecided[] = [
  gap('dmar-rmrr-covers-function', 'error', ['host.rmrrDevices'], ['sudo cp /sys/firmware/acpi/tables/DMAR DMAR.bin']),
  gap('framebuffer-holds-bar', 'error', ['host.iomemFramebuffers', 'host.framebuffers'], ['sudo cat /proc/iomem > iomem.txt', 'cat /proc/fb > fb.txt']),
  gap('bar-above-4g-refused', 'warning', ['fn.framebuffer'], ['sudo cat /proc/iomem > iomem.txt']),
  gap('guest-code-43', 'warning', ['log.code43.count'], ['pnputil /enum-devices /problem > problem-devices.txt (in the Windows guest)']),
  gap('guest-code-12', 'warning', ['log.code12.count'], ['pnputil /enum-devices /problem > problem-devices.txt (in the Windows guest)']),
]

const links = ['CPU virtualisation', 'IOMMU in firmware', 'IOMMU in the kernel', 'IOMMU groups', 'driver binding', 'device reset', 'BARs', 'VM definition', 'guest firmware', 'guest driver']

/** The way from firmware to guest: passed up to the link that broke, if any did; those behind it are not reached. */
const chainTo = (broken: string | null, failedBy: readonly string[]): readonly ChainLink[] => links.map((name, at) => {
  const reached = broken === null ? links.length - 2 : links.indexOf(broken)
  const verdict = name === broken ? 'failed' : at < reached ? 'passed' : broken === null ? 'unknown' : 'not reached'
  return {
    name, verdict, evidence: at === 1 ? [logQuote] : [], failedBy: name === broken ? failedBy : [],
    get: verdict === 'unknown' && at > links.length - 3 ? ['pnputil /enum-devices /problem > problem-devices.txt (in the Windows guest)'] : [],
  }
})

const strange: Quote = {
  evidence: 'kernel-log', from: 'journalctl -k -b -o short-monotonic --no-pager', where: 1210, before: [], after: [],
  text: '[  800.120044] kernel: vfio-pci 0000:01:00.0: unable to do what it was asked for',
}

/** Everything was read and nothing is wrong. */
export const nothingFound: Diagnosis = { about: { ...about, root: true }, chain: chainTo(null, []), findings: [], unknown: [], broken: [] }

/** One error that explains two more findings, some evidence short, some rules open. */
export const oneCause: Diagnosis = {
  about: { ...about, evidence: [...evidence, ...shortEvidence] },
  chain: chainTo('IOMMU in the kernel', ['intel-iommu-not-switched-on']),
  findings: [iommuOff, noGroups, startRefused],
  unexplained: { lines: [{ quote: strange, count: 1 }, { quote: { ...strange, where: 1240, text: '[  801.000412] kernel: vfio-pci 0000:01:00.0: timed out waiting for something' }, count: 17 }], left: 0 },
  unknown,
  broken: [],
}

const ordinary = (index: number): Finding => {
  const bdf = `0000:${(index + 2).toString(16).padStart(2, '0')}:00.${index % 2}`
  const base = `0x60${index.toString(16).padStart(2, '0')}`
  const quote: Quote = {
    evidence: 'kernel-log',
    from: 'journalctl -k -b -o short-monotonic --no-pager',
    where: 700 + index * 9,
    text: `[   12.${String(100000 + index * 37)}] kernel: vfio-pci ${bdf}: BAR 1: can't reserve [mem ${base}000000-${base}ffffff 64bit pref]`,
    before: [
      `[   12.0${index}] kernel: vfio-pci ${bdf}: enabling device (0000 -> 0003)`,
      `[   12.0${index}] kernel: pcieport 0000:00:1b.4: PME: Signaling with IRQ 122`,
    ],
    after: [
      `[   13.0${index}] kernel: usb 1-4: new full-speed USB device number 5 using xhci_hcd`,
      '[   13.4] kernel: br0: port 2(vnet0) entered forwarding state',
    ],
  }
  return {
    rule: `bar-held-by-another-driver-${index}`,
    aliases: [],
    subject: `function ${bdf}`,
    severity: severities[index % 3] ?? 'hint',
    confidence: index % 4 === 0 ? 'possible' : index % 2 === 0 ? 'likely' : 'confirmed',
    reason: 'the state and the log agree',
    layer: layers[index % layers.length] ?? 'kernel',
    title: `Another driver holds BAR 1 of ${bdf} when VFIO wants it`,
    text: `VFIO could not reserve BAR 1 of ${bdf} (NVIDIA AD102 [GeForce RTX 4090]): ` +
      'the boot framebuffer still lies in it. The VM starts, and its screen stays black.',
    cause: 'The firmware showed the boot screen on this card, and the kernel goes on drawing there until a driver takes over.',
    evidence: [quote, { ...quote, where: quote.where + 400 }],
    fixes: [
      {
        title: 'Make the other card the boot display',
        risk: 'reboot',
        side: 'firmware',
        steps: [{ kind: 'firmware', setting: 'Advanced, Graphics Configuration, Primary Display: CPU Graphics' }],
        verify: [{ command: 'cat /proc/iomem', shows: 'no BOOTFB or efifb in the BAR' }],
      },
      {
        title: 'Give the function to vfio-pci at every boot',
        risk: index % 5 === 0 ? 'data' : 'reboot',
        side: 'host',
        ...(index % 5 === 0 ? { caution: 'ids= takes every function with this id, also one the host needs.' } : {}),
        steps: [
          { kind: 'write', file: '/etc/modprobe.d/vfio.conf', text: 'options vfio-pci ids=10de:2684,10de:22ba\nsoftdep nouveau pre: vfio-pci\n' },
          { kind: 'run', command: 'sudo update-initramfs -u -k all', when: 'on Debian and its kin' },
          { kind: 'run', command: 'sudo dracut --force --regenerate-all', when: 'on Fedora and its kin' },
          { kind: 'reboot' },
        ],
        verify: [{ command: `lspci -nnks ${bdf}`, shows: 'Kernel driver in use: vfio-pci' }],
      },
    ],
    symptomOf: index >= 24 ? `bar-held-by-another-driver-${index - 24}` : null,
    times: { count: 1 + index * 11, first: { sinceBoot: 3.4 + index }, last: index === 0 ? { sinceBoot: 3.4 } : { sinceBoot: 812.1 }, of: index % 2 === 0 ? 'this boot' : 'last boot', earlier: index % 3 },
    references: [{ for: 'the message', at: 'linux drivers/pci/setup-res.c' }],
  }
}

/** Thirty findings, twenty-four of them causes; many open rules, and one broken one. */
export const thirtyFindings: Diagnosis = {
  about: { ...about, evidence: [...evidence, ...shortEvidence] },
  findings: Array.from({ length: 30 }, (_, index) => ordinary(index)),
  unknown: [
    ...unknown,
    ...Array.from({ length: 24 }, (_, index) => {
      const missing = ['fn.driver', 'fn.id', 'group.id'][index % 3] ?? 'fn.bdf'
      return gap(`open-rule-${index}`, severities[index % 3] ?? 'hint', [missing], [`sudo lspci -nnvvvxxx -s ${index % 9} > lspci-${index % 9}.txt`])
    }),
  ],
  unexplained: { lines: Array.from({ length: 20 }, (_, index) => ({ quote: { ...strange, where: 2000 + index, text: `[  900.00000${index % 10}] kernel: vfio-pci 0000:01:00.0: failure of kind ${'abcdefghijklmnopqrst'[index]}` }, count: index + 1 })), left: 3 },
  broken: [{ rule: 'my-own-rule', file: 'rules/local/my-own-rule.yaml', error: 'no operator "equall"; did you mean equal?', line: 14, column: 9 }],
}

export const samples: Readonly<Record<string, Diagnosis>> = { nothingFound, oneCause, thirtyFindings }

/** The keys whose values are drawn from closed sets; every other string may come from a host. */
const closed: ReadonlySet<string> = new Set(['severity', 'confidence', 'layer', 'status', 'risk', 'kind', 'verdict', 'of'])

/** The diagnosis with every free string replaced: what a hostile host could bring about at the worst. */
export function withText(diagnosis: Diagnosis, hostile: (was: string) => string): Diagnosis {
  const walk = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') return closed.has(key) ? value : hostile(value)
    if (Array.isArray(value)) return value.map(each => walk(key, each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(name, each)]))
  }
  return walk('', diagnosis) as Diagnosis
}

/** What a hostile host may put into a name, a log line or a file: markup, scripts, escape codes, line ends, what no eye sees. */
export const hostile = [
  '<script>alert(1)</script>', '</script><script>alert(1)</script>', '</style><img src=x onerror=alert(1)>', '"><svg onload=alert(1)>',
  "' autofocus onfocus='alert(1)",
  'javascript:alert(1)', 'JaVaScRiPt:alert(1)//https://example.org', 'data:text/html,<script>alert(1)</script>', 'https://example.org/" onmouseover="alert(1)',
  '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', '<!--', ']]>', '&lt;b&gt;', '__proto__', 'constructor',
  '\x1b[2J\x1b[1;1HAll is well', '\x1b]8;;https://example.org\x07here\x1b]8;;\x07', '\x9b31m', 'rm\x08\x08ls', 'first\rsecond', 'first\nsecond', '\x00', '\x7f', '\t',
  'safe\u202egnp.exe', '\u2066\u2069', '\u200b\u200d\ufeff', '\u{e0041}\u{e007f}', '\ud800', 'x\udc00y', '\u2028', 'a\u00a0b', '\u3164', '\uffff', '`odd', '', ' ',
  'あ'.repeat(200), 'e' + '\u0301'.repeat(300), 'x'.repeat(5000),
]

/** Fit for a test's name. */
export const named = (text: string): string => JSON.stringify(text).replace(/[^ -~]/g, '?').slice(0, 60)
