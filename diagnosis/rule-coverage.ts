/** What rules and their tests cover, and what they leave open: conditions nobody tried both ways, wordings without a real line, facts no rule uses. */
import { isReference, leavesOf } from '../engine/needs.ts'
import { placeholdersIn } from '../engine/paths.ts'
import type { RuleSource } from '../engine/load.ts'
import type { Shared } from '../engine/shared.ts'
import { branchesOf } from '../matching/branches.ts'
import { Pattern } from '../matching/pattern.ts'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { Trace } from '../model/finding.ts'
import { layers, severities, type Condition, type Leaf, type Rule } from '../model/rule.ts'
import { tracesOf } from './rule-test.ts'

type Counts = Readonly<Record<string, number>>

/** A comparison that in no case of the rule's tests came out this way. */
export interface Untried { readonly rule: string; readonly condition: string; readonly never: 'true' | 'false' }
export interface Wording { readonly rule: string; readonly signature: string; readonly wording: string }

export interface Coverage {
  readonly rules: number
  /** Names a failure is known by: ids and aliases. */
  readonly labels: { readonly ids: number; readonly aliases: number }
  readonly cases: number
  readonly layers: Counts
  readonly severities: Counts
  readonly platforms: Counts
  readonly subjects: Counts
  readonly conditions: { readonly all: number; readonly tried: number; readonly untried: readonly Untried[] }
  readonly facts: { readonly all: number; readonly used: number; readonly unused: readonly string[] }
  readonly messages: { readonly signatures: number; readonly samples: number; readonly withoutSample: readonly Wording[] }
  /** Releases that rules were checked against, with how many; and rules that name none. */
  readonly versions: Counts
  readonly unchecked: readonly string[]
}

export async function coverageOf(sources: readonly RuleSource[], shared: Shared): Promise<Coverage> {
  const rules = sources.map(source => source.rule)
  const conditions = await conditionCoverage(sources, shared)
  const facts = Object.entries(factCatalogue).flatMap(([root, all]) => Object.keys(all).map(key => `${root}.${key}`))
  const used = new Set(rules.flatMap(factsOf))
  const signatures = rules.flatMap(rule => Object.entries(rule.log).map(([name, signature]) => ({ rule, name, signature })))
  return {
    rules: rules.length,
    labels: { ids: rules.length, aliases: rules.reduce((sum, rule) => sum + rule.aliases.length, 0) },
    cases: sources.reduce((sum, { tests }) => sum + (tests?.cases.length ?? 0), 0),
    layers: counted(rules.map(rule => rule.layer), layers), severities: counted(rules.map(rule => rule.severity), severities),
    platforms: counted(rules.flatMap(rule => rule.platforms)), subjects: counted(rules.map(rule => rule.for)),
    conditions,
    facts: { all: facts.length, used: facts.filter(fact => used.has(fact)).length, unused: facts.filter(fact => !used.has(fact)) },
    messages: {
      signatures: signatures.length,
      samples: signatures.reduce((sum, { signature }) => sum + signature.samples.length, 0),
      withoutSample: signatures.flatMap(({ rule, name, signature }) => [
        ...branchesOf(signature.match).filter(({ only }) => !signature.samples.some(sample => new Pattern(only).match(sample))).map(({ text }) => text),
        ...signature.contains.filter(literal => !signature.samples.some(sample => sample.toLowerCase().includes(literal.toLowerCase()))),
      ].map(wording => ({ rule: rule.id, signature: name, wording }))),
    },
    versions: counted(rules.flatMap(rule => rule.checkedAgainst)),
    unchecked: rules.filter(rule => rule.checkedAgainst.length === 0).map(rule => rule.id),
  }
}

/** How often each stands there: in the order given, else the most frequent first. */
function counted(names: readonly string[], order?: readonly string[]): Counts {
  const counts = new Map<string, number>((order ?? []).map(name => [name, 0]))
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const entries = [...counts].filter(([, count]) => count > 0)
  return Object.fromEntries(order ? entries : entries.sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1)))
}

const conditionsOf = (rule: Rule): Condition[] => [rule.conditions, rule.confirmedWhen, rule.likelyWhen, ...rule.fixes.map(fix => fix.when)].filter((condition): condition is Condition => condition !== undefined)

/** Facts a rule names in conditions or words. */
function factsOf(rule: Rule): string[] {
  const compared = conditionsOf(rule).flatMap(condition => leavesOf(condition)).flatMap(({ leaf: { fact, path, value } }) => [`${fact}.${path}`, ...(typeof value === 'object' && value !== null && 'fact' in value ? [`${value.fact}.${value.path ?? ''}`] : [])])
  const told = placeholdersIn(JSON.stringify([rule.title, rule.finding, rule.cause, rule.fixes])).map(({ path }) => path)
  const lists = rule.fixes.flatMap(fix => [...fix.steps, ...fix.verify, ...(fix.undo ?? [])].flatMap(step => step.each ?? []))
  return [...compared, ...told, ...lists].map(path => path.split('.').slice(0, 2).join('.'))
}

const written = ({ fact, path, operator, value }: Leaf): string => `${fact}.${path} ${operator} ${JSON.stringify(value)}`

async function conditionCoverage(sources: readonly RuleSource[], shared: Shared): Promise<Coverage['conditions']> {
  const untried: Untried[] = []
  let all = 0
  for (const { rule, tests } of sources) {
    const seen = { fires: new Set<string>(), clear: new Set<string>() }
    for (const test of tests?.cases ?? []) for (const trace of await tracesOf(rule, test, shared).catch(() => [])) noteLeaves(trace, seen)
    const leaves = [...new Map(conditionsOf(rule).flatMap(condition => leavesOf(condition)).map(({ leaf }) => [written(leaf), leaf]))]
    all += leaves.length
    for (const [condition, leaf] of leaves) {
      const key = isReference(leaf.value) ? `${leaf.fact}.${leaf.path} ${leaf.operator}` : condition
      if (!seen.fires.has(key)) untried.push({ rule: rule.id, condition, never: 'true' })
      if (!seen.clear.has(key)) untried.push({ rule: rule.id, condition, never: 'false' })
    }
  }
  return { all, tried: all - new Set(untried.map(({ rule, condition }) => `${rule} ${condition}`)).size, untried }
}

/** Notes which comparisons came out true and which false. One with a fact on its right side is told by its left side alone, as the trace has the value there. */
function noteLeaves(trace: Trace, seen: Readonly<Record<'fires' | 'clear', Set<string>>>): void {
  if (trace.kind !== 'leaf') {
    for (const child of trace.of) noteLeaves(child, seen)
    return
  }
  if (trace.verdict === 'unknown') return
  seen[trace.verdict].add(`${trace.path} ${trace.operator} ${JSON.stringify(trace.expected)}`)
  seen[trace.verdict].add(`${trace.path} ${trace.operator}`)
}
