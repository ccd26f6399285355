/** XML made of names, attributes and children, so that no text can get out of its place. */

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | number>>
  readonly children: readonly (Element | string)[]
}

export const element = (name: string, attributes: Element['attributes'] = {}, ...children: Element['children']): Element => ({ name, attributes, children })

/** The whole document; ends in a line end. */
export const xmlText = (root: Element): string => `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}`

function written({ name, attributes, children }: Element, indent: string): string {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(' ')
  if (children.length === 0) return `${indent}<${head}/>\n`
  const text = children.every(child => typeof child === 'string')
  const inner = text ? escaped(children.join('')) : `\n${children.map(child => (typeof child === 'string' ? escaped(child) : written(child, `${indent}  `))).join('')}${indent}`
  return `${indent}<${head}>${inner}</${name}>\n`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\t': '&#9;', '\r': '&#13;' }
/** What XML 1.0 has no way to write at all (section 2.2, Char). */
const unwritable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const escaped = (text: string): string => text.replace(unwritable, '\ufffd').replace(/[&<>"'\t\r]/g, character => entities[character] ?? '')
