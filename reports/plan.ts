/** The plan for a terminal and as JSON. */
import { styleText } from 'node:util'
import type { Check, ReportOptions, Step } from '../model/finding.ts'
import type { Chosen, Decision, LeftOut, Plan, PlanStep, Served } from '../model/plan.ts'
import { plural, say } from '../language/say.ts'
import { type CheckShape, type PlanDocument, type StepShape } from './plan-schema.ts'
import { printable, printableDeep, printableJson } from './printable.ts'
import { hostLine } from './story.ts'
import { capitalised, costOf, listed, more, partsOf, severityWords, subjectOf, withColon } from './words.ts'
import { wrapped } from './wrap.ts'

type Style = 'bold' | 'dim' | 'yellow' | 'cyan'

interface Page { readonly width: number; readonly verbose: boolean; readonly paint: (style: Style, text: string) => string }

/** Most options of a decision whose steps are printed unless everything is asked for. */
const shownOptions = 1

/** The whole plan, ending in a line end. Lines fit the width, commands excepted. */
export function planReport(raw: Plan, { color, width, verbose }: ReportOptions): string {
  const plan = printableDeep(raw)
  const page: Page = { width: Math.max(24, Math.min(width - 1, 100)), verbose, paint: (style, text) => (color && text !== '' ? styleText(style, text, { validateStream: false }) : text) }
  const lines = [
    page.paint('bold', planInWords(plan)),
    ...prose(page, 0, say('Host  {host}', { host: hostLine({ ...plan.about, format: 1, root: null, rules: 0, evidence: [], redacted: {} }) })),
    ...plan.chosen.flatMap(one => chosenLines(page, one)),
    ...plan.steps.flatMap((step, at) => ['', ...stepLines(page, step, at + 1)]),
    ...section(page, say('Left out, because it contradicts the plan'), plan.leftOut.flatMap(one => leftOutLines(page, one))),
    ...section(page, say('For you to decide'), plan.decide.flatMap(one => decisionLines(page, one))),
  ]
  return `${lines.join('\n')}\n`
}

/** `5 steps for 2 causes, with one restart of the host` */
export function planInWords({ steps, chosen, decide }: Plan): string {
  const done = steps.filter(step => step.kind !== 'check')
  if (done.length === 0) return decide.length > 0 ? plural(decide.length, 'Nothing that can be planned: {n} finding for you to decide.', 'Nothing that can be planned: {n} findings for you to decide.') : say('Nothing was found that has to be done.')
  const restarts = done.filter(step => step.kind === 'restart').length
  return say('{steps} for {causes}, {restarts}.', {
    steps: plural(done.length, '{n} step', '{n} steps'), causes: plural(chosen.length, '{n} cause', '{n} causes'),
    restarts: restarts === 0 ? say('with no restart of the host') : plural(restarts, 'with {n} restart of the host', 'with {n} restarts of the host'),
  })
}

const prose = (page: Page, indent: number, text: string): string[] =>
  wrapped(printable(text), Math.max(20, page.width - indent)).map((line, at) => `${' '.repeat(at === 0 ? indent : indent + 2)}${line}`)

