/**
 * The plan as a script for sh: a dry run unless told otherwise, with a copy of every file it changes and a way back. It is
 * written for a person to read and to run; gpudoctor never runs it. Whatever comes from a host stands in it as one quoted word
 * (diagnosis/shell-word.ts) or behind a comment sign on a line of its own.
 */
import { createHash } from 'node:crypto'
import { joined, repeated } from '../diagnosis/plan-claims.ts'
import { buildOf, hasBlanks, looksOnly, sysfsWrite, sysrc } from '../diagnosis/plan-commands.ts'
import { byHand } from '../diagnosis/plan.ts'
import { plainWord, shellWord } from '../diagnosis/shell-word.ts'
import { say } from '../language/say.ts'
import type { Check, Step } from '../model/finding.ts'
import type { Plan, PlanStep } from '../model/plan.ts'
import { planInWords } from './plan.ts'
import { hidden, printable } from './printable.ts'
import { scriptLibrary, scriptPrograms } from './plan-script-library.ts'
import { partsOf, riskWords, subjectOf } from './words.ts'
import { wrapped } from './wrap.ts'

/** The script; throws where nothing tells the host of the plan from any other, or it is not the host that would have to be changed. */
export function planScript(plan: Plan): string {
  const { platform, runsIn } = plan.about.host
  if (platform !== 'linux' && platform !== 'freebsd') throw new Error(say('no script can be written: it is not known whether the host runs Linux or FreeBSD'))
  if (runsIn === 'container' || runsIn === 'wsl') throw new Error(say('no script can be written: what was examined runs on the kernel of another system, which is to be examined itself'))
  if (plan.marks.length === 0) throw new Error(say('no script can be written: what was handed in does not tell this host from others (no PCI functions with their ids)'))
  const stretches = Math.max(0, ...plan.steps.map(step => step.restarts)) + 1
  const numbered = plan.steps.map((step, at) => ({ step, number: at + 1 }))
  const within = (stretch: number) => numbered.filter(({ step }) => step.restarts === stretch).map(({ number }) => `step_${number}`)
  return `${[
    '#!/bin/sh', ...comment(headOf(plan)), '# shellcheck disable=SC1003,SC2016,SC2034,SC2329', 'set -u',
    `plan=${idOf(plan)}`, `platform=${platform}`, `joined=${shellWord([...joined].join(' '))}`, `repeated=${shellWord([...repeated].join(' '))}`,
    ...Object.entries(scriptPrograms).map(([name, text]) => `${name}=${shellWord(text)}`), '', scriptLibrary, '',
    ...body('recognise', plan.marks.map(({ bdf, id }) => call('same_function', bdf, id, selectorOf(bdf)))),
    ...numbered.flatMap(({ step, number }) => stepFunction(step, number)),
    ...Array.from({ length: stretches }, (_, stretch) => body(`stretch_${stretch}`, within(stretch))).flat(),
    ...body('all_stretches', Array.from({ length: stretches }, (_, stretch) => `stretch_${stretch}`)),
    ...body('stretches_from', Array.from({ length: stretches }, (_, stretch) => `[ "$1" -gt ${stretch} ] || stretch_${stretch}`)),
    ...body('undo_commands', [...numbered].reverse().flatMap(({ step, number }) => undoLines(step, number, madeIn(plan)))),
    'main "$@"',
  ].join('\n')}\n`
}

const idOf = (plan: Plan): string => createHash('sha256').update(JSON.stringify([plan.steps, plan.marks])).digest('hex').slice(0, 12)

/** `pci0:1:0:0` for 0000:01:00.0 (pciconf(8)). */
const selectorOf = (bdf: string): string => `pci${bdf.split(/[:.]/).map(part => parseInt(part, 16)).join(':')}`

const call = (name: string, ...words: string[]): string => [name, ...words.map(shellWord)].join(' ')

const body = (name: string, lines: readonly string[]): string[] => [`${name}() {`, ...(lines.length > 0 ? lines.map(line => `  ${line}`) : ['  :']), '}', '']

/** Lines that can hold anything: each is made printable and begins with a comment sign. */
export const comment = (text: string): string[] => text.split('\n').flatMap(line => wrapped(printable(line), 110)).map(line => (line === '' ? '#' : `# ${line}`))

