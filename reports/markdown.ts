/**
 * The report as Markdown to paste into an issue, a merge request or a forum: causes and cures first, evidence folded, never
 * longer than such sites take (GitHub stops at 65,536 characters, forums below).
 */
import { isDeepStrictEqual } from 'node:util'
import type { Diagnosis, Finding, Fix, Quote, Report, Step } from '../model/finding.ts'
import { codeBlock, codeSpan, folded, indented, paragraphs, prose } from './markdown-text.ts'
import { printableDiagnosis } from './printable.ts'
import { type Cause, type Gap, type Wish, causesOf, checkedLine, chainInWords, drawnChain, gapsOf, hostLine, nextToAsk, openPoints, rulesIn, shortfallOf, takenLine, verdictOf } from './story.ts'
import { plural, say } from '../language/say.ts'
import { capitalised, commas, confidenceAndReason, costOf, factsInWords, layerWords, listed, more as moreOf, partsOf, placeOf, severityWords, sourceOf, statusWords, subjectOf, timesSeen, withColon } from './words.ts'

/** Characters of the whole report. */
export const longestMarkdown = 60_000
/** Characters of one field and lines of one list: nothing alone may take the room of all. */
const longestText = 2000
const longestLine = 400
const most = { quotes: 6, consequences: 30, gaps: 20, listed: 12, broken: 20 }

export const markdownReport: Report = raw => {
  const diagnosis = printableDiagnosis(raw)
  const causes = causesOf(diagnosis.findings)
  const wishes = nextToAsk(diagnosis)
  const parts: Part[] = [
    ...causes.map((cause, index) => causePart(causes, cause, index + 1)),
    ...(diagnosis.unexplained && diagnosis.unexplained.lines.length > 0 ? [{ forms: [unexplainedBlock(diagnosis.unexplained), ''] }] : []),
    ...(wishes.length > 0 ? [{ forms: [wishBlock(wishes), ''] }] : []),
    ...(diagnosis.unknown.length > 0 ? [{ forms: [gapsBlock(gapsOf(diagnosis.unknown), diagnosis.unknown.length), ''] }] : []),
    ...(diagnosis.broken.length > 0 ? [{ forms: [brokenBlock(diagnosis), ''] }] : []),
    ...(unread(diagnosis).length > 0 ? [{ forms: [evidenceBlock(diagnosis), ''] }] : []),
  ]
  const head = [`## ${prose(cut(verdictOf(diagnosis), longestLine))}`, headBlock(diagnosis)].join('\n\n')
  return `${fitted(head, parts)}\n`
}

/** A part in forms of falling length: whole, without what is folded, in a line, nothing. */
interface Part { readonly forms: readonly string[] }

const leftOut = (): string => say('Shortened to fit; `gpudoctor replay --html report.html` shows the whole.')

/** The longest form of each part that the whole has room for: what stands last gives way first. */
function fitted(head: string, parts: readonly Part[]): string {
  const chosen = parts.map(() => 0)
  const lengthOf = (part: Part, form: number) => (part.forms[form]?.length ?? 0) + 2
  let length = head.length + leftOut().length + 4 + parts.reduce((sum, part) => sum + lengthOf(part, 0), 0)
  const deepest = Math.max(0, ...parts.map(part => part.forms.length - 1))
  for (let form = 1; form <= deepest; form++) for (let at = parts.length - 1; at >= 0 && length > longestMarkdown; at--) {
    const part = parts[at]
    if (part?.forms[form] === undefined) continue
    length -= lengthOf(part, form - 1) - lengthOf(part, form)
    chosen[at] = form
  }
  const blocks = parts.map((part, at) => part.forms[chosen[at] ?? 0] ?? '')
  return [head, ...blocks, chosen.some(form => form > 0) ? leftOut() : ''].filter(block => block !== '').join('\n\n')
}

const cut = (text: string, limit = longestText): string => (text.length <= limit ? text : `${text.slice(0, limit)} …`)

