/**
 * The head of a PCI option ROM (PCI Firmware Specification 3.0, section 5.1): 55 AA, at 0x18 a pointer to the letters PCIR, and
 * behind them vendor, device, the type of the image's code and whether it is the last. NVIDIA's nvflash writes files with a header
 * of its own in front, which begins with NVGI.
 */
export interface OptionRom {
  /** The ROM begins where the file does, a header of nvflash does, or something else. */
  readonly starts: '55aa' | 'NVGI' | 'other'
  readonly vendor: string | null
  /** Null also where the image has a list of devices (from revision 3 on). */
  readonly device: string | null
  /** Of the first image: 0 legacy BIOS, 1 Open Firmware, 3 UEFI. */
  readonly codeType: number | null
  /** The first image is the last. */
  readonly single: boolean | null
}

const pointerAt = 0x18
const pcir = [0x50, 0x43, 0x49, 0x52]
/** Where the indicator ends, the last byte of the structure that is of use. */
const pcirLength = 0x16
/** What is told of a file that does not begin with 55 AA. */
const headLength = 0x40

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
const hex = (value: number): string => value.toString(16).padStart(4, '0')
const begins = (bytes: Uint8Array, at: number, with_: readonly number[]): boolean => with_.every((byte, index) => bytes[at + index] === byte)

/** Where its PCIR structure begins; null where the bytes do not reach there, or hold none. */
function pcirOf(bytes: Uint8Array): number | null {
  const at = begins(bytes, 0, [0x55, 0xaa]) && bytes.length >= pointerAt + 2 ? word(bytes, pointerAt) : 0
  return at > 0 && at + pcirLength <= bytes.length && begins(bytes, at, pcir) ? at : null
}

/** What the first bytes of a file tell of the ROM in it. */
export function optionRom(bytes: Uint8Array): OptionRom {
  const at = pcirOf(bytes)
  const starts = begins(bytes, 0, [0x55, 0xaa]) ? '55aa' : begins(bytes, 0, [0x4e, 0x56, 0x47, 0x49]) ? 'NVGI' : 'other'
  if (at === null) return { starts, vendor: null, device: null, codeType: null, single: null }
  const listed = (bytes[at + 0x0c] ?? 0) >= 3 && word(bytes, at + 8) !== 0
  return { starts, vendor: hex(word(bytes, at + 4)), device: listed ? null : hex(word(bytes, at + 6)), codeType: bytes[at + 0x14] ?? null, single: ((bytes[at + 0x15] ?? 0) & 0x80) !== 0 }
}

/** How many of the bytes suffice to tell that. */
export const headOf = (bytes: Uint8Array): number => Math.min(bytes.length, Math.max(headLength, (pcirOf(bytes) ?? 0) + pcirLength))

/** The bytes of a line `path<TAB>#hex` as a collector writes it; od puts blanks between them. */
export function bytesOfHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  return /^(?:[0-9a-f]{2}){0,2048}$/i.test(digits) ? Uint8Array.from({ length: digits.length >> 1 }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16)) : new Uint8Array()
}
