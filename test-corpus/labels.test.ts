/** Every label of the catalogues of known failures is the id of a rule or one of its aliases. */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { loadRules } from '../engine/load.ts'

const { rules } = loadRules('rules', null)
const known = new Map(rules.flatMap(rule => [rule.id, ...rule.aliases].map(name => [name, rule.id] as const)))

const catalogues = '../shared/catalog'
const skip = existsSync(catalogues) ? false : 'the catalogues of known failures are not beside this checkout'

/** A label is a heading of the third level; other names in back quotes, as iohyve and vm-bhyve.log, are programs and files. */
const heading = /^### `?([a-z0-9][a-z0-9._-]+)`?\s*$/gm
/** Labels that no rule id can be, and the id they stand under. */
const renamed: Readonly<Record<string, string>> = { 'q35-4.0-split-irqchip': 'q35-4-0-split-irqchip' }
/** How many failures each catalogue describes at least: a heading in another form would otherwise be left out unseen. */
const least = { drivers: 280, linux: 247, bhyve: 151 } as const

for (const [name, count] of Object.entries(least)) {
  t.test(`every label of ${name}`, { skip }, async t => {
    const labels = [...readFileSync(`${catalogues}/${name}.md`, 'utf8').matchAll(heading)].map(match => match[1] as string)
    t.ok(labels.length >= count, `${labels.length} labels`)
    t.same(labels.filter(label => !known.has(renamed[label] ?? label)), [])
  })
}

t.test('no name stands for two rules', async t => {
  const names = rules.flatMap(rule => [rule.id, ...rule.aliases])
  t.same(names.filter((name, index) => names.indexOf(name) !== index), [])
})

t.test('docs/rules.md lists every name, and none is gone', async t => {
  const listed = [...readFileSync('docs/rules.md', 'utf8').matchAll(/^\| (`[^|]+) \|/gm)].flatMap(row => [...(row[1] as string).matchAll(/`([^`]+)`/g)].map(name => name[1] as string))
  t.ok(listed.length >= 679, `${listed.length} names`)
  t.same(listed.filter(name => !known.has(name)), [])
  t.same([...known.keys()].filter(name => !listed.includes(name)), [])
})
