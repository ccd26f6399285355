/**
 * Reads objects of Kubernetes and the like, as kubectl prints them: block YAML or JSON. Not all of YAML: anchors, flow
 * collections and scalars over several lines are passed over. Linear, with the line of every value.
 */
import { linesOf } from './tree.ts'

export interface YamlValue {
  /** Keys from the outside in; the elements of a list are numbers from 0. */
  readonly path: readonly string[]
  readonly value: string
  /** Line of the text, from 1. */
  readonly line: number
  /** Which document of a text of several, from 0. */
  readonly document: number
}

const keyValue = /^(?:"([^"]{1,256})"|'([^']{1,256})'|([^\s"'#:{[&*!|>%@`-][^\s:#]{0,255}(?: [^\s:#]{1,60}){0,4})|(-?[\w./-]{1,255})):(?:\s+(.*))?$/
/** No object of interest is deeper. */
const deepest = 60
const mostValues = 100_000

export function* yamlValues(text: string): Generator<YamlValue> {
  const json = /^\s*[{[]/.test(text.slice(0, 200)) ? parsedJson(text) : undefined
  if (json === undefined) yield* blockValues(text)
  else yield* jsonValues(json, text)
}

interface Level { readonly indent: number, readonly key: string, readonly dash: boolean, items: number }

function* blockValues(text: string): Generator<YamlValue> {
  let stack: Level[] = []
  let document = 0
  let blockOver = -1
  let count = 0
  const top = { items: 0 }
  for (const { text: raw, line } of linesOf(text)) {
    if (/^---(?:\s|$)/.test(raw)) {
      stack = []
      top.items = 0
      document++
      blockOver = -1
      continue
    }
    let rest = raw.trimStart()
    let indent = raw.length - rest.length
    if (rest === '' || rest.startsWith('#') || (blockOver >= 0 && indent > blockOver)) continue
    blockOver = -1
    while (/^-(?: |$)/.test(rest)) {
      while ((stack.at(-1)?.indent ?? -1) > indent || (stack.at(-1)?.indent === indent && stack.at(-1)?.dash)) stack.pop()
      const parent = stack.at(-1) ?? top
      if (stack.length < deepest) stack.push({ indent, key: String(parent.items++), dash: true, items: 0 })
      const after = rest.slice(1).trimStart()
      indent += rest.length - after.length
      rest = after
    }
    const parts = keyValue.exec(rest)
    if (!parts) {
      if (rest !== '' && stack.at(-1)?.dash && count++ < mostValues) yield { path: stack.map(level => level.key), value: plain(rest), line, document }
      continue
    }
    while ((stack.at(-1)?.indent ?? -1) >= indent) stack.pop()
    if (stack.length >= deepest) continue
    stack.push({ indent, key: parts[1] ?? parts[2] ?? parts[3] ?? parts[4] ?? '', dash: false, items: 0 })
    const value = parts[5] ?? ''
    if (/^[|>][+-]?\d?\s*$/.test(value)) blockOver = indent
    else if (value !== '' && count++ < mostValues) yield { path: stack.map(level => level.key), value: plain(value), line, document }
  }
}

/** A scalar without its quotes and the comment behind it. */
const plain = (text: string): string => /^"([^"]*)"/.exec(text)?.[1] ?? /^'([^']*)'/.exec(text)?.[1] ?? text.replace(/ #.*$/, '').trim()

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The values of a parsed text in its order; the line is that of the next place in the text that reads like the value. */
function* jsonValues(root: unknown, text: string): Generator<YamlValue> {
  let at = 0
  let line = 1
  let count = 0
  const lineOf = (value: string): number => {
    const found = text.indexOf(value, at)
    if (found < 0) return line
    for (let next = text.indexOf('\n', at); next >= 0 && next < found; next = text.indexOf('\n', next + 1)) line++
    at = found
    return line
  }
  const todo: { readonly path: readonly string[], readonly value: unknown }[] = [{ path: [], value: root }]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { path, value } = next
    if (typeof value === 'object' && value !== null) {
      if (path.length < deepest) for (const [key, inner] of Object.entries(value).reverse()) todo.push({ path: [...path, key], value: inner })
    } else if (value !== null && value !== undefined && count++ < mostValues) {
      yield { path, value: String(value), line: lineOf(JSON.stringify(value)), document: 0 }
    }
  }
}
