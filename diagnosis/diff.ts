/** Two snapshots of one host held against each other: what changed, which findings came and went, and what explains the new ones. */
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { hasBody, kindOf, textOf, type Evidence, type EvidenceKind } from '../model/evidence.ts'
import { areas, ties, type Area, type Change, type Difference, type FindingChange, type Reason, type Tie } from '../model/diff.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { Fact, FactSpec } from '../model/fact.ts'
import type { Diagnosis, Finding, LeafTrace, Trace } from '../model/finding.ts'
import type { Layer, Rule } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { prefixOf } from '../matching/log-prefix.ts'
import { Examination } from '../engine/run.ts'
import type { Shared } from '../engine/shared.ts'
import { inLanguage, say } from '../language/say.ts'
import { subjectText } from './diagnose.ts'

/** One of the two, examined. */
export interface Side { readonly snapshot: Snapshot; readonly evidence: readonly Evidence[]; readonly diagnosis: Diagnosis }

/** Facts that are another from one minute to the next and tell nothing. */
const restless: ReadonlySet<string> = new Set([
  'host.memoryAvailableMiB', 'host.memoryFreeMiB', 'host.wiredMiB', 'host.hugepagesFree', 'host.hugepagesFreeMiB', 'host.initramfsAge', 'host.cmdlineSecrets',
  'host.modulesInUse', 'host.bridgeScanSeconds', 'fn.powerState', 'fn.powerControl', 'fn.d3coldAllowed', 'fn.runtimeStatus', 'fn.irq', 'fn.linkSpeedGT', 'fn.msiVectors', 'fn.msixVectors', 'vm.running',
  // Said by others that are compared.
  'host.cmdline', 'host.pptdevsLengths', 'host.platform', 'fn.group',
])

/** Which area a fact belongs to: the first that fits its path. */
const areaOf: readonly (readonly [RegExp, Area])[] = [
  [/^(?:vm|assignment)\.|^host\.(?:libvirtVersion|hook)/, 'VMs'],
  [/^group\.|^fn\.(?:group|acs)|^host\.(?:iommu|interruptRemapping|vmmIommu)/, 'IOMMU'],
  [/^fn\.(?:driver|nvidia|vbios|unclaimed)|^host\.(?:nvidia|dkms|module|modules|blacklist|softdeps|vfio|kld|amdgpu|rocm|pciStub|builtinModules|pptBound)/i, 'drivers'],
  [/^fn\.(?:bar|rebar|msi|enabled)|^host\.(?:bridgeWindow|iomem)/i, 'resources'],
  [/^host\.(?:board|bios|firmware|secureBoot|dmar|ivrs|rmrr|acpi|igdStolen)|^fn\.(?:rebarSizes|vbios)/, 'firmware'],
  [/^host\.(?:cmdline|configured|boot|initramfs|loaderConf|rcConf|pptdevs|kenv|dracut)/, 'boot'],
  [/^host\.(?:kernel|freebsd|osrel|userland|lockdown|taint|distribution)/, 'kernel'],
  [/^fn\.|^host\.(?:cpu|memoryMiB|numa|gpus|gpuCount)/, 'hardware'],
]
const areaFor = (path: string): Area => areaOf.find(([form]) => form.test(path))?.[1] ?? 'system'

/** Layers in which a change of the area works. */
const reach: Readonly<Record<Area, readonly Layer[]>> = {
  hardware: ['firmware', 'link', 'resources', 'reset', 'isolation'],
  firmware: ['firmware', 'iommu', 'resources', 'isolation', 'guest-firmware', 'link'],
  boot: ['boot', 'iommu', 'kernel', 'binding', 'memory'],
  kernel: ['kernel', 'iommu', 'isolation', 'reset', 'resources', 'driver', 'hypervisor', 'memory', 'userspace'],
  IOMMU: ['iommu', 'isolation', 'resources', 'memory'],
  drivers: ['binding', 'driver', 'userspace', 'reset', 'management', 'kernel'],
  resources: ['resources', 'link', 'memory'],
  VMs: ['vm-config', 'hypervisor', 'guest-firmware', 'guest', 'memory'],
  system: ['memory', 'hypervisor', 'userspace', 'hygiene', 'management'],
  log: [],
}

