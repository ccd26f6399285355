import { textOf, type EvidenceId } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { VmFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { sizeMiB } from './qemu/options.ts'
import { yamlValues, type YamlValue } from './yaml-values.ts'

/** One object: its values by path, joined with dots. */
interface KubeObject { readonly kind: string, readonly name: string, readonly values: readonly YamlValue[], readonly line: number }

/** The objects of a text; a List holds several. */
function objectsOf(text: string): KubeObject[] {
  const grouped = new Map<string, YamlValue[]>()
  for (const one of yamlValues(text)) {
    const listed = one.path[0] === 'items' && one.path.length > 2
    const key = `${one.document} ${listed ? one.path[1] : ''}`
    const values = grouped.get(key) ?? []
    values.push(listed ? { ...one, path: one.path.slice(2) } : one)
    grouped.set(key, values)
  }
  return [...grouped.values()].slice(0, 5000).flatMap(values => {
    const at = (path: string) => values.find(one => one.path.join('.') === path)
    const kind = at('kind')
    return kind ? [{ kind: kind.value, name: at('metadata.name')?.value ?? '?', values, line: kind.line }] : []
  })
}

/** Resources of plugins that hand out PCI functions; KubeVirt's own /dev/kvm and networks are none. */
const deviceResource = /^(?!devices\.kubevirt\.io\/(?:kvm|tun|vhost-net|vhost-vsock|sev|tdx)$)(?!(?:.*\.)?kubernetes\.io\/)[\w.-]{1,200}\.[\w-]{1,60}\/[\w.-]{1,100}$/

/**
 * Objects of Kubernetes about devices, as `kubectl get … -o yaml` prints them: VMs of KubeVirt, what KubeVirt permits,
 * what nodes offer, and how the GPU Operator is.
 *
 *     kind: VirtualMachine
 *     …
 *               gpus:
 *               - deviceName: nvidia.com/TU104GL_Tesla_T4
 *                 name: gpu1
 */
export default parser({
  gives: 'kubernetes',
  parse({ id, body, ...evidence }) {
    const objects = objectsOf(textOf({ id, body, ...evidence }))
    const host: HostDraft = {}
    const vms: Record<string, Draft<VmFacts>> = {}
    const [permitted, offered, operator] = [gather(id), gather(id), gather(id)]
    for (const { kind, name, values, line } of objects) {
      if (/^VirtualMachine(?:Instance)?$/.test(kind) && name !== '__proto__') Object.assign((vms[name] ??= {}), vmOf(id, name, values, line))
      if (/^(?:KubeVirt|HyperConverged)$/.test(kind)) {
        host.kubePermitted ??= known<readonly string[]>([], id, line)
        for (const [selector, resource, at] of permittedOf(values).slice(0, 1000)) permitted.add(`${resource} ${selector}`, at)
      }
      if (kind === 'Node') {
        host.kubeOffered ??= known<readonly string[]>([], id, line)
        for (const { path, value, line: at } of values) {
          if (path[0] === 'status' && path[1] === 'allocatable' && deviceResource.test(path[2] ?? '') && offered.size < 5000) offered.add(`${name} ${path[2]} ${value}`, at)
        }
      }
      if (kind === 'ClusterPolicy') {
        const state = values.find(({ path }) => path.join('.') === 'status.state')
        if (state) operator.add(state.value, state.line)
        const why = values.findLast(({ path }) => /^status\.conditions\.\d+\.message$/.test(path.join('.')))
        if (state && state.value !== 'ready') host.gpuOperatorWhy = known<string>(why?.value.slice(0, 300) ?? null, id, why?.line ?? state.line)
      }
    }
    if (permitted.size > 0) host.kubePermitted = permitted.fact()
    if (offered.size > 0) host.kubeOffered = offered.fact()
    if (operator.size > 0) host.gpuOperatorState = known<string>(operator.fact().value?.[0] ?? null, id, operator.fact().at[0]?.where ?? 1)
    return { ...(Object.keys(host).length > 0 ? { host } : {}), ...(Object.keys(vms).length > 0 ? { vms } : {}) }
  },
})

function vmOf(id: EvidenceId, name: string, values: readonly YamlValue[], line: number): Draft<VmFacts> {
  const devices = gather(id)
  const vm: Draft<VmFacts> = { name: known(name, id, line), hypervisor: known('kubevirt', id, line) }
  for (const { path, value, line: at } of values) {
    const text = path.join('.')
    if (/(?:^|\.)domain\.devices\.(?:gpus|hostDevices)\.\d+\.deviceName$/.test(text) && devices.size < 64) devices.add(value, at)
    if (/(?:^|\.)domain\.memory\.guest$/.test(text)) vm.memoryMiB = known(sizeMiB(value.replace(/i$/, '')) ?? null, id, at)
    if (/^status\.(?:printableStatus|phase)$/.test(text)) vm.running = known(value === 'Running', id, at)
    if (/(?:^|\.)domain\.firmware\.bootloader\.(?:efi|bios)\b/.test(text)) vm.firmware = known(text.includes('.efi') ? 'ovmf' : 'seabios', id, at)
  }
  vm.kubeDevices = devices.size > 0 ? devices.fact() : known<readonly string[]>([], id, line)
  return vm
}

/** Entries of permittedHostDevices: selector, resource name, line. */
function permittedOf(values: readonly YamlValue[]): (readonly [string, string, number])[] {
  const entries = new Map<string, { selector?: string, resource?: string, line: number }>()
  for (const { path, value, line } of values) {
    const [, key, name] = /(?:^|\.)permittedHostDevices\.((?:pciHostDevices|mediatedDevices)\.\d+)\.(\w+)$/.exec(path.join('.')) ?? []
    if (key === undefined) continue
    const entry = entries.get(key) ?? { line }
    if (name === 'resourceName') entry.resource = value
    if (/^(?:pciVendorSelector|pciDeviceSelector|mdevNameSelector)$/.test(name ?? '')) entry.selector = value
    entries.set(key, entry)
  }
  return [...entries.values()].flatMap(({ selector, resource, line }) => (selector !== undefined && resource !== undefined ? [[selector.toLowerCase(), resource, line] as const] : []))
}
