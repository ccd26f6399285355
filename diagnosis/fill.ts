/** Puts this host's values into the texts of rules. */
import { fillPlaceholders, type Placeholder } from '../engine/paths.ts'
import { inLanguage, retold, say } from '../language/say.ts'
import { unnamedVm } from '../model/snapshot.ts'
import type { Walkable } from '../engine/subject.ts'
import { inQuotes, plainWord, quotesAfter, type Quotes } from './shell-word.ts'

export type Roots = Readonly<Record<string, Walkable | undefined>>

/** What stands where nobody could look. */
export const notKnown = (): string => say('(not known)')

/** The value a path leads to: undefined where nobody could look. */
export function valueAt(roots: Roots, path: string): unknown {
  const dot = path.indexOf('.')
  return dot < 0 ? roots[path]?.walk('').value : roots[path.slice(0, dot)]?.walk(path.slice(dot + 1)).value
}

function inWords(value: unknown, fallback: string | null): string {
  if (value === undefined) return fallback ?? notKnown()
  if (value === null) return fallback ?? say('none')
  if (Array.isArray(value)) {
    const words = [...new Set(value.map(item => (item === null ? (fallback ?? say('none')) : String(item))))]
    return words.length > 0 ? words.join(', ') : (fallback ?? say('none'))
  }
  return String(value)
}

/**
 * Prose: lists are joined with commas; what parsers say in words of ours (`disk sda`) is said in the language of the run; a line of a log
 * stands in quotes, so that its words are not taken for ours.
 */
export function fillText(text: string, roots: Roots): string {
  let [quoted, follows] = [false, false]
  return withoutGaps(fillPlaceholders(text, ({ path, fallback }, between) => {
    quoted = quotedAfter(between, quoted)
    const words = inWords(told(valueAt(roots, path), path), fallback)
    const adjoins = follows && between === ''
    follows = words !== '' || adjoins
    if (words === fallback) return seam + words + seam
    return logLine.test(path) && !quoted ? `${adjoins ? ' ' : ''}${say('"{line}"', { line: words })}` : words
  }))
}

const logLine = /^log\.\w+\.line$/
/** Whether quotes are open behind a piece of text. */
const quotedAfter = (text: string, before: boolean): boolean => (text.match(/["\u201c\u201d]/g) ?? []).reduce((open, mark) => (mark === '"' ? !open : mark === '\u201c'), before)

/** Stands where a fallback begins and ends; evidence has no use for it (U+2060, word joiner). */
const seam = '\u2060'
/** Chinese has blanks around values of another script; around words of its own that stand in for one it has none. */
const withoutGaps = (text: string): string => (text.includes(seam) ? text.replace(/(?<=\p{Script=Han}) (?=\u2060\p{Script=Han})|(?<=\p{Script=Han}\u2060) (?=\p{Script=Han})/gu, '').replaceAll(seam, '') : text)

/** Facts that are words of ours; all others are evidence, which is never translated. */
const ours = /\.hostUses$/
function told(value: unknown, path: string): unknown {
  if (value === unnamedVm) return inLanguage(unnamedVm)
  if (Array.isArray(value)) return value.map(item => told(item, path))
  return typeof value === 'string' && ours.test(path) ? retold(value) : value
}

/**
 * A command: what comes from the host is quoted for the shell where it is more than a plain word, as the place it stands in
 * asks for. Hostile names (a VM called `x; reboot`) stay one word. Control characters cannot be pasted and are dropped.
 */
export function fillCommand(text: string, roots: Roots): string {
  let quotes: Quotes = 'none'
  return fillPlaceholders(text, (placeholder, between) => {
    quotes = quotesAfter(between, quotes)
    return commandWord(placeholder, roots, quotes)
  })
}

function commandWord({ path, fallback }: Placeholder, roots: Roots, quotes: Quotes): string {
  const words = inWords(valueAt(roots, path), fallback)
  if (words === notKnown() || words === fallback) return words
  // What a rule gives to a recipe is a phrase of the rule, with host values in it: several words are meant.
  if (path.startsWith('with.') && words.split(' ').every(word => plainWord.test(word))) return words
  return inQuotes[quotes](withoutControls(words))
}

/** A line of a file: what comes from the host stays on that line. `strange`: it is no plain word, or not known, so a person is to look. */
export function fillFile(text: string, roots: Roots): { readonly text: string; readonly strange: boolean } {
  let strange = false
  const filled = fillPlaceholders(text, ({ path, fallback }) => {
    const words = inWords(valueAt(roots, path), fallback)
    strange ||= words === notKnown() || (words !== fallback && !(path.startsWith('with.') ? words.split(' ') : [words]).every(word => plainWord.test(word)))
    return withoutControls(words)
  })
  return { text: filled, strange }
}

// eslint-disable-next-line no-control-regex
const withoutControls = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
