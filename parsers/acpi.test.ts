import fc from '../test-corpus/property.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { Evidence } from '../model/evidence.ts'
import type { HostFacts } from '../model/snapshot.ts'
import { decodeDmar, type DmarTable } from './acpi/dmar.ts'
import { decodeIvrs, ivrsUnits, type IvrsTable } from './acpi/ivrs.ts'
import acpiTable from './acpi-table.ts'
import acpidump from './acpidump.ts'

const evidence = (id: Evidence['id'], body: string | Uint8Array, status: Evidence['status'] = 'ok'): Evidence =>
  ({ id, kind: id.split('/')[0] as Evidence['kind'], from: 'test', status, body })
const dumped = (text: string, status: Evidence['status'] = 'ok') => acpidump.parse(evidence('acpidump', text, status)).host ?? {}
const values = (host: HostFacts | undefined) => Object.fromEntries(Object.entries(host ?? {}).map(([key, fact]) => [key, fact.value]))

/** Little-endian numbers: [value, bytes]. */
const pack = (...parts: readonly (readonly [number | bigint, number] | string)[]): number[] =>
  parts.flatMap(part => typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : Array.from({ length: part[1] }, (_, i) => Number((BigInt(part[0]) >> BigInt(8 * i)) & 0xffn)))

/** A table with its header, length and checksum. */
function table(signature: string, ...body: readonly number[][]): Uint8Array {
  const rest = body.flat()
  const bytes = [...pack(signature, [36 + rest.length, 4], [1, 1], [0, 1], 'ACME  ', 'BOARD   ', [3, 4], 'TEST', [0x20, 4]), ...rest]
  bytes[9] = (256 - (bytes.reduce((sum, byte) => sum + byte, 0) & 255)) & 255
  return Uint8Array.from(bytes)
}
const sized = (type: number, body: number[]) => [...pack([type, 2], [body.length + 4, 2]), ...body]
const scope = (type: number, bus: number, ...path: readonly (readonly [number, number])[]) => pack([type, 1], [6 + 2 * path.length, 1], [0, 2], [7, 1], [bus, 1], ...path.flatMap(([d, f]) => [[d, 1], [f, 1]] as const))

const dmarHead = pack([38, 1], [5, 1], [0, 8], [0, 2])
const graphics = sized(0, [...pack([0, 1], [0, 1], [0, 2], [0xfed90000, 8]), ...scope(1, 0, [2, 0])])
const rest = sized(0, [...pack([1, 1], [0, 1], [0, 2], [0xfed91000, 8]), ...scope(3, 0xf0, [0x1f, 0]), ...scope(4, 0, [0x1f, 0])])
const usbMemory = sized(1, [...pack([0, 2], [0, 2], [0x8b000000, 8], [0x8b0fffff, 8]), ...scope(1, 0, [0x14, 0]), ...scope(1, 0, [0x1c, 4], [0, 0]), ...scope(2, 0, [1, 0])])
const ports = sized(2, [...pack([1, 1], [0, 1], [0, 2]), ...scope(2, 0, [1, 0])])
const affinity = sized(3, pack([0, 4], [0xfed90000, 8], [1, 4]))
const named = sized(4, [...pack([0, 3], [2, 1], '\\_SB.PCI0.I2C0', [0, 1])])
const soc = sized(5, [...pack([1, 1], [0, 1], [0, 2]), ...scope(1, 0, [2, 0])])
const dmar = table('DMAR', dmarHead, graphics, rest, usbMemory, ports, affinity, named, soc)

const ivhd10 = [...pack([0x10, 1], [0xb0, 1], [24 + 24, 2], [2, 2], [0x40, 2], [0xfd200000, 8], [0, 2], [0, 2], [0x80048f6e, 4]),
  ...pack([3, 1], [8, 2], [0, 1], [4, 1], [0xfffe, 2], [0, 1]), ...pack([0x43, 1], [0xff00, 2], [0, 1], [0, 1], [0xa5, 2], [0, 1]), ...pack([0x48, 1], [0, 2], [0xd7, 1], [0x21, 1], [0xa0, 2], [1, 1])]
