/**
 * What the collectors' runner sees of a host: a few read-only questions. A live host answers them (live-source.ts), a
 * directory tree copied from one, or a test.
 */
import type { EvidenceStatus } from '../model/evidence.ts'
import { noted } from '../language/say.ts'

/** Bytes that were read, of which the middle may be missing. */
export interface Bytes {
  readonly head: Uint8Array
  /** The end of what was read, when more than the limit was there; else empty. */
  readonly tail: Uint8Array
  /** Bytes between head and tail that were not kept. */
  readonly left: number
}

export interface Stat {
  /** Type and permission bits as in stat(2). */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Seconds since 1970. */
  readonly mtime: number
}

/** How a command ended. */
export interface Ran {
  readonly out: Bytes
  /** What it printed on standard error, its first 4 KiB. */
  readonly complaint: string
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly timedOut: boolean
}

/**
 * Times are in milliseconds, limits in bytes. A question that has no answer rejects with an error that `reasonOf`
 * understands; none of them changes anything on the host.
 */
export interface Source {
  readonly platform: 'linux' | 'freebsd' | 'other'
  /** Whether it reads as root; null for a copied tree. */
  readonly root: boolean | null
  /**
   * A regular file: device nodes, FIFOs and sockets are refused unopened. Of one over the limit both ends are kept, or
   * with `head` its first bytes; nothing behind them is touched then (reading on in a PCI configuration space can hang
   * a device).
   */
  read(path: string, limit: number, timeout: number, keep?: 'head'): Promise<Bytes>
  /** The names in a directory, sorted. */
  list(dir: string, timeout: number): Promise<readonly string[]>
  /** The target of a symbolic link, as it is written. */
  link(path: string, timeout: number): Promise<string>
  /** Of what a path names, links followed. */
  stat(path: string, timeout: number): Promise<Stat>
  run(argv: readonly [string, ...string[]], timeout: number, limit: number): Promise<Ran>
}

/** Why a source has no answer. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly status: Exclude<EvidenceStatus, 'ok' | 'cut'>
  constructor(status: SourceError['status'], message: string) {
    super(message)
    this.status = status
  }
}

const statusOfCode: ReadonlyMap<string, SourceError['status']> = new Map([
  ['ENOENT', 'absent'], ['ENOTDIR', 'absent'], ['ENXIO', 'absent'], ['ENODEV', 'absent'], ['ESRCH', 'absent'],
  ['EACCES', 'denied'], ['EPERM', 'denied'], ['ETIMEDOUT', 'timeout'],
])

const wordsOfCode: ReadonlyMap<string, string> = new Map([
  ['ENOENT', noted('there is no such file')], ['ENOTDIR', noted('there is no such file')], ['EACCES', noted('permission denied')], ['EPERM', noted('operation not permitted')], ['EIO', noted('input/output error')],
])

/** The status and the words for anything that was thrown while reading. */
export function reasonOf(error: unknown): { readonly status: SourceError['status'], readonly note: string } {
  if (error instanceof SourceError) return { status: error.status, note: error.message }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return { status: statusOfCode.get(code) ?? 'failed', note: wordsOfCode.get(code) ?? (error instanceof Error ? error.message : String(error)) }
}

/** Takes bytes as they come and keeps the first half of the limit and the last: the start of a log and its end. */
export class HeadAndTail {
  readonly #headRoom: number
  readonly #tailRoom: number
  readonly #head: Uint8Array[] = []
  readonly #tail: Uint8Array[] = []
  #headSize = 0
  #tailSize = 0
  #dropped = 0

  constructor(limit: number) {
    this.#headRoom = Math.ceil(limit / 2)
    this.#tailRoom = limit - this.#headRoom
  }

  add(bytes: Uint8Array): void {
    const forHead = Math.min(bytes.length, this.#headRoom - this.#headSize)
    if (forHead > 0) {
      this.#head.push(bytes.slice(0, forHead))
      this.#headSize += forHead
    }
    if (forHead === bytes.length) return
    this.#tail.push(bytes.slice(forHead))
    this.#tailSize += bytes.length - forHead
    for (let first = this.#tail[0]; first && this.#tailSize - first.length >= this.#tailRoom; first = this.#tail[0]) {
      this.#tail.shift()
      this.#tailSize -= first.length
      this.#dropped += first.length
    }
  }

  /** What was kept; `skipped` bytes were never handed over because the reader jumped from the head to the tail. */
  bytes(skipped = 0): Bytes {
    const tail = Buffer.concat(this.#tail)
    const over = Math.max(0, tail.length - this.#tailRoom)
    const left = this.#dropped + over + skipped
    if (left === 0) return { head: Buffer.concat([...this.#head, tail]), tail: new Uint8Array(0), left }
    return { head: Buffer.concat(this.#head), tail: tail.subarray(over), left }
  }
}

/** The most names one pattern may stand for, unless more are asked for. */
const mostMatches = 4096

/** `*` within one component of a path, nothing else is special. */
export const componentForm = (component: string): RegExp => new RegExp(`^${component.split('*').map(part => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`, 's')

/**
 * The paths a pattern stands for, sorted. A pattern without `*` stands for itself, whether it is there or not. A
 * leading dot must be written, as in the shell. It throws when nothing was found and a directory could not be listed.
 */
export async function expand(source: Source, pattern: string, deadline: () => number, most = mostMatches): Promise<readonly string[]> {
  let found: readonly string[] = ['']
  let error: unknown
  for (const component of pattern.split('/').slice(1)) {
    if (!component.includes('*')) {
      found = found.map(dir => `${dir}/${component}`)
      continue
    }
    const form = componentForm(component)
    const next: string[] = []
    for (const dir of found) {
      const names = await source.list(dir || '/', deadline()).catch((reason: unknown) => {
        if (reasonOf(reason).status !== 'absent') error ??= reason
        return []
      })
      for (const name of names) {
        if (next.length < most && form.test(name) && (component.startsWith('.') || !name.startsWith('.'))) next.push(`${dir}/${name}`)
      }
    }
    found = next
  }
  if (found.length === 0 && error !== undefined) throw error
  return found
}
