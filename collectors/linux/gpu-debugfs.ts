import { collector } from '../collector.ts'

const uc = ['guc_info', 'huc_info'] as const
const dri = '/sys/kernel/debug/dri/*'

/** What runs the work of Intel GPUs. The driver reads registers for it, for which it wakes the GPU (intel_huc_load_status, xe_guc_print_info). */
export default collector({
  gives: 'gpu-debugfs',
  platform: 'linux',
  extra: 'debugfs',
  every: [{ tree: [dri], files: ['name', ...['gt', 'gt0', 'gt1', 'tile0/gt0', 'tile0/gt1'].flatMap(gt => uc.map(file => `${gt}/uc/${file}`))] }],
  privilege: { root: 'debugfs is for root alone' },
  limit: 2 ** 18,
  reduce: text => text.split('\n').filter(line => kept.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Whether the GuC and HuC of Intel GPUs run.',
})

/** Registers and queues are of no use. */
const kept = /\t[/!]|\/name\t=|\t=(?:[GH]uC (?:firmware|not supported|disabled)|\s+(?:status|version|wanted|found))/