export async function compare(before: Side, after: Side, rules: readonly Rule[], shared: Shared): Promise<Difference> {
  const changes = [...factChanges(before, after), ...logChanges(before, after)].sort((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area))
  const key = (finding: Finding) => `${finding.rule} ${finding.subject}`
  const [had, has] = [new Map(before.diagnosis.findings.map(one => [key(one), one])), new Map(after.diagnosis.findings.map(one => [key(one), one]))]
  const reasons = new Reasons(before, after, rules, shared, changes)
  const came: FindingChange[] = []
  for (const finding of has.values()) if (!had.has(key(finding))) came.push(changeOf(finding, await reasons.of(finding)))
  const notThere = [...had.values()].filter(finding => !has.has(key(finding)))
  const undecided = new Set(after.diagnosis.unknown.flatMap(one => one.subjects.map(subject => `${one.rule} ${subject}`)))
  const gone = await Promise.all(notThere.map(finding => reasons.isClear(finding)))
  const isLost = (finding: Finding, place: number) => undecided.has(key(finding)) || !gone[place]
  const kinds = (side: Side) => new Set(side.evidence.filter(one => hasBody(one) || (one.status === 'absent' && evidenceKinds[one.kind].absentMeans === 'none')).map(one => one.kind))
  const [there, here] = [kinds(before), kinds(after)]
  return {
    before: before.diagnosis.about, after: after.diagnosis.about, changes, came,
    went: notThere.filter((finding, place) => !isLost(finding, place)).map(finding => changeOf(finding)),
    lost: notThere.filter(isLost).map(finding => changeOf(finding)),
    stayed: [...has.values()].filter(finding => had.has(key(finding))).map(finding => changeOf(finding)),
    onlyBefore: [...there].filter(kind => !here.has(kind)).map(kind => inLanguage(evidenceKinds[kind].about)),
    onlyAfter: [...here].filter(kind => !there.has(kind)).map(kind => inLanguage(evidenceKinds[kind].about)),
  }
}

const changeOf = ({ rule, subject, severity, layer, title, symptomOf }: Finding, reasons: readonly Reason[] = []): FindingChange => ({ rule, subject, severity, layer, title, symptomOf, reasons })

// ---- facts

type Facts = Readonly<Record<string, Fact<unknown> | undefined>>

function factChanges(before: Side, after: Side): Change[] {
  const subjects: readonly (readonly [FactRoot, string, Readonly<Record<string, object>>, Readonly<Record<string, object>>, readonly EvidenceKind[]])[] = [
    ['fn', 'function', before.snapshot.functions, after.snapshot.functions, ['pci-sysfs', 'lspci', 'pciconf']],
    ['group', 'group', before.snapshot.groups, after.snapshot.groups, ['iommu-sysfs']],
    ['vm', 'vm', before.snapshot.vms, after.snapshot.vms, ['libvirt-domain', 'proxmox-vm', 'vm-bhyve']],
    ['assignment', 'assignment', before.snapshot.assignments, after.snapshot.assignments, ['libvirt-domain', 'proxmox-vm', 'vm-bhyve']],
  ]
  return moved([
    ...changesOf('host', 'host', before.snapshot.host as Facts, after.snapshot.host as Facts),
    ...subjects.flatMap(([root, kind, was, is, listing]) => {
      const listed = [before, after].every(({ evidence }) => evidence.some(one => listing.includes(one.kind) && (one.status === 'ok' || one.status === 'absent')))
      return [...new Set([...Object.keys(was), ...Object.keys(is)])].sort().flatMap((name): Change[] => {
        const [old, now] = [was[name] as Facts | undefined, is[name] as Facts | undefined].map(facts => (facts && (root !== 'fn' || !listed || isListed(facts, listing)) ? facts : undefined))
        // Another device at the same address: what it has is another device's.
        const [oldId, newId] = [old?.['id']?.value, now?.['id']?.value]
        const replaced = root === 'fn' && typeof oldId === 'string' && typeof newId === 'string' && oldId !== newId
        if (old && now && !replaced) return changesOf(root, `${kind} ${name}`, old, now)
        if (old && now) return [{ area: 'hardware', subject: `${kind} ${name}`, path: 'fn.id', about: say('the device at this address'), before: `${nameIn(old)} [${String(oldId)}]`, after: `${nameIn(now)} [${String(newId)}]` }]
        return listed ? [{ area: areaFor(`${root}.present`), subject: `${kind} ${name}`, path: `${root}.present`, about: say('it is there'), before: old ? nameIn(old) : null, after: now ? nameIn(now) : null }] : []
      })
    }),
  ], before.snapshot, after.snapshot)
}

