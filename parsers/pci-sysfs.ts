import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf, type EvidenceId } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { FunctionFacts, GroupFacts, HostFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { decodeConfigSpace } from './pci/config-space.ts'
import { barFacts, barKind, configFacts, linkFacts, sizeWord, type Bar } from './pci/function-facts.ts'
import { readTree, type TreeLine } from './tree.ts'

/**
 * The PCI functions as sysfs shows them, in the tree form of the collector:
 *
 *     /sys/bus/pci/devices/0000:01:00.0<TAB>>../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0
 *     /sys/bus/pci/devices/0000:01:00.0/vendor<TAB>=0x10de
 *     /sys/bus/pci/devices/0000:01:00.0/driver<TAB>>../../../../bus/pci/drivers/vfio-pci
 *     /sys/bus/pci/devices/0000:01:00.0/config<TAB>#de10801b…
 *
 * A link that is missing from a text with links means that there is none (no driver, no group); in a text without any
 * link, such as `grep -r ''` makes, it means nothing. Sources: Documentation/ABI/testing/sysfs-bus-pci,
 * drivers/pci/pci-sysfs.c, include/linux/ioport.h of Linux.
 */
export default parser({
  gives: 'pci-sysfs',
  parse(evidence) {
    const body = textOf(evidence)
    const cards = readCards(body)
    if (cards.size === 0) return {}
    const piece: Piece = {
      id: evidence.id,
      links: [...cards.values()].some(card => [...card.entries.values()].some(lines => lines[0]?.mark === '>')),
      resetMethods: [...cards.values()].some(card => card.entries.has('reset_method')),
      // Only a collector takes every file; a text by hand may hold a few of them.
      whole: evidence.takenAt !== undefined && evidence.status === 'ok',
      typeNames: typeNames(cards.values()),
    }
    const functions: Record<Bdf, FunctionFacts> = {}
    for (const [bdf, card] of cards) functions[bdf] = functionFacts(card, piece)
    return { host: hostFacts(functions, piece), functions, groups: groupFacts(functions) }
  },
})

interface Piece { readonly id: EvidenceId; readonly links: boolean; readonly resetMethods: boolean; readonly whole: boolean; readonly typeNames: ReadonlyMap<string, string> }
/** A function's lines by the name of the file below its directory, '' for the directory itself. */
interface Card { readonly first: number; readonly entries: Map<string, TreeLine[]>; config: { bytes: Uint8Array; line: number } | null }

const place = /^\/sys\/bus\/pci\/devices\/([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?:\/([^\t]{1,200}))?$/i

function readCards(body: string): Map<Bdf, Card> {
  const cards = new Map<Bdf, Card>()
  const rows = body.split('\n')
  for (const entry of readTree(body)) {
    const [, address, name = ''] = (entry.path.length < 1024 ? place.exec(entry.path) : null) ?? []
    const bdf = address && bdfFromText(address)
    if (!bdf) continue
    const card: Card = cards.get(bdf) ?? { first: entry.line, entries: new Map(), config: null }
    cards.set(bdf, card)
    if (name === 'config' && entry.mark === '#') card.config = { bytes: bytesOf((rows[entry.line - 1] ?? '').slice(entry.path.length + 2)), line: entry.line }
    const lines = card.entries.get(name)
    if (lines) lines.push(entry)
    else card.entries.set(name, [entry])
  }
  return cards
}

/** 4096 bytes are 8192 digits, more than a line of text is let be, so they are taken from the row itself. */
function bytesOf(hex: string): Uint8Array {
  const digits = hex.slice(0, 3 * 4096).replace(/\s+/g, '')
  const pairs = Math.min(4096, digits.length >> 1)
  const bytes = Uint8Array.from({ length: pairs }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16))
  return /^[0-9a-f]*$/i.test(digits) ? bytes : new Uint8Array()
}

function functionFacts(card: Card, piece: Piece): FunctionFacts {
  const isVf = card.entries.has('physfn')
  const isBridge = /^0x0604|^0x0609/.test(content(card, 'class')?.text ?? '')
  return {
    ...(card.config && configFacts(card.config.bytes, piece.id, card.config.line, isVf)),
    ...idFacts(card, piece),
    ...bindingFacts(card, piece, isVf),
    ...resourceFacts(card, piece, isVf || isBridge),
    ...powerFacts(card, piece),
    ...sriovFacts(card, piece, isVf),
    ...errorFacts(card, piece),
    ...mediatedFacts(card, piece),
  }
}

/** The text of a small file, if it was read. */
function content(card: Card, name: string): { readonly text: string; readonly line: number } | null {
  const line = card.entries.get(name)?.[0]
  return line?.mark === '=' ? { text: line.text.trim(), line: line.line } : null
}

/** A file's text as a fact, if `make` can read a value in it; `undefined` leaves the fact out. */
function fact<T>(card: Card, piece: Piece, name: string, make: (text: string) => T | null | undefined) {
  const found = content(card, name)
  const value = found ? make(found.text) : undefined
  return found && value !== undefined ? known(value, piece.id, found.line) : undefined
}

/** Drops what is not known, so that a missing key stays missing. */
function given<T extends Record<string, unknown>>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

const hex = (digits: number) => (text: string) => new RegExp(`^0x[0-9a-f]{1,${digits}}$`, 'i').test(text) ? text.slice(2).toLowerCase().padStart(digits, '0') : undefined
const integer = (text: string) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined)
const bit = (text: string) => (text === '1' ? true : text === '0' ? false : undefined)
const words = (text: string) => text.split(/\s+/).filter(word => word !== '').slice(0, 64)
const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function idFacts(card: Card, piece: Piece): FunctionFacts {
  const [vendor, device] = [content(card, 'vendor'), content(card, 'device')]
  const [v, d] = [vendor && hex(4)(vendor.text), device && hex(4)(device.text)]
  const [sv, sd] = ['subsystem_vendor', 'subsystem_device'].map(name => hex(4)(content(card, name)?.text ?? ''))
  const subsystemLine = content(card, 'subsystem_vendor')?.line ?? card.first
  return given({
    id: vendor && v && d ? known(`${v}:${d}`, piece.id, vendor.line) : undefined,
    vendor: vendor && v ? known(v, piece.id, vendor.line) : undefined,
    subsystem: sv && sd ? known(sv === '0000' && sd === '0000' ? null : `${sv}:${sd}`, piece.id, subsystemLine) : undefined,
    class: fact(card, piece, 'class', hex(6)),
    revision: fact(card, piece, 'revision', hex(2)),
    numaNode: fact(card, piece, 'numa_node', integer),
    irq: fact(card, piece, 'irq', integer),
    bootVga: fact(card, piece, 'boot_vga', bit) ?? (piece.whole && !card.entries.has('boot_vga') ? known(false, piece.id, card.first) : undefined),
  })
}

