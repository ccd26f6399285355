/** `gpudoctor plan`: what was found, as one ordered list of steps; as a script for a person to run, never run here. */
import { diagnose } from '../diagnosis/diagnose.ts'
import { marksOf, planOf } from '../diagnosis/plan.ts'
import { factsOf, reportOptions, type ExamineOptions } from './examine.ts'
import { say } from '../language/say.ts'
import { takeHost, takeInputs } from './inputs.ts'
import { withIntent, type IntentOptions } from './intent.ts'
import { ruleBase } from './rule-base.ts'
import { writeWhole } from './write-file.ts'

export type PlanOptions = Pick<ExamineOptions, 'verbose' | 'color' | 'width' | 'rules' | 'redact' | 'patience' | 'also'> & IntentOptions & { readonly json?: true; readonly script?: string; readonly hints?: true }

/** Plans for what was handed in, or for this host. 0, whatever is in the plan. */
export async function plan(inputs: readonly string[], options: PlanOptions): Promise<number> {
  const base = await ruleBase(options.rules)
  const taken = withIntent(inputs.length > 0 ? await takeInputs(inputs, options.redact) : await takeHost({ ...options }), options)
  const snapshot = factsOf(taken)
  const diagnosis = await diagnose({ ...base, snapshot, evidence: taken.evidence, about: taken.about })
  const made = planOf(diagnosis, marksOf(snapshot, diagnosis.findings), { hints: options.hints === true })
  if (options.script !== undefined) {
    const { planScript } = await import('../reports/plan-script.ts')
    const script = planScript(made)
    if (options.script === '-') {
      process.stdout.write(script)
      return 0
    }
    await writeWhole(options.script, script, 0o600)
  }
  const { planReport, planJson } = await import('../reports/plan.ts')
  process.stdout.write(options.json ? planJson(made) : planReport(made, reportOptions(options)))
  if (options.script !== undefined) process.stderr.write(`${say('The script is in {file}. Read it; "sh {file}" prints what it would do.', { file: options.script })}\n`)
  return 0
}
