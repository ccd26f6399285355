import type { Bdf } from '../model/bdf.ts'
import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution, FunctionFacts } from '../model/snapshot.ts'
import { functionAt } from './freebsd/address.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** `vgapci0 pnpinfo vendor=… at slot=0 …`: a name, with -v what it is and where. A head of resources ends in a colon, a resource begins with a digit. */
const device = /^( *)([a-z][\w-]{0,40}|unknown)(?: pnpinfo (.{0,2000}?))?(?: at (.{0,1000}))?$/i
const place = /\bdbsf=pci(\d{1,10}):(\d{1,3}):(\d{1,2}):(\d{1,3})\b/

interface Open { readonly indent: number; readonly bdf: Bdf | null }
interface Function { readonly facts: FunctionFacts; readonly below: string[]; readonly line: number }

/** What `pnpinfo` of a PCI function holds, by name. */
const ids = (text: string): Map<string, string> => new Map([...text.matchAll(/\b(vendor|device|subvendor|subdevice|class)=0x([0-9a-f]{4,6})\b/g)].map(([, name, value]) => [name ?? '', value ?? '']))

/**
 * The tree of devices, `devinfo -v` or `-rv` (usr.sbin/devinfo/devinfo.c): each two blanks deeper than what it hangs on. Gives
 * the PCI functions, the bridge above each, and what hangs below: a driver of the GPU, the keyboard on a USB controller.
 *
 *             vgapci0 pnpinfo vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217 class=0x030200 at slot=0 function=0 dbsf=pci0:1:0:0 handle=\_SB_.PCI0.PEG0.PEGP
 *               nvidia0
 */
export default parser({
  gives: 'devinfo',
  parse(evidence: Evidence): Contribution {
    const found = new Map<Bdf, Function>()
    const open: Open[] = []
    let root = 0
    for (const { text, line } of linesOf(textOf(evidence))) {
      const parts = device.exec(text.replace(/ \((?:disabled|suspended)\)$/, ''))
      if (!parts) continue
      const [, blanks = '', name = '', info = '', where = ''] = parts
      const indent = blanks.length
      if (name === 'nexus0') root = line
      while (open.length > 0 && (open.at(-1) as Open).indent >= indent) open.pop()
      const numbers = place.exec(where)?.slice(1, 5).map(Number) as [number, number, number, number] | undefined
      const bdf = numbers ? functionAt(...numbers) : null
      const above = open.findLast(one => one.bdf !== null)?.bdf ?? null
      if (bdf !== null && !found.has(bdf)) found.set(bdf, functionOf(bdf, name, ids(info), above, evidence, line))
      else if (bdf === null && above !== null && name !== 'unknown') found.get(above)?.below.push(name)
      open.push({ indent, bdf })
    }
    if (found.size === 0) return root > 0 ? { host: { platform: known('freebsd', evidence.id, root) } } : {}
    // Only a whole tree says that nothing hangs on a function, or that it has no bridge above.
    const whole = evidence.status === 'ok' && root > 0
    const functions = Object.fromEntries([...found].map(([bdf, { facts, below, line }]) => {
      const { parent, ...own } = facts
      return [bdf, { ...own, ...(parent && (whole || parent.value !== null) && { parent }), ...(whole && { below: known(below.slice(0, 200), evidence.id, line) }) }]
    }))
    return { host: { platform: known('freebsd', evidence.id, root || 1) }, functions }
  },
})

function functionOf(bdf: Bdf, name: string, values: ReadonlyMap<string, string>, above: Bdf | null, evidence: Evidence, line: number): Function {
  const fact = <T>(value: T | null) => known(value, evidence.id, line)
  const [vendor, id, code] = [values.get('vendor'), values.get('device'), values.get('class')]
  const [subvendor, subdevice] = [values.get('subvendor'), values.get('subdevice')]
  const isUnknown = name === 'unknown'
  const facts: FunctionFacts = {
    bdf: fact(bdf), parent: fact(above), driver: fact(isUnknown ? null : name.replace(/\d+$/, '').toLowerCase()),
    ...(!isUnknown && { deviceName: fact(name) }),
    ...(vendor !== undefined && id !== undefined && { id: fact(`${vendor}:${id}`), vendor: fact(vendor) }),
    ...(subvendor !== undefined && subdevice !== undefined && { subsystem: fact(subvendor === '0000' ? null : `${subvendor}:${subdevice}`) }),
    ...(code?.length === 6 && { class: fact(code) }),
  }
  return { facts, below: [], line }
}
