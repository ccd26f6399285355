/**
 * From a diagnosis to one plan: a fix for each root cause, what they share done once, in an order in which each step finds
 * what it needs. Within the stretch before a restart: what runs first, then edits, VM definitions, what is built from edits,
 * what needs that, firmware, the restart.
 */
import type { Check, Diagnosis, Finding, Fix, KernelParameters, Step } from '../model/finding.ts'
import type { Chosen, Decision, HostMark, LeftOut, Plan, PlanStep, PlanStepKind, Served, Side } from '../model/plan.ts'
import { sides } from '../model/plan.ts'
import type { Risk } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { inLanguage, say } from '../language/say.ts'
import { Claims, joinedParameters } from './plan-claims.ts'
import { asks, buildOf, hasBlanks, isVolatile, looksOnly, restarts, sysrc, vmOf } from './plan-commands.ts'
import { shellWord } from './shell-word.ts'

/** The plan for what was found; `marks` tell the host from others (`marksOf`). Hints are for a person to decide unless `hints`. */
export function planOf(diagnosis: Pick<Diagnosis, 'findings'> & { readonly about: Plan['about'] }, marks: readonly HostMark[] = [], { hints = false }: { readonly hints?: boolean } = {}): Plan {
  const { taken, leftOut, decide } = choose(diagnosis.findings, hints)
  const { tool, takenAt, host } = diagnosis.about
  return {
    about: { tool, takenAt, host }, marks,
    chosen: taken.map(({ finding, fix }): Chosen => ({
      ...served(finding), severity: finding.severity, title: finding.title, fix: fix.title, alternatives: finding.fixes.filter(other => other !== fix).map(other => other.title),
    })),
    steps: stepsOf(taken), leftOut, decide,
  }
}

/** Most functions that a host is known by. */
const mostMarks = 24

/** The functions a host is known by: graphics and what findings name first, then the rest as they lie. */
export function marksOf(snapshot: Snapshot, findings: readonly Finding[]): HostMark[] {
  const named = new Set(findings.flatMap(finding => finding.subject.split(' ')))
  const known = Object.entries(snapshot.functions).flatMap(([bdf, fn]): (HostMark & { readonly first: boolean })[] => {
    const id = fn.id?.value
    return typeof id === 'string' && /^[0-9a-f]{4}:[0-9a-f]{4}$/.test(id) && /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(bdf) ? [{ bdf, id, first: named.has(bdf) || fn.kind?.value === 'gpu' }] : []
  }).sort((a, b) => Number(b.first) - Number(a.first) || (a.bdf < b.bdf ? -1 : 1))
  return known.slice(0, mostMarks).map(({ bdf, id }) => ({ bdf, id }))
}

const served = ({ rule, subject }: Served): Served => ({ rule, subject })

// One fix for each root cause

interface Taken { readonly finding: Finding; readonly fix: Fix }

function choose(findings: readonly Finding[], hints: boolean): { taken: Taken[]; leftOut: LeftOut[]; decide: Decision[] } {
  const claims = new Claims()
  const taken: Taken[] = []
  const leftOut: LeftOut[] = []
  const decide: Decision[] = []
  for (const finding of findings.filter(each => each.symptomOf === null)) {
    const why = whyToDecide(finding, hints)
    if (why !== null) {
      decide.push({ ...served(finding), severity: finding.severity, title: finding.title, because: why, options: finding.fixes.map(({ title, steps }) => ({ title, steps })) })
      continue
    }
    const fit = finding.fixes.find(fix => canBeDone(fix) && claims.against(finding, fix) === null)
    if (fit) {
      claims.take(finding, fit, taken.length)
      taken.push({ finding, fix: fit })
      continue
    }
    const first = finding.fixes[0] as Fix
    const { because, with: by } = claims.against(finding, first) ?? { because: '', with: 0 }
    leftOut.push({ ...served(finding), severity: finding.severity, title: finding.title, fix: first.title, because, for: served((taken[by] as Taken).finding) })
  }
  return { taken, leftOut, decide }
}

/** A fix that is preferred and is words, is not passed over for a lesser one that is commands. */
function whyToDecide({ severity, fixes }: Finding, hints: boolean): string | null {
  if (severity === 'hint' && !hints) return say('nothing fails by it')
  if (fixes.length === 0) return say('there is no fix to follow')
  return canBeDone(fixes[0] as Fix) ? null : say('which step fits depends on what you see')
}

