/**
 * Rule files become rules: parsed, held against the schema, linted. What json-rules-engine would take silently or die
 * of is refused here. A rule that is refused is named with file, line and column and left out; the rest load.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { Broken } from '../model/finding.ts'
import type { Condition, FixTemplate, LogSignature, Rule, TableLookup } from '../model/rule.ts'
import { lintRule, type Complaint } from './lint.ts'
import { ruleFile, steps as stepsSchema, tableFile, testFile, type RuleFile, type RuleTestFile, type WrittenCondition } from './rule-schema.ts'
import { needsOf, requiredSignatures } from './needs.ts'
import type { Recipes, Row, Shared, Table, Tables } from './shared.ts'

/** A rule base as it is used: rules, what they share, and what could not be loaded. */
export interface RuleBase {
  readonly rules: readonly Rule[]
  readonly shared: Shared
  readonly broken: readonly Broken[]
}

export interface RuleSource { readonly file: string; readonly rule: Rule; readonly tests: RuleTestFile | null }

/** A YAML document with where its parts stand. Throws YamlError for text that is no YAML 1.2. */
export interface PositionedYaml { readonly value: unknown; readonly at: (path: readonly (string | number)[]) => { line: number; column: number } }

export class YamlError extends Error {
  readonly line: number
  readonly column: number
  constructor(message: string, line: number, column: number) {
    super(message)
    this.line = line
    this.column = column
  }
}

/** Files larger than this are no rules. */
const largestFile = 256 * 1024

export function readYaml(text: string): PositionedYaml {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, logLevel: 'silent', prettyErrors: false, uniqueKeys: true })
  const wrong = document.errors[0] ?? document.warnings[0]
  if (wrong) {
    const { line, col } = counter.linePos(wrong.pos[0])
    throw new YamlError(wrong.message, line, col)
  }
  const at = (path: readonly (string | number)[]) => {
    const { line, col } = counter.linePos(offsetOf(document, path))
    return { line, column: col }
  }
  return { value: document.toJS({ maxAliasCount: 50 }) as unknown, at }
}

/** Where the node at a path begins, or the deepest node on the way to it that there is. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const pair = isMap(parent) ? parent.items.find(item => isScalar(item.key) && item.key.value === path[length - 1]) : undefined
    const key = pair?.key
    if (isScalar(key) && key.range) return key.range[0]
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) return node.range[0] as number
  }
  return 0
}

/** All rule files below a folder, `_`-files and tests left out. Throws where the folder cannot be read. */
export function ruleFilesIn(folder: string): string[] {
  const found: string[] = []
  const look = (directory: string, depth: number) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory() && depth < 6 && !/^[._]/.test(entry.name)) look(path, depth + 1)
      else if (entry.isFile() && entry.name.endsWith('.yaml') && !entry.name.endsWith('.test.yaml') && !entry.name.startsWith('_')) found.push(path)
    }
  }
  look(folder, 0)
  return found.sort()
}

/** Loads a folder of rules; `dangling` are names of rules that do not exist, which harm nothing. `base` gives lists, conditions and recipes for a folder that has none of its own. */
export function loadRules(folder: string, base: Shared | null): RuleBase & { readonly sources: readonly RuleSource[]; readonly dangling: readonly Broken[] } {
  const broken: Broken[] = []
  const dangling: Broken[] = []
  const shared = readShared(folder, base, broken)
  const sources: RuleSource[] = []
  const seen = new Map<string, string>()
  for (const file of ruleFilesIn(folder)) {
    try {
      const source = loadRule(file, shared, broken)
      if (!source) continue
      const names = [source.rule.id, ...source.rule.aliases]
      const twin = names.find(name => seen.has(name))
      if (twin !== undefined) {
        broken.push({ rule: source.rule.id, file, error: `the id or alias ${twin} is taken by ${seen.get(twin)}` })
        continue
      }
      for (const name of names) seen.set(name, file)
      sources.push(source)
    } catch (error) {
      broken.push(brokenBy(file, error))
    }
  }
  const ids = new Set(seen.keys())
  for (const { rule, file } of sources) {
    for (const other of [...rule.symptomOf, ...rule.confusedWith.map(entry => entry.rule)]) {
      if (base === null && !ids.has(other)) dangling.push({ rule: rule.id, file, error: `it names the rule ${other}, which does not exist` })
    }
  }
  return { rules: sources.map(source => source.rule), shared, broken, sources, dangling }
}

