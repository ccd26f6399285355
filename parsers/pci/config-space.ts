/**
 * Decodes PCI configuration space from its bytes: 64 (what an ordinary user may read), 256 (all of conventional PCI)
 * or 4096 (all of PCI Express). What the bytes at hand do not reach is undefined, never false.
 *
 * Sources: PCI Local Bus 3.0 chapter 6 (header, capabilities, MSI, MSI-X), PCI-to-PCI Bridge 1.2 chapter 3.2, PCI Power
 * Management 1.2 chapter 3, PCI Express Base 5.0 chapter 7 (7.5.3 Express, 7.7.8 ACS, 7.8.3 L1 PM Substates, 7.8.4 AER, 7.8.6 Resizable BAR,
 * 9.3.3 SR-IOV, 10.5.1 ATS), Conventional PCI Advanced Features ECN; names as in Linux include/uapi/linux/pci_regs.h.
 */
export interface ConfigSpace {
  /** Bytes given. */
  readonly length: number
  /** False where the first 64 bytes are all ones: the function is off the bus or without power. */
  readonly answers: boolean
  readonly vendor: number
  readonly device: number
  readonly revision: number
  /** Base class, sub-class and programming interface: 0x030000. */
  readonly classCode: number
  /** Without the multifunction bit: 0 endpoint, 1 bridge, 2 CardBus, 127 when it does not answer. */
  readonly headerType: number
  readonly multifunction: boolean
  /** Subsystem vendor and device; null for headers without it. */
  readonly subsystem: { readonly vendor: number; readonly device: number } | null
  readonly command: { readonly io: boolean; readonly memory: boolean; readonly busMaster: boolean; readonly intxDisabled: boolean }
  readonly bars: readonly BarRegister[]
  readonly rom: { readonly address: number; readonly enabled: boolean } | null
  readonly bridge: Bridge | null
  /** Interrupt pin, 0 none, 1 INTA. */
  readonly interruptPin: number
  /** Conventional capabilities; undefined when fewer than 256 bytes were given and the function has such a list. */
  readonly capabilities: readonly Capability[] | undefined
  /** Extended capabilities; undefined when the function may have them and fewer than 4096 bytes were given. */
  readonly extended: readonly ExtendedCapability[] | undefined
}

export interface BarRegister {
  readonly number: number
  readonly space: 'mem' | 'io'
  readonly wide: boolean
  readonly prefetchable: boolean
  /** As it stands in the register; bigint as 64-bit BARs lie above 2^53 on no machine but in any hostile file. */
  readonly address: bigint
}

/** A window of a bridge, both ends included; null where base lies above limit: the bridge passes nothing. */
export type Window = { readonly base: bigint; readonly limit: bigint } | null
export interface Bridge {
  readonly primary: number
  readonly secondary: number
  readonly subordinate: number
  readonly io: Window
  readonly memory: Window
  readonly prefetchable: Window
}

export type Capability = { readonly id: number; readonly at: number } & (
  | { readonly kind: 'power-management'; readonly state: 'D0' | 'D1' | 'D2' | 'D3hot'; readonly noSoftReset: boolean }
  | { readonly kind: 'msi'; readonly enabled: boolean; readonly vectors: number; readonly wide: boolean }
  | { readonly kind: 'msix'; readonly enabled: boolean; readonly vectors: number; readonly tableBar: number; readonly tableOffset: number }
  | { readonly kind: 'express' } & Express
  | { readonly kind: 'advanced-features'; readonly flr: boolean }
  | { readonly kind: 'other' }
)

export interface Express {
  /** Device/port type: 0 endpoint, 1 legacy endpoint, 4 root port, 5 upstream, 6 downstream, 7 to PCI, 9 integrated endpoint. */
  readonly portType: number
  readonly flr: boolean
  /** GT/s; null for codes no specification names. */
  readonly speed: number | null
  readonly width: number
  readonly maxSpeed: number | null
  readonly maxWidth: number
  /** Link Control: bit 0 L0s, bit 1 L1. */
  readonly aspm: number
  /** Device Capabilities 2: the port passes atomic operations on. */
  readonly atomicRouting: boolean
}

export type ExtendedCapability = { readonly id: number; readonly at: number } & (
  | { readonly kind: 'aer'; readonly uncorrectable: number; readonly correctable: number }
  | { readonly kind: 'acs'; readonly able: number; readonly on: number }
  | { readonly kind: 'ats'; readonly enabled: boolean }
  | { readonly kind: 'sriov'; readonly enabled: boolean; readonly initialVfs: number; readonly totalVfs: number; readonly vfs: number }
  | { readonly kind: 'l1-substates'; readonly on: number }
  | { readonly kind: 'rebar'; readonly bars: readonly ResizableBar[] }
  | { readonly kind: 'other' }
)

export interface ResizableBar {
  readonly number: number
  /** Exponents: n stands for 2^n MiB. */
  readonly sizes: readonly number[]
  readonly current: number
}

