/** What a condition rests on: its paths, the evidence behind them, and the log lines it cannot do without. */
import type { EvidenceKind } from '../model/evidence.ts'
import type { ComparedValue, Condition, FactReference, Leaf, LogSignature, SubjectKind } from '../model/rule.ts'
import { pathInfo } from './paths.ts'

export const isLeaf = (condition: Condition): condition is Leaf => 'operator' in condition
export const isReference = (value: ComparedValue): value is FactReference => typeof value === 'object' && value !== null && !Array.isArray(value)

/** All leaves with the path of keys that leads to each, for error messages. */
export function leavesOf(condition: Condition, at: readonly (string | number)[] = []): { leaf: Leaf; at: readonly (string | number)[] }[] {
  if (isLeaf(condition)) return [{ leaf: condition, at }]
  if ('not' in condition) return leavesOf(condition.not, [...at, 'not'])
  const [key, children] = 'all' in condition ? (['all', condition.all] as const) : (['any', condition.any] as const)
  return children.flatMap((child, index) => leavesOf(child, [...at, key, index]))
}

/** The evidence kinds the paths of a condition rest on, sorted. */
export function needsOf(condition: Condition, kind: SubjectKind, log: Readonly<Record<string, LogSignature>>): EvidenceKind[] {
  const paths = leavesOf(condition).flatMap(({ leaf }) => [
    `${leaf.fact}.${leaf.path}`,
    ...(isReference(leaf.value) && leaf.value.fact !== 'lists' ? [`${leaf.value.fact}.${leaf.value.path ?? ''}`] : []),
  ])
  const kinds = paths.flatMap(path => {
    const info = pathInfo(path, kind, log)
    return typeof info === 'string' ? [] : info.from
  })
  return [...new Set(kinds)].sort()
}

/**
 * The signatures without a hit of which a condition cannot hold: where one of them has none, the rule is clear for
 * that subject and need not be run. `log.x.count greaterThan 0` requires x; `all` requires what any child does; `any`
 * what all children do.
 */
export function requiredSignatures(condition: Condition): ReadonlySet<string> {
  if (isLeaf(condition)) {
    const [signature, field] = condition.path.split('.') as [string, string]
    const atLeastOne = field === 'count' && ((condition.operator === 'greaterThan' && Number(condition.value) >= 0) || (condition.operator === 'greaterThanInclusive' && Number(condition.value) >= 1))
    return condition.fact === 'log' && atLeastOne ? new Set([signature]) : new Set()
  }
  if ('not' in condition) return new Set()
  if ('all' in condition) return new Set(condition.all.flatMap(child => [...requiredSignatures(child)]))
  const [first, ...others] = condition.any.map(requiredSignatures)
  return new Set([...(first ?? [])].filter(signature => others.every(other => other.has(signature))))
}
