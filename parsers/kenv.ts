import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { isLikePptdevs, pptdevsNames, readPptdevs, type Setting } from './freebsd/pptdevs.ts'
import { tunableFacts } from './freebsd/tunables.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** What may go into a fact: the environment can hold pass phrases. */
const matters = /^(?:vmm_load|pptdevs\d*|module_blacklist|hw\.(?:vmm|dmar|amdiommu|pci)\.[\w.]+|(?:hint\.acpi\.0|debug\.acpi)\.disabled|(?:machdep|hw)\.num_msi_irqs|vfs\.zfs\.arc[._]max|vm\.max_(?:user_)?wired|kernelname)$/

const bare = /^\s*(?:\d{1,3}\/\d{1,2}\/\d{1,3}\s*)+$/

/**
 * The kernel environment: what the loader handed over, so what really is in force (kenv(1)).
 *
 *     pptdevs="4/0/0 4/0/1"
 *     smbios.system.product="X570 Taichi"
 */
export default parser({
  gives: 'kenv',
  parse(evidence: Evidence): Contribution {
    const settings = new Map<string, Setting>()
    for (const { text, line } of linesOf(textOf(evidence))) {
      const parts = /^\s*([\w.%-]{1,200})="(.*)"\s*$/.exec(text)
      if (parts) settings.set(parts[1] ?? '', { value: parts[2] ?? '', line })
      // `kenv -q pptdevs` prints the value alone.
      else if (bare.test(text) && !settings.has('pptdevs')) settings.set('pptdevs', { value: text.trim(), line })
    }
    if (settings.size === 0) return {}
    const host: HostDraft = { platform: known('freebsd', evidence.id, 1), ...tunableFacts(settings, evidence) }
    const kept = [...settings].filter(([name]) => matters.test(name))
    host.kenvTunables = { value: kept.map(([name, { value }]) => `${name}=${value}`), at: kept.map(([, { line }]) => ({ evidence: evidence.id, where: line })) }
    const { pptdevs, pptdevsBad, pptdevsSeparators } = readPptdevs(settings, evidence)
    const set = pptdevsNames.some(name => settings.has(name))
    // The loader always hands over what it booted from; without that this is a part of the environment.
    const whole = ['kernelname', 'currdev', 'loaddev', 'kernel_path'].some(name => settings.has(name)) && evidence.status === 'ok'
    if (set) Object.assign(host, { pptdevs, pptdevsBad, pptdevsSeparators, pptdevsInForce: pptdevs })
    else if (whole) host.pptdevsInForce = known<string[]>([], evidence.id, 1)
    const ignored = [...settings].filter(([name]) => isLikePptdevs(name))
    if (ignored.length > 0) host.pptdevsIgnored = { value: ignored.map(([name]) => name), at: ignored.map(([, { line }]) => ({ evidence: evidence.id, where: line })) }
    Object.assign(host, joined('board', ['smbios.planar.maker', 'smbios.planar.product'], ['smbios.system.maker', 'smbios.system.product']))
    Object.assign(host, joined('biosVersion', ['smbios.bios.version', 'smbios.bios.reldate']))
    return { host }

    /** The first set of names of which something is filled in, as one text. */
    function joined(fact: 'board' | 'biosVersion', ...sets: string[][]): Partial<HostDraft> {
      for (const names of sets) {
        const found = names.flatMap(name => settings.get(name) ?? []).filter(({ value }) => value.trim() !== '')
        if (found.length > 0) return { [fact]: { value: found.map(({ value }) => value.trim()).join(' '), at: found.map(({ line }) => ({ evidence: evidence.id, where: line })) } }
      }
      return {}
    }
  },
})
