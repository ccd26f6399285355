/** Snapshots that the lab took of real hosts: what its scenarios expect is found in them without QEMU as well. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import { parsers } from '../parsers/all.ts'
import { shippedNames } from '../cli/package-files.ts'
import { labFolder, readScenarios } from './lab/scenario.ts'

const { rules, shared } = loadRules('rules', null)
const folder = join(labFolder, 'snapshots')
const taken = new Set(readdirSync(folder))

for (const scenario of readScenarios().filter(({ name }) => taken.has(`${name}.tar.gz`) && existsSync(folder))) {
  t.test(scenario.name, async t => {
    const { evidence } = await openInputs([join(folder, `${scenario.name}.tar.gz`)])
    const { findings } = await diagnose({ rules, shared, broken: [], snapshot: assemble(evidence, parsers, shippedNames), evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
    const found = findings.map(finding => finding.rule)
    for (const { rule } of scenario.expect ?? []) t.ok(found.includes(rule), rule)
    for (const rule of scenario.must_not ?? []) t.notOk(found.includes(rule), rule)
    if (!scenario.expect) t.same(findings.filter(finding => finding.severity !== 'hint' && !scenario.also_true?.includes(finding.rule)).map(finding => finding.rule), [], 'a healthy host is not accused')
  })
}
