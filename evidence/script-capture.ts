/**
 * What the collector script (`gpudoctor collect --script`) wrote, read back: its answers become a source, and the
 * declarations that stand in it are run against that source by the same code that reads a live host. So both give the
 * same evidence, and secrets are taken out on the way. Read as if an enemy had written it: everything is bounded,
 * nothing is opened, and a line that makes no sense is passed over. The form: docs/snapshot.md.
 */
import * as v from 'valibot'
import { collectors } from '../collectors/all.ts'
import { isNameOf, type Collector, type Recipe } from '../collectors/collector.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Evidence, EvidenceKind, EvidenceStatus } from '../model/evidence.ts'
import { collect } from './collect.ts'
import { snapshotFormat, type Manifest } from './manifest.ts'
import type { Redactor } from './redact.ts'
import { HeadAndTail, SourceError, type Bytes, type Ran, type Source, type Stat } from './source.ts'
import { noted } from '../language/say.ts'

/** The number of the form that this version reads. */
const form = 1
const mostProbes = 500
/** Answers and names of directories that are looked through. */
const mostQuestions = 5_000_000
const mostLimit = 64 << 20

const word = v.pipe(v.string(), v.maxLength(500))
/** As collectors write them: no climbing, and no more stars than a pattern of ours has, which keeps matching linear. */
const path = v.pipe(word, v.check(text => text.split('/').every(part => part !== '..' && part !== '.' && part.split('*').length <= 3), 'is no path of a collector'))
const absolute = v.pipe(path, v.startsWith('/'))
const names = v.optional(v.pipe(v.array(path), v.maxLength(300)))
const namesIn = v.strictObject({ namesIn: absolute, of: v.pipe(v.string(), v.maxLength(100), v.check(isExpression, 'is no bracket expression of a collector')), most: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))) })
const recipe = v.union([
  v.strictObject({ run: v.pipe(v.array(word), v.minLength(1), v.maxLength(300)), for: v.optional(namesIn) }),
  v.strictObject({ read: absolute, newest: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))) }),
  v.strictObject({
    tree: v.pipe(v.array(absolute), v.maxLength(300)), files: names, links: names, lists: names, stats: names,
    only: v.optional(v.strictObject({ file: path, is: v.pipe(v.array(path), v.minLength(1), v.maxLength(20)) })),
    bytes: v.optional(v.pipe(v.record(path, v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 20))), v.check(all => Object.keys(all).length <= 300))),
  }),
])
const recipes = v.optional(v.pipe(v.array(recipe), v.maxLength(100)))
const declarationSchema = v.object({
  gives: v.pipe(v.string(), v.check(kind => Object.hasOwn(evidenceKinds, kind))), platform: v.picklist(['linux', 'freebsd']), first: recipes, every: recipes,
  timeout: v.optional(v.pipe(v.number(), v.minValue(0))), limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostLimit))),
})

function isExpression(of: string): boolean {
  try {
    isNameOf(of)
    return true
  } catch {
    return false
  }
}

/** One reading of a file or one run of a command. */
interface Reading {
  readonly lines: string[]
  /** Of a long file: what stands behind the gap, and how long the whole is. */
  tail?: string[]
  size?: number
  readonly complaint: string[]
  /** The command is not installed. */
  none?: true
  failed?: string
  /** It came to its end; without, the time was over or the file was damaged. */
  ended?: true
}

/** What one probe asked and got. */
class Probe implements Source {
  readonly platform: Source['platform']
  readonly root: boolean
  readonly collector: Collector
  seconds = 0
  /** It came to its end. */
  whole = false
  readonly files = new Map<string, Reading>()
  readonly runs = new Map<string, Reading>()
  readonly links = new Map<string, string>()
  readonly stats = new Map<string, Stat>()
  readonly hex = new Map<string, string>()
  readonly refused = new Map<string, string>()
  /** Directories that were looked into. */
  readonly directories = new Set<string>()
  readonly #names = new Map<string, Set<string>>()
  #questions = 0

  constructor(collector: Collector, root: boolean) {
    this.collector = collector
    this.platform = collector.platform
    this.root = root
  }

