import { collector } from '../collector.ts'

export default collector({
  gives: 'rc-conf',
  platform: 'freebsd',
  every: [{ tree: ['/etc'], files: ['rc.conf', 'rc.conf.local'] }, { tree: ['/etc/rc.conf.d'], files: ['*'] }],
  limit: 1 << 20,
  loses: 'Which modules are loaded late (kld_list) and how vm-bhyve is set up.',
})
