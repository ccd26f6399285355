/**
 * Cuts what a person pasted together into the pieces it was made of: a ticket with code fences, a forum post, a mail,
 * a terminal session with several commands. A text that is one thing stays whole. Goes over the text once or twice,
 * whatever it holds.
 */
import { isAuditRest } from '../matching/log-text.ts'
import type { EvidenceKind } from '../model/evidence.ts'
import { kindOfName, recognise, stampedKernelLine, stemOf, type Recognised } from './recognise.ts'

export interface Piece extends Recognised {
  readonly text: string
  /** The line of the whole text that the piece begins with, from 1. */
  readonly firstLine: number
  /** The command whose output it is, from the prompt line before it. */
  readonly command?: string
  /** The command picked lines (grep, head, tail): what is not seen may still be there. */
  readonly partial?: true
  /** The file name that stood before the fence. */
  readonly fileName?: string
}

/** More pieces than any ticket has; what follows stays one piece. */
const MOST_PIECES = 2000
/** No prompt, fence or file name is longer. */
const LINE_LENGTH = 400

interface Hint {
  readonly kind?: EvidenceKind
  readonly name?: string
  readonly fileName?: string
  readonly command?: string
  readonly partial?: true
  /** The output cannot be read without the command, which names the folder. */
  readonly keep?: true
}

/** A part of the text by offsets; `line` is the number of its first line. */
interface Block { readonly from: number, readonly to: number, readonly line: number, readonly hint: Hint, readonly prose: boolean }

// ---- commands

