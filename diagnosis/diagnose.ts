/** From outcomes to a diagnosis: findings with this host's words, symptoms under causes, and what could not be checked. */
import { decisive } from '../engine/judge.ts'
import { pathInfo } from '../engine/paths.ts'
import { Examination } from '../engine/run.ts'
import type { Shared } from '../engine/shared.ts'
import { Entity, type Subject } from '../engine/subject.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { Broken, Diagnosis, EvidenceNote, Finding, Fix, LeafTrace, Outcome, RunInfo, SubjectRef, Undecided } from '../model/finding.ts'
import { severities, type Rule } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { chainOf } from './chain.ts'
import { inLanguage, noted, retold, say } from '../language/say.ts'
import { fillText } from './fill.ts'
import { fixOf } from './fixes.ts'
import { behindGuestAddress } from './guest-address.ts'
import { tagsOf } from './host-tags.ts'
import { leadsIn, type Lead } from './leads.ts'
import { Quoter } from './quotes.ts'
import { causesOf, consequencesOf, weight, type Ranked } from './rank.ts'
import { reasonOf } from './reason.ts'
import { sideOf } from './sides.ts'
import { timesOf } from './times.ts'
import { unexplainedIn } from './unexplained.ts'
import { waysToGet } from './ways.ts'

export interface Case {
  readonly rules: readonly Rule[]
  readonly shared: Shared
  readonly broken: readonly Broken[]
  readonly snapshot: Snapshot
  readonly evidence: readonly Evidence[]
  readonly about: Pick<RunInfo, 'tool' | 'takenAt' | 'root' | 'redacted'>
}

/** Most quotes under one finding. */
const mostQuotes = 6

export async function diagnose(given: Case): Promise<Diagnosis> {
  const examination = new Examination(given.rules, given.shared, given.snapshot, given.evidence)
  const { outcomes, broken } = await examination.run()
  const teller = new Teller(given, examination)
  const drafts: Draft[] = []
  for (const outcome of outcomes) if (outcome.verdict === 'fires') drafts.push(await teller.draft(outcome))
  if (drafts.every(({ severity }) => severity === 'hint')) for (const lead of await leadsIn(outcomes, examination, given.evidence)) drafts.push(await teller.lead(lead))
  const findings = inOrder(drafts)
  const chain = chainOf(examination, findings, given.evidence, teller.quoter)
  return {
    about: aboutOf(given, examination.rules.length),
    ...(chain ? { chain } : {}),
    findings,
    unexplained: unexplainedIn(examination.logs, examination.snapshot, teller.quoter),
    unknown: undecided(outcomes, examination, given.evidence),
    broken: [...given.broken, ...broken],
  }
}

type Fired = Extract<Outcome, { verdict: 'fires' }>
interface Draft extends Ranked { readonly finding: Omit<Finding, 'symptomOf'> }

export const subjectText = (ref: SubjectRef): string => (ref.kind === 'host' ? 'host' : `${ref.kind} ${ref.key}`)

/** Puts findings into words. */
class Teller {
  readonly #given: Case
  readonly #examination: Examination
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #behind: (bdf: string) => readonly string[]
  readonly quoter: Quoter

  constructor(given: Case, examination: Examination) {
    this.#given = given
    this.#examination = examination
    this.#rules = new Map(given.rules.map(rule => [rule.id, rule]))
    this.#behind = behindGuestAddress(given.snapshot)
    this.quoter = new Quoter(given.evidence)
  }

  draft = (outcome: Fired): Promise<Draft> =>
    this.#draft(outcome, decisive(outcome.trace), { severity: (this.#rules.get(outcome.rule) as Rule).severity, confidence: outcome.confidence, reason: reasonOf(outcome) })

  /** Its texts say what is so where it fires; of a lead nobody knows. */
  lead = async (lead: Lead): Promise<Draft> => {
    const draft = await this.#draft(lead, lead.holds, { severity: 'hint', confidence: 'possible', reason: noted('the message is there; what else would speak for it or against it is not in this evidence') })
    return { ...draft, finding: { ...draft.finding, title: say('Perhaps: {title}', { title: draft.finding.title }) } }
  }

