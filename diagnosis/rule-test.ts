/**
 * Runs the tests that stand beside a rule: facts and log lines in, verdict and words out, through the same engine and
 * diagnosis as a real run.
 */
import { LogMatches } from '../engine/match-logs.ts'
import { missingIn } from '../engine/judge.ts'
import { placeholdersIn } from '../engine/paths.ts'
import { Examination } from '../engine/run.ts'
import type { RuleTestFile } from '../engine/rule-schema.ts'
import type { Shared } from '../engine/shared.ts'
import type { Subject } from '../engine/subject.ts'
import { decimalSlashes, nodedevOf, selectorOf } from '../model/bdf.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Fact } from '../model/fact.ts'
import type { Finding, Trace } from '../model/finding.ts'
import type { LogSignature, Rule, SubjectKind } from '../model/rule.ts'
import { branchesOf } from '../matching/branches.ts'
import { Pattern } from '../matching/pattern.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { diagnose } from './diagnose.ts'
import { notKnown } from './fill.ts'

type Case = RuleTestFile['cases'][number]
type Facts = Record<string, Fact<unknown>>

const address = '0000:01:00.0'

/** What is wrong with a rule's tests or with the rule under them; empty when all is well. */
export async function testRule(rule: Rule, tests: RuleTestFile | null, shared: Shared): Promise<string[]> {
  if (!tests) return ['it has no tests; write them into a .test.yaml of the same name beside it']
  const problems: string[] = []
  for (const test of tests.cases) problems.push(...(await runCase(rule, test, shared)).map(problem => `"${test.name}": ${problem}`))
  const verdicts = new Set(tests.cases.map(test => test.expect.verdict))
  for (const verdict of ['fires', 'clear', 'unknown'] as const) if (!verdicts.has(verdict)) problems.push(`no case leaves it ${verdict}`)
  problems.push(...Object.entries(rule.log).flatMap(([name, signature]) => [...unfoundSamples(rule, name, signature, shared), ...wordingsWithoutSample(name, signature)]))
  return problems
}

/** Real lines must be found the way a run finds them: literal first, then line, then pattern. */
function unfoundSamples(rule: Rule, name: string, signature: LogSignature, shared: Shared): string[] {
  const kind = signature.in[0] as EvidenceKind
  return signature.samples.flatMap(sample => {
    const matches = new LogMatches([rule], [logEvidence(kind, [sample], true)], shared.tables)
    return matches.matched(signature) ? [] : [`log.${name} does not find its own sample in a ${kind}: ${sample}`]
  })
}

/** Each branch of a pattern is a wording of its own, so each has a real line. */
const wordingsWithoutSample = (name: string, { match, samples }: LogSignature): string[] => branchesOf(match).flatMap(({ text, only }) => {
  const pattern = new Pattern(only)
  return samples.some(sample => pattern.match(sample)) ? [] : [`log.${name} has no sample for the wording ${text === '' ? 'without anything here' : text} of ${match}`]
})

