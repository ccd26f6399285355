/**
 * The texts of the program in the language of the run. English stands in the sources, as what is looked up; translations come from
 * `translations/<locale>/program.po` through the build. Nothing is set: English. One language per process, set by the command line.
 */
export const languages = ['en', 'zh-CN'] as const
export type Language = (typeof languages)[number]
/** What the build makes of a catalogue. `notes` are those texts that evidence carries, with their placeholders. */
export interface Texts { readonly texts: Readonly<Record<string, string>>; readonly notes: readonly (readonly [string, string])[] }
type Values = Readonly<Record<string, string | number>>

let spoken: Language = 'en'
let texts: Readonly<Record<string, string>> | null = null
let notes: Texts['notes'] = []

/** From now on every text comes from these; one that they lack stays English. */
export function speak(language: Language, translations: Texts | null): void {
  spoken = language
  texts = translations?.texts ?? null
  notes = translations?.notes ?? []
  patterns = undefined
}

export const language = (): Language => spoken

/** A text of a table whose entries are marked or collected by scripts/extract-texts.ts; any other comes back as it is. */
export const inLanguage = (text: string): string => (texts !== null && Object.hasOwn(texts, text) ? (texts[text] as string) : text)

const filled = (text: string, values: Values): string => text.replace(/\{([a-z][A-Za-z0-9]*)\}/g, (whole, name: string, at: number) => {
  const value = Object.hasOwn(values, name) ? String(values[name]) : whole
  return spoken === 'zh-CN' && /^[A-Za-z0-9]/.test(value) && /\p{Script=Han}$/u.test(text.slice(0, at)) ? ` ${value}` : value
})

/** `say('{n} of {all} rules', { n, all })`. The text is a literal at every call, which a test holds. */
export const say = (text: string, values?: Values): string => (values === undefined ? inLanguage(text) : filled(inLanguage(text), values))

/** `plural(n, '{n} finding', '{n} findings')`; `n` is among the values by itself. */
export const plural = (n: number, one: string, other: string, values: Values = {}): string => {
  const [known, english] = [inLanguage(one), n === 1 ? one : other]
  return filled(known === one ? english : known, { n, ...values })
}

/** Marks a literal of a table, to be looked up with `inLanguage` where it is printed. */
export const mark = (text: string): string => text

/**
 * A text that is kept with evidence, and so is the same in every language: English. `retold` says it in the reader's.
 * Literals as with `say`.
 */
export const noted = (text: string, values: Values = {}): string => filled(text, values)

let patterns: readonly (readonly [RegExp, string])[] | undefined

/** Notes of a piece of evidence in the language of the run; several are parted by `; `, and a path may stand before one. What an operating system said stays as it is. */
export function retold(note: string): string {
  if (texts === null || note === '' || note.length > longestNote) return note
  const parts = note.split('; ').slice(0, mostParts)
  // A text may have a semicolon of its own: the longest beginning that is known is taken first.
  for (let length = parts.length; length > 0; length--) {
    const [known, rest] = [parts.slice(0, length).join('; '), note.split('; ').slice(length).join('; ')]
    const told = retoldPart(known) ?? (length === 1 ? (afterPath(known) ?? known) : null)
    if (told !== null) return rest === '' ? told : told + inLanguage('; ') + retold(rest)
  }
  return note
}
const longestNote = 4000
const mostParts = 8

function afterPath(part: string): string | null {
  const colon = part.indexOf(': ')
  if (colon < 0) return null
  const rest = retold(part.slice(colon + 2))
  return rest === part.slice(colon + 2) ? null : part.slice(0, colon) + inLanguage(': ') + rest
}

function retoldPart(part: string): string | null {
  patterns ??= notes.toSorted(([a], [b]) => literal(b) - literal(a)).map(([source, translation]) => [patternOf(source), translation])
  for (const [pattern, translation] of patterns) {
    const found = pattern.exec(part)
    if (found) return filled(translation, Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, inLanguage(retold(value))])))
  }
  return null
}

/** Letters of its own: the text that says most is the one that was meant. */
const literal = (source: string): number => source.replace(/\{[^}]*\}/g, '').length

/** `over its limit of {n} bytes` as a pattern with the group n. Values hold no line end, so each is found in one go. */
function patternOf(source: string): RegExp {
  const seen = new Set<string>()
  const group = (name: string) => (seen.has(name) ? `\\k<${name}>` : (seen.add(name), `(?<${name}>.{0,400}?)`))
  return new RegExp(`^${source.split(/\{([a-z][A-Za-z0-9]*)\}/).map((piece, at) => (at % 2 === 1 ? group(piece) : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('')}$`)
}

/** A table of marked texts; each is given in the language of the run when it is asked for. */
export const spokenTable = <Key extends string>(table: Readonly<Record<Key, string>>): Readonly<Record<Key, string>> =>
  Object.defineProperties({}, Object.fromEntries(Object.entries<string>(table).map(([key, text]) => [key, { get: () => inLanguage(text), enumerable: true }]))) as Record<Key, string>

/** What locales say of the language, the strongest first (POSIX: LC_ALL, LC_MESSAGES, LANG; GNU: LANGUAGE lists what is preferred). */
const variables = ['LC_ALL', 'LC_MESSAGES', 'LANG'] as const

/** The language of an environment: Chinese in simplified characters where its locale asks for them, else English. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = variables.map(name => environment[name]).find(value => value !== undefined && value !== '')
  // The locale C turns translation off, whatever LANGUAGE lists.
  if (locale === undefined || /^(?:C|POSIX)\b/.test(locale)) return 'en'
  const preferred = environment.LANGUAGE?.split(':').find(Boolean) ?? locale
  return languageNamed(preferred) ?? 'en'
}

/** `zh_CN.UTF-8`, `zh_SG`, `zh-Hans`, `zh`, `en_GB`; null for what there are no texts in. Traditional characters are another language. */
export function languageNamed(name: string): Language | null {
  const [tongue, ...rest] = name.toLowerCase().replace(/[.@].*$/, '').split(/[-_]/)
  if (tongue === 'en') return 'en'
  if (tongue !== 'zh' || rest.some(part => ['tw', 'hk', 'mo', 'hant'].includes(part))) return null
  return 'zh-CN'
}
