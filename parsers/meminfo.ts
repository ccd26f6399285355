import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import { gather, type Gathered, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree, type TreeLine } from './tree.ts'

/** One size of huge pages, of one NUMA node or (node `-`) of all. */
interface Pool { readonly node: string, readonly pageKiB: number, total?: Fact<number>, free?: Fact<number> }

const poolPath = /(?:\/node(\d{1,4}))?\/hugepages(?:\/|-)hugepages-(\d{1,9})kB\/(nr|free)_hugepages$|\/(?:node(\d{1,4})|mm)\/hugepages\/hugepages-(\d{1,9})kB\/(nr|free)_hugepages$/
const field = /^\s*(\w+):\s+(\d{1,15})(?: kB)?\s*$/
const nodeTotal = /^Node (\d{1,4}) MemTotal:\s+(\d{1,15}) kB/

const wholeNumber = (text: string): number | null => (/^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null)

function readPool({ path, text }: TreeLine, pools: Map<string, Pool>, cite: (value: number) => Fact<number>): boolean {
  const parts = poolPath.exec(path)
  if (!parts) return false
  const [node = '-', pageKiB = '0', what] = [parts[1] ?? parts[4], parts[2] ?? parts[5], parts[3] ?? parts[6]]
  const pool = pools.get(`${node} ${pageKiB}`) ?? { node, pageKiB: Number(pageKiB) }
  pools.set(`${node} ${pageKiB}`, pool)
  const pages = wholeNumber(text)
  if (pages !== null) pool[what === 'nr' ? 'total' : 'free'] = cite(pages)
  return true
}

/** Pages of all sizes, from the counts over all nodes; meminfo alone knows the default size only. */
function addPools(host: HostDraft, pools: readonly Pool[], list: Gathered): void {
  for (const { node, pageKiB, total, free } of pools) {
    if (total && free) list.add([node, pageKiB, total.value, free.value].join(' '), total.at[0]?.where ?? 1)
  }
  if (list.size) host.hugepagePools = list.fact()
  const overall = pools.filter(({ node, total, free }) => node === '-' && total && free)
  if (overall.length === 0) return
  const at = overall.flatMap(({ total, free }) => [...total?.at ?? [], ...free?.at ?? []])
  const sum = (value: (pool: Pool) => number) => ({ value: overall.reduce((all, pool) => all + value(pool), 0), at })
  host.hugepagesTotal = sum(({ total }) => total?.value ?? 0)
  host.hugepagesFree = sum(({ free }) => free?.value ?? 0)
  host.hugepagesFreeMiB = sum(({ free, pageKiB }) => ((free?.value ?? 0) * pageKiB) / 1024)
}

/**
 * Memory and huge pages: /proc/meminfo, the pools in /sys/kernel/mm and per NUMA node, overcommit and page merging.
 *
 *     MemTotal:       65711432 kB
 *     /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages:16
 */
export default parser({
  gives: 'meminfo',
  parse(evidence: Evidence) {
    const host: HostDraft = {}
    const pools = new Map<string, Pool>()
    const nodes = gather(evidence.id)
    const fields = new Map<string, Fact<number>>()
    for (const entry of readTree(textOf(evidence))) {
      const { path, mark, text, line } = entry
      if (mark !== '=') continue
      const cite = <T>(value: T) => known(value, evidence.id, line)
      if (readPool(entry, pools, value => cite(value))) continue
      const node = nodeTotal.exec(text)
      const parts = node ? null : field.exec(text)
      if (node) nodes.add(`${node[1]} ${Math.floor(Number(node[2]) / 1024)}`, line)
      else if (parts && !fields.has(parts[1] ?? '')) fields.set(parts[1] ?? '', cite(Number(parts[2])))
      else if (path.endsWith('/overcommit_memory') && wholeNumber(text) !== null) host.overcommitMemory = cite(Number(text))
      else if (path.endsWith('/ksm/run') && wholeNumber(text) !== null) host.ksm = cite(Number(text) === 1)
    }
    const mebibytes = (name: string): Fact<number> | undefined => {
      const fact = fields.get(name)
      return fact && { ...fact, value: Math.floor((fact.value ?? 0) / 1024) }
    }
    const [total, available] = [mebibytes('MemTotal'), mebibytes('MemAvailable')]
    if (total) host.memoryMiB = total
    if (available) host.memoryAvailableMiB = available
    if (nodes.size) host.numaMemoryMiB = nodes.fact()
    const [pages, free, size] = ['HugePages_Total', 'HugePages_Free', 'Hugepagesize'].map(name => fields.get(name))
    if (pages) host.hugepagesTotal = pages
    if (free) host.hugepagesFree = free
    if (free && size) host.hugepagesFreeMiB = { value: ((free.value ?? 0) * (size.value ?? 0)) / 1024, at: [...free.at, ...size.at] }
    addPools(host, [...pools.values()], gather(evidence.id))
    return { host }
  },
})
