/** The report for a terminal: verdict and causes on the first screen, then each cause with its evidence and its cure. */
import { isDeepStrictEqual, styleText } from 'node:util'
import type { Check, Diagnosis, EvidenceNote, Finding, Fix, Quote, Report, ReportOptions, Step } from '../model/finding.ts'
import type { Severity } from '../model/rule.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { inLanguage, plural, say } from '../language/say.ts'
import { printable, printableDiagnosis } from './printable.ts'
import { type Cause, type DrawnLink, type Gap, causesOf, checkedLine, chainInWords, drawnChain, gapsOf, hostLine, nextToAsk, openPoints, rulesIn, shortfallOf, takenLine, verdictOf } from './story.ts'
import {
  capitalised, commas, confidenceAndReason, costOf, factsInWords, hasLines, layerWords, listed, more, partsOf, placeOf, severityWords, sourceOf,
  sizeOf, statusWords, subjectOf, timesSeen, webAddress, withColon,
} from './words.ts'
import { chopped, columnsOf, padded, wrapped } from './wrap.ts'

/** What every section is given: the room it has, and how it may be painted. */
interface Page {
  readonly width: number
  readonly verbose: boolean
  readonly paint: (style: Style, text: string) => string
  /** Text that leads to an address on the web, where the terminal can; else the text alone. */
  readonly link: (text: string, address: string) => string
  readonly links: boolean
}
type Lines = readonly string[]

const styles = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  hint: ['bold', 'cyan'],
  strong: ['bold'],
  faint: ['dim'],
  command: ['cyan'],
  calm: ['bold', 'green'],
} as const
type Style = keyof typeof styles

/** How much of each list is shown unless `verbose`; the rest is counted. */
const shown = { causes: 8, quotes: 4, quoteRows: 6, gaps: 6, gapRules: 4, absent: 12, asked: 4, pieces: 12, unexplained: 5 }
/** Prose gets hard to read beyond this, however wide the terminal is. */
const proseWidth = 100

/** The whole report, ending in a line end. No colour unless `options.color`; lines fit `options.width`, commands excepted. */
export const terminalReport: Report = (raw, options) => {
  const diagnosis = printableDiagnosis(raw)
  const page = pageFor(options)
  const causes = causesOf(diagnosis.findings)
  const sections = [
    summary(page, diagnosis, causes),
    ...causes.map((cause, index) => causeSection(page, cause, index + 1, firstWithFixes(causes, cause))),
    unexplainedSection(page, diagnosis),
    gapSection(page, gapsOf(diagnosis.unknown), diagnosis.unknown.length),
    askSection(page, diagnosis),
    brokenSection(page, diagnosis),
    evidenceSection(page, diagnosis),
  ]
  const lines = sections.filter(section => section.length > 0).flatMap(section => [...section, ''])
  return `${lines.slice(0, -1).join('\n')}\n`
}

function pageFor({ width, color, verbose, links = false }: ReportOptions): Page {
  const paint = (style: Style, text: string) => (color ? styleText([...styles[style]], text, { validateStream: false }) : text)
  const link = (text: string, address: string) => (links ? `\x1b]8;;${address}\x1b\\${text}\x1b]8;;\x1b\\` : text)
  return { width: Math.max(24, width - 1), verbose, paint, link, links }
}

// Building blocks

const prose = (page: Page, text: string): Lines => wrapped(text, Math.min(page.width, proseWidth))

const painted = (page: Page, style: Style, lines: Lines): Lines => lines.map(line => (line === '' ? line : page.paint(style, line)))

/** A block moved to the right, made for the room that leaves. */
function indented(page: Page, by: number, make: (inner: Page) => Lines): Lines {
  const room = Math.max(20, page.width - by)
  return make({ ...page, width: room }).map(line => (line === '' ? line : ' '.repeat(by) + line))
}

/** A label with prose hanging beside it. */
function hanging(page: Page, label: string, text: string, style: Style = 'faint', textStyle?: Style): Lines {
  const by = columnsOf(label)
  const lines = indented(page, by, inner => (textStyle ? painted(page, textStyle, prose(inner, text)) : prose(inner, text)))
  return lines.map((line, index) => (index === 0 ? page.paint(style, label) + line.slice(by) : line))
}

