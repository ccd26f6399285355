/** Compound sickness: two or three independent faults on one host. The planted causes are the first root causes of the diagnosis. */
import t from 'tap'
import { collected, examine } from './made-machine.ts'
import { canMeet, faults, healthy, machineOf, type Fault } from './sick-host.ts'

const roots = async (some: readonly Fault[]): Promise<string[]> => {
  const host = healthy()
  for (const fault of some) fault.plant(host)
  const { findings } = await examine(collected(machineOf(host)))
  return findings.filter(finding => finding.symptomOf === null).map(finding => `${finding.rule} (${finding.severity})`)
}
const named = (found: readonly string[]): string[] => found.map(each => each.split(' ')[0] as string).sort()

/** Every other pair that can meet, and some of the triples. */
function combinations(): Fault[][] {
  const pairs = faults.flatMap((first, at) => faults.slice(at + 1).map(second => [first, second])).filter(canMeet)
  const triples = pairs.flatMap(pair => faults.slice(faults.indexOf(pair[1] as Fault) + 1).map(third => [...pair, third])).filter(canMeet)
  const every = Math.ceil(triples.length / 50)
  return [...pairs.filter((_, at) => at % 2 === 0), ...triples.filter((_, at) => at % every === 0)]
}

t.test('without a fault there is nothing', async t => {
  t.same((await roots([])).filter(root => !root.endsWith('(hint)')), [])
})

t.test('each fault alone is the first root cause', async t => {
  for (const fault of faults) t.equal((await roots([fault]))[0]?.split(' ')[0], fault.rule, fault.rule)
})

t.test('two or three at once', async t => {
  const all = combinations()
  let hits = 0
  for (const some of all) {
    const found = await roots(some)
    const planted = some.map(fault => fault.rule).sort()
    const hit = JSON.stringify(named(found.slice(0, some.length))) === JSON.stringify(planted)
    if (hit) hits++
    else t.comment(`missed: ${planted.join(' + ')}; found ${found.slice(0, 6).join(', ')}`)
  }
  t.ok(all.length >= 60, `${all.length} combinations`)
  t.ok(hits >= all.length * 0.95, `the planted causes are the first ones in ${hits} of ${all.length}`)
})
