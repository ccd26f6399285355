/** The plan as a schema: what `planJson` writes, and what docs/plan.schema.json publishes. */
import * as v from 'valibot'
import { planStepKinds, sides } from '../model/plan.ts'
import { severities } from '../model/rule.ts'
import { checkSchema, stepSchema } from './json-schema.ts'

const text = v.string()
const nullableText = v.nullable(text)
const served = { rule: text, subject: v.pipe(text, v.description('host, function ADDRESS, group NUMBER, vm NAME, assignment NAME ADDRESS')) }
const found = { ...served, severity: v.picklist(severities), title: v.pipe(text, v.description('Of the finding.')) }

const planStep = v.strictObject({
  kind: v.pipe(v.picklist(planStepKinds), v.description('look changes nothing; build makes the boot configuration or the initramfs anew; firmware is one visit to the setup; restart is of the host.')),
  title: text,
  side: v.picklist(sides),
  risk: v.picklist(['none', 'restart-vm', 'reboot', 'data']),
  restarts: v.pipe(v.number(), v.integer(), v.minValue(0), v.description('Restarts of the host that come before it.')),
  serves: v.array(v.strictObject(served)),
  cautions: v.array(text),
  steps: v.pipe(v.array(stepSchema), v.description('What to do, in the form that fixes have in the report.')),
  notes: v.array(text),
  verify: v.pipe(v.array(checkSchema), v.description('What shows that it worked, once the plan has been carried out.')),
  undo: v.array(stepSchema),
})

/** `format` goes up when a key changes its meaning or goes away; new keys may come without. */
export const planSchema = v.strictObject({
  format: v.literal(1),
  summary: text,
  chosen: v.pipe(v.array(v.strictObject({ ...found, fix: text, alternatives: v.array(text) })), v.description('The fix that was taken for each root cause, the weightiest first.')),
  steps: v.pipe(v.array(planStep), v.description('In the order in which they are to be carried out.')),
  leftOut: v.pipe(v.array(v.strictObject({ ...found, fix: text, because: text, for: v.strictObject(served) })), v.description('Fixes that contradict what is done for a finding of more weight.')),
  decide: v.pipe(v.array(v.strictObject({ ...found, because: text, options: v.array(v.strictObject({ title: text, steps: v.array(stepSchema) })) })), v.description('Findings for which a person has to choose.')),
  marks: v.pipe(v.array(v.strictObject({ bdf: text, id: text })), v.description('PCI ids at their addresses, by which the host is known.')),
  about: v.strictObject({
    tool: text, takenAt: nullableText,
    host: v.strictObject({ platform: nullableText, kernel: nullableText, distribution: nullableText, board: nullableText, runsIn: nullableText }),
  }),
})

export type PlanDocument = v.InferOutput<typeof planSchema>
export type StepShape = v.InferOutput<typeof stepSchema>
export type CheckShape = v.InferOutput<typeof checkSchema>
