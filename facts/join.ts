/**
 * The joins, made once: function ↔ group ↔ driver ↔ ids on the command line ↔ the VM that wants it. Loops and set
 * logic live here as code; a rule only compares. Each derived fact cites all it was made of, and is left out where a
 * part of it is unknown.
 */
import { bdfFromNumbers, decimalSlashes, nodedevOf, selectorOf, slotOf, type Bdf } from '../model/bdf.ts'
import { hasBody, textOf, type Evidence, type EvidenceKind } from '../model/evidence.ts'
import { derived, type Fact } from '../model/fact.ts'
import { unnamedVm, type AssignmentFacts, type Contribution, type FunctionFacts, type Snapshot, type VmFacts } from '../model/snapshot.ts'
import type { Parsed } from './assemble.ts'
import { guestAddress } from '../parsers/freebsd/bhyve-command.ts'
import { joinAbsent } from './absent.ts'
import { joinDriverBuilds } from './driver-builds.ts'
import { joinFreebsdHost } from './freebsd-host.ts'
import { joinGuestDevices } from './guest-devices.ts'
import { joinHolders, joinInterrupts, joinInTheWay } from './holders.ts'
import { joinHostFiles } from './host-files.ts'
import { goalSaid, joinGoals } from './intent.ts'
import { joinLinkErrors } from './link-errors.ts'
import { joinMediated } from './mediated.ts'
import { handedOut, joinManagers, joinNamedDevices, joinOverrides } from './managers.ts'
import { identifyByNames, nameFunctions, type ShippedNames } from './names.ts'
import { joinPlatform } from './platform.ts'

type Draft = Required<Contribution>

export function join(draft: Draft, parsed: readonly Parsed[], evidence: readonly Evidence[], shipped: ShippedNames): Snapshot {
  joinAbsent(draft.host, evidence)
  joinDeviceNames(draft)
  joinNamedDevices(draft)
  joinNamelessVm(draft)
  nameSubjects(draft)
  nameFunctions(draft.functions, evidence, shipped)
  joinIds(draft)
  identifyByNames(draft.functions, draft.host.vfioIds, evidence, shipped)
  joinDriverBuilds(draft.host)
  joinHostFiles(draft)
  joinHolders(draft)
  joinInterrupts(draft)
  joinFunctions(draft)
  joinLinkErrors(draft.functions)
  joinAssignments(draft)
  joinGuestDevices(draft)
  joinVms(draft, parsed)
  joinOverrides(draft, isWholeMachine(draft))
  joinManagers(draft, isWholeMachine(draft))
  joinInTheWay(draft)
  joinIntent(draft, vmsWereLooked(draft, evidence))
  joinMediated(draft, vmsWereLooked(draft, evidence))
  joinGoals(draft, isWholeMachine(draft))
  joinGroups(draft)
  joinHost(draft)
  joinPlatform(draft)
  joinPptdevs(draft)
  joinBuses(draft)
  joinFreebsdHost(draft)
  joinBhyve(draft, evidence)
  joinGuestWord(draft, evidence)
  spellAddresses(draft)
  return draft
}

/** The head of what nvidia-smi prints where the driver runs; on a bhyve host, which has no CUDA, only a guest can have printed it. */
const nvidiaSmiHead = /\| NVIDIA-SMI [\d.]{3,20} {1,40}(?:KMD Version|Driver Version): [\d.]{3,20}/

function joinGuestWord(draft: Draft, evidence: readonly Evidence[]): void {
  if (draft.host.platform?.value !== 'freebsd') return
  const works = evidence.some(piece => ['guest-report', 'text', 'nvidia-smi'].includes(piece.kind) && hasBody(piece) && nvidiaSmiHead.test(textOf(piece).slice(0, 1 << 20)))
  for (const assignment of Object.values(draft.assignments)) {
    const fn = Object.hasOwn(draft.functions, assignment.fn?.value ?? '') ? draft.functions[assignment.fn?.value ?? ''] : undefined
    if (fn?.vendor) assignment.seenWorking = derived(works && fn.vendor.value === '10de', assignment.fn, fn.vendor)
  }
}

/** Every function by its address in each spelling that a fix may need. */
function spellAddresses(draft: Draft): void {
  for (const [bdf, fn] of Object.entries(draft.functions)) {
    fn.bdf ??= { value: bdf, at: [] }
    fn.nodedev = derived(nodedevOf(bdf), fn.bdf)
    fn.decimal = derived(decimalSlashes(bdf), fn.bdf)
    fn.selector = derived(selectorOf(bdf), fn.bdf)
  }
}

