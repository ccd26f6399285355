/**
 * The report as one HTML file that asks nothing of anybody: no request, no script needed to read it. Texts go through
 * `printable` and through Preact's escaping, and the Content-Security-Policy lets in only our own style and script.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { renderToStaticMarkup } from 'preact-render-to-string'
import type { Background } from '../model/background.ts'
import type { EvidenceId } from '../model/evidence.ts'
import type { Broken, ChainLink, Check, Diagnosis, Finding, Fix, Quote, Report, Step } from '../model/finding.ts'
import type { Machine } from '../model/machine.ts'
import { layers, severities } from '../model/rule.ts'
import { language, plural, say } from '../language/say.ts'
import { excerptsOf } from './excerpts.ts'
import { EvidenceSection, PageFooter, evidenceAnchor, linkedLines } from './html-evidence.tsx'
import { ChainPicture } from './html-chain.tsx'
import { MachineSection, functionAnchor } from './html-machine.tsx'
import { type Anchors, Badge, Copyable, Folded, Heading, Prose, Wanted, anchorsOf, clipped } from './html-parts.tsx'
import { script } from './html-script.ts'
import { style } from './html-style.ts'
import { TimelineSection, citedBy } from './html-timeline.tsx'
import { marksOf } from './picture.ts'
import { printable, printableDiagnosis, printableLine } from './printable.ts'
import { type Cause, type Gap, type Wish, causesOf, checkedLine, drawnChain, gapsOf, hostLine, nextToAsk, openPoints, rulesIn, takenLine, tallied, touched, verdictOf } from './story.ts'
import {
  capitalised, confidenceAndReason, costOf, factsInWords, hasLines, layerWords, listed, more, partsOf, placeOf, severityWords, sourceOf,
  subjectOf, timesSeen, webAddress, withColon,
} from './words.ts'

/** The whole file. Width, colour and length are the browser's matter, so the options change nothing here. */
export const htmlReport: Report = (diagnosis, _options, background) => renderHtml(diagnosis, background)

export function renderHtml(raw: Diagnosis, background: Background = {}): string {
  return `<!doctype html>\n${renderToStaticMarkup(<Page view={viewOf(raw, background)} />)}\n`
}

/** All that the parts of the page look things up in, made once. */
interface View {
  readonly diagnosis: Diagnosis
  readonly causes: readonly Cause[]
  readonly background: Background
  readonly anchors: Anchors
  /** Whether a line of a piece of evidence has a place in the page to link to. */
  readonly linked: (evidence: string, line: number) => boolean
}

function viewOf(raw: Diagnosis, { machine, timeline, evidence, snapshot }: Background): View & { readonly excerpts: ReturnType<typeof excerptsOf> } {
  const diagnosis = printableDiagnosis(raw)
  const excerpts = excerptsOf((evidence ?? []).map(piece => ({ ...piece, id: printable(piece.id.trimEnd()) as EvidenceId })), [...diagnosis.findings.flatMap(finding => finding.evidence), ...(diagnosis.chain ?? []).flatMap(link => link.evidence), ...(diagnosis.unexplained?.lines ?? []).map(line => line.quote)])
  return {
    diagnosis, excerpts, causes: causesOf(diagnosis.findings), anchors: anchorsOf(diagnosis.findings), linked: linkedLines(excerpts),
    background: { ...(machine ? { machine: printableLine(machine) } : {}), ...(timeline ? { timeline: printableLine(timeline) } : {}), ...(snapshot ? { snapshot } : {}) },
  }
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policyFor = (code: string): string => `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(code)}; base-uri 'none'; form-action 'none'`

function Page({ view }: { readonly view: ReturnType<typeof viewOf> }) {
  const { diagnosis, causes, background: { machine, timeline, snapshot }, anchors, linked, excerpts } = view
  const { about, findings, unexplained, unknown, broken } = diagnosis
  const base64 = snapshot && 'base64' in snapshot ? snapshot.base64 : null
  const code = script()
  return (
    <html lang={language()}>
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policyFor(code)} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>{`gpudoctor: ${verdictOf(diagnosis)}`}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <a class="skip" href="#main">{say('Skip to the findings')}</a>
        <div class="frame">
          <Header view={view} />
          <main id="main">
            {causes.length > 0 && <Causes view={view} />}
            {machine && machine.functions.length > 0 && <MachineSection machine={machine} marks={marksOf(findings)} anchors={anchors} />}
            {timeline && timeline.moments.length > 0 && <TimelineSection timeline={timeline} cited={citedBy(findings)} anchors={anchors} linked={linked} />}
            {unexplained && unexplained.lines.length > 0 && <Unexplained unexplained={unexplained} view={view} />}
            {unknown.length > 0 && <Gaps gaps={gapsOf(unknown)} rules={unknown.length} wishes={nextToAsk(diagnosis)} />}
            {broken.length > 0 && <BrokenRules broken={broken} />}
            <EvidenceSection about={about} excerpts={excerpts} embedded={base64 !== null} />
          </main>
          <PageFooter about={about} snapshot={snapshot} />
        </div>
        {base64 !== null && <Snapshot base64={base64} />}
        <script dangerouslySetInnerHTML={{ __html: code }} />
      </body>
    </html>
  )
}

