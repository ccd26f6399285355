/** The HTML report in a real browser: Debian's chromium, where it is installed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import t from 'tap'
import type { Diagnosis } from '../model/finding.ts'
import { renderHtml } from './html.tsx'
import { oneCause, samples, thirtyFindings, withText } from './sample-diagnosis.test-data.ts'

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

  /** Opens the report; `trouble` gathers what the console says and what the page asks for. */
  async function open(diagnosis: Diagnosis, options: BrowserContextOptions = {}, snapshot?: string): Promise<{ page: Page; trouble: string[] }> {
    const file = join(folder, 'report.html')
    writeFileSync(file, renderHtml(diagnosis, undefined, snapshot === undefined ? {} : { snapshot }))
    const address = pathToFileURL(file).href
    const page = await (await browser.newContext(options)).newPage()
    const trouble: string[] = []
    page.on('console', message => trouble.push(message.text()))
    page.on('pageerror', error => trouble.push(error.message))
    page.on('dialog', dialog => { trouble.push(`dialog ${dialog.message()}`); void dialog.dismiss() })
    page.on('request', request => { if (request.url() !== address) trouble.push(request.url()) })
    await page.goto(address)
    return { page, trouble }
  }

  /** Evaluated as text in the page, since the types of this project know no DOM. */
  const ask = (page: Page, expression: string): Promise<unknown> => page.evaluate(expression)

  t.test('no errors, no requests, no sideways scrolling on a phone', async t => {
    const long = withText(oneCause, was => `${was} ${'x'.repeat(400)}`)
    for (const [name, sample] of Object.entries({ ...samples, long })) for (const colorScheme of ['light', 'dark'] as const) {
      const { page, trouble } = await open(sample, { viewport: { width: 360, height: 780 }, colorScheme }, 'c25hcHNob3Q=')
      await ask(page, "document.querySelectorAll('details').forEach(each => { each.open = true })")
      t.equal(await ask(page, 'document.documentElement.scrollWidth'), 360, `${name}, ${colorScheme}`)
      t.same(trouble, [], `${name}, ${colorScheme}`)
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
    t.same(trouble, [])
    await page.context().close()
  })

  t.test('search and filters', async t => {
    const { page, trouble } = await open(thirtyFindings)
    const visible = () => page.locator('article.card:visible').count()
    t.equal(await visible(), 24)
    await page.getByRole('searchbox').fill('0000:0B:00.1')
    t.equal(await visible(), 1, 'by text, whatever the case')
    t.match(await page.locator('#filter output').textContent(), /^1 of 24 shown$/)
    await page.getByRole('searchbox').fill('no such words')
    t.ok(await page.locator('#none-left').isVisible())
    await page.getByRole('searchbox').fill('')
    await page.getByLabel('Errors').uncheck()
    await page.getByLabel('Warnings').uncheck()
    t.equal(await visible(), 8, 'hints alone')
    await page.getByLabel('Errors').check()
    await page.getByLabel('Layer').selectOption('reset')
    t.equal(await visible(), 2, 'one cause in that layer, and one that has a consequence there')
    t.same(trouble, [])
    await page.context().close()
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
    const { page, trouble } = await open(withText(oneCause, was => `${attacks.join(' ')} ${was}`), {}, attacks.join(''))
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
