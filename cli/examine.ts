/** Examining a host and replaying what was taken: evidence in, diagnosis out, in the forms that were asked for. */
import { writeFile } from 'node:fs/promises'
import { diagnose } from '../diagnosis/diagnose.ts'
import type { RedactionLevel } from '../evidence/redact.ts'
import { assemble } from '../facts/assemble.ts'
import type { Diagnosis, ReportOptions } from '../model/finding.ts'
import { severities } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parsers } from '../parsers/all.ts'
import { takeHost, takeInputs, type Taken } from './inputs.ts'
import { shippedNames } from './package-files.ts'
import { ruleBase } from './rule-base.ts'

export interface ExamineOptions {
  readonly json?: true
  readonly html?: string
  readonly save?: string
  readonly failOn: 'error' | 'warning' | 'hint' | 'never'
  readonly verbose?: true
  readonly color: boolean
  readonly width?: number
  readonly rules?: string
  readonly patience?: number
  readonly redact: RedactionLevel
}

export const examineHost = async (options: ExamineOptions): Promise<number> => examine(await takeHost(options), options)
export const replay = async (inputs: readonly string[], options: ExamineOptions): Promise<number> => examine(await takeInputs(inputs, options.redact), options)

/** The facts of what was taken. */
export const factsOf = (taken: Taken): Snapshot => assemble(taken.evidence, parsers, shippedNames)

async function examine(taken: Taken, options: ExamineOptions): Promise<number> {
  const base = await ruleBase(options.rules)
  const snapshot = factsOf(taken)
  const diagnosis = await diagnose({ ...base, snapshot, evidence: taken.evidence, about: taken.about })
  if (options.save !== undefined) await save(options.save, taken, snapshot)
  if (options.html !== undefined) await writeHtml(options.html, diagnosis, options)
  process.stdout.write(await printed(diagnosis, options))
  return exitCode(diagnosis, options.failOn)
}

async function printed(diagnosis: Diagnosis, options: ExamineOptions): Promise<string> {
  if (options.json) return (await import('../reports/json.ts')).jsonReport(diagnosis, reportOptions(options))
  return (await import('../reports/terminal.ts')).terminalReport(diagnosis, reportOptions(options))
}

/** Colour where a person reads it: a terminal, without NO_COLOR (https://no-color.org) and --no-color. */
export function reportOptions(options: Pick<ExamineOptions, 'color' | 'verbose' | 'width'>): ReportOptions {
  const wanted = options.color && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  return { color: wanted && process.stdout.isTTY === true, width: options.width ?? process.stdout.columns ?? 100, verbose: options.verbose === true }
}

async function writeHtml(file: string, diagnosis: Diagnosis, options: ExamineOptions): Promise<void> {
  const { renderHtml } = await import('../reports/html.tsx')
  await writeFile(file, renderHtml(diagnosis, reportOptions(options))).catch((error: unknown) => {
    throw new Error(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`)
  })
}

export async function save(file: string, taken: Taken, facts: Snapshot): Promise<void> {
  const { saveSnapshot } = await import('../evidence/snapshot.ts')
  const { tool, takenAt, root, redacted } = taken.about
  await saveSnapshot(file, {
    manifest: { tool, takenAt: takenAt ?? new Date().toISOString(), zoneMinutes: taken.zoneMinutes, platform: taken.platform, root, redacted },
    evidence: taken.evidence, facts,
  })
}

function exitCode(diagnosis: Diagnosis, failOn: ExamineOptions['failOn']): number {
  if (failOn === 'never') return 0
  return diagnosis.findings.some(finding => severities.indexOf(finding.severity) <= severities.indexOf(failOn)) ? 1 : 0
}
