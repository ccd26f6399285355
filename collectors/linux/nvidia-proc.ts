import { collector } from '../collector.ts'

const driver = '/proc/driver/nvidia'

/** What the NVIDIA driver says without NVML: it answers where nvidia-smi hangs. `registry` and `power` are not wanted. */
export default collector({
  gives: 'nvidia-proc',
  platform: 'linux',
  every: [
    { tree: [driver], files: ['version', 'params'] },
    { tree: [`${driver}/gpus/*`], files: ['information'] },
    { tree: [`${driver}/warnings`], files: ['*'] },
  ],
  timeout: 5,
  limit: 2 ** 20,
  loses: "The version and state of the host's NVIDIA driver.",
})