/** The last part of a link's target as a fact; null where links were read and this one is not there. */
function linkFact(card: Card, piece: Piece, name: string, make: (target: string) => string | undefined = base) {
  const line = card.entries.get(name)?.[0]
  if (!line) return piece.links ? known<string>(null, piece.id, card.first) : undefined
  const value = line.mark === '>' ? make(line.text.trim()) : undefined
  return value === undefined || value === '' ? undefined : known(value, piece.id, line.line)
}

function bindingFacts(card: Card, piece: Piece, isVf: boolean): FunctionFacts {
  const group = linkFact(card, piece, 'iommu_group', target => /^\d{1,6}$/.exec(base(target))?.[0])
  return given({
    driver: linkFact(card, piece, 'driver'),
    driverOverride: fact(card, piece, 'driver_override', text => (text === '(null)' || text === '' ? null : text)),
    group, groupId: group,
    parent: parentOf(card, piece),
    pf: physicalFunction(card, piece, isVf),
    isVf: piece.links ? known(isVf, piece.id, card.entries.get('physfn')?.[0]?.line ?? card.first) : undefined,
  })
}

/** The bridge above is the address before the last in the real path; below a root bus or a VMD domain there is none. */
function parentOf(card: Card, piece: Piece) {
  const line = card.entries.get('')?.find(one => one.mark === '>')
  if (!line) return undefined
  const above = line.text.trim().split('/').at(-2) ?? ''
  return known(bdfFromText(above), piece.id, line.line)
}

