/** One ordered list of steps that cures what a diagnosis found, without contradictions. */
import type { Check, RunInfo, Step } from './finding.ts'
import type { Risk, Severity } from './rule.ts'

export const sides = ['firmware', 'host', 'hypervisor', 'guest'] as const
/** Where a step is carried out; `hypervisor` is the definition of a VM, on the host. */
export type Side = (typeof sides)[number]

export const planStepKinds = ['look', 'run', 'kernel', 'file', 'vm', 'build', 'vm-restart', 'guest', 'firmware', 'restart', 'check'] as const
/**
 * look: shows something and changes nothing; kernel: the kernel command line; file: all edits of one file; vm: the definition of
 * one VM; build: the boot loader's configuration or the initramfs; firmware: one visit to the setup; restart: of the host.
 */
export type PlanStepKind = (typeof planStepKinds)[number]

/** A finding by its rule and subject. */
export interface Served { readonly rule: string; readonly subject: string }

export interface PlanStep {
  readonly kind: PlanStepKind
  readonly title: string
  /** What to do, in the form that fixes have. */
  readonly steps: readonly Step[]
  readonly serves: readonly Served[]
  readonly side: Side
  readonly risk: Risk
  readonly cautions: readonly string[]
  readonly notes: readonly string[]
  /** What shows that it worked, once the plan has been carried out. */
  readonly verify: readonly Check[]
  /** The way back; empty where there is none, or nothing to take back. */
  readonly undo: readonly Step[]
  /** Restarts of the host that come before it. */
  readonly restarts: number
}

/** The fix that was taken for a root cause. */
export interface Chosen extends Served {
  readonly severity: Severity
  /** Of the finding. */
  readonly title: string
  readonly fix: string
  /** Titles of the fixes that would do as well. */
  readonly alternatives: readonly string[]
}

/** A fix that contradicts what is in the plan for a finding of more weight. */
export interface LeftOut extends Served { readonly severity: Severity; readonly title: string; readonly fix: string; readonly because: string; readonly for: Served }

/** A finding for which a person has to choose. */
export interface Decision extends Served {
  readonly severity: Severity
  readonly title: string
  readonly because: string
  readonly options: readonly { readonly title: string; readonly steps: readonly Step[] }[]
}

/** What tells this host from another whatever it is called: the ids of PCI functions at their addresses, `10de:2684`. */
export interface HostMark { readonly bdf: string; readonly id: string }

export interface Plan {
  readonly about: Pick<RunInfo, 'tool' | 'takenAt' | 'host'>
  readonly marks: readonly HostMark[]
  readonly chosen: readonly Chosen[]
  readonly steps: readonly PlanStep[]
  readonly leftOut: readonly LeftOut[]
  readonly decide: readonly Decision[]
}
