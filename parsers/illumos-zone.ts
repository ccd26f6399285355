import { nameOf, textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { memoryMiB } from './freebsd/bhyve-command.ts'
import { isVmName } from './freebsd/vm-name.ts'
import { parser } from './parser.ts'
import { draft } from './qemu/draft.ts'
import { linesOf } from './tree.ts'

/** Settings of the zone and its attributes by name, with the line each stands on. */
type Attributes = Map<string, { readonly value: string, readonly line: number }>

/** `zonecfg export` (`set name=…`, `set value=…`) and `zonecfg info` (`name: …`, `value: …`). */
function readZonecfg(body: string): Attributes {
  const found: Attributes = new Map()
  let name = ''
  for (const { text, line } of linesOf(body)) {
    const parts = /^\s*(?:set )?(zonename|brand|name|value|match)\s?[:=]\s?"?(.{0,300}?)"?\s*$/.exec(text) ?? /^\s*attr:?\s*()()$/.exec(text)
    if (/\battr:?\s*$/.test(text)) name = ''
    const [, key = '', value = ''] = parts ?? []
    if (key === 'name') name = value
    else if (key === 'value' && name !== '') found.set(name, { value, line })
    else if (key === 'match' && /^\/dev\/ppt\d{1,5}$/.test(value)) found.set(`device ${value.slice(5)}`, { value, line })
    else if (key === 'zonename' || key === 'brand') found.set(key, { value, line })
  }
  return found
}

/** `vmadm get UUID` of SmartOS: JSON, passed functions under pci_devices. */
function readVmadm(body: string): Attributes | null {
  if (!body.trimStart().startsWith('{') || body.length > 4 << 20) return null
  try {
    const value = JSON.parse(body) as Record<string, unknown>
    const found: Attributes = new Map()
    const text = (name: string) => (typeof value[name] === 'string' || typeof value[name] === 'number' ? String(value[name]) : '')
    for (const [from, to] of [['brand', 'brand'], ['alias', 'zonename'], ['ram', 'ram'], ['vcpus', 'vcpus'], ['bootrom', 'bootrom']] as const) if (text(from) !== '') found.set(to, { value: text(from), line: 1 })
    const devices = Array.isArray(value.pci_devices) ? (value.pci_devices as unknown[]) : []
    devices.slice(0, 64).forEach((device, index) => {
      const { path, pci_slot: slot } = (typeof device === 'object' && device !== null ? device : {}) as { path?: unknown, pci_slot?: unknown }
      if (typeof path === 'string') found.set(`pci ${index}`, { value: `${path.slice(0, 300)} ${typeof slot === 'string' ? slot.slice(0, 20) : ''}`.trim(), line: 1 })
    })
    return found
  } catch {
    return null
  }
}

/**
 * A zone of brand bhyve (OmniOS, SmartOS): memory, firmware and the functions on ppt it is given. The brand wires memory by itself
 * where a function is passed.
 *
 *     add attr
 *     set name=ppt0
 *     set type=string
 *     set value=slot1
 */
export default parser({
  gives: 'illumos-zone',
  parse(evidence: Evidence): Contribution {
    const body = textOf(evidence)
    const found = readVmadm(body) ?? readZonecfg(body)
    const brand = found.get('brand')
    if (brand?.value !== 'bhyve') return {}
    const named = [found.get('zonename')?.value, /\bcreate -z (\S{1,64})|zonecfg -z (\S{1,64})/.exec(body.slice(0, 4096))?.slice(1).find(Boolean), nameOf(evidence.id)?.replace(/^.*\//, '')]
    const vm = named.find(name => name !== undefined && isVmName(name))
    if (vm === undefined) return {}
    const into = draft(evidence.id)
    const facts = into.vm(vm)
    facts.set('name', vm, brand.line)
    facts.set('hypervisor', 'bhyve', brand.line)
    const functions = [...found].flatMap(([name, { value, line }]): [string, number][] => {
      if (/^ppt\d{1,5}$/.test(name) && value !== 'off') return [[name, line]]
      return name.startsWith('pci ') ? [[value.replace(/^\/devices/, ''), line]] : []
    })
    const [ram, vcpus, rom] = ['ram', 'vcpus', 'bootrom'].map(name => found.get(name))
    if (ram) facts.set('memoryMiB', memoryMiB(ram.value), ram.line)
    if (vcpus && /^\d{1,4}/.test(vcpus.value)) facts.set('vcpus', Number.parseInt(vcpus.value, 10), vcpus.line)
    if (rom) facts.set('firmwareFile', rom.value, rom.line)
    if (functions.length > 0) {
      facts.facts.passthruByName = { value: functions.map(([name]) => name), at: functions.map(([, line]) => ({ evidence: evidence.id, where: line })) }
      facts.set('wired', true, functions[0]?.[1] ?? 1)
    }
    return { ...into.contribution(), host: { platform: known('illumos', evidence.id, brand.line) } }
  },
})