const uid = '\\_SB.FUR0'
const ivhd40 = [...pack([0x40, 1], [0x30, 1], [40 + 4 + 8 + 22 + uid.length, 2], [2, 2], [0x40, 2], [0xfd200000, 8], [0, 2], [0, 2], [0x48000, 4], [0x246577efa2054adan, 8], [0, 8]),
  ...pack([2, 1], [0x10, 2], [0, 1]), ...pack([0x46, 1], [0x18, 2], [0, 1], [0x80000000, 4]), ...pack([0xf0, 1], [0xa5, 2], [0x40, 1], 'ACME0020', [0, 8], [2, 1], [uid.length, 1], uid)]
const ivmd = pack([0x21, 1], [8, 1], [32, 2], [0x10, 2], [0, 2], [0, 8], [0x7f000000, 8], [0x100000, 8])
const ivrs = table('IVRS', pack([0x203043, 4], [0, 8]), ivhd10, ivhd40, ivmd)

/** The bytes as acpidump prints them. */
const hexdump = (bytes: Uint8Array) => Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => {
  const part = [...bytes.subarray(16 * row, 16 * row + 16)]
  return `    ${(16 * row).toString(16).padStart(4, '0').toUpperCase()}: ${part.map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ').padEnd(48)} ${part.map(byte => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')}`
}).join('\n')

t.test('DMAR: every structure and its device scopes', async t => {
  const decoded = decodeDmar(dmar)
  t.match(decoded, { hostAddressWidth: 38, flags: 5, broken: false, header: { checksumRight: true, oemId: 'ACME  ' } })
  t.same(decoded?.structures.map(one => one.kind), ['DRHD', 'DRHD', 'RMRR', 'ATSR', 'RHSA', 'ANDD', 'SATC'])
  t.match(decoded?.structures[2], { base: 0x8b000000n, limit: 0x8b0fffffn, scopes: [{ type: 1, bus: 0, path: [{ device: 0x14, fn: 0 }] }, { path: [{ device: 0x1c, fn: 4 }, { device: 0, fn: 0 }] }, { type: 2 }] })
  t.match(decoded?.structures[5], { device: 2, name: '\\_SB.PCI0.I2C0' })
})

t.test('IVRS: blocks of three types, entries of all lengths, memory blocks', async t => {
  const decoded = decodeIvrs(ivrs)
  t.match(decoded, { info: 0x203043, broken: false })
  t.match(decoded?.blocks[0], { kind: 'IVHD', device: 2, attributes: 0x80048f6e, entries: [{ kind: 'plain', device: 8 }, { kind: 'plain', type: 4 }, { kind: 'alias', source: 0xa5 }, { kind: 'special', handle: 0x21, source: 0xa0, variety: 1 }] })
  t.match(decoded?.blocks[1], { features: 0x246577efa2054adan, entries: [{ kind: 'plain' }, { kind: 'extended', extra: 0x80000000 }, { kind: 'acpi', hid: 'ACME0020', uidFormat: 2, uid }] })
  t.match(decoded?.blocks[2], { kind: 'IVMD', device: 0x10, base: 0x7f000000n, size: 0x100000n })
  t.equal(decoded && ivrsUnits(decoded), 1, 'the same IOMMU in two blocks')
})

t.test('binary tables become facts with byte offsets', async t => {
  const { host } = acpiTable.parse(evidence('acpi-table/DMAR', dmar))
  t.same(values(host), { dmarPresent: true, dmarAddressWidth: 39, dmarFlags: 5, dmarUnits: 2, rmrrDevices: ['0000:00:14.0'] })
  t.same(host?.dmarFlags?.at, [{ evidence: 'acpi-table/DMAR', where: 37 }])
  t.same(values(acpiTable.parse(evidence('acpi-table/IVRS', ivrs)).host), { ivrsPresent: true, ivrsUnits: 1 })
  t.same(values(acpiTable.parse(evidence('acpi-table/DMAR', dmar.subarray(0, 80))).host), { dmarPresent: true, dmarAddressWidth: 39, dmarFlags: 5 }, 'units of a cut table are not counted')
})

