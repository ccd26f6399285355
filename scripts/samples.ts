/** `npm run samples`: the HTML report of every snapshot the lab took, in docs/samples/, and the pictures in the README. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { diagnose } from '../diagnosis/diagnose.ts'
import { timelineOf } from '../diagnosis/timeline.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import { machineOf } from '../facts/machine.ts'
import { parsers } from '../parsers/all.ts'
import { renderHtml } from '../reports/html.tsx'
import { shippedNames } from '../cli/package-files.ts'
import { toolName } from '../cli/version.ts'

const from = 'test-corpus/lab/snapshots'
const to = 'docs/samples'
/** The report that the README shows. */
const pictured = 'group-with-network-card'
const chromium = '/usr/bin/chromium'

const { rules, shared } = loadRules('rules', null)

/** Without the snapshot inside, which lies beside the tests already. */
async function pageOf(file: string): Promise<string> {
  const { evidence, manifest } = await openInputs([file])
  const snapshot = assemble(evidence, parsers, shippedNames)
  const about = { tool: toolName, takenAt: manifest?.takenAt ?? null, root: manifest?.root ?? null, redacted: manifest?.redacted ?? {} }
  const diagnosis = await diagnose({ rules, shared, broken: [], snapshot, evidence, about })
  return renderHtml(diagnosis, { machine: machineOf(snapshot), timeline: timelineOf(evidence, diagnosis.findings), evidence })
}

/** The top of the page, as a reader first sees it, and the machine. */
async function photograph(page: string): Promise<void> {
  const { chromium: driver } = await import('playwright-core')
  const browser = await driver.launch({ executablePath: chromium, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    const tab = await browser.newPage({ viewport: { width: 1020, height: 900 }, deviceScaleFactor: 1.25 })
    await tab.goto(pathToFileURL(page).href)
    await tab.screenshot({ path: join(to, 'report.png') })
    await tab.locator('section[aria-labelledby=machine]').screenshot({ path: join(to, 'machine.png') })
  } finally {
    await browser.close()
  }
}

mkdirSync(to, { recursive: true })
for (const name of readdirSync(from).filter(file => file.endsWith('.tar.gz')).sort()) {
  const page = join(to, `${basename(name, '.tar.gz')}.html`)
  writeFileSync(page, await pageOf(join(from, name)))
  process.stdout.write(`${page}\n`)
}
if (existsSync(chromium)) await photograph(join(to, `${pictured}.html`))
else process.stderr.write(`no ${chromium} here, so no new pictures\n`)
