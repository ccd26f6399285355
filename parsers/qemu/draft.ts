/** What a parser learns about VMs and the functions they are given, until it becomes a contribution. */
import type { Bdf } from '../../model/bdf.ts'
import { nameOf, type Cite, type EvidenceId } from '../../model/evidence.ts'
import { known, type Fact } from '../../model/fact.ts'
import { unnamedVm, type AssignmentFacts, type Contribution, type HostFacts, type VmFacts } from '../../model/snapshot.ts'

type ValueIn<F> = F extends Fact<infer T> ? T : never

/** Sets one fact with the line it was read at; `undefined` sets nothing. */
export interface Facts<Of> {
  readonly facts: Of
  set<K extends keyof Of>(key: K, value: ValueIn<NonNullable<Of[K]>> | null | undefined, line: number): void
  has(key: keyof Of): boolean
}

export function factsAt<Of extends object>(evidence: EvidenceId, facts = {} as Of): Facts<Of> {
  return {
    facts,
    set: (key, value, line) => { if (value !== undefined) facts[key] = known(value, evidence, line) as Of[typeof key] },
    has: key => Object.hasOwn(facts, key),
  }
}



/** The fn of an assignment whose written address no PCI function can have. */
export const invalidAddress = 'invalid'
const reserved = new Set(['__proto__', 'constructor', 'prototype'])
/** Definitions of thousands of VMs in one text are no support case. */
const mostVms = 2000
const mostAssignments = 20_000

/** A name that can be a key: one line, no control characters, at most 200 characters. */
export function vmName(...candidates: (string | null | undefined)[]): string {
  for (const candidate of candidates) {
    const name = (candidate ?? '').replace(/[\u0000-\u001f\u007f]+/g, ' ').trim().slice(0, 200)
    if (name !== '' && !reserved.has(name)) return name
  }
  return unnamedVm
}

/** The VM's name in the id of its evidence: `win11` of `libvirt-domain/win11` or `qemu-log/logs/win11.log`. */
export function nameFromEvidence(id: EvidenceId): string | null {
  const name = nameOf(id)
  return name === null ? null : name.slice(name.lastIndexOf('/') + 1).replace(/\.(xml|log|conf|txt)$/i, '')
}

export interface Draft {
  readonly evidence: EvidenceId
  readonly host: Facts<HostFacts>
  vm(name: string): Facts<VmFacts>
  /** The facts of one assignment; `null` for an address that is none, which is kept under the word invalid. */
  assignment(vm: string, bdf: Bdf | null, written: string, line: number): Facts<AssignmentFacts>
  notUnderstood(line: number): void
  contribution(): Contribution
}

export function draft(evidence: EvidenceId): Draft {
  const host = factsAt<HostFacts>(evidence)
  const vms = new Map<string, Facts<VmFacts>>()
  const assignments = new Map<string, Facts<AssignmentFacts>>()
  const lost: Cite[] = []

  function keyFor(vm: string, bdf: Bdf | null, written: string): string {
    if (bdf) return `${vm} ${bdf}`
    for (let n = 1; ; n++) {
      const key = `${vm} ${invalidAddress}${n > 1 ? n : ''}`
      const there = assignments.get(key)
      if (!there || there.facts.written?.value === written || n > 64) return key
    }
  }

  return {
    evidence,
    host,
    vm(name) {
      const there = vms.get(name)
      if (there) return there
      const facts = factsAt<VmFacts>(evidence)
      if (vms.size < mostVms) vms.set(name, facts)
      return facts
    },
    assignment(vm, bdf, written, line) {
      const key = keyFor(vm, bdf, written)
      const there = assignments.get(key)
      if (there) return there
      const made = factsAt<AssignmentFacts>(evidence)
      made.set('vm', vm, line)
      made.set('fn', bdf ?? invalidAddress, line)
      made.set('addressValid', bdf !== null, line)
      made.set('written', written.slice(0, 200), line)
      if (assignments.size < mostAssignments) assignments.set(key, made)
      return made
    },
    notUnderstood: line => { if (lost.length < 1000) lost.push({ evidence, where: line }) },
    contribution: () => ({
      ...(Object.keys(host.facts).length ? { host: host.facts } : {}),
      ...(vms.size ? { vms: Object.fromEntries([...vms].map(([name, vm]) => [name, vm.facts])) } : {}),
      ...(assignments.size ? { assignments: Object.fromEntries([...assignments].map(([key, a]) => [key, a.facts])) } : {}),
      ...(lost.length ? { notUnderstood: lost } : {}),
    }),
  }
}