function brokenBy(file: string, error: unknown): Broken {
  const position = error instanceof YamlError ? { line: error.line, column: error.column } : {}
  return { rule: idOfFile(file), file, error: error instanceof Error ? error.message : String(error), ...position }
}

const idOfFile = (file: string): string => basename(file, '.yaml')

function readText(file: string): string {
  if (statSync(file).size > largestFile) throw new Error(`is larger than ${largestFile / 1024} KiB, which no rule is`)
  return readFileSync(file, 'utf8')
}

/** One rule with its tests; null and an entry in `broken` where it is refused. */
function loadRule(file: string, shared: Shared, broken: Broken[]): RuleSource | null {
  const yaml = readYaml(readText(file))
  const id = idOfFile(file)
  const refuse = (complaint: Complaint) => broken.push({ rule: id, file, error: complaint.message, ...yaml.at(complaint.path) })
  const parsed = v.safeParse(ruleFile, yaml.value)
  if (!parsed.success) {
    for (const issue of parsed.issues.slice(0, 5)) refuse({ path: pathOf(issue), message: messageOf(issue) })
    return null
  }
  if (parsed.output.id !== id) {
    refuse({ path: ['id'], message: `the id ${parsed.output.id} is not the file's name` })
    return null
  }
  const rule = ruleOf(parsed.output, shared)
  const complaints = lintRule(rule, parsed.output, shared)
  if (complaints.length > 0) {
    complaints.forEach(refuse)
    return null
  }
  return { file, rule, tests: loadTests(file.replace(/\.yaml$/, '.test.yaml'), broken) }
}

function loadTests(file: string, broken: Broken[]): RuleTestFile | null {
  let text: string
  try {
    text = readText(file)
  } catch {
    return null
  }
  const yaml = readYaml(text)
  const parsed = v.safeParse(testFile, yaml.value)
  if (parsed.success) return parsed.output
  for (const issue of parsed.issues.slice(0, 3)) broken.push({ rule: basename(file, '.test.yaml'), file, error: messageOf(issue), ...yaml.at(pathOf(issue)) })
  return null
}

type Issue = v.BaseIssue<unknown>
const pathOf = (issue: Issue): (string | number)[] => (issue.path ?? []).map(step => step.key as string | number)
const messageOf = (issue: Issue): string => {
  const where = pathOf(issue).join('.')
  return issue.type === 'strict_object' && issue.expected === 'never' ? `${where} is not a key of a rule` : `${where}: ${issue.message}`
}

/** The written form with shared conditions put in and `needs` computed. Throws on an unknown shared condition. */
function ruleOf(file: RuleFile, shared: Shared): Rule {
  const log: Record<string, LogSignature> = {}
  for (const [name, signature] of Object.entries(file.log)) {
    const { contains, table, ...rest } = signature
    log[name] = { ...(rest as Omit<LogSignature, 'contains' | 'table'>), contains: many(contains), ...(table ? { table: lookupOf(table, shared) } : {}) }
  }
  const open = (condition: WrittenCondition) => expand(condition, shared)
  const conditions = open(file.conditions)
  return {
    id: file.id, aliases: file.aliases, title: file.title, severity: file.severity, layer: file.layer, platforms: file.platforms,
    status: file.status, for: file.for, symptomOf: file.symptom_of, log, conditions, confidence: file.confidence,
    needs: needsOf(conditions, file.for, log), requires: [...requiredSignatures(conditions)],
    ...(file.confirmed_when ? { confirmedWhen: open(file.confirmed_when) } : {}),
    ...(file.likely_when ? { likelyWhen: open(file.likely_when) } : {}),
    cause: file.cause.trim(), finding: file.finding.trim(),
    fixes: file.fixes.map(fix => {
      const { when, ...rest } = fix
      return { ...rest, ...(when ? { when: open(when) } : {}) } as FixTemplate
    }),
    confusedWith: file.confused_with, checkedAgainst: file.checked_against, references: file.references,
  }
}

