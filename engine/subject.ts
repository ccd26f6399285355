/**
 * Subjects: what a rule is asked about, with everything joined that its paths may name.
 *
 * Roots by kind: `host` always; `fn`, `group` for a function; `group` for a group; `vm` for a VM;
 * `vm`, `fn`, `group`, `assignment` for an assignment (one VM and one function it wants); `log` always.
 */
import type { Bdf } from '../model/bdf.ts'
import type { Cite } from '../model/evidence.ts'
import type { Fact, FactSpec } from '../model/fact.ts'
import { factCatalogue, type FactRoot } from '../model/fact-catalogue.ts'
import type { SubjectRef } from '../model/finding.ts'
import type { SubjectKind } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'

export const rootsOf: Readonly<Record<SubjectKind, readonly FactRoot[]>> = {
  host: ['host'],
  function: ['host', 'fn', 'group'],
  group: ['host', 'group'],
  vm: ['host', 'vm'],
  assignment: ['host', 'vm', 'fn', 'group', 'assignment'],
}

/** What a path leads to: undefined where nobody could look, with the places that were read on the way. */
export interface Walked { readonly value: unknown; readonly at: readonly Cite[] }

const unknown: Walked = { value: undefined, at: [] }

/** A node of the joined facts that paths can be walked from. */
export interface Walkable { walk(path: string): Walked }

type AnyFacts = Readonly<Record<string, Fact<unknown> | undefined>>

/** One host, function, group, VM or assignment with its facts; a path may go on from a fact that names other subjects. */
export class Entity implements Walkable {
  readonly #snapshot: Snapshot
  readonly #root: FactRoot
  readonly #facts: AnyFacts | undefined

  constructor(snapshot: Snapshot, root: FactRoot, facts: object | undefined) {
    this.#snapshot = snapshot
    this.#root = root
    this.#facts = facts as AnyFacts | undefined
  }

  walk(path: string): Walked {
    const dot = path.indexOf('.')
    const key = dot < 0 ? path : path.slice(0, dot)
    const fact = this.#facts && Object.hasOwn(this.#facts, key) ? this.#facts[key] : undefined
    if (!fact) return unknown
    if (dot < 0) return fact
    const spec = (factCatalogue[this.#root] as Readonly<Record<string, FactSpec>>)[key]
    return this.#onward(fact, spec?.type, path.slice(dot + 1))
  }

  #onward(fact: Fact<unknown>, type: string | undefined, rest: string): Walked {
    if (fact.value === null) return fact
    if (Array.isArray(fact.value)) {
      if (rest === 'length') return { value: fact.value.length, at: fact.at }
      return this.#each(fact, type, rest)
    }
    const next = this.#open(type, String(fact.value))
    const end = next?.walk(rest) ?? unknown
    return { value: end.value, at: [...fact.at, ...end.at] }
  }

  /** A step on a list maps over it; one unknown element makes the list unknown. */
  #each(fact: Fact<unknown>, type: string | undefined, rest: string): Walked {
    const at: Cite[] = [...fact.at]
    const values: unknown[] = []
    for (const key of fact.value as readonly unknown[]) {
      const end = this.#open(type, String(key))?.walk(rest) ?? unknown
      if (end.value === undefined) return unknown
      values.push(end.value)
      at.push(...end.at)
    }
    return { value: values, at }
  }

  #open(type: string | undefined, key: string): Entity | null {
    switch (type) {
      case 'function':
      case 'functions':
        return new Entity(this.#snapshot, 'fn', own(this.#snapshot.functions, key))
      case 'group':
        return new Entity(this.#snapshot, 'group', own(this.#snapshot.groups, key))
      case 'vms':
        return new Entity(this.#snapshot, 'vm', own(this.#snapshot.vms, key))
      default:
        return null
    }
  }
}

export interface Subject {
  readonly ref: SubjectRef
  readonly roots: Readonly<Partial<Record<FactRoot, Walkable>>>
  /** What a log line must speak of to be about this subject. */
  readonly bdfs: ReadonlySet<Bdf>
  readonly group: string | null
  readonly vm: string | null
  /** It is the only VM there is: what names no VM is about this one. */
  readonly alone: boolean
}

/** All subjects of a snapshot, by kind. */
export function subjectsOf(snapshot: Snapshot): Record<SubjectKind, Subject[]> {
  const host = new Entity(snapshot, 'host', snapshot.host)
  const groupOf = (bdf: Bdf) => own(snapshot.functions, bdf)?.groupId?.value ?? null
  const groupEntity = (id: string | null) => new Entity(snapshot, 'group', id === null ? undefined : own(snapshot.groups, id))
  const fnEntity = (bdf: Bdf) => new Entity(snapshot, 'fn', own(snapshot.functions, bdf))

  return {
    host: [{ ref: { kind: 'host', key: '' }, roots: { host }, bdfs: new Set(), group: null, vm: null, alone: false }],
    function: Object.keys(snapshot.functions).sort().map(bdf => ({
      ref: { kind: 'function', key: bdf },
      roots: { host, fn: fnEntity(bdf), group: groupEntity(groupOf(bdf)) },
      bdfs: new Set([bdf]), group: groupOf(bdf), vm: null, alone: false,
    })),
    group: Object.entries(snapshot.groups).sort(byNumber).map(([id, facts]) => ({
      ref: { kind: 'group', key: id },
      roots: { host, group: new Entity(snapshot, 'group', facts) },
      bdfs: new Set(facts.members?.value ?? []), group: id, vm: null, alone: false,
    })),
    vm: Object.entries(snapshot.vms).map(([name, facts]) => ({
      ref: { kind: 'vm', key: name },
      roots: { host, vm: new Entity(snapshot, 'vm', facts) },
      bdfs: new Set(facts.wants?.value ?? []), group: null, vm: name, alone: Object.keys(snapshot.vms).length === 1,
    })),
    assignment: Object.entries(snapshot.assignments).map(([key, facts]) => {
      const bdf = facts.fn?.value ?? ''
      const vm = facts.vm?.value ?? ''
      return {
        ref: { kind: 'assignment', key },
        roots: { host, vm: new Entity(snapshot, 'vm', own(snapshot.vms, vm)), fn: fnEntity(bdf), group: groupEntity(groupOf(bdf)), assignment: new Entity(snapshot, 'assignment', facts) },
        bdfs: new Set([bdf]), group: groupOf(bdf), vm, alone: false,
      }
    }),
  }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

const byNumber = ([a]: [string, unknown], [b]: [string, unknown]): number => Number(a) - Number(b)
