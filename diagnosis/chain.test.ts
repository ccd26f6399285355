/** What the diagnosis says beside its findings: how far the host got, why it is as sure as it is, when things were said, and what nobody explains. */
import t from 'tap'
import { pathInfo } from '../engine/paths.ts'
import type { Diagnosis, Finding } from '../model/finding.ts'
import type { Condition } from '../model/rule.ts'
import { collected, cpu, dmesg, examine, functions, handedIn, link, memory, modules, tree, type Machine } from '../test-corpus/made-machine.ts'
import { isSound } from '../test-corpus/chain-sound.ts'
import fc from '../test-corpus/property.ts'
import { chains, type Link } from './chain-links.ts'

const bootLines = (...more: string[]): string => dmesg(['Linux version 6.8.12-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian', 'Command line: ro intel_iommu=on', 'DMAR: IOMMU enabled', ...more].join('\n'))
const gpu = (driver: string | null, more: Readonly<Record<string, string>> = {}): Machine => functions([
  { bdf: '0000:00:00.0', id: '8086:4650', class: '060000', group: 0 },
  { bdf: '0000:00:01.0', id: '8086:460d', class: '060400', driver: 'pcieport', group: 1 },
  { bdf: '0000:01:00.0', id: '10de:2504', class: '030000', ...(driver === null ? {} : { driver }), group: 14, below: '0000:00:01.0', more: { ...link, reset_method: 'flr bus', resource: bars, ...more } },
])
const bars = ['0x0000000084000000 0x0000000084ffffff 0x0000000000040200', '0x0000004000000000 0x000000400fffffff 0x000000000014220c', ...Array.from({ length: 5 }, () => '0x0000000000000000 0x0000000000000000 0x0000000000000000')].join('\n')

/** A host whose GPU is given to the VM play, with all that works. */
const host: Machine = {
  ...gpu('vfio-pci'),
  'kernel-log': bootLines(),
  cmdline: 'ro intel_iommu=on\n',
  cpuinfo: cpu('GenuineIntel', '12th Gen Intel(R) Core(TM) i5-12400', 'fpu vmx ept'),
  modules: modules('vfio_pci', 'vfio', 'kvm_intel', 'kvm'),
  'firmware-sysfs': tree(['/sys/firmware/acpi/tables\t/', '/sys/firmware/acpi/tables/DMAR\t/']),
  'proxmox-vm/101': 'bios: ovmf\ncpu: host\nhostpci0: 0000:01:00.0,pcie=1\nmachine: q35\nmemory: 4096\nname: play\nballoon: 0\n',
  meminfo: memory(64),
}

const seen = ({ chain = [] }: Diagnosis): string => chain.map(({ verdict }) => ({ passed: '+', failed: 'x', unknown: '?', 'not reached': '-' })[verdict]).join('')
const verdictOf = ({ chain = [] }: Diagnosis, name: string) => chain.find(each => each.name === name)?.verdict
const found = ({ findings }: Diagnosis, rule: string): Finding => {
  const finding = findings.find(each => each.rule === rule)
  if (!finding) throw new Error(`${rule} is not among ${findings.map(each => each.rule).join(', ')}`)
  return finding
}

t.test('the table of links', async t => {
  const paths = (condition: Condition): string[] => ('operator' in condition ? [`${condition.fact}.${condition.path}`] : ('not' in condition ? [condition.not] : 'all' in condition ? condition.all : condition.any).flatMap(paths))
  for (const [way, links] of Object.entries(chains) as [string, readonly Link[]][]) {
    for (const each of links) {
      const wrong = [each.passed, ...(each.failed ? [each.failed] : [])].flatMap(paths).map(path => pathInfo(path, each.of, {})).filter(info => typeof info === 'string')
      t.same(wrong, [], `${way}, ${each.name}: its facts exist`)
    }
    t.equal(new Set(links.map(each => each.name)).size, links.length, `${way}: names are told apart`)
  }
})

