/** What the HTML report shows besides the diagnosis: the machine's layout and the excerpts of the evidence. */
import t from 'tap'
import type { Evidence, EvidenceId } from '../model/evidence.ts'
import type { Finding } from '../model/finding.ts'
import fc from '../test-corpus/property.ts'
import { excerptsOf } from './excerpts.ts'
import { renderHtml } from './html.tsx'
import { type Drawing, drawn, marksOf } from './picture.ts'
import { desktop, desktopBackground, server, serverBackground, serverFindings } from './sample-background.test-data.ts'
import { oneCause } from './sample-diagnosis.test-data.ts'

const none = new Map<string, readonly Finding[]>()
const rowsOf = ({ stretches }: Drawing) => stretches.flatMap(stretch => stretch.areas.flatMap(area => [...area.rows, ...area.more].map(row => ({ ...row, quiet: stretch.quiet, area }))))

t.test('every function is drawn once, in its order', async t => {
  for (const machine of [desktop, server()]) t.same(rowsOf(drawn(machine, none)).map(row => row.fn.bdf).sort(), machine.functions.map(fn => fn.bdf).sort())
})

t.test('a shared group is one area, with its cards counted', async t => {
  const areas = drawn(desktop, none).stretches.flatMap(stretch => stretch.areas)
  t.same(areas.map(area => area.group?.id ?? null), [null, '1', null, '6'])
  t.match(areas[1]?.group, { members: { length: 5 }, cards: 2, elsewhere: [] })
  t.match(areas[3]?.group, { cards: 1 })
  const split = { ...desktop, functions: [...desktop.functions, { ...(desktop.functions[2] as (typeof desktop.functions)[number]), bdf: '0000:09:00.0', depth: 0 }] }
  const apart = drawn(split, none).stretches.flatMap(stretch => stretch.areas).filter(area => area.group?.id === '1')
  t.same(apart.map(area => area.group?.elsewhere), [['0000:09:00.0'], desktop.functions.slice(1, 6).map(fn => fn.bdf)], 'each part names the other')
})

t.test('a large machine folds what nobody asks about', async t => {
  const rows = rowsOf(drawn(server(), marksOf(serverFindings().findings)))
  t.ok(rows.filter(row => row.fn.kind === 'gpu').every(row => !row.quiet))
  t.ok(rows.filter(row => row.fn.virtual).every(row => row.quiet))
  t.ok(rows.filter(row => row.fn.group === '900').every(row => !row.quiet), 'what shares the group of a GPU is shown')
  t.ok(rows.filter(row => !row.quiet).length < 50)
  t.ok(rowsOf(drawn(desktop, none)).every(row => !row.quiet), 'a small one is drawn whole')
  const marked = server().functions.find(fn => fn.virtual)?.bdf ?? ''
  t.notOk(rowsOf(drawn(server(), new Map([[marked, []]]))).find(row => row.fn.bdf === marked)?.quiet, 'a finding unfolds its place')
})

t.test('one huge group shows first what matters', async t => {
  const huge = { ...server(), functions: server().functions.map(fn => ({ ...fn, group: '0' })) }
  const [area, ...others] = drawn(huge, none).stretches.flatMap(stretch => stretch.areas)
  t.equal(others.length, 0)
  t.equal((area?.rows.length ?? 0) + (area?.more.length ?? 0), 200)
  t.ok((area?.rows.length ?? 0) < 20)
})

t.test('a drawing has an end', async t => {
  const [gpu, ...others] = server().functions.filter(fn => fn.kind !== 'bridge')
  const many = { vms: [], functions: [...Array.from({ length: 900 }, (_, at) => ({ ...(others.at(-1) as (typeof others)[number]), bdf: `0001:${at.toString(16)}`, group: null })), { ...(gpu as (typeof others)[number]), depth: 0 }] }
  const drawing = drawn(many, none)
  t.equal(rowsOf(drawing).length, 400)
  t.equal(drawing.left, 501)
  t.equal(rowsOf(drawing).filter(row => !row.quiet).length, 1, 'the GPU, though it comes last')
})

