/** `npm run docs`: writes what in docs/ is generated from what it describes. A test holds it to be current. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { loadRules } from '../engine/load.ts'
import { leavesOf } from '../engine/needs.ts'
import { placeholdersIn } from '../engine/paths.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { FactSpec, FactType } from '../model/fact.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import { layers, type Rule } from '../model/rule.ts'
import { collectors } from '../collectors/all.ts'
import { inputsPage } from './gen-inputs.ts'
import { publishedSchemas, type PublishedFile } from './gen-schemas.ts'

const roots: Readonly<Record<FactRoot, string>> = { host: 'The host', fn: 'A PCI function', group: 'An IOMMU group', vm: 'A VM', assignment: 'An assignment: one VM and one function it is given' }

/** Facts that lead to other subjects, and which facts these have. */
const leadsTo: Readonly<Partial<Record<FactType, FactRoot>>> = { function: 'fn', functions: 'fn', vms: 'vm', group: 'group' }

/** `host.vms` and `vm.balloon` of `host.vms.balloon`. */
function factsOn(path: string): string[] {
  const facts: string[] = []
  let root = path.split('.')[0] as FactRoot | undefined
  for (const key of path.split('.').slice(1)) {
    const spec = root && Object.hasOwn(factCatalogue, root) ? (factCatalogue[root] as Readonly<Record<string, FactSpec>>)[key] : undefined
    if (!spec) break
    facts.push(`${root}.${key}`)
    root = leadsTo[spec.type]
  }
  return facts
}

/** Rules by each fact they name. */
function usersOf(rules: readonly Rule[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>()
  for (const rule of rules) {
    const conditions = [rule.conditions, rule.confirmedWhen, rule.likelyWhen, ...rule.fixes.map(fix => fix.when)].flatMap(condition => (condition ? leavesOf(condition) : []))
    const texts = placeholdersIn(JSON.stringify([rule.title, rule.finding, rule.fixes]))
    const paths = [...conditions.map(({ leaf }) => `${leaf.fact}.${leaf.path}`), ...texts.map(({ path }) => path)]
    for (const fact of paths.flatMap(factsOn)) {
      const known = users.get(fact)
      if (known) known.add(rule.id)
      else users.set(fact, new Set([rule.id]))
    }
  }
  return users
}

/** What else works with facts, by folder: the joins that make facts of facts, and what is shown of a host. */
const code: readonly (readonly [word: string, folders: readonly string[]])[] = [['joins', ['facts']], ['reports', ['diagnosis', 'reports', 'cli', 'engine']]]
const sources = code.map(([word, folders]) => [word, folders.flatMap(folder => readdirSync(folder).filter(name => /\.tsx?$/.test(name) && !/\.test/.test(name)).map(name => readFileSync(`${folder}/${name}`, 'utf8'))).join('\n')] as const)

/** Words for the last column: the first rules by name, how many more there are, and what of the program itself uses it. */
export function usedBy(users: ReadonlySet<string> | undefined, key: string): string {
  const rules = [...(users ?? [])].sort()
  const more = rules.length > 3 ? ` and ${rules.length - 3} more` : ''
  const words = sources.filter(([, text]) => new RegExp(`[.'{ ]${key}\\b`).test(text)).map(([word]) => word)
  return [...(rules.length > 0 ? [`${rules.slice(0, 3).map(rule => `\`${rule}\``).join(', ')}${more}`] : []), ...words].join('; ')
}

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\n/g, ' ')
const rootOnly = new Set(collectors.filter(collector => collector.privilege).map(collector => collector.gives))

export function factsPage(rules: readonly Rule[]): string {
  const users = usersOf(rules)
  const sections = (Object.entries(factCatalogue) as [FactRoot, Readonly<Record<string, FactSpec>>][]).map(([root, facts]) => {
    const rows = Object.entries(facts).map(([key, spec]) => {
      const from = spec.of ? `made of ${spec.of.join(', ')}` : spec.from.join(', ') || 'the subject itself'
      const platforms = [...new Set(spec.from.map(kind => evidenceKinds[kind].platform))]
      const platform = spec.from.length === 0 || platforms.includes('any') || platforms.length > 1 ? 'both' : (platforms[0] ?? 'both')
      const rooted = spec.from.length > 0 && spec.from.every(kind => rootOnly.has(kind))
      return `| \`${root}.${key}\` | ${cell(spec.about)}${spec.nullable ? '; may be none' : ''} | ${spec.type} | ${cell(from)} | ${rooted ? 'for all of it' : 'no'} | ${platform} | ${usedBy(users.get(`${root}.${key}`), key)} |`
    })
    return `## ${roots[root]}: \`${root}\`\n\n| fact | what it is | type | read from | needs root | platform | used by |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Facts\n\nEvery fact a rule may name, made from \`model/fact-catalogue.ts\` by \`npm run docs\`. A fact is missing where nobody could look, none where\nsomebody looked and there is none. The last column names rules, and what of the program
itself works with it: the joins that make facts of facts, and the reports.\n\n${sections.join('\n')}`
}

export function rulesPage(rules: readonly Rule[]): string {
  const sections = layers.flatMap(layer => {
    const own = rules.filter(rule => rule.layer === layer).sort((a, b) => (a.id < b.id ? -1 : 1))
    if (own.length === 0) return []
    const rows = own.map(rule => `| \`${rule.id}\`${rule.aliases.length > 0 ? `<br>also ${rule.aliases.map(alias => `\`${alias}\``).join(', ')}` : ''} | ${rule.severity} | ${cell(rule.title.replace(/\{\{[^}|]*\|?([^}]*)\}\}/g, (_, fallback: string) => fallback || '…'))} | ${rule.for} | ${rule.platforms.join(', ')} |`)
    return [`## ${layer}\n\n| rule | severity | what it finds | about each | platforms |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`]
  })
  return `# Rules\n\nThe ${rules.length} built-in rules, made from \`rules/\` by \`npm run docs\`. \`gpudoctor rules show RULE\` prints one whole.\n\n${sections.join('\n')}`
}

/** All that is generated into docs/. */
export function publishedFiles(): readonly PublishedFile[] {
  const { rules } = loadRules('rules', null)
  return [...publishedSchemas(), { file: 'docs/facts.md', text: factsPage(rules) }, { file: 'docs/rules.md', text: rulesPage(rules) }, { file: 'docs/inputs.md', text: inputsPage() }]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { file, text } of publishedFiles()) writeFileSync(file, text)
}
