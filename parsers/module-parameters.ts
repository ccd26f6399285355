import { textOf, type Evidence } from '../model/evidence.ts'
import { gather, moduleName } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const parameterPath = /(?:^|\/)module\/([\w-]+)\/parameters\/([\w-]+)$/

/**
 * What parameters of modules are now. Flags read Y or N whatever was written (lib/params: param_get_bool).
 *
 *     /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts:N
 */
export default parser({
  gives: 'module-parameters',
  parse(evidence: Evidence) {
    const parameters = gather(evidence.id)
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      const name = mark === '=' ? parameterPath.exec(path) : null
      if (name) parameters.add(`${moduleName(name[1] ?? '')}.${name[2]}=${text.trim()}`, line)
    }
    return parameters.size ? { host: { moduleParameters: parameters.fact() } } : {}
  },
})
