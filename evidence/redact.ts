/**
 * Takes out of evidence what nobody needs to see who helps: secrets, and what tells whose machine it is. It happens
 * when evidence is read, before any file is written. The same value gets the same word everywhere in a run
 * (`mac-3fa1`), under a key that is never written down; a word like that is left as it is, so that a snapshot read
 * again stays as it was.
 *
 * What goes is a table: a new kind of secret is a row. Addresses of PCI functions, ids, BARs, versions and times stay.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { nameOf, type Evidence, type EvidenceId, type EvidenceKind } from '../model/evidence.ts'

/** What a value was; the first part of the word that takes its place. */
export const redactionLabels = ['secret', 'mac', 'mail', 'ip', 'uuid', 'serial', 'host', 'user', 'wifi', 'vm', 'disk'] as const
export type RedactionLabel = (typeof redactionLabels)[number]
export type RedactionCounts = Partial<Record<RedactionLabel, number>>

/** `strict` also takes private addresses and the names of VMs and of their disk images. */
export const redactionLevels = ['none', 'standard', 'strict'] as const
export type RedactionLevel = (typeof redactionLevels)[number]

export interface Redacted {
  readonly text: string
  /** How many values went, by label. */
  readonly counts: RedactionCounts
}

export interface Redactor {
  /** The text without what must go. `kind` widens or narrows a few rows. Linear in the text. */
  readonly redact: (text: string, kind: EvidenceKind) => Redacted
  /** The evidence with its text redacted. */
  readonly redacted: (evidence: Evidence) => Evidence
  /** A name of which it is known from elsewhere what it is. */
  readonly learn: (label: RedactionLabel, name: string) => void
  /**
   * Names of hosts and users that some piece of evidence tells (and with `strict` of VMs) taken out of every piece, out of its
   * id and of where it came from: a name stands in lines that no row knows. For the evidence of a whole run.
   */
  readonly withoutNames: (evidence: readonly Evidence[]) => readonly Evidence[]
  /** All counts since this redactor was made. */
  readonly counts: RedactionCounts
}

interface Row {
  readonly takes: RedactionLabel
  /** What it is, in a few words. */
  readonly about: string
  /** Found fast wherever the pattern could match: most text is passed over by this alone. */
  readonly hint: RegExp
  /** Group 1 stays, group 2 goes, what follows stays. Every quantifier bounded, or its starts few, so that it is linear. */
  readonly pattern: RegExp
  /** True: this one stays. `before` is up to 200 characters of the line in front of the value. */
  readonly keep?: (value: string, before: string, kind: EvidenceKind) => boolean
  /** Not a word but this in its place; null: it stays. */
  readonly becomes?: (value: string) => string | null
  readonly only?: readonly EvidenceKind[]
  readonly never?: readonly EvidenceKind[]
  /** What this row takes is a name that may stand elsewhere too. */
  readonly learn?: true
  /** With `strict` alone. */
  readonly strict?: true
  /** May span lines: looked for in the whole text. */
  readonly spans?: true
}

/** Lists of a distribution, with nothing of this machine in them. */
const untouched: readonly EvidenceKind[] = ['pci-names', 'modules-builtin', 'initramfs-list']

const word = new RegExp(`^(?:${redactionLabels.join('|')})-[0-9a-f]{4,16}$`)
/** What stands where programs left a value out, and values that are switches. */
const noValue = /^(?:[*x.•]+|\*+hidden\*+|<[^>]*>|\(null\)|\(?none\)?|null|nil|n\/a|on|off|yes|no|true|false|enabled?|disabled?|\\|\$\{?\w+\}?)$/i

const passwordNames = String.raw`(?:passw(?:or)?d|passphrase|(?<!(?:password|passphrase|key|cookie)-)secret|token|(?<![a-z])psk|chap[-_]?pass|credentials?)(?:_in|_out)?`
const keyNames = String.raw`(?:(?:api|access|private|secret|auth|encryption|master|preshared|pre-shared|shared)[-_]?key|(?<![a-z0-9])key)`
/** `path<TAB>=` of a tree line, or nothing. */
const treePath = String.raw`^(?:[^\t\n]{1,4096}\t=)?`

