/**
 * Runs collectors against a source: what each declares becomes evidence, with what secrets hold taken out before
 * anything else sees it. No collector disturbs another, whatever happens to it.
 */
import { isNameOf, mostNamed, type Collector, type Followed, type NamesIn, type ReadRecipe, type Recipe, type RunRecipe, type TreeRecipe } from '../collectors/collector.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { hasBody, type Evidence, type EvidenceId, type EvidenceKind, type EvidenceKindSpec, type EvidenceStatus } from '../model/evidence.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { componentForm, expand, reasonOf, SourceError, type Bytes, type Ran, type Source } from './source.ts'
import { noted } from '../language/say.ts'

/** Collectors at work at one time; each runs at most one command. */
const atOnce = 8
/** Small files of a tree read at one time. */
const filesAtOnce = 8
const defaultTimeout = 2
const defaultLimit = 1 << 20
/** The most kept of one file inside a tree. */
const treeFileLimit = 1 << 16
/** The most files of which those changed last are looked for. */
const mostCompared = 20_000
/** The most pieces one collector makes. */
const mostPieces = 500

export interface CollectOptions {
  /** Called when a collector is done. */
  readonly onProgress?: (done: number, all: number, kind: EvidenceKind) => void
  /** Takes secrets out and counts them; give one to learn the counts. */
  readonly redactor?: Pick<Redactor, 'redact'>
  /** All time limits are multiplied by it; for slow or busy hosts. */
  readonly patience?: number
  /** When it was read, where that was not now; ISO 8601. */
  readonly takenAt?: string
  /** Each collector asks its own source, where it has one; else all ask the one that was given. */
  readonly sourceOf?: (one: Collector) => Source | undefined
}

/** A piece before it is evidence: bytes or text, and how the reading went. */
interface Piece {
  readonly from: string
  readonly name?: string
  readonly status: EvidenceStatus
  readonly body: string | Uint8Array
  readonly note?: string
  readonly exitCode?: number
}

/** What one collector may still use. */
interface Budget {
  readonly source: Source
  readonly limit: number
  /** Milliseconds left; throws when there are none. */
  readonly left: () => number
  readonly binary: boolean
}

/**
 * All evidence the collectors of the source's platform can get, in their order. Never rejects: what failed is evidence
 * with a status and a note.
 */
export async function collect(collectors: readonly Collector[], source: Source, options: CollectOptions = {}): Promise<Evidence[]> {
  const redactor = options.redactor ?? createRedactor()
  const ours = collectors.filter(({ platform }) => source.platform === 'other' || platform === source.platform)
  let done = 0
  const taken = await inTurns(ours, atOnce, async one => {
    const evidence = await takeOne(one, options.sourceOf?.(one) ?? source, options)
    options.onProgress?.(++done, ours.length, one.gives)
    const { reduce } = one
    if (reduce && looksAside(reduce)) return evidence
    return evidence.map(e => redacted(reduce ? reduced(e, reduce, []) : e, redactor))
  })
  const aside = ours.map(({ reduce }) => reduce !== undefined && looksAside(reduce))
  const texts = taken.filter((_, i) => !aside[i]).flat().flatMap(e => (hasBody(e) && typeof e.body === 'string' ? [e.body] : []))
  const clean = taken.map((evidence, i) => {
    const reduce = aside[i] ? ours[i]?.reduce : undefined
    return reduce ? evidence.map(e => redacted(reduced(e, reduce, texts), redactor)) : evidence
  })
  const all = clean.flat()
  return clean.flatMap((evidence, i) => ours[i]?.settle?.(evidence, all) ?? evidence)
}

/** Every file and command of the collectors, a line each under the kind it is for; touches nothing. `tell` puts our words into the reader's language. */
export function plan(collectors: readonly Collector[], tell: (text: string) => string = text => text): string[] {
  return collectors.flatMap(({ gives, first, every, privilege }) => {
    const kind = evidenceKinds[gives]
    return [
      `${gives}: ${tell(kind.about)}${privilege ? ` (root: ${tell(privilege.root)})` : ''}`,
      ...(first ?? []).flatMap((recipe, i) => planned(recipe, i === 0 ? '' : tell(noted(', if nothing above answers')))),
      ...(every ?? []).flatMap(recipe => planned(recipe, '')),
    ]
  })
}