/** Narrow terminals get small steps. */
const step = (page: Page): number => (page.width < 60 ? 2 : 4)

/** Text to copy, never broken: a terminal that wraps it still copies it whole. */
const code = (page: Page, text: string): Lines => text.split('\n').map(line => (line === '' ? '' : page.paint('command', line)))

const badge = (severity: Severity): string => `${severityWords[severity].mark} ${severityWords[severity].word.toUpperCase()}`

function heading(page: Page, text: string): Lines {
  const rule = '─'.repeat(Math.max(0, Math.min(page.width, proseWidth) - columnsOf(text) - 4))
  return [`${page.paint('faint', '──')} ${page.paint('strong', text)} ${page.paint('faint', rule)}`.trimEnd()]
}

/** The first of a list, and in how many words the rest is left out. */
function firstOf<Item>(page: Page, items: readonly Item[], limit: number): { readonly first: readonly Item[]; readonly rest: number } {
  const first = page.verbose ? items : items.slice(0, limit)
  return { first, rest: items.length - first.length }
}

// The first screen

function summary(page: Page, diagnosis: Diagnosis, causes: readonly Cause[]): Lines {
  const { about } = diagnosis
  const taken = takenLine(about)
  const open = openPoints(diagnosis).map(point => point.text)
  const labelled = (name: string, text: string) => hanging(page, padded(name, 9), text)
  const style = causes[0]?.finding.severity ?? 'calm'
  return [
    ...painted(page, style === 'hint' ? 'strong' : style, prose(page, verdictOf(diagnosis))),
    '',
    ...labelled(say('Host'), hostLine(about)),
    ...(taken === null ? [] : labelled(say('Taken'), taken)),
    ...labelled(say('Checked'), checkedLine(about)),
    ...(open.length === 0 ? [] : labelled(say('Open'), say('{open}, see below', { open: listed(open) }))),
    ...chainLines(page, drawnChain(diagnosis)),
    ...(causes.length === 0 ? [] : ['', page.paint('strong', causes.length === 1 ? say('Root cause') : say('Root causes'))]),
    ...causeList(page, causes),
  ]
}

/** `Chain    CPU virtualisation ok, IOMMU in firmware ok, IOMMU in the kernel ×, groups ?` */
const chainLines = (page: Page, links: readonly DrawnLink[]): Lines =>
  links.length === 0 ? [] : hanging(page, padded(say('Chain'), 9), commas(chainInWords(links)))

function causeList(page: Page, causes: readonly Cause[]): Lines {
  const { first, rest } = firstOf(page, causes, shown.causes)
  const lines = first.flatMap(({ finding, consequences }, index) => {
    const label = ` ${String(index + 1).padStart(String(first.length).length)}  ${padded(badge(finding.severity), 11)}`
    const follow = consequences.length > 0 ? say('explains {n} more', { n: consequences.length }) : null
    return hanging(page, label, titled(finding, follow), finding.severity)
  })
  return rest > 0 ? [...lines, page.paint('faint', `    ${plural(rest, 'and {n} more cause further down', 'and {n} more causes further down')}`)] : lines
}

/** The title, and in brackets what it does not say itself. */
function titled(finding: Finding, follow: string | null = null): string {
  const named = finding.subject.split(' ').slice(1).every(name => finding.title.includes(name))
  const extra = [named && finding.subject !== 'host' ? null : subjectOf(finding), follow].filter(Boolean).join(say('; '))
  return extra === '' ? finding.title : say('{title} ({subject})', { title: finding.title, subject: extra })
}

// One root cause

/** The number of the first cause with the very same fixes: eight cards with one fault need one cure. */
const firstWithFixes = (causes: readonly Cause[], { finding: { fixes } }: Cause): number =>
  1 + causes.findIndex(other => isDeepStrictEqual(other.finding.fixes, fixes))

function causeSection(page: Page, { finding, consequences }: Cause, number: number, curedBy: number): Lines {
  const by = step(page)
  return [
    ...heading(page, String(number)),
    ...hanging(page, `${badge(finding.severity)}  `, finding.title, finding.severity, 'strong'),
    ...painted(page, 'faint', prose(page, factsOf(finding))),
    '',
    ...prose(page, finding.text),
    ...(finding.cause === '' ? [] : ['', ...hanging(page, say('Why: '), finding.cause)]),
    ...evidenceOf(page, finding, by),
    ...(curedBy === number ? fixesOf(page, finding, by) : sameFixes(page, finding, curedBy)),
    ...consequenceLines(page, consequences, by),
    ...referenceLines(page, finding, by),
  ]
}

