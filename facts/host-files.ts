/** Files that drivers and VMs name ↔ files that are there; and the boot configuration ↔ what was made of it. */
import { derived, type Fact } from '../model/fact.ts'
import type { AssignmentFacts, Contribution, HostFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

export function joinHostFiles(draft: Draft): void {
  joinFirmware(draft.host)
  joinBootConfig(draft.host)
  const { imageFiles, imageFolders } = draft.host
  const sizes = new Map((imageFiles?.value ?? []).map(entry => [entry.slice(0, entry.lastIndexOf(' ')), Number(entry.slice(entry.lastIndexOf(' ') + 1))]))
  const heads = new Map((draft.host.romHeads?.value ?? []).map(entry => { const words = entry.split(' '); return [words.slice(0, -4).join(' '), words.slice(-4)] }))
  /** Its size, null where its folder was searched and lacks it, undefined where nobody looked. */
  const sizeOf = (path: string): number | null | undefined => sizes.get(path) ?? (imageFolders?.value?.includes(path.slice(0, path.lastIndexOf('/'))) && searched.test(path) ? null : undefined)
  for (const vm of Object.values(draft.vms)) {
    const size = vm.firmwareFile?.value ? sizeOf(vm.firmwareFile.value) : undefined
    if (size !== undefined) vm.firmwareFileThere = derived(size !== null, vm.firmwareFile, size === null ? imageFolders : imageFiles)
    else if (vm.firmwareFile?.value === null) vm.firmwareFileThere = derived(true, vm.firmwareFile)
  }
  for (const assignment of Object.values(draft.assignments)) {
    const name = assignment.romFile?.value
    const path = name && !name.includes('/') ? `/usr/share/kvm/${name}` : name
    const size = path ? sizeOf(path) : undefined
    if (size !== undefined) assignment.romFileBytes = derived(size, assignment.romFile, size === null ? imageFolders : imageFiles)
    const head = path ? heads.get(path) : undefined
    if (head) joinRomHead(assignment, head, draft)
  }
}

/** Of `55aa 10de:1b80 0 several`, see host.romHeads. */
function joinRomHead(assignment: AssignmentFacts, head: readonly string[], { host, functions }: Draft): void {
  const [starts = '', id = '-', code = '-', images = '-'] = head
  const fact = <T>(value: T | null) => derived(value, assignment.romFile, host.romHeads)
  const bdf = assignment.fn?.value ?? ''
  const own = Object.hasOwn(functions, bdf) ? functions[bdf]?.id : undefined
  assignment.romStarts = fact(starts)
  assignment.romFor = fact(id === '-' ? null : id)
  assignment.romCodeType = fact(code === '-' ? null : Number(code))
  assignment.romSingle = fact(images === '-' ? null : images === 'single')
  if (own?.value) assignment.romOfAnother = derived(differenceOf(id, own.value), assignment.romFor, own)
}

/** A ROM that says ffff, or lists devices, is for several. */
function differenceOf(romFor: string, id: string): string | null {
  const [vendor = '', device = ''] = romFor.split(':')
  if (romFor === '-' || vendor === 'ffff') return null
  if (vendor !== id.slice(0, 4)) return 'vendor'
  return device === '*' || device === 'ffff' || device === id.slice(5) ? null : 'device'
}

/** Names that the collector asks for; of others in the same folders nothing is known. */
const searched = /\.(?:fd|qcow2|rom|ROM|bin|dump)$/

function joinFirmware(host: HostFacts): void {
  const { firmwareFailed: failed, firmwareFiles: files } = host
  if (!failed?.value || !files?.value) return
  const installed = new Set(files.value)
  host.firmwareAbsent = derived(failed.value.filter(name => !installed.has(name)), failed, files)
  host.firmwareLate = derived(failed.value.filter(name => installed.has(name)), failed, files)
}

/** A minute for clocks that were set after the start. */
const slack = 60

/** What started the system decides where the files of several loaders lie. Proxmox and kernelstub write the entries of systemd-boot themselves. */
function joinLoader(host: HostFacts): void {
  const { loaderStarted: started, bootLoader: found, distribution } = host
  if (!isKnown(started) || (found && started.value === 'systemd-boot' && ['proxmox-boot-tool', 'kernelstub'].includes(found.value ?? ''))) return
  host.bootLoader = derived(started.value === 'systemd-boot' && distribution?.value === 'proxmox' ? 'proxmox-boot-tool' : started.value, started)
}

function joinBootConfig(host: HostFacts): void {
  joinLoader(host)
  const { bootConfigChanged: changed, bootTime, runsIn, configuredParams: configured, writtenParams: written } = host
  // A container shows its own start.
  if (isKnown(changed) && isKnown(bootTime) && runsIn?.value !== 'container') host.bootConfigNewer = derived(changed.value > bootTime.value + slack, changed, bootTime)
  if (isKnown(configured) && isKnown(written)) host.paramsNotWritten = derived(configured.value.filter(parameter => !written.value.includes(parameter)), configured, written)
}

const isKnown = <T>(fact: Fact<T> | undefined): fact is Fact<T> & { readonly value: T } => fact !== undefined && fact.value !== null
