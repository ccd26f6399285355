/**
 * A libvirt domain, stored or running, as facts. Element names and defaults follow libvirt's formatdomain page and
 * src/conf/domain_conf.c (11.x).
 */
import { bdfFromNumbers, type Bdf } from '../../model/bdf.ts'
import { textOf, type Evidence } from '../../model/evidence.ts'
import type { AssignmentFacts, Contribution, VmFacts } from '../../model/snapshot.ts'
import { changeAssignment, readFurtherArguments, setVendor } from '../qemu/command-line.ts'
import { draft, nameFromEvidence, vmName, type Draft, type Facts } from '../qemu/draft.ts'
import { chipsetOf, firmwareOf, osFromDisk, osFromLibosinfo } from '../qemu/guest-os.ts'
import { isOn, numberIn, withoutSecrets } from '../qemu/options.ts'
import { at, attribute, child, childrenOf, documentsIn, largestXml, unescaped, type Element } from './xml.ts'

/** Elements worth having out of a broken definition. */
const parts = ['name', 'memory', 'vcpu', 'os', 'features', 'cpu', 'hostdev', 'memoryBacking', 'memtune', 'numatune', 'cputune', 'controller', 'iommu', 'memballoon', 'video', 'disk', 'interface', 'metadata', 'qemu:commandline', 'shmem', 'input']

/**
 * A number as libvirt reads it (virStrToLong with base 0): `0x52` is hexadecimal, `82` decimal, `010` octal. nodedev
 * documents print decimals, lspci hexadecimals: copying the one for the other is a common mistake.
 */
export function libvirtNumber(text: string | undefined): number | null {
  if (text === undefined) return 0
  const trimmed = text.trim()
  if (/^0x[0-9a-f]{1,8}$/i.test(trimmed)) return parseInt(trimmed, 16)
  if (/^0[0-7]{1,10}$/.test(trimmed)) return parseInt(trimmed, 8)
  return /^(0|[1-9]\d{0,9})$/.test(trimmed) ? Number(trimmed) : null
}

const addressParts = ['domain', 'bus', 'slot', 'function'] as const

/** The function an `<address>` names, null where no function can have it. */
export function addressOf(address: Element | undefined): Bdf | null {
  const [domain, bus, slot, fn] = addressParts.map(part => libvirtNumber(attribute(address, part)) ?? -1) as [number, number, number, number]
  return address ? bdfFromNumbers(domain, bus, slot, fn) : null
}

const writtenAddress = (address: Element | undefined): string =>
  addressParts.filter(part => address?.attributes.has(part)).map(part => `${part}='${attribute(address, part) ?? ''}'`).join(' ')

/** Factor to bytes of libvirt's units; KiB where none is written. */
const units = new Map([['b', 1], ['bytes', 1], ['kb', 1e3], ['k', 2 ** 10], ['kib', 2 ** 10], ['mb', 1e6], ['m', 2 ** 20], ['mib', 2 ** 20], ['gb', 1e9], ['g', 2 ** 30], ['gib', 2 ** 30], ['tb', 1e12], ['t', 2 ** 40], ['tib', 2 ** 40]])

function mebibytes(element: Element | undefined, text = element?.text): number | undefined {
  const factor = units.get((attribute(element, 'unit') ?? 'KiB').toLowerCase())
  if (!factor || !text || !/^\d{1,15}$/.test(text)) return undefined
  return Math.round((Number(text) * factor) / 2 ** 20 * 1000) / 1000
}

/** The numbers of `0-3,^2,8` as texts. */
function numberSet(text: string): string[] {
  const set = new Set<number>()
  for (const part of text.slice(0, 2000).split(',')) {
    const range = /^\s*(\^?)(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part)
    if (!range) continue
    const last = Number(range[3] ?? range[2])
    for (let n = Number(range[2]); n <= last && set.size < 5000; n++) set[range[1] ? 'delete' : 'add'](n)
  }
  return [...set].sort((a, b) => a - b).map(String)
}

/** What every reader of a part of a domain gets. */
interface Domain {
  readonly draft: Draft
  readonly vm: Facts<VmFacts>
  readonly name: string
  readonly root: Element
  readonly devices: readonly Element[]
  /** Nothing was lost, so what is not written is not there. */
  readonly whole: boolean
  readonly source: 'stored' | 'live'
  readonly aliases: Map<string, Facts<AssignmentFacts>>
}

/** A part of the domain: `<memory>`; of a broken one the part may stand anywhere. */
const part = (d: Domain, name: string): Element | undefined => child(d.root, name)

