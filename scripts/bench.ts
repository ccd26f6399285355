/**
 * `npm run bench`: the speed and memory bounds, as ratios measured in one run, so that they mean the same on any
 * machine. Each line says what was measured, the figure, the aim, and whether it holds.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { diagnose } from '../diagnosis/diagnose.ts'
import { timelineOf } from '../diagnosis/timeline.ts'
import { readBase } from '../engine/base.ts'
import { LogMatches } from '../engine/match-logs.ts'
import { Examination } from '../engine/run.ts'
import { tarOf } from '../evidence/archives.test-data.ts'
import { saveSnapshot } from '../evidence/snapshot.ts'
import { assemble } from '../facts/assemble.ts'
import type { Evidence } from '../model/evidence.ts'
import type { LogSignature, Rule } from '../model/rule.ts'
import { parsers } from '../parsers/all.ts'
import { renderHtml } from '../reports/html.tsx'
import { serverBackground, serverFindings } from '../reports/sample-background.test-data.ts'
import { thirtyFindings } from '../reports/sample-diagnosis.test-data.ts'
import { kernelLog, makeHost } from '../test-corpus/made-host.ts'
import { cut } from '../evidence/ticket.ts'
import { factsOf } from '../cli/examine.ts'
import { packageFile, shippedNames } from '../cli/package-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'gpudoctor-bench-'))
let missed = 0

function line(what: string, figure: string, aim: string, holds: boolean): void {
  if (!holds) missed++
  process.stdout.write(`${holds ? 'holds ' : 'MISSED'}  ${what}: ${figure} (aim: ${aim})\n`)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
const best = (values: readonly number[]): number => Math.min(...values)

/** Milliseconds of CPU of each of several runs: what else the machine does counts less than by the clock. */
async function times(count: number, work: () => unknown): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < count; i++) {
    const start = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(start)
    taken.push((user + system) / 1000)
  }
  return taken
}

/** Start to exit of a process; certificates of the environment are left out, as they cost Node 30 ms of their own. */
function processTime(argv: readonly string[]): number {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const start = performance.now()
  spawnSync(process.execPath, argv, { env, stdio: 'ignore' })
  return performance.now() - start
}

async function startToExit(): Promise<void> {
  const evidence = makeHost({ functions: 60, logLines: 2500 })
  const snapshot = join(folder, 'typical.tar.gz')
  await saveSnapshot(snapshot, {
    manifest: { tool: 'gpudoctor bench', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: {} },
    evidence, facts: assemble(evidence, parsers, shippedNames),
  })
  const bin = packageFile('bin', 'gpudoctor.js')
  const pairs = Array.from({ length: 15 }, () => [processTime(['-e', '0']), processTime([bin, 'replay', '--json', snapshot])] as const)
  const [bare, replay] = [best(pairs.map(pair => pair[0])), best(pairs.map(pair => pair[1]))]
  line('replay of a typical snapshot, start to exit, against a bare node -e 0', `${replay.toFixed(0)} ms / ${bare.toFixed(0)} ms = ${(replay / bare).toFixed(2)}`, 'under 4', replay / bare < 4)
}

/** Rules whose patterns look like the built-in ones and hardly ever match: numbered words keep them apart. */
function madeRules(count: number): Rule[] {
  const base = readBase(packageFile('dist', 'rules.json')).rules
  const signatures = base.flatMap(rule => Object.values(rule.log))
  const model = base[0] as Rule
  return Array.from({ length: count }, (_, index) => {
    const origin = signatures[index % signatures.length] as LogSignature
    const round = Math.floor(index / signatures.length)
    const signature: LogSignature = round === 0 ? origin : { ...origin, contains: origin.contains.map(literal => `${literal.slice(0, 6)}${round}${literal.slice(6)}`) }
    return { ...model, id: `made-${index}`, log: { it: { ...signature, in: ['kernel-log'] } } }
  })
}

