/**
 * A snapshot is all evidence of one host in one file that ordinary tools open (.tar.gz; docs/snapshot.md). Written
 * whole or not at all, and read as if an enemy had written it: bounded, never unpacked to disk, and only what its own
 * table of contents names.
 */
import { randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Header as TarHeader, ReadEntry } from 'tar'
import { hasBody, kindOf, type Evidence, type EvidenceId } from '../model/evidence.ts'
import { checkManifest, knownId, snapshotFormat, type Manifest, type ManifestPiece, type SnapshotAbout } from './manifest.ts'
import { noted } from '../language/say.ts'

/** Something is wrong with a snapshot; the message says what, and what to do. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
}

export interface LoadedSnapshot {
  readonly manifest: Manifest
  readonly evidence: readonly Evidence[]
  /** Ids of pieces whose kind this version does not know; left out. */
  readonly skipped: readonly string[]
}

/** Bounds of what is read, in bytes where it is not entries. */
export const snapshotLimits = {
  entries: 10_000,
  entry: 256 << 20,
  total: 512 << 20,
  manifest: 16 << 20,
  /** Unpacked bytes to packed ones, once more than `ratioFrom` bytes came out; logs reach about 30. */
  ratio: 500,
  ratioFrom: 64 << 20,
}
export type SnapshotLimits = typeof snapshotLimits

const again = noted('Take it again with "gpudoctor collect", or copy it again.')
const foreign = () => new SnapshotError(noted('this is no gpudoctor snapshot: it does not begin with a manifest.json. If it was unpacked and packed again, pass the unpacked folder instead.'))
const damaged = (what: string) => new SnapshotError(noted('the snapshot is damaged: {what}. {again}', { what, again }))
const tooMuch = (what: string) => new SnapshotError(noted('the snapshot is refused: {what}. No honest snapshot is like this; do not trust the file.', { what }))

// ---------------------------------------------------------------- writing

/** What a snapshot is made of. `facts` is for people who only look. */
export interface SnapshotContents { readonly manifest: SnapshotAbout, readonly evidence: readonly Evidence[], readonly facts: unknown }

/** Writes a snapshot beside `path` and puts it there in one step, readable for its owner alone. An ordinary file of that name is replaced; a link, a directory or anything else is refused. */
export async function saveSnapshot(path: string, snapshot: SnapshotContents): Promise<Manifest> {
  const target = resolve(path)
  const there = await lstat(target).catch(() => null)
  if (there && !there.isFile()) throw new SnapshotError(noted('{path} is {kind}: name a new file to write to.', { path, kind: there.isSymbolicLink() ? noted('a symbolic link') : there.isDirectory() ? noted('a directory') : noted('no ordinary file') }))
  const made = contents(snapshot.manifest, snapshot.evidence)
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', 0o600).catch((error: unknown) => { throw new SnapshotError(noted('cannot write {path}: {reason}', { path, reason: error instanceof Error ? error.message : String(error) })) })
  try {
    await pack(made, snapshot.facts, async packed => {
      for await (const bytes of packed) await file.writeFile(bytes)
    })
    await file.sync()
    await file.close()
    await rename(temporary, target)
    await syncDirectory(dirname(target))
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(temporary).catch(() => undefined)
    throw error instanceof SnapshotError ? error : new SnapshotError(noted('cannot write {path}: {reason}', { path, reason: error instanceof Error ? error.message : String(error) }))
  }
  return made.manifest
}

/** The bytes of a snapshot, to put inside something else; null where they are more than `limit`. */
export async function packSnapshot(snapshot: SnapshotContents, limit: number): Promise<Buffer | null> {
  const pieces: Buffer[] = []
  let size = 0
  await pack(contents(snapshot.manifest, snapshot.evidence), snapshot.facts, async packed => {
    for await (const bytes of packed) if ((size += bytes.length) <= limit) pieces.push(bytes)
  })
  return size <= limit ? Buffer.concat(pieces) : null
}

async function pack({ manifest, bodies }: ReturnType<typeof contents>, facts: unknown, take: (packed: AsyncIterable<Buffer>) => Promise<void>): Promise<void> {
  const { Header } = await import('tar')
  const files = [['manifest.json', json(manifest)], ...bodies, ['facts.json', json(facts ?? null)]] as const
  await pipeline(Readable.from(archive(files, Header, new Date(manifest.takenAt))), createGzip(), take)
}

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

/** The rename itself is on disk only when the directory is; where a system cannot sync one, so be it. */
async function syncDirectory(path: string): Promise<void> {
  const dir = await open(path, constants.O_RDONLY).catch(() => null)
  await dir?.sync().catch(() => undefined)
  await dir?.close()
}

