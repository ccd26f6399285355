import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import { gather, type Gathered, type HostDraft } from './gather.ts'
import { kernelParameters } from './kernel-parameters.ts'
import { parser } from './parser.ts'
import { baseName, continued, isTree, readTree, statOf, type TreeLine } from './tree.ts'

/** Kernel parameters as one file sets them. */
interface Setting { readonly text: string, readonly line: number }
type FileKind = 'grub' | 'entry' | 'kernel-cmdline' | 'kernelstub' | 'syslinux' | 'nix'
interface ConfigFile { readonly path: string, readonly kind: FileKind, readonly lines: TreeLine[] }

const kindsByPath: readonly (readonly [RegExp, FileKind])[] = [
  [/\/default\/grub(?:\.d\/[^/]+)?$/, 'grub'],
  [/\/loader\/entries\/[^/]+\.conf$/, 'entry'],
  [/\/kernel\/cmdline$/, 'kernel-cmdline'],
  [/\/kernelstub\/configuration$/, 'kernelstub'],
  [/(?:sys|ext)linux\.c(?:on)?fg?$/, 'syslinux'],
  [/\/etc\/nixos\/.*\.nix$/, 'nix'],
]
const kindsByText: readonly (readonly [RegExp, FileKind])[] = [
  [/^\s*#?\s*GRUB_[A-Z_]+\+?=/, 'grub'],
  [/^\s*"?kernel_options"?\s*:/, 'kernelstub'],
  [/^\s*append\s/i, 'syslinux'],
  [/\b(?:(?:extraK|k)ernelParams|boot\.(?:initrd\.)?kernelModules)\s*=/, 'nix'],
  [/^options\s/, 'entry'],
  [/^(?:\S+ )*(?:root=|ro\b|rw\b|quiet\b|(?:intel|amd)_iommu=|iommu=)/, 'kernel-cmdline'],
]

function kindOfFile(path: string, lines: readonly TreeLine[]): FileKind | undefined {
  const byPath = kindsByPath.find(([form]) => form.test(path))?.[1]
  if (byPath || path.startsWith('/proc/') || path.startsWith('/sys/') || /grub\.cfg$|loader\.conf$/.test(path)) return byPath
  return kindsByText.find(([form]) => lines.some(({ text }) => form.test(text)))?.[1]
}

/** What the shell makes of `"quiet $OTHER" # comment`: the word, and what is wrong with it. */
function shellWord(text: string, variables: ReadonlyMap<string, string>): { readonly word: string, readonly fault?: string } {
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote ? char === quote : char === '"' || char === "'") {
      quote = quote ? '' : char
    } else if (!quote && /\s/.test(char)) {
      const rest = text.slice(at).trim()
      return rest === '' || rest.startsWith('#') || rest.startsWith(';') ? { word } : { word, fault: 'there is text behind the closing quote' }
    } else if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      word += text[++at]
    } else if (char === '$' && quote !== "'") {
      const name = /^\$\{?(\w+)\}?/.exec(text.slice(at, at + 80))
      word += name ? variables.get(name[1] ?? '') ?? '' : char
      if (name) at += name[0].length - 1
    } else word += char
    if (word.length > 4096) break
  }
  return quote ? { word, fault: 'a quote is not closed' } : { word }
}

/** /etc/default/grub and the files of grub.d behind it, which the shell reads in this order. */
function readGrub(files: readonly ConfigFile[], faults: Gathered): Setting[] {
  const variables = new Map<string, string>()
  const settings = new Map<string, Setting>()
  for (const { path, lines } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    for (const { text, line } of continued(lines)) {
      const set = /^\s*(?:export\s+)?(GRUB_\w+)(\s*)(\+?=)(\s*)(.*)$/.exec(text)
      if (!set) continue
      const [, name = '', before = '', operator, after = '', value = ''] = set
      const { word, fault } = shellWord(value, variables)
      const wrong = before || (after && value) ? 'there is a blank beside =' : fault
      if (wrong && name.startsWith('GRUB_CMDLINE')) faults.add(`${path || '/etc/default/grub'}: ${name}: ${wrong}`, line)
      const whole = operator === '+=' ? `${variables.get(name) ?? ''}${word}` : word
      variables.set(name, whole.slice(0, 4096))
      settings.set(name, { text: whole.slice(0, 4096), line })
    }
  }
  return ['GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT'].flatMap(name => settings.get(name) ?? [])
}

