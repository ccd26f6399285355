/** For facts that nobody could look up: the likeliest ways to bring them. */
import { pathInfo } from '../engine/paths.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Evidence, EvidenceKind, EvidenceKindSpec } from '../model/evidence.ts'
import { inLanguage } from '../language/say.ts'
import type { Rule } from '../model/rule.ts'

/** One way for each missing fact, on this platform; first what was not read yet. `asked`: of what the paths speak. */
export function waysToGet(missing: Iterable<string>, asked: Pick<Rule, 'for' | 'log'>, platform: unknown, evidence: readonly Evidence[]): string[] {
  const read = new Set(evidence.filter(piece => piece.status === 'ok').map(piece => piece.kind))
  const ways = [...missing].flatMap(path => {
    const info = pathInfo(path, asked.for, asked.log)
    if (typeof info === 'string') return []
    const kinds = info.from.filter(kind => fits(evidenceKinds[kind], platform))
    const open = kinds.filter(kind => !read.has(kind))
    return (open.length > 0 ? open : kinds).slice(0, 1)
  })
  return [...new Set(ways)].map((kind: EvidenceKind) => inLanguage(evidenceKinds[kind].get))
}

const fits = (spec: EvidenceKindSpec, platform: unknown): boolean => platform === null || spec.platform === 'any' || spec.platform === platform
