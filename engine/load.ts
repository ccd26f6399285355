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
import { Linted, patternError, type Complaint, type Keys, type Problem } from './lint-check.ts'
import { lintRule, type FormCheck } from './lint.ts'
import { packFile, packOf, tooNewOrOld, underName, type Pack } from './pack.ts'
import { condition as conditionSchema, ruleFile, steps as stepsSchema, tableFile, testFile, type RuleFile, type RuleTestFile, type WrittenCondition } from './rule-schema.ts'
import { needsOf, requiredSignatures } from './needs.ts'
import type { Recipes, Row, Shared, Table, Tables } from './shared.ts'
import { noted } from '../language/say.ts'

/** A rule base as it is used: rules, what they share, and what could not be loaded. */
export interface RuleBase {
  readonly rules: readonly Rule[]
  readonly shared: Shared
  readonly broken: readonly Broken[]
}

type Place = (path: Keys) => { line: number; column: number }

/** A rule with the files it came from; `linted` is the rule as its file has it, without the name of a pack. */
export interface RuleSource {
  readonly file: string
  readonly rule: Rule
  readonly tests: RuleTestFile | null
  readonly linted: Linted
  /** Where keys of the rule and of its tests stand. */
  readonly at: Place
  readonly testAt: Place | null
}

/** A folder of rules as it was loaded. `dangling` are names of rules that do not exist, which harm nothing. */
export interface LoadedRules extends RuleBase {
  readonly broken: readonly Problem[]
  readonly sources: readonly RuleSource[]
  readonly dangling: readonly Problem[]
  readonly pack: Pack | null
}

/** A YAML document with where its parts stand. Throws YamlError for text that is no YAML 1.2. */
export interface PositionedYaml { readonly value: unknown; readonly at: Place }

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
  const at: Place = path => {
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

/** All rule files below a folder, `_`-files, tests and pack.yaml left out; `unread` is told of folders that cannot be read. */
export function ruleFilesIn(folder: string, unread: (folder: string, error: unknown) => void = () => undefined): string[] {
  const found: string[] = []
  const look = (directory: string, depth: number) => {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name)
        if (entry.isDirectory() && depth < 6 && !/^[._]/.test(entry.name)) look(path, depth + 1)
        else if (entry.isFile() && entry.name.endsWith('.yaml') && !entry.name.endsWith('.test.yaml') && !/^(?:[._]|pack\.yaml$)/.test(entry.name)) found.push(path)
      }
    } catch (error) {
      unread(directory, error)
    }
  }
  look(folder, 0)
  return found.sort()
}

/**
 * Loads a folder of rules. `base` is what it finds shared; null: it is the built-in folder, which stands on its own. `names`
 * are those of other rules it may speak of. Never throws: what is wrong with a file is in `broken`, and the rest loads.
 */
export function loadRules(folder: string, base: Shared | null, names?: ReadonlySet<string>): LoadedRules {
  const broken: Problem[] = []
  const { pack, refused } = readPack(join(folder, 'pack.yaml'), broken)
  if (refused) return { rules: [], shared: base ?? noShared, broken, sources: [], dangling: [], pack }
  const shared = readShared(folder, base, broken)
  const loaded: RuleSource[] = []
  const seen = new Map<string, string>()
  for (const file of ruleFilesIn(folder, (directory, error) => broken.push(brokenBy(directory, error)))) {
    try {
      const source = loadRule(file, shared, broken)
      if (!source) continue
      const own = [source.rule.id, ...source.rule.aliases]
      const twin = own.find(name => seen.has(name))
      if (twin !== undefined) {
        broken.push({ check: 'unique-name', rule: source.rule.id, file, error: noted('the id or alias {twin} is taken by {file}', { twin, file: seen.get(twin) ?? '' }), ...source.at(twin === source.rule.id ? ['id'] : ['aliases', source.rule.aliases.indexOf(twin)]) })
        continue
      }
      for (const name of own) seen.set(name, file)
      loaded.push(source)
    } catch (error) {
      broken.push(brokenBy(file, error))
    }
  }
  const rules = underName(loaded.map(source => source.rule), pack)
  return {
    rules, shared, broken, pack,
    sources: loaded.map((source, index) => ({ ...source, rule: rules[index] as Rule })),
    dangling: base === null || names ? loaded.flatMap(source => namesNobody(source, name => seen.has(name) || names?.has(name) === true || (names !== undefined && name.includes('/')))) : [],
  }
}