/** Transfer rates by the code of Link Capabilities and Link Status, GT/s. */
const speeds: Readonly<Record<number, number>> = { 1: 2.5, 2: 5, 3: 8, 4: 16, 5: 32, 6: 64 }
const powerStates = ['D0', 'D1', 'D2', 'D3hot'] as const

/** Little-endian reads that answer 0 behind the end, so that a short dump cannot throw. */
const reader = (bytes: Uint8Array) => {
  const u8 = (at: number) => bytes[at] ?? 0
  const u16 = (at: number) => u8(at) | (u8(at + 1) << 8)
  const u32 = (at: number) => (u16(at) | (u16(at + 2) << 16)) >>> 0
  return { u8, u16, u32, length: bytes.length }
}
type Reader = ReturnType<typeof reader>

/** The decoded space, or null for fewer than the 64 bytes of the header. */
export function decodeConfigSpace(bytes: Uint8Array): ConfigSpace | null {
  if (bytes.length < 64) return null
  const at = reader(bytes)
  const headerType = at.u8(0x0e) & 0x7f
  const answers = !bytes.subarray(0, 64).every(byte => byte === 0xff)
  const endpoint = answers && headerType === 0
  const capabilities = answers ? conventional(at, headerType) : undefined
  const command = at.u16(4)
  return {
    length: bytes.length,
    answers,
    vendor: at.u16(0),
    device: at.u16(2),
    revision: at.u8(8),
    classCode: at.u32(8) >>> 8,
    headerType,
    multifunction: (at.u8(0x0e) & 0x80) !== 0,
    subsystem: endpoint ? { vendor: at.u16(0x2c), device: at.u16(0x2e) } : null,
    command: { io: (command & 1) !== 0, memory: (command & 2) !== 0, busMaster: (command & 4) !== 0, intxDisabled: (command & 0x400) !== 0 },
    bars: answers && headerType < 2 ? barRegisters(at, headerType === 0 ? 6 : 2) : [],
    rom: answers && headerType < 2 ? romRegister(at.u32(headerType === 0 ? 0x30 : 0x38)) : null,
    bridge: answers && headerType === 1 ? bridgeWindows(at) : null,
    interruptPin: at.u8(0x3d),
    capabilities,
    extended: capabilities && extendedCapabilities(at, capabilities),
  }
}

function barRegisters(at: Reader, count: number): BarRegister[] {
  const bars: BarRegister[] = []
  for (let number = 0; number < count; number++) {
    const low = at.u32(0x10 + 4 * number)
    if (low === 0) continue
    if ((low & 1) !== 0) {
      bars.push({ number, space: 'io', wide: false, prefetchable: false, address: BigInt((low & ~3) >>> 0) })
      continue
    }
    const wide = (low & 6) === 4 && number + 1 < count
    const high = wide ? at.u32(0x14 + 4 * number) : 0
    bars.push({ number, space: 'mem', wide, prefetchable: (low & 8) !== 0, address: (BigInt(high) << 32n) | BigInt((low & ~15) >>> 0) })
    if (wide) number++
  }
  return bars
}

const romRegister = (value: number) => (value === 0 ? null : { address: (value & ~0x7ff) >>> 0, enabled: (value & 1) !== 0 })

/** PCI-to-PCI Bridge 1.2, 3.2.5.6 to 3.2.5.10: ends are given in steps of 4 KiB (I/O) and 1 MiB (memory). */
function bridgeWindows(at: Reader): Bridge {
  const window = (base: bigint, limit: bigint): Window => (base > limit ? null : { base, limit })
  const io = (low: number, high: number) => BigInt(((at.u8(low) & 0xf0) << 8) | (at.u16(high) << 16))
  const memory = (low: number) => BigInt(at.u16(low) & 0xfff0) << 16n
  const wide = (at.u8(0x24) & 15) === 1
  const prefetchable = (low: number, high: number) => memory(low) | (wide ? BigInt(at.u32(high)) << 32n : 0n)
  const ioLimit = BigInt.asUintN(32, io(0x1d, 0x32)) | 0xfffn
  return {
    primary: at.u8(0x18),
    secondary: at.u8(0x19),
    subordinate: at.u8(0x1a),
    io: at.u8(0x1c) === 0 && at.u8(0x1d) === 0 ? null : window(BigInt.asUintN(32, io(0x1c, 0x30)), ioLimit),
    memory: window(memory(0x20), memory(0x22) | 0xfffffn),
    prefetchable: window(prefetchable(0x24, 0x28), prefetchable(0x26, 0x2c) | 0xfffffn),
  }
}

/** The list of PCI 3.0, 6.7. It may be a loop in broken or hostile bytes, so a place is visited once. */
function conventional(at: Reader, headerType: number): Capability[] | undefined {
  const hasList = (at.u16(6) & 0x10) !== 0
  if (!hasList) return []
  if (at.length < 256) return undefined
  const found: Capability[] = []
  const seen = new Set<number>()
  for (let place = at.u8(headerType === 2 ? 0x14 : 0x34) & ~3; place >= 0x40 && !seen.has(place); place = at.u8(place + 1) & ~3) {
    seen.add(place)
    if (at.u8(place) === 0xff) break
    found.push(capability(at, place))
  }
  return found
}

