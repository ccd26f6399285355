/** How the reports put things: the words for severities, risks, statuses and steps, the same in every form. */
import type { EvidenceStatus } from '../model/evidence.ts'
import type { Broken, ChainLink, EvidenceNote, Finding, Fix, LogTime, Quote, Step } from '../model/finding.ts'
import type { Confidence, Layer, Risk, Severity } from '../model/rule.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { kindOf } from '../model/evidence.ts'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { FactSpec } from '../model/fact.ts'
import { unnamedVm } from '../model/snapshot.ts'
import { inLanguage, language, mark, plural, retold, say, spokenTable } from '../language/say.ts'

/** The mark is in every console font (Linux VT, FreeBSD vt); the word beside it carries the meaning. */
export const severityWords: Record<Severity, { readonly mark: string; readonly word: string; readonly many: string }> = {
  error: { mark: '×', get word() { return say('error') }, get many() { return say('errors') } },
  warning: { mark: '!', get word() { return say('warning') }, get many() { return say('warnings') } },
  hint: { mark: 'i', get word() { return say('hint') }, get many() { return say('hints') } },
}

/** `2 errors` */
export const severityCount: Record<Severity, (n: number) => string> = {
  error: n => plural(n, '{n} error', '{n} errors'),
  warning: n => plural(n, '{n} warning', '{n} warnings'),
  hint: n => plural(n, '{n} hint', '{n} hints'),
}

export const confidenceWords: Readonly<Record<Confidence, string>> = spokenTable({
  confirmed: mark('confirmed'),
  likely: mark('likely, not proven'),
  possible: mark('possible, one of several readings'),
})

export const riskWords: Readonly<Record<Risk, string>> = spokenTable({
  none: mark('nothing needs a restart'),
  'restart-vm': mark('the VM must be restarted'),
  reboot: mark('the host must be rebooted'),
  data: mark('the host can lose a disk, its network or data; read the caution first'),
})

export const statusWords: Readonly<Record<EvidenceStatus, string>> = spokenTable({
  ok: mark('read'),
  cut: mark('read in part'),
  absent: mark('not there'),
  denied: mark('no permission'),
  timeout: mark('took too long'),
  failed: mark('could not be read'),
})

export const layerWords: Readonly<Record<Layer, string>> = spokenTable({
  firmware: mark('firmware'),
  iommu: mark('IOMMU'),
  kernel: mark('kernel'),
  boot: mark('boot configuration'),
  binding: mark('driver binding'),
  isolation: mark('isolation'),
  reset: mark('device reset'),
  resources: mark('resources (BARs, windows)'),
  link: mark('PCIe link'),
  memory: mark('memory'),
  hypervisor: mark('hypervisor'),
  'vm-config': mark('VM configuration'),
  'guest-firmware': mark('guest firmware'),
  guest: mark('guest'),
  driver: mark('driver'),
  userspace: mark('userspace'),
  management: mark('management'),
  hygiene: mark('upkeep'),
})

/** Marks that are in every console font, as those of severities. */
export const linkWords: Record<ChainLink['verdict'], { readonly mark: string; readonly word: string }> = {
  passed: { mark: 'ok', get word() { return say('passed') } },
  failed: { mark: '×', get word() { return say('failed') } },
  unknown: { mark: '?', get word() { return say('not known') } },
  'not reached': { mark: '-', get word() { return say('not reached') } },
}

/** `likely, not proven: only a message speaks of it` */
export const confidenceAndReason = ({ confidence, reason }: Finding): string =>
  (reason === '' ? confidenceWords[confidence] : `${confidenceWords[confidence]}${say(': ')}${retold(reason)}`)

/** `4 bridges`: so many of each kind of PCI function, as `fn.kind` names them. */
export const kindCount: Readonly<Record<string, (n: number) => string>> = {
  gpu: n => plural(n, '{n} GPU', '{n} GPUs'),
  'gpu-audio': n => plural(n, '{n} audio function of a GPU', '{n} audio functions of GPUs'),
  accelerator: n => plural(n, '{n} accelerator', '{n} accelerators'),
  audio: n => plural(n, '{n} audio device', '{n} audio devices'),
  usb: n => plural(n, '{n} USB controller', '{n} USB controllers'),
  nvme: n => plural(n, '{n} NVMe drive', '{n} NVMe drives'),
  storage: n => plural(n, '{n} storage controller', '{n} storage controllers'),
  network: n => plural(n, '{n} network card', '{n} network cards'),
  bridge: n => plural(n, '{n} bridge', '{n} bridges'),
  'host-bridge': n => plural(n, '{n} host bridge', '{n} host bridges'),
  virtual: n => plural(n, '{n} virtual function', '{n} virtual functions'),
  other: n => plural(n, '{n} other', '{n} others'),
}

