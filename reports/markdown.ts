/**
 * The report as Markdown to paste into an issue, a merge request or a forum: causes and cures first, evidence folded, never
 * longer than such sites take (GitHub stops at 65,536 characters, forums below).
 */
import { isDeepStrictEqual } from 'node:util'
import type { Diagnosis, Finding, Fix, Quote, Report, Step } from '../model/finding.ts'
import { codeBlock, codeSpan, folded, indented, paragraphs, prose } from './markdown-text.ts'
import { printableDiagnosis } from './printable.ts'
import { type Cause, type Gap, causesOf, drawnChain, gapsOf, hostLine, openPoints, shortfallOf, takenLine, verdictOf } from './story.ts'
import { capitalised, confidenceWords, costOf, counted, factsInWords, layerWords, linkWords, listed, partsOf, placeOf, severityWords, sourceOf, statusWords, subjectOf, timesSeen } from './words.ts'

/** Characters of the whole report. */
export const longestMarkdown = 60_000
/** Characters of one field and lines of one list: nothing alone may take the room of all. */
const longestText = 2000
const longestLine = 400
const most = { quotes: 6, consequences: 30, gaps: 20, listed: 12, broken: 20 }

export const markdownReport: Report = raw => {
  const diagnosis = printableDiagnosis(raw)
  const causes = causesOf(diagnosis.findings)
  const parts: Part[] = [
    ...causes.map((cause, index) => causePart(causes, cause, index + 1)),
    ...(diagnosis.unknown.length > 0 ? [{ forms: [gapsBlock(gapsOf(diagnosis.unknown), diagnosis.unknown.length), ''] }] : []),
    ...(diagnosis.broken.length > 0 ? [{ forms: [brokenBlock(diagnosis), ''] }] : []),
    ...(unread(diagnosis).length > 0 ? [{ forms: [evidenceBlock(diagnosis), ''] }] : []),
  ]
  const head = [`## ${prose(cut(verdictOf(diagnosis), longestLine))}`, headBlock(diagnosis)].join('\n\n')
  return `${fitted(head, parts)}\n`
}

/** A part in forms of falling length: whole, without what is folded, in a line, nothing. */
interface Part { readonly forms: readonly string[] }

const leftOut = 'Shortened to fit; `gpudoctor replay --html report.html` shows the whole.'

/** The longest form of each part that the whole has room for: what stands last gives way first. */
function fitted(head: string, parts: readonly Part[]): string {
  const chosen = parts.map(() => 0)
  const lengthOf = (part: Part, form: number) => (part.forms[form]?.length ?? 0) + 2
  let length = head.length + leftOut.length + 4 + parts.reduce((sum, part) => sum + lengthOf(part, 0), 0)
  const deepest = Math.max(0, ...parts.map(part => part.forms.length - 1))
  for (let form = 1; form <= deepest; form++) for (let at = parts.length - 1; at >= 0 && length > longestMarkdown; at--) {
    const part = parts[at]
    if (part?.forms[form] === undefined) continue
    length -= lengthOf(part, form - 1) - lengthOf(part, form)
    chosen[at] = form
  }
  const blocks = parts.map((part, at) => part.forms[chosen[at] ?? 0] ?? '')
  return [head, ...blocks, chosen.some(form => form > 0) ? leftOut : ''].filter(block => block !== '').join('\n\n')
}

const cut = (text: string, limit = longestText): string => (text.length <= limit ? text : `${text.slice(0, limit)} …`)

function headBlock(diagnosis: Diagnosis): string {
  const { about } = diagnosis
  const taken = takenLine(about)
  const open = openPoints(diagnosis).map(point => point.text)
  const links = drawnChain(diagnosis).slice(0, most.listed)
  return [
    `- **Host:** ${prose(cut(hostLine(about), longestLine))}`,
    ...(taken === null ? [] : [`- **Taken:** ${prose(taken)}`]),
    `- **Checked:** ${counted(about.rules, 'rule')} on ${counted(about.evidence.length, 'piece')} of evidence, by ${prose(about.tool)}`,
    ...(open.length === 0 ? [] : [`- **Open:** ${listed(open)}`]),
    ...(links.length === 0 ? [] : [`- **Chain:** ${links.map(({ link }) => `${prose(cut(link.name, 60))} ${linkWords[link.verdict].mark}`).join(', ')}`]),
  ].join('\n')
}

const severityOf = ({ severity }: Finding): string => capitalised(severityWords[severity].word)
const titleOf = (finding: Finding): string => prose(cut(finding.title, longestLine))

