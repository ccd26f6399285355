/** lspci's forms for programs: `-m` (a quoted line per function) and `-vmm` or `-vm` (a record of tagged lines). */
import { bdfFromText, type Bdf } from '../../model/bdf.ts'
import type { FunctionLine } from './listing-line.ts'

export interface MachineFunction extends FunctionLine {
  readonly bdf: Bdf
  readonly line: number
  readonly subsystem?: string
  readonly driver?: string
  readonly modules?: readonly string[]
  readonly group?: string
  readonly numaNode?: number
}

const slot = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) (?=["-])/i
const word = /"((?:[^"\\]|\\.)*)"|-([rp])([0-9a-f]{2})\b/gi

/** `01:00.0 "VGA compatible controller [0300]" "NVIDIA Corporation [10de]" "GP104 [1b80]" -ra1 "…" "…"` */
export function machineLine(text: string, line: number): MachineFunction | null {
  const address = slot.exec(text)
  const bdf = address && bdfFromText(address[1] ?? '')
  if (!address || !bdf) return null
  const words: string[] = []
  const flags = new Map<string, string>()
  for (const [, quoted, flag, value] of text.slice(address[0].length, 2048).matchAll(word)) {
    if (flag !== undefined) flags.set(flag, value ?? '')
    else words.push((quoted ?? '').replace(/\\(.)/g, '$1'))
  }
  const [className = '', vendor = '', device = '', subvendor = '', subdevice = ''] = words
  return words.length < 3 ? null : { bdf, line, ...described({ className, vendor, device, subvendor, subdevice, revision: flags.get('r'), progIf: flags.get('p') }) }
}

/** A record of `-vmm`: `Slot:<TAB>01:00.0`, `Class:<TAB>…`; `-vm` calls the slot `Device` too. */
export function machineRecord(lines: readonly { readonly text: string; readonly line: number }[]): MachineFunction | null {
  const tags = new Map<string, string[]>()
  for (const { text } of lines) {
    const tab = text.indexOf('\t')
    const tag = text.slice(0, tab - 1)
    tags.set(tag, [...tags.get(tag) ?? [], text.slice(tab + 1).trim()].slice(0, 32))
  }
  const devices = tags.get('Device') ?? []
  const address = tags.get('Slot')?.[0] ?? devices.shift()
  const bdf = address === undefined ? null : bdfFromText(address)
  const one = (tag: string) => tags.get(tag)?.[0]
  if (!bdf || one('Class') === undefined) return null
  const driver = one('Driver')
  const group = one('IOMMUGroup')
  const node = one('NUMANode')
  return {
    bdf,
    line: lines[0]?.line ?? 1,
    ...described({
      className: one('Class') ?? '', vendor: one('Vendor') ?? '', device: devices[0] ?? '',
      subvendor: one('SVendor') ?? '', subdevice: one('SDevice') ?? '', revision: one('Rev'), progIf: one('ProgIf'),
    }),
    ...(driver !== undefined && { driver }),
    modules: tags.get('Module') ?? [],
    ...(group !== undefined && /^\d{1,6}$/.test(group) && { group }),
    ...(node !== undefined && /^\d{1,4}$/.test(node) && { numaNode: Number(node) }),
  }
}

interface Words {
  readonly className: string; readonly vendor: string; readonly device: string; readonly subvendor: string; readonly subdevice: string
  readonly revision: string | undefined; readonly progIf: string | undefined
}

/** With -n a word is the number, with -nn the number stands in brackets behind the name, else there is only the name. */
const number = (text: string) => /(?:^|\[)([0-9a-f]{4})\]?$/i.exec(text)?.[1]?.toLowerCase()
const title = (text: string) => text.replace(/ ?\[[0-9a-f]{4}\]$/i, '')

function described({ className, vendor, device, subvendor, subdevice, revision, progIf }: Words): FunctionLine & { readonly subsystem?: string } {
  const [code, v, d, sv, sd] = [className, vendor, device, subvendor, subdevice].map(number)
  const name = [vendor, device].map(title).filter(part => part !== '' && !/^[0-9a-f]{4}$/i.test(part)).join(' ')
  return {
    ...(v && d && { id: `${v}:${d}` }),
    ...(v && { vendor: v }),
    ...(code && { class: `${code}${progIf ?? '00'}` }),
    ...(revision !== undefined && /^[0-9a-f]{2}$/i.test(revision) && { revision: revision.toLowerCase() }),
    ...(name !== '' && { name }),
    ...(sv && sd && { subsystem: `${sv}:${sd}` }),
  }
}