const ioresource = { io: 0x100n, mem: 0x200n, prefetch: 0x2000n, mem64: 0x10_0000n, unset: 0x2000_0000n } as const
const resourceLine = /^(0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,16})$/i

/**
 * `resource` has a line per BAR: start, end, flags of ioport.h. A BAR the kernel could not place keeps its size with
 * the flag UNSET, or is all zero while its register still says what it is. Bridges' and VFs' lines mean other things.
 */
function resourceFacts(card: Card, piece: Piece, other: boolean): FunctionFacts {
  const lines = card.entries.get('resource')?.filter(line => line.mark === '=') ?? []
  const [first] = lines
  if (!first || other) return resizeFacts(card, piece)
  const registers = card.config && decodeConfigSpace(card.config.bytes)
  const bars: Bar[] = []
  lines.slice(0, 6).forEach((line, number) => {
    const [start = 0n, end = 0n, flags = 0n] = (resourceLine.exec(line.text.trim())?.slice(1) ?? []).map(BigInt)
    const register = registers?.bars.find(bar => bar.number === number)
    const is = (mask: bigint) => (flags & mask) !== 0n
    if (is(ioresource.io) || is(ioresource.mem)) {
      const placed = start !== 0n && !is(ioresource.unset)
      const kind = barKind(is(ioresource.io) ? 'io' : 'mem', is(ioresource.mem64), is(ioresource.prefetch))
      bars.push({ number, kind, address: placed ? start : null, size: end >= start ? end - start + 1n : null })
    } else if (flags === 0n && register?.space === 'mem') {
      bars.push({ number, kind: barKind('mem', register.wide, register.prefetchable), address: null, size: null })
    }
  })
  return { ...barFacts(bars, piece.id, first.line), ...resizeFacts(card, piece) }
}

/** `resource2_resize` exists for resizable BARs alone and holds a mask: bit n stands for 2^n MiB. */
function resizeFacts(card: Card, piece: Piece): FunctionFacts {
  const sizes: string[] = []
  let line = 0
  for (let number = 0; number < 6; number++) {
    const found = content(card, `resource${number}_resize`)
    if (!found || !/^(0x)?[0-9a-f]{1,16}$/i.test(found.text)) continue
    const mask = BigInt(found.text.startsWith('0x') ? found.text : `0x${found.text}`)
    const exponents = Array.from({ length: 44 }, (_, n) => n).filter(n => ((mask >> BigInt(n)) & 1n) !== 0n)
    sizes.push(`${number}: ${exponents.map(sizeWord).join(' ')}`)
    line ||= found.line
  }
  return sizes.length > 0 ? { rebarSupported: known(true, piece.id, line), rebarSizes: known(sizes, piece.id, line) } : {}
}

const speed = (text: string) => { const found = /^(\d{1,3}(?:\.\d)?) GT\/s/.exec(text); return found ? Number(found[1]) : null }