/** A device that went and one of the same ids that came, each the only one: it has another address now. */
function moved(changes: readonly Change[], before: Snapshot, after: Snapshot): Change[] {
  const idOf = (snapshot: Snapshot, change: Change) => {
    const facts = snapshot.functions[change.subject.slice('function '.length)]
    return facts?.id?.value ? `${facts.id.value} ${facts.subsystem?.value ?? ''}` : null
  }
  const functions = changes.filter(change => change.path === 'fn.present')
  const [gone, come] = [functions.filter(change => change.after === null), functions.filter(change => change.before === null)]
  const only = (list: readonly Change[], snapshot: Snapshot, id: string) => list.filter(change => idOf(snapshot, change) === id)
  const pairs = gone.flatMap(change => {
    const id = idOf(before, change)
    const [[from, twin], [to, other]] = id === null ? [[], []] : [only(gone, before, id), only(come, after, id)]
    return from && to && !twin && !other ? [{ from, to }] : []
  })
  const paired = new Set(pairs.flatMap(({ from, to }) => [from, to]))
  return [
    ...changes.filter(change => !paired.has(change)),
    ...pairs.map(({ from, to }): Change => ({ area: 'hardware', subject: to.subject, path: 'fn.bdf', about: say('the address of {name}', { name: to.after ?? '' }), before: from.subject.slice('function '.length), after: to.subject.slice('function '.length) })),
  ]
}

/** A log may still speak of a function that the listing has no more. */
const isListed = (facts: Facts, listing: readonly EvidenceKind[]): boolean => facts['id']?.at.some(({ evidence }) => listing.some(kind => kindOf(evidence) === kind)) ?? false

const nameIn = (facts: Facts): string => String(facts['name']?.value ?? facts['kind']?.value ?? say('yes'))

function changesOf(root: FactRoot, subject: string, before: Facts, after: Facts): Change[] {
  const specs = factCatalogue[root] as Readonly<Record<string, FactSpec>>
  return Object.entries(specs).flatMap(([name, spec]): Change[] => {
    const path = `${root}.${name}`
    const [old, now] = [before[name], after[name]]
    // Facts that are made of others repeat what those say.
    if (!old || !now || spec.from.length === 0 || restless.has(path) || same(old.value, now.value)) return []
    const base = { area: areaFor(path), subject, path, about: inLanguage(spec.about) }
    if (Array.isArray(old.value) && Array.isArray(now.value)) {
      const [was, is] = [old.value.map(String), now.value.map(String)]
      const has = (list: readonly string[]) => new Set(list.map(withoutWords))
      const [hadThen, hasNow] = [has(was), has(is)]
      const [removed, added] = [was.filter(one => !hasNow.has(withoutWords(one))), is.filter(one => !hadThen.has(withoutWords(one)))]
      return removed.length + added.length > 0 ? [{ ...base, removed, added }] : []
    }
    return [{ ...base, before: worded(old.value), after: worded(now.value) }]
  })
}

const same = (a: unknown, b: unknown): boolean => withoutWords(JSON.stringify(a)) === withoutWords(JSON.stringify(b))

const worded = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'boolean' ? (value ? say('yes') : say('no')) : Array.isArray(value) ? value.map(String).join(' ') : typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)

// ---- logs

