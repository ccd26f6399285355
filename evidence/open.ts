/**
 * Opens what a person hands in for `replay`: loose files, a ticket, a folder, standard input, a snapshot. Everything
 * becomes evidence, also what could not be read: that with a status and a note that says why.
 */
import { isUtf8 } from 'node:buffer'
import { constants as open } from 'node:fs'
import { type FileHandle, open as openFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { constants as zlib, gunzipSync } from 'node:zlib'
import { nameOf, type Evidence, type EvidenceId, type EvidenceKind } from '../model/evidence.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { isTarHeader, readArchive, type ArchiveForm, type Member } from './archive.ts'
import { bundleOf, Picker, piecesOf, topOf } from './bundled.ts'
import { kindOfName, stemOf } from './recognise.ts'
import type { Manifest } from './manifest.ts'
import { createRedactor, type RedactionCounts, type Redactor } from './redact.ts'
import { loadSnapshot, loadSnapshotFolder, type LoadedSnapshot } from './snapshot.ts'
import { cut, type Piece } from './ticket.ts'
import { noted } from '../language/say.ts'

/** Nothing could be read of what was handed in; the message names each path and what is wrong with it. */
export class InputError extends Error {
  override name = 'InputError'
}

export interface OpenLimits {
  /** Files of a folder. */
  readonly files: number
  /** Folders below each other. */
  readonly depth: number
  /** Bytes in all, unpacked. */
  readonly bytes: number
}
const usual: OpenLimits = { files: 10_000, depth: 12, bytes: 512 * 1024 * 1024 }
const MIB = 1024 * 1024

/** How sure the recognition is, in words. */
const surety = { certain: noted('certain'), likely: noted('most likely'), guess: noted('a guess') } as const

/** What the first bytes of a file tell. `unpack`: an archive, which may well hold evidence. */
const magics: readonly { readonly at?: number, readonly bytes: string, readonly is: string, readonly unpack?: true, readonly form?: ArchiveForm }[] = [
  { bytes: '\x1f\x8b', is: noted('a gzip file'), unpack: true },
  { bytes: '\xfd7zXZ\0', is: noted('an xz archive'), unpack: true, form: 'tar.xz' },
  { bytes: 'PK\x03\x04', is: noted('a zip archive'), unpack: true, form: 'zip' },
  { bytes: '(\xb5/\xfd', is: noted('a zstd archive'), unpack: true, form: 'tar.zst' },
  { at: 4, bytes: '1AY&SY', is: noted('a bzip2 archive'), unpack: true },
  { bytes: '7z\xbc\xaf\x27\x1c', is: noted('a 7-Zip archive'), unpack: true },
  { bytes: 'Rar!\x1a\x07', is: noted('a RAR archive'), unpack: true },
  { at: 257, bytes: 'ustar', is: noted('a tar archive'), unpack: true, form: 'tar' },
  { bytes: '\xff\xd8\xff', is: noted('a JPEG image') },
  { bytes: '\x89PNG\r\n', is: noted('a PNG image') },
  { bytes: 'GIF8', is: noted('a GIF image') },
  { at: 8, bytes: 'WEBP', is: noted('a WebP image') },
  { at: 4, bytes: 'ftyp', is: noted('a video or HEIF image') },
  { bytes: '%PDF-', is: noted('a PDF document') },
  { bytes: '\x7fELF', is: noted('a program (ELF)') },
  { bytes: 'MZ', is: noted('a Windows or EFI program') },
  { bytes: 'LPKSHHRH', is: noted('a binary journal (export it: journalctl --file FILE > journal.txt)') },
  { bytes: 'QFI\xfb', is: noted('a qcow2 disk image') },
  { bytes: 'SQLite format 3', is: noted('an SQLite database') },
  { bytes: '\x55\xaa', is: noted('a PCI expansion ROM') },
]

const looksLike = (bytes: Buffer): (typeof magics)[number] | undefined => magics.find(({ at = 0, bytes: magic }) => bytes.subarray(at, at + magic.length).toString('latin1') === magic)

/** What was handed in, opened. */
export interface Opened {
  readonly evidence: readonly Evidence[]
  /** Of the first snapshot among the inputs: when and how it was taken. */
  readonly manifest: Manifest | null
  /** What redaction took out of loose files, by label; a snapshot's own count stands in its manifest. */
  readonly redacted: RedactionCounts
}

/**
 * The evidence in `paths`: files, folders, snapshots, `-` for standard input. Ids are unique. Throws an InputError only
 * if nothing at all could be read.
 */
export async function openInputs(paths: readonly string[], limits: Partial<OpenLimits> = {}, redactor: Redactor = createRedactor()): Promise<Opened> {
  const inputs = new Inputs({ ...usual, ...limits }, redactor)
  for (const path of paths) await inputs.take(path)
  return inputs.result()
}

class Inputs {
  readonly #limits: OpenLimits
  readonly #evidence: Evidence[] = []
  readonly #ids = new Set<string>()
  readonly #redactor: Redactor
  #manifest: Manifest | null = null
  #bytesLeft: number
  #filesLeft: number

  constructor(limits: OpenLimits, redactor: Redactor) {
    this.#limits = limits
    this.#redactor = redactor
    this.#bytesLeft = limits.bytes
    this.#filesLeft = limits.files
  }

  result(): Opened {
    if (this.#evidence.some(one => one.status === 'ok' || one.status === 'cut' || one.status === 'absent')) {
      return { evidence: this.#evidence, manifest: this.#manifest, redacted: this.#redactor.counts }
    }
    const problems = this.#evidence.map(({ from, note }) => `${from}: ${note ?? noted('could not be read')}`)
    throw new InputError(problems.length > 0 ? problems.slice(0, 20).join('\n') : noted('nothing was handed in'))
  }

  /** One path of the command line. */
  async take(path: string): Promise<void> {
    try {
      if (path === '-') return await this.#stream(path, await readStream(process.stdin, this.#bytesLeft))
      const info = await stat(path)
      if (info.isDirectory()) await this.#folder(path)
      else if (info.isFile()) await this.#file(path, info.size)
      else await this.#pipe(path)
    } catch (error) {
      this.#failed(path, reasonOf(error))
    }
  }

  async #folder(path: string): Promise<void> {
    if (await isSnapshotFolder(path)) return await this.#snapshot(path, () => loadSnapshotFolder(path))
    const before = this.#evidence.length
    const paths = await this.#pathsBelow(path)
    const bundle = bundleOf(paths)
    if (bundle?.hostTree) return await this.#hostTree(path, paths)
    if (bundle !== null) return await this.#bundleFolder(path, paths)
    await this.#walk(path, 1)
    if (this.#evidence.length === before) this.#failed(path, noted('the folder holds no file'))
  }

  /** Paths of the files below a folder, to see what it is; links are no files, as they may lead out of it. */
  async #pathsBelow(folder: string): Promise<string[]> {
    const paths: string[] = []
    const walk = async (below: string, depth: number): Promise<void> => {
      if (depth > this.#limits.depth + 8 || paths.length > 50_000) return
      const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => [])
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = below === '' ? entry.name : `${below}/${entry.name}`
        if (entry.isDirectory()) await walk(path, depth + 1)
        else if (entry.isFile()) paths.push(path)
      }
    }
    await walk('', 1)
    return paths
  }

  /** A copied tree of a host: what the collectors read there, then what only others read, as rotated logs. */
  async #hostTree(folder: string, paths: readonly string[]): Promise<void> {
    const { readHostTree } = await import('./host-tree.ts')
    const top = join(folder, topOf(paths))
    const taken = await readHostTree(top, paths, this.#redactor)
    for (const { id, kind, from, status, body, note } of taken) {
      this.#bytesLeft -= body.length
      this.#add({ kind, from: `${folder}:${from}`, status, body, note: [noted('out of files of a host at their own places'), note].filter(Boolean).join('; ') }, nameOf(id) ?? undefined, from)
    }
    await this.#bundleFolder(folder, paths, new Set(taken.map(({ kind }) => kind)))
  }

  /** An unpacked bundle: the files that it is known for, but for kinds that were read already. */
  async #bundleFolder(folder: string, paths: readonly string[], done: ReadonlySet<EvidenceKind> = new Set()): Promise<void> {
    const picker = new Picker()
    const members: Member[] = []
    let left = this.#bytesLeft
    for (const path of paths) {
      const { size } = await stat(join(folder, path)).catch(() => ({ size: -1 }))
      if (size < 0 || left <= 0 || !picker.wants(path, size)) continue
      const file = await openFile(join(folder, path), open.O_RDONLY | open.O_NONBLOCK).catch(() => null)
      if (!file) continue
      try {
        const most = Math.min(16 * MIB, left)
        // Of a long log the end counts.
        const bytes = size > most ? await readUpTo(file, size - most, most) : await readUpTo(file, 0, size > 0 ? size : MIB)
        left -= bytes.length
        members.push({ path, bytes: Buffer.from(bytes), cut: size > most })
      } catch (error) {
        this.#failed(join(folder, path), reasonOf(error))
      } finally {
        await file.close()
      }
    }
    this.#bundle(folder, members, [], done)
  }

  /** An archive that is no snapshot: a bundle of another tool, or loose files. */
  async #archive(from: string, source: string | Buffer, form: ArchiveForm): Promise<void> {
    const picker = new Picker()
    const { members, notes } = await readArchive(source, form, picker.wants)
    const [single] = members
    if (single?.path === '') return this.#content(from.replace(/\.(?:xz|zst)$/i, ''), single.bytes, !single.cut && notes.length === 0)
    if (members.length === 0) return this.#failed(from, notes[0] ?? noted('the archive holds nothing that gpudoctor reads'))
    const passed = bundleOf(members.map(({ path }) => path)) ? 0 : picker.passedOver
    this.#bundle(from, members, passed === 0 ? notes : [...notes, passed === 1 ? noted('one file in it has no name of a text and was left out') : noted('{n} files in it have no name of a text and were left out', { n: passed })])
  }

  #bundle(from: string, members: readonly Member[], notes: readonly string[], done: ReadonlySet<EvidenceKind> = new Set()): void {
    const bundle = bundleOf(members.map(({ path }) => path))
    const about = bundle ? noted('out of {bundle}', { bundle: bundle.about }) : noted('out of an archive')
    for (const piece of piecesOf(bundle, members)) {
      if (piece.kind !== null && done.has(piece.kind)) continue
      const path = `${from}:${piece.from}`
      const only = { about, partial: piece.partial }
      if (piece.kind === 'acpi-table') this.#add({ kind: 'acpi-table', from: path, status: 'ok', body: new Uint8Array(piece.bytes), note: about }, piece.name, piece.from)
      else if (piece.kind === null) this.#content(path, piece.bytes, true, only)
      else this.#known(path, piece.kind, piece.bytes, piece.name, only)
    }
    for (const note of notes) this.#failed(from, note)
  }

  /** A member of which the bundle tells what it is. */
  #known(from: string, kind: EvidenceKind, bytes: Buffer, name: string | undefined, { about, partial }: { readonly about: string; readonly partial: boolean }): void {
    this.#bytesLeft -= bytes.length
    const text = decode(bytes)
    if (text === null || text.trim() === '') return this.#failed(from, text === null ? noted('is no text') : noted('is empty: what would have written it printed nothing'))
    this.#add({ kind, from, status: partial ? 'cut' : 'ok', body: this.#redactor.redact(text, kind).text, note: about, firstLine: 1 }, name, from)
  }

  async #walk(folder: string, depth: number): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.')) continue
      if (this.#filesLeft <= 0) return this.#failed(folder, noted('the folder holds more than {n} files; the rest was left out', { n: this.#limits.files }))
      this.#filesLeft--
      try {
        // A link leads out of the folder, or to a file that is met by its own name (sos has such).
        if (entry.isFile()) await this.#file(path, (await stat(path)).size)
        else if (!entry.isDirectory()) continue
        else if (depth >= this.#limits.depth) this.#failed(path, noted('lies more than {n} folders deep; it was left out', { n: this.#limits.depth }))
        else await this.#walk(path, depth + 1)
      } catch (error) {
        this.#failed(path, reasonOf(error))
      }
    }
  }

  async #file(path: string, size: number): Promise<void> {
    // Files of /proc and /sys say size 0 and have content all the same.
    const file = await openFile(path, open.O_RDONLY | open.O_NONBLOCK)
    try {
      const head = await readUpTo(file, 0, 512)
      if (head.length === 0) return this.#failed(path, noted('the file is empty'))
      if (isSnapshotArchive(isGzip(head) ? await readUpTo(file, 0, 4096) : head)) return await this.#snapshot(path, () => loadSnapshot(path))
      const form = await archiveForm(head, path)
      if (form !== null) return await this.#archive(path, path, form)
      const limit = Math.min(this.#bytesLeft, size > 0 ? size : 16 * MIB)
      const whole = size <= this.#bytesLeft
      if (limit === 0) return this.#failed(path, noted('more than {n} MiB were handed in; this file was left out', { n: Math.round(this.#limits.bytes / MIB) }))
      const bytes = await readUpTo(file, 0, limit)
      const report = snapshotInReport(bytes)
      if (report !== null) return await this.#report(path, report)
      const capture = this.#captureIn(path, bytes)
      if (capture !== null) return await this.#capture(path, capture)
      this.#content(path, bytes, whole)
    } finally {
      await file.close()
    }
  }

  /** A FIFO or `<(command)`. */
  async #pipe(path: string): Promise<void> {
    const file = await openFile(path)
    await this.#stream(path, await readStream(file.createReadStream(), this.#bytesLeft))
  }

  async #stream(from: string, bytes: Buffer): Promise<void> {
    if (isSnapshotArchive(bytes)) await this.#snapshot(from, () => loadSnapshot(bytes))
    else if ((await archiveForm(bytes.subarray(0, 4096), from)) !== null) await this.#archive(from, bytes, (await archiveForm(bytes.subarray(0, 4096), from)) as ArchiveForm)
    else if (bytes.length === 0) this.#failed(from, from === '-' ? noted('standard input is empty') : noted('nothing came out of it'))
    else if (snapshotInReport(bytes) !== null) await this.#report(from, snapshotInReport(bytes) as Buffer)
    else if (this.#captureIn(from, bytes) !== null) await this.#capture(from, this.#captureIn(from, bytes) as Buffer)
    else this.#content(from, bytes, bytes.length < this.#bytesLeft)
  }

  /** What the collector script wrote, packed or not; null for anything else. */
  #captureIn(from: string, bytes: Buffer): Buffer | null {
    if (!isGzip(bytes)) return isCapture(bytes) ? bytes : null
    return isCapture(gunzipHead(bytes)) ? this.#gunzip(from, bytes) : null
  }

  async #capture(from: string, bytes: Buffer): Promise<void> {
    this.#bytesLeft -= bytes.length
    const { evidenceOf, readCapture } = await import('./script-capture.ts')
    const capture = readCapture(bytes)
    this.#redactor.learn('host', capture.node)
    this.#redactor.learn('user', capture.user)
    this.#manifest ??= capture.manifest
    for (const one of await evidenceOf(capture, this.#redactor)) {
      if (this.#ids.has(one.id)) this.#add(one, nameOf(one.id) ?? undefined, from)
      else this.#keep(one)
    }
    for (const problem of capture.problems) this.#failed(from, problem)
  }

  /** gpudoctor's own HTML report, which carries the snapshot it was made of. */
  async #report(from: string, packed: Buffer): Promise<void> {
    if (packed.length === 0) return this.#failed(from, noted('is a report of gpudoctor without its snapshot (it was written with --no-snapshot, or the snapshot was too large); ask for the snapshot: gpudoctor collect -o host.tar.gz'))
    await this.#snapshot(from, () => loadSnapshot(packed))
  }

  async #snapshot(path: string, load: () => Promise<LoadedSnapshot>): Promise<void> {
    const { evidence, manifest } = await load()
    this.#manifest ??= manifest
    for (const one of evidence.map(piece => this.#redactor.redacted(piece))) {
      if (this.#ids.has(one.id)) this.#add(one, nameOf(one.id) ?? undefined, path)
      else this.#keep(one)
    }
  }

  #content(from: string, raw: Buffer, whole: boolean, only?: { readonly about: string; readonly partial: boolean }): void {
    this.#bytesLeft -= raw.length
    const bytes = isGzip(raw) ? this.#gunzip(from, raw) : raw
    if (!bytes) return
    const table = acpiSignature(bytes)
    if (table !== null) return this.#add({ kind: 'acpi-table', from, status: 'ok', body: new Uint8Array(bytes) }, table, from)
    const magic = looksLike(bytes)
    if (magic?.unpack) return this.#failed(from, only ? noted('is {kind} in an archive, which gpudoctor does not open; unpack it and hand in the folder', { kind: magic.is }) : noted('is {kind}, which gpudoctor does not open; unpack it and hand in the folder', { kind: magic.is }))
    const text = decode(bytes)
    if (text === null) return this.#failed(from, magic ? noted('looks like {kind}, which holds no text gpudoctor can read', { kind: magic.is }) : noted('is a binary file of no kind that gpudoctor knows'))
    if (text.trim() === '') return this.#failed(from, noted('the file holds nothing but blanks'))
    for (const piece of cut(text, from === '-' ? undefined : from.replace(/\.gz$/i, ''))) this.#piece(piece, from, whole, only)
  }

  /** A single compressed log; archives are refused by what comes out. */
  #gunzip(from: string, bytes: Buffer): Buffer | null {
    try {
      const out = gunzipSync(bytes, { maxOutputLength: Math.max(1, this.#bytesLeft), finishFlush: zlib.Z_SYNC_FLUSH })
      if (out.length === 0) return this.#refuse(from, noted('is a damaged or empty gzip file'))
      if (isTar(out)) return this.#refuse(from, noted('is a .tar.gz archive that gpudoctor did not make; unpack it and hand in the folder'))
      this.#bytesLeft -= out.length
      return out
    } catch (error) {
      return this.#refuse(from, error instanceof RangeError ? noted('unpacks to more than {n} MiB', { n: Math.round(this.#bytesLeft / MIB) }) : noted('is a damaged gzip file'))
    }
  }

  #refuse(from: string, note: string): null {
    this.#failed(from, note)
    return null
  }

  #piece(piece: Piece, from: string, whole: boolean, only?: { readonly about: string; readonly partial: boolean }): void {
    // A guess may be wrong, so that what does not stand in it proves nothing.
    const partial = only?.partial === true || (piece.sure === 'guess' && piece.kind !== 'text') || (piece.partial ?? /(?:^|[^a-z])(?:grep|head|tail|excerpt|snip)(?:[^a-z]|$)/i.test(piece.fileName ?? from.slice(from.lastIndexOf('/') + 1)))
    const notes = [
      ...(piece.command ? [`output of ${piece.command.slice(0, 200)}`] : []),
      ...(piece.fileName ? [`called ${piece.fileName}`] : []),
      ...(whole ? [] : [noted('the end is missing: the file is larger than what gpudoctor reads')]),
      piece.kind === 'text' ? noted('no kind that gpudoctor knows; rules search its lines all the same') : noted('taken for {kind} ({surety}): {why}', { kind: evidenceKinds[piece.kind].about, surety: surety[piece.sure], why: piece.why }),
      ...(only ? [only.about] : []),
    ]
    for (const kind of [piece.kind, ...(piece.also ?? [])]) {
      const { text } = this.#redactor.redact(piece.text, kind)
      const name = kind === piece.kind ? piece.name : undefined
      this.#add({ kind, from, status: partial || !whole ? 'cut' : 'ok', body: text, note: notes.join('; '), firstLine: piece.firstLine }, name, piece.fileName ?? from)
    }
  }

  #failed(from: string, note: string): void {
    this.#add({ kind: kindOfName(from) ?? 'text', from, status: note === noted('no permission to read it') ? 'denied' : 'failed', body: '', note }, undefined, from)
  }

  /** The first of a kind has the kind as its id, the next are told apart by their file, then by a number. */
  #add(one: Omit<Evidence, 'id'>, name: string | undefined, fileName: string): void {
    const own = name === undefined ? '' : cleanName(name)
    const stem = cleanName(fileName === '-' ? 'stdin' : stemOf(fileName))
    const wanted = own !== '' ? [own, `${own}-${stem}`] : ['', stem]
    const base = wanted[1] ?? ''
    let id = idOf(one.kind, wanted.find(candidate => !this.#ids.has(idOf(one.kind, candidate))) ?? base)
    for (let count = 2; this.#ids.has(id); count++) id = idOf(one.kind, `${base}-${count}`)
    this.#keep({ ...one, id })
  }

  #keep(one: Evidence): void {
    this.#ids.add(one.id)
    this.#evidence.push(one)
  }
}

