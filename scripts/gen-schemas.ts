/** Publishes the schemas of what gpudoctor writes as JSON Schema (draft-07) in docs/. */
import { existsSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { jsonReportSchema } from '../reports/json-schema.ts'

export interface PublishedSchema { readonly file: string; readonly text: string }

const schemaText = (title: string, schema: GenericSchema): string => {
  const { $schema, ...rest } = toJsonSchema(schema, { errorMode: 'ignore' })
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`
}

/** Every schema with the file it belongs into, relative to the repository. */
export async function publishedSchemas(): Promise<readonly PublishedSchema[]> {
  const manifest = await manifestSchema()
  return [
    { file: 'docs/report.schema.json', text: schemaText('gpudoctor report', jsonReportSchema) },
    ...(manifest === null ? [] : [{ file: 'docs/snapshot.schema.json', text: schemaText('Manifest of a gpudoctor snapshot', manifest) }]),
  ]
}

/** The schema that evidence/manifest.ts exports, or null where it has none. */
async function manifestSchema(): Promise<GenericSchema | null> {
  const module = new URL('../evidence/manifest.js', import.meta.url)
  if (!existsSync(module)) return null
  const exported: unknown = await import(module.href)
  const isSchema = (value: unknown): value is GenericSchema =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema'
  const named = Object.entries(exported as object).sort(([a], [b]) => Number(/manifest/i.test(b)) - Number(/manifest/i.test(a)))
  return named.map(([, value]) => value as unknown).find(isSchema) ?? null
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await publishedSchemas()) writeFileSync(file, text)
}