/** Boot Loader Specification entries: the one that was started; where the loader has not told it, that of the running kernel, else the first that is no fallback. */
function chosenEntry(files: readonly ConfigFile[], running: string | undefined, started: string): ConfigFile | undefined {
  const usual = files.filter(({ path }) => !/fallback|rescue|recovery|memtest/.test(path))
  const names = (file: ConfigFile) => file.path + file.lines.map(({ text }) => (/^(?:version|linux)\s/.test(text) ? text : '')).join(' ')
  return files.find(file => started !== '' && entryName(file.path) === entryName(started)) ?? usual.find(file => running !== undefined && running !== '' && names(file).includes(running)) ?? usual[0] ?? files[0]
}

/** `arch` of `/boot/loader/entries/arch+3-1.conf`: boots that are counted stand behind the plus sign. */
const entryName = (path: string): string => baseName(path).replace(/\.conf$/, '').replace(/\+\d{1,9}(?:-\d{1,9})?$/, '').toLowerCase()

function readEntry(chosen: ConfigFile | undefined): Setting[] {
  return chosen?.lines.flatMap(({ text, line }) => (/^options\s/.test(text) ? [{ text: text.slice(7).trim(), line }] : [])) ?? []
}

/** Only the first line of /etc/kernel/cmdline is used (pve-docs, system-booting). */
function readKernelCmdline(files: readonly ConfigFile[], faults: Gathered): Setting[] {
  const used = files.flatMap(({ lines }) => lines.filter(({ text }) => text.trim() && !text.startsWith('#')))
  const second = used[1]
  if (second && second.path === used[0]?.path) faults.add(`${second.path || '/etc/kernel/cmdline'}: there is more than one line`, second.line)
  return used.slice(0, 1).map(({ text, line }) => ({ text, line }))
}

/** kernelstub's JSON; what the user set stands over the default. */
function readKernelstub(files: readonly ConfigFile[]): Setting[] {
  const lines = files.flatMap(file => file.lines)
  const settings: { section: string, text: string, line: number }[] = []
  let section = ''
  let inside = false
  for (const { text, line } of lines) {
    section = /^\s*"(user|default)"\s*:/.exec(text)?.[1] ?? section
    if (/"kernel_options"\s*:/.test(text)) inside = true
    if (inside) for (const option of text.replace(/^.*"kernel_options"\s*:/, '').matchAll(/"([^"]*)"/g)) settings.push({ section, text: option[1] ?? '', line })
    if (inside && text.includes(']')) inside = false
  }
  const users = settings.filter(setting => setting.section === 'user')
  return users.length ? users : settings
}

/** The append line of the entry marked `menu default`, else of the first. */
function readSyslinux(files: readonly ConfigFile[]): Setting[] {
  const entries: { marked: boolean, append?: Setting }[] = []
  for (const { text, line } of files.flatMap(file => file.lines)) {
    if (/^\s*label\s/i.test(text)) entries.push({ marked: false })
    const entry = entries.at(-1)
    if (entry && /^\s*menu\s+default/i.test(text)) entry.marked = true
    const append = /^\s*append\s+(.*)$/i.exec(text)
    if (!append) continue
    const setting = { text: append[1] ?? '', line }
    if (entry) entry.append = setting
    else entries.push({ marked: false, append: setting })
  }
  const chosen = entries.find(({ marked, append }) => marked && append) ?? entries.find(({ append }) => append)
  return chosen?.append ? [chosen.append] : []
}

/** A list of strings of NixOS's configuration, `boot.kernelParams = [ "intel_iommu=on" ];`, which may go over lines; undefined where no file sets it. */
function nixList(files: readonly ConfigFile[], option: RegExp): Setting[] | undefined {
  const settings: Setting[] = []
  let inside = false
  let set = false
  for (const { text, line } of files.flatMap(file => file.lines)) {
    const code = text.slice(0, 4096).replace(/^\s*#.*$/, '')
    const starts = option.exec(code)
    if (starts) inside = set = true
    const rest = starts ? starts[1] ?? '' : code
    if (inside) for (const word of rest.matchAll(/"([^"]{1,1000})"/g)) settings.push({ text: word[1] ?? '', line })
    if (inside && /[;\]]/.test(rest)) inside = false
  }
  return set ? settings : undefined
}

