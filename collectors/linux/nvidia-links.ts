import { collector } from '../collector.ts'

/** How GPUs of NVIDIA reach each other. Their UUIDs are left out. */
export default collector({
  gives: 'nvidia-links',
  platform: 'linux',
  every: [{ run: ['nvidia-smi', 'nvlink', '-s'] }, { run: ['nvidia-smi', 'nvlink', '-e'] }, { run: ['nvidia-smi', 'topo', '-m'] }],
  timeout: 8,
  limit: 2 ** 18,
  reduce: text => text.replace(/ \(UUID: [^)\n]{0,80}\)/g, ''),
  loses: 'Whether the NVLinks between GPUs are up, and which have errors.',
})
