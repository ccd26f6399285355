/** A pattern's wordings: one per branch of every alternation, the rest of the pattern as it stands. */
import t from 'tap'
import { branchesOf } from './branches.ts'
import { Pattern } from './pattern.ts'

const only = (pattern: string): string[] => branchesOf(pattern).map(branch => branch.only)

t.test('each branch of each alternation alone', async t => {
  t.same(only('a b+ [c|d] \\| \\(e'), [], 'no alternation')
  t.same(only('a|b|c'), ['a', 'b', 'c'])
  t.same(only('x(?:a|b)?y(?P<name>c|)z'), ['x(?:a)?y(?P<name>c|)z', 'x(?:b)?y(?P<name>c|)z', 'x(?:a|b)?y(?P<name>c)z', 'x(?:a|b)?y(?P<name>)z'])
  t.same(only('(?i:a(b|c)|d)'), ['(?i:a(b)|d)', '(?i:a(c)|d)', '(?i:a(b|c))', '(?i:d)'], 'one alternation at a time, the inner first')
  t.same(only('[]|)](a|[^]|[:alpha:]|])b'), ['[]|)](a)b', '[]|)]([^]|[:alpha:]|])b'], 'signs inside a class are no signs')
  t.same(branchesOf('(?:a|)').map(branch => branch.text), ['a', ''])
})

t.test('what it gives is a pattern, and an odd text does no harm', async t => {
  for (const { only: pattern } of branchesOf('^(?:vfio (?P<bdf>\\S+): )?(?:error|(?:open|read) failed): (\\d+|0x[0-9a-f]+)$')) t.doesNotThrow(() => new Pattern(pattern).compile(), pattern)
  for (const odd of ['', '|', '(', ')', '[', 'a)|(b', '\\', '(?P<', '[[:x']) t.doesNotThrow(() => branchesOf(odd), odd)
})
