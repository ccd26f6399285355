/**
 * What the HTML report can do beyond being read, for browsers that run scripts: copy buttons, filters, and folded parts opened
 * for print. It is plain text, since it runs in the reader's browser; everything it needs stands in the page.
 */
export const script = `'use strict'
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
    button.textContent = 'Copied'
  } catch {
    selectText(code)
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected'
  }
  setTimeout(() => { button.textContent = 'Copy' }, 2000)
}

for (const block of all('.copy')) {
  const code = block.querySelector('code')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  button.setAttribute('aria-label', 'Copy ' + code.textContent.slice(0, 80))
  button.addEventListener('click', () => copy(code, button))
  block.classList.add('scripted')
  block.append(button)
}

const filter = document.getElementById('filter')
const findings = all('[data-severity]')
const texts = new Map(findings.map(finding => [finding, finding.textContent.toLowerCase()]))

function wanted(finding, form) {
  const words = form.get('text').toLowerCase().split(/\\s+/).filter(Boolean)
  return form.getAll('severity').includes(finding.dataset.severity)
    && (form.get('layer') === '' || form.get('layer') === finding.dataset.layer)
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
  filter.querySelector('output').textContent = left === causes.length ? '' : left + ' of ' + causes.length + ' shown'
  document.getElementById('none-left').hidden = left > 0
}

if (filter) {
  filter.hidden = false
  filter.addEventListener('input', apply)
  filter.addEventListener('submit', event => event.preventDefault())
}

let folded = []
addEventListener('beforeprint', () => { folded = all('details:not([open])'); for (const each of folded) each.open = true })
addEventListener('afterprint', () => { for (const each of folded) each.open = false })
`
