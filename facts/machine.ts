/** The picture of the machine out of the facts: nothing is looked up or concluded here that the snapshot does not say. */
import type { Bdf } from '../model/bdf.ts'
import type { Link, Machine, MachineFunction } from '../model/machine.ts'
import type { FunctionFacts, Snapshot } from '../model/snapshot.ts'

/** The tree in the order of addresses. A function whose bridge is not known, or not shown, stands at the root. */
export function machineOf(snapshot: Snapshot): Machine {
  const shown = Object.entries(snapshot.functions).filter(([, fn]) => fn.present?.value !== false).sort(([a], [b]) => byAddress(a, b))
  const known = new Set(shown.map(([bdf]) => bdf))
  const under = new Map<Bdf | null, [Bdf, FunctionFacts][]>()
  for (const entry of shown) {
    const parent = entry[1].parent?.value ?? null
    const at = parent !== null && known.has(parent) && parent !== entry[0] ? parent : null
    const siblings = under.get(at)
    if (siblings) siblings.push(entry)
    else under.set(at, [entry])
  }
  return { functions: inTree(under), vms: vmsOf(snapshot) }
}

/** Buses of one domain, so bridges above each other at most. */
const deepest = 255

/** Depth first, each once: what hangs in a circle of parents, or deeper than PCI can be, is put at the root. */
function inTree(under: ReadonlyMap<Bdf | null, readonly [Bdf, FunctionFacts][]>): MachineFunction[] {
  const seen = new Set<Bdf>()
  const tree: MachineFunction[] = []
  const visit = (entries: readonly [Bdf, FunctionFacts][], depth: number): void => {
    for (const [bdf, fn] of entries) {
      if (seen.has(bdf)) continue
      seen.add(bdf)
      tree.push(functionOf(bdf, fn, depth))
      if (depth < deepest) visit(under.get(bdf) ?? [], depth + 1)
    }
  }
  visit(under.get(null) ?? [], 0)
  visit([...under.values()].flat(), 0)
  return tree
}

const functionOf = (bdf: Bdf, fn: FunctionFacts, depth: number): MachineFunction => ({
  bdf, depth,
  name: fn.name?.value ?? fn.id?.value ?? null,
  kind: fn.kind?.value ?? null,
  driver: fn.driver?.value,
  passedThrough: fn.onPassthroughDriver?.value === true,
  group: fn.groupId?.value,
  link: linkOf(fn),
  wantedBy: fn.wantedBy?.value ?? [],
  wanted: fn.wanted?.value === true,
  bootDisplay: fn.bootVga?.value === true,
  hostUses: fn.hostUses?.value ?? [],
  virtual: fn.isVf?.value === true,
})

function linkOf(fn: FunctionFacts): Link | null {
  const [speed, width] = [fn.linkSpeedGT?.value, fn.linkWidth?.value]
  if (!speed || !width) return null
  return { speed, width, speedMax: fn.linkSpeedMaxGT?.value ?? null, widthMax: fn.linkWidthMax?.value ?? null }
}

const vmsOf = (snapshot: Snapshot): Machine['vms'] => Object.entries(snapshot.vms).map(([name, vm]) => ({
  name, hypervisor: vm.hypervisor?.value ?? null, running: vm.running?.value ?? null, wants: [...new Set(vm.wants?.value ?? [])].sort(byAddress),
}))

/** VMD domains have five digits; a plain comparison of texts would put them before 0001. */
const byAddress = (a: Bdf, b: Bdf): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
