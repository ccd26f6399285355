/** How the reports put things: the words for severities, risks, statuses and steps, the same in every form. */
import type { EvidenceStatus } from '../model/evidence.ts'
import type { Broken, ChainLink, Finding, Fix, Quote, Step } from '../model/finding.ts'
import type { Confidence, Layer, Risk, Severity } from '../model/rule.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { kindOf } from '../model/evidence.ts'
import { factCatalogue } from '../model/fact-catalogue.ts'
import type { FactSpec } from '../model/fact.ts'

/** The mark is in every console font (Linux VT, FreeBSD vt); the word beside it carries the meaning. */
export const severityWords: Record<Severity, { readonly mark: string; readonly word: string; readonly many: string }> = {
  error: { mark: '×', word: 'error', many: 'errors' },
  warning: { mark: '!', word: 'warning', many: 'warnings' },
  hint: { mark: 'i', word: 'hint', many: 'hints' },
}

export const confidenceWords: Record<Confidence, string> = {
  confirmed: 'confirmed',
  likely: 'likely, not proven',
  possible: 'possible, one of several readings',
}

export const riskWords: Record<Risk, string> = {
  none: 'nothing needs a restart',
  'restart-vm': 'the VM must be restarted',
  reboot: 'the host must be rebooted',
  data: 'the host can lose a disk, its network or data; read the caution first',
}

export const statusWords: Record<EvidenceStatus, string> = {
  ok: 'read',
  cut: 'read in part',
  absent: 'not there',
  denied: 'no permission',
  timeout: 'took too long',
  failed: 'could not be read',
}

export const layerWords: Record<Layer, string> = {
  firmware: 'firmware',
  iommu: 'IOMMU',
  kernel: 'kernel',
  boot: 'boot configuration',
  binding: 'driver binding',
  isolation: 'isolation',
  reset: 'device reset',
  resources: 'resources (BARs, windows)',
  link: 'PCIe link',
  memory: 'memory',
  hypervisor: 'hypervisor',
  'vm-config': 'VM configuration',
  'guest-firmware': 'guest firmware',
  guest: 'guest',
  driver: 'driver',
  userspace: 'userspace',
  management: 'management',
  hygiene: 'upkeep',
}

/** Marks that are in every console font, as those of severities. */
export const linkWords: Record<ChainLink['verdict'], { readonly mark: string; readonly word: string }> = {
  passed: { mark: 'ok', word: 'passed' },
  failed: { mark: '×', word: 'failed' },
  unknown: { mark: '?', word: 'not known' },
}

/** One and many of each kind of PCI function, as `fn.kind` names them. */
export const kindWords: Readonly<Record<string, readonly [string, string]>> = {
  gpu: ['GPU', 'GPUs'],
  'gpu-audio': ['audio function of a GPU', 'audio functions of GPUs'],
  accelerator: ['accelerator', 'accelerators'],
  audio: ['audio device', 'audio devices'],
  usb: ['USB controller', 'USB controllers'],
  nvme: ['NVMe drive', 'NVMe drives'],
  storage: ['storage controller', 'storage controllers'],
  network: ['network card', 'network cards'],
  bridge: ['bridge', 'bridges'],
  'host-bridge': ['host bridge', 'host bridges'],
  virtual: ['virtual function', 'virtual functions'],
  other: ['other', 'others'],
}

const sides: Readonly<Record<string, string>> = {
  firmware: "in the host's firmware setup",
  host: 'on the host',
  hypervisor: "in the VM's configuration",
  guest: 'inside the guest',
}

/** `on the host; the host must be rebooted` */
export function costOf(fix: Fix): string {
  const side = fix.side !== undefined && Object.hasOwn(sides, fix.side) ? sides[fix.side] : fix.side
  return [side, riskWords[fix.risk]].filter(Boolean).join('; ')
}

const subjectWords: Readonly<Record<string, (...names: string[]) => string>> = {
  host: () => 'the host',
  function: bdf => `PCI function ${bdf}`,
  group: id => `IOMMU group ${id}`,
  vm: (...name) => `VM ${name.join(' ')}`,
  assignment: (...names) => `${names.at(-1)} in VM ${names.slice(0, -1).join(' ')}`,
}

