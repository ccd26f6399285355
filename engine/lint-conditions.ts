/** Checks of conditions: what they name exists, and what is compared can be equal. */
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { EvidenceKindSpec } from '../model/evidence.ts'
import type { FactType } from '../model/fact.ts'
import type { Condition } from '../model/rule.ts'
import { patternError, type Check, type Complaint, type Linted, type RuleCheck, type SeenLeaf } from './lint-check.ts'
import { isLeaf, isReference, needsOf } from './needs.ts'
import { operators } from './operators.ts'
import type { PathInfo } from './paths.ts'
import { noted } from '../language/say.ts'

/** A leaf whose operator and path exist, with a value written out. */
interface Comparison { readonly path: string; readonly operator: string; readonly right: string; readonly info: PathInfo; readonly value: unknown }

const leafCheck = (check: Check, tell: (seen: SeenLeaf, linted: Linted) => string | null): RuleCheck => ({
  ...check, stops: true,
  find: linted => linted.leaves.flatMap(seen => {
    const message = tell(seen, linted)
    return message === null ? [] : [{ path: seen.at, message }]
  }),
})

const valueCheck = (check: Check, tell: (seen: Comparison) => string | null): RuleCheck => leafCheck(check, ({ leaf, spec, left }) =>
  (spec === undefined || typeof left === 'string' || isReference(leaf.value) ? null : tell({ path: `${leaf.fact}.${leaf.path}`, operator: leaf.operator, right: spec.right, info: left, value: leaf.value })))

