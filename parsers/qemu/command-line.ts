/** What a QEMU command line says of a VM and of the PCI functions it takes. Options as in qemu-options.hx of QEMU 10. */
import { bdfFromText } from '../../model/bdf.ts'
import type { AssignmentFacts, VmFacts } from '../../model/snapshot.ts'
import { nameFromEvidence, vmName, type Draft, type Facts } from './draft.ts'
import { chipsetOf, firmwareOf, osFromDisk } from './guest-os.ts'
import { isOn, numberIn, optionsOf, properties, secretsIn, sizeMiB, withoutSecrets, type Option, type Properties } from './options.ts'
import type { QemuCommand } from './words.ts'

/** Lists are collected over all options and set at the end. */
interface Lists { video: string[], disks: string[], mdevs: string[], shmem: string[], evdev: string[], numa: string[], rootPorts: number }

/** Where the state of one command line is put together. */
interface Reading {
  readonly draft: Draft
  readonly name: string
  readonly vm: Facts<VmFacts>
  readonly lists: Lists
  readonly byAlias: Map<string, Facts<AssignmentFacts>>
  /** Assignments that name no bus of the guest. */
  readonly busless?: Facts<AssignmentFacts>[]
  /** `command-line`, or stored and live for arguments inside a libvirt definition. */
  readonly source: string
  readonly managed?: boolean
  readonly through?: string
}

const passthroughDriver = /^(?:vfio-pci(?:-nohotplug)?|pci-assign|kvm-pci-assign)$/
const videoDevice = /^(?:VGA|qxl-vga|qxl|virtio-vga(?:-gl)?|virtio-gpu(?:-gl)?(?:-pci)?|bochs-display|ramfb|cirrus-vga|vmware-svga|secondary-vga|ati-vga)$/
/** Properties of vfio-pci that other facts hold, or that say nothing of interest. */
const ownProperties = new Set(['driver', 'host', 'sysfsdev', 'id', 'bus', 'addr', 'romfile', 'rombar', 'x-vga', 'multifunction', 'bootindex', 'fd', 'iommufd'])

/** `pcie.0:02.0` of `bus=pcie.0,addr=0x2`; the name of the bus as QEMU knows it, the slot and function in hex. */
function guestAddress(device: Properties): string | null {
  const bus = device.get('bus')
  const addr = /^(?:0x)?([0-9a-f]{1,2})(?:\.(?:0x)?([0-7]))?$/i.exec(device.get('addr') ?? '')
  if (!bus && !addr) return null
  const slot = addr ? `${addr[1]?.toLowerCase().padStart(2, '0')}.${addr[2] ?? '0'}` : ''
  return [bus?.slice(0, 60), slot].filter(Boolean).join(':')
}

/** The options of vfio-pci that become facts of an assignment. */
function fillAssignment(a: Facts<AssignmentFacts>, device: Properties, line: number): void {
  a.set('romFile', device.has('romfile') && device.get('romfile') !== '' ? withoutSecrets(device.get('romfile') ?? '') : null, line)
  a.set('romBar', isOn(device.get('rombar')) ?? true, line)
  a.set('vga', isOn(device.get('x-vga')) ?? false, line)
  a.set('multifunction', isOn(device.get('multifunction')) ?? false, line)
  a.set('guestAddress', guestAddress(device), line)
  const bus = device.get('bus')
  if (bus) a.set('onRootBus', /^pcie\.0$/.test(bus), line)
  a.set('alias', device.get('id')?.slice(0, 100) ?? null, line)
  const further = [...device].filter(([key]) => !ownProperties.has(key)).map(([key, value]) => `${key}=${value}`.slice(0, 200))
  a.set('options', further.slice(0, 50), line)
}

