/**
 * Builds the tool: registries from the folders, TypeScript into build/ (what tests run), the bundle and the rules into
 * dist/ (what people run). Plain JavaScript, as it runs before there is a build.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)

/** A folder is its own registry: every file of it with a default export, in one generated module. */
function writeRegistry(target, type, from, files) {
  const names = files.map((file, index) => ({ file, name: `entry${index}` }))
  const text = [
    '// Made by scripts/build.js from the files of this folder. Do not edit.',
    `import type { ${type} } from '${from}'`,
    ...names.map(({ file, name }) => `import ${name} from './${file}'`),
    '',
    `export const registry: readonly ${type}[] = [${names.map(({ name }) => name).join(', ')}]`,
    '',
  ].join('\n')
  let old = ''
  try { old = readFileSync(target, 'utf8') } catch { /* the first build */ }
  if (old !== text) writeFileSync(target, text)
}

const declares = (file, word) => new RegExp(`^export default ${word}\\(`, 'm').test(readFileSync(file, 'utf8'))
const sources = folder => readdirSync(folder).filter(name => name.endsWith('.ts') && !name.includes('.test') && !name.startsWith('registry')).sort()

writeRegistry('parsers/registry.ts', 'Parser', './parser.ts', sources('parsers').filter(name => declares(join('parsers', name), 'parser')))
for (const system of ['linux', 'freebsd']) {
  const folder = join('collectors', system)
  writeRegistry(join(folder, 'registry.ts'), 'Collector', '../collector.ts', sources(folder).filter(name => declares(join(folder, name), 'collector')))
}

const run = (...argv) => execFileSync(process.execPath, argv, { stdio: 'inherit' })
if (process.argv.includes('--registries')) process.exit(0)

run('node_modules/typescript/bin/tsc', '-p', '.')
mkdirSync('dist', { recursive: true })
run('build/scripts/compile-rules.js', 'rules', 'dist/rules.json')
const { build } = await import('esbuild')
// One CommonJS file: what a command does not need is in it and not run; the code cache makes up for its size.
await build({
  entryPoints: ['cli/main.ts'], outfile: 'dist/gpudoctor.cjs', bundle: true, format: 'cjs', platform: 'node', target: 'node20.19', minify: true, charset: 'ascii',
  legalComments: 'external', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning',
  define: { 'import.meta.url': 'importMetaUrl' }, banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
})
// The bundle is read as one byte a character, and esbuild leaves regular expressions as they are.
const bundle = 'dist/gpudoctor.cjs'
writeFileSync(bundle, readFileSync(bundle, 'utf8').replace(/[^\x00-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
run('build/scripts/make-code-cache.js')
