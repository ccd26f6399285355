import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const file = /^\s*(\d{1,5})\s+(\d{1,5})\s+0x[0-9a-f]{1,16}\s+([0-9a-f.]+[KMGB]?)\s+(\S{1,200})(?:\s+\((\S{1,400})\))?\s*$/i
const moduleRow = /^\s+(\d{1,5})\s+([\w/.-]{1,100})\s*$/

/**
 * The loaded kernel files, with -v the modules in each (sbin/kldstat). A file whose module failed to start stays in
 * the list, so with -v the module decides whether vmm is there.
 *
 *     Id Refs Address                Size Name
 *      2    1 0xffffffff82140000   48f1a0 vmm.ko (/boot/kernel/vmm.ko)
 */
export default parser({
  gives: 'kldstat',
  parse(evidence: Evidence): Contribution {
    const files: { name: string, line: number }[] = []
    let moduleLine: number | null = null
    let verbose = false
    let whole = false
    for (const { text, line } of linesOf(textOf(evidence))) {
      const row = file.exec(text)
      if (row) {
        const name = (row[4] ?? '').replace(/^.*\//, '')
        files.push({ name, line })
        whole ||= name === 'kernel'
      } else if (/^\s*Contains modules:/.test(text)) verbose = true
      else if (verbose && moduleRow.exec(text)?.[2] === 'vmm') moduleLine ??= line
    }
    const first = files[0]
    if (!first) return {}
    const host: HostDraft = { platform: known('freebsd', evidence.id, first.line) }
    const at = files.findIndex(({ name }) => name === 'vmm.ko')
    const vmm = files[at]
    const present = verbose && whole ? moduleLine !== null : vmm !== undefined || moduleLine !== null
    if (present || whole) host.vmmLoaded = known(present, evidence.id, moduleLine ?? vmm?.line ?? first.line)
    if (whole) {
      host.klds = { value: files.map(({ name }) => name), at: files.map(({ line }) => ({ evidence: evidence.id, where: line })) }
      if (vmm) host.kldsBeforeVmm = known(files.slice(0, at).map(({ name }) => name), evidence.id, vmm.line)
    }
    return { host }
  },
})