/** What a command prints. The first group is the piece's name; `keep`: its output makes no sense without it. */
const commands: readonly { readonly run: RegExp, readonly gives: EvidenceKind, readonly keep?: true, readonly itself?: EvidenceKind }[] = [
  { run: /^dmesg\b|^journalctl\b.*(?:-\w*k|--dmesg|-b)|^(?:cat|less|tail|head|grep)\b.*(?:kern\.log|\/var\/log\/(?:messages|syslog|dmesg)|dmesg\.boot|dmesg)/, gives: 'kernel-log' },
  { run: /^journalctl\b.*(?:libvirt|virtqemud)|^(?:cat|tail|less)\b.*libvirtd\.log|^virsh\s+(?:start|attach-device|nodedev-|create|define)|^systemctl status (?:libvirt|virtqemud)/, gives: 'libvirt-log' },
  { run: /^journalctl\b/, gives: 'kernel-log' },
  { run: /^lspci\b/, gives: 'lspci' },
  { run: /^(?:cat|less|more|head)\s+\/proc\/cmdline\b|^rpm-ostree\s+kargs\s*$/, gives: 'cmdline' },
  { run: /^virsh\b.*\bdumpxml\b.*?(?:--\S+\s+)*([\w.+-]+)(?:\s+--\S+)*\s*$|^virsh\b.*\bedit\s+(\S+)|^(?:cat|less)\s+\S*\/([\w.+-]+)\.xml\b/, gives: 'libvirt-domain' },
  { run: /^(?:cat|tail|less|head)\b.*\/libvirt\/qemu\/(\S+?)\.log|^qm\s+start\s|^(?:qemu-system-\w+|\S*\/qemu-system-\w+)\s+(?:--version|-version)/, gives: 'qemu-log' },
  { run: /^(?:\S*\/)?(?:qemu-system-\w+|qemu-kvm|kvm)\s/, gives: 'qemu-log', itself: 'qemu-processes' },
  { run: /^(?:\S*\/)?(?:bhyve|bhyveload|grub-bhyve)\s/, gives: 'bhyve-log', itself: 'bhyve-commands' },
  { run: /^bhyvectl\b.*--vm[= ]([\w.@+-]+).*--get-mem|^bhyvectl\b.*--get-mem.*--vm[= ]([\w.@+-]+)/, gives: 'bhyvectl' },
  { run: /^vm\s+start\b|^bhyvectl\b/, gives: 'bhyve-log' },
  { run: /^devinfo\b/, gives: 'devinfo' },
  { run: /^bectl\s+list\b/, gives: 'bectl' },
  { run: /^pkg\s+(?:info|query|list)\b/, gives: 'freebsd-packages' },
  { run: /^cbsd\s+bhyve-ppt\b/, gives: 'cbsd' },
  { run: /^camcontrol\s+devlist\b|^zpool\s+status\b|^netstat\s+-rn|^mount\s+-p|^glabel\s+status/, gives: 'freebsd-host-map' },
  { run: /^pptadm\b/, gives: 'illumos-ppt' },
  { run: /^zonecfg\s+-z\s+(\S+)\s+(?:export|info)|^vmadm\s+get\b/, gives: 'illumos-zone' },
  { run: /^ps\b.*(?:qemu|kvm)|^pgrep\b.*qemu|^qm\s+showcmd\s/, gives: 'qemu-processes' },
  { run: /^ps\b.*bhyve/, gives: 'bhyve-commands' },
  { run: /^qm\s+config\s+(\d+)|^cat\s+\/etc\/pve\/\S*?(\d+)\.conf/, gives: 'proxmox-vm' },
  { run: /^pciconf\b/, gives: 'pciconf' },
  { run: /^kldstat\b/, gives: 'kldstat' },
  { run: /^kenv\b/, gives: 'kenv' },
  { run: /^sysctl\b/, gives: 'sysctl' },
  { run: /^freebsd-version\b/, gives: 'freebsd-version' },
  { run: /^uname\b|^cat\s+\/proc\/version\b/, gives: 'kernel-version' },
  { run: /^(?:cat|grep)\b.*loader\.conf/, gives: 'loader-conf' },
  { run: /^(?:cat|grep)\b.*\/rc\.conf/, gives: 'rc-conf' },
  { run: /^cat\s+\/etc\/remote\b/, gives: 'remote' },
  { run: /^cat\s+\S*device\.map\b/, gives: 'device-map' },
  { run: /^ls\b.*\/dev\/vmm\b/, gives: 'vmm-devices', keep: true },
  { run: /^cat\s+\S*\/vm\S*\/([\w.-]+)\.conf|^vm\s+(?:configure|info)\s/, gives: 'vm-bhyve' },
  { run: /^lsmod\b|^cat\s+\/proc\/modules\b/, gives: 'modules' },
  { run: /^(?:cat|grep)\b.*(?:\/etc\/default\/grub|\/etc\/kernel\/cmdline|grub\.cfg|loader\/entries|\/etc\/nixos\/\S*\.nix)|^kernelstub\b|^bootctl\b/, gives: 'boot-config' },
  { run: /^(?:cat|grep|head)\b.*(?:\/etc\/initramfs-tools|dracut\.conf|mkinitcpio\.conf)/, gives: 'initramfs-conf' },
  { run: /^(?:cat|grep|head)\b.*(?:modprobe\.d|\/etc\/modules)|^modprobe\s+(?:-c|--showconfig)/, gives: 'modprobe-conf', keep: true },
  { run: /^lsinitramfs\b|^lsinitrd\b|^lsinitcpio\b/, gives: 'initramfs-list' },
  { run: /^(?:zcat|zgrep|cat|grep)\b.*(?:config\.gz|\/boot\/config-)/, gives: 'kernel-config' },
  { run: /^lscpu\b|^(?:cat|grep)\b.*\/proc\/cpuinfo/, gives: 'cpuinfo' },
  { run: /^(?:cat|grep)\b.*\/proc\/meminfo/, gives: 'meminfo' },
  { run: /^(?:cat|grep)\b.*\/proc\/iomem/, gives: 'iomem' },
  { run: /^cat\s+\/(?:etc|usr\/lib)\/os-release\b/, gives: 'os-release' },
  { run: /^ulimit\b|^prlimit\b|^cat\s+\/proc\/\S+\/limits|^cat\s+\/etc\/security\/limits/, gives: 'limits', keep: true },
  { run: /^(?:ls|find|for|tree|readlink)\b.*(?:iommu_groups|\/class\/iommu)|iommu.*\.sh\b/, gives: 'iommu-sysfs', keep: true },
  { run: /^ls\b.*\/dev\/(?:vfio|kvm)\b/, gives: 'device-nodes', keep: true },
  { run: /^driverctl\s+(?:-\S+\s+)*(?:list-overrides|list-devices)|^(?:cat|grep)\b.*(?:driverctl\.d|udev\/rules\.d)/, gives: 'device-binding' },
  { run: /^cat\s+\/etc\/pve\/mapping\/pci\.cfg/, gives: 'proxmox-mapping' },
  { run: /^(?:cat|grep)\b.*nova\S*\.conf/, gives: 'nova-conf' },
  { run: /^(?:kubectl|oc)\b.*\bget\b.*-o\s*(?:yaml|json)/, gives: 'kubernetes' },
  { run: /^(?:amd-smi|rocm-smi)\b/, gives: 'amd-smi' },
  { run: /^modinfo\b/, gives: 'modinfo' },
  { run: /^dkms\s+status\b/, gives: 'driver-build' },
  { run: /^docker\s+info\b|^nvidia-ctk\b|^(?:cat|grep)\b.*(?:\/etc\/docker\/daemon\.json|nvidia-container-runtime|\/cdi\/)/, gives: 'container-toolkit', keep: true },
  { run: /^systemctl\s+show\b/, gives: 'services' },
  { run: /^(?:cat|grep)\b.*\/etc\/libvirt\/qemu\.conf/, gives: 'qemu-conf' },
  { run: /^ausearch\b|^(?:cat|grep|tail)\b.*audit\.log/, gives: 'audit-log' },
  { run: /^(?:cat|grep)\b.*\/proc\/interrupts/, gives: 'interrupts' },
  { run: /^(?:fuser|lsof)\b.*\/dev\/(?:nvidia|dri|kfd|vfio)/, gives: 'device-holders' },
  { run: /^(?:ls|cat|find)\b.*\/etc\/libvirt\/hooks/, gives: 'libvirt-hooks', keep: true },
  { run: /^(?:cat|grep)\b.*\/sys\/module\/\w+\/parameters/, gives: 'module-parameters', keep: true },
  { run: /^cat\s+\/proc\/fb\b/, gives: 'display-state' },
  { run: /^mokutil\b|^ls\b.*\/sys\/firmware/, gives: 'firmware-sysfs', keep: true },
  { run: /^(?:cat|grep)\b.*\/proc\/driver\/nvidia/, gives: 'nvidia-proc', keep: true },
  { run: /^nvidia-smi\s+(?:nvlink|topo)\b/, gives: 'nvidia-links' },
  { run: /^nvidia-smi\b/, gives: 'nvidia-smi' },
  { run: /^dpkg\s+-l\b|^dpkg-query\b|^rpm\s+-qa\b|^pacman\s+-Q\b|^pveversion\s+-v\b/, gives: 'packages' },
  { run: /^virsh\s+qemu-agent-command\b|^qm\s+(?:agent|guest)\b/, gives: 'guest-report' },
  { run: /^acpidump\b|^iasl\b/, gives: 'acpidump' },
  { run: /^pnputil\b|^Get-PnpDevice\b|^dxdiag\b|^wmic\b|^msinfo32\b/i, gives: 'guest-report' },
]
const otherCommands = new RegExp(String.raw`^(?:cat|ls|modprobe|insmod|rmmod|modinfo|dkms|dpkg|apt|dnf|rpm|pacman|pkg|virsh|qm|systemctl|service|echo|mount|umount|sudo|doas|su|kldload|kldunload|devctl|ifconfig|ip|update-grub|update-initramfs|dracut|mkinitcpio|proxmox-boot-tool|reboot|shutdown|find|grep|zgrep|lsusb|lsblk|lshw|dmidecode|numactl|free|top|htop|ps|vm|make|git|cd|vi|vim|nano|strace|gdb|ethtool|setpci|driverctl|mokutil|efibootmgr|hostnamectl|pveversion|virt-\w+|nvidia-\w+|rocm-smi|glxinfo|xrandr|tail|head|less|watch|for|while|if)(?:\s|$)`)