function planned(recipe: Recipe, when: string): string[] {
  if ('run' in recipe) return [`  run   ${recipe.run.map(quoted).join(' ')}${when}`, ...(recipe.follow ? [`  run   ${recipe.follow.run.map(quoted).join(' ')}`] : []), ...(recipe.for ? [forEach(recipe.for)] : [])]
  if ('read' in recipe) return [`  read  ${recipe.read}${recipe.newest === undefined ? '' : ` (newest ${recipe.newest})`}${when}`]
  const { only, files = [], links = [], bytes = {}, lists = [], stats = [] } = recipe
  const below = (verb: string, names: readonly string[]) => (names.length ? [`${verb} ${names.join(' ')}`] : [])
  const parts = [
    ...(only ? [`only where ${only.file} is ${only.is.join(' or ')}`] : []),
    ...below('read', files), ...below('link', links), ...below('bytes', Object.entries(bytes).map(([name, most]) => `${name} (${most})`)),
    ...below('list', lists), ...below('stat', stats),
  ]
  return recipe.tree.flatMap(dir => [`  tree  ${dir}${when}`, ...parts.map(part => `          ${part}`)])
}

const forEach = ({ namesIn, of, ending = '', most = mostNamed }: NamesIn): string => `          each {name}${ending} in ${namesIn} of [${of}] (${most})`

