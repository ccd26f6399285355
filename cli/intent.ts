/** What the person says that functions are for, as a piece of evidence like any other: cited by findings, saved with the snapshot. */
import type { Evidence } from '../model/evidence.ts'
import type { Goal } from '../parsers/intent.ts'
import type { Taken } from './inputs.ts'

export interface IntentOptions {
  /** Addresses, `0000:01:00.0`. */
  readonly device?: readonly string[]
  readonly goal?: Goal
}

/** The evidence with what was said now in place of what was said when it was taken. */
export function withIntent(taken: Taken, { device = [], goal }: IntentOptions): Taken {
  if (device.length === 0 && goal === undefined) return taken
  const meant = goal ?? 'passthrough'
  const said: Evidence = {
    id: 'intent', kind: 'intent', status: 'ok',
    from: [...device.map(bdf => `--device ${bdf}`), `--goal ${meant}`].join(' '),
    body: [`goal ${meant}`, ...device.map(bdf => `device ${bdf}`)].map(line => `${line}\n`).join(''),
  }
  return { ...taken, evidence: [said, ...taken.evidence.filter(piece => piece.id !== 'intent')] }
}