const withoutRunner = (command: string): string => command.replace(/^(?:(?:sudo|doas|env|time)(?:\s+-\w+)*\s+|[A-Z_]+=\S*\s+|\/(?:usr\/)?(?:local\/)?s?bin\/)+/, '')

function hintOfCommand(command: string): Hint & { readonly itself?: EvidenceKind } {
  const [first = '', ...filters] = command.split(/\s\|\s|\|(?=\s*(?:grep|head|tail|less|wc|awk|sed|cut|sort|tee)\b)/)
  const bare = withoutRunner(first.trim().slice(0, LINE_LENGTH))
  // Filters that change lines leave nothing a parser knows; those that pick lines leave an excerpt.
  // A count of IOMMU groups is as good as their list where it is 0.
  const counted = filters.length === 1 && /^ls\b.*\/iommu_groups\/?$/.test(bare) && /^\s*wc\s+-l\s*$/.test(filters[0] ?? '')
  const changed = !counted && filters.some(filter => /^\s*(?:sudo\s+)?(?:wc|awk|cut|sed|tr|perl|python\d?|xargs|grep\s+-\w*c)\b/.test(filter))
  const partial = filters.some(filter => /\b(?:e|f|z)?grep\b|^\s*(?:head|tail|rg)\b/.test(filter)) || /^(?:e|z)?grep\b|^(?:tail|head)\b|^lspci\b.*\s-[sd]\b/.test(bare)
  const found = commands.find(({ run }) => run.test(bare))
  // What a search of the kernel log for the IOMMU did not find says something too, to who knows what was searched for.
  const searched = found?.gives === 'kernel-log' && filters.some(filter => /\be?grep\b.*(?:dmar|iommu|amd-vi)/i.test(filter))
  const name = found?.run.exec(bare)?.slice(1).find(group => group !== undefined)
  return {
    command,
    ...(found && !changed ? { kind: found.gives } : {}),
    ...(name !== undefined ? { name } : {}),
    ...(found?.keep || searched ? { keep: true as const } : {}),
    ...(found?.itself && !changed ? { itself: found.itself } : {}),
    ...(partial ? { partial: true as const } : {}),
  }
}

