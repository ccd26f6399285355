/** `npm run docs`: writes what in docs/ is generated from what it describes. A test holds it to be current. */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { loadRules } from '../engine/load.ts'
import { leavesOf } from '../engine/needs.ts'
import { placeholdersIn } from '../engine/paths.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { FactSpec } from '../model/fact.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import { layers, type Rule } from '../model/rule.ts'
import { collectors } from '../collectors/all.ts'
import { publishedSchemas, type PublishedFile } from './gen-schemas.ts'

const roots: Readonly<Record<FactRoot, string>> = { host: 'The host', fn: 'A PCI function', group: 'An IOMMU group', vm: 'A VM', assignment: 'An assignment: one VM and one function it is given' }

/** Rules by each fact they name. */
function usersOf(rules: readonly Rule[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>()
  for (const rule of rules) {
    const conditions = [rule.conditions, rule.confirmedWhen, rule.likelyWhen, ...rule.fixes.map(fix => fix.when)].flatMap(condition => (condition ? leavesOf(condition) : []))
    const texts = placeholdersIn(JSON.stringify([rule.title, rule.finding, rule.fixes]))
    const paths = [...conditions.map(({ leaf }) => `${leaf.fact}.${leaf.path}`), ...texts.map(({ path }) => path)]
    for (const path of paths) {
      const fact = path.split('.').slice(0, 2).join('.')
      const known = users.get(fact)
      if (known) known.add(rule.id)
      else users.set(fact, new Set([rule.id]))
    }
  }
  return users
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
      return `| \`${root}.${key}\` | ${cell(spec.about)}${spec.nullable ? '; may be none' : ''} | ${spec.type} | ${cell(from)} | ${rooted ? 'for all of it' : 'no'} | ${platform} | ${users.get(`${root}.${key}`)?.size ?? 0} |`
    })
    return `## ${roots[root]}: \`${root}\`\n\n| fact | what it is | type | read from | needs root | platform | rules |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Facts\n\nEvery fact a rule may name, made from \`model/fact-catalogue.ts\` by \`npm run docs\`. A fact is missing where nobody could look, none where\nsomebody looked and there is none. The last column counts the rules that name it.\n\n${sections.join('\n')}`
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
  return [...publishedSchemas(), { file: 'docs/facts.md', text: factsPage(rules) }, { file: 'docs/rules.md', text: rulesPage(rules) }]
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { file, text } of publishedFiles()) writeFileSync(file, text)
}