const quoted = (arg: string): string => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`)

/** Works through a list with at most `width` at once; results in the order of the list. */
async function inTurns<T, R>(list: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(list.length)
  let next = 0
  const turn = async () => {
    for (let i = next++; i < list.length; i = next++) results[i] = await work(list[i] as T)
  }
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, turn))
  return results
}

async function takeOne(one: Collector, source: Source, { patience = 1, takenAt = new Date().toISOString() }: CollectOptions): Promise<Evidence[]> {
  const started = performance.now()
  const seconds = (one.timeout ?? defaultTimeout) * patience
  const spec: EvidenceKindSpec = evidenceKinds[one.gives]
  const left = () => {
    const ms = started + seconds * 1000 - performance.now()
    if (ms <= 0) throw new SourceError('timeout', noted('took longer than {n} s', { n: seconds }))
    return ms
  }
  const budget: Budget = { source, limit: one.limit ?? defaultLimit, left, binary: spec.binary === true }
  const pieces = await (one.first ? firstOf(one, one.first, budget) : everyOf(one, one.every ?? [], budget)).catch((error: unknown) => [failure(one.gives, error)])
  const tookMs = Math.round(performance.now() - started)
  const ids = new Set<string>()
  return pieces.map(({ name, ...piece }) => ({ id: idOf(one.gives, name, ids), kind: one.gives, takenAt, tookMs, ...piece }))
}

/** `kind` or `kind/name`; a name that was there before gets a number. Control characters of file names are shown as `?`. */
function idOf(kind: EvidenceKind, name: string | undefined, ids: Set<string>): EvidenceId {
  const plain: EvidenceId = name ? `${kind}/${printable(name).slice(0, 255)}` : kind
  let id = plain
  for (let n = 2; ids.has(id); n++) id = name ? (`${plain}~${n}` as EvidenceId) : `${kind}/${n}`
  ids.add(id)
  return id
}

const printable = (name: string): string => name.replace(/[\x00-\x1f\x7f]/g, '?')

const empty = (binary: boolean): string | Uint8Array => (binary ? new Uint8Array(0) : '')

function failure(from: string, error: unknown, binary = false): Piece {
  return { from, body: empty(binary), ...reasonOf(error) }
}

/** The most telling of several failures: what a person can do something about comes first. */
const telling: readonly EvidenceStatus[] = ['denied', 'timeout', 'failed', 'absent']
const mostTelling = (pieces: readonly Piece[]): Piece | undefined =>
  telling.flatMap(status => pieces.filter(piece => piece.status === status))[0]
const answered = (piece: Piece): boolean => piece.status === 'ok' || piece.status === 'cut'

async function firstOf(one: Collector, recipes: readonly Recipe[], budget: Budget): Promise<Piece[]> {
  const failures: Piece[] = []
  for (const recipe of recipes) {
    const pieces = await takeRecipe(one, recipe, budget)
    if (pieces.some(answered)) return pieces
    failures.push(...pieces)
  }
  const worst = mostTelling(failures)
  return worst ? [unnamed({ ...worst, note: [...new Set(failures.flatMap(({ from, note }) => (note === undefined ? [] : [`${from}: ${note}`])))].slice(0, 8).join('; ') })] : []
}

const unnamed = ({ name: _, ...piece }: Piece): Piece => piece

/** Pieces with a name stay apart, all others become one text in the order of the recipes. */
async function everyOf(one: Collector, recipes: readonly Recipe[], budget: Budget): Promise<Piece[]> {
  const apart: Piece[] = []
  const together: Piece[] = []
  for (const recipe of recipes) {
    for (const piece of await takeRecipe(one, recipe, budget, recipes.length > 1)) (piece.name === undefined ? together : apart).push(piece)
  }
  const bodies = together.filter(answered)
  if (bodies.length === 0) return apart.some(answered) ? apart.concat(together.filter(({ status }) => status !== 'absent')) : [mostTelling([...apart, ...together]) ?? apart[0]].flatMap(p => (p ? [unnamed(p)] : []))
  return [...apart, joined(bodies, together.filter(piece => !answered(piece) && piece.status !== 'absent'))]
}

function joined(bodies: readonly Piece[], failed: readonly Piece[]): Piece {
  const [only] = bodies
  if (only && bodies.length === 1 && failed.length === 0) return only
  const notes = [...bodies, ...failed].flatMap(({ from, note }) => (note === undefined ? [] : [`${from}: ${note}`]))
  const exitCode = bodies.map(b => b.exitCode).find(code => code)
  return {
    from: bodies.map(({ from }) => from).join(', '),
    status: failed.length > 0 || bodies.some(({ status }) => status === 'cut') ? 'cut' : 'ok',
    body: bodies.map(({ body }) => (typeof body === 'string' && body !== '' && !body.endsWith('\n') ? `${body}\n` : body)).join(''),
    ...(notes.length ? { note: notes.join('; ') } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
  }
}

async function takeRecipe(one: Collector, recipe: Recipe, budget: Budget, amongOthers = false): Promise<Piece[]> {
  try {
    if ('run' in recipe) {
      if (recipe.for) return await takeNamed(recipe, recipe.for, budget)
      const argv = await withRelease(recipe.run, budget)
      return [fromRun(argv.map(quoted).join(' '), await answerOf(argv, recipe.follow, budget.left(), budget), budget)]
    }
    if ('tree' in recipe) return [await takeTree(recipe, budget)]
    if (recipe.read.includes('*') || one.name) return await takeFiles(one, recipe, budget)
    const piece = await takeFile(recipe.read, budget)
    return [amongOthers && !budget.binary && answered(piece) && typeof piece.body === 'string' ? { ...piece, body: treeLines(recipe.read, piece.body) } : piece]
  } catch (error) {
    const from = 'run' in recipe ? recipe.run.join(' ') : 'read' in recipe ? recipe.read : recipe.tree.join(' ')
    return [failure(from, error, budget.binary)]
  }
}

/** A command once for each name, each in an even share of the time that is left: a VM that hangs does not hide the others. */
async function takeNamed({ run, follow }: RunRecipe, { namesIn, of, ending = '', most = mostNamed }: NamesIn, budget: Budget): Promise<Piece[]> {
  const all = (await budget.source.list(namesIn, budget.left())).filter(name => name.endsWith(ending)).map(name => name.slice(0, name.length - ending.length))
  const names = all.filter(isNameOf(of))
  if (all.length === 0) throw new SourceError('absent', noted('{path}: there is none', { path: `${namesIn}/*${ending}` }))
  const asked = names.slice(0, most)
  const pieces: Piece[] = []
  for (const [i, name] of asked.entries()) {
    const argv = withWord(run, '{name}', name)
    const from = argv.map(quoted).join(' ')
    try {
      const named = follow && { ...follow, run: withWord(follow.run, '{name}', name) }
      pieces.push({ ...fromRun(from, await answerOf(argv, named, budget.left() / (asked.length - i), budget), budget), name })
    } catch (error) {
      if (pieces.length === 0 && reasonOf(error).status === 'absent') throw error
      pieces.push({ ...failure(from, error, budget.binary), name })
    }
  }
  const [odd, more] = [all.length - names.length, names.length - asked.length]
  const notes = [
    ...(odd > 0 ? [noted('the command was not run for {n} of the names: they have characters that no such name has', { n: odd })] : []),
    ...(more > 0 ? [noted('the command was run for {most} names and not for the other {n}', { most, n: more })] : []),
  ]
  return notes.length > 0 ? [...pieces, { from: namesIn, status: 'failed', body: empty(budget.binary), note: notes.join('; ') }] : pieces
}

/** A command with a name in place of a mark in its words; the program itself is never a name. */
const withWord = ([file, ...words]: RunRecipe['run'], mark: string, name: string): RunRecipe['run'] => [file, ...words.map(word => word.replaceAll(mark, () => name))]

