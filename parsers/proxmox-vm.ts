import { bdfFromText } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import type { AssignmentFacts } from '../model/snapshot.ts'
import { parser } from './parser.ts'
import { readFurtherArguments, setVendor } from './qemu/command-line.ts'
import { draft, nameFromEvidence, vmName, type Draft, type Facts } from './qemu/draft.ts'
import { chipsetOf, osFromDisk, osFromOstype } from './qemu/guest-os.ts'
import { isOn, numberIn, properties, sizeMiB, withoutSecrets } from './qemu/options.ts'
import { shellWords } from './qemu/words.ts'
import { baseName, filesOf, type TreeLine } from './tree.ts'

interface Setting { readonly value: string, readonly line: number }
type Settings = ReadonlyMap<string, Setting>

const settingLine = /^([a-z][a-z0-9_-]{1,40}): ?(.*)$/
const disk = /^(?:ide|sata|scsi|virtio)\d{1,2}$/

/** The settings of the current state: `[snapshot]` and `[PENDING]` sections repeat the keys. Lines with # are notes. */
function currentSettings(lines: readonly TreeLine[]): Settings {
  const settings = new Map<string, Setting>()
  for (const { text, line } of lines) {
    if (/^\[[^\]]{1,80}\]\s*$/.test(text)) break
    const parts = settingLine.exec(text)
    if (parts?.[1] && settings.size < 500) settings.set(parts[1], { value: (parts[2] ?? '').trim(), line })
  }
  return settings
}

/** What Proxmox writes into every definition; a paste of two lines has none of it. */
const looksWhole = (settings: Settings): boolean =>
  settings.has('smbios1') || settings.has('vmgenid') || (settings.has('memory') && (settings.has('cores') || settings.has('boot') || settings.has('bootdisk')))

/** `01:00` names every function of the card, `0000:01:00.1` one. */
function hostAddress(text: string): { bdf: string | null, all: boolean } {
  const one = bdfFromText(text)
  return one ? { bdf: one, all: false } : { bdf: bdfFromText(`${text.trim()}.0`), all: bdfFromText(`${text.trim()}.0`) !== null }
}

/** One `hostpciN` line. */
function readHostpci(d: Draft, name: string, key: string, { value, line }: Setting, byAlias: Map<string, Facts<AssignmentFacts>>): { mapping?: string, mdev?: string } {
  const device = properties(value, 'host')
  const mdev = device.get('mdev')
  const pcie = isOn(device.get('pcie')) ?? false
  for (const written of (device.get('host') ?? '').split(';').filter(text => text.trim() !== '').slice(0, 32)) {
    const { bdf, all } = hostAddress(written)
    const a = d.assignment(name, bdf, written.trim(), line)
    a.set('source', 'stored', line)
    a.set('managed', device.get('driver') !== 'keep', line)
    a.set('allFunctions', all, line)
    a.set('pcie', pcie, line)
    a.set('vga', isOn(device.get('x-vga')) ?? false, line)
    a.set('romFile', device.get('romfile') ?? null, line)
    a.set('romBar', isOn(device.get('rombar')) ?? true, line)
    a.set('mdev', mdev ?? null, line)
    a.set('bind', device.get('driver') ?? null, line)
    a.set('alias', key, line)
    // With pcie=1 each gets a root port of its own (ich9-pcie-port-N).
    if (pcie) a.set('onRootBus', false, line)
    const further = [...device].filter(([k]) => !['host', 'mapping', 'mdev', 'pcie', 'x-vga', 'romfile', 'rombar', 'driver'].includes(k))
    a.set('options', further.map(([k, v]) => `${k}=${v}`.slice(0, 200)).slice(0, 20), line)
    byAlias.set(key, a)
  }
  const mapping = device.get('mapping')
  return { ...(mapping ? { mapping } : {}), ...(mdev ? { mdev } : {}) }
}

