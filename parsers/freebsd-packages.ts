import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { matteringPackage } from '../matching/freebsd-packages.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** `pkg query '%n %v %R'`; `pkg info`, where the version follows the last dash and a comment may stand behind. */
const rows = [/^([A-Za-z0-9][\w.+-]{0,100}) ([a-z]?\d[\w.,+~]{0,60})(?: \S{1,60})?$/, /^([A-Za-z0-9][\w.+-]{0,100})-([a-z]?\d[\w.,+~]{0,60})(?: {1,60}\S.*)?$/]

/**
 * The installed packages that VMs need. Only a whole list says that one is missing: `pkg` itself stands in each.
 *
 *     vm-bhyve 1.7.5 FreeBSD
 *     edk2-bhyve-g202411_1           EDK2 Firmware for bhyve
 */
export default parser({
  gives: 'freebsd-packages',
  parse(evidence: Evidence): Contribution {
    const packages = gather(evidence.id)
    let whole = false
    let vmBhyve: { version: string, line: number } | undefined
    for (const { text, line } of linesOf(textOf(evidence))) {
      const [, name = '', version = ''] = rows.map(row => row.exec(text)).find(Boolean) ?? []
      whole ||= evidence.status === 'ok' && name === 'pkg'
      if (!matteringPackage.test(name)) continue
      packages.add(`${name} ${version}`, line)
      if (/^vm-bhyve(?:-devel)?$/.test(name)) vmBhyve = { version, line }
    }
    if (!whole && packages.size === 0) return {}
    return {
      host: {
        platform: known('freebsd', evidence.id, 1),
        ...(whole && { packages: packages.fact() }),
        ...(vmBhyve ? { vmBhyveVersion: known(vmBhyve.version, evidence.id, vmBhyve.line) } : whole && { vmBhyveVersion: known<string>(null, evidence.id, 1) }),
      },
    }
  },
})
