/**
 * Writes the code cache of the bundle: runs it once on a made host, so that the functions a real run needs are
 * compiled, and keeps what V8 compiled. Called by the build, in a process of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveSnapshot } from '../evidence/snapshot.ts'
import { makeHost } from '../test-corpus/made-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'gpudoctor-build-'))
const snapshot = join(folder, 'host.tar.gz')
const evidence = [
  ...makeHost({ functions: 40, logLines: 600 }),
  { id: 'qemu-log/other', kind: 'qemu-log', from: 'made', status: 'ok', body: 'qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: group 1 is not viable\n' } as const,
]
await saveSnapshot(snapshot, { manifest: { tool: 'build', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: {} }, evidence, facts: null })

const bundle = createRequire(import.meta.url)(join(process.cwd(), 'bin', 'load-bundle.js')) as { runBundle(): { createCachedData(): Buffer }; cacheFile: string }
rmSync(bundle.cacheFile, { force: true })
process.argv.splice(2, Infinity, 'replay', '--json', snapshot)
process.stdout.write = () => true
const script = bundle.runBundle()
process.on('exit', () => {
  writeFileSync(bundle.cacheFile, script.createCachedData())
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = 0
})
