import { textOf, type EvidenceId } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import { parser } from './parser.ts'
import { baseName, linesOf, readTree } from './tree.ts'

/**
 * What firmware left in sysfs, in the tree form of the collector or as `ls` prints it:
 *
 *     /sys/firmware/acpi/tables/DMAR<TAB>/
 *     /sys/firmware/efi/fw_platform_size<TAB>=64
 *     /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c<TAB>#0600000001
 *     /sys/class/dmi/id/board_name<TAB>=PRIME X570-P
 *
 * A missing table is a fact only where the list of tables was read: FACP is in every such list.
 */
export default parser({
  gives: 'firmware-sysfs',
  parse(evidence) {
    // Only a collector is known to have looked for every file.
    const seen = readSeen(textOf(evidence), evidence.takenAt !== undefined && evidence.status === 'ok')
    return { host: { ...tables(seen, evidence.id, evidence.status === 'ok'), ...boot(seen, evidence.id), ...board(seen, evidence.id), ...loaderShown(textOf(evidence), evidence.id) } }
  },
})

interface Found { readonly text: string; readonly line: number }
interface Seen {
  readonly tables: Map<string, number>
  readonly dmi: Map<string, Found>
  efi: number
  /** The line that says there is no EFI directory, or shows that this was looked for. */
  noEfi: number
  secureBoot: { readonly on: boolean; readonly line: number } | null
}

const acpiTables = '/sys/firmware/acpi/tables'
const efi = '/sys/firmware/efi'

function readSeen(body: string, whole: boolean): Seen {
  const seen: Seen = { tables: new Map(), dmi: new Map(), efi: 0, noEfi: 0, secureBoot: null }
  let first = 0
  for (const { path, mark, text, line } of readTree(body)) {
    if (path === '') continue
    first ||= line
    if (path.startsWith(`${acpiTables}/`) && mark !== '!') addTable(seen, path.slice(acpiTables.length + 1), line)
    else if (path === efi || path.startsWith(`${efi}/`)) sawEfi(seen, path, mark, text, line)
    else if (path.startsWith('/sys/class/dmi/id/') && mark === '=' && !seen.dmi.has(baseName(path))) seen.dmi.set(baseName(path), { text: text.trim(), line })
    else if (path === '/sys/hypervisor/type') seen.dmi.set('hypervisor', { text: text.trim(), line })
  }
  readListing(body, seen)
  if (whole && seen.tables.size > 0 && seen.efi === 0) seen.noEfi ||= first
  return seen
}

function addTable(seen: Seen, name: string, line: number): void {
  if (/^[A-Z][A-Z0-9_]{3}\d{0,3}$/.test(name) && !seen.tables.has(name)) seen.tables.set(name, line)
}

function sawEfi(seen: Seen, path: string, mark: string, text: string, line: number): void {
  if (mark === '!' && path === efi && /absent|ENOENT|no such/i.test(text)) seen.noEfi ||= line
  else seen.efi ||= line
  if (!baseName(path).startsWith('SecureBoot-8be4df61')) return
  // Four bytes of attributes, then the value (UEFI 2.10, 3.3; Linux Documentation/filesystems/efivarfs.rst).
  const value = mark === '#' ? /^\s*(?:[0-9a-f]{2}\s?){4}0([01])\s*$/i.exec(text)?.[1] : undefined
  if (value !== undefined) seen.secureBoot ??= { on: value === '1', line }
}

/** `ls DIR…`: `DIR:` and the names below, several on a line where it printed to a terminal. */
function readListing(body: string, seen: Seen): void {
  let folder = ''
  for (const { text, line } of linesOf(body)) {
    if (text.includes('\t/') || text.includes('\t=')) continue
    const plain = text.trim()
    const title = /^(\/sys\/\S{1,200}?)\/?:$/.exec(plain)
    if (/cannot access '?\/sys\/firmware\/efi'?/.test(plain)) seen.noEfi ||= line
    else if (title) {
      folder = title[1] ?? ''
      if (folder === efi) seen.efi ||= line
    } else if (folder === acpiTables || folder === '') {
      const names = plain.split(/\s+/)
      if (folder !== '' || names.every(name => /^(?:[A-Z][A-Z0-9_]{3}\d{0,3}|data|dynamic)$/.test(name))) for (const name of names) addTable(seen, name, line)
    }
  }
}

function tables({ tables }: Seen, id: EvidenceId, whole: boolean): HostFacts {
  const listed = tables.get('FACP') ?? tables.get('DSDT')
  const present = (name: string) => {
    const line = tables.get(name)
    return line !== undefined ? known(true, id, line) : whole && listed !== undefined ? known(false, id, listed) : undefined
  }
  const [dmar, ivrs] = [present('DMAR'), present('IVRS')]
  return { ...(dmar && { dmarPresent: dmar }), ...(ivrs && { ivrsPresent: ivrs }) }
}

function boot(seen: Seen, id: EvidenceId): HostFacts {
  const host: Draft<HostFacts> = {}
  if (seen.efi > 0) host.firmware = known('uefi', id, seen.efi)
  else if (seen.noEfi > 0) {
    host.firmware = known('legacy', id, seen.noEfi)
    host.secureBoot = known<boolean>(null, id, seen.noEfi)
  }
  if (seen.secureBoot) host.secureBoot = known(seen.secureBoot.on, id, seen.secureBoot.line)
  return host
}