/** Milliseconds between two questions for the end of something. */
const askAgain = 400

/** What a command answers, or the one that is asked for the end of what it began. Time in milliseconds. */
async function answerOf(argv: RunRecipe['run'], follow: Followed | undefined, time: number, { source, limit }: Budget): Promise<Ran> {
  const end = performance.now() + time
  const first = await source.run(argv, time, limit)
  const begun = follow?.take.exec(textOfBytes(first.out))?.[1]
  if (!follow || begun === undefined || !/^(?!-)[\w.-]{1,100}$/.test(begun)) return first
  const asked = withWord(follow.run, '{taken}', begun)
  for (;;) {
    const answer = await source.run(asked, Math.max(1, end - performance.now()), limit)
    if (answer.exitCode !== 0 || follow.until.test(textOfBytes(answer.out))) return answer
    if (performance.now() + askAgain > end) throw new SourceError('timeout', noted('took longer than {n} s', { n: Math.round(time / 1000) }))
    await new Promise(resolve => { setTimeout(resolve, askAgain) })
  }
}

/** A command for the running kernel: its release in place of `{release}`. */
async function withRelease(argv: readonly [string, ...string[]], { source, left }: Budget): Promise<readonly [string, ...string[]]> {
  if (!argv.some(word => word.includes('{release}'))) return argv
  const release = textOfBytes(await source.read('/proc/sys/kernel/osrelease', 200, left())).trim()
  const [file, ...words] = argv
  return [file, ...words.map(word => word.replace('{release}', release))]
}

async function takeFiles(one: Collector, { read: pattern, newest }: ReadRecipe, budget: Budget): Promise<Piece[]> {
  const found = await expand(budget.source, pattern, budget.left, newest === undefined ? undefined : mostCompared)
  const paths = newest === undefined ? found : await changedLast(found, newest, budget)
  if (paths.length === 0) return [failure(pattern, new SourceError('absent', noted('{path}: there is none', { path: pattern })), budget.binary)]
  const pieces: Piece[] = []
  for (const path of paths.slice(0, mostPieces)) pieces.push({ ...await takeFile(path, budget), name: nameOfPath(path, one.name) })
  // What a pattern matched and is no file: a directory, or gone by now. A path without pattern says so itself.
  const files = pieces.filter(({ status }) => status !== 'absent')
  return files.length ? files : pieces.slice(0, 1).map(unnamed)
}

/** Those of some files that were changed last, the newest first. */
async function changedLast(paths: readonly string[], most: number, { source, left }: Budget): Promise<readonly string[]> {
  const times = new Map<string, number>()
  await inTurns(paths, filesAtOnce, async path => { times.set(path, await source.stat(path, left()).then(({ mtime }) => mtime, () => 0)) })
  return [...paths].sort((a, b) => (times.get(b) as number) - (times.get(a) as number)).slice(0, most)
}

function nameOfPath(path: string, name: RegExp | undefined): string {
  const base = path.slice(path.lastIndexOf('/') + 1)
  return (name ? name.exec(path)?.[1] : undefined) ?? base.replace(/(?<=.)\.[^.]*$/, '')
}

async function takeFile(path: string, { source, limit, left, binary }: Budget): Promise<Piece> {
  try {
    const bytes = await source.read(path, limit, left(), binary ? 'head' : undefined)
    const note = cutNote(bytes)
    return { from: path, status: note ? 'cut' : 'ok', body: binary ? bytes.head : textOfBytes(bytes), ...(note ? { note } : {}) }
  } catch (error) {
    return failure(path, error, binary)
  }
}

const cutNote = ({ head, tail, left }: Bytes): string | undefined =>
  left > 0 ? noted('its first {head} and last {tail} bytes were kept, more than {left} between left out', { head: head.length, tail: tail.length, left: left - 1 }) : undefined

const decode = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

/**
 * The bytes as text: UTF-8, what is none becomes U+FFFD. A gap is marked by a line of its own, and lines it cuts are
 * left out: half a line may hold half a secret, which nothing would recognise.
 */
