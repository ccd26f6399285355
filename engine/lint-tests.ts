/** Checks of the tests beside a rule. A slip in them makes a case pass for the wrong reason: a fact that does not exist is never known. */
import { kindOf } from '../model/evidence.ts'
import type { FactSpec, FactType } from '../model/fact.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { Complaint, Keys, TestCheck } from './lint-check.ts'
import { pathInfo } from './paths.ts'
import type { RuleTestFile } from './rule-schema.ts'
import { noted } from '../language/say.ts'

type Case = RuleTestFile['cases'][number]
type Given = Readonly<Record<string, unknown>>

const catalogue = factCatalogue as unknown as Readonly<Record<FactRoot, Readonly<Record<string, FactSpec>>>>
const groupsOfSubjects = { functions: 'fn', groups: 'group', vms: 'vm' } as const
const roots = ['host', 'fn', 'group', 'vm', 'assignment'] as const

interface GivenFact { readonly root: FactRoot; readonly key: string; readonly value: unknown; readonly at: Keys }

/** Every fact a case gives, those of other functions, groups and VMs as well. */
function factsIn({ given }: Case, at: Keys): GivenFact[] {
  const listed = (root: FactRoot, facts: Given | undefined, path: Keys): GivenFact[] => Object.entries(facts ?? {}).flatMap(([key, value]) => [
    { root, key, value, at: [...path, key] },
    ...(Array.isArray(value) ? value.flatMap((element: unknown, index) => (typeof element === 'object' && element !== null ? listed('fn', element as Given, [...path, key, index]) : [])) : []),
  ])
  return [
    ...roots.flatMap(root => listed(root, given[root], [...at, 'given', root])),
    ...Object.entries(groupsOfSubjects).flatMap(([plural, root]) => Object.entries(given[plural as keyof typeof groupsOfSubjects] ?? {}).flatMap(([key, facts]) => listed(root, facts, [...at, 'given', plural, key]))),
  ]
}

const perCase = (tests: RuleTestFile, tell: (test: Case, at: Keys) => readonly Complaint[]): Complaint[] => tests.cases.flatMap((test, index) => tell(test, ['cases', index]))

const fits: Readonly<Record<FactType, (value: unknown) => boolean>> = {
  text: value => typeof value === 'string', number: value => typeof value === 'number', flag: value => typeof value === 'boolean',
  texts: value => Array.isArray(value) && value.every(item => typeof item === 'string'), numbers: value => Array.isArray(value) && value.every(item => typeof item === 'number'),
  function: value => typeof value === 'string', group: value => typeof value === 'string', functions: Array.isArray, vms: Array.isArray,
}

const verdicts = ['fires', 'clear', 'unknown'] as const

export const testChecks: readonly TestCheck[] = [
  {
    name: 'every-verdict', refuses: 'tests without a case that fires, one that is clear and one that is unknown', why: 'a rule that always fires would pass the others',
    find: (_, { cases }) => verdicts.filter(verdict => !cases.some(test => test.expect.verdict === verdict)).map(verdict => ({ path: ['cases'], message: noted('no case leaves it {verdict}', { verdict }) })),
  },
  {
    name: 'case-names', refuses: 'two cases of one name', why: 'a failure is told by its name',
    find: (_, { cases }) => cases.flatMap(({ name }, index) => (cases.findIndex(other => other.name === name) < index ? [{ path: ['cases', index, 'name'], message: noted('another case is called "{name}"', { name }) }] : [])),
  },
  {
    name: 'given-fact', refuses: 'a fact in a case that does not exist', why: 'the rule cannot see it, and the case passes for another reason',
    find: (_, tests) => perCase(tests, (test, at) => factsIn(test, at).flatMap(({ root, key, at: path }) => (Object.hasOwn(catalogue[root], key) ? [] : [{ path, message: noted('there is no fact {root}.{key}', { root, key }) }]))),
  },
  {
    name: 'given-type', refuses: 'a fact in a case with a value that it never has', why: 'the case tests a host that cannot be',
    find: (_, tests) => perCase(tests, (test, at) => factsIn(test, at).flatMap(({ root, key, value, at: path }) => {
      const spec = Object.hasOwn(catalogue[root], key) ? catalogue[root][key] : undefined
      if (!spec || value === null || fits[spec.type](value)) return []
      return [{ path, message: `${root}.${key} is ${spec.type}, not ${JSON.stringify(value)}` }]
    })),
  },
  {
    name: 'given-log', refuses: 'a log in a case that is no kind of evidence, or is not searched', why: 'nobody would read its lines',
    find: (_, tests) => perCase(tests, (test, at) => Object.keys(test.given.log ?? {}).filter(id => kindOf(id) === null).map(id => ({ path: [...at, 'given', 'log', id], message: noted('there is no kind of evidence {id}', { id }) }))),
  },
  {
    name: 'missing-fact', refuses: 'a missing fact in an expectation that leads nowhere', why: 'it can never be what is missing',
    find: (rule, tests) => perCase(tests, (test, at) => (test.expect.missing ?? []).flatMap((path, index) => {
      const info = pathInfo(path, rule.for, rule.log)
      return typeof info === 'string' ? [{ path: [...at, 'expect', 'missing', index], message: info }] : []
    })),
  },
  {
    name: 'says-something', refuses: 'tests of which no case that fires says what the reader is told', why: 'words with the values of the host are what people act on',
    find: (_, { cases }) => {
      const firing = cases.findIndex(test => test.expect.verdict === 'fires')
      return firing >= 0 && !cases.some(test => test.expect.verdict === 'fires' && test.expect.says !== undefined) ? [{ path: ['cases', firing, 'expect'], message: noted('say in says: what the finding must tell') }] : []
    },
  },
]
