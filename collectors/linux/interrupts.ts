import { collector } from '../collector.ts'

export default collector({
  gives: 'interrupts',
  platform: 'linux',
  first: [{ read: '/proc/interrupts' }],
  loses: 'Which drivers share an interrupt line.',
})
