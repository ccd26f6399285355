/** Compiles rules/ into dist/rules.json; a broken built-in rule stops the build. Arguments: the folder, the file. */
import { writeFileSync } from 'node:fs'
import { loadRules } from '../engine/load.ts'
import { compileBase } from '../engine/base.ts'

const [folder = 'rules', target = 'dist/rules.json'] = process.argv.slice(2)
const { rules, shared, broken } = loadRules(folder, null)
for (const problem of broken) process.stderr.write(`${problem.file}${problem.line ? `:${problem.line}:${problem.column}` : ''}: ${problem.error}\n`)
for (const [file, text] of compileBase(target, { rules, shared })) writeFileSync(file, text)
process.stdout.write(`${rules.length} rules compiled into ${target}\n`)
if (broken.length > 0) process.exitCode = 1
