/**
 * The property tests with new seeds until the time is over: `npm run fuzz -- [MINUTES]` (5 unless told). Prints the seed and
 * the test of each failure; `GPUDOCTOR_SEED=SEED node build/PATH.test.js` shows it again.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))
execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' })
const files = readdirSync('build', { recursive: true }).map(name => join('build', name)).filter(file => file.endsWith('.test.js') && readFileSync(file, 'utf8').includes('test-corpus/property'))
const end = Date.now() + Number(process.argv[2] ?? 5) * 60_000
let rounds = 0
let failures = 0
for (; Date.now() < end; rounds++) {
  const seed = randomInt(2 ** 31)
  for (const file of files) {
    const { status, stdout } = spawnSync(process.execPath, [file], { env: { ...process.env, GPUDOCTOR_SEED: String(seed) }, encoding: 'utf8' })
    if (status === 0) continue
    failures++
    process.stdout.write(`seed ${seed}: ${file}\n${stdout.split('\n').filter(line => /Counterexample|^\s*not ok/.test(line)).slice(0, 8).join('\n')}\n`)
  }
}
process.stdout.write(`${rounds} rounds of ${files.length} files, ${failures} failed\n`)
process.exitCode = failures > 0 ? 1 : 0