const noShared: Shared = { lists: {}, conditions: {}, recipes: {}, never: [], tables: {} }

const namesNobody = ({ file, linted: { rule }, at }: RuleSource, known: (name: string) => boolean): Problem[] =>
  [...rule.symptomOf.map((name, index) => ({ name, path: ['symptom_of', index] })), ...rule.specialCaseOf.map((name, index) => ({ name, path: ['special_case_of', index] })),
    ...rule.confusedWith.map((other, index) => ({ name: other.rule, path: ['confused_with', index, 'rule'] }))]
    .filter(({ name }) => !known(name)).map(({ name, path }) => ({ check: 'known-rule', rule: rule.id, file, error: noted('it names the rule {name}, which does not exist', { name }), ...at(path) }))

/** pack.yaml where there is one; `refused`: nothing of the folder may be used. */
function readPack(file: string, broken: Problem[]): { pack: Pack | null; refused: boolean } {
  const refuse = (error: string, at: { line: number; column: number }) => {
    broken.push({ check: 'pack-form', rule: 'pack.yaml', file, error, ...at })
    return { pack: null, refused: true }
  }
  try {
    const yaml = readYaml(readText(file))
    // What the range says counts before all else: a newer form may have keys that this one does not know.
    const forms = v.safeParse(v.object({ gpudoctor: packFile.entries.gpudoctor }), yaml.value)
    const unfit = forms.success ? tooNewOrOld(forms.output.gpudoctor) : null
    if (unfit !== null) return refuse(unfit, yaml.at(['gpudoctor']))
    const parsed = v.safeParse(packFile, yaml.value)
    return parsed.success ? { pack: packOf(parsed.output), refused: false } : refuse(messageOf(parsed.issues[0]), yaml.at(pathOf(parsed.issues[0])))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { pack: null, refused: false }
    broken.push(brokenBy(file, error))
    return { pack: null, refused: true }
  }
}

/** A reason to give up on a file, with the check that has it. */
class Refusal extends Error {
  readonly check: FormCheck
  readonly path: Keys
  constructor(check: FormCheck, message: string, path: Keys = []) {
    super(message)
    this.check = check
    this.path = path
  }
}

function brokenBy(file: string, error: unknown): Problem {
  const position = error instanceof YamlError ? { line: error.line, column: error.column } : {}
  const check: FormCheck = error instanceof YamlError ? 'yaml' : error instanceof Refusal ? error.check : 'readable'
  return { check, rule: idOfFile(file), file, error: error instanceof Error ? error.message : String(error), ...position }
}

const idOfFile = (file: string): string => basename(file, '.yaml')

function readText(file: string): string {
  if (statSync(file).size > largestFile) throw new Refusal('file-size', noted('is larger than {what} KiB, which no rule is', { what: largestFile / 1024 }))
  return readFileSync(file, 'utf8')
}

/** One rule with its tests; null and an entry in `broken` where it is refused. */
function loadRule(file: string, shared: Shared, broken: Problem[]): RuleSource | null {
  const yaml = readYaml(readText(file))
  const id = idOfFile(file)
  const refuse = (check: string, complaint: Complaint) => broken.push({ check, rule: id, file, error: complaint.message, ...yaml.at(complaint.path) })
  const parsed = v.safeParse(ruleFile, yaml.value)
  if (!parsed.success) {
    for (const issue of parsed.issues.slice(0, 5)) refuse(checkOf(issue), { path: pathOf(issue), message: messageOf(issue) })
    return null
  }
  if (parsed.output.id !== id) {
    refuse('id-is-file-name', { path: ['id'], message: noted("the id {id} is not the file's name", { id: parsed.output.id }) })
    return null
  }
  let rule: Rule
  try {
    rule = ruleOf(parsed.output, shared)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refuse(error.check, { path: error.path, message: error.message })
    return null
  }
  const linted = new Linted(rule, parsed.output, shared)
  const complaints = lintRule(linted, true)
  if (complaints.length > 0) {
    for (const complaint of complaints) refuse(complaint.check, complaint)
    return null
  }
  return { file, rule, linted, at: yaml.at, ...loadTests(file.replace(/\.yaml$/, '.test.yaml'), broken) }
}