function headBlock(diagnosis: Diagnosis): string {
  const { about } = diagnosis
  const taken = takenLine(about)
  const open = openPoints(diagnosis).map(point => point.text)
  const links = drawnChain(diagnosis).slice(0, most.listed)
  return [
    `- ${bold(say('Host'))} ${prose(cut(hostLine(about), longestLine))}`,
    ...(taken === null ? [] : [`- ${bold(say('Taken'))} ${prose(taken)}`]),
    `- ${bold(say('Checked'))} ${say('{checked}, by {tool}', { checked: checkedLine(about), tool: prose(about.tool) })}`,
    ...(open.length === 0 ? [] : [`- ${bold(say('Open'))} ${listed(open)}`]),
    ...(links.length === 0 ? [] : [`- ${bold(say('Chain'))} ${commas(chainInWords(links).map(words => prose(cut(words, 80))))}`]),
  ].join('\n')
}

/** `**Host:**` */
const bold = (label: string): string => `**${withColon(label)}**`

const severityOf = ({ severity }: Finding): string => capitalised(severityWords[severity].word)
const titleOf = (finding: Finding): string => prose(cut(finding.title, longestLine))

function causePart(causes: readonly Cause[], cause: Cause, number: number): Part {
  const { finding, consequences } = cause
  const head = `### ${number}. ${severityOf(finding)}${say(': ')}${titleOf(finding)}`
  const story = [factsLine(finding), paragraphs(cut(finding.text)), finding.cause === '' ? '' : `${bold(say('Why'))} ${paragraphs(cut(finding.cause))}`]
  const fixes = fixBlocks(causes, cause, number)
  const follow = consequences.length === 0 ? '' : folded(plural(consequences.length, '{n} consequence that should go with it', '{n} consequences that should go with it'), consequenceList(consequences))
  return {
    forms: [
      [head, ...story, quotesBlock(finding.evidence), ...fixes, follow],
      [head, ...story, ...fixes.slice(0, 1)],
      [head],
      [],
    ].map(blocks => blocks.filter(block => block !== '').join('\n\n')),
  }
}

const factsLine = (finding: Finding): string =>
  [capitalised(subjectOf(finding)), confidenceAndReason(finding), layerWords[finding.layer], timesSeen(finding), finding.rule]
    .flatMap(part => (part === null ? [] : [prose(part)])).join(' · ')

function quotesBlock(quotes: readonly Quote[]): string {
  if (quotes.length === 0) return ''
  const shown = quotes.slice(0, most.quotes).map(quote => `${withColon(prose(cut(sourceOf(quote), longestLine)))}\n\n${codeBlock(linesOf(quote))}`)
  const rest = quotes.length > most.quotes ? [plural(quotes.length - most.quotes, 'and {n} more quote', 'and {n} more quotes')] : []
  return folded(plural(quotes.length, 'Evidence: {n} quote', 'Evidence: {n} quotes'), [...shown, ...rest].join('\n\n'))
}

const linesOf = (quote: Quote): string => [...quote.before.map(line => `  ${line}`), `> ${quote.text}`, ...quote.after.map(line => `  ${line}`)].map(line => cut(line, longestLine)).join('\n')

/** The cure, told once: eight cards with one fault need one. */
function fixBlocks(causes: readonly Cause[], { finding: { fixes } }: Cause, number: number): readonly string[] {
  const told = 1 + causes.findIndex(other => isDeepStrictEqual(other.finding.fixes, fixes))
  if (fixes.length > 0 && told < number) return [`${bold(say('Fix'))} ${say('the same as for {number} above', { number: told })}`]
  return fixes.map((fix, index) => fixBlock(fix, fixes.length === 1 ? say('Fix') : say('Fix {number} of {count}', { number: index + 1, count: fixes.length })))
}

const fixBlock = (fix: Fix, label: string): string => [
  `${bold(label)} ${say('{title}. {cost}.', { title: prose(cut(fix.title, longestLine)), cost: prose(capitalised(costOf(fix))) })}`,
  ...(fix.caution === undefined ? [] : [`> ${bold(say('Caution'))} ${prose(cut(fix.caution))}`]),
  stepList(fix.steps),
  ...fix.verify.map(({ when, command, shows }) => `${withColon(when === undefined ? say('Then check') : say('Then check, only {when}', { when: prose(when) }))}\n\n${codeBlock(cut(command), 'sh')}\n\n${say('It shows: {shows}', { shows: prose(cut(shows, longestLine)) })}`),
  ...(fix.undo === undefined || fix.undo.length === 0 ? [] : [folded(say('To undo it'), stepList(fix.undo))]),
].filter(block => block !== '').join('\n\n')

