/**
 * Rule patterns against logs: one pass over each log finds the literals of all rules at once; only lines that hold one
 * are cut out and matched. The hits become the `log` facts of each subject they are about.
 */
import { LiteralSearch } from '../matching/literals.ts'
import { logOf, type LogicalLine, type LogText } from '../matching/log-text.ts'
import { Pattern } from '../matching/pattern.ts'
import { bdfFromDecimal, bdfFromText, type Bdf } from '../model/bdf.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { hasBody, nameOf, type Cite, type Evidence, type EvidenceId, type EvidenceKind, type EvidenceKindSpec } from '../model/evidence.ts'
import type { LogSignature, Rule, TableLookup } from '../model/rule.ts'
import { unnamedVm } from '../model/snapshot.ts'
import { bootsOf, isWhole } from '../parsers/log-boots.ts'
import { readLogLine } from '../parsers/log-line.ts'
import type { Row, Tables } from './shared.ts'
import type { Subject, Walkable, Walked } from './subject.ts'

/** A line that a signature matched. */
export interface Hit {
  readonly cite: Cite
  readonly text: string
  /** Seconds, as the log gives them; null without. */
  readonly time: number | null
  readonly captures: ReadonlyMap<string, string>
  readonly bdf: Bdf | null
  readonly group: string | null
  readonly vm: string | null
  /** What the signature's table says of it; null without. */
  readonly row: Row | null
}

interface Signature { readonly spec: LogSignature; readonly pattern: Pattern }

/** Different values of a group that `all` keeps. */
const mostValues = 100

const none: readonly Hit[] = []

/** Hits of one signature kept per log; a storm is counted up to here and no further. */
const mostHits = 5000

export class LogMatches {
  readonly #hits = new Map<LogSignature, Hit[]>()
  readonly #evidence: readonly Evidence[]
  /** Answers of `absenceProven`, by kind and VM. */
  readonly #absence = new Map<string, boolean>()
  readonly #tables: Tables
  readonly #runs: readonly Run[]
  /** Offsets of the lines, by piece, that a signature matched, be it history. */
  readonly #explained = new Map<EvidenceId, Set<number>>()
  /** Signatures of which a piece holds more lines than are looked at. */
  readonly #storms = new Map<EvidenceId, Signature[]>()
  /** Answers of `earlier`'s search: hits before the present, by signature. */
  readonly #past = new Map<LogSignature, readonly Hit[]>()

  constructor(rules: readonly Rule[], evidence: readonly Evidence[], tables: Tables = {}) {
    this.#evidence = evidence
    this.#tables = tables
    this.#runs = runsOf(evidence)
    const signatures = rules.flatMap(rule => Object.values(rule.log).map((spec): Signature => ({ spec, pattern: new Pattern(spec.match) })))
    const byLiteral = new Map<string, Signature[]>()
    for (const signature of signatures) {
      for (const literal of signature.spec.contains) {
        const folded = literal.toLowerCase()
        byLiteral.set(folded, [...(byLiteral.get(folded) ?? []), signature])
      }
    }
    const search = new LiteralSearch([...byLiteral.keys()])
    const owners = [...byLiteral.values()]
    for (const piece of evidence) {
      if (hasBody(piece) && isSearched(piece)) this.#read(piece, search, owners)
    }
    for (const hits of this.#hits.values()) if (hits.length > 1) this.#putInOrder(hits)
  }

  /** First what was said first: by line, and logs by their first lines where these have the same kind of clock. */
  #putInOrder(hits: Hit[]): void {
    const firsts = new Map<EvidenceId, number | null>()
    for (const { cite, time } of hits) if (!firsts.has(cite.evidence)) firsts.set(cite.evidence, time)
    const times = [...firsts.values()]
    const comparable = times.every(time => time !== null && (time >= 1e9) === ((times[0] ?? 0) >= 1e9))
    const places = new Map([...firsts].sort(([, a], [, b]) => (comparable ? (a as number) - (b as number) : 0)).map(([id], place) => [id, place]))
    hits.sort((a, b) => (places.get(a.cite.evidence) as number) - (places.get(b.cite.evidence) as number) || a.cite.where - b.cite.where)
  }

