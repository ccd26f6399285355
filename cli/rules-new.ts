/** `gpudoctor rules new`: a rule and its test from a pasted line, which pass `rules test` as they are. Nothing is overwritten. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { draftFiles, draftOf } from '../engine/draft.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { EvidenceKind, EvidenceKindSpec } from '../model/evidence.ts'
import { layers, type Layer } from '../model/rule.ts'
import { say } from '../language/say.ts'
import { printable } from '../reports/printable.ts'
import { packageFile } from './package-files.ts'

export interface NewRuleOptions { readonly id: string; readonly line?: string; readonly dir: string; readonly in?: string; readonly layer?: string }

/** Longer input is no line that somebody pasted. */
const longestInput = 2 ** 20

function kindNamed(name: string): EvidenceKind {
  const searched = Object.entries(evidenceKinds).filter(([, spec]) => (spec as EvidenceKindSpec).log).map(([kind]) => kind)
  if (!searched.includes(name)) throw new Error(say('{name} is no log that is searched; there are {logs}', { name, logs: searched.join(', ') }))
  return name as EvidenceKind
}

function layerNamed(name: string): Layer {
  const found = layers.find(layer => layer === name)
  if (!found) throw new Error(say('there is no layer {name}; there are {layers}', { name, layers: layers.join(', ') }))
  return found
}

/** How a file in `folder` names a schema: a relative path within this checkout, else a whole one. */
function schemaFrom(folder: string, name: string): string {
  const schema = packageFile('docs', name)
  const inside = `${resolve(folder)}${sep}`.startsWith(`${packageFile()}${sep}`)
  return inside ? relative(resolve(folder), schema).split(sep).join('/') : `file://${schema}`
}

export async function newRule(options: NewRuleOptions): Promise<number> {
  const { id, dir } = options
  if (!/^[a-z0-9]+([-_][a-z0-9]+)*$/.test(id) || id.length > 80) throw new Error(say('{id}: an id is lower-case words joined by hyphens', { id }))
  const line = options.line ?? readFileSync(0, 'utf8').slice(0, longestInput)
  const draft = draftOf(line, { ...(options.in === undefined ? {} : { kind: kindNamed(options.in) }), ...(options.layer === undefined ? {} : { layer: layerNamed(options.layer) }) })
  const { rule, test } = draftFiles(id, draft, schemaFrom(dir, 'rule.schema.json'), schemaFrom(dir, 'rule-test.schema.json'))
  const files = [[join(dir, `${id}.yaml`), rule], [join(dir, `${id}.test.yaml`), test]] as const
  const there = files.find(([file]) => existsSync(file))
  if (there) throw new Error(say('{file} is there already, and nothing is overwritten', { file: there[0] }))
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of files) writeFileSync(file, text, { flag: 'wx' })
  process.stdout.write([
    `${files.map(([file]) => file).join('\n')}`, '',
    say('It is about each {subject}; it looks in {log} for', { subject: draft.for, log: draft.kind }), `  ${printable(draft.pattern)}`, '',
    say('Next:'),
    `  gpudoctor rules test ${dir} --only ${id}     ${say('it passes; add the look-alikes you know')}`,
    `  gpudoctor rules lint ${dir}     ${say('names what is still to be written')}`, '',
  ].join('\n'))
  return 0
}
