/** How the machine is drawn: which functions lie in one area, which are folded away, and the lines of the tree. */
import { slotOf, type Bdf } from '../model/bdf.ts'
import type { Finding } from '../model/finding.ts'
import type { Machine, MachineFunction } from '../model/machine.ts'

/** One piece of the lines to the left of a row. */
export type Guide = 'none' | 'line' | 'branch' | 'end'

export interface Row { readonly fn: MachineFunction; readonly guides: readonly Guide[] }

/** Rows that lie together: all of one shared group, or a few that are alone in theirs. */
export interface Area {
  /** The IOMMU group; null for rows that share theirs with nobody, or whose group is not known. */
  readonly group: GroupOf | null
  readonly rows: readonly Row[]
  /** Rows of a large group that are less worth looking at. */
  readonly more: readonly Row[]
}

export interface GroupOf {
  readonly id: string
  readonly members: readonly Bdf[]
  /** Different cards (bus and slot) among its members that are no bridges. */
  readonly cards: number
  /** Members that the tree shows in another place. */
  readonly elsewhere: readonly Bdf[]
}

/** Areas that follow each other; a quiet stretch is folded under a line. */
export interface Stretch { readonly quiet: boolean; readonly areas: readonly Area[] }

export interface Drawing {
  readonly stretches: readonly Stretch[]
  /** Functions there was no room for. */
  readonly left: number
}

/** Rows of a drawing; a page with more of them is no picture. */
const most = 400
/** Machines up to this size are drawn whole. */
const small = 24
/** Rows of one group that are drawn before the rest of it is folded. */
const largeGroup = 30

/** What findings say, by the thing they are about: an address, `group 14`, `vm win11`, `host`. */
export type Marks = ReadonlyMap<string, readonly Finding[]>

export function marksOf(findings: readonly Finding[]): Marks {
  const marks = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = placeOf(finding)
    const there = marks.get(key)
    if (there) there.push(finding)
    else marks.set(key, [finding])
  }
  return marks
}

function placeOf({ subject }: Finding): string {
  const [kind = '', ...names] = subject.split(' ')
  return kind === 'function' || kind === 'assignment' ? (names.at(-1) ?? subject) : subject
}

export const isBridge = (fn: MachineFunction): boolean => fn.kind === 'bridge' || fn.kind === 'host-bridge'
export const isGpu = (fn: MachineFunction): boolean => fn.kind === 'gpu' || fn.kind === 'accelerator'

export function drawn(machine: Machine, marks: Marks): Drawing {
  const groups = groupsOf(machine)
  const telling = tellingOf(machine, marks, groups)
  const all = rowsOf(machine)
  const isQuiet = (row: Row) => all.length > small && !telling.has(row.fn.bdf)
  const rows = fitting(all, isQuiet)
  const stretches = runs(rows, row => String(isQuiet(row))).map((part): Stretch =>
    ({ quiet: part.some(isQuiet), areas: runs(part, row => groups.get(row.fn.group ?? '')?.id ?? '').map(run => areaOf(run, groups, marks)) }))
  return { stretches, left: all.length - rows.length }
}

/** What has room, the telling rows first. */
function fitting(rows: readonly Row[], isQuiet: (row: Row) => boolean): readonly Row[] {
  if (rows.length <= most) return rows
  const kept = new Set([...rows.filter(row => !isQuiet(row)), ...rows.filter(isQuiet)].slice(0, most))
  return rows.filter(row => kept.has(row))
}

function areaOf(rows: readonly Row[], groups: ReadonlyMap<string, Omit<GroupOf, 'elsewhere'>>, marks: Marks): Area {
  const group = groups.get(rows[0]?.fn.group ?? '')
  const here = new Set(rows.map(row => row.fn.bdf))
  const worthy = (row: Row) => rows.length <= largeGroup || isWorthy(row.fn, marks)
  return {
    group: group ? { ...group, elsewhere: group.members.filter(bdf => !here.has(bdf)) } : null,
    rows: group ? rows.filter(worthy) : rows,
    more: group ? rows.filter(row => !worthy(row)) : [],
  }
}

/** Groups of more than one function. */
function groupsOf({ functions }: Machine): ReadonlyMap<string, Omit<GroupOf, 'elsewhere'>> {
  const members = new Map<string, MachineFunction[]>()
  for (const fn of functions) if (fn.group) members.set(fn.group, [...(members.get(fn.group) ?? []), fn])
  return new Map([...members].filter(([, of]) => of.length > 1).map(([id, of]) =>
    [id, { id, members: of.map(fn => fn.bdf), cards: new Set(of.filter(fn => !isBridge(fn)).map(fn => slotOf(fn.bdf))).size }]))
}

const isWorthy = (fn: MachineFunction, marks: Marks): boolean => isGpu(fn) || fn.kind === 'gpu-audio' || fn.wanted || fn.wantedBy.length > 0 || marks.has(fn.bdf)

/** What a reader looks for: displays, what is meant for a VM or has a finding, what shares their groups, and the bridges above. */
function tellingOf(machine: Machine, marks: Marks, groups: ReadonlyMap<string, Omit<GroupOf, 'elsewhere'>>): ReadonlySet<Bdf> {
  const telling = new Set<Bdf>()
  for (const fn of machine.functions) {
    if (!isWorthy(fn, marks)) continue
    telling.add(fn.bdf)
    for (const mate of groups.get(fn.group ?? '')?.members ?? []) telling.add(mate)
  }
  const above: MachineFunction[] = []
  for (const fn of machine.functions) {
    above.length = Math.min(above.length, fn.depth)
    if (telling.has(fn.bdf)) for (const bridge of above) telling.add(bridge.bdf)
    above[fn.depth] = fn
  }
  return telling
}

/** From the last row to the first, so that it is known at each row at which depths another one follows. */
function rowsOf({ functions }: Machine): readonly Row[] {
  const follows: boolean[] = []
  const rows = functions.toReversed().map((fn): Row => {
    follows.length = Math.max(follows.length, fn.depth + 1)
    const guides = Array.from({ length: fn.depth }, (_, at): Guide =>
      at + 1 === fn.depth ? (follows[fn.depth] ? 'branch' : 'end') : follows[at + 1] ? 'line' : 'none')
    follows[fn.depth] = true
    follows.length = fn.depth + 1
    return { fn, guides: guides.slice(0, deepestDrawn) }
  })
  return rows.toReversed()
}

/** Levels of the tree that are drawn; nobody builds deeper, and a telephone has no room for it. */
const deepestDrawn = 6

/** Neighbours with the same key. */
function runs<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly (readonly Item[])[] {
  const all: Item[][] = []
  let last: string | null = null
  for (const item of items) {
    const key = keyOf(item)
    if (key === last) all.at(-1)?.push(item)
    else all.push([item])
    last = key
  }
  return all
}
