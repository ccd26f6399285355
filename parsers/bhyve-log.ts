import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'
import { functionOfSelector } from './freebsd/address.ts'
import { bhyveCommandFacts } from './freebsd/bhyve-command.ts'
import { vmOfEvidence } from './freebsd/vm-name.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** illumos prints bhyve's messages too; there the driver has no manual page and devices are paths. */
const illumos = /is not using the ppt driver|\/devices\/|pptadm|illumos|SunOS/
const freebsd = /ppt\(4\)|\/dev\/(?:zvol|nmdm|diskid)|\/usr\/local\/|FreeBSD|\bbhyve: /

/** How the messages of bhyve's passthru name a function (usr.sbin/bhyve/pci_passthru.c). */
const named = /(?:PCI device at|MSI for PCI|BARs for PCI|MSI-X table for PCI|passthru device|MSI-X table BAR on|for MSI-X on) (\d{1,3}\/\d{1,2}\/\d{1,3})\b/

/** The functions that messages name: a rule about one needs it to be there. */
function functionsNamed(body: string, evidence: Evidence): Record<string, FunctionFacts> {
  const functions: Record<string, FunctionFacts> = {}
  for (const { text, line } of linesOf(body)) {
    const bdf = functionOfSelector(named.exec(text.slice(0, 4096))?.[1] ?? '')
    if (bdf !== null) functions[bdf] ??= { bdf: known(bdf, evidence.id, line) }
  }
  return functions
}

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
    const functions = functionsNamed(body, evidence)
    const found = { ...bhyveCommandFacts(evidence), ...(Object.keys(functions).length > 0 && { functions }) }
    const platform = illumos.test(body) ? 'illumos' : freebsd.test(body) || found.vms ? 'freebsd' : null
    const host = { ...found.host, ...(platform !== null && { platform: known(platform, evidence.id, 1) }) }
    const vm = vmOfEvidence(evidence)
    if (vm === null) return { ...found, host }
    const own = { name: known(vm, evidence.id, 1), hypervisor: known('bhyve', evidence.id, 1) }
    return { ...found, host, vms: { ...found.vms, [vm]: { ...own, ...found.vms?.[vm] } } }
  },
})
