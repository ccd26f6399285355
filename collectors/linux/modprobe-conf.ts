import { collector } from '../collector.ts'

const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib']

export default collector({
  gives: 'modprobe-conf',
  platform: 'linux',
  every: [
    { tree: folders.map(folder => `${folder}/modprobe.d`), files: ['*'], stats: ['*vfio*', '*blacklist*'] },
    { tree: folders.map(folder => `${folder}/modules-load.d`), files: ['*'] },
    { tree: ['/etc'], files: ['modules'] },
  ],
  loses: 'What modprobe is told: ids for vfio-pci, softdeps, blacklists.',
})
