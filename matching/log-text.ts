/**
 * A log's text for searching: lines as the program wrote them, whatever mail, terminals and web pages did to them on
 * the way. Bodies may be hundreds of megabytes, so nothing is made per line before somebody asks for one.
 */
import { textOf, type Evidence } from '../model/evidence.ts'
import { prefixOf } from './log-prefix.ts'

/** A line as it is shown and matched. */
export interface LogicalLine {
  /** Up to `longestLine` characters, without its line end. */
  readonly text: string
  /** Where it lies in `LogText.text`. */
  readonly start: number
  readonly end: number
  /** The first physical line it was made of, from 1; counted when asked for. */
  readonly number: number
}

export interface LogText {
  /** What to search: the body itself, or the repaired copy. Lines end with `\n`. */
  readonly text: string
  /** Whether transport damage was found and undone. */
  readonly repaired: boolean
  /** The logical line around an offset of `text`. */
  lineAt(offset: number): LogicalLine
  /** The physical line number, from 1, of an offset of `text`. */
  numberAt(offset: number): number
  /** The logical lines from an offset on, one at a time. */
  linesFrom(offset: number): Generator<LogicalLine>
}

/** Characters of a line that are looked at; what is longer is cut. */
export const longestLine = 4096
/** Bodies over this are searched as they are: damage of that kind comes from copying by hand. */
const repairLimit = 4 * 2 ** 20

/** `asTaken`: a collector read it where it was written, so there is nothing to repair. */
export function logText(body: string, asTaken = false): LogText {
  const mended = !asTaken && body.length <= repairLimit ? repair(body) : null
  const text = mended?.text ?? body
  const numberAt = mended ? numbersOfRepaired(mended) : numbersOf(body)
  const lineAt = (offset: number): LogicalLine => {
    const at = Math.min(Math.max(0, offset), text.length)
    const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, Math.min(end, start + longestLine))
    return { text: line.endsWith('\r') ? line.slice(0, -1) : line, start, end, get number() { return numberAt(start) } }
  }
  return {
    text,
    repaired: mended !== null,
    lineAt,
    numberAt,
    *linesFrom(offset) {
      for (let at = lineAt(offset).start; at < text.length;) {
        const line = lineAt(at)
        yield line
        at = line.end + 1
      }
    },
  }
}

const made = new WeakMap<Evidence, LogText>()
/** The log text of a piece of evidence, made once. */
export function logOf(evidence: Evidence): LogText {
  const known = made.get(evidence)
  if (known) return known
  const fresh = logText(textOf(evidence), evidence.takenAt !== undefined)
  made.set(evidence, fresh)
  return fresh
}

/** Counts newlines, keeping the count at every 64 KiB passed so far. */
function numbersOf(body: string): (offset: number) => number {
  const stride = 2 ** 16
  const before = [0]
  const count = (from: number, to: number): number => {
    let lines = 0
    for (let at = body.indexOf('\n', from); at >= 0 && at < to; at = body.indexOf('\n', at + 1)) lines++
    return lines
  }
  return offset => {
    const at = Math.min(Math.max(0, offset), body.length)
    const mark = Math.floor(at / stride)
    while (before.length <= mark) before.push((before.at(-1) as number) + count((before.length - 1) * stride, before.length * stride))
    return 1 + (before[mark] as number) + count(mark * stride, at)
  }
}

interface Repaired {
  readonly text: string
  /** For each logical line: where it starts in `text`, and its first physical line. */
  readonly starts: readonly number[]
  readonly numbers: readonly number[]
}

function numbersOfRepaired({ starts, numbers }: Repaired): (offset: number) => number {
  return offset => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return numbers[low] ?? 1
  }
}

