import { isLikePptdevs, pptdevsNames } from './pptdevs.ts'

/** Read from the loader's environment alone: modules to preload, pptdevs, tunables of vmm, the IOMMU and PCI that no sysctl(8) can change (CTLFLAG_RDTUN in their sources). */
const loaderOnly = /^(?:(?:vmm|nmdm|ppt)_load|hw\.vmm\.(?:amdvi[._]enable|iommu\.enable|maxcpu)|hw\.(?:dmar|amdiommu)\.[\w.]+|hw\.pci\.(?:realloc_bars|enable_msix?|honor_msi_blacklist)|machdep\.num_msi_irqs|hint\.[\w.]+|debug\.acpi\.disabled|module_blacklist)$/

/** A setting that belongs into loader.conf and stands in rc.conf or sysctl.conf, where nobody reads it in time. */
export const misplaced = (name: string): boolean => (pptdevsNames as readonly string[]).includes(name) || isLikePptdevs(name) || loaderOnly.test(name)
