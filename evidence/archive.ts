/**
 * Members of archives (.tar, .tar.gz, .tar.xz, .tar.zst, .zip), read as streams: what nobody wants goes by, what somebody
 * wants is kept up to a limit, nothing is ever written. Archives come from strangers: links and devices are passed over,
 * names that climb are refused, and one that unpacks out of all proportion ends there.
 */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { HeadAndTail } from './source.ts'
import { noted } from '../language/say.ts'

export interface Member {
  /** As it stands in the archive, without `./` in front. */
  readonly path: string
  readonly bytes: Buffer
  /** Its middle was left out, for it was larger than what is kept of one member. */
  readonly cut: boolean
}

export interface ArchiveLimits {
  /** Members looked at. */
  readonly entries: number
  /** Bytes kept of one member. */
  readonly member: number
  /** Bytes kept in all. */
  readonly kept: number
  /** Bytes unpacked to bytes packed, once more than `ratioFrom` came out. */
  readonly ratio: number
  readonly ratioFrom: number
}
const MIB = 1 << 20
export const archiveLimits: ArchiveLimits = { entries: 200_000, member: 16 * MIB, kept: 96 * MIB, ratio: 400, ratioFrom: 256 * MIB }

export interface ArchiveContents {
  readonly members: readonly Member[]
  /** What was refused or cut short, in plain words. */
  readonly notes: readonly string[]
}

export const archiveForms = ['tar', 'tar.gz', 'tar.xz', 'tar.zst', 'zip'] as const
export type ArchiveForm = (typeof archiveForms)[number]

/** Whether to keep a member; asked once for each, before its bytes come. */
export type Wants = (path: string, size: number) => boolean

/**
 * Reads an archive: a file by its path, or bytes that came in whole. A single packed file that is no archive comes back as
 * one member without a path. Throws only where nothing could be read.
 */
export async function readArchive(source: string | Buffer, form: ArchiveForm, wants: Wants, limits: Partial<ArchiveLimits> = {}): Promise<ArchiveContents> {
  const shelf = new Shelf({ ...archiveLimits, ...limits })
  try {
    if (form === 'zip') await readZip(source, wants, shelf)
    else await readTar(source, form, wants, shelf)
  } catch (error) {
    if (shelf.members.length === 0 && shelf.seen === 0) throw new Error(noted('is a damaged archive, or none ({reason})', { reason: error instanceof Error ? error.message : String(error) }))
    shelf.note(error instanceof Enough ? error.message : noted('the archive is damaged ({reason}); what stood before that was read', { reason: error instanceof Error ? error.message : String(error) }))
  }
  return shelf
}

/** A limit was reached: what was read until then counts. */
class Enough extends Error {}

/** What is kept, and what there is to say about the rest. */
class Shelf implements ArchiveContents {
  readonly members: Member[] = []
  readonly notes: string[] = []
  readonly limits: ArchiveLimits
  seen = 0
  #kept = 0
  readonly #said = new Set<string>()

  constructor(limits: ArchiveLimits) {
    this.limits = limits
  }

  note(text: string): void {
    if (this.#said.size >= 40 || this.#said.has(text)) return
    this.#said.add(text)
    this.notes.push(text)
  }

  /** The path to go by, or null for a member that is passed over. */
  pathOf(name: string, kind: 'file' | 'other', packed = false): string | null {
    if (++this.seen > this.limits.entries) throw new Enough(noted('it has more than {n} members; the rest was left out', { n: this.limits.entries }))
    const path = name.replace(/^(?:\.\/)+/, '').replaceAll('\\', '/')
    if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..') || path.includes('\0') || path.length > 1024) {
      this.note(noted('names that lead out of the archive were refused'))
      return null
    }
    if (packed) this.note(noted('encrypted members were left out'))
    return kind === 'file' && !packed && path !== '' ? path : null
  }

