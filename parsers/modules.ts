import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, moduleName } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** Name, size, use count, users: `/proc/modules` separates users by commas with one at the end, lsmod without. */
const moduleLine = /^([A-Za-z0-9_]+)\s+(\d+)\s+(-?\d+)(?:\s+(\S+))?/
/** Fewer lines without lsmod's heading may be what somebody's grep left, in which a missing module says nothing. */
const fewestOfAll = 20

/**
 * The loaded modules, from /proc/modules or lsmod.
 *
 *     vfio_pci 16384 1 - Live 0x0000000000000000
 *     nvidia_drm             77824  4
 */
export default parser({
  gives: 'modules',
  parse(evidence: Evidence) {
    const loaded = gather(evidence.id)
    const used = gather(evidence.id)
    let whole = evidence.takenAt !== undefined
    for (const { mark, text, line } of readTree(textOf(evidence))) {
      if (/^Module\s+Size\s+Used by/.test(text)) whole = true
      const parts = mark === '=' ? moduleLine.exec(text) : null
      if (!parts) continue
      const name = moduleName(parts[1] ?? '')
      loaded.add(name, line)
      const users = (parts[4] ?? '').split(',').filter(user => /^\w/.test(user))
      if (Number(parts[3]) > 0) used.add([name, parts[3], ...users].join(' '), line)
    }
    if (loaded.size === 0 || (!whole && loaded.size < fewestOfAll)) return {}
    return { host: { platform: known('linux', evidence.id, 1), modules: loaded.fact(), modulesInUse: used.fact() } }
  },
})
