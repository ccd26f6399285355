import { collector } from '../collector.ts'

export default collector({
  gives: 'vmm-devices',
  platform: 'freebsd',
  first: [{ run: ['ls', '-l', '/dev/vmm'] }],
  loses: 'Whether a VM was left behind that still holds its memory and its functions.',
})