/** `-device vfio-pci,…`: one function, or a mediated device where `sysfsdev` names one. */
export function readPassthrough(r: Pick<Reading, 'draft' | 'name' | 'source' | 'managed' | 'through' | 'byAlias' | 'busless'>, lists: Pick<Lists, 'mdevs'>, device: Properties, line: number): void {
  const sysfs = device.get('sysfsdev')
  const mdev = /\/mdev\/(?:devices\/)?([0-9a-f-]{36})$|\/([0-9a-f]{8}-[0-9a-f-]{27})$/i.exec((sysfs ?? '').slice(0, 400))
  if (mdev) {
    lists.mdevs.push((mdev[1] ?? mdev[2] ?? '').toLowerCase())
    return
  }
  const written = sysfs?.slice(sysfs.lastIndexOf('/') + 1) ?? device.get('host') ?? ''
  if (written === '') return
  // A variable that the text does not set.
  if (/[$<{]/.test(written)) return r.draft.notUnderstood(line)
  const a = r.draft.assignment(r.name, bdfFromText(written), written, line)
  a.set('source', r.source, line)
  a.set('managed', r.managed, line)
  a.set('through', r.through, line)
  fillAssignment(a, device, line)
  // QEMU plugs a device without bus= into the first bus that takes it: pcie.0 of q35.
  if (!device.has('bus') && r.source === 'command-line' && r.draft.vm(r.name).facts.chipset?.value === 'q35') a.set('onRootBus', true, line)
  const id = device.get('id')
  if (id) r.byAlias.set(id, a)
  if (!device.has('bus')) r.busless?.push(a)
}

/** `-set device.hostdev0.x-vga=on` changes a device that another option made. */
function readSet({ value, line }: Option, byAlias: Reading['byAlias']): void {
  const parts = /^device\.([\w.-]{1,80})\.([\w-]{1,40})=(.{0,400})$/.exec(value)
  const a = byAlias.get(parts?.[1] ?? '')
  if (a && parts) changeAssignment(a, parts[2] ?? '', parts[3] ?? '', line)
}

/** One property of vfio-pci set after the device was made. */
export function changeAssignment(a: Facts<AssignmentFacts>, property: string, value: string, line: number): void {
  if (property === 'x-vga') a.set('vga', isOn(value), line)
  else if (property === 'rombar') a.set('romBar', isOn(value), line)
  else if (property === 'romfile') a.set('romFile', value, line)
  else if (property === 'multifunction') a.set('multifunction', isOn(value), line)
  else if (!ownProperties.has(property)) a.set('options', [...(a.facts.options?.value ?? []), `${property}=${value}`], line)
}

/** `host,kvm=off,hv_vendor_id=abc,+topoext`. */
export function readCpu(vm: Facts<VmFacts>, value: string, line: number): void {
  const cpu = properties(value, 'model')
  vm.set('cpuModel', cpu.get('model')?.slice(0, 60), line)
  const features: string[] = []
  for (const [key, setting] of cpu) {
    const name = key.replaceAll('_', '-')
    const on = isOn(setting)
    if (name === 'model') continue
    else if (name === 'kvm') vm.set('kvmHidden', on === false, line)
    else if (name === 'hv-vendor-id') setVendor(vm, setting, line)
    else if (name === 'migratable') vm.set('cpuMigratable', on, line)
    else if (name === 'host-phys-bits' && on) vm.set('physBits', 'host', line)
    else if (name === 'phys-bits' && numberIn(setting, 64)) vm.set('physBits', setting, line)
    else if (/^[+-]/.test(key)) features.push(key.slice(0, 60))
    else if (on !== undefined && !name.startsWith('hv-')) features.push(`${on ? '+' : '-'}${name.slice(0, 60)}`)
    if (name.startsWith('hv-') && name !== 'hv-vendor-id') vm.set('guestOs', 'windows', line)
  }
  vm.set('cpuFeatures', features.slice(0, 200), line)
}

export function setVendor(vm: Facts<VmFacts>, vendor: string | null, line: number): void {
  vm.set('hypervVendorId', vendor?.slice(0, 100) ?? null, line)
  vm.set('hypervVendorIdLength', vendor?.length ?? null, line)
}

function readMachine({ vm }: Reading, { value, line }: Option): void {
  const machine = properties(value, 'type')
  const type = machine.get('type')
  if (type) {
    vm.set('machine', type.slice(0, 80), line)
    vm.set('chipset', chipsetOf(type), line)
  }
  const irqchip = machine.get('kernel_irqchip') ?? machine.get('kernel-irqchip')
  if (irqchip) vm.set('irqchip', irqchip, line)
  if (machine.has('pflash0')) vm.set('firmware', 'ovmf', line)
  if (machine.has('smm')) vm.set('smm', isOn(machine.get('smm')), line)
  if (machine.get('iommu')) vm.set('viommu', machine.get('iommu'), line)
  if (machine.has('confidential-guest-support') || machine.has('memory-encryption')) vm.set('launchSecurity', 'sev', line)
}

function readSmp({ vm }: Reading, { value, line }: Option): void {
  const smp = properties(value, 'cpus')
  const count = (key: string): number | undefined => numberIn(smp.get(key), 65_536)
  const topology = ['sockets', 'dies', 'clusters', 'modules', 'cores', 'threads'].map(count)
  const product = topology.reduce<number>((all, n) => all * (n ?? 1), 1)
  vm.set('vcpus', count('cpus') ?? (topology.some(n => n !== undefined) ? product : undefined), line)
}

/** `-drive` and `-blockdev`: firmware in flash, or a disk. */
function readDrive(r: Reading, { name, value, line }: Option): void {
  const drive = properties(value, name === 'blockdev' ? 'driver' : 'file')
  const file = drive.get('file') ?? drive.get('filename') ?? drive.get('file.filename') ?? drive.get('host_device')
  const node = drive.get('node-name') ?? drive.get('id') ?? ''
  if (drive.get('if') === 'pflash' || /pflash/.test(node)) {
    const variables = drive.get('unit') === '1' || /pflash1/.test(node) || /VARS/i.test(file ?? '') || (isOn(drive.get('readonly')) === false && r.vm.has('firmwareFile'))
    r.vm.set('firmware', 'ovmf', line)
    if (file) r.vm.set(variables ? 'nvram' : 'firmwareFile', withoutSecrets(file), line)
  } else if (file) addDisk(r, file, line)
}

function addDisk(r: Reading, file: string, line: number): void {
  r.lists.disks.push(withoutSecrets(file).slice(0, 400))
  const os = r.vm.has('guestOs') ? undefined : osFromDisk(file)
  if (os) r.vm.set('guestOs', os, line)
}

function readObject(r: Reading, { value, line }: Option): void {
  const object = properties(value, 'qom-type')
  const type = object.get('qom-type') ?? ''
  const path = object.get('mem-path') ?? ''
  if (type.startsWith('memory-backend')) {
    if (/hugepages|hugetlb/.test(path) || isOn(object.get('hugetlb'))) r.vm.set('hugepages', true, line)
    if (/^ivshmem|looking-glass|kvmfr/.test(`${object.get('id') ?? ''} ${path}`) || /looking-glass|kvmfr/.test(path)) r.lists.shmem.push(path.slice(0, 200))
    const nodes = /^[\d,-]+$/.test(object.get('host-nodes') ?? '') ? object.get('host-nodes') : object.get('host-nodes.0')
    if (nodes) r.lists.numa.push(nodes)
  } else if (type === 'input-linux') r.lists.evdev.push((object.get('evdev') ?? '').slice(0, 200))
  else if (/^sev(-snp)?-guest$|^tdx-guest$/.test(type)) r.vm.set('launchSecurity', type.replace('-guest', ''), line)
}

function readDevice(r: Reading, { value, line }: Option): void {
  const device = properties(value, 'driver')
  const driver = device.get('driver') ?? ''
  if (passthroughDriver.test(driver)) readPassthrough(r, r.lists, device, line)
  else if (videoDevice.test(driver)) r.lists.video.push(driver)
  else if (driver.startsWith('pcie-root-port') || driver === 'ioh3420') r.lists.rootPorts++
  else if (driver.startsWith('virtio-balloon')) r.vm.set('balloon', 'virtio', line)
  // The system management controller of a Mac: no other system asks for it.
  else if (driver === 'isa-applesmc') r.vm.set('guestOs', 'macos', line)
  else if (/^(intel-iommu|amd-iommu|virtio-iommu(-pci)?|arm-smmuv3)$/.test(driver)) {
    r.vm.set('viommu', driver.replace(/-pci$/, ''), line)
    r.vm.set('viommuCachingMode', isOn(device.get('caching-mode')) ?? false, line)
    if (device.has('intremap')) r.vm.set('viommuIntremap', isOn(device.get('intremap')), line)
    r.vm.set('viommuAddressWidth', numberIn(device.get('aw-bits'), 64), line)
  }
}

/** `-global q35-pcihost.pci-hole64-size=512G`, `-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off`. */
function readGlobal(r: Reading, { value, line }: Option): void {
  const hole = /pci-?hole64-size=([0-9a-z]{1,20})$/i.exec(value.slice(0, 200))
  r.vm.set('pciHole64MiB', sizeMiB(hole?.[1], 'b'), line)
  const hotplug = /^ICH9-LPC\.acpi-pci-hotplug-with-bridge-support=(\w{1,5})$/.exec(value.slice(0, 200))
  if (hotplug) r.vm.set('acpiPciHotplug', isOn(hotplug[1]) === false ? 'off' : 'on', line)
}

function readFirmwareConfig(r: Reading, { value, line }: Option): void {
  const config = properties(value, 'name')
  if (/X-PciMmio64Mb$/.test(config.get('name') ?? '')) r.vm.set('mmio64MiB', numberIn(config.get('string'), 2 ** 30), line)
}

const readers = new Map<string, (r: Reading, option: Option) => void>(Object.entries({
  machine: readMachine,
  M: readMachine,
  accel: (r: Reading, o: Option) => {
    const irqchip = properties(o.value, 'accel').get('kernel-irqchip')
    if (irqchip) r.vm.set('irqchip', irqchip, o.line)
  },
  cpu: (r: Reading, o: Option) => readCpu(r.vm, o.value, o.line),
  smp: readSmp,
  m: (r: Reading, o: Option) => r.vm.set('memoryMiB', sizeMiB(properties(o.value, 'size').get('size')), o.line),
  device: readDevice,
  drive: readDrive,
  blockdev: readDrive,
  pflash: (r: Reading, o: Option) => { r.vm.set('firmware', 'ovmf', o.line); r.vm.set('firmwareFile', o.value, o.line) },
  bios: (r: Reading, o: Option) => { r.vm.set('firmware', firmwareOf(o.value), o.line); r.vm.set('firmwareFile', o.value, o.line) },
  kernel: (r: Reading, o: Option) => r.vm.set('directKernel', true, o.line),
  object: readObject,
  'mem-path': (r: Reading, o: Option) => { if (/hugepages|hugetlb/.test(o.value)) r.vm.set('hugepages', true, o.line) },
  vga: (r: Reading, o: Option) => { r.lists.video.push(o.value.slice(0, 40)) },
  set: (r: Reading, o: Option) => readSet(o, r.byAlias),
  fw_cfg: readFirmwareConfig,
  global: readGlobal,
  overcommit: (r: Reading, o: Option) => r.vm.set('memoryLocked', isOn(properties(o.value, '').get('mem-lock')), o.line),
  realtime: (r: Reading, o: Option) => r.vm.set('memoryLocked', isOn(properties(o.value, '').get('mlock')), o.line),
  serial: (r: Reading, o: Option) => { if (!r.vm.has('console')) r.vm.set('console', o.value.slice(0, 200), o.line) },
  id: (r: Reading, o: Option) => r.vm.set('vmid', /^\d{3,9}$/.test(o.value) ? o.value : undefined, o.line),
  hda: (r: Reading, o: Option) => addDisk(r, o.value, o.line),
  hdb: (r: Reading, o: Option) => addDisk(r, o.value, o.line),
  cdrom: (r: Reading, o: Option) => addDisk(r, o.value, o.line),
  image: (r: Reading, o: Option) => { if (/\.(qcow2|img|raw|iso|vdi|vmdk)$|^\/dev\//.test(o.value)) addDisk(r, o.value, o.line) },
}))

/** What QEMU does where an option is missing; only for a command line that was seen whole. */
function fillDefaults(r: Reading, command: QemuCommand, options: readonly Option[]): void {
  const { vm } = r
  const { line } = command
  const has = (name: string): boolean => options.some(o => o.name === name)
  const x86 = /x86_64|i386|kvm$|system-x86$/.test(command.binary)
  const absent = <K extends keyof VmFacts>(key: K, value: Parameters<typeof vm.set<K>>[1]) => { if (!vm.has(key)) vm.set(key, value, line) }
  if (x86 && vm.facts.chipset?.value !== 'microvm' && !has('bios') && !has('pflash') && !has('readconfig')) absent('firmware', 'seabios')
  for (const key of ['firmwareFile', 'nvram', 'viommu', 'launchSecurity', 'irqchip', 'cpuModel', 'physBits', 'mmio64MiB', 'pciHole64MiB', 'acpiPciHotplug', 'cpuMigratable'] as const) absent(key, null)
  for (const key of ['directKernel', 'kvmHidden', 'hugepages', 'memoryLocked'] as const) absent(key, false)
  if (!vm.has('hypervVendorId')) setVendor(vm, null, line)
  if (x86 && !vm.has('machine')) { vm.set('machine', null, line); vm.set('chipset', 'i440fx', line) }
  // Without bus= QEMU takes the first PCI bus, which is the root bus.
  if (vm.facts.chipset?.value === 'q35') for (const a of r.busless ?? []) a.set('onRootBus', true, line)
  absent('balloon', 'none')
  absent('cpuFeatures', [])
  absent('vcpus', 1)
  if (!has('vga') && !has('nodefaults') && r.lists.video.length === 0 && x86) r.lists.video.push('std')
}

/** Which manager started it, from paths that only that manager gives. */
function hypervisorOf(options: readonly Option[]): 'libvirt' | 'proxmox' | 'qemu' {
  const values = options.map(o => o.value)
  if (values.some(value => value.includes('/var/run/qemu-server/') || value.includes('/etc/pve/') || value.includes('/usr/share/qemu-server/'))) return 'proxmox'
  return values.some(value => value.includes('/libvirt/qemu/') || value.includes('libvirt-pflash') || value.includes('masterKey')) ? 'libvirt' : 'qemu'
}

/** A user session: libvirt's own folders tell, else the user who runs it. */
function isSession(options: readonly Option[], user: string | undefined): boolean | undefined {
  const values = options.map(o => o.value)
  if (values.some(value => value.includes('/var/lib/libvirt/qemu/') || value.includes('/var/run/qemu-server/'))) return false
  if (values.some(value => /\/\.(?:config|local|cache)\/[\w/]{0,40}libvirt\/|\/run\/user\/\d+\/libvirt\//.test(value.slice(0, 1000)))) return true
  if (user === undefined) return undefined
  return !/^(root|qemu|kvm|libvirt|oneadmin|nova|0$)/.test(user)
}

/** Reads one command line into the draft; gives the name of the VM. */
export function readCommandLine(d: Draft, command: QemuCommand, given: { readonly cut?: boolean, readonly startedBy?: 'libvirt' } = {}): string {
  const options = optionsOf(command)
  const naming = options.find(o => o.name === 'name')
  const name = vmName(naming && properties(naming.value, 'guest').get('guest'), nameFromEvidence(d.evidence))
  const hypervisor = given.startedBy ?? hypervisorOf(options)
  const vm = d.vm(name)
  const lists: Lists = { video: [], disks: [], mdevs: [], shmem: [], evdev: [], numa: [], rootPorts: 0 }
  const byAlias = new Map<string, Facts<AssignmentFacts>>()
  // libvirt's and Proxmox's own binding is told by their definitions; a bare QEMU binds nothing.
  const managed = hypervisor === 'proxmox' ? true : hypervisor === 'qemu' ? false : undefined
  const r: Reading = { draft: d, name, vm, lists, byAlias, busless: [], source: 'command-line', ...(managed === undefined ? {} : { managed }) }

  vm.set('name', name, naming?.line ?? command.line)
  vm.set('hypervisor', hypervisor, command.line)
  if (command.running) vm.set('running', true, command.line)
  vm.set('session', isSession(options, command.user), command.line)
  for (const option of options) readers.get(option.name)?.(r, option)
  for (const option of options) for (const secret of secretsIn(option)) addSecret(d, secret, option.line)
  const whole = command.whole && !given.cut
  if (whole) fillDefaults(r, command, options)
  const list = (key: 'videoModels' | 'disks' | 'mdevs' | 'sharedMemory' | 'evdev', values: string[]) => { if (whole || values.length) vm.set(key, values.filter(Boolean).slice(0, 200), command.line) }
  list('videoModels', lists.video)
  list('disks', lists.disks)
  list('mdevs', lists.mdevs)
  list('sharedMemory', lists.shmem)
  list('evdev', lists.evdev)
  if (whole) vm.set('rootPorts', lists.rootPorts, command.line)
  if (options.some(o => o.name === 'enable-kvm' || /vfio-pci|accel=kvm|^kvm\b/.test(o.value.slice(0, 400)))) d.host.set('platform', 'linux', command.line)
  return name
}

/** Names of secrets gather on the host, each cited where it was first met. */
function addSecret(d: Draft, secret: string, line: number): void {
  const before = d.host.facts.cmdlineSecrets?.value ?? []
  if (!before.includes(secret) && before.length < 50) d.host.set('cmdlineSecrets', [...before, secret], line)
}

/** Arguments that a libvirt definition or a Proxmox `args:` line hands to QEMU: no defaults can be told from them. */
export function readFurtherArguments(d: Draft, name: string, source: string, args: readonly { readonly text: string, readonly line: number }[], byAlias: Map<string, Facts<AssignmentFacts>>): void {
  const options = optionsOf({ words: args, unquoted: false })
  const vm = d.vm(name)
  const lists: Lists = { video: [], disks: [], mdevs: [], shmem: [], evdev: [], numa: [], rootPorts: 0 }
  const r: Reading = { draft: d, name, vm, lists, byAlias, source, managed: false, through: 'qemu-args' }
  for (const option of options) readers.get(option.name)?.(r, option)
  for (const option of options) for (const secret of secretsIn(option)) addSecret(d, secret, option.line)
  const further = (key: 'mdevs' | 'sharedMemory' | 'evdev' | 'disks' | 'videoModels', values: string[], line: number) => {
    if (values.length) vm.set(key, [...(vm.facts[key]?.value ?? []), ...values], line)
  }
  const line = args[0]?.line ?? 1
  further('mdevs', lists.mdevs, line)
  further('sharedMemory', lists.shmem, line)
  further('evdev', lists.evdev, line)
  further('disks', lists.disks, line)
  further('videoModels', lists.video, line)
}

/** Error lines: `kvm: -device vfio-pci,host=0000:83:00.7,id=hostpci1.7,bus=pci.0,addr=0x11.7: vfio 0000:83:00.7: …`. */
const errorLine = /(?:qemu-system-\w{1,20}|qemu-kvm|(?<![\w-])kvm): -device (vfio-pci\S{0,400}?|\{"driver":"vfio-pci".{0,600}?\}): /

/** Functions named by QEMU's own complaints, where no command line was seen for them. */
export function readErrorLine(d: Draft, text: string, line: number, name: string): boolean {
  const device = text.includes(': -device ') ? errorLine.exec(text.slice(0, 4096)) : null
  if (!device) return false
  const byAlias = new Map<string, Facts<AssignmentFacts>>()
  readPassthrough({ draft: d, name, source: 'command-line', byAlias }, { mdevs: [] }, properties(device[1] ?? '', 'driver'), line)
  d.vm(name).set('name', name, line)
  d.host.set('platform', 'linux', line)
  return true
}