function readOs(d: Domain): void {
  const os = part(d, 'os')
  const type = child(os, 'type')
  const machine = attribute(type, 'machine')
  const loader = child(os, 'loader')
  const nvram = child(os, 'nvram')
  const line = (loader ?? os ?? d.root).line
  if (machine) {
    d.vm.set('machine', machine.slice(0, 80), type?.line ?? line)
    d.vm.set('chipset', chipsetOf(machine), type?.line ?? line)
  }
  if (!os) return
  const bhyve = attribute(d.root, 'type') === 'bhyve'
  const path = loader?.text
  const efi = attribute(os, 'firmware') === 'efi' || attribute(loader, 'type') === 'pflash' || (path !== undefined && firmwareOf(path) === 'ovmf')
  const arch = attribute(type, 'arch') ?? 'x86_64'
  const canDefault = /^(x86_64|i[36]86|amd64)$/.test(arch) && /^(kvm|qemu|hvf)$/.test(attribute(d.root, 'type') ?? '') && type?.text !== 'exe' && d.vm.facts.chipset?.value !== 'microvm'
  const bootloader = part(d, 'bootloader')?.text
  if (bhyve) d.vm.set('firmware', path ? (/CSM/i.test(path) ? 'bhyve-csm' : 'bhyve-uefi') : bootloader?.includes('grub') ? 'grub' : 'bhyveload', line)
  else if (efi) d.vm.set('firmware', 'ovmf', line)
  else if (path) d.vm.set('firmware', firmwareOf(path), line)
  else if (canDefault) d.vm.set('firmware', 'seabios', line)
  d.vm.set('firmwareFile', path ? path : null, line)
  d.vm.set('nvram', nvram?.text ? nvram.text : attribute(child(nvram, 'source'), 'file') ?? null, (nvram ?? os).line)
  const enrolled = childrenOf(child(os, 'firmware'), 'feature').find(f => attribute(f, 'name') === 'enrolled-keys')
  d.vm.set('secureBoot', isOn(attribute(enrolled, 'enabled')) ?? isOn(attribute(loader, 'secure')) ?? false, (enrolled ?? loader ?? os).line)
  const kernel = child(os, 'kernel')
  d.vm.set('directKernel', kernel !== undefined, (kernel ?? os).line)
}

function readFeatures(d: Domain): void {
  const features = part(d, 'features')
  if (!features && !d.whole) return
  const line = (features ?? d.root).line
  const hidden = at(features, 'kvm', 'hidden')
  const hyperv = child(features, 'hyperv')
  const vendor = child(hyperv, 'vendor_id')
  const ioapic = attribute(child(features, 'ioapic'), 'driver')
  const smm = child(features, 'smm')
  d.vm.set('kvmHidden', isOn(attribute(hidden, 'state')) ?? false, (hidden ?? features ?? d.root).line)
  setVendor(d.vm, isOn(attribute(vendor, 'state')) ? attribute(vendor, 'value') ?? null : null, (vendor ?? features ?? d.root).line)
  d.vm.set('irqchip', ioapic === 'kvm' ? 'on' : ioapic === 'qemu' ? 'split' : null, child(features, 'ioapic')?.line ?? line)
  d.vm.set('smm', smm ? isOn(attribute(smm, 'state')) ?? true : null, (smm ?? features ?? d.root).line)
  if (hyperv && (hyperv.children.length > 1 || (hyperv.children.length === 1 && !vendor))) d.vm.set('guestOs', 'windows', hyperv.line)
}

function readCpu(d: Domain): void {
  const cpu = part(d, 'cpu')
  if (!cpu && !d.whole) return
  const line = (cpu ?? d.root).line
  const mode = attribute(cpu, 'mode')
  const model = child(cpu, 'model')?.text
  d.vm.set('cpuModel', mode === 'custom' || mode === undefined ? model || mode || null : mode, line)
  d.vm.set('cpuMigratable', isOn(attribute(cpu, 'migratable')) ?? null, line)
  const bits = child(cpu, 'maxphysaddr')
  d.vm.set('physBits', attribute(bits, 'mode') === 'passthrough' ? 'host' : attribute(bits, 'bits') ?? null, (bits ?? cpu ?? d.root).line)
  const policies = new Map([['require', '+'], ['force', '+'], ['disable', '-'], ['forbid', '-'], ['optional', '?']])
  const features = childrenOf(cpu, 'feature').slice(0, 200).map(f => `${policies.get(attribute(f, 'policy') ?? 'require') ?? '+'}${attribute(f, 'name') ?? ''}`)
  d.vm.set('cpuFeatures', features, line)
}

