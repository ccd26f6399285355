import { parser } from './parser.ts'
import { tableFacts } from './acpi/table-facts.ts'

/**
 * A binary ACPI table, `/sys/firmware/acpi/tables/DMAR` or `IVRS`: begins `44 4d 41 52 a8 00 00 00 01 …`. Which table it
 * is, its signature says; other tables give nothing. Citations are byte offsets.
 */
export default parser({
  gives: 'acpi-table',
  parse: ({ id, body }) => (typeof body === 'string' ? {} : { host: tableFacts(body, id, offset => offset) }),
})
