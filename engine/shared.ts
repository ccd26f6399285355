/** What rules have in common: `rules/_lists.yaml`, `_conditions.yaml`, `_recipes.yaml`, `_never.yaml`, `_tables/*.yaml`. */
import type { StepTemplate } from '../model/rule.ts'
import type { WrittenCondition } from './rule-schema.ts'

/** Steps that many fixes need, written once per boot loader, initramfs tool and so on; `{{with.x}}` are its parameters. */
export interface Recipe { readonly about: string; readonly with: readonly string[]; readonly steps: readonly StepTemplate[] }
export type Recipes = Readonly<Record<string, Recipe>>

/** Advice that must never be given, and in which rule it may be named all the same. */
export interface Never { readonly pattern: string; readonly why: string; readonly unless?: string | undefined }

/** Words by column: what one code means. */
export type Row = Readonly<Record<string, string>>
/** Codes that a vendor numbers and documents as a table (Xid, SXid): data, not a rule for each. Every row has every column. */
export interface Table { readonly about: string; readonly source: string; readonly columns: readonly string[]; readonly rows: Readonly<Record<string, Row>> }
export type Tables = Readonly<Record<string, Table>>

export interface Shared {
  readonly lists: Readonly<Record<string, readonly (string | number)[]>>
  readonly conditions: Readonly<Record<string, WrittenCondition>>
  readonly recipes: Recipes
  readonly never: readonly Never[]
  readonly tables: Tables
}
