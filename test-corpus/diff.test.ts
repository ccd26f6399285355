/** Two states of one host: what changed is named once, what explains a new finding stands under it, what nobody saw is no change. */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { compare, signature, type Side } from '../diagnosis/diff.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Difference } from '../model/diff.ts'
import { parsers } from '../parsers/all.ts'
import { diffJson, diffReport } from '../reports/diff.ts'
import { makeHost } from './made-host.ts'
import { readScenarios } from './lab/scenario.ts'

const { rules, shared } = loadRules('rules', null)

async function side(evidence: readonly Evidence[]): Promise<Side> {
  const snapshot = assemble(evidence, parsers, shippedNames)
  return { snapshot, evidence, diagnosis: await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } }) }
}
const between = async (before: readonly Evidence[], after: readonly Evidence[]): Promise<Difference> => compare(await side(before), await side(after), rules, shared)

const host = makeHost({ functions: 8, logLines: 100 })
const edited = (kind: EvidenceKind, edit: (body: string) => string): Evidence[] => host.map(one => (one.kind === kind && typeof one.body === 'string' ? { ...one, body: edit(one.body) } : one))
const without = (kind: EvidenceKind): Evidence[] => host.filter(one => one.kind !== kind)

t.test('a host is as it was', async t => {
  const same = await between(host, host)
  t.same([same.changes, same.came, same.went, same.lost, same.onlyBefore, same.onlyAfter], [[], [], [], [], [], []])
  t.ok(same.stayed.length > 0)
})

t.test('a change that brings a finding stands under it', async t => {
  const { changes, came } = await between(host, edited('cmdline', body => body.replace('intel_iommu=on', 'intel_iommu=off')))
  t.same(changes.map(({ area, path, removed, added }) => ({ area, path, removed, added })), [{ area: 'boot', path: 'host.cmdlineParams', removed: ['intel_iommu=on'], added: ['intel_iommu=off'] }])
  const off = came.find(one => one.reasons.some(({ change, tie }) => change.path === 'host.cmdlineParams' && tie === 'the rule rests on it'))
  t.ok(off, `one of ${came.map(one => one.rule).join(', ')} is explained by it`)
})

t.test('what one of them lacks is no change, and takes no finding away for good', async t => {
  const before = edited('cmdline', body => body.replace('intel_iommu=on', 'intel_iommu=off'))
  const { changes, went, lost, onlyBefore } = await between(before, before.filter(one => one.kind !== 'cmdline' && one.kind !== 'kernel-log'))
  t.notOk(changes.some(change => change.path.startsWith('host.cmdline')))
  t.same(went.filter(one => one.rule.includes('iommu')), [])
  t.ok(lost.length > 0, 'what needs the command line is only no longer seen')
  t.ok(onlyBefore.includes('the kernel command line'))
})

t.test('devices that come, go, move and are replaced', async t => {
  const gpu = '0000:01:00.0'
  const other = (body: string, from: string, to: string) => body.replaceAll(from, to)
  const { changes } = await between(host, edited('pci-sysfs', body => other(body, gpu, '0000:41:00.0')))
  t.match(changes.find(change => change.path === 'fn.bdf'), { before: gpu, after: '0000:41:00.0', area: 'hardware' })
  t.notOk(changes.some(change => change.path === 'fn.present' && change.subject.endsWith(gpu)), 'moved is said once')
  const replaced = await between(host, edited('pci-sysfs', body => body.replace(`${gpu}/device\t=0x1b39`, `${gpu}/device\t=0x2204`)))
  t.same(replaced.changes.filter(change => change.subject === `function ${gpu}`).map(change => change.path), ['fn.id'])
  const gone = await between(host, edited('pci-sysfs', body => body.split('\n').filter(line => !line.includes(gpu)).join('\n')))
  t.match(gone.changes.find(change => change.subject === `function ${gpu}`), { path: 'fn.present', after: null })
  const unlisted = await between(host, without('pci-sysfs'))
  t.notOk(unlisted.changes.some(change => change.path === 'fn.present'), 'a listing that is not there shows no device as gone')
})

t.test('lines of logs are compared without what differs from boot to boot', async t => {
  t.equal(signature('vfio-pci 0000:01:00.0: BAR 1: failed at 0xfb000000 after 1204 ms'), signature('vfio-pci 0000:01:00.0: BAR 1: failed at 0xe0000000 after 7 ms'))
  t.not(signature('vfio-pci 0000:01:00.0: failed'), signature('vfio-pci 0000:02:00.0: failed'), 'the device is part of it')
  const line = '[  777.000001] i40e 0000:02:00.0: Hardware reset failed, error -5\n'
  const { changes } = await between(host, edited('kernel-log', body => body + line))
  t.same(changes.filter(change => change.area === 'log').map(change => change.added), [['i40e 0000:02:00.0: Hardware reset failed, error -5']])
  const cut = host.map((one): Evidence => (one.kind === 'kernel-log' ? { ...one, status: 'cut' } : one))
  t.notOk((await between(cut, host)).changes.some(change => change.area === 'log'), 'a log that lost its start shows nothing as new')
})

t.test('broken and cured boxes of the lab', async t => {
  const lasting = new Set(readScenarios().filter(({ gone }) => gone?.length === 0).map(({ name }) => name))
  const folder = 'test-corpus/lab/snapshots'
  const names = readdirSync(folder).filter(name => name.endsWith('.cured.tar.gz')).map(name => name.replace('.cured.tar.gz', ''))
  t.ok(names.length > 0)
  for (const name of names) {
    const [before, after] = await Promise.all([`${name}.tar.gz`, `${name}.cured.tar.gz`].map(async file => (await openInputs([`${folder}/${file}`])).evidence))
    const { went, came, changes } = await between(before as Evidence[], after as Evidence[])
    // What the kernel said stays in its log until the next boot, and so do findings that rest on it alone.
    if (lasting.has(name)) t.ok(changes.length > 0, `${name}: what was changed is told`)
    else t.ok(went.length > 0, `${name}: something went`)
    const ofTheBox = ['cpu-vtx-disabled-by-firmware', 'dev-kvm-missing']
    t.same(came.filter(one => one.severity === 'error' && !ofTheBox.includes(one.rule)).map(one => one.rule), [], `${name}: the cure brings no error`)
  }
})

t.test('in words and as JSON', async t => {
  const evil = await between(host, edited('cmdline', body => `${body} evil=\x1b[2J\u202e`))
  for (const text of [diffReport(evil, { color: false, width: 80, verbose: true }), diffJson(evil)]) t.notMatch(text, /\x1b|\u202e/)
  const text = diffReport(await between(host, edited('cmdline', body => body.replace('intel_iommu=on', 'intel_iommu=off'))), { color: false, width: 80, verbose: false })
  t.match(text, /−intel_iommu=on, \+intel_iommu=off/)
  t.match(text, /because [^]*the\s+rule\s+rests\s+on\s+it/)
})