function textOfBytes({ head, tail, left }: Bytes): string {
  if (left === 0) return decode(head)
  const whole = head.lastIndexOf(10) + 1
  const start = tail.indexOf(10) + 1
  const dropped = left + head.length - whole + (start === 0 ? tail.length : start)
  return `${decode(head.subarray(0, whole))}[... ${dropped} bytes left out ...]\n${start === 0 ? '' : decode(tail.subarray(start))}`
}

const refusals = /operation not permitted|permission denied|insufficient permissions|must be (?:run as )?root|are you root|authentication (?:required|failed)|not authorized/i
const nothing = /^\s*(?:-- No entries --\s*)?$/

/** How a command's end reads: what it printed counts, even when it then failed. */
function fromRun(from: string, { out, complaint, exitCode, timedOut }: Ran, { binary }: Budget): Piece {
  const text = binary ? '' : textOfBytes(out)
  const words = complaint.trim().slice(0, 500)
  const code = exitCode === null ? {} : { exitCode }
  const printed = binary ? out.head.length > 0 : !nothing.test(text.length > 1000 ? 'much' : text)
  const refused = refusals.test(complaint) || (text.length <= 1000 && exitCode !== 0 && refusals.test(text))
  const fail = (status: Piece['status'], note: string): Piece => ({ from, status, body: empty(binary), note, ...code })
  if (refused && (!printed || (text.length <= 1000 && refusals.test(text)))) return fail('denied', words || text.trim())
  if (timedOut && !printed) return fail('timeout', noted('did not end in time'))
  if (exitCode !== 0 && !timedOut && !printed) return fail('failed', words || (exitCode === null ? noted('ended by a signal') : noted('ended with status {code}', { code: exitCode })))
  if (!printed && text.trim() !== '') return fail('absent', text.trim())
  const notes = [timedOut ? noted('stopped: it did not end in time') : undefined, cutNote(out), exitCode !== 0 && exitCode !== null ? words ? noted('ended with status {code}: {words}', { code: exitCode, words }) : noted('ended with status {code}', { code: exitCode }) : undefined].filter(n => n !== undefined)
  return { from, status: timedOut || out.left > 0 ? 'cut' : 'ok', body: binary ? out.head : text, ...(notes.length ? { note: notes.join('; ') } : {}), ...code }
}

/** `path<TAB>=line` for each line of a text; an empty file gives one empty line. */
function treeLines(path: string, text: string): string {
  const shown = printable(path)
  const lines = text.split('\n')
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  return lines.map(line => `${shown}\t=${line}\n`).join('')
}

/** One thing a tree asks of a path: the line or lines it gives. */
type Question = (path: string, budget: Budget) => Promise<string>

const questions = {
  files: async (path, { source, left }) => treeLines(path, textOfBytes(await source.read(path, treeFileLimit, left()))),
  // EINVAL: a pattern met something that is no link.
  links: async (path, { source, left }) => {
    const target = await source.link(path, left()).catch((error: unknown) => { if (error instanceof Error && 'code' in error && error.code === 'EINVAL') return null; throw error })
    return target === null ? '' : `${printable(path)}\t>${printable(target)}\n`
  },
  lists: async (path, { source, left }) => [`${printable(path)}\t/\n`, ...(await source.list(path, left())).map(name => `${printable(`${path}/${name}`)}\t/\n`)].join(''),
  stats: async (path, { source, left }) => {
    const { mode, uid, gid, size, mtime } = await source.stat(path, left())
    return `${printable(path)}\t@${mode.toString(8)} ${uid} ${gid} ${size} ${mtime}\n`
  },
} satisfies Record<string, Question>

const firstBytes = (most: number): Question => async (path, { source, left }) => {
  const { head } = await source.read(path, most, left(), 'head')
  return `${printable(path)}\t#${Buffer.from(head).toString('hex')}\n`
}

