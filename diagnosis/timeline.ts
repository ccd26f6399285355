/** The timeline out of the logs: the last boot's lines that speak of passthrough, and every line a finding cites. */
import { logOf, type LogicalLine } from '../matching/log-text.ts'
import type { Bdf } from '../model/bdf.ts'
import { hasBody, type Evidence, type EvidenceKind } from '../model/evidence.ts'
import type { Finding } from '../model/finding.ts'
import type { Moment, Timeline } from '../model/timeline.ts'
import { bootsOf } from '../parsers/log-boots.ts'
import { readLogLine } from '../parsers/log-line.ts'

/** Most moments of a timeline; cited lines go first. */
const most = 160
/** Characters of each log that are searched; what a boot says of its devices stands near its start, and cited lines are found anywhere. */
const searched = 8 * 2 ** 20
/** How often one message may come before the rest of it is only counted. */
const mostAlike = 3

const sources: ReadonlyMap<EvidenceKind, Moment['source']> = new Map([['kernel-log', 'kernel'], ['qemu-log', 'hypervisor'], ['libvirt-log', 'hypervisor'], ['bhyve-log', 'hypervisor']])

/** Words of the lines that a reader looks for. */
const telling: Record<Moment['source'], RegExp> = {
  kernel: /Linux version \d|Command line:|FreeBSD \d+\.\d|DMAR|AMD-Vi|\biommu: |vfio|\bppt\d|AER: |PCIe Bus Error|NVRM|\bXid\b|not ready \d+ms|can't reserve|can't change power state|setting system clock|fallen off|vgaarb: (?:setting|bridge)|Secure boot|lockdown/i,
  hypervisor: /starting up|shutting down|terminating on|vfio|error|failed|refused|denied|not viable|ppt\d|passthru/i,
}

