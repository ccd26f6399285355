/** Real hosts of public hardware surveys, where they lie beside the checkout: each is read, none is accused. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import type { Finding } from '../model/finding.ts'
import { parsers } from '../parsers/all.ts'
import { shippedNames } from '../cli/package-files.ts'

const samples = join('..', 'shared', 'samples')
const skip = existsSync(samples) ? false : 'the survey samples are not beside this checkout'
const { rules, shared } = loadRules('rules', null)

async function findingsOf(folder: string): Promise<readonly Finding[]> {
  const { evidence } = await openInputs([folder])
  const snapshot = assemble(evidence, parsers, shippedNames)
  return (await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })).findings
}

for (const kind of ['freebsd', 'acpi']) {
  t.test(`${kind} hosts raise no finding of severity error`, { skip }, async t => {
    const hosts = readdirSync(join(samples, kind))
    t.ok(hosts.length > 80)
    for (const host of hosts) {
      const loud = (await findingsOf(join(samples, kind, host))).filter(finding => finding.severity !== 'hint')
      t.same(loud.filter(finding => finding.severity === 'error').map(finding => `${finding.rule}: ${finding.text}`), [], host)
      for (const warning of loud.filter(finding => finding.severity === 'warning')) t.comment(`${host}: ${warning.rule}: ${warning.text.slice(0, 160)}`)
    }
  })
}