function loadTests(file: string, broken: Problem[]): Pick<RuleSource, 'tests' | 'testAt'> {
  const none = { tests: null, testAt: null }
  try {
    const yaml = readYaml(readText(file))
    const parsed = v.safeParse(testFile, yaml.value)
    if (parsed.success) return { tests: parsed.output, testAt: yaml.at }
    for (const issue of parsed.issues.slice(0, 3)) broken.push({ check: 'test-form', rule: basename(file, '.test.yaml'), file, error: messageOf(issue), ...yaml.at(pathOf(issue)) })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) broken.push({ ...brokenBy(file, error), rule: basename(file, '.test.yaml') })
  }
  return none
}

type Issue = v.BaseIssue<unknown>
const pathOf = (issue: Issue): (string | number)[] => (issue.path ?? []).map(step => step.key as string | number)
const isUnknownKey = (issue: Issue): boolean => issue.type === 'strict_object' && issue.expected === 'never'
const messageOf = (issue: Issue): string => {
  const where = pathOf(issue).join('.')
  return isUnknownKey(issue) ? noted('{where} is not a key of a rule', { where }) : issue.received === 'undefined' ? noted('{where} is missing', { where }) : `${where}: ${issue.message}`
}
const checkOf = (issue: Issue): FormCheck => {
  if (isUnknownKey(issue)) return 'known-key'
  if (issue.received === 'undefined') return 'missing-key'
  return issue.type === 'picklist' ? 'known-word' : issue.type === 'min_length' ? 'not-empty' : 'value-form'
}

