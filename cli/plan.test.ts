import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import t from 'tap'
import { saveSnapshot } from '../evidence/snapshot.ts'
import { planSchema } from '../reports/plan-schema.ts'
import { makeHost } from '../test-corpus/made-host.ts'
import { packageFile } from './package-files.ts'

const bin = packageFile('bin', 'gpudoctor.js')
const plan = (...words: string[]) => spawnSync(process.execPath, [bin, 'plan', ...words], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })

t.test('gpudoctor plan: in words, as JSON, as a script that only its owner may read', async t => {
  const folder = t.testdir()
  const snapshot = join(folder, 'host.tar.gz')
  await saveSnapshot(snapshot, { manifest: { tool: 'test', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: {} }, evidence: makeHost({ functions: 20, logLines: 500 }), facts: null })
  const script = join(folder, 'plan.sh')
  writeFileSync(script, 'old', { mode: 0o644 })
  const { status, stdout, stderr } = plan('--json', '--script', script, snapshot)
  t.equal(status, 0, stderr)
  const document = v.parse(planSchema, JSON.parse(stdout))
  t.ok(document.marks.length > 0)
  t.equal(statSync(script).mode & 0o777, 0o600)
  t.equal(spawnSync('sh', ['-n', script]).status, 0)
  t.match(readFileSync(script, 'utf8'), new RegExp(`same_function ${document.marks[0]?.bdf} ${document.marks[0]?.id}`))
  t.match(spawnSync('sh', [script], { encoding: 'utf8' }), { status: 1, stderr: /not the host of the plan|this plan is for linux/ }, 'this is not that host')
  t.match(plan(snapshot).stdout, new RegExp(document.summary.slice(0, 12)))
})

t.test('no script without a host to know again', async t => {
  const folder = t.testdir({ 'dmesg.txt': '[  100.000000] usb 1-4: new high-speed USB device number 3 using xhci_hcd\n' })
  const { status, stderr } = plan('--script', join(folder, 'plan.sh'), join(folder, 'dmesg.txt'))
  t.match({ status, stderr }, { status: 2, stderr: /no script can be written/ })
  t.notOk(existsSync(join(folder, 'plan.sh')))
})
