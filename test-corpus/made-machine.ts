/** Machines made up in real formats, for tests of whole diagnoses: texts by evidence id, and builders of the longer ones. */
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { assemble } from '../facts/assemble.ts'
import { kindOf, type Evidence, type EvidenceId } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import { parsers } from '../parsers/all.ts'

const { rules, shared } = loadRules('rules', null)

/** A machine: the text of each piece of evidence, by its id. */
export type Machine = Readonly<Record<string, string>>

/** As a collector takes it: whole, so that absence proves something. */
export const collected = (machine: Machine): Evidence[] => Object.entries(machine).map(([id, body]) =>
  ({ id: id as EvidenceId, kind: kindOf(id as EvidenceId) ?? 'text', from: id, status: 'ok', body, takenAt: '2026-02-03T04:05:06Z', tookMs: 1 }))
/** The same texts as files somebody hands in: every signature is tried on them, and nothing proves absence. */
export const handedIn = (machine: Machine): Evidence[] => collected(machine).map(({ id, kind, from, status, body }) => ({ id, kind, from, status, body }))

/** The built-in rules over a machine. */
export function examine(evidence: readonly Evidence[]): Promise<Diagnosis> {
  return diagnose({ rules, shared, broken: [], snapshot: assemble([...evidence], parsers, shippedNames), evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
}

/** A kernel log with times that rise. */
export const dmesg = (text: string): string => text.trim().split('\n').map((line, index) => `[${(index < 8 ? 0 : index * 0.117).toFixed(6).padStart(12)}] ${line}\n`).join('')
/** Rows of a sysfs tree. */
export const tree = (rows: readonly string[]): string => rows.map(row => `${row}\n`).join('')
/** Files of a tree with their lines. */
export const files = (entries: Readonly<Record<string, string>>): string => tree(Object.entries(entries).flatMap(([path, text]) => text.split('\n').map(line => `${path}\t=${line}`)))

/** A PCI function; `below` is the bridge above it, `more` other attributes. */
export interface Function { readonly bdf: string; readonly id: string; readonly class: string; readonly driver?: string; readonly group?: number; readonly more?: Readonly<Record<string, string>>; readonly below?: string }

/** The PCI functions and IOMMU groups of a machine as sysfs shows them. */
export function functions(list: readonly Function[]): Machine {
  const pci = ['/sys/bus/pci/devices\t/']
  const groups = ['/sys/kernel/iommu_groups\t/', '/sys/class/iommu\t/', ...list.some(fn => fn.group !== undefined) ? ['/sys/class/iommu/dmar0\t/'] : []]
  for (const fn of list) {
    const at = `/sys/bus/pci/devices/${fn.bdf}`
    const [vendor, device] = fn.id.split(':') as [string, string]
    const header = Buffer.alloc(64)
    header.writeUInt16LE(parseInt(vendor, 16), 0)
    header.writeUInt16LE(parseInt(device, 16), 2)
    header.writeUInt16LE(0x0007, 4)
    header.writeUIntLE(parseInt(fn.class, 16), 9, 3)
    header[14] = fn.class.startsWith('0604') ? 1 : 0
    pci.push(`${at}\t>../../../devices/pci0000:00/${fn.below ? `${fn.below}/` : ''}${fn.bdf}`, `${at}\t/`, `${at}/vendor\t=0x${vendor}`, `${at}/device\t=0x${device}`, `${at}/class\t=0x${fn.class}`, `${at}/revision\t=0xa1`,
      `${at}/subsystem_vendor\t=0x1043`, `${at}/subsystem_device\t=0x8787`, `${at}/driver_override\t=(null)`, `${at}/enable\t=1`, `${at}/numa_node\t=-1`, `${at}/power_state\t=D0`)
    for (const [name, value] of Object.entries(fn.more ?? {})) pci.push(...value.split('\n').map(line => `${at}/${name}\t=${line}`))
    if (fn.driver) pci.push(`${at}/driver\t>../../../bus/pci/drivers/${fn.driver}`)
    if (fn.group !== undefined) {
      pci.push(`${at}/iommu_group\t>../../../kernel/iommu_groups/${fn.group}`)
      groups.push(`/sys/kernel/iommu_groups/${fn.group}/type\t=DMA-FQ`, `/sys/kernel/iommu_groups/${fn.group}/devices/${fn.bdf}\t/`)
    }
    pci.push(`${at}/config\t#${header.toString('hex')}`)
  }
  return { 'pci-sysfs': tree(pci), 'iommu-sysfs': tree(groups) }
}
/** A link that runs as fast and wide as it can. */
export const link = { current_link_speed: '8.0 GT/s PCIe', max_link_speed: '8.0 GT/s PCIe', current_link_width: '16', max_link_width: '16' }

/** /proc/modules. */
export const modules = (...names: string[]): string => names.map(name => `${name} 409600 0 - Live 0x0000000000000000\n`).join('')
/** /proc/cpuinfo of one processor. */
export const cpu = (vendor: string, model: string, flags: string): string => `processor\t: 0\nvendor_id\t: ${vendor}\nmodel name\t: ${model}\nflags\t\t: ${flags}\naddress sizes\t: 46 bits physical, 48 bits virtual\n`
/** Memory of so many GiB, more than half of it free. */
export const memory = (gib: number): string => files({ '/proc/meminfo': `MemTotal:       ${gib * 1048576} kB\nMemAvailable:   ${Math.round(gib * 0.6) * 1048576} kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB` })
