import { readFileSync } from 'node:fs'
import t from 'tap'
import { publishedFiles } from './gen-docs.ts'

t.test('what is generated into docs/ is current', async t => {
  for (const { file, text } of publishedFiles()) t.ok(readFileSync(file, 'utf8') === text, `${file} (npm run docs writes it anew)`)
})