/** Something is to be done beside looking and reading; that a VM is to be started anew says nothing of what is to be changed before. */
const canBeDone = (fix: Fix): boolean => fix.steps.some(step => step.kind !== 'note' && !(step.kind === 'run' && looksOnly(step.command)) && !((step.kind === 'reboot' || step.kind === 'power-off') && fix.side === 'hypervisor'))

// Parts of fixes, merged

/** One thing to do, or several fixes' parts of it. */
interface Part {
  readonly kind: PlanStepKind
  /** Parts with one key are one step. */
  readonly key: string
  /** The restarts before it; infinite: after the last. */
  readonly restarts: number
  /** Its place in the stretch before a restart. */
  readonly place: number
  readonly title: string
  readonly steps: readonly Step[]
  readonly side: Side
  readonly risk: Risk
  readonly serves: readonly Served[]
  readonly cautions: readonly string[]
  readonly notes: readonly string[]
  readonly verify: readonly Check[]
  readonly undo: readonly Step[]
}

const places = { before: 0, edit: 2, vm: 3, build: 4, built: 5, vmRestart: 6, guest: 7, firmware: 8, restart: 9 } as const

function stepsOf(taken: readonly Taken[]): PlanStep[] {
  const parts = taken.flatMap((each, at) => new Cutter(each, at).parts())
  const last = Math.max(0, ...parts.filter(part => part.kind === 'restart').map(part => part.restarts + 1))
  const merged = new Map<string, Part>()
  const commands = new Map<string, string>()
  for (const found of parts) {
    const part = { ...found, restarts: Math.min(found.restarts, last) }
    // A restart of the host restarts its VMs.
    if (part.kind === 'vm-restart' && last > 0 && part.notes.length === 0) continue
    const key = `${part.restarts} ${part.key}`
    const fresh = part.kind === 'run' || part.kind === 'look' ? onlyNew(part, key, commands, merged) : part
    const there = merged.get(key)
    if (fresh.steps.length > 0 || fresh.kind === 'restart') merged.set(key, there ? together(there, fresh) : fresh)
  }
  const ordered = [...merged.values()].map((part, at) => ({ part, at })).sort((a, b) => a.part.restarts - b.part.restarts || a.part.place - b.part.place || a.at - b.at)
  const steps = ordered.map(({ part }) => finished(part))
  return [...steps, ...checksOf(taken, last)]
}

/** Leaves out what an earlier fix runs in the same stretch already, and says there for whom it is too. */
function onlyNew(part: Part, key: string, commands: Map<string, string>, merged: Map<string, Part>): Part {
  const steps = part.steps.filter(step => {
    const name = `${part.restarts} ${part.place} ${JSON.stringify(step)}`
    const first = commands.get(name)
    if (first === undefined) commands.set(name, key)
    else {
      const earlier = merged.get(first)
      if (earlier) merged.set(first, { ...earlier, serves: distinct([...earlier.serves, ...part.serves]) })
    }
    return first === undefined || first === key
  })
  return { ...part, steps }
}

const together = (a: Part, b: Part): Part => ({
  ...a, steps: distinct([...a.steps, ...b.steps]), risk: worse(a.risk, b.risk), serves: distinct([...a.serves, ...b.serves]), cautions: distinct([...a.cautions, ...b.cautions]),
  notes: distinct([...a.notes, ...b.notes]), verify: distinct([...a.verify, ...b.verify]), undo: distinct([...a.undo, ...b.undo]),
})

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Map(items.map(item => [JSON.stringify(item), item])).values()]
}

const riskOrder: readonly Risk[] = ['none', 'restart-vm', 'reboot', 'data']
const worse = (a: Risk, b: Risk): Risk => (riskOrder.indexOf(a) > riskOrder.indexOf(b) ? a : b)

/** All checks once more, where everything has been done. */
function checksOf(taken: readonly Taken[], restartsBefore: number): PlanStep[] {
  const verify = distinct(taken.flatMap(({ fix }) => fix.verify))
  if (verify.length === 0) return []
  return [{ kind: 'check', title: say('Check that it worked'), steps: [], serves: taken.map(({ finding }) => served(finding)), side: 'host', risk: 'none', cautions: [], notes: [], verify, undo: [], restarts: restartsBefore }]
}

