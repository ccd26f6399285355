import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { folderOf, isTree, linesOf, readTree, statOf } from './tree.ts'

interface Entry {
  line: number
  kind: 'file' | 'folder' | 'link' | 'unknown'
  /** null: nobody could tell. */
  executable: boolean | null
  target?: string
  broken?: boolean
}
type Listing = Map<string, Entry>

const root = '/etc/libvirt/hooks'
const script = `${root}/qemu`
const fileType = 0o170000

function entry(listing: Listing, path: string, line: number): Entry {
  const there = listing.get(path)
  if (there) return there
  const made: Entry = { line, kind: 'unknown', executable: null }
  if (listing.size < 5000) listing.set(path, made)
  return made
}

/** The tree form: link lines, folders, and stat lines, which speak of what a link leads to. */
function readTreeListing(body: string): Listing {
  const listing: Listing = new Map()
  const statted = new Set<Entry>()
  for (const line of readTree(body)) {
    const path = line.path.replace(/\/+$/, '')
    if (path !== root && !path.startsWith(`${root}/`)) continue
    const e = entry(listing, path, line.line)
    const stat = statOf(line)
    if (stat) {
      const type = stat.mode & fileType
      statted.add(e)
      if (type === 0o040000) e.kind = 'folder'
      else if (type === 0o120000) e.kind = 'link'
      else {
        if (e.kind !== 'link') e.kind = 'file'
        e.executable = (stat.mode & 0o111) !== 0
      }
      e.line = line.line
    } else if (line.mark === '>') {
      if (e.kind !== 'folder') e.kind = 'link'
      e.target = line.text
    } else if (line.mark === '/') {
      if (e.kind === 'unknown' && line.path.endsWith('/')) e.kind = 'folder'
    } else if (line.mark === '!' && !/denied/.test(line.text)) e.broken = true
    else if (line.mark === '=' && e.kind === 'unknown') e.kind = 'file'
  }
  const folders = new Set([...listing.keys()].map(folderOf))
  for (const [path, e] of listing) {
    if (e.kind === 'unknown' && folders.has(path)) e.kind = 'folder'
    // Where others have a stat, a link without one leads nowhere.
    if (e.kind === 'link' && statted.size > 0 && !statted.has(e) && !/denied/.test(e.target ?? '')) e.broken = true
  }
  return listing
}

const lsLine = /^([-dlcbps])([-rwxsStT]{9})[.+@]?\s+\d+\s+\S+\s+\S+\s+\d+\s+(?:\w{3,9}\.?\s+\d{1,2}\s+[\d:]{4,5}|\d{1,2}\.?\s+\w{3,9}\.?\s+[\d:]{4,5}|\d{4}-\d\d-\d\d\s+[\d:.]+(?:\s+[+-]\d{4})?)\s+(.+)$/

/** `ls -lR`: a heading for each folder, then its entries with their modes. */
function readLs(body: string): Listing {
  const listing: Listing = new Map()
  let folder = ''
  for (const { text, line } of linesOf(body)) {
    const heading = /^(\/[^:]{1,1000}):$/.exec(text)
    if (heading?.[1]) {
      folder = heading[1].replace(/\/+$/, '')
      if (folder === root || folder.startsWith(`${root}/`)) entry(listing, folder, line).kind = 'folder'
      continue
    }
    const parts = lsLine.exec(text)
    if (!parts) continue
    const [shown = '', target] = (parts[3] ?? '').split(' -> ')
    const path = shown.startsWith('/') ? shown.trim() : `${folder || root}/${shown.trim()}`
    if (!path.startsWith(`${root}/`)) continue
    const e = entry(listing, path, line)
    e.kind = parts[1] === 'd' ? 'folder' : parts[1] === 'l' ? 'link' : 'file'
    if (e.kind === 'file') e.executable = /[xs]/.test(parts[2] ?? '')
    if (target) e.target = target.trim()
  }
  return listing
}

/** Where a link leads, with `..` taken out. */
function resolve(from: string, target: string): string {
  const path = target.startsWith('/') ? target : `${folderOf(from)}/${target}`
  const kept: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') kept.pop()
    else if (step !== '' && step !== '.') kept.push(step)
  }
  return `/${kept.join('/')}`
}

/** A link is what it leads to, where the listing shows that; a link into the listed folder that leads nowhere is broken. */
function follow(listing: Listing): void {
  for (const [path, e] of listing) {
    if (e.kind !== 'link' || !e.target) continue
    const target = resolve(path, e.target)
    const there = listing.get(target)
    if (there && there.kind === 'file') e.executable ??= there.executable
    else if (there?.kind === 'folder') e.kind = 'folder'
    else if (!there && target.startsWith(`${root}/`) && listing.has(folderOf(target))) e.broken = true
  }
}

function factsOf(listing: Listing, evidence: Evidence, whole: boolean): Contribution {
  const [files, notExecutable, broken] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
  let unsure = false
  for (const [path, e] of listing) {
    if (e.kind === 'folder' || /\.(md|txt|bak|orig|log)$/i.test(path)) continue
    files.add(path, e.line)
    if (e.broken) broken.add(path, e.line)
    else if (e.executable === false) notExecutable.add(path, e.line)
    else if (e.executable === null) unsure = true
  }
  const main = listing.get(script)
  const seen = main && main.kind !== 'folder' && !main.broken
  const first = listing.get(root)?.line ?? 1
  const hooksFile: Fact<string> | undefined = seen ? known(script, evidence.id, main.line) : whole || main ? known<string>(null, evidence.id, main?.line ?? first) : undefined
  const executable = seen ? main.executable : whole || main ? false : null
  return {
    host: {
      platform: known('linux', evidence.id, 1),
      ...(hooksFile ? { hooksFile } : {}),
      ...(executable === null ? {} : { hooksExecutable: known(executable, evidence.id, main?.line ?? first) }),
      ...(whole || files.size ? { hookFiles: files.fact() } : {}),
      ...((whole && !unsure) || notExecutable.size ? { hookFilesNotExecutable: notExecutable.fact() } : {}),
      ...(whole || broken.size ? { hookLinksBroken: broken.fact() } : {}),
    },
  }
}

/**
 * libvirt's hook scripts with their modes: the tree form, or `ls -lR /etc/libvirt/hooks`. libvirt runs what it finds
 * only when it is executable.
 *
 *     /etc/libvirt/hooks/qemu<TAB>@100644 0 0 2107 1714560000
 *     -rwxr-xr-x 1 root root 2107 Mar  5 18:00 qemu
 */
export default parser({
  gives: 'libvirt-hooks',
  parse(evidence) {
    const body = textOf(evidence)
    const tree = isTree(body)
    const listing = tree ? readTreeListing(body) : readLs(body)
    if (listing.size === 0) return {}
    follow(listing)
    // One file's line is an excerpt; a heading or a tree shows the folder.
    const whole = evidence.status === 'ok' && (tree || listing.get(root)?.kind === 'folder' || /^total \d+/m.test(body.slice(0, 10_000)))
    return factsOf(listing, evidence, whole)
  },
})

