import type { Bdf } from '../model/bdf.ts'
import { textOf, type EvidenceId } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution, FunctionFacts, GroupFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { parser } from './parser.ts'
import { barFacts, barKind, configFacts, linkFacts, type Bar } from './pci/function-facts.ts'
import { functionLine, functionStart, listedFacts, type FunctionLine } from './pci/listing-line.ts'
import { machineLine, machineRecord, type MachineFunction } from './pci/machine-listing.ts'
import { linesOf } from './tree.ts'

/**
 * What lspci prints, in any of its forms and as people paste it: wrapped by a mailer, without indentation, with CR, cut
 * by grep, several listings in one file.
 *
 *     01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [GeForce GTX 1080] [10de:1b80] (rev a1)
 *     <TAB>Subsystem: Gigabyte Technology Co., Ltd GP104 [1458:3702]
 *     <TAB>Kernel driver in use: vfio-pci
 *
 * lspci says nothing where there is nothing: a function without a driver has no line for it. So "none" is only said of
 * a function whose listing shows such a line for others and whose own part is complete. Source: pciutils lspci.c,
 * ls-caps.c, ls-ecaps.c, ls-kernel.c.
 */
export default parser({
  gives: 'lspci',
  parse(evidence) {
    const functions: Record<Bdf, FunctionFacts> = {}
    const groups: Record<string, GroupFacts> = {}
    let linux = 0
    for (const run of runsOf(textOf(evidence))) {
      const shows = shownBy(run, evidence.status === 'ok')
      for (const block of run.blocks) functions[block.bdf] = { ...functions[block.bdf], ...blockFacts(block, shows, evidence.id) }
      placeBelowBridges(run, functions, shows, evidence.id)
      Object.assign(groups, groupFacts(run, functions, shows))
      linux ||= shows.linux
    }
    for (const one of machineFunctions(textOf(evidence))) {
      functions[one.bdf] = { ...functions[one.bdf], ...machineFacts(one, evidence.id) }
      if (one.driver !== undefined) linux ||= one.line
    }
    const contribution: Contribution = { functions, groups }
    return linux > 0 ? { ...contribution, host: { platform: known('linux', evidence.id, linux) } } : contribution
  },
})

/** A logical line: a keyed line with what followed it on lines of its own. */
interface Item { text: string; readonly line: number }
interface Block {
  readonly bdf: Bdf
  readonly line: number
  head: string
  readonly items: Item[]
  readonly dump: { readonly bytes: number[]; line: number }
  /** Another function's part follows at once, so this one was not cut. */
  complete: boolean
}
/** What one call of lspci printed. */
interface Run { readonly blocks: Block[]; grepped: boolean }

