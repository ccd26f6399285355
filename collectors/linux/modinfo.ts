import { collector } from '../collector.ts'

const modules = ['vfio_pci', 'nvidia', 'nvidia_drm', 'nvidia_uvm', 'nvidia_vgpu_vfio', 'nvidia_peermem', 'amdgpu', 'vendor_reset', 'i915', 'xe', 'kvmfr'] as const

/** What lies on disk for the running kernel, which is what the next boot loads. Aliases, parameters and names of firmware are left out. */
export default collector({
  gives: 'modinfo',
  platform: 'linux',
  first: [{ run: ['modinfo', ...modules] }],
  timeout: 5,
  limit: 2 ** 21,
  reduce: text => text.split('\n').filter(line => /^(?:filename|version|license|vermagic|signer|sig_key|name):/.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Whether the driver on disk is that in memory, is signed, and fits the kernel.',
})
