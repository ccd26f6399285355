import { collector } from '../collector.ts'

export default collector({
  gives: 'device-nodes',
  platform: 'linux',
  every: [
    { tree: ['/dev'], stats: ['kvm', 'iommu', 'kfd', 'nvidia*', 'kvmfr*'] },
    { tree: ['/dev/shm'], stats: ['looking-glass*'] },
    { tree: ['/dev/dri'], stats: ['renderD*'] },
    { tree: ['/dev/vfio', '/dev/vfio/devices'], stats: ['*'] },
  ],
  loses: 'Whether QEMU may open KVM and VFIO, and programs the NVIDIA driver.',
})
