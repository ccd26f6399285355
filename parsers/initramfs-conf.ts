import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import { gather, moduleName, type Gathered, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { baseName, continued, readTree, statOf, type TreeLine } from './tree.ts'

interface Found {
  readonly modules: Gathered
  readonly hooks: Gathered
  readonly unspaced: Gathered
  readonly omitted: Gathered
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter(word => /^[\w-]+$/.test(word))

/** dracut.conf(5): lists grow by `+=" a b "`; without the blanks the neighbours of two lists become one word. */
function readDracut({ text, line }: TreeLine, found: Found): void {
  const set = /^\s*(add_drivers|force_drivers|drivers|filesystems|omit_drivers|add_dracutmodules|omit_dracutmodules|dracutmodules|install_items)\s*(\+?=)\s*(["']?)([^"']*)\3/.exec(text)
  if (!set) return
  const [, name = '', operator, , value = ''] = set
  if (operator === '+=' && value !== '' && !(value.startsWith(' ') && value.endsWith(' '))) found.unspaced.add(text.trim(), line)
  if (/^(?:add_|force_)?drivers$/.test(name)) for (const word of words(value)) found.modules.add(moduleName(word), line)
  if (name === 'omit_drivers') for (const word of words(value)) found.omitted.add(moduleName(word), line)
}

/** mkinitcpio.conf: a bash array, or a quoted list in files from before v21. */
function readMkinitcpio({ text, line }: TreeLine, found: Found): void {
  const set = /^\s*(MODULES|HOOKS)\+?=[("']([^)"']*)/.exec(text)
  if (!set) return
  for (const word of words(set[2] ?? '')) {
    if (set[1] === 'HOOKS') found.hooks.add(word, line)
    else found.modules.add(moduleName(word), line)
  }
}

/** booster.yaml: comma lists in one line. */
function readBooster({ text, line }: TreeLine, found: Found): void {
  const set = /^\s*(modules|modules_force_load)\s*:\s*["']?([^"'#]*)/.exec(text)
  if (set) for (const word of words(set[2] ?? '')) if (!word.startsWith('-')) found.modules.add(moduleName(word), line)
}

/** /etc/initramfs-tools/modules: a module a line. */
function readInitramfsTools({ text, line }: TreeLine, found: Found): void {
  const name = /^\s*([A-Za-z0-9][\w-]*)(?:\s|$)/.exec(text)?.[1]
  if (name) found.modules.add(moduleName(name), line)
}

interface Tool {
  readonly tool: string
  /** Any file of the tool. */
  readonly path: RegExp
  /** Those of them that list modules. */
  readonly lists: RegExp
  /** Tells a pasted file without a path. */
  readonly text: RegExp
  readonly binary: RegExp
  readonly read: (line: TreeLine, found: Found) => void
}
/** In the order in which they win where several are installed: the choice of the owner before the default. */
const tools: readonly Tool[] = [
  { tool: 'booster', path: /booster\.yaml$/, lists: /booster\.yaml$/, text: /^(?:modules_force_load|universal|compression|vconsole)\s*:/, binary: /\/bin\/booster$/, read: readBooster },
  { tool: 'mkinitcpio', path: /mkinitcpio\.conf(?:\.d\/[^/]+)?$/, lists: /mkinitcpio\.conf(?:\.d\/[^/]+)?$/, text: /^(?:MODULES|HOOKS|BINARIES|FILES)=/, binary: /\/mkinitcpio$/, read: readMkinitcpio },
  { tool: 'initramfs-tools', path: /initramfs-tools(?:\/(?:modules|initramfs\.conf|conf\.d\/[^/]+))?$/, lists: /initramfs-tools\/modules$/, text: /^(?:vfio[\w-]*|kvm)$/, binary: /\/mkinitramfs$/, read: readInitramfsTools },
  { tool: 'dracut', path: /dracut\.conf(?:\.d(?:\/[^/]+)?)?$/, lists: /dracut\.conf(?:\.d\/[^/]+)?$/, text: /^\s*(?:add_drivers|force_drivers|omit_drivers|add_dracutmodules|hostonly)\s*\+?=/, binary: /\/dracut$/, read: readDracut },
]

/** Arrays may run over lines until their closing bracket. */
function* joinedArrays(lines: Iterable<TreeLine>): Generator<TreeLine> {
  let open: TreeLine | undefined
  for (const line of lines) {
    if (open) open = { ...open, text: `${open.text} ${line.text.replace(/#.*$/, '')}`.slice(0, 4096) }
    else if (/^\s*\w+\+?=\([^)]*$/.test(line.text)) open = line
    else yield line
    if (!open || !(open.text.includes(')') || open.text.length >= 4096)) continue
    yield open
    open = undefined
  }
  if (open) yield open
}

const imageName = /^(?:initrd\.img|initramfs|initrd|booster)[-.].+/
const notTheImage = /fallback|rescue|kdump|\.old$|\.bak$/
const vfioFile = /vfio|blacklist|nouveau|nvidia|amdgpu|radeon|i915|gpu|pci[-_]?pass|passthrough/i

/** Seconds by which the newest file of modprobe.d about GPUs is younger than the image that boots. */
function ageOf(lines: readonly TreeLine[], evidence: Evidence): HostFacts['initramfsAge'] {
  const running = lines.find(({ path }) => path.endsWith('/osrelease'))?.text.trim()
  const stats = lines.flatMap(line => {
    const stat = statOf(line)
    return stat ? [{ name: baseName(line.path), path: line.path, mtime: stat.mtime, line: line.line }] : []
  })
  const newest = (list: typeof stats) => list.toSorted((a, b) => b.mtime - a.mtime)[0]
  const images = stats.filter(({ path, name }) => path.startsWith('/boot/') && imageName.test(name) && !notTheImage.test(name))
  const image = newest(images.filter(({ name }) => running && name.includes(running))) ?? newest(images)
  const file = newest(stats.filter(({ path, name }) => path.includes('/modprobe.d/') && vfioFile.test(name)))
  if (!image || !file) return undefined
  return { value: file.mtime - image.mtime, at: [image, file].map(({ line }) => ({ evidence: evidence.id, where: line })) }
}

/**
 * Which tool makes the initramfs, the modules it is told to put in, and whether the image is older than modprobe.d.
 *
 *     add_drivers+=" vfio_pci vfio vfio_iommu_type1 "
 *     MODULES=(vfio_pci vfio vfio_iommu_type1 amdgpu)
 */
export default parser({
  gives: 'initramfs-conf',
  parse(evidence: Evidence) {
    const lines = [...readTree(textOf(evidence))]
    const found: Found = { modules: gather(evidence.id), hooks: gather(evidence.id), unspaced: gather(evidence.id), omitted: gather(evidence.id) }
    const there = lines.filter(({ mark }) => mark !== '!')
    const pasted = tools.find(({ text }) => there.some(line => line.path === '' && text.test(line.text)))
    const seen = tools.map(tool => ({
      tool,
      binary: there.find(({ path, mark }) => mark !== '=' && tool.binary.test(path))?.line,
      file: there.find(({ path }) => tool.path.test(path))?.line ?? (tool === pasted ? there.find(({ path }) => path === '')?.line : undefined),
    }))
    const chosen = seen.find(({ binary }) => binary) ?? seen.find(({ file }) => file)
    if (!chosen) return {}
    const { tool } = chosen
    const own = there.filter(({ path, mark }) => mark === '=' && (path === '' ? tool === pasted : tool.lists.test(path)))
    for (const line of joinedArrays(continued(own))) if (!/^\s*#/.test(line.text)) tool.read(line, found)
    const host: HostDraft = { initramfsTool: known(tool.tool, evidence.id, chosen.binary ?? chosen.file ?? 1) }
    if (own.length || chosen.binary) host.initramfsModules = found.modules.fact()
    if (tool.tool === 'mkinitcpio' && own.length) host.initramfsHooks = found.hooks.fact()
    if (tool.tool === 'dracut') Object.assign(host, { dracutUnspaced: found.unspaced.fact(), initramfsOmits: found.omitted.fact() })
    if (found.modules.has('vfio_pci')) host.initramfsHasVfio = { ...found.modules.fact(), value: true }
    const age = ageOf(lines, evidence)
    if (age) host.initramfsAge = age
    return { host }
  },
})
