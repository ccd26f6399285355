import { collector } from '../collector.ts'

export default collector({
  gives: 'remote',
  platform: 'freebsd',
  first: [{ read: '/etc/remote' }],
  limit: 256 << 10,
  loses: 'Whether the names of console devices are spelled right.',
})