type Body = readonly [name: string, bytes: Uint8Array]

function contents(about: SnapshotAbout, evidence: readonly Evidence[]): { readonly manifest: Manifest, readonly bodies: readonly Body[] } {
  const bodies: Body[] = []
  const names = new Set<string>()
  const pieces = evidence.map((e): ManifestPiece => {
    const { id, from, status, note, exitCode, takenAt, tookMs, firstLine, body } = e
    const piece: ManifestPiece = {
      id, from: short(from), status,
      ...(note === undefined ? {} : { note: short(note) }), ...(exitCode === undefined ? {} : { exitCode }),
      ...(takenAt === undefined ? {} : { takenAt }), ...(tookMs === undefined ? {} : { tookMs }), ...(firstLine === undefined ? {} : { firstLine }),
    }
    if (!hasBody(e)) return piece
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const file = fileNameFor(id, typeof body !== 'string', names)
    bodies.push([file, bytes])
    return { ...piece, file, bytes: bytes.length, ...(typeof body === 'string' ? {} : { binary: true as const }) }
  })
  const { tool, takenAt, zoneMinutes, platform, root, redacted } = about
  const checked = checkManifest({ format: snapshotFormat, tool, takenAt, zoneMinutes, platform, root, redacted, evidence: pieces })
  if ('problems' in checked) throw new SnapshotError(noted('this evidence cannot be saved: {problems}', { problems: checked.problems.join('; ') }))
  return { manifest: checked.manifest, bodies }
}

const short = (text: string): string => (text.length > 4096 ? `${text.slice(0, 4095)}…` : text)

/** `evidence/libvirt-domain.win11.txt`: plain, short, and different from all others even where letter case is ignored. */
function fileNameFor(id: string, binary: boolean, taken: Set<string>): string {
  const plain = id.replace('/', '.').replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 72)
  const end = binary ? 'bin' : 'txt'
  let name = `evidence/${plain}.${end}`
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `evidence/${plain}.${n}.${end}`
  taken.add(name.toLowerCase())
  return name
}

/** A tar of these files: fixed modes, no owners, one time, so that the same evidence gives the same bytes. */
function* archive(files: Iterable<Body>, Header: typeof TarHeader, mtime: Date): Generator<Uint8Array> {
  for (const [path, bytes] of files) {
    const header = new Header({ path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime, type: 'File', uname: '', gname: '' })
    header.encode()
    yield header.block as Buffer
    // In parts, so that gzip never holds a second copy of a large log.
    for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20))
    if (bytes.length % 512) yield Buffer.alloc(512 - (bytes.length % 512))
  }
  yield Buffer.alloc(1024)
}

// ---------------------------------------------------------------- reading

/** Reads a snapshot by its path or from the bytes of its file. Throws SnapshotError, and nothing else, on whatever it is given. */
export async function loadSnapshot(packed: string | Uint8Array | AsyncIterable<Uint8Array>, limits: SnapshotLimits = snapshotLimits): Promise<LoadedSnapshot> {
  const { Parser } = await import('tar')
  const reader = new SnapshotReader(limits)
  const parser = new Parser({ strict: true, maxMetaEntrySize: 4096, onReadEntry: entry => reader.entry(entry) })
  parser.on('error', (error: Error) => reader.fail(damaged(error.message)))
  let read = 0
  const source = typeof packed === 'string' ? createReadStream(packed) : packed instanceof Uint8Array ? [packed] : packed
  const counted = async function* () {
    for await (const bytes of source as AsyncIterable<Uint8Array>) {
      read += bytes.length
      yield bytes
    }
  }
  try {
    await pipeline(counted(), createGunzip(), async (unpacked: AsyncIterable<Buffer>) => {
      let first: Buffer | null = Buffer.alloc(0)
      let total = 0
      for await (const bytes of unpacked) {
        total += bytes.length
        if (total > limits.total) throw tooMuch(noted('it unpacks to more than {n} bytes', { n: limits.total }))
        if (total > limits.ratioFrom && total > read * limits.ratio) throw tooMuch(noted('it unpacks to more than {n} times its size', { n: limits.ratio }))
        first = first && Buffer.concat([first, bytes])
        if (first && first.length < 512) continue
        // The parser would take anything packed once more for an archive; only a tar that begins like ours gets there.
        if (first && !(first.toString('latin1', 0, 14) === 'manifest.json\0' && first.toString('latin1', 257, 262) === 'ustar')) throw foreign()
        parser.write(first ?? bytes)
        first = null
        if (reader.failure) throw reader.failure
      }
      if (first) throw foreign()
    })
    await new Promise<void>((done, fail) => {
      parser.on('end', done)
      parser.on('error', fail)
      parser.end()
    })
  } catch (error) {
    throw reader.failure ?? asSnapshotError(error)
  }
  return reader.result()
}

