/** What `gpudoctor diff` says of two snapshots of one host. */
import type { RunInfo } from './finding.ts'
import type { Layer, Severity } from './rule.ts'

/** Where on the host a change lies, in the order a host comes up. */
export const areas = ['hardware', 'firmware', 'boot', 'kernel', 'IOMMU', 'drivers', 'resources', 'VMs', 'system', 'log'] as const
export type Area = (typeof areas)[number]

/** One thing that is not as it was. Only what both snapshots could see is compared: what one of them lacks is no change. */
export interface Change {
  readonly area: Area
  /** `host`, `function 0000:01:00.0`, `vm win11`: as findings name their subjects. */
  readonly subject: string
  /** The path of the fact (`host.kernel`); `log` for lines; `present` where the subject itself came or went. */
  readonly path: string
  /** What the fact is, in words. */
  readonly about: string
  /** null: there is none. For lists what went and what came stands in `removed` and `added` instead. */
  readonly before?: string | null
  readonly after?: string | null
  readonly removed?: readonly string[]
  readonly added?: readonly string[]
}

/** Why a change is taken for the reason of a new finding. */
export type Tie = (typeof ties)[number]
export const ties = ['the rule rests on it', 'it is about the same device', 'it lies in the same layer'] as const

export interface Reason { readonly change: Change; readonly tie: Tie }

/** A finding that only one of the two has, or whose severity differs. */
export interface FindingChange {
  readonly rule: string
  readonly subject: string
  readonly severity: Severity
  readonly layer: Layer
  readonly title: string
  /** The finding beside it that explains it, by rule. */
  readonly symptomOf: string | null
  /** For those that came: the likeliest first. Empty where nothing that was seen explains it. */
  readonly reasons: readonly Reason[]
}

export interface Difference {
  readonly before: RunInfo
  readonly after: RunInfo
  readonly changes: readonly Change[]
  readonly came: readonly FindingChange[]
  readonly went: readonly FindingChange[]
  /** Not found in AFTER, but not because it is known to be gone: AFTER lacks the evidence. By rule and subject. */
  readonly lost: readonly FindingChange[]
  readonly stayed: readonly FindingChange[]
  /** Kinds of evidence that only one of them has, in words. */
  readonly onlyBefore: readonly string[]
  readonly onlyAfter: readonly string[]
}