t.test('how far the host got', async t => {
  const whole = await examine(collected(host))
  t.equal(seen(whole), '++++++++??', 'up to the guest, of which nobody told')
  for (const { name, verdict, evidence, get } of whole.chain ?? []) {
    if (verdict === 'passed') t.ok(evidence.length > 0, `${name} is proven by ${evidence[0]?.evidence}`)
    else t.ok(get.length > 0, `${name} would be told by ${get[0]}`)
  }

  t.test('nothing is passed because nothing was seen', async t => {
    const { 'kernel-log': _, 'iommu-sysfs': __, cpuinfo: ___, ...less } = host
    const sparse = await examine(handedIn({ ...less, ...Object.fromEntries(Object.entries(gpu('vfio-pci')).filter(([id]) => id === 'pci-sysfs')) }))
    t.equal(verdictOf(sparse, 'VT-x or AMD-V'), 'unknown')
    const { modules: _modules, 'pci-sysfs': _pci, 'firmware-sysfs': _firmware, ...config } = less
    t.notOk((await examine(handedIn(config))).chain?.some(each => each.verdict === 'passed' && each.name !== 'VM definition'), 'from a VM alone nothing of the host')
  })

  t.test('behind a broken link what is proven stands, and the rest is not reached', async t => {
    const off = await examine(collected({ ...host, ...Object.fromEntries(Object.entries(functions([{ bdf: '0000:01:00.0', id: '10de:2504', class: '030000', driver: 'vfio-pci', more: { ...link, resource: bars } }]))), 'firmware-sysfs': tree(['/sys/firmware/acpi/tables\t/', '/sys/firmware/acpi/tables/FACP\t/']) }))
    t.equal(seen(off), '+x--+-++--')
    t.same(off.chain?.[1]?.failedBy, ['vtd-off-in-firmware'])
    t.ok(off.chain?.slice(2).every(({ verdict, evidence, get }) => verdict === 'passed' || (evidence.length === 0 && get.length === 0)))
  })

  t.test('a second fault further on is shown as well', async t => {
    const two = await examine(collected({ ...host, ...gpu('vfio-pci'), cpuinfo: cpu('GenuineIntel', 'x', 'fpu'), 'kernel-log': bootLines('kvm: disabled by bios', 'vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up') }))
    t.equal(seen(two), 'x++++x++--')
    t.same(two.chain?.[5]?.failedBy, ['flr-timeout'])
  })

  t.test('elsewhere it is the way of the GPUs this system uses itself', async t => {
    const { 'proxmox-vm/101': _, ...without } = host
    const desktop = await examine(collected({ ...without, ...gpu('nouveau'), modules: modules('nouveau') }))
    t.same(desktop.chain?.map(each => each.name), ['PCI', 'BARs', 'PCIe link', 'Driver', 'User space'])
    t.equal(seen(desktop), '++++?')
    const noGpu = await examine(collected({ ...without, ...functions([{ bdf: '0000:00:00.0', id: '8086:4650', class: '060000', group: 0 }]) }))
    t.equal(noGpu.chain, undefined, 'and where there is none, there is no chain')
  })

  t.test('a GPU that no VM is given breaks nothing', async t => {
    const second = functions([
      { bdf: '0000:01:00.0', id: '10de:2504', class: '030000', driver: 'vfio-pci', group: 14, more: { ...link, reset_method: 'flr bus', resource: bars } },
      { bdf: '0000:02:00.0', id: '10de:1b39', class: '030200', driver: 'nvidia', group: 15, more: link },
    ])
    const told = await examine(collected({ ...host, ...second, 'kernel-log': bootLines('nvidia 0000:02:00.0: not ready 65535ms after FLR; giving up') }))
    t.ok(found(told, 'flr-timeout'))
    t.equal(verdictOf(told, 'Reset'), 'passed')
  })
})

t.test('why a finding is as sure as it says', async t => {
  const reasons = async (machine: Machine, rule: string) => found(await examine(collected(machine)), rule).reason
  t.equal(await reasons({ ...host, 'kernel-log': bootLines('vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up') }, 'flr-timeout'), 'the message itself names the cause')
  const everything = await examine(collected({ ...host, ...gpu('nouveau'), cpuinfo: cpu('GenuineIntel', 'x', 'fpu'), 'kernel-log': bootLines('kvm: disabled by bios') }))
  for (const finding of everything.findings) t.match(finding.reason, /^[a-z][^.]+$/, `${finding.rule}: ${finding.confidence}, ${finding.reason}`)
})

t.test('when it was said', async t => {
  const boot = (seconds: readonly number[]) => ['[    0.000000] Linux version 6.8.12-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP', ...seconds.map(at => `[${at.toFixed(6).padStart(12)}] vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up`), ''].join('\n')
  const times = async (log: string, collect = collected) => (await examine(collect({ ...host, 'kernel-log': log }))).findings.find(each => each.rule === 'flr-timeout')?.times
  t.same(await times(boot([12.5, 90.25, 400])), { count: 3, first: { sinceBoot: 12.5 }, last: { sinceBoot: 400 }, of: 'this boot', earlier: 0 })
  t.same(await times(boot([5, 6]) + boot([12.5]), handedIn), { count: 1, first: { sinceBoot: 12.5 }, last: { sinceBoot: 12.5 }, of: 'last boot', earlier: 2 }, 'earlier boots are counted apart')
  t.equal(await times(boot([5, 6]) + boot([])), undefined, 'and accuse nobody')
  t.same((await times('vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up\n', handedIn)), { count: 1, first: null, last: null, of: null, earlier: 0 }, 'without a time')
  const finding = found(await examine(collected({ ...host, 'kernel-log': boot([12.5, 90.25, 400]) })), 'flr-timeout')
  t.match(finding.evidence[0]?.text, /12\.5/, 'the first in time is quoted first')
})

