/** Where a run's evidence comes from: this host, or what was handed in. */
import { hostname } from 'node:os'
import type { Evidence } from '../model/evidence.ts'
import type { RunInfo } from '../model/finding.ts'
import type { Extra } from '../collectors/collector.ts'
import type { RedactionLevel } from '../evidence/redact.ts'
import { toolName } from './version.ts'
import { progress } from './progress.ts'
import { plural, say } from '../language/say.ts'
import { printable } from '../reports/printable.ts'

/** Evidence with what a snapshot's manifest says of its taking. */
export interface Taken {
  readonly evidence: readonly Evidence[]
  readonly about: Pick<RunInfo, 'tool' | 'takenAt' | 'root' | 'redacted'>
  readonly platform: 'linux' | 'freebsd' | 'other'
  readonly zoneMinutes: number
}

/** Reads the live host, or a copied tree below `root`. */
export async function takeHost({ root, patience = 1, also = [], redact = 'standard' }: { readonly root?: string; readonly patience?: number; readonly also?: readonly Extra[]; readonly redact?: RedactionLevel } = {}): Promise<Taken> {
  const [{ collect }, { liveSource }, { createRedactor }, { collectorsFor }] = await Promise.all([
    import('../evidence/collect.ts'), import('../evidence/live-source.ts'), import('../evidence/redact.ts'), import('../collectors/all.ts'),
  ])
  const source = liveSource(root ?? '')
  const collectors = collectorsFor(source.platform, also)
  if (source.platform === 'other') throw new Error(say('gpudoctor examines Linux and FreeBSD hosts, and this is neither ({platform}). It replays snapshots and files here: gpudoctor replay FILE…', { platform: process.platform }))
  const redactor = createRedactor(undefined, redact)
  if (root === undefined) {
    redactor.learn('host', hostname())
    redactor.learn('user', process.env.SUDO_USER ?? process.env.USER ?? '')
  }
  const interrupted = () => {
    source.stop()
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  const shown = progress(say('Reading this host'))
  try {
    const evidence = redactor.withoutNames(await collect(collectors, source, { redactor, patience, onProgress: (done, all) => shown.update(say('Reading this host ({done} of {all})', { done, all })) }))
    return {
      evidence, platform: source.platform, zoneMinutes: -new Date().getTimezoneOffset(),
      about: { tool: toolName, takenAt: new Date().toISOString(), root: root === undefined ? process.geteuid?.() === 0 : null, redacted: redactor.counts },
    }
  } finally {
    process.off('SIGINT', interrupted)
    shown.done()
  }
}

/** Opens a snapshot, a folder, loose files or standard input. */
export async function takeInputs(paths: readonly string[], redact: RedactionLevel = 'standard'): Promise<Taken> {
  const [{ openInputs }, { createRedactor }] = await Promise.all([import('../evidence/open.ts'), import('../evidence/redact.ts')])
  const redactor = createRedactor(undefined, redact)
  const shown = progress(say('Reading what was handed in'))
  try {
    const { evidence, manifest, otherHosts } = await openInputs(paths, {}, redactor)
    if (otherHosts.length > 0) {
      shown.done()
      process.stderr.write(`${printable(plural(otherHosts.length, '{n} snapshot was not read, as each is a host of its own and a newer one is there: {paths}. Hand it in by itself.', '{n} snapshots were not read, as each is a host of its own and a newer one is there: {paths}. Hand them in one by one, or all with --ndjson.', { paths: otherHosts.slice(0, 20).join(', ') }))}\n`)
    }
    return {
      evidence: redactor.withoutNames(evidence), platform: manifest?.platform ?? 'other', zoneMinutes: manifest?.zoneMinutes ?? 0,
      about: { tool: toolName, takenAt: manifest?.takenAt ?? null, root: manifest?.root ?? null, redacted: sum(manifest?.redacted ?? {}, redactor.counts) },
    }
  } finally {
    shown.done()
  }
}

const sum = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map(label => [label, (a[label] ?? 0) + (b[label] ?? 0)]))
