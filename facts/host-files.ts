/** Files that drivers and VMs name ↔ files that are there; and the boot configuration ↔ what was made of it. */
import { derived, type Fact } from '../model/fact.ts'
import type { Contribution, HostFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

export function joinHostFiles(draft: Draft): void {
  joinFirmware(draft.host)
  joinBootConfig(draft.host)
  const { imageFiles, imageFolders } = draft.host
  const sizes = new Map((imageFiles?.value ?? []).map(entry => [entry.slice(0, entry.lastIndexOf(' ')), Number(entry.slice(entry.lastIndexOf(' ') + 1))]))
  /** Its size, null where its folder was searched and lacks it, undefined where nobody looked. */
  const sizeOf = (path: string): number | null | undefined => sizes.get(path) ?? (imageFolders?.value?.includes(path.slice(0, path.lastIndexOf('/'))) && searched.test(path) ? null : undefined)
  for (const vm of Object.values(draft.vms)) {
    const size = vm.firmwareFile?.value ? sizeOf(vm.firmwareFile.value) : undefined
    if (size !== undefined) vm.firmwareFileThere = derived(size !== null, vm.firmwareFile, size === null ? imageFolders : imageFiles)
    else if (vm.firmwareFile?.value === null) vm.firmwareFileThere = derived(true, vm.firmwareFile)
  }
  for (const assignment of Object.values(draft.assignments)) {
    const path = assignment.romFile?.value
    const size = path ? sizeOf(path.includes('/') ? path : `/usr/share/kvm/${path}`) : undefined
    if (size !== undefined) assignment.romFileBytes = derived(size, assignment.romFile, size === null ? imageFolders : imageFiles)
  }
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

function joinBootConfig(host: HostFacts): void {
  const { bootConfigChanged: changed, bootTime, runsIn, configuredParams: configured, writtenParams: written } = host
  // A container shows its own start.
  if (isKnown(changed) && isKnown(bootTime) && runsIn?.value !== 'container') host.bootConfigNewer = derived(changed.value > bootTime.value + slack, changed, bootTime)
  if (isKnown(configured) && isKnown(written)) host.paramsNotWritten = derived(configured.value.filter(parameter => !written.value.includes(parameter)), configured, written)
}

const isKnown = <T>(fact: Fact<T> | undefined): fact is Fact<T> & { readonly value: T } => fact !== undefined && fact.value !== null
