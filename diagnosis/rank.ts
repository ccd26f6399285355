/** Which finding explains which, and in which order they are told: the most probable root cause first. */
import { layers, type Confidence, type Layer, type Severity } from '../model/rule.ts'

/** What the ranking has to know of a finding. */
export interface Ranked {
  readonly rule: string
  /** Its other names, those of the general failures it is a special case of among them. */
  readonly aliases: readonly string[]
  readonly subject: string
  readonly severity: Severity
  readonly confidence: Confidence
  readonly layer: Layer
  /** Rules that would explain it, the likeliest first. */
  readonly symptomOf: readonly string[]
  /** Addresses, groups and VMs it is about; empty for the host. */
  readonly about: ReadonlySet<string>
  /** A log line is among what made it fire. */
  readonly hasLog: boolean
}

/**
 * For each finding the one that explains it, by place in the list; null for root causes. A finding about the host is
 * related to all; others must share an address, a group or a VM. A general failure is explained by its special case. Circles are
 * broken where they would close.
 */
export function causesOf(findings: readonly Ranked[]): (number | null)[] {
  const causes: (number | null)[] = findings.map(() => null)
  const related = (a: Ranked, b: Ranked) => a.about.size === 0 || b.about.size === 0 || [...a.about].some(key => b.about.has(key))
  const leadsTo = (from: number, to: number): boolean => {
    for (let at: number | null = from; at !== null; at = causes[at] ?? null) if (at === to) return true
    return false
  }
  findings.forEach((finding, place) => {
    for (const cause of [...finding.symptomOf, finding.rule]) {
      const found = findings.findIndex((other, otherPlace) => other.rule !== finding.rule && (other.rule === cause || other.aliases.includes(cause)) && related(finding, other) && !leadsTo(otherPlace, place))
      if (found < 0) continue
      causes[place] = found
      return
    }
  })
  return causes
}

const bySeverity: Readonly<Record<Severity, number>> = { error: 60, warning: 30, hint: 0 }
const byConfidence: Readonly<Record<Confidence, number>> = { confirmed: 30, likely: 18, possible: 0 }

/** For each finding all that follows from it, near and far, by place in the list. */
export function consequencesOf(causes: readonly (number | null)[]): readonly (readonly number[])[] {
  const all = causes.map((): number[] => [])
  causes.forEach((cause, place) => {
    for (let at = cause; at !== null; at = causes[at] ?? null) (all[at] as number[]).push(place)
  })
  return all
}

/** Weight of a root cause: how sure, how bad, how much it explains; at equal weight what comes earlier in a start. It is as bad as the worst that follows from it. */
export function weight(finding: Ranked, follows: readonly Ranked[]): number {
  const severity = Math.max(...[finding, ...follows].map(each => bySeverity[each.severity]))
  const hasLog = finding.hasLog || follows.some(each => each.hasLog)
  return severity + byConfidence[finding.confidence] + Math.min(follows.length, 3) * 8 + (hasLog ? 6 : 0) + (layers.length - layers.indexOf(finding.layer)) * 0.3
}