const alarming = /\b(?:error|fail(?:ed|ure|s)?|fault|cannot|can't|unable|timed? ?out|timeout|denied|refused|invalid|broken|bug|bad|disabled|missing|not (?:found|supported|viable|enabled)|stuck|hung|hang|lost|fallen|reset|warn(?:ing)?|Xid|oops|panic)\b/i
const mostLines = 40

/** Words that redaction put in are others in each run. */
const withoutWords = (text: string): string => text.replace(/\b(secret|mac|mail|ip|uuid|serial|host|user|wifi|vm|disk)-[0-9a-f]{4,16}\b/g, '$1')

/** Messages without what differs from boot to boot: times, addresses, counters. */
export const signature = (message: string): string =>
  withoutWords(message).replace(/\d{4}-\d\d-\d\d[T ][\d:.,+]{8,20}Z?/g, '#').replace(/0x[0-9a-f]+/gi, '#').replace(/\b[0-9a-f]{8,}\b/gi, '#').replace(/(?<![\w:.])\d+(?![\w:.])/g, '#').replace(/[\d.]+(?= ?m?s\b)/g, '#').replace(/\[#\]/g, '').trim()

/** Alarming lines whose like the other log does not have, where both logs are whole. */
function logChanges(before: Side, after: Side): Change[] {
  const logs = (side: Side, kind: EvidenceKind) => side.evidence.filter(one => one.kind === kind && one.status === 'ok')
  return (['kernel-log', 'qemu-log', 'libvirt-log', 'bhyve-log'] as const).flatMap(kind => {
    const [old, now] = [logs(before, kind), logs(after, kind)]
    if (old.length === 0 || now.length === 0) return []
    const [was, is] = [signatures(old), signatures(now)]
    const only = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) => [...some].filter(([sign]) => !others.has(sign)).map(([, line]) => line).slice(0, mostLines)
    const [removed, added] = [only(was, is), only(is, was)]
    return removed.length + added.length > 0 ? [{ area: 'log' as const, subject: 'host', path: 'log', about: say('alarming lines of {kind}', { kind: inLanguage(evidenceKinds[kind].about) }), removed, added }] : []
  })
}

function signatures(evidence: readonly Evidence[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const one of evidence) for (const line of textOf(one).split('\n')) if (line.length < 4096 && alarming.test(line)) {
    const message = line.slice(prefixOf(line).length).trim()
    const sign = signature(message)
    if (!found.has(sign)) found.set(sign, message)
  }
  return found
}

// ---- reasons

const mostReasons = 4
const byTie: readonly Tie[] = ties

/** Which changes explain a new finding: those its conditions rest on, then those about the same device or VM, then those of its layer. */
class Reasons {
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #before: Examination
  readonly #after: Examination
  readonly #changes: readonly Change[]

  constructor(before: Side, after: Side, rules: readonly Rule[], shared: Shared, changes: readonly Change[]) {
    this.#rules = new Map(rules.map(rule => [rule.id, rule]))
    this.#before = new Examination(rules, shared, before.snapshot, before.evidence)
    this.#after = new Examination(rules, shared, after.snapshot, after.evidence)
    this.#changes = changes
  }

  /** Whether AFTER knows that the finding is no more; a subject that is gone takes its findings with it. */
  async isClear(finding: Finding): Promise<boolean> {
    const asked = await this.#trace(this.#after, finding)
    return asked === null ? this.#changes.some(change => change.subject === finding.subject && change.path.endsWith('.present') && change.after === null) : asked.verdict === 'clear'
  }

  async of(finding: Finding): Promise<Reason[]> {
    const [was, is] = [await this.#trace(this.#before, finding), await this.#trace(this.#after, finding)]
    const oldLeaves = new Map(was ? leavesOf(was).map(leaf => [leafKey(leaf), leaf.verdict]) : [])
    const turned = is ? leavesOf(is).filter(leaf => oldLeaves.get(leafKey(leaf)) !== leaf.verdict) : []
    const facts = new Set(turned.flatMap(leaf => baseFacts(leaf.path)))
    const names = finding.subject.split(' ').slice(1)
    const tieOf = (change: Change): Tie | null => {
      const near = change.subject === 'host' || names.some(name => change.subject.split(' ').includes(name)) || change.subject.startsWith('group ')
      if (change.area === 'log') return null
      if (facts.has(change.path) && near) return byTie[0] as Tie
      if (names.some(name => change.subject.split(' ').includes(name))) return byTie[1] as Tie
      return reach[change.area].includes(finding.layer) && change.subject === 'host' ? (byTie[2] as Tie) : null
    }
    return this.#changes.flatMap(change => {
      const tie = tieOf(change)
      return tie ? [{ change, tie }] : []
    }).sort((a, b) => byTie.indexOf(a.tie) - byTie.indexOf(b.tie)).slice(0, mostReasons)
  }

  async #trace(examination: Examination, { rule: id, subject: name }: Finding): Promise<Trace | null> {
    const rule = this.#rules.get(id)
    const subject = rule && examination.subjects[rule.for].find(one => subjectText(one.ref) === name)
    return rule && subject ? examination.ask(rule.conditions, rule, subject) : null
  }
}

const leavesOf = (trace: Trace): LeafTrace[] => (trace.kind === 'leaf' ? [trace] : trace.of.flatMap(leavesOf))
const leafKey = (leaf: LeafTrace): string => `${leaf.path} ${leaf.operator} ${JSON.stringify(leaf.expected)}`

const opens: Readonly<Record<string, FactRoot>> = { function: 'fn', functions: 'fn', vms: 'vm', group: 'group' }

/** The facts that were read behind a path: through lists of other subjects, and through what derived facts are made of. */
function baseFacts(path: string, seen: ReadonlySet<string> = new Set()): string[] {
  const [first = '', ...keys] = path.split('.')
  if (!Object.hasOwn(factCatalogue, first)) return []
  let root = first as FactRoot
  return keys.flatMap(key => {
    const own = `${root}.${key}`
    const spec = (factCatalogue[root] as Readonly<Record<string, FactSpec>>)[key]
    if (!spec || seen.has(own)) return []
    root = opens[spec.type] ?? root
    return [own, ...(spec.of ?? []).flatMap(deeper => baseFacts(deeper, new Set([...seen, own])))]
  })
}
