import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * How many lines of vmm.ko and bhyve hold the text that only patched builds have: `grep -Hc`.
 *
 *     /boot/kernel/vmm.ko:0
 *     /usr/sbin/bhyve:1
 */
export default parser({
  gives: 'bhyve-build',
  parse(evidence: Evidence): Contribution {
    const host: HostDraft = {}
    for (const { text, line } of linesOf(textOf(evidence))) {
      const parts = /^(\/\S{1,200}\/(?:vmm\.ko|bhyve)):(\d{1,6})$/.exec(text.trim())
      if (!parts) continue
      const is = known(Number(parts[2]) > 0, evidence.id, line)
      Object.assign(host, parts[1]?.endsWith('.ko') ? { vmmKvmSignature: is } : { bhyveNvidiaMirror: is })
    }
    return Object.keys(host).length > 0 ? { host: { platform: known('freebsd', evidence.id, 1), ...host } } : {}
  },
})
