/** The wordings a pattern knows: for every alternation and each of its branches the pattern that has only that branch left. */

/** A branch of an alternation, by its text, and the whole pattern without the branches beside it. */
export interface Branch { readonly text: string; readonly only: string }

interface Group { readonly from: number; readonly bars: number[] }

/** `a(b|c)?d` gives `a(b)?d` and `a(c)?d`; a pattern without alternations gives nothing. Linear in the pattern, times its branches. */
export function branchesOf(pattern: string): Branch[] {
  const branches: Branch[] = []
  const close = ({ from, bars }: Group, to: number): void => {
    if (bars.length === 0) return
    const ends = [...bars, to]
    ends.forEach((end, index) => {
      const text = pattern.slice(index === 0 ? from : (ends[index - 1] as number) + 1, end)
      branches.push({ text, only: pattern.slice(0, from) + text + pattern.slice(to) })
    })
  }
  const open: Group[] = [{ from: 0, bars: [] }]
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at]
    if (sign === '\\') at++
    else if (sign === '[') at = endOfClass(pattern, at)
    else if (sign === '(') open.push({ from: at + lengthOfOpening(pattern.slice(at, at + 80)), bars: [] })
    else if (sign === '|') open.at(-1)?.bars.push(at)
    else if (sign === ')' && open.length > 1) close(open.pop() as Group, at)
  }
  close(open[0] as Group, pattern.length)
  return branches
}

/** `(`, `(?:`, `(?i:` or `(?P<name>`. */
const lengthOfOpening = (text: string): number => /^\((?:\?P?<\w+>|\?[imsU-]*:)?/.exec(text)?.[0].length ?? 1

/** Where `[…]` ends; a `]` right behind the opening, or behind `^`, stands for itself. */
function endOfClass(pattern: string, from: number): number {
  const first = pattern[from + 1] === '^' ? from + 2 : from + 1
  for (let at = first; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1)
    else if (pattern[at] === ']' && at > first) return at
  }
  return pattern.length
}
