/** One scenario from the broken host to the proof that it works again. */
import { planOf } from '../../diagnosis/plan.ts'
import type { Step } from '../../model/finding.ts'
import type { Machine } from './machine.ts'
import type { Examined, Host } from './host.ts'
import { rankOf, whatIsWrongBroken, whatIsWrongCured, type Report } from './report.ts'
import type { Action, Scenario } from './scenario.ts'
import { applyFix, type Fix } from './steps.ts'

export interface Shown {
  readonly name: string
  /** What is not as it should be; empty for a scenario that has passed. */
  wrong: string[]
  /** Rule and place of what is expected, as the broken host's report has them. */
  found: { rule: string; rank: number }[]
  sick: Examined | null
  cured: Examined | null
  /** How far it came, in words: broken, found, fixed, gone, works. */
  reached: string[]
  seconds: number
  /** The host is as it was before, for another scenario. */
  tidy: boolean
}

const seconds = 240

export async function show(scenario: Scenario, host: Host, log: (line: string) => void, keep: (examined: Examined, sick: boolean) => void, keepTexts: (file: string) => void): Promise<Omit<Shown, 'seconds'>> {
  const shown: Omit<Shown, 'seconds'> = { name: scenario.name, wrong: [], found: [], sick: null, cured: null, reached: [], tidy: false }
  const before: Machine = host.machine
  try {
    for (const action of scenario.break ?? []) await act(action, host)
    if (scenario.cure) shown.reached.push('broken')
    shown.sick = await host.examine(scenario.name)
    keep(shown.sick, true)
    const { report } = shown.sick
    shown.found = (scenario.expect ?? []).map(({ rule }) => ({ rule, rank: rankOf(report, rule) })).filter(({ rank }) => rank > 0)
    shown.wrong.push(...whatIsWrongBroken(scenario, report))
    if (scenario.other_ways) shown.wrong.push(...(await takeOtherWays(host, report, keepTexts)))
    if (scenario.cure) await cure(scenario, host, shown, log, keep)
    else await prove(scenario, host, shown)
    if (scenario.tidy !== undefined && host.machine === before) {
      await host.box.run(`set -e\n${scenario.tidy}`, seconds)
      shown.tidy = true
    }
  } catch (error) {
    shown.wrong.push(error instanceof Error ? error.message : String(error))
  }
  return shown
}

/** What the shell collector's findings have too much or too little. */
async function takeOtherWays(host: Host, report: Report, keepTexts: (file: string) => void): Promise<string[]> {
  const other = await host.takeOtherWays()
  keepTexts(other.texts)
  const [here, there] = [report, other.report].map(({ findings }) => new Set(findings.map(({ rule, subject }) => `${rule} of ${subject}`))) as [Set<string>, Set<string>]
  return [...[...here].filter(one => !there.has(one)).map(one => `the shell collector misses ${one}`), ...[...there].filter(one => !here.has(one)).map(one => `the shell collector alone leads to ${one}`)]
}

async function cure(scenario: Scenario, host: Host, shown: Omit<Shown, 'seconds'>, log: (line: string) => void, keep: (examined: Examined, sick: boolean) => void): Promise<void> {
  const { rule, fix: number = 1, hand = [] } = scenario.cure!
  const finding = shown.sick!.report.findings.find(each => each.rule === rule)
  const fix = finding?.fixes[number - 1]
  if (!fix) throw new Error(finding ? `${rule} has no fix ${number}` : `there is no fix, as ${rule} is not found`)
  shown.reached.push('found')
  log(`  fix: ${fix.title}`)
  const planned = plannedSteps(shown.sick!.report, rule, fix)
  const demand = await applyFix(planned ?? fix.steps, hand, host.box, log)
  if (demand.restart) await host.restart(demand.machine)
  shown.reached.push(planned ? 'fixed by the plan' : 'fixed')
  // Logs of the failure lose their weight once the VM has been started again, so the proof comes before the second look.
  await prove(scenario, host, shown)
  shown.cured = await host.examine(`${scenario.name}.cured`)
  keep(shown.cured, false)
  const wrong = whatIsWrongCured(scenario, shown.cured.report)
  shown.wrong.push(...wrong)
  if (wrong.length === 0) shown.reached.push('gone')
}

/**
 * The steps that `gpudoctor plan` makes of this fix, merged with those of other causes; null where the plan takes another or leaves
 * it to a person. What other causes want done by hand in the same visit is left out: the box cannot do all of it.
 */
function plannedSteps(report: Report, rule: string, { title, steps: own }: Fix): readonly Step[] | null {
  const isOwn = (step: Step): boolean => (step.kind !== 'firmware' && step.kind !== 'edit') || own.some(each => JSON.stringify(each) === JSON.stringify(step))
  const plan = planOf(report, [], { hints: true })
  if (!plan.chosen.some(one => one.rule === rule && one.fix === title)) return null
  return plan.steps.filter(({ kind, serves }) => kind !== 'check' && serves.some(one => one.rule === rule)).flatMap(({ notes, steps }) => [...notes.map(text => ({ kind: 'note' as const, text })), ...steps.filter(isOwn)])
}

async function prove(scenario: Scenario, host: Host, shown: Omit<Shown, 'seconds'>): Promise<void> {
  await host.box.run(`set -e\n${scenario.proof}`, seconds)
  shown.reached.push('works')
}

async function act(action: Action, host: Host): Promise<void> {
  if (typeof action === 'string') await host.box.run(`set -e\n${action}`, seconds)
  else {
    const answer = await host.box.monitor(action.monitor)
    if (/error|invalid|unknown/i.test(answer)) throw new Error(`the monitor says of ${action.monitor}: ${answer}`)
  }
}