function powerFacts(card: Card, piece: Piece): FunctionFacts {
  const states = ['D0', 'D1', 'D2', 'D3hot', 'D3cold', 'unknown']
  const text = (name: string) => content(card, name)?.text ?? ''
  const line = content(card, 'current_link_width')?.line ?? content(card, 'max_link_width')?.line ?? card.first
  const link = linkFacts({
    speed: speed(text('current_link_speed')), width: integer(text('current_link_width')) ?? 0,
    maxSpeed: speed(text('max_link_speed')), maxWidth: integer(text('max_link_width')) ?? 0,
  }, value => known(value, piece.id, line))
  return {
    ...link,
    ...given({
      powerState: fact(card, piece, 'power_state', state => (states.includes(state) ? state : undefined)),
      powerControl: fact(card, piece, 'power/control', control => control),
      runtimeStatus: fact(card, piece, 'power/runtime_status', status => status),
      d3coldAllowed: fact(card, piece, 'd3cold_allowed', bit),
      removable: fact(card, piece, 'removable', text => (text === 'removable' || text === 'fixed' ? text : undefined)),
      resetMethods: resetMethods(card, piece),
    }),
  }
}

/**
 * `reset_method` (Linux 5.15) is shown where there is a method at all. Older kernels only tell by `reset` that there is
 * one, and by its lack that there is none.
 */
function resetMethods(card: Card, piece: Piece) {
  const methods = fact(card, piece, 'reset_method', words)
  if (methods || !piece.whole || card.entries.has('reset_method')) return methods
  return piece.resetMethods || !card.entries.has('reset') ? known([], piece.id, card.first) : undefined
}

/** `physfn -> ../0000:3b:00.0` of a virtual function. */
function physicalFunction(card: Card, piece: Piece, isVf: boolean) {
  if (!isVf) return piece.links ? known<string>(null, piece.id, card.first) : undefined
  const link = card.entries.get('physfn')?.find(({ mark }) => mark === '>')
  const bdf = link && bdfFromText(link.text.slice(link.text.lastIndexOf('/') + 1))
  return link && bdf ? known(bdf, piece.id, link.line) : undefined
}

function sriovFacts(card: Card, piece: Piece, isVf: boolean): FunctionFacts {
  const none = piece.whole && !card.entries.has('sriov_numvfs') ? known(0, piece.id, card.first) : undefined
  const types = [...card.entries.keys()].flatMap(name => /^mdev_supported_types\/([^/]{1,80})$/.exec(name)?.[1] ?? [])
  const typesLine = card.entries.get('mdev_supported_types')?.[0]?.line ?? card.first
  return given({
    vfs: fact(card, piece, 'sriov_numvfs', integer) ?? none,
    vfsOffered: fact(card, piece, 'sriov_drivers_autoprobe', bit),
    vfsTotal: fact(card, piece, 'sriov_totalvfs', integer) ?? (isVf ? undefined : none),
    mdevTypes: types.length > 0 || piece.whole ? known(types.slice(0, 256), piece.id, typesLine) : undefined,
  })
}

/** What the types of mediated devices are called, by their id: GRID T4-4Q. A type has the same name everywhere. */
function typeNames(cards: Iterable<Card>): Map<string, string> {
  const names = new Map<string, string>()
  for (const card of cards) for (const [path, [entry]] of card.entries) {
    const type = /^mdev_supported_types\/([\w.-]{1,60})\/name$/.exec(path)?.[1]
    if (type !== undefined && entry?.mark === '=') names.set(type, entry.text.trim().slice(0, 60))
  }
  return names
}

/**
 * What can still be made of a GPU that is shared: `mdev_supported_types/nvidia-63/available_instances` (Documentation/driver-api/vfio-mediated-device.rst),
 * and NVIDIA's own `nvidia/creatable_vgpu_types` of virtual functions, a line each below a head: `557   : NVIDIA L40-1B`.
 */
