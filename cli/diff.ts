/** `gpudoctor diff`: two snapshots of one host, both diagnosed with the rules of today. */
import { compare, type Side } from '../diagnosis/diff.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { severities } from '../model/rule.ts'
import { factsOf, reportOptions, type ExamineOptions } from './examine.ts'
import { takeInputs } from './inputs.ts'
import { ruleBase } from './rule-base.ts'

/** 1 where a finding at or above `failOn` came. */
export async function diff(before: string, after: string, options: Pick<ExamineOptions, 'json' | 'failOn' | 'verbose' | 'color' | 'width' | 'rules' | 'redact'>): Promise<number> {
  const base = await ruleBase(options.rules)
  const side = async (input: string): Promise<Side> => {
    const taken = await takeInputs([input], options.redact)
    const snapshot = factsOf(taken)
    return { snapshot, evidence: taken.evidence, diagnosis: await diagnose({ ...base, snapshot, evidence: taken.evidence, about: taken.about }) }
  }
  const [old, now] = [await side(before), await side(after)]
  const difference = await compare(old, now, base.rules, base.shared)
  const { diffReport, diffJson } = await import('../reports/diff.ts')
  process.stdout.write(options.json ? diffJson(difference) : diffReport(difference, reportOptions(options)))
  if (options.failOn === 'never') return 0
  const from = severities.indexOf(options.failOn)
  return difference.came.some(one => severities.indexOf(one.severity) <= from) ? 1 : 0
}
