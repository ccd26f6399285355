/**
 * The host this runs on, or a directory tree copied from one. Reads and nothing else: commands get no shell, no input
 * and a fixed environment; files are opened only after a look at what they are, since opening alone can block (a
 * FIFO) or act (a watchdog).
 */
import { spawn } from 'node:child_process'
import { constants, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { lstat, open, readdir, readlink, realpath, stat as statOf, type FileHandle } from 'node:fs/promises'
import { basename, dirname, isAbsolute, normalize, sep } from 'node:path'
import { HeadAndTail, SourceError, type Bytes, type Ran, type Source } from './source.ts'
import { noted } from '../language/say.ts'

export interface LiveSource extends Source {
  /** Ends all commands still running, with their children; for Ctrl-C. */
  stop(): void
  /** Reads the kernel never answered. While there are any, an ordinary end of the process may wait for them forever. */
  stuck(): number
}

const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin'
/** Where configuration is often a link to (NixOS: /etc/static to /nix/store); never /dev, /proc, /home or /root. */
const systemTrees = ['/usr', '/lib', '/lib64', '/nix/store', '/gnu/store', '/etc', '/boot']
const piece = 1 << 16
const mostNames = 100_000
/** A file whose size nobody knows (procfs) is read this many times its limit to find its end. */
const endlessFactor = 16

/**
 * What the kernel tells of a process out of its own tables, without a lock that anything could hold for long: asked
 * straight, thousands of open files take a tenth of the time they take by way of Node's threads.
 */
const ofProcess = /^\/proc\/\d+(?:\/(?:comm|limits|status|fd(?:\/\d+)?))?$/

const isBelow = (path: string, dir: string): boolean => path === dir || path.startsWith(dir.endsWith(sep) ? dir : dir + sep)

const here = (): Source['platform'] => (process.platform === 'linux' || process.platform === 'freebsd' ? process.platform : 'other')

/** A source that reads this machine, or the tree below `prefix` that was copied from another (then commands are absent). */
export function liveSource(prefix = '', platform = here()): LiveSource {
  const running = new Set<() => void>()
  const directories = new Map<string, Promise<string>>()
  let stuck = 0

  /** A file operation with an end: the kernel may hold a read of a dead device for good. */
  const within = <T>(timeout: number, path: string, work: Promise<T>): Promise<T> => new Promise((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      stuck++
      reject(new SourceError('timeout', noted('{path} did not answer within {n} ms', { path, n: Math.round(timeout) })))
    }, Math.max(1, timeout))
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      if (late) stuck--
    })
  })

  /** A link may lead elsewhere in the tree it stands in (/sys) or into the system's own trees, and never out of the prefix. */
  async function checked(path: string, real: string): Promise<string> {
    if (prefix) {
      const base = await realpath(prefix)
      if (isBelow(real, base)) return real
    } else {
      const top = `/${path.split('/')[1] ?? ''}`
      const trees = [top, await realpath(top).catch(() => top), ...systemTrees]
      if (trees.some(tree => isBelow(real, tree))) return real
    }
    throw new SourceError('denied', noted('{path} is a link that leads out of what was asked for, to {real}', { path, real }))
  }

  const absolute = (path: string): string => {
    if (!isAbsolute(path) || path.includes('\0') || normalize(path) !== path) throw new SourceError('failed', noted('{path} is no plain absolute path', { path: JSON.stringify(path) }))
    return path
  }

  /** The real place of a directory, looked up once. */
  function directory(path: string): Promise<string> {
    const known = directories.get(path) ?? realpath(prefix + path).then(real => checked(path, real))
    if (directories.size < mostNames) directories.set(path, known)
    return known
  }

  /** The path with the links of its directories resolved; its last component as it is. */
  const placed = async (path: string): Promise<string> => {
    absolute(path)
    return path === '/' ? directory('/') : `${(await directory(dirname(path))).replace(/\/$/, '')}/${basename(path)}`
  }

  /** The same with the last component resolved too. */
  async function resolved(path: string): Promise<{ readonly real: string, readonly regular: boolean, readonly kind: string }> {
    let real = await placed(path)
    let is = await lstat(real)
    if (is.isSymbolicLink()) {
      real = await checked(path, await realpath(real))
      is = await lstat(real)
    }
    const kind = is.isDirectory() ? noted('a directory') : is.isFIFO() ? noted('a FIFO') : is.isSocket() ? noted('a socket') : noted('a device node')
    return { real, regular: is.isFile(), kind }
  }

  async function readFile(path: string, limit: number, timeout: number, keep?: 'head'): Promise<Bytes> {
    const end = performance.now() + timeout
    const { real, regular, kind } = await resolved(path)
    if (!regular) throw new SourceError(kind === 'a directory' ? 'absent' : 'failed', noted('{path} is {kind}, which is not read', { path, kind }))
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      const is = await file.stat()
      if (!is.isFile()) throw new SourceError('failed', noted('{path} is no regular file any more', { path }))
      return await readOpen(file, is.size, limit, end, keep)
    } finally {
      await file.close()
    }
  }

  const slowly: Pick<Source, 'read' | 'list' | 'link' | 'stat'> = {
    read: (path, limit, timeout, keep) => within(timeout, path, readFile(path, limit, timeout, keep)),
    list: (path, timeout) => within(timeout, path, (async () => {
      const names = await readdir(await directory(absolute(path)))
      return names.slice(0, mostNames).sort()
    })()),
    link: (path, timeout) => within(timeout, path, placed(path).then(place => readlink(place))),
    stat: (path, timeout) => within(timeout, path, (async () => {
      const { real } = await resolved(path)
      const { mode, uid, gid, size, mtimeMs } = await statOf(real)
      return { mode, uid, gid, size, mtime: Math.floor(mtimeMs / 1000) }
    })()),
  }
  const at = (path: string): typeof slowly => (!prefix && platform === 'linux' && ofProcess.test(path) ? straight : slowly)

  return {
    platform,
    root: prefix ? null : process.geteuid?.() === 0,
    // An open file is looked at, never opened.
    read: (path, ...rest) => (path.includes('/fd/') ? slowly : at(path)).read(path, ...rest),
    list: (path, timeout) => at(path).list(path, timeout),
    link: (path, timeout) => at(path).link(path, timeout),
    stat: (path, timeout) => at(path).stat(path, timeout),
    run: (argv, timeout, limit) => prefix
      ? Promise.reject(new SourceError('absent', noted('commands are not run on a copied tree')))
      : runCommand(argv, timeout, limit, running),
    stop: () => { for (const kill of running) kill() },
    stuck: () => stuck,
  }
}

