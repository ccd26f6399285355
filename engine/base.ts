/**
 * The built-in rules as the build compiled them, in two files. What decides (conditions, patterns) is read at once; the
 * words (texts, fixes, samples, sources), three quarters of it, lie beside it and are read when a rule fires or is shown.
 */
import { readFileSync } from 'node:fs'
import type { LogSignature, Rule } from '../model/rule.ts'
import type { Shared } from './shared.ts'

const wordy = ['cause', 'finding', 'fixes', 'confusedWith', 'checkedAgainst', 'references'] as const
type Words = Pick<Rule, (typeof wordy)[number]> & { readonly samples: Readonly<Record<string, readonly string[]>> }
/** `words`: where they lie in the other file, first byte and the one behind the last. */
type Core = Omit<Rule, (typeof wordy)[number] | 'log'> & { readonly log: Readonly<Record<string, Omit<LogSignature, 'samples' | 'not'>>>; readonly words: readonly [number, number] }

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
  return { rules: rules.map(core => unpack(core, read)), shared }
}

function unpack({ words, ...core }: Core, read: (at: Core['words']) => Words): Rule {
  let own: Words | undefined
  const open = (): Words => (own ??= read(words))
  const lazily = <T>(get: () => T): PropertyDescriptor => ({ get, enumerable: true })
  for (const [name, signature] of Object.entries(core.log)) Object.defineProperty(signature, 'samples', lazily(() => open().samples[name]))
  return Object.defineProperties(core, Object.fromEntries(wordy.map(key => [key, lazily(() => open()[key])]))) as unknown as Rule
}