  room(): number {
    return Math.max(0, Math.min(this.limits.member, this.limits.kept - this.#kept))
  }

  keep(path: string, kept: HeadAndTail): void {
    const { bytes, cut } = joined(kept)
    this.#kept += bytes.length
    this.members.push({ path, bytes, cut })
    if (this.room() === 0) this.note(noted('more than {n} MiB were of interest; the rest was left out', { n: Math.round(this.limits.kept / MIB) }))
  }
}

/** Bytes of a member as kept: a gap begins and ends where lines do. */
function joined(kept: HeadAndTail): { readonly bytes: Buffer; readonly cut: boolean } {
  const { head, tail, left } = kept.bytes()
  if (left === 0) return { bytes: Buffer.from(head), cut: false }
  return { bytes: Buffer.concat([head.subarray(0, head.lastIndexOf(10) + 1), tail.subarray(tail.indexOf(10) + 1)]), cut: true }
}

// ---- tar

/** The bytes of the archive as they come, counted. */
async function* packedBytes(source: string | Buffer, count: { packed: number }): AsyncGenerator<Buffer> {
  const chunks = typeof source === 'string' ? createReadStream(source, { highWaterMark: 1 << 18 }) : slices(source)
  for await (const chunk of chunks) {
    const bytes = chunk as Buffer
    count.packed += bytes.length
    yield bytes
  }
}

async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = zlib.createGunzip({ chunkSize: 1 << 18 })
  pipeline(Readable.from(packed), gunzip).catch((error: unknown) => gunzip.destroy(error instanceof Error ? error : new Error(String(error))))
  for await (const chunk of gunzip) yield chunk as Buffer
}

async function* unxzed(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const library = (await import('xz-decompress')) as typeof import('xz-decompress') & { readonly default?: typeof import('xz-decompress') }
  // A CommonJS module: its names are where the loader of the day puts them.
  const XzReadableStream = library.XzReadableStream ?? library.default?.XzReadableStream
  // Node's and the library's types of a web stream differ in name only.
  const reader = new XzReadableStream(Readable.toWeb(Readable.from(packed)) as never).getReader()
  try {
    for (let one = await reader.read(); !one.done; one = await reader.read()) yield Buffer.from(one.value)
  } finally {
    await reader.cancel().catch(() => { /* it ended by itself */ })
  }
}

async function* unzstded(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd')
  let begun = false
  const out: Buffer[] = []
  const stream = new Decompress(bytes => { out.push(Buffer.from(bytes)) })
  for await (const chunk of packed) {
    if (!begun && zstdWindow(chunk) > largestWindow) throw new Error(noted('it wants a window of more than {n} MiB', { n: largestWindow / MIB }))
    begun = true
    stream.push(new Uint8Array(chunk))
    yield* out.splice(0)
  }
  // Says so where the end is missing.
  stream.push(new Uint8Array(0), true)
  yield* out.splice(0)
}

/** What zstd(1) itself takes without being asked to (ZSTD_WINDOWLOG_LIMIT_DEFAULT). */
const largestWindow = 128 * MIB

/** Memory a zstd frame asks for, in bytes (RFC 8878, section 3.1.1.1). */
function zstdWindow(frame: Buffer): number {
  const [descriptor = 0, window = 0] = [frame[4], frame[5]]
  if ((descriptor & 0x20) === 0) return 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8)
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0)
  const bytes = [1, 2, 4, 8][descriptor >> 6] ?? 1
  return at + bytes > frame.length ? 0 : bytes === 8 ? Number(frame.readBigUInt64LE(at)) : frame.readUIntLE(at, bytes)
}

const unpackers: Readonly<Record<Exclude<ArchiveForm, 'zip'>, (packed: AsyncIterable<Buffer>) => AsyncIterable<Buffer>>> =
  { tar: packed => packed, 'tar.gz': gunzipped, 'tar.xz': unxzed, 'tar.zst': unzstded }

async function readTar(source: string | Buffer, form: Exclude<ArchiveForm, 'zip'>, wants: Wants, shelf: Shelf): Promise<void> {
  const count = { packed: 0 }
  const unpacked = measured(unpackers[form](packedBytes(source, count)), count, shelf.limits)
  const { first, rest } = await headOf(unpacked)
  if (isTarHeader(first)) await readMembers(rest, wants, shelf)
  else await readSingle(rest, shelf)
}

/** Ends a stream that unpacks out of proportion. */
async function* measured(chunks: AsyncIterable<Buffer>, count: { readonly packed: number }, limits: ArchiveLimits): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limits.ratioFrom && size > count.packed * limits.ratio) throw new Enough(outOfProportion)
    yield chunk
  }
}
const outOfProportion = noted('it unpacks to more than honest archives do; the rest was left out')

/** The first block of a stream, and the stream from its beginning. */
async function headOf(chunks: AsyncGenerator<Buffer>): Promise<{ readonly first: Buffer; readonly rest: AsyncGenerator<Buffer> }> {
  const begun: Buffer[] = []
  for (let size = 0; size < tarBlock;) {
    const next = await chunks.next()
    if (next.done) break
    begun.push(next.value)
    size += next.value.length
  }
  const first = Buffer.concat(begun)
  return { first, rest: (async function* () {
    if (first.length > 0) yield first
    yield* chunks
  })() }
}

const tarBlock = 512

