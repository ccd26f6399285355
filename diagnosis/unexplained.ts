/**
 * What nobody explains: lines of error and warning about the devices in question that no rule's signature matched, so that a failure
 * outside the rule base is not met with silence. Alike lines are one shape; the rarest come first, as what is said all day is seldom the fault.
 */
import type { LogMatches } from '../engine/match-logs.ts'
import { prefixOf } from '../matching/log-prefix.ts'
import { logOf, type LogicalLine, type LogText } from '../matching/log-text.ts'
import { selectorOf, type Bdf } from '../model/bdf.ts'
import type { Cite, Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import type { FunctionFacts, Snapshot } from '../model/snapshot.ts'
import { readLogLine } from '../parsers/log-line.ts'
import { isHarmless } from './harmless.ts'
import type { Quoter } from './quotes.ts'

const mostShapes = 20
/** Lines of trouble that are looked at in one log; what goes on behind them is said by then. */
const mostLines = 20_000

/** Programs, drivers and parts of the kernel that have to do with GPUs and VMs. */
const subsystems = 'vfio|DMAR|AMD-Vi|iommu|\\bkvm|NVRM|nvidia|nouveau|amdgpu|radeon|i915|\\[drm|\\bxe 0000:|vgaarb|snd_hda_intel|\\bvmm|\\bppt\\d|ivhd|passthru'
/** In these every line is about the VM. */
const ofVms: ReadonlySet<EvidenceKind> = new Set(['qemu-log', 'bhyve-log'])
/** What is handed in from elsewhere; a device's name says little there. */
const elsewhere: ReadonlySet<EvidenceKind> = new Set(['driver-build'])

const trouble = /\b(?:err(?:or|no)?s?|fail(?:ed|ure|ures|s|ing)?|time[ds]?[ -]?out|unable|cannot|can(?:'|no)t|couldn't|could not|didn't|invalid|illegal|refus(?:ed|es|ing)|denied|reject(?:ed|s)?|not (?:supported|responding|ready|viable|found|permitted|allowed|available|enabled)|unsupported|warn(?:ing)?|bug|oops|panic|fault(?:s|ed)?|hang|hung|stuck|lost|abort(?:ed|ing)?|missing|conflict(?:s|ing)?|broken|corrupt(?:ed)?|violation|unexpected|mismatch|giving up|dead|leak(?:ed)?|overflow|wedged)\b/i

interface Shape { first: { readonly piece: Evidence; readonly line: LogicalLine }; count: number }

/** Of the present alone: what earlier boots and runs said is history. */
export function unexplainedIn(logs: LogMatches, snapshot: Snapshot, quoter: Quoter): NonNullable<Diagnosis['unexplained']> {
  const devices = devicesInQuestion(snapshot)
  const addresses = [...devices].flatMap(bdf => [bdf.slice(bdf.indexOf(':') + 1), selectorOf(bdf)]).map(address => `\\b${address.replace('.', '\\.')}\\b`)
  const about = new RegExp([subsystems, ...addresses].join('|'), 'i')
  const shapes = new Map<string, Shape>()
  for (const piece of logs.logs.filter(each => !elsewhere.has(each.kind))) {
    let looked = 0
    for (const line of linesOfTrouble(logOf(piece), logs.startOf(piece) ?? 0)) {
      if (++looked > mostLines) break
      if (logs.explains(piece, line) || !(ofVms.has(piece.kind) || about.test(line.text))) continue
      const { text, bdf } = readLogLine(piece.id, 0, line.text)
      if (isHarmless(text) || isProse(piece, line.text, text) || isOfAnother(bdf, text, devices, snapshot)) continue
      const shape = `${piece.kind} ${shapeOf(text)}`
      const known = shapes.get(shape)
      if (known) known.count++
      else shapes.set(shape, { first: { piece, line }, count: 1 })
    }
  }
  const rare = [...shapes.values()].filter(({ first }) => !logs.isOfStorm(first.piece, first.line)).sort((a, b) => a.count - b.count)
  const lines = rare.slice(0, mostShapes).flatMap(({ first, count }) => {
    const cite: Cite = { evidence: first.piece.id, where: first.line.number }
    return quoter.quote([cite], 1).map(quote => ({ quote, count }))
  })
  return { lines, left: rare.length - lines.length }
}

/** Functions meant for VMs and GPUs, with what is on the same card and the bridges above. */
function devicesInQuestion({ functions }: Snapshot): Set<Bdf> {
  const asked = Object.entries(functions).filter(([, fn]) => fn.wanted?.value === true || ['gpu', 'gpu-audio', 'accelerator'].includes(fn.kind?.value ?? ''))
  const devices = new Set<Bdf>()
  for (const [bdf, fn] of asked) for (const each of [bdf, ...(fn.slotMates?.value ?? []), ...bridgesAbove(fn, functions)]) devices.add(each)
  return devices
}

/** PCI has no more than a few bridges in a row. */
function bridgesAbove(fn: FunctionFacts, functions: Snapshot['functions']): Bdf[] {
  const above: Bdf[] = []
  for (let parent = fn.parent?.value ?? null; parent !== null && above.length < 8 && Object.hasOwn(functions, parent); parent = functions[parent]?.parent?.value ?? null) above.push(parent)
  return above
}

/** One search over the whole text: lines of trouble are few. Where the lines carry their level, each is looked at. */
function* linesOfTrouble(log: LogText, from: number): Generator<LogicalLine> {
  if (levels.test(log.text.slice(from, from + 4000))) {
    for (const line of log.linesFrom(from)) if (isTrouble(line.text)) yield line
    return
  }
  const search = new RegExp(trouble.source, 'gi')
  for (search.lastIndex = from; ;) {
    const found = search.exec(log.text)
    if (!found) return
    const line = log.lineAt(found.index)
    yield line
    search.lastIndex = line.end
  }
}

/** The kernel's own level where the line carries it: `<3>`, `kern  :err   :`, `3,339,5140900,-;`, a journal's PRIORITY; else words. */
const level = /^(?:<(\d{1,3})>|(?:kern|user|daemon) {0,8}:(emerg|alert|crit|err|warn) {0,8}:|(\d{1,3}),\d{1,20},\d{1,20},)|"PRIORITY" ?: ?"(\d)"/
const levels = new RegExp(level.source, 'm')
function isTrouble(line: string): boolean {
  const [, syslog, name, kmsg, priority] = level.exec(line) ?? []
  const number = syslog ?? kmsg ?? priority
  return name !== undefined || (number !== undefined && (Number(number) & 7) <= 4) || trouble.test(line)
}

/** Text that was handed in holds what people say as well; a message begins with who speaks (`vfio-pci 0000:01:00.0: `), or behind a stamp. */
const isProse = ({ kind }: Evidence, line: string, text: string): boolean => kind === 'text' && prefixOf(line).length === 0 && !/^[\w.@/-]{2,40}(?:\[\d+\])?(?: \S{1,40})?: /.test(text)

/** It names a function of this host that nobody asks about, and says nothing of IOMMU or VFIO. */
const isOfAnother = (bdf: Bdf | null, text: string, devices: ReadonlySet<Bdf>, { functions }: Snapshot): boolean =>
  bdf !== null && !devices.has(bdf) && Object.hasOwn(functions, bdf) && !/DMAR|AMD-Vi|iommu|vfio/i.test(text)

/** Addresses and numbers of all kinds made equal. */
const shapeOf = (text: string): string =>
  text.slice(0, 240).replace(/\b(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b/gi, '#').replace(/\S+\.bin\b/g, '*').replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/gi, '0')