const section = (page: Page, title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', page.paint('bold', title), ...lines] : [])

const chosenLines = (page: Page, { alternatives, fix, ...one }: Chosen): string[] => [
  ...prose(page, 0, `${severityWords[one.severity].mark} ${say('{finding}: {text}', { finding: titled(one), text: fix })}`),
  ...(alternatives.length > 0 ? prose(page, 2, say('or: {text}', { text: alternatives.join(say('; ')) })).map(line => page.paint('dim', line)) : []),
]

const nameOf = (one: Served): string => say('{rule}, {subject}', { rule: one.rule, subject: subjectOf(one) })

const titled = (one: Served & { readonly title: string }): string => say('{title} ({subject})', { title: one.title, subject: nameOf(one) })

function stepLines(page: Page, step: PlanStep, number: number): string[] {
  const by = 4
  return [
    ...prose(page, by, step.title).map((line, at) => page.paint('bold', at === 0 ? `${String(number).padStart(2)}  ${line.trimStart()}` : line)),
    ...(step.kind === 'check' ? [] : prose(page, by, say('{cost}; for {findings}', { cost: capitalised(costOf({ title: '', steps: [], verify: [], risk: step.risk, side: step.side })), findings: servedLine(step.serves) })).map(line => page.paint('dim', line))),
    ...step.cautions.flatMap(text => prose(page, by, say('Caution: {text}', { text: capitalised(text) })).map(line => page.paint('yellow', line))),
    ...step.notes.flatMap(text => prose(page, by, say('Note: {text}', { text }))),
    ...doneLines(page, step.steps, by),
    ...(step.kind === 'check' ? step.verify.flatMap(check => checkLines(page, check, by)) : []),
    ...(step.undo.length > 0 ? [`${' '.repeat(by)}${say('Way back:')}`, ...doneLines(page, step.undo, by + 2)].map(line => page.paint('dim', line)) : []),
  ]
}

/** All of them where they are few. */
function servedLine(serves: readonly Served[]): string {
  const names = [...new Set(serves.map(nameOf))]
  return listed(names.length > 4 ? [...names.slice(0, 3), more(names.length - 3)] : names)
}

const doneLines = (page: Page, steps: readonly Step[], by: number): string[] => steps.flatMap(step => partsOf(step).flatMap(({ lead, code, prose: text }) => [
  ...prose(page, by, code === undefined ? lead : withColon(lead)),
  ...(code === undefined ? [] : code.trimEnd().split('\n').map(line => page.paint('cyan', `${' '.repeat(by + 2)}${line}`))),
  ...(text === undefined ? [] : prose(page, by + 2, text)),
]))

const checkLines = (page: Page, { command, shows, when }: Check, by: number): string[] => [
  ...(when === undefined ? [] : prose(page, by, say('Only {when}:', { when }))), page.paint('cyan', `${' '.repeat(by + 2)}${command}`), ...prose(page, by + 2, say('shows: {text}', { text: shows })),
]

const leftOutLines = (page: Page, one: LeftOut): string[] => [
  ...prose(page, 0, `${severityWords[one.severity].mark} ${say('{finding}: {text}', { finding: titled(one), text: one.fix })}`), ...prose(page, 2, say('{because}, for {finding}, which weighs more.', { because: capitalised(one.because), finding: nameOf(one.for) })),
]

const decisionLines = (page: Page, one: Decision): string[] => [
  ...prose(page, 0, `${severityWords[one.severity].mark} ${say('{finding}: {text}', { finding: titled(one), text: one.because })}`),
  ...one.options.flatMap(({ title, steps }, at) => [...prose(page, 2, at === 0 ? title : say('or: {text}', { text: title })), ...(at < shownOptions || page.verbose ? doneLines(page, steps, 6) : [])]),
]

/** The plan as JSON, as docs/plan.schema.json describes it. */
export const planJson = (plan: Plan): string => `${printableJson(JSON.stringify(documentOf(plan), null, 2))}\n`

const documentOf = (plan: Plan): PlanDocument => ({
  format: 1,
  summary: planInWords(plan),
  chosen: plan.chosen.map(({ rule, subject, severity, title, fix, alternatives }) => ({ rule, subject, severity, title, fix, alternatives: [...alternatives] })),
  steps: plan.steps.map(step => ({
    kind: step.kind, title: step.title, side: step.side, risk: step.risk, restarts: step.restarts, serves: step.serves.map(({ rule, subject }) => ({ rule, subject })),
    cautions: [...step.cautions], steps: step.steps.map(shapeOf), notes: [...step.notes], verify: step.verify.map(checkShape), undo: step.undo.map(shapeOf),
  })),
  leftOut: plan.leftOut.map(({ rule, subject, severity, title, fix, because, for: winner }) => ({ rule, subject, severity, title, fix, because, for: { rule: winner.rule, subject: winner.subject } })),
  decide: plan.decide.map(({ rule, subject, severity, title, because, options }) => ({ rule, subject, severity, title, because, options: options.map(option => ({ title: option.title, steps: option.steps.map(shapeOf) })) })),
  marks: plan.marks.map(({ bdf, id }) => ({ bdf, id })),
  about: { tool: plan.about.tool, takenAt: plan.about.takenAt, host: { ...plan.about.host } },
})

const checkShape = ({ command, shows, when }: Check): CheckShape => ({ command, shows, ...(when === undefined ? {} : { when }) })
const shapeOf = (step: Step): StepShape => structuredClone(step) as StepShape
