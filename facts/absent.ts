/** Where a collector looked and the thing is not there at all (no Proxmox, no OpenStack), its lists are empty and not unknown. */
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { HostFacts } from '../model/snapshot.ts'

type ListFact = { [K in keyof HostFacts]-?: HostFacts[K] extends { readonly value: readonly string[] | null } | undefined ? K : never }[keyof HostFacts]

const emptyWithout: Partial<Record<EvidenceKind, readonly ListFact[]>> = {
  'proxmox-mapping': ['proxmoxMappings', 'proxmoxMappingNames'],
  'nova-conf': ['novaDevices', 'novaAliases', 'novaBad'],
  'device-binding': ['overridesAtBoot'],
  'jail-conf': ['jailsWithVmm', 'jailsVmmHidden', 'jailsWithoutPpt'],
  'container-toolkit': ['containerRuntimes', 'cdiDevices'],
}

export function joinAbsent(host: HostFacts, evidence: readonly Evidence[]): void {
  for (const { kind, status } of evidence) {
    if (status === 'absent' && evidenceKinds[kind].absentMeans === 'none') for (const fact of emptyWithout[kind] ?? []) host[fact] ??= { value: [], at: [] }
  }
}
