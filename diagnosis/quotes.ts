/** The evidence a finding stands on: what its true conditions cite, as quotes with neighbours. */
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Cite, Evidence, EvidenceKindSpec } from '../model/evidence.ts'
import type { Quote } from '../model/finding.ts'

const neighbours = 2
const longest = 400
/** Lines between two entries of the index of line starts. */
const stride = 512

/** Finds lines of a text by number without cutting it into lines. */
class LineIndex {
  readonly #text: string
  readonly #starts: number[] = [0]

  constructor(text: string) {
    this.#text = text
  }

  /** Line `number`, from 1; null past the end. */
  line(number: number): string | null {
    if (number < 1) return null
    const before = Math.floor((number - 1) / stride)
    while (this.#starts.length <= before) {
      const next = this.#skip(this.#starts.at(-1) as number, stride)
      if (next === null) return null
      this.#starts.push(next)
    }
    const start = this.#skip(this.#starts[before] as number, (number - 1) % stride)
    if (start === null || (start >= this.#text.length && number > 1)) return null
    const end = this.#text.indexOf('\n', start)
    return this.#text.slice(start, Math.min(end < 0 ? this.#text.length : end, start + longest)).replace(/\r$/, '')
  }

  #skip(from: number, lines: number): number | null {
    let at = from
    for (let i = 0; i < lines; i++) {
      const end = this.#text.indexOf('\n', at)
      if (end < 0) return null
      at = end + 1
    }
    return at
  }
}

export class Quoter {
  readonly #evidence: ReadonlyMap<string, Evidence>
  readonly #indexes = new Map<string, LineIndex>()

  constructor(evidence: readonly Evidence[]) {
    this.#evidence = new Map(evidence.map(piece => [piece.id, piece]))
  }

  /** A quote a line, in the order of the citations; neighbours where they say something: in logs. A line that stands under an earlier quote already is not told again. */
  quote(cites: readonly Cite[], most: number): Quote[] {
    const shown = new Set<string>()
    const quotes: Quote[] = []
    for (const cite of cites) {
      if (shown.has(`${cite.evidence} ${cite.where}`) || quotes.length >= most) continue
      const quote = this.#one(cite)
      if (!quote) continue
      quotes.push(quote)
      for (let line = cite.where - quote.before.length; line <= cite.where + quote.after.length; line++) shown.add(`${cite.evidence} ${line}`)
    }
    return quotes
  }

  #one(cite: Cite): Quote | null {
    const piece = this.#evidence.get(cite.evidence)
    if (!piece) return null
    const base = { evidence: piece.id, from: piece.from }
    if (typeof piece.body !== 'string') {
      return { ...base, where: cite.where, text: Buffer.from(piece.body.subarray(cite.where, cite.where + 16)).toString('hex'), before: [], after: [] }
    }
    let index = this.#indexes.get(piece.id)
    if (!index) this.#indexes.set(piece.id, (index = new LineIndex(piece.body)))
    const text = index.line(cite.where)
    if (text === null) return null
    const around = (evidenceKinds[piece.kind] as EvidenceKindSpec).log ? neighbours : 0
    const lines = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => index.line(from + i)).filter(line => line !== null)
    const first = piece.firstLine ?? 1
    return { ...base, where: cite.where + first - 1, text, before: lines(cite.where - around, cite.where), after: lines(cite.where + 1, cite.where + 1 + around) }
  }
}
