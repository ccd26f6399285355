/**
 * Rule patterns over text of strangers: RE2 syntax, matched in time linear in the line (re2js), compiled on first use.
 * What RE2 leaves out (look-around, back-references) is refused when a rule is loaded.
 */
import { RE2JS } from 're2js'

/** A line is matched up to this many characters. */
export const longestLine = 4096

export class Pattern {
  readonly source: string
  #compiled: RE2JS | null = null

  constructor(source: string) {
    this.source = source
  }

  /** Throws an Error that says what RE2 does not take. */
  compile(): RE2JS {
    this.#compiled ??= RE2JS.compile(this.source)
    return this.#compiled
  }

  /** The named groups, in order of their names. */
  groups(): string[] {
    return Object.keys(this.compile().namedGroups()).sort()
  }

  /** The named groups' texts where the line matches anywhere (a group that took no part is left out), else null. */
  match(line: string): Map<string, string> | null {
    const matcher = this.compile().matcher(line.length > longestLine ? line.slice(0, longestLine) : line)
    if (!matcher.find()) return null
    const captures = new Map<string, string>()
    for (const name of this.groups()) {
      const value: string | null = matcher.group(name)
      if (value !== null && value !== undefined) captures.set(name, value)
    }
    return captures
  }
}