function headOf(plan: Plan): string {
  const { tool, takenAt, host } = plan.about
  return [
    `A plan of ${tool}${takenAt === null ? '' : `, from what was read at ${takenAt}`}: ${planInWords(plan)}`,
    `Host: ${[host.distribution, host.kernel, host.board].filter(Boolean).join(', ') || 'not known'}. The script runs on no other: it looks at the ids of its PCI functions first.`,
    '', 'sh plan.sh prints what it would do and does nothing; --apply does it, --after-reboot goes on after a restart, --undo takes it back.',
    'Copies of all files it changes are kept below /var/backups/gpudoctor.',
    ...plan.leftOut.map(one => `Left out: ${one.fix}, for ${one.rule}, ${subjectOf(one)}: ${one.because}.`),
    ...plan.decide.map(one => `For you to decide: ${one.title} (${one.rule}, ${subjectOf(one)}).`),
  ].join('\n')
}

function stepFunction(step: PlanStep, number: number): string[] {
  const about = [`${number}. ${step.title}`, `For ${step.serves.map(one => `${one.rule} (${subjectOf(one)})`).join(', ')}; ${riskWords[step.risk]}.`].join('\n')
  const lines = [
    call('step', printable(`${number}. ${step.title}`)),
    ...step.cautions.map(text => call('caution', printable(text))),
    ...step.notes.map(text => call('note', printable(text))),
    ...(step.risk === 'data' && step.kind !== 'look' ? ['may_cost_data || return 0'] : []),
    ...doneBy(step, number),
    ...(step.kind === 'check' ? step.verify.map(checkLine) : []),
  ]
  return [...comment(about), ...body(`step_${number}`, lines)]
}

const checkLine = ({ command, shows, when }: Check): string =>
  (when === undefined && !hasBlanks(command) && looksOnly(command) && isVisible(command) ? call('check_step', command, printable(shows)) : call('for_you', 'to check', printable(`${when === undefined ? '' : `only ${when}: `}${command}\nshows: ${shows}`)))

const isVisible = (text: string): boolean => !text.replace(/[\n\t]/g, '').match(hidden)

/** The commands of one step: all edits of one file between one begin and one end. */
function doneBy(step: PlanStep, number: number): string[] {
  const lines: string[] = []
  let open: string | null = null
  const close = () => {
    if (open !== null) lines.push('end_file')
    open = null
  }
  step.steps.forEach((each, at) => {
    const edit = scriptable(each, step.kind) === null ? editOf(each) : null
    if (edit === null) {
      close()
      lines.push(...otherLines(each, step, `${number}.${at + 1}`))
      return
    }
    if (open !== edit.file) {
      close()
      lines.push(call('begin_file', edit.file), ...(edit.mustExist ? ['must_exist'] : []))
      open = edit.file
    }
    lines.push(...edit.lines)
  })
  close()
  return lines
}

/** Why a person does it; null where the script does. */
function scriptable(step: Step, kind: PlanStep['kind']): string | null {
  if (kind === 'guest') return 'inside the guest'
  const why = byHand(step)
  if (why !== null) return why
  if (!Object.values(step).every(value => typeof value !== 'string' || isVisible(value))) return 'it holds characters that cannot be seen'
  if ('file' in step && !isPlainPath(step.file)) return 'the path is none that a script should write to'
  if (step.kind === 'set' && !plainSetting(step)) return 'a value in it means something to the program that reads the file'
  if (step.parameters && ![...step.parameters.add, ...step.parameters.remove].every(word => plainWord.test(word))) return 'a parameter is no plain word'
  return null
}

const isPlainPath = (file: string): boolean => /^\/[\w.:/@%+=,-]+$/.test(file) && !file.split('/').includes('..')
const plainSetting = ({ name, value = '', addWords = '', removeWords = '' }: Extract<Step, { kind: 'set' }>): boolean =>
  /^[\w.]+$/.test(name) && /^[\w.:/@%+=, -]*$/.test(value) && `${addWords} ${removeWords}`.split(/\s+/).every(word => word === '' || plainWord.test(word))

interface FileEdit { readonly file: string; readonly lines: readonly string[]; readonly mustExist?: true }

/** Lines of one file that stand beside those that are there; anything else is the file as a whole. */
const addsLines = /^\/etc\/(?:modprobe\.d|modules-load\.d)\//

function editOf(step: Step): FileEdit | null {
  switch (step.kind) {
    case 'set': return { file: step.file, lines: settingLines(step), ...(step.parameters ? { mustExist: true } : {}) }
    case 'write': return { file: step.file, lines: addsLines.test(step.file) ? addedLines(step) : [call('whole_text', step.text)] }
    case 'append': return { file: step.file, lines: step.file === '/boot/loader.conf' ? loaderLines(step.text) : addedLines(step) }
    case 'edit': return step.parameters && step.target === '/etc/kernel/cmdline' ? { file: step.target, lines: [call('words', 'line', '', ...changeOf(step))], mustExist: true } : null
    case 'run': {
      const unset = sysrc(step.command)
      return unset && unset.changes.every(change => change.how === 'unset') ? { file: unset.file, lines: unset.changes.map(({ name }) => call('unset_setting', name)) } : null
    }
    default: return null
  }
}

