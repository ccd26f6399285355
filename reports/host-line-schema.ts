/** One line of the NDJSON report as a schema: what `ndjsonReport` writes, and what docs/host-line.schema.json publishes. */
import * as v from 'valibot'
import { languages } from '../language/say.ts'
import { confidences, layers, severities } from '../model/rule.ts'

const text = v.string()
const nullableText = v.nullable(text)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const format = v.literal(1)
const input = v.pipe(text, v.description('The snapshot, folder or file that was replayed.'))

const finding = v.strictObject({
  rule: text, subject: text, severity: v.picklist(severities), confidence: v.picklist(confidences), layer: v.picklist(layers), title: text,
  symptomOf: v.pipe(nullableText, v.description('The rule whose finding explains this one; null for a root cause.')),
})

const host = v.strictObject({
  format,
  lang: v.pipe(v.picklist(languages), v.description('The language of the verdict and of titles.')),
  input: v.exactOptional(input),
  verdict: v.pipe(text, v.description('The diagnosis in one sentence, for people.')),
  counts: v.strictObject({ error: count, warning: count, hint: count }),
  findings: v.pipe(v.array(finding), v.description('Gravest first, causes before consequences.')),
  undecided: v.pipe(count, v.description('Rules that could not be decided for lack of evidence.')),
  broken: v.pipe(v.array(text), v.description('Rules that could not be loaded or run.')),
  unread: v.pipe(count, v.description('Pieces of evidence that could not be read whole.')),
  tool: text,
  takenAt: v.pipe(nullableText, v.description('ISO 8601 time of collection; null for loose files.')),
  root: v.nullable(v.boolean()),
  host: v.strictObject({ platform: nullableText, kernel: nullableText, distribution: nullableText, board: nullableText, runsIn: nullableText }),
})

const failure = v.strictObject({ format, input, error: v.pipe(text, v.description('Why nothing can be said of this input.')) })

export const hostLineSchema = v.union([host, failure])

export type HostLine = v.InferOutput<typeof hostLineSchema>
