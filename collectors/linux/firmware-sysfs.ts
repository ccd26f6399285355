import { collector } from '../collector.ts'

/** What firmware left: names of ACPI tables, EFI, Secure Boot, board and firmware version. No serial numbers. */
export default collector({
  gives: 'firmware-sysfs',
  platform: 'linux',
  every: [
    { tree: ['/sys/firmware/acpi'], lists: ['tables'] },
    {
      tree: ['/sys/firmware/efi'],
      files: ['fw_platform_size'],
      // Four bytes of attributes and one that is 1 when Secure Boot is on.
      bytes: { 'efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': 5 },
    },
    { tree: ['/sys/class/dmi/id'], files: ['bios_vendor', 'bios_version', 'bios_date', 'board_vendor', 'board_name', 'product_name', 'sys_vendor'] },
    { tree: ['/sys/hypervisor'], files: ['type'] },
  ],
  timeout: 10,
  limit: 256 * 1024,
  loses: 'Whether firmware offers an IOMMU, and whether it booted by UEFI, can only be told from the kernel log.',
})
