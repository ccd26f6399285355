import { collector } from '../collector.ts'

export default collector({
  gives: 'sysctl-conf',
  platform: 'freebsd',
  every: [{ tree: ['/etc'], files: ['sysctl.conf', 'sysctl.conf.local'] }, { tree: ['/etc/sysctl.kld.d'], files: ['*'] }],
  limit: 256 << 10,
  loses: 'Whether settings that only the loader can make stand in the wrong file.',
})
