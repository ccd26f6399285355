/** `gpudoctor explain`: the condition tree of a rule with the values it saw and where each was read. */
import { Examination } from '../engine/run.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { kindOf, type Cite } from '../model/evidence.ts'
import type { Trace, Verdict } from '../model/finding.ts'
import type { Rule } from '../model/rule.ts'
import { subjectText } from '../diagnosis/diagnose.ts'
import { printable } from '../reports/printable.ts'
import { listed, more } from '../reports/words.ts'
import { factsOf } from './examine.ts'
import { takeHost, takeInputs, type Taken } from './inputs.ts'
import { withIntent, type IntentOptions } from './intent.ts'
import { ruleBase } from './rule-base.ts'
import { mark, plural, say, spokenTable } from '../language/say.ts'

const words: Readonly<Record<Verdict, string>> = spokenTable({ fires: mark('yes'), clear: mark('no'), unknown: mark('not known') })
const verdictWords: Readonly<Record<Verdict, string>> = spokenTable({ fires: mark('For {subject} it fires:'), clear: mark('For {subject} it does not fire:'), unknown: mark('For {subject} it cannot be decided:') })
const branches = spokenTable({ all: mark('all of'), any: mark('at least one of'), not: mark('not') })

export interface ExplainOptions extends IntentOptions {
  readonly rules?: readonly string[]
  readonly all?: true
}

/** Rules can be about hundreds of functions; those that are plainly clear are only counted unless `all`. */
export async function explain(id: string, inputs: readonly string[], options: ExplainOptions): Promise<number> {
  const base = await ruleBase(options.rules)
  const rule = findRule(base.rules, id)
  const taken = withIntent(inputs.length > 0 ? await takeInputs(inputs) : await takeHost(), options)
  const examination = new Examination([rule], base.shared, factsOf(taken), taken.evidence)
  const lines = [`${rule.id}: ${rule.title.replace(/\{\{[^}]*\}\}/g, '…')}`, '']
  if (!examination.applies(rule)) {
    process.stdout.write(`${lines.join('\n')}${say('It is for {platforms} and was not asked here.', { platforms: listed(rule.platforms) })}\n`)
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
    lines.push(verdictWords[trace.verdict].replace('{subject}', () => subjectText(subject.ref)), ...tree(trace, taken, 1), '')
  }
  if (clear > 0) lines.push(plural(clear, 'For {n} other subject it does not fire (--all shows them).', 'For {n} other subjects it does not fire (--all shows them).'), '')
  if (subjects.length === 0) lines.push(say('It is asked for each {subject}, and none is known here.', { subject: rule.for }), '')
  process.stdout.write(`${lines.map(printable).join('\n')}`)
  return 0
}

export function findRule(rules: readonly Rule[], id: string): Rule {
  const rule = rules.find(one => one.id === id || one.aliases.includes(id)) ?? rules.find(one => one.id.endsWith(`/${id}`))
  if (rule) return rule
  const close = rules.map(one => one.id).filter(other => id.split('-').some(word => word.length > 3 && other.includes(word)))
  throw new Error(close.length > 0
    ? say('there is no rule {id}; perhaps {close}. "gpudoctor rules list" shows all.', { id, close: close.slice(0, 4).join(', ') })
    : say('there is no rule {id}. "gpudoctor rules list" shows all.', { id }))
}

function tree(trace: Trace, taken: Taken, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (trace.kind !== 'leaf') {
    return [`${indent}${say('{condition}: {verdict}', { condition: branches[trace.kind], verdict: words[trace.verdict] })}`, ...trace.of.flatMap(child => tree(child, taken, depth + 1))]
  }
  const seen = trace.actual === undefined ? words.unknown : JSON.stringify(trace.actual)
  const places = [...new Set(trace.at.map(cite => placeOf(cite, taken)))]
  return [
    `${indent}${say('{condition}: {verdict}', { condition: `${trace.path} ${trace.operator} ${short(JSON.stringify(trace.expected) ?? words.unknown)}`, verdict: words[trace.verdict] })}`,
    `${indent}    ${places.length > 0 ? say('is {value} ({places})', { value: short(seen), places: [...places.slice(0, 3), ...(places.length > 3 ? [more(places.length - 3)] : [])].join(say('; ')) }) : say('is {value}', { value: short(seen) })}`,
  ]
}

function placeOf(cite: Cite, taken: Taken): string {
  const from = taken.evidence.find(piece => piece.id === cite.evidence)?.from ?? cite.evidence
  return isBinary(cite.evidence) ? say('{from}, byte {n}', { from, n: cite.where }) : say('{from}, line {line}', { from, line: cite.where })
}

const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text)

function isBinary(id: string): boolean {
  const kind = kindOf(id)
  return kind !== null && 'binary' in evidenceKinds[kind]
}
