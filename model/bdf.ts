/**
 * A PCI function's address in one spelling for the whole project: `dddd:bb:ss.f`, lower-case hexadecimal, the domain
 * at least four digits (VMD domains have five: `10000:01:00.0`). Every other spelling (pciconf's decimal
 * `pci0:1:0:0`, bhyve's `1/0/0`, libvirt's attributes) becomes this in the parser that meets it.
 */
export type Bdf = string

/** Linux 5.14 to 6.1 wrote `Request device [0x01:0x00.0]` in DMAR faults. */
const spelling = /^(?:(?:0x)?([0-9a-f]{4,8}):)?(?:0x)?([0-9a-f]{2}):(?:0x)?([0-9a-f]{2})\.([0-7])$/i

/** The canonical spelling of a Linux address (`01:00.0`, `0000:01:00.0`), or null where the text is no address. */
export function bdfFromText(text: string): Bdf | null {
  const parts = spelling.exec(text.trim())
  // NVIDIA's tools print eight digits of domain: 00000000:01:00.0.
  const domain = (parts?.[1] ?? '0000').toLowerCase().replace(/^0+(?=[0-9a-f]{4})/, '')
  return parts ? `${domain}:${parts[2]?.toLowerCase()}:${parts[3]?.toLowerCase()}.${parts[4]}` : null
}

/** The address of four numbers; null where one is out of the range that PCI has (32 slots, 8 functions, 256 buses). */
export function bdfFromNumbers(domain: number, bus: number, slot: number, fn: number): Bdf | null {
  const fits = (n: number, limit: number) => Number.isInteger(n) && n >= 0 && n < limit
  if (!fits(domain, 2 ** 32) || !fits(bus, 256) || !fits(slot, 32) || !fits(fn, 8)) return null
  const hex = (n: number, width: number) => n.toString(16).padStart(width, '0')
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`
}

/** The address of a FreeBSD triple `bus/slot/function` or selector part `domain:bus:slot:function`, all decimal. */
export function bdfFromDecimal(text: string): Bdf | null {
  const numbers = text.trim().split(/[/:]/)
  if (numbers.length < 3 || numbers.length > 4 || !numbers.every(n => /^\d+$/.test(n))) return null
  const [domain, bus, slot, fn] = (numbers.length === 3 ? ['0', ...numbers] : numbers).map(Number) as [number, number, number, number]
  return bdfFromNumbers(domain, bus, slot, fn)
}

/** `0000:01:00` of `0000:01:00.1`: what all functions of one card share. */
export const slotOf = (bdf: Bdf): string => bdf.slice(0, bdf.lastIndexOf('.'))

/** FreeBSD's decimal `1/0/0` (pptdevs, bhyve's passthru) of an address; the domain is left out, as bhyve does. */
export function decimalSlashes(bdf: Bdf): string {
  const [, bus, slot, fn] = bdf.split(/[:.]/)
  return [bus, slot, fn].map(part => parseInt(part ?? '0', 16)).join('/')
}

/** FreeBSD's selector `pci0:1:0:0` of an address, for pciconf and devctl. */
export function selectorOf(bdf: Bdf): string {
  return `pci${bdf.split(/[:.]/).map(part => parseInt(part, 16)).join(':')}`
}

/** libvirt's node device name: `pci_0000_01_00_0`. */
export const nodedevOf = (bdf: Bdf): string => `pci_${bdf.replace(/[:.]/g, '_')}`
