/** The evidence: what was not read whole, and what was read, to open and to search. */
import type { Background } from '../model/background.ts'
import type { EvidenceNote, RunInfo } from '../model/finding.ts'
import type { JSX } from 'preact'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Excerpt, Window } from './excerpts.ts'
import { shortfallOf } from './story.ts'
import { inLanguage, plural, say } from '../language/say.ts'
import { Prose } from './html-parts.tsx'
import { capitalised, commas, listed, statusWords } from './words.ts'

/** The place of a line of a piece of evidence in the page. Letters outside ids become their code, so that two pieces never meet. */
export const evidenceAnchor = (id: string, line: number): string => `${pieceAnchor(id)}-${line}`
const pieceAnchor = (id: string): string => `evidence-${id.replace(/[^A-Za-z0-9_-]/g, character => `.${character.charCodeAt(0).toString(16)}`)}`

/** Lines that have a place in the page: those that findings cite, if they stand in an excerpt. */
export function linkedLines(excerpts: readonly Excerpt[]): (evidence: string, line: number) => boolean {
  const anchors = new Set(excerpts.flatMap(({ piece, windows, cited }) =>
    [...cited].filter(line => windows.some(window => line >= window.first && line < window.first + window.lines.length)).map(line => evidenceAnchor(piece.id, line))))
  return (evidence, line) => anchors.has(evidenceAnchor(evidence, line))
}

const statusOrder = ['denied', 'failed', 'timeout', 'cut', 'ok', 'absent'] as const

interface EvidenceProps { readonly about: RunInfo; readonly excerpts: readonly Excerpt[]; readonly embedded: boolean }

export function EvidenceSection({ about, excerpts, embedded }: EvidenceProps) {
  if (about.evidence.length === 0) return null
  const sorted = about.evidence.toSorted((a, b) => statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status))
  const short = sorted.filter(note => note.status !== 'ok' && note.status !== 'absent')
  const absent = sorted.filter(note => note.status === 'absent')
  const byId = new Map<string, Excerpt>(excerpts.map(excerpt => [excerpt.piece.id, excerpt]))
  const isCited = (note: EvidenceNote) => (byId.get(note.id)?.cited.size ?? 0) > 0
  const read = about.evidence.filter(note => note.status === 'ok' || note.status === 'cut').toSorted((a, b) => Number(isCited(b)) - Number(isCited(a)))
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence">{say('Evidence')} <span class="faint">{plural(read.length, '{n} piece read', '{n} pieces read')}</span></h2>
      <div class="card">
        {short.length > 0 && <EvidenceTable notes={short} root={about.root} caption={say('Not read whole')} />}
        <Search embedded={embedded} />
        <div class="pieces">{read.map(note => <Piece note={note} excerpt={byId.get(note.id)} embedded={embedded} />)}</div>
        {absent.length > 0 && (
          <details>
            <summary>{plural(absent.length, '{n} piece not there', '{n} pieces not there')}</summary>
            <EvidenceTable notes={absent} root={about.root} caption={say('Not there')} />
          </details>
        )}
      </div>
    </section>
  )
}

/** Hidden until the script that serves it runs. */
const Search = ({ embedded }: { readonly embedded: boolean }) => (
  <form id="search" class="filter" role="search" aria-label={say('Search the evidence')} hidden>
    <input type="search" name="text" placeholder={say('Search the evidence')} aria-label={say('Search the evidence')} autocomplete="off" spellcheck={false} />
    <output aria-live="polite">{embedded ? say('All of it, from the snapshot inside this file.') : say('Of what stands in this file.')}</output>
    <ol class="hits"></ol>
  </form>
)

function Piece({ note, excerpt, embedded }: { readonly note: EvidenceNote; readonly excerpt: Excerpt | undefined; readonly embedded: boolean }) {
  const { whole = false, windows = [], cited = new Set<number>() } = excerpt ?? {}
  const says = commas([note.lines === undefined ? (isBinary(note) ? say('binary') : say('empty')) : plural(note.lines, '{n} line', '{n} lines'), ...(cited.size > 0 ? [say('cited')] : [])])
  return (
    <details class="piece" data-evidence={note.id} data-whole={whole ? '' : undefined}>
      <summary>{capitalised(note.about)} <code>{note.from}</code> <span class="faint small">{says}</span></summary>
      {windows.map(window => <WindowText window={window} note={note} cited={cited} />)}
      {!whole && <p class="faint small rest">{restOf(note, windows.length > 0, embedded)}</p>}
    </details>
  )
}

