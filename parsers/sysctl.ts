import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import type { Setting } from './freebsd/pptdevs.ts'
import { releaseFacts } from './freebsd/release.ts'
import { integerOf, tunableFacts } from './freebsd/tunables.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const hypervisors: Readonly<Record<string, string>> = { hv: 'hyperv', kvm: 'kvm', bhyve: 'bhyve', vmware: 'vmware', xen: 'xen', vbox: 'virtualbox', parallels: 'parallels', nvmm: 'nvmm' }
const pageBytes = 4096

const vendorOf = (model: string): string => (/intel/i.test(model) ? 'intel' : /amd|opteron|epyc|ryzen/i.test(model) ? 'amd' : /hygon/i.test(model) ? 'hygon' : /arm|cortex|neoverse|ampere/i.test(model) ? 'arm' : 'other')
const mib = (bytes: number): number => Math.round(bytes / 2 ** 20)
const pages = (count: number): number => (count < 0 ? -1 : Math.round((count * pageBytes) / 2 ** 20))

/** Numbers that become a fact as they are, or counted in MiB. */
const numberFacts: readonly (readonly [string, keyof HostDraft, ((n: number) => number)?])[] = [
  ['hw.vmm.iommu.initialized', 'vmmIommuInitialized'],
  ['hw.vmm.ppt.devices', 'vmmPptDevices'],
  ['hw.vmm.amdvi.count', 'vmmAmdviCount'],
  ['hw.vmm.vmx.initialized', 'vmxInitialized'],
  ['hw.vmm.vmx.cap.unrestricted_guest', 'vmxUnrestrictedGuest'],
  ['kern.securelevel', 'securelevel'],
  ['hw.physmem', 'memoryMiB', mib],
  // The release has one of the two: 12.x counts all wired pages, 13 and later those of users.
  ['vm.max_wired', 'wireLimitMiB', pages],
  ['vm.max_user_wired', 'wireLimitMiB', pages],
  ['vm.stats.vm.v_user_wire_count', 'wiredMiB', pages],
  ['vm.stats.vm.v_free_count', 'memoryFreeMiB', pages],
  ['vfs.zfs.arc_max', 'arcMaxMiB', mib],
  ['vfs.zfs.arc.max', 'arcMaxMiB', mib],
  ['hw.intel_graphics_stolen_size', 'igdStolenBytes'],
  ['kern.osreldate', 'osreldate'],
]

/** Names as sysctl prints them; a line of another shape carries on the value above. */
const pair = /^\s*([A-Za-z_][\w%-]*(?:\.[\w%-]+)+)(?:: ?|=)(.*)$/

/**
 * Values of sysctl(8), `name: value` or with -e `name=value`.
 *
 *     hw.vmm.iommu.initialized: 0
 *     sysctl: unknown oid 'hw.vmm'
 */
export default parser({
  gives: 'sysctl',
  parse(evidence: Evidence): Contribution {
    const settings = new Map<string, Setting>()
    let noVmm: number | null = null
    for (const { text, line } of linesOf(textOf(evidence))) {
      if (/unknown oid '?hw\.vmm/.test(text)) noVmm ??= line
      const parts = pair.exec(text)
      if (parts) settings.set(parts[1] ?? '', { value: (parts[2] ?? '').trim(), line })
    }
    if (settings.size === 0 && noVmm === null) return {}
    const host: HostDraft = { ...tunableFacts(settings, evidence) }
    for (const [name, fact, scale] of numberFacts) {
      const setting = settings.get(name)
      const value = setting ? integerOf(setting.value) : null
      if (setting && value !== null) Object.assign(host, { [fact]: known(scale ? scale(value) : value, evidence.id, setting.line) })
    }
    textFacts(settings, host, evidence)
    const vmm = [...settings].find(([name]) => name.startsWith('hw.vmm.'))?.[1]
    // The collector asks for hw.vmm and keeps quiet about what is not there.
    const askedFor = evidence.status === 'ok' && /(?:^|\s)hw\.vmm(?:\s|$)/.test(evidence.from) && settings.has('hw.physmem')
    if (vmm) host.vmmLoaded = known(true, evidence.id, vmm.line)
    else if (noVmm !== null || askedFor) host.vmmLoaded = known(false, evidence.id, noVmm ?? 1)
    // Nothing here is Linux's: its names have no hw. and it writes `name = value`.
    if (vmm || noVmm !== null || settings.has('kern.osrelease') || settings.has('hw.physmem') || settings.has('kern.osreldate')) host.platform = known('freebsd', evidence.id, 1)
    return { host }
  },
})

function textFacts(settings: ReadonlyMap<string, Setting>, host: HostDraft, evidence: Evidence): void {
  const given = <T>(name: string, make: (value: string) => T): Fact<T> | undefined => {
    const setting = settings.get(name)
    return setting && setting.value !== '' ? known(make(setting.value), evidence.id, setting.line) : undefined
  }
  const found = {
    cpuModel: given('hw.model', model => model),
    cpuVendor: given('hw.model', vendorOf),
    runsIn: given('kern.vm_guest', guest => (guest === 'none' ? 'metal' : 'vm')),
    outerHypervisor: given('kern.vm_guest', guest => (guest === 'none' ? null : (Object.hasOwn(hypervisors, guest) ? hypervisors[guest] : guest) ?? guest)),
    jailed: given('security.jail.jailed', jailed => jailed === '1'),
    ...(settings.has('kern.osrelease') && releaseFacts(settings.get('kern.osrelease')?.value ?? '', evidence, settings.get('kern.osrelease')?.line ?? 1)),
  }
  for (const [name, fact] of Object.entries(found)) if (fact) Object.assign(host, { [name]: fact })
}
