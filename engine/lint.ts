/** What the schema cannot see: paths, types, patterns, placeholders, advice. Each check answers with complaints, or none. */
import { Pattern } from '../matching/pattern.ts'
import { isUsual, shortestLiteral } from '../matching/literals.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { EvidenceKindSpec } from '../model/evidence.ts'
import type { Condition, FixTemplate, Leaf, LogSignature, Rule, StepTemplate } from '../model/rule.ts'
import { isLeaf, isReference, leavesOf } from './needs.ts'
import { operators } from './operators.ts'
import { pathInfo, placeholdersIn, type PathInfo } from './paths.ts'
import type { RuleFile } from './rule-schema.ts'
import type { Shared } from './shared.ts'

/** What is wrong, and the keys that lead to the place. */
export interface Complaint { readonly path: readonly (string | number)[]; readonly message: string }

type Keys = readonly (string | number)[]

export function lintRule(rule: Rule, file: RuleFile, shared: Shared): Complaint[] {
  return [
    ...lintConditions(rule, shared),
    ...lintSignatures(rule, shared),
    ...lintTexts(rule, shared),
    ...lintAdvice(rule, shared),
    ...(rule.severity !== 'hint' && rule.fixes.length === 0 ? [{ path: ['fixes'], message: 'an error or a warning without a fix helps nobody; say at least what to try' }] : []),
    ...(rule.symptomOf.includes(rule.id) ? [{ path: ['symptom_of'], message: 'it names itself' }] : []),
    ...(file.title.endsWith('.') ? [{ path: ['title'], message: 'a title has no full stop' }] : []),
  ]
}

function lintConditions(rule: Rule, shared: Shared): Complaint[] {
  const parts: [Keys, Condition | undefined][] = [
    [['conditions'], rule.conditions], [['confirmed_when'], rule.confirmedWhen], [['likely_when'], rule.likelyWhen],
    ...rule.fixes.map((fix, index): [Keys, Condition | undefined] => [['fixes', index, 'when'], fix.when]),
  ]
  const top = isLeaf(rule.conditions) ? [{ path: ['conditions'], message: 'conditions begin with all, any or not' }] : []
  const used = new Set<string>()
  const complaints = parts.flatMap(([base, condition]) => (condition ? leavesOf(condition, base) : []).flatMap(({ leaf, at }) => {
    if (leaf.fact === 'log') used.add(leaf.path.split('.')[0] as string)
    return lintLeaf(leaf, rule, shared).map(message => ({ path: at, message }))
  }))
  const idle = Object.keys(rule.log).filter(name => !used.has(name)).map(name => ({ path: ['log', name], message: 'no condition asks for this signature' }))
  return [...top, ...complaints, ...idle]
}

function lintLeaf(leaf: Leaf, rule: Rule, shared: Shared): string[] {
  const spec = Object.hasOwn(operators, leaf.operator) ? operators[leaf.operator] : undefined
  if (!spec) return [`there is no operator ${leaf.operator}; there are ${Object.keys(operators).join(', ')}`]
  const info = pathInfo(`${leaf.fact}.${leaf.path}`, rule.for, rule.log)
  if (typeof info === 'string') return [info]
  if (!spec.left.includes(info.type)) return [`${leaf.operator} is for ${spec.left.join(', ')}; ${leaf.fact}.${leaf.path} is ${info.type}`]
  if (isReference(leaf.value)) return lintReference(leaf.value.fact, leaf.value.path ?? '', spec.right, info, rule, shared)
  return lintValue(leaf, spec.right, info)
}

