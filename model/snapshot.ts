/** What the parsers made of the evidence: facts by subject, joined. Flat JSON; subjects name each other by key. */
import type { Bdf } from './bdf.ts'
import type { Cite, EvidenceId } from './evidence.ts'
import type { Fact, FactSpec } from './fact.ts'
import type { assignmentFacts, functionFacts, groupFacts, hostFacts, vmFacts } from './fact-catalogue.ts'

/** Subject references inside facts are keys: an address, a group number, a VM's name. */
interface ValueOf {
  text: string
  number: number
  flag: boolean
  texts: readonly string[]
  numbers: readonly number[]
  function: Bdf
  functions: readonly Bdf[]
  vms: readonly string[]
  group: string
}

/** The facts of one subject kind: every key may be missing, which means that nobody could look. */
export type FactsOf<Specs extends Record<string, FactSpec>> = { -readonly [K in keyof Specs]?: Fact<ValueOf[Specs[K]['type']]> }

export type HostFacts = FactsOf<typeof hostFacts>
export type FunctionFacts = FactsOf<typeof functionFacts>
export type GroupFacts = FactsOf<typeof groupFacts>
export type VmFacts = FactsOf<typeof vmFacts>
export type AssignmentFacts = FactsOf<typeof assignmentFacts>

/** What a VM is called that nothing names. */
export const unnamedVm = '(unnamed)'

/** One line of a log, as the log parsers cut it. */
export interface LogLine {
  readonly evidence: EvidenceId
  /** Line number in the evidence, from 1. */
  readonly line: number
  /** Seconds since boot, or since 1970 when `absolute`; null when the line carries no time. */
  readonly time: number | null
  readonly text: string
  /** The address the line speaks of, from its device prefix or its text. */
  readonly bdf: Bdf | null
}

/** What a parser gives: facts about any subject it met. Later joined with what the others gave. */
export interface Contribution {
  host?: HostFacts
  functions?: Record<Bdf, FunctionFacts>
  groups?: Record<string, GroupFacts>
  vms?: Record<string, VmFacts>
  /** Key: `VM address`, with a space between. */
  assignments?: Record<string, AssignmentFacts>
  /** Lines nobody understood, for `replay` to say so. */
  notUnderstood?: Cite[]
}

export interface Snapshot {
  readonly host: HostFacts
  readonly functions: Readonly<Record<Bdf, FunctionFacts>>
  readonly groups: Readonly<Record<string, GroupFacts>>
  readonly vms: Readonly<Record<string, VmFacts>>
  readonly assignments: Readonly<Record<string, AssignmentFacts>>
  readonly notUnderstood: readonly Cite[]
}
