import { collector } from '../collector.ts'

export default collector({
  gives: 'cpuinfo',
  platform: 'linux',
  first: [{ read: '/proc/cpuinfo' }, { run: ['lscpu'] }],
  limit: 2 * 1024 * 1024,
  loses: 'Vendor, address width and virtualisation of the processor.',
})