// Cutting one fix into parts

/** What is said of this system itself (its driver, its kernel) is set right here, guest or not; what a guest reported, there. */
const isOfGuest = ({ subject, evidence }: Finding): boolean => !/^(?:host|function)\b/.test(subject) || evidence.some(quote => quote.evidence.startsWith('guest-report'))

class Cutter {
  readonly #finding: Finding
  readonly #fix: Fix
  readonly #at: number
  readonly #side: Side
  /** Its steps are for a guest of this host, which is not what was examined. */
  readonly #elsewhere: boolean
  readonly #parts: Part[] = []
  #restarts = 0
  /** How far in the stretch the fix has come: what runs behind its edits, or behind what is built, stays there. */
  #place: number = places.before
  #wantsRestart = false
  /** Words that stand before the next part. */
  #notes: string[] = []

  constructor({ finding, fix }: Taken, at: number) {
    this.#finding = finding
    this.#fix = fix
    this.#at = at
    this.#side = sides.find(side => side === fix.side) ?? 'host'
    this.#elsewhere = this.#side === 'guest' && isOfGuest(finding)
  }

  parts(): Part[] {
    for (const step of this.#fix.steps) {
      if (step.kind === 'note') this.#notes.push(step.when === undefined ? step.text : say('only {when}: {text}', { when: step.when, text: step.text }))
      else this.#cut(step)
    }
    const restarted = this.#parts.some(part => part.kind === 'restart')
    if (this.#wantsRestart || (this.#fix.risk === 'reboot' && !restarted && this.#onHost() && this.#parts.some(part => part.kind !== 'look'))) this.#restart('reboot')
    if (this.#fix.risk === 'restart-vm' && this.#parts.some(part => part.kind === 'vm') && this.#vm() !== null) this.#restartVm()
    return this.#told()
  }

  /** Whether restarts and commands are those of this host: not of a guest, nor of a VM whose definition was changed. */
  #onHost = (): boolean => !this.#elsewhere && !(this.#side === 'hypervisor' && this.#fix.risk === 'restart-vm')

  #vm(): string | null {
    const [kind, ...names] = this.#finding.subject.split(' ')
    return kind === 'vm' ? names.join(' ') : kind === 'assignment' ? names.slice(0, -1).join(' ') : null
  }

  #add(kind: PlanStepKind, key: string, place: number, title: string, steps: readonly Step[], more: Partial<Part> = {}): void {
    const risk = this.#fix.risk === 'data' ? 'data' : kind === 'look' || this.#fix.risk === 'reboot' ? 'none' : this.#fix.risk
    this.#parts.push({ kind, key, place, title, steps, restarts: this.#restarts, side: this.#side, risk, serves: [served(this.#finding)], cautions: [], notes: this.#notes, verify: [], undo: [], ...more })
    this.#notes = []
  }

  #cut(step: Exclude<Step, { kind: 'note' }>): void {
    if (this.#elsewhere) return this.#add('guest', `guest ${this.#vm() ?? ''}`, places.guest, this.#vm() === null ? say('Inside the guest') : say('Inside the guest {vm}', { vm: this.#vm() ?? '' }), [step])
    if (step.parameters) return this.#kernel(step)
    switch (step.kind) {
      case 'run': return this.#run(step)
      case 'write':
      case 'append':
      case 'set': return this.#file(step.file, [step], step.when)
      case 'edit': return this.#edit(step)
      case 'firmware': return this.#firmware(step)
      case 'reboot':
      case 'power-off': return this.#onHost() ? this.#restart(step.kind) : this.#restartVm()
    }
  }

