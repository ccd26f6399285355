/**
 * The report as one HTML file that asks nothing of anybody: no request, no script needed to read it. Texts go through
 * `printable` and through Preact's escaping, and the Content-Security-Policy lets in only our own style and script.
 */
import { createHash } from 'node:crypto'
import type { ComponentChildren } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import type { Broken, Check, Diagnosis, EvidenceNote, Finding, Fix, Quote, ReportOptions, RunInfo, Step } from '../model/finding.ts'
import { type Severity, layers, severities } from '../model/rule.ts'
import { script } from './html-script.ts'
import { style } from './html-style.ts'
import { printable, printableDiagnosis } from './printable.ts'
import { type Cause, type Gap, causesOf, gapsOf, hostLine, openPoints, shortfallOf, takenLine, verdictOf } from './story.ts'
import {
  capitalised, confidenceWords, costOf, counted, factsInWords, hasLines, layerWords, listed, partsOf, placeOf, severityWords, sourceOf,
  statusWords, subjectOf, timesSeen,
} from './words.ts'

/** What may travel inside the file. */
export interface HtmlExtras {
  /** The snapshot the report was made from, in base64; whoever has the report can judge it anew. */
  readonly snapshot?: string
}

/** The whole file. Width, colour and length are the browser's matter, so the options change nothing here. */
export function renderHtml(raw: Diagnosis, _options?: ReportOptions, extras: HtmlExtras = {}): string {
  const diagnosis = printableDiagnosis(raw)
  return `<!doctype html>\n${renderToStaticMarkup(<Page diagnosis={diagnosis} snapshot={extras.snapshot} />)}\n`
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`

function Page({ diagnosis, snapshot }: { readonly diagnosis: Diagnosis; readonly snapshot: string | undefined }) {
  const { about, unknown, broken } = diagnosis
  const causes = causesOf(diagnosis.findings)
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>{`gpudoctor: ${verdictOf(diagnosis)}`}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the findings</a>
        <div class="frame">
          <Header diagnosis={diagnosis} causes={causes} />
          <main id="main">
            {causes.length > 0 && <Causes causes={causes} />}
            {unknown.length > 0 && <Gaps gaps={gapsOf(unknown)} rules={unknown.length} />}
            {broken.length > 0 && <BrokenRules broken={broken} />}
            <EvidenceList about={about} />
          </main>
          <Footer about={about} snapshot={snapshot !== undefined} />
        </div>
        {snapshot !== undefined && <Snapshot base64={snapshot} />}
        <script dangerouslySetInnerHTML={{ __html: script }} />
      </body>
    </html>
  )
}

/** A block of data, which no browser runs. Whatever is not base64 is dropped, so nothing in it can end the block. */
const Snapshot = ({ base64 }: { readonly base64: string }) =>
  <script type="application/octet-stream" id="snapshot" dangerouslySetInnerHTML={{ __html: base64.replace(/[^A-Za-z0-9+/=]/g, '') }} />

// The top

function Header({ diagnosis, causes }: { readonly diagnosis: Diagnosis; readonly causes: readonly Cause[] }) {
  const { about } = diagnosis
  const taken = takenLine(about)
  const open = openPoints(diagnosis)
  return (
    <header class={causes.length === 0 && open.length === 0 ? 'calm' : ''}>
      <p class="tool">{about.tool}</p>
      <h1>{verdictOf(diagnosis)}</h1>
      <dl class="run">
        <dt>Host</dt><dd>{hostLine(about)}</dd>
        {taken !== null && <><dt>Taken</dt><dd>{taken}</dd></>}
        <dt>Checked</dt><dd>{counted(about.rules, 'rule')} on {counted(about.evidence.length, 'piece')} of evidence</dd>
        {open.length > 0 && <><dt>Open</dt><dd>{open.map(({ part, text }, index) => <>{index > 0 && ', '}<a href={`#${part}`}>{text}</a></>)}</dd></>}
      </dl>
      {causes.length > 1 && <Overview causes={causes} />}
    </header>
  )
}

const Overview = ({ causes }: { readonly causes: readonly Cause[] }) => (
  <nav aria-label="Root causes">
    <ol class="overview">
      {causes.map(({ finding, consequences }, index) => (
        <li>
          <a href={`#cause-${index + 1}`}>
            <Badge severity={finding.severity} />
            <span>
              <span class="title">{finding.title}</span>
              {consequences.length > 0 && <span class="faint small"> explains {consequences.length} more</span>}
            </span>
          </a>
        </li>
      ))}
    </ol>
  </nav>
)

