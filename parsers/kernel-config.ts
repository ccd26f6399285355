import { optionsThatMatter } from '../matching/kernel-options.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const setOption = /^(CONFIG_\w+)=(.*)$/
const unsetOption = /^# (CONFIG_\w+) is not set$/

/**
 * Options of the running kernel that decide about passthrough. /boot has a file for each kernel installed; osrelease
 * in the same text tells which one runs. An option that is not set is given as `=n`.
 *
 *     CONFIG_VFIO_PCI=m
 *     # CONFIG_INTEL_IOMMU_DEFAULT_ON is not set
 */
export default parser({
  gives: 'kernel-config',
  parse(evidence: Evidence) {
    const lines = [...readTree(textOf(evidence))]
    const running = lines.find(({ path }) => path.endsWith('/osrelease'))?.text.trim()
    const paths = new Set(lines.filter(({ text }) => setOption.test(text)).map(({ path }) => path))
    // A path without a name is /proc/config.gz unpacked, or a file a person brought: the running kernel's either way.
    const chosen = paths.has('') ? '' : [...paths].find(path => running && path.includes(running)) ?? (paths.size === 1 ? [...paths][0] : undefined)
    if (chosen === undefined) return {}
    const options = gather(evidence.id)
    const host: HostDraft = {}
    for (const { path, mark, text, line } of lines) {
      if (path !== chosen || mark !== '=') continue
      const set = setOption.exec(text)
      const name = set?.[1] ?? unsetOption.exec(text)?.[1]
      if (!name || !optionsThatMatter.test(name)) continue
      const value = set?.[2] ?? 'n'
      options.add(`${name}=${value}`, line)
      if (name === 'CONFIG_VFIO_PCI') host.vfioBuiltin = known(value === 'y', evidence.id, line)
    }
    return options.size ? { host: { ...host, kernelConfig: options.fact() } } : {}
  },
})
