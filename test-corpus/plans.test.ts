/** Plans for the hosts of the lab, and for every fix of every rule at once: nothing is lost, and each script is one that a shell takes. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { fixOf } from '../diagnosis/fixes.ts'
import { marksOf, planOf } from '../diagnosis/plan.ts'
import { diagnosisOf, findingOf } from '../diagnosis/plan.test-data.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { createRedactor } from '../evidence/redact.ts'
import { assemble } from '../facts/assemble.ts'
import type { Diagnosis, Finding } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import { parsers } from '../parsers/all.ts'
import { planJson } from '../reports/plan.ts'
import { planSchema } from '../reports/plan-schema.ts'
import { planScript } from '../reports/plan-script.ts'

const { rules, shared } = loadRules('rules', null)

/** Every root cause is planned for, left out with a reason, or put before a person; restarts come in order; what is shared is done once. */
function complaints(plan: Plan, { findings }: Diagnosis): string[] {
  const told = [...plan.chosen, ...plan.leftOut, ...plan.decide].map(one => `${one.rule} ${one.subject}`)
  const roots = findings.filter(finding => finding.symptomOf === null).map(finding => `${finding.rule} ${finding.subject}`)
  const served = new Set(plan.steps.flatMap(step => step.serves.map(one => `${one.rule} ${one.subject}`)))
  const places = plan.steps.map(step => step.restarts)
  const once = plan.steps.filter(step => step.kind === 'kernel' || step.kind === 'file' || step.kind === 'build').map(step => `${step.restarts} ${step.kind} ${step.title} ${step.steps.map(each => `${each.when} ${step.kind === 'build' && each.kind === 'run' ? each.command : ''}`).join()}`)
  return [
    ...roots.filter(root => told.filter(one => one === root).length !== 1).map(root => `${root} is not told of once`),
    ...plan.chosen.filter(one => !served.has(`${one.rule} ${one.subject}`)).map(one => `no step serves ${one.rule}`),
    ...places.filter((place, at) => at > 0 && place < (places[at - 1] as number)).map(place => `a step of stretch ${place} comes too late`),
    ...plan.steps.filter((step, at) => step.kind === 'restart' && plan.steps[at + 1]?.restarts === step.restarts).map(step => `${step.title} is not the end of its stretch`),
    ...once.filter((name, at) => once.indexOf(name) !== at).map(name => `twice: ${name}`),
    ...plan.steps.flatMap(step => step.steps).flatMap(({ parameters }) => parameters?.add.filter(word => parameters.remove.includes(word)) ?? []).map(word => `${word} is added and taken out`),
    ...lost(plan, findings).map(command => `lost: ${command}`),
    ...(v.is(planSchema, JSON.parse(planJson(plan))) ? [] : ['the schema does not take it']),
  ]
}

/** Commands of chosen fixes that are nowhere in the plan, but for those that are merged with others. */
function lost(plan: Plan, findings: readonly Finding[]): string[] {
  const fixes = plan.chosen.flatMap(one => findings.find(finding => finding.rule === one.rule && finding.subject === one.subject)?.fixes.filter(fix => fix.title === one.fix) ?? [])
  const wanted = fixes.flatMap(fix => fix.steps).flatMap(step => (step.kind === 'run' && !step.parameters && !/^(?:sysrc|qm set|reboot|shutdown|systemctl reboot)/.test(step.command) ? [step.command] : []))
  const there = new Set(plan.steps.flatMap(step => step.steps).flatMap(step => (step.kind === 'run' ? [step.command] : [])))
  return wanted.filter(command => !there.has(command))
}

/** A dry run in a folder that has nothing of the host but the ids of its functions. */
function dryRun(plan: Plan, folder: string): { readonly status: number | null; readonly output: string } {
  for (const { bdf, id } of plan.marks) {
    const device = join(folder, 'sys/bus/pci/devices', bdf)
    mkdirSync(device, { recursive: true })
    writeFileSync(join(device, 'vendor'), `0x${id.slice(0, 4)}\n`)
    writeFileSync(join(device, 'device'), `0x${id.slice(5)}\n`)
  }
  for (const file of ['etc/default/grub', 'etc/kernel/cmdline', 'boot/loader/entries/a.conf']) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), 'options quiet\n')
  }
  const { status, stdout, stderr } = spawnSync('sh', ['-s'], { input: planScript(plan), encoding: 'utf8', timeout: 60_000, env: { ...process.env, GPUDOCTOR_ROOT: folder } })
  return { status, output: stdout.slice(-300) + stderr }
}

const snapshots = 'test-corpus/lab/snapshots'

t.test('hosts of the lab', { skip: existsSync(snapshots) ? false : 'there are no snapshots of the lab' }, async t => {
  for (const name of readdirSync(snapshots).filter(file => file.endsWith('.tar.gz') && !file.includes('.cured.'))) {
    const { evidence } = await openInputs([join(snapshots, name)], {}, createRedactor(undefined, 'standard'))
    const snapshot = assemble(evidence, parsers, shippedNames)
    const diagnosis = await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
    const plan = planOf(diagnosis, marksOf(snapshot, diagnosis.findings), { hints: true })
    t.same(complaints(plan, diagnosis), [], name)
    const ran = dryRun(plan, join(t.testdir(), name))
    t.equal(ran.status, 0, `${name}: ${ran.output}`)
  }
})

t.test('every fix of every rule', async t => {
  const folder = t.testdir()
  const values: Readonly<Record<string, unknown>> = { plain: 'value', unknown: undefined, hostile: `'; : > ${folder}/marker; '"$(: > ${folder}/marker)"\n: > ${folder}/marker\n` }
  const debian = { bootLoader: ['grub'], distribution: ['debian'], initramfsTool: ['initramfs-tools'], platform: ['linux'] }
  for (const [loader, tags, names] of [['grub', debian, ['plain', 'hostile']], ['no loader known', {}, ['unknown']]] as const) {
    for (const name of names) {
      const any = { walk: () => ({ value: values[name], at: [] }) }
      const roots = Object.fromEntries(['host', 'fn', 'group', 'vm', 'assignment', 'log', 'each', 'lists'].map(root => [root, any]))
      const context = { roots, tags, recipes: shared.recipes, functionAt: () => any }
      const findings = rules.flatMap(rule => rule.fixes.map((fix, at) => findingOf(`${rule.id}-${at}`, [fixOf(fix, context)].filter(made => made.steps.length > 0), { severity: rule.severity })))
      const diagnosis = diagnosisOf(findings)
      const plan = planOf(diagnosis, [{ bdf: '0000:01:00.0', id: '10de:2684' }], { hints: true })
      t.same(complaints(plan, diagnosis), [], `${loader}, ${name}`)
      t.equal(spawnSync('sh', ['-n'], { input: planScript(plan) }).status, 0, `${loader}, ${name}: a shell takes the script`)
      if (name === 'hostile') t.match(dryRun(plan, join(folder, name)), { status: 0 }, `${name}: it runs dry`)
    }
  }
  t.notOk(existsSync(join(folder, 'marker')), 'and what comes from a host does nothing')
})
