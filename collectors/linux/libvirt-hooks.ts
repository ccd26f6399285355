import { collector } from '../collector.ts'

const root = '/etc/libvirt/hooks'

/** Hook scripts by name and mode. What they do is not read: it is the owner's, and seldom the point. */
export default collector({
  gives: 'libvirt-hooks',
  platform: 'linux',
  every: [{
    tree: [root, `${root}/*.d`, `${root}/*.d/*`, `${root}/*.d/*/*`, `${root}/*.d/*/*/*`],
    links: ['*'],
    stats: ['*'],
  }],
  privilege: { root: 'to look into /etc/libvirt' },
  timeout: 5,
  limit: 2 ** 20,
  loses: 'Whether the hook scripts that free and bind the GPU can run at all.',
})
