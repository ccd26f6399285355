import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import type { Cite } from '../model/evidence.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** Names under which boot framebuffers hold their range: drivers/video/fbdev, drivers/firmware/sysfb*.c, drm/tiny. */
export const framebufferNames = /^(?:efifb|vesafb|BOOTFB|simplefb|simpledrm|simple-framebuffer(?:\.\d+)?|efi-framebuffer(?:\.\d+)?|vesa-framebuffer(?:\.\d+)?|efidrm|vesadrm|offb|vga16fb)$/

const range = /^\s*([0-9a-f]{1,16})-([0-9a-f]{1,16}) : (.*)$/

interface Range { readonly from: bigint, readonly to: bigint, readonly name: string, readonly cite: Cite }
/** More PCI ranges than any host shows. */
const mostRanges = 4096

/**
 * Boot framebuffers in the physical address map, and the function in whose BARs each lies. Without root the kernel
 * prints zeros for all addresses: such a text says nothing.
 *
 *     e0000000-efffffff : 0000:01:00.0
 *       e0000000-e0ffffff : efifb
 */
export default parser({
  gives: 'iomem',
  parse(evidence: Evidence): Contribution {
    const framebuffers: Range[] = []
    const devices: Range[] = []
    let whole = false
    for (const { text, line } of readTree(textOf(evidence))) {
      const parts = range.exec(text)
      if (!parts) continue
      const [from, to] = [BigInt(`0x${parts[1]}`), BigInt(`0x${parts[2]}`)]
      if (to === 0n) continue
      const name = (parts[3] ?? '').trim()
      const entry = { from, to, name, cite: { evidence: evidence.id, where: line } }
      if (name === 'System RAM') whole = true
      else if (framebufferNames.test(name) && framebuffers.length < 64) framebuffers.push(entry)
      else if (devices.length < mostRanges && bdfFromText(name)) devices.push(entry)
    }
    if (framebuffers.length === 0 && !whole) return {}
    const names = gather(evidence.id)
    for (const { name, cite } of framebuffers) names.add(name, cite.where)
    const functions: Record<Bdf, FunctionFacts> = {}
    for (const device of devices) {
      const bdf = bdfFromText(device.name)
      const inside = framebuffers.find(({ from, to }) => from <= device.to && to >= device.from)
      if (!bdf || (functions[bdf]?.framebuffer?.value && !inside)) continue
      functions[bdf] = { framebuffer: inside ? { value: inside.name, at: [device.cite, inside.cite] } : { value: null, at: [device.cite] } }
    }
    return { host: { iomemFramebuffers: names.fact() }, functions }
  },
})
