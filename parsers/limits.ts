import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

const unlimited = -1
const factors: ReadonlyMap<string, number> = new Map([['', 1], ['K', 2 ** 10], ['M', 2 ** 20], ['G', 2 ** 30], ['T', 2 ** 40]])

/** A figure in units of `bytes` as KiB; a suffix multiplies it as systemd reads it. */
function kibibytes(text: string, bytes: number): number | null {
  if (/^(?:unlimited|infinity|-1)$/i.test(text)) return unlimited
  const parts = /^(\d{1,20})([KMGT]?)$/.exec(text)
  if (!parts) return null
  const value = (Number(parts[1]) * (factors.get(parts[2] ?? '') ?? 1) * (parts[2] ? 1 : bytes)) / 1024
  // 2^64 - 1 is systemd's and the kernel's other way to write infinity.
  return value >= 2 ** 53 ? unlimited : Math.floor(value)
}

/** What tells the limit of the process itself comes before what a shell or a unit is given. */
const sources: readonly { readonly form: RegExp, readonly bytes: number }[] = [
  { form: /^Max locked memory\s+(\S+)\s+\S+\s+bytes/, bytes: 1 },
  { form: /^max locked memory\s+\(k(?:bytes|B), -l\)\s+(\S+)/, bytes: 1024 },
  { form: /^\s*(unlimited|\d{1,15})\s*$/, bytes: 1024 },
  { form: /^\s*(?:Default)?LimitMEMLOCK=(?:([^\s:]+))/, bytes: 1 },
]
const mostProcesses = 500
const rule = /^\s*(\S+)\s+(hard|soft|-)\s+memlock\s+(\S+)/
const unit = /^\s*(?:Default)?LimitMEMLOCK=\S+/
/** libvirt raises the limit of a QEMU process itself, so the limit of its daemon says nothing. */
const daemon = /libvirtd|virtqemud/

/**
 * The limit of locked memory that QEMU runs under: /proc/PID/limits, `ulimit -l`, `ulimit -a`, LimitMEMLOCK; the
 * lowest where several processes are shown; and what each QEMU has locked. Lines of limits.conf are kept as they are, since they are for one user.
 *
 *     Max locked memory         8388608              8388608              bytes
 */
export default parser({
  gives: 'limits',
  parse(evidence: Evidence) {
    const rules = gather(evidence.id)
    const found: (Fact<number> & { readonly value: number, readonly rank: number })[] = []
    const processes = new Map<string, { line: number, kib?: number, limit?: number }>()
    let ofDaemon = false
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=' || /^\s*#/.test(text)) continue
      const pid = /^\/proc\/(\d{1,9})\/(?:status|limits)$/.exec(path)?.[1]
      const amount = pid === undefined ? null : /^Vm(?:Lck|Pin):\s+(\d{1,15}) kB/.exec(text)
      if (pid !== undefined && processes.size < mostProcesses) {
        const of = processes.get(pid) ?? { line }
        processes.set(pid, of)
        // VFIO counts what it pins as locked, iommufd as pinned.
        if (amount) Object.assign(of, { kib: Math.max(of.kib ?? 0, Number(amount[1])), line })
        const limit = sources[0]?.form.exec(text)?.[1]
        if (limit !== undefined) of.limit = kibibytes(limit, 1) ?? unlimited
      }
      if (text.startsWith('Id=')) ofDaemon = daemon.test(text)
      if (rule.test(text) || unit.test(text)) rules.add(text.trim().replace(/\s+/g, ' '), line)
      const rank = sources.findIndex(({ form }) => form.test(text))
      const source = sources[rank]
      if (!source || (rank === 3 && (ofDaemon || daemon.test(path)))) continue
      const value = kibibytes(source.form.exec(text)?.[1] ?? '', source.bytes)
      if (value !== null) found.push({ ...known(value, evidence.id, line), value, rank })
    }
    const locked = gather(evidence.id)
    for (const [pid, { kib, limit, line }] of processes) if (kib !== undefined) locked.add(`${pid} ${Math.round(kib / 1024)} ${limit === undefined ? '?' : limit === unlimited ? unlimited : Math.round(limit / 1024)}`, line)
    const height = (value: number) => (value === unlimited ? Infinity : value)
    const best = found.toSorted((a, b) => a.rank - b.rank || height(a.value) - height(b.value) || 0)[0]
    const host: HostDraft = {}
    if (best) host.memlockKiB = { value: best.value, at: best.at }
    if (locked.size) host.qemuLocked = locked.fact()
    if (rules.size) host.memlockRules = rules.fact()
    return { host }
  },
})
