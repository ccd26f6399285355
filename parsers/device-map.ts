import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/**
 * grub-bhyve's device map: a GRUB device and the file behind it, a line each.
 *
 *     (hd0) /dev/zvol/zroot/vms/fedora
 */
export default parser({
  gives: 'device-map',
  parse(evidence: Evidence): Contribution {
    const paths = gather(evidence.id)
    const files = gather(evidence.id)
    for (const { text, line } of readTree(textOf(evidence))) {
      const parts = /^\s*\((?:hd|cd|fd)\d{1,3}\)\s+(\S.*)$/.exec(text)
      const file = /(?:>|\b(?:cat|tee|vi|vim|ee|nano)\s)\s{0,8}(\/[^\s;&|<>"']{1,300}\.map)\b/.exec(text.slice(0, 4096))?.[1]
      if (parts) paths.add((parts[1] ?? '').trim(), line)
      else if (file !== undefined) files.add(file, line)
    }
    return paths.size === 0 ? {} : { host: { platform: known('freebsd', evidence.id, 1), deviceMapPaths: paths.fact(), ...(files.size > 0 && { deviceMapFiles: files.fact() }) } }
  },
})