const factsOf = (finding: Finding): string =>
  [subjectOf(finding), confidenceAndReason(finding), layerWords[finding.layer], timesSeen(finding), finding.rule].filter(Boolean).join(' · ')

const fixesOf = (page: Page, { fixes }: Finding, by: number): Lines =>
  fixes.flatMap((fix, index) => ['', ...fixLines(page, fix, fixLabel(index, fixes.length), by)])

const sameFixes = (page: Page, { fixes }: Finding, curedBy: number): Lines =>
  (fixes.length === 0 ? [] : ['', ...painted(page, 'strong', prose(page, say('Fix: the same as for {number} above', { number: curedBy })))])

const fixLabel = (index: number, count: number): string => (count === 1 ? say('Fix') : say('Fix {number} of {count}', { number: index + 1, count }))

function evidenceOf(page: Page, finding: Finding, by: number): Lines {
  const { first, rest } = firstOf(page, finding.evidence, shown.quotes)
  const quotes = first.flatMap(quote => ['', ...quoteLines(page, quote, by)])
  return rest > 0 ? [...quotes, page.paint('faint', `${' '.repeat(by)}${plural(rest, 'and {n} more quote (--verbose shows all)', 'and {n} more quotes (--verbose shows all)')}`)] : quotes
}

function quoteLines(page: Page, quote: Quote, by: number): Lines {
  const numbered = hasLines(quote) && quote.where > 0
  const first = quote.where - quote.before.length
  const rows = [...quote.before, quote.text, ...quote.after].map((text, index) => ({
    text: printable(text),
    cited: index === quote.before.length,
    label: numbered ? String(first + index) : '',
  }))
  const gutter = Math.max(...rows.map(row => row.label.length))
  const shownRows = indented(page, by, inner => rows.flatMap(row => quoteRow(inner, row.text, row.label.padStart(gutter), row.cited)))
  return [...painted(page, 'faint', prose(page, sourceOf(quote))), ...shownRows]
}

/** `> 812 │ the cited line`; neighbours are dim and take one row each. */
function quoteRow(page: Page, text: string, label: string, cited: boolean): Lines {
  const mark = cited ? '>' : ' '
  const room = Math.max(16, page.width - label.length - 5)
  const pieces = columnsOf(text) <= room ? [text] : chopped(text, room - 2)
  const limit = page.verbose ? pieces.length : cited ? shown.quoteRows : 1
  const left = pieces.slice(limit).join('').length
  return pieces.slice(0, limit).map((piece, index) => {
    const margin = `${index === 0 ? mark : ' '} ${index === 0 ? label : ' '.repeat(label.length)} │ `
    const end = left > 0 && index === limit - 1 ? page.paint('faint', ' …') : ''
    return page.paint('faint', margin) + page.paint(cited ? 'strong' : 'faint', piece.trimEnd()) + end
  })
}

function fixLines(page: Page, fix: Fix, label: string, by: number): Lines {
  return [
    ...painted(page, 'strong', prose(page, say('{label}: {title}', { label, title: fix.title }))),
    ...indented(page, by, inner => [
      ...painted(page, 'faint', prose(inner, say('{cost}.', { cost: capitalised(costOf(fix)) }))),
      ...(fix.caution === undefined ? [] : hanging(inner, say('Caution: '), fix.caution, 'warning')),
      ...stepLines(inner, fix.steps),
      ...checkLines(inner, fix.verify),
      ...(fix.undo === undefined || fix.undo.length === 0 ? [] : [say('To undo:'), ...stepLines(inner, fix.undo)]),
    ]),
  ]
}

const stepLines = (page: Page, steps: readonly Step[]): Lines =>
  steps.flatMap((each, index) => {
    const label = `${index + 1}. `
    const parts = partsOf(each).flatMap(part => [
      ...prose({ ...page, width: page.width - label.length }, part.code === undefined ? part.lead : withColon(part.lead)),
      ...(part.code === undefined ? [] : indented(page, step(page), inner => code(inner, part.code ?? ''))),
      ...(part.prose === undefined ? [] : prose({ ...page, width: page.width - label.length }, part.prose)),
    ])
    return parts.map((line, row) => (line === '' ? '' : (row === 0 ? label : ' '.repeat(label.length)) + line))
  })

