import { bdfFromNumbers, type Bdf } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const number = (text: string | undefined): number => (text !== undefined && /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : NaN)
const attribute = (text: string, name: string): string | undefined => new RegExp(`\\b${name}=['"]([\\w.]{1,20})['"]`).exec(text)?.[1]

/**
 * What libvirt knows of PCI functions: `virsh nodedev-dumpxml`, one or several, an element a line.
 *
 *     <device>
 *       <name>pci_0000_01_00_0</name>
 *       <driver><name>vfio-pci</name></driver>
 *       <capability type='pci'>
 *         <product id='0x1b80'>GP104 [GeForce GTX 1080]</product>
 *         <vendor id='0x10de'>NVIDIA Corporation</vendor>
 *         <iommuGroup number='14'>
 *         <numa node='0'/>
 */
export default parser({
  gives: 'libvirt-nodedev',
  parse(evidence) {
    const functions: Record<Bdf, Draft<FunctionFacts>> = {}
    let fn: Draft<FunctionFacts> = {}
    let [inDriver, vendor, product] = [false, '', '']
    const is = <T>(value: T, line: number) => known(value, evidence.id, line)
    for (const { text, line } of linesOf(textOf(evidence))) {
      if (/<device>/.test(text)) {
        fn = {};
        [inDriver, vendor, product] = [false, '', '']
      }
      const named = /<name>pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])<\/name>/.exec(text)
      const bdf = named && bdfFromNumbers(...(named.slice(1).map(part => parseInt(part, 16)) as [number, number, number, number]))
      if (bdf && Object.keys(functions).length < 5000) fn = functions[bdf] ??= {}
      const parent = /<parent>pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])<\/parent>/.exec(text)
      const bridge = parent && bdfFromNumbers(...(parent.slice(1).map(part => parseInt(part, 16)) as [number, number, number, number]))
      if (bridge) fn.parent = is<string>(bridge, line)
      if (/<driver>/.test(text)) inDriver = true
      const driver = inDriver ? /<name>([\w-]{1,64})<\/name>/.exec(text)?.[1] : undefined
      if (driver !== undefined && !driver.startsWith('pci_')) fn.driver = is<string>(driver, line)
      if (/<\/driver>/.test(text)) inDriver = false
      const code = /<class>(0x[0-9a-f]{6})<\/class>/i.exec(text)?.[1]
      if (code) fn.class = is(code.slice(2).toLowerCase(), line)
      const [, element, id, words = ''] = /<(product|vendor) id=['"]0x([0-9a-f]{4})['"](?:\/>|>([^<]{0,200}))/i.exec(text) ?? []
      if (element === 'product') product = `${id} ${words}`
      if (element === 'vendor') vendor = `${id} ${words}`
      if (element !== undefined && vendor !== '' && product !== '') {
        fn.id = is(`${vendor.slice(0, 4)}:${product.slice(0, 4)}`.toLowerCase(), line)
        fn.vendor = is(vendor.slice(0, 4).toLowerCase(), line)
        if (vendor.length > 5 && product.length > 5) fn.name = is<string>(`${vendor.slice(5)} ${product.slice(5)}`, line)
      }
      const group = number(attribute(/<iommuGroup [^>]{0,80}/.exec(text)?.[0] ?? '', 'number'))
      if (group >= 0) fn.groupId = is<string>(String(group), line)
      const node = number(attribute(/<numa [^>]{0,80}/.exec(text)?.[0] ?? '', 'node'))
      if (node >= 0) fn.numaNode = is(node, line)
      // A device that is described whole and has no driver element has none.
      if (/<\/device>/.test(text) && fn.id) fn.driver ??= known<string>(null, evidence.id, line)
    }
    return Object.keys(functions).length > 0 ? { functions } : {}
  },
})
