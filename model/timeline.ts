/** What kernel and hypervisor said since this boot, in order: the lines that a reader of passthrough trouble looks for. */
import type { Bdf } from './bdf.ts'
import type { EvidenceId } from './evidence.ts'

export interface Timeline {
  readonly moments: readonly Moment[]
  /** How many more there were than the timeline holds. */
  readonly left: number
}

export interface Moment {
  readonly evidence: EvidenceId
  /** The path, command or file the line was read from. */
  readonly from: string
  /** Line, from 1, as a quote of it would say. */
  readonly where: number
  readonly source: 'kernel' | 'hypervisor'
  /** Seconds since boot; null where they cannot be told. */
  readonly sinceBoot: number | null
  /** Milliseconds since 1970; null where they cannot be told. */
  readonly clock: number | null
  /** The message without its stamps. */
  readonly text: string
  readonly bdf: Bdf | null
}
