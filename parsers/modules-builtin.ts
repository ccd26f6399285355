import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, moduleName, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** A line of modules.builtin is the path the module would have. */
const builtinLine = /(?:^|\/)([\w-]+)\.ko(?:\.\w+)?$/
const release = /^\/(?:usr\/)?lib\/modules\/([^/]+)\//

/**
 * Modules that are part of the kernel, for which modprobe.d has no effect. /lib/modules has a list for each kernel
 * installed; osrelease in the same text tells which one runs. /sys/module tells it without any file: it has a directory
 * for each module, and `initstate` only in those that were loaded (kernel/module/sysfs.c).
 *
 *     kernel/drivers/vfio/pci/vfio-pci.ko
 */
export default parser({
  gives: 'modules-builtin',
  parse(evidence: Evidence) {
    const lines = [...readTree(textOf(evidence))]
    const running = lines.find(({ path }) => path.endsWith('/osrelease'))?.text.trim()
    const releases = new Set(lines.flatMap(({ path }) => release.exec(path)?.[1] ?? []))
    const builtin = gather(evidence.id)
    const loadable = new Set<string>()
    const directories = new Map<string, number>()
    let listed = false
    for (const { path, mark, text, line } of lines) {
      const inSysfs = /^\/sys\/module\/([\w-]+)(\/initstate)?$/.exec(path)
      if (inSysfs?.[2]) loadable.add(moduleName(inSysfs[1] ?? ''))
      else if (inSysfs && mark === '/') directories.set(moduleName(inSysfs[1] ?? ''), line)
      const kernel = release.exec(path)?.[1]
      if (mark !== '=' || (kernel !== undefined && kernel !== running && releases.size > 1)) continue
      const name = builtinLine.exec(text.trim())?.[1]
      if (!name) continue
      listed = true
      builtin.add(moduleName(name), line)
    }
    if (loadable.size) for (const [name, line] of directories) if (!loadable.has(name)) builtin.add(name, line)
    if (!listed && builtin.size === 0) return {}
    const host: HostDraft = { builtinModules: builtin.fact() }
    const whole = listed && (evidence.takenAt !== undefined || builtin.size >= 100)
    const where = builtin.has('vfio_pci') ? lines.find(({ text, path }) => /vfio[-_]pci(?:\.ko|$)/.test(text.trim() || path))?.line ?? 1 : 1
    if (builtin.has('vfio_pci')) host.vfioBuiltin = known(true, evidence.id, where)
    else if (whole || loadable.size) host.vfioBuiltin = known(false, evidence.id, directories.get('vfio_pci') ?? 1)
    return { host }
  },
})