  /** A path that was met is a name in its directory, and so up to the root. */
  met(path: string): void {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const [dir, name] = [at.slice(0, at.lastIndexOf('/')), at.slice(at.lastIndexOf('/') + 1)]
      const had = this.#names.get(dir)
      if (had?.has(name)) return
      if (had) had.add(name)
      else this.#names.set(dir, new Set([name]))
    }
  }

  async read(path: string, limit: number, _: number, keep?: 'head'): Promise<Bytes> {
    this.#count()
    const hex = keep === 'head' ? this.hex.get(path) : undefined
    if (hex !== undefined) return headOf(Buffer.from(hex, 'hex'), limit)
    const record = this.files.get(path)
    if (!record) throw this.#missing(path)
    if (record.failed !== undefined) throw refusal(record.failed)
    if (!record.ended && record.lines.length === 0) throw new SourceError('timeout', noted('did not answer in time'))
    if (keep === 'head') return headOf(bytesOfHex(record.lines), limit)
    return { ...bytesOf(record, limit), ...(record.ended ? {} : { left: 1 }) }
  }

  async list(dir: string): Promise<readonly string[]> {
    const at = dir === '/' ? '' : dir
    const names = this.#names.get(at)
    if (!names && !this.directories.has(dir)) throw this.#missing(dir)
    this.#count(names?.size)
    return [...(names ?? [])].sort()
  }

  async link(path: string): Promise<string> {
    this.#count()
    const target = this.links.get(path)
    if (target === undefined) throw this.#missing(path)
    return target
  }

  async stat(path: string): Promise<Stat> {
    this.#count()
    const stat = this.stats.get(path)
    if (stat) return stat
    // A tree asks whether its directory is there, and no more.
    if (this.directories.has(path) || this.#names.has(path)) throw new SourceError('failed', noted('was not asked for'))
    throw this.#missing(path)
  }

  async run(argv: readonly [string, ...string[]], _: number, limit: number): Promise<Ran> {
    this.#count()
    const record = this.runs.get(argv.join(' '))
    if (!record) throw new SourceError(this.whole ? 'failed' : 'timeout', this.whole ? noted('was not tried') : noted('its turn did not come in time'))
    if (record.none) throw new SourceError('absent', noted('{command} is not installed', { command: argv[0] ?? '' }))
    const code = exitCodeOf(record.complaint)
    // 137: `timeout` killed it; 124: the same in other versions of it.
    const timedOut = !record.ended || code === 137 || code === 124
    const complaint = record.complaint.filter(line => line !== '' && line !== 'printed' && !/^exit \d{1,3}$/.test(line)).join('\n').slice(0, 4096)
    return { out: bytesOf(record, limit), complaint, exitCode: code === null || code > 128 || timedOut ? null : code, timedOut }
  }

  #count(more = 1): void {
    this.#questions += more
    if (this.#questions > mostQuestions) throw new SourceError('timeout', noted('asks for too much'))
  }

  /** Why a path has no answer: it was refused, or it or what it lies in is not there, or the reading did not come so far. */
  #missing(path: string): SourceError {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const words = this.refused.get(at)
      if (words !== undefined && (at === path || words.startsWith('denied'))) return refusal(words)
    }
    return this.whole ? new SourceError('absent', noted('there is no such file')) : new SourceError('timeout', noted('its turn did not come in time'))
  }
}

/** The script adds a line behind what the command said. */
function exitCodeOf(complaint: readonly string[]): number | null {
  const code = complaint.map(line => /^exit (\d{1,3})$/.exec(line)?.[1]).findLast(found => found !== undefined)
  return code === undefined ? null : Number(code)
}

const headOf = (bytes: Uint8Array, limit: number): Bytes => ({ head: bytes.subarray(0, limit), tail: new Uint8Array(0), left: Math.max(0, bytes.length - limit) })
const bytesOfHex = (lines: readonly string[]): Buffer => Buffer.from(lines.join('').replace(/[^0-9a-f]/gi, ''), 'hex')
const textOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map(line => `${line}\n`).join(''))

function bytesOf({ lines, tail, size }: Reading, limit: number): Bytes {
  const text = textOf(lines)
  if (tail) {
    const [head, end] = [text.subarray(0, limit), textOf(tail).subarray(-limit)]
    return { head, tail: end, left: Math.max(1, (size ?? 0) - head.length - end.length) }
  }
  const kept = new HeadAndTail(limit)
  kept.add(text)
  // The script stops at the limit, and the last line break is ours.
  return text.length > limit ? { ...kept.bytes(), left: Math.max(1, text.length - limit) } : kept.bytes()
}

/** The words of strerror(3) that stand for what a live host gives as a code. */
function refusal(words: string): SourceError {
  const plain = words.slice(0, 300)
  if (/denied|not permitted/i.test(plain)) return new SourceError('denied', plain === 'denied' ? 'permission denied' : plain)
  return new SourceError(/no such (?:file|device|process|address)|not configured|not a directory/i.test(plain) ? 'absent' : 'failed', plain || noted('could not be read'))
}

const refuse = () => Promise.reject(new SourceError('failed', noted('was not asked')))
/** What no probe answers. */
const nobody: Source = { platform: 'other', root: null, read: refuse, list: refuse, link: refuse, stat: refuse, run: refuse }