async function runCase(rule: Rule, test: Case, shared: Shared): Promise<string[]> {
  const { snapshot, evidence, key } = setUp(rule.for, test)
  const examination = new Examination([rule], shared, snapshot, evidence)
  const subject = examination.subjects[rule.for].find(one => one.ref.key === key) as Subject
  const trace = await examination.ask(rule.conditions, rule, subject)
  const { expect } = test
  const problems: string[] = []
  if (trace.verdict !== expect.verdict) {
    const missing = missingIn(trace)
    problems.push(`is ${trace.verdict}, not ${expect.verdict}${missing.length > 0 ? ` (not known: ${missing.join(', ')})` : ''}`)
    return problems
  }
  for (const path of expect.missing ?? []) if (!missingIn(trace).includes(path)) problems.push(`${path} is not what is missing; ${missingIn(trace).join(', ') || 'nothing'} is`)
  if (trace.verdict !== 'fires') return problems
  const diagnosis = await diagnose({ rules: [rule], shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
  const finding = diagnosis.findings.find(one => one.subject === (key === '' ? 'host' : `${rule.for} ${key}`))
  if (!finding) return [`the run gave no finding for it`, ...diagnosis.broken.map(broken => broken.error)]
  return [...problems, ...wordProblems(finding, expect)]
}

/** What the conditions of a rule came to in one case: its own, `confirmed_when`, `likely_when` and those of its fixes, as far as it has them. */
export async function tracesOf(rule: Rule, test: Case, shared: Shared): Promise<Trace[]> {
  const { snapshot, evidence, key } = setUp(rule.for, test)
  const examination = new Examination([rule], shared, snapshot, evidence)
  const subject = examination.subjects[rule.for].find(one => one.ref.key === key)
  const traces: Trace[] = []
  if (!subject) return traces
  for (const condition of [rule.conditions, rule.confirmedWhen, rule.likelyWhen, ...rule.fixes.map(fix => fix.when)]) {
    if (condition) traces.push(await examination.ask(condition, rule, subject))
  }
  return traces
}

function wordProblems(finding: Finding, expect: Case['expect']): string[] {
  const words = allWords(finding)
  const list = (value: string | string[] | undefined) => (value === undefined ? [] : typeof value === 'string' ? [value] : value)
  return [
    ...(expect.confidence && finding.confidence !== expect.confidence ? [`its confidence is ${finding.confidence}, not ${expect.confidence}`] : []),
    ...list(expect.says).filter(text => !words.includes(text)).map(text => `does not say "${text}"; it says: ${words}`),
    ...list(expect.says_not).filter(text => words.includes(text)).map(text => `says "${text}"`),
    ...(words.includes(notKnown()) ? [`has a placeholder without a value: ${words}`] : []),
    ...(placeholdersIn(words).length > 0 ? [`has a placeholder that was not filled: ${words}`] : []),
  ]
}

/** Title, text and every word of the fixes. */
export function allWords(finding: Finding): string {
  const fixes = finding.fixes.flatMap(fix => [fix.title, fix.caution ?? '', ...[...fix.steps, ...(fix.undo ?? [])].flatMap(step => Object.values(step)), ...fix.verify.flatMap(check => [check.command, check.shows])])
  return [finding.title, finding.text, ...fixes.map(String)].join('\n')
}

/** The test's machine: scalars wrapped into facts, logs into evidence that is whole unless the test cuts it. */
export function setUp(kind: SubjectKind, test: Case): { snapshot: Snapshot; evidence: Evidence[]; key: string } {
  const { given } = test
  const functions: Record<string, Facts> = {}
  const wrap = (facts: Record<string, unknown> | undefined): Facts => Object.fromEntries(Object.entries(facts ?? {}).map(([name, value]) => [name, { value: plain(value), at: [] }]))
  /** A list of functions may be written out in place: `blockers: [{ bdf: …, driver: … }]`. */
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value === 'object' && value !== null && 'bdf' in value) {
      const bdf = String((value as { bdf: unknown }).bdf)
      functions[bdf] = { ...functions[bdf], ...wrap(value as Record<string, unknown>) }
      return bdf
    }
    return value
  }
  const all = (subjects: Record<string, Record<string, unknown>> | undefined) => Object.fromEntries(Object.entries(subjects ?? {}).map(([key, facts]) => [key, wrap(facts)]))
  const bdf = String(given.fn?.bdf ?? given.assignment?.fn ?? address)
  const group = String(given.group?.id ?? given.fn?.groupId ?? '1')
  const vm = String(given.vm?.name ?? given.assignment?.vm ?? 'vm')
  const fn = wrap({ nodedev: nodedevOf(bdf), decimal: decimalSlashes(bdf), selector: selectorOf(bdf), bdf, ...(given.group ? { groupId: group, group } : {}), ...given.fn })
  const snapshot: Snapshot = {
    host: wrap(given.host),
    functions: kind === 'function' || kind === 'assignment' || given.fn ? { [bdf]: fn } : {},
    groups: kind === 'group' || given.group ? { [group]: wrap({ id: group, ...given.group }) } : {},
    vms: kind === 'vm' || kind === 'assignment' || given.vm ? { [vm]: wrap({ name: vm, ...given.vm }) } : {},
    assignments: kind === 'assignment' || given.assignment ? { [`${vm} ${bdf}`]: wrap({ vm, fn: bdf, ...given.assignment }) } : {},
    notUnderstood: [],
  }
  Object.assign(snapshot.functions, { ...all(given.functions), ...functions, ...snapshot.functions })
  Object.assign(snapshot.groups, all(given.groups))
  Object.assign(snapshot.vms, all(given.vms))
  if (snapshot.groups[group] && !snapshot.groups[group].members && snapshot.functions[bdf]) snapshot.groups[group].members = { value: [bdf], at: [] }
  const evidence = Object.entries(given.log ?? {}).map(([id, lines]) => logEvidence(id as EvidenceKind, lines, test.cut.includes(id as EvidenceKind)))
  return { snapshot, evidence, key: { host: '', function: bdf, group, vm, assignment: `${vm} ${bdf}` }[kind] }
}

const banner = '[    0.000000] Linux version 6.8.0 (test)'

function logEvidence(id: EvidenceKind, lines: readonly string[], cut: boolean): Evidence {
  const kind = id.split('/')[0] as EvidenceKind
  const body = [...(kind === 'kernel-log' && !cut ? [banner] : []), ...lines].join('\n')
  return { id, kind, from: kind === 'bhyve-log' ? '/vm/made/bhyve.log' : id, status: cut ? 'cut' : 'ok', body, takenAt: '2026-01-01T00:00:00Z' }
}
