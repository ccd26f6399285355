/** The header that every ACPI table has, and safe little-endian reads (ACPI 6.5, 5.2.6). */
export interface TableHeader {
  readonly signature: string
  /** Bytes the header claims; what is read is the smaller of this and the bytes given. */
  readonly length: number
  readonly revision: number
  readonly checksum: number
  /** Whether the bytes add up to 0 modulo 256; false too when some are missing. */
  readonly checksumRight: boolean
  readonly oemId: string
  readonly oemTableId: string
  readonly oemRevision: number
  readonly compilerId: string
  readonly compilerRevision: number
}

export const headerLength = 36

export interface Reader {
  readonly length: number
  u8(at: number): number
  u16(at: number): number
  u32(at: number): number
  u64(at: number): bigint
  text(at: number, length: number): string
}

/** Reads answer 0 behind the end; the decoders check lengths before they read. */
export function reader(bytes: Uint8Array): Reader {
  const u8 = (at: number) => bytes[at] ?? 0
  const u16 = (at: number) => u8(at) | (u8(at + 1) << 8)
  const u32 = (at: number) => (u16(at) | (u16(at + 2) << 16)) >>> 0
  return {
    length: bytes.length,
    u8, u16, u32,
    u64: at => (BigInt(u32(at + 4)) << 32n) | BigInt(u32(at)),
    text: (at, length) => String.fromCharCode(...bytes.subarray(at, Math.min(at + length, at + 256))),
  }
}

/** The header, or null where the bytes do not begin with this signature or are too few. */
export function tableHeader(bytes: Uint8Array, signature: string): TableHeader | null {
  const at = reader(bytes)
  if (bytes.length < headerLength || at.text(0, 4) !== signature) return null
  const length = at.u32(4)
  const sum = bytes.subarray(0, length).reduce((total, byte) => (total + byte) & 0xff, 0)
  return {
    signature, length,
    revision: at.u8(8),
    checksum: at.u8(9),
    checksumRight: length <= bytes.length && sum === 0,
    oemId: at.text(10, 6),
    oemTableId: at.text(16, 8),
    oemRevision: at.u32(24),
    compilerId: at.text(28, 4),
    compilerRevision: at.u32(32),
  }
}

/** The bytes that belong to the table: no more than its header claims. */
export const tableBody = (bytes: Uint8Array, header: TableHeader): Uint8Array => bytes.subarray(0, Math.max(headerLength, header.length))
