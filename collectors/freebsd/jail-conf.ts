import { collector } from '../collector.ts'

export default collector({
  gives: 'jail-conf',
  platform: 'freebsd',
  every: [{ tree: ['/etc'], files: ['jail.conf', 'devfs.rules'] }, { tree: ['/etc/jail.conf.d'], files: ['*.conf'] }],
  limit: 256 << 10,
  loses: 'Whether a jail that is to run bhyve may do so, and sees the device nodes it needs.',
})
