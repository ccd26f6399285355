/** The HTML report in a real browser: Debian's chromium, where it is installed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import t from 'tap'
import { packSnapshot } from '../evidence/snapshot.ts'
import type { Background } from '../model/background.ts'
import type { EvidenceId } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import { renderHtml } from './html.tsx'
import { desktopBackground, serverBackground, serverFindings } from './sample-background.test-data.ts'
import { nothingFound, oneCause, thirtyFindings, withText } from './sample-diagnosis.test-data.ts'

const executablePath = '/usr/bin/chromium'
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  .concat(['--disable-background-networking', '--disable-component-update', '--disable-sync'])

t.test('in chromium', { skip: existsSync(executablePath) ? false : `no ${executablePath} here` }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gpudoctor-report-'))
  const browser: Browser = await chromium.launch({ executablePath, args: flags })
  t.teardown(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  const manifest = { tool: 'test', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux' as const, root: true, redacted: {} }
  const packed = await packSnapshot({ manifest, evidence: desktopBackground.evidence ?? [], facts: null }, 1 << 20)
  const desktop: Background = { ...desktopBackground, snapshot: { base64: packed?.toString('base64') ?? '' } }

  /** Opens the report; `trouble` gathers what the console says and what the page asks for. */
  async function open(diagnosis: Diagnosis, options: BrowserContextOptions = {}, background: Background = desktop, hash = ''): Promise<{ page: Page; trouble: string[] }> {
    const file = join(folder, 'report.html')
    writeFileSync(file, renderHtml(diagnosis, background))
    const address = pathToFileURL(file).href
    const page = await (await browser.newContext(options)).newPage()
    const trouble: string[] = []
    page.on('console', message => trouble.push(message.text()))
    page.on('pageerror', error => trouble.push(error.message))
    page.on('dialog', dialog => { trouble.push(`dialog ${dialog.message()}`); void dialog.dismiss() })
    page.on('request', request => { if (request.url() !== address) trouble.push(request.url()) })
    await page.goto(address + hash)
    return { page, trouble }
  }

  /** Evaluated as text in the page, since the types of this project know no DOM. */
  const ask = (page: Page, expression: string): Promise<unknown> => page.evaluate(expression)

  const server = serverBackground()
  const hosts: readonly (readonly [name: string, diagnosis: Diagnosis, background: Background])[] = [
    ['a healthy host', nothingFound, desktop], ['one cause', oneCause, desktop], ['thirty findings', thirtyFindings, desktop], ['eight GPUs', serverFindings(), server],
    ['a bare diagnosis', oneCause, {}], ['long words', withText(oneCause, was => `${was} ${'x'.repeat(400)}`), desktop],
  ]

  t.test('no errors, no requests, no sideways scrolling on a phone', async t => {
    for (const [name, diagnosis, background] of hosts) for (const colorScheme of ['light', 'dark'] as const) {
      const { page, trouble } = await open(diagnosis, { viewport: { width: 360, height: 780 }, colorScheme }, background)
      await ask(page, "document.querySelectorAll('details').forEach(each => { each.open = true })")
      t.equal(await ask(page, 'document.documentElement.scrollWidth'), 360, `${name}, ${colorScheme}`)
      t.same(trouble, [], `${name}, ${colorScheme}`)
      await page.context().close()
    }
  })

  t.test('axe finds nothing', async t => {
    for (const [name, diagnosis, background] of hosts.slice(0, 4)) for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(diagnosis, { viewport: { width: colorScheme === 'light' ? 1280 : 390, height: 900 }, colorScheme }, background)
      await ask(page, "document.querySelectorAll('details').forEach(each => { each.open = true })")
      await page.evaluate(axe.source)
      const found = await ask(page, "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(node => id + ': ' + node.html.slice(0, 200) + ' ' + node.any.map(check => check.message).join('; '))))")
      t.same(found, [], `${name}, ${colorScheme}`)
      await page.context().close()
    }
  })

  t.test('readable with scripts off', async t => {
    const { page, trouble } = await open(thirtyFindings, { javaScriptEnabled: false })
    t.equal(await page.locator('article.card:visible').count(), 24)
    t.ok(await page.getByText('sudo update-initramfs -u -k all').first().isVisible())
    t.notOk(await page.locator('#filter').isVisible(), 'no filter that does nothing')
    t.equal(await page.getByRole('button').count(), 0, 'no button that does nothing')
    const consequences = page.locator('details.consequences').first()
    await consequences.locator('summary').first().click()
    t.ok(await consequences.locator('article').first().isVisible(), 'folded parts open without scripts')
    t.ok(await page.locator('#pci-0000-01-00-0').getByText('vfio-pci').isVisible(), 'the machine')
    t.ok(await page.getByText('group 1 is not viable').isVisible(), 'the timeline')
    const piece = page.locator('details.piece', { hasText: '/proc/cmdline' })
    await piece.locator('summary').click()
    t.ok(await piece.locator('.lines').isVisible(), 'the evidence')
    t.notOk(await page.locator('#search').isVisible(), 'no search that does nothing')
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('search and filters', async t => {
    const { page, trouble } = await open(thirtyFindings)
    const visible = () => page.locator('article.card:visible').count()
    t.equal(await visible(), 24)
    const search = page.getByRole('searchbox', { name: 'Search the findings' })
    await search.fill('0000:0B:00.1')
    t.equal(await visible(), 1, 'by text, whatever the case')
    t.match(await page.locator('#filter output').textContent(), /^1 of 24 shown$/)
    await search.fill('no such words')
    t.ok(await page.locator('#none-left').isVisible())
    await search.fill('')
    await page.getByLabel('Errors').uncheck()
    await page.getByLabel('Warnings').uncheck()
    t.equal(await visible(), 8, 'hints alone')
    await page.getByLabel('Errors').check()
    await page.getByLabel('Layer').selectOption('reset')
    t.equal(await visible(), 2, 'one cause in that layer, and one that has a consequence there')
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('filters by device and VM', async t => {
    const { page, trouble } = await open(serverFindings(), {}, server)
    const visible = () => page.locator('article.card:visible').count()
    const all = await visible()
    await page.locator('select[name=vm]').selectOption('render')
    const ofRender = await visible()
    t.ok(ofRender > 0 && ofRender < all, `${ofRender} of ${all}`)
    await page.locator('select[name=device]').selectOption('0000:53:00.0')
    t.ok(await visible() <= ofRender)
    await page.locator('select[name=vm]').selectOption('')
    await page.locator('select[name=device]').selectOption('0000:44:00.0')
    t.ok(await visible() > 0, 'what shares a group is touched by what is said of the group')
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('the whole evidence is searched in the snapshot, and its lines can be gone to', async t => {
    const { page, trouble } = await open(oneCause)
    const search = page.getByRole('searchbox', { name: 'Search the evidence' })
    await search.fill('device number 777 ')
    const hit = page.locator('.hits button')
    await hit.first().waitFor()
    t.match(await page.locator('#search output').textContent(), /^1 line$/)
    t.match(await hit.textContent(), /^The kernel log, line 778\[ {3}12\.950000\] usb 1-7: new high-speed USB device number 777 using xhci_hcd$/)
    await hit.click()
    const found = page.locator('mark.found')
    await found.waitFor()
    t.match(await found.textContent(), /device number 777 using/)
    t.ok(await found.isVisible())
    t.match(await page.locator('mark', { hasText: 'Host address width' }).textContent(), /^\[ {4}6\.850000\] DMAR: Host address width 39\n$/, 'the cited line is still marked')
    await search.fill('xhci_hcd')
    await page.locator('.hits li').nth(199).waitFor()
    t.match(await page.locator('#search output').textContent(), /^899 lines, the first 200 shown$/)
    await search.fill('no such words')
    await page.getByText('Nothing found.').waitFor()
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('without a snapshot, what stands in the file is searched', async t => {
    const { snapshot: _, ...without } = desktopBackground
    const { page, trouble } = await open(oneCause, {}, without)
    await page.getByRole('searchbox', { name: 'Search the evidence' }).fill('iommu=pt')
    await page.locator('.hits button').first().click()
    t.ok(await page.locator('mark', { hasText: 'iommu=pt' }).isVisible())
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('a link into something folded opens it', async t => {
    const { page, trouble } = await open(oneCause)
    t.notOk(await page.locator('details.piece .lines').first().isVisible())
    await page.getByRole('link', { name: 'journalctl -k -b -o short-monotonic --no-pager, line 412' }).first().click()
    t.ok(await page.locator('mark', { hasText: 'Host address width' }).isVisible())
    await page.getByRole('link', { name: /^PCI function|0000:01:00\.0$/ }).first().click()
    t.ok(await page.locator('#pci-0000-01-00-0').isVisible())
    await page.context().close()
    const direct = await open(oneCause, {}, desktop, '#finding-3')
    t.ok(await direct.page.locator('#finding-3').isVisible(), 'also when the page is opened by it')
    t.same([...trouble, ...direct.trouble], [])
    await direct.page.context().close()
  })

  t.test('commands can be copied', async t => {
    const { page, trouble } = await open(oneCause, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Copy sudo update-grub' }).first().click()
    await page.getByText('Copied').first().waitFor()
    t.equal(await ask(page, 'navigator.clipboard.readText()'), 'sudo update-grub')
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('hostile text stays text', async t => {
    const attacks = [
      '<script>alert(1)</script>', '</script><script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
      'javascript:alert(1)', "'-alert(1)-'", '</style><svg onload=alert(1)>',
    ]
    const hostile = { ...desktop, snapshot: { base64: attacks.join('') }, evidence: desktop.evidence?.map(piece => ({ ...piece, id: `${attacks.join(' ')} ${piece.id}` as EvidenceId, from: attacks.join(' '), body: attacks.join('\n') })) ?? [] }
    const { page, trouble } = await open(withText(oneCause, was => `${attacks.join(' ')} ${was}`), {}, hostile)
    await page.getByRole('searchbox', { name: 'Search the evidence' }).fill('alert')
    await page.locator('.hits button').first().click()
    t.equal(await ask(page, "[...document.links].filter(link => !/^(https?|file):/.test(link.href)).length"), 0)
    t.equal(await ask(page, 'document.scripts.length'), 2)
    t.equal(await ask(page, 'document.images.length'), 0)
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('by keyboard: the skip link first, then what is open', async t => {
    const { page } = await open(thirtyFindings)
    await page.keyboard.press('Tab')
    t.equal(await ask(page, 'document.activeElement.textContent'), 'Skip to the findings')
    t.ok(await page.locator('.skip').isVisible())
    await page.context().close()
  })

  t.test('print opens what is folded', async t => {
    const { page } = await open(oneCause)
    await page.emulateMedia({ media: 'print' })
    await ask(page, "dispatchEvent(new Event('beforeprint'))")
    t.ok(await page.getByText('libvirt refuses to start win11').last().isVisible())
    t.notOk(await page.getByRole('button', { name: /^Copy/ }).first().isVisible())
    await page.context().close()
  })
})