const isCommand = (text: string): boolean => {
  const bare = withoutRunner(text)
  return (otherCommands.test(bare) || commands.some(({ run }) => run.test(bare))) && !/[.:;]$|\b(?:the|is|are|this|will|should|my)\b/i.test(text)
}

// `root@pve:~# dmesg`, `[user@host ~]$ dmesg`, `tux:~ # dmesg`, `PS C:\> pnputil …`: these are nothing else.
const surePrompt = new RegExp([
  String.raw`^\s*(?:\([\w.-]+\) )?[\w.-]{1,64}@[\w.-]{1,64}(?::[~/]|[ ]~|[ ]\/)[^#$%>]{0,100}[#$%>] ?(.*)$`,
  String.raw`^\s*\[[\w.-]{1,64}@[\w.-]{1,64}[ :][^\]]{1,100}\] ?[#$%>] ?(.*)$`,
  String.raw`^\s*[\w.-]{1,64}@[\w.-]{1,64}[#$%>] ?(.*)$`,
  // TrueNAS and GRML (zsh): `root@truenas[~]# dmesg`; Kali's second line: `└─# dmesg`.
  String.raw`^\s*[\w.-]{1,64}@[\w.-]{1,64}\[[^\]\s]{1,100}\] ?[#$%>] ?(.*)$`,
  String.raw`^\s*└─[#$] ?(.*)$`,
  String.raw`^\s*PS [A-Za-z]:\\[^>]{0,200}> ?(.*)$`,
  String.raw`^\s*[A-Za-z]:\\[^>]{0,200}>(.*)$`,
  String.raw`^\s*[➜❯λ]\s+(?:~\s+)?(\S.*)$`,
].join('|'))
/** `$ dmesg` and `# dmesg`, `freebsd# kldstat`, `:~# lspci` with the name taken out: only before a command; `#` begins comments and headings as well. */
const shortPrompt = /^\s{0,4}(?:[\w.-]{0,40}(?::\s?[~/]\S{0,80} ?)?)?([#$%]) ?(\S.*)$/

/** Reports of supportconfig and pvereport part their outputs with rules. */
const sectionRule = /^(?:#==\[ [\w ]{1,40} \]=+#|={4,} [^=]{1,80} ={4,})\s*$/
/** A file's path as a heading, as supportconfig writes it and people do. */
const pathHeading = /^# (\/(?:etc|boot|proc|var|sys|usr)\/[\w./@+-]{2,200})(?: - (Last \d+ Lines|File not found))?\s*$/

/** The command on a prompt line, '' for an empty prompt, null where the line is none. */
function commandOf(line: string): string | null {
  if (sectionRule.test(line)) return ''
  const [, path, part] = pathHeading.exec(line) ?? []
  if (path !== undefined) return part === undefined ? `cat ${path}` : part === 'File not found' ? '' : `tail ${path}`
  const sure = surePrompt.exec(line)
  if (sure) return (sure.slice(1).find(group => group !== undefined) ?? '').trim()
  const short = shortPrompt.exec(line)
  if (!short) return null
  const [, sign = '', rest = ''] = short
  const command = rest.trim()
  return (sign === '$' && line.startsWith('$ ') && /^[\w./~-]/.test(command)) || isCommand(command) ? command : null
}

/** Quick look at the first characters, so that a line of a log costs next to nothing. */
function mayBePrompt(text: string, from: number, to: number): boolean {
  const first = text.charCodeAt(from)
  if (first === 0x5b) { // [
    const second = text.charCodeAt(from + 1)
    if (second < 0x41) return false
  }
  const head = text.slice(from, Math.min(to, from + 140))
  return /[#$%>➜❯λ]|^={4}/.test(head)
}

// ---- fences

/** `from`: where in its line the text inside begins, null: with the next line. `close`: where in a line it ends, and what follows begins. */
interface Fence { readonly opens: number, readonly from: number | null, close(line: string): readonly [number, number] | null }

const bbcode = /\[(code|pre|spoiler|quote|noparse)\b[^\]]{0,80}\]/i
const html = /^\s*<(pre|code)\b[^>]{0,80}>/i

/** The fence that a line opens. */
function fenceOf(line: string): Fence | null {
  const mark = /^[\s>]{0,12}(`{3,}|~{3,})[^`]*$/.exec(line)?.[1]
  if (mark !== undefined) {
    const sign = mark.charAt(0)
    return { opens: 0, from: null, close: other => {
      const bare = other.replace(/^[\s>]{0,12}/, '').trimEnd()
      return bare.length >= mark.length && [...bare].every(c => c === sign) ? [0, other.length + 1] : null
    } }
  }
  const tag = line.includes('[') ? bbcode.exec(line) : null
  const found = tag ?? (line.includes('<') ? html.exec(line) : null)
  if (!found) return null
  const end = `${tag ? '[' : '<'}/${(found[1] ?? '').toLowerCase()}${tag ? ']' : '>'}`
  return { opens: found.index, from: found.index + found[0].length, close: other => {
    const index = other.toLowerCase().indexOf(end)
    return index < 0 ? null : [index, index + end.length]
  } }
}

/** What the last line before a fence tells: a file name, a heading, `Output of \`lspci -nnk\`:`. */
function hintOfHeading(line: string): Hint {
  const quoted = /`([^`]{2,120})`/.exec(line)?.[1]
  const bare = (quoted ?? line).replace(/^[\s#>*_-]+|[\s:*_]+$/g, '')
  if (bare === '' || bare.length > 160) return {}
  if (/^[^\s]+\.[\w-]{1,12}$/.test(bare)) return { fileName: bare }
  const asCommand = isCommand(bare) ? hintOfCommand(bare) : null
  if (asCommand?.kind) return asCommand
  const kind = bare.split(/\s+/).length <= 4 ? kindOfName(bare.replace(/\s/g, '.')) : null
  return kind ? { kind } : {}
}

/** The text inside and between fences, in order. A ticket that quotes a ticket has fences in fences: one level more. */
function fencedBlocks(text: string, outer: Block, level = 1): Block[] {
  const blocks: Block[] = []
  let { from, line: firstLine, line } = outer
  let open: Fence | null = null
  let hint: Hint = {}
  let lastProse = ''
  const push = (to: number, nextFrom: number, nextLine: number, prose: boolean): void => {
    const block = { from, to, line: firstLine, hint: prose ? outer.hint : hint, prose: prose && outer.prose }
    if (to > from && !prose && level < 2 && /^\s*(?:```|~~~)/.test(text.slice(from, from + 200))) blocks.push(...fencedBlocks(text, block, level + 1))
    else if (to > from) blocks.push(block)
    from = nextFrom
    firstLine = nextLine
  }
  for (let start = outer.from; start < outer.to && blocks.length < MOST_PIECES; line++) {
    const at = text.indexOf('\n', start)
    const end = at < 0 || at > outer.to ? outer.to : at
    const next = end + 1
    // The head of the line tells of a fence; that of BBCode may close at the end of a long line.
    const head = text.slice(start, Math.min(end, start + LINE_LENGTH))
    if (open) {
      const closed = closing(text, Math.max(start, from), end, open)
      if (closed) {
        push(closed[0], Math.min(closed[1], outer.to), closed[1] > end ? line + 1 : line, false)
        open = null
        lastProse = ''
      }
    } else if (mayOpen(head)) {
      const fence = fenceOf(head)
      if (fence) {
        const heading = head.slice(0, fence.opens).trim() === '' ? lastProse : head.slice(0, fence.opens)
        hint = hintOfHeading(heading)
        if (hint.fileName !== undefined && text.slice(from, start).trim() === heading.trim()) from = start + fence.opens
        push(start + fence.opens, fence.from === null ? Math.min(next, outer.to) : start + fence.from, fence.from === null ? line + 1 : line, true)
        open = fence
        const closed = fence.from === null ? null : closing(text, from, end, fence)
        if (closed) {
          push(closed[0], closed[1], line, false)
          open = null
          lastProse = ''
        }
      } else if (/\S/.test(head)) lastProse = head
    } else if (/\S/.test(head)) lastProse = head
    start = next
  }
  push(outer.to, outer.to, line, open === null)
  return blocks
}

