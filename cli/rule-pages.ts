/** A rule as a page of Markdown: everything that its file says, for people who look a finding up. */
import { dirname, join, posix } from 'node:path'
import { samplesOf } from '../engine/base.ts'
import { layers, type CheckTemplate, type Condition, type FixTemplate, type Rule, type StepTemplate } from '../model/rule.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { inLanguage, say } from '../language/say.ts'
import { codeBlock, codeSpan, paragraphs, prose } from '../reports/markdown-text.ts'
import { riskWords, sides } from '../reports/words.ts'

export interface Page { readonly file: string; readonly text: string }

/** Begins the index, so that a folder of pages is known again. */
export const made = '<!-- made by gpudoctor rules docs -->'

/** A placeholder as a reader sees it: the words for when it is nothing, else what it is. */
const readable = (text: string): string => text.replace(/\{\{\s*([\w.]+)\s*(?:\|([^}]*))?\}\}/g, (_, path: string, words: string | undefined) => words?.trim() || `‹${path}›`)
const words = (text: string): string => paragraphs(readable(text))
const oneLine = (text: string): string => prose(readable(text))
const cell = (text: string): string => oneLine(text).replace(/\|/g, '\\|')

const fileOf = (rule: Rule): string => posix.join(rule.layer, `${rule.id.replace('/', '.')}.md`)

/** The index and a page for each rule, with paths below one folder. */
export function pagesOf(rules: readonly Rule[]): Page[] {
  const byName = new Map(rules.flatMap(rule => [rule.id, ...rule.aliases].map(name => [name, rule] as const)))
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1))
  return [{ file: 'README.md', text: indexOf(sorted) }, ...sorted.map(rule => ({ file: fileOf(rule), text: pageOf(rule, sorted, byName) }))]
}

function indexOf(rules: readonly Rule[]): string {
  const sections = layers.flatMap(layer => {
    const own = rules.filter(rule => rule.layer === layer)
    if (own.length === 0) return []
    return [`## ${layer}`, '', say('| rule | severity | what it finds | platforms |'), '| --- | --- | --- | --- |',
      ...own.map(rule => `| [${rule.id}](${fileOf(rule)}) | ${rule.severity} | ${cell(rule.title)} | ${rule.platforms.join(', ')} |`), '']
  })
  return [made, `# ${say('Rules')}`, '', say('{n} rules, from firmware to guest.', { n: rules.length }), '', ...sections].join('\n')
}

function pageOf(rule: Rule, rules: readonly Rule[], byName: ReadonlyMap<string, Rule>): string {
  const link = (name: string): string => {
    const other = byName.get(name)
    return other ? `[${name}](${posix.relative(dirname(fileOf(rule)), fileOf(other))})` : codeSpan(name)
  }
  const explains = rules.filter(other => other.symptomOf.some(name => byName.get(name) === rule))
  const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? [`## ${title}`, '', ...lines, ''] : [])
  return [
    `# ${oneLine(rule.title)}`, '',
    `\`${rule.id}\`${rule.aliases.length > 0 ? ` ${say('(also {aliases})', { aliases: rule.aliases.map(alias => `\`${alias}\``).join(', ') })}` : ''} · ${rule.severity}, ${rule.confidence} · ${say('layer {layer}', { layer: rule.layer })} · ${rule.platforms.join(', ')} · ${say('about each {subject}', { subject: rule.for })}${rule.status === 'stable' ? '' : ` · ${rule.status}`}`, '',
    ...section(say('What it says'), [words(rule.finding)]),
    ...section(say('Why it happens'), [words(rule.cause)]),
    ...section(say('When it fires'), [...conditionLines(rule.conditions, 0), ...raised(say('Confirmed where also:'), rule.confirmedWhen), ...raised(say('Likely where also:'), rule.likelyWhen)]),
    ...section(say('Messages'), Object.entries(rule.log).flatMap(([name, signature]) => [say('{name} in {logs}:', { name: codeSpan(`log.${name}`), logs: signature.in.join(', ') }), '', codeBlock(samplesOf(rule, name).join('\n')), ''])),
    ...section(say('What it needs to see'), rule.needs.map(kind => `- ${say('{about}: {values}', { about: inLanguage(evidenceKinds[kind].about), values: codeSpan(inLanguage(evidenceKinds[kind].get)) })}`)),
    ...section(say('What to do'), rule.fixes.flatMap(fixLines)),
    ...section(say('A special case of'), rule.specialCaseOf.map(name => `- ${link(name)}`)),
    ...section(say('Explained by'), rule.symptomOf.map(name => `- ${link(name)}`)),
    ...section(say('Explains'), explains.map(other => `- ${link(other.id)}`)),
    ...section(say('Not to be confused with'), rule.confusedWith.map(other => `- ${link(other.rule)}: ${oneLine(other.tell)}`)),
    ...section(say('Checked against'), rule.checkedAgainst.map(release => `- ${prose(release)}`)),
    ...section(say('Sources'), rule.references.map(reference => `- ${prose(reference.for)}: ${/^https:\/\/[^\s<>]+$/.test(reference.at) ? `<${reference.at}>` : codeSpan(reference.at)}`)),
  ].join('\n')
}

