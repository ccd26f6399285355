/** Open device nodes and interrupts ↔ functions: who has a card open, by its display driver or by the node of its IOMMU group, and how it interrupts. */
import { derived } from '../model/fact.ts'
import type { Contribution, VmFacts } from '../model/snapshot.ts'

/** In a whole table of interrupts a function without a line of VFIO has none. */
export function joinInterrupts({ host, functions }: Required<Contribution>): void {
  if (host.sharedInterrupts) for (const fn of Object.values(functions)) fn.vfioInterrupt ??= derived<string>(null, host.sharedInterrupts)
}

/** What was found open is known; that nothing is, only where every process could be looked into. */
export function joinHolders({ host, functions }: Required<Contribution>): void {
  const { deviceHolders, deviceHoldersWhole } = host
  if (!deviceHolders) return
  const open = (deviceHolders.value ?? []).map(line => line.split(' ')).map(([node = '', pid = '', ...name]) => ({ node, program: `${name.join(' ')} (${pid})` }))
  for (const fn of Object.values(functions)) {
    if (!fn.nodes && !fn.groupId?.value) continue
    const nodes = new Set([...(fn.nodes?.value ?? []), ...(fn.groupId?.value ? [`/dev/vfio/${fn.groupId.value}`] : [])])
    const programs = [...new Set(open.filter(({ node }) => nodes.has(node)).map(({ program }) => program))]
    if (programs.length > 0 || (deviceHoldersWhole?.value === true && fn.nodes)) fn.holders = derived(programs, deviceHolders, fn.nodes)
  }
}

/** A group goes to one process at a time: who runs with one that another VM wants as well, by what a person ends it with. */
export function joinInTheWay({ host, functions, vms, assignments }: Required<Contribution>): void {
  const groupOf = (bdf: string): string | null => (Object.hasOwn(functions, bdf) ? (functions[bdf]?.groupId?.value ?? null) : null)
  const wanted = Object.values(assignments).flatMap(({ vm, fn }) => (vm?.value != null && fn?.value != null ? [{ vm: vm.value, fn, group: groupOf(fn.value) }] : []))
  const running = wanted.filter(({ vm }) => Object.hasOwn(vms, vm) && vms[vm]?.running?.value === true)
  if (running.length === 0) return
  const inTheWay = running.filter(({ vm, fn, group }) => wanted.some(other => other.vm !== vm && (other.fn.value === fn.value || (group !== null && other.group === group)) && !running.includes(other)))
  const known = <T extends string | null>(of: (one: typeof running[number], by: VmFacts) => T) => derived(
    [...new Set(inTheWay.map(one => of(one, vms[one.vm] as VmFacts)).filter(word => word !== null))], ...running.flatMap(({ vm, fn }) => [vms[vm]?.running, fn]))
  host.vmsInTheWay = known(({ vm }, { hypervisor, vmid }) => (hypervisor?.value === 'libvirt' ? vm : hypervisor?.value === 'proxmox' ? (vmid?.value ?? null) : null))
  host.groupsInTheWay = known(({ group }, { hypervisor }) => (hypervisor?.value === 'qemu' ? group : null))
}
