/**
 * Text from a host as Markdown that shows it and nothing else, on GitHub, GitLab and forums alike: plain words stay, any word
 * that could mean something (emphasis, links, @mentions, #references, :emoji:, formulas, HTML) is set as code.
 */

/** A code span around whatever the text holds. */
export function codeSpan(text: string): string {
  if (text.trim() === '') return ''
  const fence = '`'.repeat(longestRun(text) + 1)
  const edge = /^[` ]|[` ]$/.test(text) ? ' ' : ''
  return `${fence}${edge}${text}${edge}${fence}`
}

/** A fenced block; the fence is longer than any inside. */
export function codeBlock(text: string, language = 'text'): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text.replace(/\n+$/, '')}\n${fence}`
}

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(match => match[0].length))

/** Signs that some Markdown gives a meaning: within a word, `:1f:` and `:cd:` are pictures on most sites. */
const meaningful = /[*_[\]{}\\~|@#$^=`]|:[\w+-]+:|:\/\/|www\.|\b(?:gh-\d|[0-9a-f]{7,40}\b)/i
const around = /^(["'(]*)(.*?)([)"',.;:!?]*)$/s

function word(text: string): string {
  const [, before = '', core = '', after = ''] = around.exec(text) ?? []
  if (!meaningful.test(core) && meaningful.test(text)) return codeSpan(text)
  return `${before}${meaningful.test(core) ? codeSpan(core) : core.replace(/[&<>]/g, character => entities[character] ?? '')}${after}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

const words = (text: string): string => text.split(/\s+/).filter(Boolean).map(word).join(' ')

/** What begins a list or a rule where it begins a line. */
const lineStart = /^(\d{1,9}(?=[.)])|(?=[-+]))/

/** One line of prose; pairs of backticks in it are the writer's own code marks. */
export function prose(text: string): string {
  const parts = text.replace(/\s+/g, ' ').trim().split('`')
  const line = parts.length % 2 === 0 ? words(text) : parts.map((part, index) => (index % 2 === 1 ? codeSpan(part) : spaced(part))).join('')
  return line.replace(lineStart, '$1\\')
}

/** Words, with the blanks at the ends that keep them apart from code before and behind. */
const spaced = (part: string): string => `${/^\s/.test(part) ? ' ' : ''}${words(part)}${/\s$/.test(part) && part.trim() !== '' ? ' ' : ''}`

/** Prose of several lines, as paragraphs. */
export const paragraphs = (text: string): string => text.split('\n').map(prose).filter(line => line !== '').join('\n\n')

/** Folded under a line of our own words; blank lines around what is inside let it be Markdown again. */
export const folded = (summary: string, inside: string): string => `<details><summary>${summary}</summary>\n\n${inside}\n\n</details>`

/** Moved to the right, so that it belongs to the list item before it. */
export const indented = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by))
