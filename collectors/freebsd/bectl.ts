import { collector } from '../collector.ts'

export default collector({
  gives: 'bectl',
  platform: 'freebsd',
  first: [{ run: ['bectl', 'list', '-H'] }],
  loses: 'Whether another boot environment runs than the one whose loader.conf was changed.',
})