const idOf = (kind: EvidenceKind, name: string): EvidenceId => (name === '' ? kind : `${kind}/${name}`)
/** Ids stand in reports and on command lines: no blanks at the ends, no slashes, no control characters. */
const cleanName = (name: string): string => name.replace(/[^\p{L}\p{N} ._+-]/gu, '_').slice(0, 80).trim()

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reasons = new Map([['ENOENT', noted('no such file or folder')], ['EACCES', noted('no permission to read it')], ['EPERM', noted('no permission to read it')], ['ELOOP', noted('too many links')], ['ENAMETOOLONG', noted('the name is too long')], ['ENXIO', noted('nobody writes into this pipe')]])
  return reasons.get(code) ?? (error instanceof Error ? error.message : String(error))
}

async function readUpTo(file: FileHandle, from: number, limit: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(limit)
  let length = 0
  while (length < limit) {
    const { bytesRead } = await file.read(buffer, length, Math.min(limit - length, 64 * MIB), from + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

async function readStream(stream: AsyncIterable<unknown>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    chunks.push(bytes.subarray(0, limit - length))
    length += bytes.length
    if (length >= limit) break
  }
  return Buffer.concat(chunks)
}

/** The snapshot in an HTML report of gpudoctor; empty where the report has none, null for any other file. */
function snapshotInReport(bytes: Buffer): Buffer | null {
  const head = bytes.subarray(0, 4096).toString('latin1')
  if (!/^\s*<!doctype html/i.test(head) || !head.includes('gpudoctor')) return null
  const text = bytes.toString('latin1')
  const mark = text.indexOf(reportTag)
  if (mark < 0) return Buffer.alloc(0)
  const [from, to] = [text.indexOf('>', mark) + 1, text.indexOf('</script>', mark)]
  return to > from ? Buffer.from(text.slice(from, to), 'base64') : Buffer.alloc(0)
}
const reportTag = '<script type="application/x-gpudoctor-snapshot+gzip;base64" id="snapshot"'

/** What kind of archive a file begins like; null for anything else, a single packed log among it. */
async function archiveForm(head: Buffer, path: string): Promise<ArchiveForm | null> {
  const form = looksLike(head)?.form
  if (form !== undefined) return form
  if (!isGzip(head)) return null
  try {
    const begun = path === '-' || head.length >= 4096 ? head : await readHead(path)
    return isTarHeader(gunzipSync(begun, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 80 * MIB })) ? 'tar.gz' : null
  } catch {
    return null
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await openFile(path, open.O_RDONLY | open.O_NONBLOCK)
  try {
    return await readUpTo(file, 0, 65536)
  } finally {
    await file.close()
  }
}

/** What the collector script writes begins with this. */
const isCapture = (bytes: Buffer): boolean => bytes.subarray(0, 18).toString('latin1') === 'gpudoctor-capture '

/** The first bytes of what a gzip file holds; empty where it is none. */
function gunzipHead(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes.subarray(0, 4096), { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 8 * MIB })
  } catch {
    return Buffer.alloc(0)
  }
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b
const isTar = (bytes: Buffer): boolean => bytes.subarray(257, 262).toString('latin1') === 'ustar'

/** gpudoctor's own archives begin with their manifest. */
function isSnapshotArchive(head: Buffer): boolean {
  if (!isGzip(head)) return false
  try {
    const out = gunzipSync(head.subarray(0, 4096), { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 8 * MIB })
    const name = out.subarray(0, 100).toString('latin1').split('\0', 1)[0] ?? ''
    return isTar(out) && /^(?:\.\/)?(?:[^/]+\/)?manifest\.json$/.test(name)
  } catch {
    return false
  }
}

async function isSnapshotFolder(path: string): Promise<boolean> {
  try {
    const file = await openFile(join(path, 'manifest.json'), open.O_RDONLY | open.O_NONBLOCK)
    try {
      return (await readUpTo(file, 0, 4096)).includes('gpudoctor')
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}

/** ACPI 6.5 §5.2.6: a table begins with its signature and its length; the four letters alone could begin a text. */
function acpiSignature(bytes: Buffer): string | null {
  if (bytes.length < 36) return null
  const signature = bytes.subarray(0, 4).toString('latin1')
  const length = bytes.readUInt32LE(4)
  return /^[A-Z][A-Z0-9_]{3}$/.test(signature) && length >= 36 && length <= 16 * MIB && bytes.subarray(4, 36).includes(0) ? signature : null
}

/** A sign of bytes that are no text: control characters other than tab, line ends, form feed and escape. */
function controlShare(bytes: Buffer): number {
  const head = bytes.subarray(0, 65536)
  let control = 0
  for (const byte of head) if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27 && byte !== 8) control++
  return control / head.length
}

/** UTF-16 as Windows writes it (`dir > x.txt` in PowerShell), with or without its mark. */
function utf16(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2))).swap16().toString('utf16le')
  const head = bytes.subarray(0, 4096)
  let odd = 0
  let even = 0
  for (const [index, byte] of head.entries()) {
    if (byte === 0 && index % 2 === 1) odd++
    else if (byte === 0) even++
  }
  return head.length >= 8 && odd > head.length * 0.4 && even === 0 ? bytes.toString('utf16le') : null
}

