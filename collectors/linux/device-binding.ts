import { collector } from '../collector.ts'

/** What takes single functions for VFIO at boot: overrides of driverctl and rules of udev that set driver_override. */
export default collector({
  gives: 'device-binding',
  platform: 'linux',
  every: [
    { tree: ['/etc/driverctl.d'], files: ['*'] },
    { tree: ['/etc/udev/rules.d', '/run/udev/rules.d'], files: ['*.rules'] },
  ],
  reduce: text => text.split('\n').filter(line => /\t[/!]|^\/etc\/driverctl\.d\/|driver_override|vfio/.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Which functions are bound by address at boot.',
})
