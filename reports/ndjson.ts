/** One line a host: what an operator of a thousand hosts sorts, counts and keeps. `host-line-schema.ts` describes it. */
import type { Diagnosis, Finding, Report } from '../model/finding.ts'
import type { HostLine } from './host-line-schema.ts'
import { language } from '../language/say.ts'
import { printableJson } from './printable.ts'
import { countsOf, verdictOf } from './story.ts'

export const ndjsonReport: Report = (diagnosis, { input }) => lineOf(diagnosed(diagnosis, input))

/** The line of a host that could not be diagnosed: which input, and why. */
export const failureLine = (input: string, error: string): string => lineOf({ format: 1, input, error })

/** No line end inside, whatever the host brought: JSON writes it as an escape. */
const lineOf = (line: HostLine): string => `${printableJson(JSON.stringify(line))}\n`

const diagnosed = (diagnosis: Diagnosis, input: string | undefined): HostLine => ({
  format: 1,
  lang: language(),
  ...(input === undefined ? {} : { input }),
  verdict: verdictOf(diagnosis),
  counts: countsOf(diagnosis.findings),
  findings: diagnosis.findings.map(shortly),
  undecided: diagnosis.unknown.length,
  broken: diagnosis.broken.map(({ rule }) => rule),
  unread: diagnosis.about.evidence.filter(note => note.status !== 'ok' && note.status !== 'absent').length,
  tool: diagnosis.about.tool,
  takenAt: diagnosis.about.takenAt,
  root: diagnosis.about.root,
  host: { ...diagnosis.about.host },
})

const shortly = ({ rule, subject, severity, confidence, layer, title, symptomOf }: Finding) => ({ rule, subject, severity, confidence, layer, title, symptomOf })
