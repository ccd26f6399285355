import { bdfFromText } from '../model/bdf.ts'
import type { Bdf } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { gather, type Gathered } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

interface Node { gpuId?: number, vendor?: number, location?: number, domain?: number, version?: number, line: number, readonly links: Link[] }
interface Link { readonly type: number, to?: string, flags?: number, line: number }

/** 100300 is gfx1030, 90010 gfx90a: ten thousands, hundreds and ones, the last two in hex (kfd_crat.h, gfx_target_version). */
const gfxName = (version: number): string => `gfx${Math.floor(version / 10_000)}${(Math.floor(version / 100) % 100).toString(16)}${(version % 100).toString(16)}`

/** kfd_topology.c writes `location_id` as bus and device-function in one number. */
function addressOf({ location, domain = 0 }: Node): Bdf | null {
  if (location === undefined || !(location >= 0 && location <= 0xffff) || !(domain >= 0 && domain <= 0xffffffff)) return null
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  return bdfFromText(`${hex(domain, 4)}:${hex(location >> 8, 2)}:${hex((location >> 3) & 31, 2)}.${location & 7}`)
}

const mib = (text: string): number | null => (/^\d{1,18}$/.test(text) ? Math.round(Number(text) / 1048576) : null)

/**
 * What display drivers show of GPUs in sysfs: DRM nodes, monitors, video memory, and the nodes of AMD's compute driver.
 *
 *     /sys/class/drm/card0<TAB>>../../devices/pci0000:00/0000:00:01.1/0000:03:00.0/drm/card0
 *     /sys/class/drm/card0-DP-1/status<TAB>=connected
 *     /sys/class/drm/card0/device/mem_info_vis_vram_total<TAB>=268435456
 *     /sys/class/kfd/kfd/topology/nodes/1/properties<TAB>=gfx_target_version 100300
 */
