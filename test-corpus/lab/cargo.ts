/** What comes to the box at its first start: the tool as users get it, the VM's definition with a few commands for it, and a script for what is so before the host comes up. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labFolder } from './scenario.ts'
import { CannotRun, run } from './tools.ts'

/** The package under test: this one, or an installed one that GPUDOCTOR_LAB_PACKAGE names. */
const packageFolder = process.env.GPUDOCTOR_LAB_PACKAGE ?? join(import.meta.dirname, '../../..')
/** The tool as it is shipped: package.json's `files` and the names of PCI devices. */
const shipped = ['package.json', 'bin', 'dist', 'data']

/** Copies the built tool once, so that a build in the midst of a run does not matter; gives the folder. */
export async function takeTool(folder: string): Promise<string> {
  const tool = join(folder, 'opt', 'gpudoctor')
  mkdirSync(tool, { recursive: true })
  await run('cp', ['-a', ...shipped.map(name => join(packageFolder, name)), tool], 30)
    .catch(() => { throw new CannotRun('gpudoctor is not built: npm run build') })
  return folder
}

/** The tar file for a box, made in the host's own folder: the tool and the script that the box runs ahead of its drivers. */
export async function packCargo(toolFolder: string, before: string, folder: string): Promise<string> {
  const file = join(folder, 'cargo.tar')
  cpSync(join(labFolder, 'box', 'bin'), join(folder, 'lab', 'bin'), { recursive: true })
  writeFileSync(join(folder, 'lab', 'before.sh'), before)
  await run('tar', ['--format=ustar', '--owner=0', '--group=0', '--numeric-owner', '-cf', file, '-C', toolFolder, 'opt', '-C', folder, 'lab'], 30)
  return file
}