export interface Capture {
  readonly manifest: Manifest
  readonly probes: readonly Probe[]
  /** In words: what is damaged, or missing at the end. */
  readonly problems: readonly string[]
  /** The names of host and user, which redaction takes out. */
  readonly node: string
  readonly user: string
}

/** What a status means where the probe did not come to its end. */
const unfinished: ReadonlyMap<EvidenceStatus, EvidenceStatus> = new Map([['ok', 'cut'], ['absent', 'timeout']])

/** The evidence of a capture, less what redaction takes; never rejects for what the file holds. */
export async function evidenceOf({ probes, manifest }: Capture, redactor: Redactor): Promise<readonly Evidence[]> {
  const byCollector = new Map<Collector, Probe>(probes.map(probe => [probe.collector, probe]))
  const taken = new Map<EvidenceKind, Probe>(probes.map(probe => [probe.collector.gives, probe]))
  const evidence = await collect([...byCollector.keys()], nobody, { redactor, patience: 1000, takenAt: manifest.takenAt, sourceOf: collector => byCollector.get(collector) })
  return evidence.map(piece => {
    const probe = taken.get(piece.kind)
    // A listing that broke off is no sign that there was nothing.
    const instead = probe && !probe.whole ? unfinished.get(piece.status) : undefined
    return { ...piece, takenAt: manifest.takenAt, tookMs: (probe?.seconds ?? 0) * 1000, ...(instead === undefined ? {} : { status: instead, note: noted('the reading did not come to its end') }) }
  })
}

/** Reads the text of a capture. Throws only where it is of a form that this version does not know. */
export function readCapture(bytes: Uint8Array): Capture {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const reader = new Reader()
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    reader.line(text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end))
    start = end + 1
  }
  return reader.result()
}

/** Goes through the lines of a capture; a probe begins with `probe`, a reading with `file` or `run`. */
class Reader {
  readonly #about = new Map<string, string>()
  readonly #probes: Probe[] = []
  readonly #problems: string[] = []
  #probe: Probe | null = null
  #record: Reading | null = null
  #finished = false
  #unknownProbes = 0

