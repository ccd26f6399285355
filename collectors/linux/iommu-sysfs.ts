import { collector } from '../collector.ts'

/** IOMMU groups and units. The directory of groups is there and empty where no IOMMU is in use. */
export default collector({
  gives: 'iommu-sysfs',
  platform: 'linux',
  every: [
    { tree: ['/sys/kernel'], lists: ['iommu_groups'] },
    { tree: ['/sys/kernel/iommu_groups/*'], files: ['type', 'reserved_regions'], lists: ['devices'] },
    { tree: ['/sys/class'], lists: ['iommu'] },
    {
      tree: ['/sys/class/iommu/*'],
      files: ['intel-iommu/cap', 'intel-iommu/ecap', 'intel-iommu/version', 'intel-iommu/address', 'amd-iommu/cap', 'amd-iommu/features'],
      lists: ['devices'],
    },
  ],
  privilege: { root: 'for the type of groups on some kernels' },
  timeout: 15,
  limit: 4 * 1024 * 1024,
  loses: 'Whether an IOMMU is in use, and which functions share a group, can only be told from other places.',
})