/** The listing holds the whole machine: it shows a host bridge, which an excerpt about a card does not. */
const isWholeMachine = (draft: Draft): boolean =>
  Object.values(draft.functions).some(fn => fn.class?.value?.startsWith('0600')) || Object.hasOwn(draft.functions, '0000:00:00.0')

/** Where a system keeps what its VMs are made of, and where it shows those that run. */
const vmKinds: Readonly<Record<string, readonly EvidenceKind[]>> = { linux: ['libvirt-domain', 'proxmox-vm', 'qemu-processes'], freebsd: ['vm-bhyve', 'bhyve-commands'] }

/** Whether all of these were looked into: only then is a function that no VM names meant for none. A definition that somebody handed in may be one of many. */
function vmsWereLooked({ host, vms }: Draft, evidence: readonly Evidence[]): boolean {
  // A VM that takes what a mapping stands for may take any function, unless the mappings are known.
  if (!host.proxmoxMappings && Object.values(vms).some(vm => (vm.pciMappings?.value ?? []).length > 0)) return false
  const kinds = vmKinds[host.platform?.value ?? ''] ?? []
  const looked = (piece: Evidence) => hasBody(piece) || piece.status === 'absent'
  const whole = (pieces: readonly Evidence[]) => pieces.length > 0 && pieces.every(looked)
  return kinds.length > 0 && kinds.every(kind => whole(evidence.filter(piece => piece.kind === kind)))
}

/** What a guest itself reported names no VM; where there is only one, it is about that one. */
function joinNamelessVm(draft: Draft): void {
  const nameless = draft.vms[unnamedVm]
  const [only, ...others] = Object.keys(draft.vms).filter(name => name !== unnamedVm)
  const assigned = Object.keys(draft.assignments).some(key => key.startsWith(`${unnamedVm} `))
  if (!nameless || only === undefined || others.length > 0 || assigned) return
  draft.vms[only] = { ...nameless, ...draft.vms[only] }
  delete draft.vms[unnamedVm]
}

function nameSubjects(draft: Draft): void {
  for (const [key, assignment] of Object.entries(draft.assignments)) {
    const space = key.lastIndexOf(' ')
    const [vm, bdf] = [key.slice(0, space), key.slice(space + 1)]
    const at = assignment.written?.at ?? assignment.source?.at ?? []
    assignment.vm ??= { value: vm, at }
    assignment.fn ??= { value: bdf, at }
    if (!Object.hasOwn(draft.vms, vm)) draft.vms[vm] = {}
  }
  for (const [id, group] of Object.entries(draft.groups)) group.id ??= { value: id, at: [] }
  for (const [name, vm] of Object.entries(draft.vms)) vm.name ??= { value: name, at: [] }
}

function joinIds(draft: Draft): void {
  const { host } = draft
  const { vfioIdsCmdline: line, vfioIdsModprobe: modprobe, vfioIdsAdded: added } = host
  // Where the running command line is not shown, the one that the loader is told to pass tells what is meant.
  const meant = host.cmdlineParams ? [] : (host.configuredParams?.value ?? []).flatMap(word => /^vfio-pci\.ids=([\da-fA-F:,]{9,2000})$/.exec(word)?.[1]?.split(',') ?? [])
  const ids = [...new Set([...(line?.value ?? []), ...(modprobe?.value ?? []), ...(added?.value ?? []), ...meant])]
  if (ids.length > 0 || (line && modprobe)) host.vfioIds = derived(ids, line, modprobe, added, ...(meant.length > 0 ? [host.configuredParams] : []))
  if (host.vfioIds) host.vfioIdList = derived(ids.join(','), host.vfioIds)
  const present = Object.values(draft.functions).flatMap(fn => fn.id?.value ?? [])
  if (host.vfioIds && isWholeMachine(draft)) {
    host.vfioIdsUnmatched = derived(ids.filter(id => !present.includes(deviceOf(id))), host.vfioIds)
  }
  if (host.pptdevs && isWholeMachine(draft)) {
    host.pptdevsMissing = derived((host.pptdevs.value ?? []).filter(bdf => !Object.hasOwn(draft.functions, bdf)).map(decimalSlashes), host.pptdevs)
  }
}

