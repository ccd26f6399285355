/** One line of a PCI listing: what lspci prints of a function, and what group scripts take from it. */
import { bdfFromText, type Bdf } from '../../model/bdf.ts'
import type { EvidenceId } from '../../model/evidence.ts'
import { known } from '../../model/fact.ts'
import type { FunctionFacts } from '../../model/snapshot.ts'

export interface FunctionLine {
  /** `10de:1b80`; undefined where the listing shows names alone. */
  readonly id?: string
  readonly vendor?: string
  /** Six digits; the programming interface is 00 where the line does not show it. */
  readonly class?: string
  readonly revision?: string
  readonly name?: string
  /** The function answers with ones: `(rev ff)`. */
  readonly dead?: boolean
}

const start = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\s+(?=\S)/i

/** The address a line begins with, blanks and mail quotes aside, and what follows it. */
export function functionStart(line: string): { readonly bdf: Bdf; readonly rest: string } | null {
  const text = line.replace(/^[\s>|]{1,64}/, '')
  const found = start.exec(text)
  const bdf = found && bdfFromText(found[1] ?? '')
  return found && bdf ? { bdf, rest: text.slice(found[0].length).trimEnd() } : null
}

/** Class names of pci.ids for what a host of passthrough shows; `-nn` gives the number itself. */
const classes: Readonly<Record<string, string>> = {
  'VGA compatible controller': '0300', '3D controller': '0302', 'Display controller': '0380', 'XGA compatible controller': '0301',
  'Audio device': '0403', 'Multimedia audio controller': '0401', 'Multimedia video controller': '0400', 'Multimedia controller': '0480',
  'Host bridge': '0600', 'ISA bridge': '0601', 'PCI bridge': '0604', 'Bridge': '0680', 'USB controller': '0c03', 'SMBus': '0c05', 'Serial bus controller': '0c80',
  'Non-Volatile memory controller': '0108', 'SATA controller': '0106', 'RAID bus controller': '0104', 'IDE interface': '0101', 'SCSI storage controller': '0100',
  'Serial Attached SCSI controller': '0107', 'Mass storage controller': '0180', 'Ethernet controller': '0200', 'Network controller': '0280', 'Infiniband controller': '0207',
  'RAM memory': '0500', 'Memory controller': '0580', 'Serial controller': '0700', 'Communication controller': '0780', 'System peripheral': '0880', 'PIC': '0800', 'IOMMU': '0806',
  'SD Host controller': '0805', 'Encryption controller': '1080', 'Signal processing controller': '1180', 'Processing accelerators': '1200',
  'Non-Essential Instrumentation': '1300', 'Co-processor': '0b40', 'Performance counters': '1101',
}
/** Vendors as pci.ids names them, for listings without numbers. */
const vendors: readonly (readonly [string, string])[] = [
  ['NVIDIA Corporation', '10de'], ['Advanced Micro Devices, Inc. [AMD/ATI]', '1002'], ['Advanced Micro Devices, Inc. [AMD]', '1022'], ['Intel Corporation', '8086'],
]

const tail = /\s*\(rev ([0-9a-f]{2})\)|\s*\(prog-if ([0-9a-f]{2})[^)]{0,80}\)/gi
const ids = /\[([0-9a-f]{4}):([0-9a-f]{4})\]/gi
const numbers = /^(?:Class )?\[?([0-9a-f]{4})\]?: ?([0-9a-f]{4}):([0-9a-f]{4})\b/i

/** What stands behind the address; null where it is no function line at all (`Class: Vendor Device` or numbers). */
export function functionLine(rest: string): FunctionLine | null {
  const text = rest.slice(0, 1024)
  const [, revision] = /\(rev ([0-9a-f]{2})\)/i.exec(text) ?? []
  const [, progIf] = /\(prog-if ([0-9a-f]{2})/i.exec(text) ?? []
  const body = text.replace(tail, '')
  const extra = { ...(revision !== undefined && revision !== 'ff' && { revision: revision.toLowerCase() }), dead: revision?.toLowerCase() === 'ff' }
  const numeric = numbers.exec(body)
  if (numeric) {
    const [, code = '', vendor = '', device = ''] = numeric.map(part => part.toLowerCase())
    return { id: `${vendor}:${device}`, vendor, class: `${code}${progIf ?? '00'}`, ...extra }
  }
  const colon = body.indexOf(': ')
  if (colon < 1) return null
  // Names hold brackets too ([GeForce …], [AMD/ATI]); the function's own id is the last that has its form.
  const last = [...body.slice(colon).matchAll(ids)].at(-1)
  const [, code] = /\[([0-9a-f]{4})\]\s*$/i.exec(body.slice(0, colon)) ?? []
  const className = body.slice(0, colon).replace(/\s*\[[0-9a-f]{4}\]\s*$/i, '').trim()
  const number = code?.toLowerCase() ?? (Object.hasOwn(classes, className) ? classes[className] : undefined)
  if (!last && number === undefined) return null
  const name = body.slice(colon + 2, last ? colon + last.index : undefined).trim()
  const vendor = last?.[1]?.toLowerCase() ?? vendors.find(([vendorName]) => name.startsWith(vendorName))?.[1]
  return {
    ...(last && { id: `${last[1]}:${last[2]}`.toLowerCase() }),
    ...(vendor !== undefined && { vendor }),
    ...(number !== undefined && { class: `${number}${progIf ?? '00'}` }),
    ...(name !== '' && { name }),
    ...extra,
  }
}

/** The facts of such a line. */
export function listedFacts({ id, vendor, class: code, revision, name, dead }: FunctionLine, evidence: EvidenceId, line: number): FunctionFacts {
  return {
    ...(id !== undefined && { id: known(id, evidence, line) }),
    ...(vendor !== undefined && { vendor: known(vendor, evidence, line) }),
    ...(code !== undefined && { class: known(code, evidence, line) }),
    ...(revision !== undefined && { revision: known(revision, evidence, line) }),
    ...(name !== undefined && { name: known(name, evidence, line) }),
    ...(dead && { configReadable: known(false, evidence, line) }),
  }
}
