import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf, type EvidenceId } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution, FunctionFacts, GroupFacts, HostFacts } from '../model/snapshot.ts'
import { listFact, type Draft } from './draft.ts'
import { parser } from './parser.ts'
import { functionLine, functionStart, listedFacts, type FunctionLine } from './pci/listing-line.ts'
import { readTree, type TreeLine } from './tree.ts'

/**
 * IOMMU groups and units, in the tree form of the collector, as `find` lists them, or as the many group scripts do:
 *
 *     /sys/kernel/iommu_groups/1/devices/0000:01:00.0<TAB>/
 *     /sys/kernel/iommu_groups/1/devices/0000:01:00.0
 *     IOMMU Group 1 01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [10de:1b80] (rev a1)
 *     Group 1:  [10de:1b80] [R] 01:00.0  VGA compatible controller  GP104 [GeForce GTX 1080]
 *
 * A directory of groups that is there and empty means that no IOMMU is in use. Scripts may leave groups out, and `ls` of
 * one shows one: their number is only said where the directory itself was listed or no number is missing in between.
 */
export default parser({
  gives: 'iommu-sysfs',
  parse(evidence) {
    const seen = readSeen(textOf(evidence))
    return contribution(seen, evidence.id, evidence.status === 'ok')
  },
})

interface Found { readonly text: string; readonly line: number }
interface Group {
  readonly line: number
  type?: Found
  readonly members: Map<Bdf, number>
  /** Lines of reserved_regions; `regionsRead` is the first of them, 0 where the file was not read. */
  readonly regions: Found[]
  regionsRead: number
}
interface Seen {
  readonly groups: Map<string, Group>
  /** Line that shows the directory of groups was looked into; 0 none. */
  looked: number
  /** The directory of groups itself was listed, so all of them are here. */
  root: boolean
  /** Line with the 0 that `wc -l` printed of the directory, which is said in a paste as well; 0 none. */
  none: number
  readonly units: Map<string, number>
  unitsLooked: number
  /** VT-d capability registers. */
  readonly capabilities: { readonly value: bigint; readonly line: number }[]
  readonly functions: Map<Bdf, FunctionLine & { readonly line: number }>
}

