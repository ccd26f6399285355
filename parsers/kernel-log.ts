import { bdfFromNumbers, bdfFromText, type Bdf } from '../model/bdf.ts'
import type { Evidence } from '../model/evidence.ts'
import { derived, known, type Fact } from '../model/fact.ts'
import type { Contribution, FunctionFacts, GroupFacts, HostFacts } from '../model/snapshot.ts'
import { prefixOf } from '../matching/log-prefix.ts'
import { isWrapped, logOf, type LogicalLine, type LogText } from '../matching/log-text.ts'
import { gather } from './gather.ts'
import { parametersToFacts } from './kernel-parameters.ts'
import { bootsOf, isWhole } from './log-boots.ts'
import { readLogLine } from './log-line.ts'
import { parser } from './parser.ts'
import { barKind } from './pci/function-facts.ts'

/**
 * What a kernel log tells of the host and its PCI functions, from the last boot in it:
 *
 *     [    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12 …) #1 SMP …
 *     [    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro intel_iommu=on vfio-pci.ids=10de:1b39
 *     [    0.245111] pci 0000:01:00.0: [10de:1b39] type 00 class 0x030000 PCIe Endpoint
 *     [    0.511222] pci 0000:01:00.0: Adding to iommu group 14
 *
 * and FreeBSD's `dmesg.boot`, which has no stamps. That a line is missing tells something only where the log holds the
 * whole boot (`isWhole`); what then follows from silence is said fact by fact below.
 */
export default parser({
  gives: 'kernel-log',
  parse(evidence) {
    const log = logOf(evidence)
    const boots = bootsOf(log)
    const last = boots.at(-1)
    const boot = new BootLog(evidence, log, last?.start ?? 0, isWhole(evidence))
    const platform = last?.platform === 'other' ? null : last?.platform ?? guessPlatform(boot)
    const { host = {}, ...rest } = platform === 'linux' ? linux(boot) : platform === 'freebsd' ? freebsd(boot) : {}
    const first = log.lineAt(last?.start ?? 0)
    const where = boot.platformLine ?? first.number
    return { host: { ...(platform && { platform: known(platform, evidence.id, where) }), ...host }, ...rest }
  },
})

interface Hit { readonly groups: RegExpExecArray; readonly at: number; readonly line: number }

/** Facts of the early boot stand near its start; only there are they looked for, so that a large log costs little. */
const early = 2 ** 21
/** What a boot and its first hours say of the machine stands in its first 32 Mi characters; what comes behind is searched by rules alone. */
const farthest = 2 ** 25
/** Lines tried for one anchor; what is said more often is not the boot saying it. */
const mostTries = 20_000

/** The last boot in a log, asked by literal: a line is cut out and stripped only where the literal stands. */
class BootLog {
  readonly evidence: Evidence
  readonly text: string
  readonly start: number
  readonly whole: boolean
  readonly #log: LogText
  readonly #messages = new Map<number, string>()
  /** Up to where the early boot ends, so that what is not there is not looked for in all the rest. */
  readonly #head: string
  /** The line that told which system this is, where there was no banner. */
  platformLine: number | null = null

  constructor(evidence: Evidence, log: LogText, start: number, whole: boolean) {
    this.evidence = evidence
    this.#log = log
    this.text = log.text.slice(0, start + farthest)
    this.#head = log.text.slice(0, start + early)
    this.start = start
    this.whole = whole
  }

  fact<T>(value: T | null, line: number): Fact<T> {
    return known(value, this.evidence.id, line)
  }

  /** The first line, that is the boot itself: what a conclusion from silence cites. */
  get firstLine(): number {
    return this.#log.numberAt(this.start)
  }

  /** Asked for the same line by several facts, so each is stripped of its prefix once. */
  messageAt(line: LogicalLine): string {
    const known = this.#messages.get(line.start)
    if (known !== undefined) return known
    const message = readLogLine(this.evidence.id, 0, line.text).text
    this.#messages.set(line.start, message)
    return message
  }

  lineAt(offset: number): LogicalLine {
    return this.#log.lineAt(offset)
  }

  linesFrom(offset: number): Generator<LogicalLine> {
    return this.#log.linesFrom(offset)
  }

  /** Messages that hold the literal and match, in order. */
  *each(anchor: string, pattern: RegExp, text = this.text): Generator<Hit> {
    let tries = 0
    for (let at = text.indexOf(anchor, this.start); at >= 0 && tries++ < mostTries;) {
      const line = this.#log.lineAt(at)
      const groups = pattern.exec(this.messageAt(line))
      if (groups) yield { groups, at, line: line.number }
      at = text.indexOf(anchor, Math.max(line.end, at + 1))
    }
  }