/** `:~#`, `:/etc/libvirt$`, ` vm]$` behind user and host in a shell's prompt. */
const promptEnd = String.raw`(?::[~/][^\s#$%]{0,200} ?| [\w~./-]{1,64}\]?)[#$%](?:\s|$)`

/** EFI, ACPI and Windows class GUIDs: names of things, the same on every machine. */
const publicGuid = /^(?:8be4df61-93ca-11d2-aa0d-00e098032b8c|d719b2cb-3d3a-4596-a3bc-dad00e67656f|33db4d5b-1ff7-401c-9657-7441c03dd766|0811b06e-4a27-44f9-8d60-3cbbc22e7b48|a3132d01-8cda-49ba-a52e-bc9d46df6b81|a486d8f8-0bda-471b-a72b-6042a6b5bee0|e5c937d0-3553-4d7a-9117-ea4d19c3434d|0{8}-0{4}-0{4}-0{4}-0{12}|[0-9a-f]{8}-e325-11ce-bfc1-08002be10318)$/i

/** Mail domains of those who build kernels, and systemd's unit names, which look alike. */
const publicMail = /@(?:[\w-]+\.)*(?:debian\.org|kernel\.org|fedoraproject\.org|redhat\.com|centos\.org|archlinux\.org|freebsd\.org|ubuntu\.com|canonical\.com|proxmox\.com|gentoo\.org|opensuse\.org|suse\.(?:de|com)|nvidia\.com|amd\.com|intel\.com|service|socket|slice|mount|target|scope|timer|device|path|swap|automount)$/i

/** 10/8, 172.16/12, 192.168/16, 127/8, 169.254/16, 100.64/10, 0/8 and what is no unicast address. */
function isPublicIpv4(address: string): boolean {
  const parts = address.split('.')
  const [a, b] = parts.map(Number) as [number, number]
  if (parts.some(part => (part.length > 1 && part.startsWith('0')) || Number(part) > 255)) return false
  return !(a === 0 || a === 10 || a === 127 || a >= 224 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128))
}