/** Which side a cure lies on. */
export const sides: Readonly<Record<string, string>> = spokenTable({
  firmware: mark("in the host's firmware setup"),
  host: mark('on the host'),
  hypervisor: mark("in the VM's configuration"),
  guest: mark('inside the guest'),
})

/** `on the host; the host must be rebooted` */
export function costOf(fix: Fix): string {
  const side = fix.side !== undefined && Object.hasOwn(sides, fix.side) ? sides[fix.side] : fix.side
  return [side, riskWords[fix.risk]].filter(Boolean).join(say('; '))
}

/** The words of a name; a VM that nothing names is called that in the reader's language. */
const vmName = (words: readonly string[]): string => (words.join(' ') === unnamedVm ? inLanguage(unnamedVm) : words.join(' '))

const subjectWords: Readonly<Record<string, (...names: string[]) => string>> = {
  host: () => say('the host'),
  function: (bdf = '') => say('PCI function {bdf}', { bdf }),
  group: (id = '') => say('IOMMU group {id}', { id }),
  vm: (...names) => say('VM {name}', { name: vmName(names) }),
  assignment: (...names) => say('{bdf} in VM {name}', { bdf: names.at(-1) ?? '', name: vmName(names.slice(0, -1)) }),
}

/** `function 0000:01:00.0` as `PCI function 0000:01:00.0`, `assignment win11 0000:01:00.0` as `0000:01:00.0 in VM win11`. */
export function subjectOf({ subject }: { readonly subject: string }): string {
  const [kind = '', ...names] = subject.split(' ')
  const words = Object.hasOwn(subjectWords, kind) ? subjectWords[kind] : undefined
  return words && (names.length > 0 || kind === 'host') ? words(...names) : subject
}

/** What fact paths stand for, in the words of the catalogue: `fn.driver` as `the driver that has it`; each once. */
export const factsInWords = (paths: readonly string[]): readonly string[] => [...new Set(paths.map(factInWords))]

function factInWords(path: string): string {
  const [root = '', key = ''] = path.split('.')
  if (root === 'log') return say('log messages')
  const catalogue: Readonly<Record<string, Readonly<Record<string, FactSpec>>>> = factCatalogue
  const facts = Object.hasOwn(catalogue, root) ? catalogue[root] : undefined
  const spec = facts && Object.hasOwn(facts, key) ? facts[key] : undefined
  if (spec === undefined) return path
  const about = shortAbout(spec.about)
  return spec.type === 'flag' ? say('whether {about}', { about }) : about
}

