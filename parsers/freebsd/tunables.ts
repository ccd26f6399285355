import type { Evidence } from '../../model/evidence.ts'
import { known } from '../../model/fact.ts'
import type { HostFacts } from '../../model/snapshot.ts'
import type { HostDraft } from '../gather.ts'
import type { Settings } from './pptdevs.ts'

/** Numbers that loader.conf, the kernel environment and sysctl give under the same name; later names win. */
const numberOf = {
  vmmAmdviEnable: ['hw.vmm.amdvi_enable', 'hw.vmm.amdvi.enable'],
  vmmIommuEnable: ['hw.vmm.iommu.enable'],
  dmarEnable: ['hw.dmar.enable'],
  amdiommuEnable: ['hw.amdiommu.enable'],
  pciEnableMsi: ['hw.pci.enable_msi'],
  pciEnableMsix: ['hw.pci.enable_msix'],
} as const satisfies Partial<Record<keyof HostFacts, readonly string[]>>

/** A decimal or 0x number of at most 15 digits; null for other text. */
export const integerOf = (text: string): number | null => (/^\s*-?(?:\d{1,15}|0x[0-9a-f]{1,12})\s*$/i.test(text) ? Number(text) : null)

/** Facts about passthrough tunables, wherever they were read. What is not set leaves no fact: the default holds then. */
export function tunableFacts(settings: Settings, evidence: Evidence): HostFacts {
  const host: HostDraft = {}
  for (const [fact, names] of Object.entries(numberOf) as [keyof typeof numberOf, readonly string[]][]) {
    for (const name of names) {
      const setting = settings.get(name)
      const value = setting ? integerOf(setting.value) : null
      if (setting && value !== null) host[fact] = known(value, evidence.id, setting.line)
    }
  }
  const blacklist = settings.get('module_blacklist')
  if (blacklist) host.moduleBlacklist = known(blacklist.value.split(/[\s,]+/).filter(Boolean), evidence.id, blacklist.line)
  const acpi = settings.get('hint.acpi.0.disabled')
  if (acpi) host.acpiDisabled = known(integerOf(acpi.value) === 1, evidence.id, acpi.line)
  return host
}
