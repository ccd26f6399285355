/**
 * Rule packs: a folder of rules that somebody else brings, with a `pack.yaml` that says what it is:
 *
 *     name: acme                 # its rules are acme/<id> in reports; without a name they are as in any folder
 *     version: 1.2.0
 *     gpudoctor: '1'             # the forms of rules it is written for: 1, '1-2'
 *     about: Failures of ACME's appliances
 *     licence: MIT
 *     replaces: [group-not-viable]     # built-in rules that are left out because this pack says it better
 *
 * A pack is data like every rule. One for a newer form is left out whole, as its rules would be misread.
 */
import * as v from 'valibot'
import type { Rule } from '../model/rule.ts'

/** The form of rule files that this gpudoctor reads; it grows when a rule of the new form would be misread by an older gpudoctor. */
export const ruleForm = 1

export interface Pack {
  /** null: its rules keep their bare names. */
  readonly name: string | null
  readonly version: string
  readonly about: string
  readonly licence: string | null
  /** Ids of built-in rules that are left out where this pack is used. */
  readonly replaces: readonly string[]
}

const word = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is lower-case words joined by hyphens'), v.maxLength(40))
const line = v.pipe(v.string(), v.minLength(1), v.maxLength(500))
const range = v.union([v.pipe(v.number(), v.integer(), v.minValue(1)), v.pipe(v.string(), v.regex(/^\d{1,4}(?: ?- ?\d{1,4})?$/, "is the form of rules it is for: 1, or '1-2'"))])

/** pack.yaml as it is written; docs/pack.schema.json is made from this. */
export const packFile = v.strictObject({
  name: v.optional(word),
  version: v.pipe(v.string(), v.regex(/^\d+(\.\d+){1,2}(-[\w.]+)?$/, "is a version such as '1.2.0', in quotes")),
  gpudoctor: range,
  about: line,
  licence: v.optional(line),
  replaces: v.optional(v.array(v.string()), []),
})
export type PackFile = v.InferOutput<typeof packFile>

export const packOf = ({ name, version, about, licence, replaces }: PackFile): Pack => ({ name: name ?? null, version, about, licence: licence ?? null, replaces })

/** Why this gpudoctor cannot take a pack for these forms of rules; null: it can. */
export function tooNewOrOld(forms: PackFile['gpudoctor']): string | null {
  const [least = 0, most = least] = String(forms).split('-').map(Number)
  if (least > most) return `the range ${forms} holds no form`
  if (least > ruleForm) return `this pack is for form ${forms} of rules, and this gpudoctor reads form ${ruleForm}: it needs a newer gpudoctor. The pack is left out`
  if (most < ruleForm) return `this pack is for form ${forms} of rules, and this gpudoctor reads form ${ruleForm}: it needs a newer pack. The pack is left out`
  return null
}

/** The rules under the pack's name; what they say of one another follows, what they say of built-in rules stays. */
export function underName(rules: readonly Rule[], pack: Pack | null): Rule[] {
  const name = pack?.name ?? null
  if (name === null) return [...rules]
  const own = new Set(rules.flatMap(rule => [rule.id, ...rule.aliases]))
  const renamed = (other: string): string => (own.has(other) ? `${name}/${other}` : other)
  return rules.map(rule => ({
    ...rule, id: renamed(rule.id), aliases: rule.aliases.map(renamed), symptomOf: rule.symptomOf.map(renamed), specialCaseOf: rule.specialCaseOf.map(renamed),
    confusedWith: rule.confusedWith.map(other => ({ ...other, rule: renamed(other.rule) })),
  }))
}
