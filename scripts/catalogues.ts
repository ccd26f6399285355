/** Translations as gettext PO files: `translations/<locale>/<name>.po`, one per layer of rules, one for what rules share, one for the program. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { po, type Entry } from 'gettext-parser'

/** Languages there are translations for: the folder, as gettext names locales, by the name that `--lang` takes. */
export const locales = { 'zh-CN': 'zh_CN' } as const
export type TranslatedLanguage = keyof typeof locales

/** A text to be translated, with where it stands. */
export interface SourceText { readonly id: string; readonly where: string; readonly about: string; readonly plural?: string }

export interface Catalogue { readonly name: string; readonly entries: ReadonlyMap<string, Entry>; readonly obsolete: ReadonlyMap<string, Entry> }

const folderOf = (language: TranslatedLanguage): string => join('translations', locales[language])
const fileOf = (language: TranslatedLanguage, name: string): string => join(folderOf(language), `${name}.po`)

export const catalogueNames = (language: TranslatedLanguage): string[] =>
  existsSync(folderOf(language)) ? readdirSync(folderOf(language)).filter(name => name.endsWith('.po')).map(name => name.slice(0, -'.po'.length)).sort() : []

/** An empty catalogue where there is no file. Throws on a file that is no PO. */
export function readCatalogue(language: TranslatedLanguage, name: string): Catalogue {
  const file = fileOf(language, name)
  if (!existsSync(file)) return { name, entries: new Map(), obsolete: new Map() }
  const read = po.parse(readFileSync(file), { validation: true })
  const plain = (entries: Record<string, Entry> = {}) => new Map(Object.values(entries).filter(entry => entry.msgid !== '').map(entry => [entry.msgid, entry]))
  return { name, entries: plain(read.translations['']), obsolete: plain(read.obsolete?.['']) }
}

export const translationOf = (entry: Entry | undefined): string => entry?.msgstr[0] ?? ''

/** Today's texts with yesterday's translations; what is no more in the sources and was translated is kept as obsolete. */
export function merged(old: Catalogue, texts: readonly SourceText[], elsewhere: (id: string) => Entry | undefined): Catalogue {
  const entries = new Map<string, Entry>()
  for (const { id, where, about, plural } of texts) {
    const known = entries.get(id)
    if (known?.comments) {
      known.comments.reference = union(known.comments.reference, where)
      known.comments.extracted = union(known.comments.extracted, about)
      if (plural !== undefined) known.msgid_plural = plural
      continue
    }
    const before = [old.entries.get(id), old.obsolete.get(id), elsewhere(id)].find(entry => translationOf(entry) !== '')
    const { translator, flag } = before?.comments ?? {}
    entries.set(id, {
      msgid: id, ...(plural === undefined ? {} : { msgid_plural: plural }), msgstr: [translationOf(before)],
      comments: { ...(translator ? { translator } : {}), reference: where, extracted: about, ...(flag ? { flag } : {}) },
    })
  }
  const gone = [...old.obsolete, ...old.entries].filter(([id, entry]) => !entries.has(id) && translationOf(entry) !== '')
  return { name: old.name, entries, obsolete: new Map(gone.map(([id, entry]) => [id, { ...entry, comments: {} }])) }
}

const union = (lines: string | undefined, more: string): string => [...new Set([...(lines ? lines.split('\n') : []), more])].filter(Boolean).join('\n')

export function writeCatalogue(language: TranslatedLanguage, { name, entries, obsolete }: Catalogue): void {
  const file = fileOf(language, name)
  const headers = { 'Project-Id-Version': 'gpudoctor', Language: locales[language], 'MIME-Version': '1.0', 'Content-Type': 'text/plain; charset=utf-8', 'Content-Transfer-Encoding': '8bit', 'Plural-Forms': 'nplurals=1; plural=0;' }
  const text = po.compile({ charset: 'utf-8', headers, translations: { '': Object.fromEntries(entries) }, obsolete: { '': Object.fromEntries(obsolete) } }, { foldLength: 0 })
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text.at(-1) === 10 ? text : `${text.toString()}\n`)
  renameSync(`${file}.new`, file)
}
