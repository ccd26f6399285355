/** `gpudoctor rules coverage`: what rules and their tests cover, and what they leave open. It reports; nothing in it is an error. */
import { coverageOf, type Coverage } from '../diagnosis/rule-coverage.ts'
import { loadRules } from '../engine/load.ts'
import { say } from '../language/say.ts'
import { printable } from '../reports/printable.ts'
import { padded } from '../reports/wrap.ts'
import { complain } from './rules.ts'
import { eachFolder } from './rules-lint.ts'

/** Entries of a list that the terminal shows; --json has all. */
const mostShown = 40

export async function coverage(folders: readonly string[], options: { readonly json?: true }): Promise<number> {
  const loaded = eachFolder(folders, (folder, beside) => loadRules(folder, beside?.shared ?? null))
  const all: Coverage[] = []
  for (const { sources, shared } of loaded) all.push(await coverageOf(sources, shared))
  const text = options.json ? JSON.stringify(all.length === 1 ? all[0] : all, null, 2) : all.map(page).join('\n\n')
  process.stdout.write(`${text}\n`)
  return complain(loaded.flatMap(one => one.broken))
}

const row = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ')

function list<T>(title: string, entries: readonly T[], tell: (entry: T) => string): string[] {
  if (entries.length === 0) return []
  const rest = entries.length - mostShown
  return ['', `${title} (${entries.length})`, ...entries.slice(0, mostShown).map(entry => `  ${printable(tell(entry))}`), ...(rest > 0 ? [`  ${say('… and {n} more; --json has all', { n: rest })}`] : [])]
}

const labelled = (name: string, text: string): string => `${padded(name, 12)}${text}`

function page({ rules, labels, cases, conditions, facts, messages, unchecked, ...counts }: Coverage): string {
  return [
    say('{rules} rules under {labels} labels ({ids} ids, {aliases} aliases), {cases} test cases', { rules, labels: labels.ids + labels.aliases, ids: labels.ids, aliases: labels.aliases, cases }),
    labelled(say('layers'), row(counts.layers)), labelled(say('severities'), row(counts.severities)), labelled(say('platforms'), row(counts.platforms)), labelled(say('about each'), row(counts.subjects)),
    labelled(say('conditions'), say('{n} of {all} were both true and false in some case', { n: conditions.tried, all: conditions.all })),
    labelled(say('messages'), say('{signatures} signatures, {lines} real lines', { signatures: messages.signatures, lines: messages.samples })),
    labelled(say('facts'), say('{n} of {all} are used by a rule', { n: facts.used, all: facts.all })),
    labelled(say('versions'), printable(row(Object.fromEntries(Object.entries(counts.versions).slice(0, mostShown))))),
    ...list(say('Conditions that are never true or never false in a test'), conditions.untried, ({ rule, condition, never }) => say('{rule}: never {verdict}: {condition}', { rule, verdict: String(never), condition })),
    ...list(say('Wordings without a real line'), messages.withoutSample, ({ rule, signature, wording }) => `${rule}: log.${signature}: ${wording}`),
    ...list(say('Facts no rule uses'), facts.unused, fact => fact),
    ...list(say('Rules that were checked against no release'), unchecked, id => id),
  ].join('\n')
}
