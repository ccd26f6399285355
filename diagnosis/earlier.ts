/**
 * What was wrong before the last start: a log that a person handed in may hold several boots, or several starts of a VM, and a machine that
 * froze was started again before its log was saved. Where the present shows no fault, the starts before it are examined, the latest
 * first. What is found there may have been mended since, so it is told as a hint.
 */
import { startOfPresent } from '../engine/match-logs.ts'
import { noted, retold, say } from '../language/say.ts'
import { logOf } from '../matching/log-text.ts'
import { hasBody, textOf, type Evidence } from '../model/evidence.ts'
import type { Diagnosis, Finding } from '../model/finding.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { diagnose, type Case } from './diagnose.ts'

const mostStarts = 5

/** The diagnosis of the present, with hints from an earlier start where it shows no fault itself. `factsOf`: the facts of other evidence. */
export async function diagnoseWithEarlier(given: Case, factsOf: (evidence: readonly Evidence[]) => Snapshot): Promise<Diagnosis> {
  const present = await diagnose(given)
  if (present.findings.some(isFault)) return present
  let { evidence } = given
  for (let back = 0; back < mostStarts; back++) {
    const { pieces, shortened } = beforeLastStart(evidence)
    if (shortened.size === 0) return present
    evidence = pieces
    const then = await diagnose({ ...given, evidence, snapshot: factsOf(evidence) })
    const found = then.findings.filter(finding => isFault(finding) && finding.evidence.some(quote => shortened.has(quote.evidence)))
    if (found.length > 0) return { ...present, findings: [...found.map(finding => asHint(finding, found)), ...present.findings] }
  }
  return present
}

const isFault = ({ severity }: Finding): boolean => severity !== 'hint'

/** Each log that was handed in and holds an earlier start, as it was before the last one. */
function beforeLastStart(evidence: readonly Evidence[]): { readonly pieces: readonly Evidence[]; readonly shortened: ReadonlySet<string> } {
  const shortened = new Set<string>()
  const pieces = evidence.map(piece => {
    if (piece.takenAt !== undefined || !hasBody(piece)) return piece
    const log = logOf(piece)
    const body = firstLines(textOf(piece), log.numberAt(startOfPresent(piece.kind, log) ?? 0) - 1)
    if (body.trim() === '') return piece
    shortened.add(piece.id)
    return { ...piece, body }
  })
  return { pieces, shortened }
}

function firstLines(text: string, count: number): string {
  let end = 0
  for (let line = 0; line < count; line++) end = text.indexOf('\n', end) + 1
  return text.slice(0, end)
}

const asHint = (finding: Finding, found: readonly Finding[]): Finding => ({
  ...finding, severity: 'hint', title: say('Before the last start: {title}', { title: finding.title }),
  reason: retold(noted('the log says so of an earlier start, and nothing of it since')),
  ...(finding.times && { times: { ...finding.times, of: null } }),
  symptomOf: found.some(({ rule }) => rule === finding.symptomOf) ? finding.symptomOf : null,
})
