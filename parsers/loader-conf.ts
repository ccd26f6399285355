import { textOf, type Cite, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { isLikePptdevs, pptdevsNames, readPptdevs, type Setting } from './freebsd/pptdevs.ts'
import { tunableFacts } from './freebsd/tunables.ts'
import { isWholeFile } from './freebsd/whole-file.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** The order in which the loader reads its files; a later one wins (stand/defaults/loader.conf). */
const order = [/device\.hints$/, /loader\.conf$/, /loader\.conf\.d\/[^/]+$/, /loader\.conf\.local$/]
const rank = (path: string): number => {
  const at = order.findIndex(file => file.test(path))
  return path.includes('/defaults/') ? -1 : at < 0 ? 1 : at
}

/** An assignment as stand/lua/config.lua takes it: a quoted value, or an unquoted word or number and nothing else. */
const assignment = /^\s*([\w.-]{1,200})\s*=\s*(?:"([^"]*)"|(-?\d+|[A-Za-z0-9]+))\s*(?:#.*)?$/
const named = /^\s*([\w.-]{1,200})\s*=/
const printable = /^[\t\x20-\x7e]*$/
const read: readonly string[] = pptdevsNames

/**
 * loader.conf, loader.conf.local and loader.conf.d, one after the other or as a tree (loader.conf(5)). The last
 * setting of a name wins; a line the loader cannot read is skipped by it, and so here.
 *
 *     vmm_load="YES"
 *     pptdevs="4/0/0 4/0/1"   # the card in the second slot
 */
export default parser({
  gives: 'loader-conf',
  parse(evidence: Evidence): Contribution {
    const lines = [...readTree(textOf(evidence))].filter(line => line.mark === '=')
    lines.sort((a, b) => rank(a.path) - rank(b.path))
    const settings = new Map<string, Setting>()
    const malformed = gather(evidence.id)
    const repeated = gather(evidence.id)
    const ignored = gather(evidence.id)
    for (const { text, line } of lines) {
      const [name, value] = settingOf(text) ?? []
      if (name === undefined || value === undefined) {
        if (isMalformed(text)) malformed.add(text.trim().slice(0, 200), line)
        continue
      }
      if (read.includes(name) && settings.has(name)) repeated.add(name, line)
      if (isLikePptdevs(name)) ignored.add(name, line)
      settings.set(name, { value, line })
    }
    if (settings.size === 0 && malformed.size === 0 && lines.every(line => line.path === '')) return {}
    const host: HostDraft = { platform: known('freebsd', evidence.id, 1), ...tunableFacts(settings, evidence) }
    const at: Cite[] = [...settings.values()].map(({ line }) => ({ evidence: evidence.id, where: line }))
    host.loaderConf = { value: [...settings].map(([name, { value }]) => `${name}=${value}`), at }
    if (malformed.size > 0 || settings.size > 0) host.loaderConfMalformed = malformed.fact()
    // Only part of the file was pasted into a ticket: what is missing in it may stand elsewhere.
    const whole = isWholeFile(evidence, /loader\.conf/i)
    const anyPptdevs = read.some(name => settings.has(name))
    if (anyPptdevs || whole) {
      const { lengths, ...pptdevs } = readPptdevs(settings, evidence)
      Object.assign(host, pptdevs)
      host.pptdevsLengths = lengths
      host.pptdevsLongest = { value: Math.max(0, ...(lengths.value ?? [])), at: lengths.at }
      host.pptdevsRepeated = repeated.fact()
    }
    if (anyPptdevs || whole || ignored.size > 0) host.pptdevsIgnored = ignored.fact()
    const vmm = settings.get('vmm_load')
    if (vmm) host.vmmInLoaderConf = known(vmm.value.toLowerCase() === 'yes', evidence.id, vmm.line)
    else if (whole) host.vmmInLoaderConf = known(false, evidence.id, 1)
    return { host }
  },
})

function settingOf(text: string): [string, string] | null {
  const parts = printable.test(text) ? assignment.exec(text) : null
  return parts ? [parts[1] ?? '', parts[2] ?? parts[3] ?? ''] : null
}

/** Worth a word only where somebody meant to set something: prose and prompts around a paste are not the loader's. */
const isMalformed = (text: string): boolean => !text.trim().startsWith('#') && named.test(text)
