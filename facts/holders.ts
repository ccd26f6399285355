/** Open device nodes and interrupts ↔ functions: who has a card open, by its display driver or by the node of its IOMMU group, and how it interrupts. */
import { derived } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'

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
