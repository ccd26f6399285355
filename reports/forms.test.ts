/** The forms that programs and sites read, each checked by a reader that is not ours, and every form with hostile text in every field. */
import { isDeepStrictEqual } from 'node:util'
import { parseXml, XmlElement, type XmlNode } from '@rgrove/parse-xml'
import { Parser, type Node } from 'commonmark'
import t from 'tap'
import * as v from 'valibot'
import type { Background } from '../model/background.ts'
import type { Diagnosis, ReportOptions } from '../model/finding.ts'
import fc from '../test-corpus/property.ts'
import { forms } from './forms.ts'
import { hostLineSchema } from './host-line-schema.ts'
import { jsonReportSchema } from './json-schema.ts'
import { junitReport } from './junit.ts'
import { longestMarkdown, markdownReport } from './markdown.ts'
import { codeBlock, codeSpan, paragraphs, prose } from './markdown-text.ts'
import { failureLine, ndjsonReport } from './ndjson.ts'
import { prometheusReport } from './prometheus.ts'
import { desktopBackground, serverBackground, serverFindings } from './sample-background.test-data.ts'
import { hostile, named, nothingFound, oneCause, samples, thirtyFindings, withText } from './sample-diagnosis.test-data.ts'
import { sarifReport } from './sarif.ts'
import { sarifShape } from './sarif-shape.test-data.ts'
import { terminalReport } from './terminal.ts'

const plain: ReportOptions = { color: false, width: 80, verbose: false }
const invisible = /[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e01ef}]|\p{Cs}/u

// Readers

interface Series { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** The text exposition format 0.0.4 of Prometheus, read as its grammar says; throws where a line is none of it. */
function readPrometheus(text: string): readonly Series[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const typed = new Set<string>()
  const series: Series[] = []
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (comment?.[1] === 'TYPE') {
      if (comment[3] !== 'gauge' || typed.has(String(comment[2]))) throw new Error(line)
      typed.add(String(comment[2]))
    }
    if (comment) continue
    const [, name = '', inner = '', value = ''] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*",?)*)\})? (\d+(?:\.\d+)?)$/.exec(line) ?? []
    if (!typed.has(name)) throw new Error(`no sample: ${line}`)
    const labels = Object.fromEntries([...inner.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', quoted = '']) =>
      [label, quoted.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))]))
    series.push({ name, labels, value: Number(value) })
  }
  const keys = series.map(({ name, labels }) => JSON.stringify([name, labels]))
  if (new Set(keys).size < keys.length) throw new Error('a series stands there twice')
  return series
}

const elementsIn = (node: XmlNode): readonly XmlElement[] =>
  'children' in node ? (node.children as XmlNode[]).flatMap(child => (child instanceof XmlElement ? [child, ...elementsIn(child)] : [])) : []

/** Every node of a Markdown document, by the reference parser of CommonMark. */
function nodesOf(markdown: string): readonly Node[] {
  const walker = new Parser().parse(markdown).walker()
  const nodes: Node[] = []
  for (let event = walker.next(); event; event = walker.next()) if (event.entering) nodes.push(event.node)
  return nodes
}
const textIn = (nodes: readonly Node[], ...types: readonly string[]): string => nodes.filter(node => types.includes(node.type)).map(node => node.literal ?? '').join(' ')

/** What would become a link, a mention, a reference, a picture or a formula on a site, in text that is not code. */
const sitesAct = /(?:^|[^\w])@\w|#\d|\bgh-\d|:[a-z0-9_+-]+:|https?:\/\/|\bwww\.|\$[^ ]/i
const ownHtml = /^<\/?(?:details|summary)>|^<details><summary>[\w :,×.]+<\/summary>$|^<\/details>$/

// Tests

t.test('the table of forms', async t => {
  t.same(forms.map(form => form.name), ['json', 'ndjson', 'html', 'markdown', 'sarif', 'junit', 'prometheus'])
  for (const form of forms) {
    const report = await form.load()
    for (const [name, sample] of Object.entries(samples)) t.ok(report(sample, plain, desktopBackground).endsWith('\n'), `${form.name} of ${name} ends its last line`)
  }
})