function capability(at: Reader, place: number): Capability {
  const id = at.u8(place)
  const control = at.u16(place + 2)
  switch (id) {
    case 0x01: {
      const status = at.u16(place + 4)
      return { id, at: place, kind: 'power-management', state: powerStates[status & 3] ?? 'D0', noSoftReset: (status & 8) !== 0 }
    }
    case 0x05: return { id, at: place, kind: 'msi', enabled: (control & 1) !== 0, vectors: 1 << ((control >> 1) & 7), wide: (control & 0x80) !== 0 }
    case 0x11: {
      const table = at.u32(place + 4)
      return { id, at: place, kind: 'msix', enabled: (control & 0x8000) !== 0, vectors: (control & 0x7ff) + 1, tableBar: table & 7, tableOffset: (table & ~7) >>> 0 }
    }
    case 0x10: return { id, at: place, kind: 'express', ...express(at, place) }
    case 0x13: return { id, at: place, kind: 'advanced-features', flr: (at.u8(place + 3) & 2) !== 0 }
    default: return { id, at: place, kind: 'other' }
  }
}

function express(at: Reader, place: number): Express {
  const linkCapabilities = at.u32(place + 0x0c)
  const linkStatus = at.u16(place + 0x12)
  return {
    portType: (at.u16(place + 2) >> 4) & 15,
    flr: (at.u32(place + 4) & 0x1000_0000) !== 0,
    speed: speeds[linkStatus & 15] ?? null,
    width: (linkStatus >> 4) & 63,
    maxSpeed: speeds[linkCapabilities & 15] ?? null,
    maxWidth: (linkCapabilities >> 4) & 63,
    aspm: at.u16(place + 0x10) & 3,
    atomicRouting: (at.u16(place + 2) & 15) >= 2 && (at.u32(place + 0x24) & 0x40) !== 0,
  }
}

/** PCIe 7.6.3: a list from 100h, headers of 16 bits id, 4 version, 12 next. A function without Express has none. */
function extendedCapabilities(at: Reader, capabilities: readonly Capability[]): ExtendedCapability[] | undefined {
  if (!capabilities.some(one => one.kind === 'express')) return []
  if (at.length < 4096) return undefined
  const found: ExtendedCapability[] = []
  const seen = new Set<number>()
  for (let place = 0x100; place >= 0x100 && !seen.has(place); ) {
    seen.add(place)
    const header = at.u32(place)
    if (header === 0 || header === 0xffff_ffff) break
    found.push(extended(at, place, header & 0xffff))
    place = (header >>> 20) & 0xffc
  }
  return found
}

function extended(at: Reader, place: number, id: number): ExtendedCapability {
  switch (id) {
    case 0x0001: return { id, at: place, kind: 'aer', uncorrectable: at.u32(place + 4), correctable: at.u32(place + 0x10) }
    case 0x000d: return { id, at: place, kind: 'acs', able: at.u16(place + 4) & 0x7f, on: at.u16(place + 6) & 0x7f }
    case 0x000f: return { id, at: place, kind: 'ats', enabled: (at.u16(place + 6) & 0x8000) !== 0 }
    case 0x0010: return {
      id, at: place, kind: 'sriov', enabled: (at.u16(place + 8) & 1) !== 0,
      initialVfs: at.u16(place + 0x0c), totalVfs: at.u16(place + 0x0e), vfs: at.u16(place + 0x10),
    }
    case 0x001e: return { id, at: place, kind: 'l1-substates', on: at.u32(place + 8) & 15 }
    case 0x0015: return { id, at: place, kind: 'rebar', bars: resizableBars(at, place) }
    default: return { id, at: place, kind: 'other' }
  }
}

/** PCIe 7.8.6: the first control register says how many BARs there are; size bits 4.. of Capability, 16.. of Control. */
function resizableBars(at: Reader, place: number): ResizableBar[] {
  const count = Math.min((at.u32(place + 8) >>> 5) & 7, 6)
  return Array.from({ length: count }, (_, index) => {
    const able = at.u32(place + 4 + 8 * index)
    const control = at.u32(place + 8 + 8 * index)
    const low = Array.from({ length: 28 }, (_, bit) => bit).filter(bit => ((able >>> (bit + 4)) & 1) !== 0)
    const high = Array.from({ length: 16 }, (_, bit) => bit).filter(bit => ((control >>> (bit + 16)) & 1) !== 0)
    return { number: control & 7, sizes: [...low, ...high.map(bit => bit + 28)], current: (control >>> 8) & 63 }
  })
}

/** The first capability of a kind, for `capabilities` and `extended` alike. */
export function find<T extends { readonly kind: string }, K extends T['kind']>(list: readonly T[] | undefined, kind: K): Extract<T, { kind: K }> | undefined {
  return list?.find((one): one is Extract<T, { kind: K }> => one.kind === kind)
}
