import { textOf, type Evidence } from '../model/evidence.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

/** /proc/fb: number and name of each frame buffer. */
const framebufferLine = /^\s*\d{1,2} (\S.*)$/
const driverEntry = /\/bus\/platform\/drivers\/([\w-]*(?:framebuffer|simpledrm|efidrm|vesadrm)[\w-]*)\/([\w-]+\.\d+)$/

/**
 * Frame buffers, consoles on them, and the platform drivers that hold what firmware left.
 *
 *     0 EFI VGA
 *     /sys/class/vtconsole/vtcon1/name:(M) frame buffer device
 */
export default parser({
  gives: 'display-state',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const framebuffers = gather(evidence.id)
    const devices = gather(evidence.id)
    const consoles = new Map<string, { name?: string, bound?: boolean, line: number }>()
    for (const { path, mark, text, line } of readTree(body)) {
      if (mark === '!') continue
      const device = driverEntry.exec(path)
      if (device) devices.add(`${device[1]} ${device[2]}`, line)
      const vtcon = /\/(vtcon\d{1,3})\/(name|bind)$/.exec(path)
      if (vtcon) {
        const entry = consoles.get(vtcon[1] ?? '') ?? { line }
        consoles.set(vtcon[1] ?? '', { ...entry, ...vtcon[2] === 'name' ? { name: text.trim().replace(/^\(\w+\) /, '') } : { bound: text.trim() === '1' } })
      } else if (mark === '=' && (path === '' || path.endsWith('/proc/fb'))) {
        const name = framebufferLine.exec(text)?.[1]
        if (name) framebuffers.add(name.trim(), line)
      }
    }
    const whole = isTree(body)
    const host: HostDraft = {}
    if (whole || framebuffers.size || body.trim() === '') host.framebuffers = framebuffers.fact()
    if (whole || devices.size) host.framebufferDevices = devices.fact()
    const bound = gather(evidence.id)
    for (const [vtcon, { name, bound: isBound, line }] of consoles) if (isBound) bound.add(`${vtcon} ${name ?? ''}`.trim(), line)
    if (consoles.size) host.vtconsoles = bound.fact()
    return { host }
  },
})
