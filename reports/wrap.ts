/** Text measured and broken in terminal columns. */

/** East Asian wide and emoji blocks (Unicode EastAsianWidth.txt, W and F), coarse at the block ends. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0xa4cf], [0xa960, 0xa97c], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f],
  [0xff01, 0xff60], [0xffe0, 0xffe6], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1f9ff], [0x20000, 0x3fffd],
]

const columnsOfCharacter = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/\p{M}/u.test(character)) return 0
  return wideRanges.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}

/** How many columns the text takes; the text is printable and holds no colour. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOfCharacter(character)
  return columns
}

/** Prose in lines of up to `width` columns, broken at spaces only: a path or a parameter that is too long stays whole. */
export const wrapped = (text: string, width: number): string[] => text.split('\n').flatMap(line => wrappedLine(line, width))

function wrappedLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  let columns = 0
  for (const word of line.split(' ').filter(Boolean)) {
    const more = columnsOf(word)
    if (current !== '' && columns + 1 + more > width) {
      lines.push(current)
      current = ''
      columns = 0
    }
    columns += more + (current === '' ? 0 : 1)
    current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

/** A log line in pieces of up to `width` columns that make it up again: after a space where one is near the end, else anywhere. */
export function chopped(text: string, width: number): string[] {
  const pieces: string[] = []
  let current = ''
  let columns = 0
  for (const character of text) {
    const more = columnsOfCharacter(character)
    if (columns + more > width && current !== '') {
      const space = current.lastIndexOf(' ') + 1
      const cut = space > (current.length * 2) / 3 ? space : current.length
      pieces.push(current.slice(0, cut))
      current = current.slice(cut)
      columns = columnsOf(current)
    }
    current += character
    columns += more
  }
  return [...pieces, current]
}
