/** Made findings and fixes for the tests of plans. */
import type { Diagnosis, Finding, Fix, Step } from '../model/finding.ts'

export const fixOf = (steps: readonly Step[], over: Partial<Fix> = {}): Fix => ({ title: 'Made', risk: 'reboot', side: 'host', steps, verify: [], ...over })

export const findingOf = (rule: string, fixes: readonly Fix[], over: Partial<Finding> = {}): Finding => ({
  rule, aliases: [], subject: 'host', severity: 'error', confidence: 'likely', reason: 'made', layer: 'kernel', title: `Title of ${rule}`, text: '', cause: '', evidence: [], fixes, symptomOf: null, references: [], ...over,
})

export const diagnosisOf = (findings: readonly Finding[], platform = 'linux'): Diagnosis => ({
  about: { tool: 'gpudoctor test', format: 1, takenAt: '2026-11-20T21:03:44.120Z', root: true, host: { platform, kernel: '6.1.0-30-amd64', distribution: 'debian', board: null, runsIn: null }, rules: 1, evidence: [], redacted: {} },
  findings, unknown: [], broken: [],
})

/** What the recipes make of parameters on Debian with GRUB. */
const line = (add: readonly string[], remove: readonly string[]): Step[] => [
  { kind: 'set', file: '/etc/default/grub', name: 'GRUB_CMDLINE_LINUX_DEFAULT', ...(add.length > 0 ? { addWords: add.join(' ') } : {}), ...(remove.length > 0 ? { removeWords: remove.join(' ') } : {}), parameters: { add, remove } },
  { kind: 'run', command: 'update-grub' }, { kind: 'reboot' },
]
export const adding = (params: string): Step[] => line(params.split(' '), [])
export const removing = (params: string): Step[] => line([], params.split(' '))
