/** From the members of a bundle, or of a folder that is one, to pieces of evidence. */
import { gunzipSync } from 'node:zlib'
import type { EvidenceKind } from '../model/evidence.ts'
import type { Member } from './archive.ts'
import { bundles } from './bundles/all.ts'
import type { Bundle, MemberRule } from './bundles/bundle.ts'

/** A member with what it is. Text that is to be recognised by its content has no kind. */
export interface BundlePiece {
  readonly kind: EvidenceKind | null
  readonly name?: string
  /** The path in the bundle; of a joined piece the first and how many more. */
  readonly from: string
  readonly bytes: Buffer
  readonly partial: boolean
}

/** The path without the folder that holds the whole bundle. */
const below = (path: string, top: string): string => (top !== '' && path.startsWith(top) ? path.slice(top.length) : path)

/** The one folder in which everything lies, with its slash; '' where there is none. */
export function topOf(paths: readonly string[]): string {
  const first = paths[0]?.slice(0, (paths[0]?.indexOf('/') ?? -1) + 1) ?? ''
  return first !== '' && paths.every(path => path.startsWith(first)) ? first : ''
}

/** Both readings of a path of which it is not yet known whether a folder holds everything. */
const readings = (path: string): readonly string[] => (path.includes('/') ? [path, path.slice(path.indexOf('/') + 1)] : [path])

const largestLoose = 8 << 20
const mostLoose = 48 << 20
const looseName = /(?:^|\/)[^/]*\.(?:txt|log|xml|conf|cfg|md|out|dmesg|dump|json|ya?ml|bin|gz|tgz|html?)$|(?:^|\/)[^./]+$/i
/** What gpudoctor wrote, as people call it: a snapshot, a report, what the collector script wrote. Beside other bundles it is known by that name alone. */
const ownName = /(?:^|\/)[^/]*gpudoctor[^/]*\.(?:txt|gz|tgz|html?)$/i

/**
 * Asked for each member before the bundle is known: those that some bundle wants, and small files that may be loose ones, until
 * a mark shows that this is a bundle that wants none.
 */
export class Picker {
  #looseLeft = mostLoose
  #marked = false
  /** Files of no name that a text has. */
  passedOver = 0

  readonly wants = (path: string, size: number): boolean => {
    const both = readings(path)
    if (ownName.test(path)) return true
    this.#marked ||= bundles.some(one => !one.loose && both.some(reading => one.mark.test(reading)))
    if (bundles.some(one => one.members.some(rule => both.some(reading => rule.at.test(reading))))) return true
    if (this.#marked || /(?:^|\/)\.[^/]+(?:\/|$)/.test(path)) return false
    if (!looseName.test(path)) this.passedOver++
    if (size > largestLoose || size > this.#looseLeft || !looseName.test(path)) return false
    this.#looseLeft -= size
    return true
  }
}

/** Which bundle these paths are of. */
export function bundleOf(paths: readonly string[]): Bundle | null {
  const top = topOf(paths)
  return bundles.find(one => paths.some(path => one.mark.test(below(path, top)))) ?? null
}

/** The pieces of a bundle; `all`: every path there is, also of what was not kept. */
export function piecesOf(bundle: Bundle | null, members: readonly Member[]): BundlePiece[] {
  const top = topOf(members.map(({ path }) => path))
  const found: { readonly rule: MemberRule | null; readonly place: number; readonly member: Member; readonly name: string | undefined }[] = []
  for (const member of members) {
    const path = below(member.path, top)
    const place = bundle?.members.findIndex(rule => rule.at.test(path)) ?? -1
    const rule = bundle?.members[place] ?? null
    if (rule) found.push({ rule, place, member, name: rule.at.exec(path)?.groups?.['name'] })
    else if (!bundle || bundle.loose?.test(path)) found.push({ rule: null, place: Infinity, member, name: undefined })
  }
  const taken = new Set<string>()
  const trees = new Map<EvidenceKind, Member[]>()
  const pieces: BundlePiece[] = []
  for (const { rule, member, name } of found.sort((a, b) => a.place - b.place)) {
    const bytes = gunzipped(member)
    if (bytes === null || bytes.length === 0) continue
    if (rule?.best !== undefined && taken.has(rule.best)) continue
    if (rule?.best !== undefined) taken.add(rule.best)
    if (rule?.tree && rule.kind !== 'by content') trees.set(rule.kind, [...(trees.get(rule.kind) ?? []), { ...member, bytes }])
    else pieces.push({ kind: rule && rule.kind !== 'by content' ? rule.kind : null, from: member.path, bytes, partial: member.cut || rule?.partial === true, ...(name === undefined ? {} : { name }) })
  }
  return [...pieces, ...[...trees].map(([kind, files]) => joined(kind, files, top))]
}

/** Files of one kind under the title lines that `head` and `tail` print, which the parsers know. */
function joined(kind: EvidenceKind, files: readonly Member[], top: string): BundlePiece {
  const parts = files.map(({ path, bytes }) => `==> /${below(path, top)} <==\n${bytes.toString('utf8').replace(/\n?$/, '\n')}`)
  return { kind, from: files.length === 1 ? files[0]?.path ?? '' : `${files[0]?.path} and ${files.length - 1} more`, bytes: Buffer.from(parts.join('')), partial: true }
}

/** A rotated log, unpacked within bounds; null where it is damaged or grows too much. */
function gunzipped({ path, bytes }: Member): Buffer | null {
  if (!path.endsWith('.gz') && !(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: 64 << 20 })
  } catch {
    return null
  }
}
