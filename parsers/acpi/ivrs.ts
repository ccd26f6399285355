/**
 * The IVRS table: AMD's IOMMUs, the functions they serve and memory that firmware reserves.
 *
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification 48882, rev. 3.08, chapter 5.2: 5.2.1 table, 5.2.2 IVHD
 * (types 10h, 11h, 40h) with its device entries, 5.2.3 IVMD (20h, 21h, 22h).
 */
import { reader, tableBody, tableHeader, type Reader, type TableHeader } from './table.ts'

export interface IvrsTable {
  readonly header: TableHeader
  /** IVinfo: bit 0 EFRSup, 1 DMA remap support, 5-7 GVASize, 8-14 PASize, 15-21 VASize, 22 HtAtsResv. */
  readonly info: number
  readonly reserved: bigint
  readonly blocks: readonly IvrsBlock[]
  /** The bytes end, or make no sense, before the table does. */
  readonly broken: boolean
}

/** `at`: byte offset in the table. */
export type IvrsBlock = { readonly at: number; readonly type: number; readonly flags: number; readonly length: number } & (
  | ({ readonly kind: 'IVHD' } & Ivhd)
  | { readonly kind: 'IVMD'; readonly device: number; readonly auxiliary: number; readonly reserved: bigint; readonly base: bigint; readonly size: bigint }
  | { readonly kind: 'unknown' }
)

export interface Ivhd {
  /** Bus, device and function of the IOMMU as 16 bits. */
  readonly device: number
  readonly capability: number
  readonly base: bigint
  readonly segment: number
  readonly info: number
  /** Feature reporting of type 10h, attributes of 11h and 40h. */
  readonly attributes: number
  /** Copy of the extended feature registers; only 11h and 40h have them. */
  readonly features?: bigint
  readonly features2?: bigint
  readonly entries: readonly IvhdEntry[]
}

export type IvhdEntry = { readonly at: number; readonly type: number; readonly device: number; readonly setting: number } & (
  | { readonly kind: 'plain' }
  | { readonly kind: 'alias'; readonly source: number; readonly reserved: number; readonly reserved2: number }
  | { readonly kind: 'extended'; readonly extra: number }
  | { readonly kind: 'special'; readonly handle: number; readonly source: number; readonly variety: number }
  | { readonly kind: 'acpi'; readonly hid: string; readonly cid: bigint; readonly uidFormat: number; readonly uid: string }
  | { readonly kind: 'unknown'; readonly length: number }
)

const ivhdHeader: Readonly<Record<number, number>> = { 0x10: 24, 0x11: 40, 0x40: 40 }

/** The table, or null where the bytes are none. Any bytes are safe. */
export function decodeIvrs(bytes: Uint8Array): IvrsTable | null {
  const header = tableHeader(bytes, 'IVRS')
  if (!header || bytes.length < 48) return null
  const at = reader(tableBody(bytes, header))
  const blocks: IvrsBlock[] = []
  let place = 48
  while (place + 4 <= at.length) {
    const length = at.u16(place + 2)
    if (length < 4 || place + length > at.length) break
    blocks.push(block(at, place, length))
    place += length
  }
  return { header, info: at.u32(36), reserved: at.u64(40), blocks, broken: place !== at.length || at.length !== header.length }
}

function block(at: Reader, place: number, length: number): IvrsBlock {
  const type = at.u8(place)
  const common = { at: place, type, flags: at.u8(place + 1), length }
  const fixed = ivhdHeader[type]
  if (fixed !== undefined && length >= fixed) return { ...common, kind: 'IVHD', ...ivhd(at, place, fixed, place + length) }
  if (type >= 0x20 && type <= 0x22 && length >= 32) {
    return {
      ...common, kind: 'IVMD', device: at.u16(place + 4), auxiliary: at.u16(place + 6), reserved: at.u64(place + 8),
      base: at.u64(place + 16), size: at.u64(place + 24),
    }
  }
  return { ...common, kind: 'unknown' }
}

const ivhd = (at: Reader, place: number, fixed: number, end: number): Ivhd => ({
  device: at.u16(place + 4),
  capability: at.u16(place + 6),
  base: at.u64(place + 8),
  segment: at.u16(place + 16),
  info: at.u16(place + 18),
  attributes: at.u32(place + 20),
  ...(fixed === 40 && { features: at.u64(place + 24), features2: at.u64(place + 32) }),
  entries: deviceEntries(at, place + fixed, end),
})

/** 5.2.2.1: the top bits of the type tell the length, 4 bytes below 40h, 8 below 80h; F0h carries its own. */
function entryLength(at: Reader, place: number): number {
  const type = at.u8(place)
  if (type < 0x40) return 4
  if (type < 0x80) return 8
  if (type < 0xc0) return 16
  return type === 0xf0 ? 22 + at.u8(place + 21) : 32
}

function deviceEntries(at: Reader, from: number, end: number): IvhdEntry[] {
  const entries: IvhdEntry[] = []
  for (let place = from; place + 4 <= end; ) {
    const length = entryLength(at, place)
    if (place + length > end) break
    entries.push(deviceEntry(at, place, length))
    place += length
  }
  return entries
}

function deviceEntry(at: Reader, place: number, length: number): IvhdEntry {
  const type = at.u8(place)
  const common = { at: place, type, device: at.u16(place + 1), setting: at.u8(place + 3) }
  switch (type) {
    case 0x42: case 0x43: return { ...common, kind: 'alias', reserved: at.u8(place + 4), source: at.u16(place + 5), reserved2: at.u8(place + 7) }
    case 0x46: case 0x47: return { ...common, kind: 'extended', extra: at.u32(place + 4) }
    case 0x48: return { ...common, kind: 'special', handle: at.u8(place + 4), source: at.u16(place + 5), variety: at.u8(place + 7) }
    case 0xf0: return {
      ...common, kind: 'acpi', hid: at.text(place + 4, 8), cid: at.u64(place + 12), uidFormat: at.u8(place + 20), uid: at.text(place + 22, length - 22),
    }
    default: return type < 0x40 ? { ...common, kind: 'plain' } : { ...common, kind: 'unknown', length }
  }
}

/** How many IOMMUs the table describes: firmware lists each once per type of block its drivers may know. */
export const ivrsUnits = (table: IvrsTable): number =>
  new Set(table.blocks.flatMap(one => (one.kind === 'IVHD' ? [`${one.segment} ${one.device}`] : []))).size
