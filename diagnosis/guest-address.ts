/** What an address out of a guest's log stands for on the host. */
import type { Fact } from '../model/fact.ts'
import type { Snapshot } from '../model/snapshot.ts'

/** Kinds that list every PCI function of a machine. */
const listings = /^(?:pci-sysfs|lspci|pciconf)(?:\/|$)/
const isListed = (facts: object): boolean => (Object.values(facts) as Fact<unknown>[]).some(fact => fact.at.some(cite => listings.test(cite.evidence)))

/**
 * Gives for an address the function and the VM behind it, as keys that findings are related by. Where the functions of
 * the host were listed, an address that the list lacks was printed by a guest: that of the VM whose definition puts a
 * function there, else of the only VM that is given one. On a machine without VMs nothing is said.
 */
export function behindGuestAddress({ functions, assignments }: Snapshot): (bdf: string) => readonly string[] {
  const listed = new Set(Object.entries(functions).filter(([, facts]) => isListed(facts)).map(([bdf]) => bdf))
  const given = Object.values(assignments).flatMap(({ vm, fn, guestAddress }) => (vm && fn ? [{ vm: vm.value, fn: fn.value, at: guestAddress?.value }] : []))
  const vms = new Set(given.map(({ vm }) => vm))
  return bdf => {
    if (listed.size === 0 || listed.has(bdf)) return []
    const there = given.filter(({ at }) => at === bdf)
    const behind = there.length > 0 ? there : vms.size === 1 ? given : []
    return behind.flatMap(({ vm, fn }) => [String(fn), `vm ${vm}`])
  }
}
