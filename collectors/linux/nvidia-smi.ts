import { collector } from '../collector.ts'

/** The driver's own view of its GPUs. It can hang on a dead one, so it is given little time. */
export default collector({
  gives: 'nvidia-smi',
  platform: 'linux',
  first: [{ run: ['nvidia-smi', '-q'] }],
  timeout: 10,
  limit: 2 * 2 ** 20,
  loses: "What NVIDIA's driver makes of its GPUs.",
})
