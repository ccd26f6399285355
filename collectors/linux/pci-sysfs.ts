import { collector } from '../collector.ts'

const functions = '/sys/bus/pci/devices'

/** Without the counters of errors that are zero (their sums stay), and with the name of each vGPU type once: hundreds of virtual functions have the same. */
function ofUse(text: string): string {
  const named = new Set<string>()
  return text.split('\n').filter(line => {
    if (/\/aer_dev_\w{5,12}\t=(?!TOTAL)[^\s]{1,40} 0$/.test(line)) return false
    const type = /\/mdev_supported_types\/([^/\t]{1,80})\/name\t=/.exec(line)?.[1]
    if (type === undefined) return true
    const first = !named.has(type)
    named.add(type)
    return first
  }).join('\n')
}

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
        'current_link_speed', 'current_link_width', 'max_link_speed', 'max_link_width', 'sriov_totalvfs', 'sriov_numvfs', 'sriov_drivers_autoprobe', 'removable',
        // What vGPUs can still be made; from Linux 6.8 on NVIDIA has a folder of its own for it.
        'mdev_supported_types/*/name', 'mdev_supported_types/*/available_instances', 'nvidia/creatable_vgpu_types', 'nvidia/current_vgpu_type',
        // Counted by the kernel since the function was found (drivers/pci/pcie/aer.c).
        'aer_dev_correctable', 'aer_dev_nonfatal', 'aer_dev_fatal',
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
  reduce: ofUse,
  limit: 32 * 1024 * 1024,
  loses: 'Which PCI functions there are, their drivers, groups, BARs and links cannot be told.',
})