/** A block of data, which no browser runs; `gpudoctor replay` finds it by this very tag. Whatever is not base64 is dropped, so nothing in it can end the block. */
const Snapshot = ({ base64 }: { readonly base64: string }) =>
  <script type="application/x-gpudoctor-snapshot+gzip;base64" id="snapshot" dangerouslySetInnerHTML={{ __html: base64.replace(/[^A-Za-z0-9+/=]/g, '') }} />

// The top

function Header({ view, view: { diagnosis, causes, anchors } }: { readonly view: View }) {
  const { about } = diagnosis
  const taken = takenLine(about)
  const open = openPoints(diagnosis)
  const links = drawnChain(diagnosis)
  return (
    <header class={causes.length === 0 && open.length === 0 ? 'calm' : ''}>
      <p class="tool">{about.tool}</p>
      <h1>{verdictOf(diagnosis)}</h1>
      <dl class="run">
        <dt>{say('Host')}</dt><dd>{hostLine(about)}</dd>
        {taken !== null && <><dt>{say('Taken')}</dt><dd>{taken}</dd></>}
        <dt>{say('Checked')}</dt><dd>{checkedLine(about)}</dd>
        {open.length > 0 && <><dt>{say('Open')}</dt><dd>{open.map(({ part, text }, index) => <>{index > 0 && say(', ')}<a href={`#${part}`}>{text}</a></>)}</dd></>}
      </dl>
      {links.length > 0 && <ChainPicture links={links} anchors={anchors} placeOf={link => proofOf(link, view)} />}
      {causes.length > 1 && <Overview causes={causes} anchors={anchors} />}
      <Parts view={view} />
    </header>
  )
}

/** Where the page shows what proves a link. */
function proofOf({ evidence }: ChainLink, { linked }: View): string | null {
  const shown = evidence.find(quote => linked(quote.evidence, quote.where))
  return shown === undefined ? null : evidenceAnchor(shown.evidence, shown.where)
}

/** Causes in the list on top before the rest of it is folded. */
const listedCauses = 8

const Overview = ({ causes, anchors }: { readonly causes: readonly Cause[]; readonly anchors: Anchors }) => (
  <nav aria-label={say('Root causes')}>
    <OverviewList causes={causes.slice(0, listedCauses)} anchors={anchors} />
    {causes.length > listedCauses && (
      <details class="overview-rest">
        <summary>{plural(causes.length - listedCauses, '{n} more cause', '{n} more causes')} <span class="faint">{tallied(causes.slice(listedCauses).map(cause => cause.finding))}</span></summary>
        <OverviewList causes={causes.slice(listedCauses)} anchors={anchors} />
      </details>
    )}
  </nav>
)

const OverviewList = ({ causes, anchors }: { readonly causes: readonly Cause[]; readonly anchors: Anchors }) => (
  <ul class="overview">
    {causes.map(({ finding, consequences }) => (
      <li>
        <a href={`#${anchors.get(finding)}`}>
          <Badge severity={finding.severity} />
          <span>
            <span class="title">{finding.title}</span>
            {consequences.length > 0 && <span class="faint small"> {say('explains {n} more', { n: consequences.length })}</span>}
          </span>
        </a>
      </li>
    ))}
  </ul>
)

/** The way to each part of a long page. */
function Parts({ view: { diagnosis, background: { machine, timeline } } }: { readonly view: View }) {
  const parts = [
    ['causes', say('Causes'), diagnosis.findings.length], ['machine', say('The machine'), machine?.functions.length], ['timeline', say('Timeline'), timeline?.moments.length],
    ['unexplained', say('Unexplained'), diagnosis.unexplained?.lines.length], ['unknown', say('Not checked'), diagnosis.unknown.length], ['evidence', say('Evidence'), diagnosis.about.evidence.length],
  ] as const
  return <nav class="parts" aria-label={say('Parts of this report')}>{parts.filter(([, , items]) => (items ?? 0) > 0).map(([id, words]) => <a href={`#${id}`}>{words}</a>)}</nav>
}