/** `10de:1b39` of `10de:1b39:10de:1234:0:0`, the long form that vfio-pci.ids takes. */
const deviceOf = (id: string): string => id.split(':').slice(0, 2).map(part => part.toLowerCase().replace(/^0x/, '').padStart(4, '0')).join(':')

/** Class code (PCI Code and ID Assignment Specification, section 1) to the word rules use. */
function kindOfClass(code: string): string {
  const kinds: readonly [RegExp, string][] = [
    [/^03/, 'gpu'], [/^0403|^0401/, 'audio'], [/^0c03/, 'usb'], [/^0108/, 'nvme'], [/^01/, 'storage'], [/^02/, 'network'], [/^0600/, 'host-bridge'], [/^06/, 'bridge'], [/^12/, 'accelerator'],
  ]
  return kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'
}

/** Drivers under which VFIO or ppt has the function. */
const passthroughDriver = /^(vfio-pci|vfio_pci|.*[-_]vfio[-_]pci|vfio-.*|pci-stub|ppt\d*)$/
/** Drivers that share a group with VFIO without harm: they do no DMA on their own. */
const harmlessDriver = /^(pcieport|pci-stub|pcieport-driver)$/

export const isPassthroughDriver = (driver: string | null): boolean => driver !== null && passthroughDriver.test(driver)

function joinFunctions(draft: Draft): void {
  const { host } = draft
  const whole = isWholeMachine(draft)
  const bySlot = groupBy(Object.keys(draft.functions), slotOf)
  const byId = groupBy(Object.keys(draft.functions), bdf => draft.functions[bdf]?.id?.value ?? '')
  const ids = new Set((host.vfioIds?.value ?? []).map(deviceOf))
  // An address alone, such as that of 00:00.0 in a log, is no listing: a host bridge with its class is in every one.
  const listed = Object.values(draft.functions).some(fn => fn.id && fn.class?.value?.startsWith('0600'))
  for (const [bdf, fn] of Object.entries(draft.functions)) {
    if (fn.id?.value) fn.vendor ??= derived(fn.id.value.slice(0, 4), fn.id)
    if (fn.class?.value) {
      const mates = bySlot.get(slotOf(bdf)) ?? []
      const besideGpu = mates.some(mate => draft.functions[mate]?.class?.value?.startsWith('03'))
      const kind = kindOfClass(fn.class.value)
      fn.kind = derived(kind === 'audio' && besideGpu ? 'gpu-audio' : kind, fn.class)
    }
    fn.driverShown = { value: fn.driver !== undefined, at: fn.driver?.at ?? [] }
    if (fn.driver) {
      const driver = fn.driver.value
      fn.onPassthroughDriver = derived(isPassthroughDriver(driver), fn.driver)
      fn.onHostDriver = derived(driver !== null && !isPassthroughDriver(driver) && !harmlessDriver.test(driver), fn.driver)
    }
    if (fn.msi && fn.msix) fn.msiCapable = derived(fn.msi.value === true || fn.msix.value === true, fn.msi, fn.msix)
    if (fn.id && host.vfioIds) fn.inVfioIds = derived(fn.id.value !== null && ids.has(fn.id.value), fn.id, host.vfioIds)
    if (host.pptdevs) fn.inPptdevs = derived((host.pptdevs.value ?? []).includes(bdf), host.pptdevs)
    if (whole || (bySlot.get(slotOf(bdf)) ?? []).length > 1) fn.slotMates = { value: (bySlot.get(slotOf(bdf)) ?? []).filter(mate => mate !== bdf), at: [] }
    if (fn.id?.value && whole) fn.sharesIdWith = derived((byId.get(fn.id.value) ?? []).filter(other => other !== bdf), fn.id)
    if (fn.groupId) fn.group = fn.groupId
    if (fn.id || listed) fn.present = derived(fn.id !== undefined, fn.id ?? fn.bdf)
  }
}

