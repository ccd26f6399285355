import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import type { Contribution } from '../model/snapshot.ts'
import { listFact } from './draft.ts'
import { gather, type Gathered } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'
import { noted } from '../language/say.ts'

interface At { readonly line: number }
interface Device extends At { readonly bdf: Bdf | null, readonly below: Set<string> }
/** Block devices or network interfaces by name, each with those it is made of. */
type Devices = Map<string, Device>

/** The last function on a sysfs path is the one the device hangs on; those before it are bridges. */
function functionOf(path: string): Bdf | null {
  return path.slice(0, 2048).split('/').map(bdfFromText).findLast(bdf => bdf !== null) ?? null
}

const entry = (devices: Devices, name: string, line: number): Device => {
  const found = devices.get(name) ?? { bdf: null, below: new Set<string>(), line }
  devices.set(name, found)
  return found
}

/** Deeper stacks of md, LUKS, LVM or bonds are not met. */
const deepest = 8
function functionsBelow(devices: Devices, name: string, depth = 0): Bdf[] {
  const device = devices.get(name)
  if (!device || depth > deepest) return []
  return device.bdf ? [device.bdf] : [...device.below].flatMap(below => functionsBelow(devices, below, depth + 1))
}

/** The disk that `nvme0n1p2` or `sda3` is a part of, or the device itself. */
const diskOf = (devices: Devices, name: string): string =>
  devices.has(name) ? name : /^(.*\d)p\d+$/.exec(name)?.[1] ?? name.replace(/\d+$/, '')

const fileSystems: ReadonlyMap<string, string> = new Map([['/', noted('root file system')], ['/boot', '/boot'], ['/boot/efi', '/boot/efi'], ['/efi', '/efi'], ['/usr', '/usr'], ['/var', '/var'], ['/home', '/home']])

interface Use extends At { readonly device: string, readonly what: string }

/** What was read, before any use is led back to a function. */
interface Found {
  readonly blocks: Devices
  readonly mapped: Map<string, string>
  readonly interfaces: Devices
  readonly inputs: { readonly bdf: Bdf, readonly line: number }[]
  readonly mounts: Use[]
  readonly routes: Use[]
  readonly functions: Map<Bdf, number>
  readonly hugepages: [string, number][]
  /** Where mounts are listed; 0 where they are not. */
  mountLine: number
}

type Reader = (name: string, text: string, line: number, found: Found) => void

/** By path: the first group is the device's name, `text` the link's target or the line. */
const readers: readonly (readonly [RegExp, string, Reader])[] = [
  [/^\/sys\/block\/([^/]+)$/, '>', (name, text, line, { blocks }) => { blocks.set(name, { ...entry(blocks, name, line), bdf: functionOf(text) }) }],
  [/^\/sys\/block\/([^/]+\/slaves\/[^/]+)$/, '>/', (pair, _text, line, { blocks }) => {
    const [name = '', below = ''] = pair.split('/slaves/')
    entry(blocks, name, line).below.add(diskOf(blocks, below))
  }],
  [/^\/sys\/block\/([^/]+)\/dm\/name$/, '=', (name, text, _line, { mapped }) => { mapped.set(text.trim(), name) }],
  [/^\/sys\/class\/net\/([^/]+)$/, '>', (name, text, line, { interfaces }) => { interfaces.set(name, { ...entry(interfaces, name, line), bdf: functionOf(text) }) }],
  [/^\/sys\/class\/net\/([^/]+\/lower_[^/]+)$/, '>', (pair, _text, line, { interfaces }) => {
    const [name = '', below = ''] = pair.split('/lower_')
    entry(interfaces, name, line).below.add(below)
  }],
  [/^\/sys\/class\/leds\/([^/]*capslock)$/, '>', (_name, text, line, { inputs }) => {
    const bdf = functionOf(text)
    if (bdf) inputs.push({ bdf, line })
  }],
  [/^(\/proc\/(?:self\/)?mounts|\/proc\/swaps|\/proc\/net\/route)$/, '=', (path, text, line, found) => {
    const fields = text.split(/\s+/)
    const [first = '', second = ''] = fields
    if (path.endsWith('mounts') && first.startsWith('/dev/')) {
      const what = fileSystems.get(second)
      if (what) found.mounts.push({ device: first, what, line })
    } else if (path.endsWith('mounts')) {
      found.mountLine ||= line
      if (fields[2] === 'hugetlbfs') found.hugepages.push([`${second} ${/(?:^|,)pagesize=(\w{1,12})/.exec(fields[3] ?? '')?.[1] ?? '-'}`, line])
    } else if (path === '/proc/swaps' && first.startsWith('/dev/')) found.mounts.push({ device: first, what: 'swap', line })
    else if (path === '/proc/net/route' && second === '00000000' && fields[7] === '00000000') found.routes.push({ device: first, what: `default route by ${first}`, line })
  }],
  [/^\/sys\/bus\/pci\/devices\/([^/]+)$/, '/>', (name, _text, line, { functions }) => {
    const bdf = bdfFromText(name)
    if (bdf) functions.set(bdf, line)
  }],
]

