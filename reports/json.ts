/** The report for programs: one JSON document, `json-schema.ts` describes it. */
import type { ChainLink, Check, Diagnosis, EvidenceNote, Finding, Fix, Quote, Report, Step, Times, Undecided, Broken, RunInfo } from '../model/finding.ts'
import type { JsonReport } from './json-schema.ts'
import { language } from '../language/say.ts'
import { printableJson } from './printable.ts'
import { countsOf, verdictOf } from './story.ts'

type Part<Key extends keyof JsonReport> = JsonReport[Key]
type Item<List> = List extends readonly (infer Element)[] ? Element : never
type JsonFinding = Item<Part<'findings'>>
type JsonFix = Item<JsonFinding['fixes']>
type JsonStep = Item<JsonFix['steps']>

/** Every string stands as it was read; what a terminal would act on is written as a JSON escape. Ends in a line end. */
export const jsonReport: Report = diagnosis => `${printableJson(JSON.stringify(reportOf(diagnosis), null, 2))}\n`

/** Keys are named one by one, so that their order and number stay what the schema says. */
const reportOf = (diagnosis: Diagnosis): JsonReport => ({
  format: 1,
  lang: language(),
  verdict: verdictOf(diagnosis),
  counts: countsOf(diagnosis.findings),
  ...given('chain', diagnosis.chain?.map(linkOf)),
  findings: diagnosis.findings.map(findingOf),
  ...given('unexplained', diagnosis.unexplained && unexplainedOf(diagnosis.unexplained)),
  unknown: diagnosis.unknown.map(undecidedOf),
  broken: diagnosis.broken.map(brokenOf),
  about: aboutOf(diagnosis.about),
})

const linkOf = ({ name, verdict, evidence, failedBy, get }: ChainLink): Item<NonNullable<Part<'chain'>>> =>
  ({ name, verdict, evidence: evidence.map(quoteOf), failedBy: [...failedBy], get: [...get] })

const findingOf = (it: Finding): JsonFinding => ({
  rule: it.rule,
  aliases: [...it.aliases],
  subject: it.subject,
  severity: it.severity,
  confidence: it.confidence,
  reason: it.reason,
  layer: it.layer,
  title: it.title,
  text: it.text,
  cause: it.cause,
  ...given('times', it.times && timesOf(it.times)),
  symptomOf: it.symptomOf,
  evidence: it.evidence.map(quoteOf),
  fixes: it.fixes.map(fixOf),
  references: it.references.map(each => ({ for: each.for, at: each.at })),
})

const timesOf = ({ count, first, last, of, earlier }: Times): NonNullable<JsonFinding['times']> =>
  ({ count, first: first && { ...first }, last: last && { ...last }, of, earlier })

const quoteOf = ({ evidence, from, where, text, before, after }: Quote): Item<JsonFinding['evidence']> =>
  ({ evidence, from, where, text, before: [...before], after: [...after] })

const fixOf = (it: Fix): JsonFix => ({
  title: it.title,
  risk: it.risk,
  ...given('side', it.side),
  ...given('caution', it.caution),
  steps: it.steps.map(stepOf),
  verify: it.verify.map(checkOf),
  ...given('undo', it.undo?.map(stepOf)),
})

function stepOf(it: Step): JsonStep {
  const when = { ...given('when', it.when), ...given('parameters', it.parameters && { add: [...it.parameters.add], remove: [...it.parameters.remove] }), ...given('byHand', it.byHand) }
  switch (it.kind) {
    case 'run': return { kind: it.kind, command: it.command, ...when }
    case 'write':
    case 'append': return { kind: it.kind, file: it.file, text: it.text, ...when }
    case 'set': {
      const words = { ...given('addWords', it.addWords), ...given('removeWords', it.removeWords) }
      return { kind: it.kind, file: it.file, name: it.name, ...given('value', it.value), ...words, ...when }
    }
    case 'edit': return { kind: it.kind, target: it.target, change: it.change, ...when }
    case 'firmware': return { kind: it.kind, setting: it.setting, ...when }
    case 'note': return { kind: it.kind, text: it.text, ...when }
    case 'reboot':
    case 'power-off': return { kind: it.kind, ...when }
  }
}

const checkOf = (it: Check): Item<JsonFix['verify']> => ({ command: it.command, shows: it.shows, ...given('when', it.when) })

const unexplainedOf = ({ lines, left }: NonNullable<Diagnosis['unexplained']>): NonNullable<Part<'unexplained'>> =>
  ({ lines: lines.map(({ quote, count }) => ({ ...quoteOf(quote), count })), left })

const undecidedOf = ({ rule, title, severity, subjects, missing, get }: Undecided): Item<Part<'unknown'>> =>
  ({ rule, title, severity, subjects: [...subjects], missing: [...missing], get: [...get] })

const brokenOf = ({ rule, file, line, column, error }: Broken): Item<Part<'broken'>> =>
  ({ rule, file, ...given('line', line), ...given('column', column), error })

const aboutOf = (it: RunInfo): Part<'about'> => ({
  tool: it.tool,
  takenAt: it.takenAt,
  root: it.root,
  host: { platform: it.host.platform, kernel: it.host.kernel, distribution: it.host.distribution, board: it.host.board, runsIn: it.host.runsIn },
  rules: it.rules,
  redacted: Object.fromEntries(Object.entries(it.redacted).sort(([a], [b]) => (a < b ? -1 : 1))),
  evidence: it.evidence.map(noteOf),
})

const noteOf = ({ id, kind, about, from, status, note, lines, facts, notUnderstood }: EvidenceNote): Item<Part<'about'>['evidence']> =>
  ({ id, kind, about, from, status, ...given('note', note), ...given('lines', lines), ...given('facts', facts), ...given('notUnderstood', notUnderstood) })

/** The key with its value, or nothing. */
const given = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
