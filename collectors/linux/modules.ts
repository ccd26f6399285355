import { collector } from '../collector.ts'

export default collector({
  gives: 'modules',
  platform: 'linux',
  first: [{ read: '/proc/modules' }, { run: ['lsmod'] }],
  loses: 'Which drivers and VFIO modules are loaded.',
})