/**
 * The bytes as text, null if they are none. Line ends become LF and terminal colours, NUL bytes (a serial console, a
 * crash) and hard spaces (mail) go: line numbers stay. Bytes that are not UTF-8 are taken for Latin-1, unless the rest
 * shows that it is UTF-8 with damage.
 */
export function decode(bytes: Buffer): string | null {
  const wide = utf16(bytes)
  if (wide === null && controlShare(bytes) > 0.05) return null
  return tidy(wide ?? narrow(bytes))
}

function narrow(bytes: Buffer): string {
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
  if (isUtf8(body)) return body.toString('utf8')
  const mended = body.toString('utf8')
  return /[\u0080-\ufffc]/.test(mended) ? mended : body.toString('latin1')
}

function tidy(text: string): string {
  let clean = text
  if (clean.includes('\r')) clean = clean.replace(/\r+\n/g, '\n').replace(/\r/g, clean.includes('\n') ? ' ' : '\n')
  // eslint-disable-next-line no-control-regex
  if (clean.includes('\x1b')) clean = clean.replace(/\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78cDEHM])/g, '')
  if (clean.includes('\0')) clean = clean.replaceAll('\0', '')
  if (clean.includes('\u00a0')) clean = clean.replaceAll('\u00a0', ' ')
  return clean
}
