import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

/** Device nodes that bhyve with a passed function opens; the pattern `vmm*` of a rule shows /dev/vmm and /dev/vmmctl. */
const needed = ['vmm', 'pci'] as const

/** Whether a pattern of devfs.rules(5) shows a node. */
const shows = (pattern: string, node: string): boolean => pattern === node || pattern === '*' || (pattern.endsWith('*') && node.startsWith(pattern.slice(0, -1)))

interface Ruleset { readonly id: string; readonly name: string; readonly shown: string[]; readonly includes: string[] }
interface Jail { readonly name: string; readonly line: number; vmm: boolean; ppt: boolean; ruleset: string }

/**
 * jail.conf and devfs.rules: which jails may make VMs, and which of them do not see the nodes that takes.
 *
 *     vms { allow.vmm; devfs_ruleset = 25; }
 *     [devfsrules_vms=25]
 *     add path vmm unhide
 */
export default parser({
  gives: 'jail-conf',
  parse(evidence: Evidence): Contribution {
    const jails = new Map<string, Jail>()
    const rulesets = new Map<string, Ruleset>()
    const general: Jail = { name: '*', line: 1, vmm: false, ppt: false, ruleset: '' }
    let [jail, ruleset]: [Jail | null, Ruleset | null] = [null, null]
    const body = textOf(evidence)
    // A collector looked for both files: what it does not show is not there, unless it was refused.
    let whole = isTree(body) && evidence.status === 'ok'
    let rulesSeen = false
    for (const { path, mark, text, line } of readTree(body)) {
      if (mark === '!') whole = false
      if (mark !== '=') continue
      rulesSeen ||= path.endsWith('devfs.rules')
      const head = /^\s*\[(\w{1,100})=(\d{1,5})\]/.exec(text)
      if (head) {
        rulesSeen = true
        ruleset = { id: head[2] ?? '', name: head[1] ?? '', shown: [], includes: [] }
        rulesets.set(ruleset.id, ruleset).set(ruleset.name, ruleset)
        continue
      }
      const rule = /^\s*add\s+(?:include\s+\$?(\w{1,100})|path\s+['"]?([^\s'"]{1,200})['"]?\s.*\bunhide\b)/.exec(text)
      if (rule && ruleset) {
        if (rule[1] !== undefined) ruleset.includes.push(rule[1])
        else ruleset.shown.push(rule[2] ?? '')
        continue
      }
      for (const part of text.replace(/(?:#|\/\/).*$/, '').split(/[;{]/)) {
        const opens: boolean = text.includes('{') && /^\s*["']?[\w.*-]+["']?\s*$/.test(part) && !jail
        if (opens) {
          const name: string = part.trim().replace(/["']/g, '')
          jail = name === '*' ? general : { ...general, name, line }
          if (jail !== general && jails.size < 1000) jails.set(name, jail)
        }
        const set = jail ?? general
        if (/^\s*allow\.vmm\s*(?:=\s*"?(?:1|true|yes)"?\s*)?$/.test(part)) set.vmm = true
        if (/^\s*allow\.vmm_ppt\s*(?:=\s*"?(?:1|true|yes)"?\s*)?$/.test(part)) set.ppt = true
        set.ruleset = /^\s*devfs_ruleset\s*=\s*"?(\w{1,100})"?\s*$/.exec(part)?.[1] ?? set.ruleset
      }
      if (text.includes('}')) jail = null
    }
    rulesSeen ||= whole
    if (jails.size === 0 && !whole) return {}
    const [able, hidden, without] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
    for (const { name, line, vmm, ppt, ruleset: id } of jails.values()) {
      if (!vmm) continue
      able.add(name, line)
      if (!ppt) without.add(name, line)
      const missing = needed.filter(node => !shownBy(rulesets, id).some(pattern => shows(pattern, node)))
      // Ruleset 0 hides nothing; one that nobody wrote down here cannot be judged.
      if (id !== '0' && rulesSeen && (id === '' || id === '4' || rulesets.has(id)) && missing.length > 0) hidden.add(`${name}: ${missing.join(' ')}`, line)
    }
    return { host: { platform: known('freebsd', evidence.id, 1), jailsWithVmm: able.fact(), jailsWithoutPpt: without.fact(), ...(rulesSeen && { jailsVmmHidden: hidden.fact() }) } }
  },
})

/** The patterns a ruleset shows, with those of the rulesets it includes. */
function shownBy(rulesets: ReadonlyMap<string, Ruleset>, id: string, depth = 0): string[] {
  const one = rulesets.get(id)
  return !one || depth > 5 ? [] : [...one.shown, ...one.includes.slice(0, 20).flatMap(name => shownBy(rulesets, name, depth + 1))]
}
