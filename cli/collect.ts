/** Collecting without diagnosing, and saying beforehand what would be touched. */
import { readFileSync, statSync } from 'node:fs'
import type { Extra } from '../collectors/collector.ts'
import type { RedactionLevel } from '../evidence/redact.ts'
import { factsOf, save } from './examine.ts'
import { takeHost } from './inputs.ts'
import { inLanguage, plural, say } from '../language/say.ts'
import { packageFile } from './package-files.ts'
import { toolName } from './version.ts'

/** The systems `--script` can be asked for. */
export type ScriptFor = 'linux' | 'freebsd' | 'any'
export interface CollectOptions {
  readonly output: string
  readonly plan?: true
  readonly script?: ScriptFor
  readonly root?: string
  readonly patience?: number
  readonly also?: readonly Extra[]
  readonly redact?: RedactionLevel
}

export async function collectHost(options: CollectOptions): Promise<number> {
  if (options.script) {
    process.stdout.write(await collectorScript(options.script))
    return 0
  }
  if (options.plan) return printPlan(options.also)
  const taken = await takeHost(options)
  await save(options.output, taken, factsOf(taken))
  const pieces = taken.evidence.filter(piece => piece.status === 'ok' || piece.status === 'cut').length
  const unread = taken.evidence.filter(piece => piece.status === 'denied')
  process.stderr.write(`${plural(pieces, '{file}: {n} piece of evidence, {size} KiB', '{file}: {n} pieces of evidence, {size} KiB', { file: options.output, size: Math.ceil(statSync(options.output).size / 1024) })}\n`)
  if (unread.length > 0) process.stderr.write(`${say('Not permitted to read: {kinds}. Run it with sudo to have them too.', { kinds: [...new Set(unread.map(piece => piece.kind))].join(', ') })}\n`)
  return 0
}

async function printPlan(also: readonly Extra[] = []): Promise<number> {
  const [{ plan }, { collectorsFor }, { liveSource }] = await Promise.all([import('../evidence/collect.ts'), import('../collectors/all.ts'), import('../evidence/live-source.ts')])
  const { platform } = liveSource()
  process.stdout.write(`${plan(collectorsFor(platform === 'freebsd' ? 'freebsd' : 'linux', also), inLanguage).join('\n')}\n`)
  return 0
}

/** The collectors as a shell script for hosts without Node. */
export async function collectorScript(system: ScriptFor): Promise<string> {
  const [{ plan }, { collectorsFor }, { script }] = await Promise.all([import('../evidence/collect.ts'), import('../collectors/all.ts'), import('../collectors/script.ts')])
  const platforms = (['linux', 'freebsd'] as const).filter(platform => system === 'any' || system === platform)
  return script(readFileSync(packageFile('data', 'collect.sh'), 'utf8'), toolName, platforms.map(platform => ({ platform, collectors: collectorsFor(platform), plan: plan(collectorsFor(platform)) })))
}
