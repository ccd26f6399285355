/** Puts this host's values into the texts of rules. */
import { fillPlaceholders } from '../engine/paths.ts'
import type { Walkable } from '../engine/subject.ts'

export type Roots = Readonly<Record<string, Walkable | undefined>>

export const notKnown = '(not known)'

/** The value a path leads to: undefined where nobody could look. */
export function valueAt(roots: Roots, path: string): unknown {
  const dot = path.indexOf('.')
  return dot < 0 ? roots[path]?.walk('').value : roots[path.slice(0, dot)]?.walk(path.slice(dot + 1)).value
}

function inWords(value: unknown, fallback: string | null): string {
  if (value === undefined) return fallback ?? notKnown
  if (value === null) return fallback ?? 'none'
  if (Array.isArray(value)) {
    const words = [...new Set(value.map(item => (item === null ? (fallback ?? 'none') : String(item))))]
    return words.length > 0 ? words.join(', ') : (fallback ?? 'none')
  }
  return String(value)
}

/** Prose: lists are joined with commas. */
export const fillText = (text: string, roots: Roots): string => fillPlaceholders(text, ({ path, fallback }) => inWords(valueAt(roots, path), fallback))

/** A command: what comes from the host is quoted for the shell where it is more than a plain word. */
export const fillCommand = (text: string, roots: Roots): string => fillPlaceholders(text, ({ path, fallback }) => {
  const words = inWords(valueAt(roots, path), fallback)
  if (words === notKnown || words === fallback) return words
  // What a rule gives to a recipe is a phrase of the rule, with host values in it: several words are meant.
  return path.startsWith('with.') && words.split(' ').every(word => plainWord.test(word)) ? words : quoted(words)
})

const plainWord = /^[\w.:/@%+=,-]+$/

/** Hostile names (a VM called `x; reboot`) stay one word. Control characters cannot be pasted and are dropped. */
function quoted(word: string): string {
  // eslint-disable-next-line no-control-regex
  const printable = word.replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
  return plainWord.test(printable) ? printable : `'${printable.replace(/'/g, `'\\''`)}'`
}
