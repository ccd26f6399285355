/** The table of contents of a snapshot, manifest.json: how it is checked on reading, and its type. */
import * as v from 'valibot'
import { kindOf, type EvidenceId } from '../model/evidence.ts'

/** The number of the form described in docs/snapshot.md. It rises when an older gpudoctor could misread a newer file. */
export const snapshotFormat = 1

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const line = v.pipe(v.string(), v.maxLength(4096))
const time = v.pipe(v.string(), v.maxLength(40), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/, 'is no ISO 8601 time'))

/** Names are plain, so that unpacking one by hand never leaves the folder. */
const fileName = v.pipe(v.string(), v.regex(/^evidence\/[A-Za-z0-9][A-Za-z0-9._-]{0,88}$/, 'is no file name of a snapshot'))

export const pieceSchema = v.object({
  id: v.pipe(v.string(), v.maxLength(512), v.regex(/^[a-z][a-z0-9-]*(?:\/[^\x00-\x1f\x7f]+)?$/, 'is no evidence id')),
  from: line,
  status: v.picklist(['ok', 'cut', 'absent', 'denied', 'timeout', 'failed']),
  note: v.optional(line),
  exitCode: v.optional(v.pipe(v.number(), v.integer())),
  takenAt: v.optional(time),
  tookMs: v.optional(count),
  firstLine: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Where its body is; only for ok and cut. */
  file: v.optional(fileName),
  /** Length of that file. */
  bytes: v.optional(count),
  /** The body is bytes, not UTF-8 text. */
  binary: v.optional(v.literal(true)),
})

export const manifestSchema = v.object({
  format: v.literal(snapshotFormat),
  /** Program and version that wrote it: `gpudoctor 0.1.0`. */
  tool: v.pipe(v.string(), v.maxLength(200)),
  takenAt: time,
  /** Minutes the host's clock is ahead of UTC. */
  zoneMinutes: v.pipe(v.number(), v.integer(), v.minValue(-1440), v.maxValue(1440)),
  platform: v.picklist(['linux', 'freebsd', 'other']),
  /** Whether it was taken as root; null when nobody can tell (a copied tree). */
  root: v.nullable(v.boolean()),
  /** How many values redaction took out, by label. */
  redacted: v.record(v.pipe(v.string(), v.regex(/^[a-z]{1,20}$/)), count),
  evidence: v.pipe(v.array(pieceSchema), v.maxLength(10_000)),
})

export type ManifestPiece = v.InferOutput<typeof pieceSchema>
export type Manifest = v.InferOutput<typeof manifestSchema>
/** What the one who saves a snapshot says of it; the rest follows from the evidence. */
export type SnapshotAbout = Omit<Manifest, 'format' | 'evidence'>

/** The manifest of parsed JSON, or the first things that are wrong with it, by path. */
export function checkManifest(json: unknown): { readonly manifest: Manifest } | { readonly problems: readonly string[] } {
  const result = v.safeParse(manifestSchema, json)
  if (!result.success) return { problems: result.issues.slice(0, 5).map(issue => `${v.getDotPath(issue) ?? 'manifest'}: ${issue.message}`) }
  const manifest = result.output
  const doubled = firstDouble(manifest.evidence.map(({ id }) => id)) ?? firstDouble(manifest.evidence.flatMap(({ file }) => (file === undefined ? [] : [file.toLowerCase()])))
  if (doubled !== undefined) return { problems: [`evidence: ${doubled} is listed twice`] }
  const bare = manifest.evidence.find(piece => (piece.file !== undefined) !== (piece.status === 'ok' || piece.status === 'cut') || (piece.file === undefined) !== (piece.bytes === undefined))
  return bare ? { problems: [`evidence: ${bare.id} is ${bare.status} and ${bare.file === undefined ? 'has no file' : 'has a file'}`] } : { manifest }
}

function firstDouble(list: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return list.find(item => seen.size === seen.add(item).size)
}

/** The id as this version knows it; null for a kind it has never heard of. */
export const knownId = (id: string): EvidenceId | null => (kindOf(id) ? (id as EvidenceId) : null)