// Root causes

const Causes = ({ view, view: { causes } }: { readonly view: View }) => (
  <section aria-labelledby="causes">
    <h2 id="causes">{causes.length === 1 ? say('Root cause') : say('Root causes')}</h2>
    {causes.length > 1 && <Filter view={view} />}
    {causes.map(cause => <CauseCard cause={cause} view={view} />)}
    <p id="none-left" class="faint" hidden>{say('Nothing matches. Clear the search or tick more boxes above.')}</p>
  </section>
)

/** Hidden until the script that serves it runs. */
function Filter({ view: { diagnosis: { findings }, background: { machine } } }: { readonly view: View }) {
  const places = findings.map(finding => touched(finding, machine))
  const occurring = layers.filter(layer => findings.some(finding => finding.layer === layer))
  return (
    <form id="filter" class="filter" role="search" aria-label={say('Filter the findings')} hidden>
      <input type="search" name="text" placeholder={say('Search')} aria-label={say('Search the findings')} autocomplete="off" spellcheck={false} />
      <fieldset>
        <legend>{say('Severity')}</legend>
        {severities.filter(severity => findings.some(finding => finding.severity === severity)).map(severity => (
          <label><input type="checkbox" name="severity" value={severity} checked />{capitalised(severityWords[severity].many)}</label>
        ))}
      </fieldset>
      <Choice name="layer" label={say('Layer')} values={occurring.map(layer => [layer, layerWords[layer]])} />
      <Choice name="device" label={say('Device')} values={distinct(places.flatMap(place => place.devices)).map(bdf => [bdf, bdf])} />
      <Choice name="vm" label={say('VM')} values={distinct(places.flatMap(place => place.vms)).map(vm => [vm, vm])} />
      <output aria-live="polite" />
    </form>
  )
}

const distinct = (items: readonly string[]): readonly string[] => [...new Set(items)].sort()

/** Nothing to choose from is no choice. */
const Choice = ({ name, label, values }: { readonly name: string; readonly label: string; readonly values: readonly (readonly [string, string])[] }) =>
  values.length < 2 ? null : (
    <label>
      {label}
      <select name={name}>
        <option value="">{say('all')}</option>
        {values.map(([value, words]) => <option value={value}>{words}</option>)}
      </select>
    </label>
  )

/** What the filter looks at; names are parted by line ends, which no printable name holds. */
function filterData(finding: Finding, machine: Machine | undefined) {
  const { devices, vms } = touched(finding, machine)
  return { 'data-severity': finding.severity, 'data-layer': finding.layer, 'data-device': devices.join('\n'), 'data-vm': vms.join('\n') }
}

const CauseCard = ({ cause: { finding, consequences }, view }: { readonly cause: Cause; readonly view: View }) => (
  <article class="card" id={view.anchors.get(finding)} aria-labelledby={`title-${view.anchors.get(finding)}`} {...filterData(finding, view.background.machine)}>
    <Badge severity={finding.severity} />
    <h3 id={`title-${view.anchors.get(finding)}`}>{finding.title}</h3>
    <Facts finding={finding} view={view} />
    <Story finding={finding} />
    {finding.evidence.length > 0 && <><h4>{say('Evidence')}</h4><Quotes quotes={finding.evidence} view={view} /></>}
    <Fixes finding={finding} view={view} />
    <References finding={finding} />
    {consequences.length > 0 && <Consequences consequences={consequences} view={view} />}
  </article>
)

/** A cure that stands above already is folded: eight cards with one fault need one. */
function Fixes({ finding, view: { causes, anchors } }: { readonly finding: Finding; readonly view: View }) {
  const blocks = finding.fixes.map((fix, index) => <FixBlock fix={fix} label={fixLabel(index, finding.fixes.length)} />)
  const first = causes.find(cause => isDeepStrictEqual(cause.finding.fixes, finding.fixes))?.finding ?? finding
  if (first === finding || blocks.length === 0) return <>{blocks}</>
  return (
    <>
      <p class="same-fix"><strong>{say('Fix:')}</strong> {say('the same as for')} <a href={`#${anchors.get(first)}`}>{first.title}</a></p>
      <details><summary>{say('Show it here')}</summary>{blocks}</details>
    </>
  )
}

const fixLabel = (index: number, count: number): string => (count === 1 ? say('Fix') : say('Fix {number} of {count}', { number: index + 1, count }))

