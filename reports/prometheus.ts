/**
 * The report as a Prometheus text file for node_exporter's textfile collector (text exposition format 0.0.4): what was
 * found, how much could not be told, and when it was looked at.
 */
import type { Diagnosis, Report } from '../model/finding.ts'
import { inLanguage, mark } from '../language/say.ts'
import { printableDiagnosis } from './printable.ts'

interface Metric {
  readonly name: string
  readonly help: string
  readonly samples: (diagnosis: Diagnosis) => readonly Sample[]
}
interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number }

const bare = (value: number): readonly Sample[] => [{ labels: {}, value }]

const metrics: readonly Metric[] = [
  {
    name: 'gpudoctor_findings', help: mark('Findings, by severity, rule and subject; root says whether it is a root cause.'),
    samples: ({ findings }) => findings.map(({ severity, rule, subject, layer, confidence, symptomOf }) =>
      ({ labels: { severity, rule, subject, layer, confidence, root: String(symptomOf === null) }, value: 1 })),
  },
  { name: 'gpudoctor_rules', help: mark('Rules that were asked.'), samples: ({ about }) => bare(about.rules) },
  { name: 'gpudoctor_rules_undecided', help: mark('Rules that could not be decided for lack of evidence.'), samples: ({ unknown }) => bare(unknown.length) },
  { name: 'gpudoctor_rules_broken', help: mark('Rules that could not be loaded or run.'), samples: ({ broken }) => bare(broken.length) },
  { name: 'gpudoctor_evidence_unread', help: mark('Pieces of evidence that could not be read whole.'), samples: ({ about }) => bare(about.evidence.filter(note => note.status !== 'ok' && note.status !== 'absent').length) },
  { name: 'gpudoctor_taken_timestamp_seconds', help: mark('When the host was looked at, in seconds since 1970.'), samples: ({ about }) => secondsOf(about.takenAt) },
  { name: 'gpudoctor_info', help: mark('The version of the tool and what the host runs; always 1.'), samples: ({ about }) => [{ labels: { tool: about.tool, kernel: about.host.kernel ?? '', distribution: about.host.distribution ?? '', board: about.host.board ?? '' }, value: 1 }] },
]

function secondsOf(iso: string | null): readonly Sample[] {
  const time = Date.parse(iso ?? '')
  return Number.isFinite(time) ? bare(time / 1000) : []
}

export const prometheusReport: Report = raw => {
  const diagnosis = printableDiagnosis(raw)
  return metrics.map(({ name, help, samples }) => `# HELP ${name} ${inLanguage(help)}\n# TYPE ${name} gauge\n${linesOf(name, samples(diagnosis))}`).join('')
}

/** A series may stand only once in a file: what has the same labels is added up. */
function linesOf(name: string, samples: readonly Sample[]): string {
  const series = new Map<string, number>()
  for (const { labels, value } of samples) series.set(labelsOf(labels), (series.get(labelsOf(labels)) ?? 0) + value)
  return [...series].map(([labels, value]) => `${name}${labels} ${value}\n`).join('')
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A label's value ends at a quote or a line end unless a backslash stands before it. */
const escaped = (value: string): string => value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
