/**
 * Text from a host is text from a stranger: a device name, a VM's name or a log line may hold escape codes that repaint a
 * terminal, or bidirectional overrides that make a command read otherwise than it runs. Reports show such characters, never
 * send them.
 */
import type { Diagnosis } from '../model/finding.ts'

/**
 * Controls (C0, DEL, C1), format characters (bidi controls, zero-width, soft hyphen, tags, BOM), lone surrogates, line and
 * paragraph separators, whatever else Unicode lets a renderer leave out (fillers, variation selectors), noncharacters, and every
 * space but the plain one: a no-break space pasted into a kernel command line is a fault worth seeing.
 */
export const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|(?! )\p{Zs}/gu
const hiddenButNewline = new RegExp(`(?!\\n)(?:${hidden.source})`, 'gu')

/** `\x1b`, `\u202e`, `\u{e0041}`; a tab becomes four spaces. */
function escaped(character: string): string {
  if (character === '\t') return '    '
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** One line that is safe to show: everything invisible in it becomes a visible escape, line ends too. */
export const printable = (text: string): string => text.replace(hidden, escaped)

/** The same for text of several lines: line ends stay, CRLF becomes LF. */
export const printableLines = (text: string): string => text.replace(/\r\n/g, '\n').replace(hiddenButNewline, escaped)

/** JSON text whose hidden characters are written as JSON escapes: the same document, safe to look at in a terminal. */
export const printableJson = (json: string): string => json.replace(hiddenButNewline, asJsonEscape)

function asJsonEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** Fields that hold paragraphs or files. A line end anywhere else is a stranger's, and is shown as an escape. */
const ofSeveralLines: ReadonlySet<string> = new Set(['text', 'cause', 'caution', 'change', 'setting'])

/** The diagnosis with every string in it made printable, so that no report can forget one. */
export const printableDiagnosis = (diagnosis: Diagnosis): Diagnosis => cleaned('', diagnosis) as Diagnosis

/** The same for what else holds paragraphs and files: a plan. */
export const printableDeep = <Shown extends object>(shown: Shown): Shown => cleaned('', shown) as Shown

/** The same for what else a report shows, where every string is one line. */
export const printableLine = <Shown extends object>(shown: Shown): Shown => cleaned('', shown, false) as Shown

/** What a system said of a piece of evidence, in several lines perhaps, on one. */
const onOneLine = (note: string): string => note.replace(/(?<!\s)\s*[\n\r]\s*/g, ' ')

function cleaned(key: string, value: unknown, paragraphs = true): unknown {
  if (key === 'note' && typeof value === 'string') return printable(onOneLine(value).trimEnd())
  if (typeof value === 'string') return paragraphs && ofSeveralLines.has(key) ? printableLines(value).trimEnd() : printable(value.trimEnd())
  if (Array.isArray(value)) return value.map(each => cleaned(key, each, paragraphs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [printable(name), cleaned(name, each, paragraphs)]))
}
