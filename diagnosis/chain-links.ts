/**
 * The links of the way from firmware to guest, for each kind of host: in which order it comes up, what proves a link, and which
 * findings break it. Data; `chain.ts` asks it. A link is passed where facts show it, never because nothing was seen.
 */
import { mark } from '../language/say.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Condition, Layer, SubjectKind } from '../model/rule.ts'

export interface Link {
  readonly name: string
  /** About what it is asked: the host, each function meant for a VM (or each GPU), each VM that is given one, each pair of the two. */
  readonly of: Exclude<SubjectKind, 'group'>
  /** What proves it; asked of every subject. */
  readonly passed: Condition
  /** What shows without any finding that it is broken. */
  readonly failed?: Condition
  /** Findings of these layers break it, and those of these rules, whatever their layer; a rule that is named belongs to no other link. */
  readonly layers: readonly Layer[]
  readonly rules?: RegExp
  /** What would tell, where no fact does or those at hand do not. */
  readonly tell?: readonly string[]
}

const fact = (path: string, operator: string, value: string | number | boolean | null): Condition => {
  const dot = path.indexOf('.')
  return { fact: path.slice(0, dot), path: path.slice(dot + 1), operator, value }
}
const is = (path: string): Condition => fact(path, 'equal', true)
const isNot = (path: string): Condition => fact(path, 'equal', false)
const some = (path: string): Condition => fact(`${path}.length`, 'greaterThan', 0)
const none = (path: string): Condition => fact(`${path}.length`, 'equal', 0)
const any = (...conditions: Condition[]): Condition => ({ any: conditions })
const all = (...conditions: Condition[]): Condition => ({ all: conditions })

const inFirmware = any(is('host.dmarPresent'), is('host.ivrsPresent'))
const notInFirmware = all(isNot('host.dmarPresent'), isNot('host.ivrsPresent'), fact('host.cpuVendor', 'notEqual', 'arm'))
const cpuRules = /^(?:cpu-(?:no-virt|no-ept|svm|vtx)|dev-kvm|kvm-already-loaded)/
const barRules = /^(?:above4g|intel-arc-no-rebar|intel-vmd|highmem-iommu|amd-1tb-hole)/
const fromGuest = ['nvidia-smi > guest-nvidia-smi.txt (in a Linux guest)', evidenceKinds['guest-report'].get]

const reset: Link = { name: mark('Reset'), of: 'function', passed: any(some('fn.resetMethods'), is('fn.flr')), layers: ['reset'] }
const bars: Link = { name: mark('BARs'), of: 'function', passed: all(some('fn.bars'), none('fn.barsUnassigned')), layers: ['resources', 'link'], rules: barRules }
const definition = (layers: readonly Layer[]): Link => ({
  name: mark('VM definition'), of: 'assignment', layers,
  passed: any(is('vm.running'), all(is('assignment.present'), is('assignment.addressValid'))), failed: isNot('assignment.present'),
})
const guest: readonly Link[] = [
  { name: mark('Guest firmware'), of: 'assignment', passed: any(is('assignment.seenWorking'), fact('vm.guestProblemCodes.length', 'greaterThanInclusive', 0)), layers: ['guest-firmware'], tell: fromGuest },
  { name: mark('Guest driver'), of: 'assignment', passed: any(is('assignment.seenWorking'), all(none('vm.guestProblemCodes'), some('vm.guestDriverVersions'))), layers: ['guest', 'driver', 'userspace'], tell: fromGuest },
]

