import { bdfFromNumbers, type Bdf } from '../model/bdf.ts'
import { textOf, type Cite, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'
import { functionAt } from './freebsd/address.ts'
import { barKind, linkFacts } from './pci/function-facts.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

type FunctionDraft = { -readonly [Name in keyof FunctionFacts]: FunctionFacts[Name] }

/** One device line with the detail lines below it. */
interface Block {
  readonly bdf: Bdf
  readonly line: number
  readonly facts: FunctionDraft
  readonly strings: Map<string, string>
  readonly bars: Bar[]
  readonly errors: { readonly text: string, readonly line: number }[]
  /** Lines of capabilities, and whether they told of PCI Express and FLR. */
  caps: number
  ecaps: number
  express: boolean
  flr: boolean
  /** Buses behind a bridge, `-B`. */
  buses: readonly [number, number] | null
  errorKind: string
}

interface Bar { readonly index: number; readonly type: string; readonly base: bigint; readonly size: number; readonly enabled: boolean; readonly line: number }

type Understand = (block: Block, parts: RegExpExecArray, fact: <T>(value: T) => Fact<T>, line: number) => void
type Grammar = readonly (readonly [RegExp, Understand?])[]

const hex4 = (text: string) => text.toLowerCase().padStart(4, '0')
const count = (text: string | undefined) => Math.min(Number(text ?? 0), Number.MAX_SAFE_INTEGER)

/** Texts of capabilities whose meaning is taken (usr.sbin/pciconf/cap.c); other ids are taken as read. */
const capabilities: Readonly<Record<string, Grammar>> = {
  '01': [[/^powerspec \d+ +supports [D0-3 ]+ current D([0-3])$/, (block, [, state], fact) => {
    block.facts.powerState = fact(state === '3' ? 'D3hot' : `D${state}`)
  }]],
  '05': [[/^MSI supports (\d{1,4}) messages?(?:, 64 bit)?(?:, vector masks)?(?: enabled with \d+ messages?)?$/, (block, [, vectors], fact) => {
    block.facts.msi = fact(true)
    block.facts.msiVectors = fact(count(vectors))
  }]],
  '10': [[/^PCI-Express \d+ (?:[A-Za-z]|type \d)[\w -]* max data \d+\(\d+\)(?: FLR| RO| NS| ARI (?:en|dis)abled)*(?: link .*)?$/, (block, [text], fact) => {
    block.express = true
    block.flr ||= / FLR\b/.test(text)
    const link = / (link .*)$/.exec(text)
    if (link) readLink(block, link[1] ?? '', fact)
  }]],
  '11': [[/^MSI-X supports (\d{1,4}) messages?(?:, enabled)?(?:, .*)?$/, (block, [, vectors], fact) => {
    block.facts.msix = fact(true)
    block.facts.msixVectors = fact(count(vectors))
  }]],
  '13': [[/^PCI Advanced Features:((?: FLR| TP)*)$/, (block, [, features]) => {
    block.flr ||= features?.includes('FLR') ?? false
  }]],
}

const extended: Readonly<Record<string, Grammar>> = {
  '0001': [[/^AER \d+(?: (\d+) fatal (\d+) non-fatal \d+ corrected)?$/, (block, [, fatal, nonFatal], fact) => {
    if (fatal === undefined) return
    block.facts.aerFatal = fact(count(fatal))
    block.facts.aerNonFatal = fact(count(nonFatal))
  }]],
  '000d': [[/^(?:ACS|unknown) \d+/, (block, _, fact) => { block.facts.acs = fact(true) }]],
  '0015': [[/^(?:Resizable BAR|unknown) \d+/, (block, _, fact) => { block.facts.rebarSupported = fact(true) }]],
}

const anyText: Grammar = [[/^\S/]]
const errorHeads = /^(PCI errors|PCI-e errors|Fatal|Non-fatal|Corrected) {1,20}= (.+)$/
const states = '(?:enabled|disabled|available|unavailable)'

/** The lines below a device line, leading and trailing blanks off. */
const details: Grammar = [
  [/^(vendor|device|class|subclass) {1,12}= (.*)$/, (block, [, key, value]) => {
    block.strings.set(key ?? '', (value ?? '').replace(/^'|'$/g, ''))
  }],
  [/^bar {1,6}\[([0-9a-f]{2})\] = type ([A-Za-z/ ]{1,24}), range +(\d{1,2}), base (0x[0-9a-f]{1,16}|0), size +(\d{1,19}), (enabled|disabled)$/i, readBar],
  [/^(?:cap )([0-9a-f]{2})\[[0-9a-f]{2}\] = (.*)$/i, (block, [, id, text], fact, line) => {
    block.caps++
    readBy(capabilities[(id ?? '').toLowerCase()] ?? anyText, block, text ?? '', fact, line)
  }],
  [/^(?:ecap )([0-9a-f]{4})\[[0-9a-f]{3}\] = (.*)$/i, (block, [, id, text], fact, line) => {
    block.ecaps++
    readBy(extended[(id ?? '').toLowerCase()] ?? anyText, block, text ?? '', fact, line)
  }],
  [/^link x\d+\(x\d+\).*$/, (block, [text], fact) => readLink(block, text, fact)],
  [/^(\d{1,5}) VFs configured out of \d+ supported$/, (block, [, vfs], fact) => { block.facts.vfs = fact(count(vfs)) }],
  [/^bus range {1,4}= (\d{1,3})-(\d{1,3})$/, (block, [, from, to]) => { block.buses = [count(from), count(to)] }],
  [errorHeads, (block, [, kind, text], _, line) => {
    block.errorKind = kind ?? ''
    block.errors.push({ text: `${kind}: ${text}`, line })
  }],
  [/^max read \d+$/],
  [/^slot \d+ power limit \d+ mW\b/],
  [/^Table in map 0x[0-9a-f]+\[0x[0-9a-f]+\], PBA in map 0x[0-9a-f]+\[0x[0-9a-f]+\]$/],
  [/^Table in map 0x[0-9a-f]+\[0x[0-9a-f]+\]$/],
  [/^First VF RID Offset 0x[0-9a-f]+, VF RID Stride 0x[0-9a-f]+$/],
  [/^VF Device ID 0x[0-9a-f]+$/],
  [/^Page Sizes: /],
  [/^iov bar {1,6}\[[0-9a-f]{2,3}\] = type /],
  [/^window {0,3}\[[0-9a-f]{2}\] = type /],
  [/^features: /],
  [/^\[\d+\] /],
  [/^[0-9a-f]{2}(?: [0-9a-f]{2}){3,15}$/],
  [new RegExp(`^(?:P2P|Source Validation|I/O Req Blocking|DSP BAR)\\b.* (?:${states}|redirect enabled|blocking enabled|access enabled|reserved)\\b`)],
  [/^PCI Enhanced Allocation/],
]

/** `link x4(x8) speed 5.0(8.0) ASPM disabled(L0s/L1)`; without a speed where nothing is connected. */
function readLink(block: Block, text: string, fact: <T>(value: T) => Fact<T>): void {
  const parts = /^link x(\d{1,2})\(x(\d{1,2})\)(?: speed (\d{1,3}\.\d)\((\d{1,3}\.\d)\))?/.exec(text)
  if (!parts) return
  const speed = (text: string | undefined) => (text === undefined ? null : Number(text))
  Object.assign(block.facts, linkFacts({ width: Number(parts[1]), maxWidth: Number(parts[2]), speed: speed(parts[3]), maxSpeed: speed(parts[4]) }, fact))
}

function readBar(block: Block, [, register, type, range, base, size, state]: RegExpExecArray, _: unknown, line: number): void {
  const kind = barKind(type === 'I/O Port' ? 'io' : 'mem', range === '64', type?.startsWith('Prefetchable') ?? false)
  const index = (parseInt(register ?? '10', 16) - 0x10) / 4
  if (Number.isInteger(index) && index >= 0 && index < 6) block.bars.push({ index, type: kind, base: BigInt(base ?? 0), size: count(size), enabled: state === 'enabled', line })
}

/** Whether a line of the grammar fits; its meaning goes into the block. */
function readBy(grammar: Grammar, block: Block, text: string, fact: <T>(value: T) => Fact<T>, line: number): boolean {
  for (const [pattern, understand] of grammar) {
    const parts = pattern.exec(text)
    if (!parts) continue
    understand?.(block, parts, fact, line)
    return true
  }
  return false
}

/**
 * Where a device line begins that was printed behind another one: a vendor capability of version 0 ends without a
 * newline, `    ecap 000b[100] = Vendor 0none7@pci0:127:8:4: class=…`. -1 where the line is one line.
 */
function gluedAt(text: string): number {
  const at = text.indexOf('@pci')
  if (at <= 0 || !/^[ \t]*e?cap /.test(text)) return -1
  const name = /[a-z_]\w{0,31}$/i.exec(text.slice(Math.max(0, at - 32), at).replace(/^.*[^\w]/s, '').replace(/^\d+/, ''))
  return name ? at - name[0].length : -1
}

const pairs = /\b(class|rev|hdr|card|chip|vendor|device|subvendor|subdevice)=0x([0-9a-f]{1,8})\b/gi

/** The block of a device line of any release; null for other lines. */
function deviceLine(text: string, line: number, evidence: Evidence): Block | null {
  const at = text.indexOf('@pci')
  const name = text.slice(0, Math.max(0, at)).trim()
  const unit = name.length <= 40 ? /^([a-z_][a-z0-9_]*?)(\d{1,5})$/i.exec(name) : null
  const selector = /^(\d{1,10}):(\d{1,3}):(\d{1,3})(?::(\d{1,3}))?:\s+(?=\w+=0x)/.exec(text.slice(at + 4, at + 400))
  if (!unit || !selector) return null
  const numbers = selector.slice(1, 5).filter(part => part !== undefined).map(Number)
  const [domain, bus, slot, fn] = (numbers.length === 3 ? [0, ...numbers] : numbers) as [number, number, number, number]
  const bdf = functionAt(domain, bus, slot, fn)
  if (bdf === null) return null
  const fact = <T>(value: T | null) => known(value, evidence.id, line)
  const values = new Map([...text.slice(at, at + 400).matchAll(pairs)].map(([, key, value]) => [(key ?? '').toLowerCase(), value ?? '']))
  const driver = (unit[1] ?? '').toLowerCase()
  const facts: FunctionDraft = { bdf: fact(bdf), domain: fact(domain), deviceName: fact(name), driver: fact(driver === 'none' ? null : driver) }
  const block: Block = { bdf, line, facts, strings: new Map(), bars: [], errors: [], caps: 0, ecaps: 0, express: false, flr: false, buses: null, errorKind: '' }
  const ids = idsOf(values, 'chip', 'vendor', 'device')
  if (ids) Object.assign(facts, { id: fact(ids), vendor: fact(ids.slice(0, 4)) })
  const subsystem = idsOf(values, 'card', 'subvendor', 'subdevice')
  if (subsystem) facts.subsystem = fact(subsystem === '0000:0000' ? null : subsystem)
  const classCode = values.get('class')
  if (classCode) facts.class = fact(classCode.toLowerCase().padStart(6, '0').slice(-6))
  const revision = values.get('rev')
  if (revision) facts.revision = fact(revision.toLowerCase().padStart(2, '0'))
  const header = values.get('hdr')
  if (header) facts.headerType = fact(parseInt(header, 16) & 0x7f)
  if (ids === 'ffff:ffff' || facts.headerType?.value === 0x7f) facts.configReadable = fact(false)
  return block
}

/** `vendor:device` of either form; up to 12.x one number holds both, the device in its upper half. */
function idsOf(values: ReadonlyMap<string, string>, both: string, vendor: string, device: string): string | null {
  const number = values.get(both)?.padStart(8, '0').toLowerCase()
  if (number !== undefined) return `${number.slice(4)}:${number.slice(0, 4)}`
  const [v, d] = [values.get(vendor), values.get(device)]
  return v === undefined || d === undefined ? null : `${hex4(v)}:${hex4(d)}`
}

const page = 4096n

function barFacts(block: Block, evidence: Evidence): void {
  if (block.bars.length === 0) return
  const at: Cite[] = block.bars.map(bar => ({ evidence: evidence.id, where: bar.line }))
  const memory = block.bars.filter(bar => bar.type !== 'io')
  const line = (bar: Bar) => `${bar.index} ${bar.type} 0x${bar.base.toString(16)} ${bar.size}`
  const mib = (index: number): Fact<number> => {
    const bar = memory.find(one => one.index === index)
    return { value: bar ? bar.size / 2 ** 20 : null, at }
  }
  const { facts } = block
  facts.bars = { value: block.bars.map(line), at }
  facts.bar0MiB = mib(0)
  facts.bar2MiB = mib(2)
  facts.barsUnassigned = { value: memory.filter(bar => bar.base === 0n && bar.size > 0).map(bar => String(bar.index)), at }
  facts.barsDisabled = { value: memory.filter(bar => bar.base !== 0n && !bar.enabled).map(bar => String(bar.index)), at }
  facts.barsUnaligned = { value: memory.filter(bar => bar.base !== 0n && (bar.base % page !== 0n || BigInt(bar.size) % page !== 0n)).map(line), at }
  if (memory.length > 0) {
    facts.barLargestMiB = { value: Math.max(...memory.map(bar => bar.size)) / 2 ** 20, at }
    facts.enabled = { value: memory.some(bar => bar.enabled), at }
  }
}

/** What the listing shows by not naming it: pciconf prints every capability of a function once it prints any. */
function absences(block: Block, listed: { readonly caps: boolean, readonly ecaps: boolean }, evidence: Evidence): void {
  const fact = <T>(value: T) => known(value, evidence.id, block.line)
  const { facts } = block
  if (listed.caps) {
    facts.msi ??= fact(false)
    facts.msix ??= fact(false)
    facts.flr = fact(block.flr)
  }
  if (listed.ecaps && block.express) {
    facts.acs ??= fact(false)
    facts.rebarSupported ??= fact(false)
  }
  if (block.caps > 0) facts.configReadable ??= fact(true)
}

function finish(block: Block, evidence: Evidence): void {
  const name = [block.strings.get('vendor'), block.strings.get('device')].filter(Boolean).join(' ')
  if (name !== '') block.facts.name = known(name, evidence.id, block.line)
  if (block.flr) block.facts.flr ??= known(true, evidence.id, block.line)
  barFacts(block, evidence)
  if (block.errors.length > 0) block.facts.pciErrors = { value: block.errors.map(e => e.text), at: block.errors.map(e => ({ evidence: evidence.id, where: e.line })) }
}

/** The bridge that leads to each function: the one with the narrowest bus range around it (`pciconf -B`). */
function giveParents(blocks: readonly Block[], evidence: Evidence): void {
  const bridges = new Map<string, Block>()
  for (const bridge of blocks) if (bridge.buses) bridges.set(`${bridge.bdf.split(':')[0]}:${bridge.buses[0]}`, bridge)
  if (bridges.size === 0) return
  for (const block of blocks) {
    const [domain, bus] = block.bdf.split(':')
    const bridge = bridges.get(`${domain}:${parseInt(bus ?? '0', 16)}`)
    block.facts.parent = bridge ? { value: bridge.bdf, at: [{ evidence: evidence.id, where: bridge.line }] } : known<string>(null, evidence.id, block.line)
  }
}

/** Lines that are no part of the listing and still no surprise: prompts, separators of grep -A, pciconf's own complaints. */
const around = /^(?:--|pciconf: .*|[^@]*[#$%] *(?:sudo |doas )?pciconf\b.*|```.*)$/
const firstBridge = bdfFromNumbers(0, 0, 0, 0)

/**
 * `pciconf -l` with any of -v -b -c -e -B, of FreeBSD 6 to 15 (usr.sbin/pciconf/pciconf.c and cap.c). Gives the PCI
 * functions; all numbers of a selector are decimal.
 *
 *     ppt0@pci0:3:0:0:	class=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x128b subvendor=0x1462 subdevice=0x8c93
 *         bar   [10] = type Memory, range 32, base 0xfb000000, size 16777216, enabled
 *         cap 05[68] = MSI supports 1 message, 64 bit
 */
export default parser({
  gives: 'pciconf',
  parse(evidence: Evidence): Contribution {
    const blocks: Block[] = []
    const notUnderstood: Cite[] = []
    let excerpt = false
    const take = (text: string, line: number): void => {
      if (text.trim() === '') return
      const begun = deviceLine(text, line, evidence)
      if (begun) return void blocks.push(begun)
      excerpt ||= text.trim() === '--'
      const block = blocks.at(-1)
      if (!(block && readDetail(block, text.trim(), line, evidence)) && !around.test(text.trim())) notUnderstood.push({ evidence: evidence.id, where: line })
    }
    for (const { text, line } of linesOf(textOf(evidence))) {
      const glue = gluedAt(text)
      if (glue < 0) take(text, line)
      else [text.slice(0, glue), text.slice(glue)].forEach(part => take(part, line))
    }
    const anyCaps = blocks.some(block => block.caps > 0)
    const anyEcaps = blocks.some(block => block.ecaps > 0)
    blocks.forEach((block, index) => {
      finish(block, evidence)
      const whole = !excerpt && anyCaps && (block.caps > 0 || index < blocks.length - 1)
      absences(block, { caps: whole, ecaps: whole && anyEcaps }, evidence)
    })
    giveParents(blocks, evidence)
    const functions: Record<Bdf, FunctionDraft> = {}
    for (const block of blocks) functions[block.bdf] = { ...functions[block.bdf], ...block.facts }
    return { ...hostOf(blocks, excerpt, evidence), functions, notUnderstood }
  },
})

function readDetail(block: Block, text: string, line: number, evidence: Evidence): boolean {
  const fact = <T>(value: T) => known(value, evidence.id, line)
  if (readBy(details, block, text, fact, line)) return true
  // A further error stands alone on its line, under the head of the first.
  const further = block.errorKind !== '' && /^[A-Z][\w -]{2,60}$/.test(text)
  if (further) block.errors.push({ text: `${block.errorKind}: ${text}`, line })
  return further
}

/** The list of ppt functions is whole only where the whole machine was listed: the host bridge is always the first. */
function hostOf(blocks: readonly Block[], excerpt: boolean, evidence: Evidence): Pick<Contribution, 'host'> {
  const first = blocks[0]
  if (!first) return {}
  const platform = known('freebsd', evidence.id, first.line)
  const ppt = blocks.filter(block => block.facts.driver?.value === 'ppt')
  const whole = !excerpt && blocks.some(block => block.bdf === firstBridge)
  if (!whole && ppt.length === 0) return { host: { platform } }
  return { host: { platform, pptBound: { value: ppt.map(block => block.bdf), at: (ppt.length > 0 ? ppt : [first]).map(block => ({ evidence: evidence.id, where: block.line })) } } }
}
