/** Tables of codes: they load whole or not at all, and every row of those in rules/_tables is told by a rule when its line stands in a log. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { loadRules } from './load.ts'
import { Examination } from './run.ts'
import type { Subject } from './subject.ts'

const nothing: Snapshot = { host: {}, functions: {}, groups: {}, vms: {}, assignments: {}, notUnderstood: [] }
const log = (kind: EvidenceKind, lines: readonly string[]): Evidence => ({ id: kind, kind, from: 'made', status: 'ok', body: lines.join('\n') })

const table = `about: made codes
source: nowhere
columns: [text, rule]
rows:
  7: { text: seven, rule: counted }
  8 a: { text: eight, rule: other }
`
const counted = `id: counted
title: 'Made code {{log.it.row.text|unknown}}'
severity: hint
layer: driver
platforms: [linux]
for: host
log: { it: { in: [kernel-log], contains: 'made code ', match: 'made code (?P<code>\\d+)(?: (?P<unit>\\w))?', table: { name: made, key: code, rows: { rule: counted } }, samples: [ made code 7 ] } }
conditions: { all: [ { fact: log, path: it.count, operator: greaterThan, value: 0 } ] }
cause: c
finding: '{{log.it.row.text|x}} {{log.it.all.code}} {{log.it.last.code|x}}'
fixes: []
references: [ { for: all, at: here } ]
`
const base = { lists: {}, conditions: {}, recipes: {}, never: [], tables: {} }

t.test('a signature looks its codes up, counts only the rows it is for, and gives all and the last value of a group', async t => {
  const folder = t.testdir({ 'counted.yaml': counted })
  const load = (rule: string, tables: Record<string, string> = { made: table }) => {
    mkdirSync(join(folder, '_tables'), { recursive: true })
    for (const [name, text] of Object.entries(tables)) writeFileSync(join(folder, '_tables', `${name}.yaml`), text)
    writeFileSync(join(folder, 'counted.yaml'), rule)
    return loadRules(folder, base)
  }
  const facts = (rule: string, lines: readonly string[]) => {
    const { rules, shared, broken } = load(rule)
    t.same(broken, [])
    const examination = new Examination(rules, shared, nothing, [log('kernel-log', lines)])
    const root = examination.rootsFor(rules[0] as (typeof rules)[0], examination.subjects.host[0] as Subject).log
    return (path: string) => root?.walk(`it.${path}`).value
  }
  const lines = ['made code 7', 'made code 9', 'made code 8', 'made code 7', 'made code 8 a']
  const own = facts(counted, lines)
  t.same([own('count'), own('row.text'), own('all.code'), own('all.code.length'), own('last.code')], [2, 'seven', ['7'], 1, '7'])
  const rest = facts(counted.replace('rows: { rule: counted }', 'rows: none'), lines)
  t.same([rest('count'), rest('row.text'), rest('all.code'), rest('last.code')], [3, null, ['9', '8'], '8'])
  const every = facts(counted.replace(', rows: { rule: counted }', ''), lines)
  t.same([every('count'), every('all.code')], [5, ['7', '9', '8']])
  const double = facts(counted.replace('key: code, rows: { rule: counted }', 'key: [code, unit]'), lines.slice(-1))
  t.equal(double('row.text'), 'eight', 'a key of two groups')
  t.equal(facts(counted, ['nothing'])('all.code'), undefined, 'an excerpt proves nothing')

  for (const [from, to, error] of [
    ['name: made', 'name: mad', /no table mad/], ['key: code', 'key: cod', /cod is no group/], ['rows: { rule:', 'rows: { rul:', /no column rul/],
    ['{{log.it.row.text|x}}', '{{log.it.row.words|x}}', /row\.words is no column/], ['{{log.it.all.code}}', '{{log.it.all.cod}}', /all\.<group>/], ['(?P<unit>', '(?P<row>', /would hide/],
    ['{{log.it.last.code|x}}', '{{log.it.last.code}}', /may be nothing/],
  ] as const) t.match(load(counted.replace(from, to)).broken.map(one => one.error).join(), error)
  t.match(load(counted, { made: table, odd: table.replace(', rule: other', '') }).broken, [{ rule: 'odd', error: /the row 8 a has not the columns/, line: 6 }])
})

const { rules, shared } = loadRules('rules', null)
const rowsOf = (name: string) => Object.entries(shared.tables[name]?.rows ?? {})

/** What the driver prints behind the number where a rule asks for more than the number. */
const words: Readonly<Record<string, string>> = {
  119: 'Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080a7d7 0x1).',
  154: 'GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)',
  63: 'Row Remapper: New row marked for remapping, reset gpu to activate.',
}
const hex = (value: number) => value.toString(16).padStart(2, '0')
/** A function of its own for each line, so that one log serves for all. */
const placeOf = (index: number) => `${hex(Math.floor(index / 32) + 1)}:${hex(index % 32)}`
const bdfOf = (index: number) => `0000:${placeOf(index)}.0`