function lintReference(fact: string, path: string, right: string, info: PathInfo, rule: Rule, shared: Shared): string[] {
  if (fact === 'lists') {
    if (!Object.hasOwn(shared.lists, path)) return [`there is no list ${path} in _lists.yaml`]
    return right === 'list' ? [] : ['a list stands only behind in, notIn, containsAny and containsNone']
  }
  const other = pathInfo(`${fact}.${path}`, rule.for, rule.log)
  if (typeof other === 'string') return [other]
  const isList = ['texts', 'numbers', 'functions', 'vms'].includes(other.type)
  if (right === 'list') return isList ? [] : [`${fact}.${path} is no list`]
  return !isList && (right !== 'number' || other.type === 'number') ? [] : [`${fact}.${path} (${other.type}) cannot be compared with a ${info.type} here`]
}

function lintValue(leaf: Leaf, right: string, info: PathInfo): string[] {
  const { value } = leaf
  const isList = Array.isArray(value)
  switch (right) {
    case 'list':
      return isList && (value as readonly unknown[]).length > 0 ? [] : [`${leaf.operator} wants a list that is not empty`]
    case 'number':
      return typeof value === 'number' ? [] : [`${leaf.operator} wants a number`]
    case 'flag':
      return typeof value === 'boolean' ? [] : [`${leaf.operator} wants true or false`]
    case 'version':
      return typeof value === 'string' && /^\d+(\.\d+)*$/.test(value) ? [] : [`${leaf.operator} wants a version such as '6.2', in quotes`]
    case 'pattern':
      return typeof value === 'string' ? compileError(value) : [`${leaf.operator} wants a pattern`]
    default:
      if (isList) return ['a list is never equal to a value; use in, or contains']
      if (value === null) return ['use exists: false to ask whether it is known not to be']
      return typeOfScalar(info.type) === typeof value ? [] : [`${leaf.fact}.${leaf.path} is ${info.type}, the value is a ${typeof value}`]
  }
}

const typeOfScalar = (type: string): string => (type === 'number' || type === 'numbers' ? 'number' : type === 'flag' ? 'boolean' : 'string')