t.test('Linux acpidump', async t => {
  const host = dumped(`DMAR @ 0x00000000BD48E0C0\n${hexdump(dmar)}\n\nIVRS @ 0x0000000000000000\r\n${hexdump(ivrs)}\n`)
  t.same(values(host), { dmarPresent: true, dmarAddressWidth: 39, dmarFlags: 5, dmarUnits: 2, rmrrDevices: ['0000:00:14.0'], ivrsPresent: true, ivrsUnits: 1 })
  t.same(host.dmarFlags?.at, [{ evidence: 'acpidump', where: 4 }], 'the row of byte 37')
  t.same(values(dumped(hexdump(dmar))), values(acpiTable.parse(evidence('acpi-table/DMAR', dmar)).host), 'rows alone are enough')
  const others = ['FACP', 'APIC', 'DSDT', 'MCFG'].map(name => `${name} @ 0x0000000000000000\n${hexdump(table(name, [1, 2, 3]))}\n`).join('\n')
  t.same(values(dumped(others)), { dmarPresent: false, ivrsPresent: false }, 'all tables, none for an IOMMU')
  t.same(values(dumped(others, 'cut')), {}, 'a cut dump proves nothing')
  t.same(values(dumped(`APIC @ 0x0\n${hexdump(table('APIC', [1]))}`)), {}, 'nor does one table')
})

t.test('ACPICA text without its raw bytes', async t => {
  const host = dumped([
    '[000h 0000   4]                    Signature : "DMAR"    [DMA Remapping table]',
    '[024h 0036   1]           Host Address Width : 26',
    '[025h 0037   1]                        Flags : 03',
    '[030h 0048   2]                Subtable Type : 0000 [Hardware Unit Definition]',
    '[034h 0052   1]                        Flags : 01',
    '[068h 0104 002h]               Subtable Type : 0001 [Reserved Memory Region]',
    '[06Eh 0110 002h]          PCI Segment Number : 0000',
    '[080h 0128 001h]           Device Scope Type : 01 [PCI Endpoint Device]',
    '[085h 0133 001h]              PCI Bus Number : 00',
    '[086h 0134 002h]                    PCI Path : 1A,00',
    '[000h 0000   4]                    Signature : "IVRS"    [I/O Virtualization Reporting Structure]',
    '[030h 0048   1]                Subtable Type : 10 [Hardware Definition Block (IVHD)]',
    '[034h 0052   2]                     DeviceId : 0002',
    '[078h 0120   1]                Subtable Type : 11 [Hardware Definition Block (IVHD)]',
    '[07Ch 0124   2]                     DeviceId : 0002',
  ].join('\n'))
  t.same(values(host), { dmarPresent: true, dmarAddressWidth: 39, dmarFlags: 3, dmarUnits: 1, rmrrDevices: ['0000:00:1a.0'], ivrsPresent: true, ivrsUnits: 1 })
})

