import { collector } from '../collector.ts'

/** `NAME/NAME.conf` below vm_dir, wherever that is mounted. */
export default collector({
  gives: 'vm-bhyve',
  platform: 'freebsd',
  every: [{ read: '/vm*/*/*.conf' }, { read: '/*/vm*/*/*.conf' }, { read: '/*/*/vm*/*/*.conf' }],
  name: /([^/]+)\.conf$/,
  privilege: { root: 'vm-bhyve keeps its folders to root' },
  limit: 256 << 10,
  loses: 'Which functions the VMs of vm-bhyve want and how they are started.',
})
