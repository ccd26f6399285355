/**
 * Finds many literals in one text at once, letter case ignored (ASCII): Wu and Manber's algorithm ("A fast algorithm
 * for multi-pattern searching", 1994) with blocks of three bytes. Its cost hardly grows with the number of literals,
 * which is why rules over logs must name a literal: a thousand rules read the log once.
 */

const block = 3
const tableBits = 16

const lower = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))

/** The shortest literal the search takes. */
export const shortestLiteral = 5

/** From this length on literals are searched in strides of their own; the few short ones would slow all others down. */
const long = 9

export class LiteralSearch {
  readonly #searches: WindowSearch[]

  /** Throws RangeError where a literal is shorter than `shortestLiteral` bytes. */
  constructor(literals: readonly string[]) {
    const short = literals.find(literal => literal.length < shortestLiteral)
    if (short !== undefined) throw new RangeError(`the literal "${short}" is shorter than ${shortestLiteral} characters`)
    const folded = literals.map((literal, index) => ({ index, bytes: Buffer.from(literal, 'latin1').map(byte => lower[byte] as number) }))
    this.#searches = [folded.filter(({ bytes }) => bytes.length >= long), folded.filter(({ bytes }) => bytes.length < long)]
      .filter(group => group.length > 0).map(group => new WindowSearch(group))
  }

  /** Calls `found` with a literal's index and its byte offset; for one literal in order of the offsets. */
  scan(bytes: Uint8Array, found: (literal: number, offset: number) => void): void {
    for (const search of this.#searches) search.scan(bytes, found)
  }
}

/** A literal by its place in the caller's list, folded to lower case. */
interface Literal { readonly index: number; readonly bytes: Uint8Array }

/** Literals of like length, searched with a window as long as the shortest of them (12 bytes at most). */
class WindowSearch {
  readonly #literals: readonly Literal[]
  readonly #window: number
  /** For a block's hash: how far the window may move. 0: a literal's window may end here. */
  readonly #shift = new Uint8Array(1 << tableBits)
  /** For a block's hash: the literals (by place in `#literals`) whose window ends with it. */
  readonly #ending = new Map<number, number[]>()
  /** Where in each literal its window lies: the part whose letters are rarest in logs. */
  readonly #windowAt: number[]

  constructor(literals: readonly Literal[]) {
    this.#literals = literals
    this.#window = literals.reduce((least, { bytes }) => Math.min(least, bytes.length), 12)
    this.#shift.fill(this.#window - block + 1)
    this.#windowAt = literals.map(({ bytes }) => rarestWindow(bytes, this.#window))
    literals.forEach(({ bytes }, place) => {
      const start = this.#windowAt[place] as number
      for (let end = block; end <= this.#window; end++) {
        const at = start + end
        const hash = hashOf(bytes[at - 3] as number, bytes[at - 2] as number, bytes[at - 1] as number)
        const move = this.#window - end
        if (move < (this.#shift[hash] as number)) this.#shift[hash] = move
        if (move > 0) continue
        const ending = this.#ending.get(hash)
        if (ending) ending.push(place)
        else this.#ending.set(hash, [place])
      }
    })
  }

  scan(bytes: Uint8Array, found: (literal: number, offset: number) => void): void {
    const shift = this.#shift
    const length = bytes.length
    let at = this.#window - 1
    while (at < length) {
      const hash = hashOf(lower[bytes[at - 2] as number] as number, lower[bytes[at - 1] as number] as number, lower[bytes[at] as number] as number)
      const move = shift[hash] as number
      if (move > 0) {
        at += move
        continue
      }
      for (const place of this.#ending.get(hash) ?? []) {
        const start = at + 1 - this.#window - (this.#windowAt[place] as number)
        const literal = this.#literals[place] as Literal
        if (start >= 0 && standsAt(literal.bytes, bytes, start)) found(literal.index, start)
      }
      at++
    }
  }
}

function standsAt(literal: Uint8Array, bytes: Uint8Array, start: number): boolean {
  if (start + literal.length > bytes.length) return false
  for (let i = 0; i < literal.length; i++) if (lower[bytes[start + i] as number] !== literal[i]) return false
  return true
}

const hashOf = (a: number, b: number, c: number): number => ((a << 10) ^ (b << 5) ^ c) & ((1 << tableBits) - 1)

/** Letters by how common they are in kernel and hypervisor logs; anything else counts as rare. */
const common = ' e0taior:n.scd1pmf'

function rarestWindow(literal: Uint8Array, width: number): number {
  let best = 0
  let bestCost = Infinity
  for (let start = 0; start + width <= literal.length; start++) {
    let cost = 0
    for (let i = start; i < start + width; i++) {
      const rank = common.indexOf(String.fromCharCode(literal[i] as number))
      cost += rank < 0 ? 1 : 1 + (common.length - rank) / 3
    }
    if (cost < bestCost) [best, bestCost] = [start, cost]
  }
  return best
}
