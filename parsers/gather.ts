/** Lists that become one fact: values in the order they were met, without repeats, each with the line it stood on. */
import type { EvidenceId } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'

/** Facts of the host while a parser still adds to them. */
export type HostDraft = Draft<HostFacts>

export interface Gathered {
  add(value: string, line: number): void
  has(value: string): boolean
  readonly size: number
  /** The list as a fact; an empty one cites the first line. */
  fact(): Fact<readonly string[]>
}

/** More citations than a report can show help nobody. */
const mostCites = 64

export function gather(evidence: EvidenceId): Gathered {
  const lines = new Map<string, number>()
  return {
    add: (value, line) => { if (!lines.has(value)) lines.set(value, line) },
    has: value => lines.has(value),
    get size() { return lines.size },
    fact: () => {
      const cited = [...new Set(lines.values())].slice(0, mostCites)
      return { value: [...lines.keys()], at: (cited.length ? cited : [1]).map(where => ({ evidence, where })) }
    },
  }
}

/** The kernel's own spelling of a module name, which takes `-` and `_` for the same. */
export const moduleName = (text: string): string => text.replaceAll('-', '_')