/** `function 0000:01:00.0` as `PCI function 0000:01:00.0`, `assignment win11 0000:01:00.0` as `0000:01:00.0 in VM win11`. */
export function subjectOf({ subject }: { readonly subject: string }): string {
  const [kind = '', ...names] = subject.split(' ')
  const say = Object.hasOwn(subjectWords, kind) ? subjectWords[kind] : undefined
  return say && (names.length > 0 || kind === 'host') ? say(...names) : subject
}

/** What fact paths stand for, in the words of the catalogue: `fn.driver` as `the driver that has it`; each once. */
export const factsInWords = (paths: readonly string[]): readonly string[] => [...new Set(paths.map(factInWords))]

function factInWords(path: string): string {
  const [root = '', key = ''] = path.split('.')
  if (root === 'log') return 'log messages'
  const catalogue: Readonly<Record<string, Readonly<Record<string, FactSpec>>>> = factCatalogue
  const facts = Object.hasOwn(catalogue, root) ? catalogue[root] : undefined
  const spec = facts && Object.hasOwn(facts, key) ? facts[key] : undefined
  if (spec === undefined) return path
  const about = (spec.about.split(/: |; | \(/)[0] ?? '').replace(/:$/, '')
  return spec.type === 'flag' ? `whether ${about}` : about
}

/** `3 rules`, `1 rule` */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** `a, b and c` */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

/** With a capital, unless it begins with a name such as modprobe.d or nvidia-smi. */
export const capitalised = (text: string): string => (/^[a-z]+(?![\w./-])/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text)
const uncapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

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
  return [{ ...first, lead: `Only ${step.when}, ${uncapitalised(first.lead)}` }, ...rest]
}

function bareParts(step: Step): readonly StepPart[] {
  switch (step.kind) {
    case 'run': return [{ lead: 'Run', code: step.command }]
    case 'write': return [{ lead: `Write to ${step.file}`, code: step.text }]
    case 'append': return [{ lead: `Append to ${step.file}`, code: step.text }]
    case 'set': return settingParts(step)
    case 'edit': return [{ lead: 'Edit', code: step.target, prose: step.change }]
    case 'firmware': return [{ lead: `In the firmware setup: ${step.setting}` }]
    case 'reboot': return [{ lead: 'Reboot the host' }]
    case 'power-off': return [{ lead: 'Shut the host down, take its power away for ten seconds, and start it again' }]
    case 'note': return [{ lead: step.text }]
  }
}

function settingParts(step: Extract<Step, { kind: 'set' }>): readonly StepPart[] {
  const parts: StepPart[] = []
  if (step.value !== undefined) parts.push({ lead: `In ${step.file}, set ${step.name} to`, code: step.value })
  if (step.addWords !== undefined) parts.push({ lead: `In ${step.file}, add to ${step.name}`, code: step.addWords })
  if (step.removeWords !== undefined) parts.push({ lead: `In ${step.file}, take out of ${step.name}`, code: step.removeWords })
  return parts.length > 0 ? parts : [{ lead: `In ${step.file}, set ${step.name}` }]
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
  if (!hasLines(quote)) return `${from}, offset 0x${quote.where.toString(16)}`
  return quote.where > 0 ? `${from}, line ${quote.where}` : from
}

/** A long command by its beginning; the list of evidence has the whole. Paths stay whole. */
const shortened = (from: string): string => (from.length <= 80 || !from.slice(20, 70).includes(' ') ? from : `${from.slice(0, 70).replace(/ \S*$/, '')} …`)

/** `rules/local/x.yaml:14:9` */
export const placeOf = ({ file, line, column }: Broken): string => [file, line, column].filter(part => part !== undefined).join(':')

/** `seen 12 times`, or null where a count says nothing. */
export const timesSeen = (finding: Finding): string | null =>
  finding.count !== undefined && finding.count > 1 ? `seen ${finding.count} times` : null

/** The address as a browser would ask for it, in ASCII alone, if it is one on the web; null for anything else. */
export function webAddress(at: string): string | null {
  if (!/^https?:\/\/[^\s\\]+$/i.test(at) || !URL.canParse(at)) return null
  const { href } = new URL(at)
  return /^[\x21-\x7e]+$/.test(href) ? href : null
}
