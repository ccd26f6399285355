/** What a check of the lint is, and what checks look at: one rule with everything in it that a check may ask for, made once. */
import { Pattern } from '../matching/pattern.ts'
import type { Broken } from '../model/finding.ts'
import type { Condition, FixTemplate, Leaf, LogSignature, Rule, StepTemplate } from '../model/rule.ts'
import { isReference, leavesOf } from './needs.ts'
import { operators, type OperatorSpec } from './operators.ts'
import { pathInfo, type PathInfo } from './paths.ts'
import type { RuleFile, RuleTestFile } from './rule-schema.ts'
import type { Shared } from './shared.ts'

/** A row of the table that `gpudoctor rules lint --checks` prints. */
export interface Check {
  readonly name: string
  /** What it refuses, as the rest of the sentence "it refuses …". */
  readonly refuses: string
  readonly why: string
}

export type Keys = readonly (string | number)[]
/** What is wrong, and the keys that lead to the place. */
export interface Complaint { readonly path: Keys; readonly message: string }
/** A complaint at its place in a file, with the check that made it. */
export interface Problem extends Broken { readonly check: string }

/** A check of one rule by itself. */
export interface RuleCheck extends Check {
  /** A rule that it refuses is not loaded at all; otherwise only `rules lint` speaks of it. */
  readonly stops: boolean
  readonly find: (linted: Linted) => readonly Complaint[]
}

/** A check of the tests beside a rule; the keys lead into the test file. */
export interface TestCheck extends Check { readonly find: (rule: Rule, tests: RuleTestFile) => readonly Complaint[] }

export interface SeenLeaf {
  readonly leaf: Leaf
  readonly at: Keys
  readonly spec: OperatorSpec | undefined
  /** What its left side is; a string says why there is no such thing. */
  readonly left: PathInfo | string
  /** What a reference on its right side leads to; null where the right side is a value or a list of rules/_lists.yaml. */
  readonly right: PathInfo | string | null
}

export interface SeenSignature {
  readonly name: string
  readonly signature: LogSignature
  /** null where RE2 does not take it. */
  readonly pattern: Pattern | null
  readonly error: string | null
}

/** A text of a rule in which placeholders may stand. */
export interface SeenText {
  readonly text: string
  readonly at: Keys
  /** The list its step is repeated for. */
  readonly each: string | undefined
  /** It is a command, or goes into a file. */
  readonly as: 'words' | 'command' | 'file'
}

export interface SeenStep { readonly step: StepTemplate; readonly at: Keys; readonly fix: FixTemplate }

/** A rule as the checks see it. */
export class Linted {
  readonly rule: Rule
  readonly file: RuleFile
  readonly shared: Shared
  #leaves: readonly SeenLeaf[] | undefined
  #signatures: readonly SeenSignature[] | undefined
  #texts: readonly SeenText[] | undefined

  constructor(rule: Rule, file: RuleFile, shared: Shared) {
    this.rule = rule
    this.file = file
    this.shared = shared
  }

  /** The rule's conditions, each with the keys that lead to it. */
  get conditions(): readonly { readonly condition: Condition; readonly at: Keys }[] {
    const { conditions, confirmedWhen, likelyWhen, fixes } = this.rule
    const written: [Keys, Condition | undefined][] = [[['conditions'], conditions], [['confirmed_when'], confirmedWhen], [['likely_when'], likelyWhen], ...fixes.map((fix, index): [Keys, Condition | undefined] => [['fixes', index, 'when'], fix.when])]
    return written.flatMap(([at, condition]) => (condition ? [{ condition, at }] : []))
  }

  get leaves(): readonly SeenLeaf[] {
    return (this.#leaves ??= this.conditions.flatMap(({ condition, at }) => leavesOf(condition, at)).map(({ leaf, at }) => ({
      leaf, at,
      spec: Object.hasOwn(operators, leaf.operator) ? operators[leaf.operator] : undefined,
      left: this.path(`${leaf.fact}.${leaf.path}`),
      right: isReference(leaf.value) && leaf.value.fact !== 'lists' ? this.path(`${leaf.value.fact}.${leaf.value.path ?? ''}`) : null,
    })))
  }

  get signatures(): readonly SeenSignature[] {
    return (this.#signatures ??= Object.entries(this.rule.log).map(([name, signature]) => {
      const error = patternError(signature.match)
      return { name, signature, error, pattern: error === null ? new Pattern(signature.match) : null }
    }))
  }

  get texts(): readonly SeenText[] {
    const { title, finding, cause, fixes } = this.rule
    const words = (at: Keys, text: string): SeenText => ({ text, at, each: undefined, as: 'words' })
    return (this.#texts ??= [words(['finding'], finding), words(['title'], title), words(['cause'], cause), ...fixes.flatMap(textsOfFix)])
  }

  /** Every text a fix gives as advice. */
  get advice(): readonly SeenText[] {
    return this.texts.filter(({ at }) => at[0] === 'fixes')
  }

  /** Steps and ways back of all fixes. */
  get steps(): readonly SeenStep[] {
    return this.rule.fixes.flatMap((fix, index) => [...fix.steps.map((step, number) => ({ step, at: ['fixes', index, 'steps', number], fix })), ...(fix.undo ?? []).map((step, number) => ({ step, at: ['fixes', index, 'undo', number], fix }))])
  }

  path(path: string): PathInfo | string {
    return pathInfo(path, this.rule.for, this.rule.log)
  }
}

/** What RE2 says against a pattern; null: it takes it. */
export function patternError(pattern: string): string | null {
  try {
    new Pattern(pattern).compile()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const fileKeys: ReadonlySet<string> = new Set(['text', 'write', 'append', 'value', 'addWords', 'removeWords'])

/** Every text of a fix; what a step gives to a recipe as well. */
function textsOfFix(fix: FixTemplate, index: number): SeenText[] {
  const list = (key: string, steps: readonly (StepTemplate | { run: string; shows: string; each?: string })[]) =>
    steps.flatMap((step, number) => Object.entries(step).filter(([field]) => field !== 'where' && field !== 'each').flatMap(([field, value]) =>
      (typeof value === 'string' ? [value] : field === 'with' ? Object.values(value as Record<string, string>) : [])
        .map((text): SeenText => ({ text, at: ['fixes', index, key, number, field], each: step.each, as: field === 'run' ? 'command' : fileKeys.has(field) || (field === 'set' && 'name' in step) ? 'file' : 'words' }))))
  return [
    { text: fix.title, at: ['fixes', index, 'title'], each: undefined, as: 'words' },
    ...(fix.caution ? [{ text: fix.caution, at: ['fixes', index, 'caution'], each: undefined, as: 'words' } as const] : []),
    ...list('steps', fix.steps), ...list('verify', fix.verify), ...list('undo', fix.undo ?? []),
  ]
}
