import { collector } from '../collector.ts'

const modules = ['vfio', 'vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1', 'iommufd', 'kvm', 'kvm_intel', 'kvm_amd', 'pci_stub', 'nvidia', 'nvidia_drm', 'nvidia_modeset', 'nouveau', 'amdgpu', 'radeon', 'i915', 'xe', 'snd_hda_intel', 'vendor_reset', 'pcie_aspm', 'pci_hotplug', 'pciehp', 'intel_iommu', 'vmd', 'nvme_core']

export default collector({
  gives: 'module-parameters',
  platform: 'linux',
  every: [{ tree: modules.map(module => `/sys/module/${module}/parameters`), files: ['*'] }],
  privilege: { root: 'for the few parameters that only root may read' },
  loses: 'Whether options of vfio, kvm and GPU drivers are in effect.',
})
