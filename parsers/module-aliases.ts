import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * Modules of the running kernel that say they drive a function, as the collector makes it of modules.alias; a function that no module is for
 * stands alone on its line.
 *
 *     0000:01:00.0 nouveau nvidiafb
 */
export default parser({
  gives: 'module-aliases',
  parse(evidence: Evidence) {
    const functions: Record<Bdf, FunctionFacts> = {}
    for (const { text, line } of linesOf(textOf(evidence))) {
      const [address = '', ...modules] = text.trim().split(' ')
      const bdf = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(address) ? bdfFromText(address) : null
      if (bdf && modules.every(name => /^\w{1,64}$/.test(name))) functions[bdf] = { kernelModules: known<readonly string[]>(modules.slice(0, 64), evidence.id, line) }
    }
    return Object.keys(functions).length > 0 ? { functions } : {}
  },
})
