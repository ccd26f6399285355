/**
 * Leads: the message of a rule is there, nothing speaks against it, and what else the rule asks for nobody could look at, or it asks for
 * more of these lines. Who hands in a few lines has chosen them; where nothing can be proven from them, what they may mean is
 * better than silence. Of a whole log, where most lines mean nothing, and of a host that was looked into, there are none.
 */
import { fold } from '../engine/judge.ts'
import type { Examination } from '../engine/run.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import type { LeafTrace, Outcome, SubjectRef, Trace, Verdict } from '../model/finding.ts'
import { layers, severities, type Rule } from '../model/rule.ts'

export interface Lead {
  readonly rule: string
  readonly subject: SubjectRef
  /** What is known to hold, the message among it. */
  readonly holds: readonly LeafTrace[]
}

/** More lines than that were not chosen one by one. */
const fewLines = 200
const mostLeads = 3

/** The likeliest leads, of each rule one; none where the evidence is more than an excerpt. */
export async function leadsIn(outcomes: readonly Outcome[], examination: Examination, evidence: readonly Evidence[]): Promise<Lead[]> {
  if (evidence.some(piece => piece.takenAt !== undefined) || linesOf(evidence) > fewLines) return []
  const rules = new Map(examination.rules.map(rule => [rule.id, rule]))
  const kinds = new Set<string>(evidence.map(piece => piece.kind))
  const found = new Map<string, Lead & { readonly missing: number; readonly of: Rule }>()
  for (const { verdict, rule: id, subject: ref } of outcomes) {
    const rule = rules.get(id) as Rule
    if (verdict === 'fires' || rule.severity === 'hint' || !Object.values(rule.log).some(spec => examination.logs.matched(spec))) continue
    const subject = examination.subjects[ref.kind].find(one => one.ref.key === ref.key)
    if (!subject) continue
    const trace = await examination.ask(rule.conditions, rule, subject)
    // Where a log of the right kind is at hand, a message that is not in it was not among the lines that somebody chose.
    const unseen = (leaf: LeafTrace): boolean => leaf.verdict === 'unknown' && asksForLines(leaf) && (rule.log[leaf.path.split('.')[1] as string]?.in ?? []).some(kind => kinds.has(kind))
    const verdictOf = verdicts(unseen)
    if (verdictOf(trace) === 'clear') continue
    const holds = holding(trace, verdictOf)
    const missing = openIn(trace, verdictOf)
    const before = found.get(id)
    if (holds.some(isMessage) && (before === undefined || missing < before.missing)) found.set(id, { rule: id, subject: ref, holds, missing, of: rule })
  }
  return [...found.values()].sort((a, b) => a.missing - b.missing || severities.indexOf(a.of.severity) - severities.indexOf(b.of.severity)
    || layers.indexOf(a.of.layer) - layers.indexOf(b.of.layer) || (a.rule < b.rule ? -1 : 1)).slice(0, mostLeads)
}

function linesOf(evidence: readonly Evidence[]): number {
  let lines = 0
  for (const piece of evidence) for (const character of textOf(piece).slice(0, 1 << 20)) if (character === '\n') lines++
  return lines
}

/** `≥ 0` holds of each log: with it a rule reads a line along, which says nothing for it. */
const asksForLines = ({ path, operator, expected }: LeafTrace): boolean =>
  /^log\.\w+\.count$/.test(path) && operator.startsWith('greaterThan') && !(operator === 'greaterThanInclusive' && expected === 0)

/** A line of it at least; how many the rule wants, a few lines cannot show. */
const isMessage = (leaf: LeafTrace): boolean => asksForLines(leaf) && leaf.at.length > 0

type VerdictOf = (trace: Trace) => Verdict
const verdicts = (unseen: (leaf: LeafTrace) => boolean): VerdictOf => {
  const verdictOf: VerdictOf = trace =>
    (trace.kind === 'leaf' ? (isMessage(trace) ? 'fires' : unseen(trace) ? 'clear' : trace.verdict) : fold(trace.kind, trace.of.map(verdictOf)))
  return verdictOf
}

/** The leaves that hold, those under `not` left out. */
function holding(trace: Trace, verdictOf: VerdictOf): LeafTrace[] {
  if (trace.kind === 'leaf') return verdictOf(trace) === 'fires' ? [trace] : []
  return trace.kind === 'not' ? [] : trace.of.flatMap(part => holding(part, verdictOf))
}

/** How much of it is open: what nobody could look at, and lines that are too few. */
function openIn(trace: Trace, verdictOf: VerdictOf): number {
  if (trace.kind === 'leaf') return trace.verdict === 'unknown' || trace.verdict !== verdictOf(trace) ? 1 : 0
  return trace.verdict === 'fires' ? 0 : trace.of.reduce((sum, part) => sum + openIn(part, verdictOf), 0)
}