export default parser({
  gives: 'gpu-sysfs',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const lines = [...readTree(body)]
    const cards = new Map<string, Bdf>()
    const functions: Record<Bdf, Draft<FunctionFacts>> = {}
    const nodes = new Map<string, Node>()
    const monitors = new Map<Bdf, Gathered>()
    const firmware = new Map<Bdf, Gathered>()
    const drmNodes = new Map<Bdf, Gathered>()
    for (const { path, mark, text, line } of lines) {
      const drm = mark === '>' ? /\/drm\/((?:card|renderD)\d{1,4})$/.exec(path)?.[1] : undefined
      const bdf = drm === undefined ? null : bdfFromText(/([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\/drm\//.exec(text)?.[1] ?? '')
      if (drm === undefined || bdf === null) continue
      if (drm.startsWith('card')) cards.set(drm, bdf)
      const list = drmNodes.get(bdf) ?? gather(evidence.id)
      list.add(`/dev/dri/${drm}`, line)
      drmNodes.set(bdf, list)
    }
    for (const [bdf, list] of drmNodes) (functions[bdf] ??= {}).nodes = list.fact()
    const hangs = gather(evidence.id)
    let asked = 0
    for (const { path, mark, text, line } of lines) {
      const card = /\/drm\/(card\d{1,4})\/error$/.exec(path)?.[1]
      if (card !== undefined && (mark === '#' || mark === '=')) {
        // `No error state collected`, or the saved state (drivers/gpu/drm/i915/i915_sysfs.c, error_state_read).
        const first = (mark === '#' ? decoded(text) : text).split('\n', 1)[0]?.trim() ?? ''
        asked ||= line
        if (/^GPU HANG: ecode /.test(first)) hangs.add(`${cards.get(card) ?? card} ${first.slice(0, 120)}`, line)
      }
      const dumped = mark === '>' ? cards.get(/\/drm\/(card\d{1,4})\/device\/devcoredump$/.exec(path)?.[1] ?? '') : undefined
      if (dumped) (functions[dumped] ??= {}).coredump = known(`${path}/data`, evidence.id, line)
      if (mark !== '=') continue
      const link = /\/topology\/nodes\/(\d{1,4})\/io_links\/\d{1,4}\/properties$/.exec(path)?.[1]
      if (link !== undefined) readLink(nodes, link, text, line)
      const topology = /\/topology\/nodes\/(\d{1,4})\/(gpu_id|properties)$/.exec(path)
      if (topology) readNode(nodes, topology[1] as string, topology[2] === 'gpu_id' ? `gpu_id ${text.trim()}` : text, line)
      // amdgpu prints what it remembers of each image it loaded (FW_VERSION_ATTR of amdgpu_ucode.c).
      const [, holder = '', part] = /\/drm\/(card\d{1,4})\/device\/fw_version\/(\w{1,20})_fw_version$/.exec(path) ?? []
      const loaded = part === undefined ? undefined : cards.get(holder)
      if (loaded && /^0x[0-9a-f]{1,8}$/.test(text.trim()) && !/^0x0+$/.test(text.trim())) {
        const list = firmware.get(loaded) ?? gather(evidence.id)
        list.add(`${part} ${text.trim()}`, line)
        firmware.set(loaded, list)
      }
      const found = /\/drm\/(card\d{1,4})(?:-([\w-]{1,40}))?\/(?:device\/(?:ras\/)?)?(\w+)$/.exec(path)
      const bdf = found && cards.get(found[1] as string)
      if (!found || !bdf) continue
      const fn = (functions[bdf] ??= {})
      const [, , connector, name] = found
      if (connector !== undefined && name === 'status') {
        const list = monitors.get(bdf) ?? monitors.set(bdf, gather(evidence.id)).get(bdf)
        if (text.trim() === 'connected') list?.add(connector, line)
      }
      if (name === 'gpu_vram_bad_pages') {
        // A line for each: `0x00000001 : 0x00001000 : R`; R retired, P waits for it, F could not be (amdgpu_ras.c).
        if (/^0x[0-9a-f]{1,16} : /i.test(text)) fn.amdBadPages = known((fn.amdBadPages?.value ?? 0) + 1, evidence.id, line)
        else if (text.trim() === '') fn.amdBadPages ??= known(0, evidence.id, line)
      }
      // amdgpu shows the part number: 113-D4120500-101.
      if (name === 'vbios_version' && /^[\w.-]{4,64}$/.test(text.trim())) fn.amdVbios = known(text.trim(), evidence.id, line)
      const size = mib(text.trim())
      if (name === 'mem_info_vram_total' && size !== null) fn.vramMiB = known(size, evidence.id, line)
      if (name === 'mem_info_vis_vram_total' && size !== null) fn.vramVisibleMiB = known(size, evidence.id, line)
    }
    for (const [bdf, list] of monitors) (functions[bdf] ??= {}).monitors = list.fact()
    for (const [bdf, list] of firmware) (functions[bdf] ??= {}).amdFirmware = list.fact()
    const whole = isTree(body)
    for (const node of nodes.values()) {
      const bdf = node.gpuId ? addressOf(node) : null
      if (bdf === null) continue
      const fn = (functions[bdf] ??= {})
      fn.inKfd = known(true, evidence.id, node.line)
      const way = wayToProcessor(node, nodes)
      if (way) fn.kfdNoAtomics = known(way.noAtomics, evidence.id, way.line)
      if (node.version) fn.gfxTarget = known(gfxName(node.version), evidence.id, node.line)
    }
    // Cards that are listed and have no node there: the compute driver left them out.
    if (whole) for (const bdf of cards.values()) {
      const fn = (functions[bdf] ??= {})
      fn.inKfd ??= known(false, evidence.id, 1)
      fn.amdBadPages ??= known<number>(null, evidence.id, 1)
      fn.coredump ??= known<string>(null, evidence.id, 1)
    }
    return { functions, ...(asked > 0 ? { host: { gpuHangs: hangs.size > 0 ? hangs.fact() : known<readonly string[]>([], evidence.id, asked) } } : {}) }
  },
})

/** A text that a tree has as bytes. */
const decoded = (hex: string): string => Buffer.from(hex.replace(/[^0-9a-f]/gi, ''), 'hex').toString('latin1')

function readLink(nodes: Map<string, Node>, name: string, text: string, line: number): void {
  const [, key, digits] = /^(type|node_to|flags) (\d{1,10})$/.exec(text.trim()) ?? []
  const links = nodes.get(name)?.links
  if (!links || key === undefined) return
  // The first line of each of these files.
  if (key === 'type') links.push({ type: Number(digits), line })
  const link = links.at(-1)
  if (link && key === 'node_to') link.to = digits as string
  if (link && key === 'flags') Object.assign(link, { flags: Number(digits), line })
}

/** Links of type 2 are PCI Express; bits 2 and 3 of their flags say that atomics of 32 and 64 bits do not pass (kfd_crat.h). Those between GPUs do not count. */
function wayToProcessor(node: Node, nodes: ReadonlyMap<string, Node>): { readonly noAtomics: boolean, readonly line: number } | null {
  const link = node.links.find(({ type, to, flags }) => type === 2 && flags !== undefined && to !== undefined && nodes.get(to)?.gpuId === 0)
  return link ? { noAtomics: ((link.flags ?? 0) & 0b1100) !== 0, line: link.line } : null
}

function readNode(nodes: Map<string, Node>, name: string, text: string, line: number): void {
  const pair = /^(\w+) (\d{1,15})$/.exec(text.trim())
  if (!pair) return
  const node: Node = nodes.get(name) ?? { line, links: [] }
  const value = Number(pair[2])
  switch (pair[1]) {
    case 'gpu_id': node.gpuId = value; break
    case 'location_id': node.location = value; break
    case 'domain': node.domain = value; break
    case 'gfx_target_version': node.version = value; break
    default: return
  }
  nodes.set(name, node)
}
