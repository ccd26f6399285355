/** `gpudoctor rules docs`: a page for each rule and an index, into a folder that is new, empty, or holds such pages already. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadRules } from '../engine/load.ts'
import { plural, say } from '../language/say.ts'
import { complain } from './rules.ts'
import { eachFolder } from './rules-lint.ts'
import { made, pagesOf, pathOf } from './rule-pages.ts'

export async function writePages(folders: readonly string[], target: string): Promise<number> {
  const loaded = eachFolder(folders, (folder, beside) => loadRules(folder, beside?.shared ?? null))
  if (!isFree(target)) throw new Error(say('{folder} holds something else than such pages; name a new folder with --dir', { folder: target }))
  const pages = pagesOf(loaded.flatMap(one => one.rules))
  for (const folder of new Set(pages.map(page => dirname(pathOf(target, page))))) mkdirSync(folder, { recursive: true })
  for (const page of pages) writeFileSync(pathOf(target, page), page.text)
  process.stdout.write(`${plural(pages.length - 1, '{n} page and {index}', '{n} pages and {index}', { index: join(target, 'README.md') })}\n`)
  return complain(loaded.flatMap(one => one.broken))
}

/** Nothing of anybody else's lies there. */
function isFree(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0 || readFileSync(join(folder, 'README.md'), 'utf8').startsWith(made)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' && error.message.includes('scandir')
  }
}
