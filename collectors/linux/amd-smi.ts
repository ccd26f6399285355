import { collector } from '../collector.ts'

/** What AMD's tools say of GPUs; both can hang on one whose firmware does not answer. No serial number is asked for. */
export default collector({
  gives: 'amd-smi',
  platform: 'linux',
  every: [
    { run: ['amd-smi', 'static', '--asic', '--bus', '--vbios', '--driver', '--vram', '--json'] },
    { run: ['amd-smi', 'version', '--json'] },
    { run: ['rocm-smi', '--showproductname', '--showbus', '--showvbios', '--showdriverversion', '--showmeminfo', 'vram', '--json'] },
  ],
  privilege: { root: 'unless the user is in the groups render and video' },
  timeout: 10,
  loses: "What ROCm's tools make of AMD's GPUs.",
})