/** Where the fence closes in the line from `start` to `end`: the end of what is inside, the begin of what follows. */
function closing(text: string, start: number, end: number, open: Fence): readonly [number, number] | null {
  if (open.from === null) {
    if (end - start > 120 || !open.close(text.slice(start, end))) return null
    return [start, end + 1]
  }
  const from = Math.max(start, end - LINE_LENGTH * 10)
  const tail = text.slice(from, end)
  const closed = tail.includes('[/') || tail.includes('</') ? open.close(tail) : null
  return closed && [from + closed[0], from + closed[1]]
}

const mayOpen = (head: string): boolean => head.includes('```') || head.includes('~~~') || /\[[a-z]{3,8}[\]=]|<(?:pre|code)\b/i.test(head)

// ---- prompts

/** A block cut at its prompt lines, each command with what it printed. */
function commandBlocks(text: string, block: Block): Block[] {
  const blocks: Block[] = []
  let { from, line: firstLine, line } = block
  let hint = block.hint
  for (let start = block.from; start < block.to; line++) {
    const at = text.indexOf('\n', start)
    const end = at < 0 || at > block.to ? block.to : at
    const section = blocks.length < MOST_PIECES && text.charCodeAt(start) === 0x5f ? sectionOf(text, start, block.to) : null
    if (section) {
      if (start > from) blocks.push({ ...block, from, to: start, line: firstLine, hint })
      const { itself: _, ...found } = hintOfCommand(section.command)
      hint = found
      from = section.end
      firstLine = line + section.lines
      line += section.lines - 1
      start = section.end
      continue
    }
    const command = blocks.length < MOST_PIECES && mayBePrompt(text, start, end) ? commandOf(text.slice(start, Math.min(end, start + LINE_LENGTH * 10))) : null
    if (command === null) {
      start = end + 1
      continue
    }
    if (start > from) blocks.push({ ...block, from, to: start, line: firstLine, hint })
    const { end: commandEnd, lines } = continued(text, start, end, block.to)
    const { itself, ...found } = hintOfCommand(command)
    if (itself) blocks.push({ from: start, to: commandEnd, line, hint: { kind: itself, command }, prose: false })
    const whole = found.keep || !found.kind
    hint = command === '' ? {} : found
    from = whole && !itself ? start : Math.min(commandEnd + 1, block.to)
    firstLine = whole && !itself ? line : line + lines
    line += lines - 1
    start = commandEnd + 1
  }
  if (block.to > from) blocks.push({ ...block, from, to: block.to, line: firstLine, hint })
  return blocks
}

