import { nvidiaDriverPackage, packageMatters } from '../matching/linux-packages.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * Rows with name and version: of dpkg-query as our collector asks (with the state in front) and `dpkg -l`; of rpm as it asks; `pacman -Q`;
 * `pveversion -v`; `rpm -qa`, where version and release are the last two parts between dashes (sos puts the date behind).
 */
const rows: readonly RegExp[] = [
  /^[a-z][a-zA-Z]R? {1,3}([\w.+-]+)(?::[a-z0-9]+)? +([\w.+:~-]+)(?: .*)?$/,
  /^rpm ([\w.+-]+) ([\w.+:~^-]+)$/,
  /^([\w.+-]+): (\d[\w.+:~-]*)(?: \(.*)?$/,
  /^([\w.+-]+) (\d[\w.+:~-]*)$/,
  /^([\w.+-]+)-(\d[^-\s]*-[^-\s]+)\.(?:x86_64|noarch|aarch64|i686)(?:\s.{0,100})?$/,
]
const dpkgRow = /^[a-z][a-zA-Z]R? {1,3}\S/
/** Rows of packages of any kind that make a list of people a whole one; no host has fewer. */
const wholeFrom = 150
const driverVersion = /^(?:\d+:)?(\d{3}\.\d{1,3}(?:\.\d{1,3})?)(?:-|$)/

/**
 * The installed packages that VMs and GPUs need. Only a whole list says that one is missing.
 *
 *     ii  ovmf 2024.02-2ubuntu0.1
 *     pve-qemu-kvm: 9.0.2-4
 */
export default parser({
  gives: 'packages',
  parse(evidence: Evidence) {
    const packages = gather(evidence.id)
    const versions = gather(evidence.id)
    let all = 0
    for (const { text, line } of linesOf(textOf(evidence))) {
      if (text.length > 400) continue
      const [, name = '', version = ''] = rows.map(row => row.exec(text)).find(Boolean) ?? []
      if (name === '' || (dpkgRow.test(text) && !/^[a-z]i /.test(text))) continue
      all++
      if (!packageMatters(name) || packages.size >= 500) continue
      packages.add(`${name} ${version}`, line)
      const driver = nvidiaDriverPackage.test(name) ? driverVersion.exec(version)?.[1] : undefined
      if (driver) versions.add(driver, line)
    }
    if (all === 0) return {}
    const whole = evidence.status === 'ok' && (evidence.takenAt !== undefined || all >= wholeFrom)
    return { host: { ...(whole && { packages: packages.fact() }), ...((whole || versions.size > 0) && { nvidiaPackageVersions: versions.fact() }) } }
  },
})
