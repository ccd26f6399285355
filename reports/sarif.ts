/**
 * The report as SARIF 2.1.0 (OASIS), which code scanning, editors and dashboards read: a rule's findings as results, quoted
 * lines as locations in the evidence, broken rules as notifications.
 */
import { createHash } from 'node:crypto'
import type { Broken, Diagnosis, EvidenceNote, Finding, Quote, Report } from '../model/finding.ts'
import type { Severity } from '../model/rule.ts'
import { say } from '../language/say.ts'
import { printableDiagnosis, printableJson } from './printable.ts'
import { plainFix } from './plain.ts'
import { hasLines, placeOf, subjectOf } from './words.ts'

/** Web address of the schema that the report names. */
export const sarifSchema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', hint: 'note' }

export const sarifReport: Report = raw => {
  const diagnosis = printableDiagnosis(raw)
  return `${printableJson(JSON.stringify({ $schema: sarifSchema, version: '2.1.0', runs: [runOf(diagnosis)] }, null, 2))}\n`
}

function runOf({ about, findings, broken }: Diagnosis): unknown {
  const [name = 'gpudoctor', version] = about.tool.split(' ')
  const rules = [...new Map(findings.map(finding => [finding.rule, finding])).values()]
  const indexes = new Map(rules.map((finding, index) => [finding.rule, index]))
  return {
    tool: { driver: { name, ...(version === undefined ? {} : { version }), rules: rules.map(ruleOf) } },
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: broken.map(notificationOf) }],
    artifacts: about.evidence.map(artifactOf),
    results: findings.map(finding => resultOf(finding, indexes.get(finding.rule) ?? 0)),
    columnKind: 'utf16CodeUnits',
  }
}

const ruleOf = (finding: Finding): unknown => ({
  id: finding.rule,
  shortDescription: { text: finding.title || finding.rule },
  fullDescription: { text: finding.cause || finding.text || finding.rule },
  defaultConfiguration: { level: levels[finding.severity] },
  properties: { tags: [finding.layer] },
})

const resultOf = (finding: Finding, ruleIndex: number): unknown => ({
  ruleId: finding.rule,
  ruleIndex,
  level: levels[finding.severity],
  message: { text: [say('{title}: {text}', { title: finding.title, text: finding.text }), ...finding.fixes.map(plainFix)].join('\n\n') },
  locations: (finding.evidence.length > 0 ? finding.evidence.slice(0, 1) : [null]).map(quote => locationOf(finding, quote)),
  relatedLocations: finding.evidence.slice(1).map(quote => locationOf(finding, quote)),
  partialFingerprints: { 'ruleAndSubject/v1': createHash('sha256').update(`${finding.rule}\n${finding.subject}`).digest('hex') },
  properties: { subject: finding.subject, layer: finding.layer, confidence: finding.confidence, reason: finding.reason, rootCause: finding.symptomOf === null, ...(finding.symptomOf === null ? {} : { symptomOf: finding.symptomOf }) },
})

const locationOf = (finding: Finding, quote: Quote | null): unknown => ({
  logicalLocations: [{ fullyQualifiedName: finding.subject, name: subjectOf(finding) }],
  ...(quote === null ? {} : { physicalLocation: { artifactLocation: { uri: uriOf(quote.evidence) }, ...regionOf(quote) } }),
})

const regionOf = (quote: Quote): { readonly region?: unknown } =>
  !hasLines(quote) ? { region: { byteOffset: quote.where, byteLength: 16 } } : quote.where > 0 ? { region: { startLine: quote.where, snippet: { text: quote.text } } } : {}

const artifactOf = (note: EvidenceNote): unknown => ({ location: { uri: uriOf(note.id), description: { text: note.from || note.about } }, description: { text: note.about } })

const notificationOf = (broken: Broken): unknown => ({ level: 'error', message: { text: `${placeOf(broken)}: ${broken.error}` }, descriptor: { id: broken.rule } })

/** A relative reference of its own: what is no letter of an id is percent-coded, so that no name can leave the folder. */
const uriOf = (id: string): string => `evidence/${encodeURIComponent(id).replace(/[!'()*.~]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)}`
