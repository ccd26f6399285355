/**
 * The same host read three ways, by the lab on a real kernel: what `lspci -nnvvvxxxx` tells of a function is what sysfs tells of it,
 * and the shell collector's file leads to the findings of our own collector.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import * as tar from 'tar'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { openInputs } from '../evidence/open.ts'
import { assemble } from '../facts/assemble.ts'
import { parsers } from '../parsers/all.ts'
import { labFolder } from './lab/scenario.ts'

const { rules, shared } = loadRules('rules', null)
const folder = join(labFolder, 'snapshots')
const suffix = '.texts.tar.gz'
const taken = (existsSync(folder) ? readdirSync(folder) : []).filter(name => name.endsWith(suffix)).map(name => name.slice(0, -suffix.length))

async function read(file: string): Promise<{ snapshot: ReturnType<typeof assemble>; findings: string[] }> {
  const { evidence } = await openInputs([file])
  const snapshot = assemble(evidence, parsers, shippedNames)
  const { findings } = await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
  return { snapshot, findings: findings.map(({ rule, subject }) => `${rule} of ${subject}`).sort() }
}

/** lspci spells vendors its own way, and what a function is for is judged from more than lspci tells. */
const differs = new Set(['name', 'goal'])
const said = [
  'id', 'vendor', 'subsystem', 'class', 'revision', 'kind', 'driver', 'group', 'parent', 'headerType', 'bars', 'msi', 'msix', 'flr', 'acs', 'rebarSupported',
  'enabled', 'linkWidth', 'linkWidthMax',
]

t.ok(taken.length >= 3, `taken: ${taken.join(', ')}`)
for (const name of taken) {
  t.test(name, async t => {
    const unpacked = mkdtempSync(join(tmpdir(), 'gpudoctor-texts-'))
    t.teardown(() => rmSync(unpacked, { recursive: true }))
    await tar.x({ file: join(folder, `${name}${suffix}`), cwd: unpacked })
    const own = await read(join(folder, `${name}.tar.gz`))
    const { snapshot: lspci } = await read(join(unpacked, 'lspci.txt'))
    t.same(Object.keys(lspci.functions).sort(), Object.keys(own.snapshot.functions).sort(), 'the same functions')
    const compared = new Map<string, number>()
    for (const [bdf, facts] of Object.entries(own.snapshot.functions)) {
      for (const [fact, theirs] of Object.entries(lspci.functions[bdf] ?? {})) {
        const ours = (facts as Readonly<Record<string, { value: unknown } | undefined>>)[fact]
        if (ours === undefined || theirs === undefined || differs.has(fact)) continue
        t.same((theirs as { value: unknown }).value, ours.value, `${bdf} ${fact}`)
        compared.set(fact, (compared.get(fact) ?? 0) + 1)
      }
    }
    t.same(said.filter(fact => !compared.has(fact)), [], 'nothing that matters was left out')
    t.same((await read(join(unpacked, 'script.txt'))).findings, own.findings, 'the same findings')
  })
}
