/** The parts of SARIF 2.1.0 that the report uses, as strict as the standard has them (OASIS sarif-v2.1.0, section 3). */
import * as v from 'valibot'

const text = v.pipe(v.string(), v.minLength(1))
const message = v.strictObject({ text })
const index = v.pipe(v.number(), v.integer(), v.minValue(0))
const level = v.picklist(['none', 'note', 'warning', 'error'])
/** RFC 3986, a relative reference without dots and without anything to be taken for a scheme. */
const uri = v.pipe(v.string(), v.regex(/^evidence\/(?:[A-Za-z0-9_-]|%[0-9A-F]{2})*$/))
const artifactLocation = v.strictObject({ uri, description: v.optional(message) })

const location = v.strictObject({
  logicalLocations: v.array(v.strictObject({ fullyQualifiedName: v.string(), name: v.string() })),
  physicalLocation: v.optional(v.strictObject({
    artifactLocation,
    region: v.optional(v.union([
      v.strictObject({ startLine: v.pipe(v.number(), v.integer(), v.minValue(1)), snippet: v.strictObject({ text: v.string() }) }),
      v.strictObject({ byteOffset: index, byteLength: index }),
    ])),
  })),
})

const result = v.strictObject({
  ruleId: v.string(), ruleIndex: index, level, message, locations: v.array(location), relatedLocations: v.array(location),
  partialFingerprints: v.record(v.string(), v.string()),
  properties: v.looseObject({ tags: v.optional(v.array(v.string())) }),
})

const rule = v.strictObject({
  id: v.string(), shortDescription: message, fullDescription: message, defaultConfiguration: v.strictObject({ level }),
  properties: v.looseObject({ tags: v.pipe(v.array(v.string()), v.checkItems((tag, at, tags) => tags.indexOf(tag) === at, 'tags are unique')) }),
})

const run = v.strictObject({
  tool: v.strictObject({ driver: v.strictObject({ name: text, version: v.optional(v.string()), rules: v.array(rule) }) }),
  invocations: v.array(v.strictObject({ executionSuccessful: v.boolean(), toolExecutionNotifications: v.array(v.strictObject({ level, message, descriptor: v.strictObject({ id: v.string() }) })) })),
  artifacts: v.array(v.strictObject({ location: artifactLocation, description: message })),
  results: v.array(result),
  columnKind: v.picklist(['utf16CodeUnits', 'unicodeCodePoints']),
})

export const sarifShape = v.strictObject({ $schema: v.pipe(v.string(), v.url()), version: v.literal('2.1.0'), runs: v.array(run) })
