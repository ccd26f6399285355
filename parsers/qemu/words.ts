/**
 * Finds QEMU command lines in text and cuts them into words: shell scripts (quotes, continuation lines, simple
 * variables and arrays), QEMU logs, `ps` listings (words without quotes), `/proc/PID/cmdline` (NUL between words) and
 * pastes that lost their backslashes. Nothing is run or expanded beyond variables the text itself sets.
 */

export interface Word { readonly text: string, readonly line: number }

export interface QemuCommand {
  readonly binary: string
  readonly words: readonly Word[]
  readonly line: number
  /** From a process listing: it runs now, and this user runs it. */
  readonly user?: string
  readonly running: boolean
  /** `ps` leaves no quotes: a value with blanks is several words. */
  readonly unquoted: boolean
  /** False where something was left out: an unknown variable, `...`, a word limit. */
  readonly whole: boolean
}

const mostWords = 5000
const longestWord = 65_536
/** Quotes that close later than this are taken for apostrophes. */
const longestQuote = 16_384
/** What variables of a text may expand to in all, in words and characters. */
const mostExpansion = 200_000

const binaryName = /(?:qemu-system-[a-z0-9_]{1,20}|qemu-kvm|(?<![\w.-])kvm|\$\{?QEMU\w{0,20}\}?)['"]?(?=[ \t]+(?:["']?\$|-|\\\r?$))/
const assignmentStart = /^\s{0,200}(?:(?:export|local|readonly|declare(?: -\w+)?)\s+)?([A-Za-z_]\w{0,60})(\+?)=/
/** `pid user args`, `user pid …`: how ps begins a line. */
const psPrefix = /^\s{0,20}(?:(\d{1,10})\s+([a-z_][\w.+$-]{0,40})|([a-z_][\w.+$-]{0,40})\s+(\d{1,10}))\s/i
/** Without one of these it is not the start of a VM: `kvm -version`. */
const startOptions = new Set(['machine', 'M', 'device', 'drive', 'm', 'smp', 'cpu', 'name', 'hda', 'cdrom', 'kernel', 'blockdev'])

type Variables = Map<string, { readonly words: readonly Word[], readonly array: boolean }>
interface Reading { words: Word[], end: number, line: number, whole: boolean }