const isBinary = (note: EvidenceNote): boolean => 'binary' in evidenceKinds[note.kind]

function restOf(note: EvidenceNote, some: boolean, embedded: boolean): string {
  const where = embedded ? say('in the snapshot inside this file') : say('in the snapshot, which this file does not carry')
  if (note.lines === undefined) return isBinary(note) ? say('Not text; it is {where}.', { where }) : say('There was nothing in it.')
  return some ? say('Only the lines around what findings cite; the whole is {where}.', { where }) : say('The text is {where}.', { where })
}

/** Numbers beside text, not in it, so that what is copied is what was read. */
const WindowText = ({ window: { first, lines }, note, cited }: { readonly window: Window; readonly note: EvidenceNote; readonly cited: ReadonlySet<number> }) => (
  <div class="text" tabIndex={0} role="group" aria-label={say('{piece}, lines {first} to {last}', { piece: capitalised(note.about), first, last: first + lines.length - 1 })}>
    <pre class="numbers" aria-hidden="true">{lines.map((_, index) => first + index).join('\n')}</pre>
    <pre class="lines">{joined(lines, first, note.id, cited)}</pre>
  </div>
)

/** Text in as few nodes as there are cited lines. */
function joined(lines: readonly string[], first: number, id: string, cited: ReadonlySet<number>) {
  const parts: (string | JSX.Element)[] = []
  let plain: string[] = []
  lines.forEach((line, index) => {
    const number = first + index
    if (!cited.has(number)) return void plain.push(`${line}\n`)
    parts.push(plain.join(''), <mark id={evidenceAnchor(id, number)}>{line}{'\n'}</mark>)
    plain = []
  })
  return <>{parts}{plain.join('')}</>
}

interface EvidenceTableProps { readonly notes: readonly EvidenceNote[]; readonly root: boolean | null; readonly caption: string }

const EvidenceTable = ({ notes, root, caption }: EvidenceTableProps) => (
  <table aria-label={caption}>
    <thead><tr><th scope="col">{say('What')}</th><th scope="col">{say('Read from')}</th><th scope="col">{say('Status')}</th></tr></thead>
    <tbody>
      {notes.map(note => (
        <tr>
          <th scope="row">{capitalised(note.about)}</th>
          <td>{note.from === '' ? '' : <code>{note.from}</code>}</td>
          <td>
            <span class={`status-${note.status}`}>{statusWords[note.status]}</span>
            {note.lines !== undefined && <span class="faint">{say(', ')}{plural(note.lines, '{n} line', '{n} lines')}</span>}
            {shortfallOf(note, root) !== '' && <span class="faint">{say(': ')}{shortfallOf(note, root)}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)

export function PageFooter({ about, snapshot }: { readonly about: RunInfo; readonly snapshot: Background['snapshot'] }) {
  const redacted = Object.entries(about.redacted).filter(([, count]) => count > 0)
  return (
    <footer aria-label={say('About this report')}>
      <p>{say('Made by {tool}. This file asks for nothing from the network and can be read without scripts.', { tool: about.tool })}</p>
      {redacted.length > 0 && <p>{say('Taken out before anything was saved: {kinds}.', { kinds: listed(redacted.map(([kind, count]) => `${count} × ${inLanguage(kind)}`)) })}</p>}
      {snapshot && 'base64' in snapshot && <p><Prose text={say('The snapshot that the report was made from is inside this file: `gpudoctor replay report.html` judges it anew. Share it as you would share the snapshot.')} /></p>}
      {snapshot && 'leftOut' in snapshot && <p><Prose text={say('The snapshot that the report was made from is not inside this file: {reason}. `--save` writes it.', { reason: snapshot.leftOut })} /></p>}
    </footer>
  )
}
