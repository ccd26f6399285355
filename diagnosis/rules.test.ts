/** Every built-in rule: it loads, its own tests hold, its samples are found the way a run finds them. */
import t from 'tap'
import { loadRules } from '../engine/load.ts'
import { testRule } from './rule-test.ts'

const { sources, shared, broken, dangling } = loadRules('rules', null)

t.test('all rule files load, and every rule they name exists', async t => {
  t.same([...broken, ...dangling].map(({ file, line, error }) => `${file}:${line ?? 0}: ${error}`), [])
})

t.test('shared lists, conditions and recipes are used', async t => {
  const written = JSON.stringify(sources.map(source => source.rule))
  for (const name of Object.keys(shared.recipes)) {
    t.ok(written.includes(`"recipe":"${name}"`) || Object.values(shared.recipes).some(recipe => JSON.stringify(recipe.steps).includes(`"recipe":"${name}"`)), `recipe ${name}`)
  }
})

for (const { rule, tests } of sources) {
  t.test(rule.id, async t => {
    t.same(await testRule(rule, tests, shared), [])
  })
}
