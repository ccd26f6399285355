/**
 * Messages that look alarming and are normal: on hosts where all works they stand in every log. Sources: the kernel and QEMU files that
 * print them, and the logs of healthy hosts.
 */
const harmless: readonly RegExp[] = [
  // Linux, IOMMU
  /DMAR: (?:No (?:RMRR|ATSR|SATC) found|IOMMU batching disallowed|Skip IOMMU disabling)|DMAR-IR: IRQ remapping was enabled on|IOMMUv2 functionality not available on this system|VT-d Scalable Mode not enabled|DMAR: DRHD: handling fault status/,
  /iommu: (?:Default domain type|DMA domain TLB)/,
  // vfio-pci
  /vfio_(?:ecap|cap)_init|vgaarb: (?:VGA decodes changed|changed VGA decodes|deactivate vga console)|BAR 6: can't reserve|ROM \[mem [^\]]*\]: can't assign|BAR 6: no space for/,
  /bridge window \[io {1,2}(?:size )?0x[0-9a-f]+[^\]]*\]: can't assign/,
  /pcieport \S+: (?:AER: enabled|pciehp: Slot\(\S+\): )/,
  /shpchp \S+: (?:pci_hp_register failed|Slot initialization failed)/,
  // KVM: registers that guests probe
  /\bignored (?:rd|wr)msr|unhandled (?:rd|wr)msr|\b(?:rdmsr|wrmsr) to register/,
  // QEMU
  /Failed to mmap \S+ BAR \d+\. Performance may be slow|Could not enable error recovery for the device|terminating on signal|^shutting down, reason=|warning: host doesn't support requested feature/,
  /BAR 1[345]: (?:failed to assign|no space for) \[io /,
  // virt-host-validate warns of what the kernel's IOMMU tells better
  /QEMU: Checking for device assignment IOMMU support/,
  // drivers
  /optional \w{2,16} ta ucode is not available|SECUREDISPLAY: |Secure display: Generic Failure|kfd kfd: amdgpu: skipped device |PCIE atomic ops is not supported|Runtime PM not (?:available|supported)|PSP runtime database doesn't exist|SMU driver if version not matched|psp gfx command (?:UN)?LOAD_TA\S* failed/,
  /Cannot find any crtc or sizes|Registered \d+ planes with drm panic|Direct firmware load for i915\/\S+ failed with error -2|nvidia-gpu \S+: i2c timeout|^ucsi_ccg /,
  /invalid VPD tag|loading out-of-tree module taints kernel|module license .* taints kernel|module verification failed: signature|disagrees about version of symbol module_layout/,
  /nvidia: (?:module license|loading out-of-tree)|NVRM: loading NVIDIA UNIX|Using Transparent Hugepages|Finished loading DMC firmware/,
  /\[drm\] (?:Initialized|fb\d+: )|No compatible format found/,
  // FreeBSD
  /^hw\.vmm\.|devctl: Failed to clear |VT-x: \(disabled in BIOS\)|failed to allocate initial (?:prefetch|memory|I\/O port) window|^ {4}bar {3}\[|PCI INT \w: no GSI|can't derive routing for PCI INT|is missing dependencies$|can't find 'if_tap'/,
  // drm-kmod asks for firmware under several names
  /could not load firmware image, error 2|fail \(0\) to get firmware image with name/,
]

export const isHarmless = (message: string): boolean => harmless.some(form => form.test(message))