t.test('prometheus', async t => {
  const series = readPrometheus(prometheusReport(oneCause, plain))
  const named = (name: string) => series.filter(each => each.name === name)
  t.same(named('gpudoctor_findings')[0], {
    name: 'gpudoctor_findings', value: 1,
    labels: { severity: 'error', rule: 'intel-iommu-not-switched-on', subject: 'host', layer: 'iommu', confidence: 'confirmed', root: 'true' },
  })
  t.equal(named('gpudoctor_findings').length, 3)
  t.equal(named('gpudoctor_rules_undecided')[0]?.value, 5)
  t.equal(named('gpudoctor_taken_timestamp_seconds')[0]?.value, Date.parse(oneCause.about.takenAt ?? '') / 1000)
  const healthy = readPrometheus(prometheusReport({ ...nothingFound, about: { ...nothingFound.about, takenAt: null } }, plain))
  t.notOk(healthy.some(each => each.name === 'gpudoctor_findings' || each.name === 'gpudoctor_taken_timestamp_seconds'))
  const [twin] = oneCause.findings
  t.equal(readPrometheus(prometheusReport({ ...oneCause, findings: twin ? [twin, twin] : [] }, plain))[0]?.value, 2, 'one series for what has the same labels')
  t.throws(() => readPrometheus('gpudoctor_findings{rule="a"b"} 1\n'), 'the reader refuses a broken line')
})

t.test('junit', async t => {
  const root = parseXml(junitReport(oneCause, plain)).root as XmlElement
  t.match(root.attributes, { tests: '8', failures: '3', errors: '0', skipped: '5' })
  const cases = elementsIn(root).filter(each => each.name === 'testcase')
  t.equal(cases.length, 8)
  t.match(cases[0]?.attributes, { classname: 'gpudoctor.iommu.intel-iommu-not-switched-on', name: /The Intel IOMMU is there.*\(the host\)/ })
  const [failure] = elementsIn(cases[0] as XmlElement)
  t.match(failure?.attributes, { type: 'error' })
  t.match(failure?.text, /sudo update-grub/)
  t.match(failure?.text, /> \[ {4}0\.081337\]/)
  const many = parseXml(junitReport(thirtyFindings, plain)).root as XmlElement
  t.match(many.attributes, { failures: '20', errors: '1' }, 'hints fail nothing, a broken rule is an error')
  const healthy = parseXml(junitReport(nothingFound, plain)).root as XmlElement
  t.match(healthy.attributes, { tests: '1', failures: '0', errors: '0', skipped: '0' }, 'a healthy host has a passed case')
})

t.test('sarif', async t => {
  for (const [name, sample] of Object.entries(samples)) {
    const log = JSON.parse(sarifReport(sample, plain)) as unknown
    t.same(v.safeParse(sarifShape, log).issues?.map(issue => `${v.getDotPath(issue)}: ${issue.message}`) ?? [], [], name)
  }
  const { runs: [run] } = v.parse(sarifShape, JSON.parse(sarifReport(oneCause, plain)))
  t.same(run?.results.map(result => [result.ruleId, result.level]), [['intel-iommu-not-switched-on', 'error'], ['no-iommu-groups', 'error'], ['libvirt-refuses-host-device', 'error']])
  for (const result of run?.results ?? []) t.equal(run?.tool.driver.rules[result.ruleIndex]?.id, result.ruleId, 'ruleIndex points at its rule')
  t.match(run?.results[0]?.relatedLocations[0]?.physicalLocation, { artifactLocation: { uri: 'evidence/kernel-log' }, region: { startLine: 412 } })
  const { runs: [many] } = v.parse(sarifShape, JSON.parse(sarifReport(thirtyFindings, plain)))
  t.match(many?.invocations[0]?.toolExecutionNotifications, [{ message: { text: /^rules\/local\/my-own-rule\.yaml:14:9: / } }])
  t.equal(new Set(many?.results.map(result => JSON.stringify(result.partialFingerprints))).size, 30)
})

t.test('ndjson', async t => {
  const line = ndjsonReport(oneCause, { ...plain, input: 'hosts/a.tar.gz' })
  t.equal(line.split('\n').length, 2)
  const host = v.parse(hostLineSchema, JSON.parse(line))
  t.match(host, { input: 'hosts/a.tar.gz', counts: { error: 3 }, undecided: 5, findings: [{ rule: 'intel-iommu-not-switched-on', symptomOf: null }, {}, { symptomOf: 'no-iommu-groups' }] })
  t.ok(v.is(hostLineSchema, JSON.parse(failureLine('x.tar.gz', 'the snapshot\nis damaged'))))
  t.notOk('input' in v.parse(hostLineSchema, JSON.parse(ndjsonReport(nothingFound, plain))))
})

