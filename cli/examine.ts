/** Examining a host and replaying what was taken: evidence in, diagnosis out, in the forms that were asked for. */
import { diagnoseWithEarlier } from '../diagnosis/earlier.ts'
import type { Extra } from '../collectors/collector.ts'
import type { RedactionLevel } from '../evidence/redact.ts'
import type { SnapshotContents } from '../evidence/snapshot.ts'
import { assemble } from '../facts/assemble.ts'
import type { Background } from '../model/background.ts'
import type { Diagnosis, ReportOptions } from '../model/finding.ts'
import { severities } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parsers } from '../parsers/all.ts'
import { forms, type FormName } from '../reports/forms.ts'
import { takeHost, takeInputs, type Taken } from './inputs.ts'
import { withIntent, type IntentOptions } from './intent.ts'
import { shippedNames } from './package-files.ts'
import { ruleBase } from './rule-base.ts'
import { retold, say } from '../language/say.ts'
import { hasLinks } from './terminal-links.ts'
import { writeWhole } from './write-file.ts'

/** What the command line says; a form that is asked for has a key of its name: true, or the file to write. */
export interface ExamineOptions extends Readonly<Partial<Record<FormName, string | true>>>, IntentOptions {
  readonly save?: string
  /** Whether a report may carry the snapshot it was made from. */
  readonly snapshot: boolean
  readonly failOn: 'error' | 'warning' | 'hint' | 'never'
  readonly verbose?: true
  readonly color: boolean
  readonly width?: number
  readonly rules?: readonly string[]
  readonly patience?: number
  readonly also?: readonly Extra[]
  readonly redact: RedactionLevel
}

export async function examineHost(options: ExamineOptions): Promise<number> {
  const printed = printedForm(options)
  return examine(withIntent(await takeHost(options), options), options, printed)
}

export async function replay(inputs: readonly string[], options: ExamineOptions): Promise<number> {
  const printed = printedForm(options)
  if (options.ndjson !== undefined) return replayHosts(inputs, options)
  return examine(withIntent(await takeInputs(inputs, options.redact), options), options, printed)
}

/** The facts of what was taken. */
export const factsOf = (taken: Taken): Snapshot => assemble(taken.evidence, parsers, shippedNames)

/** The form that goes to standard output, if it is not the terminal's. There is room for one. */
function printedForm(options: ExamineOptions): FormName | null {
  const printed = forms.filter(form => options[form.name] === (form.to === 'output' ? true : '-')).map(form => form.name)
  if (printed.length > 1) throw new Error(say('{options} both go to standard output: name a file for one of them', { options: printed.map(name => `--${name}`).join(say(' and ')) }))
  return printed[0] ?? null
}

async function examine(taken: Taken, options: ExamineOptions, printed: FormName | null): Promise<number> {
  const { snapshot, diagnosis } = await judged(taken, options)
  if (options.save !== undefined) await save(options.save, taken, snapshot)
  const asked = forms.filter(form => options[form.name] !== undefined)
  const background = asked.some(form => 'background' in form) ? await backgroundOf(taken, snapshot, diagnosis, options) : {}
  if (background.snapshot && 'leftOut' in background.snapshot) process.stderr.write(`${say('The report does not carry its snapshot: {reason}. --save writes it.', { reason: background.snapshot.leftOut })}\n`)
  for (const form of asked) {
    const text = (await form.load())(diagnosis, reportOptions(options), background)
    if (form.name === printed) process.stdout.write(text)
    else await writeWhole(String(options[form.name]), text)
  }
  if (printed === null) process.stdout.write((await import('../reports/terminal.ts')).terminalReport(diagnosis, reportOptions(options)))
  return exitCode(diagnosis, options.failOn)
}

async function judged(taken: Taken, options: ExamineOptions): Promise<{ snapshot: Snapshot; diagnosis: Diagnosis }> {
  const base = await ruleBase(options.rules)
  const snapshot = factsOf(taken)
  return { snapshot, diagnosis: await diagnoseWithEarlier({ ...base, snapshot, evidence: taken.evidence, about: taken.about }, evidence => factsOf({ ...taken, evidence })) }
}

/** Every input is a host of its own and gives a line, one that cannot be read as well; the worst decides the exit code. */
async function replayHosts(inputs: readonly string[], options: ExamineOptions): Promise<number> {
  const others = forms.filter(form => form.name !== 'ndjson' && options[form.name] !== undefined).map(form => `--${form.name}`).concat(options.save === undefined ? [] : ['--save'])
  if (others.length > 0) throw new Error(say('{options} would hold one host, and --ndjson takes each input as a host of its own', { options: others.join(', ') }))
  const { ndjsonReport, failureLine } = await import('../reports/ndjson.ts')
  let worst = 0
  for (const input of inputs) {
    try {
      const { diagnosis } = await judged(withIntent(await takeInputs([input], options.redact), options), options)
      process.stdout.write(ndjsonReport(diagnosis, { ...reportOptions(options), input }))
      worst = Math.max(worst, exitCode(diagnosis, options.failOn))
    } catch (error) {
      process.stdout.write(failureLine(input, retold(error instanceof Error ? error.message : String(error))))
      worst = 2
    }
  }
  return worst
}

/** Colour and links where a person reads them: a terminal, without NO_COLOR (https://no-color.org) and --no-color. */
export function reportOptions(options: Pick<ExamineOptions, 'color' | 'verbose' | 'width'>): ReportOptions {
  const wanted = options.color && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const watched = process.stdout.isTTY === true
  return { color: wanted && watched, width: options.width ?? process.stdout.columns ?? 100, verbose: options.verbose === true, links: watched && hasLinks(process.env) }
}

/** Bytes of a packed snapshot that a report carries at most: 2 MB once it is base64. */
const mostEmbedded = 1_500_000

async function backgroundOf(taken: Taken, snapshot: Snapshot, diagnosis: Diagnosis, options: ExamineOptions): Promise<Background> {
  const [{ machineOf }, { timelineOf }] = await Promise.all([import('../facts/machine.ts'), import('../diagnosis/timeline.ts')])
  return {
    machine: machineOf(snapshot), timeline: timelineOf(taken.evidence, diagnosis.findings), evidence: taken.evidence,
    ...(options.snapshot ? { snapshot: await embedded(taken) } : {}),
  }
}

async function embedded(taken: Taken): Promise<NonNullable<Background['snapshot']>> {
  const { packSnapshot } = await import('../evidence/snapshot.ts')
  const packed = await packSnapshot(contentsOf(taken, null), mostEmbedded)
  return packed ? { base64: packed.toString('base64') } : { leftOut: say('packed, it is larger than {n} MB', { n: (mostEmbedded / 1e6).toFixed(1) }) }
}

export async function save(file: string, taken: Taken, facts: Snapshot): Promise<void> {
  const { saveSnapshot } = await import('../evidence/snapshot.ts')
  await saveSnapshot(file, contentsOf(taken, facts))
}

function contentsOf(taken: Taken, facts: Snapshot | null): SnapshotContents {
  const { tool, takenAt, root, redacted } = taken.about
  return {
    manifest: { tool, takenAt: takenAt ?? new Date().toISOString(), zoneMinutes: taken.zoneMinutes, platform: taken.platform, root, redacted },
    evidence: taken.evidence, facts,
  }
}

function exitCode(diagnosis: Diagnosis, failOn: ExamineOptions['failOn']): number {
  if (failOn === 'never') return 0
  return diagnosis.findings.some(finding => severities.indexOf(finding.severity) <= severities.indexOf(failOn)) ? 1 : 0
}
