/** What a FreeBSD host itself needs each function for, and what its files and its kernel say of the same thing. */
import type { Bdf } from '../model/bdf.ts'
import { derived, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts, HostFacts } from '../model/snapshot.ts'
import { noted } from '../language/say.ts'

type Draft = Required<Contribution>

export function joinFreebsdHost(draft: Draft): void {
  joinHostUses(draft)
  joinLoaderSettings(draft.host)
  joinNames(draft)
  const { host } = draft
  if (host.platform?.value === 'freebsd') host.nvidiaPatchShown = { value: host.bhyveNvidiaMirror?.value === true, at: host.bhyveNvidiaMirror?.at ?? [] }
  for (const vm of Object.values(draft.vms)) {
    const [held, wanted] = [vm.vmmMemoryMiB?.value, vm.memoryMiB?.value]
    if (held && wanted) vm.vmmMemoryDiffers = derived(Math.abs(held - wanted) > roundedBy(held), vm.vmmMemoryMiB, vm.memoryMiB)
  }
}

/** bhyvectl prints each segment with one decimal below 10 of its unit and with none above. */
const roundedBy = (mib: number): number => Math.max(mib * 0.06, mib >= 10_240 ? 600 : 0)

const isPassedThrough = (fn: FunctionFacts): boolean => fn.driver?.value === 'ppt'
/** Keyboards of USB (ukbd, with usbhid hkbd) in the tree of devices. */
const keyboard = /^[uh]kbd\d/
/** Bridges, link aggregations and VLANs are followed down to hardware; rc.conf rarely stacks more. */
const deepest = 4

/** The interfaces that one of rc.conf is made of: `ifconfig_bridge0="addm igb0"`, `laggport`, `vlandev`, `igb0.5`. */
function madeOf(name: string, rcConf: readonly string[], depth = 0): string[] {
  const parts = rcConf.filter(line => line.startsWith(`ifconfig_${name}=`) || line.startsWith(`ifconfig_${name}_`))
    .flatMap(line => [...line.slice(0, 4096).matchAll(/\b(?:addm|laggport|vlandev)\s+([\w.]{1,40})/g)].map(([, part]) => part ?? ''))
  const base = /^(.+)\.\d{1,4}$/.exec(name)?.[1]
  if (base !== undefined) parts.push(base)
  return depth >= deepest || parts.length === 0 ? [name] : parts.flatMap(part => madeOf(part, rcConf, depth + 1))
}

/** Uses by function, and whether every disk and the default route were led back to one. */
function usesOf({ host, functions }: Draft): { uses: Map<Bdf, string[]>, allFound: boolean } {
  const owner = new Map<string, Bdf>()
  for (const [bdf, fn] of Object.entries(functions)) {
    if (isPassedThrough(fn)) continue
    for (const name of [fn.deviceName?.value, ...(fn.below?.value ?? [])]) if (typeof name === 'string' && !owner.has(name)) owner.set(name, bdf)
  }
  const nvmes = [...owner].filter(([name]) => /^nvme\d+$/.test(name))
  const controllers = new Map((host.hostDisks?.value ?? []).map(entry => entry.split(' ') as [string, string]))
  // nvd(4) disks are unknown to CAM; with one NVMe controller there is no doubt which it is.
  const controllerOf = (disk: string): string => controllers.get(disk) ?? (disk.startsWith('nvd') && nvmes.length === 1 ? nvmes[0]?.[0] ?? '' : '')
  const uses = new Map<Bdf, string[]>()
  let allFound = true
  const use = (device: string, what: string): void => {
    const bdf = owner.get(device)
    if (bdf === undefined) allFound = false
    else uses.set(bdf, [...(uses.get(bdf) ?? []), what])
  }
  for (const [disk, controller] of controllers) use(controller, noted('disk {name}', { name: disk }))
  for (const disk of host.rootDisks?.value ?? []) use(controllerOf(disk), noted('root file system'))
  const route = host.defaultRoute?.value
  if (route) for (const name of madeOf(route, host.rcConf?.value ?? [])) use(name, noted('default route by {name}', { name: route }))
  for (const [name, bdf] of owner) if (keyboard.test(name)) uses.set(bdf, [...(uses.get(bdf) ?? []), 'keyboard'])
  return { uses, allFound }
}

/** That the host does not use a function is only said where all of its disks and its default route have been found elsewhere. */
function joinHostUses(draft: Draft): void {
  const { host, functions } = draft
  if (host.platform?.value !== 'freebsd') return
  const { uses, allFound } = usesOf(draft)
  const looked = allFound && host.hostDisks !== undefined && host.rootDisks !== undefined && host.defaultRoute !== undefined
  for (const [bdf, fn] of Object.entries(functions)) {
    const found = uses.get(bdf)
    if (found ?? (looked && fn.driver)) fn.hostUses = derived([...new Set(found)], host.hostDisks, host.rootDisks, host.defaultRoute, fn.deviceName, fn.below)
  }
}

/** A setting that loader.conf has as well does no harm elsewhere. */
function joinLoaderSettings(host: HostFacts): void {
  const { loaderSettingsElsewhere: elsewhere, loaderConf } = host
  if (!elsewhere?.value || !loaderConf) return
  const set = new Set((loaderConf.value ?? []).map(line => line.split('=')[0]))
  host.loaderSettingsElsewhere = { value: elsewhere.value.filter(entry => !set.has(entry.split(' ')[0])), at: elsewhere.at }
}

/** VMs that are given `ppt3` where no function is on ppt3. */
function joinNames({ host, functions, vms }: Draft): void {
  const listed = Object.hasOwn(functions, '0000:00:00.0') ? Object.values(functions).flatMap(fn => fn.deviceName?.value ?? []) : undefined
  const names = host.pptDevices ? (host.pptDevices.value ?? []).map(entry => entry.split(' ')[0] ?? '') : listed
  const from: Fact<unknown>[] = host.pptDevices ? [host.pptDevices] : host.pptBound ? [host.pptBound] : []
  if (!names || from.length === 0) return
  for (const vm of Object.values(vms)) {
    if (!vm.passthruByName) continue
    const wanted = (vm.passthruByName.value ?? []).map(word => word.split(' ')[0] ?? '').filter(word => /^ppt\d+$/.test(word))
    vm.pptNamesMissing = derived(wanted.filter(name => !names.includes(name)), vm.passthruByName, ...from)
  }
}
