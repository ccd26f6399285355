/** `gpudoctor rules`: what rules there are, and checks for a person's own. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { Broken } from '../model/finding.ts'
import type { Condition } from '../model/rule.ts'
import { samplesOf } from '../engine/base.ts'
import { findRule } from './explain.ts'
import { packageFile } from './package-files.ts'
import { ruleBase } from './rule-base.ts'

const plainTitle = (title: string): string => title.replace(/\{\{[^}]*\}\}/g, '…')

export async function list(options: { readonly rules?: string; readonly json?: true }): Promise<number> {
  const { rules, broken } = await ruleBase(options.rules)
  const sorted = [...rules].sort((a, b) => (a.layer === b.layer ? (a.id < b.id ? -1 : 1) : a.layer < b.layer ? -1 : 1))
  const text = options.json
    ? JSON.stringify(sorted.map(({ id, aliases, title, severity, layer, platforms, for: subject, status }) => ({ id, aliases, title: plainTitle(title), severity, layer, platforms, for: subject, status })), null, 2)
    : sorted.map(rule => `${rule.layer.padEnd(15)} ${rule.severity.padEnd(8)} ${rule.id.padEnd(40)} ${plainTitle(rule.title)}`).join('\n')
  process.stdout.write(`${text}\n`)
  return complain(broken)
}

export async function show(id: string, options: { readonly rules?: string }): Promise<number> {
  const rule = findRule((await ruleBase(options.rules)).rules, id)
  const lines = [
    `${rule.id}${rule.aliases.length > 0 ? ` (also ${rule.aliases.join(', ')})` : ''}`, plainTitle(rule.title), '',
    `${rule.severity}, ${rule.confidence}; layer ${rule.layer}; asked for each ${rule.for}; ${rule.platforms.join(', ')}`, '',
    rule.cause, '', 'It fires when', ...conditionLines(rule.conditions, 1), '',
    ...Object.entries(rule.log).flatMap(([name, signature]) => [`log.${name}, in ${signature.in.join(', ')}: /${signature.match}/`, ...samplesOf(rule, name).map(sample => `  such as: ${sample}`)]),
    ...(rule.fixes.length > 0 ? ['', 'Fixes', ...rule.fixes.map(fix => `  ${plainTitle(fix.title)} (${fix.risk})`)] : []),
    ...(rule.confusedWith.length > 0 ? ['', 'Not to be confused with', ...rule.confusedWith.map(other => `  ${other.rule}: ${other.tell}`)] : []),
    '', 'Rests on', `  ${rule.needs.join(', ') || 'nothing that is read'}`,
    '', 'Sources', ...rule.references.map(reference => `  ${reference.for}: ${reference.at}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

function conditionLines(condition: Condition, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if ('operator' in condition) return [`${indent}${condition.fact}.${condition.path} ${condition.operator} ${JSON.stringify(condition.value)}`]
  if ('not' in condition) return [`${indent}not`, ...conditionLines(condition.not, depth + 1)]
  const [name, children] = 'all' in condition ? ['all of', condition.all] : ['at least one of', condition.any]
  return [`${indent}${name}`, ...children.flatMap(child => conditionLines(child, depth + 1))]
}

/** Loads a folder as a person's own rules; the built-in one stands on its own. */
async function load(folder: string | undefined) {
  const { loadRules } = await import('../engine/load.ts')
  if (folder === undefined) return loadRules(packageFile('rules'), null)
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such folder of rules`)
  return loadRules(folder, (await ruleBase(undefined)).shared)
}

export async function lint(folder: string | undefined): Promise<number> {
  const { rules, broken, dangling } = await load(folder)
  const problems = complain([...broken, ...dangling])
  process.stdout.write(`${rules.length} rules loaded, ${broken.length + dangling.length} problems\n`)
  return problems
}

/** `words`: only rules whose file names contain one of them. */
export async function test(folder: string | undefined, words: readonly string[]): Promise<number> {
  const loaded = await load(folder)
  const asked = ({ file }: { readonly file: string }) => words.some(word => basename(file).includes(word))
  const [sources, broken, shared] = [loaded.sources.filter(asked), loaded.broken.filter(asked), loaded.shared]
  const { testRule } = await import('../diagnosis/rule-test.ts')
  let failed = complain(broken) === 0 ? 0 : broken.length
  for (const { file, rule, tests } of sources) {
    const problems = await testRule(rule, tests, shared)
    if (problems.length > 0) failed++
    for (const problem of problems) process.stdout.write(`${file}: ${problem}\n`)
  }
  process.stdout.write(`${sources.length} rules tested, ${failed} with problems\n`)
  return failed > 0 ? 1 : 0
}

/** Problems go to standard error, with file, line and column; they are findings about rules, hence exit code 1. */
function complain(broken: readonly Broken[]): number {
  for (const { file, line, column, error } of broken) process.stderr.write(`${file}${line === undefined ? '' : `:${line}:${column}`}: ${error}\n`)
  return broken.length > 0 ? 1 : 0
}
