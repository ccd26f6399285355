/** The lint of a folder: everything that loading refuses, and everything else worth mending, each at its place. Never throws. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadRules, readYaml, type LoadedRules, type RuleSource } from './load.ts'
import type { Keys, Problem } from './lint-check.ts'
import { lintRule, type FolderCheck } from './lint.ts'
import { testChecks } from './lint-tests.ts'
import { placeholdersIn } from './paths.ts'
import type { Recipe, Shared } from './shared.ts'
import { noted } from '../language/say.ts'

/** The built-in rules, for a folder that comes beside them: what they share and every name they have. */
export interface BuiltIn { readonly shared: Shared; readonly names: ReadonlySet<string> }

/** `builtIn` null: the folder is the built-in one. */
export function lintFolder(folder: string, builtIn: BuiltIn | null): LoadedRules & { readonly problems: readonly Problem[] } {
  const loaded = loadRules(folder, builtIn?.shared ?? null, builtIn?.names)
  const problems = [
    ...loaded.broken, ...loaded.dangling,
    ...loaded.sources.flatMap(source => [...ofRule(source), ...ofTests(source)]),
    ...orphans(folder), ...cycles(loaded.sources), ...ofShared(folder, loaded, builtIn?.shared ?? null),
    ...(builtIn === null || loaded.pack?.name ? [] : loaded.sources.flatMap(source => builtInName(source, builtIn.names, loaded.pack?.replaces ?? []))),
  ]
  return { ...loaded, problems: problems.sort((a, b) => compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)) }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const problem = (check: FolderCheck, { file, linted, at }: RuleSource, path: Keys, error: string): Problem => ({ check, rule: linted.rule.id, file, error, ...at(path) })

const ofRule = ({ file, linted, at }: RuleSource): Problem[] =>
  lintRule(linted, false).map(({ check, path, message }) => ({ check, rule: linted.rule.id, file, error: message, ...at(path) }))

const testFileOf = (file: string): string => file.replace(/\.yaml$/, '.test.yaml')

function ofTests(source: RuleSource): Problem[] {
  const { file, linted: { rule }, tests, testAt } = source
  if (!tests || !testAt) return [problem('has-tests', source, ['id'], noted('it has no tests; write them into {what} beside it', { what: basename(testFileOf(file)) }))]
  return testChecks.flatMap(check => check.find(rule, tests).map(({ path, message }) => ({ check: check.name, rule: rule.id, file: testFileOf(file), error: message, ...testAt(path) })))
}

/** Test files without a rule; files are told by their names, so a rule that is broken still has its tests. */
function orphans(folder: string): Problem[] {
  let names: string[]
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  const there = new Set(names)
  return names.filter(name => name.endsWith('.test.yaml') && !/(?:^|[/\\])[._]/.test(name) && !there.has(name.replace(/\.test\.yaml$/, '.yaml')))
    .map(name => ({ check: 'orphan-test', rule: basename(name, '.test.yaml'), file: join(folder, name), error: noted('there is no {what} beside it', { what: basename(name).replace(/\.test\.yaml$/, '.yaml') }), line: 1, column: 1 }))
}

/** Symptoms in circles: a rule of each is named, with the shortest way back to it. Rules on a circle that was told are not told again. */
function cycles(sources: readonly RuleSource[]): Problem[] {
  const byName = new Map(sources.flatMap(source => [source.linted.rule.id, ...source.linted.rule.aliases].map(name => [name, source] as const)))
  const causes = (source: RuleSource): RuleSource[] => source.linted.rule.symptomOf.flatMap(name => byName.get(name) ?? []).filter(cause => cause !== source)
  const told = new Set<RuleSource>()
  return sources.flatMap(source => {
    const circle = told.has(source) ? null : wayBack(source, causes)
    if (!circle) return []
    for (const one of circle) told.add(one)
    const names = [...circle, source].map(one => one.linted.rule.id)
    const index = source.linted.rule.symptomOf.findIndex(name => byName.get(name) === (circle[1] ?? source))
    return [problem('symptom-cycle', source, ['symptom_of', index], noted('symptoms in a circle: {list}', { list: names.join(' → ') }))]
  })
}

/** The shortest way from a rule through its causes back to itself; breadth first. */
function wayBack(from: RuleSource, causes: (source: RuleSource) => readonly RuleSource[]): RuleSource[] | null {
  const before = new Map<RuleSource, RuleSource>()
  for (let edge: RuleSource[] = [from]; edge.length > 0;) {
    const next: RuleSource[] = []
    for (const source of edge) {
      for (const cause of causes(source)) {
        if (cause === from) {
          const way = [source]
          for (let at = source; at !== from;) way.unshift((at = before.get(at) as RuleSource))
          return way
        }
        if (!before.has(cause)) {
          before.set(cause, source)
          next.push(cause)
        }
      }
    }
    edge = next
  }
  return null
}

function builtInName(source: RuleSource, names: ReadonlySet<string>, replaces: readonly string[]): Problem[] {
  const { id, aliases } = source.linted.rule
  return [id, ...aliases].filter(name => names.has(name) && !replaces.includes(name)).map(name =>
    problem('built-in-name', source, name === id ? ['id'] : ['aliases', aliases.indexOf(name)], noted('{name} is a name of a built-in rule, whose place this one takes; choose another, or say so with replaces in pack.yaml', { name })))
}

/** What the folder itself shares: used by somebody, and recipes that name what they have. */
function ofShared(folder: string, { sources, shared }: LoadedRules, base: Shared | null): Problem[] {
  const own = (key: 'lists' | 'conditions' | 'recipes'): string[] => Object.keys(shared[key]).filter(name => base === null || !Object.hasOwn(base[key], name))
  const written = JSON.stringify([sources.map(source => source.linted.file), shared.conditions, shared.recipes])
  const uses = { lists: (name: string) => `"path":"${name}"`, conditions: (name: string) => `{"condition":"${name}"}`, recipes: (name: string) => `"recipe":"${name}"` }
  const place = (file: string, name: string) => ({ rule: file, file: join(folder, file), ...lineOf(join(folder, file), name) })
  const idle = base === null ? [] : (['lists', 'conditions', 'recipes'] as const).flatMap(key => own(key).filter(name => !written.includes(uses[key](name)))
    .map(name => ({ check: 'shared-used', error: noted('nothing uses {name}', { name }), ...place(`_${key}.yaml`, name) })))
  const odd = own('recipes').flatMap(name => recipeFaults(shared.recipes[name] as Recipe, shared).map(error => ({ check: 'recipe-names', error: `${name}: ${error}`, ...place('_recipes.yaml', name) })))
  return [...idle, ...odd]
}

function recipeFaults(recipe: Recipe, shared: Shared): string[] {
  const strange = placeholdersIn(JSON.stringify(recipe.steps)).filter(({ path }) => !recipe.with.some(name => path === `with.${name}`)).map(({ path }) => noted('{placeholder} is none of its parameters ({list})', { placeholder: `{{${path}}}`, list: recipe.with.join(', ') || noted('it has none') }))
  const lost = recipe.steps.flatMap(step => ('recipe' in step && !Object.hasOwn(shared.recipes, step.recipe) ? [noted('there is no recipe {recipe}', { recipe: step.recipe })] : []))
  return [...strange, ...lost]
}

/** Where a name stands at the top of a file. */
function lineOf(file: string, name: string): { line: number; column: number } {
  try {
    return readYaml(readFileSync(file, 'utf8')).at([name])
  } catch {
    return { line: 1, column: 1 }
  }
}
