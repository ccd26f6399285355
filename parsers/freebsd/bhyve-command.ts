import type { Bdf } from '../../model/bdf.ts'
import { bdfFromNumbers } from '../../model/bdf.ts'
import { textOf, type Evidence } from '../../model/evidence.ts'
import { derived, known } from '../../model/fact.ts'
import type { AssignmentFacts, Contribution, VmFacts } from '../../model/snapshot.ts'
import { draft, type Draft, type Facts } from '../qemu/draft.ts'
import { linesOf } from '../tree.ts'
import { functionOfSelector } from './address.ts'
import { isNmdmTypo } from './nmdm.ts'
import { commandsOf, type Word } from './shell.ts'
import { isVmName, vmOfEvidence } from './vm-name.ts'
import { isWholeFile } from './whole-file.ts'

/** Options that take a value (getopt strings of bhyverun.c 12 to 15, bhyveload.c, grub2-bhyve's main.c). */
const programs = {
  bhyve: { takes: 'kfopgGcsmlKUr', long: {} },
  bhyveload: { takes: 'cdehlm', long: {} },
  'grub-bhyve': { takes: 'rdgmMc', long: { root: 'r', directory: 'd', 'grub-cfg': 'g', 'device-map': 'm', memory: 'M', 'cons-dev': 'c', evga: 'e', ncons: 'n', wire: 'S' } },
} as const
type Program = keyof typeof programs
const isProgram = (name: string): name is Program => Object.hasOwn(programs, name)

interface Option { readonly letter: string; readonly value: string; readonly line: number }
interface Call {
  readonly program: Program
  readonly line: number
  readonly options: readonly Option[]
  /** The VM's name, as a rule; more words are not read by the program. */
  readonly operands: readonly Word[]
  /** Variables nobody set may hold further options. */
  readonly open: boolean
}

/** Cuts the words behind a program into options as getopt(3) does: it stops at the first word that is none. */
function options(program: Program, words: readonly Word[], line: number, wrapped: boolean): Call {
  const { takes, long } = programs[program]
  const found: Option[] = []
  const operands: Word[] = []
  let open = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word
    const isOption = /^-./.test(word.text)
    if (!isOption && word.open && i < words.length - 1 && !word.text.includes('/')) {
      open = true
      continue
    }
    if (!isOption || (operands.length > 0 && !wrapped)) {
      operands.push(word)
      continue
    }
    if (word.text.startsWith('--')) {
      const [name = '', value] = word.text.slice(2).split('=', 2)
      const letter = Object.hasOwn(long, name) ? (long as Record<string, string>)[name] ?? '' : ''
      found.push({ letter, value: value ?? (letter !== '' && takes.includes(letter) ? words[++i]?.text ?? '' : ''), line: word.line })
      continue
    }
    for (let at = 1; at < word.text.length && at < 100; at++) {
      const letter = word.text[at] ?? ''
      if (!takes.includes(letter)) {
        found.push({ letter, value: '', line: word.line })
        continue
      }
      const glued = word.text.slice(at + 1)
      const next = glued === '' ? words[++i] : undefined
      if (next?.open && !/[,/=]/.test(next.text)) open ||= letter === 's' || letter === 'l'
      found.push({ letter, value: glued === '' ? next?.text ?? '' : glued, line: next?.line ?? word.line })
      break
    }
  }
  return { program, line, options: found, operands, open }
}