/** A cross, a triangle and a dot: told apart without colour, and named by the word beside them. */
const shapes: Record<Severity, string> = {
  error: 'M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0ZM5.3 4 4 5.3 6.7 8 4 10.7 5.3 12 8 9.3 10.7 12 12 10.7 9.3 8 12 5.3 10.7 4 8 6.700Z',
  warning: 'M8 .8 16 15H0ZM7.1 5.500v5h1.800v-5ZM7.1 11.600v1.800h1.800v-1.800Z',
  hint: 'M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0ZM7.1 6.800v5.400h1.800V6.800ZM7.1 3.600v1.900h1.800V3.600Z',
}

const Badge = ({ severity }: { readonly severity: Severity }) => (
  <span class={`badge ${severity}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d={shapes[severity]} /></svg>
    {capitalised(severityWords[severity].word)}
  </span>
)

// Root causes

const Causes = ({ causes }: { readonly causes: readonly Cause[] }) => (
  <section aria-labelledby="causes">
    <h2 id="causes">{causes.length === 1 ? 'Root cause' : 'Root causes'}</h2>
    {causes.length > 1 && <Filter causes={causes} />}
    {causes.map((cause, index) => <CauseCard cause={cause} number={index + 1} />)}
    <p id="none-left" class="faint" hidden>Nothing matches. Clear the search or tick more boxes above.</p>
  </section>
)

/** Hidden until the script that serves it runs. */
function Filter({ causes }: { readonly causes: readonly Cause[] }) {
  const findings = causes.flatMap(cause => [cause.finding, ...cause.consequences])
  const occurring = layers.filter(layer => findings.some(finding => finding.layer === layer))
  return (
    <form id="filter" class="filter" role="search" aria-label="Filter the findings" hidden>
      <input type="search" name="text" placeholder="Search" aria-label="Search the findings" autocomplete="off" spellcheck={false} />
      <fieldset>
        <legend>Severity</legend>
        {severities.filter(severity => findings.some(finding => finding.severity === severity)).map(severity => (
          <label><input type="checkbox" name="severity" value={severity} checked />{capitalised(severityWords[severity].many)}</label>
        ))}
      </fieldset>
      <label>
        Layer
        <select name="layer">
          <option value="">all</option>
          {occurring.map(layer => <option value={layer}>{layerWords[layer]}</option>)}
        </select>
      </label>
      <output aria-live="polite" />
    </form>
  )
}

const CauseCard = ({ cause: { finding, consequences }, number }: { readonly cause: Cause; readonly number: number }) => (
  <article class="card" id={`cause-${number}`} aria-labelledby={`title-${number}`} data-severity={finding.severity} data-layer={finding.layer}>
    <Badge severity={finding.severity} />
    <h3 id={`title-${number}`}>{finding.title}</h3>
    <Facts finding={finding} />
    <Story finding={finding} />
    {finding.evidence.length > 0 && <><h4>Evidence</h4><Quotes quotes={finding.evidence} /></>}
    {finding.fixes.map((fix, index) => <FixBlock fix={fix} label={fixLabel(index, finding.fixes.length)} />)}
    <References finding={finding} />
    {consequences.length > 0 && <Consequences consequences={consequences} />}
  </article>
)

const fixLabel = (index: number, count: number): string => (count === 1 ? 'Fix' : `Fix ${index + 1} of ${count}`)

const Facts = ({ finding }: { readonly finding: Finding }) => (
  <ul class="facts">
    <li>{capitalised(subjectOf(finding))}</li>
    <li>{capitalised(confidenceWords[finding.confidence])}</li>
    <li>Layer: {layerWords[finding.layer]}</li>
    {timesSeen(finding) !== null && <li>{capitalised(timesSeen(finding) ?? '')}</li>}
    <li>Rule: {finding.rule}</li>
  </ul>
)

const Story = ({ finding }: { readonly finding: Finding }) => (
  <div class="prose">
    <p><Prose text={finding.text} /></p>
    {finding.cause !== '' && <p class="faint"><strong>Why:</strong> <Prose text={finding.cause} /></p>}
  </div>
)

/** Prose whose `quoted words` are set as code. An odd backtick is only a backtick. */
function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`')
  if (parts.length % 2 === 0) return <>{text}</>
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
}

const Quotes = ({ quotes }: { readonly quotes: readonly Quote[] }) => <>{quotes.map(quote => <QuoteBlock quote={quote} />)}</>

function QuoteBlock({ quote }: { readonly quote: Quote }) {
  const numbered = hasLines(quote) && quote.where > 0
  const first = quote.where - quote.before.length
  const lines = [...quote.before, quote.text, ...quote.after]
  return (
    <figure>
      <figcaption>{sourceOf(quote)}</figcaption>
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

/** No line is worth a megabyte. */
const clipped = (line: string): string => (line.length <= 2000 ? line : `${line.slice(0, 2000)} … (${line.length - 2000} more characters)`)

const FixBlock = ({ fix, label, level = 4 }: { readonly fix: Fix; readonly label: string; readonly level?: 4 | 5 }) => (
  <section class="fix" aria-label={`${label}: ${fix.title}`}>
    <Heading level={level}><span class="faint">{label}:</span> {fix.title}</Heading>
    <p class="faint small">{capitalised(costOf(fix))}.</p>
    {fix.caution !== undefined && <p class="caution" role="note"><strong>Caution:</strong> <Prose text={fix.caution} /></p>}
    <Steps steps={fix.steps} />
    {fix.verify.length > 0 && <><Heading level={level === 4 ? 5 : 6}>Then check</Heading>{fix.verify.map(check => <CheckBlock check={check} />)}</>}
    {fix.undo !== undefined && fix.undo.length > 0 && <details><summary>To undo it</summary><Steps steps={fix.undo} /></details>}
  </section>
)

function Heading({ level, children }: { readonly level: 4 | 5 | 6; readonly children: ComponentChildren }) {
  const Tag = `h${level}` as const
  return <Tag>{children}</Tag>
}

const Steps = ({ steps }: { readonly steps: readonly Step[] }) => (
  <ol class="steps">
    {steps.map(step => (
      <li>
        {partsOf(step).map(part => (
          <>
            <div><Prose text={part.code === undefined ? part.lead : `${part.lead}:`} /></div>
            {part.code !== undefined && <Copyable text={part.code} />}
            {part.prose !== undefined && <div class="prose"><p><Prose text={part.prose} /></p></div>}
          </>
        ))}
      </li>
    ))}
  </ol>
)

const Copyable = ({ text }: { readonly text: string }) => <div class="copy"><pre><code>{text}</code></pre></div>

const CheckBlock = ({ check }: { readonly check: Check }) => (
  <>
    {check.when !== undefined && <p class="small">Only {check.when}:</p>}
    <Copyable text={check.command} />
    <p class="shows">shows: {check.shows}</p>
  </>
)

const Consequences = ({ consequences }: { readonly consequences: readonly Finding[] }) => (
  <details class="consequences">
    <summary>{counted(consequences.length, 'consequence')} <span class="faint">that should go with it</span></summary>
    {consequences.map(finding => (
      <article class="consequence" data-severity={finding.severity} data-layer={finding.layer}>
        <Badge severity={finding.severity} />
        <h4>{finding.title}</h4>
        <Facts finding={finding} />
        <Story finding={finding} />
        <Quotes quotes={finding.evidence} />
        {finding.fixes.length > 0 && (
          <details>
            <summary>If it stays after the cause is gone</summary>
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
  const places = references.map((each, index) => <>{index > 0 && '; '}{each.for}, <Place at={each.at} /></>)
  return <p class="faint small">Read more: {places}</p>
}

/** A link where it is one to the web; any other address stays text. */
function Place({ at }: { readonly at: string }) {
  const isWeb = /^https?:\/\/[^\s\\]+$/i.test(at) && URL.canParse(at)
  return isWeb ? <a href={at} rel="noreferrer noopener">{at}</a> : <>{at}</>
}

// What could not be told

const Gaps = ({ gaps, rules }: { readonly gaps: readonly Gap[]; readonly rules: number }) => (
  <section aria-labelledby="unknown">
    <h2 id="unknown">Could not be checked <span class="faint">{counted(rules, 'rule')}</span></h2>
    <div class="card">{gaps.map(gap => <GapBlock gap={gap} />)}</div>
  </section>
)

const GapBlock = ({ gap }: { readonly gap: Gap }) => (
  <section class="gap">
    <h3>Missing: {shortened(factsInWords(gap.missing), 5).join('; ')}</h3>
    <Folded when={gap.rules.length > 3} summary={`${counted(gap.rules.length, 'rule')} undecided`}><GapRules gap={gap} /></Folded>
    {gap.get.length > 0 && <p class="tell">{gap.get.length === 1 ? 'This would tell:' : 'These would tell, together:'}</p>}
    {gap.get.map(command => <Copyable text={command} />)}
  </section>
)

/** Long things folded under a line, short ones as they are. */
const Folded = ({ when, summary, children }: { readonly when: boolean; readonly summary: string; readonly children: ComponentChildren }) =>
  when ? <details><summary>{summary}</summary>{children}</details> : <>{children}</>

const GapRules = ({ gap }: { readonly gap: Gap }) => (
  <ul>
    {gap.rules.map(rule => (
      <li>
        <Badge severity={rule.severity} /> {rule.title} <span class="faint">({[rule.rule, aboutSubjects(rule.subjects)].filter(Boolean).join('; ')})</span>
      </li>
    ))}
  </ul>
)

/** A host can have a hundred functions: a few by name, the rest by number. */
const aboutSubjects = (subjects: readonly string[]): string => listed(shortened(subjects.map(subject => subjectOf({ subject })), 3))

const shortened = (items: readonly string[], limit: number): readonly string[] =>
  items.length > limit ? [...items.slice(0, limit), `${items.length - limit} more`] : items

const BrokenRules = ({ broken }: { readonly broken: readonly Broken[] }) => (
  <section aria-labelledby="broken">
    <h2 id="broken">Rules that broke <span class="faint">{broken.length}</span></h2>
    <div class="card">
      <p class="faint small">A fault of gpudoctor or of an added rule, not of this host. All other rules were run.</p>
      {broken.map(each => (
        <p><strong>{each.rule}</strong> <span class="faint small">{placeOf(each)}</span><br />{each.error}</p>
      ))}
    </div>
  </section>
)

// Evidence and the rest

const statusOrder = ['denied', 'failed', 'timeout', 'cut', 'ok', 'absent'] as const

function EvidenceList({ about }: { readonly about: RunInfo }) {
  if (about.evidence.length === 0) return null
  const sorted = about.evidence.toSorted((a, b) => statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status))
  const short = sorted.filter(note => note.status !== 'ok' && note.status !== 'absent')
  const rest = sorted.filter(note => note.status === 'ok' || note.status === 'absent')
  const read = rest.filter(note => note.status === 'ok').length
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence">Evidence</h2>
      <div class="card">
        {short.length > 0 && <EvidenceTable notes={short} root={about.root} caption="Not read whole" />}
        {rest.length > 0 && (
          <details>
            <summary>{counted(read, 'piece')} read{read < rest.length && `, ${rest.length - read} not there`}</summary>
            <EvidenceTable notes={rest} root={about.root} caption="Read, or not there" />
          </details>
        )}
      </div>
    </section>
  )
}

interface EvidenceTableProps { readonly notes: readonly EvidenceNote[]; readonly root: boolean | null; readonly caption: string }

const EvidenceTable = ({ notes, root, caption }: EvidenceTableProps) => (
  <table aria-label={caption}>
    <thead><tr><th scope="col">What</th><th scope="col">Read from</th><th scope="col">Status</th></tr></thead>
    <tbody>
      {notes.map(note => (
        <tr>
          <th scope="row">{capitalised(note.about)}</th>
          <td>{note.from === '' ? '' : <code>{note.from}</code>}</td>
          <td>
            <span class={`status-${note.status}`}>{statusWords[note.status]}</span>
            {note.lines !== undefined && <span class="faint">, {counted(note.lines, 'line')}</span>}
            {shortfallOf(note, root) !== '' && <span class="faint">: {shortfallOf(note, root)}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)

function Footer({ about, snapshot }: { readonly about: RunInfo; readonly snapshot: boolean }) {
  const redacted = Object.entries(about.redacted).filter(([, count]) => count > 0)
  return (
    <footer aria-label="About this report">
      <p>Made by {about.tool}. This file asks for nothing from the network and can be read without scripts.</p>
      {redacted.length > 0 && <p>Taken out before anything was saved: {listed(redacted.map(([kind, count]) => `${count} × ${kind}`))}.</p>}
      {snapshot && <p>The snapshot that the report was made from is inside this file. Share it as you would share the snapshot.</p>}
    </footer>
  )
}