async function logScan(): Promise<void> {
  const text = kernelLog(['0000:01:00.0'], 250_000).repeat(2).slice(0, 20 * 2 ** 20)
  const megabytes = text.length / 2 ** 20
  const evidence: Evidence[] = [{ id: 'kernel-log', kind: 'kernel-log', from: 'made', status: 'ok', body: text, takenAt: '2026-01-02T03:04:05Z' }]
  const { tables } = readBase(packageFile('dist', 'rules.json')).shared
  const measure = async (count: number) => {
    const rules = madeRules(count)
    return megabytes / (best(await times(7, () => new LogMatches(rules, evidence, tables))) / 1000)
  }
  await measure(50)
  const [few, many] = [await measure(50), await measure(500)]
  const literals = join(folder, 'patterns')
  writeFileSync(literals, madeRules(500).flatMap(rule => Object.values(rule.log).flatMap(signature => signature.contains)).map(literal => literal.replace(/[.[\]()*+?{}|^$\\]/g, '\\$&')).join('\n'))
  const log = join(folder, 'log')
  writeFileSync(log, text)
  const grep = best(Array.from({ length: 3 }, () => {
    const start = performance.now()
    try { execFileSync('grep', ['-i', '-E', '-c', '-f', literals, log], { stdio: 'ignore', env: { LC_ALL: 'C' } }) } catch { /* no match is no failure */ }
    return performance.now() - start
  }))
  line('log scan of 20 MB with 500 patterns against 50', `${many.toFixed(0)} MB/s and ${few.toFixed(0)} MB/s: ${(few / many).toFixed(2)} times the cost; grep -i -E -f takes ${(megabytes / (grep / 1000)).toFixed(0)} MB/s`, 'at most 1.3 times', few / many <= 1.3)
}

async function rulesOnHost(): Promise<void> {
  const { rules, shared } = readBase(packageFile('dist', 'rules.json'))
  const many: Rule[] = Array.from({ length: 300 }, (_, index) => ({ ...(rules[index % rules.length] as Rule), id: `${(rules[index % rules.length] as Rule).id}-${Math.floor(index / rules.length)}` }))
  const evidence = makeHost({ functions: 100, logLines: 2500 })
  const snapshot = assemble(evidence, parsers, shippedNames)
  const run = () => new Examination(many, shared, snapshot, evidence).run()
  await run()
  const warm = median(await times(7, run))
  line('300 rules on a host with 100 PCI functions, warm', `${warm.toFixed(0)} ms`, 'under 100 ms', warm < 100)
  const full = makeHost({ functions: 100, logLines: 20_000 })
  const about = { tool: 'bench', takenAt: null, root: null, redacted: {} }
  const whole = (asked: readonly Rule[]) => async () => diagnose({ rules: asked, shared, broken: [], snapshot: factsOf({ evidence: full, about, platform: 'linux', zoneMinutes: 0 }), evidence: full, about })
  const copies = copiesOf(rules, 4000)
  const [once, often] = [whole(rules), whole(copies)]
  await once()
  await often()
  const [all, ten] = [median(await times(7, once)), median(await times(5, often))]
  line(`all ${rules.length} rules, 100 PCI functions, 20,000 log lines, parsing included, warm`, `${all.toFixed(0)} ms`, 'under 250 ms', all < 250)
  line(`${copies.length} rules (copies with changed patterns) on the same host`, `${ten.toFixed(0)} ms, ${(ten / all).toFixed(2)} times`, 'under 3 times', ten / all < 3)
  const snapshot20k = join(folder, 'large.tar.gz')
  await saveSnapshot(snapshot20k, { manifest: { tool: 'gpudoctor bench', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: {} }, evidence: full, facts: null })
  const cold = best(Array.from({ length: 9 }, () => processTime([packageFile('bin', 'gpudoctor.js'), 'replay', '--json', snapshot20k])))
  line(`the same from a cold start: replay of its snapshot, start to exit`, `${cold.toFixed(0)} ms`, 'under 400 ms', cold < 400)
}

/** The rules again and again up to a number, each copy with messages of its own. */
function copiesOf(rules: readonly Rule[], count: number): Rule[] {
  return Array.from({ length: count }, (_, index) => {
    const rule = rules[index % rules.length] as Rule
    const round = Math.floor(index / rules.length)
    if (round === 0) return rule
    const log = Object.fromEntries(Object.entries(rule.log).map(([name, signature]): [string, LogSignature] => [name, { ...signature, contains: signature.contains.map(literal => `${literal.slice(0, 6)}${round}${literal.slice(6)}`), match: `(?:${signature.match}) ${round}` }]))
    const { cause, finding, fixes, confusedWith, checkedAgainst, references } = rule
    return { ...rule, id: `${rule.id}-${round}`, aliases: [], log, cause, finding, fixes, confusedWith, checkedAgainst, references }
  })
}