const runTitle = /(?:^|[$#>] ?)(?:sudo +)?(?:\/\S{1,40}\/)?lspci\b|^lspci[^:]{0,60}:$/
const hexRow = /^([0-9a-f]{2,3}): ((?:[0-9a-f]{2} ){0,15}[0-9a-f]{2})$/i
/** What a line of a function's part begins with; anything else continues the line before. */
const keyed = /^(?:[A-Z][A-Za-z0-9 /.()-]{1,40}:|(?:\[(?:virtual|enhanced)\] )?(?:Memory|I\/O ports) at |Expansion ROM at |\[virtual\] Expansion ROM|!!!|BAR \d: )/

function runsOf(body: string): Run[] {
  const runs: Run[] = []
  let run: Run | null = null
  let block: Block | null = null
  for (const { text, line } of linesOf(body)) {
    const start = functionStart(text)
    const parts = start && functionLine(start.rest)
    if (start && (parts || looksWrapped(start.rest))) {
      const before: Block | undefined = run?.blocks.at(-1)
      if (before && block) before.complete = true
      if (!run || (before && start.bdf <= before.bdf && start.bdf.length <= before.bdf.length)) runs.push(run = { blocks: [], grepped: false })
      run.blocks.push(block = { bdf: start.bdf, line, head: start.rest, items: [], dump: { bytes: [], line: 0 }, complete: false })
      continue
    }
    if (runTitle.test(text.slice(0, 200)) && !/^\s/.test(text)) [run, block] = [null, null]
    else if (block && run) {
      if (text.trim() === '--') [run.grepped, block] = [true, null]
      else addLine(block, text, line)
    }
  }
  return runs.map(one => withoutStrays({ ...one, blocks: one.blocks.filter(({ head }) => functionLine(head)) })).filter(one => one.blocks.length > 0)
}

/**
 * `lspci -k | grep -e VGA -e driver` leaves the drivers of other functions below the wrong first line. Two for one
 * function give it away, and then none of them is believed.
 */
function withoutStrays(run: Run): Run {
  const drivers = (block: Block) => block.items.filter(item => driverLine.test(item.text)).length
  if (!run.blocks.some(block => drivers(block) > 1)) return run
  return { ...run, blocks: run.blocks.map(block => ({ ...block, items: block.items.filter(item => !item.text.startsWith('Kernel ')) })) }
}

/** A first line that a mailer broke before its id: `Class [0300]: Vendor …`. */
const looksWrapped = (rest: string) => /^[A-Z][\w/ -]{2,60}(?: \[[0-9a-f]{4}\])?: /i.test(rest) && !/^[0-9a-f]{2} /.test(rest)

function addLine(block: Block, text: string, line: number): void {
  const plain = text.replace(/^[\s>|]{1,64}/, '').trimEnd().replaceAll('\t', ' ')
  if (plain === '') return
  const row = hexRow.exec(plain)
  if (row) {
    addRow(block, row, line)
    return
  }
  const last = block.items.at(-1)
  if (keyed.test(plain)) block.items.push({ text: plain, line })
  else if (last) last.text = `${last.text} ${plain}`.slice(0, 4096)
  else if (/\[[0-9a-f]{4}:[0-9a-f]{4}\]|\(rev [0-9a-f]{2}\)|\(prog-if|^[0-9a-f]{4}\]:/i.test(plain)) block.head = `${block.head} ${plain}`.slice(0, 1024)
}

function addRow({ dump }: Block, [, offset, digits]: RegExpExecArray, line: number): void {
  if (parseInt(offset ?? '', 16) !== dump.bytes.length || dump.bytes.length >= 4096) return
  dump.line ||= line
  dump.bytes.push(...(digits ?? '').split(' ').map(pair => parseInt(pair, 16)))
}

/** What a listing shows of some function, so that its lack elsewhere means something. Line numbers; 0 not at all. */
interface Shown { readonly drivers: boolean; readonly groups: boolean; readonly whole: boolean; readonly linux: number }

/** A listing is whole when it begins with the first function there is and no grep cut it. */
function shownBy({ blocks, grepped }: Run, unbroken: boolean): Shown {
  const lineOf = (pattern: RegExp) => blocks.flatMap(block => block.items).find(item => pattern.test(item.text))?.line ?? 0
  const [driver, group] = [lineOf(driverLine), lineOf(groupLine)]
  const whole = unbroken && !grepped && blocks.length > 3 && /:00:00\.0$/.test(blocks[0]?.bdf ?? '')
  const last = blocks.at(-1)
  if (last && whole) last.complete = true
  return { drivers: driver > 0, groups: group > 0, whole, linux: driver || group }
}

const driverLine = /^Kernel driver in use: (\S{1,64})/
const groupLine = /^IOMMU group: (\d{1,6})|^Flags: .{0,300}\bIOMMU group (\d{1,6})/
const regionLine = /^(?:Region (\d): )?(?:\[(virtual|enhanced)\] )?(Memory|I\/O ports) at (<?[\w-]{1,24}>?)(.{0,300})$/

function blockFacts(block: Block, shows: Shown, id: EvidenceId): FunctionFacts {
  const parts: FunctionLine = functionLine(block.head) ?? {}
  const facts: Draft<FunctionFacts> = listedFacts(parts, id, block.line)
  // lspci leaves revision 00 out.
  if (block.complete && parts.id !== undefined && parts.revision === undefined && !parts.dead) facts.revision = known('00', id, block.line)
  if (/virtual function/i.test(parts.name ?? '')) facts.isVf = known(true, id, block.line)
  if (block.dump.bytes.length >= 64) Object.assign(facts, configFacts(Uint8Array.from(block.dump.bytes), id, block.dump.line, facts.isVf?.value ?? false))
  const isDisplay = parts.class?.startsWith('03') ?? false
  Object.assign(facts, regionFacts(block, id, isDisplay))
  let state: Draft<FunctionFacts> = {}
  for (const { text, line } of block.items) for (const read of readers) state = { ...state, ...read(text, value => known(value, id, line)) }
  Object.assign(facts, state, capabilityFacts(block, id))
  if (block.complete && shows.drivers) facts.driver ??= known<string>(null, id, block.line)
  if (block.complete && shows.groups && facts.group === undefined) facts.group = facts.groupId = known<string>(null, id, block.line)
  return facts
}

const busLine = /^Bus: primary=[0-9a-f]{2}, secondary=([0-9a-f]{2}),/

/** The bridge above each function, by the bus behind it: with `-v` bridges tell. At the root where every bridge of a whole listing does. */
function placeBelowBridges({ blocks }: Run, functions: Record<Bdf, FunctionFacts>, shows: Shown, id: EvidenceId): void {
  const behind = new Map<string, { readonly bdf: Bdf; readonly line: number }>()
  const silent = new Set<Bdf>()
  for (const { bdf, head, items } of blocks) {
    const told = items.flatMap(({ text, line }) => { const bus = busLine.exec(text)?.[1]; return bus === undefined ? [] : [{ bus, line }] })[0]
    if (told) behind.set(`${bdf.split(':')[0]}:${told.bus}`, { bdf, line: told.line })
    else if (functionLine(head)?.class?.startsWith('0604')) silent.add(bdf)
  }
  if (behind.size === 0) return
  for (const { bdf, line } of blocks) {
    const bridge = behind.get(bdf.slice(0, bdf.lastIndexOf(':')))
    const facts = functions[bdf] as Draft<FunctionFacts>
    if (bridge && bridge.bdf !== bdf) facts.parent = known(bridge.bdf, id, bridge.line)
    else if (!bridge && shows.whole && silent.size === 0) facts.parent = known<Bdf>(null, id, line)
  }
}

type MakeFact = <T>(value: T) => ReturnType<typeof known<T>>
/** What single lines say. */
const readers: readonly ((text: string, fact: MakeFact) => FunctionFacts)[] = [
  (text, fact) => { const [, name] = driverLine.exec(text) ?? []; return name ? { driver: fact(name) } : {} },
  (text, fact) => {
    const [, names] = /^Kernel modules: ([\w, .-]{1,300})$/.exec(text) ?? []
    return names ? { kernelModules: fact(names.split(',').map(name => name.trim()).filter(name => name !== '')) } : {}
  },
  (text, fact) => {
    const [, long, short] = groupLine.exec(text) ?? []
    const group = long ?? short
    return group ? { group: fact(String(Number(group))), groupId: fact(String(Number(group))) } : {}
  },
  (text, fact) => {
    const [, id] = /^Subsystem: (?:.{0,300}\[)?([0-9a-f]{4}:[0-9a-f]{4})\]?$/i.exec(text) ?? []
    return id ? { subsystem: fact(id.toLowerCase()) } : {}
  },
  (text, fact) => (text.startsWith('!!! Unknown header type 7f') ? { configReadable: fact(false), headerType: fact(127) } : {}),
  (text, fact) => {
    const [, sign] = /^Control: .{0,40}\bMem([+-])/.exec(text) ?? []
    return sign ? { configReadable: fact(true), enabled: fact(sign === '+') } : {}
  },
  (text, fact) => {
    const [, node] = /^(?:Flags: .{0,300}\b)?NUMA node:? (\d{1,4})/.exec(text) ?? []
    return node ? { numaNode: fact(Number(node)) } : {}
  },
  (text, fact) => {
    const [, irq] = /^(?:Interrupt|Flags): .{0,300}\bIRQ (\d{1,6})\b/.exec(text) ?? []
    return irq ? { irq: fact(Number(irq)) } : {}
  },
  (text, fact) => {
    const [, state] = /^Status: (D[0-3])\b/.exec(text) ?? []
    return state ? { powerState: fact(state === 'D3' ? 'D3hot' : state) } : {}
  },
  (text, fact) => { const [, on] = /^LnkCtl: ASPM (Disabled|L0s L1|L0s|L1)\b/.exec(text) ?? []; return on ? { aspm: fact(on === 'Disabled' ? 'disabled' : on) } : {} },
  (text, fact) => (text.startsWith('L1SubCtl1: ') ? { l1Substates: fact([...text.slice(0, 200).matchAll(/\b((?:PCI-PM|ASPM)_L1\.[12])\+/g)].map(([, name]) => name as string)) } : {}),
  (text, fact) => linkLine(text, /^LnkSta: /, (speed, width) => linkFacts({ speed, width, maxSpeed: null, maxWidth: 0 }, fact)),
  (text, fact) => linkLine(text, /^LnkCap: /, (maxSpeed, maxWidth) => linkFacts({ speed: null, width: 0, maxSpeed, maxWidth }, fact)),
]

function linkLine(text: string, key: RegExp, make: (speed: number | null, width: number) => FunctionFacts): FunctionFacts {
  const line = text.slice(0, 300)
  if (!key.test(line)) return {}
  const speed = /Speed (\d{1,3}(?:\.\d)?) ?GT\/s/.exec(line)?.[1]
  return make(speed === undefined ? null : Number(speed), Number(/Width x(\d{1,2})/.exec(line)?.[1] ?? 0))
}

/** `-v` lists regions without numbers: counting is right unless a BAR in between is unused. */
function regionFacts(block: Block, id: EvidenceId, isDisplay: boolean): FunctionFacts {
  const end = block.items.findIndex(item => item.text.startsWith('Capabilities:'))
  const own = end < 0 ? block.items : block.items.slice(0, end)
  const bars: Bar[] = []
  let [counted, numbered, first, next] = [false, true, 0, 0]
  let disabled: FunctionFacts = {}
  for (const { text, line } of own) {
    const region = regionLine.exec(text)
    if (!region) continue
    const [, number, , space, at = '', rest = ''] = region
    const wide = rest.includes('64-bit')
    if (number === undefined) [counted, numbered] = [true, isDisplay]
    const place = number === undefined ? next : Number(number)
    next = place + (wide ? 2 : 1)
    first ||= line
    if (place > 5) continue
    bars.push({
      number: place,
      kind: barKind(space === 'Memory' ? 'mem' : 'io', wide, /(?<!non-)prefetchable/.test(rest)),
      address: /^[0-9a-f]{1,16}$/i.test(at) ? BigInt(`0x${at}`) || null : null,
      size: sizeOf(rest),
    })
    if (space === 'Memory' && rest.includes('[disabled]')) disabled = { enabled: known(false, id, line) }
  }
  // Regions stand between these lines and the capabilities, so where both are there and no region is, there is no BAR.
  const verbose = block.items.find(item => /^(?:Flags|Control): /.test(item.text))
  if (bars.length === 0) return verbose && (block.complete || end >= 0) && !block.items.some(item => item.text.startsWith('!!!')) ? barFacts([], id, verbose.line) : {}
  return { ...(counted && disabled), ...barFacts(bars, id, first, numbered) }
}

const units: Readonly<Record<string, bigint>> = { '': 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n, P: 1n << 50n }
function sizeOf(text: string): bigint | null {
  const found = /\[size=(\d{1,7})([KMGTP]?)\]/.exec(text)
  return found ? BigInt(found[1] ?? 0) * (units[found[2] ?? ''] ?? 1n) : null
}

/**
 * What the capability list says. To an ordinary user it is `Capabilities: <access denied>`, and then nothing is known.
 * Extended capabilities end the list; a part that was cut proves only what it shows. FLR needs -vv (DevCap, AFCap).
 */
function capabilityFacts(block: Block, id: EvidenceId): FunctionFacts {
  const list = block.items.filter(item => item.text.startsWith('Capabilities:'))
  const [first] = list
  if (!first || list.some(item => item.text.includes('<access denied>'))) return {}
  const whole = block.complete || block.items.some(item => /^Kernel (?:driver|modules)/.test(item.text)) || block.dump.bytes.length >= 64
  const facts: Draft<FunctionFacts> = {}
  const has = (key: 'msi' | 'msix' | 'acs' | 'rebarSupported', pattern: RegExp) => {
    const item = list.find(one => pattern.test(one.text))
    if (item || whole) facts[key] = known(item !== undefined, id, item?.line ?? first.line)
  }
  has('msi', /\] (?:MSI:|Message Signalled Interrupts:)/)
  has('msix', /\] MSI-X:/)
  // Extended capabilities stand at 100h and above; configuration space of 256 bytes shows none of them.
  const express = list.some(one => /\] Express /.test(one.text))
  if (!express || list.some(one => /^Capabilities: \[[1-9a-f][0-9a-f]{2}\b/i.test(one.text))) {
    has('acs', /\] Access Control Services/)
    has('rebarSupported', /\] (?:Physical )?Resizable BAR/)
  }
  return { ...facts, ...flrFact(block, whole, express, id), ...rebarSizes(block, id), ...sriovFacts(block, id) }
}

