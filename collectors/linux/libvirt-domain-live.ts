import { collector } from '../collector.ts'

/** Running domains as the daemon keeps them, each inside <domstatus>. */
export default collector({
  gives: 'libvirt-domain-live',
  platform: 'linux',
  every: [{ read: '/run/libvirt/qemu/*.xml' }, { read: '/run/user/*/libvirt/qemu/run/*.xml' }],
  privilege: { root: 'to read /run/libvirt/qemu' },
  timeout: 5,
  limit: 4 * 2 ** 20,
  loses: 'What running VMs hold, and whether that differs from their stored definition.',
})