/** For paths of `ofProcess`. Its parts are no links, so that there is nothing to follow. */
const straight: Pick<Source, 'read' | 'list' | 'link' | 'stat'> = {
  read: async (path, limit) => {
    const kept = new HeadAndTail(limit)
    kept.add(readFileSync(path))
    return kept.bytes()
  },
  list: async path => readdirSync(path).sort(),
  link: async path => readlinkSync(path),
  stat: async path => {
    const { mode, uid, gid, size, mtimeMs } = lstatSync(path)
    return { mode, uid, gid, size, mtime: Math.floor(mtimeMs / 1000) }
  },
}

/** Reads an open file: its first bytes only, a long one of known size at both ends, others as far as the limits go. */
async function readOpen(file: FileHandle, size: number, limit: number, end: number, keep?: 'head'): Promise<Bytes> {
  if (keep === 'head') {
    const kept = new HeadAndTail(limit * 2)
    const ended = await take(file, null, limit, end, kept)
    return kept.bytes(ended ? 0 : Math.max(0, size - limit))
  }
  const kept = new HeadAndTail(limit)
  const head = Math.ceil(limit / 2)
  // sysfs says 4096 of every attribute and procfs 0: only above that a size is one.
  if (size > limit && size > 4096) {
    const ended = await take(file, 0, head, end, kept)
    const tailAt = Math.max(head, size - (limit - head))
    if (!ended) await take(file, tailAt, limit, end, kept)
    return kept.bytes(ended ? 0 : tailAt - head)
  }
  const ended = await take(file, null, limit * endlessFactor, end, kept)
  return kept.bytes(ended ? 0 : 1)
}

/** Reads on until the file, the bytes asked for or the time end; true when the file did. */
async function take(file: FileHandle, position: number | null, most: number, end: number, into: HeadAndTail): Promise<boolean> {
  const buffer = new Uint8Array(Math.min(piece, most))
  for (let total = 0; total < most && performance.now() < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, most - total), position === null ? null : position + total)
    if (bytesRead === 0) return true
    into.add(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  return false
}

/** Runs one command without a shell; on timeout it goes with all its children. */
function runCommand(argv: readonly [string, ...string[]], timeout: number, limit: number, running: Set<() => void>): Promise<Ran> {
  const [command, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: '/', env: { LC_ALL: 'C', PATH: searchPath }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const out = new HeadAndTail(limit)
    const complaint: Buffer[] = []
    let complaintSize = 0
    let timedOut = false
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended in between.
      }
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const timer = setTimeout(() => {
      timedOut = true
      kill()
      // A command the kernel does not let go (state D) is left behind.
      child.unref()
      settle(null)
    }, Math.max(1, timeout))
    const settle = (exitCode: number | null) => {
      clearTimeout(timer)
      running.delete(kill)
      resolve({ out: out.bytes(), complaint: Buffer.concat(complaint).toString('utf8'), exitCode, timedOut })
    }
    running.add(kill)
    child.stdout.on('data', (bytes: Buffer) => out.add(bytes))
    child.stderr.on('data', (bytes: Buffer) => {
      if (complaintSize >= 4096) return
      complaint.push(bytes.subarray(0, 4096 - complaintSize))
      complaintSize += bytes.length
    })
    child.on('error', error => {
      clearTimeout(timer)
      running.delete(kill)
      reject('code' in error && error.code === 'ENOENT' ? new SourceError('absent', noted('{command} is not installed', { command })) : error)
    })
    // 'close' would wait for grandchildren that keep the pipes; a moment after 'exit' all that was written is read.
    child.on('close', settle)
    child.on('exit', code => setTimeout(() => { if (running.has(kill)) { kill(); settle(code) } }, 200).unref())
  })
}