function checkLines(page: Page, checks: readonly Check[]): Lines {
  if (checks.length === 0) return []
  const lines = checks.flatMap(check => [
    ...(check.when === undefined ? [] : prose(page, say('Only {when}:', { when: check.when }))),
    ...indented(page, step(page), inner => code(inner, check.command)),
    ...indented(page, 2, inner => hanging(inner, say('shows: '), check.shows)),
  ])
  return [say('Then check:'), ...lines]
}

function consequenceLines(page: Page, consequences: readonly Finding[], by: number): Lines {
  if (consequences.length === 0) return []
  const title = plural(consequences.length, '{n} consequence, which should go with it:', '{n} consequences, which should go with it:')
  const lines = indented(page, by, inner =>
    consequences.flatMap(each => hanging(inner, padded(badge(each.severity), 11), titled(each), each.severity)))
  return ['', ...painted(page, 'strong', prose(page, title)), ...lines]
}

/** In full when everything is asked for; else only as links, which take a line each and no address. */
function referenceLines(page: Page, { references }: Finding, by: number): Lines {
  const told = page.verbose ? references : references.filter(each => page.links && webAddress(each.at) !== null)
  if (told.length === 0) return []
  const lines = indented(page, by, inner => told.flatMap(each => {
    const address = webAddress(each.at)
    if (!page.verbose && address !== null) return prose(inner, each.for).map(line => inner.link(line, address))
    return [...prose(inner, withColon(each.for)), address === null ? each.at : inner.link(each.at, address)]
  }))
  return ['', page.paint('strong', say('Read more')), ...lines]
}

// What could not be told

/** `  3 ×  dmesg, line 812` and the line, the rarest first. */
function unexplainedSection(page: Page, { unexplained }: Diagnosis): Lines {
  if (!unexplained || unexplained.lines.length === 0) return []
  const { first, rest } = firstOf(page, unexplained.lines, shown.unexplained)
  const left = rest + unexplained.left
  return [
    ...heading(page, say('What no rule explains')),
    ...first.flatMap(({ quote, count }) => [
      ...painted(page, 'faint', prose(page, [sourceOf(quote), count > 1 ? say('{n} such lines', { n: count }) : null].filter(Boolean).join(say(', ')))),
      ...indented(page, step(page), inner => chopped(quote.text, inner.width).slice(0, shown.quoteRows)),
    ]),
    ...(left > 0 ? painted(page, 'faint', prose(page, plural(left, 'and {n} more kind of line (--json lists them)', 'and {n} more kinds of lines (--json lists them)'))) : []),
  ]
}

function gapSection(page: Page, gaps: readonly Gap[], rules: number): Lines {
  if (gaps.length === 0) return []
  const { first, rest } = firstOf(page, gaps, shown.gaps)
  const left = gaps.slice(first.length).reduce((sum, gap) => sum + gap.rules.length, 0)
  const others = say('And {rules} for {lacks} (--verbose shows all).', { rules: rulesIn(left), lacks: plural(rest, '{n} other lack', '{n} other lacks') })
  return [
    ...heading(page, say('Could not be checked: {rules}', { rules: rulesIn(rules) })),
    ...first.flatMap((gap, index) => [...(index > 0 ? [''] : []), ...gapLines(page, gap)]),
    ...(rest > 0 ? ['', ...painted(page, 'faint', prose(page, others))] : []),
  ]
}

function gapLines(page: Page, gap: Gap): Lines {
  const rules = firstOf(page, gap.rules, shown.gapRules)
  const missing = firstOf(page, factsInWords(gap.missing), shown.gapRules)
  const others = (rest: number) => (rest > 0 ? [more(rest)] : [])
  const names = rules.first.map(rule => say('{rule} ({severity})', { rule: rule.rule, severity: severityWords[rule.severity].word }))
  return [
    ...hanging(page, padded(say('Missing'), 11), [...missing.first, ...others(missing.rest)].join(say('; '))),
    ...hanging(page, padded(say('Undecided'), 11), listed([...names, ...others(rules.rest)])),
    ...(gap.get.length === 0 ? [] : [page.paint('faint', gap.get.length === 1 ? say('Would tell') : say('Would tell, together'))]),
    ...indented(page, step(page), inner => gap.get.flatMap(command => code(inner, command))),
  ]
}