t.test('the lines of the tree', async t => {
  const guides = new Map(rowsOf(drawn(desktop, none)).map(row => [row.fn.bdf, row.guides.join(' ')]))
  t.equal(guides.get('0000:01:00.0'), 'branch')
  t.equal(guides.get('0000:01:00.1'), 'end')
  t.equal(guides.get('0000:00:1f.0'), '')
  const deep = new Map(rowsOf(drawn(server(), none)).map(row => [row.fn.bdf, row.guides.join(' ')]))
  t.equal(deep.get('0000:13:00.0'), 'line line end', 'its switch has another port, and the root port another switch')
  t.equal(deep.get('0000:14:00.0'), 'line none end')
})

t.test('findings stand at their place', async t => {
  const html = renderHtml(serverFindings(), serverBackground())
  const at = (id: string) => html.slice(html.indexOf(`id="${id}"`), html.indexOf('</li>', html.indexOf(`id="${id}"`)))
  t.match(at('pci-0000-13-00-0'), /class="mark (?:error|warning|hint)" href="#finding-\d+"/)
  t.match(html, /aria-label="IOMMU group 900"><p class="area-name"><strong>Group 900<\/strong> <span>4 functions of 2 devices share it<\/span> <a class="mark/)
  for (const [, anchor = ''] of html.matchAll(/href="#([^"]*)"/g)) if (!html.includes(`id="${anchor}"`)) t.fail(`#${anchor} leads nowhere`)
  const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
  t.equal(new Set(ids).size, ids.length, 'no id stands twice')
})

t.test('quotes lead to their line in the evidence', async t => {
  const html = renderHtml(oneCause, desktopBackground)
  t.match(html, /<figcaption><a href="#evidence-kernel-log-412">journalctl/)
  t.match(html, /<mark id="evidence-kernel-log-412">\[ {4}6\.850000\] DMAR: Host address width 39\n<\/mark>/)
  t.notMatch(renderHtml(oneCause), /href="#evidence-/, 'without evidence there are no such links')
})

const piece = (id: EvidenceId, body: string | Uint8Array, more: Partial<Evidence> = {}): Evidence => ({ id, kind: id.split('/')[0] as Evidence['kind'], from: id, status: 'ok', body, ...more })
const citing = (evidence: string, where: number) => ({ evidence, where })
const numbered = (count: number, width = 60) => `${Array.from({ length: count }, (_, at) => `${at + 1} ${'x'.repeat(width)}`).join('\n')}\n`

t.test('excerpts', async t => {
  t.match(excerptsOf([piece('cmdline', 'a\nb\n')], []), [{ whole: true, lines: 2, windows: [{ first: 1, lines: ['a', 'b'] }] }])
  t.same(excerptsOf([piece('acpi-table/DMAR', new Uint8Array(4)), piece('modules', ''), piece('cpuinfo', 'x', { status: 'denied' })], []), [], 'bytes, nothing and what was refused have no text')
  const [log] = excerptsOf([piece('kernel-log', numbered(5000))], [citing('kernel-log', 100), citing('kernel-log', 120), citing('kernel-log', 4000)])
  t.notOk(log?.whole)
  t.same(log?.windows.map(window => [window.first, window.first + window.lines.length - 1]), [[88, 132], [3988, 4012]], 'surroundings that meet are one')
  t.equal(log?.windows[0]?.lines[12]?.slice(0, 4), '100 ')
  const [cut] = excerptsOf([piece('kernel-log', numbered(5000), { firstLine: 201 })], [citing('kernel-log', 300)])
  t.equal(cut?.windows[0]?.lines[12]?.slice(0, 4), '100 ', 'a text cut out of a file keeps that file\'s numbers')
  t.equal(cut?.windows[0]?.first, 288)
  t.match(excerptsOf([piece('text', `${'y'.repeat(9000)}\n`)], [])[0]?.windows[0]?.lines[0], /^y{300} … \(8700 more\)$/)
})

t.test('excerpts keep within their budget, whatever is cited', async () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 60 })), { maxLength: 12 })
  fc.assert(fc.property(sizes, pieces => {
    const evidence = pieces.map(([lines], at) => piece(`text/${at}`, numbered(lines)))
    const excerpts = excerptsOf(evidence, pieces.flatMap(([, cited], at) => cited.map(line => citing(`text/${at}`, line))))
    const size = excerpts.reduce((sum, { windows }) => sum + windows.reduce((all, { lines }) => all + lines.join('\n').length + 1, 0), 0)
    return size <= 130_000
  }), { numRuns: 30 })
})
