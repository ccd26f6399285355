import { collector } from '../collector.ts'

const wanted = /vfio|iommu|pci[-_]stub|efifb|simplefb|simpledrm|vesafb|nouveau|nvidia|amdgpu|radeon|i915|\/xe\b|\bast\b|snd[-_]hda|xhci|nvme|ahci|vmd|kvm|i2c[-_]nvidia|virtio_pci/

/**
 * One text for all kernels installed: osrelease tells which list is that of the kernel that runs. Each initstate is
 * kept: that there are any shows that the others are missing for a reason.
 */
export default collector({
  gives: 'modules-builtin',
  platform: 'linux',
  every: [
    { tree: ['/proc/sys/kernel'], files: ['osrelease'] },
    { tree: ['/sys'], lists: ['module'] },
    { tree: ['/sys/module/*'], files: ['initstate'] },
    { tree: ['/lib/modules/*'], files: ['modules.builtin'] },
  ],
  reduce: text => text.split('\n').filter(line => wanted.test(line) || /\/(?:osrelease|initstate)\t/.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Whether vfio-pci is part of the kernel, so that modprobe.d has no effect on it.',
})
