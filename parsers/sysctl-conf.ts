import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { misplaced } from './freebsd/misplaced.ts'
import type { Setting } from './freebsd/pptdevs.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

/** `vm.max_user_wired=…`, blanks and quotes allowed (sysctl.conf(5)). */
const assignment = /^\s*([A-Za-z_][\w.%-]{0,200})\s*=\s*"?([^"#]*)"?/

/**
 * sysctl.conf: what is set when the system has booted, too late for what only the loader can set.
 *
 *     vm.max_user_wired=25165824
 */
export default parser({
  gives: 'sysctl-conf',
  parse(evidence: Evidence): Contribution {
    const settings = new Map<string, Setting>()
    const elsewhere = gather(evidence.id)
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      const [, name, value = ''] = (mark === '=' && assignment.exec(text)) || []
      if (name === undefined) continue
      settings.set(name, { value: value.trim(), line })
      if (misplaced(name)) elsewhere.add(`${name} in ${path || '/etc/sysctl.conf'}`, line)
    }
    if (settings.size === 0 && !(isTree(textOf(evidence)) && evidence.status === 'ok')) return {}
    const at = (settings.size > 0 ? [...settings.values()] : [{ line: 1 }]).map(({ line }) => ({ evidence: evidence.id, where: line }))
    return { host: { platform: known('freebsd', evidence.id, 1), sysctlConf: { value: [...settings].map(([name, { value }]) => `${name}=${value}`), at }, loaderSettingsElsewhere: elsewhere.fact() } }
  },
})
