/** The schemas of what gpudoctor writes and reads, as JSON Schema (draft-07) for docs/. */
import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { packFile } from '../engine/pack.ts'
import { ruleFile, testFile } from '../engine/rule-schema.ts'
import { manifestSchema } from '../evidence/manifest.ts'
import { hostLineSchema } from '../reports/host-line-schema.ts'
import { jsonReportSchema } from '../reports/json-schema.ts'
import { planSchema } from '../reports/plan-schema.ts'

export interface PublishedFile { readonly file: string; readonly text: string }

const schemaText = (title: string, schema: GenericSchema): string => {
  const { $schema, ...rest } = toJsonSchema(schema, { errorMode: 'ignore' })
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`
}

/** Every schema with the file it belongs into, relative to the repository. */
export const publishedSchemas = (): readonly PublishedFile[] => [
  { file: 'docs/report.schema.json', text: schemaText('gpudoctor report', jsonReportSchema) },
  { file: 'docs/host-line.schema.json', text: schemaText('A line of gpudoctor --ndjson', hostLineSchema) },
  { file: 'docs/plan.schema.json', text: schemaText('gpudoctor plan', planSchema) },
  { file: 'docs/snapshot.schema.json', text: schemaText('Manifest of a gpudoctor snapshot', manifestSchema) },
  { file: 'docs/rule.schema.json', text: schemaText('gpudoctor rule', ruleFile) },
  { file: 'docs/rule-test.schema.json', text: schemaText('Tests of a gpudoctor rule', testFile) },
  { file: 'docs/pack.schema.json', text: schemaText('pack.yaml of a gpudoctor rule pack', packFile) },
]