const lists: readonly FactType[] = ['texts', 'numbers', 'functions', 'vms']
const typeOfScalar = (type: FactType): string => (type === 'number' || type === 'numbers' ? 'number' : type === 'flag' ? 'boolean' : 'string')
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** Facts that hold hexadecimal PCI ids as the tools print them: small letters, without 0x. */
const idPath = /\.(?:id|vendor|subsystem)$/
const writtenId = /^[0-9a-f]{4}(?::[0-9a-f]{4})?$/
/** Not that of an Intel GPU in the processor, which is the same everywhere. */
const fixedAddress = /^(?!0000:00:02\.0$)(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i

/** `all` and `any` nodes of a condition with the keys that lead to each. */
function branchesIn(condition: Condition, at: readonly (string | number)[]): { kind: 'all' | 'any'; children: readonly Condition[]; at: readonly (string | number)[] }[] {
  if (isLeaf(condition)) return []
  if ('not' in condition) return branchesIn(condition.not, [...at, 'not'])
  const [kind, children] = 'all' in condition ? (['all', condition.all] as const) : (['any', condition.any] as const)
  return [{ kind, children, at }, ...children.flatMap((child, index) => branchesIn(child, [...at, kind, index]))]
}

const branches = (linted: Linted) => linted.conditions.flatMap(({ condition, at }) => branchesIn(condition, at))

function contradiction(children: readonly Condition[]): string | null {
  const equals = new Map<string, unknown>()
  for (const child of children) {
    if (!isLeaf(child) || child.operator !== 'equal' || isReference(child.value)) continue
    const path = `${child.fact}.${child.path}`
    if (equals.has(path) && equals.get(path) !== child.value) return path
    equals.set(path, child.value)
  }
  return null
}

const doubleNot = (condition: Condition, at: readonly (string | number)[]): Complaint[] => {
  if (isLeaf(condition)) return []
  if ('not' in condition) return [...('not' in condition.not ? [{ path: at, message: noted('not of not is what stands inside') }] : []), ...doubleNot(condition.not, [...at, 'not'])]
  return ('all' in condition ? condition.all : condition.any).flatMap((child, index) => doubleNot(child, [...at, 'all' in condition ? 'all' : 'any', index]))
}

export const conditionChecks: readonly RuleCheck[] = [
  {
    name: 'condition-top', refuses: 'conditions that are one bare comparison', why: 'json-rules-engine takes all, any or not on top', stops: true,
    find: ({ rule }) => (isLeaf(rule.conditions) ? [{ path: ['conditions'], message: noted('conditions begin with all, any or not') }] : []),
  },
  leafCheck({ name: 'known-operator', refuses: 'an operator that does not exist', why: 'one unknown operator would end the whole run' },
    ({ leaf, spec }) => (spec ? null : noted('there is no operator {operator}; there are {list}', { operator: leaf.operator, list: Object.keys(operators).join(', ') }))),
  leafCheck({ name: 'known-fact', refuses: 'a path that leads to no fact', why: 'it would be unknown for ever, and nobody would see it' },
    ({ left, right, spec }) => (!spec ? null : typeof left === 'string' ? left : typeof right === 'string' ? right : null)),
  leafCheck({ name: 'operator-for-type', refuses: 'an operator that is not for facts of this type', why: 'a list is never greater than a number: the condition could not hold' },
    ({ leaf, spec, left }) => (!spec || typeof left === 'string' || spec.left.includes(left.type) ? null : noted('{operator} is for {list}; {fact}.{path} is {type}', { operator: leaf.operator, list: spec.left.join(', '), fact: leaf.fact, path: leaf.path, type: left.type }))),
  leafCheck({ name: 'known-list', refuses: 'a list that _lists.yaml does not have, or one in a place where no list can stand', why: 'the comparison would never hold' },
    ({ leaf, spec }, { shared }) => {
      if (!spec || !isReference(leaf.value) || leaf.value.fact !== 'lists') return null
      const path = leaf.value.path ?? ''
      if (!Object.hasOwn(shared.lists, path)) return noted('there is no list {path} in _lists.yaml', { path })
      return spec.right === 'list' ? null : noted('a list stands only behind in, notIn, containsAny and containsNone')
    }),
  leafCheck({ name: 'compared-facts', refuses: 'two facts that can never be compared', why: 'a list is never equal to a text' },
    ({ leaf, spec, left, right }) => {
      if (!spec || typeof left === 'string' || right === null || typeof right === 'string' || !isReference(leaf.value)) return null
      const other = `${leaf.value.fact}.${leaf.value.path ?? ''}`
      if (spec.right === 'list') return lists.includes(right.type) ? null : noted('{other} is no list', { other })
      return !lists.includes(right.type) && (spec.right !== 'number' || right.type === 'number') ? null : noted('{other} ({type}) cannot be compared with a {type2} here', { other, type: right.type, type2: left.type })
    }),
  valueCheck({ name: 'value-for-operator', refuses: 'a value the operator does not take: no list behind in, no number behind greaterThan, no flag behind exists', why: 'the condition could never hold' },
    ({ operator, right, value }) => {
      if (right === 'list') return isList(value) && value.length > 0 ? null : noted('{operator} wants a list that is not empty', { operator })
      if (right === 'number') return typeof value === 'number' ? null : `${operator} wants a number`
      if (right === 'flag') return typeof value === 'boolean' ? null : noted('{operator} wants true or false', { operator })
      return null
    }),
  valueCheck({ name: 'version-form', refuses: 'a version that is no text of numbers and dots', why: "YAML reads 6.10 as the number 6.1; only '6.10' stays what it is" },
    ({ operator, right, value }) => (right !== 'version' || (typeof value === 'string' && /^\d+(\.\d+)*$/.test(value)) ? null : noted("{operator} wants a version such as '6.2', in quotes", { operator }))),
  valueCheck({ name: 'condition-pattern', refuses: 'a pattern behind matches that RE2 does not take', why: 'patterns meet text of strangers and must be linear in time; RE2 has no look-around and no back-references' },
    ({ operator, right, value }) => {
      if (right !== 'pattern') return null
      if (typeof value !== 'string') return `${operator} wants a pattern`
      const error = patternError(value)
      return error === null ? null : noted('RE2 does not take the pattern: {error}', { error })
    }),
  valueCheck({ name: 'no-null', refuses: 'a comparison with null', why: 'null means that somebody looked and there is none: exists asks for that' },
    ({ right, value }) => (right === 'scalar' && value === null ? noted('use exists: false to ask whether it is known not to be') : null)),
  valueCheck({ name: 'no-list-equal', refuses: 'a list behind equal', why: 'equal compares identity, and no list is ever another one' },
    ({ right, value }) => (right === 'scalar' && isList(value) ? noted('a list is never equal to a value; use in, or contains') : null)),
  valueCheck({ name: 'value-of-type', refuses: 'a value that is not of the type of the fact', why: "true is not 'true', and 1002 not '1002': it would never be equal" },
    ({ path, right, info, value }) => (right !== 'scalar' || value === null || isList(value) || typeOfScalar(info.type) === typeof value ? null : noted('{path} is {type}, the value is a {what}', { path, type: info.type, what: typeof value }))),
  valueCheck({ name: 'list-of-type', refuses: 'a list with elements that are not of the type of the fact', why: 'ids without quotes become numbers, which no text is ever one of' },
    ({ path, right, info, value }) => {
      const odd = right === 'list' && isList(value) ? value.find(element => typeof element !== typeOfScalar(info.type)) : undefined
      return odd === undefined ? null : noted('{path} is {type}, {value} in the list is a {what}', { path, type: info.type, value: JSON.stringify(odd), what: typeof odd })
    }),
  valueCheck({ name: 'id-form', refuses: 'a PCI id that is not written as the facts have it', why: "ids are four hexadecimal digits in small letters, without 0x: '10de', '10de:1b39'" },
    ({ path, right, value }) => (right === 'scalar' && idPath.test(path) && path.startsWith('fn.') && typeof value === 'string' && !writtenId.test(value) ? noted("{path} is written like '10de' or '10de:1b39', not {value}", { path, value: JSON.stringify(value) }) : null)),
  valueCheck({ name: 'no-fixed-address', refuses: 'an address of one host in a condition', why: 'a rule is for every host; the next one has its card elsewhere' },
    ({ path, value }) => {
      const fixed = (isList(value) ? value : [value]).find(element => typeof element === 'string' && fixedAddress.test(element))
      return fixed === undefined ? null : noted('{path} is compared with {value}, an address of one host', { path, value: String(fixed) })
    }),
  {
    name: 'same-twice', refuses: 'the same comparison twice in one all or any', why: 'one of the two was meant to be another', stops: false,
    find: linted => branches(linted).flatMap(({ children, at }) => {
      const written = children.map(child => JSON.stringify(child))
      return written.some((text, index) => written.indexOf(text) !== index) ? [{ path: at, message: noted('the same comparison stands here twice') }] : []
    }),
  },
  {
    name: 'contradiction', refuses: 'an all that wants one fact to be two things', why: 'it can never hold', stops: true,
    find: linted => branches(linted).flatMap(({ kind, children, at }) => {
      const path = kind === 'all' ? contradiction(children) : null
      return path === null ? [] : [{ path: at, message: noted('{path} cannot be two things at once; use in, or any', { path }) }]
    }),
  },
  {
    name: 'double-not', refuses: 'not of not', why: 'it is hard to read and says nothing more', stops: false,
    find: linted => linted.conditions.flatMap(({ condition, at }) => doubleNot(condition, at)),
  },
  {
    name: 'signature-used', refuses: 'a signature that no condition asks for', why: 'it would be searched for in every log and decide nothing', stops: true,
    find: ({ rule, leaves }) => {
      const used = new Set(leaves.filter(({ leaf }) => leaf.fact === 'log').map(({ leaf }) => leaf.path.split('.')[0]))
      return Object.keys(rule.log).filter(name => !used.has(name)).map(name => ({ path: ['log', name], message: noted('no condition asks for this signature') }))
    },
  },
  {
    name: 'evidence-of-platform', refuses: 'a platform on which nothing that the conditions rest on can be read', why: 'there the rule would be unknown for ever', stops: false,
    find: ({ rule }) => {
      const kinds = needsOf(rule.conditions, rule.for, rule.log)
      return (['linux', 'freebsd'] as const).filter(platform => rule.platforms.includes(platform) && kinds.length > 0)
        .filter(platform => !kinds.some(kind => ['any', platform].includes((evidenceKinds[kind] as EvidenceKindSpec).platform)))
        .map(platform => ({ path: ['platforms'], message: noted('on {platform} nothing can tell: the conditions rest on {list}', { platform, list: kinds.join(', ') }) }))
    },
  },
  {
    name: 'idle-raise', refuses: 'confirmed_when or likely_when that can raise nothing', why: 'the rule has that confidence already, or the condition is the rule’s own', stops: false,
    find: ({ rule }) => [
      ...(rule.confirmedWhen && rule.confidence === 'confirmed' ? [{ path: ['confirmed_when'], message: noted('the rule is confirmed already') }] : []),
      ...(rule.likelyWhen && rule.confidence === 'likely' ? [{ path: ['likely_when'], message: noted('the rule is likely already') }] : []),
      ...(rule.confirmedWhen && JSON.stringify(rule.confirmedWhen) === JSON.stringify(rule.conditions) ? [{ path: ['confirmed_when'], message: noted('it is the condition of the rule itself; say confidence: confirmed') }] : []),
    ],
  },
  {
    name: 'severity-and-confidence', refuses: 'an error that is at best possible and names nothing it may be mistaken for', why: 'an error accuses; what is only possible is a hint, or says when it is likely, what is behind it or how to tell', stops: false,
    find: ({ rule }) => (rule.severity === 'error' && rule.confidence === 'possible' && !rule.confirmedWhen && !rule.likelyWhen && rule.symptomOf.length + rule.confusedWith.length === 0
      ? [{ path: ['confidence'], message: noted('an error that is only possible: make it a hint, or say with likely_when, symptom_of or confused_with what tells') }] : []),
  },
]
