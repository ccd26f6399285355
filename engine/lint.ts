/**
 * The lint: a table of checks, each with what it refuses and why; `gpudoctor rules lint --checks` prints it. Checks of form
 * are made while a file is loaded (`load.ts`), those of a rule once it has its form, those of tests and of a whole folder
 * by `rules lint` alone (`lint-folder.ts`).
 */
import { conditionChecks } from './lint-conditions.ts'
import type { Check, Complaint, Linted, RuleCheck } from './lint-check.ts'
import { signatureChecks } from './lint-signatures.ts'
import { testChecks } from './lint-tests.ts'
import { textChecks } from './lint-texts.ts'

const named = <Name extends string>(checks: Readonly<Record<Name, readonly [refuses: string, why: string]>>): Readonly<Record<Name, Check>> =>
  Object.fromEntries(Object.entries<readonly [string, string]>(checks).map(([name, [refuses, why]]) => [name, { name, refuses, why }])) as Readonly<Record<Name, Check>>

/** What a file must be before its rule can be looked at. */
export const formChecks = named({
  'readable': ['a file or folder that cannot be read', 'what is not read is not checked'],
  'file-size': ['a file larger than 256 KiB', 'no rule is that long; something else lies there'],
  'yaml': ['text that is no YAML 1.2, names a key twice, or carries tags', 'rules are data and never code; YAML bombs are refused as well'],
  'known-key': ['a key that a rule does not have', 'a slip of the pen would be ignored silently'],
  'missing-key': ['a rule without something that every rule has', 'the reader would miss it'],
  'known-word': ['a word that is none of those to choose from: severity, layer, platform, where …', 'nothing would be for it'],
  'not-empty': ['an empty text, or an empty list where one element is the least', 'an empty any never holds, an empty all always'],
  'value-form': ['a value of another form than the key takes: a number for a text, a text for a list', 'it would be misread or break a run'],
  'id-is-file-name': ['a rule whose id is not the name of its file', 'people find a rule by its name'],
  'shared-condition': ['a shared condition that _conditions.yaml does not have', 'the rule would hold without it'],
  'nesting': ['conditions nested deeper than 40 levels', 'a shared condition names itself, or somebody attacks'],
  'unique-name': ['an id or alias that another rule has', 'a name in symptom_of, explain and reports means one rule'],
  'test-form': ['a test file of another form', 'its cases would not be run'],
  'shared-form': ['_lists, _conditions, _recipes, _never or a table of another form', 'every rule that leans on it would break'],
  'shared-name': ['a list, recipe or table that has the name of a built-in one and says something else', 'it would change what built-in rules mean'],
  'table-row': ['a row of a table that has not exactly the columns', 'a text would say "(not known)"'],
  'never-pattern': ['a pattern of _never.yaml that RE2 does not take', 'it would hold back nothing'],
  'pack-form': ['a pack.yaml that is of another form, or for a newer form of rules', 'a newer rule would be misread; a newer gpudoctor takes it'],
})
export type FormCheck = keyof typeof formChecks

/** What can only be seen over a whole folder. */
export const folderChecks = named({
  'has-tests': ['a rule without tests beside it', 'nobody knows whether it works'],
  'orphan-test': ['tests without a rule beside them', 'the rule was renamed, and its tests no longer run'],
  'known-rule': ['a rule in symptom_of, special_case_of or confused_with that does not exist', 'the symptom would never be put under its cause'],
  'symptom-cycle': ['rules that are symptoms of one another in a circle', 'no cause would be the first'],
  'built-in-name': ['a name of a built-in rule, in a folder that is no pack with a name', 'the rule takes the place of the built-in one in every run; a pack has names of its own, and says in replaces what it replaces'],
  'shared-used': ["a list, condition or recipe of a person's folder that nothing in it uses", 'it is left over, or its user misspells it'],
  'recipe-names': ['a recipe with placeholders other than its parameters, or with steps of a recipe that does not exist', 'its steps would hold "(not known)", or be left out'],
})
export type FolderCheck = keyof typeof folderChecks

export const ruleChecks: readonly RuleCheck[] = [...conditionChecks, ...signatureChecks, ...textChecks]

/** The whole table. */
export const checks: readonly Check[] = [...Object.values(formChecks), ...ruleChecks, ...testChecks, ...Object.values(folderChecks)]

/** What is wrong with a rule that has its form; `stops`: only what keeps it from being used, or only the rest. */
export const lintRule = (linted: Linted, stops: boolean): (Complaint & { readonly check: string })[] =>
  ruleChecks.filter(check => check.stops === stops).flatMap(check => check.find(linted).map(complaint => ({ ...complaint, check: check.name })))
