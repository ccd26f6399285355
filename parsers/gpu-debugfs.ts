import { textOf, type Evidence } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const firmware = /^\s*(GuC|HuC) firmware: (\S{1,120})/
const state = /^\s*status: ([A-Z][A-Z ]{1,30})$/

/**
 * GuC and HuC of Intel GPUs: guc_info and huc_info of i915 (intel_uc_fw_dump of drivers/gpu/drm/i915/gt/uc/intel_uc_fw.c) and of xe
 * (xe_uc_fw_print of drivers/gpu/drm/xe/xe_uc_fw.c).
 *
 *     GuC firmware: i915/tgl_guc_70.bin
 *             status: RUNNING
 */
export default parser({
  gives: 'gpu-debugfs',
  parse(evidence: Evidence) {
    const found = gather(evidence.id)
    let asked: { readonly name: string; readonly file: string; readonly path: string } | null = null
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=') continue
      const [, name, file] = firmware.exec(text) ?? []
      if (name !== undefined && file !== undefined) asked = { name, file, path }
      const is = state.exec(text)?.[1]
      if (is === undefined || asked?.path !== path) continue
      found.add(`${asked.name} ${is} ${asked.file}`, line)
      asked = null
    }
    return found.size > 0 ? { host: { intelMicrocontrollers: found.fact() } } : {}
  },
})
