import { collector } from '../collector.ts'

const pools = { files: ['nr_hugepages', 'free_hugepages'] }

export default collector({
  gives: 'meminfo',
  platform: 'linux',
  every: [
    { tree: ['/proc'], files: ['meminfo'] },
    { tree: ['/sys/kernel/mm/hugepages/hugepages-*'], ...pools },
    { tree: ['/sys/devices/system/node/node*'], files: ['meminfo'] },
    { tree: ['/sys/devices/system/node/node*/hugepages/hugepages-*'], ...pools },
    { tree: ['/proc/sys/vm'], files: ['overcommit_memory'] },
    { tree: ['/sys/kernel/mm/ksm'], files: ['run'] },
  ],
  loses: 'Whether memory and huge pages suffice for the VMs.',
})
