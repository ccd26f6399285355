import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { functionOfSelector } from './freebsd/address.ts'
import { isVmName } from './freebsd/vm-name.ts'
import { parser } from './parser.ts'
import { draft } from './qemu/draft.ts'
import { linesOf } from './tree.ts'

/**
 * `cbsd bhyve-ppt mode=list`: address, device, vendor and the VM that has it, or a dash (cbsd tools/bhyve-ppt).
 *
 *     4/0/0 :  Vega 20 [Radeon Pro VII/Radeon Instinct MI50 32GB] :  Advanced Micro Devices, Inc. [AMD/ATI] : rocm
 */
export default parser({
  gives: 'cbsd',
  parse(evidence: Evidence): Contribution {
    const into = draft(evidence.id)
    let any = 0
    for (const { text, line } of linesOf(textOf(evidence))) {
      const [address = '', ...rest] = text.replace(/\x1b\[[\d;]{0,8}m/g, '').split(' : ')
      const vm = (rest.at(-1) ?? '').trim()
      const bdf = functionOfSelector(address)
      if (bdf === null || rest.length < 2) continue
      any ||= line
      if (vm === '-' || !isVmName(vm)) continue
      into.vm(vm).set('name', vm, line)
      into.vm(vm).set('hypervisor', 'cbsd', line)
      const assignment = into.assignment(vm, bdf, address.trim(), line)
      assignment.set('managed', false, line)
      assignment.set('source', 'stored', line)
    }
    if (any > 0) into.host.set('platform', 'freebsd', any)
    return any > 0 ? { ...into.contribution(), host: { platform: known('freebsd', evidence.id, any) } } : {}
  },
})
