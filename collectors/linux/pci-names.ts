import { collector } from '../collector.ts'

/** The names of this host's PCI ids, from the list that pciutils or hwdata installs. */
export default collector({
  gives: 'pci-names',
  platform: 'linux',
  first: [{ read: '/usr/share/misc/pci.ids' }, { read: '/usr/share/hwdata/pci.ids' }],
  timeout: 5,
  limit: 4 * 1024 * 1024,
  reduce: onlyIdsOf,
  loses: 'Functions are shown by their ids where no listing names them.',
})

const ownFile = /\/(vendor|device|subsystem_vendor|subsystem_device)\t=0x([0-9a-f]{4})\s*$/

/** The ids of a host in the order of the list's levels: `10de`, `10de 1b80`, `10de 1b80 1458 3702`. */
function idsOf(pieces: readonly string[]): Set<string> {
  const cards = new Map<string, Map<string, string>>()
  for (const line of pieces.flatMap(piece => (piece.includes('/sys/bus/pci/devices/') ? piece.split('\n') : []))) {
    const parts = line.startsWith('/sys/bus/pci/devices/') && line.length < 256 ? ownFile.exec(line) : null
    if (!parts) continue
    const folder = line.slice(0, parts.index)
    const card = cards.get(folder) ?? new Map<string, string>()
    cards.set(folder, card.set(parts[1] ?? '', parts[2] ?? ''))
  }
  const ids = new Set<string>()
  for (const card of cards.values()) {
    const [vendor = '', device = '', subvendor = '', subdevice = ''] = ['vendor', 'device', 'subsystem_vendor', 'subsystem_device'].map(name => card.get(name))
    for (const id of [vendor, subvendor, `${vendor} ${device}`, `${vendor} ${device} ${subvendor} ${subdevice}`]) ids.add(id)
  }
  return ids
}

/** Keeps the version in the head, the lines of ids that the host has, and the classes. */
export function onlyIdsOf(text: string, taken: readonly string[]): string {
  const ids = idsOf(taken)
  const kept: string[] = []
  const path: string[] = []
  let classes = false
  for (const line of text.split('\n')) {
    classes ||= line.startsWith('C ')
    if (classes || /^#\s+(?:Version|Date):/.test(line)) {
      if (!classes || !line.startsWith('#')) kept.push(line)
      continue
    }
    const parts = /^(\t{0,2})([0-9a-f]{4}(?: [0-9a-f]{4})?) {1,4}\S/.exec(line)
    if (!parts) continue
    path.length = Math.min(path.length, (parts[1] ?? '').length)
    path.push(parts[2] ?? '')
    if (ids.has(path.join(' '))) kept.push(line)
  }
  return `${kept.join('\n')}\n`
}
