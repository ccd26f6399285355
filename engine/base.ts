/** The built-in rules as the build compiled them: JSON, checked once, read in a millisecond. */
import { readFileSync } from 'node:fs'
import type { Rule } from '../model/rule.ts'
import type { Shared } from './shared.ts'

export interface CompiledBase { readonly format: 1; readonly rules: readonly Rule[]; readonly shared: Shared }

/** Throws where the build has not been run. */
export function readBase(file: string | URL): CompiledBase {
  return JSON.parse(readFileSync(file, 'utf8')) as CompiledBase
}