function readMemory(d: Domain): void {
  const { vm } = d
  const memory = part(d, 'memory')
  vm.set('memoryMiB', mebibytes(memory), memory?.line ?? 1)
  const vcpu = part(d, 'vcpu')
  vm.set('vcpus', numberIn(attribute(vcpu, 'current') ?? vcpu?.text, 65_536), vcpu?.line ?? 1)
  const backing = part(d, 'memoryBacking')
  const huge = child(backing, 'hugepages')
  const page = child(huge, 'page')
  const limit = at(part(d, 'memtune'), 'hard_limit')
  const locked = child(backing, 'locked')
  if (d.whole || backing) {
    vm.set('hugepages', huge !== undefined, (huge ?? backing ?? d.root).line)
    const size = mebibytes(page, attribute(page, 'size'))
    vm.set('hugepageKiB', size === undefined ? null : size * 1024, (page ?? backing ?? d.root).line)
  }
  if (d.whole || locked || limit) vm.set('memoryLocked', (locked ?? limit) !== undefined, (locked ?? limit ?? d.root).line)
  if (d.whole || limit) vm.set('memoryHardLimitMiB', mebibytes(limit) ?? null, (limit ?? d.root).line)
  const numa = part(d, 'numatune')
  const nodes = numa?.children.flatMap(c => numberSet(attribute(c, 'nodeset') ?? '')) ?? []
  if (d.whole || numa) vm.set('numaNodes', [...new Set(nodes)], (numa ?? d.root).line)
  const tune = part(d, 'cputune')
  const pins = [...childrenOf(tune, 'vcpupin').flatMap(p => numberSet(attribute(p, 'cpuset') ?? '')), ...numberSet(attribute(vcpu, 'cpuset') ?? '')]
  if (d.whole || tune) vm.set('pinnedCpus', [...new Set(pins)], (tune ?? vcpu ?? d.root).line)
}

/** The first device of a kind, and facts that are null or none where a whole definition has none. */
function readSingleDevices(d: Domain): void {
  const find = (name: string): Element | undefined => d.devices.find(e => e.name === name)
  const { vm } = d
  const iommu = find('iommu')
  const driver = child(iommu, 'driver')
  if (iommu || d.whole) {
    const line = (driver ?? iommu ?? d.root).line
    const model = attribute(iommu, 'model')
    vm.set('viommu', model ? ({ intel: 'intel-iommu', virtio: 'virtio-iommu', amd: 'amd-iommu' } as Record<string, string>)[model] ?? model.slice(0, 40) : null, line)
    vm.set('viommuCachingMode', iommu ? isOn(attribute(driver, 'caching_mode')) ?? false : null, line)
    vm.set('viommuIntremap', iommu ? isOn(attribute(driver, 'intremap')) ?? false : null, line)
    vm.set('viommuAddressWidth', numberIn(attribute(driver, 'aw_bits'), 64) ?? null, line)
  }
  const balloon = find('memballoon')
  if (balloon) vm.set('balloon', attribute(balloon, 'model')?.slice(0, 40) ?? 'virtio', balloon.line)
  const console = find('serial') ?? find('console')
  if (console || d.whole) vm.set('console', attribute(child(console, 'source'), 'path') ?? attribute(console, 'type') ?? null, (console ?? d.root).line)
  const security = part(d, 'launchSecurity')
  if (security || d.whole) vm.set('launchSecurity', attribute(security, 'type') ?? null, (security ?? d.root).line)
}

/** Lists of devices of one kind, and the ports they leave free. */
function readDeviceLists(d: Domain): void {
  const all = (name: string): Element[] => d.devices.filter(e => e.name === name)
  const list = (key: 'videoModels' | 'disks' | 'sharedMemory' | 'evdev' | 'mdevs', from: readonly Element[], values: readonly (string | undefined)[]) => {
    if (d.whole || from.length) d.vm.set(key, values.filter(value => value !== undefined).map(value => value.slice(0, 400)).slice(0, 200), (from[0] ?? d.root).line)
  }
  const videos = all('video')
  list('videoModels', videos, videos.map(v => attribute(child(v, 'model'), 'type')))
  const disks = all('disk')
  const sources = disks.map(disk => child(disk, 'source')).map(s => ['file', 'dev', 'name', 'volume', 'dir'].map(key => attribute(s, key)).find(Boolean))
  list('disks', disks, sources.map(source => source && withoutSecrets(source)))
  const os = d.vm.has('guestOs') ? undefined : sources.map(source => source && osFromDisk(source)).find(Boolean)
  if (os) d.vm.set('guestOs', os, (disks[sources.findIndex(source => source && osFromDisk(source) === os)] ?? d.root).line)
  const shared = all('shmem')
  list('sharedMemory', shared, shared.map(s => attribute(s, 'name')))
  const inputs = all('input').filter(i => attribute(i, 'type') === 'evdev')
  list('evdev', inputs, inputs.map(i => attribute(child(i, 'source'), 'dev')))
  const mdevs = all('hostdev').filter(h => attribute(h, 'type') === 'mdev')
  list('mdevs', mdevs, mdevs.map(m => attribute(at(m, 'source', 'address'), 'uuid')?.toLowerCase()))
}

