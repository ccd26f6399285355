/** The table of docs/lab.md: for each scenario what gpudoctor and what virt-host-validate said. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result, Results } from './results.ts'
import { labFolder, type Scenario } from './scenario.ts'

const page = join(labFolder, '../../docs/lab.md')
const [begin, end] = ['<!-- made by npm run lab:capture -->', '<!-- end of what is made -->']

/** `wall`: seconds of a run of all of them, where this was one. */
export function writeTable(scenarios: readonly Scenario[], results: Results, wall: number | null): void {
  const text = readFileSync(page, 'utf8')
  const [head, rest] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))]
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`${page} has lost the marks around its table`)
  writeFileSync(page, `${head}${begin}\n${table(scenarios, results, wall)}\n${rest}`)
}

export function table(scenarios: readonly Scenario[], results: Results, wall: number | null): string {
  const shown = scenarios.flatMap(scenario => (results[scenario.name] ? [{ scenario, result: results[scenario.name]! }] : []))
  const total = shown.reduce((sum, { result }) => sum + result.seconds, 0)
  return [
    '| scenario | gpudoctor, place in its list | then | virt-host-validate qemu | s |', '| --- | --- | --- | --- | --- |',
    ...shown.map(({ scenario, result }) => `| ${scenario.name}: ${cell(scenario.title)} | ${ours(result)} | ${result.reached.filter(word => word !== 'broken' && word !== 'found').join(', ')} | ${theirs(result)} | ${result.seconds} |`),
    '', `${shown.length} scenarios, ${minutes(total)} of box time${wall === null ? '' : `; all in one run, two boxes at a time on two processors: ${minutes(wall)}`}.`,
  ].join('\n')
}

const minutes = (seconds: number): string => `${Math.floor(seconds / 60)} min ${seconds % 60} s`
const cell = (text: string): string => text.replaceAll('|', '\\|')
const ours = ({ found }: Result): string => (found.length === 0 ? 'nothing wrong' : found.map(({ rule, rank }) => `${rule} (${rank})`).join(', '))

/** It sees a fault where it says of the broken host what it does not say of the cured one. */
function theirs({ validate: { sick, cured } }: Result): string {
  const seen = cured === null ? sick : sick.filter(line => !cured.includes(line))
  const both = cured === null ? '' : cured.filter(line => sick.includes(line)).length > 0 ? 'the same before and after' : 'all PASS before and after'
  return seen.length === 0 ? both || 'all PASS' : cell(seen.map(line => line.replace(/^QEMU: Checking (?:for |if )?/, '')).join('; '))
}
