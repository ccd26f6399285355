/**
 * The lab: breaks a real passthrough host in a box, lets gpudoctor find out, applies the fix it prints, and sees that it works.
 *
 *   npm run lab                      all scenarios
 *   npm run lab -- NAME…             those whose names contain one of the words
 *   npm run lab -- --budget SECONDS  as many as fit, others each day
 *   npm run lab:capture              renew snapshots, results and the table in docs/lab.md
 *
 * A line each, then `N passed, N failed, N skipped`. Where the lab cannot run, all are skipped, with the reason.
 */
import { copyFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { takeTool } from './cargo.ts'
import { startHost, type Host } from './host.ts'
import { image, type Image } from './image.ts'
import { readResults, resultOf, writeResults, type Results } from './results.ts'
import { labFolder, readScenarios, type Scenario } from './scenario.ts'
import { show, type Shown } from './show.ts'
import { writeTable } from './table.ts'
import { CannotRun, requireTools, scratchFolder } from './tools.ts'

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { budget: { type: 'string' }, capture: { type: 'boolean', default: false }, verbose: { type: 'boolean', short: 'v', default: false }, list: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
})

const started = Date.now()
const passed = (since: number): number => Math.round((Date.now() - since) / 1000)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const log = (line: string): void => void (options.verbose && process.stderr.write(`${line}\n`))
const counts = { passed: 0, failed: 0, skipped: 0 }

/** Those in one box follow each other: same machine first, and of these the ones that start from an unchanged disk. */
const inOrder = (scenarios: readonly Scenario[]): Scenario[] => [...scenarios].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
const placeOf = (scenario: Scenario): string => `${JSON.stringify(scenario.machine)} ${isPlain(scenario) ? 0 : 1} ${scenario.tidy === undefined ? 1 : 0} ${scenario.name}`
const isPlain = (scenario: Scenario): boolean => scenario.kernel === undefined && scenario.before === undefined

/** As many as fit into the time, by what they took last; each day begins at another one. */
function within(scenarios: readonly Scenario[], seconds: number, results: Results): Scenario[] {
  const day = Math.floor(Date.now() / 86_400_000)
  const first = (day * 5) % scenarios.length
  let left = seconds
  return [...scenarios.slice(first), ...scenarios.slice(0, first)].filter(({ name }) => {
    const takes = results[name]?.seconds ?? 90
    if (takes > left) return false
    left -= takes
    return true
  })
}

function printShown({ name, wrong, found, reached, seconds }: Shown): void {
  const rules = found.map(({ rule, rank }) => `${rule} at ${rank}`).join(', ')
  print(`${wrong.length === 0 ? 'passed ' : 'FAILED '} ${name.padEnd(30)} ${reached.join(', ')}${rules ? `: ${rules}` : ''} (${seconds} s)`)
  for (const line of wrong) print(`         ${line.split('\n').join('\n         ')}`)
  if (wrong.length === 0) counts.passed++
  else counts.failed++
}

/** Boxes at once: each keeps about one processor busy. */
const lanes = Math.max(1, Math.min(4, availableParallelism()))

/** The next scenario for a lane: one that can go on in its box, else the first. */
function next(queue: Scenario[], host: Host | null): Scenario | undefined {
  const going = host === null ? -1 : queue.findIndex(scenario => isPlain(scenario) && isDeepStrictEqual(host.machine, scenario.machine))
  return queue.splice(Math.max(0, going), 1)[0]
}

async function runAll(scenarios: readonly Scenario[], made: Image, tool: string, results: Results, until: number): Promise<void> {
  const queue = [...scenarios]
  const tried = new Set<Scenario>()
  const lane = async (): Promise<void> => {
    let host: Host | 'again' | null = null
    try {
      for (let scenario = next(queue, host); scenario; scenario = next(queue, host)) {
        if (Date.now() > until) skip(scenario, 'no time was left for it')
        else {
          const last = tried.has(scenario)
          tried.add(scenario)
          host = await runOne(scenario, host, made, tool, results, last ? 'last' : 'first')
          if (host === 'again') {
            queue.push(scenario)
            host = null
          }
        }
      }
    } finally {
      if (host !== null && host !== 'again') await host.end()
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane))
}

