/**
 * What the platform is by its signs, where no piece of evidence says it outright: the maker of the CPU by its name or by
 * the host bridge, and which traces of an IOMMU, of a hypervisor below and of early VFIO the evidence holds at all.
 */
import { derived, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

const makers: readonly (readonly [RegExp, string])[] = [[/\bIntel\b/i, 'intel'], [/\bHygon\b/i, 'hygon'], [/\bAMD\b/i, 'amd']]
/** Vendors of host bridges. ATI made those of AMD's boards up to the 900 series. */
const bridgeMakers: ReadonlyMap<string, string> = new Map([['8086', 'intel'], ['1022', 'amd'], ['1002', 'amd'], ['1d94', 'hygon']])
/** Intel's 440FX, 440BX and Q35, which QEMU, Xen, bhyve and VMware imitate on any CPU. */
const imitated: ReadonlySet<string> = new Set(['8086:1237', '8086:7190', '8086:29c0'])
/** Red Hat and QEMU, VMware, VirtualBox, Hyper-V, Xen, Parallels. */
const emulated: ReadonlySet<string> = new Set(['1af4', '1b36', '1234', '15ad', '80ee', '1414', '5853', '1ab8'])

export function joinPlatform(draft: Draft): void {
  const { host, functions } = draft
  const maker = host.cpuVendor ?? makerOf(draft)
  if (maker) host.cpuVendor = maker
  const some = (...facts: (Fact<unknown> | undefined)[]) => facts.find(Boolean)
  const all = Object.values(functions)
  const signs: readonly (readonly [name: string, sign: Fact<unknown> | undefined])[] = [
    ['guest', host.runsIn ? (['vm', 'container', 'wsl'].includes(host.runsIn.value ?? '') ? host.runsIn : undefined) : all.find(fn => emulated.has(fn.vendor?.value ?? ''))?.vendor],
    ['metal', host.runsIn?.value === 'metal' ? host.runsIn : undefined],
    ['intel', host.cpuVendor?.value === 'intel' ? host.cpuVendor : undefined],
    ['amd', ['amd', 'hygon'].includes(host.cpuVendor?.value ?? '') ? host.cpuVendor : undefined],
    ['dmar', host.dmarPresent?.value ? host.dmarPresent : undefined],
    ['ivrs', host.ivrsPresent?.value ? host.ivrsPresent : undefined],
    ['groups', (host.iommuGroupCount?.value ?? 0) > 0 ? host.iommuGroupCount : some(...Object.values(draft.groups).map(group => group.members), ...all.map(fn => fn.groupId))],
    ['iommu-off', host.cmdlineParams?.value?.some(word => /^(?:(?:intel_|amd_)?iommu=(?:.{1,80},)?off(?:,|$)|acpi=off$|pci=noacpi)/.test(word)) ? host.cmdlineParams : undefined],
    ['iommu-on', host.cmdlineParams?.value?.some(word => /^intel_iommu=(?:.{1,80},)?on(?:,|$)/.test(word)) ? host.cmdlineParams : undefined],
    ['no-dmar', host.dmarPresent?.value === false ? host.dmarPresent : undefined],
    ['no-ivrs', host.ivrsPresent?.value === false ? host.ivrsPresent : undefined],
    ['vfio-ids-cmdline', (host.vfioIdsCmdline?.value ?? []).length > 0 ? host.vfioIdsCmdline : undefined],
    ['vfio-ids-missed', all.find(fn => fn.inVfioIds?.value === true && fn.onHostDriver?.value === true)?.inVfioIds],
    ['vfio-builtin', host.vfioBuiltin?.value ? host.vfioBuiltin : undefined],
    ['hook-executable', host.hooksExecutable?.value ? host.hooksExecutable : undefined],
  ]
  const seen = signs.filter(([, sign]) => sign !== undefined)
  host.shows = { value: seen.map(([name]) => name), at: seen.flatMap(([, sign]) => sign?.at.slice(0, 1) ?? []) }
}

function makerOf({ host, functions }: Draft): Fact<string> | undefined {
  const named = makers.find(([name]) => name.test(host.cpuModel?.value ?? ''))
  if (named) return derived(named[1], host.cpuModel)
  const isBridge = (fn: FunctionFacts) => fn.class?.value?.startsWith('0600') === true && fn.id?.value != null && !imitated.has(fn.id.value)
  const bridge = Object.entries(functions).find(([bdf, fn]) => bdf.startsWith('0000:00:') && isBridge(fn))?.[1]
  const maker = bridgeMakers.get(bridge?.vendor?.value ?? '')
  return maker === undefined ? undefined : derived(maker, bridge?.vendor)
}
