/**
 * What functions are for: meant for a VM by some sign in the configuration, or what a person said, which stands above
 * all signs. A desktop with a display driver and no VM is meant for nothing else.
 */
import { derived, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

/** What was said of this function; undefined: nothing. */
export function goalSaid({ host, functions }: Draft, bdf: string): Fact<string> | undefined {
  if (!host.goal?.value) return undefined
  if (host.goalDevices) return host.goalDevices.value?.includes(bdf) ? derived(host.goal.value, host.goal, host.goalDevices) : undefined
  // Said of the host as a whole, compute and display mean its GPUs; passthrough says which only where there is one.
  const isOfGpu = (fn: FunctionFacts | undefined) => ['gpu', 'gpu-audio', 'accelerator'].includes(fn?.kind?.value ?? '')
  const cards = Object.values(functions).filter(fn => ['gpu', 'accelerator'].includes(fn.kind?.value ?? '')).length
  return isOfGpu(functions[bdf]) && (host.goal.value !== 'passthrough' || cards === 1) ? host.goal : undefined
}

/** The goal of each function, once it is known what is meant for VMs. */
export function joinGoals(draft: Draft, whole: boolean): void {
  const { host, functions } = draft
  for (const [bdf, fn] of Object.entries(functions)) {
    const said = goalSaid(draft, bdf)
    if (said) fn.goal = said
    else if (fn.wanted?.value === true) fn.goal = derived('passthrough', fn.wanted)
    else if (fn.onHostDriver?.value === true && (fn.monitors?.value ?? []).length > 0) fn.goal = derived('display', fn.monitors)
    else fn.goal = { value: null, at: [] }
  }
  // Nobody who was asked said anything: that is known, unlike what nobody could read.
  host.goal ??= { value: null, at: [] }
  const named = host.goalDevices?.value ?? []
  if (named.length === 0 || whole) host.goalDevicesMissing = derived(named.filter(bdf => !Object.hasOwn(functions, bdf) || !functions[bdf]?.id), host.goalDevices)
}