/**
 * A section of nvidia-bug-report.sh: 44 underscores, an empty line, then a title, which is a command, `dmesg:`, or
 * `*** /path` with an `ls -l` line below for a file's text.
 */
function sectionOf(text: string, start: number, limit: number): { readonly command: string, readonly end: number, readonly lines: number } | null {
  const found = /^_{44}[ \t]*\n[ \t]*\n(?!_{44})(\*\*\* )?([^\n]{1,300})\n(?:\*\*\* ls: [^\n]{0,300}\n)?/.exec(text.slice(start, Math.min(limit, start + 800)))
  if (!found) return null
  const [whole, isFile, title = ''] = found
  if (title.startsWith('Start of NVIDIA')) return { command: '', end: start + 46, lines: 2 }
  return { command: isFile ? `cat ${title}` : title.replace(/:\s*$/, ''), end: start + whole.length, lines: whole.split('\n').length - 1 }
}

/** Where a command ends that goes on over lines ending in a backslash. */
function continued(text: string, start: number, firstEnd: number, limit: number): { readonly end: number, readonly lines: number } {
  let end = firstEnd
  let lines = 1
  while (end < limit && /\\\s*$/.test(text.slice(Math.max(start, end - 3), end)) && lines < 400) {
    const at = text.indexOf('\n', end + 1)
    end = at < 0 || at > limit ? limit : at
    lines++
  }
  return { end, lines }
}

// ---- changes of kind without any mark between