/**
 * One scenario, in the box that stands there if it fits; gives the box, where another may go on in it. Emulation is slow, and on a
 * machine with much else to do something in the box may be late, so that what fails is tried once more in a new one.
 */
async function runOne(scenario: Scenario, given: Host | null, made: Image, tool: string, results: Results, run: 'first' | 'last'): Promise<Host | 'again' | null> {
  let host = given
  const since = Date.now()
  if (host && !(isPlain(scenario) && isDeepStrictEqual(host.machine, scenario.machine))) host = await end(host)
  log(`${scenario.name}: ${scenario.title}`)
  let shown: Omit<Shown, 'seconds'>
  try {
    host ??= await startHost(scenario, made, tool, log)
    shown = await show(scenario, host, log, (examined, sick) => {
      if (options.capture) copyFileSync(examined.snapshot, join(labFolder, 'snapshots', `${scenario.name}${sick ? '' : '.cured'}.tar.gz`))
      if (options.verbose) writeFileSync(`/tmp/lab-${scenario.name}${sick ? '' : '.cured'}.json`, JSON.stringify(examined, null, 2))
    }, texts => {
      if (options.capture) copyFileSync(texts, join(labFolder, 'snapshots', `${scenario.name}.texts.tar.gz`))
    })
  } catch (error) {
    shown = { name: scenario.name, wrong: [error instanceof Error ? error.message : String(error)], found: [], sick: null, cured: null, reached: [], tidy: false }
  }
  if (host && (!shown.tidy || shown.wrong.length > 0)) host = await end(host)
  if (shown.wrong.length > 0 && run === 'first') {
    print(`again   ${scenario.name.padEnd(30)} ${shown.wrong.join('; ').split('\n').slice(0, 3).join(' ').slice(0, 200)}`)
    return 'again'
  }
  const whole = { ...shown, seconds: passed(since) }
  printShown(whole)
  if (whole.wrong.length === 0) results[scenario.name] = resultOf(whole)
  return host
}

async function end(host: Host): Promise<null> {
  await host.end()
  return null
}

function skip({ name }: Scenario, why: string): void {
  counts.skipped++
  print(`skipped ${name.padEnd(30)} ${why}`)
}

const help = `npm run lab -- [OPTIONS] [NAME…]

Breaks a real passthrough host in a box (QEMU, no KVM needed), lets gpudoctor find out, applies the fix it prints and sees
that it works. Needs root and Debian's packages. NAME: only scenarios whose names contain one of the words.

  --list          the scenarios
  --budget N      as many as fit into N seconds, others each day
  --capture       renew the snapshots and the table in docs/lab.md
  -v, --verbose   what happens in the boxes
`

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(help)
  const all = readScenarios()
  const results = readResults()
  const named = all.filter(({ name }) => names.length === 0 || names.some(word => name.includes(word)))
  if (options.list) return named.forEach(({ name, title }) => print(`${name.padEnd(30)} ${title}`))
  if (named.length === 0) throw new Error(`no scenario is called ${names.join(' or ')}`)
  const folder = scratchFolder()
  try {
    requireTools()
    const made = await image(line => process.stderr.write(`${line}\n`))
    const budget = options.budget === undefined ? Infinity : Number(options.budget)
    const left = budget - passed(started)
    const chosen = budget === Infinity ? named : within(named, left * lanes, results)
    if (chosen.length < named.length) print(`${chosen.length} of ${named.length} scenarios fit into ${budget} s; others come on other days`)
    await runAll(inOrder(chosen), made, await takeTool(folder), results, started + budget * 1000 - 60_000)
    if (options.capture) {
      writeResults(results)
      writeTable(all, results, named.length === all.length ? passed(started) : null)
    }
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
    for (const scenario of named) skip(scenario, error.message)
  }
  print(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.stderr.write(`${passed(started)} s in all\n`)
  process.exitCode = counts.failed > 0 ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => {
  process.stderr.write(`ended by ${signal}\n`)
  process.exit(130)
})
await main()
process.exit()
