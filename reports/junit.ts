/**
 * The report as JUnit XML, as CI servers read it: a finding is a failed test case, a hint a passed one that says something,
 * a rule without evidence a skipped one, a broken rule an error. A host with nothing wrong has one passed case.
 */
import type { Broken, Finding, Report, Undecided } from '../model/finding.ts'
import { say } from '../language/say.ts'
import { printableDiagnosis } from './printable.ts'
import { hostLine, verdictOf } from './story.ts'
import { plainFix, plainQuote } from './plain.ts'
import { confidenceWords, factsInWords, listed, placeOf, subjectOf } from './words.ts'
import { type Element, element, xmlText } from './xml.ts'

export const junitReport: Report = raw => {
  const diagnosis = printableDiagnosis(raw)
  const cases = [...diagnosis.findings.map(findingCase), ...diagnosis.unknown.map(skippedCase), ...diagnosis.broken.map(brokenCase)]
  const all = diagnosis.findings.length === 0 ? [element('testcase', { classname: 'gpudoctor', name: verdictOf(diagnosis) }), ...cases] : cases
  const has = (name: string) => all.filter(({ children }) => children.some(child => typeof child !== 'string' && child.name === name)).length
  const counts = { tests: all.length, failures: has('failure'), errors: has('error'), skipped: has('skipped') }
  const suite = element('testsuite', { name: hostLine(diagnosis.about), ...counts, ...(diagnosis.about.takenAt === null ? {} : { timestamp: diagnosis.about.takenAt }) }, ...all)
  return xmlText(element('testsuites', { name: diagnosis.about.tool, ...counts }, suite))
}

const classOf = (layer: string, rule: string): string => `gpudoctor.${layer}.${rule}`

function findingCase(finding: Finding): Element {
  const attributes = { classname: classOf(finding.layer, finding.rule), name: say('{title} ({subject})', { title: finding.title, subject: subjectOf(finding) }) }
  const story = storyOf(finding)
  return finding.severity === 'hint'
    ? element('testcase', attributes, element('system-out', {}, story))
    : element('testcase', attributes, element('failure', { type: finding.severity, message: finding.title }, story))
}

function storyOf(finding: Finding): string {
  const parts = [
    finding.text, finding.cause, `(${confidenceWords[finding.confidence]})`, ...finding.evidence.map(plainQuote), ...finding.fixes.map(plainFix),
    finding.symptomOf === null ? '' : say('It follows from {rule}.', { rule: finding.symptomOf }),
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

const skippedCase = ({ rule, title, missing, get }: Undecided): Element =>
  element('testcase', { classname: classOf('undecided', rule), name: title },
    element('skipped', { message: messageOf(factsInWords(missing).join(say('; ')), listed(get)) }))

const messageOf = (facts: string, commands: string): string =>
  (commands === '' ? say('not known: {facts}', { facts }) : say('not known: {facts}. {commands} would tell', { facts, commands }))

const brokenCase = (broken: Broken): Element =>
  element('testcase', { classname: classOf('broken', broken.rule), name: placeOf(broken) }, element('error', { type: 'broken rule', message: broken.error }))