function asSnapshotError(error: unknown): SnapshotError {
  if (error instanceof SnapshotError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'Z_BUF_ERROR') return damaged(noted('it ends too early'))
  if (code === 'Z_DATA_ERROR' && error instanceof Error && error.message === 'incorrect header check') return new SnapshotError(noted('this is no gpudoctor snapshot: it is not packed with gzip. Pass the .tar.gz that "gpudoctor collect" wrote, or the folder it was unpacked to.'))
  if (error instanceof Error && 'syscall' in error) return new SnapshotError(noted('cannot read the snapshot: {reason}', { reason: error.message }))
  return damaged(error instanceof Error ? error.message : String(error))
}

/** Takes the entries of an archive one by one and holds them to the manifest. */
class SnapshotReader {
  failure: SnapshotError | null = null
  #manifest: Manifest | null = null
  #wanted = new Map<string, ManifestPiece>()
  readonly #bodies = new Map<string, Uint8Array>()
  readonly #limits: SnapshotLimits
  #entries = 0
  #facts = false

  constructor(limits: SnapshotLimits) {
    this.#limits = limits
  }

  fail(error: SnapshotError): void {
    this.failure ??= error
  }

  entry(entry: ReadEntry): void {
    const problem = this.failure ?? this.#refusal(entry)
    if (problem) {
      this.fail(problem)
      entry.resume()
      return
    }
    const { path } = entry
    if (path === 'facts.json') {
      this.#facts = true
      entry.resume()
      return
    }
    const parts: Uint8Array[] = []
    entry.on('data', part => parts.push(part))
    entry.on('end', () => this.#took(path, Buffer.concat(parts)))
  }

  #refusal({ path, type, size }: ReadEntry): SnapshotError | null {
    const shown = JSON.stringify(path.slice(0, 200))
    if (++this.#entries > this.#limits.entries) return tooMuch(noted('it holds more than {n} files', { n: this.#limits.entries }))
    if (type !== 'File') return tooMuch(noted('{file} in it is no ordinary file but {type}', { file: shown, type }))
    if (size > this.#limits.entry) return tooMuch(noted('{file} in it is larger than {n} bytes', { file: shown, n: this.#limits.entry }))
    if (!this.#manifest) return path !== 'manifest.json' ? foreign() : size > this.#limits.manifest ? tooMuch(noted('its manifest.json is larger than {n} bytes', { n: this.#limits.manifest })) : null
    if (path === 'facts.json') return this.#facts ? tooMuch(noted('{file} is in it twice', { file: 'facts.json' })) : null
    const piece = this.#wanted.get(path)
    if (!piece) return tooMuch(noted('{file} is in it, which its manifest does not name', { file: shown }))
    if (this.#bodies.has(path)) return tooMuch(noted('{file} is in it twice', { file: shown }))
    return piece.bytes === size ? null : damaged(noted('{file} has {n} bytes instead of {expected}', { file: path, n: size, expected: piece.bytes ?? 0 }))
  }

  #took(path: string, bytes: Uint8Array): void {
    if (path !== 'manifest.json') {
      this.#bodies.set(path, bytes)
      return
    }
    try {
      this.#manifest = readManifest(bytes)
      this.#wanted = wantedFiles(this.#manifest)
    } catch (error) {
      this.fail(asSnapshotError(error))
    }
  }

  result(): LoadedSnapshot {
    if (this.failure) throw this.failure
    if (!this.#manifest) throw foreign()
    return assembled(this.#manifest, this.#bodies)
  }
}

const wantedFiles = (manifest: Manifest): Map<string, ManifestPiece> => new Map(manifest.evidence.flatMap(piece => (piece.file === undefined ? [] : [[piece.file, piece] as const])))

function readManifest(bytes: Uint8Array): Manifest {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    throw damaged(noted('its manifest.json is no JSON'))
  }
  const format = typeof parsed === 'object' && parsed !== null && 'format' in parsed ? parsed.format : undefined
  if (typeof format !== 'number') throw foreign()
  if (format > snapshotFormat) throw new SnapshotError(noted('the snapshot has format {its}, this gpudoctor reads format {ours}: a newer gpudoctor wrote it. Update gpudoctor to read it.', { its: format, ours: snapshotFormat }))
  const checked = checkManifest(parsed)
  if ('problems' in checked) throw damaged(noted('its manifest.json is not as it should be ({problems})', { problems: checked.problems.join('; ') }))
  return checked.manifest
}

function assembled(manifest: Manifest, bodies: ReadonlyMap<string, Uint8Array>): LoadedSnapshot {
  const skipped: string[] = []
  const evidence = manifest.evidence.flatMap(({ file, bytes: _, binary, id: written, ...piece }): Evidence[] => {
    const id: EvidenceId | null = knownId(written)
    const kind = kindOf(written)
    const bytes = file === undefined ? new Uint8Array(0) : bodies.get(file)
    if (!bytes) throw damaged(noted('{file} is missing from it', { file: file ?? '' }))
    if (!id || !kind) {
      skipped.push(written)
      return []
    }
    const { note, exitCode, takenAt, tookMs, firstLine, ...rest } = piece
    return [{
      id, kind, ...rest, body: binary ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
      ...(note === undefined ? {} : { note }), ...(exitCode === undefined ? {} : { exitCode }), ...(takenAt === undefined ? {} : { takenAt }),
      ...(tookMs === undefined ? {} : { tookMs }), ...(firstLine === undefined ? {} : { firstLine }),
    }]
  })
  return { manifest, evidence, skipped }
}

/**
 * The snapshot among the members of an archive that somebody unpacked and packed again, by paths below its manifest's folder; null
 * where there is none. Read is what the manifest names, nothing else.
 */
export function snapshotAmong(members: readonly { readonly path: string; readonly bytes: Uint8Array; readonly cut: boolean }[]): (() => Promise<LoadedSnapshot>) | null {
  const first = members.find(({ path, bytes }) => /^(?:[^/]+\/)?manifest\.json$/.test(path) && Buffer.from(bytes.subarray(0, 4096)).includes('gpudoctor'))
  if (!first) return null
  const top = first.path.slice(0, -'manifest.json'.length)
  return async () => {
    const manifest = readManifest(first.bytes)
    const bodies = new Map<string, Uint8Array>()
    for (const { path, bytes, cut } of members) if (!cut && path.startsWith(top)) bodies.set(path.slice(top.length), bytes)
    for (const [name, piece] of wantedFiles(manifest)) {
      const bytes = bodies.get(name)
      if (!bytes) throw foreign()
      if (bytes.length !== piece.bytes) throw changed(name, bytes.length, piece.bytes ?? 0)
    }
    return assembled(manifest, bodies)
  }
}

const changed = (file: string, n: number, expected: number) => damaged(noted('{file} has {n} bytes instead of {expected}; it was changed after it was taken', { file, n, expected }))

/** Reads a snapshot that somebody unpacked to a folder. Links in it are not followed. */
export async function loadSnapshotFolder(dir: string, limits: SnapshotLimits = snapshotLimits): Promise<LoadedSnapshot> {
  const manifest = readManifest(await plainFile(dir, 'manifest.json', limits.manifest))
  const inside = await lstat(join(dir, 'evidence')).catch(() => null)
  if (inside && !inside.isDirectory()) throw tooMuch(noted('its "evidence" is no directory'))
  const bodies = new Map<string, Uint8Array>()
  let total = 0
  for (const [name, piece] of wantedFiles(manifest)) {
    const bytes = await plainFile(dir, name, Math.min(limits.entry, limits.total - total))
    if (bytes.length !== piece.bytes) throw changed(name, bytes.length, piece.bytes ?? 0)
    total += bytes.length
    bodies.set(name, bytes)
  }
  return assembled(manifest, bodies)
}

async function plainFile(dir: string, name: string, limit: number): Promise<Uint8Array> {
  const path = join(dir, name)
  const there = await lstat(path).catch(() => null)
  if (!there) throw name === 'manifest.json' ? foreign() : damaged(noted('{file} is missing from it', { file: name }))
  if (!there.isFile()) throw tooMuch(noted('{file} in it is no ordinary file', { file: name }))
  if (there.size > limit) throw tooMuch(noted('{file} in it is larger than {n} bytes', { file: name, n: limit }))
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => { throw new SnapshotError(noted('cannot read {path}: {reason}', { path, reason: error instanceof Error ? error.message : String(error) })) })
  try {
    const bytes = Buffer.alloc(there.size)
    const { bytesRead } = await file.read(bytes, 0, there.size, 0)
    return bytes.subarray(0, bytesRead)
  } catch (error) {
    throw new SnapshotError(noted('cannot read {path}: {reason}', { path, reason: error instanceof Error ? error.message : String(error) }))
  } finally {
    await file.close()
  }
}
