/**
 * How far the host got on the way from firmware to guest. Where passthrough is meant it is the way of the functions that VMs are
 * given; elsewhere, where there are GPUs for this system's own use, theirs. Behind a broken link nobody got to those that nothing proves.
 */
import { citedBy, missingFor, screen } from '../engine/screen.ts'
import type { Examination } from '../engine/run.ts'
import type { Subject } from '../engine/subject.ts'
import { kindOf, type Cite, type Evidence } from '../model/evidence.ts'
import { inLanguage } from '../language/say.ts'
import type { ChainLink, Finding } from '../model/finding.ts'
import { chains, type Link } from './chain-links.ts'
import type { Quoter } from './quotes.ts'
import { waysToGet } from './ways.ts'

/** Quotes that prove one link. */
const mostQuotes = 3
/** Vendors of GPUs that do work; a BMC's display or one that a hypervisor plays is none. */
const gpuVendors: ReadonlySet<unknown> = new Set(['10de', '1002', '8086'])

/** undefined: nothing here is meant for a VM, and there is no GPU; or nothing of the way is known. */
export function chainOf(examination: Examination, findings: readonly Finding[], evidence: readonly Evidence[], quoter: Quoter): readonly ChainLink[] | undefined {
  const way = wayOf(examination)
  if (!way) return undefined
  const context: Context = { ...way, evidence, quoter, broken: brokenBy(findings, way, examination), platform: examination.snapshot.host.platform?.value ?? null }
  const links = way.links.map(link => judged(link, context))
  if (links.every(link => link.verdict === 'unknown')) return undefined
  const end = links.findIndex(link => link.verdict === 'failed')
  return links.map((link, place) => (end < 0 || place <= end || link.verdict !== 'unknown' ? link : { name: link.name, verdict: 'not reached' as const, evidence: [], failedBy: [], get: [] }))
    .map(link => ({ ...link, name: inLanguage(link.name), get: link.get.map(inLanguage) }))
}

interface Way { readonly links: readonly Link[]; readonly subjects: Readonly<Record<Link['of'], readonly Subject[]>> }
interface Context extends Way {
  readonly evidence: readonly Evidence[]
  readonly quoter: Quoter
  /** The findings that break each link. */
  readonly broken: ReadonlyMap<Link, readonly Finding[]>
  readonly platform: string | null
}

function wayOf({ subjects, snapshot: { host } }: Examination): Way | null {
  const { host: [system], function: functions, vm: vms, assignment: assignments } = subjects
  if (!system) return null
  const meant = host.wantsPassthrough?.value === true || host.goal?.value === 'passthrough' || assignments.length > 0
  const gpus = functions.filter(({ roots: { fn } }) => ['gpu', 'accelerator'].includes(String(fn?.walk('kind').value)) && gpuVendors.has(fn?.walk('vendor').value))
  if (meant) {
    const links = host.platform?.value === 'freebsd' ? chains.freebsd : host.platform?.value === 'illumos' ? null : chains.linux
    const wanted = functions.filter(({ roots: { fn } }) => fn?.walk('wanted').value === true)
    return links && { links, subjects: { host: [system], function: wanted.length > 0 ? wanted : gpus, vm: vms.filter(vm => vm.bdfs.size > 0), assignment: assignments } }
  }
  return gpus.length > 0 ? { links: chains.ownGpu, subjects: { host: [system], function: gpus, vm: [], assignment: [] } } : null
}

/**
 * Findings by the link they break, errors by their root cause: what follows from another fault does not break the way a second time.
 * What is only possible, and a warning that was said, breaks a link that nothing proves.
 */
