/**
 * The built-in rules as the build compiled them, in two files. What decides (conditions, patterns) is read at once; the
 * words (texts, fixes, samples, sources), three quarters of it, lie beside it and are read when a rule fires or is shown.
 */
import { readFileSync } from 'node:fs'
import type { LogSignature, Rule } from '../model/rule.ts'
import type { Shared } from './shared.ts'

type Wordy = 'cause' | 'finding' | 'fixes' | 'confusedWith' | 'checkedAgainst' | 'references'
type Words = Pick<Rule, Wordy> & { readonly samples: Readonly<Record<string, readonly string[]>> }
/** `words`: where they lie in the other file, first byte and the one behind the last. */
type Core = Omit<Rule, Wordy | 'log'> & { readonly log: Readonly<Record<string, Omit<LogSignature, 'samples' | 'not'>>>; readonly words: readonly [number, number] }

export interface CompiledBase { readonly rules: readonly Rule[]; readonly shared: Shared }

const wordsFile = (file: string): string => file.replace(/\.json$/, '.words')

/** The contents of the two files, by their names. */
export function compileBase(file: string, { rules, shared }: CompiledBase): ReadonlyMap<string, string> {
  let words = ''
  const cores = rules.map((rule): Core => {
    const { cause, finding, fixes, confusedWith, checkedAgainst, references, log, ...core } = rule
    const signatures = Object.entries(log)
    const samples = Object.fromEntries(signatures.map(([name, signature]) => [name, signature.samples]))
    const own: Words = { cause, finding, fixes, confusedWith, checkedAgainst, references, samples }
    const start = Buffer.byteLength(words)
    words += JSON.stringify(own)
    return { ...core, log: Object.fromEntries(signatures.map(([name, { samples: _, not: __, ...signature }]) => [name, signature])), words: [start, Buffer.byteLength(words)] }
  })
  return new Map([[file, JSON.stringify({ shared, rules: cores })], [wordsFile(file), words]])
}

/** Throws where the build has not been run. */
export function readBase(file: string): CompiledBase {
  const { rules, shared } = JSON.parse(readFileSync(file, 'utf8')) as { rules: readonly Core[]; shared: Shared }
  let all: Buffer | undefined
  const read = ([start, end]: Core['words']): Words => JSON.parse((all ??= readFileSync(wordsFile(file))).toString('utf8', start, end)) as Words
  return { rules: rules.map(core => new BuiltInRule(core, read) as unknown as Rule), shared }
}

/** A rule whose words are read when somebody asks for one. A class, as hundreds of objects with getters of their own cost more to make than to parse. */
class BuiltInRule {
  readonly #at: Core['words']
  readonly #read: (at: Core['words']) => Words
  #own: Words | undefined

  constructor({ words, ...core }: Core, read: (at: Core['words']) => Words) {
    Object.assign(this, core)
    this.#at = words
    this.#read = read
  }

  get words(): Words {
    return (this.#own ??= this.#read(this.#at))
  }

  get cause() { return this.words.cause }
  get finding() { return this.words.finding }
  get fixes() { return this.words.fixes }
  get confusedWith() { return this.words.confusedWith }
  get checkedAgainst() { return this.words.checkedAgainst }
  get references() { return this.words.references }

  /** The real lines of a signature. */
  samplesOf(signature: string): readonly string[] { return this.words.samples[signature] ?? [] }
}

/** The real lines a signature must match, wherever the rule was loaded from. */
export const samplesOf = (rule: Rule, signature: string): readonly string[] =>
  (rule instanceof BuiltInRule ? rule.samplesOf(signature) : (rule.log[signature]?.samples ?? []))
