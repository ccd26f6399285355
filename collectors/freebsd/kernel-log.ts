import { collector } from '../collector.ts'

/**
 * Both, one behind the other: dmesg.boot keeps this boot up to multi-user and never wraps, but has nothing of what came
 * later (IOMMU faults, ppt attaching, a failed vmm load); the ring has that, but loses its start on a busy host. Where
 * the ring still holds the boot it is there twice, and the parser takes the last.
 */
export default collector({
  gives: 'kernel-log',
  platform: 'freebsd',
  every: [{ read: '/var/run/dmesg.boot' }, { run: ['dmesg'] }],
  privilege: { root: 'when security.bsd.unprivileged_read_msgbuf is 0' },
  timeout: 10,
  limit: 8 * 2 ** 20,
  loses: 'What the kernel said of vmm, the IOMMU, ppt and drivers; much of it can only be guessed from state.',
})