async function rendering(): Promise<void> {
  const evidence = makeHost({ functions: 100, logLines: 20_000 })
  const { snapshot: _, ...background } = serverBackground()
  const pages: readonly (readonly [string, () => string])[] = [
    ['30 findings', () => renderHtml(thirtyFindings)],
    ['30 findings, 8 GPUs with 200 functions, 20,000 log lines, no snapshot', () => renderHtml(serverFindings(), { ...background, evidence })],
  ]
  for (const [what, render] of pages) {
    render()
    const warm = median(await times(7, render))
    const size = Buffer.byteLength(render()) / 1024
    line(`HTML report of ${what}`, `${warm.toFixed(1)} ms, ${size.toFixed(0)} KiB`, 'at most 50 ms and 400 KiB', warm <= 50 && size <= 400)
  }
  const timeline = () => timelineOf(evidence, thirtyFindings.findings)
  timeline()
  const drawn = median(await times(7, timeline))
  line('its timeline', `${drawn.toFixed(1)} ms`, 'at most 50 ms', drawn <= 50)
}

/** A ticket of 20 MB: prose, fences, prompts and the outputs of many commands. */
async function ticket(): Promise<void> {
  const log = kernelLog(['0000:01:00.0'], 40_000)
  const part = `Hello,\n\nit still fails, here is the log:\n\n\`\`\`\nroot@host:~# dmesg\n${log}root@host:~# cat /proc/cmdline\nroot=/dev/sda1 intel_iommu=on\n\`\`\`\n\n`
  const text = part.repeat(Math.ceil((20 * 2 ** 20) / part.length)).slice(0, 20 * 2 ** 20)
  cut(text)
  const rate = 20 / (best(await times(5, () => cut(text))) / 1000)
  line('cutting and recognising a ticket of 20 MB', `${rate.toFixed(0)} MB/s`, 'at least 50 MB/s', rate >= 50)
}

/** A sos report of 2 GB, most of it of no use, as archives of real hosts are. */
async function largeArchive(): Promise<void> {
  const archive = join(folder, 'sosreport.tar.gz')
  const block = Buffer.from(Array.from({ length: 40_000 }, (_, n) => `${Math.imul(n, 2_654_435_761) >>> 0} journal of a service, line ${n}\n`).join(''))
  const tail = tarOf([{ path: 'sos/sos_commands/kernel/dmesg', text: kernelLog(['0000:01:00.0'], 20_000) }, { path: 'sos/proc/cmdline', text: 'root=/dev/sda1 intel_iommu=on\n' }])
  async function* bytes(): AsyncGenerator<Buffer> {
    for (let member = 0; member < 20; member++) {
      const head = tarOf([{ path: `sos/var/log/${member % 2 === 0 ? 'messages' : 'other'}-${member}`, size: block.length * 60 }]).subarray(0, 512)
      yield head
      for (let round = 0; round < 60; round++) yield block
      yield Buffer.alloc((512 - ((block.length * 60) % 512)) % 512)
    }
    yield tail
  }
  await pipeline(Readable.from(bytes()), createGzip({ level: 1 }), createWriteStream(archive))
  const watch = join(folder, 'memory.cjs')
  const told = join(folder, 'memory')
  writeFileSync(watch, `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS)))`)
  const start = performance.now()
  spawnSync(process.execPath, ['--require', watch, packageFile('bin', 'gpudoctor.js'), 'replay', '--json', archive], { stdio: 'ignore' })
  const seconds = (performance.now() - start) / 1000
  const memory = Number(readFileSync(told, 'utf8')) / 1024
  line(`replay of a sos report of ${((block.length * 1200) / 1e9).toFixed(1)} GB unpacked`, `${memory.toFixed(0)} MiB of memory at most, ${seconds.toFixed(0)} s`, 'at most 300 MiB', memory <= 300)
}

try {
  await startToExit()
  await logScan()
  await rulesOnHost()
  await rendering()
  await ticket()
  await largeArchive()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(missed === 0 ? 'All aims hold.\n' : `${missed} missed.\n`)
process.exitCode = missed === 0 ? 0 : 1
