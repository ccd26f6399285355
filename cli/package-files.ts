/** Files that go with the package, found from wherever this module runs: the bundle in dist/ or the build in build/cli/. */
import { existsSync, readFileSync } from 'node:fs'
import { say } from '../language/say.ts'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'data', 'pci.ids')) && existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) throw new Error(say('the installation is incomplete: data/pci.ids is missing beside package.json'))
  }
}

let root: string | undefined
export const packageFile = (...parts: string[]): string => join((root ??= packageRoot()), ...parts)

let names: string | undefined
/** The shipped pci.ids, read when first asked for. */
export const shippedNames = (): string => (names ??= readFileSync(packageFile('data', 'pci.ids'), 'utf8'))
