/** Paths of rules held against the fact catalogue: what a path leads to, and which evidence it rests on. */
import type { EvidenceKind } from '../model/evidence.ts'
import type { FactSpec, FactType } from '../model/fact.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { LogSignature, SubjectKind } from '../model/rule.ts'
import { rootsOf } from './subject.ts'
import { noted } from '../language/say.ts'

export interface PathInfo {
  readonly type: FactType
  readonly nullable: boolean
  readonly from: readonly EvidenceKind[]
}

const opens: Readonly<Partial<Record<FactType, FactRoot>>> = { function: 'fn', functions: 'fn', vms: 'vm', group: 'group' }
const plural: Readonly<Partial<Record<FactType, FactType>>> = { text: 'texts', number: 'numbers', flag: 'texts', group: 'texts', function: 'functions' }

const specOf = (root: FactRoot, key: string): FactSpec | undefined =>
  Object.hasOwn(factCatalogue[root], key) ? (factCatalogue[root] as Readonly<Record<string, FactSpec>>)[key] : undefined

/** What a path such as `group.blockers.driver` leads to; a string says what is wrong with it. */
export function pathInfo(path: string, kind: SubjectKind, log: Readonly<Record<string, LogSignature>>): PathInfo | string {
  const [root, ...keys] = path.split('.')
  if (root === 'log') return logPath(keys, log)
  if (!(rootsOf[kind] as readonly string[]).includes(root ?? '')) {
    return noted('a rule for {kind} may name {list}; not {root}', { kind, list: [...rootsOf[kind], 'log'].join(', '), root: root ?? '' })
  }
  return entityPath(root as FactRoot, keys, false, [])
}

function entityPath(root: FactRoot, keys: readonly string[], inList: boolean, from: readonly EvidenceKind[]): PathInfo | string {
  const [key, ...rest] = keys
  if (key === undefined) return noted('{root} alone is no fact; name one of its facts', { root })
  const spec = specOf(root, key)
  if (!spec) return noted('there is no fact {root}.{key}{what}', { root, key, what: nearest(root, key) })
  const sources = [...from, ...sourcesOf(spec)]
  const isList = spec.type === 'functions' || spec.type === 'vms' || spec.type === 'texts' || spec.type === 'numbers'
  if (rest.length === 0) {
    return { type: inList ? (plural[spec.type] ?? spec.type) : spec.type, nullable: !inList && spec.nullable === true, from: sources }
  }
  if (isList && rest.length === 1 && rest[0] === 'length') return { type: 'number', nullable: false, from: sources }
  const next = opens[spec.type]
  if (!next) return noted('{root}.{key} is a {type}; nothing follows it', { root, key, type: spec.type })
  const end = entityPath(next, rest, inList || isList, sources)
  return typeof end === 'string' ? end : { ...end, nullable: end.nullable || spec.nullable === true }
}

function logPath(keys: readonly string[], log: Readonly<Record<string, LogSignature>>): PathInfo | string {
  const [signature, field, ...rest] = keys
  const found = signature !== undefined && Object.hasOwn(log, signature) ? log[signature] : undefined
  if (found && field === 'row') return rowPath(rest, found)
  if (found && field === 'all') return allPath(rest, found)
  if (found && field === 'last') return lastPath(rest, found)
  if (!found || field === undefined || rest.length > 0) return noted('log.{list} is not log.<signature>.<field>, with a signature of this rule ({list2})', { list: keys.join('.'), list2: Object.keys(log).join(', ') || noted('it has none') })
  const from = found.in
  if (field === 'count') return { type: 'number', nullable: false, from }
  if (field === 'line') return { type: 'text', nullable: true, from }
  if (!groupsOf(found).has(field)) return noted('log.{signature} has no group named {field}', { signature: signature ?? '', field })
  return { type: found.numbers?.includes(field) ? 'number' : 'text', nullable: true, from }
}

const groupsOf = (signature: LogSignature): ReadonlySet<string | undefined> =>
  new Set([...signature.match.matchAll(/\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>/g)].map(group => group[1]))

/** `log.xid.row.meaning`: a column of the row that the first line leads to; none where the table lacks it. */
function rowPath(keys: readonly string[], signature: LogSignature): PathInfo | string {
  const [column, ...rest] = keys
  if (!signature.table || column === undefined || rest.length > 0 || !signature.table.columns.includes(column)) return noted('row.{column} is no column of a table of this signature ({list})', { column: keys.join('.'), list: signature.table?.columns.join(', ') ?? noted('it has no table') })
  return { type: 'text', nullable: true, from: signature.in }
}

/** `log.xid.all.code`: the different values of a group over all lines, in the order they first stand there; `.length` counts them. */
function allPath(keys: readonly string[], signature: LogSignature): PathInfo | string {
  const [group, length, ...rest] = keys
  if (group === undefined || rest.length > 0 || (length !== undefined && length !== 'length') || !groupsOf(signature).has(group)) return noted('all.{list} is not all.<group> or all.<group>.length', { list: keys.join('.') })
  if (length) return { type: 'number', nullable: false, from: signature.in }
  return { type: signature.numbers?.includes(group) ? 'numbers' : 'texts', nullable: false, from: signature.in }
}

/** `log.change.last.action`: a group of the last line, for messages that tell of a state. */
function lastPath(keys: readonly string[], signature: LogSignature): PathInfo | string {
  const [group, ...rest] = keys
  if (group === undefined || rest.length > 0 || !groupsOf(signature).has(group)) return noted('last.{list} is not last.<group>', { list: keys.join('.') })
  return { type: signature.numbers?.includes(group) ? 'number' : 'text', nullable: true, from: signature.in }
}

/** The evidence kinds a fact rests on, through the facts it is derived from. */
export function sourcesOf(spec: FactSpec, seen: ReadonlySet<FactSpec> = new Set()): EvidenceKind[] {
  if (seen.has(spec)) return []
  const deeper = (spec.of ?? []).flatMap(path => {
    const [root, key] = path.split('.') as [FactRoot, string]
    const made = specOf(root, key)
    return made ? sourcesOf(made, new Set([...seen, spec])) : []
  })
  return [...new Set([...spec.from, ...deeper])]
}

function nearest(root: FactRoot, key: string): string {
  const close = Object.keys(factCatalogue[root]).find(known => known.toLowerCase().startsWith(key.toLowerCase().slice(0, 4)))
  return close ? noted('; did you mean {root}.{close}?', { root, close }) : ''
}

/** `{{group.blockers.bdf|none}}` */
export interface Placeholder { readonly path: string; readonly fallback: string | null }

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_.]*)\s*(?:\|([^}]*))?\}\}/g

export function placeholdersIn(text: string): Placeholder[] {
  return [...text.matchAll(placeholder)].map(found => ({ path: found[1] as string, fallback: found[2]?.trim() ?? null }))
}

/** Replaces every placeholder by what `value` gives for it; `between` is the text behind the placeholder before it. */
export function fillPlaceholders(text: string, value: (placeholder: Placeholder, between: string) => string): string {
  let end = 0
  return text.replace(placeholder, (whole: string, path: string, fallback: string | undefined, at: number) => {
    const between = text.slice(end, at)
    end = at + whole.length
    return value({ path, fallback: fallback?.trim() ?? null }, between)
  })
}
