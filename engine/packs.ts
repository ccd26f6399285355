/** The built-in rules with folders of rules beside them: whose place a rule takes, and what is refused. */
import type { CompiledBase } from './base.ts'
import type { Problem } from './lint-check.ts'
import { loadRules, type LoadedRules, type RuleBase } from './load.ts'
import type { Rule } from '../model/rule.ts'
import { join } from 'node:path'
import { noted } from '../language/say.ts'

/** A rule base with the packs that are in it. */
export interface JoinedRules extends RuleBase { readonly packs: readonly LoadedRules['pack'][] }

/**
 * Folders in the order they were named. A rule of a folder without a name takes the place of the built-in rule of its id; a pack
 * with a name takes the places it says in `replaces`. What an earlier folder has, a later one cannot take. Never throws.
 */
export function withFolders(builtIn: CompiledBase, folders: readonly string[]): JoinedRules {
  const builtInIds = new Set(builtIn.rules.map(rule => rule.id))
  const own = new Map<string, string>()
  const replaced = new Set<string>()
  const rules: Rule[] = []
  const broken: Problem[] = []
  const packs: LoadedRules['pack'][] = []
  let { shared } = builtIn
  for (const folder of folders) {
    const loaded = loadRules(folder, shared)
    const { pack } = loaded
    broken.push(...loaded.broken)
    if (pack?.name && packs.some(other => other?.name === pack.name)) {
      broken.push({ check: 'pack-form', rule: 'pack.yaml', file: join(folder, 'pack.yaml'), error: noted('another pack is called {name}; this one is left out', { name: pack.name }) })
      continue
    }
    packs.push(pack)
    shared = loaded.shared
    for (const { rule, file } of loaded.sources) {
      const taken = own.get(rule.id)
      if (taken !== undefined) broken.push({ check: 'unique-name', rule: rule.id, file, error: noted('the id {id} is taken by {taken}', { id: rule.id, taken }) })
      else {
        own.set(rule.id, file)
        rules.push(rule)
        replaced.add(rule.id)
      }
    }
    for (const id of pack?.replaces ?? []) {
      replaced.add(id)
      if (!builtInIds.has(id)) broken.push({ check: 'pack-form', rule: 'pack.yaml', file: join(folder, 'pack.yaml'), error: noted('it replaces {id}, and no built-in rule has this id', { id }) })
    }
  }
  return { rules: [...builtIn.rules.filter(rule => !replaced.has(rule.id)), ...rules], shared, broken, packs }
}
