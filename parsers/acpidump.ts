import type { EvidenceId } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import { scopeAddress } from './acpi/dmar.ts'
import { tableFacts } from './acpi/table-facts.ts'
import { listFact, type Draft } from './draft.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * ACPI tables as text, in three forms that may stand in one file:
 * - Linux `acpidump`: `DMAR @ 0x0000000000000000`, then `    0000: 44 4D 41 52 A8 00 …  DMAR…`
 * - ACPICA's disassembler (`iasl -d`): `[024h 0036   1]           Host Address Width : 26`, raw bytes at the end
 * - FreeBSD `acpidump -t`: `  DMAR: Length=168, Revision=1, Checksum=169,`, then `\tHost Address Width=39`
 *
 * A dump that holds the tables every machine has (FACP, APIC, and more) and no DMAR proves that there is none.
 */
export default parser({
  gives: 'acpidump',
  parse({ id, body, status }) {
    if (typeof body !== 'string') return {}
    const dump = readDump(body)
    const host: Draft<HostFacts> = {}
    for (const piece of dump.raw) Object.assign(host, tableFacts(Uint8Array.from(piece.bytes), id, offset => piece.lines[offset >> 4] ?? piece.line))
    for (const [key, fact] of Object.entries(decodedFacts(dump.fields, id))) if (!Object.hasOwn(host, key)) Object.assign(host, { [key]: fact })
    if (status === 'ok' && isFull(dump.tables)) {
      const where = dump.tables.get('FACP') ?? 1
      host.dmarPresent ??= known(dump.tables.has('DMAR'), id, dump.tables.get('DMAR') ?? where)
      host.ivrsPresent ??= known(dump.tables.has('IVRS'), id, dump.tables.get('IVRS') ?? where)
    } else {
      const [dmar, ivrs] = [dump.tables.get('DMAR'), dump.tables.get('IVRS')]
      if (dmar !== undefined) host.dmarPresent ??= known(true, id, dmar)
      if (ivrs !== undefined) host.ivrsPresent ??= known(true, id, ivrs)
    }
    return { host }
  },
})

/** Fixed tables (ACPI 6.5, 5.2.9 and 5.2.12) plus at least one more: somebody dumped everything, not one table. */
const isFull = (tables: ReadonlyMap<string, number>) => tables.has('FACP') && (tables.has('APIC') || tables.has('DSDT')) && tables.size >= 3

interface RawTable { readonly line: number; readonly bytes: number[]; readonly lines: number[] }
/** A `name : value` or `name=value` of decoded text with the table it stands in. */
interface Field { readonly table: string; readonly name: string; readonly value: string; readonly line: number; readonly form: 'acpica' | 'freebsd' | 'freebsd scope' }
interface Dump { readonly tables: Map<string, number>; readonly raw: RawTable[]; readonly fields: Field[] }

const linuxTitle = /^\s*([A-Z][A-Z0-9_]{3}) @ (?:0x)?[0-9A-Fa-f]+\s*$/
const hexRow = /^\s*([0-9A-Fa-f]{4,8}): ((?:[0-9A-Fa-f]{2} ){0,15}[0-9A-Fa-f]{2})(?: |$)/
const acpicaField = /^\s*(?:\[[0-9A-Fa-f]+h [0-9]+ +[0-9A-Fa-f]+h?\])? {0,60}([A-Za-z][A-Za-z0-9 /()-]{1,48}?) : (.{0,200})$/
const freebsdTitle = /^\s{1,4}([A-Z][A-Z0-9_]{3}): Length=\d+, Revision=/
const freebsdField = /^(\s+)([A-Za-z][A-Za-z ]{2,30})=(.{0,200})$/

/** FreeBSD indents a device scope by two tabs, its structure by one. */
const isDeep = (indent: string) => indent.startsWith('\t\t') || indent.length >= 12

function readDump(body: string): Dump {
  const dump: Dump = { tables: new Map(), raw: [], fields: [] }
  let table = ''
  let form: Field['form'] | 'hex' = 'hex'
  const open = (name: string, line: number) => {
    table = name
    if (!dump.tables.has(name)) dump.tables.set(name, line)
  }
  for (const { text, line } of linesOf(body)) {
    const hex = hexRow.exec(text)
    if (hex) {
      addRow(dump, table, hex, line)
      continue
    }
    const title = linuxTitle.exec(text) ?? freebsdTitle.exec(text)
    if (title) {
      open(title[1] ?? '', line)
      form = text.includes('@') ? 'hex' : 'freebsd'
      continue
    }
    const decoded = acpicaField.exec(text)
    if (decoded) {
      const [name, value] = [decoded[1] ?? '', decoded[2] ?? '']
      if (name === 'Signature') open(/^"(\w{4})"/.exec(value)?.[1] ?? '', line)
      else dump.fields.push({ table, name, value, line, form: 'acpica' })
      continue
    }
    const field = form === 'freebsd' ? freebsdField.exec(text) : null
    if (field) dump.fields.push({ table, name: field[2] ?? '', value: field[3] ?? '', line, form: isDeep(field[1] ?? '') ? 'freebsd scope' : 'freebsd' })
  }
  return dump
}

/** Adds a row of hex to the table it continues; a row that does not follow the one before opens a new table. */
function addRow(dump: Dump, table: string, [, offset, digits]: RegExpExecArray, line: number): void {
  const bytes = (digits ?? '').split(' ').map(pair => parseInt(pair, 16))
  const place = parseInt(offset ?? '', 16)
  if (place === 0) {
    dump.raw.push({ line, bytes: [], lines: [] })
    const signature = String.fromCharCode(...bytes.slice(0, 4))
    if (/^[A-Z][A-Z0-9_]{3}$/.test(signature) && !dump.tables.has(signature)) dump.tables.set(signature, line)
  }
  const current = dump.raw.at(-1)
  if (current?.bytes.length !== place || (table !== '' && !wanted.has(table))) return
  current.bytes.push(...bytes)
  current.lines.push(line)
}
/** Other tables can be megabytes and are of no use here. */
const wanted = new Set(['DMAR', 'IVRS'])

