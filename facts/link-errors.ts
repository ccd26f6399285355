/** What the kernel has counted of errors on links (Advanced Error Reporting), as far as it tells of one that is bad. */
import { derived } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'

/** Kinds that no sound link has, however few: data link and transaction layer (aer_uncorrectable_error_string of drivers/pci/pcie/aer.c). */
const serious = /^(?:CmpltTO|MalfTLP|DLP|SDES|RxOF|ECRC) /
/** A few bits are wrong on any link in time, and are sent again; the kernel counts over months. */
const manyCorrected = 1000

export function joinLinkErrors(functions: Readonly<Record<string, FunctionFacts>>): void {
  for (const fn of Object.values(functions)) {
    const [fatal, corrected] = [fn.aerFatalCount?.value ?? 0, fn.aerCorrected?.value ?? 0]
    const shown = [
      ...(fatal > 0 ? [`fatal ${fatal}`] : []),
      ...(fn.aerCounters?.value ?? []).filter(counter => serious.test(counter)),
      ...(corrected >= manyCorrected ? [`corrected ${corrected}`] : []),
    ]
    fn.linkErrorsShown = derived(shown, fn.aerCounters, fn.aerFatalCount, fn.aerCorrected)
  }
}