function readVm(d: Draft, evidence: Evidence, lines: readonly TreeLine[], path: string): void {
  const settings = currentSettings(lines)
  const first = settings.values().next().value
  if (!first || ![...settings.keys()].some(key => /^(hostpci\d+|machine|memory|cores|ostype|bios|scsihw|boot|vmgenid|cpu|net\d+)$/.test(key))) return
  const number = /^(\d{3,9})(?:\.conf)?$/.exec(path === '' ? nameFromEvidence(evidence.id) ?? '' : baseName(path))?.[1]
  const name = vmName(settings.get('name')?.value, number, nameFromEvidence(evidence.id))
  const vm = d.vm(name)
  const whole = evidence.status !== 'cut' && (evidence.takenAt !== undefined || looksWhole(settings))
  const line = (key: string): number => settings.get(key)?.line ?? first.line
  const valueOf = (key: string): string | undefined => settings.get(key)?.value
  /** Sets a fact from a setting, or Proxmox's default where the whole definition has none. */
  const from = (key: string, set: (value: string | undefined, at: number) => void) => { if (whole || settings.has(key)) set(valueOf(key), line(key)) }

  d.host.set('platform', 'linux', first.line)
  vm.set('name', name, line('name'))
  vm.set('hypervisor', 'proxmox', first.line)
  vm.set('vmid', number ?? null, first.line)
  const x86 = (valueOf('arch') ?? 'x86_64') === 'x86_64'
  from('bios', (bios, at) => { if (bios || x86) vm.set('firmware', bios === 'ovmf' ? 'ovmf' : 'seabios', at) })
  from('machine', (machine, at) => {
    const parts = properties(machine ?? '', 'type')
    const type = parts.get('type') || (x86 ? 'pc' : 'virt')
    vm.set('machine', type, at)
    vm.set('chipset', chipsetOf(type), at)
    const viommu = parts.get('viommu')
    vm.set('viommu', viommu === 'intel' ? 'intel-iommu' : viommu === 'virtio' ? 'virtio-iommu' : viommu ?? null, at)
    // Proxmox starts intel-iommu with intremap=on,caching-mode=on.
    vm.set('viommuCachingMode', viommu ? viommu === 'intel' : null, at)
    vm.set('viommuAddressWidth', numberIn(parts.get('aw-bits'), 64) ?? null, at)
  })
  from('efidisk0', (efidisk, at) => {
    const parts = properties(efidisk ?? '', 'file')
    vm.set('nvram', parts.get('file') || null, at)
    vm.set('secureBoot', isOn(parts.get('pre-enrolled-keys')) ?? false, at)
  })
  const memory = valueOf('memory')
  from('memory', (_, at) => vm.set('memoryMiB', memory === undefined ? 512 : sizeMiB(properties(memory, 'current').get('current')), at))
  const cores = numberIn(valueOf('cores') ?? '1', 4096) ?? 1
  const sockets = numberIn(valueOf('sockets') ?? '1', 64) ?? 1
  if (whole || settings.has('cores')) vm.set('vcpus', numberIn(valueOf('vcpus'), 65_536) ?? cores * sockets, line('cores'))
  from('balloon', (balloon, at) => vm.set('balloon', balloon === '0' ? 'none' : 'on', at))
  from('hugepages', (size, at) => {
    vm.set('hugepages', size !== undefined, at)
    vm.set('hugepageKiB', size === '2' ? 2048 : size === '1024' ? 2 ** 20 : null, at)
  })
  from('onboot', (on, at) => vm.set('onBoot', isOn(on) ?? false, at))
  from('affinity', (cpus, at) => vm.set('pinnedCpus', cpus ? cpus.split(',').slice(0, 500) : [], at))
  const os = osFromOstype(valueOf('ostype') ?? '')
  vm.set('guestOs', os, line('ostype'))

  const hostpcis = [...settings].filter(([key]) => /^hostpci\d{1,2}$/.test(key))
  const byAlias = new Map<string, Facts<AssignmentFacts>>()
  const taken = hostpcis.map(([key, setting]) => readHostpci(d, name, key, setting, byAlias))
  const mappings = taken.flatMap(t => t.mapping ?? [])
  const hostpciLine = hostpcis[0]?.[1].line ?? first.line
  if (whole || hostpcis.length) {
    vm.set('pciMappings', mappings, hostpciLine)
    vm.set('mdevs', taken.flatMap(t => t.mdev ?? []), hostpciLine)
  }
  // x-vga=1 hides KVM, gives Windows the vendor id `proxmox` and turns the emulated display off
  // (print_hostpci_devices and get_hyperv_enlightenments of qemu-server).
  const primary = hostpcis.some(([, { value }]) => isOn(properties(value, 'host').get('x-vga')))
  from('cpu', (value, at) => {
    const cpu = properties(value ?? '', 'cputype')
    vm.set('cpuModel', cpu.get('cputype') || 'kvm64', at)
    if (whole || cpu.has('hidden')) vm.set('kvmHidden', (isOn(cpu.get('hidden')) ?? false) || primary, at)
    const vendor = cpu.get('hv-vendor-id') ?? (primary && os === 'windows' ? 'proxmox' : null)
    if (whole || vendor) setVendor(vm, os === 'windows' || cpu.has('hv-vendor-id') ? vendor : null, at)
    vm.set('cpuFeatures', (cpu.get('flags') ?? '').split(';').filter(Boolean).slice(0, 100), at)
    const bits = cpu.get('phys-bits')
    vm.set('physBits', bits ?? null, at)
  })
  from('vga', (vga, at) => vm.set('videoModels', [vga ? properties(vga, 'type').get('type') ?? 'std' : primary ? 'none' : 'std'], at))
  from('ivshmem', (value, at) => vm.set('sharedMemory', value ? [properties(value, 'name').get('name') ?? 'ivshmem'] : [], at))
  const disks = [...settings].filter(([key]) => disk.test(key)).map(([, { value }]) => properties(value, 'file').get('file') ?? '')
  if (whole || disks.length) vm.set('disks', disks.map(withoutSecrets).slice(0, 100), first.line)
  if (!os) vm.set('guestOs', disks.map(osFromDisk).find(Boolean), first.line)
  if (whole) vm.set('directKernel', false, first.line)
  const args = settings.get('args')
  if (args || whole) vm.set('qemuArgs', args ? shellWords(args.value, args.line).slice(0, 500).map(word => withoutSecrets(word.text)) : [], line('args'))
  if (args) readFurtherArguments(d, name, 'stored', shellWords(args.value, args.line), byAlias)
  if ((args || whole) && !vm.has('acpiPciHotplug')) vm.set('acpiPciHotplug', null, line('args'))
}

/**
 * Proxmox VM definitions: /etc/pve/qemu-server/VMID.conf or `qm config VMID`.
 *
 *     bios: ovmf
 *     hostpci0: 0000:01:00,pcie=1,x-vga=1,romfile=card.rom
 *     machine: pc-q35-8.1
 */
export default parser({
  gives: 'proxmox-vm',
  parse(evidence) {
    const d = draft(evidence.id)
    for (const [path, lines] of filesOf(textOf(evidence))) readVm(d, evidence, lines, path)
    return d.contribution()
  },
})
