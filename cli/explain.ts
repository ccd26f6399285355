/** `gpudoctor explain`: the condition tree of a rule with the values it saw and where each was read. */
import { Examination } from '../engine/run.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { kindOf } from '../model/evidence.ts'
import type { Trace, Verdict } from '../model/finding.ts'
import type { Rule } from '../model/rule.ts'
import { subjectText } from '../diagnosis/diagnose.ts'
import { printable } from '../reports/printable.ts'
import { factsOf } from './examine.ts'
import { takeHost, takeInputs, type Taken } from './inputs.ts'
import { ruleBase } from './rule-base.ts'

const words: Readonly<Record<Verdict, string>> = { fires: 'yes', clear: 'no', unknown: 'not known' }
const verdictWords: Readonly<Record<Verdict, string>> = { fires: 'fires', clear: 'does not fire', unknown: 'cannot be decided' }

/** Rules can be about hundreds of functions; those that are plainly clear are only counted unless `all`. */
export async function explain(id: string, inputs: readonly string[], options: { readonly rules?: string; readonly all?: true }): Promise<number> {
  const base = await ruleBase(options.rules)
  const rule = findRule(base.rules, id)
  const taken = inputs.length > 0 ? await takeInputs(inputs) : await takeHost()
  const examination = new Examination([rule], base.shared, factsOf(taken), taken.evidence)
  const lines = [`${rule.id}: ${rule.title.replace(/\{\{[^}]*\}\}/g, '…')}`, '']
  if (!examination.applies(rule)) {
    process.stdout.write(`${lines.join('\n')}It is for ${rule.platforms.join(' and ')} and was not asked here.\n`)
    return 0
  }
  const subjects = examination.subjects[rule.for]
  let clear = 0
  for (const subject of subjects) {
    const trace = await examination.ask(rule.conditions, rule, subject)
    if (trace.verdict === 'clear' && !options.all && subjects.length > 3) {
      clear++
      continue
    }
    lines.push(`For ${subjectText(subject.ref)} it ${verdictWords[trace.verdict]}:`, ...tree(trace, taken, 1), '')
  }
  if (clear > 0) lines.push(`For ${clear} other subject${clear === 1 ? '' : 's'} it does not fire (--all shows them).`, '')
  if (subjects.length === 0) lines.push(`It is asked for each ${rule.for}, and none is known here.`, '')
  process.stdout.write(`${lines.map(printable).join('\n')}`)
  return 0
}

export function findRule(rules: readonly Rule[], id: string): Rule {
  const rule = rules.find(one => one.id === id || one.aliases.includes(id))
  if (rule) return rule
  const close = rules.map(one => one.id).filter(other => id.split('-').some(word => word.length > 3 && other.includes(word)))
  throw new Error(`there is no rule ${id}${close.length > 0 ? `; perhaps ${close.slice(0, 4).join(', ')}` : ''}. "gpudoctor rules list" shows all.`)
}

function tree(trace: Trace, taken: Taken, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (trace.kind !== 'leaf') {
    const name = { all: 'all of', any: 'at least one of', not: 'not' }[trace.kind]
    return [`${indent}${name}: ${words[trace.verdict]}`, ...trace.of.flatMap(child => tree(child, taken, depth + 1))]
  }
  const seen = trace.actual === undefined ? 'not known' : JSON.stringify(trace.actual)
  const places = [...new Set(trace.at.map(cite => `${taken.evidence.find(piece => piece.id === cite.evidence)?.from ?? cite.evidence}, ${isBinary(cite.evidence) ? 'byte' : 'line'} ${cite.where}`))]
  return [
    `${indent}${trace.path} ${trace.operator} ${short(JSON.stringify(trace.expected) ?? 'not known')}: ${words[trace.verdict]}`,
    `${indent}    is ${short(seen)}${places.length > 0 ? ` (${places.slice(0, 3).join('; ')}${places.length > 3 ? `; ${places.length - 3} more` : ''})` : ''}`,
  ]
}

const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text)

function isBinary(id: string): boolean {
  const kind = kindOf(id)
  return kind !== null && 'binary' in evidenceKinds[kind]
}
