import { collector } from '../collector.ts'

/** vm-bhyve.log has the options of each start, bhyve.log what bhyve printed (only with debug="yes"). */
export default collector({
  gives: 'bhyve-log',
  platform: 'freebsd',
  every: [
    { read: '/vm*/*/vm-bhyve.log' },
    { read: '/vm*/*/bhyve.log' },
    { read: '/*/vm*/*/vm-bhyve.log' },
    { read: '/*/vm*/*/bhyve.log' },
    { read: '/*/*/vm*/*/vm-bhyve.log' },
    { read: '/*/*/vm*/*/bhyve.log' },
    { read: '/var/log/libvirt/bhyve/*.log' },
    { read: '/var/log/wifibox.log' },
  ],
  name: /([^/]+\/[^/]+)\.log$/,
  privilege: { root: 'vm-bhyve keeps its folders to root' },
  limit: 2 << 20,
  loses: 'What bhyve printed when a VM did not start, and with which options it was called.',
})
