/** Mediated devices and vGPUs: the type that a VM asks for ↔ what the function it names can still make. */
import { derived } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

/** `vmsKnown`: the VMs that run were looked for, so that one not known to run does not. One that runs has taken what it asks for. */
export function joinMediated({ assignments, functions, vms }: Draft, vmsKnown: boolean): void {
  for (const assignment of Object.values(assignments)) {
    const [type, vm, bdf] = [assignment.mdev?.value, assignment.vm?.value ?? '', assignment.fn?.value ?? '']
    const running = Object.hasOwn(vms, vm) ? vms[vm]?.running?.value : undefined
    const fn = Object.hasOwn(functions, bdf) ? functions[bdf] : undefined
    // A name of a type ends in a number (nvidia-63, i915-GVTg_V5_4); a UUID names a device that was made before.
    if (!type || !fn || !/^[a-z]\w{1,20}-\w{1,40}$/i.test(type) || running === true || (running === undefined && !vmsKnown)) continue
    const left = instances(fn, type)
    if (left !== undefined) assignment.mdevInstances = derived(left, assignment.mdev, fn.mdevAvailable, fn.vgpuCreatable)
  }
}

function instances({ mdevAvailable, vgpuCreatable, vgpuType }: FunctionFacts, type: string): number | null | undefined {
  const [id] = /(?<=^nvidia-)\d+$/.exec(type) ?? []
  if (mdevAvailable?.value?.length) {
    const found = mdevAvailable.value.find(entry => entry.startsWith(`${type} `))
    return found === undefined ? null : Number(found.split(' ')[1])
  }
  // A virtual function of NVIDIA holds one vGPU; the list is empty where nothing fits any more.
  if (!vgpuCreatable?.value || id === undefined || vgpuType?.value !== 0) return undefined
  return vgpuCreatable.value.some(entry => entry.startsWith(`${id} `)) ? 1 : 0
}
