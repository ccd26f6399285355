/** What a fix claims of the host (this parameter has that value, this driver has that function), and where two fixes contradict each other. */
import type { Finding, Fix, Step } from '../model/finding.ts'
import { say } from '../language/say.ts'
import { sysfsWrite, sysrc, vmOf } from './plan-commands.ts'

/** `what` is to be `value`; null: is not to be there, whatever its value. */
interface Claim { readonly what: string; readonly value: string | null; readonly says: string }

/** Parameters of which several settings are joined with commas into one: of several only the last counts. */
export const joined: ReadonlySet<string> = new Set(['vfio_pci.ids', 'module_blacklist', 'initcall_blacklist', 'nouveau.config', 'i915.force_probe', 'xe.force_probe', 'pcie_acs_override'])
/** Parameters that may stand there several times, each time with another meaning (kernel-parameters.txt). */
export const repeated: ReadonlySet<string> = new Set(['pci', 'video', 'console', 'earlycon', 'ivrs_ioapic', 'ivrs_hpet', 'ivrs_acpihid', 'hugepagesz', 'hugepages', 'memmap'])

/** `vfio-pci.ids=…` as `vfio_pci.ids`: the kernel takes both for one (kernel/params.c, parameq). */
export const parameterName = (word: string): string => (word.split('=', 1)[0] as string).replaceAll('-', '_')
const valueOf = (word: string): string => (word.includes('=') ? word.slice(word.indexOf('=') + 1) : '')

/** Words of the kernel command line put together: the same once, lists joined, of `on` and `on,igfx_off` the longer. */
export function joinedParameters(words: readonly string[]): string[] {
  const kept: string[] = []
  for (const word of words) {
    const name = parameterName(word)
    const at = repeated.has(name) ? kept.indexOf(word) : kept.findIndex(other => parameterName(other) === name)
    if (at < 0) kept.push(word)
    else if (!repeated.has(name)) kept[at] = joined.has(name) || within(valueOf(kept[at] as string), valueOf(word)) ? `${(kept[at] as string).split('=', 1)[0]}${valuesOf(kept[at] as string, word)}` : kept[at] as string
  }
  return kept
}
const valuesOf = (...words: readonly string[]): string => {
  const values = [...new Set(words.flatMap(word => valueOf(word).split(',')).filter(Boolean))]
  return values.length > 0 ? `=${values.join(',')}` : ''
}

/** Whether the one list of words says no more than the other. */
function within(a: string, b: string): boolean {
  const [one, other] = [a.split(','), b.split(',')]
  return one.every(word => other.includes(word)) || other.every(word => one.includes(word))
}

export interface Contradiction { readonly because: string; readonly with: number }

/** The claims of the fixes that are in a plan. */
export class Claims {
  readonly #held = new Map<string, { readonly claim: Claim; readonly by: number }[]>()

  /** Why the fix cannot stand beside those that were taken; null: it can. */
  against(finding: Finding, fix: Fix): Contradiction | null {
    for (const claim of claimsOf(finding, fix)) {
      const held = this.#held.get(claim.what)?.find(other => contradicts(claim, other.claim))
      if (held) return { because: say('it {claim}, and the plan {held}', { claim: claim.says, held: held.claim.says }), with: held.by }
    }
    return null
  }

  take(finding: Finding, fix: Fix, by: number): void {
    for (const claim of claimsOf(finding, fix)) this.#held.set(claim.what, [...(this.#held.get(claim.what) ?? []), { claim, by }])
  }
}

function contradicts(a: Claim, b: Claim): boolean {
  if (a.value === null || b.value === null) return (a.value === null) !== (b.value === null)
  const name = a.what.replace(/^parameter /, '')
  return a.value !== b.value && !joined.has(name) && !repeated.has(name) && !within(a.value, b.value)
}

function claimsOf(finding: Finding, fix: Fix): Claim[] {
  const claims = fix.steps.flatMap(step => [...parameterClaims(step), ...fileClaims(step, finding), ...(step.kind === 'run' ? commandClaims(step.command) : []), ...firmwareClaims(step), ...vmClaims(step, finding)])
  // Unbinding on the way to another driver is no end in itself.
  return claims.filter(claim => claim.value !== 'none' || !claims.some(other => other.what === claim.what && other.value !== 'none'))
}

