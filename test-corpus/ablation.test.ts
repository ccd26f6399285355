/**
 * Evidence taken away never makes a rule sure of something else: a verdict stays, or becomes unknown. For every rule, in
 * its own tests a fact and a log at a time, and on whole hosts a kind of evidence at a time, once as if nobody had
 * collected it and once as if it had been refused. `ABLATION=all` takes every kind from every host.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { setUp } from '../diagnosis/rule-test.ts'
import { loadRules } from '../engine/load.ts'
import { Examination } from '../engine/run.ts'
import { screen } from '../engine/screen.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { FactSpec } from '../model/fact.ts'
import type { Verdict } from '../model/finding.ts'
import { subjectKinds, type Rule } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parsers } from '../parsers/all.ts'
import { chapters, evidenceOf, nothing, type State } from './bhyve-story.ts'
import { labFolder } from './lab/scenario.ts'

const { rules, shared, sources } = loadRules('rules', null)

interface Exception { readonly without: readonly EvidenceKind[]; readonly from: Verdict; readonly to: Verdict; readonly rules: (rule: Rule) => boolean; readonly why: string }

/** What is as it should be; each is met by some host, or it goes. */
const exceptions: readonly Exception[] = [
  {
    without: ['qemu-log', 'libvirt-domain'], from: 'clear', to: 'fires', rules: rule => Object.values(rule.log).some(signature => signature.in.includes('libvirt-log')),
    why: 'a daemon of libvirt did say it; that the VM came up since makes it history, and only the log of QEMU shows when that was',
  },
  {
    without: ['loader-conf'], from: 'fires', to: 'clear', rules: rule => rule.id.startsWith('ppt'),
    why: 'without loader.conf the list that the kernel was started with stands for it, and what was written since is not in that',
  },
  {
    without: ['libvirt-domain'], from: 'fires', to: 'clear', rules: rule => rule.id === 'assigned-function-absent',
    why: 'it is about stored definitions; what is left is the command line of the last start, which may be of another time',
  },
  {
    without: ['pci-sysfs'], from: 'unknown', to: 'clear', rules: rule => rule.id === 'kernel-without-gpu-module',
    why: 'nothing drives the function now; what is left is the log, which tells of the driver that it had before',
  },
]
const met = new Set<Exception>()

/** Whether a verdict became another that is no less sure; `before` is undefined where there was no such subject. */
const turned = (before: Verdict | undefined, after: Verdict): boolean => after !== 'unknown' && after !== before && !(before === undefined && after === 'clear')
function isException(rule: Rule, before: Verdict | undefined, after: Verdict, without: EvidenceKind): boolean {
  const found = exceptions.find(one => one.without.includes(without) && one.from === before && one.to === after && one.rules(rule))
  if (found) met.add(found)
  return found !== undefined
}

// ------------------------------------------------------------------ in the tests of each rule

const partOf: Readonly<Record<FactRoot, keyof Snapshot>> = { host: 'host', fn: 'functions', group: 'groups', vm: 'vms', assignment: 'assignments' }
/** Names and links between subjects: without these there is no subject to be asked about. */
const identities = new Set(['fn.bdf', 'group.id', 'vm.name', 'assignment.vm', 'assignment.fn', 'fn.groupId', 'fn.group', 'group.members'])

function withoutFacts(snapshot: Snapshot, gone: (root: FactRoot, name: string) => boolean): Snapshot {
  const thin = (root: FactRoot, facts: object) => Object.fromEntries(Object.entries(facts).filter(([name]) => identities.has(`${root}.${name}`) || !gone(root, name)))
  const each = (root: FactRoot, subjects: Readonly<Record<string, object>>) => Object.fromEntries(Object.entries(subjects).map(([key, facts]) => [key, thin(root, facts)]))
  const { host, functions, groups, vms, assignments } = snapshot
  return { ...snapshot, host: thin('host', host), functions: each('fn', functions), groups: each('group', groups), vms: each('vm', vms), assignments: each('assignment', assignments) }
}

/** Paths of facts that are there, each alone and those together that come from one kind of evidence. */
function families(snapshot: Snapshot): ReadonlyMap<string, readonly string[]> {
  const facts = (Object.keys(partOf) as FactRoot[]).flatMap(root => (root === 'host' ? [snapshot.host] : Object.values(snapshot[partOf[root]] as object) as object[]).flatMap(subject => Object.keys(subject).map(name => `${root}.${name}`)))
  const specOf = (path: string): FactSpec | undefined => (factCatalogue[path.slice(0, path.indexOf('.')) as FactRoot] as Readonly<Record<string, FactSpec>>)[path.slice(path.indexOf('.') + 1)]
  const there = [...new Set(facts)].filter(path => !identities.has(path))
  const kinds = new Set(there.flatMap(path => specOf(path)?.from ?? []))
  const sets = [...there.map(path => [path]), ...[...kinds].map(kind => there.filter(path => specOf(path)?.from.includes(kind)))]
  return new Map(sets.map(set => [set.join(' '), set]))
}

