import { linesOf } from '../tree.ts'

/** A word of a command line and the line it stands on. */
export interface Word {
  readonly text: string
  readonly line: number
  /** It holds a variable that the text does not set. */
  readonly open: boolean
}

/** One simple command of a script, or one line of a log or a process list. */
export interface Command {
  readonly words: readonly Word[]
  /** Words may be torn in two: the line was wrapped by a mail program or a terminal. */
  readonly wrapped: boolean
}

/** Dates that begin a line of syslog or of vm-bhyve.log, with what syslog puts behind them. */
const logPrefix = /^\s*(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z))(?: [\w.-]{1,64} [\w./-]{1,64}(?:\[\d+\])?:|:)?\s*/

/** Variables double each other: where one value, and all expansions of a text together, stop. */
const longestValue = 4096
const mostExpanded = 100_000
const mostWords = 4096
const separators = new Set([';', '&', '|', '(', ')', '\n'])

/** Splits one physical line into words and separators; quotes end at the end of the line. */
function split(text: string, line: number, variables: ReadonlyMap<string, string>, budget: { left: number }): (Word | ';')[] {
  const out: (Word | ';')[] = []
  let word = ''
  let started = false
  let open = false
  let quote = ''
  const end = (): void => {
    if (started) out.push({ text: word, line, open })
    word = ''
    started = open = false
  }
  const expand = (from: number): number => {
    const name = /^\$(?:\{([A-Za-z_]\w{0,60})\}|([A-Za-z_]\w{0,60}))/.exec(text.slice(from, from + 70))
    const value = name && variables.get(name[1] ?? name[2] ?? '')
    started = true
    budget.left -= value?.length ?? 0
    if (!name || value === undefined || value === null || budget.left < 0) {
      open = true
      word += name?.[0] ?? '$'
    } else if (quote === '"') word += value
    else {
      // Outside quotes a value falls into words.
      value.split(/\s+/).forEach((part, index) => {
        if (index > 0) end()
        if (part === '') return
        started = true
        word += part
      })
    }
    return from + (name?.[0].length ?? 1)
  }
  for (let i = 0; i < text.length && out.length < mostWords;) {
    const c = text[i] ?? ''
    if (word.length > longestValue) break
    if (quote !== "'" && c === '$') {
      i = expand(i)
      continue
    }
    if (quote !== '') {
      if (c === quote) quote = ''
      else if (c === '\\' && quote === '"') word += text[++i] ?? ''
      else word += c
    } else if (c === '"' || c === "'") {
      quote = c
      started = true
    } else if (c === '\\') {
      word += text[++i] ?? ''
      started = true
    } else if (c === ' ' || c === '\t') end()
    else if (separators.has(c)) {
      end()
      out.push(';')
    } else if (c === '#' && !started && out.length > 0) break
    else {
      word += c
      started = true
    }
    i++
  }
  end()
  return out
}

/** A shell's prompt in front of one of bhyve's programs. */
const prompt = /^.{0,120}?[#$%>]\s{1,4}(?=(?:sudo |doas )?(?:\/[\w/-]{1,60}\/)?(?:bhyve|bhyveload|grub-bhyve)\s)/

/** Whether a line goes on in the next: a backslash at its end, blanks behind it forgiven. */
const continued = /\\\s{0,80}$/

/**
 * The commands of a text: a script, a log or a list of processes. `isOpen` says of the words so far whether something
 * is missing, so that a line which a mail program broke is put together again.
 */
export function commandsOf(body: string, isOpen: (words: readonly Word[], next: string, inLog: boolean) => boolean): Command[] {
  const commands: Command[] = []
  const variables = new Map<string, string>()
  const budget = { left: mostExpanded }
  const script = /^\s*#!/.test(body)
  let words: Word[] = []
  let wrapped = false
  let inLog = false
  let goesOn = false
  const close = (): void => {
    for (const { text } of words) {
      const set = /^([A-Za-z_]\w{0,60})=/.exec(text)
      if (!set) break
      if (variables.size < 1000) variables.set(set[1] ?? '', text.slice(set[0].length, longestValue))
    }
    if (words.length > 0) commands.push({ words, wrapped })
    words = []
    wrapped = false
  }
  for (const { text, line } of linesOf(body)) {
    const prefix = logPrefix.exec(text)?.[0] ?? ''
    if (!goesOn) {
      const torn: boolean = words.length > 0 && prefix === '' && isOpen(words, text, inLog)
      if (torn) wrapped = true
      else close()
      inLog = prefix !== '' || (torn && inLog)
    }
    const rest = script ? text.slice(prefix.length) : text.slice(prefix.length).replace(prompt, '')
    // In a script # begins a comment; in a paste it is root's prompt.
    if (script && /^\s*#/.test(rest)) continue
    for (const part of split(rest.replace(continued, ' '), line, variables, budget)) {
      if (part === ';') close()
      else if (words.length < mostWords) words.push(part)
    }
    goesOn = continued.test(rest)
  }
  close()
  return commands
}