const Facts = ({ finding, view }: { readonly finding: Finding; readonly view: View }) => (
  <ul class="facts">
    <li><Subject finding={finding} machine={view.background.machine} /></li>
    <li>{capitalised(confidenceAndReason(finding))}</li>
    <li>{say('Layer: {layer}', { layer: layerWords[finding.layer] })}</li>
    {timesSeen(finding) !== null && <li>{capitalised(timesSeen(finding) ?? '')}</li>}
    <li>{say('Rule: {rule}', { rule: finding.rule })}</li>
  </ul>
)

/** What the finding is about, with the way to its place in the picture of the machine. */
function Subject({ finding, machine }: { readonly finding: Finding; readonly machine: Machine | undefined }) {
  const words = capitalised(subjectOf(finding))
  const place = touched(finding, machine).devices.find(bdf => machine?.functions.some(fn => fn.bdf === bdf))
  return place === undefined ? <>{words}</> : <a href={`#${functionAnchor(place)}`}>{words}</a>
}

const Story = ({ finding }: { readonly finding: Finding }) => (
  <div class="prose">
    <p><Prose text={finding.text} /></p>
    {finding.cause !== '' && <p class="faint"><strong>{say('Why:')}</strong> <Prose text={finding.cause} /></p>}
  </div>
)

const Quotes = ({ quotes, view }: { readonly quotes: readonly Quote[]; readonly view: View }) => <>{quotes.map(quote => <QuoteBlock quote={quote} view={view} />)}</>

function QuoteBlock({ quote, view }: { readonly quote: Quote; readonly view: View }) {
  const numbered = hasLines(quote) && quote.where > 0
  const first = quote.where - quote.before.length
  const lines = [...quote.before, quote.text, ...quote.after]
  return (
    <figure>
      <figcaption>{view.linked(quote.evidence, quote.where) ? <a href={`#${evidenceAnchor(quote.evidence, quote.where)}`}>{sourceOf(quote)}</a> : sourceOf(quote)}</figcaption>
      <pre class="quote">
        {lines.map((line, index) => {
          const cited = index === quote.before.length
          return (
            <span class={cited ? 'row cited' : 'row'}>
              <span class="number" aria-hidden="true">{numbered ? first + index : ''}</span>
              <code>{clipped(printable(line))}{'\n'}</code>
            </span>
          )
        })}
      </pre>
    </figure>
  )
}

const FixBlock = ({ fix, label, level = 4 }: { readonly fix: Fix; readonly label: string; readonly level?: 4 | 5 }) => (
  <div class="fix" role="group" aria-label={say('{label}: {title}', { label, title: fix.title })}>
    <Heading level={level}><span class="faint">{withColon(label)}</span> {fix.title}</Heading>
    <p class="faint small">{say('{cost}.', { cost: capitalised(costOf(fix)) })}</p>
    {fix.caution !== undefined && <p class="caution" role="note"><strong>{say('Caution:')}</strong> <Prose text={fix.caution} /></p>}
    <Steps steps={fix.steps} />
    {fix.verify.length > 0 && <><Heading level={level === 4 ? 5 : 6}>{say('Then check')}</Heading>{fix.verify.map(check => <CheckBlock check={check} />)}</>}
    {fix.undo !== undefined && fix.undo.length > 0 && <details><summary>{say('To undo it')}</summary><Steps steps={fix.undo} /></details>}
  </div>
)

const Steps = ({ steps }: { readonly steps: readonly Step[] }) => (
  <ol class="steps">
    {steps.map(step => (
      <li>
        {partsOf(step).map(part => (
          <>
            <div><Prose text={part.code === undefined ? part.lead : withColon(part.lead)} /></div>
            {part.code !== undefined && <Copyable text={part.code} />}
            {part.prose !== undefined && <div class="prose"><p><Prose text={part.prose} /></p></div>}
          </>
        ))}
      </li>
    ))}
  </ol>
)

const CheckBlock = ({ check }: { readonly check: Check }) => (
  <>
    {check.when !== undefined && <p class="small">{say('Only {when}:', { when: check.when })}</p>}
    <Copyable text={check.command} />
    <p class="shows">{say('shows: {shows}', { shows: check.shows })}</p>
  </>
)

const Consequences = ({ consequences, view }: { readonly consequences: readonly Finding[]; readonly view: View }) => (
  <details class="consequences">
    <summary>{plural(consequences.length, '{n} consequence', '{n} consequences')} <span class="faint">{say('that should go with it')}</span></summary>
    {consequences.map(finding => (
      <article class="consequence" id={view.anchors.get(finding)} {...filterData(finding, view.background.machine)}>
        <Badge severity={finding.severity} />
        <h4>{finding.title}</h4>
        <Facts finding={finding} view={view} />
        <Story finding={finding} />
        <Quotes quotes={finding.evidence} view={view} />
        {finding.fixes.length > 0 && (
          <details>
            <summary>{say('If it stays after the cause is gone')}</summary>
            {finding.fixes.map((fix, index) => <FixBlock fix={fix} label={fixLabel(index, finding.fixes.length)} level={5} />)}
          </details>
        )}
        <References finding={finding} />
      </article>
    ))}
  </details>
)