t.test('FreeBSD acpidump -t', async t => {
  const header = (name: string) => `/*\n  ${name}: Length=168, Revision=1, Checksum=169,\n\tOEMID=ACME, OEM Table ID=BOARD, OEM Revision=0x2,\n\tCreator ID=, Creator Revision=0x1000013\n`
  const endpoint = (device: number) => `\tDevice Scope:\n\t\tType=PCI Endpoint Device\n\t\tLength=8\n\t\tEnumerationId=0\n\t\tStartBusNumber=0\n\t\tPath={${device}:0}\n`
  const full = ['FACP', 'APIC', 'MCFG'].map(name => `${header(name)} */\n`).join('')
  const body = `${header('DMAR')}\tHost Address Width=39\n\tFlags={INTR_REMAP,X2APIC_OPT_OUT}\n\n\tType=DRHD\n\tLength=24\n\tFlags=\n\tSegment=0\n\tAddress=0x00000000fed90000\n${endpoint(2)}
\tType=DRHD\n\tLength=32\n\tFlags={INCLUDE_ALL}\n\tSegment=0\n\tAddress=0x00000000fed91000\n\tDevice Scope:\n\t\tType=IOAPIC\n\t\tLength=8\n\t\tEnumerationId=2\n\t\tStartBusNumber=240\n\t\tPath={31:0}
\n\tType=RMRR\n\tLength=40\n\tSegment=0\n\tBaseAddress=0x000000008b000000\n\tLimitAddress=0x000000008f7fffff\n${endpoint(20)}\n\t\tType=5\n\t\tPath={1:0}\n${endpoint(2)} */\n`
  const expected = { dmarPresent: true, dmarAddressWidth: 39, dmarFlags: 3, dmarUnits: 2, rmrrDevices: ['0000:00:14.0', '0000:00:02.0'] }
  t.same(values(dumped(body)), expected)
  t.same(values(dumped(full + body)), { ...expected, ivrsPresent: false })
  t.same(values(dumped(full)), { dmarPresent: false, ivrsPresent: false })
  t.same(values(dumped(header('IVRS'))), { ivrsPresent: true }, 'FreeBSD does not decode this table')
})

t.test('any bytes and any text are survived', async () => {
  const near = (good: Uint8Array) => fc.tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 }), fc.nat(good.length)).map(([changes, length]) => {
    const bytes = good.slice(0, length)
    for (const [place, byte] of changes) if (place < length && place > 3) bytes[place] = byte
    return bytes
  })
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), near(dmar), near(ivrs)), bytes => {
    decodeDmar(bytes)
    decodeIvrs(bytes)
    acpiTable.parse(evidence('acpi-table/X', bytes))
    dumped(hexdump(bytes))
  }), { numRuns: 400 })
  const line = fc.oneof(fc.string(), fc.constantFrom('DMAR @ 0x0', '    0000: 44 4D 41 52 ', '  DMAR: Length=1, Revision=', '\tType=RMRR', '\t\tType=PCI Endpoint Device', '\t\tPath={999:9}', '\tHost Address Width=99999', '[000h] Signature : "DMAR"', 'Subtable Type : 0001 [', 'PCI Path : FF,FF', '\t__proto__=1', 'Flags : zz'))
  fc.assert(fc.property(fc.array(line, { maxLength: 30 }), lines => { dumped(lines.join('\n')) }), { numRuns: 400 })
})

const samples = '../shared/samples/acpi'
t.test('agrees with ACPICA field by field on tables of real machines', { skip: existsSync(samples) ? false : 'no sample tables on this machine' }, async t => {
  for (const host of readdirSync(samples)) {
    for (const kind of ['dmar', 'ivrs']) {
      const [dump, decoded] = ['acpidump', 'decoded'].map(form => `${samples}/${host}/${kind}-${form}.txt`) as [string, string]
      if (!existsSync(dump)) continue
      const bytes = Uint8Array.from(readFileSync(dump, 'latin1').split('\n').flatMap(row => (/^ +[0-9A-F]{4}: /.exec(row) ? row.slice(row.indexOf(':') + 1).trim().split('  ')[0]?.split(' ').map(pair => parseInt(pair, 16)) ?? [] : [])))
      const text = readFileSync(decoded, 'latin1')
      const theirs = acpicaFields(text)
      const ours = kind === 'dmar' ? dmarFields(decodeDmar(bytes)) : ivrsFields(decodeIvrs(bytes))
      const gaveUp = text.includes('Unknown IVRS subtable type')
      t.same(gaveUp ? ours.slice(0, theirs.length) : ours, theirs, `${host} ${kind}`)
      t.equal((kind === 'dmar' ? decodeDmar(bytes) : decodeIvrs(bytes))?.broken, false, `${host} ${kind} is read to its end`)
      const fromText = dumped(text.slice(0, text.indexOf('Raw Table Data')))
      const [own, read] = [values(dumped(readFileSync(dump, 'latin1'))), values(fromText)]
      if (gaveUp) delete own['ivrsUnits']
      t.match(own, gaveUp ? {} : read, `${host} ${kind}: facts of bytes and of text`)
      t.same(Object.keys(read).filter(key => key !== 'ivrsUnits').sort(), Object.keys(own).filter(key => key !== 'ivrsUnits').sort(), `${host} ${kind}: the same facts`)
    }
  }
})

