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
import { isSound } from './chain-sound.ts'
import { whatIsWrongBroken, whatIsWrongCured } from './lab/report.ts'
import { labFolder, readScenarios } from './lab/scenario.ts'

const { rules, shared } = loadRules('rules', null)
const folder = join(labFolder, 'snapshots')
const taken = new Set(existsSync(folder) ? readdirSync(folder) : [])

for (const scenario of readScenarios().filter(({ name }) => taken.has(`${name}.tar.gz`))) {
  const replayed = async (name: string) => {
    const { evidence } = await openInputs([join(folder, name)])
    const { findings, chain } = await diagnose({ rules, shared, broken: [], snapshot: assemble(evidence, parsers, shippedNames), evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
    return { findings, chain, broken: [] }
  }
  t.test(scenario.name, async t => {
    const broken = await replayed(`${scenario.name}.tar.gz`)
    t.same(whatIsWrongBroken(scenario, broken), [])
    t.ok(broken.chain && isSound(broken.chain), `how far it got: ${broken.chain?.map(link => `${link.name} ${link.verdict}`).join(', ')}`)
    for (const { rule } of scenario.expect ?? []) {
      const error = broken.findings.find(finding => finding.rule === rule && finding.severity === 'error' && finding.symptomOf === null)
      if (error) t.ok(broken.chain?.some(link => link.failedBy.includes(rule)), `${rule} breaks a link`)
    }
    const cured = `${scenario.name}.cured.tar.gz`
    if (taken.has(cured)) t.same(whatIsWrongCured(scenario, await replayed(cured)), [], 'after the fix')
  })
}
