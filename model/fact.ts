/**
 * A fact is a value that knows where it was read. Three states: the key is missing (nobody could look), the value is
 * null (looked, there is none), or there is a value.
 */
import type { Cite, EvidenceKind } from './evidence.ts'

export interface Fact<T> {
  readonly value: T | null
  readonly at: readonly Cite[]
}

/** What a fact may hold. `functions` and the like are lists of other subjects, which a path may walk into. */
export type FactType = 'text' | 'number' | 'flag' | 'texts' | 'numbers' | 'function' | 'functions' | 'vms' | 'group'

export interface FactSpec<T extends FactType = FactType> {
  readonly type: T
  readonly about: string
  /** Evidence that can give it; empty for facts derived from others (`facts/join.ts`), which name those in `of`. */
  readonly from: readonly EvidenceKind[]
  /** Derived: the paths it is made of, so that a rule's needs can be computed through it. */
  readonly of?: readonly string[]
  /** Whether it may be null; a placeholder for such a fact must carry a fallback (`{{fn.driver|no driver}}`). */
  readonly nullable?: true
  /** Only root can read it. */
  readonly root?: true
  /** Several pieces of evidence each give a part of the list; otherwise the piece nearest to the running state wins. */
  readonly union?: true
}

type Extra = Pick<FactSpec, 'of' | 'nullable' | 'root' | 'union'>
const spec = <T extends FactType>(type: T) => (about: string, from: readonly EvidenceKind[], extra: Extra = {}): FactSpec<T> => ({ type, about, from, ...extra })

export const text = spec('text')
export const number = spec('number')
export const flag = spec('flag')
export const texts = spec('texts')
export const numbers = spec('numbers')
export const oneFunction = spec('function')
export const functions = spec('functions')
export const vms = spec('vms')
export const group = spec('group')

/** A fact read at one line (or byte offset) of a piece of evidence. */
export const known = <T>(value: T | null, evidence: Cite['evidence'], where: number): Fact<T> => ({ value, at: [{ evidence, where }] })

/** A fact made of others: its value is new, its citations are theirs. */
export const derived = <T>(value: T | null, ...of: (Fact<unknown> | undefined)[]): Fact<T> => ({ value, at: of.flatMap(fact => fact?.at ?? []) })
