/** What a reader wants first: the verdict, what is a cause and what only follows from it, and what nobody could tell. */
import type { ChainLink, Diagnosis, EvidenceNote, Finding, RunInfo, Undecided } from '../model/finding.ts'
import type { Machine } from '../model/machine.ts'
import { type Severity, severities } from '../model/rule.ts'
import { inLanguage, mark, plural, say } from '../language/say.ts'
import { commas, linkWords, listed, severityCount } from './words.ts'

/** A root cause with everything that goes away with it. */
export interface Cause { readonly finding: Finding; readonly consequences: readonly Finding[] }

/** Findings folded under their root causes, both in the order of the diagnosis; none is lost, whatever `symptomOf` says. */
export function causesOf(findings: readonly Finding[]): readonly Cause[] {
  const byRule = grouped(findings, finding => finding.rule)
  const order = new Map(findings.map((finding, index) => [finding, index]))
  const under = new Map<Finding, Finding[]>()
  for (const finding of findings) {
    const root = rootOf(finding, byRule, order)
    const list = under.get(root) ?? []
    if (root !== finding) list.push(finding)
    under.set(root, list)
  }
  return findings.filter(finding => under.has(finding)).map(finding => ({ finding, consequences: under.get(finding) ?? [] }))
}

/** The far end of the chain of causes; in a circle, the finding that the diagnosis names first. */
function rootOf(finding: Finding, byRule: ReadonlyMap<string, readonly Finding[]>, order: ReadonlyMap<Finding, number>): Finding {
  const seen = new Set([finding])
  for (let next = causeOf(finding, byRule); next !== null; next = causeOf(next, byRule)) {
    if (seen.has(next)) return [...seen].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))[0] ?? finding
    seen.add(next)
  }
  return [...seen].at(-1) ?? finding
}

/** Of several findings of the causing rule, the one about the same thing: most words of the subject in common. */
function causeOf(finding: Finding, byRule: ReadonlyMap<string, readonly Finding[]>): Finding | null {
  if (finding.symptomOf === null || finding.symptomOf === finding.rule) return null
  const words = new Set(finding.subject.split(' '))
  const common = (other: Finding) => other.subject.split(' ').filter(word => words.has(word)).length
  const candidates = byRule.get(finding.symptomOf) ?? []
  return candidates.reduce<Finding | null>((best, other) => (best === null || common(other) > common(best) ? other : best), null)
}

/** The functions and VMs a finding is about; of a group its members, of a function the VMs that want it. */
export function touched({ subject }: Finding, machine?: Machine): { readonly devices: readonly string[]; readonly vms: readonly string[] } {
  const [kind = '', ...names] = subject.split(' ')
  const last = names.at(-1) ?? ''
  switch (kind) {
    case 'function': return { devices: [last], vms: machine?.functions.find(fn => fn.bdf === last)?.wantedBy ?? [] }
    case 'assignment': return { devices: [last], vms: [names.slice(0, -1).join(' ')] }
    case 'vm': return { devices: machine?.vms.find(vm => vm.name === names.join(' '))?.wants ?? [], vms: [names.join(' ')] }
    case 'group': {
      const members = machine?.functions.filter(fn => fn.group === last) ?? []
      return { devices: members.map(fn => fn.bdf), vms: [...new Set(members.flatMap(fn => fn.wantedBy))] }
    }
    default: return { devices: [], vms: [] }
  }
}

/** A link with the finding that broke it, if it failed and one says so. */
export interface DrawnLink { readonly link: ChainLink; readonly broke: Finding | null }

/** How far the host got, link by link; empty where the diagnosis does not tell. */
export const drawnChain = ({ chain = [], findings }: Diagnosis): readonly DrawnLink[] =>
  chain.map(link => ({ link, broke: findings.find(finding => link.failedBy.includes(finding.rule)) ?? null }))

/** `CPU virtualisation ok`, `IOMMU in the kernel ×`, `7 links not reached` */
export function chainInWords(links: readonly DrawnLink[]): readonly string[] {
  const reached = links.filter(({ link }) => link.verdict !== 'not reached')
  const behind = links.length - reached.length
  return [...reached.map(({ link }) => `${link.name} ${linkWords[link.verdict].mark}`), ...(behind > 0 ? [plural(behind, '{n} link not reached', '{n} links not reached')] : [])]
}

/** `2 errors and 1 hint` of these findings. */
export function tallied(findings: readonly Finding[]): string {
  const counts = countsOf(findings)
  return listed(severities.filter(each => counts[each] > 0).map(each => severityCount[each](counts[each])))
}

export function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const count = (severity: Severity) => findings.filter(finding => finding.severity === severity).length
  return { error: count('error'), warning: count('warning'), hint: count('hint') }
}

/** The diagnosis in one sentence. */
export function verdictOf(diagnosis: Diagnosis): string {
  const causes = causesOf(diagnosis.findings)
  const first = causes[0]
  if (first === undefined) return clearVerdict(diagnosis)
  const consequences = diagnosis.findings.length - causes.length
  const found = tallied(causes.map(cause => cause.finding))
  const all = consequences === 0 ? found : plural(consequences, '{found}, with {n} consequence', '{found}, with {n} consequences', { found })
  const title = first.finding.title.replace(/\.$/, '')
  return causes.length === 1 ? say('Found {all}: {title}.', { all, title }) : say('Found {all}; the first to look at: {title}.', { all, title })
}