/**
 * What the host itself needs each PCI function for: disks with the file systems on them, network interfaces with the
 * default route, the keyboard. Stacks (LVM, LUKS, md, bonds, bridges) are followed down to the hardware.
 *
 *     /sys/block/nvme0n1	>../devices/pci0000:00/0000:00:01.1/0000:01:00.0/nvme/nvme0/nvme0n1
 *     /proc/mounts	=/dev/nvme0n1p2 / ext4 rw,relatime 0 0
 */
export default parser({
  gives: 'host-map',
  parse(evidence: Evidence): Contribution {
    const body = textOf(evidence)
    const found: Found = { blocks: new Map(), mapped: new Map(), interfaces: new Map(), inputs: [], mounts: [], routes: [], functions: new Map(), hugepages: [], mountLine: 0 }
    for (const { path, mark, text, line } of readTree(body)) {
      const reader = readers.find(([form, marks]) => marks.includes(mark) && form.test(path))
      const name = reader?.[0].exec(path)?.[1]
      if (reader && name !== undefined) reader[2](name, text, line, found)
    }
    const uses = new Map<Bdf, Gathered>()
    const use = (bdf: Bdf, what: string, line: number) => {
      const list = uses.get(bdf) ?? gather(evidence.id)
      uses.set(bdf, list)
      list.add(what, line)
    }
    for (const [name, { bdf, line }] of found.blocks) if (bdf) use(bdf, noted('disk {name}', { name }), line)
    for (const [name, { bdf, line }] of found.interfaces) if (bdf) use(bdf, noted('interface {name}', { name }), line)
    for (const { device, what, line } of found.mounts) {
      const name = device.startsWith('/dev/mapper/') ? found.mapped.get(device.slice(12)) ?? '' : device.slice(5)
      for (const bdf of functionsBelow(found.blocks, diskOf(found.blocks, name))) use(bdf, what, line)
    }
    for (const { device, what, line } of found.routes) for (const bdf of functionsBelow(found.interfaces, device)) use(bdf, what, line)
    for (const { bdf, line } of found.inputs) use(bdf, 'keyboard', line)
    const whole = isTree(body) && found.mountLine > 0
    const host = whole || found.hugepages.length > 0 ? { hugetlbfsMounts: listFact(evidence.id, found.hugepages, found.mountLine) } : undefined
    return { ...(host && { host }), functions: Object.fromEntries(unionOf(found, uses, isTree(body)).map(([bdf, fact]) => [bdf, { hostUses: fact(evidence) }])) }
  },
})

/** Functions with uses; in a collector's text also those without any. */
function unionOf(found: Found, uses: ReadonlyMap<Bdf, Gathered>, whole: boolean) {
  const used = [...uses].map(([bdf, list]) => [bdf, () => list.fact()] as const)
  const idle = whole ? [...found.functions].filter(([bdf]) => !uses.has(bdf)) : []
  return [...used, ...idle.map(([bdf, where]) => [bdf, ({ id }: Evidence) => ({ value: [] as readonly string[], at: [{ evidence: id, where }] })] as const)]
}