/** libvirt's `bus` of a guest address is the index of the controller whose port it is plugged into. */
function readPorts(d: Domain): void {
  const ports = d.devices.filter(e => e.name === 'controller' && /^pcie-root-port$|^pcie-switch-downstream-port$/.test(attribute(e, 'model') ?? ''))
  const hole = d.devices.filter(e => e.name === 'controller').map(c => child(c, 'pcihole64')).find(Boolean)
  if (hole || d.whole) d.vm.set('pciHole64MiB', mebibytes(hole) ?? null, (hole ?? d.root).line)
  // libvirt writes the -global of it for the root bus alone.
  const rootBus = d.devices.find(e => e.name === 'controller' && /^pci(?:e)?-root$/.test(attribute(e, 'model') ?? ''))
  const hotplug = attribute(child(rootBus, 'target'), 'hotplug')
  if (hotplug || d.whole) d.vm.set('acpiPciHotplug', hotplug ?? null, (rootBus ?? d.root).line)
  if (!d.whole) return
  const used = new Set(d.devices.map(e => child(e, 'address')).filter(a => attribute(a, 'type') === 'pci').map(a => libvirtNumber(attribute(a, 'bus'))))
  d.vm.set('rootPorts', ports.length, (ports[0] ?? d.root).line)
  d.vm.set('freeHotplugPorts', ports.filter(p => !used.has(libvirtNumber(attribute(p, 'index')))).length, (ports[0] ?? d.root).line)
}

/** `<hostdev>`, `<interface type='hostdev'>` and `<disk type='nvme'>`: each takes a PCI function from the host. */
function readAssignments(d: Domain): void {
  let index = 0
  for (const device of d.devices) {
    const type = attribute(device, 'type')
    const source = child(device, 'source')
    const isHostdev = device.name === 'hostdev' && attribute(device, 'mode') !== 'capabilities' && type === 'pci'
    const isOther = (device.name === 'interface' && type === 'hostdev') || (device.name === 'disk' && type === 'nvme')
    if (device.name === 'hostdev') index++
    if (!isHostdev && !isOther) continue
    const address = child(source, 'address')
    if (!address || (attribute(address, 'type') ?? 'pci') !== 'pci') continue
    const a = d.draft.assignment(d.name, addressOf(address), writtenAddress(address), address.line)
    const rom = child(device, 'rom')
    const guest = child(device, 'address')
    const guestBdf = attribute(guest, 'type') === 'pci' ? addressOf(guest) : null
    const driver = child(device, 'driver')
    const alias = attribute(child(device, 'alias'), 'name') ?? (isHostdev ? `hostdev${index - 1}` : undefined)
    a.set('source', d.source, device.line)
    a.set('managed', isOn(attribute(device, 'managed') ?? attribute(source, 'managed')) ?? false, device.line)
    a.set('through', device.name === 'hostdev' ? 'hostdev' : device.name, device.line)
    a.set('romFile', attribute(rom, 'file') ?? null, (rom ?? device).line)
    a.set('romBar', isOn(attribute(rom, 'enabled')) === false ? false : isOn(attribute(rom, 'bar')) ?? true, (rom ?? device).line)
    a.set('vga', false, device.line)
    a.set('guestAddress', guestBdf, (guest ?? device).line)
    a.set('onRootBus', guestBdf === null ? null : guestBdf.startsWith('0000:00:') && d.vm.facts.chipset?.value === 'q35', (guest ?? device).line)
    a.set('multifunction', guest ? isOn(attribute(guest, 'multifunction')) ?? false : null, (guest ?? device).line)
    a.set('bind', attribute(driver, 'model') ?? attribute(driver, 'name') ?? null, (driver ?? device).line)
    a.set('alias', alias ?? null, device.line)
    if (alias) d.aliases.set(alias, a)
  }
}