function joinAssignments(draft: Draft): void {
  const whole = isWholeMachine(draft)
  for (const assignment of Object.values(draft.assignments)) {
    const bdf = assignment.fn?.value ?? ''
    const fn = Object.hasOwn(draft.functions, bdf) ? draft.functions[bdf] : undefined
    // A log or a definition may name a function that no listing here shows: then only its address is known.
    if (fn?.id || whole) assignment.present = derived(fn?.id !== undefined, assignment.fn, fn?.id)
    if (assignment.present?.value === false) assignment.idlePfs = idlePfs(assignment, draft.functions)
    const reading = hexReading(assignment, draft.functions)
    if (reading !== undefined) assignment.decimalReading = derived(reading, assignment.written)
    const own = Object.values(draft.assignments).filter(other => other.vm?.value === assignment.vm?.value).map(other => other.fn?.value)
    if (fn?.slotMates) {
      const missing = (fn.slotMates.value ?? []).filter(mate => !own.includes(mate) && !['bridge', 'host-bridge'].includes(draft.functions[mate]?.kind?.value ?? ''))
      assignment.mateMissing = derived(missing, assignment.fn, fn.slotMates)
    }
    if (!fn && bdf !== '' && !whole) draft.functions[bdf] = { bdf: derived(bdf, assignment.fn) }
  }
}

/** Virtual functions sit on the bus of their physical function or, with an offset of 128 and more, on the next (SR-IOV 1.1, 2.1.2). */
function idlePfs(assignment: AssignmentFacts, functions: Readonly<Record<Bdf, FunctionFacts>>): NonNullable<AssignmentFacts['idlePfs']> {
  const place = (bdf: Bdf) => Number.parseInt(bdf.slice(0, bdf.lastIndexOf(':')).replace(':', ''), 16)
  const wanted = place(assignment.fn?.value ?? '')
  const idle = Object.entries(functions).filter(([bdf, fn]) => (fn.vfsTotal?.value ?? 0) > 0 && fn.vfs?.value === 0 && [0, 1].includes(wanted - place(bdf)))
  return derived(idle.map(([bdf]) => bdf), assignment.present, ...idle.flatMap(([, fn]) => [fn.vfsTotal, fn.vfs]))
}

/**
 * libvirt reads a bare number as decimal, lspci prints hexadecimal: `bus='82'` is bus 0x52, and that is what libvirt
 * writes back into the definition. Where no function is at the address, the one that the decimal digits name as
 * hexadecimal; for a number that stands there with 0x only if it is a display. Undefined where nothing can be said.
 */
