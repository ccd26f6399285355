/** The fold: json-rules-engine's result tree, which knows true and false, becomes a verdict with three values. */
import type { ConditionProperties, TopLevelConditionResult } from 'json-rules-engine'
import type { LeafTrace, Trace, Verdict } from '../model/finding.ts'
import type { Walkable } from './subject.ts'

type ResultNode = TopLevelConditionResult | (ConditionProperties & { factResult?: unknown; valueResult?: unknown; result?: boolean })
type Roots = Readonly<Record<string, Walkable | undefined>>

/** The tree of a rule's result with a verdict at every node and, at the leaves, where the value was read. */
export function traceOf(node: ResultNode, roots: Roots): Trace {
  if ('all' in node) return branch('all', node.all as ResultNode[], roots)
  if ('any' in node) return branch('any', node.any as ResultNode[], roots)
  if ('not' in node) return branch('not', [node.not as ResultNode], roots)
  return leaf(node as Parameters<typeof leaf>[0], roots)
}

function branch(kind: 'all' | 'any' | 'not', children: readonly ResultNode[], roots: Roots): Trace {
  const of = children.map(child => traceOf(child, roots))
  return { kind, verdict: fold(kind, of.map(child => child.verdict)), of }
}

/** all: one clear decides; any: one hit decides; otherwise one unknown makes it unknown; not keeps unknown. */
export function fold(kind: 'all' | 'any' | 'not', verdicts: readonly Verdict[]): Verdict {
  if (kind === 'not') return verdicts[0] === 'fires' ? 'clear' : verdicts[0] === 'clear' ? 'fires' : 'unknown'
  const decisive = kind === 'all' ? 'clear' : 'fires'
  if (verdicts.includes(decisive)) return decisive
  return verdicts.includes('unknown') ? 'unknown' : kind === 'all' ? 'fires' : 'clear'
}

function leaf(node: ConditionProperties & { factResult?: unknown; valueResult?: unknown; result?: boolean }, roots: Roots): LeafTrace {
  const path = node.path ? `${node.fact}.${node.path}` : node.fact
  const left = roots[node.fact]?.walk(node.path ?? '')
  const reference = isReference(node.value) ? roots[node.value.fact]?.walk(node.value.path ?? '') : undefined
  const expected: unknown = isReference(node.value) ? node.valueResult : node.value
  const known = node.factResult !== undefined && expected !== undefined
  return {
    kind: 'leaf', path, operator: node.operator, expected, actual: node.factResult,
    verdict: known ? (node.result ? 'fires' : 'clear') : 'unknown',
    at: [...(left?.at ?? []), ...(reference?.at ?? [])],
  }
}

const isReference = (value: unknown): value is { fact: string; path?: string } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'fact' in value

/** The paths whose lack left it undecided. */
export function missingIn(trace: Trace): string[] {
  if (trace.kind !== 'leaf') return trace.verdict === 'unknown' ? [...new Set(trace.of.flatMap(missingIn))] : []
  return trace.verdict === 'unknown' ? [trace.path] : []
}

/** The leaves that made it fire: what a finding cites. Under `not`, those that are clear. */
export function decisive(trace: Trace, wanted: Verdict = 'fires'): LeafTrace[] {
  if (trace.verdict !== wanted) return []
  if (trace.kind === 'leaf') return [trace]
  if (trace.kind === 'not') return trace.of.flatMap(child => decisive(child, wanted === 'fires' ? 'clear' : 'fires'))
  return trace.of.flatMap(child => decisive(child, wanted))
}
