import { collector } from '../collector.ts'

/** Device nodes of GPUs and of VFIO; /dev/nvidia-caps has a node for each MIG instance. */
const ofGpu = /\t>\/dev\/(?:nvidia|dri\/|kfd$|vfio\/|fb\d|kvmfr)/

/** Of all open files those of GPUs and VFIO, the names of the processes that have them, and what could not be looked into. */
function ofGpus(text: string): string {
  const lines = text.split('\n').filter(line => /^\/proc\/\d/.test(line))
  const held = lines.filter(line => ofGpu.test(line))
  const holders = new Set(held.map(line => line.split('/', 3)[2]))
  const refused = lines.filter(line => /\/fd(?:\/[^\t]*)?\t!denied$/.test(line))
  const names = lines.filter(line => /^\/proc\/\d+\/comm\t=/.test(line) && holders.has(line.split('/', 3)[2]))
  return ['/proc\t/', ...names, ...held, ...refused.slice(0, 1)].map(line => `${line}\n`).join('')
}

/** Who has GPUs open, out of the links below /proc/PID/fd. Of other files and programs nothing is kept. */
export default collector({
  gives: 'device-holders',
  platform: 'linux',
  every: [{ tree: ['/proc/*'], files: ['comm'], links: ['fd/*'] }],
  privilege: { root: 'for processes of other users' },
  timeout: 3,
  limit: 32 * 2 ** 20,
  reduce: ofGpus,
  loses: 'Which programs have a GPU open, so that its driver cannot let it go.',
})
