import type { EvidenceId } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'

/** Facts while a parser still gathers them: the same keys, open to assignment. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** A list without repeats, each value with its line or offset; an empty one cites where it was looked for. */
export const listFact = (evidence: EvidenceId, found: readonly (readonly [string, number])[], lookedAt: number): Fact<readonly string[]> => ({
  value: [...new Set(found.map(([value]) => value))],
  at: (found.length > 0 ? found.map(([, where]) => where) : [lookedAt]).map(where => ({ evidence, where })),
})
