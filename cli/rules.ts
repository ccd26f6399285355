/** `gpudoctor rules`: what rules there are, and checks for a person's own. */
import type { Broken } from '../model/finding.ts'
import type { Condition } from '../model/rule.ts'
import { samplesOf } from '../engine/base.ts'
import { printable } from '../reports/printable.ts'
import { findRule } from './explain.ts'
import { ruleBase } from './rule-base.ts'
import { retold, say } from '../language/say.ts'

export const plainTitle = (title: string): string => title.replace(/\{\{[^}]*\}\}/g, '…')

export async function list(options: { readonly rules?: readonly string[]; readonly json?: true }): Promise<number> {
  const { rules, broken } = await ruleBase(options.rules)
  const sorted = [...rules].sort((a, b) => (a.layer === b.layer ? (a.id < b.id ? -1 : 1) : a.layer < b.layer ? -1 : 1))
  const text = options.json
    ? JSON.stringify(sorted.map(({ id, aliases, title, severity, layer, platforms, for: subject, status }) => ({ id, aliases, title: plainTitle(title), severity, layer, platforms, for: subject, status })), null, 2)
    : sorted.map(rule => `${rule.layer.padEnd(15)} ${rule.severity.padEnd(8)} ${rule.id.padEnd(40)} ${plainTitle(rule.title)}`).join('\n')
  process.stdout.write(`${text}\n`)
  return complain(broken)
}

export async function show(id: string, options: { readonly rules?: readonly string[] }): Promise<number> {
  const rule = findRule((await ruleBase(options.rules)).rules, id)
  const lines = [
    `${rule.id}${rule.aliases.length > 0 ? ` ${say('(also {aliases})', { aliases: rule.aliases.join(', ') })}` : ''}`, plainTitle(rule.title), '',
    say('{severity}, {confidence}; layer {layer}; asked for each {subject}; {platforms}', { severity: rule.severity, confidence: rule.confidence, layer: rule.layer, subject: rule.for, platforms: rule.platforms.join(', ') }), '',
    rule.cause, '', say('It fires when'), ...conditionLines(rule.conditions, 1), '',
    ...Object.entries(rule.log).flatMap(([name, signature]) => [say('log.{name}, in {kinds}: /{pattern}/', { name, kinds: signature.in.join(', '), pattern: signature.match }), ...samplesOf(rule, name).map(sample => `  ${say('such as: {line}', { line: sample })}`)]),
    ...(rule.fixes.length > 0 ? ['', say('Fixes'), ...rule.fixes.map(fix => `  ${plainTitle(fix.title)} (${fix.risk})`)] : []),
    ...(rule.confusedWith.length > 0 ? ['', say('Not to be confused with'), ...rule.confusedWith.map(other => `  ${other.rule}: ${other.tell}`)] : []),
    '', say('Rests on'), `  ${rule.needs.join(', ') || say('nothing that is read')}`,
    '', say('Sources'), ...rule.references.map(reference => `  ${reference.for}: ${reference.at}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

export function conditionLines(condition: Condition, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if ('operator' in condition) return [`${indent}${condition.fact}.${condition.path} ${condition.operator} ${JSON.stringify(condition.value)}`]
  if ('not' in condition) return [`${indent}${say('not')}`, ...conditionLines(condition.not, depth + 1)]
  const [name, children] = 'all' in condition ? [say('all of'), condition.all] : [say('at least one of'), condition.any]
  return [`${indent}${name}`, ...children.flatMap(child => conditionLines(child, depth + 1))]
}

/** Problems go to standard error, with file, line and column; they are findings about rules, hence exit code 1. */
export function complain(broken: readonly Broken[]): number {
  for (const { file, line, column, error } of broken) process.stderr.write(`${printable(`${file}${line === undefined ? '' : `:${line}:${column}`}: ${retold(error)}`)}\n`)
  return broken.length > 0 ? 1 : 0
}