/** The program in a command and where it stands: behind sudo, env, nice, a prompt; null where none is started. */
function programIn(words: readonly Word[]): { program: Program, at: number } | null {
  const at = words.findIndex(({ text }, i) => isProgram(text.replace(/^.*\//, '')) && /^[-$]/.test(words[i + 1]?.text ?? '') && i < 24)
  const program = words[at]?.text.replace(/^.*\//, '') ?? ''
  return at >= 0 && isProgram(program) ? { program, at } : null
}

/** A broken line goes on while bhyve has no VM's name yet, in a log up to the next date. */
function isOpen(words: readonly Word[], next: string, inLog: boolean): boolean {
  const found = programIn(words)
  if (!found || next.trim() === '') return false
  const last = words.at(-1)?.text ?? ''
  return inLog || /^\s*-[A-Za-z]/.test(next) || /^-[slcmkU]$/.test(last)
}

/** Bytes of K, M, G, T in MiB. */
const units: Readonly<Record<string, number>> = { k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20 }

/** MiB of bhyve's memory size: a suffix, or a bare number in MiB below 2^20 and in bytes above (vm_parse_memsize). */
export function memoryMiB(text: string): number | undefined {
  const parts = /^(\d{1,15})([kmgt])?b?$/i.exec(text.trim())
  if (!parts) return undefined
  const size = Number(parts[1])
  const unit = parts[2]?.toLowerCase()
  if (unit !== undefined) return size * (units[unit] ?? 1)
  return size < 2 ** 20 ? size : size / 2 ** 20
}

/** `4`, `cpus=4,sockets=1,cores=2,threads=2`; without cpus the product of the rest. */
function cpus(text: string): number | undefined {
  const one = (name: string) => new RegExp(`(?:^|,)${name}=(\\d{1,4})(?:,|$)`).exec(text)?.[1]
  const plain = /^\d{1,4}(?=,|$)/.exec(text)?.[0] ?? one('cpus')
  if (plain !== undefined) return Number(plain)
  const parts = ['sockets', 'cores', 'threads'].flatMap(name => one(name) ?? [])
  return parts.length > 0 ? parts.map(Number).reduce((product, n) => product * n, 1) : undefined
}

/** The guest address of `slot`, `slot:func` or `bus:slot:func`, all decimal. */
export function guestAddress(slot: string): Bdf | null {
  const numbers = /^\d{1,3}(?::\d{1,3}){0,2}$/.test(slot) ? slot.split(':').map(Number) : []
  if (numbers.length === 0) return null
  const [bus, device, fn] = (numbers.length === 1 ? [0, ...numbers, 0] : numbers.length === 2 ? [0, ...numbers] : numbers) as [number, number, number]
  return bdfFromNumbers(0, bus, device, fn)
}

const appended = (to: Facts<VmFacts>, key: 'passthruByName' | 'passthruBad' | 'optionsAfterName', value: string, evidence: Evidence, line: number): void => {
  const before = to.facts[key]
  if ((before?.value?.length ?? 0) >= 64 || before?.value?.includes(value)) return
  Object.assign(to.facts, { [key]: derived([...(before?.value ?? []), value.slice(0, 200)], before, known(value, evidence.id, line)) })
}

/** One passthru device of a VM, however it was written; `source` as in the fact. */
export function passthru(into: Draft, evidence: Evidence, vm: string, device: { selector: string, slot: string | null, rom: string | null, source: 'command-line' | 'stored', line: number }): void {
  const { selector, slot, rom, source, line } = device
  const facts = into.vm(vm)
  const bdf = functionOfSelector(selector)
  const named = /^(?:\/dev\/)?(ppt\d{1,5})$/.exec(selector)?.[1]
  if (named !== undefined) return appended(facts, 'passthruByName', slot === null ? named : `${named} ${slot}`, evidence, line)
  if (bdf === null) appended(facts, 'passthruBad', selector, evidence, line)
  const assignment: Facts<AssignmentFacts> = into.assignment(vm, bdf, selector, line)
  assignment.set('managed', false, line)
  assignment.set('source', source, line)
  assignment.set('romFile', rom, line)
  assignment.set('guestAddress', slot === null ? null : guestAddress(slot), line)
}

const isCsm = (file: string): boolean => /csm/i.test(file.replace(/^.*\//, ''))

/** `-s`, whose value is `SLOT,EMULATION,CONFIGURATION`. */
function slotOption({ value, line }: Option, into: Draft, evidence: Evidence, vm: string): void {
  const [slot = '', emulation = '', ...config] = value.split(',')
  const facts = into.vm(vm)
  if (emulation === 'passthru') {
    const rom = config.find(part => part.startsWith('rom='))?.slice(4) ?? null
    passthru(into, evidence, vm, { selector: config[0] ?? '', slot, rom, source: 'command-line', line })
  } else if (emulation === 'fbuf') {
    facts.set('fbuf', true, line)
    facts.set('fbufWait', config.includes('wait'), line)
    if (config.some(part => /^password=./.test(part))) into.host.set('cmdlineSecrets', ['fbuf password'], line)
  }
}

function lpcOption({ value, line }: Option, into: Draft, vm: string): void {
  const [device = '', path = ''] = value.split(',')
  if (device === 'bootrom') bootrom(into.vm(vm), path, line)
  if (!/^com\d$/.test(device)) return
  const facts = into.vm(vm)
  if (device === 'com1' || !facts.has('console')) facts.set('console', path, line)
  if (isNmdmTypo(path)) addTypo(into, path, line)
}

function addTypo(into: Draft, path: string, line: number): void {
  const before = into.host.facts.remoteNmdmTypos?.value ?? []
  if (!before.includes(path) && before.length < 64) into.host.set('remoteNmdmTypos', [...before, path], line)
}

function bootrom(facts: Facts<VmFacts>, path: string, line: number): void {
  facts.set('firmwareFile', path, line)
  facts.set('firmware', isCsm(path) ? 'bhyve-csm' : 'bhyve-uefi', line)
  facts.set('loader', isCsm(path) ? 'uefi-csm' : 'uefi', line)
  facts.set('loaderWired', null, line)
}

interface Occupied { readonly slot: string, readonly passed: string | null, readonly line: number }

/** `-s SLOT,EMULATION,CONFIGURATION` as the slot it fills. */
function occupied({ value, line }: Option): Occupied {
  const [slot = '', emulation = '', selector = ''] = value.split(',')
  return { slot, passed: emulation === 'passthru' ? selector : null, line }
}

/** Guests look at function 0 of a slot first; what is passed as another function of a slot without one is never seen. */
function setUnseen(facts: Facts<VmFacts>, devices: readonly Occupied[]): void {
  const taken = new Set<string | null>(devices.map(({ slot }) => guestAddress(slot)))
  // Without the host bridge these are a few options of many.
  if (!taken.has('0000:00:00.0')) return
  const hidden = devices.filter(({ slot, passed }) => {
    const address = passed === null ? null : guestAddress(slot)
    return address !== null && !taken.has(address.replace(/\.\d$/, '.0'))
  }).slice(0, 64)
  const line = (hidden[0] ?? devices[0])?.line
  if (line !== undefined) facts.set('passthruUnseen', hidden.map(({ slot, passed }) => `${slot} ${passed ?? ''}`.slice(0, 200)), line)
}

/** A truth value of bhyve_config (usr.sbin/bhyve/config.c, parse_config_bool). */
const isTrue = (value: string): boolean => /^(?:true|on|yes|1)$/i.test(value)

/** bhyve_config(5): `memory.size=4G`, `pci.0.8.0.device=passthru`; from -o or a file given with -k. Gives the slots it fills. */
function readConfig(settings: ReadonlyMap<string, { value: string, line: number }>, into: Draft, evidence: Evidence, vm: string): readonly Occupied[] {
  const facts = into.vm(vm)
  const devices: Occupied[] = []
  for (const [name, { value, line }] of settings) {
    const slot = /^pci\.(\d{1,3})\.(\d{1,2})\.(\d)\.device$/.exec(name)
    if (name === 'memory.size') facts.set('memoryMiB', memoryMiB(value), line)
    else if (name === 'memory.wired') facts.set('wired', isTrue(value), line)
    else if (name === 'cpus') facts.set('vcpus', cpus(value), line)
    else if (name === 'lpc.bootrom' || name === 'bootrom') bootrom(facts, value, line)
    else if (/^lpc\.com1\.path$/.test(name)) lpcOption({ letter: 'l', value: `com1,${value}`, line }, into, vm)
    else if (slot && value !== 'passthru') devices.push({ slot: slot.slice(1).join(':'), passed: null, line })
    if (slot && value === 'passthru') {
      const of = (key: string) => settings.get(name.replace(/device$/, key))?.value
      const address = [of('bus'), of('slot'), of('func')]
      // illumos names the node of the device: path=/dev/ppt0
      const selector = of('pptdev') ?? of('path') ?? (address.every(part => part !== undefined) ? address.join('/') : '')
      devices.push({ slot: slot.slice(1).join(':'), passed: selector, line })
      passthru(into, evidence, vm, { selector, slot: slot.slice(1).join(':'), rom: of('rom') ?? null, source: 'command-line', line })
    } else if (slot && value === 'fbuf') {
      facts.set('fbuf', true, line)
      facts.set('fbufWait', isTrue(settings.get(name.replace(/device$/, 'wait'))?.value ?? ''), line)
    }
  }
  return devices
}

/** What one call of bhyve says about its VM. */
export function readBhyve(call: Pick<Call, 'options' | 'line'> & { readonly open: boolean }, into: Draft, evidence: Evidence, vm: string): void {
  const facts = into.vm(vm)
  const config = new Map<string, { value: string, line: number }>()
  for (const option of call.options) {
    const { letter, value, line } = option
    if (letter === 'S') facts.set('wired', true, line)
    else if (letter === 'm') facts.set('memoryMiB', memoryMiB(value), line)
    else if (letter === 'c') facts.set('vcpus', cpus(value), line)
    else if (letter === 's') slotOption(option, into, evidence, vm)
    else if (letter === 'l') lpcOption(option, into, vm)
    else if (letter === 'o') {
      const [name = '', ...rest] = value.split('=')
      config.set(name, { value: rest.join('='), line })
    }
  }
  const devices = [...call.options.filter(({ letter }) => letter === 's').map(occupied), ...readConfig(config, into, evidence, vm)]
  if (!call.open && !call.options.some(({ letter }) => letter === 'k')) setUnseen(facts, devices)
}

/** What a whole call shows by not saying it. */
function absences(call: Call, facts: Facts<VmFacts>): void {
  if (call.open || call.options.some(({ letter }) => letter === 'k')) return
  const has = (letter: string, value = '') => call.options.some(o => o.letter === letter && o.value.startsWith(value))
  if (!has('S') && !has('o', 'memory.wired=')) facts.set('wired', false, call.line)
  if (!has('l', 'bootrom') && !has('o', 'lpc.bootrom=') && !has('o', 'bootrom=')) facts.set('firmwareFile', null, call.line)
}

function readLoader(call: Call, into: Draft, vm: string): void {
  const facts = into.vm(vm)
  const grub = call.program === 'grub-bhyve'
  facts.set('loader', call.program, call.line)
  facts.set('firmware', grub ? 'grub' : 'bhyveload', call.line)
  const wired = call.options.find(({ letter }) => letter === 'S')
  if (wired || !call.open) facts.set('loaderWired', wired !== undefined, wired?.line ?? call.line)
  for (const { letter, value, line } of call.options) {
    if (letter === (grub ? 'M' : 'm')) facts.set('loaderMemoryMiB', memoryMiB(value), line)
    else if (letter === 'm') facts.set('deviceMap', value, line)
  }
}

/** Files that a script writes (`> fedora.map`, `tee fedora.map`) against the device map that grub-bhyve is given. */
function deviceMapMissing(body: string, into: Draft, maps: readonly { path: string, line: number }[]): void {
  if (maps.length === 0) return
  const written = new Set<string>()
  for (const { text } of linesOf(body)) {
    for (const [, path] of text.matchAll(/(?:>|\b(?:tee|vi|vim|ee|nano|cat)\s)\s{0,8}(\/[^\s;&|<>"']{1,300}\.map)\b/g)) if (path !== undefined && written.size < 100) written.add(path)
  }
  if (written.size === 0) return
  const base = (path: string) => path.replace(/^.*\//, '')
  const missing = maps.filter(({ path }) => path.startsWith('/') && !written.has(path) && [...written].some(one => base(one) === base(path)))
  into.host.set('deviceMapMissing', [...new Set(missing.map(({ path }) => path))], (missing[0] ?? maps[0])?.line ?? 1)
}

/** `  712 bhyve: fedora (bhyve)`: a running bhyve shows its VM and not its options (setproctitle in bhyverun.c). */
const title = /^\s*\d{1,7}\s.{0,200}?\bbhyve: ([\w.@:+-]{1,229})(?: \(bhyve\))?\s*$/
const bracket = /\[(bhyve options|bhyve devices|bhyve console|loader|memory|cpu): ([^\]]{0,4000})\]/

/** vm-bhyve.log tells a start in several lines; the last start counts. */
function readVmBhyveLog(body: string, into: Draft, evidence: Evidence): void {
  const parts = new Map<string, { text: string, line: number }>()
  for (const { text, line } of linesOf(body)) {
    const found = bracket.exec(text)
    if (found) parts.set(found[1] ?? '', { text: found[2] ?? '', line })
  }
  if (!parts.has('bhyve options') && !parts.has('bhyve devices')) return
  const words = ['bhyve options', 'bhyve devices', 'bhyve console'].flatMap(key => {
    const part = parts.get(key)
    return part ? part.text.split(/\s+/).filter(Boolean).map(text => ({ text, line: part.line, open: false })) : []
  })
  const call = options('bhyve', words, parts.get('bhyve options')?.line ?? 1, true)
  const console = parts.get('bhyve console')?.text
  const vm = vmOfEvidence(evidence) ?? /\/dev\/nmdm-([\w.@+-]{1,200})\.\d+[AB]/.exec(console ?? '')?.[1]
  if (vm === undefined || !isVmName(vm)) return
  const facts = into.vm(vm)
  facts.set('name', vm, call.line)
  facts.set('hypervisor', 'vm-bhyve', call.line)
  readBhyve(call, into, evidence, vm)
  if (parts.has('bhyve options')) absences(call, facts)
  const loader = parts.get('loader')
  const kind = loader && /^(bhyveload|grub)\b/.exec(loader.text.trim())?.[1]
  if (loader && kind) {
    facts.set('loader', kind === 'grub' ? 'grub-bhyve' : kind, loader.line)
    facts.set('firmware', kind, loader.line)
  }
}

/** A file of bhyve_config(5) lines, found where no command line is. */
function readConfigFile(body: string, into: Draft, evidence: Evidence): void {
  const settings = new Map<string, { value: string, line: number }>()
  for (const { text, line } of linesOf(body)) {
    const parts = /^\s*([a-z][\w.]{0,200})=(.*)$/.exec(text.replace(/#.*$/, ''))
    if (parts && settings.size < 5000) settings.set(parts[1] ?? '', { value: (parts[2] ?? '').trim(), line })
  }
  if (![...settings.keys()].some(name => /^(?:pci\.\d+\.\d+\.\d+\.device|memory\.(?:size|wired)|lpc\.\w+(?:\.\w+)?)$/.test(name))) return
  const name = settings.get('name')
  const vm = name && isVmName(name.value) ? name.value : vmOfEvidence(evidence)
  if (vm === null) return
  const facts = into.vm(vm)
  const line = name?.line ?? 1
  facts.set('name', vm, line)
  facts.set('hypervisor', 'bhyve', line)
  setUnseen(facts, readConfig(settings, into, evidence, vm))
  if (!settings.has('memory.wired') && isWholeFile(evidence, /\.conf$|bhyve/i)) facts.set('wired', false, line)
}

/** CBSD writes the command it runs to the system log: `bhyverun.sh[36595]: [debug] env LIB9P_LOGGING=/tmp/cbsd_lib9p.log …`. */
const cbsd = /^bhyverun\.sh\[|\/cbsd(?:_|\/|$)/

/**
 * Everything that command lines of bhyve, bhyveload and grub-bhyve say, in scripts, shell histories, process lists,
 * vm-bhyve.log and CBSD's lines in /var/log/messages. Of several calls for one VM the last wins.
 */
export function bhyveCommandFacts(evidence: Evidence): Contribution {
  const body = textOf(evidence)
  const into = draft(evidence.id)
  const maps: { path: string, line: number }[] = []
  // A shell's history numbers its lines too; a list of processes has a head.
  const processes = /^ {0,8}(?:USER +)?PID /m.test(body)
  for (const { text, line } of linesOf(body)) {
    const vm = title.exec(text)?.[1]
    if (vm === undefined || !isVmName(vm)) continue
    const facts = into.vm(vm)
    facts.set('name', vm, line)
    facts.set('hypervisor', 'bhyve', line)
    facts.set('running', true, line)
  }
  for (const { words, wrapped } of commandsOf(body, isOpen)) {
    const found = programIn(words)
    if (!found) continue
    const line = words[found.at]?.line ?? 1
    const call = options(found.program, words.slice(found.at + 1), line, wrapped)
    if (call.options.length === 0) continue
    const last = wrapped ? call.operands.at(-1) : call.operands[0]
    const vm = last && !last.open && isVmName(last.text) ? last.text : vmOfEvidence(evidence) ?? last?.text.replace(/[^\w.-]/g, '')
    if (vm === undefined || !isVmName(vm)) continue
    const facts = into.vm(vm)
    facts.set('name', vm, last?.line ?? line)
    facts.set('hypervisor', words.slice(0, found.at).some(({ text }) => cbsd.test(text)) ? 'cbsd' : 'bhyve', line)
    if (processes && /^\d{1,7}$/.test(words[0]?.text ?? '')) facts.set('running', true, line)
    if (found.program === 'bhyve') {
      absences(call, facts)
      readBhyve(call, into, evidence, vm)
      if (!wrapped && !facts.has('optionsAfterName')) facts.set('optionsAfterName', [], line)
      if (!wrapped) call.operands.slice(1).forEach(word => appended(facts, 'optionsAfterName', word.text, evidence, word.line))
    } else {
      readLoader(call, into, vm)
      const map = found.program === 'grub-bhyve' ? call.options.findLast(({ letter }) => letter === 'm') : undefined
      if (map) maps.push({ path: map.value, line: map.line })
    }
  }
  readVmBhyveLog(body, into, evidence)
  readConfigFile(body, into, evidence)
  deviceMapMissing(body, into, maps)
  const made = into.contribution()
  return made.vms || made.host ? { ...made, host: { ...made.host, platform: known('freebsd', evidence.id, 1) } } : made
}

/** What a file of bhyve_config(5) says of the VM it names, or that its own name tells. */
export function bhyveConfigFacts(evidence: Evidence): Contribution {
  const into = draft(evidence.id)
  readConfigFile(textOf(evidence), into, evidence)
  const made = into.contribution()
  return made.vms ? { ...made, host: { ...made.host, platform: known('freebsd', evidence.id, 1) } } : made
}

/** Options as vm-bhyve's bhyve_options holds them, read like a command line. */
export function bhyveOptions(text: string, line: number): Pick<Call, 'options' | 'line' | 'open'> {
  return options('bhyve', text.split(/\s+/).filter(Boolean).map(word => ({ text: word, line, open: word.includes('$') })), line, true)
}

