import { bdfFromText } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { properties } from './qemu/options.ts'
import { readTree } from './tree.ts'

/**
 * Proxmox resource mappings, /etc/pve/mapping/pci.cfg: a name at the margin, below it what it stands for on each node.
 *
 *     rtx
 *     <TAB>map id=10de:2204,iommugroup=14,node=pve,path=0000:01:00.0,subsystem-id=1043:87d9
 */
export default parser({
  gives: 'proxmox-mapping',
  parse(evidence) {
    const [maps, names] = [gather(evidence.id), gather(evidence.id)]
    let name = ''
    for (const { mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=') continue
      const heading = /^(?:pci: )?([A-Za-z][\w-]{0,127})\s*$/.exec(text)?.[1]
      if (heading) {
        name = heading
        names.add(name, line)
      }
      const map = name === '' ? null : /^\s+map\s+(\S.*)$/.exec(text)
      if (!map || maps.size >= 1000) continue
      const entry = properties(map[1] ?? '', 'path')
      for (const written of (entry.get('path') ?? '').split(';').slice(0, 16)) {
        const bdf = bdfFromText(written) ?? bdfFromText(`${written.trim()}.0`)
        if (bdf) maps.add([name, entry.get('node') ?? '-', bdf, entry.get('id') ?? '-', entry.get('iommugroup') ?? '-'].join(' '), line)
      }
    }
    if (names.size === 0 && !(evidence.takenAt !== undefined && evidence.status === 'ok')) return {}
    return { host: { platform: known<string>('linux', evidence.id, 1), proxmoxMappings: maps.fact(), proxmoxMappingNames: names.fact() } }
  },
})
