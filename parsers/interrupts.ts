import { bdfFromText } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** Number, counts, controller, hardware line with its kind, then who handles it, with commas between. */
const row = /^\s*(\d{1,6}):((?:\s+\d{1,20}){1,4096})\s+(\S.{0,400})$/

/**
 * /proc/interrupts: which lines several drivers share, and whether a function on VFIO interrupts by message or by line.
 *
 *      16:         12          0  IR-IO-APIC   16-fasteoi   vfio-intx(0000:01:00.0), snd_hda_intel:card0
 *     134:          0        210  IR-PCI-MSI-0000:05:00.0    0-edge      vfio-msi[0](0000:05:00.0)
 */
export default parser({
  gives: 'interrupts',
  parse(evidence) {
    const shared = gather(evidence.id)
    const functions: Record<string, Draft<FunctionFacts>> = {}
    let whole = false
    for (const { text, line } of linesOf(textOf(evidence))) {
      if (/^\s+CPU0\b/.test(text)) whole = true
      const [, irq, , rest = ''] = row.exec(text) ?? []
      if (irq === undefined) continue
      // The handlers stand behind the last column of several blanks.
      const handlers = rest.split(/ {2,}/).at(-1)?.split(/, +/).map(word => word.trim()).filter(Boolean) ?? []
      if (/fasteoi|level/.test(rest) && handlers.length > 1 && shared.size < 500) shared.add(`${irq} ${handlers.join(' ')}`, line)
      for (const [, kind = '', address = ''] of rest.matchAll(/vfio-(intx|msix?)(?:\[\d+\])?\(([0-9a-f:.]{7,16})\)/g)) {
        const bdf = bdfFromText(address)
        if (bdf && Object.keys(functions).length < 1000) (functions[bdf] ??= {}).vfioInterrupt = known(kind === 'intx' ? 'line' : 'message', evidence.id, line)
      }
    }
    return { ...(whole ? { host: { sharedInterrupts: shared.fact() } } : {}), ...(Object.keys(functions).length > 0 ? { functions } : {}) }
  },
})
