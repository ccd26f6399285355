/** The form of a rule file, as people write it. docs/rule.schema.json is made from this, for editors. */
import * as v from 'valibot'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { confidences, layers, severities, sides, subjectKinds, tagGroups, type ComparedValue, type Condition, type StepTemplate } from '../model/rule.ts'
import { noted } from '../language/say.ts'

const id = v.pipe(v.string(), v.regex(/^[a-z0-9]+([-_][a-z0-9]+)*$/, noted('is lower-case words joined by hyphens')))
/** The name of another rule, of a pack as `pack/id`. */
const ruleName = v.pipe(v.string(), v.regex(/^(?:[a-z0-9]+(-[a-z0-9]+)*\/)?[a-z0-9]+([-_][a-z0-9]+)*$/, noted('is the id of a rule, with its pack before it if it is of one: pack/id')))
const line = v.pipe(v.string(), v.minLength(1))
const name = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9_]*$/, 'is a word'))
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()])
const kind = v.picklist(Object.keys(evidenceKinds) as (keyof typeof evidenceKinds)[])

/** A comparison as written; `condition` stands for one of rules/_conditions.yaml. */
export type WrittenCondition = Condition | { readonly condition: string }

const reference = v.strictObject({ fact: line, path: v.optional(line) })
const value: v.GenericSchema<ComparedValue> = v.union([scalar, v.array(v.union([v.string(), v.number()])), reference]) as never
const leaf = v.strictObject({ fact: line, path: line, operator: line, value })
const several = () => v.pipe(v.array(condition), v.minLength(1, noted('needs at least one condition: an empty list would always hold')))
const all = v.strictObject({ all: v.lazy(several) })
const any = v.strictObject({ any: v.lazy(several) })
const not = v.strictObject({ not: v.lazy(() => condition) })
const named = v.strictObject({ condition: line })

/** The branch is chosen by the key that is there, so that an error names the right place. */
export const condition: v.GenericSchema<WrittenCondition> = v.lazy(input => {
  if (typeof input !== 'object' || input === null) return v.union([all, any, not, named, leaf])
  if ('all' in input) return all
  if ('any' in input) return any
  if ('not' in input) return not
  if ('condition' in input) return named
  if ('fact' in input || 'operator' in input) return leaf
  return v.union([all, any, not, named, leaf])
}) as never

const oneOrMore = v.union([line, v.pipe(v.array(line), v.minLength(1))])

const signature = v.strictObject({
  in: v.pipe(v.array(kind), v.minLength(1)),
  contains: oneOrMore,
  match: line,
  numbers: v.optional(v.array(name)),
  about: v.optional(v.picklist(['subject', 'host'])),
  table: v.optional(v.strictObject({ name: line, key: oneOrMore, rows: v.optional(v.union([v.literal('none'), v.record(name, oneOrMore)])) })),
  samples: v.pipe(v.array(line), v.minLength(1, noted('needs at least one real line'))),
  not: v.optional(v.array(line)),
})

const scope = { where: v.optional(v.array(v.picklist(Object.values(tagGroups).flat()))), each: v.optional(line) }
const stepForms = {
  run: v.strictObject({ run: line, ...scope }),
  write: v.strictObject({ write: line, text: line, ...scope }),
  append: v.strictObject({ append: line, text: line, ...scope }),
  set: v.strictObject({ set: line, name: line, value: v.optional(v.string()), addWords: v.optional(line), removeWords: v.optional(line), ...scope }),
  edit: v.strictObject({ edit: line, set: line, ...scope }),
  firmware: v.strictObject({ firmware: line, ...scope }),
  reboot: v.strictObject({ reboot: v.literal(true), ...scope }),
  powerOff: v.strictObject({ powerOff: v.literal(true), ...scope }),
  note: v.strictObject({ note: line, ...scope }),
  recipe: v.strictObject({ recipe: line, with: v.optional(v.record(v.string(), v.string())), ...scope }),
}
const anyStep = v.union(Object.values(stepForms))
/** Chosen by the key that is there, so that an error names the right place; `edit` also has a `set`. */
const step: v.GenericSchema<StepTemplate> = v.lazy(input => {
  if (typeof input !== 'object' || input === null) return anyStep
  const form = 'edit' in input ? 'edit' : Object.keys(stepForms).find(key => key in input)
  return form === undefined ? anyStep : stepForms[form as keyof typeof stepForms]
}) as never
export const steps = v.array(step)

