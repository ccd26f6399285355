import { collector } from '../collector.ts'

/** The tables that describe the IOMMU, as bytes. `acpi-table/DMAR` on Intel, `acpi-table/IVRS` on AMD. */
export default collector({
  gives: 'acpi-table',
  platform: 'linux',
  every: [{ read: '/sys/firmware/acpi/tables/DMAR' }, { read: '/sys/firmware/acpi/tables/IVRS' }],
  name: /\/([A-Z]{4})$/,
  privilege: { root: 'to read ACPI tables' },
  timeout: 5,
  limit: 256 * 1024,
  loses: 'Which devices firmware reserves memory for (RMRR) and how many IOMMU units it names cannot be told.',
})
