import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { bhyveCommandFacts } from './freebsd/bhyve-command.ts'
import { vmOfEvidence } from './freebsd/vm-name.ts'
import { parser } from './parser.ts'

/** illumos prints bhyve's messages too; there the driver has no manual page and devices are paths. */
const illumos = /is not using the ppt driver|\/devices\/|pptadm|illumos|SunOS/
const freebsd = /ppt\(4\)|\/dev\/(?:zvol|nmdm|diskid)|\/usr\/local\/|FreeBSD|\bbhyve: /

/**
 * What bhyve, its loaders and vm-bhyve print. Rules search its lines; here only the VM, the system and any command
 * lines in it are taken.
 *
 *     bhyve: passthru requires guest memory to be wired
 */
export default parser({
  gives: 'bhyve-log',
  parse(evidence: Evidence): Contribution {
    const body = textOf(evidence)
    if (body.trim() === '') return {}
    const found = bhyveCommandFacts(evidence)
    const platform = illumos.test(body) ? 'illumos' : freebsd.test(body) || found.vms ? 'freebsd' : null
    const host = { ...found.host, ...(platform !== null && { platform: known(platform, evidence.id, 1) }) }
    const vm = vmOfEvidence(evidence)
    if (vm === null) return { ...found, host }
    const named = { name: known(vm, evidence.id, 1), hypervisor: known('bhyve', evidence.id, 1) }
    return { ...found, host, vms: { ...found.vms, [vm]: { ...named, ...found.vms?.[vm] } } }
  },
})
