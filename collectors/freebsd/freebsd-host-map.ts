import { collector } from '../collector.ts'

/** Which disk hangs on which controller, what the root file system lies on, and over which interface the host is reached. */
export default collector({
  gives: 'freebsd-host-map',
  platform: 'freebsd',
  every: [
    { run: ['camcontrol', 'devlist', '-v'] }, { run: ['zpool', 'status', '-P'] }, { run: ['glabel', 'status', '-s'] }, { run: ['mount', '-p'] }, { run: ['netstat', '-rn', '-f', 'inet'] },
  ],
  privilege: { root: 'for camcontrol, which opens /dev/xpt0' },
  timeout: 10,
  loses: 'Whether a function that is meant for a VM carries the disks or the network of this host.',
})