function brokenBy(findings: readonly Finding[], { links, subjects }: Way, { subjects: { group: groups } }: Examination): ReadonlyMap<Link, readonly Finding[]> {
  const bdfs = new Set(subjects.function.flatMap(subject => [...subject.bdfs]))
  const ofOthers = new Set(groups.filter(group => ![...group.bdfs].some(bdf => bdfs.has(bdf))).map(group => group.ref.key))
  const errors = findings.filter(finding => finding.severity === 'error' || (finding.severity === 'warning' && finding.times && finding.confidence !== 'possible'))
  const roots = new Set(errors.map(finding => rootOf(finding, findings)))
  const broken = new Map<Link, Finding[]>()
  for (const finding of findings) {
    if (!roots.has(finding) || isOfOthers(finding, bdfs, ofOthers, links === chains.ownGpu)) continue
    const link = links.find(each => each.rules?.test(finding.rule)) ?? links.find(each => each.layers.includes(finding.layer))
    if (link) broken.set(link, [...(broken.get(link) ?? []), finding])
  }
  return broken
}

function rootOf(finding: Finding, findings: readonly Finding[]): Finding {
  const seen = new Set([finding])
  let root = finding
  for (let next = causeOf(root, findings); next && !seen.has(next); next = causeOf(root, findings)) {
    seen.add(next)
    root = next
  }
  return root
}

/** Of several findings of one rule the one about the same subject, if there is. */
const causeOf = ({ symptomOf, subject }: Finding, findings: readonly Finding[]): Finding | undefined => {
  const causes = findings.filter(other => other.rule === symptomOf)
  return causes.find(other => other.subject === subject) ?? causes[0]
}

/** About functions or groups that are on no way, or about the drivers of this system while the way is one of guests. */
function isOfOthers({ subject, layer, evidence }: Finding, bdfs: ReadonlySet<string>, otherGroups: ReadonlySet<string>, own: boolean): boolean {
  const [kind = '', key = ''] = subject.split(' ')
  if (kind === 'function') return !bdfs.has(key)
  if (kind === 'group') return otherGroups.has(key)
  const ofSystem = kind === 'host' && (layer === 'driver' || layer === 'userspace')
  return !own && ofSystem && !evidence.some(quote => ['guest-report', 'text'].includes(kindOf(quote.evidence) ?? ''))
}

function judged(link: Link, context: Context): ChainLink {
  const { quoter, evidence, platform, broken } = context
  const findings = broken.get(link) ?? []
  const base = { name: link.name, failedBy: [], get: [] }
  const sure = findings.filter(finding => finding.severity === 'error' && finding.confidence !== 'possible')
  if (sure.length > 0) return brokenLink(link.name, sure)
  const subjects = context.subjects[link.of]
  const quoted = (cites: readonly Cite[]) => quoter.quote(cites, mostQuotes)
  const failing = subjects.find(({ roots }) => link.failed && screen(link.failed, roots) === 'fires')
  if (failing) return { ...base, verdict: 'failed', evidence: quoted(citedBy(link.failed as NonNullable<Link['failed']>, failing.roots)) }
  const open = subjects.filter(({ roots }) => screen(link.passed, roots) !== 'fires')
  const proof = quoted(subjects.flatMap(({ roots }) => citedBy(link.passed, roots)))
  if (subjects.length > 0 && open.length === 0 && proof.length > 0) return { ...base, verdict: 'passed', evidence: proof }
  if (findings.length > 0) return brokenLink(link.name, findings)
  const missing = subjects.length > 0 ? open.flatMap(({ roots }) => missingFor(link.passed, roots)) : pathsOf(link.passed)
  const ways = link.tell === undefined ? waysToGet(missing.slice(0, 1), { for: link.of, log: {} }, platform, evidence) : [...link.tell]
  return { ...base, verdict: 'unknown', evidence: [], get: ways }
}

const brokenLink = (name: string, findings: readonly Finding[]): ChainLink => ({
  name, verdict: 'failed', evidence: findings.flatMap(finding => finding.evidence.slice(0, 1)).slice(0, mostQuotes),
  failedBy: [...new Set(findings.map(finding => finding.rule))], get: [],
})

const pathsOf = (condition: Link['passed']): string[] => {
  if ('operator' in condition) return [`${condition.fact}.${condition.path}`]
  const children = 'not' in condition ? [condition.not] : 'all' in condition ? condition.all : condition.any
  return children.flatMap(pathsOf)
}
