import { collector } from '../collector.ts'

export default collector({
  gives: 'os-release',
  platform: 'linux',
  every: [
    { tree: ['/etc'], files: ['os-release', 'unraid-version'], stats: ['pve'] },
    { tree: ['/usr/lib'], files: ['os-release'] },
    { tree: ['/usr/share/doc'], stats: ['pve-manager'] },
  ],
  loses: 'Which of the commands in a fix are right for this distribution.',
})