  /** Right behind a restart it is the setup of that start. */
  #firmware(step: Step): void {
    const justStarted = this.#restarts > 0 && this.#parts.findLast(part => part.kind !== 'firmware')?.kind === 'restart'
    if (!justStarted) this.#wantsRestart = true
    this.#add('firmware', 'firmware', places.firmware, say('In the firmware setup, in one visit at the next start'), [step], {
      side: 'firmware', risk: this.#fix.risk === 'data' ? 'data' : 'reboot', restarts: this.#restarts - Number(justStarted),
    })
  }

  #kernel(step: Step): void {
    this.#place = Math.max(this.#place, places.edit + 0.5)
    this.#add('kernel', `kernel ${step.when ?? ''}`, places.edit, '', [step])
  }

  #file(file: string, steps: readonly Step[], when: string | undefined): void {
    this.#place = Math.max(this.#place, places.edit + 0.5)
    this.#add('file', `file ${file} ${when ?? ''}`, places.edit, say('Edit {file}', { file }), steps)
  }

  #edit(step: Extract<Step, { kind: 'edit' }>): void {
    const vm = vmOf(step.target)
    if (vm === null) return this.#file(step.target, [step], step.when)
    this.#vmStep(vm === '' || vm === 'VM' ? this.#vm() : vm, step)
  }

  #vmStep(vm: string | null, step: Step): void {
    this.#add('vm', `vm ${vm ?? ''}`, places.vm, vm === null ? say('Change the definition of the VM') : say('Change the definition of VM {vm}', { vm }), [step])
  }

  #run(step: Extract<Step, { kind: 'run' }>): void {
    const { command } = step
    if (restarts(command)) return this.#onHost() ? this.#restart('reboot') : this.#restartVm()
    const settings = sysrc(command)
    if (settings && settings.changes.every(({ how }) => how !== 'unset')) return this.#file(settings.file, settings.changes.map(({ name, how, value }) => settingOf(settings.file, name, how, value, step)), step.when)
    if (settings) return this.#file(settings.file, [step], step.when)
    const vm = vmOf(command)
    if (vm !== null) return this.#vmStep(vm, step)
    const build = buildOf(command)
    if (build) {
      this.#place = Math.max(this.#place, places.built)
      return this.#add('build', `build ${command} ${step.when ?? ''}`, places.build + build.place / 10, inLanguage(build.title), [step])
    }
    const look = looksOnly(command)
    const late = !look && this.#restarts === 0 && !this.#restartsLater() && isVolatile(command) ? { restarts: Number.POSITIVE_INFINITY } : {}
    this.#add(look ? 'look' : 'run', `${look ? 'look' : 'run'} ${this.#at}`, this.#place + (look ? 0 : 0.1), look ? say('Look: {what}', { what: this.#fix.title }) : this.#fix.title, [step], late)
  }

  #restartsLater = (): boolean => this.#fix.risk === 'reboot' || this.#fix.steps.some(step => step.kind === 'reboot' || step.kind === 'power-off' || step.kind === 'firmware' || (step.kind === 'run' && restarts(step.command)))

  #restart(kind: 'reboot' | 'power-off'): void {
    this.#wantsRestart = false
    this.#add('restart', 'restart', places.restart, '', [{ kind }], { risk: this.#fix.risk === 'data' ? 'data' : 'reboot', side: 'host' })
    this.#restarts++
    this.#place = places.before
  }

  #restartVm(): void {
    const vm = this.#vm()
    const text = vm === null ? say('Shut the VM down and start it again: a restart from inside does not read its definition') : say('Shut VM {vm} down and start it again: a restart from inside does not read its definition', { vm })
    this.#add('vm-restart', `vm-restart ${vm ?? ''}`, places.vmRestart, vm === null ? say('Restart the VM') : say('Restart VM {vm}', { vm }), [{ kind: 'note', text }], { restarts: Number.POSITIVE_INFINITY, risk: 'restart-vm' })
  }

  /** Puts what is said of the fix as a whole where it is of use: the caution before anything is changed, checks and way back behind. */
  #told(): Part[] {
    const changes = this.#parts.filter(part => part.kind !== 'look' && part.kind !== 'restart')
    const [first, last] = [changes[0] ?? this.#parts[0], changes.at(-1) ?? this.#parts.at(-1)]
    const { caution, verify, undo = [] } = this.#fix
    return this.#parts.map(part => ({
      ...part,
      ...(part === first && caution !== undefined ? { cautions: [caution] } : {}),
      ...(part === last ? { notes: [...part.notes, ...this.#notes], verify, undo } : {}),
    }))
  }
}

function settingOf(file: string, name: string, how: string, value: string, { when, byHand }: Step): Step {
  const words = how === '=' ? { value } : how === '+=' ? { addWords: value } : { removeWords: value }
  return { kind: 'set', file, name, ...words, ...(when !== undefined ? { when } : {}), ...(byHand ? { byHand } : {}) }
}

