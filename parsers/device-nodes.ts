import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree, statOf, type TreeLine } from './tree.ts'

interface Node { readonly path: string, readonly mode: number, readonly owner: string, readonly group: string }

/** `crw-rw---- 1 root kvm 10, 232 May  1 10:00 /dev/kvm`; behind the device numbers comes a date of any form. */
const listed = /^([bcdl-])([rwxsStT-]{9})[.+@]?\s+\d+\s+(\S+)\s+(\S+)\s.*\s(\S+)$/
const missing = /^ls: .*?['"‘]?(\/dev\/[\w/.-]+)['"’]?: No such file or directory/

/** `rw-rw----` as bits; set-uid and sticky letters count as the x they stand on. */
const modeOf = (letters: string): number => [...letters].reduce((mode, letter) => mode * 2 + (letter === '-' || letter === 'S' || letter === 'T' ? 0 : 1), 0)

function nodeOf(line: TreeLine, folder: string): Node | null {
  const stat = statOf(line)
  if (stat) return { path: line.path, mode: stat.mode & 0o7777, owner: String(stat.uid), group: String(stat.gid) }
  const parts = line.mark === '=' ? listed.exec(line.text) : null
  if (!parts || parts[1] === 'l') return null
  const [, , letters = '', owner = '', group = '', name = ''] = parts
  return { path: name.startsWith('/') ? name : `${folder}/${name}`, mode: modeOf(letters), owner, group }
}

/**
 * /dev/kvm, /dev/iommu and the VFIO nodes, by stat or out of `ls -l`.
 *
 *     crw-rw---- 1 root kvm  10, 232 May  1 10:00 /dev/kvm
 *     crw-rw-rw- 1 root root 10, 196 May  1 10:02 /dev/vfio/vfio
 */
export default parser({
  gives: 'device-nodes',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const nodes = new Map<string, Node & { readonly line: number }>()
    const absent = new Map<string, number>()
    const looked = new Map<string, number>()
    let folder = '/dev'
    for (const line of readTree(body)) {
      // `ls` heads a directory with `/dev/vfio:`, which reads like an empty line that grep found there.
      const heading = line.mark === '=' && line.text === '' && line.path.startsWith('/dev') ? line.path : undefined
      if (heading) folder = heading
      if (heading || line.mark === '/') looked.set(heading ?? line.path, line.line)
      const gone = line.mark === '=' ? missing.exec(line.text)?.[1] : undefined
      if (gone) absent.set(gone, line.line)
      const node = nodeOf(line, folder)
      if (node && /^\/dev\/(?:kvm$|iommu$|kfd$|vfio|nvidia|kvmfr|shm\/looking-glass|dri\/renderD)/.test(node.path)) nodes.set(node.path, { ...node, line: line.line })
    }
    const whole = isTree(body)
    const exists = (path: string, folderSeen: boolean) => {
      const found = nodes.get(path)
      if (found) return known(true, evidence.id, found.line)
      return absent.has(path) || whole || folderSeen ? known(false, evidence.id, absent.get(path) ?? 1) : undefined
    }
    const host: HostDraft = {}
    const [kvm, iommufd, kfd] = [exists('/dev/kvm', false), exists('/dev/iommu', false), exists('/dev/kfd', false)]
    const vfioSeen = looked.has('/dev/vfio') || absent.has('/dev/vfio') || [...nodes.keys()].some(path => /^\/dev\/vfio\/(?:\d+|noiommu-\d+)$/.test(path))
    const vfio = exists('/dev/vfio/vfio', vfioSeen)
    if (kvm) host.kvmNode = kvm
    if (iommufd) host.iommufdNode = iommufd
    if (kfd) host.kfdNode = kfd
    if (vfio) host.vfioNode = vfio
    const [all, names, unsafe] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
    for (const { path, mode, owner, group, line } of nodes.values()) {
      all.add(`${path} ${mode.toString(8).padStart(4, '0')} ${owner} ${group}`, line)
      const name = /^\/dev\/vfio\/((?:noiommu-)?\d+)$/.exec(path)?.[1]
      if (name) names.add(name, line)
      if (name?.startsWith('noiommu')) unsafe.add(name, line)
    }
    if (whole || nodes.size) host.deviceNodes = all.fact()
    if (whole || vfioSeen) Object.assign(host, { vfioNodes: names.fact(), noiommuNodes: unsafe.fact() })
    return { host }
  },
})