/** Reads one command or array from `at` on; it ends at an unquoted newline, `; & |` or, in an array, at `)`. */
function readWords(text: string, at: number, firstLine: number, variables: Variables, budget: { left: number }, array = false): Reading {
  const words: Word[] = []
  let line = firstLine
  let i = at
  let word = ''
  let started = false
  let wordLine = line
  let whole = true

  const begin = () => { if (!started) { started = true; wordLine = line } }
  const put = (piece: string) => {
    begin()
    if (word.length + piece.length <= longestWord) word += piece
    else whole = false
  }
  const finish = () => {
    if (started && words.length < mostWords) words.push({ text: word, line: wordLine })
    else if (started) whole = false
    word = ''
    started = false
  }
  const countLines = (piece: string) => { for (let n = piece.indexOf('\n'); n >= 0; n = piece.indexOf('\n', n + 1)) line++ }

  /** `$NAME`, `${NAME}`, `${NAME[@]}`; what the text does not set stays as it is written. */
  function variable(): void {
    const name = /^\$(?:([A-Za-z_]\w{0,60})|\{([A-Za-z_]\w{0,60})(\[[@*]\])?\})/.exec(text.slice(i, i + 80))
    if (!name) { put('$'); i++; return }
    const value = variables.get(name[1] ?? name[2] ?? '')
    i += name[0].length
    if (!value || budget.left <= 0) { put(name[0]); whole = false; return }
    if (value.array) {
      for (const one of value.words) {
        if ((budget.left -= one.text.length + 1) < 0) break
        put(one.text)
        wordLine = one.line
        finish()
      }
    } else if ((budget.left -= (value.words[0]?.text.length ?? 0) + 1) >= 0) put(value.words[0]?.text ?? '')
  }

  function doubleQuoted(): void {
    let end = i + 1
    while (end < text.length && end - i < longestQuote && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    if (text[end] !== '"') { put('"'); i++; return }
    begin()
    for (i++; i < end;) {
      const ch = text[i] as string
      if (ch === '\\' && '"\\$`\n'.includes(text[i + 1] ?? ' ')) {
        if (text[i + 1] === '\n') line++
        else put(text[i + 1] as string)
        i += 2
      } else if (ch === '$') variable()
      else {
        if (ch === '\n') line++
        put(ch)
        i++
      }
    }
    i = end + 1
  }

  /** A JSON object as libvirt prints it, quoted or not: its own quotes must stay. */
  function json(): boolean {
    let depth = 0
    let quoted = false
    for (let end = i; end < text.length && end - i < longestQuote; end++) {
      const ch = text[end]
      if (ch === '\n') return false
      if (quoted) {
        if (ch === '\\') end++
        else if (ch === '"') quoted = false
      } else if (ch === '"') quoted = true
      else if (ch === '{') depth++
      else if (ch === '}' && --depth === 0) {
        put(text.slice(i, end + 1))
        i = end + 1
        return true
      }
    }
    return false
  }

  while (i < text.length) {
    const ch = text[i] as string
    if (ch === '\n') {
      finish()
      i++
      line++
      if (array) continue
      // A paste that lost its backslashes: no command begins with an option.
      const next = /^[ \t]*--?[A-Za-z]/.exec(text.slice(i, i + 200))
      if (!next) return { words, end: i, line, whole }
    } else if (ch === ' ' || ch === '\t' || ch === '\r') {
      finish()
      i++
    } else if (ch === '\\') {
      const gap = /^\\[ \t\r]*\n/.exec(text.slice(i, i + 40))
      if (gap) { i += gap[0].length; line++ }
      else if (i + 1 < text.length) { put(text[i + 1] as string); i += 2 }
      else i++
    } else if (ch === "'") {
      const end = text.indexOf("'", i + 1)
      if (end < 0 || end - i > longestQuote) { put("'"); i++ }
      else {
        const quoted = text.slice(i + 1, end)
        put(quoted)
        countLines(quoted)
        i = end + 1
      }
    } else if (ch === '"') doubleQuoted()
    else if (ch === '$') variable()
    else if (ch === '{' && !started && text[i + 1] === '"' && json()) continue
    else if (ch === '#' && !started) {
      const newline = text.indexOf('\n', i)
      i = newline < 0 ? text.length : newline
    } else if (array && ch === ')') { i++; break }
    else if (!array && (ch === ';' || ch === '&' || ch === '|') && /[\s;&|]|^$/.test(text[i + 1] ?? '')) { i++; break }
    else { put(ch); i++ }
  }
  finish()
  return { words, end: i, line, whole }
}

const starts = (words: readonly Word[]): boolean => words.some(({ text }) => text.startsWith('-') && startOptions.has(text.replace(/^--?/, '')))
/** What people write where they leave something out. */
const leftOut = (words: readonly Word[]): boolean => words.some(({ text }) => /^(?:\[?\.{3,}\]?|…|<snip>|\[snip\])$/i.test(text))

/** Where the path that ends in the binary's name begins. */
function pathStart(line: string, at: number): number {
  while (at > 0 && /[\w./+~-]/.test(line[at - 1] as string)) at--
  return at
}

/** The words of a single line as a shell would cut it. */
export const shellWords = (text: string, line: number): readonly Word[] => readWords(text, 0, line, new Map(), { left: 0 }).words

/** Every command in the text that starts a VM under QEMU; `firstLine` is the number of the text's first line. */
export function qemuCommands(text: string, firstLine = 1): QemuCommand[] {
  const found: QemuCommand[] = []
  const variables: Variables = new Map()
  const budget = { left: mostExpansion }
  const keep = (command: QemuCommand) => { if (starts(command.words)) found.push(leftOut(command.words) ? { ...command, whole: false } : command) }

  for (let at = 0, line = firstLine; at < text.length && found.length < 2000;) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const row = text.slice(at, Math.min(end, at + longestWord))
    const next = { at: end + 1, line: line + 1 }

    const nul = row.indexOf('\0')
    if (nul >= 0) {
      // /proc/PID/cmdline, bare or as a line of a tree: the words are exact.
      const parts = row.slice(row.indexOf('\t=') >= 0 && row.indexOf('\t=') < nul ? row.indexOf('\t=') + 2 : 0).split('\0').slice(0, mostWords)
      const binary = parts.shift() ?? ''
      if (/(?:qemu-system-\w+|qemu-kvm|(?:^|\/)kvm)$/.test(binary)) {
        keep({ binary, words: parts.filter((part, n) => part !== '' || n < parts.length - 1).map(part => ({ text: part, line })), line, running: true, unquoted: false, whole: true })
      }
      ;({ at, line } = next)
      continue
    }

    const binary = /^\s*#/.test(row) ? null : binaryName.exec(row)
    if (binary) {
      const prefix = row.slice(0, pathStart(row, binary.index))
      const ps = psPrefix.exec(prefix)
      const after = binary.index + binary[0].length
      const user = ps?.[2] ?? ps?.[3]
      if (ps) {
        const words = row.slice(after).trim().split(/\s+/).slice(0, mostWords).map(word => ({ text: word, line }))
        keep({ binary: binary[0], words, line, ...(user ? { user } : {}), running: true, unquoted: true, whole: row.length < longestWord })
        ;({ at, line } = next)
        continue
      }
      // Proxmox quotes the whole command: `start failed: command '/usr/bin/kvm … ' failed: exit code 1`.
      const closing = prefix.endsWith("command '") ? row.lastIndexOf("' failed") : -1
      const read = closing > after ? readWords(row.slice(0, closing), after, line, variables, budget) : readWords(text, at + after, line, variables, budget)
      keep({ binary: binary[0].replace(/['"]$/, ''), words: read.words, line, running: false, unquoted: false, whole: read.whole })
      ;({ at, line } = closing > after ? next : { at: read.end, line: read.line })
      continue
    }

    const set = assignmentStart.exec(row)
    if (set && budget.left > 0) {
      const array = row[set[0].length] === '('
      const read = array
        ? readWords(text, at + set[0].length + 1, line, variables, budget, true)
        : readWords(row.slice(0, 4096), set[0].length, line, variables, budget)
      const name = set[1] ?? ''
      const before = set[2] ? variables.get(name)?.words ?? [] : []
      if ((budget.left -= array ? before.length : 0) > 0 && variables.size < 1000) {
        variables.set(name, { words: array ? [...before, ...read.words] : read.words.slice(0, 1), array })
      }
      if (array) { at = read.end; line = read.line; continue }
    }
    ;({ at, line } = next)
  }
  return found
}

/** Options without the command they belong to, as excerpts have them: `  -device vfio-pci,host=01:00.0 \\`. */
export function looseOptions(text: string): QemuCommand | null {
  const first = /^[ \t]{0,200}-(?:device|drive|machine|cpu|smp|m|object|kernel|bios) /m.exec(text)
  if (!first) return null
  let line = 1
  for (let n = text.indexOf('\n'); n >= 0 && n < first.index; n = text.indexOf('\n', n + 1)) line++
  const { words } = readWords(text, first.index, line, new Map(), { left: 0 })
  return { binary: '', words, line, running: false, unquoted: false, whole: false }
}
