import type { Evidence } from '../../model/evidence.ts'

/**
 * Whether what is not in the text is not in the file: a collector read it, or a file of this name was handed in as it
 * is. A paste out of a ticket may have left lines out, whatever it begins with.
 */
export function isWholeFile(evidence: Evidence, name: RegExp): boolean {
  if (evidence.status !== 'ok') return false
  if (evidence.firstLine === undefined) return true
  return evidence.firstLine === 1 && name.test(evidence.from.slice(evidence.from.lastIndexOf('/') + 1))
}