/** Lines that belong to one kind wherever they stand, even once in the middle of prose. */
const telling: readonly (readonly [EvidenceKind, RegExp])[] = [
  ['kernel-log', stampedKernelLine],
  ['libvirt-domain', /^\s*(?:<|&lt;)(?:\/?[a-z][\w:]*[\s/>&]|!--|\?xml)/],
  ['lspci', /^\s*(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7] (?:[A-Z][\w/ ()-]{2,60}(?: \[[0-9a-f]{4}\])?: |")|^\s+(?:Subsystem|Flags|Control|Status|Kernel driver in use|Kernel modules|Capabilities|Region \d|LnkCap|LnkSta|DevCap|Memory at|I\/O ports at|IOMMU group)[: ]/],
  ['pciconf', /^\s*\S{1,40}@pci\d+:\d+:\d+(?::\d+)?:|^\s+(?:vendor|device|class|subclass) += /],
  ['iommu-sysfs', /^\s*IOMMU [Gg]roup \d+|^\/sys\/kernel\/iommu_groups\/\d+/],
  ['qemu-log', /^(?:\d{4}-\d\d-\d\dT\S+Z )?(?:(?:\/\S+\/)?qemu-system-\w+|kvm): -|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: /],
  ['qemu-processes', /^\s*(?:sudo |exec )?(?:\/\S+\/)?(?:qemu-system-\w+|qemu-kvm) +(?:-\w|\\)|^\s*-(?:device|drive|machine|netdev|cpu|smp|enable-kvm|object|chardev|bios|vga|display|global)\b/],
  ['bhyve-commands', /^\s*(?:sudo |exec )?(?:\/\S+\/)?(?:bhyve|bhyveload|grub-bhyve) +(?:-\w|\\)/],
  ['bhyve-log', /^bhyve: |^Unable to setup memory \(\d+\)|^[Dd]evice emulation initialization error/],
  ['boot-config', /^GRUB_[A-Z_]+=/],
  ['boot-config', /^\s*boot\.(?:initrd\.)?(?:kernelParams|kernelModules|blacklistedKernelModules|extraModprobeConfig)\s*=/],
  ['cmdline', /^(?:BOOT_IMAGE|initrd)=\S+ /],
  ['modprobe-conf', /^(?:options\s+\S+\s+\S+=|softdep\s+\S+\s+(?:pre|post):|blacklist\s+[\w-]+\s*$)/],
  ['proxmox-vm', /^(?:hostpci|scsi|ide|sata|net|efidisk|virtio|usb|tpmstate|unused|serial)\d+: \S|^(?:bios|boot|cores|cpu|machine|memory|name|numa|ostype|scsihw|smbios1|sockets|vmgenid|vga|args|balloon|onboot|agent|meta): \S+$/],
  ['loader-conf', /^(?:pptdevs\d*|[\w.-]+_load|hw\.[\w.]+)="/],
  ['rc-conf', /^\w+_(?:enable|list|flags)="/],
  ['kldstat', /^ *Id Refs Address|^ *\d+ +\d+ 0x[0-9a-f]+ +[0-9a-f]+ \S+\.ko/],
  ['kernel-config', /^(?:CONFIG_\w+=|# CONFIG_\w+ is not set)/],
  ['nvidia-smi', /^\|.{70,95}\|\s*$|^\+[-=]{10,}/],
]

function tellingKind(line: string): EvidenceKind | null {
  const bare = line.charCodeAt(0) === 0x3e ? line.replace(/^(?:> ?){1,20}/, '') : line
  // Prose begins with a letter and has none of these signs; most lines end here.
  if (!/[:<=[|"\\;\-&]/.test(bare)) return null
  return telling.find(([, look]) => look.test(bare))?.[0] ?? null
}

interface Run { from: number, to: number, line: number, kind: EvidenceKind | null, lines: number }

/** Runs of lines of one kind; up to two lines between (wrapped ones, a blank one) stay with the kind around them. */
function runs(text: string, block: Block): Run[] {
  const found: Run[] = []
  let line = block.line
  for (let start = block.from; start < block.to; line++) {
    const at = text.indexOf('\n', start)
    const end = at < 0 || at > block.to ? block.to : at
    const next = Math.min(end + 1, block.to)
    const [last, before] = [found.at(-1), found.at(-2)]
    const written = text.slice(start, Math.min(end, start + 240))
    const kind = tellingKind(written) ?? (last?.kind === 'kernel-log' && isAuditRest(written) ? last.kind : null)
    if (last && last.kind === kind) extend(last, next)
    else if (kind && last?.kind === null && before?.kind === kind && last.lines <= 2 && !/\n[ \t]*\n/.test(text.slice(before.to - 1, start))) {
      found.pop()
      before.lines += last.lines
      extend(before, next)
    } else if (found.length >= MOST_PIECES && last) extend(last, next)
    else found.push({ from: start, to: next, line, kind, lines: 1 })
    start = next === start ? next + 1 : next
  }
  return found
}
const extend = (run: Run, to: number): void => {
  run.to = to
  run.lines++
}

/** A block without any mark inside: whole if it is one kind, else cut where the kind of its lines changes. */
function changeBlocks(text: string, block: Block, fileName: string | undefined): Block[] {
  const body = text.slice(block.from, block.to)
  const whole = recognise(body, block.hint.fileName ?? fileName, block.hint.kind)
  if (whole.sure === 'certain' && (whole.share >= 0.6 || !block.prose)) return [block]
  if (!block.prose && whole.kind !== 'text') return [block]
  const cuts = runs(text, block)
  const kinds = new Set(cuts.flatMap(run => (run.kind ? [run.kind] : [])))
  if (kinds.size === 0 || (kinds.size === 1 && whole.kind === cuts.find(run => run.kind)?.kind && whole.share >= 0.45)) return [block]
  return cuts.map(run => ({ ...block, from: run.from, to: run.to, line: run.line, hint: run.kind ? { kind: run.kind } : {} }))
}

// ---- pieces

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", '#34': '"', amp: '&', nbsp: ' ' }
const unescaped = (text: string): string => text.replace(/&(lt|gt|quot|apos|#39|#34|amp|nbsp);/g, (_, name: string) => named[name] ?? '')
const unquoted = (text: string): string => text.replace(/^[ \t]?(?:>[ \t]?){1,20}/gm, '')
const isQuoted = (text: string): boolean => {
  const lines = text.slice(0, 65536).split('\n', 2000).filter(line => line.trim() !== '')
  return lines.length > 0 && lines.filter(line => /^\s?>/.test(line)).length >= lines.length * 0.9
}
/** Kinds whose lines begin at the margin: a paste indented as a whole is moved back. */
const atMargin: ReadonlySet<EvidenceKind> = new Set(['kernel-log', 'lspci', 'pciconf', 'qemu-log', 'libvirt-log', 'modprobe-conf', 'boot-config', 'cmdline'])
function outdented(text: string): string {
  const indent = /^(?:[ \t]*\n)*( {1,16})(?=[\w<[])/.exec(text.slice(0, 4096))?.[1]?.length ?? 0
  return indent === 0 ? text : text.replace(new RegExp(`^ {1,${indent}}`, 'gm'), '')
}

function pieceOf(text: string, block: Block, fileName: string | undefined): Piece | null {
  const slice = text.slice(block.from, block.to)
  if (!/\S/.test(slice)) return null
  const leading = /^(?:[ \t\r]*\n)*/.exec(slice.slice(0, 4096))?.[0] ?? ''
  const { hint } = block
  const quoted = isQuoted(slice)
  const body = quoted ? unquoted(slice.slice(leading.length)) : slice.slice(leading.length)
  if (!/\S/.test(body)) return null
  const what = recognise(body, hint.fileName ?? fileName, hint.kind)
  const xml = what.kind.startsWith('libvirt-domain') && body.includes('&lt;') && !/<(?:domain|hostdev|devices)\b/.test(body)
  const margin = atMargin.has(what.kind) && /^\s/.test(body)
  // qm(1) knows VMs by number, which stands in the command alone.
  const name = (what.kind === 'proxmox-vm' ? hint.name : undefined) ?? what.name ?? hint.name ?? (hint.fileName !== undefined && what.kind === 'libvirt-domain' ? stemOf(hint.fileName) : undefined)
  return {
    ...what,
    text: xml ? unescaped(body) : margin ? outdented(body) : body,
    firstLine: block.line + (leading.match(/\n/g)?.length ?? 0),
    ...(name !== undefined ? { name } : {}),
    ...(hint.command !== undefined ? { command: hint.command } : {}),
    ...(hint.partial ? { partial: true as const } : {}),
    ...(hint.fileName !== undefined ? { fileName: hint.fileName } : {}),
  }
}

/**
 * The pieces of a text, in order. A text that is plainly one thing comes back as one piece, which is `text` itself and
 * no copy. Empty pieces are left out.
 */
export function cut(text: string, fileName?: string): Piece[] {
  const quoted = isQuoted(text)
  const whole = quoted ? unquoted(text) : text
  const all: Block = { from: 0, to: whole.length, line: 1, hint: {}, prose: true }
  // Most lines of NixOS's configuration are about other things, its lists go over lines, and `#` is no prompt in it.
  if (fileName?.endsWith('.nix')) return [pieceOf(whole, all, fileName) ?? []].flat()
  const fenced = fencedBlocks(whole, all)
  const parts = fenced.flatMap(block => commandBlocks(whole, block))
  // The file's name speaks for the text as a whole only.
  const ownName = parts.length === 1 ? fileName : undefined
  const blocks: Block[] = []
  for (const part of parts) blocks.push(...(blocks.length < MOST_PIECES ? changeBlocks(whole, part, ownName) : [part]))
  return ofThisBoot(merged(blocks).flatMap(block => pieceOf(whole, block, blocks.length === 1 ? fileName : undefined) ?? []))
}

/** `journalctl -b -1` beside a log of this boot tells how it was; alone it is what the person wants examined. */
function ofThisBoot(pieces: Piece[]): Piece[] {
  const isEarlier = ({ kind, command = '' }: Piece) => kind === 'kernel-log' && /^(?:sudo )?journalctl\b.*?(?:-b ?|--boot[= ])-[1-9]/.test(command)
  return pieces.some(piece => piece.kind === 'kernel-log' && !isEarlier(piece)) ? pieces.map(piece => (isEarlier(piece) ? { ...piece, kind: 'previous-boot' } : piece)) : pieces
}

/** Keeps the count of pieces in bounds: what is over becomes one block of prose. */
function merged(blocks: readonly Block[]): readonly Block[] {
  const rest = blocks.slice(MOST_PIECES)
  const [first, last] = [rest[0], rest.at(-1)]
  return first && last ? [...blocks.slice(0, MOST_PIECES), { ...first, to: last.to, hint: {}, prose: true }] : blocks
}
