import { textOf } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const denial = /(?:avc: +denied +\{ ?[a-z_ ]{1,60}\}|apparmor="DENIED").{0,2000}?\bcomm="([^"]{1,40})"/
const what = /\b(?:path|name)="([^"]{1,300})"/

/**
 * What SELinux and AppArmor denied to QEMU and its kin; rules search the lines as well.
 *
 *     type=AVC msg=audit(1717171717.171:88): avc:  denied  { open } for  pid=3211 comm="qemu-kvm" path="/dev/vfio/12" …
 */
export default parser({
  gives: 'audit-log',
  parse(evidence) {
    const denials = gather(evidence.id)
    for (const { text, line } of linesOf(textOf(evidence))) {
      const comm = denial.exec(text)?.[1]
      const file = what.exec(text)?.[1]
      if (comm !== undefined && denials.size < 200) denials.add(`${comm} ${file ?? '?'}`, line)
    }
    return denials.size > 0 || evidence.takenAt !== undefined ? { host: { accessDenied: denials.fact() } } : {}
  },
})
