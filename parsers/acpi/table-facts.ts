/** The facts of a DMAR or IVRS table from its bytes, for the parsers of binary tables and of dumps. */
import type { EvidenceId } from '../../model/evidence.ts'
import { known } from '../../model/fact.ts'
import type { HostFacts } from '../../model/snapshot.ts'
import { listFact } from '../draft.ts'
import { decodeDmar, scopeAddress } from './dmar.ts'
import { decodeIvrs, ivrsUnits } from './ivrs.ts'

/** Where in the evidence a byte of the table stands: its offset in a binary, its line in a dump. */
export type Locate = (offset: number) => number

export function tableFacts(bytes: Uint8Array, evidence: EvidenceId, locate: Locate): HostFacts {
  return { ...dmarFacts(bytes, evidence, locate), ...ivrsFacts(bytes, evidence, locate) }
}

/** A table that ends too early still tells its width and flags, but not how many units it has. */
function dmarFacts(bytes: Uint8Array, evidence: EvidenceId, locate: Locate): HostFacts {
  const table = decodeDmar(bytes)
  if (!table) return {}
  const fact = <T>(value: T, offset = 0) => known(value, evidence, locate(offset))
  const reserved = table.structures.flatMap(one => (one.kind !== 'RMRR' ? [] : one.scopes.flatMap((scope): [string, number][] => {
    const bdf = scopeAddress(one.segment, scope)
    return bdf ? [[bdf, locate(scope.at)]] : []
  })))
  return {
    dmarPresent: fact(true),
    dmarAddressWidth: fact(table.hostAddressWidth + 1, 36),
    dmarFlags: fact(table.flags, 37),
    ...(!table.broken && {
      dmarUnits: fact(table.structures.filter(one => one.kind === 'DRHD').length, 48),
      rmrrDevices: listFact(evidence, reserved, locate(48)),
    }),
  }
}

function ivrsFacts(bytes: Uint8Array, evidence: EvidenceId, locate: Locate): HostFacts {
  const table = decodeIvrs(bytes)
  if (!table) return {}
  return { ivrsPresent: known(true, evidence, locate(0)), ...(!table.broken && { ivrsUnits: known(ivrsUnits(table), evidence, locate(48)) }) }
}
