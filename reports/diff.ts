/** What changed between two snapshots, for a terminal and as JSON. */
import type { Change, Difference, FindingChange } from '../model/diff.ts'
import type { ReportOptions } from '../model/finding.ts'
import { styleText } from 'node:util'
import { printable, printableJson } from './printable.ts'
import { hostLine, takenLine } from './story.ts'
import { counted, listed, severityWords, subjectOf } from './words.ts'
import { wrapped } from './wrap.ts'

/** Longest list of values in one change unless `verbose`. */
const mostValues = 6
const longest = 160

/** The difference in words; lines fit the width but for values that are longer. */
export function diffReport(difference: Difference, { color, width, verbose }: ReportOptions): string {
  const paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => (color ? styleText(style, text, { validateStream: false }) : text)
  const prose = (indent: number, text: string) => wrapped(printable(text), Math.max(20, Math.min(width, 100) - indent)).map((line, at) => `${' '.repeat(at === 0 ? indent : indent + 2)}${line}`)
  const { before, after, changes, came, went, lost, stayed, onlyBefore, onlyAfter } = difference
  const finding = (mark: string, style: 'red' | 'green' | 'yellow' | 'dim') => (one: FindingChange): string[] => [
    ...prose(0, `${mark} ${severityWords[one.severity].word} ${one.rule}, ${subjectOf(one)}: ${one.title}`).map(line => paint(style, line)),
    ...(mark === '+' ? reasonsOf(one) : []).flatMap(reason => prose(4, reason)),
  ]
  const reasonsOf = (one: FindingChange): string[] =>
    one.symptomOf !== null && came.some(other => other.rule === one.symptomOf) ? [`follows from ${one.symptomOf}`]
      : one.reasons.length === 0 ? ['nothing that changed explains it']
        : one.reasons.map(({ change, tie }) => `${tie === 'the rule rests on it' ? 'because' : 'perhaps because'} ${inWords(change, verbose)} (${tie})`)
  const changeLines = (change: Change): string[] => (change.path === 'log'
    ? [...prose(0, `${change.area}: ${change.about}`), ...[...(change.removed ?? []).map(line => `− ${line}`), ...(change.added ?? []).map(line => `+ ${line}`)].map(line => `  ${cut(printable(line), verbose)}`)]
    : prose(0, `${change.area}: ${inWords(change, verbose)}`))
  const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', paint('bold', title), ...lines] : [])
  const verdict = came.length + went.length === 0 ? 'No finding came or went' : listed([...(came.length > 0 ? [`${counted(came.length, 'finding')} came`] : []), ...(went.length > 0 ? [`${counted(went.length, 'finding')} went`] : [])])
  return [
    paint('bold', `${verdict}; ${changes.length === 0 ? 'nothing that both could see changed' : `${counted(changes.length, 'thing')} changed`}.`),
    ...prose(0, `Before  ${[hostLine(before), takenLine(before)].filter(Boolean).join(', ')}`), ...prose(0, `After   ${[hostLine(after), takenLine(after)].filter(Boolean).join(', ')}`),
    ...section('Came', came.flatMap(finding('+', 'red'))),
    ...section('Went', went.flatMap(finding('-', 'green'))),
    ...section('No longer seen, but AFTER lacks what would tell', lost.flatMap(finding('?', 'yellow'))),
    ...section('Changed', changes.flatMap(changeLines)),
    ...section('Found in both', stayed.map(one => `${printable(one.rule)}, ${printable(subjectOf(one))}`)),
    ...section('Not compared, because only one has it', [...onlyBefore.map(about => `only before: ${about}`), ...onlyAfter.map(about => `only after: ${about}`)]),
    '',
  ].join('\n')
}

/** `host.kernel: the running kernel release: 6.1 → 6.8`. */
function inWords(change: Change, verbose: boolean): string {
  const who = change.subject === 'host' ? '' : `${subjectOf(change)}, `
  const list = (sign: string, values: readonly string[] = []) => {
    const shown = verbose ? values : values.slice(0, mostValues)
    return [...shown.map(value => `${sign}${cut(value, verbose)}`), ...(values.length > shown.length ? [`${sign}${values.length - shown.length} more`] : [])]
  }
  const about = change.about.split(/[:;,] | as "/, 1)[0] as string
  if (change.removed || change.added) return `${who}${about}: ${[...list('−', change.removed), ...list('+', change.added)].join(', ')}`
  return `${who}${about}: ${cut(change.before ?? 'none', verbose)} → ${cut(change.after ?? 'none', verbose)}`
}
const cut = (value: string, verbose: boolean): string => (verbose || value.length <= longest ? value : `${value.slice(0, longest - 1)}…`)

/** The difference as JSON. */
export const diffJson = (difference: Difference): string => printableJson(`${JSON.stringify(difference, null, 2)}\n`)
