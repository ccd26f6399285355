import { collector } from '../collector.ts'

/** grub-bhyve is given the path by hand; these are the usual places. */
export default collector({
  gives: 'device-map',
  platform: 'freebsd',
  every: [{ read: '/vm*/*/*.map' }, { read: '/*/vm*/*/*.map' }, { read: '/*/*/vm*/*/*.map' }],
  name: /([^/]+\/[^/]+)\.map$/,
  privilege: { root: 'folders of VMs are often kept to root' },
  limit: 64 << 10,
  loses: 'Whether the disks named to grub-bhyve are the right ones.',
})
