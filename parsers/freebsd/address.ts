import { bdfFromNumbers, type Bdf } from '../../model/bdf.ts'

/**
 * The address of FreeBSD's four decimal numbers. A virtual function behind ARI has slot 0 and a function up to 255
 * (`ppt0@pci0:6:0:130:`); the same eight bits are slot 16, function 2 everywhere else.
 */
export function functionAt(domain: number, bus: number, slot: number, fn: number): Bdf | null {
  return slot === 0 && fn > 7 && fn < 256 ? bdfFromNumbers(domain, bus, fn >> 3, fn & 7) : bdfFromNumbers(domain, bus, slot, fn)
}

/**
 * The function a selector of bhyve's passthru names: `4/0/0` on every release, `pci4:0:0` and `pci0:4:0:0` from 14 on
 * (usr.sbin/bhyve/pci_passthru.c). Null for anything else, `ppt0` as well: only pciconf knows where that is.
 */
export function functionOfSelector(text: string): Bdf | null {
  const parts = /^(?:(\d{1,3})\/(\d{1,2})\/(\d{1,3})|pci(?:(\d{1,10}):)?(\d{1,3}):(\d{1,2}):(\d{1,3}):?)$/.exec(text.trim())
  if (!parts) return null
  const [bus, slot, fn] = (parts[1] === undefined ? parts.slice(5, 8) : parts.slice(1, 4)).map(Number) as [number, number, number]
  return functionAt(Number(parts[4] ?? 0), bus, slot, fn)
}