const groupPath = /\/sys\/kernel\/iommu_groups(?:\/(\d{1,6})(?:\/([a-z_]{1,20})(?:\/([0-9a-f:.]{1,20}))?)?)?\/?(?![\w:./])/i
/** `ls -l /sys/bus/pci/devices/0000:01:00.0/iommu_group`. */
const functionLink = /([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\/iommu_group -> \S{0,80}iommu_groups\/(\d{1,6})/i
const addresses = /^(?:\s{0,8}[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])+\s*$/i
const listed = /\s([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) -> /i
const unitPath = /\/sys\/(?:class\/iommu|devices\/virtual\/iommu)(?:\/([\w.:-]{1,40})(?:\/(?:intel-iommu|amd-iommu)\/([a-z]{1,12}))?)?/
const scriptLine = /^[\s>*#-]{0,20}(?:IOMMU[ _])?Group:?\s{1,8}(\d{1,6})\s{0,8}(:?)(.*)$/i

function readSeen(body: string): Seen {
  const seen: Seen = { groups: new Map(), looked: 0, root: false, none: 0, units: new Map(), unitsLooked: 0, capabilities: [], functions: new Map() }
  let heading: string | null = null
  let counting = false
  for (const entry of readTree(body)) {
    // `ls /sys/kernel/iommu_groups | wc -l`, and below it 0.
    if (counting && /^\s{0,8}0\s*$/.test(entry.text)) seen.looked = seen.none = entry.line
    counting = entry.text.includes('iommu_groups') && /[$#] (?:sudo )?(?:ls(?: -\w{1,8})?|find) \/sys\/kernel\/iommu_groups\/?(?: -\w.{0,40})? ?\| ?wc -l\s*$/.test(entry.text)
    if (counting) continue
    const subject = !entry.path.startsWith('/sys/') ? entry.text : isSplitAddress(entry) ? `${entry.path}:${entry.text}` : entry.path
    const link = subject.includes('iommu_groups/') ? functionLink.exec(subject) : null
    const bdf = link && bdfFromText(link[1] ?? '')
    if (link && bdf) {
      groupOf(seen, link[2] ?? '', entry.line).members.set(bdf, entry.line)
      continue
    }
    const sysfs = subject.includes('/sys/') ? groupPath.exec(subject) : null
    if (sysfs) {
      if (!/no such file|denied/i.test(entry.text)) addGroupPath(seen, sysfs, entry)
      else if (/no such file/i.test(entry.text) && sysfs[1] === undefined) [seen.looked, seen.root] = [entry.line, true]
      // `ls` of a group's devices prints the addresses below.
      heading = sysfs[2] === 'devices' && sysfs[3] === undefined ? sysfs[1] ?? null : null
      continue
    }
    const unit = subject.includes('/sys/') ? unitPath.exec(subject) : null
    if (unit) {
      addUnit(seen, unit, entry)
      continue
    }
    heading = addScriptLine(seen, entry, heading)
  }
  if (seen.none === 0 && seen.groups.size === 0) seen.none = emptyAnswer(body)
  return seen
}

/** The line of a command that lists all groups and was answered with nothing: the paste goes on with the next prompt. 0 where it is none. */
function emptyAnswer(body: string): number {
  const lines = body.slice(0, 4096).split('\n')
  const [only, ...others] = lines.flatMap((line, index) => (line.trim() === '' ? [] : [index]))
  const asks = only !== undefined && others.length === 0 && /[#$%>] ?(?:sudo )?(?:find|ls(?: -\w{1,8})?) \/sys\/kernel\/iommu_groups\/?(?: -(?:type|maxdepth|mindepth|name) \S{1,20}){0,3}\s*$/.test(lines[only] ?? '')
  return asks ? only + 1 : 0
}

/** `find` prints paths that end in an address, whose first colon looks like the one `grep` puts behind a path. */
const isSplitAddress = ({ path, mark, text }: TreeLine) => mark === '=' && /\/devices\/[0-9a-f]{4,8}$/i.test(path) && /^[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/i.test(text)

function groupOf(seen: Seen, number: string, line: number): Group {
  const id = String(Number(number))
  const group = seen.groups.get(id) ?? { line, members: new Map<Bdf, number>(), regions: [], regionsRead: 0 }
  seen.groups.set(id, group)
  return group
}

function addGroupPath(seen: Seen, [, number, file, member]: RegExpExecArray, { mark, text, line }: TreeLine): void {
  if (mark === '!') return
  seen.looked ||= line
  if (number === undefined) {
    seen.root ||= !/[$#] /.test(text)
    return
  }
  const group = groupOf(seen, number, line)
  const bdf = file === 'devices' && member ? bdfFromText(member) : null
  if (bdf && !group.members.has(bdf)) group.members.set(bdf, line)
  if (mark !== '=' || text.includes('/sys/')) return
  if (file === 'type') group.type = { text: text.trim(), line }
  if (file === 'reserved_regions') {
    group.regionsRead ||= line
    group.regions.push({ text: text.trim(), line })
  }
}

function addUnit(seen: Seen, [, name, register]: RegExpExecArray, { mark, text, line }: TreeLine): void {
  if (mark === '!') return
  seen.unitsLooked ||= line
  if (name !== undefined && !seen.units.has(name)) seen.units.set(name, line)
  if (register === 'cap' && mark === '=' && /^[0-9a-f]{1,16}$/i.test(text.trim())) seen.capabilities.push({ value: BigInt(`0x${text.trim()}`), line })
}

/** Returns the group whose heading stands above the lines that follow. */
function addScriptLine(seen: Seen, { text, line }: TreeLine, heading: string | null): string | null {
  const script = scriptLine.exec(text)
  const rest = script ? script[3] ?? '' : text
  const number = script?.[1] ?? heading
  if (number === null) return null
  const names = addresses.test(rest.slice(0, 1024)) ? rest.trim().split(/\s+/) : listed.exec(rest)?.slice(1, 2) ?? []
  const members = names.flatMap(name => bdfFromText(name) ?? [])
  if (members.length > 0) {
    for (const bdf of members) groupOf(seen, number, line).members.set(bdf, line)
    return number
  }
  // Some scripts put the id and a mark before the address: `[10de:1b80] [R] 01:00.0  VGA …`.
  const function_ = functionStart(rest.replace(/^\s{0,20}(?:\[[0-9a-f]{4}:[0-9a-f]{4}\]\s{0,8})?(?:\[R\]\s{0,8})?/i, ''))
  if (script || function_) groupOf(seen, number, line)
  if (function_) {
    groupOf(seen, number, line).members.set(function_.bdf, line)
    addFunction(seen, function_.bdf, function_.rest, /^\s*\[([0-9a-f]{4}:[0-9a-f]{4})\]/i.exec(rest)?.[1], line)
  }
  if (script) return number
  // A wrapped line keeps its group; a blank line or a prompt ends it.
  return text.trim() === '' || /^\S{0,64}[$#] /.test(text) ? null : heading
}

/** The script's own ids stand before the address; a line without class or id still names a member. */
function addFunction(seen: Seen, bdf: Bdf, rest: string, id: string | undefined, line: number): void {
  const parts = functionLine(rest)
  const own = id?.toLowerCase() ?? parts?.id
  if (parts || own !== undefined) seen.functions.set(bdf, { ...parts, ...(own !== undefined && { id: own, vendor: own.slice(0, 4) }), line })
}

function contribution(seen: Seen, id: EvidenceId, whole: boolean): Contribution {
  const groups: Record<string, GroupFacts> = {}
  const functions: Record<Bdf, Draft<FunctionFacts>> = {}
  for (const [bdf, parts] of seen.functions) functions[bdf] = listedFacts(parts, id, parts.line)
  for (const [number, group] of seen.groups) {
    groups[number] = groupFacts(number, group, id, whole)
    for (const [bdf, line] of group.members) {
      const member = known(number, id, line)
      functions[bdf] = { ...functions[bdf], group: member, groupId: member }
    }
  }
  return { host: hostFacts(seen, id, whole), functions, groups }
}

function groupFacts(number: string, group: Group, id: EvidenceId, whole: boolean): GroupFacts {
  const members = [...group.members]
  const direct = group.regions.filter(region => / direct$/.test(region.text)).map(({ text, line }): [string, number] => [text, line])
  return {
    id: known(number, id, group.line),
    ...(members.length > 0 && whole && { members: listFact(id, members, group.line) }),
    ...(group.type && { type: known(group.type.text, id, group.type.line) }),
    ...(group.regionsRead > 0 && { directRegions: listFact(id, direct, group.regionsRead) }),
  }
}

function hostFacts(seen: Seen, id: EvidenceId, whole: boolean): HostFacts {
  const host: Draft<HostFacts> = {}
  const numbers = [...seen.groups.keys()].map(Number)
  const gapless = numbers.length > 1 && Math.max(...numbers) === numbers.length - 1
  const [line] = [...seen.groups.values()].map(group => group.line)
  if (seen.looked > 0 || seen.unitsLooked > 0 || numbers.length > 0) host.platform = known('linux', id, seen.looked || seen.unitsLooked || line || 1)
  if (seen.none > 0 && numbers.length === 0) host.iommuGroupCount = known(0, id, seen.none)
  else if (whole && (seen.root || gapless)) host.iommuGroupCount = known(numbers.length, id, line ?? seen.looked)
  if (whole && seen.unitsLooked > 0) host.iommuUnits = listFact(id, [...seen.units], seen.unitsLooked)
  // VT-d 10.4.2: MGAW, bits 16 to 21, is one less than the width. The narrowest unit decides.
  const widths = seen.capabilities.map(({ value, line: where }) => ({ bits: Number((value >> 16n) & 63n) + 1, where })).sort((a, b) => a.bits - b.bits)
  if (widths[0]) host.iommuAddressWidth = known(widths[0].bits, id, widths[0].where)
  return host
}
