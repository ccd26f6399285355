/**
 * Evidence is what was read, before anybody understood it: one piece per thing that can be read. Its kind names the
 * parser that takes it, whether a collector, a foreign archive or a person brought it.
 */
import { evidenceKinds } from './evidence-kinds.ts'

export type EvidenceKind = keyof typeof evidenceKinds
/** `kernel-log`, or with a name where a host has several: `libvirt-domain/win11`, `acpi-table/DMAR`. */
export type EvidenceId = EvidenceKind | `${EvidenceKind}/${string}`

/**
 * - `ok` read whole · `cut` read in part (over its limit, or a ring buffer that lost its start)
 * - `absent` looked, and it is not there · `denied` no permission · `timeout` · `failed` anything else, see `note`
 */
export type EvidenceStatus = 'ok' | 'cut' | 'absent' | 'denied' | 'timeout' | 'failed'

export interface Evidence {
  readonly id: EvidenceId
  readonly kind: EvidenceKind
  /** The path read, the command run, or the file a person handed in. */
  readonly from: string
  readonly status: EvidenceStatus
  /** Text as it was read less what redaction took, or bytes for kinds that are `binary`. Empty unless ok or cut. */
  readonly body: string | Uint8Array
  /** What the reader should know: the error text, what was cut. */
  readonly note?: string
  /** Where the text begins in the file it was cut out of (a ticket with several pastes): its first line there, from 1. */
  readonly firstLine?: number
  /** ISO 8601; only for what a collector took. */
  readonly takenAt?: string
  /** Milliseconds the reading took. */
  readonly tookMs?: number
  readonly exitCode?: number
}

/** A place in a piece of evidence: a line from 1, or a byte offset from 0 in a binary one. */
export interface Cite {
  readonly evidence: EvidenceId
  readonly where: number
}

export interface EvidenceKindSpec {
  /** In words, for reports: `the kernel log`. */
  readonly about: string
  readonly platform: 'linux' | 'freebsd' | 'any'
  /** What a person can run or copy to bring it; printed where its lack leaves a rule unknown. */
  readonly get: string
  /** The file name that suggests the kind, where content does not decide. */
  readonly fileName?: RegExp
  /** Rules may search its lines. */
  readonly log?: true
  readonly binary?: true
  /** Whether `absent` tells that the thing does not exist (no libvirt, so no domain) or only that nobody could look. */
  readonly absentMeans: 'none' | 'unknown'
}

export function kindOf(id: string): EvidenceKind | null {
  const slash = id.indexOf('/')
  const kind = slash < 0 ? id : id.slice(0, slash)
  return Object.hasOwn(evidenceKinds, kind) ? (kind as EvidenceKind) : null
}

/** The part of an id behind the kind: the VM of a domain, the signature of a table. */
export function nameOf(id: EvidenceId): string | null {
  const slash = id.indexOf('/')
  return slash < 0 ? null : id.slice(slash + 1)
}

/** Whether there is something to parse. */
export const hasBody = (e: Evidence): boolean => e.status === 'ok' || e.status === 'cut'

/** The body as text; binary evidence has none. */
export const textOf = (e: Evidence): string => (typeof e.body === 'string' ? e.body : '')
