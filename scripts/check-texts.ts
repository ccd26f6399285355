/** Holds translations against their sources: `node build/scripts/check-texts.js [catalogue…]`. Exits with 1 where something is wrong or missing. */
import { pathToFileURL } from 'node:url'
import type { Entry } from 'gettext-parser'
import { locales, readCatalogue, translationOf, type SourceText, type TranslatedLanguage } from './catalogues.ts'

const han = /\p{Script=Han}/u

/** `{{path|fallback}}` of rules and `{name}` of the program, with whether there is a fallback and whether it is empty. */
function placeholdersOf(text: string): string[] {
  const ofRules = [...text.matchAll(/\{\{\s*([A-Za-z][A-Za-z0-9_.]*)\s*(\|[^}]*)?\}\}/g)].map(([, path, fallback]) => `{{${path}${fallback === undefined ? '' : fallback === '|' ? '|' : '|…'}}}`)
  const ofProgram = [...text.replace(/\{\{[^}]*\}\}/g, '').matchAll(/\{([a-z][A-Za-z0-9]*)\}/g)].map(([whole]) => whole)
  return [...new Set([...ofRules, ...ofProgram])].sort()
}

const withoutPlaceholders = (text: string): string => text.replace(/\{\{[^}]*\}\}|\{[a-z][A-Za-z0-9]*\}/g, ' ')

/** Words that are to be typed or looked for, and so stand in every language: paths, options, parameters, numbers of two digits or more. */
export function fixedWords(text: string): string[] {
  const bare = withoutPlaceholders(text)
  const typed = bare.match(/(?<![\w/])(?:\/[\w.*+@-]+(?:\/[\w.*+@-]+)*|--[a-z][\w-]+|[A-Za-z][\w.-]*(?:_[\w.-]*\w|=[\w.,:-]*\w)|`[^`]+`)/g) ?? []
  const numbers = bare.match(/(?<![\w.])\d[\d.]*\d(?![\w])/g) ?? []
  return [...new Set([...typed.map(word => word.replace(/[.,:;-]+$/, '')), ...numbers])]
}

const style: readonly (readonly [RegExp, string])[] = [
  [/\p{Script=Han}[,;:?!](?!\d)/u, 'half-width punctuation after a Chinese character'],
  [/\p{Script=Han} ?\(/u, 'half-width parentheses after Chinese'],
  [/\p{Script=Han}\.(?:\s|$)/u, 'half-width full stop after a Chinese character'],
  [/ [，。；：？！、（）「」“”]|[，。；：？！、（）] (?=\S)/u, 'space beside full-width punctuation'],
  [/[，。；：？！、]{2}/u, 'doubled punctuation'],
  [/\p{Script=Han} +\p{Script=Han}/u, 'space between Chinese characters'],
  [/\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u, 'no space between Chinese and Latin'],
  [/[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/, 'full-width letters or digits'],
]

/** Punctuation that brings its own room. */
const wide = { start: /^[，。；：（、]/u, end: /[，。；：）、]$/u } as const

/** What is wrong with a translation, in words. */
export function problemsOf(source: string, translation: string): string[] {
  const problems: string[] = []
  const [there, here] = [placeholdersOf(source), placeholdersOf(translation)]
  const lost = there.filter(one => !here.includes(one))
  const added = here.filter(one => !there.includes(one))
  if (lost.length + added.length > 0) problems.push(`placeholders differ:${lost.map(one => ` lacks ${one}`).join('')}${added.map(one => ` adds ${one}`).join('')}`)
  if (/\{\{/.test(translation.replace(/\{\{\s*[A-Za-z][A-Za-z0-9_.]*\s*(?:\|[^}]*)?\}\}/g, ''))) problems.push('a broken placeholder')
  if (!han.test(translation) && /[A-Za-z]{3}/.test(withoutPlaceholders(source))) problems.push('no Chinese in it')
  const words = fixedWords(source).filter(word => !translation.includes(word))
  if (words.length > 0) problems.push(`lost ${words.join(', ')}`)
  for (const [edge, name] of [[/^\s*/, 'start'], [/\s*$/, 'end']] as const) if (edge.exec(source)?.[0] !== edge.exec(translation)?.[0] && !wide[name].test(translation)) problems.push(`white space at the ${name} differs`)
  if (/[a-z)]\.$/.test(source) && !/[。！？）.…]$/u.test(translation)) problems.push('no full stop at the end')
  if (/[a-z]$/.test(source) && /。$/u.test(translation)) problems.push('a full stop that the source has not')
  const prose = translation.replace(/"[^"]*"|'[^']*'|`[^`]*`|<[^>]*>/g, '·')
  for (const [pattern, what] of style) {
    const found = pattern.exec(prose)
    if (found) problems.push(`${what}: …${prose.slice(Math.max(0, found.index - 4), found.index + 8)}…`)
  }
  return problems
}

/** Texts that stay as they are are marked `#, verbatim` by whoever decided it. */
export const isVerbatim = (entry: Entry): boolean => entry.comments?.flag?.includes('verbatim') === true

export function problemsOfEntry(entry: Entry): string[] {
  const translation = translationOf(entry)
  if (translation === '') return ['no translation']
  return isVerbatim(entry) ? (translation === entry.msgid ? [] : ['marked as verbatim, and differs']) : problemsOf(entry.msgid, translation)
}

/** What is wrong in one catalogue, in lines; `texts` are those that rules and program have today. */
export function problemsOfCatalogue(language: TranslatedLanguage, name: string, texts: readonly SourceText[]): string[] {
  const { entries } = readCatalogue(language, name)
  const all = [...entries.values()]
  const open = all.filter(entry => translationOf(entry) === '').length
  const strange = new Set(texts.filter(({ id }) => !entries.has(id)).map(({ id }) => id))
  return [
    ...[...strange].map(id => `is not in it, "npm run texts" adds it: ${inOneLine(id)}`),
    ...(open > 0 ? [`${open} of ${all.length} texts have no translation`] : []),
    ...all.flatMap(entry => (translationOf(entry) === '' ? [] : problemsOfEntry(entry).map(problem => `${problem}\n    ${inOneLine(entry.msgid)}\n    ${inOneLine(translationOf(entry))}`))),
  ]
}

const inOneLine = (text: string): string => text.replace(/\n/g, '\\n')

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { allTexts } = await import('./extract-texts.ts')
  const asked = process.argv.slice(2)
  let wrong = 0
  for (const [name, texts] of allTexts()) {
    if (asked.length > 0 && !asked.includes(name)) continue
    for (const language of Object.keys(locales) as TranslatedLanguage[]) {
      for (const problem of problemsOfCatalogue(language, name, texts)) {
        wrong++
        process.stdout.write(`${language}/${name}: ${problem}\n`)
      }
    }
  }
  process.stdout.write(wrong === 0 ? 'All texts are translated.\n' : `${wrong} problems.\n`)
  process.exitCode = wrong === 0 ? 0 : 1
}
