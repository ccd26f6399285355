/** When the lines of a finding were said, and how often: of this boot alone, with what earlier ones said counted apart. */
import type { LogMatches, Hit } from '../engine/match-logs.ts'
import type { Subject } from '../engine/subject.ts'
import { kindOf, type Evidence } from '../model/evidence.ts'
import type { LeafTrace, LogTime, Times } from '../model/finding.ts'
import type { LogSignature, Rule } from '../model/rule.ts'

/** Of the signatures whose lines are among what made the rule fire; undefined where none is. */
export function timesOf(rule: Rule, subject: Subject, leaves: readonly LeafTrace[], logs: LogMatches): Times | undefined {
  const names = new Set(leaves.flatMap(({ path, at }) => (path.startsWith('log.') && at.length > 0 ? [path.split('.')[1] as string] : [])))
  const specs = [...names].flatMap((name): LogSignature | [] => rule.log[name] ?? [])
  const lines = distinct(specs.flatMap(spec => logs.hitsFor(spec, subject)))
  if (lines.length === 0) return undefined
  const stamped = lines.filter(hit => hit.time !== null)
  // Seconds since boot and clock times cannot be put in order; the kernel's own count, where there is one.
  const sinceBoot = stamped.filter(hit => !isClock(hit.time as number))
  const ordered = (sinceBoot.length > 0 ? sinceBoot : stamped).map(hit => hit.time as number).sort((a, b) => a - b)
  const [first, last] = [ordered[0], ordered.at(-1)]
  return {
    count: lines.length,
    first: first === undefined ? null : timeOf(first),
    last: last === undefined ? null : timeOf(last),
    of: periodOf(lines, logs),
    earlier: logs.earlier(specs, subject),
  }
}

const distinct = (hits: readonly Hit[]): Hit[] => [...new Map(hits.map(hit => [`${hit.cite.evidence} ${hit.cite.where}`, hit])).values()]

/** The log parsers give seconds since 1970 where a line carries a clock, else since boot. */
const isClock = (seconds: number): boolean => seconds >= 1e9

const timeOf = (seconds: number): LogTime =>
  (isClock(seconds) && seconds < 1e11 ? { clock: new Date(Math.round(seconds * 1000)).toISOString() } : { sinceBoot: seconds })

/** Where lines of several logs are told together, only what is true of all of them. */
function periodOf(lines: readonly Hit[], logs: LogMatches): Times['of'] {
  const periods = new Set([...new Set(lines.map(hit => hit.cite.evidence))].map(id => {
    const piece = logs.pieceOf(id)
    return piece ? onePeriod(piece, logs) : null
  }))
  return periods.size === 1 ? ([...periods][0] ?? null) : null
}

function onePeriod(piece: Evidence, logs: LogMatches): Times['of'] {
  switch (kindOf(piece.id)) {
    case 'kernel-log': return piece.takenAt !== undefined ? 'this boot' : logs.startOf(piece) !== null ? 'last boot' : null
    case 'qemu-log': return logs.startOf(piece) !== null ? 'last run' : null
    default: return null
  }
}
