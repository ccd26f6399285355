/** What gpudoctor said in the box, and whether it is what the scenario expects. */
import type { JsonReport } from '../../reports/json-schema.ts'
import type { Scenario } from './scenario.ts'

export type Report = JsonReport
export type Finding = Report['findings'][number]
/** As much of a report or a diagnosis as is judged here. */
export interface Judged { readonly findings: readonly { readonly rule: string; readonly severity: string }[]; readonly broken: readonly { readonly rule: string; readonly error: string }[] }

/** True of every box whose CPU plays an Intel one: QEMU's emulation has no VT-x, so there is no /dev/kvm either. */
const trueOfTheBox = ['cpu-vtx-disabled-by-firmware', 'dev-kvm-missing']

/** The place of a rule's first finding in the report, from 1, what is true of every box left out; 0 where it is not there. */
export const rankOf = (report: Pick<Judged, 'findings'>, rule: string): number =>
  report.findings.filter(finding => !trueOfTheBox.includes(finding.rule)).findIndex(finding => finding.rule === rule) + 1

const serious = (report: Pick<Judged, 'findings'>): string[] => report.findings.filter(finding => finding.severity !== 'hint').map(finding => finding.rule)

/** Plain sentences on what is not as expected of the broken host; none where all is. */
export function whatIsWrongBroken(scenario: Pick<Scenario, 'expect' | 'must_not' | 'also_true'>, report: Judged): string[] {
  const expected = scenario.expect ?? []
  return [
    ...expected.flatMap(({ rule, rank }) => {
      const place = rankOf(report, rule)
      if (place === 0) return [`${rule} is not found`]
      return rank !== undefined && place > rank ? [`${rule} is found at place ${place}, not ${rank}`] : []
    }),
    ...(scenario.must_not ?? []).filter(rule => rankOf(report, rule) > 0).map(rule => `${rule} is found and must not be`),
    ...(expected.length === 0 ? unexplained(scenario, report) : []),
    ...report.broken.map(({ rule, error }) => `rule ${rule} is broken: ${error}`),
  ]
}

/** The same for the host after the fix: the cause is gone, and no error or warning is left that the scenario does not know. */
export function whatIsWrongCured(scenario: Pick<Scenario, 'cure' | 'gone' | 'also_true'>, report: Judged): string[] {
  const gone = scenario.gone ?? (scenario.cure ? [scenario.cure.rule] : [])
  const left = gone.filter(rule => rankOf(report, rule) > 0)
  return [...left.map(rule => `${rule} is found still`), ...unexplained(scenario, report).filter(text => !left.some(rule => text.startsWith(`${rule} `)))]
}

const unexplained = (scenario: Pick<Scenario, 'also_true'>, report: Pick<Judged, 'findings'>): string[] =>
  [...new Set(serious(report))].filter(rule => ![...trueOfTheBox, ...(scenario.also_true ?? [])].includes(rule)).map(rule => `${rule} is found (${report.findings.find(finding => finding.rule === rule)?.severity}) on a host without that fault`)
