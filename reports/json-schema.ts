/** The JSON report as a schema: what `jsonReport` writes, and what docs/report.schema.json publishes. */
import * as v from 'valibot'
import { confidences, layers, severities } from '../model/rule.ts'

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const severity = v.picklist(severities)
const optionalText = v.exactOptional(text)

const quote = v.strictObject({
  evidence: v.pipe(text, v.description('Id of the piece of evidence, as in about.evidence.')),
  from: v.pipe(text, v.description('The path, command or file it was read from.')),
  where: v.pipe(count, v.description('Line from 1, or byte offset from 0 for tables.')),
  text,
  before: v.array(text),
  after: v.array(text),
})

const when = v.exactOptional(v.pipe(text, v.description('In words, where the step is only for some hosts and it is not known which this is.')))

const step = v.variant('kind', [
  v.strictObject({ kind: v.literal('run'), command: text, when }),
  v.strictObject({ kind: v.literal('write'), file: text, text, when }),
  v.strictObject({ kind: v.literal('append'), file: text, text, when }),
  v.strictObject({ kind: v.literal('set'), file: text, name: text, value: optionalText, addWords: optionalText, removeWords: optionalText, when }),
  v.strictObject({ kind: v.literal('edit'), target: text, change: text, when }),
  v.strictObject({ kind: v.literal('firmware'), setting: text, when }),
  v.strictObject({ kind: v.literal('reboot'), when }),
  v.strictObject({ kind: v.literal('power-off'), when }),
  v.strictObject({ kind: v.literal('note'), text, when }),
])

const fix = v.strictObject({
  title: text,
  risk: v.pipe(v.picklist(['none', 'restart-vm', 'reboot', 'data']), v.description('The worst that carrying it out costs.')),
  side: optionalText,
  caution: optionalText,
  steps: v.array(step),
  verify: v.array(v.strictObject({ command: text, shows: text, when: optionalText })),
  undo: v.exactOptional(v.array(step)),
})

const finding = v.strictObject({
  rule: text,
  aliases: v.array(text),
  subject: v.pipe(text, v.description('host, function ADDRESS, group NUMBER, vm NAME, assignment NAME ADDRESS')),
  severity,
  confidence: v.picklist(confidences),
  layer: v.picklist(layers),
  title: text,
  text,
  cause: text,
  count: v.exactOptional(v.pipe(count, v.description('How often, where a log line was seen more than once.'))),
  symptomOf: v.pipe(v.nullable(text), v.description('The rule whose finding explains this one; null for a root cause.')),
  evidence: v.array(quote),
  fixes: v.array(fix),
  references: v.array(v.strictObject({ for: text, at: text })),
})

const chainLink = v.strictObject({
  name: text,
  verdict: v.picklist(['passed', 'failed', 'unknown']),
  evidence: v.array(quote),
  failedBy: v.pipe(v.array(text), v.description('Rules whose findings say what failed.')),
  get: v.pipe(v.array(text), v.description('Commands that would tell.')),
})

const undecided = v.strictObject({
  rule: text,
  title: text,
  severity,
  subjects: v.array(text),
  missing: v.pipe(v.array(text), v.description('Fact paths nobody could look up.')),
  get: v.pipe(v.array(text), v.description('Commands or copies that would tell.')),
})

const broken = v.strictObject({ rule: text, file: text, line: v.exactOptional(count), column: v.exactOptional(count), error: text })

const evidenceNote = v.strictObject({
  id: text,
  kind: text,
  about: text,
  from: text,
  status: v.picklist(['ok', 'cut', 'absent', 'denied', 'timeout', 'failed']),
  note: optionalText,
  lines: v.exactOptional(count),
})

const nullableText = v.nullable(text)

const about = v.strictObject({
  tool: text,
  takenAt: v.pipe(nullableText, v.description('ISO 8601 time of collection; null for loose files.')),
  root: v.nullable(v.boolean()),
  host: v.strictObject({ platform: nullableText, kernel: nullableText, distribution: nullableText, board: nullableText, runsIn: nullableText }),
  rules: count,
  redacted: v.pipe(v.record(text, count), v.description('What redaction took out, by kind.')),
  evidence: v.array(evidenceNote),
})

/** One JSON report. `format` goes up when a key changes its meaning or goes away; new keys may come without. */
export const jsonReportSchema = v.strictObject({
  format: v.literal(1),
  verdict: v.pipe(text, v.description('The diagnosis in one sentence, for people.')),
  counts: v.strictObject({ error: count, warning: count, hint: count }),
  chain: v.exactOptional(v.pipe(v.array(chainLink), v.description('How far the host got on the way from firmware to guest.'))),
  findings: v.pipe(v.array(finding), v.description('Gravest first, causes before consequences.')),
  unknown: v.pipe(v.array(undecided), v.description('Rules that could not be decided for lack of evidence.')),
  broken: v.pipe(v.array(broken), v.description('Rules that could not be loaded or run.')),
  about,
})

export type JsonReport = v.InferOutput<typeof jsonReportSchema>