/** The written form with shared conditions put in and `needs` computed. Throws on an unknown shared condition. */
function ruleOf(file: RuleFile, shared: Shared): Rule {
  const log: Record<string, LogSignature> = {}
  for (const [name, signature] of Object.entries(file.log)) {
    const { contains, table, ...rest } = signature
    log[name] = { ...(rest as Omit<LogSignature, 'contains' | 'table'>), contains: many(contains), ...(table ? { table: lookupOf(table, shared) } : {}) }
  }
  const open = (condition: WrittenCondition, ...at: Keys) => expand(condition, shared, at)
  const conditions = open(file.conditions, 'conditions')
  return {
    id: file.id, aliases: file.aliases, title: file.title, severity: file.severity, layer: file.layer, platforms: file.platforms,
    status: file.status, for: file.for, symptomOf: file.symptom_of, specialCaseOf: file.special_case_of, log, conditions, confidence: file.confidence,
    needs: needsOf(conditions, file.for, log), requires: [...requiredSignatures(conditions)],
    ...(file.confirmed_when ? { confirmedWhen: open(file.confirmed_when, 'confirmed_when') } : {}),
    ...(file.likely_when ? { likelyWhen: open(file.likely_when, 'likely_when') } : {}),
    cause: file.cause.trim(), finding: file.finding.trim(),
    fixes: file.fixes.map((fix, index) => {
      const { when, ...rest } = fix
      return { ...rest, ...(when ? { when: open(when, 'fixes', index, 'when') } : {}) } as FixTemplate
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

function expand(condition: WrittenCondition, shared: Shared, at: Keys, depth = 0): Condition {
  if (depth > 40) throw new Refusal('nesting', noted('conditions are nested deeper than 40 levels'), at)
  if ('condition' in condition) {
    const named = Object.hasOwn(shared.conditions, condition.condition) ? shared.conditions[condition.condition] : undefined
    if (!named) throw new Refusal('shared-condition', noted('there is no shared condition named {condition}', { condition: condition.condition }), at)
    return expand(named, shared, at, depth + 1)
  }
  if ('all' in condition) return { all: condition.all.map((child, index) => expand(child, shared, [...at, 'all', index], depth + 1)) }
  if ('any' in condition) return { any: condition.any.map((child, index) => expand(child, shared, [...at, 'any', index], depth + 1)) }
  if ('not' in condition) return { not: expand(condition.not, shared, [...at, 'not'], depth + 1) }
  return condition
}

function readShared(folder: string, base: Shared | null, broken: Problem[]): Shared {
  const read = <T>(name: string, schema: v.GenericSchema<unknown, T>, fallback: T): { value: T; at: Place; file: string } => {
    const file = join(folder, name)
    const nowhere: Place = () => ({ line: 1, column: 1 })
    try {
      const yaml = readYaml(readText(file))
      const parsed = v.safeParse(schema, yaml.value)
      if (parsed.success) return { value: parsed.output, at: yaml.at, file }
      broken.push({ check: 'shared-form', rule: name, file, error: messageOf(parsed.issues[0]), ...yaml.at(pathOf(parsed.issues[0])) })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) broken.push(brokenBy(file, error))
    }
    return { value: fallback, at: nowhere, file }
  }
  const lists = read('_lists.yaml', v.record(v.string(), v.array(v.union([v.string(), v.number()]))), {})
  const conditions = read('_conditions.yaml', v.record(v.string(), conditionSchema), {})
  const recipes = read('_recipes.yaml', v.record(v.string(), v.strictObject({ about: v.string(), with: v.optional(v.array(v.string()), []), steps: stepsSchema })), {} as Recipes)
  const never = read('_never.yaml', v.array(v.strictObject({ pattern: v.string(), why: v.string(), unless: v.optional(v.string()) })), [])
  const sound = never.value.filter(({ pattern }, index) => {
    const error = patternError(pattern)
    if (error !== null) broken.push({ check: 'never-pattern', rule: '_never.yaml', file: never.file, error: noted('RE2 does not take the pattern: {error}', { error }), ...never.at([index, 'pattern']) })
    return error === null
  })
  return {
    lists: beside(base?.lists, lists.value, (name, what) => broken.push(taken(lists, name, what)), 'list'),
    conditions: { ...base?.conditions, ...conditions.value },
    recipes: beside(base?.recipes, recipes.value, (name, what) => broken.push(taken(recipes, name, what)), 'recipe'),
    never: [...(base?.never ?? []), ...sound],
    tables: beside(base?.tables, readTables(join(folder, '_tables'), broken), (name, what) => broken.push(taken({ file: join(folder, '_tables', `${name}.yaml`), at: () => ({ line: 1, column: 1 }) }, name, what)), 'table'),
  }
}

const taken = ({ file, at }: { file: string; at: Place }, name: string, what: string): Problem =>
  ({ check: 'shared-name', rule: basename(file), file, error: noted('there is a {what} {name} already, which says something else; give this one another name', { what, name }), ...at([name]) })

/** Own entries beside those that are there; one that is there already stays as it is, so that no folder changes what other rules mean. */
function beside<T>(there: Readonly<Record<string, T>> = {}, own: Readonly<Record<string, T>>, refuse: (name: string, what: string) => void, what: string): Readonly<Record<string, T>> {
  const clashes = Object.keys(own).filter(name => Object.hasOwn(there, name))
  for (const name of clashes) if (JSON.stringify(own[name]) !== JSON.stringify(there[name])) refuse(name, what)
  return { ...own, ...there }
}

/** `_tables/xid.yaml` becomes the table `xid`. A table with a row that lacks a column, or has one more, is refused. */
function readTables(folder: string, broken: Problem[]): Tables {
  const tables: Record<string, Table> = {}
  for (const file of filesIn(folder).filter(name => name.endsWith('.yaml')).map(name => join(folder, name))) {
    try {
      const yaml = readYaml(readText(file))
      const parsed = v.safeParse(tableFile, yaml.value)
      if (!parsed.success) {
        broken.push({ check: 'shared-form', rule: idOfFile(file), file, error: messageOf(parsed.issues[0]), ...yaml.at(pathOf(parsed.issues[0])) })
        continue
      }
      const { columns, rows, ...rest } = parsed.output
      const odd = Object.keys(rows).find(key => Object.keys(rows[key] ?? {}).sort().join() !== [...columns].sort().join())
      if (odd !== undefined) broken.push({ check: 'table-row', rule: idOfFile(file), file, error: noted('the row {odd} has not the columns {list}', { odd, list: columns.join(', ') }), ...yaml.at(['rows', odd]) })
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
