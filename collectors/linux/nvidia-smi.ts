import { collector } from '../collector.ts'

/**
 * The driver's own view of its GPUs: for people, and as XML, whose names change less from release to release. It can hang
 * on a dead GPU, so it is given little time.
 */
export default collector({
  gives: 'nvidia-smi',
  platform: 'linux',
  every: [{ run: ['nvidia-smi', '-q'] }, { run: ['nvidia-smi', '-q', '-x'] }],
  timeout: 10,
  limit: 4 * 2 ** 20,
  loses: "What NVIDIA's driver makes of its GPUs.",
})