/** Reads a tree; when time runs out, what is there by then is kept as cut. */
async function takeTree(recipe: TreeRecipe, budget: Budget): Promise<Piece> {
  const from = recipe.tree.join(' ')
  const asked: readonly (readonly [Question, readonly string[]])[] = [
    [questions.files, recipe.files ?? []], [questions.links, recipe.links ?? []], [questions.lists, recipe.lists ?? []], [questions.stats, recipe.stats ?? []],
    ...Object.entries(recipe.bytes ?? {}).map(([name, most]): readonly [Question, readonly string[]] => [firstBytes(most), [name]]),
  ]
  const parts: string[] = []
  let worst: Piece | undefined
  let out = false
  const there = (await Promise.all(recipe.tree.map(async pattern => {
    const found = await expand(budget.source, pattern, budget.left)
    if (recipe.only) return found
    const are = await Promise.all(found.map(dir => isThere(dir, budget)))
    return found.filter((_, i) => are[i])
  }))).flat()
  const dirs = (await inTurns(there, filesAtOnce, async dir => (await isMeant(dir, recipe.only, budget) ? [dir] : []))).flat()
  let size = 0
  const blocks = await inTurns(dirs, filesAtOnce, async dir => {
    if (out) return ''
    const lines = [`${printable(dir)}\t/\n`]
    for (const [question, names] of asked) {
      for (const name of names) lines.push(...await answers(question, name === '.' ? dir : `${dir}/${name}`, budget, error => { worst ??= failure(from, error); out = true }))
      if (out) break
    }
    const block = lines.join('')
    size += block.length
    if (size > budget.limit) out = true
    return block
  })
  parts.push(...blocks)
  const body = parts.join('')
  if (dirs.length === 0) return failure(from, new SourceError('absent', noted('{path}: there is none', { path: from })))
  if (!out) return { from, status: 'ok', body }
  return { from, status: 'cut', body, note: worst?.note ?? noted('over its limit of {n} bytes', { n: budget.limit }) }
}

/** Whether a directory of a tree exists. One that may not be looked into does; what is below it says so. */
async function isThere(dir: string, { source, left }: Budget): Promise<boolean> {
  try {
    await source.stat(dir, left())
    return true
  } catch (error) {
    const { status } = reasonOf(error)
    if (status === 'timeout') throw error
    return status !== 'absent'
  }
}

/** Whether the file by which a tree chooses its directories says so; one that cannot be read does not. */
async function isMeant(dir: string, only: TreeRecipe['only'], { source, left }: Budget): Promise<boolean> {
  if (!only) return true
  try {
    const { head } = await source.read(`${dir}/${only.file}`, 512, left())
    return only.is.some(form => componentForm(form).test(decode(head).split('\n', 1)[0] ?? ''))
  } catch (error) {
    if (reasonOf(error).status === 'timeout') throw error
    return false
  }
}

/** The lines of one name, which may be a pattern, below one directory. Missing: no line. Refused: a line that says so. */
async function answers(question: Question, pattern: string, budget: Budget, onEnd: (error: unknown) => void): Promise<string[]> {
  const lines: string[] = []
  const failed = (path: string, error: unknown) => {
    const { status, note } = reasonOf(error)
    if (status === 'timeout') onEnd(error)
    if (status !== 'absent') lines.push(`${printable(path)}\t!${status === 'failed' ? printable(note) : status}\n`)
  }
  try {
    for (const path of await expand(budget.source, pattern, budget.left)) {
      try {
        lines.push(await question(path, budget))
      } catch (error) {
        failed(path, error)
      }
    }
  } catch (error) {
    failed(pattern, error)
  }
  return lines
}

/** Whether it asks for what the others took, and so has to wait for them. */
const looksAside = (reduce: NonNullable<Collector['reduce']>): boolean => reduce.length > 1

function reduced(evidence: Evidence, reduce: NonNullable<Collector['reduce']>, taken: readonly string[]): Evidence {
  if (!hasBody(evidence) || typeof evidence.body !== 'string') return evidence
  try {
    return { ...evidence, body: reduce(evidence.body, taken) }
  } catch (error) {
    return { ...evidence, status: 'failed', body: '', note: noted('could not be reduced: {reason}', { reason: reasonOf(error).note }) }
  }
}

/** The evidence without its secrets; what cannot be looked through for them does not pass. */
function redacted(evidence: Evidence, { redact }: Pick<Redactor, 'redact'>): Evidence {
  const clean = (text: string) => redact(text, evidence.kind).text
  try {
    const body = typeof evidence.body === 'string' ? clean(evidence.body) : evidence.body
    return { ...evidence, body, from: clean(evidence.from), ...(evidence.note === undefined ? {} : { note: clean(evidence.note) }) }
  } catch (error) {
    return { ...evidence, status: 'failed', body: '', note: noted('secrets could not be taken out of it: {reason}', { reason: reasonOf(error).note }) }
  }
}
