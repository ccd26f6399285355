import { collector } from '../collector.ts'

const kept = /^(?:GPU [0-9A-F]{8}:|CC |DevTools |Confidential Compute )|^\s+(?:Active vGPUs|vGPU (?:ID|Name|Type)|VM Name|Guest Driver Version|License Status|Frame Rate Limit)\s*:/i

/** How GPUs are shared and shielded: vGPUs that run on this host, and confidential computing. Only asked for: nothing is set. */
export default collector({
  gives: 'nvidia-modes',
  platform: 'linux',
  every: [
    { run: ['nvidia-smi', 'vgpu', '-q'] },
    { run: ['nvidia-smi', 'conf-compute', '-f'] },
    { run: ['nvidia-smi', 'conf-compute', '-d'] },
    { run: ['nvidia-smi', 'conf-compute', '-grs'] },
  ],
  timeout: 8,
  limit: 2 ** 19,
  reduce: text => text.split('\n').filter(line => kept.test(line.slice(0, 400))).map(line => `${line}\n`).join(''),
  loses: 'Whether vGPUs have a licence, and in which state confidential computing of GPUs is.',
})
