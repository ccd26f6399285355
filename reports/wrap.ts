/** Text measured and broken in terminal columns. */

import { eastAsianWidth } from 'get-east-asian-width'

const columnsOfCharacter = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/\p{M}/u.test(character)) return 0
  return eastAsianWidth(code)
}

/** How many columns the text takes; the text is printable and holds no colour. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOfCharacter(character)
  return columns
}

/** The text with blanks behind it up to so many columns; two at least part it from what follows. */
export const padded = (text: string, columns: number): string => text + ' '.repeat(Math.max(columns - columnsOf(text), /\P{ASCII}/u.test(text) ? 2 : 0))

/** Prose in lines of up to `width` columns, broken at spaces and between Chinese characters: a path or a parameter that is too long stays whole. */
export const wrapped = (text: string, width: number): string[] => text.split('\n').flatMap(line => wrappedLine(line, width))

function wrappedLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  let columns = 0
  for (const { word, gap } of wordsOf(line)) {
    const more = columnsOf(word)
    const space = current === '' ? '' : gap
    if (current !== '' && columns + space.length + more > width) {
      lines.push(current)
      current = word
      columns = more
      continue
    }
    columns += space.length + more
    current += space + word
  }
  return [...lines, current]
}

/** What is not to be parted, with what stood before it. A line may end before a Chinese character, but not before what closes a phrase or behind what opens one. */
function wordsOf(line: string): readonly { readonly word: string; readonly gap: string }[] {
  const words = line.split(' ').filter(Boolean)
  if (!unspaced.test(line)) return words.map(word => ({ word, gap: ' ' }))
  return words.flatMap(word => word.split(breaks).map((word, at) => ({ word, gap: at === 0 ? ' ' : '' })))
}

const unspaced = /[\u3000-\u303f\uff00-\uff60\p{Script=Han}]/u
const closing = '，。；：？！、）》」』】”’…'
const opening = '（《「『【“‘'
const breaks = new RegExp(`(?<=[\\p{Script=Han}${closing}])(?![${closing}])(?=.)|(?<![${opening}])(?=[\\p{Script=Han}${opening}])`, 'u')

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
