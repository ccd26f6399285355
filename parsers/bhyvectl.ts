import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { isVmName, vmOfEvidence } from './freebsd/vm-name.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** MiB of humanize_number(3), which prints `4.0GB`, `512MB`, `128KB`. */
const units: Readonly<Record<string, number>> = { B: 2 ** -20, KB: 2 ** -10, MB: 1, GB: 2 ** 10, TB: 2 ** 20 }
const row = /^([0-9A-F]{1,16})\s+(\d+(?:\.\d+)?)([KMGT]?B)\s+(\S{1,60})\s+([0-9A-F]{1,16})\s+[R-][W-][X-]\s*(.{0,60})$/

/**
 * `bhyvectl --vm=NAME --get-memmap`: what the kernel holds for a VM, be it running or left behind. Before the flags it prints a
 * NUL (usr.sbin/bhyvectl/bhyvectl.c).
 *
 *     Address     Length      Segment     Offset      Prot  Flags
 *     0           3.0GB       sysmem      0           RWX   wired/iommu
 */
export default parser({
  gives: 'bhyvectl',
  parse(evidence: Evidence): Contribution {
    const body = textOf(evidence)
    const rows = [...linesOf(body)].flatMap(({ text, line }) => {
      const parts = row.exec(text.replaceAll('\0', '').trim())
      return parts?.[4] === 'sysmem' ? [{ mib: Number(parts[2]) * (units[parts[3] ?? ''] ?? 0), flags: (parts[6] ?? '').split('/'), line }] : []
    })
    const named = [evidence.from, body].map(text => /--vm[= ]([\w.@:+-]{1,229})/.exec(text.slice(0, 4096))?.[1]).find(name => name !== undefined)
    const ofFile = /(?:^|\/)(?:bhyvectl|memmap)[-_]([\w.@+-]{1,229}?)(?:\.(?:txt|out|log))?$/.exec(evidence.from.slice(-512))?.[1]
    const vm = named ?? ofFile ?? vmOfEvidence(evidence)?.replace(/^(?:bhyvectl|memmap)-(?=.)/, '')
    const first = rows[0]
    if (!first || vm === undefined || !isVmName(vm)) return {}
    const all = (flag: string) => known(rows.every(({ flags }) => flags.includes(flag)), evidence.id, first.line)
    return {
      host: { platform: known('freebsd', evidence.id, first.line) },
      vms: { [vm]: { name: known(vm, evidence.id, first.line), vmmMemoryMiB: known(Math.round(rows.reduce((sum, { mib }) => sum + mib, 0)), evidence.id, first.line), vmmWired: all('wired'), vmmMapped: all('iommu') } },
    }
  },
})
