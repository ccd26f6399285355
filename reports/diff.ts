/** What changed between two snapshots, for a terminal and as JSON. */
import type { Change, Difference, FindingChange, Tie } from '../model/diff.ts'
import type { ReportOptions } from '../model/finding.ts'
import { styleText } from 'node:util'
import { printable, printableJson } from './printable.ts'
import { hostLine, takenLine } from './story.ts'
import { inLanguage, plural, say } from '../language/say.ts'
import { commas, listed, more, severityWords, subjectOf } from './words.ts'
import { columnsOf, wrapped } from './wrap.ts'

/** Longest list of values in one change unless `verbose`. */
const mostValues = 6
const longest = 160

/** The difference in words; lines fit the width but for values that are longer. */
export function diffReport(difference: Difference, { color, width, verbose }: ReportOptions): string {
  const paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => (color ? styleText(style, text, { validateStream: false }) : text)
  const prose = (indent: number, text: string) => wrapped(printable(text), Math.max(20, Math.min(width, 100) - indent)).map((line, at) => `${' '.repeat(at === 0 ? indent : indent + 2)}${line}`)
  const { before, after, changes, came, went, lost, stayed, onlyBefore, onlyAfter } = difference
  const finding = (mark: string, style: 'red' | 'green' | 'yellow' | 'dim') => (one: FindingChange): string[] => [
    ...prose(0, `${mark} ${say('{severity} {rule}, {subject}: {title}', { severity: severityWords[one.severity].word, rule: one.rule, subject: subjectOf(one), title: one.title })}`).map(line => paint(style, line)),
    ...(mark === '+' ? reasonsOf(one) : []).flatMap(reason => prose(4, reason)),
  ]
  const reasonsOf = (one: FindingChange): string[] =>
    one.symptomOf !== null && came.some(other => other.rule === one.symptomOf) ? [say('follows from {rule}', { rule: one.symptomOf })]
      : one.reasons.length === 0 ? [say('nothing that changed explains it')]
        : one.reasons.map(({ change, tie }) => because(tie, inWords(change, verbose)))
  const changeLines = (change: Change): string[] => (change.path === 'log'
    ? [...prose(0, say('{area}: {change}', { area: inLanguage(change.area), change: inLanguage(change.about) })), ...[...(change.removed ?? []).map(line => `− ${line}`), ...(change.added ?? []).map(line => `+ ${line}`)].map(line => `  ${cut(printable(line), verbose)}`)]
    : prose(0, say('{area}: {change}', { area: inLanguage(change.area), change: inWords(change, verbose) })))
  const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', paint('bold', title), ...lines] : [])
  const verdict = came.length + went.length === 0 ? say('No finding came or went')
    : listed([...(came.length > 0 ? [plural(came.length, '{n} finding came', '{n} findings came')] : []), ...(went.length > 0 ? [plural(went.length, '{n} finding went', '{n} findings went')] : [])])
  const changed = changes.length === 0 ? say('nothing that both could see changed') : plural(changes.length, '{n} thing changed', '{n} things changed')
  const labels = [say('Before'), say('After')] as const
  const by = Math.max(...labels.map(columnsOf)) + 2
  const side = (label: string, run: Difference['before']) => prose(0, `${label}${' '.repeat(by - columnsOf(label))}${commas([hostLine(run), takenLine(run)].flatMap(part => part ?? []))}`)
  return [
    paint('bold', say('{verdict}; {changed}.', { verdict, changed })),
    ...side(labels[0], before), ...side(labels[1], after),
    ...section(say('Came'), came.flatMap(finding('+', 'red'))),
    ...section(say('Went'), went.flatMap(finding('-', 'green'))),
    ...section(say('No longer seen, but AFTER lacks what would tell'), lost.flatMap(finding('?', 'yellow'))),
    ...section(say('Changed'), changes.flatMap(changeLines)),
    ...section(say('Found in both'), stayed.map(one => commas([printable(one.rule), printable(subjectOf(one))]))),
    ...section(say('Not compared, because only one has it'), [...onlyBefore.map(about => say('only before: {about}', { about: inLanguage(about) })), ...onlyAfter.map(about => say('only after: {about}', { about: inLanguage(about) }))]),
    '',
  ].join('\n')
}

/** `host.kernel: the running kernel release: 6.1 → 6.8`. */
function inWords(change: Change, verbose: boolean): string {
  const who = change.subject === 'host' ? '' : `${subjectOf(change)}${say(', ')}`
  const list = (sign: string, values: readonly string[] = []) => {
    const shown = verbose ? values : values.slice(0, mostValues)
    return [...shown.map(value => `${sign}${cut(value, verbose)}`), ...(values.length > shown.length ? [`${sign}${more(values.length - shown.length)}`] : [])]
  }
  const about = who + (inLanguage(change.about).split(/[:;,] | as "|[：；，]/, 1)[0] as string)
  if (change.removed || change.added) return say('{about}: {values}', { about, values: commas([...list('−', change.removed), ...list('+', change.added)]) })
  return say('{about}: {values}', { about, values: `${cut(change.before ?? say('none'), verbose)} → ${cut(change.after ?? say('none'), verbose)}` })
}

function because(tie: Tie, change: string): string {
  const words = { change, tie: inLanguage(tie) }
  return tie === 'the rule rests on it' ? say('because {change} ({tie})', words) : say('perhaps because {change} ({tie})', words)
}

const cut = (value: string, verbose: boolean): string => (verbose || value.length <= longest ? value : `${value.slice(0, longest - 1)}…`)

/** The difference as JSON. */
export const diffJson = (difference: Difference): string => printableJson(`${JSON.stringify(difference, null, 2)}\n`)