function flrFact({ items }: Block, whole: boolean, express: boolean, id: EvidenceId): FunctionFacts {
  const lines = items.filter(item => /^(?:DevCap|AFCap):|\] PCI Advanced Features/.test(item.text))
  const yes = lines.find(item => /\bFLR(?:eset)?\+/.test(item.text))
  if (yes) return { flr: known(true, id, yes.line) }
  const no = lines.find(item => /\bFLR(?:eset)?-/.test(item.text))
  // Ports have DevCap without FLReset; a function without Express and AF has no FLR at all.
  const [devCap] = lines
  if (no) return { flr: known(false, id, no.line) }
  if (devCap?.text.startsWith('DevCap') && /\bRBE[+-]/.test(devCap.text)) return { flr: known(false, id, devCap.line) }
  return whole && !express && !devCap ? { flr: known(false, id, items[0]?.line ?? 1) } : {}
}

function rebarSizes({ items }: Block, id: EvidenceId): FunctionFacts {
  const found = items.flatMap(({ text, line }) => {
    const parts = /^BAR (\d): current size: \w{1,8}, supported: ([\w ]{2,300})/.exec(text)
    return parts ? [{ text: `${parts[1]}: ${(parts[2] ?? '').trim().split(/ +/).map(size => size.replace(/B$/, '')).join(' ')}`, line }] : []
  })
  return found[0] ? { rebarSupported: known(true, id, found[0].line), rebarSizes: known(found.map(one => one.text), id, found[0].line) } : {}
}

