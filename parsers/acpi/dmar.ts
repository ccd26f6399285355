/**
 * The DMAR table: Intel's DMA remapping units and what firmware reserves for devices.
 *
 * Source: Intel Virtualization Technology for Directed I/O, rev. 4.1, chapter 8: 8.1 table, 8.3 DRHD, 8.3.1 device
 * scope, 8.4 RMRR, 8.5 ATSR, 8.6 RHSA, 8.7 ANDD, 8.8 SATC, 8.9 SIDP.
 */
import { bdfFromNumbers, type Bdf } from '../../model/bdf.ts'
import { reader, tableBody, tableHeader, type Reader, type TableHeader } from './table.ts'

export interface DmarTable {
  readonly header: TableHeader
  /** As it stands in the byte; the width in bits is one more. */
  readonly hostAddressWidth: number
  /** 1 interrupt remapping, 2 x2APIC opt-out, 4 DMA control opt-in. */
  readonly flags: number
  readonly reserved: readonly number[]
  readonly structures: readonly DmarStructure[]
  /** The bytes end, or make no sense, before the table does. */
  readonly broken: boolean
}

/** `at`: byte offset in the table. */
export type DmarStructure = { readonly at: number; readonly type: number; readonly length: number } & (
  | { readonly kind: 'DRHD'; readonly flags: number; readonly size: number; readonly segment: number; readonly address: bigint; readonly scopes: readonly DeviceScope[] }
  | { readonly kind: 'RMRR'; readonly reserved: number; readonly segment: number; readonly base: bigint; readonly limit: bigint; readonly scopes: readonly DeviceScope[] }
  | { readonly kind: 'ATSR'; readonly flags: number; readonly reserved: number; readonly segment: number; readonly scopes: readonly DeviceScope[] }
  | { readonly kind: 'RHSA'; readonly reserved: number; readonly address: bigint; readonly proximityDomain: number }
  | { readonly kind: 'ANDD'; readonly reserved: readonly number[]; readonly device: number; readonly name: string }
  | { readonly kind: 'SATC'; readonly flags: number; readonly reserved: number; readonly segment: number; readonly scopes: readonly DeviceScope[] }
  | { readonly kind: 'unknown' }
)

export interface DeviceScope {
  readonly at: number
  /** 1 endpoint, 2 sub-hierarchy (a bridge and all below), 3 IOAPIC, 4 HPET, 5 ACPI namespace device. */
  readonly type: number
  readonly length: number
  readonly flags: number
  readonly reserved: number
  readonly enumeration: number
  readonly bus: number
  /** Device and function of each step: from the bus through bridges to the function. */
  readonly path: readonly { readonly device: number; readonly fn: number }[]
}

/** The table, or null where the bytes are none. Any bytes are safe. */
export function decodeDmar(bytes: Uint8Array): DmarTable | null {
  const header = tableHeader(bytes, 'DMAR')
  if (!header || bytes.length < 48) return null
  const at = reader(tableBody(bytes, header))
  const structures: DmarStructure[] = []
  let place = 48
  while (place + 4 <= at.length) {
    const length = at.u16(place + 2)
    if (length < 4 || place + length > at.length) break
    structures.push(structure(at, place, length))
    place += length
  }
  return {
    header,
    hostAddressWidth: at.u8(36),
    flags: at.u8(37),
    reserved: Array.from({ length: 10 }, (_, index) => at.u8(38 + index)),
    structures,
    broken: place !== at.length || at.length !== header.length,
  }
}

function structure(at: Reader, place: number, length: number): DmarStructure {
  const type = at.u16(place)
  const common = { at: place, type, length }
  const scopes = (from: number) => deviceScopes(at, place + from, place + length)
  switch (length >= (shortest[type] ?? 4) ? type : -1) {
    case 0: return { ...common, kind: 'DRHD', flags: at.u8(place + 4), size: at.u8(place + 5), segment: at.u16(place + 6), address: at.u64(place + 8), scopes: scopes(16) }
    case 1: return { ...common, kind: 'RMRR', reserved: at.u16(place + 4), segment: at.u16(place + 6), base: at.u64(place + 8), limit: at.u64(place + 16), scopes: scopes(24) }
    case 2: return { ...common, kind: 'ATSR', flags: at.u8(place + 4), reserved: at.u8(place + 5), segment: at.u16(place + 6), scopes: scopes(8) }
    case 3: return { ...common, kind: 'RHSA', reserved: at.u32(place + 4), address: at.u64(place + 8), proximityDomain: at.u32(place + 16) }
    case 4: return {
      ...common, kind: 'ANDD', reserved: [at.u8(place + 4), at.u8(place + 5), at.u8(place + 6)], device: at.u8(place + 7),
      name: at.text(place + 8, length - 8).split('\0', 1)[0] ?? '',
    }
    case 5: return { ...common, kind: 'SATC', flags: at.u8(place + 4), reserved: at.u8(place + 5), segment: at.u16(place + 6), scopes: scopes(8) }
    default: return { ...common, kind: 'unknown' }
  }
}

/** Bytes the fixed part of each type takes. */
const shortest: Readonly<Record<number, number>> = { 0: 16, 1: 24, 2: 8, 3: 20, 4: 8, 5: 8 }

function deviceScopes(at: Reader, from: number, end: number): DeviceScope[] {
  const scopes: DeviceScope[] = []
  for (let place = from; place + 6 <= end; ) {
    const length = at.u8(place + 1)
    if (length < 6 || place + length > end) break
    scopes.push({
      at: place,
      type: at.u8(place),
      length,
      flags: at.u8(place + 2),
      reserved: at.u8(place + 3),
      enumeration: at.u8(place + 4),
      bus: at.u8(place + 5),
      path: Array.from({ length: (length - 6) >> 1 }, (_, step) => ({ device: at.u8(place + 6 + 2 * step), fn: at.u8(place + 7 + 2 * step) })),
    })
    place += length
  }
  return scopes
}

/**
 * The address of an endpoint that hangs directly on the scope's bus. A longer path leads through bridges, whose bus
 * numbers only the running machine knows: null.
 */
export function scopeAddress(segment: number, { type, bus, path }: Pick<DeviceScope, 'type' | 'bus' | 'path'>): Bdf | null {
  const [only] = path
  return type === 1 && path.length === 1 && only ? bdfFromNumbers(segment, bus, only.device, only.fn) : null
}