/** A number of four parts behind such a word is a version. */
const versionBefore = /(?:\bv|ver(?:sion)?|rev(?:ision)?|firmware|fw|driver|release|bios|build|module|loader|\w-)[\s:="'(v]{0,8}$/i

/** The eight bytes behind the header of the Device Serial Number capability (PCIe 7.9.3) become zero. */
function withoutSerial(hex: string): string | null {
  const dword = (at: number) => {
    const bytes = hex.slice(at * 2, at * 2 + 8)
    return bytes.length < 8 ? 0 : parseInt(bytes.replace(/(..)(..)(..)(..)/, '$4$3$2$1'), 16)
  }
  const seen = new Set<number>()
  for (let at = 0x100; at >= 0x100 && !seen.has(at); at = dword(at) >>> 20) {
    seen.add(at)
    if ((dword(at) & 0xffff) !== 3) continue
    const from = (at + 4) * 2
    const serial = hex.slice(from, from + 16)
    return /^0*$/.test(serial) ? null : hex.slice(0, from) + '0'.repeat(serial.length) + hex.slice(from + 16)
  }
  return null
}

const noDigit = (value: string) => !/\d/.test(value)

const rows: readonly Row[] = [
  { takes: 'secret', about: 'private keys', spans: true, hint: /PRIVATE KEY-----/, pattern: /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)((?:[^-]|-(?!----)){1,65536})/g },
  { takes: 'secret', about: 'password hashes', hint: /\$(?:[156y]|2[aby])\$/, pattern: /((?<![\w$]))(\$(?:[156y]|2[aby])\$[\w./$,=+-]{10,4096})/g },
  { takes: 'secret', about: "GRUB's password hashes", hint: /grub\.pbkdf2/, pattern: /()((?<![\w.])grub\.pbkdf2\.[\w.]{1,4096})/g },
  { takes: 'secret', about: "GRUB's plain passwords", hint: /password[ \t]/, pattern: new RegExp(String.raw`(${treePath}[ \t]{0,16}password[ \t]{1,8}[^\s=:]{1,64}[ \t]{1,8})(\S{1,4096})[ \t]{0,8}$`, 'gm'), only: ['boot-config', 'text'] },
  { takes: 'secret', about: 'settings that begin a line of a configuration file', hint: /passw|passphrase|secret|token|psk|credential/i, pattern: new RegExp(String.raw`(${treePath}[ \t]{0,64}(?:[\w.-]{0,64}[-_.])?${passwordNames}[ \t]{0,64}=[ \t]{0,64})([^\s"'][^\n"']{0,65535})$`, 'gim'), keep: value => /^\S*[ ,]\w[\w.-]*=/.test(value) },
  { takes: 'secret', about: 'passwords and tokens in double quotes', hint: /passw|passphrase|secret|token|psk|credential/i, pattern: new RegExp(String.raw`(${passwordNames}(?:&quot;|["'])?[ \t]{0,8}[=:][ \t]{0,8}")([^"\n]{1,65536})`, 'gi') },
  { takes: 'secret', about: 'passwords and tokens in single quotes', hint: /passw|passphrase|secret|token|psk|credential/i, pattern: new RegExp(String.raw`(${passwordNames}["']?[ \t]{0,8}[=:][ \t]{0,8}')([^'\n]{1,65536})`, 'gi') },
  { takes: 'secret', about: 'passwords and tokens', hint: /passw|passphrase|secret|token|psk|credential/i, pattern: new RegExp(String.raw`(${passwordNames}["']?(?:[ \t]{0,8}=[ \t]{0,8}|:[ \t]{0,8}))((?:,,|\\\S|[^\s\0"'<>,;&\\]){1,65536})`, 'gi') },
  { takes: 'secret', about: 'passwords as arguments', hint: /-(?:passw|passphrase|secret|token)/i, pattern: /((?<![\w-])--?(?:passw(?:or)?d|passphrase|secret|token)[ \0]["']?)([^\s\0"'<>=-][^\s\0"'<>=]{0,65535})(?![=\w])/gi },
  { takes: 'secret', about: 'passwords in elements', hint: /<(?:secret|passw|passphrase|key)/i, pattern: /(<(?:secret|passw(?:or)?d|passphrase|key)(?: [^<>]{0,256})?>)([^<]{1,65536})(?=<\/)/gi, keep: value => value.trim() === '' },
  { takes: 'secret', about: 'key=', hint: /key["']?[ \t]{0,8}[=:]/i, pattern: new RegExp(String.raw`(${keyNames}["']?(?:[ \t]{0,8}=[ \t]{0,8}|:[ \t]{0,8}(?="))["']?)((?:,,|\\[^\s]|[^\s\0"'<>,;&:\\]){1,65536})`, 'gi'), keep: (value, before) => /^KEY_\w+$/.test(value) || /^(?:[^\t]{1,200}\t=)?CONFIG_\w*="?$/.test(before) },
  { takes: 'secret', about: "data of QEMU's secret objects", hint: /secret/, pattern: /((?<![\w-])secret,[^\s\0"']{0,512}?\bdata=|"secret"[^{}\n]{0,512}?"data"\s{0,4}:\s{0,4}")((?:,,|[^\s\0"',]){1,65536})/g },
  { takes: 'secret', about: 'credentials in addresses', hint: /:\/\/[^\s/@]{1,400}@/, pattern: /(:\/\/[^\s\0/@:%'"<>]{0,128}[:%])([^\s\0/@'"<>]{1,256})(?=@)/gi },

  { takes: 'uuid', about: 'UUIDs', hint: /-[0-9a-f]{4}-[0-9a-f]{4}-/i, pattern: /((?<![0-9a-f]))([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![0-9a-f])/gi,
    keep: (value, before, kind) => publicGuid.test(value) || /efivars|efi\/vars/.test(before) || (kind === 'firmware-sysfs' && /(?<!\bGPU)-$/.test(before)) },
  { takes: 'uuid', about: 'short ids of file systems and partitions', hint: /uuid[=/]/i, pattern: /((?:PART)?UUID=["']?|by-(?:part)?uuid\/)([0-9a-f]{4,16}(?:-[0-9a-f]{2,4})?)(?![\w-])/gi },
  { takes: 'uuid', about: 'machine and boot ids', hint: /(?:machine|boot)[-_ ]id|log\/journal\/|loader\/entries\/|-id\t=/i, pattern: /((?:machine|boot)[-_ ]id["']?[=: \t"']{1,5}|log\/journal\/|loader\/entries\/|-id\t=)([0-9a-f]{32})(?![0-9a-f])/gi },

  { takes: 'mac', about: 'MAC addresses and EUI-64', hint: /(?:[0-9a-f]{2}:){4}/i, pattern: /((?<![0-9a-z:]))((?:[0-9a-f]{2}:){5}(?:[0-9a-f]{2}:[0-9a-f]{2}:)?[0-9a-f]{2})(?![0-9a-z:])/gi, keep: value => /^(?:00[:]?)+$|^(?:ff[:]?)+$/i.test(value) },
  { takes: 'mac', about: 'MAC addresses with hyphens, BOOTIF=', hint: /(?:[0-9a-f]{2}-){4}/i, pattern: /((?<![\w-])(?:BOOTIF=01-)?)((?:[0-9a-f]{2}-){5}[0-9a-f]{2})(?![\w-])/gi, keep: value => /^[\d-]+$/.test(value) },
  { takes: 'mac', about: 'MAC addresses in names of interfaces', hint: /x[0-9a-f]{12}/, pattern: /((?<![a-z0-9])(?:en|wl|ww)x)([0-9a-f]{12})(?![0-9a-z])/g },

  { takes: 'mail', about: 'e-mail addresses', hint: /@/, pattern: /((?<![\w.+%-]))([\w.+%-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24})(?![\w@])/gi, keep: value => publicMail.test(value) || word.test(value.slice(0, value.indexOf('@'))) },
  { takes: 'mail', about: 'who built the kernel', hint: /Linux version /, pattern: /(Linux version \S{1,128} \()([\w.+-]{1,64}@[\w.-]{1,128})(?=\))/g, keep: value => publicMail.test(value) || /^(?:buildd?|builder|abuild|geeko|mockbuild|debian-kernel|linux|kbuild|root@buildkitsandbox|nixbld)@?/i.test(value) },

  { takes: 'ip', about: 'public IPv4 addresses', hint: /\d\.\d{1,3}\.\d{1,3}\.\d/, pattern: /((?<![\w.]))(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?!\w|\.\w|-(?!\d{1,3}\.\d))/g, keep: (value, before) => !isPublicIpv4(value) || (versionBefore.test(before) && !/\d-$/.test(before)) },
  { takes: 'ip', about: 'public IPv6 addresses', hint: /[23][0-9a-f]{3}:[0-9a-f]{0,4}:/i, pattern: /((?<![\w:.]))([23][0-9a-f]{3}:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4})(?![\w:]|\.\d)/gi, keep: value => !isIPv6(value) },
  { takes: 'ip', about: 'link-local addresses made of a MAC address', hint: /ff:fe/i, pattern: /((?<![\w:.]))(fe80:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{1,4})(?![\w:]|\.\d)/gi, keep: value => !isIPv6(value) || !/ff:fe/i.test(value) },

  { takes: 'serial', about: 'serial numbers', hint: /serial[ _-]?n/i, pattern: /(serial[ _-]?(?:number|num|no\.?)["']?[ \t]{0,64}(?:is[ \t])?[:=#]?[ \t]{0,16}["'<]?)([a-z0-9][\w./+-]{2,4096})/gi, keep: noDigit },
  { takes: 'serial', about: 'serial= of devices and SMBIOS', hint: /serial/i, pattern: /((?<![a-z0-9-])serial=["']?|\.serial: ?|\bserial["'] ?: ?["'])([^\s\0"'<>,;]{3,4096})/gi, keep: value => noDigit(value) || /^(?:ttys?|com|cuau|chr|char|serial|uart)[\w-]{0,12}$|^\/dev\//i.test(value) },
  { takes: 'serial', about: 'serial numbers in quotes', hint: /ser(?:ial|num)="/i, pattern: /((?<![a-z0-9-])ser(?:ial|num)=")([^"\n]{3,4096})/gi, keep: noDigit },
  { takes: 'serial', about: 'serial numbers in domain XML', hint: /serial/, pattern: /(<serial>|name=['"]serial['"]>)([^<]{3,4096})(?=<)/g, keep: noDigit },
  { takes: 'serial', about: 'serial numbers in sysfs', hint: /serial\t=/, pattern: /(\/(?:\w{1,32}_)?serial\t=)([^\n]{3,65536})/g, keep: noDigit },
  { takes: 'serial', about: "serial numbers in pciconf's listing", hint: /= Serial \d|\bSN {1,4}= '/, pattern: /(= Serial \d{1,3} |\bSN {1,4}= ')([\w-]{4,4096})/g, keep: noDigit },
  { takes: 'serial', about: 'serial numbers in names of disks', hint: /\/by-id\//, pattern: /(\/by-id\/)([^\s\0"'<>,;/]{3,4096}?)(?=-part\d|-event-|-if\d|[\s\0"'<>,;/]|$)/gm, keep: noDigit },
  { takes: 'serial', about: "serial numbers in FreeBSD's names of disks", hint: /diskid\/DISK-/, pattern: /(\bdiskid\/DISK-)([\w.%-]{4,128}?)(?=(?:[ps]\d{1,3}[a-h]?)?(?:\.eli)?(?:[\s\0"'<>,;:)]|$))/gm, keep: noDigit },
  { takes: 'serial', about: 'NVMe and iSCSI names, world wide names', hint: /nqn\.|wwn/i, pattern: /(nqn\.[\w.-]{1,64}:|\bwwn["']?[=: ]{1,3}["']?)((?:0x)?[\w.:-]{8,4096})/gi, keep: noDigit },
  { takes: 'serial', about: 'device serial numbers in configuration space', hint: /\t#[0-9a-f]{528}/, pattern: /(\/config\t#)([0-9a-f]{528,8192})$/gm, becomes: withoutSerial },

  { takes: 'serial', about: 'iSCSI names', hint: /iqn\.\d|eui\.[0-9a-f]/i, pattern: /((?<![\w.])(?:iqn\.\d{4}-\d\d\.|eui\.))([\w.:-]{4,223})/gi },
  { takes: 'wifi', about: 'names of wireless networks', hint: /ssid/i, pattern: /((?<![a-z])(?:e?ssid)["']?(?:[ \t]{0,8}[:=][ \t]{0,8}|[ \t]))(?!["'])([^\s"'][^"'\n]{0,64})/gi, keep: value => /^(?:[0-9a-f]{2}:){5}/i.test(value) },
  { takes: 'wifi', about: 'names of wireless networks in quotes', hint: /ssid/i, pattern: /((?<![a-z])e?ssid["']?[ \t]{0,8}[:=]?[ \t]{0,8}["'])([^"'\n]{1,64})/gi },
  { takes: 'host', about: 'names of domains', hint: /domainname|^search|^domain|\nsearch|\ndomain/i, pattern: /((?:^|\n|\t=)(?:search|domain)[ \t]{1,8}|domainname["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)([a-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){1,6})(?![\w.-])/gi, learn: true },

  { takes: 'ip', about: 'private addresses', strict: true, hint: /\d\.\d{1,3}\.\d{1,3}\.\d/, pattern: /((?<![\w.]))((?:10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3}){2,3})(?!\w|\.\w|-(?!\d{1,3}\.\d))/g, keep: (value, before) => value.split('.').length !== 4 || value.startsWith('127.') || versionBefore.test(before) },
  { takes: 'ip', about: 'private IPv6 addresses', strict: true, hint: /f[cde][0-9a-f]{2}:/i, pattern: /((?<![\w:.]))(f(?:[cd][0-9a-f]{2}|e80):(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4})(?![\w:]|\.\d)/gi, keep: value => !isIPv6(value) },
  { takes: 'vm', about: 'names of VMs in QEMU arguments', strict: true, learn: true, hint: /-name/, pattern: /((?<![\w-])-name[ \0]["']?(?:guest=)?)([^\s\0,"'=]{1,256})(?![^\s\0,"'])/g },
  { takes: 'vm', about: 'names of VMs in XML', strict: true, learn: true, hint: /<name>/, pattern: /(<name>)([^<\n]{1,256})(?=<\/name>)/g, only: ['libvirt-domain', 'libvirt-domain-live'] },
  { takes: 'vm', about: 'names of Proxmox VMs', strict: true, learn: true, hint: /name: /, pattern: /((?:^|\n)name: )([\w.-]{1,256})/g, only: ['proxmox-vm'] },
  { takes: 'disk', about: 'names of disk images', strict: true, hint: /\.(?:qcow2|img|raw|vmdk|vdi|vhdx?|iso|zvol)/i, pattern: /([/\\=])([^\s\0"'<>,;/\\=]{1,255})(?=\.(?:qcow2|img|raw|vmdk|vdi|vhdx?|iso|zvol)(?![\w.]))/gi, keep: value => /^(?:initrd|OVMF|vmlinuz|edk2|virtio-win)/i.test(value) },

  { takes: 'user', about: 'home directories', learn: true, hint: /\/home\/|Users[\\/]/, pattern: /(\/home\/|\/Users\/|[a-z]:\\{1,2}Users\\{1,2})([^\s\0"'<>,;:/\\|*?=]{1,4096})/gi, keep: value => /^(?:public|default|all users|shared|kubernetes)$/i.test(value) },

  // A comma in front of the fraction is `dmesg --time-format iso`, which names no host: there the first word is a driver.
  { takes: 'host', about: 'host names in syslog lines', hint: /\d\d:\d\d:\d\d/, pattern: /(^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.:+Z-]{0,16}) )([a-z0-9][\w.-]{0,253})(?= (?![\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]:)[\w./@(-][^\s:[]{0,64}(?:\[\d{1,10}\])?:)/gim },
  { takes: 'host', about: 'host names in journal lines', hint: /\] \S+ (?:kernel:|[a-z][\w-]{1,32}\[\d)/, pattern: /(^\[ {0,8}\d{1,10}\.\d{3,9}\] )([a-z0-9][\w.-]{0,253})(?= (?:kernel:|[a-z][\w-]{1,32}\[\d{1,10}\]:))/gim },
  { takes: 'host', about: 'host names in uname -a', learn: true, hint: /(?:Linux|FreeBSD) \S+ \d/, pattern: /((?:^|\t=|: )(?:Linux|FreeBSD) )(\S{1,253})(?= \d{1,2}\.\d)/gm, keep: value => value === 'version' },
  { takes: 'host', about: 'settings of the host name', learn: true, hint: /hostname|nodename|hostuuid/i, pattern: /((?:\bhostname|nodename)["']?(?:[ \t]{0,4}[:=][ \t]{0,4}|[ \t]set to[ \t])["'<]?)([a-z0-9][\w.-]{0,253})(?![\w.-])/gi },
  { takes: 'host', about: 'host names in shell prompts', learn: true, hint: /\w@\w/, pattern: new RegExp(String.raw`(^\[?[a-z_][\w.-]{0,31}@)([a-z0-9][\w.-]{0,63})(?=${promptEnd})`, 'gim'), keep: value => value === 'localhost' },
  { takes: 'user', about: 'user names in shell prompts', learn: true, hint: /\w@\w/, pattern: new RegExp(String.raw`(^\[?)([a-z_][\w.-]{0,31})(?=@[a-z0-9][\w.-]{0,63}${promptEnd})`, 'gim'), keep: value => value === 'root' },
  { takes: 'host', about: 'names of Proxmox nodes', learn: true, hint: /\/pve\/nodes\//, pattern: /(\/pve\/nodes\/)([^\s\0"'<>,;:/*]{1,4096})/g },
  { takes: 'host', about: 'names of Proxmox nodes in tasks', learn: true, hint: /UPID:/, pattern: /(\bUPID:)([a-z0-9][\w.-]{0,62})(?=:[0-9A-F]{8}:[0-9A-F]{8,9}:)/gi },
  { takes: 'user', about: 'users of Proxmox in tasks', hint: /UPID:|> (?:starting|end) task/, pattern: /(\bUPID:[\w.-]{1,63}(?::[0-9A-F]{8,9}){3}:\w{1,32}:[^:\s]{0,64}:|<)([\w.+-]{1,64})(?=@[\w.-]{1,64}(?:![\w.-]{1,64})?(?::|> (?:starting|end) task))/gi, keep: value => value === 'root' },
  { takes: 'host', about: 'name of the host in the kernel command line', learn: true, hint: /systemd\.hostname=/, pattern: /(systemd\.hostname=)([\w.-]{1,4096})/g },
]

/** Text is looked through in stretches of about this many characters, which end where a line does. */
const stretch = 1 << 16

/** Words that are names of hosts and users now and then, and stand in evidence with a meaning of their own. */
const everyday = /^(?:root|admin|administrator|user|users|guest|host|hosts|localhost|localdomain|local|home|public|server|desktop|laptop|workstation|node|kernel|linux|unix|freebsd|debian|ubuntu|fedora|arch|archlinux|centos|rocky|alma|suse|opensuse|gentoo|nixos|manjaro|popos|unraid|tower|proxmox|truenas|esxi|xen|qemu|kvm|libvirt|libvirt-qemu|vfio|vfio-pci|bhyve|hypervisor|virt|virtual|iommu|windows|win\d*|macos|gpu|gpus|nvidia|nouveau|amd|amdgpu|radeon|intel|i915|rocm|cuda|test|tests|default|none|null|true|false|data|video|render|audio|input|build|builder|live|rescue|system|systemd|service|main|master|slave|worker|primary|secondary|boot|disk|memory|error|warning|device|devices|driver|function|group|passthrough|machine|version)\d{0,2}$/i
/** Shorter ones would be found in too much. */
const shortestName = 4
const mostNames = 300

/** Makes a redactor with a key of its own; one per run. A key is given in tests alone. */
export function createRedactor(key: Uint8Array = randomBytes(16), level: RedactionLevel = 'standard'): Redactor {
  const names = new Map<string, RedactionLabel>()
  const words = new Map<string, string>()
  const values = new Map<string, string>()
  const all: RedactionCounts = {}
  const table = level === 'none' ? [] : rows.filter(({ strict }) => !strict || level === 'strict')

  /** Remembers a name that tells something wherever it stands; of a full host name its first part too. */
  function learn(label: RedactionLabel, value: string): void {
    for (const name of label === 'host' && value.includes('.') ? [value, value.slice(0, value.indexOf('.'))] : [value]) {
      if (names.size < mostNames && name.length >= shortestName && /[a-z]/i.test(name) && !everyday.test(name) && !word.test(name)) names.set(name, label)
    }
  }

  /** The same word for the same value; longer where a short one is taken. */
  function wordFor(label: RedactionLabel, value: string): string {
    const whose = `${label}\0${label === 'mac' || label === 'uuid' || label === 'ip' ? value.toLowerCase() : value}`
    const known = words.get(whose)
    if (known !== undefined) return known
    const digest = createHmac('sha256', key).update(whose).digest('hex')
    let length = 4
    while (length < 16 && (values.get(`${label}-${digest.slice(0, length)}`) ?? whose) !== whose) length++
    const made = `${label}-${digest.slice(0, length)}`
    words.set(whose, made)
    values.set(made, whose)
    return made
  }

  function applied(row: Row, text: string, kind: EvidenceKind, counts: RedactionCounts): string {
    return text.replace(row.pattern, (whole: string, before: string, value: string, at: number) => {
      if (word.test(value) || noValue.test(value)) return whole
      const start = at + before.length
      if (row.keep?.(value, lineBefore(text, start), kind)) return whole
      const instead = row.becomes ? row.becomes(value) : wordFor(row.takes, value)
      if (instead === null) return whole
      if (row.learn) learn(row.takes, value)
      counts[row.takes] = (counts[row.takes] ?? 0) + 1
      return before + instead + whole.slice(before.length + value.length)
    })
  }

  function redact(text: string, kind: EvidenceKind): Redacted {
    const counts: RedactionCounts = {}
    const asked = untouched.includes(kind) ? [] : table.filter(({ only, never }) => (!only || only.includes(kind)) && !never?.includes(kind))
    let whole = text
    for (const row of asked) if (row.spans && row.hint.test(whole)) whole = applied(row, whole, kind, counts)
    const byLine = asked.filter(({ spans }) => !spans)
    const parts: string[] = []
    for (let start = 0; start < whole.length && byLine.length;) {
      const newline = start + stretch < whole.length ? whole.indexOf('\n', start + stretch) : -1
      const end = newline < 0 ? whole.length : newline + 1
      let part = whole.slice(start, end)
      // Until nothing changes: what one row takes may have hidden the start of another's from it.
      for (let was = '', round = 0; was !== part && round < 4; round++) {
        was = part
        for (const row of byLine) if (row.hint.test(part)) part = applied(row, part, kind, counts)
      }
      parts.push(part)
      start = end
    }
    for (const label of redactionLabels) if (counts[label]) all[label] = (all[label] ?? 0) + counts[label]
    return { text: byLine.length ? parts.join('') : whole, counts }
  }

  const redacted = (evidence: Evidence): Evidence => (typeof evidence.body === 'string' && evidence.body !== '' ? { ...evidence, body: redact(evidence.body, evidence.kind).text } : evidence)

  function withoutNames(evidence: readonly Evidence[]): readonly Evidence[] {
    if (level === 'none') return evidence
    if (level === 'strict') for (const { id, kind } of evidence) if (namedAfterVm.includes(kind)) learn('vm', nameOf(id) ?? '')
    if (names.size === 0) return evidence
    const list = [...names.keys()].sort((a, b) => b.length - a.length)
    const any = new RegExp(`(?<![\\w-])(?:${list.map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})(?![\\w-])`, 'g')
    const without = (text: string): string => (list.some(name => text.includes(name)) ? text.replace(any, name => {
      const label = names.get(name) ?? 'host'
      all[label] = (all[label] ?? 0) + 1
      return wordFor(label, name)
    }) : text)
    return evidence.map(one => ({
      ...one, id: without(one.id) as EvidenceId, from: without(one.from),
      ...(one.note === undefined ? {} : { note: without(one.note) }),
      ...(typeof one.body === 'string' && !untouched.includes(one.kind) ? { body: without(one.body) } : {}),
    }))
  }

  return { redact, redacted, learn, withoutNames, counts: all }
}

/** Kinds whose evidence is named after a VM. */
const namedAfterVm: readonly EvidenceKind[] = ['libvirt-domain', 'libvirt-domain-live', 'qemu-log', 'vm-bhyve']

function lineBefore(text: string, at: number): string {
  const near = text.slice(Math.max(0, at - 200), at)
  return near.slice(near.lastIndexOf('\n') + 1)
}

let ofThisRun: Redactor | undefined
/** Redacts with the key of this process. */
export const redact = (text: string, kind: EvidenceKind): Redacted => (ofThisRun ??= createRedactor()).redact(text, kind)
