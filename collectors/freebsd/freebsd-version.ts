import { collector } from '../collector.ts'

/** Installed kernel, running kernel and userland; then the version numbers of the last two. */
export default collector({
  gives: 'freebsd-version',
  platform: 'freebsd',
  every: [{ run: ['freebsd-version', '-kru'] }, { run: ['uname', '-K'] }, { run: ['uname', '-U'] }],
  loses: 'Which faults of which release to look for, and whether kernel and userland fit each other.',
})