  /** The first of them near the start of the boot. */
  first(anchor: string, pattern: RegExp): Hit | null {
    return this.each(anchor, pattern, this.#head).next().value ?? null
  }
}

/** In an excerpt without the banner: `CPU: 2 PID: 412 Comm: udevd Tainted: G        W  O       6.5.0-rc3 #1` (lib/dump_stack.c, dump_stack_print_info). */
const releaseInTrace = /(?:Not tainted|Tainted: [A-Z ]{1,60}) (\d+\.\d+\S*) #/

/** Lines only one of the systems prints; for logs that have lost their banner. */
const marks: readonly { readonly platform: 'linux' | 'freebsd'; readonly anchor: string; readonly line: RegExp }[] = [
  { platform: 'freebsd', anchor: ' on pci', line: /^[a-z_]+\d+:? .* at device \d+\.\d+ .*on pci\d/ },
  { platform: 'freebsd', anchor: ' usbus', line: /^(?:ugen\d+\.\d+: <|[a-z]+\d+: <).*(?:at|on) usbus\d/ },
  { platform: 'freebsd', anchor: ' on acpi0', line: /> .*on acpi0$/ },
  { platform: 'freebsd', anchor: ' uhub', line: /^[a-z]+\d+:? (?:at|on) uhub\d/ },
  { platform: 'freebsd', anchor: 'linux: jid ', line: /^linux: jid \d+ pid \d+/ },
  { platform: 'freebsd', anchor: 'FreeBSD ', line: /^FreeBSD \d+\.\d+-[A-Z]/ },
  { platform: 'freebsd', anchor: ', rcvif ', line: /^cannot forward src .*rcvif [a-z]+\d/ },
  { platform: 'freebsd', anchor: 'CAM status: ', line: /^\([a-z]+\d+:\w{1,32}:\d+:\d+:[\da-f]+\): CAM status: / },
  { platform: 'freebsd', anchor: 'ppt', line: /^ppt\d+:? .*mem 0x/ },
  { platform: 'freebsd', anchor: 'drmn', line: /^drmn\d+: (?:<drmn>|\[drm\]|successfully|could not|fail|Fatal)/ },
  { platform: 'freebsd', anchor: 'vgapci', line: /^vgapci\d+: (?:child|Boot video device|<VGA)/ },
  { platform: 'freebsd', anchor: 'Fatal trap ', line: /^Fatal trap \d{1,3}: .* while in (?:kernel|user|vm86) mode/ },
  { platform: 'freebsd', anchor: 'KDB: ', line: /^KDB: (?:stack backtrace|enter: )/ },
  { platform: 'freebsd', anchor: ' attach returned ', line: /^device_attach: [a-z_]{1,32}\d+ attach returned \d/ },
  { platform: 'freebsd', anchor: 'KLD', line: /^KLD:? (?:file )?\S{1,64}\.ko:? (?:depends on |is missing )/ },
  { platform: 'freebsd', anchor: 'linker_load_file: ', line: /^linker_load_file: / },
  { platform: 'freebsd', anchor: 'link_elf', line: /^link_elf(?:_obj)?: symbol \w{1,200} undefined/ },
  { platform: 'linux', anchor: 'Command line: ', line: /^Command line: / },
  { platform: 'linux', anchor: 'BIOS-e820: ', line: /^BIOS-e820: / },
  { platform: 'linux', anchor: 'ainted', line: releaseInTrace },
  { platform: 'linux', anchor: ':00.', line: /^[\w-]{1,32} [0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]: / },
  { platform: 'linux', anchor: ' 0000:', line: /^[\w-]{1,32} 0000:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]: / },
  { platform: 'linux', anchor: 'pci_bus ', line: /^pci_bus [0-9a-f]{4,8}:[0-9a-f]{2}: / },
  { platform: 'linux', anchor: 'Request device [', line: /DMAR: ?(?:\[fault |\[DMA |\[INTR-REMAP\])/ },
  { platform: 'linux', anchor: 'AMD-Vi: Event logged', line: /AMD-Vi: Event logged/ },
  { platform: 'linux', anchor: 'DMAR', line: /^(?:DMAR-IR: |DMAR: (?!Found table))/ },
  { platform: 'linux', anchor: 'AMD IOMMUv2', line: /^AMD-Vi: AMD IOMMUv2 / },
  { platform: 'linux', anchor: 'iommu: Default domain type', line: /^iommu: Default domain type/ },
  { platform: 'linux', anchor: '(PCI:', line: /^ {0,32}NVRM: .{1,80}\(PCI:[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]\)/ },
  { platform: 'linux', anchor: 'systemd[1]', line: /^systemd\[1\]: / },
  { platform: 'linux', anchor: 'Hardware name: ', line: /^Hardware name: .{1,200}, BIOS / },
  { platform: 'linux', anchor: ' Comm: ', line: /^CPU: \d+ (?:UID: \d+ )?PID: \d+ Comm: / },
  { platform: 'linux', anchor: 'usb ', line: /^usb \d+-[\d.]+: (?:new|New|USB disconnect)/ },
]

function guessPlatform(boot: BootLog): 'linux' | 'freebsd' | null {
  for (const { platform, anchor, line } of marks) {
    const [hit] = boot.each(anchor, line)
    if (!hit) continue
    boot.platformLine = hit.line
    return platform
  }
  return null
}

// ---- Linux

type LinuxFacts = (boot: BootLog) => HostFacts

function linux(boot: BootLog): Contribution {
  const { functions, groups, host } = linuxFunctions(boot)
  return { host: Object.assign({}, host, ...linuxHost.map(facts => facts(boot))) as HostFacts, functions, groups }
}

/** One fact or a few each, by the message that gives them. */
const linuxHost: readonly LinuxFacts[] = [
  release, commandLine, machine, processor, memory, firmware, secureBoot, acpiTables, searchedForIommu, hypervisor, domainType, remapping, nodes, bridges, failedFirmware, vfioIds, vfioAtWork, coveredWindow,
]

/** `vfio_pci: add [10de:2204[ffffffff:ffffffff]] class 0x000000/00000000`: an id of its parameter ids, at load (drivers/vfio/pci/vfio_pci.c, vfio_pci_fill_ids). */
function vfioIds(boot: BootLog): HostFacts {
  const added = gather(boot.evidence.id)
  for (const { groups, line } of boot.each('vfio_pci: add [', /^vfio_pci: add \[([0-9a-f]{4}:[0-9a-f]{4})\[[0-9a-f]{4,8}:[0-9a-f]{4,8}\]\]/)) if (added.size < 200) added.add(groups[1] ?? '', line)
  return added.size > 0 ? { vfioIdsAdded: added.fact() } : {}
}

/** `vfio-pci 0000:02:00.0: enabling device (0000 -> 0002)`, and `vfio_ecap_init: 0000:02:00.0 hiding ecap …` up to 4.19: what VFIO says of a function that somebody gives to a VM or a program (drivers/vfio/pci). */
const vfioWords: readonly (readonly [anchor: string, line: RegExp])[] = [
  ['vfio-pci ', /^vfio-pci [0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]: /], ['vfio_ecap_init: ', /^vfio_ecap_init: [0-9a-f]{4,8}:/], ['vfio_bar_restore: ', /^vfio_bar_restore: [0-9a-f]{4,8}:/],
]

function vfioAtWork(boot: BootLog): HostFacts {
  const hit = vfioWords.map(([anchor, line]) => boot.first(anchor, line)).find(Boolean)
  return hit ? { vfioAtWork: boot.fact(true, hit.line) } : {}
}

/** Windows that are smaller, just below 4 GiB, are the chipset's own and reserved everywhere; cards get their addresses from large ones. */
const smallestWindow = 0x400_0000n

/**
 * `BIOS-e820: [mem 0x000000004bc50000-0x00000000cfffffff] reserved` against `pci_bus 0000:00: root bus resource [mem 0x65400000-0xbfffffff window]`:
 * up to Linux 5.17 the kernel gives out no address of such a window (arch/x86/kernel/resource.c, remove_e820_regions); newer ones say whether they look past the map.
 */
function coveredWindow(boot: BootLog): HostFacts {
  const ranges = (anchor: string, form: RegExp) => [...boot.each(anchor, form)].slice(0, 500).map(({ groups: [, from = '', to = ''], line }) => ({ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`), line }))
  const windows = ranges('root bus resource [mem ', /root bus resource \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16}) window\]$/).filter(({ from, to }) => to - from >= smallestWindow)
  if (windows.length === 0) return {}
  const past = boot.first('Ignoring E820 reservations', /Ignoring E820 reservations for host bridge windows/) ?? boot.first(' fully covered by e820 entry ', / fully covered by e820 entry \[mem /)
  if (past) return { windowUnderE820: boot.fact<string>(null, past.line) }
  const reserved = ranges('] reserved', /^(?:BIOS-e820: )?\[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] reserved$/)
  const covered = windows.find(window => reserved.some(({ from, to }) => from <= window.from && window.to <= to))
  if (covered) return { windowUnderE820: boot.fact(`mem 0x${covered.from.toString(16)}-0x${covered.to.toString(16)}`, covered.line) }
  return boot.whole && reserved.length > 0 ? { windowUnderE820: boot.fact<string>(null, boot.firstLine) } : {}
}

/** Files of firmware for GPUs that a driver asked for in vain (drivers/base/firmware_loader/main.c; Debian's kernels word it in another way). */
function failedFirmware(boot: BootLog): HostFacts {
  const failed = gather(boot.evidence.id)
  for (const [anchor, form] of firmwareFailures) for (const { groups, line } of boot.each(anchor, form)) if (failed.size < 200) failed.add(groups[1] ?? '', line)
  return failed.size > 0 || boot.whole ? { firmwareFailed: failed.fact() } : {}
}
const firmwareFailures = [
  ['Direct firmware load for ', /Direct firmware load for ((?:amdgpu|radeon|i915|xe|nvidia)\/[\w./+-]{1,200}) failed with error -2/],
  ['firmware: failed to load ', /firmware: failed to load ((?:amdgpu|radeon|i915|xe|nvidia)\/[\w./+-]{1,200}) \(-2\)/],
] as const

/** What the name of a kernel says of who built it. */
const builders: readonly (readonly [RegExp, string])[] = [
  [/^Linux version \S+-pve /, 'proxmox'],
  [/^Linux version \S+-[Uu]nraid /, 'unraid'],
  [/\(debian-kernel@lists\.debian\.org\)/, 'debian'],
  [/\(Ubuntu \d[\w.-]* \S+\)\s*$/, 'ubuntu'],
  [/^Linux version \S+\.fc\d+\./, 'fedora'],
  [/^Linux version \S+-arch\d/, 'arch'],
]

function releaseOfTrace(boot: BootLog): HostFacts {
  const hit = boot.first('ainted', releaseInTrace)
  return hit ? { kernel: boot.fact(hit.groups[1] ?? '', hit.line) } : {}
}

function release(boot: BootLog): HostFacts {
  const hit = boot.first('Linux version ', /(Linux version (\d\S*) .*)$/)
  if (!hit) return releaseOfTrace(boot)
  const [, banner = '', kernel = ''] = hit.groups
  const distribution = builders.find(([pattern]) => pattern.test(banner))?.[1]
  return {
    kernel: boot.fact(kernel, hit.line),
    ...(distribution !== undefined && { distribution: boot.fact(distribution, hit.line) }),
  }
}

function commandLine(boot: BootLog): HostFacts {
  const hit = boot.first('ommand line: ', /^(?:Kernel command|Command) line: (.*)$/)
  return hit ? parametersToFacts(`${hit.groups[1] ?? ''}${wrappedRest(boot, hit.at)}`, { evidence: boot.evidence.id, where: hit.line }) : {}
}

/** What a mail program broke off an unstamped command line: parameters only, no other message. */
function wrappedRest(boot: BootLog, at: number): string {
  let before = boot.lineAt(at)
  if (prefixOf(before.text).length > 0) return ''
  const rest: string[] = []
  for (const line of boot.linesFrom(before.end + 1)) {
    if (rest.length === 16 || !isWrapped(before.text, line.text) || !/^["a-zA-Z][\w.-]{1,64}(?:=| |$)/.test(line.text) || /:(?: |$)/.test(line.text)) break
    rest.push(` ${line.text.trim()}`)
    before = line
  }
  return rest.join('')
}

/** `DMI: Gigabyte Technology Co., Ltd. X570 AORUS/X570 AORUS, BIOS F33 05/06/2021` (drivers/firmware/dmi_scan.c). */
function machine(boot: BootLog): HostFacts {
  const hit = boot.first('DMI: ', /^DMI: (.+)$/)
  if (!hit) return {}
  const [board = '', bios] = (hit.groups[1] ?? '').split(/, BIOS (?!.*, BIOS )/)
  return { board: boot.fact(board.trim(), hit.line), ...(bios !== undefined && { biosVersion: boot.fact(bios.trim(), hit.line) }) }
}

const vendorOf = (model: string): string => /intel/i.test(model) ? 'intel' : /hygon/i.test(model) ? 'hygon' : /\bAMD\b/i.test(model) ? 'amd' : 'other'

function processor(boot: BootLog): HostFacts {
  const hit = boot.first('CPU0: ', /^(?:smpboot: )?CPU0: (.+?) \((?:family|fam): /)
  if (hit) return { cpuModel: boot.fact((hit.groups[1] ?? '').trim(), hit.line), cpuVendor: boot.fact(vendorOf(hit.groups[1] ?? ''), hit.line) }
  const arm = boot.first('Booting Linux on physical CPU 0x', /^Booting Linux on physical CPU 0x[0-9a-f]+ \[0x/)
  return arm ? { cpuVendor: boot.fact('arm', arm.line) } : {}
}

/** `Memory: 1657792K/16363068K available (…)`: the second number is all memory the kernel got. */
function memory(boot: BootLog): HostFacts {
  const hit = boot.first('Memory: ', /^Memory: \d+[Kk]\/(\d{1,14})[Kk] available/)
  return hit ? { memoryMiB: boot.fact(Math.round(Number(hit.groups[1]) / 1024), hit.line) } : {}
}

/** A PC prints the map its firmware gave; other machines always have UEFI or a device tree, so silence tells nothing there. */
const isPc = (boot: BootLog): boolean => boot.first('BIOS-e820: ', /^BIOS-e820: /) !== null

function firmware(boot: BootLog): HostFacts {
  const efi = boot.first('efi: EFI v', /^efi: EFI v/)
  if (efi) return { firmware: boot.fact('uefi', efi.line) }
  return boot.whole && isPc(boot) ? { firmware: boot.fact('legacy', boot.firstLine) } : {}
}

/** arch/x86/kernel/setup.c and the lockdown code that distributions add. */
function secureBoot(boot: BootLog): HostFacts {
  const hit = boot.first('ecure boot ', /^(?:secureboot: )?Secure boot (enabled|disabled)/)
  if (hit) return { secureBoot: boot.fact(hit.groups[1] === 'enabled', hit.line) }
  const locked = boot.first('locked down from EFI Secure Boot', /^Kernel is locked down from EFI Secure Boot/i)
  return locked ? { secureBoot: boot.fact(true, locked.line) } : {}
}

/** Tables every ACPI machine lists: with these, in a whole log, the listing is complete. */
const listed = [/^ACPI: RSDP /, /^ACPI: [XR]SDT /, /^ACPI: FACP /, /^ACPI: DSDT /, /^ACPI: APIC /]

/**
 * `ACPI: DMAR 0x00000000651C2628 0000F0 (v01 …)`. `DMAR: IOMMU enabled` proves no table (the command line asks for it),
 * the register lines do.
 */
function acpiTables(boot: BootLog): HostFacts {
  const dmar = boot.first('ACPI: DMAR ', /^ACPI: DMAR (?:0x)?[0-9A-Fa-f]{8}/) ?? boot.first('DMAR: DRHD base: ', /^DMAR: DRHD base: /)
  const ivrs = boot.first('ACPI: IVRS ', /^ACPI: IVRS (?:0x)?[0-9A-Fa-f]{8}/) ?? boot.first('AMD-Vi: Found IOMMU ', /AMD-Vi: Found IOMMU /)
  const complete = boot.whole && listed.every(line => boot.first('ACPI: ', line))
  const present = (hit: Hit | null) => hit ? boot.fact(true, hit.line) : complete ? boot.fact(false, boot.firstLine) : undefined
  const dmarPresent = present(dmar)
  const ivrsPresent = present(ivrs)
  return { ...(dmarPresent && { dmarPresent }), ...(ivrsPresent && { ivrsPresent }) }
}

/** `dmesg | grep -e DMAR -e IOMMU`: what was asked for, where nothing behind it picked from the answer. */
const iommuSearch = /(?:^|\n)[^\n]{0,120}?\b(?:dmesg|journalctl)\b[^|\n]{0,80}\|\s{0,4}(?:sudo )?[ef]?grep\b((?:[^|\n"'\\]|\\.|"[^"\n]{0,100}"|'[^'\n]{0,100}'){1,200})(?:\n|$)/
/** What of the early boot such a search shows on machines without any IOMMU too; without one of them the log may have lost its start. */
const beginnings = /(?:DMAR: IOMMU enabled|AMD IOMMUv2 functionality not available|ommand line: |Default domain type: |PCIe ACS overrides enabled|DMAR: Host address width)/
const tableSigns: readonly (readonly [anchor: string, line: RegExp])[] = [
  ['DMAR', /^(?:ACPI: .*\bDMAR\b|pci \S{1,20} DMAR: .*|DMAR-IR: .*|DMAR: (?!IOMMU enabled|Unknown option|Forcing|Disable).*)$/],
]
const unitSigns: readonly (readonly [anchor: string, line: RegExp])[] = [
  ['AMD-Vi', /AMD-Vi: (?!AMD IOMMUv2 functionality not available|Unknown option)/], ['IVRS', /ACPI: IVRS/], ['AMD IOMMU', /(?:Detected|AMD-Vi:.*loaded) AMD IOMMU #/], ['iommu group', /iommu group \d/],
]

/** Whether a grep with these words shows every line that has some word; `DMAR.*IOMMU` or `"DMAR: IOMMU enabled"` do not show every line with DMAR. */
function asksFor(words: string): (word: string) => boolean {
  const fold = /(?:^|\s)-\w{0,8}i/.test(words) ? (text: string) => text.toLowerCase() : (text: string) => text
  const patterns = [...words.matchAll(/"([^"\n]{0,100})"|'([^'\n]{0,100})'|([^\s"']{1,200})/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '').filter(text => !text.startsWith('-'))
  const wanted = new Set(patterns.flatMap(text => text.split(/\\?\|/)).map(text => fold(text.replace(/^[\s(\\^]{1,9}|[\s)\\]{1,9}$/g, ''))))
  return word => wanted.has(fold(word))
}

/**
 * Who searches the whole log for DMAR sees the table and every unit there is; if only `DMAR: IOMMU enabled` comes, which
 * is printed while the command line is read, firmware offered none. The same for AMD-Vi.
 */
function searchedForIommu(boot: BootLog): HostFacts {
  if (boot.whole) return {}
  const text = boot.text.slice(0, 65_536)
  const words = text.includes('grep') ? iommuSearch.exec(text)?.[1] : undefined
  const begins = words !== undefined && !/(?:^|\s)-\w{0,8}v|^\s*-m/.test(words) && !/\n\s*(?:\.\.\.|…|\[\.\.\.\])/.test(text) ? beginnings.exec(text) : null
  if (words === undefined || !begins) return {}
  const asks = asksFor(words)
  const hit = (signs: typeof tableSigns) => signs.map(([anchor, line]) => boot.first(anchor, line)).find(Boolean) ?? null
  const line = boot.lineAt(begins.index).number
  const [table, unit] = [hit(tableSigns), hit(unitSigns)]
  const noDmar = asks('DMAR') && !table
  const noIvrs = (asks('AMD-Vi') || asks('IOMMU')) && !unit
  const groups = asks('iommu') ? boot.first('iommu', /iommu group \d|^iommu: Adding device|to iommu group/) : null
  const noGroups = asks('iommu') && !groups && !unit
  const isUsed = boot.first('Directed I/O', /Directed I\/O/) ?? boot.first('DMAR: IOMMU enabled', /^DMAR: IOMMU enabled/)
  const idle = asks('DMAR') && !unit && !isUsed ? boot.first('DMAR: DRHD base: ', /^DMAR: DRHD base: /) : null
  return {
    ...(noDmar && { dmarPresent: boot.fact(false, line) }),
    ...(noIvrs && { ivrsPresent: boot.fact(false, line) }),
    ...(idle ? { iommuGroupCount: boot.fact(0, idle.line) } : (noGroups || (noDmar && noIvrs)) && { iommuGroupCount: boot.fact(0, line) }),
  }
}

/** The names of `Hypervisor detected:` (arch/x86/kernel/cpu/hypervisor.c and its members) and of machines in `DMI:`. */
const detected: readonly (readonly [RegExp, string])[] = [
  [/^KVM/, 'kvm'], [/^VMware/, 'vmware'], [/^Microsoft Hyper-V/, 'hyperv'], [/^Xen/, 'xen'], [/^[Bb]hyve/i, 'bhyve'],
]
const virtualBoards: readonly (readonly [RegExp, string])[] = [
  [/bhyve/i, 'bhyve'], [/^VMware/, 'vmware'], [/^Xen /, 'xen'], [/^Microsoft Corporation Virtual Machine/, 'hyperv'],
  [/^(?:QEMU|Red Hat (?:KVM|RHEV)|oVirt|Proxmox QEMU)/, 'qemu'],
]
const named = (table: readonly (readonly [RegExp, string])[], text: string) => table.find(([pattern]) => pattern.test(text))?.[1] ?? null

/**
 * The line that shows this to be the console of a guest of Kata, which its runtime copies into the log of the host; null where
 * that log has lines of the host's kernel as well: `level=info msg="[    9.581239] pci 0000:00:07.0: …`, `… vmconsole="[    9.581239] …`
 */
function kataConsole(boot: BootLog): number | null {
  if (boot.text.includes(' kernel: ')) return null
  const at = Math.max(boot.text.indexOf('vmconsole="[', boot.start), boot.text.indexOf(' msg="[', boot.start))
  if (at < 0) return null
  const line = boot.lineAt(at)
  return /\blevel=\w{1,8} msg=(?:"|"reading guest console" .{0,500}vmconsole=")\[ {0,12}\d+\.\d+\] /.test(line.text) ? line.number : null
}

function hypervisor(boot: BootLog): HostFacts {
  const wsl = boot.first('Linux version ', /Linux version \S+-microsoft-standard/i)
  if (wsl) return { runsIn: boot.fact('wsl', wsl.line), outerHypervisor: boot.fact('hyperv', wsl.line) }
  // The control domain of Xen and Hyper-V's root partition have the hardware though a hypervisor is below.
  if (boot.first('dom0', /\(dom0\)|Booting.*\bdom0\b/i) || boot.first('root partition', /Hyper-V: .*root partition/)) return {}
  const found = boot.first('Hypervisor detected: ', /^Hypervisor detected: (.+)$/)
  // The second stands in each trace of an oops or a warning.
  const board = boot.first('DMI: ', /^DMI: (.+)$/) ?? boot.first('Hardware name: ', /^Hardware name: (.+)$/)
  const outer = found ? named(detected, found.groups[1] ?? '') : null
  const virtual = board ? named(virtualBoards, board.groups[1] ?? '') : null
  // KVM and Xen show Hyper-V's signature to guests that are told to use its interface; the board tells who they are.
  const name = virtual && !(virtual === 'qemu' && outer === 'kvm') ? virtual : outer
  const at = found ?? (virtual ? board : null) ?? boot.first('Booting paravirtualized kernel on KVM', /^Booting paravirtualized kernel on KVM/) ?? boot.first('kvm-guest: ', /^kvm-guest: /)
  if (at) return { runsIn: boot.fact('vm', at.line), ...(name && { outerHypervisor: boot.fact(name, at.line) }) }
  const kata = kataConsole(boot)
  if (kata !== null) return { runsIn: boot.fact('vm', kata) }
  return boot.whole && isPc(boot) ? { runsIn: boot.fact('metal', boot.firstLine), outerHypervisor: boot.fact<string>(null, boot.firstLine) } : {}
}

/** Printed on hosts without any IOMMU as well: it is what would be used. */
function domainType(boot: BootLog): HostFacts {
  const hit = boot.first('Default domain type: ', /^iommu: Default domain type: (\w+)/)
  return hit ? { iommuDomainType: boot.fact(hit.groups[1] ?? '', hit.line) } : {}
}

/** drivers/iommu/intel/irq_remapping.c and amd/init.c, which changed its capital. */
function remapping(boot: BootLog): HostFacts {
  const hit = boot.first('Enabled IRQ remapping in ', /^DMAR-IR: Enabled IRQ remapping in /) ?? boot.first('nterrupt remapping enabled', /^AMD-Vi: Interrupt remapping enabled/i)
  if (hit) return { interruptRemapping: boot.fact(true, hit.line) }
  return boot.whole && isPc(boot) ? { interruptRemapping: boot.fact(false, boot.firstLine) } : {}
}

function nodes(boot: BootLog): HostFacts {
  const hit = boot.first(' up ', /^(?:smp: Brought|x86: Booted|smpboot: Booted|Brought) up (\d{1,5}) nodes?, /)
  return hit ? { numaNodes: boot.fact(Number(hit.groups[1]), hit.line) } : {}
}

/**
 * How long the kernel took over bridges, and how large they are. Each is named when it is found and again when its windows are
 * read; normally within milliseconds. In between it and what is below it are sized, which a hypervisor may make slow:
 *
 *     [    4.061614] pci 0000:00:01.5: [1b36:000c] type 01 class 0x060400 PCIe Root Port
 *     [   14.140789] pci 0000:00:01.5: PCI bridge to [bus 06]
 */
function bridges(boot: BootLog): HostFacts {
  const timeOf = ({ at, line }: Hit) => readLogLine(boot.evidence.id, line, boot.lineAt(at).text).time
  const found = new Map<string, number>()
  for (const hit of boot.each('] type ', about('\\[[0-9a-f]{4}:[0-9a-f]{4}\\] type 0?1 class'))) {
    const time = timeOf(hit)
    if (time !== null && !found.has(hit.groups[1] ?? '')) found.set(hit.groups[1] ?? '', time)
  }
  const spans: { from: number; to: number; line: number }[] = []
  for (const hit of boot.each(': PCI bridge to [bus ', about('PCI bridge to \\[bus '))) {
    const [from, to] = [found.get(hit.groups[1] ?? ''), timeOf(hit)]
    found.delete(hit.groups[1] ?? '')
    if (from !== undefined && to !== null && to >= from) spans.push({ from, to, line: hit.line })
  }
  // Bridges below others are named in between: their time counts once.
  let [spent, upTo] = [0, -Infinity]
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    spent += Math.max(0, to - Math.max(from, upTo))
    upTo = Math.max(upTo, to)
  }
  const windows = [...boot.each('bridge window [mem ', /bridge window \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16}) 64bit pref\]/)]
    .map(({ groups: [, from = '0', to = '0'], line }) => ({ MiB: (Number(`0x${to}`) + 1 - Number(`0x${from}`)) / 2 ** 20, line }))
  const largest = windows.reduce<{ MiB: number; line: number } | null>((most, one) => (one.MiB > (most?.MiB ?? 0) ? one : most), null)
  return {
    ...(spans[0] && { bridgeScanSeconds: boot.fact(Math.round(spent), spans[0].line) }),
    ...(largest && { bridgeWindowLargestMiB: boot.fact(Math.round(largest.MiB), largest.line) }),
  }
}

/** Facts by function while they are gathered; a Map, since addresses come from the text. */
type Functions = Map<Bdf, FunctionFacts>

function linuxFunctions(boot: BootLog): { functions: Record<Bdf, FunctionFacts>; groups: Record<string, GroupFacts>; host: HostFacts } {
  const functions: Functions = new Map()
  const of = (bdf: Bdf): FunctionFacts => {
    const facts = functions.get(bdf) ?? {}
    functions.set(bdf, facts)
    return facts
  }
  identities(boot, of)
  baseAddresses(boot, of)
  unplacedBars(boot, of)
  bootDisplay(boot, of)
  const { groups, host } = membership(boot, of)
  drivers(boot, of)
  accused(boot, of)
  return { functions: Object.fromEntries(functions), groups, host }
}

type Of = (bdf: Bdf) => FunctionFacts
const device = '([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7])'
const about = (rest: string) => new RegExp(`^[\\w-]{1,32} ${device}: ${rest}`)
const canonical = (text = ''): Bdf => bdfFromText(text) ?? text

/** `pci 0000:01:00.0: [10de:1b39] type 00 class 0x030000 PCIe Endpoint` (drivers/pci/probe.c, pci_setup_device). */
function identities(boot: BootLog, of: Of): void {
  for (const { groups: [, bdf, vendor = '', id = '', type = '', code = ''], line } of boot.each('] type ', about('\\[([0-9a-f]{4}):([0-9a-f]{4})\\] type ([0-9a-f]{1,2}) class (?:0x)?([0-9a-f]{6})'))) {
    Object.assign(of(canonical(bdf)), {
      id: boot.fact(`${vendor}:${id}`, line),
      vendor: boot.fact(vendor, line),
      // Kernels that wrote `type 0` shifted the class: its programming interface is lost.
      ...(type.length === 2 && { class: boot.fact(code, line) }),
    })
  }
}

const span = '\\[(mem|io) +(?:size (0x[0-9a-f]+)|(0x[0-9a-f]+)-(0x[0-9a-f]+))([^\\]]*)\\]'
/** How BARs are told over time: at the scan `reg 0x10: […]` (up to 6.8), `BAR 0 […]`; later `BAR 1: assigned […]`, `BAR 1 […]: assigned`. */
const barLines: readonly (readonly [anchor: string, line: RegExp])[] = [
  [': reg ', about(`reg (?:0x)?([0-9a-f]{2}): ${span}$`)],
  [': BAR ', about(`BAR ([0-5]) ${span}(?:: assigned)?$`)],
  [': assigned [', about(`BAR ([0-5]): assigned ${span}$`)],
]

interface Bar { readonly number: number; readonly text: string; readonly size: bigint; readonly memory: boolean; readonly line: number }

function baseAddresses(boot: BootLog, of: Of): void {
  const bars = new Map<Bdf, Map<number, Bar>>()
  for (const [anchor, pattern] of barLines) {
    for (const { groups: [, bdf, register = '', kind = '', size, from, to, flags = ''], line } of boot.each(anchor, pattern)) {
      const number = register.length === 2 ? (parseInt(register, 16) - 0x10) / 4 : Number(register)
      if (!Number.isInteger(number) || number < 0 || number > 5) continue
      const bytes = size === undefined ? BigInt(to ?? 0) - BigInt(from ?? 0) + 1n : BigInt(size)
      if (bytes <= 0n) continue
      const type = barKind(kind === 'io' ? 'io' : 'mem', flags.includes('64bit'), flags.includes('pref'))
      const key = canonical(bdf)
      const own = bars.get(key) ?? new Map<number, Bar>()
      const address = from === undefined ? '0x0' : `0x${BigInt(from).toString(16)}`
      own.set(number, { number, text: `${number} ${type} ${address} ${bytes}`, size: bytes, memory: kind === 'mem', line })
      bars.set(key, own)
    }
  }
  for (const [bdf, own] of bars) {
    const all = [...own.values()].toSorted((a, b) => a.number - b.number)
    const list: Fact<readonly string[]> = { value: all.map(bar => bar.text), at: all.map(bar => ({ evidence: boot.evidence.id, where: bar.line })) }
    const largest = all.filter(bar => bar.memory).toSorted((a, b) => (a.size < b.size ? 1 : -1))[0]
    Object.assign(of(bdf), { bars: list, ...(largest && { barLargestMiB: boot.fact(Number(largest.size) / 2 ** 20, largest.line) }) })
  }
}

/** What became of a memory BAR: `BAR 1: can't assign mem pref (size 0x10000000)` up to 3.15, `BAR 1: no space for [mem size …]` up to 6.6, later `BAR 1 [mem size …]: can't assign; no space`. */
const placements: readonly (readonly [anchor: string, line: RegExp, placed: boolean])[] = [
  [' for [mem ', about('BAR ([0-5]): no space for \\[mem '), false],
  ["can't assign; no space", about("BAR ([0-5]) \\[mem [^\\]]*\\]: can't assign; no space"), false],
  [": can't assign mem ", about("BAR ([0-5]): can't assign mem (?:pref )?\\(size "), false],
  ['failed to assign', about('BAR ([0-5])(?: \\[mem [^\\]]*\\])?: failed to assign(?: \\[mem |$)'), false],
  ["not assigned; can't enable", about('BAR ([0-5]) \\[mem [^\\]]*\\]: not assigned'), false],
  ["can't enable device: BAR", about("can't enable device: BAR ([0-5]) \\[mem [^\\]]*\\] not assigned"), false],
  [': assigned [', about('BAR ([0-5]): assigned \\[mem '), true],
  [']: assigned', about('BAR ([0-5]) \\[mem [^\\]]*\\]: assigned'), true],
]

/** A BAR that did not fit may fit in the next round, so the last word counts. Nothing is said of functions all of whose BARs had room. */
function unplacedBars(boot: BootLog, of: Of): void {
  const told = placements.flatMap(([anchor, pattern, placed]) => [...boot.each(anchor, pattern)].map(hit => ({ ...hit, placed }))).toSorted((a, b) => a.at - b.at)
  const last = new Map<Bdf, Map<string, { readonly placed: boolean; readonly line: number }>>()
  for (const { groups: [, bdf, number = ''], line, placed } of told) {
    const own = last.get(canonical(bdf))
    if (own) own.set(number, { placed, line })
    else if (!placed) last.set(canonical(bdf), new Map([[number, { placed, line }]]))
  }
  for (const [bdf, own] of last) {
    const unplaced = [...own].filter(([, one]) => !one.placed).toSorted(([a], [b]) => Number(a) - Number(b))
    const cited = unplaced.length > 0 ? unplaced : [...own]
    Object.assign(of(bdf), { barsUnassigned: derived(unplaced.map(([number]) => number), ...cited.map(([number, { line }]) => boot.fact(number, line))) })
  }
}

/** `vgaarb: setting as boot VGA device`, before 6.0 `setting as boot device: PCI:…`; the last one said is the one. */
function bootDisplay(boot: BootLog, of: Of): void {
  let before: Bdf | null = null
  for (const { groups: [, , prefixed, named], line } of boot.each('setting as boot ', new RegExp(`^(?:([\\w-]{1,32}) ${device}: )?vgaarb: setting as boot (?:VGA device|device(?:: PCI:${device})?)`))) {
    const bdf = bdfFromText(prefixed ?? named ?? '')
    if (!bdf) continue
    if (before && before !== bdf) Object.assign(of(before), { bootVga: boot.fact(false, line) })
    Object.assign(of(bdf), { bootVga: boot.fact(true, line) })
    before = bdf
  }
}

/** `pci 0000:01:00.0: Adding to iommu group 14`, before 5.3 `iommu: Adding device 0000:01:00.0 to group 14`; and their reverse. */
const memberLines: readonly (readonly [anchor: string, line: RegExp, joins: boolean])[] = [
  ['Adding to iommu group ', about('Adding to iommu group (\\d{1,9})$'), true],
  ['iommu: Adding device ', new RegExp(`^iommu: Adding device ${device} to group (\\d{1,9})$`), true],
  ['Removing from iommu group ', about('Removing from iommu group (\\d{1,9})$'), false],
  ['iommu: Removing device ', new RegExp(`^iommu: Removing device ${device} from group (\\d{1,9})$`), false],
]

function membership(boot: BootLog, of: Of): { groups: Record<string, GroupFacts>; host: HostFacts } {
  const changes = memberLines.flatMap(([anchor, pattern, joins]) => [...boot.each(anchor, pattern)].map(hit => ({ ...hit, joins }))).toSorted((a, b) => a.at - b.at)
  const members = new Map<Bdf, { group: string; line: number }>()
  for (const { groups: [, bdf, number = ''], line, joins } of changes) {
    if (joins) members.set(canonical(bdf), { group: String(Number(number)), line })
    else members.delete(canonical(bdf))
  }
  const byGroup = new Map<string, { bdf: Bdf; line: number }[]>()
  for (const [bdf, { group, line }] of members) {
    Object.assign(of(bdf), { group: boot.fact(group, line), groupId: boot.fact(group, line) })
    byGroup.set(group, [...(byGroup.get(group) ?? []), { bdf, line }])
  }
  // Groups are counted from 0; a number nobody was added to means that a console lost lines.
  const complete = boot.whole && noGap(changes.map(({ groups: [, , number] }) => Number(number)))
  const groups = Object.fromEntries([...byGroup].map(([group, own]): [string, GroupFacts] => {
    const facts = own.map(({ bdf, line }) => boot.fact(bdf, line))
    return [group, {
      id: { value: group, at: facts[0]?.at ?? [] },
      // An excerpt may leave members out.
      ...(complete && { members: derived(own.map(({ bdf }) => bdf), ...facts) }),
    }]
  }))
  const counted = complete && (byGroup.size > 0 || isPc(boot))
  return { groups, host: counted ? { iommuGroupCount: boot.fact(byGroup.size, changes.at(-1)?.line ?? boot.firstLine) } : {} }
}

function noGap(numbers: readonly number[]): boolean {
  const seen = new Set(numbers)
  return numbers.every(number => number === 0 || seen.has(number - 1))
}

/** Words in front of an address that are no drivers: the bus, and what printed it for want of one. */
const noDrivers = new Set(['pci', 'pcieport', 'gpu', 'device', 'at', 'iommu', 'vgaarb', 'acpi', 'dmar', 'nvrm', 'usb'])

/**
 * The driver a function's last device prefix names: `nouveau 0000:01:00.0: NVIDIA GP104`. A later `pci 0000:01:00.0:`
 * takes it back, for then nobody holds the function.
 */
function drivers(boot: BootLog, of: Of): void {
  const addresses = /[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]: /g
  const last = new Map<string, number>()
  addresses.lastIndex = boot.start
  for (let found = addresses.exec(boot.text); found; found = addresses.exec(boot.text)) {
    if (precededByName(boot.text, found.index)) last.set(found[0].slice(0, -2), found.index)
  }
  for (const [bdf, at] of last) {
    const line = boot.lineAt(at)
    const message = boot.messageAt(line)
    const driver = /^([a-z][\w-]{1,31}) /.exec(message)?.[1]
    if (driver === undefined || !message.startsWith(`${driver} ${bdf}: `)) continue
    nameOnce(boot, of, canonical(bdf), line.number)
    if (noDrivers.has(driver)) continue
    Object.assign(of(canonical(bdf)), { driver: boot.fact(driver, line.number) })
  }
}

/**
 * Functions an IOMMU names in an event: `DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x…` and
 * `AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:05:00.0 domain=0x000c …]`, or only by the device prefix in front of it.
 * Nothing but their address may be known, and they may not even exist (a wrong requester ID).
 */
const eventLines: readonly (readonly [anchor: string, line: RegExp])[] = [
  ['Request device [', /Request device \[((?:0x)?[0-9a-f]{2}:(?:0x)?[01][0-9a-f]\.[0-7])\]/],
  ['AMD-Vi: Event logged', /AMD-Vi: Event logged \[[A-Z_]{1,32} device=((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]) /],
  ['AMD-Vi: Event logged', about('AMD-Vi: Event logged')],
  // Up to 4.19 the kernel printed the event itself as a line of its own, behind one that ends with `[`.
  [' device=', /^[A-Z_]{8,32} device=([0-9a-f]{2}:[01][0-9a-f]\.[0-7]) (?:domain|pasid|address)=0x/],
  ['(PCI:', /^ {0,32}NVRM: .{1,80}\(PCI:([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7])\)/],
]

function accused(boot: BootLog, of: Of): void {
  for (const [anchor, pattern] of eventLines) {
    for (const { groups: [, named = ''], line } of boot.each(anchor, pattern)) {
      const bdf = bdfFromText(named)
      if (bdf) nameOnce(boot, of, bdf, line)
    }
  }
}

/** Makes a function known by its address alone. */
function nameOnce(boot: BootLog, of: Of, bdf: Bdf, line: number): void {
  if (of(bdf).bdf === undefined) Object.assign(of(bdf), { bdf: boot.fact(bdf, line) })
}

/** Whether one word stands between the stamp (or the start of the line) and the address. */
function precededByName(text: string, address: number): boolean {
  return /(?:^|[\n\]:>";=] ?)[a-z][\w-]{1,31} $/.test(text.slice(Math.max(0, address - 36), address))
}

// ---- FreeBSD

function freebsd(boot: BootLog): Contribution {
  return { host: Object.assign({}, ...freebsdHost.map(facts => facts(boot))) as HostFacts, functions: freebsdFunctions(boot) }
}

const freebsdHost: readonly ((boot: BootLog) => HostFacts)[] = [freebsdRelease, freebsdProcessor, freebsdMemory, freebsdFirmware, freebsdTables, freebsdHypervisor]

/** `FreeBSD 13.1-RELEASE-p5 releng/13.1-n250170-… GENERIC amd64` */
function freebsdRelease(boot: BootLog): HostFacts {
  const hit = boot.first('FreeBSD ', /^FreeBSD ((\d{1,3})\.\d{1,3}-\S{1,64})/)
  return hit ? { kernel: boot.fact(hit.groups[1] ?? '', hit.line), freebsdMajor: boot.fact(Number(hit.groups[2]), hit.line) } : {}
}

const origins = new Map([['GenuineIntel', 'intel'], ['AuthenticAMD', 'amd'], ['HygonGenuine', 'hygon']])

/** `CPU: AMD Ryzen 5 3600 6-Core Processor (3600.08-MHz K8-class CPU)`, then the indented block of its features. */
function freebsdProcessor(boot: BootLog): HostFacts {
  const cpu = boot.first('CPU: ', /^CPU: (.+?)\s{0,64}\([\d.]{1,12}-MHz /)
  const origin = boot.first('Origin="', /^\s*Origin="(\w{1,12})"/)
  const arm = cpu ? null : boot.first('CPU  0: ', /^CPU  0: (ARM .+?)(?: affinity|$)/)
  const features = boot.first('Features2=', /^\s*(?:AMD )?Features2=.*[<,](?:VMX|SVM)[,>]/)
  const model = cpu ?? arm
  return {
    ...(model && { cpuModel: boot.fact((model.groups[1] ?? '').trim(), model.line) }),
    ...(origin ? { cpuVendor: boot.fact(origins.get(origin.groups[1] ?? '') ?? 'other', origin.line) } : arm && { cpuVendor: boot.fact('arm', arm.line) }),
    ...(features ? { cpuVirtualization: boot.fact(true, features.line) }
      : cpu && origin && boot.first('Features2=', /^\s*Features2=/) && { cpuVirtualization: boot.fact(false, cpu.line) }),
  }
}

function freebsdMemory(boot: BootLog): HostFacts {
  const hit = boot.first('real memory', /^real memory\s{0,8}= (\d{1,18}) \(/)
  return hit ? { memoryMiB: boot.fact(Math.round(Number(hit.groups[1]) / 2 ** 20), hit.line) } : {}
}

/** The console's first driver: `VT(efifb): resolution 1024x768`, `VT(vga): …`; the UEFI clock proves it too. */
function freebsdFirmware(boot: BootLog): HostFacts {
  const efi = boot.first('efirtc0: ', /^efirtc0: </) ?? boot.first('VT(efifb)', /^VT\(efifb\)/)
  if (efi) return { firmware: boot.fact('uefi', efi.line) }
  const vga = boot.first('VT(vga)', /^VT\(vga\)/)
  return vga ? { firmware: boot.fact('legacy', vga.line) } : {}
}

/** Tables are listed by a verbose boot only; units that attach prove theirs. Silence tells nothing. */
function freebsdTables(boot: BootLog): HostFacts {
  const dmar = boot.first('ACPI: DMAR ', /^ACPI: DMAR 0x/) ?? boot.first('dmar0: <', /^dmar0: </)
  const ivrs = boot.first('ACPI: IVRS ', /^ACPI: IVRS 0x/) ?? boot.first('ivhd0: <', /^ivhd0: </) ?? boot.first('IVRS Info', /^AMD-Vi: IVRS Info /)
  return { ...(dmar && { dmarPresent: boot.fact(true, dmar.line) }), ...(ivrs && { ivrsPresent: boot.fact(true, ivrs.line) }) }
}

const hypervisorOrigins: readonly (readonly [RegExp, string])[] = [
  [/^bhyve/i, 'bhyve'], [/^KVM/, 'kvm'], [/^VMware/, 'vmware'], [/^Microsoft Hv/, 'hyperv'], [/^XenVMM/, 'xen'], [/^TCG/, 'qemu'],
]

/** `Hypervisor: Origin = "bhyve bhyve "`. Xen with Viridian shows Hyper-V's name; its own line is the truth. */
function freebsdHypervisor(boot: BootLog): HostFacts {
  const xen = boot.first('XEN: Hypervisor version', /^XEN: Hypervisor version/)
  if (xen) return { runsIn: boot.fact('vm', xen.line), outerHypervisor: boot.fact('xen', xen.line) }
  const hit = boot.first('Hypervisor: Origin', /^\s*Hypervisor: Origin ?= ?"([^"]*)"/)
  if (hit) {
    const name = named(hypervisorOrigins, hit.groups[1] ?? '')
    return { runsIn: boot.fact('vm', hit.line), ...(name && { outerHypervisor: boot.fact(name, hit.line) }) }
  }
  // The processor block has that line wherever CPUID shows a hypervisor.
  const cpu = boot.whole ? boot.first('Origin="', /^\s*Origin="/) : null
  return cpu ? { runsIn: boot.fact('metal', cpu.line), outerHypervisor: boot.fact<string>(null, cpu.line) } : {}
}

/** A driver that attached, and a function that none took; a driver loaded later attaches after all. ppt prints no colon. */
const attachments: readonly (readonly [anchor: string, line: RegExp])[] = [
  [' on pci0', /^(?<name>[a-z_][a-z\d_]*?)(?<unit>\d{1,5}):? (?:.{0,400} )?at device (?<slot>\d{1,2})\.(?<fn>\d) (?:numa-domain \d{1,3} )?on pci0$/],
  ['(no driver attached)', /^pci0: .{0,400} at device (?<slot>\d{1,2})\.(?<fn>\d) \(no driver attached\)$/],
]

/**
 * Functions with an address: those of bus 0 (`… at device 2.0 on pci0`), where the unit of the bus is its number, and
 * the `found->` blocks of a verbose boot. Other buses' units are counted as they attach and are not bus numbers (on a
 * quarter of real hosts they differ), so `on pci4` gives no address.
 */
function freebsdFunctions(boot: BootLog): Record<Bdf, FunctionFacts> {
  const functions: Functions = new Map()
  const units = new Map<string, Bdf>()
  const of = (bdf: Bdf): FunctionFacts => {
    const facts = functions.get(bdf) ?? {}
    functions.set(bdf, facts)
    return facts
  }
  const lines = attachments.flatMap(([anchor, pattern]) => [...boot.each(anchor, pattern)]).toSorted((a, b) => a.at - b.at)
  for (const { groups: { groups: { name, unit, slot, fn } = {} }, line } of lines) {
    const bdf = bdfFromNumbers(0, 0, Number(slot), Number(fn))
    if (!bdf) continue
    if (name !== undefined) units.set(`${name}${unit}`, bdf)
    Object.assign(of(bdf), { driver: boot.fact(name ?? null, line) })
  }
  const display = boot.first('Boot video device', /^(vgapci\d{1,5}): Boot video device/)
  const shown = display && units.get(display.groups[1] ?? '')
  if (shown) Object.assign(of(shown), { bootVga: boot.fact(true, display.line) })
  verboseFunctions(boot, of)
  return Object.fromEntries(functions)
}

/** A verbose boot's `found->	vendor=0x10de, dev=0x1b39, revid=0xa1`, with `domain=0, bus=1, slot=0, func=0` and `class=03-00-00` below (sys/dev/pci/pci.c, pci_print_verbose). */
function verboseFunctions(boot: BootLog, of: Of): void {
  for (const { groups: [, vendor = '', id = ''], at, line } of boot.each('found->', /^found->\s{0,8}vendor=0x([0-9a-f]{4}), dev=0x([0-9a-f]{4}), revid=/)) {
    let bdf: Bdf | null = null
    let left = 4
    for (const below of boot.linesFrom(at)) {
      if (left-- === 0) break
      const message = boot.messageAt(below)
      const place = /domain=(\d{1,6}), bus=(\d{1,3}), slot=(\d{1,2}), func=(\d)/.exec(message)
      if (place) {
        const [, domain, bus, slot, fn] = place.map(Number) as [number, number, number, number, number]
        bdf = bdfFromNumbers(domain, bus, slot, fn)
        if (bdf) Object.assign(of(bdf), { id: boot.fact(`${vendor}:${id}`, line), vendor: boot.fact(vendor, line) })
      }
      const code = /class=([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})/.exec(message)
      if (bdf && code) Object.assign(of(bdf), { class: boot.fact(code.slice(1).join(''), below.number) })
    }
  }
}
