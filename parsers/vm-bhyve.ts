import { textOf, type Evidence } from '../model/evidence.ts'
import type { Contribution } from '../model/snapshot.ts'
import { bhyveOptions, memoryMiB, passthru, readBhyve } from './freebsd/bhyve-command.ts'
import type { Setting } from './freebsd/pptdevs.ts'
import { isVmName } from './freebsd/vm-name.ts'
import { isWholeFile } from './freebsd/whole-file.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { draft, nameFromEvidence, type Draft } from './qemu/draft.ts'
import { readTree } from './tree.ts'

/** What vm-bhyve's loaders are called here; uefi-devel and uefi-custom are UEFI images. */
const loaders: Readonly<Record<string, readonly [loader: string, firmware: string]>> = {
  bhyveload: ['bhyveload', 'bhyveload'],
  grub: ['grub-bhyve', 'grub'],
  uefi: ['uefi', 'bhyve-uefi'],
  'uefi-csm': ['uefi-csm', 'bhyve-csm'],
  'uefi-devel': ['uefi', 'bhyve-uefi'],
  'uefi-custom': ['uefi', 'bhyve-uefi'],
}

const passthruKey = /^passthru(\d{1,3})$/
const yes = (value: string | undefined): boolean => /^(?:yes|y|true|on|1)$/i.test(value ?? '')

/**
 * A guest's NAME.conf of vm-bhyve. Like lib/vm-config: only lines that begin with a small letter count, everything
 * from # on is dropped even inside quotes, and the last line of a key wins. A guest with passthru0 is always wired.
 *
 *     memory=16G
 *     passthru0="1/0/0=8:0"
 */
export default parser({
  gives: 'vm-bhyve',
  parse(evidence: Evidence): Contribution {
    const settings = new Map<string, Setting>()
    let path = ''
    for (const line of readTree(textOf(evidence))) {
      const parts = line.mark === '=' ? /^([a-z]\w{0,100})=(.*)$/.exec(line.text.replace(/#.*$/s, '').trimEnd()) : null
      if (!parts) continue
      path ||= line.path
      settings.set(parts[1] ?? '', { value: (parts[2] ?? '').replaceAll('"', '').trim(), line: line.line })
    }
    const vm = [nameFromEvidence(evidence.id), ...[path, evidence.from].map(file => /([^/]{1,229})\.conf$/.exec(file.slice(-512))?.[1])]
      .find(name => typeof name === 'string' && isVmName(name))
    if (settings.size === 0 || typeof vm !== 'string') return {}
    const into = draft(evidence.id)
    into.vm(vm).set('name', vm, 1)
    into.vm(vm).set('hypervisor', 'vm-bhyve', 1)
    into.host.set('platform', 'freebsd', 1)
    readGuest(settings, into, evidence, vm)
    readPassthru(settings, into, evidence, vm)
    const extra = settings.get('bhyve_options')
    if (extra) readBhyve(bhyveOptions(extra.value, extra.line), into, evidence, vm)
    return into.contribution()
  },
})

function readGuest(settings: ReadonlyMap<string, Setting>, into: Draft, evidence: Evidence, vm: string): void {
  const facts = into.vm(vm)
  const set = (key: string, take: (value: string, line: number) => void): void => {
    const setting = settings.get(key)
    if (setting) take(setting.value, setting.line)
  }
  set('memory', (value, line) => facts.set('memoryMiB', memoryMiB(value), line))
  set('cpu', (value, line) => { if (/^\d{1,4}$/.test(value)) facts.set('vcpus', Number(value), line) })
  set('debug', (value, line) => facts.set('debug', yes(value), line))
  set('graphics', (value, line) => facts.set('fbuf', yes(value), line))
  set('graphics_wait', (value, line) => facts.set('fbufWait', yes(value), line))
  if (!settings.has('debug') && isWholeFile(evidence, /\.conf$/i)) facts.set('debug', false, 1)
  const passed = settings.get('passthru0')
  const wired = settings.get('wired_memory')
  const isWired = passed !== undefined || yes(wired?.value)
  const wiredLine = passed?.line ?? wired?.line ?? 1
  if (isWired || isWholeFile(evidence, /\.conf$/i)) facts.set('wired', isWired, wiredLine)
  set('loader', (value, line) => {
    const known = Object.hasOwn(loaders, value) ? loaders[value] : undefined
    if (!known) return
    const [loader, firmware] = known
    facts.set('loader', loader, line)
    facts.set('firmware', firmware, line)
    facts.set('loaderWired', loader.startsWith('uefi') ? null : isWired, wiredLine)
    if (loader === 'bhyveload') facts.set('guestOs', 'freebsd', line)
  })
}

interface Device { readonly index: number; readonly key: string; readonly selector: string; readonly slot: string | null; readonly line: number }

function readPassthru(settings: ReadonlyMap<string, Setting>, into: Draft, evidence: Evidence, vm: string): void {
  const devices = [...settings].flatMap(([key, { value, line }]): Device[] => {
    const index = passthruKey.exec(key)?.[1]
    const [selector = '', slot] = value.split('=', 2)
    return index === undefined ? [] : [{ index: Number(index), key, selector: selector.trim(), slot: slot?.trim() ?? null, line }]
  }).sort((a, b) => a.index - b.index)
  const read = devices.filter(({ index }, at) => index === at)
  for (const { key, selector, slot, line } of read) {
    const rom = /(?:^|,)rom=([^,]+)/.exec(settings.get(`${key}_options`)?.value ?? '')?.[1] ?? null
    passthru(into, evidence, vm, { selector, slot, rom, source: 'stored', line })
  }
  const [gap, grouped, typos] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
  for (const { key, line } of devices.slice(read.length)) gap.add(key, line)
  read.forEach((device, at) => {
    const before = read[at - 1]
    const slotOf = (one: Device) => one.selector.split('/').slice(0, 2).join('/')
    const sameBus = before && device.selector.split('/')[0] === before.selector.split('/')[0]
    if (before && sameBus && device.slot === null && before.slot === null && slotOf(device) !== slotOf(before)) {
      grouped.add(before.selector, before.line)
      grouped.add(device.selector, device.line)
    }
  })
  for (const [key, { line }] of settings) if (/^(?:pass|pss|wire)/.test(key) && !/^(?:passthru\d{1,3}(?:_options)?|wired_memory)$/.test(key)) typos.add(key, line)
  const facts = into.vm(vm)
  const first = devices[0]?.line ?? 1
  if (gap.size > 0) facts.facts.passthruGap = gap.fact()
  else facts.set('passthruGap', [], first)
  if (grouped.size > 0) facts.facts.passthruGrouped = grouped.fact()
  else facts.set('passthruGrouped', [], first)
  if (typos.size > 0) facts.facts.passthruTypos = typos.fact()
  else facts.set('passthruTypos', [], first)
}