/** What the boot says of every device alike. */
const enumeration = /^(?:pci|pcieport) \S+: (?:\[[0-9a-f]{4}:|reg |BAR \d+ ?\[|ROM \[|PME#|supports |enabling Extended|bridge window|PCI bridge to)|DMAR: (?:DRHD|RMRR|ATSR|RHSA|dmar\d+: reg_base|Reserved)|DMAR: No \w+ found|DMAR-IR: (?:IOAPIC|HPET)|Kernel command line:|.{0,60}vgaarb: bridge control|AMD-Vi: AMD IOMMUv2 functionality not|-(?:device|blockdev|netdev|chardev|object) |ACPI: (?:Reserving )?(?:DMAR|IVRS)|vfio_iommu_type1_|VFIO - User Level/i

export function timelineOf(evidence: readonly Evidence[], findings: readonly Finding[]): Timeline {
  const cited = citedLines(findings)
  const logs = evidence.filter(piece => sources.has(piece.kind) && hasBody(piece))
  const readings = logs.map(piece => new LogReading(piece, cited.get(piece.id) ?? new Set()))
  const booted = readings.map(reading => reading.bootedAt).find(time => time !== null) ?? null
  const all = readings.flatMap(reading => reading.moments(booted)).sort((a, b) => Number(b.cited) - Number(a.cited))
  const kept = all.slice(0, most).map(({ moment }) => moment)
  return { moments: inOrder(kept), left: all.length - kept.length + readings.reduce((sum, reading) => sum + reading.alike, 0) }
}

function citedLines(findings: readonly Finding[]): ReadonlyMap<string, Set<number>> {
  const cited = new Map<string, Set<number>>()
  for (const { evidence, where } of findings.flatMap(finding => finding.evidence)) {
    const lines = cited.get(evidence) ?? new Set()
    cited.set(evidence, lines.add(where))
  }
  return cited
}

/** By time, a line without one right behind the line before it; what no clock can place comes last, the kernel's first. */
function inOrder(moments: readonly Moment[]): readonly Moment[] {
  const last = new Map<string, Pick<Moment, 'sinceBoot' | 'clock'>>()
  const byPlace = moments.toSorted((a, b) => (a.evidence === b.evidence ? a.where - b.where : a.evidence < b.evidence ? -1 : 1))
  const placed = byPlace.map(moment => {
    const before = last.get(moment.evidence)
    const at = { sinceBoot: moment.sinceBoot ?? before?.sinceBoot ?? null, clock: moment.clock ?? before?.clock ?? null }
    last.set(moment.evidence, at)
    return { moment, sinceBoot: at.sinceBoot ?? Infinity, clock: at.clock ?? Infinity, lane: moment.source === 'kernel' ? 0 : 1 }
  })
  // Two Infinities make NaN, which decides nothing either.
  return placed.sort((a, b) => a.sinceBoot - b.sinceBoot || a.lane - b.lane || a.clock - b.clock).map(({ moment }) => moment)
}

interface Read { readonly moment: Moment; readonly cited: boolean }

class LogReading {
  readonly #piece: Evidence
  readonly #source: Moment['source']
  readonly #lines: readonly { readonly line: LogicalLine; readonly cited: boolean; readonly time: number | null; readonly text: string; readonly bdf: Bdf | null }[]
  /** Milliseconds since 1970 at which the boot began, where the log tells. */
  readonly bootedAt: number | null
  /** Lines left out because they repeat others. */
  alike = 0

  constructor(piece: Evidence, cited: ReadonlySet<number>) {
    this.#piece = piece
    this.#source = sources.get(piece.kind) as Moment['source']
    this.#lines = [...this.#tellingLines(cited)].map(({ line, cited }) => {
      const { time, text, bdf } = readLogLine(piece.id, 0, line.text)
      return { line, cited, time, text, bdf }
    })
    this.bootedAt = this.#source === 'kernel' ? bootOf(this.#lines) : null
  }

  *#tellingLines(cited: ReadonlySet<number>): Generator<{ line: LogicalLine; cited: boolean }> {
    const log = logOf(this.#piece)
    const start = this.#start()
    const first = (this.#piece.firstLine ?? 1) - 1
    const seen = new Map<string, number>()
    let last = -1
    for (const { index } of log.text.slice(start, start + searched).matchAll(new RegExp(telling[this.#source], 'gi'))) {
      if (start + index < last) continue
      const line = log.lineAt(start + index)
      last = line.end
      const isCited = cited.has(line.number + first)
      const text = line.text.replace(/^\S*\s*\[[\d. ]+\] ?/, '')
      if (!isCited && enumeration.test(text.replace(/^\S+ kernel: /, ''))) continue
      const shape = text.replace(/0x[0-9a-f]+|\d+/gi, '0')
      const times = (seen.get(shape) ?? 0) + 1
      seen.set(shape, times)
      if (times <= mostAlike || isCited) yield { line, cited: isCited }
      else this.alike++
    }
    yield* this.#citedOnly(cited, start, first)
  }

  /** Cited lines that hold none of the telling words. */
  *#citedOnly(cited: ReadonlySet<number>, start: number, first: number): Generator<{ line: LogicalLine; cited: boolean }> {
    if (cited.size === 0) return
    const log = logOf(this.#piece)
    const furthest = Math.max(...cited)
    for (const line of log.linesFrom(start)) {
      const number = line.number + first
      if (number > furthest) return
      if (cited.has(number) && !telling[this.#source].test(line.text)) yield { line, cited: true }
    }
  }

  /** The last boot of a kernel log, the last run in a hypervisor's. */
  #start(): number {
    const log = logOf(this.#piece)
    if (this.#source === 'kernel') return bootsOf(log).at(-1)?.start ?? 0
    return this.#piece.kind === 'libvirt-log' ? 0 : log.lineAt(Math.max(0, log.text.lastIndexOf('starting up'))).start
  }

  moments(booted: number | null): readonly Read[] {
    const first = (this.#piece.firstLine ?? 1) - 1
    return this.#lines.flatMap(({ line, cited, time, text, bdf }) => {
      const absolute = time !== null && time > 1e9
      const clock = time === null ? null : absolute ? time * 1000 : this.#source === 'kernel' && booted !== null ? booted + time * 1000 : null
      const sinceBoot = time === null ? null : absolute ? (booted === null ? null : time - booted / 1000) : time
      // What a hypervisor said before this boot is another story, unless a finding tells it.
      if (!cited && sinceBoot !== null && sinceBoot < 0) return []
      return [{ cited, moment: { evidence: this.#piece.id, from: this.#piece.from, where: line.number + first, source: this.#source, sinceBoot, clock, text, bdf } }]
    })
  }
}

/**
 * When the kernel began: its log may carry clock times; else `rtc_cmos …: setting system clock to … UTC (1795208580)` tells
 * what the clock was so many seconds later.
 */
function bootOf(lines: readonly { readonly time: number | null; readonly text: string }[]): number | null {
  const first = lines.find(({ time }) => time !== null)?.time ?? null
  if (first !== null && first > 1e9) return first * 1000
  for (const { time, text } of lines) {
    const clock = /setting system clock to \S{4,40}(?: UTC)? \((\d{9,11})\)/.exec(text)?.[1]
    if (clock !== undefined && time !== null) return (Number(clock) - time) * 1000
  }
  return null
}
