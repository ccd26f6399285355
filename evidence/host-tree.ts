/**
 * Files of a host at their own places: a rescued disk, a copied /sys and /etc. The collectors read them as they read a live
 * host, but for commands. Nobody knows what was left out in copying, so that a folder's listing counts as part of one.
 */
import { collectorsFor } from '../collectors/all.ts'
import type { Collector } from '../collectors/collector.ts'
import { hasBody, textOf, type Evidence } from '../model/evidence.ts'
import { collect } from './collect.ts'
import { liveSource } from './live-source.ts'
import type { Redactor } from './redact.ts'

const platformOf = (paths: readonly string[]): 'linux' | 'freebsd' =>
  (paths.some(path => /(?:^|\/)(?:boot\/loader\.conf|etc\/rc\.conf|boot\/kernel\/kernel)$/.test(path)) ? 'freebsd' : 'linux')

const readsTrees = ({ first = [], every = [] }: Collector): boolean => [...first, ...every].some(probe => 'tree' in probe)

/** Something was there, and not only a folder to look into. */
const tells = (piece: Evidence): boolean => typeof piece.body !== 'string' || textOf(piece).split('\n').some(line => line !== '' && !/^[^\t]+\t[/!]/.test(line))

/** What lies below `folder`, which holds `paths`; never follows a link out of it, never runs a command. */
export async function readHostTree(folder: string, paths: readonly string[], redactor: Redactor): Promise<Evidence[]> {
  const platform = platformOf(paths)
  const collectors = collectorsFor(platform)
  const trees = new Set(collectors.filter(readsTrees).map(({ gives }) => gives))
  const taken = await collect(collectors, liveSource(folder, platform), { redactor })
  return taken.filter(piece => hasBody(piece) && tells(piece)).map(piece => (trees.has(piece.kind) && piece.status === 'ok' ? { ...piece, status: 'cut' } : piece))
}
