import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Contribution } from '../model/snapshot.ts'

/**
 * A parser turns one kind of evidence into facts. Pure, never throws on any input (what it does not understand it
 * leaves out or lists in `notUnderstood`), linear in the input. It lives in `parsers/<kind>.ts` as the default export;
 * the build finds it there.
 */
export interface Parser {
  readonly gives: EvidenceKind
  /** Called once per piece of evidence that has a body; `others` are all pieces, for the rare parser that must look aside. */
  parse(evidence: Evidence): Contribution
}

export const parser = (declaration: Parser): Parser => declaration
