import { collector } from '../collector.ts'

/**
 * -i passes over what a release does not have. hw.vmm is a tree that only a loaded vmm has: if it was asked for and
 * nothing came, vmm is not loaded.
 */
export default collector({
  gives: 'sysctl',
  platform: 'freebsd',
  first: [{
    run: ['sysctl', '-i', 'hw.vmm', 'hw.model', 'hw.machine_arch', 'hw.ncpu', 'hw.physmem', 'hw.pagesize', 'kern.vm_guest', 'kern.osrelease', 'kern.osreldate',
      'kern.securelevel', 'security.jail.jailed', 'kern.boottime', 'vm.max_user_wired', 'vm.max_wired', 'vm.stats.vm.v_user_wire_count', 'vm.stats.vm.v_wire_count',
      'vm.stats.vm.v_free_count', 'vm.stats.vm.v_page_count', 'vfs.zfs.arc_max', 'vfs.zfs.arc.max', 'hw.pci', 'hw.dmar', 'hw.amdiommu', 'machdep.num_msi_irqs',
      'hw.num_msi_irqs', 'hw.intel_graphics_stolen_base', 'hw.intel_graphics_stolen_size', 'dev.ppt', 'dev.ivhd'],
  }],
  limit: 1 << 20,
  loses: 'Whether vmm is loaded and its IOMMU is up, how much memory may be wired, and whether this is itself a VM.',
})
