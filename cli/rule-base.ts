/** The rules of a run: the built-in ones as compiled, and a person's own from a folder. */
import { existsSync } from 'node:fs'
import { readBase } from '../engine/base.ts'
import type { RuleBase } from '../engine/load.ts'
import { packageFile } from './package-files.ts'

/** Own rules come beside the built-in ones; one with the id of a built-in rule takes its place. */
export async function ruleBase(folder: string | undefined): Promise<RuleBase> {
  const { rules, shared } = readBase(packageFile('dist', 'rules.json'))
  if (folder === undefined) return { rules, shared, broken: [] }
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such folder of rules`)
  const { loadRules } = await import('../engine/load.ts')
  const own = loadRules(folder, shared)
  const taken = new Set(own.rules.map(rule => rule.id))
  return { rules: [...rules.filter(rule => !taken.has(rule.id)), ...own.rules], shared: own.shared, broken: own.broken }
}