// From merged parts to steps

function finished({ kind, title, steps, side, risk, serves, cautions, notes, verify, undo, restarts: before }: Part): PlanStep {
  const made = makers[kind]?.(steps) ?? { steps }
  return { kind, title: made.title ?? title, steps: made.steps, serves, side, risk, cautions, notes, verify, undo: undo.length > 0 ? undo : (made.undo ?? []), restarts: before }
}

interface Made { readonly steps: readonly Step[]; readonly title?: string; readonly undo?: readonly Step[] }

const makers: Readonly<Partial<Record<PlanStepKind, (steps: readonly Step[]) => Made>>> = {
  kernel: kernelLine,
  file: fileEdits,
  vm: vmEdits,
  restart: steps => (steps.some(step => step.kind === 'power-off')
    ? { title: say('Switch the host off, take its power away, and start it again'), steps: [{ kind: 'power-off' }] } : { title: say('Reboot the host'), steps: [{ kind: 'reboot' }] }),
}

/** The ways to change the kernel command line, each with all parameters at once. */
function kernelLine(steps: readonly Step[]): Made {
  const all = steps.flatMap(step => step.parameters ?? [])
  const parameters: KernelParameters = { add: joinedParameters(all.flatMap(each => each.add)), remove: [...new Set(all.flatMap(each => each.remove))] }
  const ways = new Map(steps.map(step => [wayOf(step), step]))
  const merged = [...ways].flatMap(([way, step]) => kernelWays[way](parameters, step))
  const back = { add: parameters.remove, remove: parameters.add }
  return {
    title: say('Change the kernel command line: {changes}', { changes: inWords(parameters) }), steps: merged,
    undo: back.add.length > 1 ? [{ kind: 'note', text: say('put back what was there of {words}', { words: [...back.add, ...back.remove].join(' ') }) }] : [...ways].flatMap(([way, step]) => kernelWays[way](back, step)),
  }
}

const inWords = ({ add, remove }: KernelParameters): string => [...(add.length > 0 ? [say('add {words}', { words: add.join(' ') })] : []), ...(remove.length > 0 ? [say('take out {words}', { words: remove.join(' ') })] : [])].join(say('; '))

type KernelWay = 'set' | 'grubby' | 'kernelstub' | 'edit'
function wayOf(step: Step): KernelWay {
  if (step.kind === 'set') return 'set'
  return step.kind === 'run' ? (step.command.startsWith('kernelstub') ? 'kernelstub' : 'grubby') : 'edit'
}

const only = (step: Step, parameters: KernelParameters) => ({ parameters, ...(step.when !== undefined ? { when: step.when } : {}), ...(step.byHand ? { byHand: true as const } : {}) })

const kernelWays: Readonly<Record<KernelWay, (parameters: KernelParameters, step: Step) => Step[]>> = {
  set: ({ add, remove }, step) => (step.kind === 'set' ? [{
    kind: 'set', file: step.file, name: step.name, ...(add.length > 0 ? { addWords: add.join(' ') } : {}), ...(remove.length > 0 ? { removeWords: remove.join(' ') } : {}), ...only(step, { add, remove }),
  }] : []),
  grubby: ({ add, remove }, step) => [{
    kind: 'run', command: ['grubby --update-kernel=ALL', ...(remove.length > 0 ? [`--remove-args=${argument(remove)}`] : []), ...(add.length > 0 ? [`--args=${argument(add)}`] : [])].join(' '), ...only(step, { add, remove }),
  }],
  kernelstub: ({ add, remove }, step) => [
    ...(remove.length > 0 ? [{ kind: 'run' as const, command: `kernelstub --delete-options ${argument(remove)}`, ...only(step, { add: [], remove }) }] : []),
    ...(add.length > 0 ? [{ kind: 'run' as const, command: `kernelstub --add-options ${argument(add)}`, ...only(step, { add, remove: [] }) }] : []),
  ],
  edit: (parameters, step) => (step.kind === 'edit'
    ? [{ kind: 'edit', target: step.target, change: `${inWords(parameters)}${step.change.includes('nixos-rebuild') ? '; then nixos-rebuild boot' : ''}`, ...only(step, parameters) }] : []),
}
const argument = (words: readonly string[]): string => shellWord(words.join(' '))

