import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { parametersToFacts } from './kernel-parameters.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/**
 * The command line of the running kernel.
 *
 *     BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=UUID=… ro quiet intel_iommu=on iommu=pt
 */
export default parser({
  gives: 'cmdline',
  parse(evidence: Evidence) {
    for (const { mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=' || text.trim() === '' || /^\S*[#$] cat \/proc\/cmdline$/.test(text.trim())) continue
      return { host: { ...parametersToFacts(text, { evidence: evidence.id, where: line }), platform: known('linux', evidence.id, line) } }
    }
    return {}
  },
})
