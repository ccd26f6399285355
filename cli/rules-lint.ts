/** `gpudoctor rules lint` and `rules test`: what is wrong with rule files, each at its place, and whether rules do what their tests say. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { testRule } from '../diagnosis/rule-test.ts'
import { checks } from '../engine/lint.ts'
import { lintFolder, type BuiltIn } from '../engine/lint-folder.ts'
import { loadRules, type LoadedRules } from '../engine/load.ts'
import { inLanguage, retold, say } from '../language/say.ts'
import { printable } from '../reports/printable.ts'
import { packageFile } from './package-files.ts'
import { builtInRules, noFolder } from './rule-base.ts'
import { complain } from './rules.ts'

/** What folders of a person's own come beside. */
export function builtIn(): BuiltIn {
  const { rules, shared } = builtInRules()
  return { shared, names: new Set(rules.flatMap(rule => [rule.id, ...rule.aliases])) }
}

/** Each folder through `take`; no folder means the built-in rules, which stand on their own. Throws where a folder is not there. */
export function eachFolder<T>(folders: readonly string[], take: (folder: string, beside: BuiltIn | null) => T): T[] {
  for (const folder of folders) if (!existsSync(folder)) throw noFolder(folder)
  if (folders.length === 0) return [take(packageFile('rules'), null)]
  const beside = builtIn()
  return folders.map(folder => take(folder, beside))
}

export async function lint(folders: readonly string[], options: { readonly checks?: true; readonly json?: true }): Promise<number> {
  if (options.checks) {
    process.stdout.write(options.json ? `${JSON.stringify(checks.map(({ name, refuses, why }) => ({ name, refuses: inLanguage(refuses), why: inLanguage(why) })), null, 2)}\n` : checksTable())
    return 0
  }
  const linted = eachFolder(folders, lintFolder)
  const problems = linted.flatMap(one => one.problems)
  const rules = linted.reduce((sum, one) => sum + one.rules.length, 0)
  if (options.json) {
    const list = problems.map(({ check, rule, file, line, column, error }) => ({ check, rule, file, line: line ?? 1, column: column ?? 1, message: retold(error) }))
    process.stdout.write(`${JSON.stringify({ rules, checks: checks.length, problems: list }, null, 2)}\n`)
    return problems.length > 0 ? 1 : 0
  }
  complain(problems.map(problem => ({ ...problem, error: `${retold(problem.error)} [${problem.check}]` })))
  process.stdout.write(`${say('{n} rules loaded, {problems} problems', { n: rules, problems: problems.length })}\n`)
  return problems.length > 0 ? 1 : 0
}

const checksTable = (): string => `${checks.map(({ name, refuses, why }) => `${name.padEnd(24)} ${inLanguage(refuses)}\n${' '.repeat(25)}${inLanguage(why)}`).join('\n')}\n\n${say('{n} checks', { n: checks.length })}\n`

/** `words`: only rules whose file names contain one of them. */
export async function test(folders: readonly string[], words: readonly string[]): Promise<number> {
  const loaded = eachFolder(folders, (folder, beside): LoadedRules => loadRules(folder, beside?.shared ?? null))
  const asked = ({ file }: { readonly file: string }) => words.some(word => basename(file).includes(word))
  const broken = loaded.flatMap(one => one.broken).filter(asked)
  let failed = complain(broken) === 0 ? 0 : broken.length
  let tested = 0
  for (const { sources, shared } of loaded) {
    for (const { file, rule, tests } of sources.filter(asked)) {
      tested++
      const problems = await testRule(rule, tests, shared).catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
      if (problems.length > 0) failed++
      for (const problem of problems) process.stdout.write(`${printable(`${file}: ${problem}`)}\n`)
    }
  }
  process.stdout.write(`${say('{n} rules tested, {failed} with problems', { n: tested, failed })}\n`)
  return failed > 0 ? 1 : 0
}