/** One structure of decoded text: its type, segment and the device scopes within. */
interface Structure { readonly type: string; segment: number; readonly scopes: Scope[] }
interface Scope { readonly type: number; bus: number; path: { device: number; fn: number }[]; line: number }

function decodedFacts(fields: readonly Field[], evidence: EvidenceId): HostFacts {
  const dmar = fields.filter(field => field.table === 'DMAR')
  const ivrs = fields.filter(field => field.table === 'IVRS')
  const host: Draft<HostFacts> = {}
  const width = dmar.find(field => field.name === 'Host Address Width')
  const flags = dmar.find(field => field.name === 'Flags')
  // ACPICA prints the byte in hex, FreeBSD the number of bits in decimal.
  const bits = width && (width.form === 'acpica' ? parseInt(width.value, 16) + 1 : Number(width.value))
  if (width && bits && bits <= 256) host.dmarAddressWidth = known(bits, evidence, width.line)
  if (flags && width && flags.line > width.line) host.dmarFlags = known(flagsOf(flags), evidence, flags.line)
  const structures = dmarStructures(dmar)
  const units = structures.filter(one => one.type === 'DRHD').length
  if (units > 0) {
    host.dmarUnits = known(units, evidence, width?.line ?? dmar[0]?.line ?? 1)
    host.rmrrDevices = reservedFor(structures, evidence, width?.line ?? 1)
  }
  const isIvhd = ({ name, value }: Field) => name === 'Subtable Type' && value.includes('[Hardware Definition')
  const ivhd = ivrs.flatMap((field, index) => (isIvhd(field) ? [unitOf(ivrs, index)] : []))
  if (ivhd.length > 0) host.ivrsUnits = known(new Set(ivhd).size, evidence, ivrs[0]?.line ?? 1)
  return host
}

const flagNames: Readonly<Record<string, number>> = { INTR_REMAP: 1, X2APIC_OPT_OUT: 2, DMA_CTRL_PLATFORM_OPT_IN: 4 }
const flagsOf = ({ form, value }: Field) => form === 'acpica'
  ? parseInt(value, 16) || 0
  : value.replace(/[{}]/g, '').split(',').reduce((bits, name) => bits | (Object.hasOwn(flagNames, name) ? flagNames[name] ?? 0 : 0), 0)

/** The DeviceId that follows an IVHD's first line: what tells one IOMMU from the next. */
const unitOf = (fields: readonly Field[], index: number) => fields.slice(index + 1, index + 20).find(field => field.name === 'DeviceId')?.value ?? ''

const acpicaTypes: Readonly<Record<string, string>> = { '0000': 'DRHD', '0001': 'RMRR', '0002': 'ATSR', '0003': 'RHSA', '0004': 'ANDD', '0005': 'SATC' }
const freebsdScopes: Readonly<Record<string, number>> = { 'PCI Endpoint Device': 1, 'PCI Sub-Hierarchy': 2, 'IOAPIC': 3, 'HPET': 4 }
const freebsdType = /^(?:DRHD|RMRR|ATSR|RHSA|\d{1,5})$/

/** Both decoders name the fields alike but for their numbers: hexadecimal here, decimal there. */
function dmarStructures(fields: readonly Field[]): Structure[] {
  const structures: Structure[] = []
  for (const { name, value, line, form } of fields) {
    const current = structures.at(-1)
    const scope = current?.scopes.at(-1)
    const number = parseInt(value, form === 'acpica' ? 16 : 10) || 0
    const opens = name === 'Subtable Type' ? acpicaTypes[value.slice(0, 4)] ?? 'unknown' : name === 'Type' && form === 'freebsd' && freebsdType.test(value) ? value : null
    if (opens !== null) structures.push({ type: opens, segment: 0, scopes: [] })
    else if (name === 'PCI Segment Number' || name === 'Segment') { if (current) current.segment = number }
    else if (name === 'Device Scope Type') current?.scopes.push({ type: number, bus: 0, path: [], line })
    else if (name === 'Type') current?.scopes.push({ type: Object.hasOwn(freebsdScopes, value) ? freebsdScopes[value] ?? 0 : 0, bus: 0, path: [], line })
    else if (name === 'PCI Bus Number' || name === 'StartBusNumber') { if (scope) scope.bus = number }
    else if (name === 'PCI Path') scope?.path.push(...steps(value, /([0-9A-Fa-f]{2}),([0-9A-Fa-f]{2})/g, 16))
    else if (name === 'Path') scope?.path.push(...steps(value, /(\d{1,3}):(\d{1,3})/g, 10))
  }
  return structures
}

const steps = (value: string, pattern: RegExp, base: number) =>
  [...value.matchAll(pattern)].map(([, device, fn]) => ({ device: parseInt(device ?? '', base), fn: parseInt(fn ?? '', base) }))

function reservedFor(structures: readonly Structure[], evidence: EvidenceId, lookedAt: number) {
  const found = structures.filter(one => one.type === 'RMRR').flatMap(one => one.scopes.flatMap((scope): [string, number][] => {
    const bdf = scopeAddress(one.segment, scope)
    return bdf ? [[bdf, scope.line]] : []
  }))
  return listFact(evidence, found, lookedAt)
}
