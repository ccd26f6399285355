import { bdfFromDecimal, bdfFromNumbers, bdfFromText, type Bdf } from '../model/bdf.ts'
import type { EvidenceId } from '../model/evidence.ts'
import type { LogLine } from '../model/snapshot.ts'
import { prefixOf } from '../matching/log-prefix.ts'
import { longestLine } from '../matching/log-text.ts'

/**
 * One line of a log, cut into time, message and the address it speaks of:
 *
 *     [  812.345678] vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]
 *     Nov 21 00:11:22 tower kernel: AMD-Vi: Event logged [IO_PAGE_FAULT device=05:00.0 domain=0x000c …]
 *     {"__MONOTONIC_TIMESTAMP":"812345678","_TRANSPORT":"kernel","MESSAGE":"vfio-pci 0000:01:00.0: …"}
 *
 * `line` is the physical line number from 1. Prefix forms: `matching/log-prefix.ts`; addresses: `addressIn`.
 */
export function readLogLine(evidence: EvidenceId, line: number, text: string): LogLine {
  const cut = text.slice(0, longestLine)
  const entry = journalEntry(cut)
  const message = entry?.message ?? cut
  const prefix = prefixOf(message)
  const said = message.slice(prefix.length)
  return { evidence, line, time: entry?.time ?? prefix.time, text: said.trim(), bdf: addressIn(said) ?? entry?.bdf ?? null }
}

interface JournalEntry { readonly message: string; readonly time: number | null; readonly bdf: Bdf | null }

const jsonMessage = /"(?:MESSAGE|msg)" ?: ?("(?:[^"\\]|\\.){0,4096}")/
const exported = 'MESSAGE='

/**
 * An entry of `journalctl -o json` or `export` or of `dmesg -J`, which has each field on a line; null: an ordinary
 * line. MESSAGE may be an array of bytes where it is not UTF-8 (systemd, docs/JOURNAL_EXPORT_FORMATS.md).
 */
function journalEntry(text: string): JournalEntry | null {
  if (text.startsWith(exported)) return { message: text.slice(exported.length), time: null, bdf: null }
  const head = text.slice(0, 16).trimStart()
  if (head.startsWith('"msg"')) return cutEntry(text)
  if (!head.startsWith('{')) return null
  const fields = parsed(text.trim().replace(/,$/, ''))
  if (!fields) return text.includes('"MESSAGE"') ? cutEntry(text) : null
  const message = 'MESSAGE' in fields ? wordsOf(fields['MESSAGE']) : 'pri' in fields ? wordsOf(fields['msg']) : null
  if (message === null) return null
  const device = fields['_KERNEL_DEVICE']
  return { message, time: timeOf(fields), bdf: typeof device === 'string' && device.startsWith('+pci:') ? bdfFromText(device.slice(5)) : null }
}

function cutEntry(text: string): JournalEntry | null {
  const quoted = jsonMessage.exec(text)?.[1]
  if (quoted === undefined) return null
  try {
    return { message: String(JSON.parse(quoted)), time: null, bdf: null }
  } catch {
    return { message: quoted.slice(1, -1), time: null, bdf: null }
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function wordsOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return null
  return Buffer.from(value.filter((byte): byte is number => typeof byte === 'number')).toString('utf8')
}

function timeOf(fields: Record<string, unknown>): number | null {
  const seconds = (name: string, unit: number) => (fields[name] === undefined ? NaN : Number(fields[name]) / unit)
  return [seconds('__MONOTONIC_TIMESTAMP', 1e6), seconds('time', 1), seconds('__REALTIME_TIMESTAMP', 1e6)].find(Number.isFinite) ?? null
}

const address = '[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]'
/** `<driver> <bdf>: `, whatever the driver: pci_info() and kin print the one bound at that moment, or `pci`. */
const devicePrefix = new RegExp(`^([\\w-]{1,32}) (${address}): `, 'i')
/** The spellings in one alternation, so that the first in the text wins. Not inside a longer number, a MAC address or a clock time. */
const anyAddress = new RegExp([
  `(?<![\\w.-])(?:${address})(?![\\w.])`,
  `(?<=usb-)(?:${address})`,
  '\\bPCI:(?<card>[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f])(?![\\w.])',
  '(?<![\\w:.-])(?:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7])(?![\\w:.-])',
  '\\bpci(?<decimal>(?:\\d{1,5}:)?\\d{1,3}:\\d{1,2}:\\d)(?![\\w:])',
  '\\bpci_(?<nodedev>[0-9a-f]{4,8}_[0-9a-f]{2}_[01][0-9a-f]_[0-7])(?!\\w)',
].join('|'), 'i')

/**
 * The address a message speaks of: that of its device prefix, else the first in its text: with a domain, without one
 * (`device=05:00.0` of AMD-Vi, `[01:00.0]` of DMAR: domain 0000), NVIDIA's `PCI:0000:01:00` (a GPU is function 0),
 * FreeBSD's decimal `pci0:1:0:0`, libvirt's `pci_0000_01_00_0`.
 */
export function addressIn(message: string): Bdf | null {
  const device = devicePrefix.exec(message)?.[2]
  if (device !== undefined) return bdfFromText(device)
  const found = anyAddress.exec(message)
  if (!found) return null
  const { card, decimal, nodedev } = found.groups ?? {}
  if (card !== undefined) return bdfFromText(`${card}.0`)
  if (decimal !== undefined) return bdfFromDecimal(decimal)
  if (nodedev !== undefined) return nodedevAddress(nodedev)
  return bdfFromText(found[0])
}

function nodedevAddress(text: string): Bdf | null {
  const [domain, bus, slot, fn] = text.split('_').map(part => parseInt(part, 16)) as [number, number, number, number]
  return bdfFromNumbers(domain, bus, slot, fn)
}
