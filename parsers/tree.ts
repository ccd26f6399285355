/**
 * Reads evidence that holds many small files in one text: the tree form of collectors (collectors/collector.ts) and
 * what people hand in instead of it: `grep -r '' DIR` (`path:line`), `head`/`tail` banners (`==> path <==`), pasted
 * prompts (`$ cat path`) and plain text without any path.
 */

/**
 * What a line says of its path: `=` a line of the file, `>` the target of a link, `#` bytes in hex, `!` why it could
 * not be read, `/` a directory that was looked into, `@` its stat.
 */
export type TreeMark = '=' | '>' | '#' | '!' | '/' | '@'

export interface TreeLine {
  /** `/etc/modprobe.d/vfio.conf`; empty where the text names no file. */
  readonly path: string
  readonly mark: TreeMark
  /** What stands behind the mark, up to `longestLine` characters. */
  readonly text: string
  /** Line number in the evidence, from 1. */
  readonly line: number
}

export interface Stat {
  /** Type and permission bits as in stat(2), `0o100644`. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Seconds since 1970. */
  readonly mtime: number
}

/** Longer lines are cut before any pattern sees them. */
export const longestLine = 4096

const treeForm = /^([^\t]+)\t([=>#!/@])(.*)$/s
/** Components with colons are PCI's alone (`0000:01:00.0`, `pci0000:00`), so the first other colon ends the path. */
const absolutePath = /^((?:\.{0,2}\/(?:(?:pci)?[0-9a-f]{4,8}:[0-9a-f]{2}(?::[0-9a-f]{2}\.[0-7])?(?=\/)|[^/:\t ]+))(?:\/(?:(?:pci)?[0-9a-f]{4,8}:[0-9a-f]{2}(?::[0-9a-f]{2}\.[0-7])?(?=\/)|[^/:\t ]+))*):/
const relativePath = /^((?:[\w.+@-]+\/)*[\w.+@-]+\.(?:conf|cfg|yaml)|(?:[\w.+@-]+\/)+[\w.+@-]+):/
/** No path is longer; what comes behind is not tried, however it is made. */
const longestPath = 512

/** The path in front of a line of `grep -r`; null where the line begins with none. */
function grepPath(text: string): string | null {
  const head = text.slice(0, longestPath)
  return (absolutePath.exec(head) ?? relativePath.exec(head))?.[1] ?? null
}
const banner = /^==> (\S+) <==$/
const prompt = /^(?:[^\s#$]+@?[^\s#$]*(?: [^\s#$]+\])?[#$]|[#$]) *(?:sudo )?(?:cat|less|more|nano|vi|vim) (\/\S+)$/

/** The lines of a text with their numbers, cut at `longestLine`, without carriage returns. */
export function* linesOf(body: string): Generator<{ readonly text: string, readonly line: number }> {
  let line = 0
  for (let start = 0; start < body.length; line++) {
    const newline = body.indexOf('\n', start)
    const end = newline < 0 ? body.length : newline
    const text = body.slice(start, Math.min(end, start + longestLine))
    yield { text: text.endsWith('\r') ? text.slice(0, -1) : text, line: line + 1 }
    start = end + 1
  }
}

/** Every line of the text with the file it belongs to; nothing is left out. */
export function* readTree(body: string): Generator<TreeLine> {
  let current = ''
  for (const { text, line } of linesOf(body)) {
    const tree = treeForm.exec(text)
    if (tree) {
      yield { path: tree[1] ?? '', mark: tree[2] as TreeMark, text: tree[3] ?? '', line }
      continue
    }
    const header = banner.exec(text) ?? prompt.exec(text)
    if (header) {
      current = header[1] ?? ''
      continue
    }
    const path = grepPath(text)
    yield path === null ? { path: current, mark: '=', text, line } : { path, mark: '=', text: text.slice(path.length + 1), line }
  }
}

/** The stat of an `@` line, `@100644 0 0 1234 1714560000` (the mode in octal); null for other lines. */
export function statOf(line: TreeLine): Stat | null {
  if (line.mark !== '@') return null
  const parts = /^([0-7]{1,7}) (\d{1,10}) (\d{1,10}) (\d{1,15}) (\d{1,11})(?:\.\d*)?$/.exec(line.text.trim())
  if (!parts) return null
  const [uid, gid, size, mtime] = parts.slice(2, 6).map(Number) as [number, number, number, number]
  return { mode: parseInt(parts[1] ?? '0', 8), uid, gid, size, mtime }
}

/** `vfio.conf` of `/etc/modprobe.d/vfio.conf`. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
/** `/etc/modprobe.d` of `/etc/modprobe.d/vfio.conf`; empty without a slash. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The lines of each file (`=` only), by path. */
export function filesOf(body: string): Map<string, TreeLine[]> {
  const files = new Map<string, TreeLine[]>()
  for (const line of readTree(body)) {
    if (line.mark !== '=') continue
    const lines = files.get(line.path)
    if (lines) lines.push(line)
    else files.set(line.path, [line])
  }
  return files
}

/** Whether a collector wrote the text: then what it does not list is not there. Texts of people may be excerpts. */
export const isTree = (body: string): boolean => /^[^\t\n]{1,4096}\t[=>#!/@]/.test(body)

/** Lines of one file with those that end in a backslash joined to the next; each is cited by where it begins. */
export function* continued(lines: Iterable<TreeLine>): Generator<TreeLine> {
  let begun: TreeLine | undefined
  for (const line of lines) {
    const whole: TreeLine = begun ? { ...begun, text: (begun.text + line.text).slice(0, longestLine) } : line
    if (whole.text.endsWith('\\')) begun = { ...whole, text: whole.text.slice(0, -1) }
    else {
      begun = undefined
      yield whole
    }
  }
  if (begun) yield begun
}
