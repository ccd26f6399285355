/**
 * What of the evidence stands in a report as text: small pieces and those that findings cite whole, of large ones the
 * surroundings of what is cited, all within one budget.
 */
import { hasBody, type Evidence } from '../model/evidence.ts'
import type { Quote } from '../model/finding.ts'
import { printable } from './printable.ts'

/** Lines in a row; `first` is the number of the first, from 1. */
export interface Window { readonly first: number; readonly lines: readonly string[] }

export interface Excerpt {
  readonly piece: Evidence
  readonly windows: readonly Window[]
  /** Lines of the whole piece. */
  readonly lines: number
  /** It is the whole piece. */
  readonly whole: boolean
  /** Lines that are quoted. */
  readonly cited: ReadonlySet<number>
}

/** Characters of all excerpts together. */
const budget = 110_000
/** Characters up to which a piece is taken whole if there is room. */
const wholeUpTo = 40_000
/** Lines around a cited one. */
const around = 12
const longestLine = 300

/** Excerpts in the order of the evidence; what there is no room for has no windows. */
export function excerptsOf(evidence: readonly Evidence[], quotes: readonly Pick<Quote, 'evidence' | 'where'>[]): readonly Excerpt[] {
  const cited = new Map<string, Set<number>>()
  for (const { evidence: id, where } of quotes) cited.set(id, (cited.get(id) ?? new Set()).add(where))
  const readable = evidence.filter(piece => hasBody(piece) && typeof piece.body === 'string' && piece.body !== '')
  let room = budget
  const made = new Map<Evidence, Excerpt>()
  const isCited = (piece: Evidence) => Number(cited.has(piece.id))
  for (const piece of readable.toSorted((a, b) => isCited(b) - isCited(a) || a.body.length - b.body.length)) {
    const excerpt = excerptOf(piece, cited.get(piece.id) ?? new Set(), room)
    room -= excerpt.windows.reduce((sum, window) => sum + window.lines.reduce((all, line) => all + line.length + 1, 0), 0)
    made.set(piece, excerpt)
  }
  return readable.flatMap(piece => made.get(piece) ?? [])
}

function excerptOf(piece: Evidence, cited: ReadonlySet<number>, room: number): Excerpt {
  const body = String(piece.body)
  const first = piece.firstLine ?? 1
  const lines = body.replace(/\n$/, '').split('\n')
  const fits = body.length <= Math.min(wholeUpTo, room)
  const places = fits ? [[0, lines.length] as const] : placesAround(cited, first, lines.length)
  const windows = places.map(([from, to]): Window => ({ first: from + first, lines: lines.slice(from, to).map(shown) }))
  return { piece, windows: fits ? windows : within(windows, room), lines: lines.length, whole: fits, cited }
}

/** Ranges of lines around those cited, joined where they meet. */
function placesAround(cited: ReadonlySet<number>, first: number, lines: number): readonly (readonly [number, number])[] {
  const places: [number, number][] = []
  for (const at of [...cited].map(where => where - first).filter(at => at >= 0 && at < lines).sort((a, b) => a - b)) {
    const last = places.at(-1)
    if (last && at - around <= last[1]) last[1] = Math.min(lines, at + around + 1)
    else places.push([Math.max(0, at - around), Math.min(lines, at + around + 1)])
  }
  return places
}

function within(windows: readonly Window[], room: number): readonly Window[] {
  let left = room
  return windows.filter(window => (left -= window.lines.reduce((sum, line) => sum + line.length + 1, 0)) >= 0)
}

const shown = (line: string): string => {
  const text = printable(line.slice(0, longestLine + 1).replace(/\r$/, ''))
  return line.length > longestLine ? `${text.slice(0, longestLine)} … (${line.length - longestLine} more)` : text
}
