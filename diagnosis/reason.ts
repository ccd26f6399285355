/** Why a finding is as sure as it says: from which kinds of evidence the confidence was earned, and what would have raised it. */
import { noted } from '../language/say.ts'
import { decisive } from '../engine/judge.ts'
import type { LeafTrace, Outcome } from '../model/finding.ts'
import type { Confidence } from '../model/rule.ts'

type Fired = Extract<Outcome, { verdict: 'fires' }>
/** What made a rule fire: lines of logs, state that was read, or both. */
type Basis = 'both' | 'log' | 'state'

const sentences: Readonly<Record<Confidence, Readonly<Record<Basis, string>>>> = {
  confirmed: {
    both: noted('the state and the log agree'),
    state: noted('the state alone shows it and leaves no other reading'),
    log: noted('the message itself names the cause'),
  },
  likely: {
    both: noted('the state and the log fit together, yet something else could lead to both'),
    state: noted('the state shows it; no message says that it did harm'),
    log: noted('only a message speaks of it; the state was not seen or does not tell'),
  },
  possible: {
    both: noted('the state and the log allow it, as they allow other causes'),
    state: noted('the state allows it; nothing shows that it happened'),
    log: noted('only a message speaks of it, and it has several readings'),
  },
}

/** What keeps a confidence from being higher. */
const short = {
  unknown: noted('what would prove it could not be looked at'),
  clear: noted('what would prove it is not there'),
} as const

/** One plain sentence, its parts joined by `; `. */
export function reasonOf({ trace, raisedBy, confidence, notRaised }: Fired): string {
  const leaves = [...decisive(trace), ...(raisedBy ? decisive(raisedBy) : [])]
  const sentence = sentences[confidence][basisOf(leaves)]
  return notRaised === 'unknown' || notRaised === 'clear' ? `${sentence}; ${short[notRaised]}` : sentence
}

/** A log leaf counts where lines are cited: that a message is absent is no message. What a rule asks of the host's kind (platform, lists) is no state that shows a fault. */
function basisOf(leaves: readonly LeafTrace[]): Basis {
  const log = leaves.some(leaf => leaf.path.startsWith('log.') && leaf.at.length > 0)
  const state = leaves.some(leaf => !leaf.path.startsWith('log.') && leaf.at.length > 0 && !settings.test(leaf.path))
  return log ? (state ? 'both' : 'log') : 'state'
}

/** What tells which host this is, and what it is for, rather than what is wrong with it. */
const settings = /^(?:lists\.|host\.(?:platform|runsIn|outerHypervisor|kernel|distribution\w*|cpuVendor|wantsPassthrough|goal|freebsd\w*)$|fn\.(?:class|kind|vendor|id|wanted|present)$)/
