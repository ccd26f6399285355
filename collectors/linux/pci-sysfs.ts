import { collector } from '../collector.ts'

const functions = '/sys/bus/pci/devices'

/** Every PCI function as sysfs shows it. An ordinary user gets 64 bytes of configuration space, root gets all of it. */
export default collector({
  gives: 'pci-sysfs',
  platform: 'linux',
  every: [
    // The link of each function leads to its real place, where the bridge above it can be read.
    { tree: [functions], links: ['*'] },
    {
      tree: [`${functions}/*`],
      files: [
        'vendor', 'device', 'subsystem_vendor', 'subsystem_device', 'class', 'revision', 'driver_override', 'boot_vga', 'enable', 'irq', 'msi_bus', 'numa_node',
        'power_state', 'power/control', 'power/runtime_status', 'd3cold_allowed', 'reset_method', 'resource',
        'resource0_resize', 'resource1_resize', 'resource2_resize', 'resource3_resize', 'resource4_resize', 'resource5_resize',
        'current_link_speed', 'current_link_width', 'max_link_speed', 'max_link_width', 'sriov_totalvfs', 'sriov_numvfs',
      ],
      links: ['driver', 'iommu_group', 'physfn', 'virtfn*'],
      lists: ['msi_irqs', 'mdev_supported_types'],
      // `reset` can only be written, and `rom` is dangerous to read: that they exist is all that is wanted.
      stats: ['reset', 'rom'],
      bytes: { config: 4096 },
    },
  ],
  privilege: { root: 'for configuration space beyond its first 64 bytes: capabilities, reset, ACS' },
  timeout: 30,
  limit: 32 * 1024 * 1024,
  loses: 'Which PCI functions there are, their drivers, groups, BARs and links cannot be told.',
})