  #read(piece: Evidence, search: LiteralSearch, owners: readonly (readonly Signature[])[]): void {
    const log = logOf(piece)
    const from = startOfPresent(piece.kind, log) ?? 0
    const explained = new Set<number>()
    this.#explained.set(piece.id, explained)
    const seen = new SeenLines()
    const counts = new Map<Signature, number>()
    let line: LogicalLine | null = null
    search.scan(log.text, (literal, offset) => {
      if (offset < from) return
      for (const signature of owners[literal] ?? []) {
        const count = counts.get(signature) ?? 0
        if (!searches(signature.spec, piece) || count >= mostHits) continue
        if (line === null || offset < line.start || offset > line.end) line = log.lineAt(offset)
        if (seen.has(signature, line.start)) continue
        const hit = hitOf(signature, piece, line, this.#tables)
        if (!hit) continue
        explained.add(line.start)
        if (this.#isHistory(piece, hit)) continue
        counts.set(signature, count + 1)
        if (count + 1 === mostHits) this.#storms.set(piece.id, [...(this.#storms.get(piece.id) ?? []), signature])
        const hits = this.#hits.get(signature.spec)
        if (hits) hits.push(hit)
        else this.#hits.set(signature.spec, [hit])
      }
    })
  }

  /** What a daemon of libvirt said of a function before the VM started that runs with it now, or of any VM before the last one came up while all run. */
  #isHistory(piece: Evidence, { text, time, bdf }: Hit): boolean {
    if (piece.kind !== 'libvirt-log' || time === null || !daemonOfLibvirt.test(text)) return false
    if (this.#runs.some(run => run.since > time && bdf !== null && run.functions.has(bdf))) return true
    const defined = this.#evidence.filter(each => each.kind === 'libvirt-domain' && each.takenAt !== undefined).map(each => nameOf(each.id))
    return defined.length > 0 && defined.every(vm => this.#runs.some(run => run.vm === vm)) && this.#runs.some(run => run.since > time)
  }

  /** Whether any log matched a signature at all, whatever it was about. */
  matched(spec: LogSignature): boolean {
    return this.#hits.has(spec)
  }

  /** One hit for each function, group and VM that matched lines name. */
  mentioned(): Hit[] {
    const named = new Map<string, Hit>()
    for (const hits of this.#hits.values()) for (const hit of hits) named.set(`${hit.bdf} ${hit.group} ${hit.vm}`, hit)
    return [...named.values()]
  }

  hitsFor(spec: LogSignature, subject: Subject): readonly Hit[] {
    const hits = this.#hits.get(spec)
    if (!hits) return none
    return spec.about === 'host' || subject.ref.kind === 'host' ? hits : hits.filter(hit => isAbout(hit, subject))
  }

  /** How many lines of earlier boots, or of earlier runs of a VM, some signatures match: that it is nothing new. They are looked for when they are asked for. */
  earlier(specs: readonly LogSignature[], subject: Subject): number {
    const lines = specs.flatMap(spec => {
      const past = this.#past.get(spec) ?? this.#pastOf(spec)
      this.#past.set(spec, past)
      return past.filter(hit => spec.about === 'host' || subject.ref.kind === 'host' || isAbout(hit, subject)).map(({ cite }) => `${cite.evidence} ${cite.where}`)
    })
    return new Set(lines).size
  }

  #pastOf(spec: LogSignature): Hit[] {
    const signature: Signature = { spec, pattern: new Pattern(spec.match) }
    return this.logs.filter(piece => searches(spec, piece) && this.startOf(piece)).flatMap(piece => {
      const log = logOf(piece)
      const lines = new Map<number, LogicalLine>()
      new LiteralSearch(spec.contains).scan(log.text.slice(0, this.startOf(piece) ?? 0), (_, offset) => {
        const line = log.lineAt(offset)
        if (lines.size < mostHits) lines.set(line.start, line)
      })
      return [...lines.values()].flatMap(line => hitOf(signature, piece, line, this.#tables) ?? [])
    })
  }

  /** The pieces that were searched. */
  get logs(): readonly Evidence[] {
    return this.#evidence.filter(piece => this.#explained.has(piece.id))
  }

  pieceOf(id: EvidenceId): Evidence | undefined {
    return this.#evidence.find(piece => piece.id === id)
  }

  /** Where this boot, or this run of the VM, begins in the text of a log; null where the text does not show it. */
  startOf(piece: Evidence): number | null {
    return startOfPresent(piece.kind, logOf(piece))
  }

  /** Whether a signature of any rule matched this line. */
  explains(piece: Evidence, line: LogicalLine): boolean {
    return this.#explained.get(piece.id)?.has(line.start) ?? false
  }

  /** The same for a line behind the point at which a storm was no longer counted. */
  isOfStorm(piece: Evidence, line: LogicalLine): boolean {
    return (this.#storms.get(piece.id) ?? []).some(signature => hitOf(signature, piece, line, this.#tables) !== null)
  }

  /** Whether the lack of a hit proves that the message was not printed: the log where it would stand is there, whole. */
  absenceProven(spec: LogSignature, subject: Subject): boolean {
    const kind = spec.in[0] as EvidenceKind
    const key = `${kind} ${subject.vm ?? ''}`
    const known = this.#absence.get(key)
    if (known !== undefined) return known
    const pieces = this.#evidence.filter(piece => piece.kind === kind)
    const own = pieces.filter(piece => subject.vm !== null && vmOfLog(piece) === subject.vm)
    const relevant = own.length > 0 ? own : pieces
    const proven = relevant.length > 0 && relevant.every(piece => provesAbsence(piece))
    this.#absence.set(key, proven)
    return proven
  }

  /** The `log` root of one rule and subject: `<signature>.count`, `.line`, the named groups of the first hit, `.row.<column>` of its table, `.last.<group>` of the last hit and `.all.<group>` of all. */
  factsFor(rule: Rule, subject: Subject): Walkable {
    return new LogFacts(rule, subject, this)
  }
}

/** A line that holds two literals of a signature, or one literal twice, is one line. */
class SeenLines {
  readonly #last = new Map<Signature, number>()
  /** For signatures with several literals, whose hits do not come in the order of the lines. */
  readonly #all = new Map<Signature, Set<number>>()

  /** Whether the line was seen before; remembers it. */
  has(signature: Signature, start: number): boolean {
    if (signature.spec.contains.length === 1) {
      const same = this.#last.get(signature) === start
      if (!same) this.#last.set(signature, start)
      return same
    }
    const lines = this.#all.get(signature)
    if (!lines) this.#all.set(signature, new Set([start]))
    else if (lines.has(start)) return true
    else lines.add(start)
    return false
  }
}

class LogFacts implements Walkable {
  readonly #rule: Rule
  readonly #subject: Subject
  readonly #matches: LogMatches

  constructor(rule: Rule, subject: Subject, matches: LogMatches) {
    this.#rule = rule
    this.#subject = subject
    this.#matches = matches
  }

  walk(path: string): Walked {
    const [name, field, ...rest] = path.split('.') as [string, string, ...string[]]
    const spec = this.#rule.log[name]
    if (!spec) return { value: undefined, at: [] }
    const hits = this.#matches.hitsFor(spec, this.#subject)
    const at = hits.slice(0, 3).map(hit => hit.cite)
    const [first] = hits
    if (!first) return { value: this.#matches.absenceProven(spec, this.#subject) ? noneOf(field, rest) : undefined, at }
    if (field === 'row') return { value: first.row?.[rest[0] as string] ?? null, at: [first.cite] }
    if (field === 'all') return { value: allOf(hits, rest, spec), at }
    if (field === 'count') return { value: hits.length, at }
    if (field === 'line') return { value: first.text, at: [first.cite] }
    // A group that took no part in the first match may have taken part in a later one (alternatives of one pattern).
    const group = field === 'last' ? (rest[0] as string) : field
    const giving = field === 'last' ? hits.at(-1) : hits.find(hit => hit.captures.has(group))
    const value = giving?.captures.get(group) ?? null
    return { value: value !== null && spec.numbers?.includes(group) ? Number(value) : value, at: [(giving ?? first).cite] }
  }
}

/** What is known of a message that was not printed. */
const noneOf = (field: string, rest: readonly string[]): unknown => (field === 'count' ? 0 : field !== 'all' ? null : rest.length > 1 ? 0 : [])

function allOf(hits: readonly Hit[], [group, length]: readonly string[], spec: LogSignature): readonly (string | number)[] | number {
  const values = new Set(hits.flatMap(hit => hit.captures.get(group as string) ?? []))
  if (length === 'length') return values.size
  return [...values].slice(0, mostValues).map(value => (spec.numbers?.includes(group as string) ? Number(value) : value))
}

/** Commands and definitions that people copy out of a terminal: what the program answered often stands above or below. */
const withAnswers: readonly EvidenceKind[] = [
  'qemu-processes', 'bhyve-commands', 'proxmox-vm', 'iommu-sysfs', 'lspci', 'device-nodes', 'modules',
  'cmdline', 'cpuinfo', 'libvirt-domain', 'boot-config', 'initramfs-conf', 'modprobe-conf', 'kernel-version', 'os-release',
  'device-binding', 'pciconf', 'kldstat', 'loader-conf', 'rc-conf', 'vm-bhyve', 'sysctl', 'interrupts', 'limits', 'packages',
]

const isSearched = ({ kind, takenAt }: Evidence): boolean =>
  (evidenceKinds[kind] as EvidenceKindSpec).log === true || (takenAt === undefined && withAnswers.includes(kind))

/**
 * A collector's log is searched for what belongs into it. What a person handed in may hold anything under any name, so
 * every signature is tried on it; `in` then only decides what absence means.
 */
const searches = (spec: LogSignature, piece: Evidence): boolean => piece.takenAt === undefined || spec.in.includes(piece.kind)

function provesAbsence(piece: Evidence): boolean {
  if (piece.status === 'absent') return (evidenceKinds[piece.kind] as EvidenceKindSpec).absentMeans === 'none'
  if (piece.status !== 'ok') return false
  if (piece.kind === 'kernel-log') return isWhole(piece)
  // vm-bhyve keeps what bhyve itself prints only with debug="yes", in bhyve.log; its own log says nothing of it.
  if (piece.kind === 'bhyve-log' && !piece.from.endsWith('/bhyve.log')) return false
  return piece.takenAt !== undefined
}

function hitOf(signature: Signature, piece: Evidence, at: LogicalLine, tables: Tables): Hit | null {
  // Its number is counted for hits alone: candidates may be many.
  const line = readLogLine(piece.id, 0, at.text)
  const captures = signature.pattern.match(line.text) ?? signature.pattern.match(at.text)
  if (!captures) return null
  const row = rowOf(signature.spec.table, captures, tables)
  if (row === undefined) return null
  return {
    cite: { evidence: piece.id, where: at.number }, text: line.text, time: line.time, captures,
    bdf: addressIn(captures) ?? line.bdf,
    group: captures.get('group') ?? null,
    vm: captures.get('vm') ?? vmOfLog(piece) ?? vmOfMessage(signature.spec, piece),
    row,
  }
}

/** The row a line leads to, null where the table has none or none is asked for; undefined: the signature is not about this line. */
function rowOf(lookup: TableLookup | undefined, captures: ReadonlyMap<string, string>, tables: Tables): Row | null | undefined {
  if (!lookup) return null
  const rows = Object.hasOwn(tables, lookup.name) ? tables[lookup.name]?.rows : undefined
  const key = lookup.key.map(group => captures.get(group) ?? '').join(' ')
  const row = rows && Object.hasOwn(rows, key) ? (rows[key] as Row) : null
  if (lookup.rows === undefined) return row
  if (lookup.rows === 'none' || row === null) return (lookup.rows === 'none') === (row === null) ? row : undefined
  return Object.entries(lookup.rows).every(([column, values]) => values.includes(row[column] ?? '')) ? row : undefined
}

/** The group `bdf`, in Linux's spelling, NVIDIA's `0000:01:00` (a GPU is function 0) or FreeBSD's decimal `4/0/0`. */
function addressIn(captures: ReadonlyMap<string, string>): Bdf | null {
  const written = captures.get('bdf')
  return written === undefined ? null : bdfFromText(written) ?? bdfFromText(`${written}.0`) ?? bdfFromDecimal(written)
}

/** Lines of an earlier boot never accuse the present one, and what a VM said before its last start is history. */
export function startOfPresent(kind: EvidenceKind, log: LogText): number | null {
  if (kind === 'kernel-log') return bootsOf(log).at(-1)?.start ?? null
  if (kind === 'bhyve-log') return startInVmBhyveLog(log)
  if (kind !== 'qemu-log') return null
  const marker = log.text.lastIndexOf(': starting up libvirt version')
  return marker < 0 ? null : marker
}

const dateOfVmBhyve = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,8}): /

/** vm-bhyve.log holds all starts of a VM. A text that does not begin as one is a collage: another VM's lines may stand above. */
function startInVmBhyveLog(log: LogText): number | null {
  const marker = dateOfVmBhyve.test(log.text) ? log.text.lastIndexOf(': initialising\n') : -1
  return marker < 0 ? null : marker
}

const daemonOfLibvirt = /^(?:libvirtd|virtqemud|virtnodedevd|libvirt-bin)\[/

/** A VM that runs: since when (seconds since 1970), and with which functions. */
interface Run { readonly vm: string; readonly since: number; readonly functions: ReadonlySet<Bdf> }

/** From the logs of VMs that this host's collection holds: `2026-01-02 03:04:05.000+0000: starting up libvirt version: …`, and no `shutting down` after it. */
function runsOf(evidence: readonly Evidence[]): Run[] {
  return evidence.filter(piece => piece.kind === 'qemu-log' && piece.takenAt !== undefined && hasBody(piece)).flatMap(piece => {
    const log = logOf(piece)
    const at = log.text.lastIndexOf(': starting up libvirt version')
    const vm = nameOf(piece.id)
    if (at < 0 || vm === null || log.text.indexOf(': shutting down', at) >= 0) return []
    const since = Date.parse(log.text.slice(Math.max(0, at - 28), at).replace(/^(\S+) (\S+)([+-]\d\d)(\d\d)$/, '$1T$2$3:$4')) / 1000
    const functions = [...log.text.slice(at).matchAll(/"host":"([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7])"/g)].flatMap(([, written]) => bdfFromText(written ?? '') ?? [])
    return Number.isFinite(since) ? [{ vm, since, functions: new Set(functions) }] : []
  })
}

const perVm: readonly EvidenceKind[] = ['qemu-log', 'bhyve-log']

/** A collector names a VM's log after the VM; a log that was handed in has any name. */
function vmOfLog(piece: Evidence): string | null {
  if (!perVm.includes(piece.kind)) return null
  // `bhyve-log/NAME/bhyve`: a VM may have several logs.
  return piece.takenAt === undefined ? unnamedVm : (nameOf(piece.id)?.split('/')[0] ?? unnamedVm)
}

/** What only the program of a VM prints comes from some VM, whatever it was wrapped in when it was handed in. */
const vmOfMessage = (spec: LogSignature, piece: Evidence): string | null =>
  piece.kind === 'text' && piece.takenAt === undefined && perVm.includes(spec.in[0] as EvidenceKind) ? unnamedVm : null

/** A line is about a subject when what it names is the subject's, and it names what the subject is. */
function isAbout(hit: Hit, subject: Subject): boolean {
  const ofNamelessVm = hit.vm === null || hit.vm === unnamedVm
  if (!ofNamelessVm && subject.vm !== null && hit.vm !== subject.vm) return false
  if (hit.bdf !== null && subject.bdfs.size > 0 && !subject.bdfs.has(hit.bdf) && !(subject.ref.kind === 'group' && hit.group === subject.group)) return false
  if (hit.group !== null && subject.group !== null && hit.group !== subject.group) return false
  const byAddress = hit.bdf !== null && subject.bdfs.has(hit.bdf)
  const byGroup = hit.group !== null && hit.group === subject.group
  if (subject.ref.kind === 'vm') return hit.vm === subject.vm || byAddress || (ofNamelessVm && hit.bdf === null && subject.alone)
  return subject.ref.kind === 'group' ? byGroup || byAddress : hit.bdf !== null ? byAddress : byGroup
}