/** Damage within a line: what shows it, and how it is undone. Order matters: escapes go before quoting is looked for. */
const damages: readonly { readonly shown: (body: string) => boolean; readonly undo: (line: string) => string }[] = [
  { shown: body => body.includes('\r'), undo: line => line.replace(/\r+$/, '') },
  // CSI, character sets, single characters, and OSC up to its end or the next escape
  // eslint-disable-next-line no-control-regex
  { shown: body => body.includes('\x1b'), undo: line => line.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][A-Z0-9]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[=>c78DMEH])/g, '') },
  { shown: body => /^ ?\{ ?"(?:log|time)" ?: ?"/m.test(body), undo: line => messageOfRecord(line) ?? line },
  { shown: body => body.includes('\0'), undo: line => line.replaceAll('\0', '') },
  { shown: body => body.includes('\u00a0'), undo: line => line.replaceAll('\u00a0', ' ') },
  { shown: body => /&(?:lt|gt|amp|quot|nbsp|#39);/.test(body), undo: line => line.replace(/&(lt|gt|amp|quot|nbsp|#39);/g, (_, name: string) => entities.get(name) ?? '') },
  { shown: body => /[\u2018\u2019\u201c\u201d]/.test(body), undo: line => line.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"') },
]
const entities = new Map([['lt', '<'], ['gt', '>'], ['amp', '&'], ['quot', '"'], ['nbsp', ' '], ['#39', "'"]])

/**
 * The message, behind its time, of a JSON record of a container runtime or of a zone of SmartOS; null for any other line.
 *
 *     {"log":"vm exit[0]\n","stream":"stderr","time":"2020-04-23T17:27:36.533033000Z"}
 *     { "time": "2020-07-01T06:19:55.964209000Z", "v": 0, "name": "zoneadmd", "level": 30, "msg":"add_arg: …" }
 */
function messageOfRecord(line: string): string | null {
  if (!/^ ?\{ ?"(?:log|time)" ?: ?"/.test(line) || line.length > 2 ** 16) return null
  try {
    const record = JSON.parse(line) as Record<string, unknown>
    const message = Object.hasOwn(record, 'log') ? record.log : record.msg
    if (typeof message !== 'string') return null
    const time = typeof record.time === 'string' && /^[\dT:.Z+-]{10,40}$/.test(record.time) ? `${record.time} ` : ''
    return time + message.replace(/\n+$/, '').replaceAll('\n', ' ')
  } catch { return null }
}

/** The repaired text, or null where there is nothing to repair. */
function repair(body: string): Repaired | null {
  const undo = damages.filter(damage => damage.shown(body)).map(damage => damage.undo)
  const raw = body.split('\n')
  let lines = undo.length > 0 ? raw.map(line => undo.reduce((text, step) => step(text), line)) : raw
  const quoted = mostly(lines, line => line.startsWith('>'))
  if (quoted) lines = lines.map(line => line.replace(/^(?:> ?){1,16}/, ''))
  const indented = indentationOf(lines)
  if (indented > 0) lines = lines.map(line => (line.startsWith(' ') || line.startsWith('\t') ? line.slice(Math.min(indented, line.length - line.trimStart().length)) : line))
  const joins = continuations(lines, raw)
  if (undo.length === 0 && !quoted && indented === 0 && joins === null) return null
  return join(lines, joins)
}

function mostly(lines: readonly string[], holds: (line: string) => boolean): boolean {
  let yes = 0
  let no = 0
  for (const line of lines) if (line.trim() !== '') { if (holds(line)) yes++; else no++ }
  return yes > 0 && yes >= no
}

/**
 * Blanks in front of every line, as ticket systems and quoting leave them. Where lines are stamped, only those count:
 * a mail program indents the first part of a wrapped line and not the second.
 */
function indentationOf(lines: readonly string[]): number {
  if (!lines.some(line => line.startsWith(' ') || line.startsWith('\t'))) return 0
  const width = (line: string) => line.length - line.trimStart().length
  const filled = lines.filter(line => line.trim() !== '')
  const stamped = filled.filter(hasPrefix)
  return (stamped.length > 0 ? stamped : filled).reduce((least, line) => Math.min(least, width(line)), Infinity)
}

const hasPrefix = (line: string): boolean => prefixOf(line.slice(0, 200)).length > 0

/** Lines that begin a message though they carry no stamp: NVRM's own continuation lines, systemd's status, prompts, marks of a cut. */
const standsAlone = /^\s*(?:NVRM:|\[ {0,2}(?:OK|FAILED|DEPEND|WARN|INFO|TIME|SKIP|\*+) {0,2}\]|[$#] |-{2}|\.{3}|…|\[(?:…|\.\.\.)\]|[\w.-]{1,64}@[\w.-]{1,64}[:~ ]|-\w|\{)/
/** Mail programs wrap at 66 to 80 columns; a blank at the end marks a soft break (RFC 3676). */
const narrowest = 66
const widest = 132
const mostJoined = 16

/** Which lines continue the one before; null: none. Only in a log that has stamps on a third of its lines at least. */
function continuations(lines: readonly string[], raw: readonly string[]): readonly boolean[] | null {
  const stamped = lines.map(hasPrefix)
  const fields = lines.map((line, index) => !stamped[index] && isAuditRest(line))
  const count = (of: readonly boolean[]) => of.reduce((sum, yes) => sum + (yes ? 1 : 0), 0)
  const filled = count(lines.map(line => line.trim() !== ''))
  const stamps = count(stamped)
  if (stamps === 0 || stamps === filled || stamps * 3 < filled - count(fields)) return null
  let open = 0
  let any = false
  const joins = lines.map((line, index) => {
    if (stamped[index]) { open = mostJoined; return false }
    const before = raw[index - 1]
    if (open === 0 || before === undefined || line.trim() === '' || standsAlone.test(line) || !(fields[index] || isWrapped(before, line))) { open = 0; return false }
    open--
    any = true
    return true
  })
  return any ? joins : null
}

/** The rest of a wrapped audit message, which is nothing but fields: `profile="libvirtd" name="/dev/vfio/12"`, `pid=900 comm="rpc-libvirtd" …`. */
export const isAuditRest = (line: string): boolean =>
  /^\s{0,8}[a-z_]{2,20}=(?:"[^"]{1,200}"|[^\s"]{1,200})(?:\s{1,4}[a-z_]{2,20}=|\s*$)/.test(line.slice(0, 480))

/** Whether mail or a terminal broke a line before `next`: it ends with a soft break, the next word had no room, or `next` is indented under it. */
export function isWrapped(before: string, next: string): boolean {
  const written = before.replace(/\r+$/, '')
  if (written.endsWith('\\')) return false
  if (/\S[ \u00a0]$/.test(written) || /^\s{8}/.test(next)) return true
  const word = next.trimStart().split(' ', 1)[0] ?? ''
  return written.length <= widest && written.length + 1 + word.length > narrowest
}

function join(lines: readonly string[], joins: readonly boolean[] | null): Repaired {
  const starts: number[] = []
  const numbers: number[] = []
  const parts: string[] = []
  let length = 0
  const add = (part: string) => { parts.push(part); length += part.length }
  lines.forEach((line, index) => {
    if (joins?.[index]) {
      add(` ${line.trim()}`)
      return
    }
    if (index > 0) add('\n')
    starts.push(length)
    numbers.push(index + 1)
    add(joins?.[index + 1] ? line.trimEnd() : line)
  })
  return { text: parts.join(''), starts, numbers }
}
