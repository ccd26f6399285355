/**
 * Makes sure that what is installed and built belongs to these sources; does nothing where it does. Runs before
 * `npm start`, so that one command is enough on a fresh machine. Plain JavaScript, as it runs before there is a build.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`gpudoctor needs Node 20.19 or newer; this is ${process.version}.\n`)
  process.exit(2)
}

const timeOf = file => (existsSync(file) ? statSync(file).mtimeMs : 0)
const run = (command, ...argv) => execFileSync(command, argv, { stdio: ['ignore', 2, 2] })

if (timeOf('node_modules/.package-lock.json') < timeOf('package-lock.json')) {
  process.stderr.write('Installing what gpudoctor is made of …\n')
  run('npm', 'ci', '--no-audit', '--no-fund', '--loglevel', 'error')
}

const folders = ['cli', 'collectors', 'diagnosis', 'engine', 'evidence', 'facts', 'language', 'matching', 'model', 'parsers', 'reports', 'rules', 'scripts', 'translations']
const newestIn = folder => Math.max(0, ...readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name !== 'registry.ts').map(entry => timeOf(join(entry.parentPath, entry.name))))
if (timeOf('dist/gpudoctor.cache') < Math.max(timeOf('node_modules/.package-lock.json'), ...folders.map(newestIn))) {
  process.stderr.write('Building …\n')
  run(process.execPath, 'scripts/build.js')
}
