import { collector } from '../collector.ts'

export default collector({
  gives: 'cbsd',
  platform: 'freebsd',
  first: [{ run: ['cbsd', 'bhyve-ppt', 'mode=list'] }],
  privilege: { root: 'CBSD runs as root' },
  timeout: 10,
  loses: 'Which functions CBSD has given to which VM.',
})