function clearVerdict(diagnosis: Diagnosis): string {
  if (!diagnosis.about.evidence.some(wasRead)) return say('Nothing could be read, so nothing can be said about this host.')
  if (diagnosis.about.evidence.every(note => !wasRead(note) || note.kind === 'text')) return say('Nothing in it was recognised as what a host prints, and no rule knows its lines: nothing can be said about a host.')
  const open = openPoints(diagnosis).map(point => point.text)
  return open.length === 0 ? say('Nothing wrong was found.') : say('Nothing wrong was found, but {open}.', { open: listed(open) })
}

/** What keeps the diagnosis from being whole, each with the part of the report that tells more. */
export function openPoints({ unknown, broken }: Diagnosis): readonly { readonly part: 'unknown' | 'broken'; readonly text: string }[] {
  return [
    ...(unknown.length > 0 ? [{ part: 'unknown' as const, text: plural(unknown.length, '{n} rule could not be decided', '{n} rules could not be decided') }] : []),
    ...(broken.length > 0 ? [{ part: 'broken' as const, text: plural(broken.length, '{n} rule broke', '{n} rules broke') }] : []),
  ]
}

const wasRead = (note: EvidenceNote): boolean => note.status === 'ok' || note.status === 'cut'

const platformNames = new Map([['linux', 'Linux'], ['freebsd', 'FreeBSD']])
const places = new Map([['metal', ''], ['none', ''], ['vm', mark('itself a VM')], ['container', mark('inside a container')], ['wsl', mark('inside WSL')]])

/** `Debian 12, Linux 6.1.0-30-amd64, ASUS PRIME Z790-P` */
export function hostLine({ host }: RunInfo): string {
  const kernel = [platformNames.get(host.platform ?? '') ?? host.platform, host.kernel].filter(Boolean).join(' ')
  const inside = host.runsIn === null ? null : inLanguage(places.get(host.runsIn) ?? say('inside {place}', { place: host.runsIn }))
  return commas([host.distribution, kernel, host.board, inside].flatMap(part => part || [])) || say('not known')
}

/** `2026-11-20 21:03 UTC, as root`, or null for loose files of unknown age. */
export function takenLine({ takenAt, root }: RunInfo): string | null {
  const rights = root === null ? null : root ? say('as root') : say('without root')
  return commas([takenAt === null ? null : clock(takenAt), rights].flatMap(part => part ?? [])) || null
}

/** `667 rules on 40 pieces of evidence` */
export const checkedLine = ({ rules, evidence }: RunInfo): string =>
  say('{rules} on {pieces} of evidence', { rules: rulesIn(rules), pieces: plural(evidence.length, '{n} piece', '{n} pieces') })

/** `3 rules` */
export const rulesIn = (n: number): string => plural(n, '{n} rule', '{n} rules')

function clock(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Rules that wait for the same evidence. */
export interface Gap {
  /** Fact paths nobody could look up. */
  readonly missing: readonly string[]
  /** Commands or copies that would tell; may be empty. */
  readonly get: readonly string[]
  readonly rules: readonly Undecided[]
}

/** The gaps, the one that keeps back the gravest and most rules first. */
export function gapsOf(unknown: readonly Undecided[]): readonly Gap[] {
  const groups = grouped(unknown, ({ get, missing }) => (get.length > 0 ? get : missing).toSorted().join('\n'))
  const gaps = [...groups.values()].map(rules => ({
    missing: [...new Set(rules.flatMap(rule => rule.missing))].sort(),
    get: [...new Set(rules.flatMap(rule => rule.get))],
    rules: rules.toSorted((a, b) => gravity(a) - gravity(b) || (a.rule < b.rule ? -1 : 1)),
  }))
  return gaps.sort((a, b) => worst(a) - worst(b) || b.rules.length - a.rules.length)
}

/** What brings the evidence that so many undecided rules wait for. */
export interface Wish { readonly command: string; readonly rules: number }

/**
 * Evidence that most undecided rules wait for, as the command that brings it: what to ask a reporter for next. Nothing where a host
 * was examined whole: there the gaps say it.
 */
export function nextToAsk({ about, unknown }: Diagnosis, most = 4): readonly Wish[] {
  if (about.takenAt !== null) return []
  const rules = new Map<string, number>()
  for (const { get } of unknown) for (const command of new Set(get)) rules.set(command, (rules.get(command) ?? 0) + 1)
  return [...rules].map(([command, count]) => ({ command, rules: count })).sort((a, b) => b.rules - a.rules || (a.command < b.command ? -1 : 1)).slice(0, most)
}

const gravity = (undecided: Undecided): number => severities.indexOf(undecided.severity)
const worst = (gap: Gap): number => Math.min(...gap.rules.map(gravity))

/** Why a piece of evidence was not read whole: `Operation not permitted; needs root`. */
export function shortfallOf(note: EvidenceNote, root: boolean | null): string {
  return [note.note, note.status === 'denied' && root === false ? say('needs root') : null].filter(Boolean).join(say('; '))
}

/** As Map.groupBy, which Node 20 lacks. */
function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