/** What several fixes write to one file, as one text; settings of one name as one. */
function fileEdits(steps: readonly Step[]): Made {
  const out: Step[] = []
  for (const step of steps) {
    const at = out.findIndex(other => mergeable(other, step))
    if (at < 0) out.push(step)
    else out[at] = mergedEdit(out[at] as Step, step)
  }
  return { steps: out, undo: out.flatMap(inverse) }
}

const mergeable = (a: Step, b: Step): boolean => a.when === b.when && a.byHand === b.byHand && ((a.kind === 'set' && b.kind === 'set' && a.name === b.name && (a.value === undefined) === (b.value === undefined))
  || ((a.kind === 'write' || a.kind === 'append') && a.kind === b.kind))

function mergedEdit(a: Step, b: Step): Step {
  if (a.kind === 'set' && b.kind === 'set') {
    const words = (key: 'addWords' | 'removeWords') => [...new Set([a[key], b[key]].flatMap(text => text?.split(/\s+/) ?? []))].filter(Boolean).join(' ')
    return { ...a, ...(words('addWords') ? { addWords: words('addWords') } : {}), ...(words('removeWords') ? { removeWords: words('removeWords') } : {}) }
  }
  return (a.kind === 'write' || a.kind === 'append') && (b.kind === 'write' || b.kind === 'append') ? { ...a, text: mergedLines(a.text, b.text) } : a
}

/** The lines of both, each once; `options M ids=` of one module joined, as of several lines only the last counts. */
function mergedLines(a: string, b: string): string {
  const lines = a.split('\n').filter(Boolean)
  for (const line of b.split('\n').filter(Boolean)) {
    const [, head = '', value = ''] = /^(options \S+ \w+=)(\S+)$/.exec(line) ?? []
    const at = head === '' ? -1 : lines.findIndex(other => other.startsWith(head))
    if (at >= 0) lines[at] = `${head}${[...new Set([...(lines[at] as string).slice(head.length).split(','), ...value.split(',')])].join(',')}`
    else if (!lines.includes(line)) lines.push(line)
  }
  return `${lines.join('\n')}\n`
}

function inverse(step: Step): Step[] {
  switch (step.kind) {
    case 'set': return step.value !== undefined ? [{ kind: 'note', text: say('give {name} in {file} the value it had', { name: step.name, file: step.file }) }]
      : [{ kind: 'set', file: step.file, name: step.name, ...(step.removeWords !== undefined ? { addWords: step.removeWords } : {}), ...(step.addWords !== undefined ? { removeWords: step.addWords } : {}) }]
    case 'write': return [{ kind: 'note', text: say('remove {file}, or put back what it held', { file: step.file }) }]
    case 'append': return [{ kind: 'note', text: say('take those lines out of {file}', { file: step.file }) }]
    default: return []
  }
}

/** Proxmox takes all settings in one command. */
function vmEdits(steps: readonly Step[]): Made {
  const sets = steps.flatMap(step => (step.kind === 'run' && /^qm set \S+ -/.test(step.command) && step.when === undefined ? [step.command] : []))
  if (sets.length < 2) return { steps }
  const [, vm = ''] = /^qm set (\S+)/.exec(sets[0] as string) ?? []
  const command = `qm set ${vm} ${[...new Set(sets.map(set => set.replace(/^qm set \S+ /, '')))].join(' ')}`
  return { steps: [{ kind: 'run', command }, ...steps.filter(step => !(step.kind === 'run' && sets.includes(step.command)))] }
}

/** Why a person has to carry out a step; null where a program can. */
export function byHand(step: Step): string | null {
  if (step.when !== undefined) return say('only {when}, and it is not known whether that is this host', { when: step.when })
  if (step.byHand) return say('a value in it is no plain word, or is not known')
  switch (step.kind) {
    case 'run': return hasBlanks(step.command) ? say('something has to be put in') : asks(step.command) ? say('it waits for a person') : null
    case 'write':
    case 'append': return hasBlanks(`${step.file}\n${step.text}`) ? say('something has to be put in') : null
    case 'set': return null
    case 'edit': return step.parameters && /^\/etc\/kernel\/cmdline$|^the options line of /.test(step.target) ? null : say('it is described in words')
    default: return say('it is not done by commands')
  }
}