const one = (what: string, value: string, says: string): Claim => ({ what, value, says })

function parameterClaims(step: Step): Claim[] {
  const { add, remove } = step.parameters ?? { add: [], remove: [] }
  return [
    ...add.flatMap(word => [one(`parameter ${parameterName(word)}`, valueOf(word), say('puts {word} on the kernel command line', { word })), one(`word ${word}`, 'there', say('puts {word} on the kernel command line', { word })),
      ...(parameterName(word) === 'module_blacklist' ? valueOf(word).split(',').map(name => loads(name, 'no')) : [])]),
    ...remove.map((word): Claim => ({ what: word.includes('=') ? `word ${word}` : `parameter ${parameterName(word)}`, value: null, says: say('takes {word} off the kernel command line', { word }) })),
  ]
}

const loads = (module: string, value: 'yes' | 'no'): Claim => one(`load ${module.replaceAll('-', '_')}`, value, value === 'yes' ? say('needs the module {module}', { module }) : say('keeps the module {module} from loading', { module }))

function fileClaims(step: Step, { subject }: Finding): Claim[] {
  if (step.kind === 'set') {
    return step.parameters ? [] : [
      ...(step.value !== undefined ? [one(`${step.file} ${step.name}`, step.value, say('sets {name} to {value}', { name: step.name, value: step.value }))] : []),
      ...wordsOf(step.addWords).map(word => one(`${step.file} ${step.name} ${word}`, 'there', say('puts {word} into {name}', { word, name: step.name }))),
      ...wordsOf(step.removeWords).map((word): Claim => ({ what: `${step.file} ${step.name} ${word}`, value: null, says: say('takes {word} out of {name}', { word, name: step.name }) })),
    ]
  }
  if (step.kind !== 'write' && step.kind !== 'append') return []
  return step.text.split('\n').flatMap(line => {
    const [word = '', module = '', ...rest] = line.trim().split(/\s+/)
    if (step.file.startsWith('/etc/modules-load.d/') && module === '' && /^\w/.test(word)) return [loads(word, 'yes')]
    if (!step.file.startsWith('/etc/modprobe.d/')) return []
    if (word === 'blacklist') return [loads(module, 'no')]
    if (word !== 'options') return []
    const bdf = subject.split(' ').find(part => /^[0-9a-f]{4}:/.test(part))
    return rest.flatMap(option => [
      one(`parameter ${parameterName(`${module}.${option}`)}`, valueOf(option), say('sets {option} for {module}', { option, module })),
      ...(bdf !== undefined && module.replaceAll('-', '_') === 'vfio_pci' && option.startsWith('ids=') ? [drives(bdf, 'vfio-pci')] : []),
    ])
  })
}

const wordsOf = (text = ''): string[] => text.split(/\s+/).filter(Boolean)
const drives = (bdf: string, driver: string): Claim => one(`driver ${bdf}`, driver, driver === 'none' ? say('takes the driver from {bdf}', { bdf }) : say('needs {driver} on {bdf}', { driver, bdf }))