const many = (words: string | readonly string[]): readonly string[] => (typeof words === 'string' ? [words] : words)

function lookupOf({ name, key, rows }: NonNullable<RuleFile['log'][string]['table']>, shared: Shared): TableLookup {
  const columns = Object.hasOwn(shared.tables, name) ? (shared.tables[name]?.columns ?? []) : []
  const wanted = rows === undefined || rows === 'none' ? rows : Object.fromEntries(Object.entries(rows).map(([column, values]) => [column, many(values)]))
  return { name, key: many(key), columns, ...(wanted === undefined ? {} : { rows: wanted }) }
}

function expand(condition: WrittenCondition, shared: Shared, depth = 0): Condition {
  if (depth > 40) throw new Error('conditions are nested deeper than 40 levels')
  if ('condition' in condition) {
    const named = Object.hasOwn(shared.conditions, condition.condition) ? shared.conditions[condition.condition] : undefined
    if (!named) throw new Error(`there is no shared condition named ${condition.condition}`)
    return expand(named, shared, depth + 1)
  }
  if ('all' in condition) return { all: condition.all.map(child => expand(child, shared, depth + 1)) }
  if ('any' in condition) return { any: condition.any.map(child => expand(child, shared, depth + 1)) }
  if ('not' in condition) return { not: expand(condition.not, shared, depth + 1) }
  return condition
}

function readShared(folder: string, base: Shared | null, broken: Broken[]): Shared {
  const read = <T>(name: string, schema: v.GenericSchema<unknown, T>, fallback: T): T => {
    const file = join(folder, name)
    try {
      const parsed = v.safeParse(schema, readYaml(readText(file)).value)
      if (parsed.success) return parsed.output
      broken.push({ rule: name, file, error: messageOf(parsed.issues[0]) })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) broken.push(brokenBy(file, error))
    }
    return fallback
  }
  const lists = read('_lists.yaml', v.record(v.string(), v.array(v.union([v.string(), v.number()]))), {})
  const conditions = read('_conditions.yaml', v.record(v.string(), v.unknown()), {}) as Record<string, WrittenCondition>
  const recipes = read('_recipes.yaml', v.record(v.string(), v.strictObject({ about: v.string(), with: v.optional(v.array(v.string()), []), steps: stepsSchema })), {}) as Recipes
  const never = read('_never.yaml', v.array(v.strictObject({ pattern: v.string(), why: v.string(), unless: v.optional(v.string()) })), [])
  return {
    lists: { ...base?.lists, ...lists }, conditions: { ...base?.conditions, ...conditions },
    recipes: { ...base?.recipes, ...recipes }, never: [...(base?.never ?? []), ...never],
    tables: { ...base?.tables, ...readTables(join(folder, '_tables'), broken) },
  }
}

/** `_tables/xid.yaml` becomes the table `xid`. A table with a row that lacks a column, or has one more, is refused. */
function readTables(folder: string, broken: Broken[]): Tables {
  const tables: Record<string, Table> = {}
  for (const file of filesIn(folder).filter(name => name.endsWith('.yaml')).map(name => join(folder, name))) {
    try {
      const yaml = readYaml(readText(file))
      const parsed = v.safeParse(tableFile, yaml.value)
      if (!parsed.success) {
        broken.push({ rule: idOfFile(file), file, error: messageOf(parsed.issues[0]), ...yaml.at(pathOf(parsed.issues[0])) })
        continue
      }
      const { columns, rows, ...rest } = parsed.output
      const odd = Object.keys(rows).find(key => Object.keys(rows[key] ?? {}).sort().join() !== [...columns].sort().join())
      if (odd !== undefined) broken.push({ rule: idOfFile(file), file, error: `the row ${odd} has not the columns ${columns.join(', ')}`, ...yaml.at(['rows', odd]) })
      else tables[idOfFile(file)] = { ...rest, columns, rows: Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, wordsOf(row)])) }
    } catch (error) {
      broken.push(brokenBy(file, error))
    }
  }
  return tables
}

const wordsOf = (row: Readonly<Record<string, string | number>>): Row => Object.fromEntries(Object.entries(row).map(([column, words]) => [column, String(words)]))

/** Names in a folder, sorted; none where it is not there. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
