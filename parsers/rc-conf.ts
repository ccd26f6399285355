import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { misplaced } from './freebsd/misplaced.ts'
import type { Setting } from './freebsd/pptdevs.ts'
import { isWholeFile } from './freebsd/whole-file.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w{0,100})(\+?)=(?:"([^"]*)"|'([^']*)'|([^\s#;]*))/
const rank = (path: string): number => (path.includes('/defaults/') ? 0 : path.endsWith('rc.conf') || path === '' ? 1 : path.endsWith('.local') ? 3 : 2)
/** A name as loader.conf has it: the dots are none of rc.conf's. */
const anyName = /^\s*([A-Za-z_][\w.]{0,100})=/
/** A value can be added to itself line after line. */
const longestValue = 4096

/**
 * rc.conf, rc.conf.d and rc.conf.local: shell assignments (rc.conf(5)); a later file wins.
 *
 *     kld_list="nmdm if_bridge"
 *     vm_enable="YES"
 */
export default parser({
  gives: 'rc-conf',
  parse(evidence: Evidence): Contribution {
    const settings = new Map<string, Setting>()
    const lines = [...readTree(textOf(evidence))].filter(line => line.mark === '=').sort((a, b) => rank(a.path) - rank(b.path))
    const elsewhere = gather(evidence.id)
    for (const { path, text, line } of lines) {
      const loaders = anyName.exec(text)?.[1]
      if (loaders !== undefined && misplaced(loaders)) elsewhere.add(`${loaders} in ${path || '/etc/rc.conf'}`, line)
      const parts = assignment.exec(text)
      const name = parts?.[1]
      if (!parts || name === undefined) continue
      const before = settings.get(name)?.value ?? ''
      const value = (parts[3] ?? parts[4] ?? parts[5] ?? '').replaceAll(`\${${name}}`, () => before).replaceAll(`$${name}`, () => before)
      settings.set(name, { value: (parts[2] ? before + value : value).slice(0, longestValue), line })
    }
    if (settings.size === 0 && elsewhere.size === 0) return {}
    const host: HostDraft = { platform: known('freebsd', evidence.id, 1) }
    host.rcConf = { value: [...settings].map(([name, { value }]) => `${name}=${value}`), at: [...settings.values()].map(({ line }) => ({ evidence: evidence.id, where: line })) }
    host.loaderSettingsElsewhere = elsewhere.fact()
    const klds = settings.get('kld_list')
    if (klds) host.kldList = known(klds.value.split(/\s+/).filter(Boolean).map(path => path.replace(/^.*\//, '').replace(/\.ko$/, '')), evidence.id, klds.line)
    else if (isWholeFile(evidence, /rc\.conf/i)) host.kldList = known<string[]>([], evidence.id, 1)
    return { host }
  },
})