  async #draft(of: Pick<Fired, 'rule' | 'subject'>, leaves: readonly LeafTrace[], { severity, confidence, reason }: Pick<Finding, 'severity' | 'confidence' | 'reason'>): Promise<Draft> {
    const rule = this.#rules.get(of.rule) as Rule
    const subject = this.#examination.subjects[of.subject.kind].find(one => one.ref.key === of.subject.key) as Subject
    const roots = this.#examination.rootsFor(rule, subject)
    const logLeaves = leaves.filter(leaf => leaf.path.startsWith('log.'))
    const times = timesOf(rule, subject, leaves, this.#examination.logs)
    const aliases = [...rule.aliases, ...rule.specialCaseOf]
    const finding: Omit<Finding, 'symptomOf'> = {
      rule: rule.id, aliases, subject: subjectText(of.subject), severity, confidence, reason: retold(reason), layer: rule.layer,
      title: fillText(rule.title, roots), text: fillText(rule.finding, roots), cause: fillText(rule.cause, roots),
      evidence: this.quoter.quote([...logLeaves, ...leaves].flatMap(leaf => leaf.at), mostQuotes),
      fixes: await this.#fixes(rule, subject),
      ...(times ? { times } : {}),
      references: rule.references,
    }
    return {
      rule: rule.id, aliases, subject: finding.subject, severity, confidence, layer: rule.layer,
      symptomOf: rule.symptomOf, about: new Set([...keysOf(subject), ...[...subject.bdfs].flatMap(this.#behind)]), hasLog: logLeaves.length > 0, finding,
    }
  }

  async #fixes(rule: Rule, subject: Subject): Promise<Fix[]> {
    const { shared } = this.#given
    const { snapshot } = this.#examination
    const hypervisor = subject.vm === null ? null : (snapshot.vms[subject.vm]?.hypervisor?.value ?? null)
    const context = {
      roots: this.#examination.rootsFor(rule, subject), tags: tagsOf(snapshot.host, hypervisor, snapshot), recipes: shared.recipes,
      functionAt: (bdf: string) => new Entity(snapshot, 'fn', Object.hasOwn(snapshot.functions, bdf) ? snapshot.functions[bdf] : undefined),
    }
    const fixes: Fix[] = []
    for (const template of rule.fixes) {
      const applies = template.when === undefined || (await this.#examination.ask(template.when, rule, subject)).verdict !== 'clear'
      const fix = applies ? fixOf(template, context) : null
      if (fix && fix.steps.length > 0) fixes.push({ ...fix, side: sideOf(template, rule, snapshot) })
    }
    return fixes
  }
}

const keysOf = (subject: Subject): Set<string> => new Set([...subject.bdfs, ...(subject.group !== null ? [`group ${subject.group}`] : []), ...(subject.vm !== null ? [`vm ${subject.vm}`] : [])])

/** Root causes by weight, then what they explain. */
function inOrder(drafts: readonly Draft[]): Finding[] {
  const causes = causesOf(drafts)
  const follows = consequencesOf(causes)
  const weights = drafts.map((draft, place) => weight(draft, (follows[place] ?? []).map(each => drafts[each] as Draft)))
  const order = drafts.map((_, place) => place).sort((a, b) => {
    const [first, second] = [drafts[a] as Draft, drafts[b] as Draft]
    return Number(causes[a] !== null) - Number(causes[b] !== null) || (weights[b] as number) - (weights[a] as number)
      || compare(first.rule, second.rule) || compare(first.subject, second.subject)
  })
  return order.map(place => {
    const cause = causes[place]
    return { ...(drafts[place] as Draft).finding, symptomOf: cause === null || cause === undefined ? null : (drafts[cause] as Draft).rule }
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function undecided(outcomes: readonly Outcome[], examination: Examination, evidence: readonly Evidence[]): Undecided[] {
  const rules = new Map(examination.rules.map(rule => [rule.id, rule]))
  const fired = new Set(outcomes.filter(outcome => outcome.verdict === 'fires').map(outcome => outcome.rule))
  const grouped = new Map<string, { subjects: string[]; missing: Set<string> }>()
  for (const outcome of outcomes) {
    if (outcome.verdict !== 'unknown' || fired.has(outcome.rule) || !canBeBrought(rules.get(outcome.rule) as Rule, outcome.missing, examination.subjects.vm.length)) continue
    const entry = grouped.get(outcome.rule) ?? { subjects: [], missing: new Set() }
    entry.subjects.push(subjectText(outcome.subject))
    outcome.missing.forEach(path => entry.missing.add(path))
    grouped.set(outcome.rule, entry)
  }
  const platform = examination.subjects.host[0]?.roots.host?.walk('platform').value ?? null
  const undecidedRules = [...grouped].map(([id, { subjects, missing }]): Undecided => {
    const rule = rules.get(id) as Rule
    return { rule: id, title: rule.title.replace(/\{\{[^}]*\}\}/g, '…'), severity: rule.severity, subjects: subjects.slice(0, 20), missing: [...missing].sort(), get: waysToGet(missing, rule, platform, evidence) }
  })
  return undecidedRules.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || compare(a.rule, b.rule))
}

/** No collector reads these on a host. */
const onlyBrought: ReadonlySet<EvidenceKind> = new Set(['text', 'kubernetes', 'intent'])

/**
 * What only a person's own text could tell (an error of a program that keeps no log) is no gap in what was collected,
 * nor is a guest's report where there is no guest.
 */
const canBeBrought = (rule: Rule, missing: readonly string[], vms: number): boolean => missing.some(path => {
  const info = pathInfo(path, rule.for, rule.log)
  return typeof info === 'string' || !(onlyBrought.has(info.from[0] as EvidenceKind) || (info.from[0] === 'guest-report' && vms === 0))
})

function aboutOf(given: Case, rules: number): RunInfo {
  const { host } = given.snapshot
  return {
    ...given.about, format: 1, rules,
    host: { platform: host.platform?.value ?? null, kernel: host.kernel?.value ?? null, distribution: host.distribution?.value ?? null, board: host.board?.value ?? null, runsIn: host.runsIn?.value ?? null },
    evidence: notesOf(given.evidence, given.snapshot),
  }
}

function notesOf(evidence: readonly Evidence[], snapshot: Snapshot): EvidenceNote[] {
  const facts = factsByEvidence(snapshot)
  const lost = new Map<string, number>()
  for (const { evidence: id } of snapshot.notUnderstood) lost.set(id, (lost.get(id) ?? 0) + 1)
  return evidence.map(piece => noteOf(piece, facts.get(piece.id), lost.get(piece.id)))
}

/** How many facts rest on each piece of evidence. */
function factsByEvidence({ host, functions, groups, vms, assignments }: Snapshot): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const subject of [host, ...[functions, groups, vms, assignments].flatMap(subjects => Object.values<object>(subjects))]) {
    for (const fact of Object.values(subject) as Fact<unknown>[]) for (const id of new Set(fact.at.map(cite => cite.evidence))) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

function noteOf(piece: Evidence, facts: number | undefined, lost: number | undefined): EvidenceNote {
  return {
    id: piece.id, kind: piece.kind, about: inLanguage(evidenceKinds[piece.kind].about), from: piece.from, status: piece.status,
    ...(piece.note !== undefined ? { note: retold(piece.note) } : {}),
    ...(typeof piece.body === 'string' && piece.body !== '' ? { lines: linesIn(piece.body) } : {}),
    ...(facts !== undefined ? { facts } : {}),
    ...(lost !== undefined ? { notUnderstood: lost } : {}),
  }
}

function linesIn(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return text.endsWith('\n') ? lines : lines + 1
}