function sriovFacts({ items }: Block, id: EvidenceId): FunctionFacts {
  const found = items.find(item => /Total VFs: \d/.test(item.text))
  const count = (pattern: RegExp) => Number(pattern.exec(found?.text ?? '')?.[1] ?? 0)
  return found ? { vfsTotal: known(count(/Total VFs: (\d{1,5})/), id, found.line), vfs: known(count(/Number of VFs: (\d{1,5})/), id, found.line) } : {}
}

/** Members are said only by a whole listing: an excerpt shows some of a group and looks like all of it. */
function groupFacts({ blocks }: Run, functions: Readonly<Record<Bdf, FunctionFacts>>, { whole }: Shown): Record<string, GroupFacts> {
  const groups: Record<string, Draft<GroupFacts>> = {}
  for (const { bdf } of blocks) {
    const group = functions[bdf]?.groupId
    if (group?.value == null) continue
    const facts = (groups[group.value] ??= { id: { value: group.value, at: group.at } })
    if (whole) facts.members = { value: [...facts.members?.value ?? [], bdf], at: [...facts.members?.at ?? [], ...group.at] }
  }
  return groups
}

/** The forms made for programs: `-m` lines and `-vmm` records. */
function* machineFunctions(body: string): Generator<MachineFunction> {
  let record: { readonly text: string; readonly line: number }[] = []
  const close = function* () {
    const one = record.length > 0 ? machineRecord(record) : null
    record = []
    if (one) yield one
  }
  for (const { text, line } of linesOf(body)) {
    const inLine = machineLine(text, line)
    if (inLine) yield inLine
    else if (text.trim() === '') yield* close()
    else if (/^[A-Za-z]{3,10}:\t/.test(text) && (record.length > 0 || /^(?:Slot|Device):\t[0-9a-f:.]{7,18}$/i.test(text))) record.push({ text, line })
  }
  yield* close()
}

function machineFacts(one: MachineFunction, id: EvidenceId): FunctionFacts {
  const group = one.group !== undefined && { group: known(one.group, id, one.line), groupId: known(one.group, id, one.line) }
  return {
    ...listedFacts(one, id, one.line),
    ...(one.subsystem !== undefined && { subsystem: known(one.subsystem, id, one.line) }),
    ...(one.driver !== undefined && { driver: known(one.driver, id, one.line) }),
    ...(one.modules && one.modules.length > 0 && { kernelModules: known(one.modules, id, one.line) }),
    ...(one.numaNode !== undefined && { numaNode: known(one.numaNode, id, one.line) }),
    ...group,
  }
}
