import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const option = /^\s*(device_spec|passthrough_whitelist|alias)\s*=\s*(\S.{0,4000})$/

/** The objects of a value: one, or a list of them. Null: no JSON. */
function objectsOf(text: string): readonly Readonly<Record<string, unknown>>[] | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return (Array.isArray(parsed) ? parsed : [parsed]).filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null).slice(0, 200)
  } catch {
    return null
  }
}

const word = (value: unknown): string => (typeof value === 'string' && /^[\w.*:/-]{1,64}$/.test(value) ? value.toLowerCase() : '')

/** `vendor:device address`, `*` where anything fits; addresses as regular expressions in an object are not followed. */
function selection(spec: Readonly<Record<string, unknown>>): string | null {
  const plain = spec.address === undefined || word(spec.address) !== ''
  return plain && spec.devname === undefined ? `${word(spec.vendor_id) || '*'}:${word(spec.product_id) || '*'} ${word(spec.address) || '*'}` : null
}

/**
 * The [pci] section of nova.conf: which functions OpenStack may give to VMs, and the names that flavors ask for.
 *
 *     [pci]
 *     device_spec = { "vendor_id": "10de", "product_id": "1eb8", "address": "0000:3b:00.0" }
 *     alias = { "vendor_id": "10de", "product_id": "1eb8", "device_type": "type-PCI", "name": "t4" }
 */
export default parser({
  gives: 'nova-conf',
  parse(evidence) {
    const [devices, aliases, bad] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
    let section = ''
    let seen = false
    for (const { mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=') continue
      section = /^\s*\[([\w-]{1,40})\]/.exec(text)?.[1] ?? section
      seen ||= section === 'pci'
      const [, name, value] = (section === 'pci' || section === '' ? option.exec(text) : null) ?? []
      if (name === undefined || value === undefined || devices.size + aliases.size > 1000) continue
      const objects = objectsOf(value.trim())
      if (objects === null) bad.add(`${name} = ${value.trim().slice(0, 200)}`, line)
      for (const object of objects ?? []) {
        const selected = name === 'alias' ? null : selection(object)
        if (selected) devices.add(selected, line)
        if (name === 'alias' && word(object.name)) aliases.add(`${word(object.name)} ${word(object.vendor_id) || '*'}:${word(object.product_id) || '*'}`, line)
      }
    }
    if (!seen && devices.size + aliases.size + bad.size === 0) return {}
    return { host: { platform: known<string>('linux', evidence.id, 1), novaDevices: devices.fact(), novaAliases: aliases.fact(), novaBad: bad.fact() } }
  },
})
