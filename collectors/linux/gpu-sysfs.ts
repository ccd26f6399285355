import { collector } from '../collector.ts'

/** No serial number is read: amdgpu's unique_id stays where it is. */
export default collector({
  gives: 'gpu-sysfs',
  platform: 'linux',
  every: [
    { tree: ['/sys/class/drm'], links: ['card*', 'renderD*'] },
    { tree: ['/sys/class/drm/card*'], files: ['status'] },
    { tree: ['/sys/class/drm/card*/device'], files: ['mem_info_vram_total', 'mem_info_vis_vram_total', 'vbios_version', 'current_compute_partition'] },
    { tree: ['/sys/class/drm/card*/device/ras'], files: ['gpu_vram_bad_pages'] },
    { tree: ['/sys/class/kfd/kfd/topology/nodes/*'], files: ['gpu_id', 'properties'] },
  ],
  loses: 'Which outputs have a monitor, how much video memory the CPU sees, and which GPUs ROCm can use.',
})
