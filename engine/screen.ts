/**
 * The screen before the engine: most rules are plainly clear or undecided for most subjects, and json-rules-engine
 * spends thousands of promises to say so. This folds a condition in the same three values, stops as soon as it is
 * decided and keeps nothing. What fires goes on to the engine, whose result tree the findings rest on; a property test
 * holds the two to the same answers.
 */
import type { Cite } from '../model/evidence.ts'
import type { Verdict } from '../model/finding.ts'
import type { Condition, Leaf } from '../model/rule.ts'
import { isReference } from './needs.ts'
import { operators } from './operators.ts'
import type { Walkable } from './subject.ts'

type Roots = Readonly<Record<string, Walkable | undefined>>

export function screen(condition: Condition, roots: Roots): Verdict {
  if ('operator' in condition) return leaf(condition, roots)
  if ('not' in condition) {
    const verdict = screen(condition.not, roots)
    return verdict === 'fires' ? 'clear' : verdict === 'clear' ? 'fires' : 'unknown'
  }
  const [children, decisive, otherwise] = 'all' in condition ? [condition.all, 'clear', 'fires'] as const : [condition.any, 'fires', 'clear'] as const
  let verdict: Verdict = otherwise
  for (const child of children) {
    const one = screen(child, roots)
    if (one === decisive) return decisive
    if (one === 'unknown') verdict = 'unknown'
  }
  return verdict
}

function leaf({ fact, path, operator, value }: Leaf, roots: Roots): Verdict {
  const left = roots[fact]?.walk(path).value
  if (left === undefined) return 'unknown'
  const right = isReference(value) ? roots[value.fact]?.walk(value.path ?? '').value : value
  if (right === undefined) return 'unknown'
  return operators[operator]?.holds(left, right) === true ? 'fires' : 'clear'
}

/** The paths whose lack leaves a condition undecided; as `missingIn` of judge.ts finds them in a result tree. */
export function missingFor(condition: Condition, roots: Roots): string[] {
  if (screen(condition, roots) !== 'unknown') return []
  if ('operator' in condition) return [`${condition.fact}.${condition.path}`]
  const children = 'not' in condition ? [condition.not] : 'all' in condition ? condition.all : condition.any
  return [...new Set(children.flatMap(child => missingFor(child, roots)))]
}

/** Where the values were read that make a condition hold; empty where it does not. As `decisive` of judge.ts finds them in a result tree. */
export function citedBy(condition: Condition, roots: Roots, wanted: Verdict = 'fires'): readonly Cite[] {
  if (screen(condition, roots) !== wanted) return []
  if ('operator' in condition) return roots[condition.fact]?.walk(condition.path).at ?? []
  if ('not' in condition) return citedBy(condition.not, roots, wanted === 'fires' ? 'clear' : 'fires')
  return ('all' in condition ? condition.all : condition.any).flatMap(child => citedBy(child, roots, wanted))
}
