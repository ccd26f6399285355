import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import { gather, moduleName, type Gathered, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { baseName, continued, folderOf, isTree, readTree, type TreeLine } from './tree.ts'

/** modprobe.d(5): of files with the same name only that in the first of these directories is read. */
const precedence = ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/', '/lib/']
const rank = (path: string): number => {
  const found = precedence.findIndex(prefix => path.startsWith(prefix))
  return found < 0 ? 0 : found
}

type Place = 'modprobe.d' | 'module list' | 'ignored' | 'elsewhere'
const placeOf = (path: string): Place => {
  const folder = baseName(folderOf(path))
  if (path.endsWith('/etc/modules') || path === 'modules' || folder === 'modules-load.d') return 'module list'
  if (folder === 'modprobe.d' && !path.endsWith('.conf')) return 'ignored'
  return path === '' || folder === 'modprobe.d' || path.endsWith('.conf') ? 'modprobe.d' : 'elsewhere'
}

interface Found {
  readonly options: Gathered
  readonly installs: Gathered
  readonly blacklist: Gathered
  readonly softdeps: Gathered
  readonly waiting: Gathered
  readonly stubIds: Gathered
  readonly atBoot: Gathered
  /** Each ids= of vfio-pci; the kernel keeps one buffer, so the last one holds. */
  readonly vfioIds: { readonly ids: readonly string[], readonly line: number }[]
}

/** `10de:1B39:…,` as vfio_pci.c splits it: vendor and device of each, in lower case. */
const idList = (value: string): string[] => value.split(',').flatMap(id => {
  const parts = /^\s*(?:0x)?([0-9a-f]{1,4}):(?:0x)?([0-9a-f]{1,4})(?::|\s*$)/i.exec(id)
  return parts ? [`${(parts[1] ?? '').padStart(4, '0')}:${(parts[2] ?? '').padStart(4, '0')}`.toLowerCase()] : []
})

/** `name=value` and bare flags of an options line; a value in quotes may hold blanks. */
const optionWords = (text: string): string[] => text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []

const commands: Readonly<Record<string, (rest: string, line: number, found: Found) => void>> = {
  options(rest, line, found) {
    const [module = '', ...words] = optionWords(rest)
    for (const word of words) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word : word.slice(0, equals)
      const value = equals < 0 ? '' : word.slice(equals + 1).replaceAll('"', '')
      found.options.add(`${moduleName(module)}.${name}${equals < 0 ? '' : `=${value}`}`, line)
      if (name !== 'ids') continue
      if (moduleName(module) === 'vfio_pci') found.vfioIds.push({ ids: idList(value), line })
      else if (moduleName(module) === 'pci_stub') for (const id of idList(value)) found.stubIds.add(id, line)
    }
  },
  softdep(rest, line, found) {
    const [module = '', ...words] = rest.split(/\s+/)
    found.softdeps.add([module, ...words].join(' '), line)
    const pre = words.indexOf('pre:')
    const post = words.indexOf('post:')
    const before = pre < 0 ? [] : words.slice(pre + 1, post > pre ? post : undefined)
    if (before.some(name => name.startsWith('vfio'))) found.waiting.add(moduleName(module), line)
  },
  blacklist(rest, line, found) {
    const module = rest.split(/\s+/)[0]
    if (module) found.blacklist.add(moduleName(module), line)
  },
  install(rest, line, found) {
    const [module = '', ...words] = rest.split(/\s+/)
    if (module) found.installs.add([moduleName(module), ...words].join(' '), line)
  },
}

function readLine({ text, line }: TreeLine, found: Found): void {
  const parts = /^\s*(\w+)\s+(\S.*)$/.exec(text)
  if (parts && Object.hasOwn(commands, parts[1] ?? '')) commands[parts[1] ?? '']?.((parts[2] ?? '').trim(), line, found)
}

/** /etc/modules and modules-load.d: a module a line, with its parameters behind it in the former. */
function readListLine({ text, line }: TreeLine, found: Found): void {
  const name = /^\s*([A-Za-z0-9][\w-]*)/.exec(text)?.[1]
  if (name) found.atBoot.add(moduleName(name), line)
}

/**
 * What modprobe is told: options, softdeps, blacklists and install commands, and the modules loaded at boot. Files
 * are taken in the order modprobe does, by name over all directories, a file in /etc masking its namesake below.
 * A directory that was looked into and is empty gives empty lists.
 *
 *     options vfio-pci ids=10de:1b39,10de:10f0 disable_vga=1
 *     softdep nouveau pre: vfio-pci
 */
export default parser({
  gives: 'modprobe-conf',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const list = () => gather(evidence.id)
    const found: Found = { options: list(), installs: list(), blacklist: list(), softdeps: list(), waiting: list(), stubIds: list(), atBoot: list(), vfioIds: [] }
    const ignored = list()
    const files = new Map<string, TreeLine[]>()
    let whole = isTree(body) && evidence.status === 'ok'
    for (const line of readTree(body)) {
      const place = placeOf(line.path)
      if (line.mark === '!') whole = false
      if (place === 'ignored' && line.mark === '=') ignored.add(line.path, line.line)
      if (place === 'ignored' || place === 'elsewhere' || line.mark === '/' || line.mark === '!') continue
      const lines = files.get(line.path) ?? []
      files.set(line.path, lines)
      if (line.mark === '=') lines.push(line)
    }
    // Lists and modprobe.d mask apart: both may have a vfio.conf.
    const sorted = [...files].sort(([a], [b]) => rank(a) - rank(b))
    const first = new Map(sorted.toReversed().map(([path, lines]) => [`${placeOf(path)} ${path === '' ? '' : baseName(path)}`, lines]))
    for (const [key, lines] of [...first].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const read = key.startsWith('module list') ? readListLine : readLine
      for (const line of continued(lines)) if (!/^\s*[#;]/.test(line.text)) read(line, found)
    }
    return { host: factsOf(evidence, found, ignored, whole) }
  },
})

/** Empty lists are told only of a collector's text, or of one in which there was something of modprobe's at all. */
function factsOf(evidence: Evidence, found: Found, ignored: Gathered, whole: boolean): HostFacts {
  const anything = [found.options, found.installs, found.blacklist, found.softdeps, found.atBoot].some(({ size }) => size > 0)
  if (!whole && !anything) return {}
  const ids = found.vfioIds.at(-1)
  const host: HostDraft = {
    platform: known('linux', evidence.id, 1),
    moduleOptions: found.options.fact(),
    moduleInstalls: found.installs.fact(),
    blacklist: found.blacklist.fact(),
    softdeps: found.softdeps.fact(),
    vfioSoftdeps: found.waiting.fact(),
    vfioIdsModprobe: known<readonly string[]>(ids?.ids ?? [], evidence.id, ids?.line ?? 1),
    vfioIdsModprobeLines: { value: found.vfioIds.length, at: found.vfioIds.slice(0, 16).map(({ line }) => ({ evidence: evidence.id, where: line })) },
    modulesAtBoot: found.atBoot.fact(),
    modprobeIgnoredFiles: ignored.fact(),
  }
  if (found.stubIds.size) host.pciStubIds = found.stubIds.fact()
  return host
}