function compileError(pattern: string): string[] {
  try {
    new Pattern(pattern).compile()
    return []
  } catch (error) {
    return [`RE2 does not take the pattern: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/** What log.<signature> has of its own. */
const taken: readonly string[] = ['count', 'line', 'row', 'last', 'all']

function lintTable({ table }: LogSignature, groups: readonly string[], shared: Shared): string[] {
  if (!table) return []
  if (!Object.hasOwn(shared.tables, table.name)) return [`there is no table ${table.name} in _tables`]
  const columns = table.rows === undefined || table.rows === 'none' ? [] : Object.keys(table.rows)
  return [
    ...table.key.filter(group => !groups.includes(group)).map(group => `the key ${group} is no group of the pattern`),
    ...columns.filter(column => !table.columns.includes(column)).map(column => `${table.name} has no column ${column}`),
  ]
}

function lintSignatures(rule: Rule, shared: Shared): Complaint[] {
  return Object.entries(rule.log).flatMap(([name, signature]) => {
    const at = (key: string, message: string): Complaint => ({ path: ['log', name, key], message })
    const wrong = compileError(signature.match)
    if (wrong.length > 0) return [at('match', wrong[0] as string)]
    const pattern = new Pattern(signature.match)
    const complaints: Complaint[] = []
    for (const kind of signature.in) {
      if (!(evidenceKinds[kind] as EvidenceKindSpec).log) complaints.push(at('in', `${kind} is not searched line by line`))
    }
    for (const literal of signature.contains) {
      if (literal.length < shortestLiteral) complaints.push(at('contains', `"${literal}" is shorter than ${shortestLiteral} characters; name a longer part of the message`))
      if (isUsual(literal)) complaints.push(at('contains', `"${literal}" stands in lines that every log is full of; name a rarer part of the message`))
    }
    for (const sample of signature.samples) {
      if (!pattern.match(sample)) complaints.push(at('samples', `the pattern does not match: ${sample}`))
      if (!signature.contains.some(literal => sample.toLowerCase().includes(literal.toLowerCase()))) complaints.push(at('contains', `no literal stands in: ${sample}`))
    }
    for (const line of signature.not ?? []) if (pattern.match(line)) complaints.push(at('not', `the pattern matches: ${line}`))
    complaints.push(...lintTable(signature, pattern.groups(), shared).map(message => at('table', message)))
    for (const group of pattern.groups()) if (taken.includes(group)) complaints.push(at('match', `a group named ${group} would hide log.${name}.${group}`))
    for (const group of signature.numbers ?? []) if (!pattern.groups().includes(group)) complaints.push(at('numbers', `there is no group ${group}`))
    return complaints
  })
}

/** Every text of a fix, with the keys that lead to it and whether it may name `each`. */
function textsOf(fix: FixTemplate, index: number): { text: string; at: Keys; each: string | undefined }[] {
  const list = (key: string, steps: readonly (StepTemplate | { run: string; shows: string; each?: string })[]) =>
    steps.flatMap((step, number) => Object.entries(step).filter(([field]) => field !== 'where' && field !== 'each').flatMap(([field, value]) =>
      (typeof value === 'string' ? [value] : field === 'with' ? Object.values(value as Record<string, string>) : [])
        .map(text => ({ text, at: ['fixes', index, key, number, field], each: step.each }))))
  return [
    { text: fix.title, at: ['fixes', index, 'title'], each: undefined },
    ...(fix.caution ? [{ text: fix.caution, at: ['fixes', index, 'caution'], each: undefined }] : []),
    ...list('steps', fix.steps), ...list('verify', fix.verify), ...list('undo', fix.undo ?? []),
  ]
}

function lintTexts(rule: Rule, shared: Shared): Complaint[] {
  const all = [
    { text: rule.finding, at: ['finding'] as Keys, each: undefined }, { text: rule.title, at: ['title'] as Keys, each: undefined }, { text: rule.cause, at: ['cause'] as Keys, each: undefined },
    ...rule.fixes.flatMap(textsOf),
  ]
  const recipes = rule.fixes.flatMap((fix, index) => [...fix.steps, ...(fix.undo ?? [])].flatMap(step => ('recipe' in step ? [{ step, at: ['fixes', index, 'steps'] }] : [])))
  return [
    ...all.flatMap(({ text, at, each }) => placeholdersIn(text).flatMap(({ path, fallback }) => {
      const whole = path.startsWith('each.') && each !== undefined ? `${each}.${path.slice(5)}` : path === 'each' && each !== undefined ? each : path
      const info = pathInfo(whole, rule.for, rule.log)
      if (typeof info === 'string') return [{ path: at, message: `{{${path}}}: ${info}` }]
      return info.nullable && fallback === null ? [{ path: at, message: `{{${path}}} may be nothing; write what to say then: {{${path}|…}}` }] : []
    })),
    ...all.filter(({ text }) => /\{\{|\}\}/.test(text.replace(/\{\{[^{}]*\}\}/g, ''))).map(({ at }) => ({ path: at, message: 'a placeholder is not closed' })),
    ...recipes.flatMap(({ step, at }) => {
      const recipe = Object.hasOwn(shared.recipes, step.recipe) ? shared.recipes[step.recipe] : undefined
      if (!recipe) return [{ path: at, message: `there is no recipe ${step.recipe} in _recipes.yaml` }]
      const given = Object.keys(step.with ?? {}).sort().join(', ')
      const wanted = [...recipe.with].sort().join(', ')
      return given === wanted ? [] : [{ path: at, message: `the recipe ${step.recipe} takes ${wanted || 'nothing'}, not ${given || 'nothing'}` }]
    }),
  ]
}

function lintAdvice(rule: Rule, shared: Shared): Complaint[] {
  const advice = rule.fixes.flatMap(textsOf)
  return shared.never.filter(never => never.unless !== rule.id).flatMap(never => {
    const pattern = new Pattern(never.pattern)
    return advice.filter(({ text }) => pattern.match(text)).map(({ at }) => ({ path: at, message: `never advise this: ${never.why}` }))
  })
}
