/** What every part of the HTML report is made of. */
import type { ComponentChildren } from 'preact'
import type { Finding } from '../model/finding.ts'
import type { Severity } from '../model/rule.ts'
import { say } from '../language/say.ts'
import { capitalised, more, severityWords } from './words.ts'

/** A cross, a triangle and a dot: told apart without colour, and named by the word beside them. */
const shapes: Record<Severity, string> = {
  error: 'M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0ZM5.3 4 4 5.3 6.7 8 4 10.7 5.3 12 8 9.3 10.7 12 12 10.7 9.3 8 12 5.3 10.7 4 8 6.700Z',
  warning: 'M8 .8 16 15H0ZM7.1 5.500v5h1.800v-5ZM7.1 11.600v1.800h1.800v-1.800Z',
  hint: 'M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0ZM7.1 6.800v5.400h1.800V6.800ZM7.1 3.600v1.900h1.800V3.600Z',
}

const Shape = ({ severity }: { readonly severity: Severity }) => <svg viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d={shapes[severity]} /></svg>

export const Badge = ({ severity }: { readonly severity: Severity }) => (
  <span class={`badge ${severity}`}>
    <Shape severity={severity} />
    {capitalised(severityWords[severity].word)}
  </span>
)

/** The place of each finding in the page, by finding. */
export type Anchors = ReadonlyMap<Finding, string>
export const anchorsOf = (findings: readonly Finding[]): Anchors => new Map(findings.map((finding, index) => [finding, `finding-${index + 1}`]))

const mostMarks = 8

/** From where something happened to what is said of it: a mark a finding. */
export const FindingMarks = ({ findings, anchors }: { readonly findings: readonly Finding[] | undefined; readonly anchors: Anchors }) => (
  <>
    {findings?.slice(0, mostMarks).map(finding => (
      <a class={`mark ${finding.severity}`} href={`#${anchors.get(finding)}`}>
        <Shape severity={finding.severity} /><span>{capitalised(severityWords[finding.severity].word)}{say(': ')}{finding.title}</span>
      </a>
    ))}
    {findings && findings.length > mostMarks && <span class="faint small">{say('and {more}', { more: more(findings.length - mostMarks) })}</span>}
  </>
)

/** Prose whose `quoted words` are set as code. An odd backtick is only a backtick. */
export function Prose({ text }: { readonly text: string }) {
  const parts = text.split('`')
  if (parts.length % 2 === 0) return <>{text}</>
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
}

export const Copyable = ({ text, behind = '' }: { readonly text: string; readonly behind?: string }) => <div class="copy"><pre><code>{text}</code>{behind}</pre></div>

/** What brings evidence: a command, and where to run it or what to take instead, which is not copied with it. */
export function Wanted({ text }: { readonly text: string }) {
  const remark = /(?: \((?:in|or|on) [^()]*\)|（[^（）]*）)$/.exec(text)
  return remark === null ? <Copyable text={text} /> : <Copyable text={text.slice(0, remark.index)} behind={remark[0]} />
}

export function Heading({ level, children }: { readonly level: 4 | 5 | 6; readonly children: ComponentChildren }) {
  const Tag = `h${level}` as const
  return <Tag>{children}</Tag>
}

/** Long things folded under a line, short ones as they are. */
export const Folded = ({ when, summary, children }: { readonly when: boolean; readonly summary: string; readonly children: ComponentChildren }) =>
  when ? <details><summary>{summary}</summary>{children}</details> : <>{children}</>

/** No line is worth a megabyte. */
export const clipped = (line: string, most = 2000): string => (line.length <= most ? line : `${line.slice(0, most)} …${line.length - most > 100 ? ` ${say('({n} more characters)', { n: line.length - most })}` : ''}`)
