import { bdfFromNumbers, type Bdf } from '../../model/bdf.ts'

/** NVIDIA prints eight digits of domain: `00000000:01:00.0`. Null where the text is no address. */
export function nvidiaAddress(text: string): Bdf | null {
  const parts = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(text.trim())
  return parts ? bdfFromNumbers(parseInt(parts[1] ?? '0', 16), parseInt(parts[2] ?? '', 16), parseInt(parts[3] ?? '', 16), Number(parts[4])) : null
}