/** `<qemu:commandline>` and `<qemu:override>`: what goes past libvirt. */
function readQemuNamespace(d: Domain): void {
  const commandline = d.root.children.find(c => /(^|:)commandline$/.test(c.name))
  const args = commandline?.children.filter(c => /(^|:)arg$/.test(c.name)).map(c => ({ text: attribute(c, 'value') ?? '', line: c.line })) ?? []
  if (args.length || d.whole) d.vm.set('qemuArgs', args.slice(0, 500).map(arg => withoutSecrets(arg.text)), (commandline ?? d.root).line)
  if (args.length) readFurtherArguments(d.draft, d.name, d.source, args.slice(0, 2000), d.aliases)
  const override = d.root.children.find(c => /(^|:)override$/.test(c.name))
  for (const device of override?.children ?? []) {
    const a = d.aliases.get(attribute(device, 'alias') ?? '')
    for (const property of a ? device.children.flatMap(frontend => frontend.children) : []) {
      if (a) changeAssignment(a, attribute(property, 'name') ?? '', attribute(property, 'value') ?? '', property.line)
    }
  }
}

/** The path of the file or of libvirt's own sockets tells a user session. */
function isSession(evidence: Evidence, text: string): boolean | undefined {
  const from = `${evidence.from}\n${text.slice(0, 65_536)}`
  if (/\/\.config\/libvirt\/qemu|\/run\/user\/\d+\/libvirt/.test(from)) return true
  return /\/etc\/libvirt\/qemu|\/var\/lib\/libvirt\/qemu\/|\/run\/libvirt\/qemu/.test(from) ? false : undefined
}

function readDomain(d: Draft, evidence: Evidence, root: Element, whole: boolean, status: Element | undefined, isLive: boolean): void {
  const naming = child(root, 'name')
  const name = vmName(naming?.text, nameFromEvidence(evidence.id))
  const vm = d.vm(name)
  const line = (naming ?? root).line
  const devices = [...(child(root, 'devices')?.children ?? []), ...(whole ? [] : root.children)]
  const domain: Domain = { draft: d, vm, name, root, devices, whole: whole && evidence.status !== 'cut', source: isLive ? 'live' : 'stored', aliases: new Map() }
  const type = attribute(root, 'type')
  vm.set('name', name, line)
  vm.set('hypervisor', 'libvirt', root.line)
  if (type === 'kvm' || type === 'bhyve') d.host.set('platform', type === 'kvm' ? 'linux' : 'freebsd', root.line)
  if (isLive) vm.set('running', attribute(status, 'state') !== 'shutoff', (status ?? root).line)
  vm.set('session', isSession(evidence, textOf(evidence)), root.line)
  const taints = childrenOf(status, 'taint').map(taint => attribute(taint, 'flag')).filter(flag => flag !== undefined)
  if (status) vm.set('taints', taints.slice(0, 20), status.line)
  const libosinfo = at(root, 'metadata', 'libosinfo:libosinfo', 'libosinfo:os') ?? part(domain, 'metadata')?.children.flatMap(c => c.children).find(c => /(^|:)os$/.test(c.name))
  const osId = attribute(libosinfo, 'id')
  if (osId) vm.set('guestOs', osFromLibosinfo(osId), libosinfo?.line ?? root.line)
  readOs(domain)
  const told = vm.facts.guestOs
  readFeatures(domain)
  if (told) vm.facts.guestOs = told
  readCpu(domain)
  readMemory(domain)
  readSingleDevices(domain)
  readDeviceLists(domain)
  readPorts(domain)
  readAssignments(domain)
  readQemuNamespace(domain)
  if (!vm.has('guestOs')) vm.set('guestOs', osFromDisk(name), line)
}

/**
 * Every domain in the text. A domain with an id, or inside `<domstatus>`, is a running one whatever the evidence is
 * called; `kind` decides where the text does not.
 */
export function readDomains(evidence: Evidence, kind: 'stored' | 'live'): Contribution {
  const d = draft(evidence.id)
  const text = unescaped(textOf(evidence))
  if (text.length > largestXml) d.notUnderstood(1)
  for (const { element, whole } of documentsIn(text, ['domstatus', 'domain'], parts)) {
    const status = element.name === 'domstatus' ? element : undefined
    const inner = status ? child(status, 'domain') : undefined
    const domain = inner ?? (status && whole ? undefined : element)
    if (!whole || !domain) d.notUnderstood(element.line)
    // A <domain> without type, name or devices is some other document's.
    if (!domain || (domain.children.length === 0) || (!domain.attributes.has('type') && !['name', 'devices', ...parts].some(name => child(domain, name)))) continue
    readDomain(d, evidence, domain, whole, status, status !== undefined || domain.attributes.has('id') || kind === 'live')
  }
  return d.contribution()
}