function verdictOf(rule: Rule, snapshot: Snapshot, evidence: readonly Evidence[], key: string): Verdict | undefined {
  const examination = new Examination([rule], shared, snapshot, evidence)
  const subject = examination.subjects[rule.for].find(one => one.ref.key === key)
  return subject && screen(rule.conditions, examination.rootsFor(rule, subject))
}

t.test('each fact and each log of every rule test', async t => {
  let asked = 0
  const wrong: string[] = []
  for (const { rule, tests } of sources) {
    for (const test of tests?.cases ?? []) {
      const { snapshot, evidence, key } = setUp(rule.for, test)
      const before = verdictOf(rule, snapshot, evidence, key)
      const tryIt = (what: string, thinner: Snapshot, less: readonly Evidence[]) => {
        asked++
        const after = verdictOf(rule, thinner, less, key) ?? 'unknown'
        if (turned(before, after)) wrong.push(`${rule.id}, "${test.name}": ${before} became ${after} without ${what}`)
      }
      for (const [names, paths] of families(snapshot)) tryIt(names, withoutFacts(snapshot, (root, name) => paths.includes(`${root}.${name}`)), evidence)
      for (const log of evidence) tryIt(`the log ${log.id}`, snapshot, evidence.filter(piece => piece !== log))
    }
  }
  t.same(wrong, [])
  t.ok(asked > 5_000, `${asked} verdicts of ${sources.length} rules`)
})

// ------------------------------------------------------------------ on whole hosts

function verdictsOf(evidence: readonly Evidence[]): Map<string, { readonly rule: Rule; readonly verdict: Verdict }> {
  const examination = new Examination(rules, shared, assemble(evidence, parsers, shippedNames), evidence)
  const asked = examination.rules.filter(rule => examination.applies(rule))
  return new Map(subjectKinds.flatMap(kind => asked.filter(rule => rule.for === kind).flatMap(rule => examination.subjects[kind].map(subject =>
    [`${rule.id} of ${kind} ${subject.ref.key}`, { rule, verdict: screen(rule.conditions, examination.rootsFor(rule, subject)) }] as const))))
}

const refused = (piece: Evidence): Evidence => ({ id: piece.kind, kind: piece.kind, from: piece.from, status: 'denied', body: '', note: 'permission denied' })

/** What turned when kinds of evidence were taken from a host: every `step`th, counted from `first`. */
function turns(name: string, evidence: readonly Evidence[], first: number, step: number): string[] {
  const before = verdictsOf(evidence)
  return [...new Set(evidence.map(piece => piece.kind))].filter((_, at) => (at + first) % step === 0).flatMap((kind, at) => {
    const rest = evidence.filter(piece => piece.kind !== kind)
    const taken = evidence.find(piece => piece.kind === kind) as Evidence
    const after = verdictsOf(at % 2 === 0 ? rest : [...rest, refused(taken)])
    return [...after].flatMap(([of, { rule, verdict }]) => {
      const was = before.get(of)?.verdict
      return turned(was, verdict) && !isException(rule, was, verdict, kind) ? [`${name}: ${of}: ${was ?? 'not asked'} became ${verdict} without ${kind}`] : []
    })
  })
}

const all = process.env['ABLATION'] === 'all'

t.test('each kind of evidence of a FreeBSD host on its way', async t => {
  let state: State = nothing
  const wrong = chapters.flatMap(({ name, now }, at) => {
    state = { ...state, ...now }
    return turns(name, evidenceOf(state), at, all ? 1 : 3)
  })
  t.same(wrong, [])
})

const folder = join(labFolder, 'snapshots')
t.test('each kind of evidence of hosts of the lab, sick and cured', { skip: existsSync(folder) ? false : 'there are no snapshots of the lab' }, async t => {
  const wrong: string[] = []
  for (const [at, name] of readdirSync(folder).filter(name => name.endsWith('.tar.gz')).sort().entries()) {
    wrong.push(...turns(name, (await openInputs([join(folder, name)])).evidence, at, all ? 1 : 12))
  }
  t.same(wrong, [])
})

t.test('every exception is needed', async t => {
  t.same(exceptions.filter(one => all && !met.has(one)).map(({ why }) => why), [])
})
