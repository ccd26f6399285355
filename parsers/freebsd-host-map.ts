import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** `/dev/nda0p4`, `nda0p4`, `ada0s1a`, `da3.eli`: a disk behind slices, partitions and layers. */
const diskOf = (path: string): string | null => /^(?:\/dev\/)?((?:ada|da|nda|nvd|vtbd|mmcsd|md|aacd|mfid|mlxd)\d{1,4})(?:[ps.]\S{0,40})?$/.exec(path)?.[1] ?? null

/**
 * What camcontrol devlist -v, zpool status -P, glabel status -s, mount -p and netstat -rn print, one behind the other: the
 * controller of each disk, the disks of the root file system, the interface of the default route.
 *
 *     scbus6 on nvme0 bus 0:
 *     <Samsung SSD 970 EVO 500GB 2B2QEXE7 S466NX0K>  at scbus6 target 0 lun 1 (pass4,nda0)
 *     zroot/ROOT/default	/			zfs	rw,noatime	0 0
 *     default            192.0.2.1          UGS        igb0
 */
export default parser({
  gives: 'freebsd-host-map',
  parse(evidence: Evidence): Contribution {
    const disks = gather(evidence.id)
    const root = gather(evidence.id)
    const labels = new Map<string, string>()
    const members = new Map<string, { path: string, line: number }[]>()
    let [controller, pool, rootFrom, rootLine] = ['', '', '', 0]
    let route: { name: string, line: number } | undefined
    let table = 0
    for (const { text, line } of linesOf(textOf(evidence))) {
      const bus = /^scbus\d{1,5} on ([a-z][\w-]{0,40}?)(\d{1,4}) bus \d+/.exec(text)
      const unit = /^<.{0,200}>\s+at scbus\d+ target \d+ lun [\da-f]+ \(([\w,]{1,100})\)/.exec(text)
      const poolName = /^ {2}pool: (\S{1,200})$/.exec(text)
      const member = /^\t {2,12}(\/dev\/\S{1,200})\s+(?:ONLINE|DEGRADED|AVAIL|FAULTED|OFFLINE|REMOVED|UNAVAIL)\b/.exec(text)
      const label = /^\s*((?:gpt|gptid|diskid|label|ufs|ufsid|mirror)\/\S{1,200})\s+\S{1,20}\s+(\S{1,60})$/.exec(text)
      const mount = /^(\S{1,300})[\t ]{1,40}\/[\t ]{1,40}(\w{2,10})\t/.exec(text)
      const gateway = /^default\s+\S{1,60}\s+U[A-Za-z0-9]{0,12}\s+(?:\d+\s+)?(?:\d+\s+)?([a-z][\w.-]{0,30}\d)\b/.exec(text)
      if (bus) controller = bus[1] === 'umass-sim' ? `umass${bus[2]}` : `${bus[1]}${bus[2]}`
      else if (unit) for (const name of unit[1]?.split(',') ?? []) { if (diskOf(name) !== null && controller !== '') disks.add(`${name} ${controller}`, line) }
      else if (poolName) pool = poolName[1] ?? ''
      else if (member) members.set(pool, [...(members.get(pool) ?? []), { path: member[1] ?? '', line }])
      else if (label) labels.set(label[1] ?? '', label[2] ?? '')
      else if (mount) [rootFrom, rootLine] = [mount[1] ?? '', line]
      else if (gateway) route ??= { name: gateway[1] ?? '', line }
      if (/^Destination\s+Gateway\s+Flags/.test(text)) table ||= line
    }
    const real = (path: string): string | null => diskOf(labels.get(path.replace(/^\/dev\//, '')) ?? path)
    const under = rootFrom.startsWith('/dev/') ? [{ path: rootFrom, line: rootLine }] : members.get(rootFrom.split('/')[0] ?? '') ?? []
    for (const { path, line } of under) root.add(real(path) ?? path, line)
    if (disks.size === 0 && root.size === 0 && route === undefined && rootFrom === '') return {}
    return {
      host: {
        platform: known('freebsd', evidence.id, 1),
        ...(disks.size > 0 && { hostDisks: disks.fact() }),
        ...(root.size > 0 && { rootDisks: root.fact() }),
        ...(route ? { defaultRoute: known(route.name, evidence.id, route.line) } : table > 0 && { defaultRoute: known<string>(null, evidence.id, table) }),
      },
    }
  },
})