  line(line: string): void {
    const first = line[0]
    if (first === undefined) return
    if (first === '=') return this.#content(line.slice(1))
    if (first === '!') return void (this.#record && this.#record.complaint.length < 40 && this.#record.complaint.push(line.slice(1, 4096)))
    if (first === '/') return this.#tree(line)
    const space = line.indexOf(' ')
    const [verb, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
    this.#verbs.get(verb)?.(rest)
  }

  #content(text: string): void {
    if (!this.#record) return
    ;(this.#record.tail ?? this.#record.lines).push(text)
  }

  readonly #verbs: ReadonlyMap<string, (rest: string) => void> = new Map(Object.entries({
    'gpudoctor-capture': (rest: string) => {
      if (this.#about.size === 0 && rest !== String(form)) throw new Error(noted('the file is of form {its} of the collector script, this gpudoctor reads form {ours}. Update gpudoctor to read it', { its: rest.slice(0, 20), ours: form }))
    },
    about: (rest: string) => {
      const [key, value] = split(rest)
      if (this.#about.size < 20 && !this.#about.has(key)) this.#about.set(key, value.slice(0, 300))
    },
    probe: (rest: string) => this.#begin(split(rest)[1]),
    file: (path: string) => this.#open(path),
    run: (words: string) => {
      if (!this.#probe || this.#probe.runs.has(words)) return void (this.#record = null)
      this.#record = { lines: [], complaint: [] }
      this.#probe.runs.set(words, this.#record)
    },
    none: () => void (this.#record && (this.#record.none = true)),
    gap: (size: string) => {
      if (!this.#record) return
      this.#record.tail = []
      this.#record.size = Number(size) || 0
    },
    failed: (words: string) => {
      if (this.#record) this.#record.failed = words
      this.#record = null
    },
    end: () => {
      if (this.#record) this.#record.ended = true
      this.#record = null
    },
    stop: (rest: string) => {
      const [, how = '', seconds = ''] = rest.split(' ')
      if (!this.#probe) return
      this.#probe.whole = how === 'done'
      this.#probe.seconds = Math.min(86_400, Math.max(0, Number.parseInt(seconds, 10) || 0))
      this.#probe = this.#record = null
    },
    finish: () => void (this.#finished = true),
  }))

  #begin(json: string): void {
    this.#probe = this.#record = null
    const collector = declared(json)
    if (!collector) {
      this.#unknownProbes++
      return
    }
    if (this.#probes.length >= mostProbes || this.#probes.some(probe => probe.collector.gives === collector.gives)) return
    this.#probe = new Probe(collector, this.#about.get('uid') === '0')
    this.#probes.push(this.#probe)
  }

  #open(path: string): void {
    this.#record = null
    if (!this.#probe || !isPath(path) || this.#probe.files.has(path)) return
    this.#record = { lines: [], complaint: [] }
    this.#probe.files.set(path, this.#record)
    this.#probe.met(path)
  }

  /** `path<TAB>=text` and the like: see TreeRecipe in collectors/collector.ts. */
  #tree(line: string): void {
    const tab = line.indexOf('\t')
    const [path, mark, text] = [line.slice(0, tab), line[tab + 1], line.slice(tab + 2)]
    const probe = this.#probe
    if (!probe || tab < 0 || !isPath(path)) return
    if (mark === '!') return void probe.refused.set(path, text)
    probe.met(path)
    if (mark === '=') treeFile(probe, path).lines.push(text)
    else if (mark === '>') probe.links.set(path, text)
    else if (mark === '/') probe.directories.add(path)
    else if (mark === '#' && /^[0-9a-f]*$/i.test(text)) probe.hex.set(path, text)
    else if (mark === '@') {
      const stat = statOf(text)
      if (stat) probe.stats.set(path, stat)
    }
  }

  result(): Capture {
    const wanted = Number(this.#about.get('probes') ?? 0)
    const there = this.#probes.filter(probe => probe.whole || probe.seconds > 0).length + this.#unknownProbes
    if (!this.#finished) this.#problems.push(Number.isInteger(wanted) && wanted > 0
      ? noted('the end is missing: {there} of {wanted} parts are whole. Copy it again, or let the collector script run to its end', { there, wanted })
      : noted('the end is missing: {there} parts are whole. Copy it again, or let the collector script run to its end', { there }))
    const taken = this.#about.get('taken') ?? ''
    const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d)(\d\d)$/.exec(this.#about.get('zone') ?? '') ?? []
    const platform = this.#about.get('platform')
    return {
      manifest: {
        format: snapshotFormat, tool: `${(this.#about.get('tool') ?? 'gpudoctor').slice(0, 100)}, collector script`,
        takenAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(taken) ? taken : '1970-01-01T00:00:00Z',
        zoneMinutes: (sign === '-' ? -1 : 1) * Math.min(1440, Number(hours) * 60 + Number(minutes)),
        platform: platform === 'linux' || platform === 'freebsd' ? platform : 'other', root: this.#about.get('uid') === '0', redacted: {}, evidence: [],
      },
      probes: this.#probes, problems: this.#problems, node: this.#about.get('node') ?? '', user: this.#about.get('user') ?? '',
    }
  }
}

const split = (text: string): [string, string] => {
  const space = text.indexOf(' ')
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
}
const isPath = (path: string): boolean => path.startsWith('/') && path.length <= 4096 && path.split('/').length <= 64 && !/\/\.{0,2}(?:\/|$)/.test(path)

function treeFile(probe: Probe, path: string): Reading {
  const had = probe.files.get(path)
  if (had) return had
  const made: Reading = { lines: [], complaint: [], ended: true }
  probe.files.set(path, made)
  return made
}

function statOf(text: string): Stat | null {
  const parts = /^([0-7]{1,7}) (\d{1,10}) (\d{1,10}) (\d{1,15}) (\d{1,11})$/.exec(text)
  if (!parts) return null
  const [uid, gid, size, mtime] = parts.slice(2).map(Number) as [number, number, number, number]
  return { mode: parseInt(parts[1] ?? '', 8), uid, gid, size, mtime }
}

/** The declaration a probe was made of; how its text is reduced and its pieces named is this version's affair. */
function declared(json: string): Collector | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(json.slice(0, 65536))
  } catch {
    return null
  }
  const checked = v.safeParse(declarationSchema, parsed)
  if (!checked.success) return null
  const { gives, platform, first, every, limit } = checked.output
  const ours = collectors.find(one => one.gives === gives && one.platform === platform)
  const list = (all: typeof first) => all as readonly Recipe[] | undefined
  return {
    gives: gives as EvidenceKind, platform, loses: ours?.loses ?? '',
    ...(first ? { first: list(first) as readonly Recipe[] } : {}), ...(every ? { every: list(every) as readonly Recipe[] } : {}),
    ...(limit === undefined ? {} : { limit }), ...(ours?.name ? { name: ours.name } : {}), ...(ours?.reduce ? { reduce: ours.reduce } : {}), ...(ours?.settle ? { settle: ours.settle } : {}),
  }
}