t.test('what nobody explains', async t => {
  const unexplained = async (machine: Machine, collect = collected) => (await examine(collect(machine))).unexplained
  const strange = (count: number, what: string) => Array.from({ length: count }, (_, at) => `vfio-pci 0000:01:00.0: ${what} failed with ${at}`)
  const told = await unexplained({ ...host, 'kernel-log': bootLines(
    ...strange(30, 'frobnication'), ...strange(2, 'twiddling'), 'vfio-pci 0000:01:00.0: resetting', 'vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up',
    'e1000e 0000:00:1f.6: something failed that is nobody\'s business', 'vfio_ecap_init: 0000:01:00.0 hiding ecap 0x19@0x900 failed',
  ) })
  t.same(told?.lines.map(({ quote, count }) => [quote.text.replace(/^\[[^\]]*\] /, ''), count]), [['vfio-pci 0000:01:00.0: twiddling failed with 0', 2], ['vfio-pci 0000:01:00.0: frobnication failed with 0', 30]], 'alike lines once, the rarest first; no matched, harmless or other line')
  t.match(told?.lines[0]?.quote, { evidence: 'kernel-log', where: 34 })

  const many = await unexplained({ ...host, 'kernel-log': bootLines(...Array.from({ length: 26 }, (_, at) => `vfio-pci 0000:01:00.0: error of kind ${String.fromCharCode(97 + at)}`)) })
  t.equal(many?.lines.length, 20)
  t.equal(many?.left, 6, 'what is not listed is counted')

  const levels = await unexplained({ ...host, 'kernel-log': '<6>[    0.000000] Linux version 6.8.12-amd64 (debian) #1 SMP\n<3>[    1.000000] vfio-pci 0000:01:00.0: a thing happened\n<6>[    1.100000] vfio-pci 0000:01:00.0: another thing happened\n' })
  t.same(levels?.lines.map(({ quote }) => quote.where), [2], "the kernel's own level decides where it is known")

  const past = await unexplained({ ...host, 'kernel-log': bootLines('vfio-pci 0000:01:00.0: that error was yesterday') + bootLines() })
  t.same(past?.lines, [], 'earlier boots are history')

  const said = await unexplained({ ...host, text: 'My nvidia card fails with an error since Tuesday.\nqemu-system-x86_64: -device vfio-pci: frobnication failed\n' }, handedIn)
  t.same(said?.lines.map(({ quote }) => quote.where), [2], 'what people say is no message')

  const storm = Array.from({ length: 6000 }, (_, at) => `[${(10 + at / 100).toFixed(6).padStart(12)}] vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up`)
  t.same((await unexplained({ ...host, 'kernel-log': `${bootLines()}${storm.join('\n')}\n` }))?.lines, [], 'a storm that a rule knows stays known behind its limit')
})

t.test('files without anything to tell', async t => {
  const nothing = await examine(handedIn({ text: 'hello\n' }))
  t.equal(nothing.chain, undefined)
  t.same(nothing.unexplained, { lines: [], left: 0 })
})

t.test('whatever a log holds, what is listed stands there', async () => {
  const word = fc.constantFrom('vfio-pci', '0000:01:00.0:', 'failed', 'error', '<3>', '\u0000', '{"MESSAGE":"vfio error"}', '[    1.000000]', 'Linux version 6.1', 'nvidia', '\\', 'timeout', '-12', 'not ready 65535ms after FLR; giving up')
  const lines = fc.array(fc.array(fc.oneof(word, fc.string({ maxLength: 12 })), { maxLength: 8 }).map(words => words.join(' ').replace(/[\n\r]/g, ' ')), { maxLength: 30 })
  await fc.assert(fc.asyncProperty(lines, async log => {
    const { unexplained, chain } = await examine(collected({ ...host, 'kernel-log': `${log.join('\n')}\n` }))
    for (const { quote } of unexplained?.lines ?? []) if (!(log[quote.where - 1] ?? '').startsWith(quote.text)) throw new Error(`line ${quote.where} is not ${quote.text}`)
    const counted = (unexplained?.lines ?? []).reduce((sum, { count }) => sum + count, 0)
    if (counted > log.length || !isSound(chain)) throw new Error('more than there is')
  }), { numRuns: 40 })
})
