import { derived } from '../model/fact.ts'
import type { Contribution, VmFacts } from '../model/snapshot.ts'

type Draft = Required<Contribution>

/** Ids that NVIDIA, AMD and Intel gave to display functions; their sound, USB and bridge functions have others (pci.ids). */
const displayId = /PCI\\VEN_(?:(10DE)&DEV_((?:0[4-9AC]|0D[A-E]|0E2|0F[0C-F]|10[0-E]|1[1-9B-F]|2[01]|22[0-7]|2[3-9A-F]|3)[0-9A-F]{1,3})|(1002)&DEV_((?:1[356]|[4-9])[0-9A-F]{2,3})|(8086)&DEV_((?:0[4D]|16|19|3E|46|4C[89]|4E|56|59|5A|64|7D|8A5|87C|9A|9B|A7|B0|E2)[0-9A-F]{1,2}))\b/

/** Where nobody listed the functions of the host, a VM may tell what it was given: by x-vga, which QEMU takes for displays only, or by what its Windows says. */
export function joinGuestDevices(draft: Draft): void {
  for (const { fn: bdf, vga } of Object.values(draft.assignments)) {
    const fn = Object.hasOwn(draft.functions, bdf?.value ?? '') ? draft.functions[bdf?.value ?? ''] : undefined
    if (fn && !fn.class && vga?.value === true) fn.kind ??= derived('gpu', bdf, vga)
  }
  for (const [name, vm] of Object.entries(draft.vms)) joinSeenInGuest(draft, name, vm)
}

/** One display in the report and one function 0 that goes to the VM are the same device. */
function joinSeenInGuest(draft: Draft, name: string, vm: VmFacts): void {
  const reports = [vm.guestProblemCodes, vm.guestBasicDisplays, vm.guestDriverVersions]
  const ids = new Set(reports.flatMap(report => report?.value ?? []).map(device => displayId.exec(device)?.slice(1).filter(Boolean).join(':').toLowerCase()).filter(id => id !== undefined))
  const own = Object.values(draft.assignments).filter(assignment => assignment.vm?.value === name)
  const functions = own.map(assignment => draft.functions[assignment.fn?.value ?? ''])
  const [first, ...others] = own.filter(assignment => assignment.fn?.value?.endsWith('.0'))
  const [id] = ids
  const fn = Object.hasOwn(draft.functions, first?.fn?.value ?? '') ? draft.functions[first?.fn?.value ?? ''] : undefined
  if (!first || !fn || id === undefined || ids.size > 1 || others.length > 0 || functions.some(each => each?.id)) return
  const from = [first.fn, ...reports.filter(report => (report?.value ?? []).some(device => displayId.test(device)))]
  fn.id = derived(id, ...from)
  fn.vendor = derived(id.slice(0, 4), ...from)
  fn.kind ??= derived('gpu', ...from)
}