function mediatedFacts(card: Card, piece: Piece): FunctionFacts {
  const available = gather(piece.id)
  for (const [name, [entry]] of card.entries) {
    const type = /^mdev_supported_types\/([\w.-]{1,60})\/available_instances$/.exec(name)?.[1]
    const count = entry?.mark === '=' ? integer(entry.text.trim()) : undefined
    if (type === undefined || count === undefined || !entry) continue
    const title = piece.typeNames.get(type)
    available.add(`${type} ${count}${title ? ` ${title}` : ''}`, entry.line)
  }
  const listed = card.entries.get('nvidia/creatable_vgpu_types')?.filter(({ mark }) => mark === '=')
  const creatable = gather(piece.id)
  for (const { text, line } of listed ?? []) {
    const [, id, title = ''] = /^\s*(\d{1,6})\s*:\s*(\S.{0,60})$/.exec(text) ?? []
    if (id !== undefined) creatable.add(`${id} ${title.trim()}`, line)
  }
  return given({
    mdevAvailable: available.size > 0 ? available.fact() : undefined,
    vgpuCreatable: listed?.length ? creatable.size > 0 ? creatable.fact() : known<readonly string[]>([], piece.id, listed[0]?.line ?? 1) : undefined,
    vgpuType: fact(card, piece, 'nvidia/current_vgpu_type', integer),
  })
}

/**
 * The counters of Advanced Error Reporting, a line each, and their sum (Documentation/ABI/testing/sysfs-bus-pci-devices-aer):
 * `RxErr 12`, `TOTAL_ERR_COR 12`. A function without AER has no such files.
 */
function errorFacts(card: Card, piece: Piece): FunctionFacts {
  const counters = gather(piece.id)
  const sums: { aerCorrected?: Fact<number>; aerNonfatalCount?: Fact<number>; aerFatalCount?: Fact<number> } = {}
  const names = { aer_dev_correctable: 'aerCorrected', aer_dev_nonfatal: 'aerNonfatalCount', aer_dev_fatal: 'aerFatalCount' } as const
  for (const [file, sum] of Object.entries(names) as [keyof typeof names, (typeof names)[keyof typeof names]][]) {
    for (const entry of card.entries.get(file) ?? []) {
      const [, name = '', digits = ''] = (entry.mark === '=' ? /^(\w{2,40}(?:\[\d{1,2}\])?) (\d{1,15})$/.exec(entry.text.trim()) : null) ?? []
      const count = Number(digits)
      if (name.startsWith('TOTAL_')) sums[sum] = known(count, piece.id, entry.line)
      else if (count > 0) counters.add(`${name} ${count}`, entry.line)
    }
  }
  return Object.keys(sums).length > 0 ? { ...sums, aerCounters: counters.fact() } : {}
}

function hostFacts(functions: Readonly<Record<Bdf, FunctionFacts>>, piece: Piece): HostFacts {
  const all = Object.values(functions)
  const groups = all.flatMap(one => (one.groupId?.value != null ? [one.groupId] : []))
  const nodes = all.flatMap(one => (one.numaNode?.value != null ? [one.numaNode] : []))
  const highest = Math.max(-1, ...nodes.map(node => node.value ?? -1))
  const host: Draft<HostFacts> = { platform: known('linux', piece.id, 1) }
  if (piece.links) host.iommuGroupCount = { value: new Set(groups.map(one => one.value)).size, at: groups[0]?.at ?? [{ evidence: piece.id, where: 1 }] }
  // Functions on node 0 alone may stand in a host of several nodes, so one node is never claimed.
  if (highest > 0) host.numaNodes = { value: highest + 1, at: nodes.find(node => node.value === highest)?.at ?? [] }
  return host
}

/** Groups with all their PCI functions. */
export function groupFacts(functions: Readonly<Record<Bdf, FunctionFacts>>): Record<string, GroupFacts> {
  const members = new Map<string, Bdf[]>()
  for (const [bdf, facts] of Object.entries(functions)) {
    const id = facts.groupId?.value
    if (id == null) continue
    const list = members.get(id)
    if (list) list.push(bdf)
    else members.set(id, [bdf])
  }
  return Object.fromEntries([...members].map(([id, list]) => {
    const at = list.flatMap(bdf => functions[bdf]?.groupId?.at ?? [])
    return [id, { id: { value: id, at: at.slice(0, 1) }, members: { value: list, at } }]
  }))
}
