/** The way of one FreeBSD host from nothing to two running VMs: at each mistake the next thing to do is named first, and at the end nothing is. */
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { allWords } from '../diagnosis/rule-test.ts'
import { loadRules } from '../engine/load.ts'
import { assemble } from '../facts/assemble.ts'
import { parsers } from '../parsers/all.ts'
import { isSound } from './chain-sound.ts'
import { chapters, evidenceOf, nothing, type State } from './bhyve-story.ts'

const { rules, shared } = loadRules('rules', null)

let state: State = nothing
for (const { name, now, next, hint, says } of chapters) {
  state = { ...state, ...now }
  const evidence = evidenceOf(state)
  t.test(name, async t => {
    const snapshot = assemble(evidence, parsers, shippedNames)
    t.same(snapshot.notUnderstood, [], 'every line is understood')
    const { findings, chain, broken } = await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
    t.same(broken, [])
    const roots = findings.filter(finding => finding.symptomOf === null)
    const serious = roots.filter(finding => finding.severity !== 'hint')
    if (next === null || hint) t.same(serious.map(finding => finding.rule), [], 'nothing of warning or above')
    else t.equal(serious[0]?.rule, next, `first of ${serious.map(finding => finding.rule).join(', ') || 'nothing'}`)
    const found = roots.find(finding => finding.rule === next)
    if (hint) t.ok(found, `${next} is among ${roots.map(finding => finding.rule).join(', ')}`)
    t.ok(isSound(chain), `the way is sound: ${chain?.map(link => `${link.name} ${link.verdict}`).join(', ')}`)
    if (found?.severity === 'error' && found.confidence !== 'possible') t.ok(chain?.some(link => link.failedBy.includes(found.rule)), `${found.rule} breaks a link`)
    if (next === null) t.notOk(chain?.some(link => link.verdict === 'failed'), 'no link is broken')
    for (const words of says ?? []) t.ok(found && allWords(found).includes(words), `says ${words}${found ? `, not only: ${allWords(found)}` : ''}`)
  })
}
