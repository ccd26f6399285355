/**
 * The operators of rule conditions. Total: any value on either side gives true or false, never an exception, and they
 * replace the ones json-rules-engine brings (whose `in` searches substrings and whose `greaterThan` takes "10").
 * An unknown left or right side never gets here to decide anything: the fold in `judge.ts` makes it unknown.
 */
import { Pattern } from '../matching/pattern.ts'
import type { FactType } from '../model/fact.ts'

type Value = unknown
export interface OperatorSpec {
  readonly about: string
  /** Types of the left side it is for. */
  readonly left: readonly FactType[]
  /** What stands on the right. */
  readonly right: 'scalar' | 'list' | 'number' | 'text' | 'version' | 'pattern' | 'flag'
  readonly holds: (left: Value, right: Value) => boolean
}

const scalars: readonly FactType[] = ['text', 'number', 'flag', 'function', 'group']
const lists: readonly FactType[] = ['texts', 'numbers', 'functions', 'vms']

const isNumber = (value: Value): value is number => typeof value === 'number' && !Number.isNaN(value)
const compare = (test: (a: number, b: number) => boolean) => (left: Value, right: Value) => isNumber(left) && isNumber(right) && test(left, right)
const has = (list: Value, value: Value): boolean => Array.isArray(list) && list.some(item => item === value || (typeof item === 'string' && typeof value === 'string' && item.toLowerCase() === value.toLowerCase()))
const anyOf = (left: Value, right: Value): boolean => Array.isArray(left) && left.some(item => has(right, item))

/** `6.8.12-4-pve` against `6.2`: component by component, missing ones as 0. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string) => (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
  const [x, y] = [parts(a), parts(b)]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}
const version = (test: (order: number) => boolean) => (left: Value, right: Value) =>
  typeof left === 'string' && typeof right === 'string' && /\d/.test(left) && test(compareVersions(left, right))

const patterns = new Map<string, Pattern>()
function matches(left: Value, right: Value): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return false
  let pattern = patterns.get(right)
  if (!pattern) patterns.set(right, (pattern = new Pattern(right)))
  return pattern.match(left) !== null
}

export const operators: Readonly<Record<string, OperatorSpec>> = {
  equal: { about: 'is the same value', left: scalars, right: 'scalar', holds: (a, b) => a === b },
  notEqual: { about: 'is another value', left: scalars, right: 'scalar', holds: (a, b) => a !== b },
  in: { about: 'is one of a list', left: scalars, right: 'list', holds: (a, b) => has(b, a) },
  notIn: { about: 'is none of a list (nothing at all is none of them)', left: scalars, right: 'list', holds: (a, b) => !has(b, a) },
  exists: { about: 'is there (true) or is known not to be (false)', left: [...scalars, ...lists], right: 'flag', holds: (a, b) => (a !== null && a !== undefined) === b },
  greaterThan: { about: '>', left: ['number'], right: 'number', holds: compare((a, b) => a > b) },
  greaterThanInclusive: { about: '≥', left: ['number'], right: 'number', holds: compare((a, b) => a >= b) },
  lessThan: { about: '<', left: ['number'], right: 'number', holds: compare((a, b) => a < b) },
  lessThanInclusive: { about: '≤', left: ['number'], right: 'number', holds: compare((a, b) => a <= b) },
  contains: { about: 'the list has this value', left: lists, right: 'scalar', holds: (a, b) => has(a, b) },
  doesNotContain: { about: 'the list lacks this value', left: lists, right: 'scalar', holds: (a, b) => !has(a, b) },
  containsAny: { about: 'the list has one of these values', left: lists, right: 'list', holds: anyOf },
  containsNone: { about: 'the list has none of these values', left: lists, right: 'list', holds: (a, b) => !anyOf(a, b) },
  someMatches: { about: 'an element of the list matches this RE2 pattern', left: ['texts'], right: 'pattern', holds: (a, b) => Array.isArray(a) && a.some(item => matches(item, b)) },
  noneMatches: { about: 'no element of the list matches this RE2 pattern', left: ['texts'], right: 'pattern', holds: (a, b) => !(Array.isArray(a) && a.some(item => matches(item, b))) },
  matches: { about: 'matches this RE2 pattern', left: ['text'], right: 'pattern', holds: matches },
  doesNotMatch: { about: 'does not match this RE2 pattern', left: ['text'], right: 'pattern', holds: (a, b) => !matches(a, b) },
  versionAtLeast: { about: 'is this version or newer', left: ['text'], right: 'version', holds: version(order => order >= 0) },
  versionBelow: { about: 'is older than this version', left: ['text'], right: 'version', holds: version(order => order < 0) },
}