function examine(kind: EvidenceKind, lines: readonly string[]): Examination {
  return new Examination(rules.filter(rule => Object.values(rule.log).some(signature => signature.table !== undefined || /Xid|78, vGPU|54,|119,|120,/.test(signature.match))), shared, nothing, [log(kind, lines)])
}

async function firedBy(examination: Examination): Promise<Map<string, string[]>> {
  const { outcomes, broken } = await examination.run()
  if (broken.length > 0) throw new Error(broken[0]?.error)
  const fired = new Map<string, string[]>()
  for (const { verdict, rule, subject } of outcomes) if (verdict === 'fires') fired.set(subject.key, [...(fired.get(subject.key) ?? []), rule])
  return fired
}

t.test('every Xid of the table is told by the rule it names, and by one of the general rules at most', async t => {
  const rows = rowsOf('xid')
  t.same(rows.map(([code]) => Number(code)), Array.from({ length: 176 }, (_, index) => index + 1), 'no number is left out')
  const general = ['nv-xid', 'nv-xid-degraded', 'nv-xid-note', 'nv-xid-unknown', 'nv-xid-app-class']
  const line = (code: string, index: number, text: string | undefined) => `[  812.${100000 + index}] NVRM: Xid (PCI:0000:${placeOf(index)}): ${code}, pid=1234, name=python3, ${words[code] ?? text}`
  const fired = await firedBy(examine('kernel-log', rows.map(([code, row], index) => line(code, index, row.text))))
  const known = new Set(rules.flatMap(rule => [rule.id, ...rule.aliases]))
  rows.forEach(([code, row], index) => {
    const about = [...(fired.get(bdfOf(index)) ?? []), ...(fired.get('') ?? [])]
    t.ok(known.has(row.rule as string) && about.includes(row.rule as string), `Xid ${code}: ${row.rule}, told by ${about.join(', ')}`)
    t.same(about.filter(rule => general.includes(rule)).length, general.includes(row.rule as string) ? 1 : 0, `Xid ${code} once`)
  })
  for (const [code, row] of rows.filter(([, row]) => rules.find(rule => rule.id === row.rule)?.for === 'host')) {
    t.ok((await firedBy(examine('kernel-log', [line(code, 0, row.text)]))).get('')?.includes(row.rule as string), `Xid ${code} alone`)
  }
  const old = await firedBy(examine('kernel-log', ['NVRM: Xid (0000:03:00): 14, Channel 00000001', '[   99.5] [   T1946] NVRM: Xid (PCI:0000:65:00 GPU-I:05): 13, pid=42, name=a, Graphics Exception', "NVRM: Xid (PCI:0000:04:00): 999, pid='<unknown>', name=<unknown>, of a future driver"]))
  t.same([old.get('0000:03:00.0'), old.get('0000:65:00.0'), old.get('0000:04:00.0')], [['nv-xid-degraded'], ['nv-xid-13-graphics-exception'], ['nv-xid-unknown']])
})

t.test('every row of the NVLink 5 tables is reached, by unit and status and by the reason of a link that went down', async t => {
  const look = (lines: readonly string[], id: string, path: string, expected: readonly (string | undefined)[]) => {
    const examination = examine('kernel-log', lines)
    const rule = rules.find(one => one.id === id) as (typeof rules)[0]
    expected.forEach((words, index) => {
      const subject = examination.subjects.function.find(one => one.ref.key === bdfOf(index)) as Subject
      t.equal(examination.rootsFor(rule, subject).log?.walk(path).value, words, String(lines[index]))
    })
  }
  const tail = '0x00000000 0x00000000 0x00000000 0x00000000'
  for (const [id, path, word] of [['nv-nvlink-errors', 'five.row.action', 'Fatal'], ['nv-nvlink-nonfatal', 'note.row.action', 'Nonfatal']] as const) {
    const rows = rowsOf('nvlink5').filter(([, row]) => (row.class === 'non-fatal') === (word === 'Nonfatal'))
    t.ok(rows.length > 20)
    look(rows.map(([key, row], index) => {
      const [unit, status] = key.split(' ') as [string, string]
      return `NVRM: Xid (PCI:0000:${placeOf(index)}): ${row.xid}, ${unit}  ${word}   XC0 i0 Link 0${index % 9} (0x000005c6 0x${status.padStart(8, '0')} ${tail})`
    }), id, path, rows.map(([, row]) => row.action))
  }
  const reasons = rowsOf('nvlink5-down')
  look(reasons.map(([reason], index) => `NVRM: Xid (PCI:0000:${placeOf(index)}): 149, NETIR_LINK_${index % 2 ? 'EVT' : 'DOWN'}  Fatal   XC0 i0 Link 08 (0x0${reason}505c6 0x00000000 ${tail})`), 'nv-nvlink-errors', 'down.row.reason', reasons.map(([, row]) => row.reason))
})