/** Linux with KVM: QEMU, libvirt, Proxmox. */
const onLinux: readonly Link[] = [
  {
    name: mark('VT-x or AMD-V'), of: 'host', layers: [], rules: cpuRules,
    passed: all(is('host.cpuVirtualization'), any(fact('host.modules', 'contains', 'kvm_intel'), fact('host.modules', 'contains', 'kvm_amd'), is('host.kvmNode'))), failed: isNot('host.cpuVirtualization'),
  },
  { name: mark('IOMMU in firmware'), of: 'host', passed: any(inFirmware, some('host.iommuUnits')), failed: notInFirmware, layers: ['firmware'], rules: /^nested-no-viommu/ },
  { name: mark('IOMMU in the kernel'), of: 'host', passed: any(some('host.iommuUnits'), fact('host.iommuGroupCount', 'greaterThan', 0)), layers: ['iommu', 'kernel', 'boot'] },
  { name: mark('IOMMU group'), of: 'function', passed: all(fact('fn.group', 'exists', true), none('group.blockers')), layers: ['isolation'] },
  { name: mark('Binding'), of: 'function', passed: is('fn.onPassthroughDriver'), layers: ['binding'], tell: ['lspci -nnk (while the VM runs)'] },
  reset,
  bars,
  { ...definition(['vm-config', 'hypervisor', 'memory', 'management']), rules: /^(?:intx-|msi-setup|irq-)/ },
  ...guest,
]

/** FreeBSD with bhyve. */
const onFreebsd: readonly Link[] = [
  {
    name: mark('VT-x or AMD-V'), of: 'host', layers: [], rules: cpuRules,
    passed: any(fact('host.vmxInitialized', 'equal', 1), all(is('host.vmmLoaded'), fact('host.cpuVendor', 'equal', 'amd'))), failed: isNot('host.cpuVirtualization'),
  },
  { name: mark('DMAR or IVRS'), of: 'host', passed: inFirmware, failed: notInFirmware, layers: ['firmware'] },
  { name: mark('vmm'), of: 'host', passed: is('host.vmmLoaded'), failed: isNot('host.vmmLoaded'), layers: [], rules: /^(?:vmm-|securelevel|kld-missing|acpi-disabled|host-msi-disabled|bhyve-not-root)/ },
  { name: mark('pptdevs'), of: 'function', passed: all(none('host.pptdevsMissing'), any(all(is('fn.inPptdevs'), none('host.pptdevsNotInForce')), is('fn.onPassthroughDriver'))), layers: ['boot'], rules: /^pptdevs/ },
  { name: mark('ppt'), of: 'function', passed: is('fn.onPassthroughDriver'), layers: ['binding'], rules: /^ppt-/ },
  {
    name: mark('IOMMU in vmm'), of: 'host', layers: ['iommu', 'kernel', 'isolation'], tell: ['sysctl hw.vmm.iommu.initialized (while a VM with a function runs)'],
    passed: any(fact('host.vmmIommuInitialized', 'equal', 1), fact('host.vmmAmdviCount', 'greaterThan', 0)),
  },
  reset,
  bars,
  definition(['vm-config', 'hypervisor', 'management']),
  { name: mark('Wired memory'), of: 'vm', passed: any(is('vm.wired'), is('vm.vmmWired')), failed: isNot('vm.wired'), layers: ['memory'] },
  ...guest,
]

/** GPUs that this system uses itself: for computing or a display, on the metal or in a guest. */
const ownGpu: readonly Link[] = [
  { name: mark('PCI'), of: 'function', passed: all(is('fn.present'), is('fn.configReadable')), failed: isNot('fn.configReadable'), layers: ['firmware'], rules: /^(?:device-not-detected|header-type-127|device-in-d3)/ },
  bars,
  { name: mark('PCIe link'), of: 'function', passed: all(fact('fn.linkWidth', 'greaterThan', 0), fact('fn.linkSpeedGT', 'greaterThan', 0)), layers: ['link'], rules: /off-bus|fell-off/ },
  { name: mark('Driver'), of: 'function', passed: is('fn.onHostDriver'), layers: ['driver', 'binding', 'kernel', 'guest'] },
  { name: mark('User space'), of: 'function', passed: any(is('fn.inKfd'), some('fn.nodes'), all(fact('fn.vendor', 'equal', '10de'), fact('host.nvidiaSmiError', 'equal', null))), layers: ['userspace', 'management'] },
]

export const chains = { linux: onLinux, freebsd: onFreebsd, ownGpu } as const satisfies Record<string, readonly Link[]>
