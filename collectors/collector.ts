/**
 * A collector declares one thing to read. It is data, so that `gpudoctor collect --plan` can print what would be
 * touched, the documentation can be generated, and nothing but the runner in `evidence/` ever touches the host.
 */
import type { EvidenceKind } from '../model/evidence.ts'

/** A command as an argument list; never a shell. `{release}` in a word is the release of the running kernel. Runs with LC_ALL=C and a closed standard input. */
export interface RunRecipe { readonly run: readonly [string, ...string[]] }
/** One file as text (or bytes for binary kinds). `*` in a path component matches within it; several files become several pieces or one, see `join`. */
export interface ReadRecipe { readonly read: string }
/**
 * Many small files of one or more directories as a single text, one line each: `path<TAB>=content line`,
 * `path<TAB>>link target`, `path<TAB>#hex bytes`, `path<TAB>!denied` (or another reason), `path<TAB>/` for a directory
 * that was looked into, `path<TAB>@mode uid gid size mtime` for stat. A file of several lines gives several lines.
 */
export interface TreeRecipe {
  /** Directories, `*` allowed in components. */
  readonly tree: readonly string[]
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

export interface Collector {
  readonly gives: EvidenceKind
  readonly platform: 'linux' | 'freebsd'
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
  /** Keeps only some lines, for files of which nearly all is of no use (pci.ids). Sees the pieces taken before. */
  readonly reduce?: (text: string, taken: readonly string[]) => string
  /** What cannot be said without it; printed when it fails. */
  readonly loses: string
}

export const collector = (declaration: Collector): Collector => declaration
