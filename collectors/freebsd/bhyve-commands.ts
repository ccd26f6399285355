import { collector } from '../collector.ts'

/** A running bhyve shows only its VM's name here; its options stand in the wrapper's log (bhyve-log). */
export default collector({
  gives: 'bhyve-commands',
  platform: 'freebsd',
  first: [{ run: ['ps', '-axww', '-o', 'pid,command'] }],
  privilege: { root: 'when security.bsd.see_other_uids is 0' },
  limit: 4 << 20,
  loses: 'Which VMs run now.',
})
