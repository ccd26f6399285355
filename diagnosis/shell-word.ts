/** Words for a POSIX shell (XCU 2.2, Quoting): whatever they hold, they stay one word and mean nothing else. */

/** What a shell, modprobe, udev and the boot loaders read as nothing but letters. */
export const plainWord = /^[\w.:/@%+=,-]+$/

/** The text as one word. NUL cannot be in a word of a shell and is dropped. */
export const shellWord = (text: string): string => (plainWord.test(text) ? text : `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`)

/** Where in a line of shell a place is. */
export type Quotes = 'none' | 'single' | 'double'

/** The text for each of those places, still inert. */
export const inQuotes: Readonly<Record<Quotes, (text: string) => string>> = {
  none: shellWord,
  single: text => text.replaceAll('\0', '').replaceAll("'", `'\\''`),
  double: text => text.replaceAll('\0', '').replace(/["$`\\]/g, '\\$&'),
}

/** Which quotes are open behind `text`, where `open` were before it. */
export function quotesAfter(text: string, open: Quotes): Quotes {
  let state = open
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\\' && state !== 'single') at++
    else if (character === "'" && state !== 'double') state = state === 'single' ? 'none' : 'single'
    else if (character === '"' && state !== 'single') state = state === 'double' ? 'none' : 'double'
  }
  return state
}
