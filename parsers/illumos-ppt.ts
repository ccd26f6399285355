import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { gather, type Gathered } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** What `pptadm list -j` says of one function. */
interface Listed { readonly dev?: unknown; readonly path?: unknown; readonly 'vendor-id'?: unknown; readonly 'device-id'?: unknown }

const hex4 = (text: string): string => (text === '-' ? '----' : text.replace(/^0x/i, '').slice(0, 8).toLowerCase().padStart(4, '0'))
const word = (value: unknown): string => (typeof value === 'string' && value !== '' ? value.slice(0, 400) : '-')

/**
 * pptadm(8) of illumos, as a table with any columns or as JSON: the functions on ppt; with -a also those that ppt_matches
 * names and ppt_aliases does not bind, which have a dash under DEV.
 *
 *     DEV        VENDOR DEVICE SUBVENDOR SUBDEVICE REV PATH
 *     /dev/ppt0  10de   1eb8   10de      12a2      a1  /pci@0,0/pci8086,1901@1/display@0
 *     -          10de   10f8   10de      12a2      a1  /pci@0,0/pci8086,1901@1/pci10de,12a2@0,1
 */
export default parser({
  gives: 'illumos-ppt',
  parse(evidence: Evidence): Contribution {
    const [bound, candidates] = [gather(evidence.id), gather(evidence.id)]
    const body = textOf(evidence)
    let columns: readonly string[] = []
    let seen = readJson(body, bound, candidates)
    for (const { mark, text, line } of readTree(body)) {
      if (mark !== '=') continue
      const words = text.trim().split(/\s+/)
      if (words[0] === 'DEV' && words.length > 1 && words.every(word => /^[A-Z]{1,20}$/.test(word))) {
        columns = words
        seen = true
        continue
      }
      if (columns.length === 0 || !/^(?:-|(?:\/dev\/)?ppt\d{1,5})$/.test(words[0] ?? '') || words.length < columns.length) continue
      const of = (name: string) => words[columns.indexOf(name)] ?? '-'
      add(bound, candidates, words[0] ?? '-', of('VENDOR'), of('DEVICE'), of('PATH'), line)
    }
    return seen ? { host: { platform: known('illumos', evidence.id, 1), pptDevices: bound.fact(), ...(candidates.size > 0 && { pptCandidates: candidates.fact() }) } } : {}
  },
})

function add(bound: Gathered, candidates: Gathered, dev: string, vendor: string, device: string, path: string, line: number): void {
  const what = `${hex4(vendor)}:${hex4(device)} ${path}`
  if (dev === '-') candidates.add(what, line)
  else bound.add(`${dev.replace('/dev/', '')} ${what}`, line)
}

function readJson(body: string, bound: Gathered, candidates: Gathered): boolean {
  if (!body.trimStart().startsWith('{') || body.length > 1 << 20) return false
  try {
    const value = JSON.parse(body) as { devices?: unknown }
    if (!Array.isArray(value.devices)) return false
    for (const one of value.devices.slice(0, 1000) as (Listed | null)[]) if (typeof one?.path === 'string') add(bound, candidates, word(one.dev), word(one['vendor-id']), word(one['device-id']), word(one.path), 1)
    return true
  } catch {
    return false
  }
}
