/**
 * All tests: build, lint, then tap over the compiled test files. The last line is `N passed, N failed, N skipped`,
 * with each failure and the reason of each skip above it. Arguments: only test files whose paths contain one of them.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Parser } from 'tap-parser'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
// Tests expect English, whatever their reader speaks; those of other languages ask for them.
process.env.LC_ALL = 'C'

/** tap brings a TypeScript plugin of its own, which this project switches off (package.json); tap wants that built in once. */
const stamp = 'node_modules/.tap-without-typescript'
if (!existsSync(stamp)) {
  execFileSync(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(stamp, '')
}
const counts = { passed: 0, failed: 0, skipped: 0 }
const failures = []
const skips = []

/** A step before the tests counts as one test. */
function step(name, argv) {
  const { status } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) counts.passed++
  else {
    counts.failed++
    failures.push(name)
  }
  return status === 0
}

const words = process.argv.slice(2)
const built = step('build', ['scripts/build.js'])
if (words.length === 0) step('lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--quiet'])
if (words.length === 0 && built) step('texts and their translations', ['build/scripts/check-texts.js'])

const files = readdirSync('build', { recursive: true }).map(name => join('build', name))
  .filter(name => name.endsWith('.test.js') && (words.length === 0 || words.some(word => name.includes(word)))).sort()

/** Counts what is no summary of a subtest; names failures and skips by the subtests around them. */
function watch(parser, names) {
  let afterChild = false
  parser.on('child', child => {
    afterChild = true
    watch(child, [...names, child.name])
  })
  parser.on('assert', result => {
    const summary = afterChild && !result.skip
    afterChild = false
    if (summary && result.ok) return
    const name = [...names, result.name].filter((part, at, all) => part && part !== all[at - 1]).join(' > ')
    if (result.skip) {
      counts.skipped++
      skips.push(`${name}: ${result.skip === true ? 'no reason given' : result.skip}`)
    } else if (result.ok) counts.passed++
    else if (!summary) {
      counts.failed++
      failures.push(`${name}${result.diag ? `\n${JSON.stringify(result.diag, null, 2).slice(0, 700)}` : ''}`)
    } else if (result.diag?.exitCode || result.diag?.signal || result.plan) {
      counts.failed++
      failures.push(`${name} ended with ${JSON.stringify(result.diag).slice(0, 500)}`)
    }
  })
}

if (built && files.length > 0) {
  const parser = new Parser()
  watch(parser, [])
  const tap = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'run', '-R', 'tap', '--jobs=2', '--timeout=240', ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  tap.stdout.pipe(parser)
  const code = await new Promise(resolve => tap.on('close', resolve))
  if (code !== 0 && counts.failed === 0) {
    counts.failed++
    failures.push(`tap ended with ${code}`)
  }
}
for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`)
for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
