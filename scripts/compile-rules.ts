/** Compiles rules/ and translations/ into dist/: dist/rules.json, and for each language the rules and the program's texts in it. A broken built-in rule stops the build. Arguments: the folder, the file. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compileBase } from '../engine/base.ts'
import { loadRules } from '../engine/load.ts'
import { mapRuleTexts, mapSharedTexts, type TextMap } from '../engine/rule-texts.ts'
import { locales, readCatalogue, translationOf, type TranslatedLanguage } from './catalogues.ts'
import { catalogueOfRule, isNote, sharedCatalogue } from './extract-texts.ts'

const [folder = 'rules', target = 'dist/rules.json'] = process.argv.slice(2)
const { rules, sources, shared, broken } = loadRules(folder, null)
const write = (files: ReadonlyMap<string, string>) => files.forEach((text, file) => writeFileSync(file, text))

/** What a catalogue has no translation for stays English. */
function translator(language: TranslatedLanguage): (name: string) => TextMap {
  const catalogues = new Map<string, TextMap>()
  return name => {
    const known = catalogues.get(name)
    if (known) return known
    const { entries } = readCatalogue(language, name)
    const map: TextMap = text => translationOf(entries.get(text)) || text
    catalogues.set(name, map)
    return map
  }
}

/** As `speak` takes them. Plural forms are found by their singular. */
function programTexts(language: TranslatedLanguage): string {
  const entries = [...readCatalogue(language, 'program').entries.values()].filter(entry => translationOf(entry) !== '')
  const pairs = entries.map(entry => [entry.msgid, translationOf(entry)] as const)
  return JSON.stringify({ texts: Object.fromEntries(pairs), notes: entries.filter(isNote).map(entry => [entry.msgid, translationOf(entry)]) })
}

for (const problem of broken) process.stderr.write(`${problem.file}${problem.line ? `:${problem.line}:${problem.column}` : ''}: ${problem.error}\n`)
write(compileBase(target, { rules, shared }))
for (const language of Object.keys(locales) as TranslatedLanguage[]) {
  const map = translator(language)
  const spoken = { rules: sources.map(({ file, rule }) => mapRuleTexts(rule, map(catalogueOfRule(file)))), shared: mapSharedTexts(shared, rules, map(sharedCatalogue)) }
  write(compileBase(target.replace(/\.json$/, `.${language}.json`), spoken))
  writeFileSync(join(dirname(target), `texts.${language}.json`), programTexts(language))
}
process.stdout.write(`${rules.length} rules compiled into ${target}\n`)
if (broken.length > 0) process.exitCode = 1
