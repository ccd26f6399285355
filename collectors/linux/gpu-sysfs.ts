import { collector } from '../collector.ts'

/** No serial number is read: amdgpu's unique_id stays where it is. */
export default collector({
  gives: 'gpu-sysfs',
  platform: 'linux',
  every: [
    { tree: ['/sys/class/drm'], links: ['card*', 'renderD*'] },
    // What i915 saved of a hang stays until the next start; a program is named in its first line, all else is registers.
    { tree: ['/sys/class/drm/card*'], files: ['status'], bytes: { error: 160 } },
    { tree: ['/sys/class/drm/card*/device'], files: ['mem_info_vram_total', 'mem_info_vis_vram_total', 'vbios_version', 'current_compute_partition', 'fw_version/*'], links: ['devcoredump'] },
    { tree: ['/sys/class/drm/card*/device/ras'], files: ['gpu_vram_bad_pages'] },
    { tree: ['/sys/class/kfd/kfd/topology/nodes/*'], files: ['gpu_id', 'properties', 'io_links/*/properties'] },
  ],
  reduce: text => text.split('\n').filter(line => !ofNoUse.test(line)).join('\n'),
  loses: 'Which outputs have a monitor, how much video memory the CPU sees, and which GPUs ROCm can use.',
})

/** Of a link between nodes its width and latencies, and firmware that a card has not. */
const ofNoUse = /\/io_links\/\d+\/properties\t=(?!type |node_to |flags )|\/fw_version\/\w+\t=0x0+$/
