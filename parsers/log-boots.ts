/** Where boots begin in a kernel log, and whether the log still holds the whole of the last one. */
import type { Evidence } from '../model/evidence.ts'
import { logOf, type LogicalLine, type LogText } from '../matching/log-text.ts'
import { readLogLine } from './log-line.ts'

export interface Boot {
  /** `other`: a system whose boots are told apart and that is read no further. */
  readonly platform: 'linux' | 'freebsd' | 'other'
  /** Offset in `LogText.text` of the first line of the boot. */
  readonly start: number
  /** The physical line number of that line, from 1. */
  readonly line: number
}

/** The banner of each system, and how a message begins that is one. Mails say "Linux version 5.15" within a line, too. */
const banners = [
  { platform: 'linux', anchor: 'Linux version ', begins: /^Linux version \d/ },
  { platform: 'freebsd', anchor: '---<<BOOT>>---', begins: /^---<<BOOT>>---/ },
  { platform: 'freebsd', anchor: ' The FreeBSD Project.', begins: /^Copyright \(c\) \S+ The FreeBSD Project\./ },
  { platform: 'other', anchor: 'OpenBSD ', begins: /^OpenBSD \d+\.\d+\S* \(/ },
  { platform: 'other', anchor: 'NetBSD ', begins: /^NetBSD \d+\.\d+\S* \(/ },
] as const

/** Lines between FreeBSD's boot mark and its copyright, which together are one boot: HardenedBSD puts its own between. */
const sameBoot = 512

/** The boots in the order of the text. Empty: an excerpt, or a ring buffer that has lost its start. */
export function bootsOf(log: LogText): readonly Boot[] {
  const known = found.get(log)
  if (known) return known
  const boots = searchBoots(log)
  found.set(log, boots)
  return boots
}

/** Both answers are asked for again by every rule. */
const found = new WeakMap<LogText, readonly Boot[]>()
const judged = new WeakMap<Evidence, boolean>()

function searchBoots(log: LogText): Boot[] {
  const banner = banners.flatMap(({ platform, anchor, begins }) => linesWith(log, anchor).flatMap(({ line, at }): Boot[] => {
    const message = readLogLine('kernel-log', line.number, line.text).text
    // A dying boot's last message may have no line end: `Stopping md0[    0.000000] Linux version …`
    const glued = platform === 'linux' && /\[ *0\.000000\] ?$/.test(log.text.slice(Math.max(0, at - 20), at))
    return begins.test(message) || glued ? [{ platform, start: line.start, line: line.number }] : []
  }))
  const ordered = banner.toSorted((a, b) => a.start - b.start)
  return ordered.filter((boot, index) => {
    const before = ordered[index - 1]
    return !before || boot.platform !== 'freebsd' || before.platform !== boot.platform || boot.start - before.start > sameBoot
  })
}

const mostBoots = 10_000

function linesWith(log: LogText, anchor: string): { line: LogicalLine; at: number }[] {
  const lines: { line: LogicalLine; at: number }[] = []
  for (let at = log.text.indexOf(anchor); at >= 0 && lines.length < mostBoots; at = log.text.indexOf(anchor, at + anchor.length)) {
    lines.push({ line: log.lineAt(at), at })
  }
  return lines
}

/** Fewer lines than any boot prints: a log of several boots that ends so was cut (kexec, a crash kernel), a paste that short is an excerpt. */
const shortest = { linux: 150, freebsd: 40, other: 40 } as const
/** Marks people leave where they took lines out: `...`, `[...]`, `[…]`, `<snip>`, `--- 8< ---`. */
const cutMark = /^\s*(?:\[?(?:\.{3,}|…)\]?|[[<(]snip(?:ped)?[\]>)]|-+ ?(?:8<|snip).*)\s*$/im

/**
 * Whether a message that is not in this log was not printed since the boot: the log was read whole, it holds the
 * banner of the last boot, and nobody took lines out. False for a ring buffer that has lost its start, and for excerpts.
 */
export function isWhole(evidence: Evidence): boolean {
  const known = judged.get(evidence)
  if (known !== undefined) return known
  const whole = judge(evidence)
  judged.set(evidence, whole)
  return whole
}

function judge(evidence: Evidence): boolean {
  if (evidence.status !== 'ok') return false
  const log = logOf(evidence)
  const boots = bootsOf(log)
  const last = boots.at(-1)
  if (!last) return false
  // dmesg.boot ends with the boot; the ring behind it has gone on from there only if it still shows the boot again.
  if (evidence.from.includes('dmesg.boot') && boots.length === 1) return false
  const text = log.text.slice(last.start)
  return !hasCutMark(text) && ((evidence.takenAt !== undefined && boots.length === 1) || holdsLines(text, shortest[last.platform]))
}

/** Line by line only around the characters such marks have, so that a large log costs one search each. */
function hasCutMark(text: string): boolean {
  return ['...', '…', 'snip', '8<'].some(mark => {
    for (let at = text.indexOf(mark), tries = 0; at >= 0 && tries < 10_000; at = text.indexOf(mark, at + mark.length), tries++) {
      const start = text.lastIndexOf('\n', at) + 1
      const end = text.indexOf('\n', at)
      if (at - start < 40 && cutMark.test(text.slice(start, Math.min(end < 0 ? text.length : end, start + 80)))) return true
    }
    return false
  })
}

function holdsLines(text: string, least: number): boolean {
  let at = -1
  for (let lines = 0; lines < least; lines++) {
    at = text.indexOf('\n', at + 1)
    if (at < 0) return false
  }
  return true
}