/** What NixOS loads, and when: modules of the initrd come before all others. A folder with more files than one may set the rest elsewhere. */
function nixModules(evidence: Evidence, files: readonly ConfigFile[]): HostDraft {
  const fact = (option: RegExp) => {
    const list = nixList(files, option)
    const line = list?.[0]?.line ?? files[0]?.lines[0]?.line ?? 1
    return files.length > 0 ? known((list ?? []).map(({ text }) => text).slice(0, 200), evidence.id, line) : undefined
  }
  const found = { nixModules: fact(/(?<!initrd\.)\bkernelModules\s*=(.*)$/), nixInitrdModules: fact(/\binitrd\.(?:available)?[kK]ernelModules\s*=(.*)$/), nixVideoDrivers: fact(/\bvideoDrivers\s*=(.*)$/) }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as HostDraft
}

/** `systemd-boot 252` or `GRUB 2.12` out of the EFI variable LoaderInfo: four bytes of attributes, then UTF-16. */
const loaderText = (hex: string): string =>
  (hex.replace(/[^0-9a-f]/gi, '').slice(8, 1024).match(/..../g) ?? []).map(pair => String.fromCharCode(parseInt(pair.slice(0, 2), 16))).join('')

/** The last word of a text in UTF-16 ends with a zero. */
function loaderVariable(all: readonly TreeLine[], name: string): Setting | undefined {
  const found = all.find(({ path, mark }) => mark === '#' && baseName(path).startsWith(name))
  return found && { text: loaderText(found.text).split('\0', 1)[0] ?? '', line: found.line }
}

interface Loader { readonly loader: string, readonly line: number }

