import { collector } from '../collector.ts'

/**
 * The kernel log since this boot. The journal comes first since it keeps what the ring buffer has lost; `short-monotonic`
 * keeps the kernel's own clock. Files are last: they may hold older boots, which the parser leaves aside.
 */
export default collector({
  gives: 'kernel-log',
  platform: 'linux',
  first: [
    { run: ['journalctl', '-k', '-b', '-o', 'short-monotonic', '--no-pager'] },
    { run: ['dmesg'] },
    { read: '/var/log/dmesg' },
    { read: '/var/log/kern.log' },
  ],
  privilege: { root: 'when kernel.dmesg_restrict is 1 and the journal is not readable' },
  timeout: 20,
  limit: 8 * 2 ** 20,
  loses: 'What the kernel said of the IOMMU, BARs, resets and drivers; much of it can only be guessed from state.',
})