type Pair = readonly [string, string]
/** `name : value` lines behind the common header, comments and decoded bits left out, as [name, hex or text]. */
function acpicaFields(text: string): Pair[] {
  const pairs: Pair[] = []
  for (const line of text.slice(0, text.indexOf('Raw Table Data')).split('\n')) {
    const parts = /^\[[^\]]+\] +(.+?) : (.*)$/.exec(line)
    if (!parts) continue
    const name = (parts[1] ?? '').replace(' (decoded below)', '').replace('Entry Type', 'Subtable Type')
    const value = (parts[2] ?? '').replace(/ +\[.*\]$/, '').trim()
    if (value.startsWith('[Unknown')) break
    // Older releases call four bytes behind Virtualization Info reserved that newer ones name.
    pairs.push([name === 'Reserved' && pairs.at(-1)?.[0] === 'Virtualization Info' && value.length === 8 ? 'Feature Reporting' : name, value])
  }
  // A subtable ACPICA does not know is announced and then not decoded.
  const unknown = /Subtable Type : (?:11|40) \[Unknown Subtable Type\]/.test(text)
  return unknown ? pairs.slice(0, pairs.findLastIndex(([name]) => name === 'Subtable Type')) : pairs
}

const hex = (value: number | bigint, bytes: number) => value.toString(16).toUpperCase().padStart(2 * bytes, '0')
const quoted = (text: string) => `"${text.replace(/\0.*$/s, '')}"`
const headFields = ({ header }: DmarTable | IvrsTable): Pair[] => [
  ['Signature', quoted(header.signature)], ['Table Length', hex(header.length, 4)], ['Revision', hex(header.revision, 1)], ['Checksum', hex(header.checksum, 1)],
  ['Oem ID', quoted(header.oemId)], ['Oem Table ID', quoted(header.oemTableId)], ['Oem Revision', hex(header.oemRevision, 4)], ['Asl Compiler ID', quoted(header.compilerId)],
  ['Asl Compiler Revision', hex(header.compilerRevision, 4)],
]

