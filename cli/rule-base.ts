/** The rules of a run: the built-in ones as compiled, and a person's own from folders. */
import { existsSync } from 'node:fs'
import { readBase, type CompiledBase } from '../engine/base.ts'
import { language, say } from '../language/say.ts'
import type { RuleBase } from '../engine/load.ts'
import { packageFile } from './package-files.ts'

/** The built-in rules speak the language of the run. */
export const builtInRules = (): CompiledBase => readBase(packageFile('dist', language() === 'en' ? 'rules.json' : `rules.${language()}.json`))

/** The built-in rules, and beside them a person's own, in the language of their author; see engine/packs.ts. Throws where a folder is not there. */
export async function ruleBase(folders: string | readonly string[] | undefined): Promise<RuleBase> {
  const builtIn = builtInRules()
  const own = typeof folders === 'string' ? [folders] : (folders ?? [])
  if (own.length === 0) return { ...builtIn, broken: [] }
  for (const folder of own) if (!existsSync(folder)) throw noFolder(folder)
  const { withFolders } = await import('../engine/packs.ts')
  return withFolders(builtIn, own)
}

export const noFolder = (folder: string): Error => new Error(say('{folder}: there is no such folder of rules', { folder }))
