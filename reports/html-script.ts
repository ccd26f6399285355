/**
 * What the HTML report can do beyond being read, for browsers that run scripts: copy buttons, filters, searching the whole
 * evidence in the embedded snapshot, and folded parts opened for print and for links into them. It is plain text, since it
 * runs in the reader's browser; everything it needs stands in the page.
 */
import { say } from '../language/say.ts'
import { hidden } from './printable.ts'

/** A text of ours as a JavaScript literal; what stands in braces is put in by `put`. */
const text = (words: string): string => JSON.stringify(words).replace(/</g, '\\u003c')

export const script = (): string => `'use strict'
const put = (text, values) => text.replace(/\\{([a-z]+)\\}/g, (_, name) => values[name])
const all = (selector, within = document) => [...within.querySelectorAll(selector)]

function selectText(node) {
  const range = document.createRange()
  range.selectNodeContents(node)
  getSelection().removeAllRanges()
  getSelection().addRange(range)
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent)
    button.textContent = ${text(say('Copied'))}
  } catch {
    selectText(code)
    button.textContent = document.execCommand('copy') ? ${text(say('Copied'))} : ${text(say('Selected'))}
  }
  setTimeout(() => { button.textContent = ${text(say('Copy'))} }, 2000)
}

for (const block of all('.copy')) {
  const code = block.querySelector('code')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = ${text(say('Copy'))}
  button.setAttribute('aria-label', put(${text(say('Copy {code}'))}, { code: code.textContent.slice(0, 80) }))
  button.addEventListener('click', () => copy(code, button))
  block.classList.add('scripted')
  block.append(button)
}

const filter = document.getElementById('filter')
const findings = all('article[data-severity]')
const texts = new Map(findings.map(finding => [finding, finding.textContent.toLowerCase()]))

const chosen = (form, finding, name) => !form.get(name) || finding.dataset[name].split('\\n').includes(form.get(name))

function wanted(finding, form) {
  const words = form.get('text').toLowerCase().split(/\\s+/).filter(Boolean)
  return form.getAll('severity').includes(finding.dataset.severity)
    && ['layer', 'device', 'vm'].every(name => chosen(form, finding, name))
    && words.every(word => texts.get(finding).includes(word))
}

function apply() {
  const form = new FormData(filter)
  const searching = form.get('text').trim() !== ''
  const hits = new Set(findings.filter(finding => wanted(finding, form)))
  for (const finding of findings) {
    const within = all('[data-severity]', finding).filter(inner => hits.has(inner))
    const cause = finding.parentElement.closest('[data-severity]')
    finding.hidden = !hits.has(finding) && within.length === 0 && !(cause && hits.has(cause) && !searching)
    const folded = finding.querySelector('details.consequences')
    if (folded && searching && within.length > 0) folded.open = true
  }
  const causes = all('.card[data-severity]')
  const left = causes.filter(cause => !cause.hidden).length
  filter.querySelector('output').textContent = left === causes.length ? '' : put(${text(say('{left} of {all} shown'))}, { left, all: causes.length })
  document.getElementById('none-left').hidden = left > 0
}

if (filter) {
  filter.hidden = false
  filter.addEventListener('input', apply)
  filter.addEventListener('submit', event => event.preventDefault())
}

// The evidence

const printable = text => text.replace(/${hidden.source}/gu, one => one === '\\t' ? '    ' : '\\\\u{' + one.codePointAt(0).toString(16) + '}')
const search = document.getElementById('search')
const pieces = all('.piece')
const nameOf = piece => piece.querySelector('summary').textContent.trim().replace(/\\s+/g, ' ')

/** Files of the tar archive by name; only ordinary ones, as gpudoctor writes them. */
function filesIn(tar) {
  const files = new Map()
  const text = (at, length) => new TextDecoder().decode(tar.subarray(at, at + length)).split('\\0')[0]
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8) || 0
    files.set(text(at, 100), tar.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

/** Texts of the embedded snapshot by id of the evidence; none where there is none, or the browser cannot unpack it. */
async function unpack() {
  const texts = new Map()
  const block = document.getElementById('snapshot')
  if (!block || !('DecompressionStream' in self)) return texts
  const packed = Uint8Array.from(atob(block.textContent), character => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  const files = filesIn(new Uint8Array(await new Response(stream).arrayBuffer()))
  const decoder = new TextDecoder()
  for (const piece of JSON.parse(decoder.decode(files.get('manifest.json'))).evidence) {
    if (piece.file && !piece.binary && files.has(piece.file)) texts.set(piece.id, { text: decoder.decode(files.get(piece.file)), first: piece.firstLine || 1 })
  }
  return texts
}

let unpacked
const whole = () => unpacked = unpacked || unpack().catch(() => new Map())

/** The text of a piece as windows of lines: from the snapshot, else as it stands in the page. */
function windowsOf(piece, texts) {
  const full = texts.get(piece.dataset.evidence)
  if (full) return full.windows = full.windows || [{ first: full.first, lines: full.text.replace(/\\n$/, '').split('\\n') }]
  return all('.text', piece).map(block => ({ first: parseInt(block.querySelector('.numbers').textContent, 10), lines: block.querySelector('.lines').textContent.replace(/\\n$/, '').split('\\n') }))
}

const longest = 20000
const made = (name, properties) => Object.assign(document.createElement(name), properties)

/** Lines around one of them, where the text is long; browsers are slow with a million lines. */
function shownAround(window, line) {
  const from = Math.max(0, Math.min(line - window.first - longest / 2, window.lines.length - longest))
  return { first: window.first + from, lines: window.lines.slice(from, from + longest) }
}

/** Puts the whole text in the place of the excerpt. */
function fill(piece, window, line) {
  piece.dataset.filled = ''
  const { first, lines } = shownAround(window, line)
  const block = made('div', { className: 'text', tabIndex: 0 })
  block.setAttribute('role', 'group')
  block.setAttribute('aria-label', nameOf(piece))
  const numbers = made('pre', { className: 'numbers', textContent: lines.map((_, index) => first + index).join('\\n') })
  numbers.setAttribute('aria-hidden', 'true')
  block.append(numbers, made('pre', { className: 'lines', textContent: lines.map(text => printable(text.replace(/\\r$/, ''))).join('\\n') + '\\n' }))
  const marks = new Map(all('mark', piece).map(mark => [Number(mark.id.slice(mark.id.lastIndexOf('-') + 1)), mark]))
  all('.text, .rest', piece).forEach(old => old.remove())
  piece.append(block)
  for (const [number, mark] of marks) if (number >= first && number < first + lines.length) markLine(piece, number, mark)
}

/** The line as an element of its own, so that it can be marked and gone to. */
function markLine(piece, line, mark) {
  for (const block of all('.text', piece)) {
    let left = line - parseInt(block.querySelector('.numbers').textContent, 10)
    if (left < 0) continue
    for (const node of block.querySelector('.lines').childNodes) {
      const lines = node.textContent.split('\\n')
      if (left >= lines.length - 1) { left -= lines.length - 1; continue }
      if (node.nodeName === 'MARK') return node
      const start = lines.slice(0, left).reduce((sum, text) => sum + text.length + 1, 0)
      const target = node.splitText(start)
      target.splitText(lines[left].length + 1)
      mark = mark || made('mark', { className: 'found' })
      mark.textContent = target.textContent
      target.replaceWith(mark)
      return mark
    }
  }
}

async function goTo(piece, window, line) {
  all('mark.found').forEach(mark => { const parent = mark.parentNode; mark.replaceWith(...mark.childNodes); parent.normalize() })
  if ((await whole()).has(piece.dataset.evidence)) fill(piece, window, line)
  piece.open = true
  const mark = markLine(piece, line)
  if (!mark) return
  mark.scrollIntoView({ block: 'center' })
  mark.closest('.text').scrollLeft = 0
  mark.closest('.text').focus({ preventScroll: true })
}

const mostHits = 200
let latest = 0

async function find() {
  const mine = ++latest
  const words = search.querySelector('input').value.trim().toLowerCase()
  const list = search.querySelector('.hits')
  const output = search.querySelector('output')
  if (words.length < 2) { list.replaceChildren(); output.textContent = output.dataset.still; return }
  const texts = await whole()
  if (mine !== latest) return
  const hits = []
  let count = 0
  for (const piece of pieces) for (const window of windowsOf(piece, texts)) window.lines.forEach((text, index) => {
    if (!text.toLowerCase().includes(words)) return
    if (count++ < mostHits) hits.push({ piece, window, line: window.first + index, text })
  })
  output.textContent = count === 0 ? ${text(say('Nothing found.'))} : put(count === 1 ? ${text(say('1 line'))} : count > mostHits ? ${text(say('{n} lines, the first {shown} shown'))} : ${text(say('{n} lines'))}, { n: count, shown: mostHits })
  list.replaceChildren(...hits.map(hit => {
    const button = made('button', { type: 'button' })
    button.append(made('span', { className: 'place', textContent: put(${text(say('{from}, line {line}'))}, { from: hit.piece.querySelector('summary').firstChild.textContent.trim(), line: hit.line }) }), made('code', { textContent: printable(hit.text.slice(0, 300)) }))
    button.addEventListener('click', () => goTo(hit.piece, hit.window, hit.line))
    const item = document.createElement('li')
    item.append(button)
    return item
  }))
}

if (search) {
  search.hidden = false
  const output = search.querySelector('output')
  output.dataset.still = output.textContent
  let waiting
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(find, 150) })
  search.addEventListener('submit', event => { event.preventDefault(); find() })
}

/** A piece that stands in the page in part is made whole when it is opened, if the snapshot is there. */
for (const piece of pieces) piece.addEventListener('toggle', async () => {
  if (!piece.open || 'whole' in piece.dataset || 'filled' in piece.dataset) return
  const texts = await whole()
  if (!texts.has(piece.dataset.evidence)) return
  const cited = piece.querySelector('mark')
  const [window] = windowsOf(piece, texts)
  fill(piece, window, cited ? Number(cited.id.slice(cited.id.lastIndexOf('-') + 1)) : window.first)
  if (location.hash && document.querySelector(':target') && piece.contains(document.querySelector(':target'))) document.querySelector(':target').scrollIntoView({ block: 'center' })
})

/** Whatever a link leads to is opened first, and is not filtered away. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target) return
  for (let at = target; at; at = at.parentElement) {
    if (at.nodeName === 'DETAILS') at.open = true
    if (at.hidden && at.nodeName === 'ARTICLE') at.hidden = false
  }
  target.scrollIntoView()
}
addEventListener('hashchange', reveal)
if (location.hash) reveal()

const unfolded = 'details:not([open]):not(.piece):not(.quiet)'
let folded = []
addEventListener('beforeprint', () => { folded = all(unfolded); for (const each of folded) each.open = true })
addEventListener('afterprint', () => { for (const each of folded) each.open = false })
`
