import { collector } from '../collector.ts'

export default collector({
  gives: 'kldstat',
  platform: 'freebsd',
  first: [{ run: ['kldstat', '-v'] }, { run: ['kldstat'] }],
  limit: 1 << 20,
  loses: 'Whether vmm is loaded, and whether drivers came before it.',
})
