/** Programs the lab runs on this machine: installing them, running them with an end, and saying why the lab cannot run. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { promisify } from 'node:util'

/** Thrown where the lab cannot run on this machine: a skip with its reason, neither a pass nor a failure. */
export class CannotRun extends Error {}

/** A file that must be there, and the Debian package that brings it. */
const needed: readonly (readonly [string, string])[] = [
  ['/usr/bin/qemu-system-x86_64', 'qemu-system-x86'],
  ['/usr/bin/qemu-img', 'qemu-utils'],
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', 'ovmf'],
  ['/usr/bin/mmdebstrap', 'mmdebstrap'],
  ['/sbin/mkfs.ext4', 'e2fsprogs'],
]

/** Sees to it that all is here, from Debian's packages where it is not. Throws CannotRun. */
export function requireTools(): void {
  if (platform() !== 'linux' || arch() !== 'x64') throw new CannotRun(`the lab needs Linux on x86-64, and this is ${platform()} on ${arch()}`)
  if (process.getuid?.() !== 0) throw new CannotRun('the lab needs root, to build the file system of its box')
  const missing = needed.filter(([file]) => !existsSync(file)).map(([, name]) => name)
  if (missing.length === 0) return
  if (!existsSync('/usr/bin/apt-get')) throw new CannotRun(`the lab needs ${missing.join(', ')}, and there is no apt-get to install them`)
  process.stderr.write(`Installing ${missing.join(', ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...words: string[]): boolean => spawnSync('apt-get', ['-qq', '-y', ...words], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 }).status === 0
  if (!apt('update') || !apt('install', '--no-install-recommends', ...missing)) throw new CannotRun(`Debian's packages could not be installed: ${missing.join(', ')}`)
}

const scratch = new Set<string>()
process.on('exit', () => scratch.forEach(dropFolder))

/** A new folder for this run; it goes with `dropFolder`, or when the process ends. The path is short, for sockets in it. */
export function scratchFolder(): string {
  const folder = mkdtempSync('/tmp/gpudoctor-lab-')
  scratch.add(folder)
  return folder
}

export function dropFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  scratch.delete(folder)
}

/** Runs a program to its end and gives its standard output; throws with what it said on standard error. */
export async function run(file: string, words: readonly string[], seconds: number): Promise<string> {
  try {
    return (await promisify(execFile)(file, [...words], { timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 })).stdout
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').slice(-5).join('\n') : ''
    throw new Error(`${file} failed: ${said || (error instanceof Error ? error.message : String(error))}`)
  }
}
