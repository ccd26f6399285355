import t from 'tap'
import fc from '../test-corpus/property.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parsers } from '../parsers/all.ts'
import { makeHost } from '../test-corpus/made-host.ts'
import { assemble } from './assemble.ts'
import { machineOf } from './machine.ts'

const fact = <T>(value: T) => ({ value, at: [] })
const snapshot = (functions: Snapshot['functions'], more: Partial<Snapshot> = {}): Snapshot => ({ host: {}, functions, groups: {}, vms: {}, assignments: {}, notUnderstood: [], ...more })
const under = (parent: string | null) => ({ id: fact('8086:0001'), parent: fact(parent) })
const tree = (functions: Snapshot['functions']) => machineOf(snapshot(functions)).functions.map(fn => `${' '.repeat(fn.depth)}${fn.bdf}`)

t.test('a bridge, then what is behind it, in the order of addresses', async t => {
  t.same(tree({
    '0000:02:00.0': under('0000:00:1c.0'), '0000:01:00.1': under('0000:00:01.0'), '0000:00:1c.0': under(null), '0000:01:00.0': under('0000:00:01.0'), '0000:00:01.0': under(null), '10000:00:00.0': under(null),
  }), ['0000:00:01.0', ' 0000:01:00.0', ' 0000:01:00.1', '0000:00:1c.0', ' 0000:02:00.0', '10000:00:00.0'])
  t.same(tree({ '0000:01:00.0': under('0000:00:01.0') }), ['0000:01:00.0'], 'its bridge is not shown')
  t.same(tree({ '0000:01:00.0': under('0000:01:00.0') }), ['0000:01:00.0'], 'its own parent')
  t.same(tree({ '0000:01:00.0': { id: fact('10de:1b39') }, '0000:02:00.0': { present: fact(false) } }), ['0000:01:00.0'], 'what a log names and the machine lacks is not drawn')
})

t.test('each function once, whatever the parents are', async t => {
  const address = fc.integer({ min: 0, max: 40 }).map(slot => `0000:${slot.toString(16).padStart(2, '0')}:00.0`)
  fc.assert(fc.property(fc.array(fc.tuple(address, fc.option(address))), pairs => {
    const functions = Object.fromEntries(pairs.map(([bdf, parent]) => [bdf, under(parent)]))
    const drawn = machineOf(snapshot(functions)).functions
    return drawn.length === Object.keys(functions).length && drawn.every((fn, at) => fn.depth <= (drawn[at - 1]?.depth ?? -1) + 1)
  }))
  const chain = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`0000:${at.toString(16).padStart(5, '0')}`, under(at === 0 ? null : `0000:${(at - 1).toString(16).padStart(5, '0')}`)]))
  t.equal(machineOf(snapshot(chain)).functions.length, 5000, 'deeper than PCI can be')
})

t.test('what is not known stays unknown', async t => {
  const [bare, none] = machineOf(snapshot({ '0000:01:00.0': {}, '0000:02:00.0': { driver: fact(null), groupId: fact(null), linkSpeedGT: fact(16) } })).functions
  t.match(bare, { driver: undefined, group: undefined, link: null, name: null, wantedBy: [] })
  t.match(none, { driver: null, group: null, link: null })
})

t.test('a made host', async t => {
  const machine = machineOf(assemble(makeHost({ functions: 20, logLines: 100 }), parsers, () => ''))
  const gpu = machine.functions.find(fn => fn.bdf === '0000:01:00.0')
  t.match(gpu, { kind: 'gpu', driver: 'vfio-pci', passedThrough: true, group: '1', wantedBy: ['work'], link: { speed: 8, width: 16, widthMax: 16 } })
  t.match(machine.vms, [{ name: 'work', wants: ['0000:01:00.0', '0000:01:00.1'] }])
})
