/**
 * What managers of VMs hand out by other names than addresses: Proxmox mappings, devices of OpenStack and KubeVirt, and
 * overrides by driverctl and udev. An assignment is an assignment, whoever makes it.
 */
import { slotOf, type Bdf } from '../model/bdf.ts'
import { derived, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

interface Mapping { readonly name: string, readonly node: string, readonly bdf: Bdf, readonly id: string }

const mappingsOf = (draft: Draft): readonly Mapping[] => (draft.host.proxmoxMappings?.value ?? []).map(line => {
  const [name = '', node = '', bdf = '', id = ''] = line.split(' ')
  return { name, node, bdf, id }
})

/** Entries of a mapping that are about this host: those whose id is that of the function at their address, as far as functions are known. */
const entriesHere = (draft: Draft, name: string): readonly Mapping[] => mappingsOf(draft).filter(map => map.name === name && fits(draft.functions[map.bdf], map.id, draft))
const fits = (fn: FunctionFacts | undefined, id: string, draft: Draft): boolean =>
  fn?.id ? id === '-' || fn.id.value === id : Object.keys(draft.functions).length === 0

/** Functions with the ids under which KubeVirt permits a resource. */
function functionsOfResource({ host, functions }: Draft, resource: string): Bdf[] {
  const ids = (host.kubePermitted?.value ?? []).filter(line => line.startsWith(`${resource} `)).map(line => line.slice(resource.length + 1))
  return Object.keys(functions).filter(bdf => ids.includes(functions[bdf]?.id?.value ?? '-'))
}

/** Assignments where it is plain which function a VM gets; several to choose from are only meant for VMs. Before assignments are named. */
export function joinNamedDevices(draft: Draft): void {
  for (const [vm, facts] of Object.entries(draft.vms)) {
    const assign = (bdf: Bdf, written: string, managed: boolean, ...from: (Fact<unknown> | undefined)[]) => {
      if (Object.hasOwn(draft.assignments, `${vm} ${bdf}`)) return
      draft.assignments[`${vm} ${bdf}`] = {
        vm: derived(vm, ...from), fn: derived(bdf, ...from), written: derived(written, ...from), source: derived('stored', ...from), addressValid: derived(true, ...from), managed: derived(managed, ...from),
      }
    }
    for (const name of facts.pciMappings?.value ?? []) {
      const entries = entriesHere(draft, name)
      if (new Set(entries.map(({ bdf }) => slotOf(bdf))).size === 1) for (const { bdf } of entries) assign(bdf, `mapping=${name}`, true, facts.pciMappings, draft.host.proxmoxMappings)
    }
    for (const resource of facts.kubeDevices?.value ?? []) {
      const [bdf, ...more] = functionsOfResource(draft, resource)
      if (bdf !== undefined && more.length === 0) assign(bdf, resource, false, facts.kubeDevices, draft.host.kubePermitted)
    }
  }
}

/** Why functions are meant for VMs though none names their address. */
export function handedOut(draft: Draft, isPassthroughDriver: (driver: string | null) => boolean): ReadonlyMap<Bdf, Fact<unknown>> {
  const { host, vms, functions } = draft
  const reasons = new Map<Bdf, Fact<unknown>>()
  const because = (bdf: Bdf, fact: Fact<unknown> | undefined) => { if (fact && !reasons.has(bdf)) reasons.set(bdf, fact) }
  for (const [bdf, fn] of Object.entries(functions)) if (isPassthroughDriver(fn.overrideAtBoot?.value ?? null)) because(bdf, fn.overrideAtBoot)
  const asked = new Map<string, Fact<unknown>>()
  for (const vm of Object.values(vms)) {
    for (const name of vm.pciMappings?.value ?? []) if (vm.pciMappings) asked.set(`mapping ${name}`, vm.pciMappings)
    for (const name of vm.kubeDevices?.value ?? []) if (vm.kubeDevices) asked.set(`resource ${name}`, vm.kubeDevices)
  }
  for (const map of mappingsOf(draft)) {
    const by = asked.get(`mapping ${map.name}`)
    if (by && fits(functions[map.bdf], map.id, draft)) because(map.bdf, by)
  }
  const permitted = new Map<string, Fact<unknown>>()
  for (const line of host.kubePermitted?.value ?? []) {
    const [resource = '', selector = ''] = line.split(' ')
    const by = asked.get(`resource ${resource}`)
    if (by) permitted.set(selector, by)
  }
  for (const [bdf, fn] of Object.entries(functions)) {
    because(bdf, permitted.get(fn.id?.value ?? ''))
    if (host.novaDevices && (host.novaDevices.value ?? []).some(spec => isSelected(spec, bdf, fn))) because(bdf, host.novaDevices)
  }
  return reasons
}

/** Whether a selection of nova.conf (`vendor:device address`) takes a function. One that takes everything says nothing about this function. */
function isSelected(spec: string, bdf: Bdf, fn: FunctionFacts | undefined): boolean {
  const [ids = '', address = '*'] = spec.split(' ')
  const [vendor, device] = ids.split(':')
  if (spec === '*:* *' || !fn?.id?.value) return false
  const [ownVendor, ownDevice] = fn.id.value.split(':')
  return (vendor === '*' || vendor === ownVendor) && (device === '*' || device === ownDevice) && (address === '*' || addressFits(address, bdf))
}

/** `*` stands for anything in one part of an address: `*:3b:00.*`. */
function addressFits(pattern: string, bdf: Bdf): boolean {
  const [wanted, given] = [pattern, bdf].map(text => text.split(/[:.]/))
  return wanted !== undefined && given !== undefined && wanted.length === given.length && wanted.every((part, n) => part === '*' || part === given[n])
}

/** Overrides at boot, before it is asked what is meant for VMs. */
export function joinOverrides({ host, functions }: Draft, whole: boolean): void {
  if (!host.overridesAtBoot) return
  const overrides = (host.overridesAtBoot.value ?? []).map(line => ({ line, what: line.slice(0, line.lastIndexOf(' ')), driver: line.slice(line.lastIndexOf(' ') + 1) }))
  for (const [bdf, fn] of Object.entries(functions)) {
    const own = overrides.find(({ what }) => what === bdf || what === fn.id?.value)
    fn.overrideAtBoot = derived(own?.driver ?? null, host.overridesAtBoot)
  }
  const ids = Object.values(functions).flatMap(fn => fn.id?.value ?? [])
  if (whole) host.overridesUnmatched = derived(overrides.filter(({ what }) => !(Object.hasOwn(functions, what) && functions[what]?.id) && !ids.includes(what)).map(({ line }) => line), host.overridesAtBoot)
}

/** What managers are told that does not fit this host or each other. */
export function joinManagers(draft: Draft, whole: boolean): void {
  const { host, vms, functions } = draft
  if (host.proxmoxMappings && whole) {
    // Entries of other nodes are about other machines: only where there is one node it is known to be this.
    const maps = mappingsOf(draft)
    const wrong = new Set(maps.map(({ node }) => node)).size === 1 ? maps.filter(({ bdf, id }) => id !== '-' && functions[bdf]?.id?.value !== id) : []
    host.proxmoxMappingsWrong = derived(wrong.map(({ name, bdf, id }) => `${name} ${bdf} ${id}`), host.proxmoxMappings)
  }
  const named = (of: (vm: (typeof vms)[string]) => readonly string[], known: (name: string) => boolean) =>
    Object.entries(vms).flatMap(([vm, facts]) => of(facts).filter(name => !known(name)).map(name => `${vm} ${name}`))
  if (host.proxmoxMappingNames) {
    host.proxmoxMappingsUndefined = derived(named(vm => vm.pciMappings?.value ?? [], name => host.proxmoxMappingNames?.value?.includes(name) ?? false), host.proxmoxMappingNames, ...Object.values(vms).map(vm => vm.pciMappings))
  }
  const devices = (vm: (typeof vms)[string]) => vm.kubeDevices?.value ?? []
  const asked = Object.values(vms).map(vm => vm.kubeDevices)
  const permitted = new Set((host.kubePermitted?.value ?? []).map(line => line.split(' ')[0]))
  const offered = new Set((host.kubeOffered?.value ?? []).map(line => line.split(' ')).filter(([, , count]) => count !== '0').map(([, name]) => name))
  if (asked.some(Boolean) && host.kubePermitted) host.kubeUnpermitted = derived(named(devices, name => permitted.has(name)), host.kubePermitted, ...asked)
  if (asked.some(Boolean) && host.kubeOffered) host.kubeUnoffered = derived(named(devices, name => offered.has(name)), host.kubeOffered, ...asked)
  if (!host.novaDevices) return
  const specs = host.novaDevices.value ?? []
  if (whole) host.novaUnmatched = derived(specs.filter(spec => spec !== '*:* *' && !Object.entries(functions).some(([bdf, fn]) => isSelected(spec, bdf, fn))), host.novaDevices)
  const lets = (alias: string) => specs.some(spec => {
    const [vendor, device] = (spec.split(' ')[0] ?? '').split(':')
    const [ownVendor, ownDevice] = (alias.split(' ')[1] ?? '').split(':')
    return [vendor, ownVendor].includes('*') || (vendor === ownVendor && ([device, ownDevice].includes('*') || device === ownDevice))
  })
  // A controller has aliases and no devices.
  host.novaAliasesUnmatched = derived(specs.length === 0 ? [] : (host.novaAliases?.value ?? []).filter(alias => !lets(alias)), host.novaDevices, host.novaAliases)
}
