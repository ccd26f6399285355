import { collector } from '../collector.ts'

/** Every ACPI table in words (acpidump(8)): DMAR decoded, IVRS by its header alone. */
export default collector({
  gives: 'acpidump',
  platform: 'freebsd',
  first: [{ run: ['acpidump', '-t'] }],
  privilege: { root: 'reads /dev/mem' },
  limit: 8 << 20,
  loses: 'Whether firmware describes an IOMMU (DMAR, IVRS), and which functions have reserved memory (RMRR).',
})
