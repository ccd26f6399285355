import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution, VmFacts } from '../model/snapshot.ts'
import { isVmName } from './freebsd/vm-name.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** `crw-------  1 root wheel 0x7a Nov 20 10:11 fedora`: a long listing ends in the name. */
const longRow = /^[cbds-][rwxsStT-]{9}[+@]?\s.*\s(\S{1,229})$/

/**
 * The names in /dev/vmm, from `ls` or `ls -l`: a node stands there from the creation of a VM to its destruction,
 * whether bhyve runs it or not.
 *
 *     crw-------  1 root  wheel  0x7a Nov 20 10:11 fedora
 */
export default parser({
  gives: 'vmm-devices',
  parse(evidence: Evidence): Contribution {
    const names = gather(evidence.id)
    const vms: Record<string, VmFacts> = {}
    for (const { text, line } of linesOf(textOf(evidence))) {
      if (/^(?:total \d+|ls: .*|\/dev\/vmm:)?\s*$/.test(text) || /[#$%] *ls\b/.test(text)) continue
      const long = longRow.exec(text)
      for (const name of long ? [long[1] ?? ''] : text.trim().split(/\s+/)) {
        const vm = name.replace(/^\/dev\/vmm\//, '')
        if (!isVmName(vm)) continue
        names.add(vm, line)
        vms[vm] = { name: known(vm, evidence.id, line), inDevVmm: known(true, evidence.id, line) }
      }
    }
    return { host: { platform: known('freebsd', evidence.id, 1), vmmDevices: names.fact() }, vms }
  },
})