t.test('every SXid is told by the word of its line and by its row', async t => {
  const rows = rowsOf('sxid')
  t.ok(rows.length > 90)
  const examination = examine('kernel-log', rows.map(([code, row], index) => `[ 1.0] nvidia-nvswitch${index}: SXid (PCI:${bdfOf(index)}): ${code}, ${row.severity === 'error' ? 'Fatal' : 'Non-fatal'}, Link 3 ${row.text} (First)`))
  const fired = await firedBy(examination)
  rows.forEach(([code, row], index) => {
    const id = { error: 'fm-sxid-fatal', warning: 'nv-sxid-nonfatal', hint: 'nv-sxid-note' }[row.severity as string] as string
    t.same(fired.get(bdfOf(index)), [id], `SXid ${code}`)
    const subject = examination.subjects.function.find(one => one.ref.key === bdfOf(index)) as Subject
    t.equal(examination.rootsFor(rules.find(one => one.id === id) as (typeof rules)[0], subject).log?.walk('sxid.row.text').value, row.text)
  })
  t.same([...(await firedBy(examine('kernel-log', ['nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 99999, Non-fatal, something new', 'nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 11012, Fatal, Link 1 corrected by the table, fatal by its word'])))], [['0000:05:00.0', ['nv-sxid-nonfatal']], ['0000:06:00.0', ['fm-sxid-fatal']]])
})

t.test('every stage and every status of RmInitAdapter is told, and numbers that are in no table are quoted', async t => {
  const rule = rules.find(one => one.id === 'nv-rminit-failed') as (typeof rules)[0]
  const old = rules.find(one => one.id === 'nv-rminit-failed-old-driver') as (typeof rules)[0]
  const told = (examination: Examination, index: number, path: string) => examination.rootsFor(rule, examination.subjects.function.find(one => one.ref.key === bdfOf(index)) as Subject).log?.walk(path).value
  const line = (index: number, stage: string, status: string) => `[    9.1] NVRM: GPU ${bdfOf(index)}: RmInitAdapter failed! (${stage}:${status}:1589)`

  const stages = rowsOf('nv-init-stage')
  t.ok(stages.length >= 21)
  const byStage = examine('kernel-log', stages.map(([stage], index) => line(index, stage, '0xffff')))
  const fired = await firedBy(byStage)
  for (const [index, [stage, row]] of stages.entries()) {
    t.ok(fired.get(bdfOf(index))?.includes('nv-rminit-failed'), stage)
    t.equal(told(byStage, index, 'failed.row.meaning'), row.meaning, stage)
    const alone = examine('kernel-log', [`NVRM: RmInitAdapter failed! (${stage}:0xffff:1113)`])
    t.equal(alone.rootsFor(old, alone.subjects.host[0] as Subject).log?.walk('failed.row.meaning').value, row.meaning, `${stage} of an older driver`)
  }
  const statuses = rowsOf('nv-status')
  t.ok(statuses.length > 100)
  const byStatus = examine('kernel-log', statuses.map(([status], index) => line(index, '0x62', status)))
  for (const [index, [status, row]] of statuses.entries()) t.equal(told(byStatus, index, 'reason.row.meaning'), row.meaning, status)

  const strange = examine('kernel-log', [line(0, '0x99', '0xfff0')])
  t.same([told(strange, 0, 'failed.stage'), told(strange, 0, 'failed.row.meaning'), told(strange, 0, 'reason.row.meaning')], ['0x99', null, null])
  t.match(told(strange, 0, 'failed.line'), /RmInitAdapter failed! \(0x99:0xfff0:1589\)$/)
})

t.test('every exit code of nvidia-smi is told', async t => {
  for (const [code, row] of rowsOf('smi-exit')) {
    const examination = examine('text', [`error running nvidia-smi: exit status ${code}`])
    const rule = rules.find(one => one.id === 'smi-exit-codes') as (typeof rules)[0]
    t.equal(examination.rootsFor(rule, examination.subjects.host[0] as Subject).log?.walk('exit.row.meaning').value, row.meaning)
  }
})
