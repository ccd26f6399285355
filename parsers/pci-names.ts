import { linesOf } from './tree.ts'
import { parser } from './parser.ts'

/**
 * The names of PCI ids, whole or reduced to the ids of one host. It gives no facts: names belong to ids that other
 * evidence shows, see `readPciIds`.
 *
 *     10de  NVIDIA Corporation
 *     <TAB>1b80  GP104 [GeForce GTX 1080]
 *     <TAB><TAB>1458 3702  GeForce GTX 1080 G1 Gaming
 */
export default parser({ gives: 'pci-names', parse: () => ({}) })

/** Names of ids; ids are lower-case hexadecimal of four digits, classes of two, four or six. */
export interface PciNames {
  vendor(vendor: string): string | undefined
  device(vendor: string, device: string): string | undefined
  subsystem(vendor: string, device: string, subvendor: string, subdevice: string): string | undefined
  /** The name of the finest class known: `VGA controller` for 030000, `Display controller` for 03ff00. */
  class(code: string): string | undefined
  readonly size: number
}

const idLine = /^(\t{0,2})(?:(C) )?([0-9a-f]{2,4})(?: ([0-9a-f]{4}))? {1,4}(\S.{0,300})$/i

/** Reads pci.ids text; lines it does not know are passed over. Linear. */
export function readPciIds(text: string): PciNames {
  const names = new Map<string, string>()
  const path: string[] = []
  let classes = false
  for (const { text: line } of linesOf(text)) {
    const parts = line.startsWith('#') ? null : idLine.exec(line)
    if (!parts) continue
    const depth = (parts[1] ?? '').length
    if (depth === 0) classes = parts[2] !== undefined
    path.length = Math.min(path.length, depth)
    if (path.length < depth) continue
    path.push(`${parts[3]}${parts[4] ?? ''}`.toLowerCase())
    names.set(classes ? `C ${path.join('')}` : path.join(' '), (parts[5] ?? '').trim())
  }
  return {
    vendor: vendor => names.get(vendor),
    device: (vendor, device) => names.get(`${vendor} ${device}`),
    subsystem: (vendor, device, subvendor, subdevice) => names.get(`${vendor} ${device} ${subvendor}${subdevice}`),
    class: code => names.get(`C ${code.slice(0, 6)}`) ?? names.get(`C ${code.slice(0, 4)}`) ?? names.get(`C ${code.slice(0, 2)}`),
    size: names.size,
  }
}