const stepList = (steps: readonly Step[]): string => steps.map((step, index) => {
  const marker = `${index + 1}. `
  const blocks = partsOf(step).flatMap(({ lead, code, prose: more }) => [
    code === undefined ? paragraphs(cut(lead)) : withColon(prose(cut(lead))),
    ...(code === undefined ? [] : [codeBlock(cut(code), step.kind === 'run' ? 'sh' : 'text')]),
    ...(more === undefined ? [] : [paragraphs(cut(more))]),
  ])
  return marker + indented(blocks.join('\n\n'), marker.length).trimStart()
}).join('\n')

function consequenceList(consequences: readonly Finding[]): string {
  const lines = consequences.slice(0, most.consequences).map(each => `- ${say('{severity}: {title} ({subject})', { severity: severityOf(each), title: titleOf(each), subject: prose(subjectOf(each)) })}`)
  return [...lines, ...(consequences.length > lines.length ? [`- ${say('and {more}', { more: moreOf(consequences.length - lines.length) })}`] : [])].join('\n')
}

function unexplainedBlock({ lines, left }: NonNullable<Diagnosis['unexplained']>): string {
  const listing = lines.map(({ quote, count }) => {
    const times = count > 1 ? `${say(', ')}${say('{n} such lines', { n: count })}` : ''
    return indented(`- ${withColon(prose(cut(`${sourceOf(quote)}${times}`, longestLine)))}\n\n${codeBlock(cut(quote.text, longestLine))}`, 2).trimStart()
  })
  const rest = left > 0 ? [`- ${plural(left, 'and {n} more kind of line', 'and {n} more kinds of lines')}`] : []
  return folded(plural(lines.length + left, 'Not explained by any rule: {n} kind of line', 'Not explained by any rule: {n} kinds of lines'), [...listing, ...rest].join('\n'))
}

/** Not folded: whoever sent the evidence reads here what to send next. */
const wishBlock = (wishes: readonly Wish[]): string => [`**${withColon(say('To ask for next'))}**`, codeBlock(cut(wishes.map(({ command }) => command).join('\n')), 'sh')].join('\n\n')

function gapsBlock(gaps: readonly Gap[], rules: number): string {
  const blocks = gaps.slice(0, most.gaps).map(gap => {
    const missing = some(factsInWords(gap.missing).map(fact => prose(cut(fact, longestLine))))
    const undecided = some(gap.rules.map(rule => say('{rule} ({severity})', { rule: codeSpan(rule.rule), severity: severityWords[rule.severity].word })))
    const tell = gap.get.length === 0 ? [] : [indented(codeBlock(cut(gap.get.join('\n')), 'sh'), 2)]
    return [`- ${say('Missing: {facts}. Undecided: {rules}.', { facts: missing, rules: undecided })}`, ...tell].join('\n\n')
  })
  const rest = gaps.length > most.gaps ? [`- ${plural(gaps.length - most.gaps, 'and {n} more lack', 'and {n} more lacks')}`] : []
  return folded(say('Could not be checked: {rules}', { rules: rulesIn(rules) }), [...blocks, ...rest].join('\n'))
}

const some = (items: readonly string[]): string => listed([...items.slice(0, most.listed), ...(items.length > most.listed ? [moreOf(items.length - most.listed)] : [])])

const brokenBlock = ({ broken }: Diagnosis): string =>
  folded(say('Rules that broke: {n}', { n: broken.length }), broken.slice(0, most.broken).map(each => `- ${prose(each.rule)} ${withColon(codeSpan(placeOf(each)))} ${prose(cut(each.error))}`).join('\n'))

const unread = ({ about }: Diagnosis): Diagnosis['about']['evidence'] => about.evidence.filter(note => note.status !== 'ok' && note.status !== 'absent')

const evidenceBlock = (diagnosis: Diagnosis): string =>
  folded(say('Evidence that was not read whole: {n}', { n: unread(diagnosis).length }), unread(diagnosis).slice(0, most.gaps).map(note => {
    const why = shortfallOf(note, diagnosis.about.root)
    const words = { piece: prose(capitalised(note.about)), from: prose(cut(note.from, longestLine)), status: statusWords[note.status] }
    return `- ${say('{piece} ({from}): {status}', words)}${why === '' ? '' : `${say(', ')}${prose(cut(why, longestLine))}`}`
  }).join('\n'))
