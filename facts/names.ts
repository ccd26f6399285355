/** Names of PCI functions, for display only: rules match numbers. The host's own pci.ids first, the shipped one where it knows less. */
import { textOf, type Evidence } from '../model/evidence.ts'
import type { FunctionFacts } from '../model/snapshot.ts'

/** Gives the text of the pci.ids that goes with the package; called only where a name is missing. */
export type ShippedNames = () => string

/** A pci.ids text that is asked for a few ids: cut into the blocks of the vendors asked for, never read whole. */
class Names {
  readonly #text: string
  readonly #blocks = new Map<string, string>()

  constructor(text: string) {
    this.#text = `\n${text}`
  }

  /** Vendor and device name of `10de:1b39`; null where the text does not know both. */
  of(id: string): string | null {
    const [vendor, device] = id.split(':') as [string, string]
    const block = this.#blockOf(vendor)
    const at = block.indexOf(`\n\t${device}  `)
    return at < 0 ? null : `${shortVendor(block.slice(vendor.length + 3, block.indexOf('\n', 1)))} ${lineFrom(block, at + device.length + 4)}`
  }

  #blockOf(vendor: string): string {
    const known = this.#blocks.get(vendor)
    if (known !== undefined) return known
    const start = this.#text.indexOf(`\n${vendor}  `)
    const block = start < 0 ? '' : this.#text.slice(start, endOfBlock(this.#text, start + 1))
    this.#blocks.set(vendor, block)
    return block
  }
}

const lineFrom = (text: string, start: number): string => {
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? text.length : end)
}

/** A vendor's block goes on while lines begin with a tab (or are comments, as in the full file). */
function endOfBlock(text: string, start: number): number {
  let at = text.indexOf('\n', start)
  while (at >= 0 && (text[at + 1] === '\t' || text[at + 1] === '#')) at = text.indexOf('\n', at + 1)
  return at < 0 ? text.length : at
}

/** `Advanced Micro Devices, Inc. [AMD/ATI]` is AMD/ATI to everybody. */
const shortVendor = (name: string): string => /\[([^\]]+)\]\s*$/.exec(name)?.[1] ?? name.replace(/,? (Inc\.?|Corporation|Corp\.?|Co\.?,? Ltd\.?|Ltd\.?|Limited)$/, '')

export function nameFunctions(functions: Record<string, FunctionFacts>, evidence: readonly Evidence[], shipped: ShippedNames): void {
  const sources = evidence.filter(piece => piece.kind === 'pci-names').map(piece => new Names(textOf(piece)))
  let last: Names | undefined
  const found = new Map<string, string | null>()
  const nameOf = (id: string): string | null => {
    for (const source of sources) {
      const name = source.of(id)
      if (name !== null) return name
    }
    return (last ??= new Names(shipped())).of(id)
  }
  for (const fn of Object.values(functions)) {
    const id = fn.id?.value
    if (!id || (fn.name?.value ?? null) !== null) continue
    if (!found.has(id)) found.set(id, nameOf(id))
    const name = found.get(id) ?? null
    if (name !== null) fn.name = { value: name, at: fn.id?.at ?? [] }
  }
}