function causePart(causes: readonly Cause[], cause: Cause, number: number): Part {
  const { finding, consequences } = cause
  const head = `### ${number}. ${severityOf(finding)}: ${titleOf(finding)}`
  const story = [factsLine(finding), paragraphs(cut(finding.text)), finding.cause === '' ? '' : `**Why:** ${paragraphs(cut(finding.cause))}`]
  const fixes = fixBlocks(causes, cause, number)
  const follow = consequences.length === 0 ? '' : folded(`${counted(consequences.length, 'consequence')} that should go with it`, consequenceList(consequences))
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
  [capitalised(subjectOf(finding)), confidenceWords[finding.confidence], layerWords[finding.layer], timesSeen(finding), finding.rule]
    .flatMap(part => (part === null ? [] : [prose(part)])).join(' · ')

function quotesBlock(quotes: readonly Quote[]): string {
  if (quotes.length === 0) return ''
  const shown = quotes.slice(0, most.quotes).map(quote => `${prose(cut(sourceOf(quote), longestLine))}:\n\n${codeBlock(linesOf(quote))}`)
  const rest = quotes.length > most.quotes ? [`and ${counted(quotes.length - most.quotes, 'more quote')}`] : []
  return folded(`Evidence: ${counted(quotes.length, 'quote')}`, [...shown, ...rest].join('\n\n'))
}

const linesOf = (quote: Quote): string => [...quote.before.map(line => `  ${line}`), `> ${quote.text}`, ...quote.after.map(line => `  ${line}`)].map(line => cut(line, longestLine)).join('\n')

/** The cure, told once: eight cards with one fault need one. */
function fixBlocks(causes: readonly Cause[], { finding: { fixes } }: Cause, number: number): readonly string[] {
  const told = 1 + causes.findIndex(other => isDeepStrictEqual(other.finding.fixes, fixes))
  if (fixes.length > 0 && told < number) return [`**Fix:** the same as for ${told} above`]
  return fixes.map((fix, index) => fixBlock(fix, fixes.length === 1 ? 'Fix' : `Fix ${index + 1} of ${fixes.length}`))
}

const fixBlock = (fix: Fix, label: string): string => [
  `**${label}:** ${prose(cut(fix.title, longestLine))}. ${prose(capitalised(costOf(fix)))}.`,
  ...(fix.caution === undefined ? [] : [`> **Caution:** ${prose(cut(fix.caution))}`]),
  stepList(fix.steps),
  ...fix.verify.map(({ when, command, shows }) => `Then check${when === undefined ? '' : `, only ${prose(when)}`}:\n\n${codeBlock(cut(command), 'sh')}\n\nIt shows: ${prose(cut(shows, longestLine))}`),
  ...(fix.undo === undefined || fix.undo.length === 0 ? [] : [folded('To undo it', stepList(fix.undo))]),
].filter(block => block !== '').join('\n\n')

const stepList = (steps: readonly Step[]): string => steps.map((step, index) => {
  const marker = `${index + 1}. `
  const blocks = partsOf(step).flatMap(({ lead, code, prose: more }) => [
    code === undefined ? paragraphs(cut(lead)) : `${prose(cut(lead))}:`,
    ...(code === undefined ? [] : [codeBlock(cut(code), step.kind === 'run' ? 'sh' : 'text')]),
    ...(more === undefined ? [] : [paragraphs(cut(more))]),
  ])
  return marker + indented(blocks.join('\n\n'), marker.length).trimStart()
}).join('\n')

function consequenceList(consequences: readonly Finding[]): string {
  const lines = consequences.slice(0, most.consequences).map(each => `- ${severityOf(each)}: ${titleOf(each)} (${prose(subjectOf(each))})`)
  return [...lines, ...(consequences.length > lines.length ? [`- and ${consequences.length - lines.length} more`] : [])].join('\n')
}

function gapsBlock(gaps: readonly Gap[], rules: number): string {
  const blocks = gaps.slice(0, most.gaps).map(gap => {
    const missing = some(factsInWords(gap.missing).map(fact => prose(cut(fact, longestLine))))
    const undecided = some(gap.rules.map(rule => `${codeSpan(rule.rule)} (${severityWords[rule.severity].word})`))
    const tell = gap.get.length === 0 ? [] : [indented(codeBlock(cut(gap.get.join('\n')), 'sh'), 2)]
    return [`- Missing: ${missing}. Undecided: ${undecided}.`, ...tell].join('\n\n')
  })
  const rest = gaps.length > most.gaps ? [`- and ${counted(gaps.length - most.gaps, 'more lack')}`] : []
  return folded(`Could not be checked: ${counted(rules, 'rule')}`, [...blocks, ...rest].join('\n'))
}

const some = (items: readonly string[]): string => listed([...items.slice(0, most.listed), ...(items.length > most.listed ? [`${items.length - most.listed} more`] : [])])

const brokenBlock = ({ broken }: Diagnosis): string =>
  folded(`Rules that broke: ${broken.length}`, broken.slice(0, most.broken).map(each => `- ${prose(each.rule)} ${codeSpan(placeOf(each))}: ${prose(cut(each.error))}`).join('\n'))

const unread = ({ about }: Diagnosis): Diagnosis['about']['evidence'] => about.evidence.filter(note => note.status !== 'ok' && note.status !== 'absent')

const evidenceBlock = (diagnosis: Diagnosis): string =>
  folded(`Evidence that was not read whole: ${unread(diagnosis).length}`, unread(diagnosis).slice(0, most.gaps).map(note => {
    const why = shortfallOf(note, diagnosis.about.root)
    return `- ${prose(capitalised(note.about))} (${prose(cut(note.from, longestLine))}): ${statusWords[note.status]}${why === '' ? '' : `, ${prose(cut(why, longestLine))}`}`
  }).join('\n'))