t.test('markdown', async t => {
  const text = markdownReport(oneCause, plain)
  const nodes = nodesOf(text)
  t.match(text, /^## Found 1 error, with 2 consequences: The Intel IOMMU is there/)
  t.match(text, /### 1\. Error: The Intel IOMMU is there but the kernel does not switch it on/)
  t.ok(nodes.some(node => node.type === 'code_block' && node.info === 'sh' && node.literal === 'sudo update-grub\n'), 'commands stand alone')
  t.match(textIn(nodes, 'code_block'), /> \[ {4}0\.081337\] kernel: DMAR: Host address width 39/)
  for (const summary of ['Evidence: 2 quotes', '2 consequences that should go with it', 'Could not be checked: 5 rules', 'To undo it']) t.ok(text.includes(`<details><summary>${summary}</summary>\n\n`), summary)
  const lists = nodes.filter(node => node.type === 'list' && node.listType === 'ordered')
  t.equal(lists[0]?.listStart, 1)
  const [first] = oneCause.findings
  const twice = markdownReport({ ...oneCause, findings: first ? [first, { ...first, subject: 'function 0000:02:00.0' }] : [] }, plain)
  t.match(twice, /\*\*Fix:\*\* the same as for 1 above/)

  t.test('keeps within the bound, and gives up the least first', async t => {
    const long = withText(thirtyFindings, was => `${was} ${'word '.repeat(600)}`)
    const shortened = markdownReport(long, plain)
    t.ok(shortened.length <= longestMarkdown, String(shortened.length))
    t.match(shortened, /Shortened to fit/)
    t.match(shortened, /### 1\. Error: [^]*\*\*Fix/, 'the first cause keeps its cure')
    t.notMatch(text, /Shortened/)
    const huge: Diagnosis = { ...thirtyFindings, findings: Array.from({ length: 4000 }, (_, index) => ({ ...oneCause.findings[0], rule: `r${index}` }) as Diagnosis['findings'][number]) }
    t.ok(markdownReport(huge, plain).length <= longestMarkdown)
  })

  t.test('text of a host stays text', async t => {
    t.equal(prose('plain words, (as they are): 3 of 4.'), 'plain words, (as they are): 3 of 4.')
    t.equal(prose('at 0000:cd:00.0 with iommu=pt'), 'at `0000:cd:00.0` with `iommu=pt`', ':cd: is a picture on GitHub')
    t.equal(prose('ask @root about #12, see https://example.org/x.'), 'ask `@root` about `#12`, see `https://example.org/x`.')
    t.equal(prose('1. first'), '1\\. first')
    t.equal(prose('- a'), '\\- a')
    t.equal(prose('set `a b` here'), 'set `a b` here')
    t.equal(prose('a <b> & c'), 'a &lt;b&gt; &amp; c')
    t.equal(codeSpan('a`b'), '``a`b``')
    t.equal(codeSpan('`a`'), '`` `a` ``')
    t.equal(codeBlock('```\nx'), '````text\n```\nx\n````')
    const checks = (text: string) => {
      const nodes = nodesOf(paragraphs(text))
      const strange = nodes.filter(node => !['document', 'paragraph', 'text', 'code', 'softbreak'].includes(node.type)).map(node => node.type)
      return { strange, acts: sitesAct.test(textIn(nodes, 'text')), code: nodesOf(codeBlock(text)).map(node => node.type) }
    }
    const good = { strange: [], acts: false, code: ['document', 'code_block'] }
    for (const text of hostile.filter(each => !invisible.test(each))) t.same(checks(text), good, named(text))
    const signs = fc.string({ unit: fc.constantFrom(...'`*_#[]()<>!&\\|~@:$-+=.1ax \n"\'/{}^'), maxLength: 40 })
    fc.assert(fc.property(signs, text => isDeepStrictEqual(checks(text), good)))
  })
})

/** The machine, timeline and evidence with every string replaced by what a hostile host would have there. */
const backgroundWith = (background: Background, hostile: (was: string) => string): Background => {
  const walk = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') return ['kind', 'source', 'status', 'base64'].includes(key) ? value : hostile(value)
    if (Array.isArray(value)) return value.map(each => walk(key, each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(name, each)]))
  }
  return walk('', background) as Background
}

t.test('hostile text in every field of every form', async t => {
  const tags = (html: string) => [...html.matchAll(/<\/?[a-z][a-z0-9]*/gi)].map(match => match[0]).sort()
  const marks = (nodes: readonly Node[]) => nodes.map(node => node.type).filter(type => type === 'heading' || type === 'link' || type === 'image' || type === 'emph').sort()
  const html = (await forms.find(form => form.name === 'html')?.load()) ?? (() => '')
  const blandHtml = tags(html(withText(oneCause, () => 'word'), plain, backgroundWith(desktopBackground, () => 'word')))

  const wellBehaved = (text: string) => {
    const diagnosis = withText(oneCause, was => `${was}${text}`)
    const background = backgroundWith(desktopBackground, was => `${was}${text}`)
    const written = {
      terminal: terminalReport(diagnosis, { ...plain, verbose: true, links: true }).replaceAll(/\x1b\]8;;[\x20-\x7e]*\x1b\\/g, ''),
      html: html(diagnosis, plain, background), markdown: markdownReport(diagnosis, plain), sarif: sarifReport(diagnosis, plain),
      junit: junitReport(diagnosis, plain), prometheus: prometheusReport(diagnosis, plain), ndjson: ndjsonReport(diagnosis, { ...plain, input: text }),
    }
    const markdown = nodesOf(written.markdown)
    return {
      invisible: Object.entries(written).filter(([, each]) => invisible.test(each)).map(([name]) => name),
      scripts: [...written.html.matchAll(/<script\b/gi)].length,
      elements: /<(?:img|b|iframe)\b|<svg onload/i.test(written.html),
      links: [...written.html.matchAll(/href="([^"]*)"/g)].filter(([, link = '']) => !/^(?:https?:\/\/|#)/.test(link)).length,
      headings: marks(markdown).filter(type => type !== 'heading').length + Math.abs(marks(markdown).filter(type => type === 'heading').length - 2),
      markup: markdown.filter(node => (node.type === 'html_block' || node.type === 'html_inline') && !String(node.literal).split('\n').every(line => ownHtml.test(line))).length,
      acts: sitesAct.test(textIn(markdown, 'text')),
      sarif: v.is(sarifShape, JSON.parse(written.sarif)),
      junit: elementsIn(parseXml(written.junit)).filter(each => each.name === 'testcase').length,
      prometheus: readPrometheus(written.prometheus).filter(each => each.name === 'gpudoctor_findings').length,
      ndjson: written.ndjson.trimEnd().split('\n').length === 1 && v.is(hostLineSchema, JSON.parse(written.ndjson)),
    }
  }
  const good = { invisible: [], scripts: 2, elements: false, links: 0, headings: 0, markup: 0, acts: false, sarif: true, junit: 8, prometheus: 3, ndjson: true }
  for (const text of hostile) t.same(wellBehaved(text), good, named(text))

  t.test('alone in the field, it makes no element of the page', async t => {
    const mayMark = (text: string) => text.trim() === '' || text.startsWith('https:') || text.includes('`')
    for (const text of hostile.filter(each => !mayMark(each))) {
      t.same(tags(html(withText(oneCause, () => text), plain, backgroundWith(desktopBackground, () => text))), blandHtml, named(text))
    }
  })

  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => isDeepStrictEqual(wellBehaved(text), good)), { numRuns: 40 })
})

t.test('json of a hostile host is still of its schema', async t => {
  const json = await forms[0].load()
  for (const text of hostile) t.ok(v.is(jsonReportSchema, JSON.parse(json(withText(oneCause, () => text), plain))))
})

t.test('a large machine and thirty findings', async t => {
  const html = (await forms.find(form => form.name === 'html')?.load()) ?? (() => '')
  const page = html(serverFindings(), plain, { ...serverBackground(), snapshot: { leftOut: 'it is too large' } })
  t.ok(Buffer.byteLength(page) < 400_000, `${Buffer.byteLength(page)} bytes`)
  t.match(page, /not inside this file: it is too large/)
})