type Reading = readonly [RegExp, (...groups: string[]) => Claim[]]
const readings: readonly Reading[] = [
  [/^virsh nodedev-detach pci_(\w{4})_(\w\w)_(\w\w)_(\w)$/, (domain, bus, slot, fn) => [drives(`${domain}:${bus}:${slot}.${fn}`, 'vfio-pci')]],
  [/^driverctl set-override (\S+) (\S+)$/, (bdf, driver) => [drives(bdf, driver)]],
  [/^driverctl unset-override (\S+)$/, bdf => [drives(bdf, 'none')]],
  [/^devctl set driver (?:-f )?(\S+) (\S+)$/, (selector, driver) => [drives(selector, driver)]],
  [/^nvidia-smi\b.* -i ([0-9a-f]{4}:\S+)/, bdf => [drives(bdf, 'nvidia')]],
  [/^modprobe (?!-)(\S+)$/, module => [loads(module, 'yes')]],
  [/^systemctl enable(?: --now)? (\S+)$/, unit => [one(`unit ${unit}`, 'on', say('switches {unit} on', { unit }))]],
  [/^systemctl (?:disable|mask)(?: --now)? (\S+)$/, unit => [one(`unit ${unit}`, 'off', say('switches {unit} off', { unit }))]],
  [/^qm set (\S+) (.+)$/, (vmid, options) => [...options.matchAll(/(?:^| )--?([a-z]\w*) ('[^']*'|\S+)/g)].map(([, option = '', value = '']): Claim => (option === 'delete'
    ? { what: `vm ${vmid} ${value}`, value: null, says: say('takes {value} out of VM {vmid}', { value, vmid }) } : one(`vm ${vmid} ${option}`, value, say('sets {option} of VM {vmid} to {value}', { option, vmid, value }))))],
]

function commandClaims(command: string): Claim[] {
  const written = sysfsWrite(command)
  if (written) return sysfsClaims(written.file, written.value)
  const settings = sysrc(command)
  if (settings) {
    return settings.changes.flatMap(({ name, how, value }): Claim[] => {
      const what = `${settings.file} ${name}`
      if (how === 'unset') return [{ what, value: null, says: say('takes {name} out of {file}', { name, file: settings.file }) }]
      if (how === '=') return [one(what, value, say('sets {name} to {value}', { name, value }))]
      return wordsOf(value).map((word): Claim => (how === '+=' ? one(`${what} ${word}`, 'there', say('puts {word} into {name}', { word, name })) : { what: `${what} ${word}`, value: null, says: say('takes {word} out of {name}', { word, name }) }))
    })
  }
  for (const [pattern, claims] of readings) {
    const found = pattern.exec(command)
    if (found) return claims(...found.slice(1))
  }
  return []
}

function sysfsClaims(file: string, value: string): Claim[] {
  const device = /^\/sys\/bus\/pci\/devices\/([0-9a-f:.]+)\/(?:driver\/)?(\w+)$/.exec(file)
  const [, bdf = '', name = ''] = device ?? []
  if (name === 'unbind') return [drives(bdf, 'none')]
  if (name === 'driver_override') return value === '' ? [] : [drives(bdf, value)]
  const bound = /^\/sys\/bus\/pci\/drivers\/([\w-]+)\/bind$/.exec(file)
  if (bound) return [drives(value, bound[1] as string)]
  return /\/(?:remove|rescan|reset|new_id|remove_id|drivers_probe|compact_memory|drop_caches)$/.test(file) ? [] : [one(file, value, say('writes {value} to {file}', { value: value === '' ? 'nothing' : value, file }))]
}

/** `"Re-Size BAR Support" = Enabled, CSM = Disabled; …` */
function firmwareClaims(step: Step): Claim[] {
  if (step.kind !== 'firmware') return []
  return step.setting.split(/[;,]/).flatMap(part => {
    const found = /^ *(?:[^"=]*"([^"]+)"(?: or "[^"]+")*|([\w -]+)) *(?:\([^)]*\) *)?= *(Enabled|Disabled)\b/.exec(part.slice(0, 300))
    const name = (found?.[1] ?? found?.[2] ?? '').trim()
    return found === null || name === '' ? [] : [one(`firmware ${name.toLowerCase()}`, found[3] as string, say('sets {name} to {value} in firmware', { name, value: found[3] as string }))]
  })
}

/** Elements that an edit of a domain puts in or takes out. */
function vmClaims(step: Step, { subject }: Finding): Claim[] {
  if (step.kind !== 'edit') return []
  const vm = vmOf(step.target)
  if (vm === null) return []
  const out = /^(?:take|remove|without)\b/.test(step.change)
  const name = vm === '' ? subject : vm
  return [...step.change.matchAll(/<[a-z][^<>]*>/g)].map(([element]): Claim => ({ what: `vm ${name} ${element}`, value: out ? null : 'there', says: `${out ? 'takes' : 'puts'} ${element} ${out ? 'out of' : 'into'} the VM` }))
}