/** Options of modules are looked for in the other files as well: of several settings only the last counts. */
const addedLines = ({ file, text }: Extract<Step, { kind: 'write' | 'append' }>): string[] => [
  call('lines', text.trimEnd()),
  ...(file.startsWith('/etc/modprobe.d/') ? [...new Set(text.match(/^options \S+ \w+=/gm) ?? [])].map(option => call('others_name', '/etc/modprobe.d', option)) : []),
]

const changeOf = ({ parameters }: Step): [string, string] => [(parameters?.add ?? []).join(' '), (parameters?.remove ?? []).join(' ')]

function settingLines({ name, value, addWords = '', removeWords = '', parameters }: Extract<Step, { kind: 'set' }>): string[] {
  if (value !== undefined) return [call('setting', name, value)]
  const both = parameters && removeWords !== '' && name === 'GRUB_CMDLINE_LINUX_DEFAULT' ? [call('words', 'assign', 'GRUB_CMDLINE_LINUX', '', removeWords)] : []
  return [call('words', 'assign', name, addWords, removeWords), ...both, ...(parameters ? [call('others_name', '/etc/default/grub.d', `${name}=`)] : [])]
}

const loaderLines = (text: string): string[] => text.split('\n').filter(Boolean).map(line => {
  const found = /^([\w.]+)="?([\w.:/@%+=, -]*)"?$/.exec(line.trim())
  return found ? call('setting', found[1] as string, found[2] as string) : call('lines', line)
})

function otherLines(step: Step, { kind, title, restarts }: PlanStep, number: string): string[] {
  const why = scriptable(step, kind)
  if (step.kind === 'reboot' || step.kind === 'power-off') return [call('restart_point', String(restarts + 1), printable(title))]
  if (step.kind === 'firmware') return [call('for_you', 'in the firmware setup, at the next start', printable(step.setting))]
  if (why !== null) return [call('for_you', why, inWords(step))]
  if (step.kind === 'edit') return [call('every_entry', ...changeOf(step))]
  if (step.kind !== 'run') return [call('for_you', 'it is described in words', inWords(step))]
  const written = sysfsWrite(step.command)
  if (written) return [call('sysfs_step', number, written.file, written.value)]
  if (looksOnly(step.command)) return [call('look_step', step.command)]
  const [, vmid] = /^qm set (\d+) /.exec(step.command) ?? []
  if (vmid !== undefined) return [call('command_changing', number, `/etc/pve/qemu-server/${vmid}.conf`, step.command)]
  return [call(kind === 'build' ? 'build_step' : 'command_step', number, step.command)]
}

const inWords = (step: Step): string => partsOf(step).map(({ lead, code, prose }) => [lead, code?.trimEnd(), prose].filter(Boolean).join('\n')).join('\n').split('\n').map(printable).join('\n')

/** Commands of ways back that are done with already: taking away a file that was put back, building what is built anew. */
const madeIn = (plan: Plan): ReadonlySet<string> => new Set(plan.steps.flatMap(step => step.steps).flatMap(step =>
  (step.kind === 'write' || step.kind === 'append' ? [`rm ${step.file}`, `rm -f ${step.file}`] : step.kind === 'run' && buildOf(step.command) ? [step.command] : [])))

/** The way back of one step, once its files are as they were: commands that the fix names, and building anew. */
function undoLines(step: PlanStep, number: number, made: ReadonlySet<string>): string[] {
  if (step.kind === 'build') return step.steps.flatMap((each, at) => (each.kind === 'run' && scriptable(each, step.kind) === null ? [call('undo_build', `${number}.${at + 1}`, each.command)] : []))
  return step.undo.flatMap(each => {
    // What is in a file has been put back with the file.
    if (each.kind === 'set' || each.kind === 'write' || each.kind === 'append' || (each.kind === 'edit' && each.parameters)) return []
    if (each.kind === 'note' && (step.kind === 'file' || step.kind === 'kernel')) return []
    if (each.kind === 'run' && made.has(each.command)) return []
    if (each.kind === 'run' && scriptable(each, step.kind) === null && !looksOnly(each.command)) return [call(step.kind === 'file' || step.kind === 'kernel' ? 'undo_after_files' : 'undo_command', String(number), each.command)]
    return [call('undo_for_you', inWords(each))]
  })
}
