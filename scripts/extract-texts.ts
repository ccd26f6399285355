/** `npm run texts`: brings the PO files, or those that are named, up to date with the texts of rules and program; translations are kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Entry } from 'gettext-parser'
import { collectors } from '../collectors/all.ts'
import { chains, type Link } from '../diagnosis/chain-links.ts'
import { redactionLabels } from '../evidence/redact.ts'
import { areas, ties } from '../model/diff.ts'
import { checks } from '../engine/lint.ts'
import { unnamedVm } from '../model/snapshot.ts'
import { loadRules } from '../engine/load.ts'
import { isProse, mapRuleTexts, mapSharedTexts, type TextMap } from '../engine/rule-texts.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { FactSpec } from '../model/fact.ts'
import { catalogueNames, locales, merged, readCatalogue, translationOf, writeCatalogue, type SourceText, type TranslatedLanguage } from './catalogues.ts'

/** The catalogue of what the program itself says. */
export const programCatalogue = 'program'
/** The catalogue of recipes and tables. */
export const sharedCatalogue = 'rules-shared'

/** Every translatable text of the rules by the name of the catalogue it belongs to. */
export function textsOfRules(): Map<string, SourceText[]> {
  const { sources, rules, shared } = loadRules('rules', null)
  const texts = new Map<string, SourceText[]>()
  const into = (name: string, where: string): TextMap => (id, about) => {
    const list = texts.get(name) ?? []
    list.push({ id, where, about })
    texts.set(name, list)
    return id
  }
  for (const { file, rule } of sources) mapRuleTexts(rule, into(catalogueOfRule(file), rule.id))
  mapSharedTexts(shared, rules, into(sharedCatalogue, 'shared'))
  return texts
}

/** `rules-iommu` for rules/iommu/dmar-fault.yaml. */
export const catalogueOfRule = (file: string): string => `rules-${dirname(relative('rules', file)).split(sep)[0]}`

/** Calls of language/say.ts, with the literals they are given. */
const calls = /\b(say|mark|noted|plural)\(\s*(?:([\w.?! [\]()=<>+-]+?),\s*)?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`)(?:,\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))?/g
const openings = /(?<![\w.])(?<!function )(say|mark|noted|plural)\((?!\))/g

/** The value of a string literal of TypeScript. */
const valueOf = (literal: string): string =>
  literal.slice(1, -1).replace(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|(.))/gis, (_, braced?: string, hex?: string, one?: string) =>
    (braced ?? hex) === undefined ? (({ n: '\n', t: '\t' })[one ?? ''] ?? one ?? '') : String.fromCodePoint(parseInt((braced ?? hex) as string, 16)))



/** What a source file says, and the calls in it that could not be read, by line. */
export function textsOfSource(file: string, source: string): { readonly texts: readonly SourceText[]; readonly unread: readonly number[] } {
  if (!/from '[./]*language\/say\.ts'/.test(source)) return { texts: [], unread: [] }
  const read = new Map([...source.matchAll(calls)].filter(call => (call[1] === 'plural') === (call[2] !== undefined)).map(call => [call.index, call]))
  const unread = [...source.matchAll(openings)].filter(call => !read.has(call.index)).map(call => source.slice(0, call.index).split('\n').length)
  const texts = [...read.values()].map(([, name, , one = '', other]) => ({
    id: valueOf(one), where: file, about: name === 'noted' ? 'note' : '', ...(name === 'plural' && other !== undefined ? { plural: valueOf(other) } : {}),
  }))
  return { texts, unread }
}

export const isNote = (entry: Entry): boolean => entry.comments?.extracted?.split('\n').includes('note') === true

/** Folders whose files speak to people. */
const speaking = ['cli', 'collectors', 'diagnosis', 'engine', 'evidence', 'facts', 'model', 'parsers', 'reports']

export const sourcesThatSpeak = (): readonly string[] => speaking.flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name) && !/\.test(-data)?\./.test(name) && !name.endsWith('.d.ts')).map(name => join(folder, name))).sort()

/** Texts of the sources, and of the tables that are printed from. */
export function textsOfProgram(): SourceText[] {
  const table = (where: string, about: string) => (id: string): SourceText => ({ id, where, about })
  return [
    ...sourcesThatSpeak().flatMap(file => textsOfSource(file, readFileSync(file, 'utf8')).texts),
    ...Object.values(evidenceKinds).map(spec => spec.about).map(table('model/evidence-kinds.ts', 'a kind of evidence')),
    ...Object.values(evidenceKinds).map(spec => spec.get).filter(isProse).map(table('model/evidence-kinds.ts', 'how to get it')),
    ...Object.values(factCatalogue).flatMap(facts => Object.values(facts as Readonly<Record<string, FactSpec>>)).map(spec => spec.about).map(table('model/fact-catalogue.ts', 'a fact')),
    ...checks.flatMap(({ refuses, why }) => [refuses, why]).map(table('engine/lint.ts', 'a check of rules: what it refuses, and why')),
    table('model/snapshot.ts', 'a VM')(unnamedVm),
    ...redactionLabels.map(table('evidence/redact.ts', 'a kind of secret')),
    ...areas.map(table('model/diff.ts', 'where something changed')),
    ...ties.map(table('model/diff.ts', 'why a change is taken for the reason')),
    ...Object.values<readonly Link[]>(chains).flat().flatMap(({ name, tell }) => [name, ...(tell ?? []).filter(isProse)]).map(table('diagnosis/chain-links.ts', 'a link of the chain')),
    ...collectors.flatMap(collector => collector.privilege?.root ?? []).map(table('collectors', 'what is missing without root')),
  ]
}

/** All texts, by catalogue. */
export const allTexts = (): ReadonlyMap<string, readonly SourceText[]> => new Map([...textsOfRules(), [programCatalogue, textsOfProgram()]])

function update(language: TranslatedLanguage, texts: ReadonlyMap<string, readonly SourceText[]>, asked: readonly string[]): void {
  const old = new Map([...new Set([...catalogueNames(language), ...texts.keys()])].map(name => [name, readCatalogue(language, name)]))
  const elsewhere = (id: string) => [...old.values()].map(({ entries }) => entries.get(id)).find(entry => translationOf(entry) !== '')
  for (const [name, catalogue] of old) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const now = merged(catalogue, texts.get(name) ?? [], elsewhere)
    writeCatalogue(language, now)
    const open = [...now.entries.values()].filter(entry => translationOf(entry) === '').length
    process.stdout.write(`${language} ${name.padEnd(22)} ${String(now.entries.size).padStart(5)} texts, ${open} without translation\n`)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const texts = allTexts()
  for (const language of Object.keys(locales) as TranslatedLanguage[]) update(language, texts, process.argv.slice(2))
}
