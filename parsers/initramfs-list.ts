import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** Drivers that compete for a passthrough function, VFIO itself, and modprobe's files. */
const matters = /\/(?:vfio[\w-]*|pci-stub|nouveau|nvidia[\w-]*|amdgpu|radeon|i915|xe|ast|simpledrm|snd-hda-intel|xhci-pci[\w-]*|i2c-nvidia-gpu|nvme|vendor-reset)\.ko(?:\.\w+)?$|\/(?:modprobe|modules-load)\.d\/[^/]+$|^etc\/modules$/
const vfioModule = /\/vfio[-_]pci\.ko(?:\.\w+)?$/
/** Every image has some of these; a listing without them was filtered. */
const inEveryImage = /(?:^|\/)(?:init|bin|usr\/bin|etc\/ld\.so\.conf|sbin|usr\/lib)$/
/** lsinitrd prints in the form of `ls -l`: the path is the last word, before the target of a link. */
const pathOf = (text: string): string => {
  const path = /^[-dlcbps][rwxsStT-]{9}\s/.test(text) ? text.slice(0, text.indexOf(' -> ') < 0 ? undefined : text.indexOf(' -> ')).trimEnd().split(' ').at(-1) ?? '' : text.trim()
  return path.replace(/^\.?\//, '')
}

/**
 * What matters to passthrough in a listing of an initramfs image: lsinitramfs, lsinitcpio, lsinitrd.
 *
 *     usr/lib/modules/6.1.0-18-amd64/kernel/drivers/vfio/pci/vfio-pci.ko
 *     -rw-r--r--   1 root     root        18484 Jul 18  2024 usr/lib/modules/6.9.9-200.fc40.x86_64/kernel/drivers/vfio/pci/vfio-pci.ko.xz
 */
export default parser({
  gives: 'initramfs-list',
  parse(evidence: Evidence) {
    const files = gather(evidence.id)
    let whole = false
    let vfioAt = 0
    for (const { text, line } of linesOf(textOf(evidence))) {
      const path = pathOf(text)
      if (inEveryImage.test(path)) whole = true
      if (!matters.test(path)) continue
      files.add(path, line)
      if (vfioModule.test(path)) vfioAt ||= line
    }
    const host: HostDraft = {}
    if (whole || files.size) host.initramfsFiles = files.fact()
    if (vfioAt) host.initramfsHasVfio = known(true, evidence.id, vfioAt)
    else if (whole && evidence.status === 'ok') host.initramfsHasVfio = known(false, evidence.id, 1)
    return { host }
  },
})