/** Files that a boot entry of firmware starts; \\EFI\\BOOT\\BOOTX64.EFI may be any loader. */
const loaderFiles: readonly (readonly [RegExp, string])[] = [[/\\systemd-boot\w{2,8}\.efi$/i, 'systemd-boot'], [/\\(?:grub|shim)\w{2,8}\.efi$/i, 'grub']]
const products: readonly (readonly [RegExp, string])[] = [[/^systemd-boot\b/, 'systemd-boot'], [/^GRUB\b/, 'grub']]

/**
 * What `bootctl status`, `efibootmgr -v` and `mokutil --sb-state` print of this start:
 *
 *     Secure Boot: enabled (user)
 *     Current Boot Loader:
 *           Product: systemd-boot 255.4-1
 *     Current Entry: arch.conf
 *     BootCurrent: 0002
 *     Boot0002* debian	HD(1,GPT,…)/File(\\EFI\\debian\\shimx64.efi)
 */
function loaderShown(body: string, id: EvidenceId): HostFacts {
  const host: Draft<HostFacts> = {}
  let [section, current] = ['', '']
  for (const { text: raw, line } of linesOf(body)) {
    const text = raw.trim().slice(0, 500)
    const [, secure] = /^(?:SecureBoot|Secure Boot:) (enabled|disabled)\b/.exec(text) ?? []
    if (secure !== undefined) host.secureBoot ??= known(secure === 'enabled', id, line)
    if (/^(?:System|Current|Default|Available|Boot)[\w ]{0,40}:$/.test(text)) section = text
    const product = section === 'Current Boot Loader:' ? /^Product: (\S.{0,80})$/.exec(text)?.[1] : undefined
    current = /^BootCurrent: ([0-9A-F]{4})$/.exec(text)?.[1] ?? current
    const [, number, file = ''] = /^Boot([0-9A-F]{4})\*? .{0,300}?(\\EFI\\[\w.\\-]{3,120}\.efi)\b/i.exec(text) ?? []
    const loader = product !== undefined ? products.find(([form]) => form.test(product)) : number !== undefined && number === current ? loaderFiles.find(([form]) => form.test(file)) : undefined
    if (loader) host.loaderStarted ??= known(loader[1], id, line)
    const entry = /^Current Entry: ([\w.+@-]{1,200})$/.exec(text)?.[1]
    if (entry !== undefined) host.bootEntry ??= known(entry, id, line)
  }
  // Both programs give up where the machine was booted by legacy BIOS.
  if (host.loaderStarted ?? (current !== '' || host.bootEntry)) host.firmware = known('uefi', id, 1)
  return host
}

/** What hypervisors put into DMI, as systemd's src/basic/virt.c knows them: text of any DMI field, its hypervisor. */
const guests: readonly (readonly [RegExp, string])[] = [
  [/^(?:QEMU|Bochs)\b/, 'qemu'], [/^(?:KVM|RHEV|OpenStack|oVirt|Google Compute Engine|KubeVirt)\b/, 'kvm'], [/^Amazon EC2$/, 'kvm'],
  [/^VMware/, 'vmware'], [/^VirtualBox$|^innotek GmbH/, 'virtualbox'], [/^(?:BHYVE|bhyve)\b/, 'bhyve'], [/^HVM domU$/, 'xen'], [/^Parallels/, 'parallels'],
]

function board({ dmi }: Seen, id: EvidenceId): HostFacts {
  const host: Draft<HostFacts> = {}
  const pair = (...names: string[]) => {
    const found = names.flatMap(name => { const one = dmi.get(name); return one && one.text !== '' && !placeholder.test(one.text) ? [one] : [] })
    return found[0] ? known(found.map(one => one.text).join(' '), id, found[0].line) : undefined
  }
  const name = pair('board_vendor', 'board_name') ?? pair('sys_vendor', 'product_name')
  const version = pair('bios_version', 'bios_date')
  if (name) host.board = name
  if (version) host.biosVersion = version
  const guest = guestOf(dmi)
  if (guest) {
    host.runsIn = known('vm', id, guest.line)
    host.outerHypervisor = known(guest.hypervisor, id, guest.line)
  }
  return host
}

const placeholder = /^(?:To be filled by O\.E\.M\.|Default string|System (?:manufacturer|Product Name)|Not Specified|None)$/i

function guestOf(dmi: Seen['dmi']): { readonly hypervisor: string; readonly line: number } | null {
  for (const key of ['product_name', 'sys_vendor', 'board_vendor', 'bios_vendor']) {
    const found = dmi.get(key)
    const match = found && guests.find(([pattern]) => pattern.test(found.text))
    if (found && match) return { hypervisor: match[1], line: found.line }
  }
  const [vendor, product] = [dmi.get('sys_vendor'), dmi.get('product_name')]
  return vendor && product && vendor.text === 'Microsoft Corporation' && product.text === 'Virtual Machine' ? { hypervisor: 'hyperv', line: product.line } : null
}
