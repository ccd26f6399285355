/**
 * Reads XML that nobody vouches for. No entity is ever expanded, size and nesting are bounded, and a document that is
 * broken is taken apart: whole elements out of it are better than nothing.
 */
import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml'

export interface Element {
  readonly name: string
  /** Line in the evidence, from 1. */
  readonly line: number
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly Element[]
  readonly text: string
}

/** A root element, or what was left of one. */
export interface Root {
  readonly element: Element
  /** False where the document was broken: what is not in it may have been in it. */
  readonly whole: boolean
}

export const largestXml = 4 * 2 ** 20
const deepest = 64

/** Whether elements nest deeper than any definition does; looks at angle brackets alone, before the parser recurses. */
export function nestsTooDeep(xml: string, limit = deepest): boolean {
  let depth = 0
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at + 1)) {
    const next = xml[at + 1]
    if (next === '/') depth--
    else if (next === '!' || next === '?') {
      const close = xml.startsWith('<!--', at) ? '-->' : xml.startsWith('<![CDATA[', at) ? ']]>' : '>'
      const end = xml.indexOf(close, at)
      if (end < 0) return false
      at = end
    } else {
      const end = xml.indexOf('>', at)
      if (end < 0) return false
      if (xml[end - 1] !== '/' && ++depth > limit) return true
      at = end
    }
  }
  return false
}

const escapes = new Map([['lt', '<'], ['gt', '>'], ['quot', '"'], ['#39', "'"], ['apos', "'"], ['amp', '&']])
/** XML that a web page escaped, as it was; other text unchanged. No line is added or lost. */
export const unescaped = (text: string): string =>
  /<(?:domain|domstatus|hostdev)[\s>]/.test(text) || !/&lt;(?:domain|domstatus|hostdev)/.test(text) ? text : text.replace(/&(lt|gt|quot|#39|apos|amp);/g, (whole, name: string) => escapes.get(name) ?? whole)

/** Line numbers of offsets, which must be asked for in rising order. */
function lineCounter(text: string, firstLine: number): (offset: number) => number {
  let line = firstLine
  let newline = text.indexOf('\n')
  return offset => {
    for (; newline >= 0 && newline < offset; newline = text.indexOf('\n', newline + 1)) line++
    return line
  }
}

function convert(node: XmlElement, lineOf: (offset: number) => number, depth: number): Element {
  const line = lineOf(node.start)
  const children: Element[] = []
  let text = ''
  for (const child of node.children) {
    if (child instanceof XmlElement && depth < deepest) children.push(convert(child, lineOf, depth + 1))
    else if (child instanceof XmlText) text += child.text
  }
  return { name: node.name, line, attributes: new Map(Object.entries(node.attributes)), children, text: text.trim() }
}

/** One well-formed element of a text, or null. */
function parseElement(xml: string, firstLine: number): Element | null {
  if (nestsTooDeep(xml)) return null
  try {
    const { root } = parseXml(xml, { includeOffsets: true })
    return root ? convert(root, lineCounter(xml, firstLine), 0) : null
  } catch {
    return null
  }
}

/** Looks for `what` from rising positions on; never walks the same stretch twice. */
function finder(text: string, what: string): (from: number) => number {
  let found = -1
  let none = false
  return from => {
    if (!none && found < from) {
      found = text.indexOf(what, from)
      none = found < 0
    }
    return none ? -1 : found
  }
}

/** Whole elements with these names out of a broken text, in the order of the names. */
function salvage(xml: string, names: readonly string[], firstLine: number): Element[] {
  const found: Element[] = []
  for (const name of names) {
    const lineOf = lineCounter(xml, firstLine)
    const close = `</${name}>`
    const [tagEnd, closing] = [finder(xml, '>'), finder(xml, close)]
    for (let at = xml.indexOf(`<${name}`); at >= 0 && found.length < 500; at = xml.indexOf(`<${name}`, at + 1)) {
      if (!/[\s>/]/.test(xml[at + name.length + 1] ?? '')) continue
      const head = tagEnd(at)
      if (head < 0) break
      const empty = xml[head - 1] === '/'
      const tail = empty ? head : closing(at)
      if (tail < 0) break
      const end = empty ? head + 1 : tail + close.length
      if (end - at > 65_536) continue
      const element = parseElement(xml.slice(at, end), lineOf(at))
      if (element) found.push(element)
      at = end - 1
    }
  }
  return found
}

/**
 * The documents with one of these root names in a text: one file, several after one another, or one pasted between
 * other lines. `parts` are the elements worth having out of a broken one, or out of a paste that has no root at all;
 * the latter is taken for the last of the root names.
 */
export function documentsIn(text: string, rootNames: readonly string[], parts: readonly string[]): Root[] {
  if (text.length > largestXml) return []
  const roots: Root[] = []
  const open = new RegExp(`<(${rootNames.join('|')})(?=[\\s>])`, 'g')
  const lineOf = lineCounter(text, 1)
  for (let start = open.exec(text); start && roots.length < 500; start = open.exec(text)) {
    const name = start[1] ?? ''
    const close = text.indexOf(`</${name}>`, start.index)
    const next = close < 0 ? -1 : close + name.length + 3
    const body = text.slice(start.index, next < 0 ? text.length : next)
    const line = lineOf(start.index)
    const element = parseElement(body, line)
    if (element) roots.push({ element, whole: true })
    else {
      const tag = /^<[^<>]{0,1000}>/.exec(body)?.[0] ?? ''
      const head = parseElement(tag.endsWith('/>') ? tag : `${tag.slice(0, -1)}/>`, line)
      roots.push({ element: { name, line, attributes: head?.attributes ?? new Map(), children: salvage(body, parts, line), text: '' }, whole: false })
    }
    if (next < 0) break
    open.lastIndex = next
  }
  const loose = roots.length ? [] : salvage(text, parts, 1)
  if (loose.length) roots.push({ element: { name: rootNames.at(-1) ?? '', line: loose[0]?.line ?? 1, attributes: new Map(), children: loose, text: '' }, whole: false })
  return roots
}

export const child = (of: Element | undefined, name: string): Element | undefined => of?.children.find(c => c.name === name)
export const childrenOf = (of: Element | undefined, name: string): Element[] => of?.children.filter(c => c.name === name) ?? []
/** The element at the end of a path of names. */
export const at = (of: Element | undefined, ...path: string[]): Element | undefined => path.reduce<Element | undefined>((e, name) => child(e, name), of)
export const attribute = (of: Element | undefined, name: string): string | undefined => of?.attributes.get(name)
