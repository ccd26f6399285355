import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const vendors: ReadonlyMap<string, string> = new Map([
  ['GenuineIntel', 'intel'], ['AuthenticAMD', 'amd'], ['HygonGenuine', 'hygon'], ['ARM', 'arm'], ['0x41', 'arm'], ['0xc0', 'arm'],
])
/** lscpu's names for hypervisors (util-linux sys-utils/lscpu-virt.c). */
const hypervisors: ReadonlyMap<string, string> = new Map([
  ['kvm', 'kvm'], ['bhyve', 'bhyve'], ['vmware', 'vmware'], ['microsoft', 'hyperv'], ['xen', 'xen'], ['qemu', 'qemu'],
])

type Reader = (value: string, host: HostDraft, cite: <T>(value: T) => ReturnType<typeof known<T>>) => void

/** By field name, in lower case with blanks for underscores: /proc/cpuinfo writes `vendor_id`, lscpu `Vendor ID`. */
const fields: Readonly<Record<string, Reader>> = {
  'vendor id': (value, host, cite) => { host.cpuVendor ??= cite(vendors.get(value) ?? 'other') },
  'cpu implementer': (_value, host, cite) => { host.cpuVendor ??= cite('arm') },
  'model name': (value, host, cite) => { if (value) host.cpuModel ??= cite(value) },
  virtualization: (value, host, cite) => { if (/^(?:VT-x|AMD-V)$/.test(value)) host.cpuVirtualization ??= cite(true) },
  flags(value, host, cite) {
    const flags = value.split(/\s+/).filter(Boolean)
    if (flags.length === 0) return
    host.cpuVirtualization ??= cite(flags.includes('vmx') || flags.includes('svm'))
    host.runsIn ??= cite(flags.includes('hypervisor') ? 'vm' : 'metal')
    if (host.runsIn.value === 'metal') host.outerHypervisor ??= { value: null, at: host.runsIn.at }
  },
  'address sizes'(value, host, cite) {
    const bits = /^(\d{1,3}) bits physical/.exec(value)?.[1]
    if (bits) host.cpuPhysicalBits ??= cite(Number(bits))
  },
  'hypervisor vendor'(value, host, cite) {
    host.runsIn = cite('vm')
    const name = hypervisors.get(value.toLowerCase())
    if (name) host.outerHypervisor = cite(name)
  },
}

/**
 * The processor out of /proc/cpuinfo (the first one listed stands for all) or lscpu.
 *
 *     vendor_id	: GenuineIntel
 *     flags		: fpu vme de pse msr pae vmx smx ept
 *     address sizes	: 39 bits physical, 48 bits virtual
 */
export default parser({
  gives: 'cpuinfo',
  parse(evidence: Evidence) {
    const host: HostDraft = {}
    for (const { mark, text, line } of readTree(textOf(evidence))) {
      const colon = text.indexOf(':')
      if (mark !== '=' || colon < 0) continue
      const name = text.slice(0, colon).trim().toLowerCase().replaceAll('_', ' ')
      if (Object.hasOwn(fields, name)) fields[name]?.(text.slice(colon + 1).trim(), host, value => known(value, evidence.id, line))
    }
    return { host }
  },
})
