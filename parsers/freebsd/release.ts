import type { Evidence } from '../../model/evidence.ts'
import { known } from '../../model/fact.ts'
import type { HostDraft } from '../gather.ts'

/** `14.3-RELEASE-p5`, `15.0-CURRENT`, `13.1-RELEASE-p9 n245429-…`, `12.1-RELEASE-p18-HBSD`. */
export const releaseWord = /\b(\d{1,2})\.(\d{1,2})-((?:RELEASE|STABLE|CURRENT|PRERELEASE|ALPHA|BETA|RC)\d{0,2})(?:-p(\d{1,3}))?([\w.-]{0,60})/

/** The running kernel's release in words and numbers; empty where the text holds none. */
export function releaseFacts(text: string, evidence: Evidence, line: number): HostDraft {
  const parts = releaseWord.exec(text)
  if (!parts) return {}
  const [major, minor] = [Number(parts[1]), Number(parts[2])]
  return {
    kernel: known(parts[0], evidence.id, line),
    freebsdMajor: known(major, evidence.id, line),
    freebsdRelease: known(major * 100 + minor, evidence.id, line),
    ...(parts[3] === 'RELEASE' && { freebsdPatch: known(Number(parts[4] ?? 0), evidence.id, line) }),
  }
}
