import { collector } from '../collector.ts'

/** The log of each VM; libvirt appends to it at every start, and only the last one counts. */
export default collector({
  gives: 'qemu-log',
  platform: 'linux',
  every: [{ read: '/var/log/libvirt/qemu/*.log' }, { read: '/home/*/.cache/libvirt/qemu/log/*.log' }],
  privilege: { root: 'to read /var/log/libvirt/qemu' },
  timeout: 10,
  limit: 2 * 2 ** 20,
  loses: 'What QEMU said when a VM started, and the options it really got.',
})
