/**
 * Asks every rule about every subject it is for. One json-rules-engine per subject kind, run in turn (concurrent runs
 * of one engine share its state and lose results); rules a subject cannot meet are left out beforehand.
 */
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine'
import type { Broken, Outcome, Trace, Verdict } from '../model/finding.ts'
import { subjectKinds, type Condition, type Platform, type Rule, type SubjectKind } from '../model/rule.ts'
import { decimalSlashes, nodedevOf } from '../model/bdf.ts'
import { unnamedVm, type FunctionFacts, type GroupFacts, type Snapshot, type VmFacts } from '../model/snapshot.ts'
import type { Evidence } from '../model/evidence.ts'
import { traceOf } from './judge.ts'
import { LogMatches, type Hit } from './match-logs.ts'
import { operators } from './operators.ts'
import { missingFor, screen } from './screen.ts'
import type { Shared } from './shared.ts'
import { subjectsOf, type Subject, type Walkable, type Walked } from './subject.ts'

/** What a run needs of what rules share; the texts need the rest. */
export type Lookups = Partial<Pick<Shared, 'lists' | 'tables'>>

type Earned = Pick<Extract<Outcome, { verdict: 'fires' }>, 'confidence' | 'raisedBy' | 'notRaised'>

/** Everything a run needs; kept together so that explain and the diagnosis ask with the same eyes. */
export class Examination {
  readonly rules: readonly Rule[]
  /** The facts, with everything that a matched log line names and no listing showed. */
  readonly snapshot: Snapshot
  readonly subjects: Record<SubjectKind, Subject[]>
  readonly logs: LogMatches
  readonly #lists: Walkable
  readonly #platform: Platform | null

  constructor(rules: readonly Rule[], { lists = {}, tables = {} }: Lookups, snapshot: Snapshot, evidence: readonly Evidence[]) {
    this.rules = rules.filter(rule => rule.status !== 'retired')
    this.logs = new LogMatches(this.rules, evidence, tables)
    this.snapshot = withMentioned(snapshot, this.logs.mentioned())
    this.subjects = subjectsOf(this.snapshot)
    this.#lists = { walk: (path): Walked => ({ value: Object.hasOwn(lists, path) ? lists[path] : undefined, at: [] }) }
    this.#platform = (snapshot.host.platform?.value ?? null) as Platform | null
  }

  /** Rules for another system are not asked; where the system is not known all are. */
  applies(rule: Rule): boolean {
    return this.#platform === null || rule.platforms.includes(this.#platform)
  }

