/** Names of PCI functions, for display only: rules match numbers. The host's own pci.ids first, the shipped one where it knows less. */
import { textOf, type Evidence } from '../model/evidence.ts'
import { derived, type Fact } from '../model/fact.ts'
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
    const [vendor] = id.split(':') as [string]
    const device = this.device(id)
    return device === null ? null : `${shortVendor(this.#blockOf(vendor).slice(vendor.length + 3, this.#blockOf(vendor).indexOf('\n', 1)))} ${device}`
  }

  /** The device's name alone. */
  device(id: string): string | null {
    const [vendor = '', device = ''] = id.split(':')
    const block = this.#blockOf(vendor)
    const at = block.indexOf(`\n\t${device}  `)
    return at < 0 ? null : lineFrom(block, at + device.length + 4)
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

/**
 * `lspci -k` shows names and no ids. Where an id is given to vfio-pci, and its name in pci.ids is that of a function
 * listed by name alone, the function has that id.
 */
export function identifyByNames(functions: Record<string, FunctionFacts>, ids: Fact<readonly string[]> | undefined, evidence: readonly Evidence[], shipped: ShippedNames): void {
  const nameless = Object.values(functions).filter(fn => fn.id === undefined && fn.vendor?.value && fn.name?.value)
  const wanted = (ids?.value ?? []).map(id => id.toLowerCase()).filter(id => /^[0-9a-f]{4}:[0-9a-f]{4}$/.test(id)).slice(0, 100)
  if (nameless.length === 0 || wanted.length === 0) return
  const sources = [...evidence.filter(piece => piece.kind === 'pci-names').map(textOf), shipped()].map(text => new Names(text))
  for (const id of wanted) {
    const device = sources.map(source => source.device(id)).find(name => name !== null)
    if (!device) continue
    for (const fn of nameless) if (fn.vendor?.value === id.slice(0, 4) && fn.name?.value?.endsWith(` ${device}`)) fn.id ??= derived(id, fn.name, ids)
  }
}
