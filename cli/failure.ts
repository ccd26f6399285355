import { retold } from '../language/say.ts'

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