function hexReading(assignment: AssignmentFacts, functions: Readonly<Record<Bdf, FunctionFacts>>): Bdf | null | undefined {
  const written = assignment.written?.value
  if (!written || assignment.present === undefined) return undefined
  const [domain, bus, slot, fn] = ['domain', 'bus', 'slot', 'function'].map(name => readings(written, name))
  if (!bus || !slot || !fn) return undefined
  if (assignment.present.value) return null
  const asStored = !/\b(?:bus|slot)=["']?[1-9]/.test(written)
  for (const [b, s] of [[bus.asHex, slot.asHex], [bus.asHex, slot.plain], [bus.plain, slot.asHex]] as const) {
    const reading = bdfFromNumbers(domain?.plain ?? 0, b, s, fn.plain)
    if (reading === null || reading === assignment.fn?.value || !Object.hasOwn(functions, reading) || !functions[reading]?.id) continue
    if (!asStored || functions[reading]?.class?.value?.startsWith('03')) return reading
  }
  return null
}

/** A number of a libvirt address as libvirt takes it, and as it would be if its decimal digits were hexadecimal. */
function readings(written: string, name: string): { plain: number; asHex: number } | null {
  const [, prefix, digits] = new RegExp(`\\b${name}=["']?(0x)?([0-9a-fA-F]{1,5})`).exec(written) ?? []
  if (digits === undefined) return null
  const plain = parseInt(digits, prefix ? 16 : 10)
  return { plain, asHex: parseInt(prefix ? String(plain) : digits, 16) }
}

/** What names all functions that a VM wants. */
const definitions: readonly EvidenceKind[] = ['libvirt-domain', 'libvirt-domain-live', 'proxmox-vm', 'vm-bhyve', 'illumos-zone']

function joinVms(draft: Draft, parsed: readonly Parsed[]): void {
  const definedIn = (kind: EvidenceKind, vm: string) => parsed.filter(piece => piece.evidence.kind === kind && Object.hasOwn(piece.gave.vms ?? {}, vm))
  for (const [name, vm] of Object.entries(draft.vms)) {
    const own = Object.values(draft.assignments).filter(assignment => assignment.vm?.value === name)
    const shown = (vm.guestDriverVersions?.value ?? []).some(allowsVm)
    vm.nvidiaAllowsVmShown = { value: shown, at: shown ? vm.guestDriverVersions?.at ?? [] : [] }
    // A VM of which a log or /dev/vmm tells the name may want more than anybody saw.
    const defined = definitions.some(kind => definedIn(kind, name).length > 0) || vm.memoryMiB !== undefined || vm.vcpus !== undefined
    if (own.length > 0 || defined) vm.wants = { value: own.flatMap(assignment => assignment.fn?.value ?? []), at: own.flatMap(assignment => assignment.fn?.at ?? []) }
    const [live, stored] = [definedIn('libvirt-domain-live', name), definedIn('libvirt-domain', name)]
    if (live.length > 0 && stored.length > 0) vm.hostdevsLiveOnly = liveOnly(name, live, stored)
  }
}

/** `PCI\VEN_10DE&DEV_1B80 31.0.15.3179`: Windows writes NVIDIA's 531.79 as the last five digits of its own version. */
function allowsVm(shown: string): boolean {
  const parts = /^PCI\\VEN_10DE\S* \d+\.\d+\.\d*(\d)\.(\d{1,4})$/.exec(shown)
  return parts !== null && Number(`${parts[1]}${parts[2]?.padStart(4, '0')}`) >= 46589
}

function liveOnly(vm: string, live: readonly Parsed[], stored: readonly Parsed[]): NonNullable<VmFacts['hostdevsLiveOnly']> {
  const keys = (pieces: readonly Parsed[]) => pieces.flatMap(piece => Object.entries(piece.gave.assignments ?? {}).filter(([key]) => key.startsWith(`${vm} `)))
  const kept = new Set(keys(stored).map(([key]) => key))
  const gone = keys(live).filter(([key]) => !kept.has(key))
  return { value: gone.map(([key]) => key.slice(vm.length + 1)), at: gone.flatMap(([, facts]) => facts.written?.at ?? facts.source?.at ?? []) }
}

/** What is meant for a VM: known to be wanted by any sign; known not to be only where VMs and ids were looked at. */
function joinIntent(draft: Draft, vmsKnown: boolean): void {
  const handed = handedOut(draft, isPassthroughDriver)
  for (const [bdf, fn] of Object.entries(draft.functions)) {
    const by = Object.values(draft.assignments).filter(assignment => assignment.fn?.value === bdf)
    if (by.length > 0 || vmsKnown) fn.wantedBy = { value: by.flatMap(assignment => assignment.vm?.value ?? []), at: by.flatMap(assignment => assignment.fn?.at ?? []) }
    const said = goalSaid(draft, bdf)
    const signs: (Fact<unknown> | undefined)[] = [
      said?.value === 'passthrough' ? said : undefined,
      by.length > 0 ? fn.wantedBy : undefined,
      fn.inVfioIds?.value ? fn.inVfioIds : undefined,
      fn.inPptdevs?.value ? fn.inPptdevs : undefined,
      isPassthroughDriver(fn.driverOverride?.value ?? null) ? fn.driverOverride : undefined,
      handed.get(bdf),
      fn.onPassthroughDriver?.value ? fn.driver : undefined,
    ]
    if (said && said.value !== 'passthrough') fn.wanted = derived(false, said)
    else if (signs.some(Boolean)) fn.wanted = derived(true, ...signs)
    else if (vmsKnown && fn.driver && (draft.host.vfioIds || draft.host.pptdevs)) fn.wanted = derived(false, fn.driver, draft.host.vfioIds, draft.host.pptdevs)
  }
  for (const fn of Object.values(draft.functions)) {
    const twins = fn.sharesIdWith?.value?.map(bdf => draft.functions[bdf]?.wantedBy)
    if (twins?.every(Boolean)) fn.unclaimedTwins = derived(fn.sharesIdWith?.value?.filter((_, at) => twins[at]?.value?.length === 0) ?? [], fn.sharesIdWith)
  }
}

function joinGroups(draft: Draft): void {
  const members = groupBy(Object.keys(draft.functions).filter(bdf => draft.functions[bdf]?.groupId?.value), bdf => draft.functions[bdf]?.groupId?.value as string)
  for (const [id, bdfs] of members) {
    const group = (draft.groups[id] ??= { id: { value: id, at: [] } })
    const all = [...new Set([...(group.members?.value ?? []), ...bdfs])].sort()
    group.members = { value: all, at: [...(group.members?.at ?? []), ...bdfs.flatMap(bdf => draft.functions[bdf]?.groupId?.at ?? [])] }
  }
  for (const group of Object.values(draft.groups)) {
    const all = group.members?.value ?? []
    for (const bdf of all) if (!Object.hasOwn(draft.functions, bdf)) draft.functions[bdf] = { bdf: { value: bdf, at: group.members?.at ?? [] }, groupId: derived(group.id?.value ?? null, group.members), group: derived(group.id?.value ?? null, group.members) }
    const facts = all.map(bdf => draft.functions[bdf] as FunctionFacts)
    const held = all.filter(bdf => draft.functions[bdf]?.onHostDriver?.value === true)
    if (held.length > 0) group.held = derived(held, group.members, ...held.map(bdf => draft.functions[bdf]?.driver))
    if (!facts.every(fn => fn.kind)) continue
    const endpoints = all.filter(bdf => !['bridge', 'host-bridge'].includes(draft.functions[bdf]?.kind?.value ?? ''))
    const of = (fn: Bdf) => draft.functions[fn] as FunctionFacts
    group.endpoints = derived(endpoints, group.members)
    group.cards = derived(new Set(endpoints.map(slotOf)).size, group.members)
    for (const bdf of all) of(bdf).mates = derived(endpoints.filter(mate => mate !== bdf), group.members)
    const wanted = endpoints.filter(bdf => of(bdf).wanted?.value === true)
    if (wanted.length > 0 || endpoints.every(bdf => of(bdf).wanted)) {
      group.wanted = derived(wanted, group.members, ...wanted.map(bdf => of(bdf).wanted))
      const cards = new Set(wanted.map(slotOf))
      const unrelated = endpoints.filter(bdf => !cards.has(slotOf(bdf)))
      group.others = derived(unrelated, group.members, ...wanted.map(bdf => of(bdf).wanted))
      // One that nobody knows the driver of may be on VFIO as well.
      if (unrelated.every(bdf => of(bdf).wanted ?? of(bdf).driver)) group.unrelated = derived(unrelated, group.members)
    }
    if (endpoints.every(bdf => of(bdf).onHostDriver)) {
      const managed = (bdf: Bdf) => Object.values(draft.assignments).some(assignment => assignment.fn?.value === bdf && assignment.managed?.value === true)
      const blockers = endpoints.filter(bdf => of(bdf).onHostDriver?.value === true && !managed(bdf))
      group.blockers = derived(blockers, group.members, ...blockers.map(bdf => of(bdf).driver))
    }
  }
}

function joinHost(draft: Draft): void {
  const { host } = draft
  host.gpuHangsShown = derived(host.gpuHangs?.value ?? [], host.gpuHangs)
  const classes = Object.entries(draft.functions).filter(([, fn]) => fn.class?.value?.startsWith('03'))
  if (isWholeMachine(draft)) {
    host.gpus = { value: classes.map(([bdf]) => bdf).sort(), at: classes.flatMap(([, fn]) => fn.class?.at ?? []) }
    host.gpuCount = derived(classes.length, host.gpus)
    // Only these drivers speak to microcontrollers of Intel.
    const drivers = Object.values(draft.functions).map(fn => fn.driver)
    if (drivers.every(driver => driver && driver.value !== 'i915' && driver.value !== 'xe')) host.intelMicrocontrollers ??= derived<readonly string[]>([], ...classes.map(([, fn]) => fn.driver))
    const switches = Object.entries(draft.functions).filter(([, fn]) => fn.vendor?.value === '10de' && fn.class?.value?.startsWith('0680'))
    host.nvSwitches = { value: switches.map(([bdf]) => bdf).sort(), at: switches.flatMap(([, fn]) => fn.class?.at ?? []) }
  }
  const names = Object.keys(draft.vms)
  host.vms = { value: names, at: Object.values(draft.vms).flatMap(vm => vm.name?.at ?? []) }
  host.vmCount = derived(names.length, host.vms)
  const withPorts = Object.entries(draft.vms).filter(([, vm]) => vm.running?.value === true && vm.freeHotplugPorts)
  const full = withPorts.filter(([, vm]) => vm.freeHotplugPorts?.value === 0).map(([name]) => name)
  if (withPorts.length > 0) host.vmWithoutPort = derived(full.length === 1 ? (full[0] as string) : null, ...withPorts.flatMap(([, vm]) => [vm.running, vm.freeHotplugPorts]))
  const wanted = Object.values(draft.functions).filter(fn => fn.wanted?.value === true)
  const ids = [host.vfioIds, host.pptdevs, host.pciStubIds].filter(fact => (fact?.value ?? []).length > 0)
  const said = !host.goal?.value || (host.goalDevices && host.goal.value !== 'passthrough') ? undefined : host.goal
  if (said) host.wantsPassthrough = derived(said.value === 'passthrough' || wanted.length > 0, said, ...wanted.map(fn => fn.wanted))
  else if (wanted.length > 0 || ids.length > 0 || host.vfioAtWork) host.wantsPassthrough = derived(true, ...wanted.map(fn => fn.wanted), ...ids, host.vfioAtWork)
  else if (isWholeMachine(draft) && Object.values(draft.functions).every(fn => fn.wanted)) host.wantsPassthrough = { value: false, at: [] }
  if (host.iommuGroupCount === undefined && Object.keys(draft.groups).length > 0) {
    host.iommuGroupCount = { value: Object.keys(draft.groups).length, at: Object.values(draft.groups).flatMap(group => group.members?.at.slice(0, 1) ?? []).slice(0, 3) }
  }
}

/** bhyve also takes functions by device name (`ppt0`, with the guest slot behind it); pciconf knows which that is. */
function joinDeviceNames(draft: Draft): void {
  const named = new Map(Object.entries(draft.functions).flatMap(([bdf, fn]) => (fn.deviceName?.value ? [[fn.deviceName.value, bdf] as const] : [])))
  for (const [vm, facts] of Object.entries(draft.vms)) {
    for (const word of facts.passthruByName?.value ?? []) {
      const [name = '', slot] = word.split(' ')
      const bdf = named.get(name)
      if (bdf === undefined || Object.hasOwn(draft.assignments, `${vm} ${bdf}`)) continue
      const from = [facts.passthruByName, draft.functions[bdf]?.deviceName] as const
      draft.assignments[`${vm} ${bdf}`] = {
        vm: derived(vm, ...from), fn: derived(bdf, ...from), written: derived(name, facts.passthruByName), addressValid: derived(true, ...from), managed: derived(false, facts.passthruByName),
        guestAddress: derived(slot === undefined ? null : guestAddress(slot), facts.passthruByName),
      }
    }
  }
}

/** What pptdevs says against the functions there are and the kernel environment. */
function joinPptdevs(draft: Draft): void {
  const { host, functions } = draft
  if (host.pptdevs && host.pptdevsInForce) {
    const inForce = host.pptdevsInForce.value ?? []
    host.pptdevsNotInForce = derived((host.pptdevs.value ?? []).filter(bdf => !inForce.includes(bdf)), host.pptdevs, host.pptdevsInForce)
  }
  if (!host.pptdevsMissing) return
  const words = [...(host.pptdevsMissing.value ?? []), ...(host.pptdevsBad?.value ?? [])]
  const hex = words.flatMap(word => {
    const parts = /^([0-9a-f]{1,2})[/:]([0-9a-f]{1,2})[/:.]([0-7])$/i.exec(word)
    const bdf = parts && bdfFromNumbers(0, parseInt(parts[1] ?? '', 16), parseInt(parts[2] ?? '', 16), Number(parts[3]))
    return bdf && Object.hasOwn(functions, bdf) && functions[bdf]?.id ? [`${word} is ${decimalSlashes(bdf)}`] : []
  })
  host.pptdevsHex = derived(hex, host.pptdevsMissing, host.pptdevsBad)
}

/** PCI Express gives each slot a bus of its own; several slots on a bus below a bridge share a conventional PCI bridge. */
function joinBuses(draft: Draft): void {
  const busOf = (bdf: Bdf) => bdf.slice(0, bdf.lastIndexOf(':'))
  const endpoints = Object.keys(draft.functions).filter(bdf => ![undefined, 'bridge', 'host-bridge'].includes(draft.functions[bdf]?.kind?.value ?? undefined))
  const byBus = groupBy(endpoints, busOf)
  for (const bdf of endpoints) {
    const fn = draft.functions[bdf]
    if (fn?.parent?.value) fn.busMates = derived((byBus.get(busOf(bdf)) ?? []).filter(mate => slotOf(mate) !== slotOf(bdf)), fn.parent)
  }
}

/** What several VMs of bhyve, and their files, show together. */
function joinBhyve(draft: Draft, evidence: readonly Evidence[]): void {
  const { host } = draft
  const wanting = Object.entries(draft.vms).filter(([, vm]) => (vm.wants?.value ?? []).length > 0 || (vm.passthruByName?.value ?? []).length > 0)
  const bhyve = wanting.filter(([, vm]) => /bhyve|cbsd/.test(vm.hypervisor?.value ?? ''))
  if (bhyve.length > 0) host.vmsPassthru = derived(bhyve.map(([name]) => name), ...bhyve.map(([, vm]) => vm.hypervisor))
  const unwired = bhyve.filter(([, vm]) => vm.wired?.value === false)
  if (unwired.length > 0 || (bhyve.length > 0 && bhyve.every(([, vm]) => vm.wired))) {
    host.vmsUnwired = derived(unwired.map(([name]) => name), ...(unwired.length > 0 ? unwired : bhyve).map(([, vm]) => vm.wired))
  }
  for (const [, vm] of bhyve) barWindows(vm, draft.functions)
  if (host.wireLimitMiB) {
    const over = bhyve.filter(([, vm]) => vm.wired?.value === true && (host.wireLimitMiB?.value ?? -1) >= 0 && (vm.memoryMiB?.value ?? 0) > (host.wireLimitMiB?.value ?? 0))
    if (over.length > 0 || (bhyve.length > 0 && bhyve.every(([, vm]) => vm.wired && vm.memoryMiB))) host.vmsOverWireLimit = derived(over.map(([name]) => name), host.wireLimitMiB, ...over.map(([, vm]) => vm.memoryMiB))
  }
  const bad = Object.entries(draft.vms).flatMap(([name, vm]) => (vm.passthruBad?.value ?? []).map(selector => `${name}: ${selector}`))
  if (bad.length > 0 || bhyve.length > 0) host.passthruBad = derived(bad, ...Object.values(draft.vms).map(vm => vm.passthruBad))
  const missing = mapElsewhere(draft, evidence)
  if (missing) host.deviceMapMissing ??= missing
}

/** 64-bit BARs above this size go above the memory of the guest, all others below 4 GiB (usr.sbin/bhyve/pci_emul.c). */
const highBarBytes = 128 * 2 ** 20

/** How much room the BARs of a VM's functions take in bhyve's two windows. */
function barWindows(vm: VmFacts, functions: Readonly<Record<Bdf, FunctionFacts>>): void {
  const bars = (vm.wants?.value ?? []).map(bdf => (Object.hasOwn(functions, bdf) ? functions[bdf]?.bars : undefined))
  if (bars.length === 0 || !bars.every(fact => fact !== undefined)) return
  const memory = bars.flatMap(fact => fact.value ?? []).map(line => line.split(' ')).filter(([, type]) => type?.startsWith('mem'))
  const isHigh = ([, type, , size]: readonly string[]) => type?.startsWith('mem64') === true && Number(size) > highBarBytes
  const mib = (high: boolean) => memory.filter(bar => isHigh(bar) === high).reduce((sum, [, , , size]) => sum + Number(size) / 2 ** 20, 0)
  vm.bar64MiB = derived(mib(true), vm.wants, ...bars)
  vm.bar32MiB = derived(mib(false), vm.wants, ...bars)
}

/** Device maps given to grub-bhyve where none was found, while one of the same name was found in another folder. */
function mapElsewhere(draft: Draft, evidence: readonly Evidence[]): Fact<string[]> | undefined {
  const found = evidence.filter(piece => piece.kind === 'device-map' && piece.takenAt !== undefined && piece.from.startsWith('/')).map(piece => piece.from)
  found.push(...(draft.host.deviceMapFiles?.value ?? []))
  const given = Object.values(draft.vms).filter(vm => vm.deviceMap?.value?.startsWith('/'))
  if (found.length === 0 || given.length === 0) return undefined
  const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)
  const missing = given.filter(vm => !found.includes(vm.deviceMap?.value ?? '') && found.some(path => base(path) === base(vm.deviceMap?.value ?? '')))
  return derived(missing.flatMap(vm => vm.deviceMap?.value ?? []), ...(missing.length > 0 ? missing : given).map(vm => vm.deviceMap))
}

function groupBy(keys: readonly string[], by: (key: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const group = by(key)
    const list = groups.get(group)
    if (list) list.push(key)
    else groups.set(group, [key])
  }
  return groups
}
