/** Writing a report to a file that others may be reading. */
import { randomBytes } from 'node:crypto'
import { lstat, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { notWritten } from './failure.ts'

/**
 * Puts a file there whole or not at all: written beside its place and moved there, as node_exporter and CI servers pick
 * files up at any moment. A pipe, a device or a link is written to as it stands. With a mode the file gets it, else it
 * keeps the one it has.
 */
export async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  const there = await lstat(path).catch(() => null)
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    if (there && !there.isFile()) await writeFile(path, text)
    else {
      await writeFile(temporary, text, { flag: 'wx', ...(mode !== undefined ? { mode } : there ? { mode: there.mode & 0o777 } : {}) })
      await rename(temporary, path)
    }
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw notWritten(path, error)
  }
}
