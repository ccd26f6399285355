import { noted, retold, say } from '../language/say.ts'

/** Something gpudoctor could not do: one plain line, no stack trace; exit code 2. GPUDOCTOR_DEBUG=1 shows the trace. */
export function reportFailure(error: unknown): number {
  if (isBrokenPipe(error)) return process.exitCode === undefined ? 0 : Number(process.exitCode)
  const message = error instanceof Error ? error.message : String(error)
  // eslint-disable-next-line no-control-regex
  const plain = message.split('\n').map(retold).join('\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?')
  process.stderr.write(`gpudoctor: ${plain}\n`)
  if (process.env.GPUDOCTOR_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 2
}

/** The reader went away (`gpudoctor | head`): nothing went wrong. */
const isBrokenPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE'

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', noted('there is no such folder')], ['ENOTDIR', noted('there is no such folder')], ['EACCES', noted('no permission to write there')], ['EPERM', noted('no permission to write there')],
  ['EROFS', noted('the file system is read-only')], ['ENOSPC', noted('no space is left')], ['EDQUOT', noted('no space is left')],
])

/** What kept a file from being written, in plain words: the system's own name the temporary file beside it. */
export function notWritten(path: string, error: unknown): Error {
  const known = error instanceof Error && 'code' in error ? reasons.get(error.code) : undefined
  return new Error(say('cannot write {path}: {reason}', { path, reason: known === undefined ? (error instanceof Error ? error.message : String(error)) : retold(known) }))
}
