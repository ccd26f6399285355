/**
 * Evidence becomes a snapshot: every piece goes to the parser of its kind, what the parsers give is merged (the source
 * nearest to the running state wins, fact by fact), and the joins are made.
 */
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { Fact, FactSpec } from '../model/fact.ts'
import { hasBody, type Evidence, type EvidenceKind } from '../model/evidence.ts'
import type { Contribution, Snapshot } from '../model/snapshot.ts'
import type { Parser } from '../parsers/parser.ts'
import { join } from './join.ts'
import type { ShippedNames } from './names.ts'

/** What one piece of evidence gave. */
export interface Parsed { readonly evidence: Evidence; readonly gave: Contribution }

/**
 * Nearest to the running state first: what the kernel shows now, then listings of it, then definitions, then logs,
 * which tell how it was. Kinds not named here stand between definitions and logs.
 */
const nearest: readonly EvidenceKind[] = [
  // A container in a VM is a container: its marks come before those of the VM.
  'kernel-version', 'pci-sysfs', 'iommu-sysfs', 'firmware-sysfs', 'acpi-table', 'cmdline', 'modules', 'modules-builtin', 'cpuinfo', 'meminfo', 'freebsd-version', 'pciconf', 'lspci', 'kldstat', 'sysctl',
  'acpidump', 'loader-conf', 'libvirt-domain-live', 'qemu-processes', 'libvirt-domain', 'proxmox-vm', 'vm-bhyve', 'bhyve-commands', 'bhyve-config',
]
const farthest: readonly EvidenceKind[] = ['qemu-log', 'bhyve-log', 'libvirt-log', 'kernel-log', 'guest-report', 'text']

function rank(kind: EvidenceKind): number {
  const near = nearest.indexOf(kind)
  if (near >= 0) return near
  const far = farthest.indexOf(kind)
  return far >= 0 ? nearest.length + 1 + far : nearest.length
}

/** Parsers promise not to throw; should one do so all the same, its evidence is lost and the others go on. */
function parse(parsers: ReadonlyMap<EvidenceKind, Parser>, evidence: Evidence): Contribution {
  try {
    return parsers.get(evidence.kind)?.parse(evidence) ?? {}
  } catch {
    return {}
  }
}

export function assemble(evidence: readonly Evidence[], parsers: ReadonlyMap<EvidenceKind, Parser>, shipped: ShippedNames): Snapshot {
  const parsed = evidence.filter(hasBody).map(piece => ({ evidence: piece, gave: parse(parsers, piece) }))
  parsed.sort((a, b) => rank(a.evidence.kind) - rank(b.evidence.kind))
  const merged: Required<Contribution> = { host: {}, functions: {}, groups: {}, vms: {}, assignments: {}, notUnderstood: [] }
  for (const { gave } of parsed) {
    mergeFacts('host', merged.host, gave.host ?? {})
    mergeSubjects('fn', merged.functions, gave.functions)
    mergeSubjects('group', merged.groups, gave.groups)
    mergeSubjects('vm', merged.vms, gave.vms)
    mergeSubjects('assignment', merged.assignments, gave.assignments)
    merged.notUnderstood.push(...(gave.notUnderstood ?? []))
  }
  return join(merged, parsed, evidence, shipped)
}

type Facts = Record<string, Fact<unknown> | undefined>

function mergeSubjects<T extends object>(root: FactRoot, into: Record<string, T>, from: Record<string, T> | undefined): void {
  for (const [key, facts] of Object.entries(from ?? {})) {
    if (key === '__proto__') continue
    if (!Object.hasOwn(into, key)) into[key] = {} as T
    mergeFacts(root, into[key] as Facts, facts as Facts)
  }
}

function mergeFacts(root: FactRoot, into: object, from: object): void {
  const target = into as Facts
  for (const [key, fact] of Object.entries(from as Facts)) {
    if (!fact) continue
    const had = Object.hasOwn(target, key) ? target[key] : undefined
    if (!had) target[key] = fact
    else if ((factCatalogue[root] as Readonly<Record<string, FactSpec>>)[key]?.union) target[key] = unite(had, fact)
  }
}

function unite(a: Fact<unknown>, b: Fact<unknown>): Fact<unknown> {
  const list = (fact: Fact<unknown>) => (Array.isArray(fact.value) ? (fact.value as unknown[]) : [])
  return { value: [...new Set([...list(a), ...list(b)])], at: [...a.at, ...b.at] }
}
