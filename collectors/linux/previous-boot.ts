import { collector } from '../collector.ts'

/** How the boot before this one ended, and what the kernel could save of a crash. It never counts as what happens now. */
export default collector({
  gives: 'previous-boot',
  platform: 'linux',
  every: [
    { run: ['journalctl', '-k', '-b', '-1', '-n', '300', '-o', 'short-monotonic', '--no-pager'] },
    { tree: ['/sys/fs/pstore', '/var/lib/systemd/pstore'], stats: ['*'] },
  ],
  privilege: { root: 'or membership of adm or systemd-journal' },
  timeout: 10,
  loses: 'Whether the host crashed before.',
})
