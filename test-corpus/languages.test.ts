/** Nothing that we say is English where another language was asked for: in every report form, with every text of ours made unreadable. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { factsOf } from '../cli/examine.ts'
import { compare } from '../diagnosis/diff.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { timelineOf } from '../diagnosis/timeline.ts'
import { loadRules } from '../engine/load.ts'
import { mapRuleTexts, mapSharedTexts } from '../engine/rule-texts.ts'
import { machineOf } from '../facts/machine.ts'
import { noted, speak } from '../language/say.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { diffReport } from '../reports/diff.ts'
import { forms } from '../reports/forms.ts'
import { terminalReport } from '../reports/terminal.ts'
import { sourcesThatSpeak, textsOfProgram, textsOfSource } from '../scripts/extract-texts.ts'
import { makeHost } from './made-host.ts'

t.test('every call names its text', async t => {
  for (const file of sourcesThatSpeak()) t.same(textsOfSource(file, readFileSync(file, 'utf8')).unread, [], `${file}: calls of say, mark, noted and plural take literals, as scripts/extract-texts.ts reads them`)
})

/** The text with its placeholders and none of its words. */
const unreadable = (text: string): string => text.split(/(\{\{[^}]*\}\}|\{[a-z]\w*\})/)
  .map((piece, at) => (at % 2 === 1 ? piece.replace(/\|[^}]+/, '|某') : piece.replace(/[A-Za-z][\w'’.+/-]*/g, '某'))).join('')

const program = textsOfProgram()
const { rules, shared } = loadRules('rules', null)
const ours = { rules: rules.map(rule => mapRuleTexts(rule, unreadable)), shared: mapSharedTexts(shared, rules, unreadable) }

/** A host with faults, and evidence that could not be read whole. */
function sickHost(): Evidence[] {
  const host = makeHost({ functions: 40, logLines: 200 })
  const takenAt = '2026-01-02T03:04:05Z'
  return [
    ...host.map(piece => (piece.kind === 'cmdline' ? { ...piece, body: String(piece.body).replace('10de:10f0', '10de:10f1') } : piece)),
    { id: 'libvirt-log', kind: 'libvirt-log', from: 'journalctl', status: 'ok', takenAt, body: '2026-01-02T03:00:00+0000 box libvirtd[284]: internal error: qemu unexpectedly closed the monitor: vfio 0000:01:00.0: failed to open /dev/vfio/7: Device or resource busy\n' },
    { id: 'acpi-table/DMAR', kind: 'acpi-table', from: '/sys/firmware/acpi/tables/DMAR', status: 'denied', takenAt, body: '', note: noted('permission denied') },
    { id: 'nvidia-smi', kind: 'nvidia-smi', from: 'nvidia-smi -q', status: 'cut', takenAt, body: 'half\n', note: `${noted('stopped: it did not end in time')}; ${noted('over its limit of {n} bytes', { n: 5 })}` },
    { id: 'rc-conf', kind: 'rc-conf', from: '/etc/rc.conf', status: 'absent', takenAt, body: '', note: noted('there is no such file') },
  ]
}

interface Host { readonly snapshot: Snapshot; readonly evidence: readonly Evidence[]; readonly diagnosis: Diagnosis }

const diagnosed = async (evidence: readonly Evidence[]): Promise<Host> => {
  const about = { tool: 'gpudoctor 0', takenAt: '2026-01-02T03:04:05Z', root: false, redacted: { mac: 2 } }
  const snapshot = factsOf({ evidence, about, platform: 'linux', zoneMinutes: 0 })
  const diagnosis = await diagnose({ ...ours, broken: [{ rule: 'made', file: 'made.yaml', error: '某' }], snapshot, evidence, about })
  return { snapshot, evidence, diagnosis }
}

/** Three words in a row are a sentence of somebody; what was read, what is typed and where rules come from may be English. */
function englishIn(report: string, { diagnosis: { findings, unknown, chain = [] }, evidence, snapshot }: Host): string[] {
  const fixes = findings.flatMap(finding => finding.fixes)
  const typed = [
    ...fixes.flatMap(fix => [...fix.steps, ...(fix.undo ?? [])].flatMap(step => Object.values(step))), ...fixes.flatMap(fix => fix.verify.map(check => check.command)),
    ...unknown.flatMap(each => each.get), ...chain.flatMap(link => link.get), ...findings.flatMap(finding => finding.references.map(each => each.at)),
    ...evidence.map(piece => piece.from), ...rules.map(rule => rule.id), 'passthrough', 'Prometheus', 'node_exporter',
    ...machineOf(snapshot).functions.map(fn => fn.name),
  ].flatMap(each => (typeof each === 'string' && each.includes(' ') && /[A-Za-z]{3}/.test(each) ? [each, each.replace(/&/g, '&amp;')] : []))
  const read = new Set(evidence.flatMap(piece => String(piece.body).match(/[A-Za-z]{2,}/g) ?? []))
  const rest = typed.reduce((text, each) => text.replaceAll(each, ''), report)
  return (rest.match(/[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}/g) ?? []).filter(words => !words.split(' ').every(word => read.has(word)))
}

t.test('reports of a host in another language hold no English of ours', async t => {
  speak('zh-CN', {
    texts: Object.fromEntries(program.map(({ id }) => [id, unreadable(id)])),
    notes: program.filter(({ about }) => about === 'note').map(({ id }) => [id, unreadable(id)]),
  })
  t.teardown(() => speak('en', null))
  const host = await diagnosed(sickHost())
  const { diagnosis, evidence, snapshot } = host
  t.ok(diagnosis.findings.length > 0 && diagnosis.unknown.length > 0)
  const options = { color: false, width: 200, verbose: true, links: false }
  const background = { machine: machineOf(snapshot), timeline: timelineOf(evidence, diagnosis.findings), evidence, snapshot: { leftOut: '某' } }
  t.same(englishIn(terminalReport(diagnosis, options), host), [], 'terminal')
  for (const form of forms) {
    const report = (await form.load())(diagnosis, options, background)
    // Class names, the script and the style of a page are no text of it.
    const shown = form.name === 'html' ? report.replace(/<(style|script)\b.*?<\/\1>/gs, '').replace(/<pre\b.*?<\/pre>/gs, '').replace(/<[^>]*?(?:aria-label|placeholder)="([^"]*)"[^>]*>/g, ' $1 ').replace(/<[^>]+>/g, ' ⏎ ') : report
    t.same(englishIn(shown, host), [], form.name)
  }
  const before = await diagnosed(evidence.filter(piece => piece.kind !== 'libvirt-log').map(piece => (piece.kind === 'kernel-version' ? { ...piece, body: 'Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian' } : piece)))
  t.same(englishIn(diffReport(await compare(before, host, ours.rules, ours.shared), options), host), [], 'diff')
})
