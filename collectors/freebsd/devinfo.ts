import { collector } from '../collector.ts'

export default collector({
  gives: 'devinfo',
  platform: 'freebsd',
  first: [{ run: ['devinfo', '-rv'] }, { run: ['devinfo', '-v'] }],
  limit: 4 << 20,
  loses: 'What hangs on a PCI function: a graphics driver below a GPU, the keyboard of the host on a USB controller.',
})