  rootsFor(rule: Rule, subject: Subject): Record<string, Walkable> {
    return { ...(subject.roots as Record<string, Walkable>), lists: this.#lists, log: this.logs.factsFor(rule, subject) }
  }

  async run(): Promise<{ outcomes: Outcome[]; broken: Broken[] }> {
    const outcomes: Outcome[] = []
    const broken: Broken[] = []
    for (const kind of subjectKinds) {
      const rules = this.rules.filter(rule => rule.for === kind && this.applies(rule)).map(rule => ({ rule, clear: this.#clearForAll(rule, kind) }))
      for (const subject of this.subjects[kind]) {
        for (const { rule, clear } of rules) {
          if (clear) {
            outcomes.push({ rule: rule.id, subject: subject.ref, verdict: 'clear' })
            continue
          }
          try {
            const outcome = this.#screened(rule, subject)
            outcomes.push(outcome ?? await this.#confirmed(rule, subject))
          } catch (error) {
            broken.push({ rule: rule.id, file: '', error: error instanceof Error ? error.message : String(error) })
          }
        }
      }
    }
    return { outcomes, broken }
  }

  /** What is known of the host alone already says no, or a message the rule requires is in none of the logs, which are whole: the same for every subject. */
  #clearForAll(rule: Rule, kind: SubjectKind): boolean {
    const [host] = this.subjects.host
    if (!host || kind === 'host') return false
    const ownLogs = kind === 'vm' || kind === 'assignment'
    const unsaid = (name: string) => rule.log[name] !== undefined && !this.logs.matched(rule.log[name]) && this.logs.absenceProven(rule.log[name], host)
    try {
      return (!ownLogs && rule.requires.some(unsaid)) || screen(rule.conditions, { host: host.roots.host, lists: this.#lists }) === 'clear'
    } catch {
      return false
    }
  }

  /** Clear or unknown; null where the rule may fire. */
  #screened(rule: Rule, subject: Subject): Outcome | null {
    const base = { rule: rule.id, subject: subject.ref }
    if (this.#cannotFire(rule, subject)) return { ...base, verdict: 'clear' }
    const roots = this.rootsFor(rule, subject)
    const verdict = screen(rule.conditions, roots)
    if (verdict === 'fires') return null
    return verdict === 'clear' ? { ...base, verdict } : { ...base, verdict, missing: missingFor(rule.conditions, roots) }
  }

  async #confirmed(rule: Rule, subject: Subject): Promise<Outcome> {
    return { rule: rule.id, subject: subject.ref, verdict: 'fires', trace: await this.ask(rule.conditions, rule, subject), ...await this.#confidence(rule, subject) }
  }

  /** A message the rule requires was looked for where it would stand, and is not there. */
  #cannotFire(rule: Rule, subject: Subject): boolean {
    return rule.requires.some(name => {
      const spec = rule.log[name]
      return spec !== undefined && this.logs.hitsFor(spec, subject).length === 0 && this.logs.absenceProven(spec, subject)
    })
  }

  /** One condition about one subject, evaluated by json-rules-engine and folded into three values. */
  async ask(condition: Condition, rule: Rule, subject: Subject): Promise<Trace> {
    const roots = this.rootsFor(rule, subject)
    const { results, failureResults } = await engineFor(condition).run(roots)
    const [result] = [...results, ...failureResults]
    if (!result) throw new Error(`json-rules-engine gave no result for ${rule.id}`)
    return traceOf(result.conditions, roots)
  }

  async #confidence(rule: Rule, subject: Subject): Promise<Earned> {
    let notRaised: Verdict | null = null
    for (const [confidence, condition] of [['confirmed', rule.confirmedWhen], ['likely', rule.likelyWhen]] as const) {
      const raisedBy = condition ? await this.ask(condition, rule, subject) : null
      if (raisedBy?.verdict === 'fires') return { confidence, raisedBy, notRaised }
      notRaised ??= raisedBy?.verdict ?? null
    }
    return { confidence: rule.confidence, raisedBy: null, notRaised }
  }
}

/** A function, group or VM that only a matched line names is a subject too: of it nothing more is known than that. */
function withMentioned(snapshot: Snapshot, hits: readonly Hit[]): Snapshot {
  const functions: Record<string, FunctionFacts> = { ...snapshot.functions }
  const groups: Record<string, GroupFacts> = { ...snapshot.groups }
  const vms: Record<string, VmFacts> = { ...snapshot.vms }
  for (const { bdf, group, vm, cite } of hits) {
    const at = [cite]
    if (bdf !== null) functions[bdf] ??= { bdf: { value: bdf, at }, nodedev: { value: nodedevOf(bdf), at }, decimal: { value: decimalSlashes(bdf), at } }
    if (group !== null) groups[group] ??= { id: { value: group, at } }
    if (vm !== null && (vm !== unnamedVm || Object.keys(snapshot.vms).length === 0)) vms[vm] ??= { name: { value: vm, at } }
  }
  return { ...snapshot, functions, groups, vms }
}

const engines = new WeakMap<Condition, Engine>()

function engineFor(condition: Condition): Engine {
  const made = engines.get(condition)
  if (made) return made
  const engine = new Engine([], {
    allowUndefinedFacts: true,
    pathResolver: (root, path) => (root as Walkable).walk(path).value,
  })
  for (const name of builtIn) engine.removeOperator(name)
  for (const [name, spec] of Object.entries(operators)) engine.addOperator(name, (left, right) => left !== undefined && right !== undefined && spec.holds(left, right))
  // A leaf on top is no rule for json-rules-engine; `all` of one is the same.
  const conditions = 'operator' in condition ? { all: [condition] } : condition
  engine.addRule({ conditions: conditions as TopLevelCondition, event: { type: 'holds' } } satisfies RuleProperties)
  engines.set(condition, engine)
  return engine
}

const builtIn = ['equal', 'notEqual', 'in', 'notIn', 'contains', 'doesNotContain', 'lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive']
