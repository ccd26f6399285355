/**
 * The built-in rules as the build compiled them. What decides (conditions, patterns) is read at once; the words (texts,
 * fixes, samples, sources), three quarters of it, stay a string until a rule fires or is shown.
 */
import { readFileSync } from 'node:fs'
import type { LogSignature, Rule } from '../model/rule.ts'
import type { Shared } from './shared.ts'

const wordy = ['cause', 'finding', 'fixes', 'confusedWith', 'checkedAgainst', 'references'] as const
type Words = Pick<Rule, (typeof wordy)[number]> & { readonly samples: Readonly<Record<string, readonly string[]>> }
type Core = Omit<Rule, (typeof wordy)[number] | 'log'> & { readonly log: Readonly<Record<string, Omit<LogSignature, 'samples' | 'not'>>>; readonly words: string }

export interface CompiledBase { readonly rules: readonly Rule[]; readonly shared: Shared }

export function compileBase({ rules, shared }: CompiledBase): string {
  return JSON.stringify({ format: 1, shared, rules: rules.map(pack) })
}

/** Throws where the build has not been run. */
export function readBase(file: string): CompiledBase {
  const { rules, shared } = JSON.parse(readFileSync(file, 'utf8')) as { rules: readonly Core[]; shared: Shared }
  return { rules: rules.map(unpack), shared }
}

function pack(rule: Rule): Core {
  const { cause, finding, fixes, confusedWith, checkedAgainst, references, log, ...core } = rule
  const signatures = Object.entries(log)
  const samples = Object.fromEntries(signatures.map(([name, signature]) => [name, signature.samples]))
  const words: Words = { cause, finding, fixes, confusedWith, checkedAgainst, references, samples }
  return { ...core, log: Object.fromEntries(signatures.map(([name, { samples: _, not: __, ...signature }]) => [name, signature])), words: JSON.stringify(words) }
}

function unpack({ words, ...core }: Core): Rule {
  let read: Words | undefined
  const open = (): Words => (read ??= JSON.parse(words) as Words)
  const lazily = <T>(get: () => T): PropertyDescriptor => ({ get, enumerable: true })
  for (const [name, signature] of Object.entries(core.log)) Object.defineProperty(signature, 'samples', lazily(() => open().samples[name]))
  return Object.defineProperties(core, Object.fromEntries(wordy.map(key => [key, lazily(() => open()[key])]))) as unknown as Rule
}