/** Whether a block begins a tar archive. POSIX and GNU headers say `ustar`; those of Version 7 have but their checksum (pax(1), tar(5)). */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < tarBlock) return false
  if (block.toString('latin1', 257, 262) === 'ustar') return true
  const said = Number.parseInt(block.toString('latin1', 148, 156).trim(), 8)
  const sum = block.subarray(0, tarBlock).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  return block[0] !== 0 && said === sum
}

/** What was packed is one file, a log most likely: a member without a path. */
async function readSingle(chunks: AsyncIterable<Buffer>, shelf: Shelf): Promise<void> {
  const kept = new HeadAndTail(shelf.room())
  let any = false
  shelf.seen++
  try {
    for await (const chunk of chunks) {
      kept.add(chunk)
      any = true
    }
  } finally {
    if (any) shelf.keep('', kept)
    else shelf.seen--
  }
}

async function readMembers(chunks: AsyncIterable<Buffer>, wants: Wants, shelf: Shelf): Promise<void> {
  const { Parser } = await import('tar')
  let failed: Error | null = null
  const parser = new Parser({
    maxMetaEntrySize: 1 << 16,
    onReadEntry: entry => {
      try {
        const path = shelf.pathOf(entry.path, ['File', 'OldFile', 'ContiguousFile'].includes(entry.type) ? 'file' : 'other')
        if (failed !== null || path === null || shelf.room() === 0 || !wants(path, entry.size)) {
          entry.resume()
          return
        }
        const kept = new HeadAndTail(shelf.room())
        entry.on('data', (chunk: Buffer) => kept.add(chunk))
        entry.on('end', () => shelf.keep(path, kept))
      } catch (error) {
        failed = error instanceof Error ? error : new Error(String(error))
        entry.resume()
      }
    },
  })
  parser.on('warn', (_code: string, message: string | Error) => shelf.note(noted('the archive is damaged in places: {reason}', { reason: String(message).slice(0, 120) })))
  for await (const chunk of chunks) {
    if (failed !== null) throw failed as Error
    if (!parser.write(chunk)) await new Promise<void>(resolve => parser.once('drain', resolve))
  }
  await new Promise<void>(resolve => {
    parser.once('end', resolve)
    parser.once('error', () => resolve())
    parser.end()
    setTimeout(resolve, 5000).unref()
  })
  if (failed !== null) throw failed as Error
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18))
}

// ---- zip

async function readZip(source: string | Buffer, wants: Wants, shelf: Shelf): Promise<void> {
  const yauzl = await import('yauzl')
  // Names are checked here, for the library ends at the first that it does not like.
  const options = { lazyEntries: true, decodeStrings: false, validateEntrySizes: true, autoClose: true } as const
  const zip = await new Promise<import('yauzl').ZipFile>((resolve, reject) => {
    const opened = (error: Error | null, file?: import('yauzl').ZipFile) => (file ? resolve(file) : reject(error ?? new Error(noted('it cannot be opened'))))
    if (typeof source === 'string') yauzl.open(source, options, opened)
    else yauzl.fromBuffer(source, options, opened)
  })
  let unpacked = 0
  await new Promise<void>((resolve, reject) => {
    const take = async (entry: import('yauzl').Entry): Promise<void> => {
      const name = Buffer.isBuffer(entry.fileName) ? (entry.fileName as Buffer).toString('utf8') : String(entry.fileName)
      const path = shelf.pathOf(name, name.endsWith('/') ? 'other' : 'file', (entry.generalPurposeBitFlag & 1) !== 0)
      if (path === null || shelf.room() === 0 || !wants(path, entry.uncompressedSize)) return
      const stream = await new Promise<Readable>((opened, refused) => { zip.openReadStream(entry, (error, given) => (given ? opened(given) : refused(error ?? new Error(noted('a member cannot be read'))))) })
      const kept = new HeadAndTail(shelf.room())
      let own = 0
      for await (const chunk of stream) {
        const bytes = chunk as Buffer
        own += bytes.length
        unpacked += bytes.length
        if (unpacked > shelf.limits.ratioFrom && own > Math.max(1, entry.compressedSize) * shelf.limits.ratio) throw new Enough(outOfProportion)
        kept.add(bytes)
      }
      shelf.keep(path, kept)
    }
    zip.on('entry', (entry: import('yauzl').Entry) => { take(entry).then(() => zip.readEntry(), (error: unknown) => { zip.close(); reject(error instanceof Error ? error : new Error(String(error))) }) })
    zip.on('end', resolve)
    zip.on('error', reject)
    zip.readEntry()
  })
}
