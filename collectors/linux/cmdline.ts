import { collector } from '../collector.ts'

export default collector({
  gives: 'cmdline',
  platform: 'linux',
  first: [{ read: '/proc/cmdline' }],
  loses: 'Which kernel parameters are in force: IOMMU, VFIO and framebuffer settings.',
})