/** The loader in use: by what it told the firmware, then by the files only one loader has. */
function findLoader(all: readonly TreeLine[], kinds: ReadonlySet<FileKind>): Loader | undefined {
  const at = (form: RegExp) => all.find(({ path, mark }) => mark !== '!' && form.test(path))?.line
  const has = (kind: FileKind, form: RegExp) => (kinds.has(kind) ? at(form) ?? 1 : undefined)
  const info = loaderVariable(all, 'LoaderInfo-')
  const told = info?.text ?? ''
  const uuids = at(/\/proxmox-boot-uuids$/)
  const cmdline = has('kernel-cmdline', /\/kernel\/cmdline$/)
  const grubCfg = at(/\/grub2?\/grub\.cfg$/)
  const entries = has('entry', /\/loader\/entries\//)
  const bls = all.find(({ text }) => /^\s*GRUB_ENABLE_BLSCFG="?true/.test(text))
  const candidates: readonly (readonly [string, number | undefined])[] = [
    ['proxmox-boot-tool', cmdline !== undefined && !told.startsWith('GRUB') ? uuids : undefined],
    ['kernelstub', told.startsWith('GRUB') ? undefined : has('kernelstub', /kernelstub/)],
    ['unraid', has('syslinux', /syslinux/)],
    ['other', has('nix', /\.nix$/)],
    ['systemd-boot', told.startsWith('systemd-boot') ? info?.line : undefined],
    ['grub', told.startsWith('GRUB') ? info?.line : bls?.line ?? grubCfg],
    ['systemd-boot', entries ?? at(/\/loader\/loader\.conf$/)],
    ['grub', has('grub', /\/default\/grub/)],
    ['systemd-boot', cmdline],
  ]
  const found = candidates.find(([, line]) => line !== undefined)
  return found ? { loader: found[0], line: found[1] ?? 1 } : undefined
}

/**
 * The boot loader and the kernel parameters it is told to pass; parameters in files it does not read; faults in them.
 *
 *     GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"
 */
export default parser({
  gives: 'boot-config',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const all = [...readTree(body)]
    const whole = isTree(body) && evidence.status === 'ok' && !all.some(({ mark }) => mark === '!')
    return { host: factsOf(evidence, all, whole) }
  },
})

function configFiles(all: readonly TreeLine[]): ConfigFile[] {
  const byPath = new Map<string, TreeLine[]>()
  for (const line of all) {
    if (line.mark !== '=') continue
    const lines = byPath.get(line.path)
    if (lines) lines.push(line)
    else byPath.set(line.path, [line])
  }
  return [...byPath].flatMap(([path, lines]) => {
    const kind = kindOfFile(path, lines)
    return kind ? [{ path, kind, lines }] : []
  })
}

function factsOf(evidence: Evidence, all: readonly TreeLine[], whole: boolean): HostDraft {
  const files = configFiles(all)
  const loader = findLoader(all, new Set(files.map(({ kind }) => kind)))
  if (!loader) return whole ? { bootLoader: known('other', evidence.id, 1) } : {}
  const faults = gather(evidence.id)
  const running = all.find(({ path }) => path.endsWith('/osrelease'))?.text.trim()
  const of = (kind: FileKind) => files.filter(file => file.kind === kind)
  const started = loaderVariable(all, 'LoaderEntrySelected-')
  const entry = chosenEntry(of('entry'), running, started?.text ?? '')
  const settings: Readonly<Record<FileKind, readonly Setting[]>> = {
    grub: readGrub(of('grub'), faults),
    entry: readEntry(entry),
    'kernel-cmdline': readKernelCmdline(of('kernel-cmdline'), faults),
    kernelstub: readKernelstub(of('kernelstub')),
    syslinux: readSyslinux(of('syslinux')),
    nix: nixList(of('nix'), /\b(?:extraK|k)ernelParams\s*=(.*)$/) ?? [],
  }
  const used = sourcesOf(loader.loader, settings)
  const configured = gather(evidence.id)
  const unused = gather(evidence.id)
  for (const kind of used) addParameters(settings[kind], configured)
  for (const kind of Object.keys(settings) as FileKind[]) if (!used.includes(kind)) addParameters(settings[kind], unused, configured)
  const host: HostDraft = { bootLoader: known(loader.loader, evidence.id, loader.line), bootConfigFaults: faults.fact(), configuredUnusedParams: unused.fact(), ...nixModules(evidence, of('nix')) }
  if (used.some(kind => settings[kind].length)) host.configuredParams = configured.fact()
  if (started && entry && used[0] === 'entry' && entryName(entry.path) === entryName(started.text)) host.bootEntry = known(entry.path, evidence.id, started.line)
  const nix = of('nix')[0]?.lines[0]
  if (nix && loader.loader === 'other') host.distribution = known('nixos', evidence.id, nix.line)
  const written = loader.loader === 'grub' && used[0] === 'grub' ? writtenParameters(evidence, all, running) : undefined
  if (written) host.writtenParams = written
  const changed = used.flatMap(kind => files.filter(file => file.kind === kind).flatMap(({ path }) => all.filter(line => line.path === path && line.mark === '@')))
    .map(line => ({ line: line.line, mtime: statOf(line)?.mtime ?? 0 })).toSorted((a, b) => b.mtime - a.mtime)[0]
  if (changed && changed.mtime > 0) host.bootConfigChanged = known(changed.mtime, evidence.id, changed.line)
  return host
}

/** What grub.cfg passes to the running kernel, in the first of its entries that is not for rescue; undefined where it has none (entries of their own, another disk). */
function writtenParameters(evidence: Evidence, all: readonly TreeLine[], running: string | undefined): Fact<readonly string[]> | undefined {
  let title = ''
  const entries: (Setting & { readonly title: string })[] = []
  for (const { path, mark, text, line } of all) {
    if (mark !== '=' || !path.endsWith('/grub.cfg')) continue
    title = /^\s*menuentry\s+(.{0,300})/.exec(text)?.[1] ?? title
    const passed = /^\s*linux(?:16|efi)?\s+(\S+(?:\s.*)?)$/.exec(text)?.[1]
    if (passed !== undefined) entries.push({ text: passed, line, title })
  }
  const usual = entries.filter(entry => !/recovery|rescue|fallback|memtest|single/i.test(`${entry.title} ${entry.text}`))
  const chosen = usual.find(({ text }) => running !== undefined && running !== '' && text.split(' ', 1)[0]?.endsWith(running)) ?? usual[0]
  if (!chosen) return undefined
  const written = gather(evidence.id)
  addParameters([{ text: chosen.text.replace(/^\S+\s*/, ''), line: chosen.line }], written)
  return written.fact()
}

/** GRUB on Fedora and its kin takes parameters from the entries, and only new entries take those of /etc/default/grub. */
function sourcesOf(loader: string, settings: Readonly<Record<FileKind, readonly Setting[]>>): FileKind[] {
  const first = (...kinds: FileKind[]) => [kinds.find(kind => settings[kind].length) ?? kinds[0] ?? 'grub']
  const table: Readonly<Record<string, () => FileKind[]>> = {
    grub: () => first('entry', 'grub'),
    'systemd-boot': () => first('entry', 'kernel-cmdline'),
    'proxmox-boot-tool': () => ['kernel-cmdline'],
    kernelstub: () => ['kernelstub'],
    unraid: () => ['syslinux'],
    other: () => ['nix'],
  }
  return table[loader]?.() ?? []
}

function addParameters(settings: readonly Setting[], to: Gathered, except?: Gathered): void {
  for (const { text, line } of settings) for (const parameter of kernelParameters(text)) if (!except?.has(parameter)) to.add(parameter, line)
}