function dmarFields(table: DmarTable | null): Pair[] {
  if (!table) return []
  const scopes = (one: { readonly scopes: DmarTable['structures'][number] extends infer S ? S extends { scopes: infer X } ? X : never : never }) => one.scopes.flatMap((scope): Pair[] => [
    ['Device Scope Type', hex(scope.type, 1)], ['Entry Length', hex(scope.length, 1)], ['Reserved', hex(scope.flags | (scope.reserved << 8), 2)],
    ['Enumeration ID', hex(scope.enumeration, 1)], ['PCI Bus Number', hex(scope.bus, 1)], ...scope.path.map((step): Pair => ['PCI Path', `${hex(step.device, 1)},${hex(step.fn, 1)}`]),
  ])
  const fields = table.structures.flatMap((one): Pair[] => {
    const start: Pair[] = [['Subtable Type', hex(one.type, 2)], ['Length', hex(one.length, 2)]]
    const segment = (number: number): Pair => ['PCI Segment Number', hex(number, 2)]
    switch (one.kind) {
      case 'DRHD': return [...start, ['Flags', hex(one.flags, 1)], ['Reserved', hex(one.size, 1)], segment(one.segment), ['Register Base Address', hex(one.address, 8)], ...scopes(one)]
      case 'RMRR': return [...start, ['Reserved', hex(one.reserved, 2)], segment(one.segment), ['Base Address', hex(one.base, 8)], ['End Address (limit)', hex(one.limit, 8)], ...scopes(one)]
      case 'ATSR': return [...start, ['Flags', hex(one.flags, 1)], ['Reserved', hex(one.reserved, 1)], segment(one.segment), ...scopes(one)]
      case 'RHSA': return [...start, ['Reserved', hex(one.reserved, 4)], ['Base Address', hex(one.address, 8)], ['Proximity Domain', hex(one.proximityDomain, 4)]]
      case 'ANDD': return [...start, ['Reserved', hex((one.reserved[0] ?? 0) | ((one.reserved[1] ?? 0) << 8) | ((one.reserved[2] ?? 0) << 16), 3)], ['Device Number', hex(one.device, 1)], ['Device Name', quoted(one.name)]]
      default: return start
    }
  })
  return [...headFields(table), ['Host Address Width', hex(table.hostAddressWidth, 1)], ['Flags', hex(table.flags, 1)], ['Reserved', table.reserved.map(byte => hex(byte, 1)).join(' ')], ...fields]
}

function ivrsFields(table: IvrsTable | null): Pair[] {
  if (!table) return []
  const fields = table.blocks.flatMap((one): Pair[] => {
    const start: Pair[] = [['Subtable Type', hex(one.type, 1)], ['Flags', hex(one.flags, 1)], ['Length', hex(one.length, 2)]]
    if (one.kind === 'IVMD') return [...start, ['DeviceId', hex(one.device, 2)], ['Auxiliary Data', hex(one.auxiliary, 2)], ['Reserved', hex(one.reserved, 8)], ['Start Address', hex(one.base, 8)], ['Memory Length', hex(one.size, 8)]]
    if (one.kind !== 'IVHD') return start
    const base: Pair[] = [...start, ['DeviceId', hex(one.device, 2)], ['Capability Offset', hex(one.capability, 2)], ['Base Address', hex(one.base, 8)], ['PCI Segment Group', hex(one.segment, 2)], ['Virtualization Info', hex(one.info, 2)]]
    const more: Pair[] = one.features === undefined ? [['Feature Reporting', hex(one.attributes, 4)]] : [['Attributes', hex(one.attributes, 4)], ['EFR Image', hex(one.features, 8)], ['Reserved', hex(one.features2 ?? 0n, 8)]]
    return [...base, ...more, ...one.entries.flatMap((entry): Pair[] => {
      const first: Pair[] = [['Subtable Type', hex(entry.type, 1)], ['Device ID', hex(entry.device, 2)], ['Data Setting', hex(entry.setting, 1)]]
      switch (entry.kind) {
        case 'alias': return [...first, ['Reserved', hex(entry.reserved, 1)], ['Source Used Device ID', hex(entry.source, 2)], ['Reserved', hex(entry.reserved2, 1)]]
        case 'extended': return [...first, ['Extended Data', hex(entry.extra, 4)]]
        case 'special': return [...first, ['Handle', hex(entry.handle, 1)], ['Source Used Device ID', hex(entry.source, 2)], ['Variety', hex(entry.variety, 1)]]
        case 'acpi': return [...first, ['ACPI HID', quoted(entry.hid)], ['ACPI CID', hex(entry.cid, 8)],
          // ACPICA leaves these out where the UID is empty.
          ...(entry.uid ? [['UID Format', hex(entry.uidFormat, 1)], ['UID Length', hex(entry.uid.length, 1)], ['UID', quoted(entry.uid)]] satisfies Pair[] : [])]
        default: return first
      }
    })]
  })
  return [...headFields(table), ['Virtualization Info', hex(table.info, 4)], ['Reserved', hex(table.reserved, 8)], ...fields]
}
