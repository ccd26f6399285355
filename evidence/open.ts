/**
 * Opens what a person hands in for `replay`: loose files, a ticket, a folder, standard input, a snapshot. Everything
 * becomes evidence, also what could not be read: that with a status and a note that says why.
 */
import { isUtf8 } from 'node:buffer'
import { constants as open } from 'node:fs'
import { type FileHandle, open as openFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { constants as zlib, gunzipSync } from 'node:zlib'
import { nameOf, type Evidence, type EvidenceId, type EvidenceKind } from '../model/evidence.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { isTarHeader, readArchive, type ArchiveForm, type Member } from './archive.ts'
import { bundleOf, Picker, piecesOf, topOf } from './bundled.ts'
import { kindOfName, stemOf } from './recognise.ts'
import type { Manifest } from './manifest.ts'
import { createRedactor, type RedactionCounts, type Redactor } from './redact.ts'
import { loadSnapshot, loadSnapshotFolder, snapshotAmong, type LoadedSnapshot } from './snapshot.ts'
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
/** Snapshots of one folder or archive that are looked into. */
const mostHosts = 20
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
  /** Where snapshots lie that were not read, for a newer one of another host lies in the same folder or archive. */
  readonly otherHosts: readonly string[]
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

/** A host as gpudoctor took it: a snapshot, or what the collector script wrote. */
interface Host {
  readonly from: string
  readonly manifest: Manifest
  readonly evidence: readonly Evidence[]
  /** What is wrong with it, in words. */
  readonly problems: readonly string[]
}

class Inputs {
  readonly #limits: OpenLimits
  readonly #evidence: Evidence[] = []
  readonly #ids = new Set<string>()
  readonly #redactor: Redactor
  #manifest: Manifest | null = null
  /** The newest of the hosts that were handed in, and where the others came from. */
  #host: Host | null = null
  #otherHosts: Host[] = []
  readonly #notTaken: string[] = []
  #bytesLeft: number
  #filesLeft: number

  constructor(limits: OpenLimits, redactor: Redactor) {
    this.#limits = limits
    this.#redactor = redactor
    this.#bytesLeft = limits.bytes
    this.#filesLeft = limits.files
  }

  result(): Opened {
    this.#settle()
    if (this.#evidence.some(one => one.status === 'ok' || one.status === 'cut' || one.status === 'absent')) {
      return { evidence: this.#evidence, manifest: this.#manifest, redacted: this.#redactor.counts, otherHosts: this.#notTaken }
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
    const all = await this.#pathsBelow(path)
    const own = await ownAmong(path, all)
    const paths = all.filter(one => !own.has(one))
    const bundle = bundleOf(paths)
    if (bundle !== null) for (const one of own) await this.#fileBelow(join(path, one))
    if (bundle?.hostTree) return await this.#hostTree(path, paths)
    if (bundle !== null) return await this.#bundleFolder(path, paths)
    await this.#walk(path, 1)
    if (this.#evidence.length === before && this.#host === null) this.#failed(path, noted('the folder holds no file'))
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
    const repacked = snapshotAmong(members)
    if (repacked !== null) return await this.#snapshot(from, repacked)
    const own = members.filter(({ bytes }) => isOwn(bytes.subarray(0, headLength)))
    for (const { path, bytes, cut: short } of own) await this.#member(`${from}:${path}`, bytes, short)
    const foreign = members.filter(member => !own.includes(member))
    const bundle = bundleOf(foreign.map(({ path }) => path))
    // Pages are asked for as they may be reports.
    const rest = bundle ? foreign : foreign.filter(({ path }) => !isPage(path))
    const passed = bundle ? 0 : picker.passedOver + foreign.length - rest.length
    if (rest.length === 0 && own.length > 0 && passed === 0 && notes.length === 0) return
    this.#bundle(from, rest, passed === 0 ? notes : [...notes, passed === 1 ? noted('one file in it has no name of a text and was left out') : noted('{n} files in it have no name of a text and were left out', { n: passed })])
  }

  #bundle(from: string, members: readonly Member[], notes: readonly string[], done: ReadonlySet<EvidenceKind> = new Set()): void {
    const before = this.#evidence.length
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
    if (this.#evidence.length === before) this.#failed(from, noted('the archive holds nothing that gpudoctor reads'))
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
        else if (await isSnapshotFolder(path)) await this.#snapshot(path, () => loadSnapshotFolder(path))
        else if (depth >= this.#limits.depth) this.#failed(path, noted('lies more than {n} folders deep; it was left out', { n: this.#limits.depth }))
        else await this.#walk(path, depth + 1)
      } catch (error) {
        this.#failed(path, reasonOf(error))
      }
    }
  }

  async #fileBelow(path: string): Promise<void> {
    try {
      await this.#file(path, (await stat(path)).size)
    } catch (error) {
      this.#failed(path, reasonOf(error))
    }
  }

  /** One of gpudoctor's own files in an archive; a gap in it would put one answer under another question. */
  async #member(from: string, bytes: Buffer, short: boolean): Promise<void> {
    try {
      if (short) this.#refuse(from, noted('is larger than what is kept of a file in an archive; unpack it and hand in the folder'))
      else await this.#own(from, bytes)
    } catch (error) {
      this.#failed(from, reasonOf(error))
    }
  }

  /** What gpudoctor wrote itself, out of its bytes; false for anything else. */
  async #own(from: string, bytes: Buffer): Promise<boolean> {
    const head = bytes.subarray(0, headLength)
    if (isSnapshotArchive(head)) await this.#snapshot(from, () => loadSnapshot(bytes))
    else if (isReport(head)) await this.#report(from, snapshotInReport(bytes))
    else if (isCapture(head)) await this.#capture(from, bytes)
    else if (isPackedCapture(head)) {
      const unpacked = this.#gunzip(from, bytes)
      if (unpacked !== null) await this.#capture(from, unpacked)
    } else return false
    return true
  }

  async #file(path: string, size: number): Promise<void> {
    // Files of /proc and /sys say size 0 and have content all the same.
    const file = await openFile(path, open.O_RDONLY | open.O_NONBLOCK)
    try {
      const head = await readUpTo(file, 0, headLength)
      if (head.length === 0) return this.#failed(path, noted('the file is empty'))
      if (isSnapshotArchive(head)) return await this.#snapshot(path, () => loadSnapshot(path))
      const form = await archiveForm(head, path)
      if (form !== null) return await this.#archive(path, path, form)
      const limit = Math.min(this.#bytesLeft, size > 0 ? size : 16 * MIB)
      const whole = size <= this.#bytesLeft
      if (limit === 0) return this.#failed(path, noted('more than {n} MiB were handed in; this file was left out', { n: Math.round(this.#limits.bytes / MIB) }))
      const bytes = await readUpTo(file, 0, limit)
      if (!await this.#own(path, bytes)) this.#content(path, bytes, whole)
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
    if (bytes.length === 0) return this.#failed(from, from === '-' ? noted('standard input is empty') : noted('nothing came out of it'))
    if (await this.#own(from, bytes)) return
    const form = await archiveForm(bytes.subarray(0, headLength), from)
    if (form !== null) await this.#archive(from, bytes, form)
    else this.#content(from, bytes, bytes.length < this.#bytesLeft)
  }

  async #capture(from: string, bytes: Buffer): Promise<void> {
    if (!this.#another(from)) return
    this.#bytesLeft -= bytes.length
    const { evidenceOf, readCapture } = await import('./script-capture.ts')
    const capture = readCapture(bytes)
    this.#redactor.learn('host', capture.node)
    this.#redactor.learn('user', capture.user)
    this.#met({ from, manifest: capture.manifest, evidence: await evidenceOf(capture, this.#redactor), problems: capture.problems })
  }

  /** gpudoctor's own HTML report, which carries the snapshot it was made of. */
  async #report(from: string, packed: Buffer): Promise<void> {
    if (packed.length === 0) return this.#failed(from, noted('is a report of gpudoctor without its snapshot (it was written with --no-snapshot, or the snapshot was too large); ask for the snapshot: gpudoctor collect -o host.tar.gz'))
    await this.#snapshot(from, () => loadSnapshot(packed))
  }

  async #snapshot(from: string, load: () => Promise<LoadedSnapshot>): Promise<void> {
    if (!this.#another(from)) return
    const { evidence, manifest } = await load()
    this.#met({ from, manifest, evidence: evidence.map(piece => this.#redactor.redacted(piece)), problems: [] })
  }

  /** Whether there is room to look into another host. */
  #another(from: string): boolean {
    if (this.#otherHosts.length < mostHosts) return true
    this.#notRead(from, noted('was not looked into, as more than {n} snapshots lie here; each is a host of its own, so hand it in by itself', { n: mostHosts }))
    return false
  }

  /** Of several hosts the newest is kept; a report and the snapshot it was made of are one. */
  #met(host: Host): void {
    const had = this.#host
    if (had !== null && isDeepStrictEqual(had.evidence, host.evidence)) return
    const newer = had === null || Date.parse(host.manifest.takenAt) > Date.parse(had.manifest.takenAt)
    if (newer) this.#host = host
    if (had !== null) this.#otherHosts.push({ ...(newer ? had : host), evidence: [] })
  }

  /** Takes the evidence of that host, and says of others that they were left out: theirs would mix with it. */
  #settle(): void {
    const [host, others] = [this.#host, this.#otherHosts]
    this.#host = null
    this.#otherHosts = []
    if (host === null) return
    this.#manifest ??= host.manifest
    for (const one of host.evidence) {
      if (this.#ids.has(one.id)) this.#add(one, nameOf(one.id) ?? undefined, host.from.slice(host.from.lastIndexOf(':') + 1))
      else this.#keep(one)
    }
    for (const problem of host.problems) this.#failed(host.from, problem)
    for (const { from, manifest } of others) {
      this.#notRead(from, noted('is a snapshot of {its} and was not read: each snapshot is a host of its own, and the newest here is {from} of {newest}. Hand this one in by itself', { its: manifest.takenAt, from: host.from, newest: host.manifest.takenAt }))
    }
  }

  #notRead(from: string, note: string): void {
    this.#notTaken.push(from)
    this.#add({ kind: 'text', from, status: 'failed', body: '', note }, undefined, from)
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
    const strays = piece.strays ?? []
    for (const kind of [piece.kind, ...(piece.also ?? []), ...strays]) {
      const { text } = this.#redactor.redact(piece.text, kind)
      const name = kind === piece.kind ? piece.name : undefined
      this.#add({ kind, from, status: partial || !whole || strays.includes(kind) ? 'cut' : 'ok', body: text, note: notes.join('; '), firstLine: piece.firstLine }, name, piece.fileName ?? from)
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

/** Bytes of a file by which gpudoctor's own are known. */
const headLength = 4096

/** Whether a file begins like one of gpudoctor's own. */
const isOwn = (head: Buffer): boolean => isSnapshotArchive(head) || isReport(head) || isCapture(head) || isPackedCapture(head)

/** Those of gpudoctor's own files that lie beside the folders of a bundle, not deeper. */
async function ownAmong(folder: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const own = new Set<string>()
  for (const path of paths.filter(one => one.split('/').length <= 2 && /\.(?:txt|gz|tgz|html?)$/i.test(one)).slice(0, 1000)) {
    const head = await readHead(join(folder, path), headLength).catch(() => Buffer.alloc(0))
    if (isOwn(head)) own.add(path)
  }
  return own
}

const isPage = (path: string): boolean => /\.html?$/i.test(path)

function isReport(head: Buffer): boolean {
  const text = head.toString('latin1')
  return /^\s*<!doctype html/i.test(text) && text.includes('gpudoctor')
}

/** The snapshot in an HTML report of gpudoctor; empty where the report has none. */
function snapshotInReport(bytes: Buffer): Buffer {
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
    const begun = path === '-' || head.length >= 4096 ? head : await readHead(path, 65536)
    return isTarHeader(gunzipSync(begun, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 80 * MIB })) ? 'tar.gz' : null
  } catch {
    return null
  }
}

async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await openFile(path, open.O_RDONLY | open.O_NONBLOCK)
  try {
    return await readUpTo(file, 0, length)
  } finally {
    await file.close()
  }
}

/** What the collector script writes begins with this. */
const isCapture = (bytes: Buffer): boolean => bytes.subarray(0, 18).toString('latin1') === 'gpudoctor-capture '

const isPackedCapture = (head: Buffer): boolean => isGzip(head) && isCapture(gunzipHead(head))

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

/** gpudoctor's own archives begin with their manifest; those that were packed again by hand are met among other archives. */
function isSnapshotArchive(head: Buffer): boolean {
  if (!isGzip(head)) return false
  try {
    const out = gunzipSync(head.subarray(0, 4096), { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 8 * MIB })
    const name = out.subarray(0, 100).toString('latin1').split('\0', 1)[0] ?? ''
    return isTar(out) && name === 'manifest.json'
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
