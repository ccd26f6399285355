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
import { whatIsWrongBroken, whatIsWrongCured } from './lab/report.ts'
import { labFolder, readScenarios } from './lab/scenario.ts'

const { rules, shared } = loadRules('rules', null)
const folder = join(labFolder, 'snapshots')
const taken = new Set(existsSync(folder) ? readdirSync(folder) : [])

for (const scenario of readScenarios().filter(({ name }) => taken.has(`${name}.tar.gz`))) {
  const replayed = async (name: string) => {
    const { evidence } = await openInputs([join(folder, name)])
    const { findings } = await diagnose({ rules, shared, broken: [], snapshot: assemble(evidence, parsers, shippedNames), evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
    return { findings, broken: [] }
  }
  t.test(scenario.name, async t => {
    t.same(whatIsWrongBroken(scenario, await replayed(`${scenario.name}.tar.gz`)), [])
    const cured = `${scenario.name}.cured.tar.gz`
    if (taken.has(cured)) t.same(whatIsWrongCured(scenario, await replayed(cured)), [], 'after the fix')
  })
}
