/** Collecting without diagnosing, and saying beforehand what would be touched. */
import { statSync } from 'node:fs'
import type { RedactionLevel } from '../evidence/redact.ts'
import { factsOf, save } from './examine.ts'
import { takeHost } from './inputs.ts'

export async function collectHost(options: { readonly output: string; readonly plan?: true; readonly root?: string; readonly patience?: number; readonly redact?: RedactionLevel }): Promise<number> {
  if (options.plan) return printPlan()
  const taken = await takeHost(options)
  await save(options.output, taken, factsOf(taken))
  const unread = taken.evidence.filter(piece => piece.status === 'denied')
  process.stderr.write(`${options.output}: ${taken.evidence.filter(piece => piece.status === 'ok' || piece.status === 'cut').length} pieces of evidence, ${Math.ceil(statSync(options.output).size / 1024)} KiB\n`)
  if (unread.length > 0) process.stderr.write(`Not permitted to read: ${[...new Set(unread.map(piece => piece.kind))].join(', ')}. Run it with sudo to have them too.\n`)
  return 0
}

async function printPlan(): Promise<number> {
  const [{ plan }, { collectorsFor }, { liveSource }] = await Promise.all([import('../evidence/collect.ts'), import('../collectors/all.ts'), import('../evidence/live-source.ts')])
  const { platform } = liveSource()
  process.stdout.write(`${plan(collectorsFor(platform === 'freebsd' ? 'freebsd' : 'linux')).join('\n')}\n`)
  return 0
}
