/**
 * A collector declares one thing to read. It is data, so that `gpudoctor collect --plan` can print what would be
 * touched, the documentation can be generated, and nothing but the runner in `evidence/` ever touches the host.
 */
import type { Evidence, EvidenceKind } from '../model/evidence.ts'

/** A command as an argument list; never a shell. `{release}` in a word is the release of the running kernel. Runs with LC_ALL=C and a closed standard input. */
export interface RunRecipe {
  readonly run: readonly [string, ...string[]]
  /** Runs it once for each of these names, put in for `{name}`; a piece each. */
  readonly for?: NamesIn
  /** A second command for what the first one began: its answer is taken in place of the first one's. */
  readonly follow?: Followed
}
/** A command that is asked again and again for the end of what another began. */
export interface Followed {
  /** What it is asked for, put in for `{taken}`: the first group, of letters, digits, `.`, `_` and `-`, in the first command's answer. */
  readonly take: RegExp
  readonly run: readonly [string, ...string[]]
  /** In an answer that is the last. */
  readonly until: RegExp
}
/**
 * Names of a directory's entries that a command is run for. A name of other characters, or one that begins with `-` or `.`, is left
 * out: an option or a path that somebody made of a name never gets to the command.
 */
export interface NamesIn {
  readonly namesIn: string
  /** What a name is made of, as in a bracket expression of a shell's pattern: any of `A-Z`, `a-z`, `0-9`, `_.@:+`, and `-` at the end. */
  readonly of: string
  /** Only entries that end so, and without it: `.xml`. */
  readonly ending?: string
  /** The most that are asked for, in the order of the names; 32 if not said. */
  readonly most?: number
}
export const mostNamed = 32

/** Whether a command may be run for a name. Throws a SyntaxError where `of` is no bracket expression. */
export function isNameOf(of: string): (name: string) => boolean {
  if (!/^(?:A-Z|a-z|0-9|[_.@:+])+-?$/.test(of)) throw new SyntaxError(`${of} is not made of A-Z, a-z, 0-9, _.@:+ and - at the end`)
  const form = new RegExp(`^(?![-.])[${of}]{1,255}$`)
  return name => form.test(name)
}
/** One file as text (or bytes for binary kinds). `*` in a path component matches within it; several files become several pieces or one, see `join`. */
export interface ReadRecipe {
  readonly read: string
  /** Of the files that a pattern stands for only so many, those that were changed last, the newest first. */
  readonly newest?: number
}
/**
 * Many small files of one or more directories as a single text, one line each: `path<TAB>=content line`,
 * `path<TAB>>link target`, `path<TAB>#hex bytes`, `path<TAB>!denied` (or another reason), `path<TAB>/` for a directory
 * that was looked into, `path<TAB>@mode uid gid size mtime` for stat. A file of several lines gives several lines.
 */
export interface TreeRecipe {
  /** Directories, `*` allowed in components. */
  readonly tree: readonly string[]
  /** Looks only into directories in which the first line of `file` is one of `is`, `*` allowed: of all processes those of QEMU. The others leave no line. */
  readonly only?: { readonly file: string, readonly is: readonly string[] }
  /** Names below each, `*` allowed: text files; a missing one leaves no line. */
  readonly files?: readonly string[]
  /** Names that are symbolic links: the target is kept. */
  readonly links?: readonly string[]
  /** Names read as bytes, with the most to read. */
  readonly bytes?: Readonly<Record<string, number>>
  /** Names of directories whose entries are listed: each entry gives `dir/entry<TAB>/`. */
  readonly lists?: readonly string[]
  /** Names to stat: mode, owner, size, mtime. */
  readonly stats?: readonly string[]
}
export type Recipe = RunRecipe | ReadRecipe | TreeRecipe

/**
 * What is only looked into where a person asks for it, as it does more than read this host. guests: asks the agents inside VMs,
 * which run a program there. debugfs: wakes GPUs that sleep.
 */
export const extras = ['guests', 'debugfs'] as const
export type Extra = (typeof extras)[number]

export interface Collector {
  readonly gives: EvidenceKind
  readonly platform: 'linux' | 'freebsd'
  /** Left out unless it is asked for. */
  readonly extra?: Extra
  /** Tried in turn; the first that answers is kept. */
  readonly first?: readonly Recipe[]
  /**
   * Read one and all. A `read` with `*` or with a name pattern makes a piece per file, named by `name` (default: the
   * file name without its extension); `tree`s and `run`s are joined into one piece.
   */
  readonly every?: readonly Recipe[]
  /** How a piece is named from the path it was read from: a RegExp whose first group is the name. */
  readonly name?: RegExp
  readonly privilege?: { readonly root: string }
  /** Seconds for the whole collector. */
  readonly timeout?: number
  /** Bytes kept of one piece; over it head and tail are kept and the status is `cut`. */
  readonly limit?: number
  /** Keeps only some lines, for files of which nearly all is of no use (pci.ids). With a second parameter it sees what those took that have none. */
  readonly reduce?: (text: string, taken: readonly string[]) => string
  /** A last look at its pieces, in their order, beside what all collectors took: which of them count, and what they are called. */
  readonly settle?: (pieces: readonly Evidence[], taken: readonly Evidence[]) => readonly Evidence[]
  /** What cannot be said without it; printed when it fails. */
  readonly loses: string
}

export const collector = (declaration: Collector): Collector => declaration
