/** The JSON report as a schema: what `jsonReport` writes, and what docs/report.schema.json publishes. */
import * as v from 'valibot'
import { languages } from '../language/say.ts'
import { confidences, layers, severities } from '../model/rule.ts'

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const severity = v.picklist(severities)
const optionalText = v.exactOptional(text)

const quoteEntries = {
  evidence: v.pipe(text, v.description('Id of the piece of evidence, as in about.evidence.')),
  from: v.pipe(text, v.description('The path, command or file it was read from.')),
  where: v.pipe(count, v.description('Line from 1, or byte offset from 0 for tables.')),
  text,
  before: v.array(text),
  after: v.array(text),
}
const quote = v.strictObject(quoteEntries)

const logTime = v.pipe(v.nullable(v.union([v.strictObject({ sinceBoot: v.number() }), v.strictObject({ clock: text })])), v.description('Seconds since boot, or the clock of the log (ISO 8601); null where the lines carry no time.'))
const times = v.strictObject({
  count,
  first: logTime,
  last: logTime,
  of: v.pipe(v.nullable(v.picklist(['this boot', 'last boot', 'last run'])), v.description('What the lines are of: this boot, the last boot of a log that was handed in, the last run of a VM.')),
  earlier: v.pipe(count, v.description('Lines alike of earlier boots or runs, which accuse nobody.')),
})

const when = v.exactOptional(v.pipe(text, v.description('In words, where the step is only for some hosts and it is not known which this is.')))

const parameters = v.pipe(v.strictObject({ add: v.array(text), remove: v.array(text) }), v.description('Where the step is one of several ways to change the kernel command line: what it adds or takes away.'))
const byHand = v.pipe(v.literal(true), v.description('A value from this host in it is no plain word, or is not known: a person is to look first.'))
const always = { when, parameters: v.exactOptional(parameters), byHand: v.exactOptional(byHand) }

export const stepSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('run'), command: text, ...always }),
  v.strictObject({ kind: v.literal('write'), file: text, text, ...always }),
  v.strictObject({ kind: v.literal('append'), file: text, text, ...always }),
  v.strictObject({ kind: v.literal('set'), file: text, name: text, value: optionalText, addWords: optionalText, removeWords: optionalText, ...always }),
  v.strictObject({ kind: v.literal('edit'), target: text, change: text, ...always }),
  v.strictObject({ kind: v.literal('firmware'), setting: text, ...always }),
  v.strictObject({ kind: v.literal('reboot'), ...always }),
  v.strictObject({ kind: v.literal('power-off'), ...always }),
  v.strictObject({ kind: v.literal('note'), text, ...always }),
])

export const checkSchema = v.strictObject({ command: text, shows: text, when: optionalText })

const fix = v.strictObject({
  title: text,
  risk: v.pipe(v.picklist(['none', 'restart-vm', 'reboot', 'data']), v.description('The worst that carrying it out costs.')),
  side: optionalText,
  caution: optionalText,
  steps: v.array(stepSchema),
  verify: v.array(checkSchema),
  undo: v.exactOptional(v.array(stepSchema)),
})

const finding = v.strictObject({
  rule: text,
  aliases: v.array(text),
  subject: v.pipe(text, v.description('host, function ADDRESS, group NUMBER, vm NAME, assignment NAME ADDRESS')),
  severity,
  confidence: v.picklist(confidences),
  reason: v.pipe(text, v.description('How the confidence was earned, in a sentence.')),
  layer: v.picklist(layers),
  title: text,
  text,
  cause: text,
  times: v.exactOptional(v.pipe(times, v.description('Where log lines are among what it stands on: how often and when they were said.'))),
  symptomOf: v.pipe(v.nullable(text), v.description('The rule whose finding explains this one; null for a root cause.')),
  evidence: v.array(quote),
  fixes: v.array(fix),
  references: v.array(v.strictObject({ for: text, at: text })),
})

const chainLink = v.strictObject({
  name: text,
  verdict: v.pipe(v.picklist(['passed', 'failed', 'unknown', 'not reached']), v.description('not reached: an earlier link failed, so that this one tells nothing.')),
  evidence: v.array(quote),
  failedBy: v.pipe(v.array(text), v.description('Rules whose findings say what failed.')),
  get: v.pipe(v.array(text), v.description('Commands that would tell.')),
})

const unexplained = v.strictObject({
  lines: v.array(v.strictObject({ ...quoteEntries, count: v.pipe(count, v.description('How many lines are alike, numbers apart.')) })),
  left: v.pipe(count, v.description('Shapes of lines that are not listed.')),
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
  facts: v.exactOptional(v.pipe(count, v.description('facts that were read in it'))),
  notUnderstood: v.exactOptional(v.pipe(count, v.description('lines a parser gave up on'))),
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
  lang: v.pipe(v.picklist(languages), v.description('The language of titles, texts and other words; keys, ids, evidence and commands are the same in all.')),
  verdict: v.pipe(text, v.description('The diagnosis in one sentence, for people.')),
  counts: v.strictObject({ error: count, warning: count, hint: count }),
  chain: v.exactOptional(v.pipe(v.array(chainLink), v.description('How far the host got on the way from firmware to guest.'))),
  findings: v.pipe(v.array(finding), v.description('Gravest first, causes before consequences.')),
  unexplained: v.exactOptional(v.pipe(unexplained, v.description('Lines of error and warning about the devices in question that no rule covers, the rarest first.'))),
  unknown: v.pipe(v.array(undecided), v.description('Rules that could not be decided for lack of evidence.')),
  broken: v.pipe(v.array(broken), v.description('Rules that could not be loaded or run.')),
  about,
})

export type JsonReport = v.InferOutput<typeof jsonReportSchema>