function References({ finding: { references } }: { readonly finding: Finding }) {
  if (references.length === 0) return null
  const places = references.map((each, index) => <>{index > 0 && say('; ')}{each.for}{say(', ')}<Place at={each.at} /></>)
  return <p class="faint small">{say('Read more:')} {places}</p>
}

/** A link where it is one to the web; any other address stays text. */
function Place({ at }: { readonly at: string }) {
  return webAddress(at) === null ? <>{at}</> : <a href={at} rel="noreferrer noopener">{at}</a>
}

// What could not be told

const Unexplained = ({ unexplained: { lines, left }, view }: { readonly unexplained: NonNullable<Diagnosis['unexplained']>; readonly view: View }) => (
  <section aria-labelledby="unexplained">
    <h2 id="unexplained">{say('What no rule explains')} <span class="faint">{say('the rarest first')}</span></h2>
    <div class="card">
      {lines.map(({ quote, count }) => (
        <>
          {count > 1 && <p class="faint small">{say('{n} such lines', { n: count })}</p>}
          <QuoteBlock quote={quote} view={view} />
        </>
      ))}
      {left > 0 && <p class="faint">{plural(left, 'and {n} more kind of line', 'and {n} more kinds of lines')}</p>}
    </div>
  </section>
)

const Gaps = ({ gaps, rules, wishes }: { readonly gaps: readonly Gap[]; readonly rules: number; readonly wishes: readonly Wish[] }) => (
  <section aria-labelledby="unknown">
    <h2 id="unknown">{say('Could not be checked')} <span class="faint">{rulesIn(rules)}</span></h2>
    {wishes.length > 0 && <Wishes wishes={wishes} />}
    <div class="card">{gaps.map(gap => <GapBlock gap={gap} />)}</div>
  </section>
)

const Wishes = ({ wishes }: { readonly wishes: readonly Wish[] }) => (
  <div class="card">
    <section class="gap">
      <h3>{say('To ask for next')}</h3>
      {wishes.map(({ command, rules }) => (
        <>
          <Wanted text={command} />
          <p class="faint small">{say('would tell of {rules}', { rules: rulesIn(rules) })}</p>
        </>
      ))}
    </section>
  </div>
)

const GapBlock = ({ gap }: { readonly gap: Gap }) => (
  <section class="gap">
    <h3>{say('Missing: {facts}', { facts: shortened(factsInWords(gap.missing), 5).join(say('; ')) })}</h3>
    <Folded when={gap.rules.length > 3} summary={plural(gap.rules.length, '{n} rule undecided', '{n} rules undecided')}><GapRules gap={gap} /></Folded>
    {gap.get.length > 0 && <p class="tell">{gap.get.length === 1 ? say('This would tell:') : say('These would tell, together:')}</p>}
    {gap.get.map(command => <Wanted text={command} />)}
  </section>
)

const GapRules = ({ gap }: { readonly gap: Gap }) => (
  <ul>
    {gap.rules.map(rule => (
      <li>
        <Badge severity={rule.severity} /> {rule.title} <span class="faint">({[rule.rule, aboutSubjects(rule.subjects)].filter(Boolean).join(say('; '))})</span>
      </li>
    ))}
  </ul>
)

/** A host can have a hundred functions: a few by name, the rest by number. */
const aboutSubjects = (subjects: readonly string[]): string => listed(shortened(subjects.map(subject => subjectOf({ subject })), 3))

const shortened = (items: readonly string[], limit: number): readonly string[] =>
  items.length > limit ? [...items.slice(0, limit), more(items.length - limit)] : items

const BrokenRules = ({ broken }: { readonly broken: readonly Broken[] }) => (
  <section aria-labelledby="broken">
    <h2 id="broken">{say('Rules that broke')} <span class="faint">{broken.length}</span></h2>
    <div class="card">
      <p class="faint small">{say('A fault of gpudoctor or of an added rule, not of this host; all others were run.')}</p>
      {broken.map(each => (
        <p><strong>{each.rule}</strong> <span class="faint small">{placeOf(each)}</span><br />{each.error}</p>
      ))}
    </div>
  </section>
)