function askSection(page: Page, diagnosis: Diagnosis): Lines {
  const wanted = nextToAsk(diagnosis, page.verbose ? 12 : shown.asked)
  if (wanted.length === 0) return []
  return [
    ...heading(page, say('To ask for next')),
    ...wanted.flatMap(({ command, rules }) => [...indented(page, step(page), inner => code(inner, command)), ...indented(page, step(page) * 2, inner => painted(inner, 'faint', [say('would tell of {rules}', { rules: rulesIn(rules) })]))]),
  ]
}

function brokenSection(page: Page, { broken }: Diagnosis): Lines {
  if (broken.length === 0) return []
  return [
    ...heading(page, say('Rules that broke: {n}', { n: broken.length })),
    ...prose(page, say('A fault of gpudoctor or of an added rule, not of this host; all others were run.')),
    ...broken.flatMap(each => [
      ...prose(page, `${each.rule} ${placeOf(each)}`),
      ...indented(page, step(page), inner => prose(inner, each.error)),
    ]),
  ]
}

function evidenceSection(page: Page, { about }: Diagnosis): Lines {
  const short = about.evidence.filter(note => note.status !== 'ok' && note.status !== 'absent')
  const absent = about.evidence.filter(note => note.status === 'absent')
  const read = about.evidence.filter(note => note.status === 'ok')
  const redacted = Object.entries(about.redacted).filter(([, count]) => count > 0).map(([kind, count]) => `${count} × ${inLanguage(kind)}`)
  const lines = [
    ...short.flatMap(note => noteLines(page, note, about.root)),
    ...absentLines(page, absent, about.root),
    ...readLines(page, read, about),
    ...(page.verbose && redacted.length > 0 ? hanging(page, say('Taken out before saving: '), listed(redacted)) : []),
  ]
  return lines.length === 0 ? [] : [...heading(page, page.verbose || about.takenAt === null ? say('Evidence') : say('Evidence that was not read whole')), ...lines]
}

/** What was read: all of it when asked for, the first pieces where somebody handed them in and wants to know what they were taken for. */
function readLines(page: Page, read: readonly EvidenceNote[], about: Diagnosis['about']): Lines {
  if (!page.verbose && about.takenAt !== null) return []
  const { first, rest } = firstOf(page, read, shown.pieces)
  return [...first.flatMap(note => noteLines(page, note, about.root)), ...(rest > 0 ? [page.paint('faint', plural(rest, 'and {n} more piece (--verbose shows all)', 'and {n} more pieces (--verbose shows all)'))] : [])]
}

/** `no permission  the kernel log (dmesg): Operation not permitted; needs root` */
function noteLines(page: Page, note: EvidenceNote, root: boolean | null): Lines {
  const why = shortfallOf(note, root)
  const from = note.from === '' || note.from === note.about ? '' : say(' ({from})', { from: note.from })
  const lines = note.lines === undefined || note.status !== 'ok' ? '' : `${say(', ')}${sizeOf(note)}`
  const label = padded(statusWords[note.status], 19)
  return hanging(page, page.width < 60 ? `${label.trim()}${say(': ')}` : label, `${note.about}${from}${lines}${why === '' ? '' : `${say(': ')}${why}`}`)
}

/** What is not there is most often not wanted either: one line of names, those first whose lack leaves something open. */
function absentLines(page: Page, absent: readonly EvidenceNote[], root: boolean | null): Lines {
  if (page.verbose) return absent.flatMap(note => noteLines(page, note, root))
  const leavesOpen = (note: EvidenceNote) => evidenceKinds[note.kind].absentMeans === 'unknown'
  const sorted = [...absent.filter(leavesOpen), ...absent.filter(note => !leavesOpen(note))]
  const { first, rest } = firstOf(page, sorted, shown.absent)
  if (first.length === 0) return []
  const label = padded(statusWords.absent, 19)
  const names = [...new Set(first.map(note => note.about))]
  return hanging(page, page.width < 60 ? `${label.trim()}${say(': ')}` : label, listed([...names, ...(rest > 0 ? [more(rest)] : [])]))
}