const fix = v.strictObject({
  title: line,
  risk: v.picklist(['none', 'restart-vm', 'reboot', 'data']),
  side: v.picklist(sides, noted('says where the cure lies: firmware, host, hypervisor or guest')),
  caution: v.optional(line),
  when: v.optional(condition),
  steps: v.pipe(steps, v.minLength(1)),
  verify: v.pipe(v.array(v.strictObject({ run: line, shows: line, ...scope })), v.minLength(1, noted('needs a check that tells whether it worked'))),
  undo: v.optional(steps),
})

export const ruleFile = v.strictObject({
  id,
  aliases: v.optional(v.array(id), []),
  title: line,
  severity: v.picklist(severities),
  confidence: v.optional(v.picklist(confidences), 'likely'),
  confirmed_when: v.optional(condition),
  likely_when: v.optional(condition),
  layer: v.picklist(layers),
  platforms: v.pipe(v.array(v.picklist(['linux', 'freebsd', 'illumos'])), v.minLength(1)),
  status: v.optional(v.picklist(['draft', 'stable', 'retired']), 'stable'),
  for: v.picklist(subjectKinds),
  symptom_of: v.optional(v.array(ruleName), []),
  special_case_of: v.optional(v.array(ruleName), []),
  log: v.optional(v.record(name, signature), {}),
  conditions: condition,
  cause: line,
  finding: line,
  fixes: v.array(fix),
  confused_with: v.optional(v.array(v.strictObject({ rule: ruleName, tell: line })), []),
  checked_against: v.optional(v.array(line), []),
  references: v.pipe(v.array(v.strictObject({ for: line, at: line })), v.minLength(1, 'needs a source')),
})
export type RuleFile = v.InferOutput<typeof ruleFile>

/** A file of rules/_tables: what the codes of a vendor mean. */
export const tableFile = v.strictObject({ about: line, source: line, columns: v.pipe(v.array(name), v.minLength(1)), rows: v.record(v.string(), v.record(name, v.union([v.string(), v.number()]))) })

const facts = v.record(v.string(), v.unknown())
/** A rule's tests: facts and log lines in, verdict and words out. */
export const testFile = v.strictObject({
  cases: v.pipe(v.array(v.strictObject({
    name: line,
    given: v.optional(v.strictObject({
      host: v.optional(facts), fn: v.optional(facts), group: v.optional(facts), vm: v.optional(facts), assignment: v.optional(facts),
      /** Other functions, groups and VMs of the machine that paths lead to, by key. */
      functions: v.optional(v.record(v.string(), facts)), groups: v.optional(v.record(v.string(), facts)), vms: v.optional(v.record(v.string(), facts)),
      /** Logs by evidence kind: the lines that stand there. A kind left out was not collected. */
      log: v.optional(v.record(v.string(), v.array(v.string()))),
    }), {}),
    /** Kinds of `log` that are only excerpts, so that absence proves nothing. */
    cut: v.optional(v.array(kind), []),
    expect: v.strictObject({
      verdict: v.picklist(['fires', 'clear', 'unknown']),
      confidence: v.optional(v.picklist(confidences)),
      says: v.optional(oneOrMore),
      says_not: v.optional(oneOrMore),
      missing: v.optional(v.array(line)),
    }),
  })), v.minLength(1)),
})
export type RuleTestFile = v.InferOutput<typeof testFile>