const raised = (name: string, condition: Condition | undefined): string[] => (condition ? ['', name, '', ...conditionLines(condition, 0)] : [])

function conditionLines(condition: Condition, depth: number): string[] {
  const item = `${'  '.repeat(depth)}- `
  if ('operator' in condition) return [`${item}${codeSpan(`${condition.fact}.${condition.path} ${condition.operator} ${JSON.stringify(condition.value)}`)}`]
  if ('not' in condition) return [`${item}${say('not')}`, ...conditionLines(condition.not, depth + 1)]
  const [name, children] = 'all' in condition ? [say('all of'), condition.all] : [say('at least one of'), condition.any]
  return [`${item}${name}`, ...children.flatMap(child => conditionLines(child, depth + 1))]
}

function fixLines(fix: FixTemplate): string[] {
  return [
    `### ${oneLine(fix.title)}`, '', `${say('Risk: {risk}', { risk: riskWords[fix.risk] })}${fix.side ? ` · ${sides[fix.side]}` : ''}`, '',
    ...(fix.caution ? [`**${say('Caution:')}** ${oneLine(fix.caution)}`, ''] : []),
    ...(fix.when ? [say('Only where:'), '', ...conditionLines(fix.when, 0), ''] : []),
    ...fix.steps.map((step, index) => `${index + 1}. ${stepLine(step)}`), '',
    say('Then it worked if:'), '', ...fix.verify.map(check => `- ${say('{command} shows {shows}', { command: codeSpan(readable(check.run)), shows: oneLine(check.shows) })}${scope(check)}`), '',
    ...(fix.undo ? [say('The way back:'), '', ...fix.undo.map((step, index) => `${index + 1}. ${stepLine(step)}`), ''] : []),
  ]
}

const scope = ({ where, each }: Pick<CheckTemplate, 'where' | 'each'>): string => `${where ? ` (${where.join(', ')})` : ''}${each === undefined ? '' : ` ${say('(for each of {list})', { list: codeSpan(each) })}`}`

function stepLine(step: StepTemplate): string {
  const code = (text: string): string => codeSpan(readable(text).trim().replace(/\n/g, ' ⏎ '))
  const told = (): string => {
    if ('run' in step) return say('Run {command}', { command: code(step.run) })
    if ('write' in step) return say('Write into {file}: {text}', { file: code(step.write), text: code(step.text) })
    if ('append' in step) return say('Append to {file}: {text}', { file: code(step.append), text: code(step.text) })
    if ('edit' in step) return say('Edit {target}: {change}', { target: oneLine(step.edit), change: oneLine(step.set) })
    if ('name' in step) return settingLine(code(step.set), code(step.name), step, code)
    if ('firmware' in step) return say('In the firmware setup: {setting}', { setting: oneLine(step.firmware) })
    if ('note' in step) return oneLine(step.note)
    if ('recipe' in step) return step.with ? say('Recipe {name} with {parameters}', { name: code(step.recipe), parameters: code(Object.entries(step.with).map(([name, value]) => `${name}: ${value}`).join(', ')) }) : say('Recipe {name}', { name: code(step.recipe) })
    return 'reboot' in step ? say('Reboot the host') : say('Power off, and on again')
  }
  return `${told()}${scope(step)}`
}

function settingLine(file: string, name: string, { value, addWords, removeWords }: { readonly value?: string; readonly addWords?: string; readonly removeWords?: string }, code: (text: string) => string): string {
  if (value !== undefined) return say('In {file}, set {name} to {value}', { file, name, value: code(value) })
  if (addWords !== undefined) return say('In {file}, add to {name}: {words}', { file, name, words: code(addWords) })
  return say('In {file}, take out of {name}: {words}', { file, name, words: code(removeWords ?? '') })
}

/** Where a page lies on disk. */
export const pathOf = (folder: string, { file }: Page): string => join(folder, ...file.split('/'))
