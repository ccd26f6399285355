/** Shell completion through @bomb.sh/tab, made from the commands and options that commander knows. */
import type { Command } from 'commander'
import { say } from '../language/say.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell']

/** Prints the script for a shell. */
export async function completion(shell: string, root: Command): Promise<number> {
  if (!shells.includes(shell)) throw new Error(say('{shell} is no shell with completion here; there are {shells}', { shell, shells: shells.join(', ') }))
  return run(root, [shell])
}

/** Answers what a completion script asks: `complete -- words so far`. */
export const complete = async (root: Command): Promise<number> => run(root, process.argv.slice(process.argv.indexOf('complete') + 1))

async function run(root: Command, words: readonly string[]): Promise<number> {
  const { default: tab } = await import('@bomb.sh/tab/commander')
  tab(root)
  await root.parseAsync([process.argv[0] as string, process.argv[1] as string, 'complete', ...words])
  return 0
}
