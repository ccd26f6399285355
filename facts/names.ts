/** Names of PCI functions, for display only: rules match numbers. The host's own pci.ids first, the shipped one where it knows less. */
import { textOf, type Evidence } from '../model/evidence.ts'
import type { FunctionFacts } from '../model/snapshot.ts'

/** Gives the text of the pci.ids that goes with the package; called only where a name is missing. */
export type ShippedNames = () => string

/** Vendor and device name of `10de:1b39` in a pci.ids text; null where it has neither. Linear, makes no table. */
export function nameIn(pciIds: string, id: string): string | null {
  const [vendor, device] = id.split(':') as [string, string]
  const start = pciIds.startsWith(`${vendor}  `) ? 0 : pciIds.indexOf(`\n${vendor}  `) + 1
  if (start === 0 && !pciIds.startsWith(`${vendor}  `)) return null
  const vendorName = lineFrom(pciIds, start).slice(vendor.length + 2)
  const block = pciIds.slice(start, endOfBlock(pciIds, start))
  const at = block.indexOf(`\n\t${device}  `)
  const deviceName = at < 0 ? null : lineFrom(block, at + 1).slice(device.length + 3)
  return deviceName === null ? null : `${shortVendor(vendorName)} ${deviceName}`
}

const lineFrom = (text: string, start: number): string => {
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? text.length : end)
}

/** A vendor's block goes on while lines begin with a tab. */
function endOfBlock(text: string, start: number): number {
  let at = text.indexOf('\n', start)
  while (at >= 0 && text[at + 1] === '\t') at = text.indexOf('\n', at + 1)
  return at < 0 ? text.length : at
}

/** `Advanced Micro Devices, Inc. [AMD/ATI]` is AMD/ATI to everybody. */
const shortVendor = (name: string): string => /\[([^\]]+)\]\s*$/.exec(name)?.[1] ?? name.replace(/,? (Inc\.?|Corporation|Corp\.?|Co\.?,? Ltd\.?|Ltd\.?|Limited)$/, '')

export function nameFunctions(functions: Record<string, FunctionFacts>, evidence: readonly Evidence[], shipped: ShippedNames): void {
  const own = evidence.filter(piece => piece.kind === 'pci-names').map(textOf)
  for (const fn of Object.values(functions)) {
    const id = fn.id?.value
    if (!id || (fn.name?.value ?? null) !== null) continue
    let name: string | null = null
    for (const text of own) name ??= nameIn(text, id)
    name ??= nameIn(shipped(), id)
    if (name !== null) fn.name = { value: name, at: fn.id?.at ?? [] }
  }
}
