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
  // Faults of ACPI tables that the kernel steps over; what has a consequence is told by a line of its own
  /ACPI BIOS (?:Error|Warning) \(bug\): (?:Failure creating named object|Could not resolve symbol) .*AE_(?:ALREADY_EXISTS|NOT_FOUND)|ACPI Error: AE_(?:ALREADY_EXISTS|NOT_FOUND), (?:During name lookup|While loading table)|failed to evaluate _DSM/,
  /system [0-9a-f]{2}:[0-9a-f]{2}: \[(?:mem|io) .*\] could not be reserved|ignoring host bridge window \[.*\] \(conflicts with |busn_res: can not insert \[bus [0-9a-f]{2}\] under domain |[Nn]o irq handler for (?:vector|\d+\.\d+)/,
  /can't claim BAR 6 |ROM \[mem [^\]]*\]: can't claim|PME: Spurious native interrupt|device links to tunneled native ports are missing|pciehp: Timeout on hotplug command/,
  // Of the old remapping of AGP, which looks for itself before AMD-Vi is asked
  /BIOS doesn't leave an? aperture memory hole|Please enable the IOMMU option in the BIOS setup|This costs you \d+ ?MB of RAM/,
  // Xen: its toolstack on a function without a reset of its own, the notes of hypervisor and dom0 at boot
  /The kernel doesn't support reset from sysfs for PCI device|\(XEN\) .*(?:Bogus DMIBAR|setup \S{7,12} for d0 failed \(-19\)|Non-existent device \(\S{7,12}\) in this DRHD's scope)|only able to allocate \d+ MB for software IO TLB/,
  // the security processor of AMD's consumer chips, which nobody asks for anything here
  /ccp \S+: (?:psp: unable to access the device|tee: (?:ring init command failed|failed to init))/,
  // KVM: registers that guests probe
  /\bignored (?:rd|wr)msr|unhandled (?:rd|wr)msr|\b(?:rdmsr|wrmsr) to register|kvm: zapping shadow pages for mmio generation wraparound|vcpu\d+ disabled perfctr wrmsr|SMP vm created on host with unstable TSC|VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL does not work properly/,
  // QEMU
  /Failed to mmap \S+ BAR \d+\. Performance may be slow|Could not enable error recovery for the device|terminating on signal|^shutting down, reason=|warning: host doesn't support requested feature/,
  /BAR 1[345]: (?:failed to assign|no space for) \[io /,
  // virt-host-validate warns of what the kernel's IOMMU tells better
  /QEMU: Checking for device assignment IOMMU support/,
  // drivers
  /optional \w{2,16} ta ucode is not available|SECUREDISPLAY: |Secure display: Generic Failure|kfd kfd: amdgpu: skipped device |PCIE atomic ops is not supported|Runtime PM not (?:available|supported)|PSP runtime database doesn't exist|SMU driver if version not matched|psp gfx command (?:UN)?LOAD_TA\S* failed/,
  /\bREG_WAIT timeout \d+us \* \d+ tries|Runlist is getting oversubscribed|\b(?:CRAT|SRAT) table not found|DSDT table not found for OEM information|Power consumption will be higher as (?:BIOS|the kernel) has not been|Unhandled (?:GC|MALL|VCN|NPS) info table|Unable to find PCI I\/O BAR|couldn.t determine if two DRM fds reference/,
  /Cannot find any crtc or sizes|Registered \d+ planes with drm panic|Direct firmware load for i915\/\S+ failed with error -2|nvidia-gpu \S+: i2c timeout|^ucsi_ccg /,
  /invalid VPD tag|loading out-of-tree module taints kernel|module license .* taints kernel|module verification failed: signature|disagrees about version of symbol module_layout/,
  /nvidia: (?:module license|loading out-of-tree)|NVRM: loading NVIDIA UNIX|NVRM: Persistence mode is deprecated|NVRM:? .*\*\*\* Chipset Setup Function Error|nvidia-modeset: WARNING: GPU:\d+: Correcting number of heads|Using Transparent Hugepages|Finished loading DMC firmware/,
  /\[drm\] (?:Initialized|fb\d+: )|No compatible format found/,
  // i915 and xe: a table that only cards have, a port without power saving as in a VM, an underrun that the firmware left behind
  /Failed to retrieve hwconfig table: -ENOENT|mmio request 0x4100: failure 201\/0|unbounded parent pci bridge|\*ERROR\* uncleared (?:pch )?fifo underrun on|drm_WARN_ON\(intel_dp->pps\.vdd_wakeref\)/,
  // monitors and adapters that do not know an optional register; Xorg on a card without VGA; QEMU's vmware display
  /Failed to write source OUI|Unexpected DP dual mode adaptor ID|this pci device is not a vga device|Failed to send host log message|failed to retrieve link info, disabling eDP|mismatch in \S+ \(expected |pipe state doesn't match|defines _DOD but not _DOS/,
  // nouveau: registers that a chip does not have
  /nouveau \S+: (?:priv: (?:HUB|GPC)\d+: |bus: unknown intr|tmr: unknown input clock freq|timer: unknown input clock freq)/,
  // FreeBSD
  /^hw\.vmm\.|devctl: Failed to clear |VT-x: \(disabled in BIOS\)|failed to allocate initial (?:prefetch|memory|I\/O port) window|^ {4}bar {3}\[|PCI INT \w: no GSI|can't derive routing for PCI INT|is missing dependencies$|can't find 'if_tap'/,
  // drm-kmod asks for firmware under several names
  /could not load firmware image, error 2|fail \(0\) to get firmware image with name|could not load binary firmware \/boot\/firmware\/\S+ either/,
  // Cloud Hypervisor asks every function for a VGA region, which only display controllers have
  /Could not get region #8 info/,
  // the container toolkit outside WSL and without root, Kubernetes plugins on old cards and without IOMMUFD
  /dxcore initialization failed, continuing assuming a non-WSL|failed to set inheritable capabilities|skipping kernel modules load due to failure|is too old to support healthchecking|unable to detect IOMMU FD for/,
]

export const isHarmless = (message: string): boolean => harmless.some(form => form.test(message))