/** `3 rules`, `1 rule`, in English. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** What a fact is, without the explanation behind it. */
export const shortAbout = (about: string): string => (inLanguage(about).split(/: |; | \(|[：；（，]/)[0] ?? '').replace(/:$/, '')

/** Ahead of what is to be copied, or of a quote. */
export const withColon = (text: string): string => say('{text}:', { text })

/** `a, b` */
export const commas = (items: readonly string[]): string =>
  (items.length === 0 ? '' : items.reduce((some, next) => say('{some}, {next}', { some, next })))

/** `a, b and c` */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : say('{some} and {last}', { some: commas(items.slice(0, -1)), last: items.at(-1) ?? '' })

/** `7 more`, behind a list that is cut. */
export const more = (n: number): string => say('{n} more', { n })

/** With a capital, unless it begins with a name such as modprobe.d or nvidia-smi. */
export const capitalised = (text: string): string => (/^[a-z]+(?![\w./-])/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text)
const uncapitalised = (text: string): string => (language() === 'en' ? text.charAt(0).toLowerCase() + text.slice(1) : text)

/** A step as a report shows it: a few words, and what is to be copied. */
export interface StepPart {
  readonly lead: string
  /** To be copied as it stands: a command, the text of a file. */
  readonly code?: string
  /** Prose that belongs to the step. */
  readonly prose?: string
}

/** The parts of one step in order; a step that only some hosts need says so first. */
export function partsOf(step: Step): readonly StepPart[] {
  const [first, ...rest] = bareParts(step)
  if (first === undefined || step.when === undefined) return first === undefined ? [] : [first, ...rest]
  return [{ ...first, lead: say('Only {when}, {lead}', { when: step.when, lead: uncapitalised(first.lead) }) }, ...rest]
}

function bareParts(step: Step): readonly StepPart[] {
  switch (step.kind) {
    case 'run': return [{ lead: say('Run'), code: step.command }]
    case 'write': return [{ lead: say('Write to {file}', { file: step.file }), code: step.text }]
    case 'append': return [{ lead: say('Append to {file}', { file: step.file }), code: step.text }]
    case 'set': return settingParts(step)
    case 'edit': return [{ lead: say('Edit'), code: step.target, prose: step.change }]
    case 'firmware': return [{ lead: say('In the firmware setup: {setting}', { setting: step.setting }) }]
    case 'reboot': return [{ lead: say('Reboot the host') }]
    case 'power-off': return [{ lead: say('Shut the host down, take its power away for ten seconds, and start it again') }]
    case 'note': return [{ lead: step.text }]
  }
}

function settingParts(step: Extract<Step, { kind: 'set' }>): readonly StepPart[] {
  const parts: StepPart[] = []
  const { file, name } = step
  if (step.value !== undefined) parts.push({ lead: say('In {file}, set {name} to', { file, name }), code: step.value })
  if (step.addWords !== undefined) parts.push({ lead: say('In {file}, add to {name}', { file, name }), code: step.addWords })
  if (step.removeWords !== undefined) parts.push({ lead: say('In {file}, take out of {name}', { file, name }), code: step.removeWords })
  return parts.length > 0 ? parts : [{ lead: say('In {file}, set {name}', { file, name }) }]
}

const isBinary = (id: string): boolean => {
  const kind = kindOf(id)
  return kind !== null && 'binary' in evidenceKinds[kind]
}

/** Whether `where` of the quote counts lines; it is a byte offset in a table. */
export const hasLines = (quote: Quote): boolean => !isBinary(quote.evidence)

/** `dmesg, line 812`, `/sys/firmware/acpi/tables/DMAR, offset 0x30` */
export function sourceOf(quote: Quote): string {
  const from = shortened(quote.from || quote.evidence)
  if (!hasLines(quote)) return say('{from}, offset {offset}', { from, offset: `0x${quote.where.toString(16)}` })
  return quote.where > 0 ? say('{from}, line {line}', { from, line: quote.where }) : from
}

/** A long command by its beginning; the list of evidence has the whole. Paths stay whole. */
const shortened = (from: string): string => (from.length <= 80 || !from.slice(20, 70).includes(' ') ? from : `${from.slice(0, 70).replace(/ \S*$/, '')} …`)

/** `rules/local/x.yaml:14:9` */
export const placeOf = ({ file, line, column }: Broken): string => [file, line, column].filter(part => part !== undefined).join(':')

/** `seen 12 times, from 3.4 s after boot to 812.1 s after boot, 4 more in earlier boots`; null where no log line is behind it, or one without a time. */
export function timesSeen({ times }: Finding): string | null {
  if (!times) return null
  const { count, first, last, of, earlier } = times
  const [from, to] = [first && timeInWords(first), last && timeInWords(last)]
  const parts = [
    count > 1 ? say('seen {n} times', { n: count }) : from === null ? null : say('seen {time}', { time: from }),
    count === 1 || from === null || to === null ? null : from === to ? from : say('from {first} to {last}', { first: from, last: to }),
    of === 'last boot' ? say('in the last boot of the log') : of === 'last run' ? say('in the last run of the VM') : null,
    earlier === 0 ? null : of === 'last run' ? say('{n} more in earlier runs', { n: earlier }) : say('{n} more in earlier boots', { n: earlier }),
  ].filter(part => part !== null)
  return count === 1 && from === null && earlier === 0 ? null : commas(parts)
}

/** A log's clock stands as the log has it: many logs do not tell their time zone. */
const timeInWords = (time: LogTime): string =>
  ('clock' in time ? time.clock.slice(0, 19).replace('T', ' ') : say('{seconds} s after boot', { seconds: time.sinceBoot.toFixed(1) }))

/** The address as a browser would ask for it, in ASCII alone, if it is one on the web; null for anything else. */
export function webAddress(at: string): string | null {
  if (!/^https?:\/\/[^\s\\]+$/i.test(at) || !URL.canParse(at)) return null
  const { href } = new URL(at)
  return /^[\x21-\x7e]+$/.test(href) ? href : null
}

/** `230 lines, 45 facts, 3 lines not understood` */
export const sizeOf = ({ lines, facts, notUnderstood }: EvidenceNote): string => commas([
  ...(lines === undefined ? [] : [plural(lines, '{n} line', '{n} lines')]),
  ...(facts === undefined ? [] : [plural(facts, '{n} fact', '{n} facts')]),
  ...(notUnderstood === undefined ? [] : [plural(notUnderstood, '{n} line not understood', '{n} lines not understood')]),
])
