/** What the last whole run has shown, kept beside the snapshots: for the table, and for how long a scenario takes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labFolder } from './scenario.ts'
import type { Shown } from './show.ts'

export interface Result {
  readonly seconds: number
  readonly reached: readonly string[]
  readonly found: readonly { readonly rule: string; readonly rank: number }[]
  /** Lines of virt-host-validate that are no PASS, on the broken host and on the cured one. */
  readonly validate: { readonly sick: readonly string[]; readonly cured: readonly string[] | null }
}
export type Results = Record<string, Result>

const file = join(labFolder, 'results.json')

export function readResults(): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results
  } catch {
    return {}
  }
}

export function writeResults(results: Results): void {
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(sorted, null, 1)}\n`)
}

export const resultOf = ({ seconds, reached, found, sick, cured }: Shown): Result =>
  ({ seconds, reached, found, validate: { sick: sick?.validate ?? [], cured: cured?.validate ?? null } })
