import { textOf, type Evidence } from '../model/evidence.ts'
import { gather, type Gathered, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** What DCGM calls a result that is none of the good ones; a test that was skipped tells nothing. */
const bad = /^(?:fail|failure|warn|warning)$/i

/**
 * Faults that NVIDIA's DCGM found, of `dcgmi health -c` and `dcgmi diag`, as a table or, with -j, as JSON:
 *
 *     | PCIe                      | Fail - GPU: 3                                  |
 *     | GPU ID: 0       | Warning                                                    |
 *     "status" : "FAIL",
 */
export default parser({
  gives: 'dcgm',
  parse(evidence: Evidence) {
    const faults = gather(evidence.id)
    const body = textOf(evidence)
    const seen = readTable(body, faults) || readJson(body, faults)
    const host: HostDraft = {}
    if (seen) host.dcgmFaults = faults.fact()
    return { host }
  },
})

/** A cell without a name in front goes on with what the row above says. */
function readTable(body: string, faults: Gathered): boolean {
  let [name, seen] = ['', false]
  for (const { text, line } of linesOf(body)) {
    const cells = text.length < 400 && text.startsWith('|') ? text.split('|').map(cell => cell.trim()) : []
    if (cells.length < 4 || cells.length > 5) continue
    const [, first = '', second = ''] = cells
    name = first.replace(/^(?:-> ?)+/, '') || name
    const result = /^([A-Za-z]{4,8})(?: - .{1,200})?$/.exec(second)?.[1] ?? ''
    if (/^(?:pass|healthy|skip)$/i.test(result) || bad.test(result)) seen = true
    if (bad.test(result) && name !== '') faults.add(`${name}: ${second}`, line)
    // `PCIe system: Warning - Detected more than 8 PCIe replays per minute for GPU 0: 13`, over several rows.
    else if (seen && (/^[A-Z][\w /]{2,40}: (?:Failure|Warning) - /.test(second) || (/^Warning\b/.test(first) && second !== ''))) faults.add(second, line)
  }
  return seen
}

const mostDepth = 16

/** Each object that has a bad `status` or `value`, with the names on the way to it and the words beside it. */
function readJson(body: string, faults: Gathered): boolean {
  const start = body.indexOf('{')
  let data: unknown
  try {
    data = start < 0 ? undefined : JSON.parse(body.slice(start))
  } catch {
    return false
  }
  if (typeof data !== 'object' || data === null || !/"(?:DCGM (?:GPU )?Diagnostic|Health Monitor Report)"/.test(body)) return false
  walk(data, [], faults, 0)
  return true
}

const textIn = (value: unknown, key: string): string => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? String((value as Record<string, unknown>)[key]) : '')

function walk(value: unknown, names: readonly string[], faults: Gathered, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > mostDepth) return
  const own = textIn(value, 'name') || textIn(value, 'category')
  const gpu = textIn(value, 'gpu_id') || textIn(value, 'gpu_ids') || textIn(value, 'entity_id')
  const way = [...names, ...(own ? [own.slice(0, 60)] : []), ...(gpu ? [`GPU ${gpu.slice(0, 60)}`] : [])]
  const state = [textIn(value, 'status'), textIn(value, 'value')].find(word => bad.test(word))
  if (state !== undefined) faults.add(`${way.join(', ') || 'DCGM'}: ${state}${saidBy(value)}`.slice(0, 500), 1)
  for (const [key, child] of Object.entries(value)) {
    // The names of `children` are those of GPUs and systems; the others are the form's own.
    const named = /^\d{1,4}$/.test(key) && !Array.isArray(value) ? [`GPU ${key}`] : /^[A-Z][\w /]{1,40}$/.test(key) && !/^(?:DCGM|GPU$|Errors?$|Overall)/.test(key) ? [key] : []
    walk(child, [...way, ...named], faults, depth + 1)
  }
}

/** The warnings of a test: a text, a list of texts, or of objects with a text. For health the errors below. */
function saidBy(value: object): string {
  const found: string[] = []
  const look = (from: unknown, depth: number): void => {
    if (found.length >= 4 || depth > 6 || from === null || from === undefined) return
    if (typeof from === 'string') found.push(from)
    else if (Array.isArray(from)) from.forEach(one => look(one, depth + 1))
    else if (typeof from === 'object') for (const key of ['warning', 'warnings', 'Error', 'value', 'children']) if (Object.hasOwn(from, key)) look((from as Record<string, unknown>)[key], depth + 1)
  }
  for (const key of ['warnings', 'children']) if (Object.hasOwn(value, key)) look((value as Record<string, unknown>)[key], 0)
  const said = found.filter(text => text.length > 8 && !bad.test(text))
  return said.length > 0 ? `, ${said.join('; ').replace(/\s+/g, ' ')}` : ''
}
