import { bytesOfHex, optionRom } from '../matching/option-rom.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { folderOf, isTree, readTree, statOf } from './tree.ts'

/** The kernel takes each of these, packed or not (drivers/base/firmware_loader). */
const firmwareFile = /^\/(?:usr\/)?lib\/firmware\/(?:updates\/)?((?:amdgpu|radeon|i915|xe|nvidia)\/[^\t]{1,200}?)(?:\.xz|\.zst)?$/
const mostFiles = 6000

/**
 * Firmware of GPUs as drivers name it, images of VMs with their size, and the folders in which one would have been seen.
 *
 *     /lib/firmware/amdgpu/navi10_sos.bin.zst	/
 *     /usr/share/OVMF/OVMF_CODE_4M.fd	@100644 0 0 3653632 1714560000
 *     /usr/share/kvm/gtx1080.rom	#55aa7feb4b3700…
 */
export default parser({
  gives: 'host-files',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    // A listing that people make may be an excerpt of any kind.
    if (!isTree(body)) return {}
    const [firmware, images, searched, roms] = [gather(evidence.id), gather(evidence.id), gather(evidence.id), gather(evidence.id)]
    const folders = new Map<string, number>()
    const refused = new Set<string>()
    const seen = new Set<string>()
    let ownPath = false
    for (const entry of readTree(body)) {
      const { path, mark, text, line } = entry
      const name = firmwareFile.exec(path)?.[1]
      if (name !== undefined && mark === '/' && firmware.size < mostFiles) firmware.add(name, line)
      else if (mark === '/') folders.set(path, line)
      // What could not be looked at may be there all the same.
      else if (mark === '!') refused.add(seen.has(path) ? '' : folderOf(path))
      else if (mark === '@' && images.size < mostFiles) {
        images.add(`${path} ${statOf(entry)?.size ?? 0}`, line)
        seen.add(path)
      } else if (mark === '#' && roms.size < mostFiles) roms.add(`${path} ${headWords(text)}`, line)
      else if (path.endsWith('/firmware_class/parameters/path') && text.trim() !== '') ownPath = true
    }
    const whole = evidence.status === 'ok'
    const host: HostDraft = {}
    if (whole && !ownPath && folders.has('/lib/firmware')) host.firmwareFiles = firmware.fact()
    if (folders.size > 0) host.imageFiles = images.fact()
    for (const [path, line] of folders) if (!refused.has(path)) searched.add(path, line)
    if (roms.size > 0) host.romHeads = roms.fact()
    if (whole && folders.size > 0) host.imageFolders = searched.fact()
    return { host }
  },
})

/** `55aa 10de:1b80 0 single`: how the file begins, whose ROM it is, the type of the first image and whether there are more; - for what is not known. */
function headWords(hex: string): string {
  const { starts, vendor, device, codeType, single } = optionRom(bytesOfHex(hex))
  return `${starts} ${vendor === null ? '-' : `${vendor}:${device ?? '*'}`} ${codeType ?? '-'} ${single === null ? '-' : single ? 'single' : 'several'}`
}
