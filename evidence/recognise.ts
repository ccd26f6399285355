/**
 * Says what a text is: by its lines first, by its file name second. A row per kind tells what its lines look like, so
 * an excerpt of three lines is known as well as a whole listing.
 */
import type { EvidenceKind } from '../model/evidence.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import { noted } from '../language/say.ts'

export interface Recognised {
  readonly kind: EvidenceKind
  /** The VM, the table: what tells several pieces of this kind apart. */
  readonly name?: string
  readonly sure: 'certain' | 'likely' | 'guess'
  /** In words, for `replay` to print. */
  readonly why: string
  /** Kinds the same text is good for besides: a syslog in which a wrapper wrote its bhyve command lines. */
  readonly also?: readonly EvidenceKind[]
  /** Logs of which single lines stand in the same text, pasted below it or between: what these do not say proves nothing. */
  readonly strays?: readonly EvidenceKind[]
  /** The part of its lines that have the kind's form, 0 to 1. */
  readonly share: number
}

type Look = RegExp | ((line: string) => boolean)

interface Row {
  readonly kind: EvidenceKind
  /** What it is, where the kind's own description would mislead. */
  readonly about?: string
  /** What its lines look like; a line counts once, with the weight of the first that fits (1 if none is given; below 0 it speaks against the kind). */
  readonly forms: readonly (Look | readonly [Look, number])[]
  /** A line that hardly occurs in anything else: adds to the share of lines. */
  readonly marks?: readonly (RegExp | readonly [RegExp, number])[]
  /** Only for texts of at most so many non-empty lines. */
  readonly atMost?: number
  /** The first group is the piece's name. */
  readonly named?: RegExp
}

/** Lines that were looked at, and how much of a long one: a kind shows early. */
const SAMPLE_LINES = 600
const LINE_LENGTH = 400
const SAMPLE_LENGTH = 1 << 19

const words = (text: string): string => text.trim().split(/\s+/).join('|')
/** `grep -r ''` puts `path:` before a line, the tree collector `path<TAB>=`. */
const at = String.raw`(?:/[^\s:]{1,200}(?::|\t=))?`
/** Syslog and journal prefixes up to the identifier, of short, short-iso and short-monotonic. */
const journal = String.raw`(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\[ *\d+\.\d+\]) +(?:[\w.-]+ +)?`
const kernelParameters = new RegExp(String.raw`(?:^|\s)(?:BOOT_IMAGE|(?:intel|amd)_iommu|iommu|root|initrd|vfio[-_]pci\.\w+|hugepagesz?|pcie_acs_override|pci|video|kvm\.\w+|rd\.[\w.]+)=\S`)
const isCommandLine = (line: string): boolean => {
  const parts = line.replace(/^\s*(?:\[ *\d+\.\d+\] )?(?:(?:Kernel c|C)ommand line: )?/, '').split(' ')
  return kernelParameters.test(line) && parts.every(part => /^(?:[\w.()/:;@,!"'+-]+(?:=.*)?)?$/.test(part)) && !/\b(?:the|is|and|with|to)\b/.test(line)
}

export const stampedKernelLine = new RegExp([
  String.raw`^\s*(?:<\d+>)?\[ *\d+\.\d{2,9}\]`, // dmesg, dmesg -r, short-monotonic
  String.raw`^\s*\[[^\s\d[\]]{1,9} [^\s[\]]{2,9} [ \d]{1,2}\d \d\d:\d\d:\d\d \d{4}`, // dmesg -T, in any language
  String.raw`^\[[A-Z][a-z]{2}\d\d \d\d:\d\d\]`, // dmesg -H
  String.raw`^\[ *(?:\d+\.\d+ )?[+<] *\d+\.\d+>?\]`, // dmesg -d
  String.raw`^[a-z0-9]{3,9} *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: \[`, // dmesg -x
  String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d `, // dmesg --time-format iso
  String.raw`^${journal}kernel: |^kernel: \[ *\d+\.\d+\] `,
  String.raw`^(?:\S{1,12} +)?\d{1,2} \d\d:\d\d:\d\d \S+ kernel: `, // a journal in another language
  String.raw`^\d+\.\d{6} \S+ kernel: |^[A-Z]\w{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ \S+ kernel: `, // short-unix, short-full
  String.raw`^\d{1,3},\d+,\d+,[-c+][^;]{0,40};`, // /dev/kmsg
  String.raw`^(?:[\w.:-]{1,64}: )?(?:kern|user|daemon|syslog): {1,8}(?:emerg|alert|crit|err|warning|notice|info|debug): \[\d{4}-\d\d-\d\dT[\d:.]{8,18}Z\]: `, // Talos
  String.raw`^.{0,140}\blevel=[a-z]{1,8} msg=(?:"|"reading guest console" .{0,500}vmconsole=")\[ *\d+\.\d+\] `, // the console of a guest of Kata
  String.raw`^-- (?:Logs begin|Journal begins|Boot [0-9a-f]{32}|Reboot)`,
  String.raw`^\{"dmesg":|^\s*\{"pri":|^\{.*"_TRANSPORT" ?: ?"kernel"|^_TRANSPORT=kernel`,
].join('|'))

const bareKernelLine = new RegExp([
  String.raw`^\s*(?:[\w.-]+ ){1,2}(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]: `, // `vfio-pci 0000:0d:00.0: …`
  String.raw`^\s*(?:${words(String.raw`DMAR(?:-IR)? AMD-Vi NVRM ACPI(?:\sBIOS)? PCI(?:-DMA)? iommu pci_bus pcieport pciehp VFIO vfio_pci vfio-pci kvm(?:_intel|_amd|fr)? SVM x86/[\w/]+ smpboot
    e820 BIOS-e820 DMI efi(?:fb)? secureboot nouveau amdgpu i915 xe snd_hda_\w+ drm kfd nvidia[\w-]* mce EDAC tpm\w* usb nvme ata\d+ hub Kernel\scommand\sline Command\sline Kernel\spanic BUG INFO WARNING Lockdown`)})(?: [\w.-]{1,20})?: `,
  String.raw`^\s*(?:<[0-7]>)?\[drm[\w:]*\] |^Linux version \d|^Hardware name: |^CPU: \d+ (?:UID: \d+ )?PID: |^(?:Call Trace|Modules linked in|Code|Workqueue|handlers):|^(?:RIP|RSP|EIP): [0-9a-f]{4}:|^R(?:[A-D]X|SI|DI|BP|SP|0?8|\d\d):? [0-9a-f]{8,16}`,
  String.raw`^\s*(?:\? )?[a-zA-Z_][\w.]*\+0x[0-9a-f]+/0x[0-9a-f]+|^\s*</?(?:IRQ|TASK|NMI|EOI)>|^irq \d+: nobody cared|^\[<[0-9a-f]+>\] \w|^Disabling IRQ #|^-+\[ cut here \]-+|^---\[ end `,
  // A panic of FreeBSD: `Fatal trap 12: page fault while in kernel mode`, `amdgpu_attach() at amdgpu_attach+0x1e/frame 0x…`
  String.raw`^(?:panic: |Fatal trap \d{1,3}: |KDB: |Uptime: |cpuid = \d|time = \d{9,11}$|Stopped at |Dumping \d+ )|^(?:fault (?:virtual address|code)|(?:instruction|stack|frame) pointer|code segment|processor eflags|current process|trap number)\s*= |^[a-zA-Z_][\w.]*\(\) at [a-zA-Z_][\w.]*\+0x[0-9a-f]+`,
  // FreeBSD: `ppt0 mem 0x92000000-… at device 0.0 on pci4`, `vgapci0: <VGA-compatible display> port …`
  String.raw`^\[\d{1,9}\] [a-z(]|^\(\w+:\w+:\d+:\d+:\w+\): |^(?:linux: )?(?:jid \d+ )?pid \d+ \(|^---<<BOOT>>---|^[a-z_]{2,16}\d+(?:\.\d+)?: |^[a-z_]{2,16}\d+ (?:\S.{0,160} )?(?:at|on) [a-z]|^(?:FreeBSD \d|CPU: |real memory|avail memory|  Origin=|  \w* ?Features\d?=|VT-x: |VT\(\w+\): |FreeBSD/SMP: |ioapic\d|Timecounter|Copyright \(c\)|module_register_init)`,
].join('|'))

const lspciLabels = words(String.raw`Subsystem Flags Control Status Latency Interrupt NUMA\snode IOMMU\sgroup Region\s\d Bus Kernel\sdriver\sin\suse Kernel\smodules Physical\sSlot DeviceName
  (?:Lnk|Dev|Slt|Root)(?:Cap|Ctl|Sta)\d? (?:UE|CE)(?:Sta|Msk|Svrt) AERCap ACS(?:Cap|Ctl) ATSCap ATSCtl BridgeCtl Secondary\sstatus BIST IOV(?:Cap|Ctl|Sta) I/O\sbehind\sbridge Memory\sbehind\sbridge Prefetchable\smemory\sbehind\sbridge L1SubCap L1SubCtl\d EqualizationPhase PCI-PM HeaderLog`)
const slot = String.raw`(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]`

/** What `grep . /sys/bus/pci/devices/0000:01:00.0/aer_dev_*` prints. */
const sysfsOfFunction = /^\/sys\/bus\/pci\/devices\/[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\/[\w/]{3,60}:/

const qemuBinary = String.raw`(?:/\S{1,100}/)?(?:qemu-system-\w+|qemu-kvm|kvm)`
/** vm-bhyve.log: `Sep 17 20:34:21:  [loader: uefi]`, from 1.7 on with an ISO date. */
const vmBhyveLog = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:+-]{8,14}): +(?:\[[a-z ]{3,30}: |initialising|booting$|starting bhyve|bhyve exited|stopped$|restarting$|fatal; |warning; |adding tap|bring up tap|destroying network)/
const bhyveBinary = String.raw`(?:/\S{1,100}/)?(?:bhyve|bhyveload|grub-bhyve)`
/** What `kubectl logs --timestamps` or `--prefix`, stern and docker compose put before a line of a container. */
const podStamp = String.raw`(?:(?:\[?[\w./-]{3,120}\]?(?: {1,8}\|)? )?(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.:+Z-]{1,18} )?)`
const runner = String.raw`(?:(?:sudo|doas|exec|nohup|nice|env|time|chrt|taskset|numactl|-\w+|\d+|[A-Z_]+=\S+) +){0,8}`

/** The order only decides between equals. */
const rows: readonly Row[] = [
  { kind: 'kernel-log', forms: [stampedKernelLine, bareKernelLine, [new RegExp(`^${journal}[\\w./@-]+(?:\\[\\d+\\])?: `), 0.45]], marks: [/^---<<BOOT>>---|The FreeBSD Project\.|nobody cared \(try booting|^Linux version \d+\.\d+\S* \(/] },
  { kind: 'libvirt-log', forms: [new RegExp(`^${journal}(?:libvirtd|virtqemud|virtnodedevd|virtlogd|virsh|virt-manager)(?:\\[\\d+\\])?: `), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: \d+: (?:debug|info|warning|error) :/, /^error: |\blibvirt: .{0,40}error\b|^internal error: |^libvirt\.libvirtError: |^Error starting domain: |^Traceback \(most recent|^ {2}File "\/usr\/.*virt|memlock rlimits/], marks: [/^error: (?:Failed to|internal error|unsupported|Unable|operation failed|XML|Requested|Unmanaged|Hook|Disconnected|Cannot)|libvirtError|^internal error: |libvirt: .{0,40}error :/] },

  // Listings of PCI functions
  { kind: 'iommu-sysfs', forms: [/^\s*IOMMU [Gg]roup \d+/, /^\s*Group:? +\d+\b|^\s*Group \d+:/, /^\/sys\/(?:kernel\/iommu_groups|class\/iommu)\b/, new RegExp(`^(?:0000:)?${slot}(?:\\s+${slot})*\\s*$`), [new RegExp(`^[\\s|*-]+(?:\\[\\w\\] +)?${slot} `), 0.7]], marks: [[/^\s*IOMMU [Gg]roup \d+/, 0.9], [/^\/sys\/kernel\/iommu_groups\/\d+|^\s*Group:?\s+\d+:?\s+\[[0-9a-f]{4}:[0-9a-f]{4}\]|->\s\S*iommu_groups\//, 0.6]] },
  { kind: 'pci-sysfs', forms: [/^\/sys\/bus\/pci\/(?:devices|drivers|slots)\S*\t/, sysfsOfFunction], marks: [/^\/sys\/bus\/pci\/devices\S*\t[=>#!@/]/, sysfsOfFunction] },
  { kind: 'lspci', forms: [new RegExp(`^\\s*${slot} (?:"|[0-9a-f]{4}: |[A-Z][\\w/ ()-]{2,60}(?: \\[[0-9a-f]{4}\\])?: |Class )`), new RegExp(`^\\s+(?:${lspciLabels})[:=]|^\\s+(?:Capabilities: [\\[<]|Memory at |I/O ports at |Expansion ROM |Kernel driver in use|!!! )`), /^[0-9a-f]{2,3}: (?:[0-9a-f]{2} ){15}[0-9a-f]{2}\s*$/, /^(?:Slot|Class|Vendor|Device|SVendor|SDevice|PhySlot|Rev|ProgIf|Driver|Module|NUMANode|IOMMUGroup):\t/, /^[ |]*[-+\\]-\[[0-9a-f]{4,8}:[0-9a-f]{2}/, /^[ |]+[+\\]-[0-9a-f]{2}\.[0-7]/, [/^\t\t?[\w ]+[:=]|^ {8,}[A-Z][\w ]+:/, 0.6]], marks: [new RegExp(`^\\s*${slot} [A-Z][\\w/ ()-]{2,60} \\[[0-9a-f]{4}\\]: .*\\[[0-9a-f]{4}:[0-9a-f]{4}\\]|^-\\[0000:00\\]-`), /^\s+Kernel driver in use: /] },
  { kind: 'pciconf', forms: [/^\s*\S{1,40}@pci\d+:\d+:\d+(?::\d+)?:/, /^\s+(?:vendor|device|class|subclass) += |^\s+(?:bar|cap|ecap) +|^\s+(?:link|max|PCI-e errors|Corrected|Fatal|Non-fatal|VPD \w+|slot|ClockPM)\b/], marks: [[/^\s*\S{1,40}@pci\d+:\d+:\d+(?::\d+)?:/, 0.6]] },
  { kind: 'pci-names', forms: [/^[0-9a-f]{4} {2}\S|^\t\t?[0-9a-f]{4} {1,2}\S/], marks: [/List of PCI ID's/] },

  // libvirt
  { kind: 'libvirt-nodedev', forms: [/^\s*<\/?(?:device|name|path|parent|driver|capability|class|domain|bus|slot|function|product|vendor|iommuGroup|address|numa|pci-express|link)\b/], marks: [[/<capability type=['"]pci['"]>|^\s*<name>pci_[0-9a-f]{4,8}_[0-9a-f]{2}_/, 1.4]] },
  { kind: 'text', about: noted('other XML of libvirt'), forms: [[/^\s*<\/?[a-z]/, 0.3]], marks: [[/^\s*<(?:capabilities|device|network|pool|volume|domainCapabilities|nwfilter|domainsnapshot|domainbackup)>/, 1.2]] },
  { kind: 'libvirt-domain', forms: [new RegExp(`^\\s*(?:<|&lt;)/?(?:${words('domain domstatus name uuid hostdev devices source address features cpu os memory currentMemory vcpu memballoon memoryBacking hugepages qemu:\\w+ rom driver hyperv kvm vendor_id ioapic shmem iommu controller loader nvram cputune numatune numa cell feature topology interface disk target graphics video emulator clock timer on_\\w+ metadata features teaming alias boot')})\\b`), [/^\s*(?:<|&lt;)[/!?a-zA-Z]/, 0.4]], marks: [[/(?:<|&lt;)(?:domain\s+[^>]{0,20}type=|domain>|hostdev\b|domstatus\b|qemu:commandline)/, 0.8]], named: /(?:<|&lt;)name(?:>|&gt;)([^<&\n]{1,80})(?:<|&lt;)/ },

  // QEMU and bhyve
  { kind: 'qemu-log', forms: [new RegExp(`^(?:\\d{4}-\\d\\d-\\d\\dT\\S+Z )?(?:(?:/\\S{1,100}/)?(?:qemu-system-\\w+|qemu-kvm)|kvm(?=: (?:-|[a-z]))): `), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: (?:starting up|shutting down|Domain id=|initiating)/, /^: Domain id=\d+ is tainted/, /^vfio_\w+ |^(?:vfio|vfio error:) (?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|^vfio: /, /^[A-Z_]+=\S* \\$|^char device redirected|^QEMU emulator version|^Copyright \(c\) .*QEMU Project/, /^TASK (?:ERROR|OK)|QEMU exited with code/, [/^'?-[a-z][\w-]*.*\\$/, 0.5]], marks: [[/: starting up libvirt version: |^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: shutting down/, 1], /\bgroup \S+ is not viable|VFIO_(?:MAP|UNMAP)_DMA\b|^QEMU emulator version|QEMU exited with code|^(?:qemu-system-\w+|kvm): -/], named: /-name '?guest=([^,'\s]{1,80})/ },
  { kind: 'qemu-processes', forms: [new RegExp(`^\\s*${runner}${qemuBinary}\\s+(?:-|\\\\|\\$|")`), new RegExp(`\\s${qemuBinary} -\\w`), /^\s*-[a-zA-Z][\w-]*(?:\s.*)?(?:\\\s*)?$/, [/\\\s*$/, 0.7], [/^#!\/|^\s*(?:sudo|echo|modprobe|export)\s|^[A-Z_]+=/, 0.3]], marks: [[new RegExp(`^\\s*${runner}${qemuBinary}\\s+(?:-\\w|\\\\$|\\$)`), 0.6], new RegExp(`^(?!\\d{4}-).{0,120}\\s(?:/\\S{1,100}/)?(?:qemu-system-\\w+|qemu-kvm) -\\w`)], named: /-name\s+['"]?(?:guest=)?([^,'"\s=\\]{1,80})/ },
  { kind: 'bhyve-commands', forms: [new RegExp(`(?:^|[\\s"'])${bhyveBinary}\\s+(?:-|\\\\|\\$)`), /^\s*-(?:[scmlUkKrdeMpGfo]\s+\S.*|[A-Z]+[a-zA-Z]*)(?:\\\s*)?$/, [/\\\s*$/, 0.7], [/^#!\/|^\s*(?:sudo|echo|kldload|bhyvectl|ifconfig|sysctl)\s|^[A-Z_]+=/, 0.3]], marks: [[new RegExp(`(?:^|[\\s"'])${bhyveBinary}\\s+(?:-\\w|\\\\$|\\$)`), 0.8]] },
  { kind: 'bhyve-log', forms: [/^(?:bhyve|bhyveload|grub-bhyve|bhyvectl): /, /^Unable to (?:setup memory|create|map|reuse|access)|[Dd]evice emulation initialization error|^(?:fbuf|passthru|ahci|nvme|virtio\w*|pci_\w+|vm_\w+|gvt_d_\w+|bootrom_\w+|basl|tpm|e820|rfb|uart): ?|^vm exit\[|^(?:reason|rip|inst_length|status|exit_reason|qualification)\t+\S|^vm_create: |^Error opening bootrom|^Failed to |^PCI device at \d+\/\d+\/\d+/, vmBhyveLog], marks: [/\[bhyve (?:options|devices): |starting bhyve \(run \d|bhyve exited with status \d|^Unable to setup memory \(\d+\)|[Dd]evice emulation initialization error|guest memory to be wired|using the ppt\(?4?\)? ?driver|^vm exit\[|^bhyve: |^bhyveload: |^grub-bhyve: /] },
  { kind: 'vm-bhyve', forms: [/^(?:loader|cpu|cpu_\w+|memory|network\d+_\w+|disk\d+_\w+|passthru\d+(?:_options)?|uefi_vars|graphics\w*|xhci_mouse|guest|uuid|bhyve_options|bhyveload_\w+|grub_\w+|wired_memory|hostbridge|debug|zfs_\w+|start_slot|install_slot|utctime|vnc_\w+|sound\w*|virt_random)="?[^"]*"?\s*$/], marks: [/^(?:network0_type|disk0_name|disk0_type|passthru\d+|bhyve_options)=/] },
  { kind: 'remote', forms: [/^[\w|.-]+:(?:dv=|.*:dv=)\/dev\//, [/^#/, 0.3]], marks: [/:dv=\/dev\/\w+/] },
  { kind: 'device-map', forms: [/^\((?:hd|cd|fd)\d+\)\s+\S/], marks: [/^\((?:hd|cd)\d+\)\s+\/\S/] },
  { kind: 'proxmox-vm', forms: [new RegExp(`^(?:${words('(?:hostpci|scsi|ide|sata|virtio|net|efidisk|tpmstate|usb|serial|audio|parallel|unused|ipconfig)\\d+ bios boot bootdisk cores cpu machine memory name numa\\d* ostype scsihw smbios1 sockets vmgenid vga args balloon onboot agent meta hookscript affinity rng0 tags description hugepages startup parent tablet vcpus cpuunits cpulimit keyboard protection template localtime kvm acpi shares lock')}): \\S`), [/^\[[\w-]+\]$|^#/, 0.5]], marks: [/^hostpci\d+: |^(?:scsihw|ostype|smbios1|vmgenid): /], named: /^name: (\S{1,80})/m },

  // Configuration and state of Linux
  { kind: 'cmdline', forms: [isCommandLine], marks: [/^(?:BOOT_IMAGE|initrd)=|^(?:Kernel c|C)ommand line: /], atMost: 4 },
  { kind: 'boot-config', forms: [/^\s*(?:boot\.)?(?:initrd\.)?(?:kernelParams|extraKernelParams|kernelModules|availableKernelModules|blacklistedKernelModules|extraModprobeConfig|kernelPackages)\s*=/, new RegExp(`^${at}#? ?GRUB_[A-Z0-9_]+\\+?=`), new RegExp(`^${at}(?:title|linux|initrd|options|version|machine-id|sort-key|default|timeout|editor|console-mode)\\s+\\S`), [/^\s*(?:menuentry|submenu|linux(?:16|efi)?\s+\S*\/|initrd(?:16|efi)?\s|search\s|insmod\s|set\s|load_video|echo\s|[{}]\s*$)/, 0.8], [/^#/, 0.4]], marks: [[/^(?:\/[^\s:]+[:\t]=?)?GRUB_CMDLINE_LINUX/, 0.7], [/\bboot\.(?:initrd\.)?kernel(?:Params|Modules)\s*=/, 0.7], /^\s*(?:linux(?:16|efi)?|options)\s.*root=|^kernelstub|"kernel_options"/] },
  { kind: 'initramfs-conf', forms: [/^(?:\/[^\s:]+[:\t]=?)?#?(?:MODULES|BINARIES|FILES|HOOKS|COMPRESSION\w*)=/, /^(?:\/[^\s:]+[:\t]=?)?(?:add_drivers|force_drivers|add_dracutmodules|omit_drivers|omit_dracutmodules|install_items|hostonly\w*|early_microcode)\+?=/, [/^#/, 0.4]], marks: [/(?:MODULES|HOOKS)=\(|MODULES=(?:most|dep)\b|_drivers\+=/] },
  { kind: 'modprobe-conf', forms: [new RegExp(`^\\s*${at}#?\\s?(?:options\\s+\\S+\\s+\\S+=|softdep\\s+\\S+\\s+(?:pre|post):|blacklist\\s+\\S+\\s*$|install\\s+\\S+\\s+/|alias\\s+\\S+\\s+\\S+\\s*$)`), [new RegExp(`^${at}(?:vfio\\w*|kvm\\w*|kvmgt|pci-stub|xengt|vhost\\w*|i2c-dev|loop)\\s*$`), 0.9], [/^#/, 0.4]], marks: [/(?:^|[:=])\s*(?:options\s+\S+\s+\S+=|softdep\s+\S+\s+(?:pre|post):|blacklist\s+\S+\s*$)/] },
  { kind: 'initramfs-list', forms: [/(?:^|\s)(?:usr\/)?lib\/(?:modules|modprobe\.d|firmware|udev)\/\S+/, [/^(?:[-dlcb][rwxsStT-]{9}\s.{0,80}\s)?(?:usr|etc|bin|sbin|lib|kernel|conf|scripts|main|early)(?:\/\S*)?$/, 0.7]], marks: [/(?:^|\s)(?:usr\/)?lib\/modules\/\d\S+\/kernel\/\S+\.ko/] },
  { kind: 'modules-builtin', forms: [/^kernel\/\S+\.ko\s*$/] },
  { kind: 'modules', forms: [/^Module +Size +Used by/, /^\w+ +\d+ +-?\d+ (?:-|[\w,[\]-]+) (?:Live|Loading|Unloading) (?:0x)?[0-9a-f]/, /^\w+ {1,30}\d{3,9} {1,4}-?\d+(?:\s+[\w,.[\]-]*)*$/], marks: [/^Module +Size +Used by|(?:Live|Loading) (?:0x)?[0-9a-f]{8,16}/] },
  { kind: 'module-parameters', forms: [/^\/sys\/module\/\w+\/parameters\/\w+[:\t]/, /^parm: /] },
  { kind: 'kernel-config', forms: [/^(?:CONFIG_\w+=|# CONFIG_\w+ is not set)/, [/^#/, 0.4]], marks: [/^CONFIG_\w+=/] },
  { kind: 'cpuinfo', forms: [/^(?:processor|vendor_id|cpu family|model|model name|stepping|microcode|cpu MHz|cache size|physical id|siblings|core id|cpu cores|apicid|initial apicid|fpu|fpu_exception|cpuid level|wp|flags|vmx flags|bugs|bogomips|clflush size|cache_alignment|address sizes|power management|TLB size)\s*:/, /^\s*(?:Architecture|CPU op-mode\(s\)|Address sizes|Byte Order|CPU\(s\)|On-line CPU\(s\) list|Off-line.*|Vendor ID|BIOS .*|Model name|CPU family|Model|Thread\(s\) per core|Core\(s\) per .*|Socket\(s\)|Stepping|BogoMIPS|Flags|Virtualization.*|Virtualization type|Hypervisor vendor|L1d.*|L1i.*|L2.*|L3.*|NUMA node.*|Vulnerability .*|Frequency boost|CPU (?:max|min|dynamic)? ?MHz|CPU\(s\) scaling MHz|Microcode.*|Caches.*): /, [/^ {2,}(?:Itlb|L1tf|Mds|Meltdown|Spec|Spectre|Srbds|Tsx|Mmio|Retbleed|Gather|Reg|Tsa|Vmscape)\b.*: /, 0.8]], marks: [/^Architecture: +\S|^\s*Address sizes:|^address sizes\s*:|^vendor_id\s*:/] },
  { kind: 'meminfo', forms: [/^(?:\w+ \d+ )?[A-Z]\w+(?:\(\w+\))?:\s+\d+(?: kB)?\s*$/, [/^\/(?:sys|proc)\S*hugepages\S*[:\t]/, 1]], marks: [/^(?:MemTotal|HugePages_Total|Hugepagesize):/] },
  { kind: 'iomem', forms: [/^\s*[0-9a-f]{4,16}-[0-9a-f]{4,16} : \S/], marks: [/^\s*[0-9a-f]{8,16}-[0-9a-f]{8,16} : \S/] },
  { kind: 'limits', forms: [/^[\w -]+\([\w, /-]*-\w\) +\S+|^Limit +Soft Limit|^Max [a-z]+(?: [a-z]+){0,2} +\S+ +\S+/, /^[@*%\w-]+\s+(?:soft|hard|-)\s+(?:memlock|nofile|as|rtprio|core|nproc)\s/], marks: [/^[Mm]ax locked memory|\s(?:soft|hard|-)\s+memlock\s/] },
  { kind: 'gpu-debugfs', forms: [/^(?:\/sys\/kernel\/debug\/dri\/\S+[:\t]=?)?(?:[GH]uC firmware(?: wanted)?: |\s+(?:status: [A-Z]|version: |wanted |found |uCode: |RSA: |Bootrom status|uKernel status|MIA Core status|Log level)|[GH]uC status|(?:i915|xe|amdgpu) dev=)/, [/^\/sys\/kernel\/debug\/dri\/|^\s+\d+: +\t?0x|^Scratch registers/, 0.9]], marks: [[/^(?:\/sys\/kernel\/debug\/dri\/\S+[:\t]=?)?[GH]uC firmware: (?:i915|xe)\//, 0.9]] },
  { kind: 'display-state', forms: [/^\d+ (?:EFI VGA|VESA VGA|simple\w*|\w+drmfb|\w+fb|OFfb|\w*DRM\w*)\s*$/] },
  { kind: 'vmm-devices', forms: [/^c[rw-]{9}.*\/dev\/vmm\/\S+/, /^\/dev\/vmm\/\S+$/, [/^crw-------\s+\d+ root\s+wheel\s+0x[0-9a-f]+ [A-Z][a-z]{2} [ \d]\d .* [^\s/]+$/, 0.55], [/^total 0$/, 0.4]] },
  { kind: 'device-nodes', forms: [/^c[rwxsStT-]{9}[.+]? .*\d+, *\d+ .*(?:\/dev\/(?:kvm|vfio\S*)|\b(?:kvm|vfio|\d+|noiommu-\d+|vfio\d+))\s*$/, [/^total \d+$|^d[rwx-]{9}/, 0.4]], marks: [/^c[rwx-]{9}.*(?:\/dev\/(?:kvm|vfio)|\bvfio\s*$)/] },
  { kind: 'proxmox-mapping', forms: [/^\t?(?:\/etc\/pve\/mapping\/pci\.cfg\t=)?\s+map \S*(?:id|node|path)=/, [/^\S{0,40}\s*(?:description|mdev|live-migration-capable) |^[A-Za-z][\w-]{0,127}\s*$/, 0.5]], marks: [[/^\S{0,40}\s+map (?=.*\bnode=)(?=.*\bpath=)/, 1]] },
  { kind: 'nova-conf', forms: [/^(?:\S+\t=|\S+:)?\s*(?:device_spec|passthrough_whitelist|alias|enabled_mdev_types|enabled_vgpu_types|report_in_placement)\s*=/, [/^(?:\S+\t=|\S+:)?\s*\[(?:pci|devices|DEFAULT|libvirt|compute|filter_scheduler)\]/, 0.8], [/^\s*\w+\s*=|^\s*#|^\s*\[/, 0.3]], marks: [[/\b(?:device_spec|passthrough_whitelist)\s*=\s*[[{]|\balias\s*=\s*\{.*"(?:product_id|device_type)"/, 0.8]] },
  { kind: 'kubernetes', forms: [/^\s*"?apiVersion"?: |^\s*"?kind"?: "?[A-Z]\w+"?,?$/, [/^\s*(?:- )?"?[\w./-]+"?:(?: |$)/, 0.5], [/^\s*- \S|^---$|^\s*[{}[\]],?$/, 0.4]], marks: [[/^(?:- )?\s*"?apiVersion"?: "?(?:kubevirt\.io|hco\.kubevirt\.io|nvidia\.com)\/|^\s*"?(?:permittedHostDevices|pciHostDevices)"?:|^\s*"?kind"?: "?(?:VirtualMachine(?:Instance)?|KubeVirt|HyperConverged|ClusterPolicy|Node)"?,?\s*$/, 0.7]] },
  { kind: 'device-binding', forms: [/^\/etc\/driverctl\.d\/\S*[:\t]/, /^(?:0000|[0-9a-f]{5}):[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] [\w-]{2,40}(?: \(.*\))?$/, /\bSUBSYSTEM==|\bATTRS?\{|\bKERNELS?==|\bACTION[=!]=/, [/^\/(?:etc|run)\/udev\/rules\.d\S*[:\t]/, 0.6], [/^\s*#/, 0.3]], marks: [[/^\/etc\/driverctl\.d\/pci-|driver_override\}\s*=|^(?:0000|[0-9a-f]{5}):[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] vfio-pci/, 0.7]] },
  { kind: 'intent', forms: [/^goal (?:passthrough|compute|display)$/, /^device [0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/], marks: [/^goal (?:passthrough|compute|display)$/] },
  { kind: 'amd-smi', forms: [/^\s*"(?:gpu|gpu_data|asic|bus|bdf|vbios|vram|market_name|vendor_id|device_id|target_graphics_version|num_compute_units|amdsmi_library_version|rocm_version|amdgpu_version)":/, /^\{?\s*"card\d+": ?\{/, /^(?:WARNING: AMD GPU device|ERROR:root:|=+ ROCm System Management|GPU\[\d+\]\s*: )/, [/^\s*"[\w .()/-]+":|^\s*[{}[\]]{1,2},?\s*$/, 0.5]], marks: [[/"target_graphics_version":|"amdsmi_library_version":|"card\d+": ?\{|ROCm System Management Interface/, 0.8]] },
  { kind: 'modinfo', forms: [/^(?:filename|version|license|vermagic|signer|sig_key|sig_hashalgo|signature|srcversion|retpoline|depends|firmware|alias|author|description|name|parm|import_ns|supported|intree|softdep|dkms):\s/, [/^\t\t(?:[0-9A-F]{2}:)+/, 1]], marks: [[/^filename:\s+(?:\/\S+\.ko|\(builtin\))/, 0.8]] },
  { kind: 'container-toolkit', forms: [/^\/(?:etc\/(?:docker|nvidia-container-runtime|containerd|crio|cdi)|(?:var\/)?run\/cdi)\S*[:\t]/, /^\s*"(?:runtimes|default-runtime|runtimeArgs|path|nvidia)": ?/, /^NVIDIA Container Toolkit CLI version|^\s*Runtimes: |^\s*Default Runtime: |^\s*CDI spec directories:/, /^\s*\[(?:plugins\..*|nvidia-container-(?:cli|runtime)\S*)\]|^\s*#?\s*(?:no-cgroups|default_runtime_name|BinaryName|accept-nvidia-visible-devices\S*)\s*=/, [/^\s*(?:- )?(?:containerPath|hostPath|deviceNodes|hookName|cdiVersion|containerEdits):/, 1], [/^\s*[{}[\]],?|^\s*(?:- )?[\w-]+:/, 0.4]], marks: [[/^NVIDIA Container Toolkit CLI version|"runtimes": ?\{|^\s*Default Runtime: |^\s*cdiVersion:|^\/(?:etc\/docker|var\/run\/cdi|etc\/cdi)\/\S+\t=|^\s*\[nvidia-container-cli\]|containerPath:/, 0.7]] },
  { kind: 'previous-boot', forms: [/^\/(?:sys\/fs|var\/lib\/systemd)\/pstore\S*\t[@/]/, [stampedKernelLine, 0.3]], marks: [[/^\/(?:sys\/fs|var\/lib\/systemd)\/pstore\t\//, 1.2]] },
  { kind: 'services', forms: [/^(?:Id|LoadState|ActiveState|SubState|UnitFileState|Names|MainPID)=/], marks: [[/^(?:LoadState|UnitFileState)=/, 0.8]] },
  { kind: 'qemu-conf', forms: [/^(?:\/etc\/libvirt\/qemu\.conf[:\t]=?)?\s*#?\s*(?:user|group|dynamic_ownership|remember_owner|security_\w+|cgroup_device_acl|cgroup_controllers|relaxed_acs_check|namespaces|clear_emulator_capabilities|spice_\w+|vnc_\w+|hugetlbfs_mount|nvram)\s*=/, /^\/(?:sys\/fs\/selinux\/enforce|sys\/module\/apparmor|etc\/libvirt\/qemu\.conf)\S*[:\t]/, [/^\s*#|^\s*"\/dev\/|^\s*\],?$/, 0.4]], marks: [[/^(?:\/etc\/libvirt\/qemu\.conf[:\t]=?)?\s*#?\s*(?:cgroup_device_acl|dynamic_ownership|relaxed_acs_check|security_driver)\s*=/, 0.8]] },
  { kind: 'audit-log', forms: [/^(?:node=\S+ )?type=[A-Z_0-9]+ msg=audit\(|^time->|^----$/], marks: [[/^(?:node=\S+ )?type=(?:AVC|USER_AVC|SYSCALL|PROCTITLE) msg=audit\(/, 0.8]] },
  { kind: 'interrupts', forms: [/^\s+CPU0\b(?:\s+CPU\d+)*\s*$/, /^\s*\d{1,6}:(?:\s+\d+)+\s+\S*(?:APIC|MSI|GIC|dmar|DMAR|edge|fasteoi|level)/, /^\s*(?:NMI|LOC|SPU|PMI|IWI|RTR|RES|CAL|TLB|TRM|THR|DFR|MCE|MCP|HYP|ERR|MIS|PIN|NPI|PIW|IPI\d):/], marks: [[/^\s+CPU0\b/, 0.8], [/^\s*\d{1,6}:(?:\s+\d+)+\s+\S*(?:IO-APIC|PCI-MSI)/, 0.7]] },
  { kind: 'device-holders', forms: [/^\/proc\/\d+\/(?:comm\t=|fd\/\d+\t>\/dev\/)/, /^(?:\/dev\/\S+:)?\s+\S+\s+\d+ [FfcermxX.]{5,6} \S/, /^\/dev\/\S+:(?:\s+\d+[cefFrmx]{0,4})+\s*$/, /^\S+\s+\d+\s.*\sCHR\s.*\/dev\/(?:nvidia|dri\/|kfd|vfio\/)\S*$/, [/^\s+USER +PID ACCESS COMMAND|^COMMAND +PID .*\bNODE NAME|^lsof: WARNING/, 1], [/^\/(?:proc|dev)\b\S*\t\//, 0.6]], marks: [[/^\s+USER +PID ACCESS COMMAND|^\/dev\/(?:nvidia|dri\/|vfio\/|kfd)\S*:\s+\S+\s+\d+ [FfcermxX.]{5,6} |\sCHR\s.*\/dev\/(?:nvidia|dri\/|kfd|vfio\/)|^\/proc\/\d+\/fd\/\d+\t>/, 0.6]] },
  { kind: 'libvirt-hooks', forms: [/^\/etc\/libvirt\/hooks\S*:?\s*$|\/etc\/libvirt\/hooks\S*[\t:]/, /^[-dl][rwxsStT-]{9}[.+]? .*(?:qemu|qemu\.d|begin|end|prepare|release|\.sh|\.conf)\s*$/, [/virsh nodedev-(?:detach|reattach)|\/sys\/bus\/pci\/drivers?\/|\/sys\/class\/vtconsole|efi-framebuffer|^\s*modprobe (?:-r |-i )?\S+|^\s*systemctl (?:stop|start|isolate|set-property)/, 0.9], [/^#!\/|^\s*(?:if|fi|then|else|sleep|echo|killall|set)\b|^\s*#|^\w+=/, 0.3]], marks: [/\/etc\/libvirt\/hooks\/\S+:?\s*$|virsh nodedev-(?:detach|reattach)|\/sys\/class\/vtconsole/] },
  { kind: 'guest-report', about: noted('what a guest agent answered'), forms: [/^\s*\{"(?:return|result)":/, /^\s*"(?:kernel-release|pretty-name|kernel-version|version-id|machine|driver-name|driver-version|driver-date|vendor-id|device-id|out-data|exitcode|return|result)" ?: ?/, [/^\s*[[\]{}]{1,2},?\s*$|^\s*"(?:name|version|id|type|exited|err-data|variant|variant-id)" ?: ?/, 0.8]], marks: [[/"kernel-release" ?: ?"|"driver-version" ?: ?"|"out-data" ?: ?"/, 0.9]] },
  { kind: 'guest-report', about: noted('what a guest reported'), forms: [/^(?:Instance ID|Device Description|Class Name|Class GUID|Manufacturer Name|Status|Driver Name|Problem Code|Problem Status|Problem Description|InstanceId|FriendlyName|Present|PNPClass|ConfigManagerErrorCode|CM_PROB_\w+)\s*: ?/, /^(?:(?:OK|Error) {2,}|(?:Unknown|Degraded) +)[\w-]+ +\S/, /^Status +Class +FriendlyName/, /PCI\\VEN_[0-9A-F]{4}&DEV_/, /^\s*\d+ \[[DIWEF]\] +\S+\.c:\d+ +\|/, /(?:Card name|Chip type|Driver Version|Operating System|Device Status): /], marks: [/PCI\\VEN_[0-9A-F]{4}&DEV_|^\s*Problem (?:Code|Status):|^Status +Class +FriendlyName|[(（](?:Code|Código|Codice|Kod|Код|コード|代码|代碼|程式碼) ?\d{1,2}[)）]|\[[DIWEF]\] +\S+\.c:\d+ +\|/] },
  { kind: 'nvidia-modes', forms: [/^(?:CC (?:status|State|Environment|GPUs Ready State)|DevTools Mode|Confidential Compute GPUs Ready state)\s*:/i, /^\s+(?:Active vGPUs|vGPU (?:ID|Name|Type)|VM (?:ID|UUID|Name)|Guest Driver Version|License Status|Frame Rate Limit)\s*:/], marks: [[/^CC (?:status|State)\s*:|GPUs Ready state\s*:/i, 1], [/^\s+Active vGPUs\s*:/, 0.5]] },
  { kind: 'nvidia-log', forms: [/^\[[A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d\] \[[A-Z]{3,8}\]/, /^(?:ERROR|WARNING): .{0,80}(?:NVIDIA|nvidia|kernel module|Nouveau|X server)|^nvidia-installer (?:log file|command line|version)|^-> /], marks: [[/^\[[A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d\] \[[A-Z]{3,8}\] \[tid \d+\]/, 0.6], [/^nvidia-installer log file/, 0.6]] },
  { kind: 'dcgm', forms: [/^\|[^|]{10,40}\|[^|]{30,70}\|\s*$|^\|[- ]{3,}.{0,40}[-+ ]{3,}|^\+[-=+]{20,}|^\| Health Monitor Report|^Successfully ran diagnostic for group/, [/^\s*"[\w .()/-]+" ?:|^\s*[{}[\]]{1,2},?\s*$/, 0.5]], marks: [[/^\| Health Monitor Report|^Successfully ran diagnostic for group|"Health Monitor Report"|"DCGM (?:GPU )?Diagnostic" ?:/, 1.2]] },
  { kind: 'nvidia-links', forms: [/^GPU \d+: /, /^\s+Link \d+: (?:<inactive>|[\d.]+ GB\/s|[A-Z][\w ]{2,40}: \d+$)/, /^(?:\x1b\[4m)?\tGPU0\t|^(?:GPU|NIC)\d+\t/, /^\s*(?:NIC Legend|Legend):|^\s+(?:X|SYS|NODE|PHB|PXB|PIX|NV#|NIC\d+) *(?:=|:) /], marks: [[/^\s+Link \d+: (?:<inactive>|[\d.]+ GB\/s|(?:Replay|Recovery|CRC) Errors: \d+$)|^(?:\x1b\[4m)?\tGPU0\t/, 1]] },
  { kind: 'nvidia-smi', forms: [[/^\|(?: ?:?-{3,}:? ?\|){2,}$/, -1000], /^\|.{70,95}\|$|^\+[-=]+|^\|[-=]+/, /NVSMI LOG|^NVIDIA-SMI |^Failed to initialize NVML|^Unable to determine the device handle|^No devices were found|^GPU \d+: |^GPU [0-9A-F]{8}:/, [/^ {4,}[A-Z][\w ./()-]+ +: /, 0.7], [/^(?:Timestamp|Driver Version|CUDA Version|Attached GPUs) +: /, 1]], marks: [/NVIDIA-SMI |NVSMI LOG|Failed to initialize NVML|^No devices were found/] },
  { kind: 'nvidia-smi', about: noted('the XML of nvidia-smi'), forms: [/^\s*<\/?[a-z][a-z0-9_]*(?: id="[^"]*")?\/?>|^<\?xml|^<!DOCTYPE/], marks: [[/<nvidia_smi_log>|^<!DOCTYPE nvidia_smi_log|^\s*<gpu id="[0-9A-Fa-f]{8}:/, 1.3]] },
  { kind: 'text', about: noted('a log of the X server'), forms: [/^\[ *\d+\.\d{3}\] /], marks: [[/^\[ *\d+\.\d{3}\] (?:\((?:EE|WW|II|--|==|\*\*|\+\+|!!)\) |X\.Org X Server|X Protocol Version|Current Operating System: )|^X\.Org X Server \d/, 1.2]] },
  { kind: 'nvidia-proc', forms: [/^\/proc\/driver\/nvidia\//, /^NVRM version: |^GCC version: /, /^(?:Model|IRQ|GPU UUID|Video BIOS|Bus Type|DMA Size|DMA Mask|Bus Location|Device Minor|GPU Firmware|GPU Excluded):\s/], marks: [/^NVRM version: NVIDIA|^GPU Firmware:\s|^\/proc\/driver\/nvidia\//] },
  { kind: 'driver-build', forms: [/^[\w.+-]+(?:\/|, )[\w.+:~-]+(?:, [\w.+~-]+, \w+)?: (?:added|built|installed)/, /^DKMS make\.log for |^make(?:\[\d+\])?: |^(?:Error!|Building module|Consult \/var\/lib\/dkms)|^\/var\/lib\/dkms\//, /^\s+(?:CC|LD|AR|MODPOST|CONFTEST|SYMLINK)(?: \[M\])?:? /], marks: [/^DKMS make\.log for |^\/var\/lib\/dkms\/\S+\t=/] },
  { kind: 'kernel-version', forms: [/^Linux \S+ \d+\.\d+\S* # ?\d/, /^Linux version \d+\.\d+\S* \(/, [/^\d+\.\d+\.\d+[\w.+~-]*\s*$/, 0.6]], marks: [/^Linux \S+ \d+\.\d+\S* # ?\d/], atMost: 3 },
  { kind: 'os-release', forms: [new RegExp(`^(?:${words('NAME PRETTY_NAME ID ID_LIKE VERSION VERSION_ID VERSION_CODENAME UBUNTU_CODENAME BUILD_ID IMAGE_ID IMAGE_VERSION VARIANT VARIANT_ID ANSI_COLOR LOGO CPE_NAME PLATFORM_ID DEFAULT_HOSTNAME RELEASE_TYPE SUPPORT_END \\w+_URL REDHAT_\\w+')})=`)], marks: [/^(?:PRETTY_NAME|VERSION_ID|ID_LIKE)=/] },
  { kind: 'firmware-sysfs', forms: [/^\/sys\/(?:firmware|class\/dmi)\b/, /^SecureBoot (?:enabled|disabled)|^Platform is in Setup Mode|doesn't support Secure Boot|EFI variables are not supported/, /^Boot(?:Current|Order|[0-9A-F]{4}\*?)[: ]|^Timeout: \d+ seconds$/, /^(?:System|(?:Current|Default|Available) Boot Loader(?:s on ESP| Entry)?|Boot Loader(?:s Listed in EFI Variables| Entries)):$|^\s+(?:Firmware(?: Arch)?|Secure Boot|TPM2 Support|Boot into FW|Measured UKI|Product|Features|ESP|File|Current Entry|Default Entry|title|id|source|linux|initrd|options|type|version|machine-id|sort-key): |^\s+[✓✗] /], marks: [/^SecureBoot (?:enabled|disabled)|EFI variables are not supported|^BootCurrent: [0-9A-F]{4}$|^Current Boot Loader:$/] },

  // ACPI
  { kind: 'acpidump', forms: [/^[A-Z0-9_]{4} @ 0x[0-9A-Fa-f]+/, /^\s+[0-9A-Fa-f]{4,8}: (?:[0-9A-Fa-f]{2} ){1,16}/, /^\[[0-9A-Fa-f]{3,6}h +\d+ +\w+\]/, /^ {2}[A-Z]{4}: Length=\d+, Revision=/, [/^\s*\/\*|^ \*|^\s{2,}(?:\w+[ \w]*)=/, 0.4]], marks: [/^(?:DMAR|IVRS|DSDT|APIC|FACP|MCFG|SSDT\d*) @ 0x|Signature : "|^ {2}(?:DMAR|IVRS): Length=|^DefinitionBlock/] },

  // FreeBSD
  { kind: 'kenv', forms: [[/^[\w.%-]+="[^"]*"\s*$/, 0.8]], marks: [/^(?:acpi\.oem|acpi\.rsdp|smbios\.\w+\.\w+|kernelname|loaddev|currdev|hint\.acpi\.0\.\w+)=/] },
  { kind: 'loader-conf', forms: [new RegExp(`^${at}#? ?[\\w.-]+_load="`), new RegExp(`^${at}#? ?(?:pptdevs\\d*|hw\\.[\\w.]+|vm\\.[\\w.]+|kern\\.[\\w.]+|machdep\\.[\\w.]+|vfs\\.[\\w.]+|net\\.[\\w.]+|hint\\.[\\w.]+|boot_\\w+|console|comconsole_\\w+|autoboot_delay|beastie_\\w+|compat\\.[\\w.]+|dev\\.[\\w.]+|loader_\\w+|efi_\\w+|cpu_microcode_\\w+)="?[^"]*"?`), [/^#/, 0.3]], marks: [/^(?:\S+[:\t]=?)?#? ?(?:pptdevs\d*|\w+_load)="/] },
  { kind: 'rc-conf', forms: [new RegExp(`^${at}#? ?[\\w]+(?:_enable|_flags|_list|_dir|_interfaces|_if|_user|_args)="`), [new RegExp(`^${at}[a-z]\\w*="[^"]*"(?! \\w+=)`), 0.9], [/^#/, 0.3]], marks: [/^(?:\S+[:\t]=?)?(?:kld_list|ifconfig_\w+|\w+_enable|hostname|defaultrouter|vm_list|cloned_interfaces)="/] },
  { kind: 'kldstat', forms: [/^ *Id Refs Address +Size +Name/, /^ *\d+ +\d+ 0x[0-9a-f]+ +[0-9a-f]+ \S+/, /^\t+(?: *Id Name| *\d+ \w+)/, [/^\s+(?:Contains modules:|\d+ \w+\/\w+)/, 1]], marks: [/^ *Id Refs Address/] },
  { kind: 'sysctl', forms: [/^(?:hw|vm|kern|dev|security|machdep|compat|net|vfs|debug|user|p1003_1b|kstat)\.[\w.%-]+ ?(?::|=)/], marks: [/^(?:hw\.vmm|hw\.model|vm\.stats|kern\.osrelease|security\.jail|vm\.max_user_wired|hw\.physmem)\S*\s?[:=]/] },
  { kind: 'freebsd-version', forms: [/^(?:FreeBSD \S+ )?\d+\.\d+-(?:RELEASE|STABLE|CURRENT|PRERELEASE|RC\d|BETA\d|ALPHA\d)(?:-p\d+)?\s*$/, /^FreeBSD \S+ \d+\.\d+-\S+ /], marks: [/^\d+\.\d+-(?:RELEASE|STABLE|CURRENT|PRERELEASE)(?:-p\d+)?\s*$|^FreeBSD \S+ \d+\.\d+-\S+ .*(?:amd64|arm64|i386)/], atMost: 4 },

  { kind: 'devinfo', forms: [/^ *(?:[a-z][\w-]{0,40}|unknown) pnpinfo \S/i, /^ *[a-z][\w-]{0,40}\d at (?:handle|channel|addr|nid|cad|slot|bus|index)=/i, [/^ *[a-z_]{2,16}\d{1,4}(?: \((?:disabled|suspended)\))?$/, 0.9], [/^ {4,}(?:0x)?[\da-fA-F]+(?:-(?:0x)?[\da-fA-F]+)?$|^ {4,}[\w ./-]{1,60} [a-z]+:$/, 0.9]], marks: [/^nexus0$/, [/ dbsf=pci\d+:\d+:\d+:\d+/, 0.6]] },
  { kind: 'bectl', forms: [/^\S+\s+(?:[NRT]{1,3}|-)\s+\S+\s+(?:[\d.]+[KMGTPEB]?|-)\s+\d{4}-\d\d-\d\d \d\d:\d\d$/, /^BE +Active +Mountpoint +Space +Created/], marks: [/^BE +Active +Mountpoint|^\S+\t(?:[NRT]{1,3}|-)\t\S+\t[\d.]+[KMGT]?\t\d{4}-/] },
  { kind: 'packages', forms: [/^[a-z][a-zA-Z]R? {1,3}[\w.+-]+(?::\w+)? +\d[\w.+:~-]*(?: .*)?$/, /^(?:rpm )?[\w.+-]+-\d[^-\s]*-[^-\s]+\.(?:x86_64|noarch|aarch64|i686)$|^rpm \S+ \S+$/, /^[\w.+-]+: \d[\w.+:~-]*(?: \(.*)?$/, [/^[\w.+-]+ (?:\d+:)?\d[\w.+:~]*-\d[\w.]*$/, 0.9], /^Desired=|^\| Status=|^\|\/ |^\+\+\+-/], marks: [[/^ii +(?:ovmf|linux-firmware|qemu-|nvidia-|pve-|dkms|linux-image-)|^(?:qemu-|edk2-|nvidia-|akmod-|kernel-|linux-firmware)\S*-\d[^-\s]*-[^-\s]+\.(?:x86_64|noarch)$|^(?:proxmox-ve|pve-manager|pve-qemu-kvm|pve-edk2-firmware): \d|^(?:qemu-|linux-firmware|edk2-ovmf|nvidia-|linux )\S* ?(?:\d+:)?\d\S*-\d/, 0.7]] },
  { kind: 'freebsd-packages', forms: [/^[A-Za-z0-9][\w.+-]* [a-z]?\d[\w.,+~]* (?:FreeBSD\S*|unknown-repository|\S*ports\S*|\S*base)$/, /^(?!\d+\.\d+\.)[A-Za-z0-9][\w.+]*(?:-[\w.+]+)*-[a-z]?\d[\w.,+~]*(?: {1,60}[A-Z].*)?$/], marks: [/^(?:pkg|vm-bhyve|edk2-bhyve|grub2-bhyve|bhyve-firmware|drm-\d+-kmod|nvidia-driver)[ -][a-z]?\d/] },
  { kind: 'freebsd-host-map', forms: [/^scbus-?\d+ on \S+ bus \d+:$/, /^<.*>\s+at scbus-?\d+ target -?\d+ lun [\da-f]+ \(/, /^ {2}pool: \S|^ {1,2}(?:state|scan|status|action|config|errors|see):|^\tNAME +STATE|^\t +\S+ +(?:ONLINE|DEGRADED|AVAIL|FAULTED|OFFLINE|REMOVED|UNAVAIL)\b|^\t\S+ +(?:ONLINE|DEGRADED) /, /^\s*(?:gpt|gptid|diskid|label|ufs|ufsid|mirror)\/\S+\s+\S+\s+\S+$/, /^\S+[\t ]+\/\S*[\t ]+(?:zfs|ufs|msdosfs|devfs|tmpfs|nullfs|fdescfs|procfs|linprocfs)\t/, /^default\s+\S+\s+U\w*\s+(?:\d+\s+){0,2}[a-z]\S*\d|^(?:Routing tables|Internet:|Destination +Gateway +Flags)|^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d+)? +(?:link#\d+|\d\S+) +U/], marks: [/^scbus\d+ on \S+ bus \d+:$|^\t +\/dev\/\S+ +ONLINE|^Destination +Gateway +Flags +(?:Refs +Use +)?Netif/] },
  { kind: 'bhyvectl', forms: [/^Address +Length +Segment +Offset +Prot +Flags|^ID +Length +Name/, /^[0-9A-F]{1,16} +[\d.]+[KMGT]?B +\S+ +[0-9A-F]{1,16} +[R-][W-][X-]/], marks: [/^Address +Length +Segment +Offset/, /^[0-9A-F]{1,16} +[\d.]+[KMGT]?B +sysmem /] },
  { kind: 'bhyve-build', forms: [/^\/\S*\/(?:vmm\.ko|bhyve):\d+$/], marks: [/^\/\S*\/vmm\.ko:\d+$/] },
  { kind: 'jail-conf', forms: [new RegExp(`^${at}\\s*(?:allow\\.\\w+|devfs_ruleset|exec\\.\\w+|mount\\.\\w+|host\\.hostname|path|interface|ip[46]\\.addr|vnet(?:\\.\\w+)?|persist|enforce_statfs|securelevel|children\\.max)\\b[^:]{0,200};`), new RegExp(`^${at}\\s*["']?[\\w.*-]+["']?\\s*\\{(?:.*;)?\\s*\\}?\\s*$`), new RegExp(`^${at}\\s*(?:\\[\\w+=\\d+\\]|add (?:include|path) \\S+)`), [new RegExp(`^${at}\\s*(?:\\}|[#].*)\\s*$`), 0.5]], marks: [new RegExp(`^${at}\\s*(?:allow\\.vmm|devfs_ruleset\\s*=|exec\\.start\\s*=)`), new RegExp(`^${at}\\s*(?:\\[devfsrules_\\w+=\\d+\\]|add path \\S+ (?:unhide|hide))`), new RegExp(`\\{.*allow\\.vmm`)] },
  { kind: 'sysctl-conf', forms: [new RegExp(`^/etc/sysctl\\.(?:conf|kld\\.d)\\S*(?::|\\t=)`), /^\s*(?:hw|vm|kern|dev|security|machdep|compat|net|vfs|debug|kstat)\.[\w.%-]+ ?= ?[^\s"]/, [/^\s*#/, 0.5]], marks: [/^\/etc\/sysctl\.(?:conf|kld\.d)/, /^(?:hw|vm|kern|security|net|vfs)\.[\w.%-]+=[^\s"]/] },
  { kind: 'cbsd', forms: [/^(?:\x1b\[[\d;]*m)?\d{1,3}\/\d{1,2}\/\d{1,3} : .* : .* : \S+$/] },
  { kind: 'bhyve-config', forms: [/^(?:pci\.\d+\.\d+\.\d+\.[\w.]+|memory\.\w+|lpc\.[\w.]+|acpi_tables\w*|x86\.\w+|cpus|sockets|cores|threads|name|uuid|rtc\.\w+|destroy_on_poweroff|bootrom|gdb\.\w+|virtio_msix|smbios\.\w+|system\.\w+|board\.\w+|chassis\.\w+|keyboard\.\w+|tpm\.\w+|config\.dump|bios\.\w+)=/, [/^#/, 0.4]], marks: [/^pci\.\d+\.\d+\.\d+\.device=/, /^memory\.(?:size|wired)=/], named: /^name=(\S{1,100})\s*$/m },

  // illumos
  { kind: 'illumos-ppt', forms: [/^DEV +(?:[A-Z]+ *){1,8}$/, /^(?:-|(?:\/dev\/)?ppt\d+) +(?:[0-9a-f]{1,4}|\/pci@|\/devices\/)\S*/, /^\s*"(?:dev|path|vendor-id|device-id|subsystem-vendor-id|subsystem-id|revision-id|label)":/, [/^\s*[{}[\],]+\s*$|^\s*"devices":/, 0.6]], marks: [/^DEV +(?:VENDOR|PATH|DEVICE)|^\s*\{?\s*"devices":|"dev": ?"\/dev\/ppt\d/, [/"devices": ?\[.*"vendor-id"/, 1.2]] },
  { kind: 'illumos-zone', forms: [/^(?:create|add (?:attr|device|net|fs|rctl|dataset)|set (?:name|type|value|match|zonepath|brand|autoboot|ip-type|physical|bootargs|limitpriv)=.*|end|zonecfg -z \S+.*)$/, /^(?:zonename|zonepath|brand|autoboot|ip-type): |^(?:attr|device|net|fs|rctl|dataset|capped-\w+):$|^\t(?:name|type|value|match|physical|global-nic)(?::| not specified)/, /^\s*"(?:brand|alias|ram|vcpus|bootrom|pci_devices|zonename|uuid|disks|nics|state|autoboot|quota|owner_uuid|path|pci_slot)":/, [/^\s*[{}[\],]+\s*$/, 0.5]], marks: [/^(?:set )?brand[=:] ?"?bhyve/, [/^\s*"brand": ?"bhyve"|"brand": ?"bhyve"/, 0.8]], named: /^(?:create -z |zonename: |set zonename=)"?([\w.-]{1,64})/m },

  { kind: 'text', about: noted('the log of a container'), forms: [new RegExp(`^${podStamp}(?:time="\\d{4}-\\d\\d-\\d\\d|\\{"(?:component|level|ts|time|timestamp|msg)": ?")`)], marks: [[new RegExp(`^${podStamp}(?:time="\\d{4}-\\d\\d-\\d\\d\\S{1,30}" level=|\\{"component":"(?:virt-|"))`), 0.6]] },
  { kind: 'text', about: noted('the trace of a shell script'), forms: [/^\+{1,9} [a-z[]/, [/^(?:modprobe|rmmod|error|bash|sh|tee|virsh|\S{1,80}\.sh): |^\S{1,80}: line \d+: |^Device pci_\w+ (?:de|re-at)tached/, 0.9]], marks: [[/^\+{1,9} (?:echo|modprobe|virsh|systemctl|source|sleep|rmmod|killall)\b/, 0.9]] },
  { kind: 'text', about: noted('a diff'), forms: [[/^[<>] |^\d+(?:,\d+)?[acd]\d+|^---$|^@@ |^[+-]/, 1]], marks: [[/^\d+(?:,\d+)?[acd]\d+(?:,\d+)?$|^@@ -\d/, 0.8]] },
]

/** Kinds that their content tells; the others need a name, a command before them or a bundle that says what they are. */
export const knownByContent: ReadonlySet<EvidenceKind> = new Set(rows.map(({ kind }) => kind))

/** Kinds that are believed for their file name alone when no line says otherwise: their text has no fixed form. */
const byNameAlone: readonly EvidenceKind[] = ['kernel-log', 'libvirt-log', 'nvidia-smi', 'guest-report', 'bhyve-log', 'qemu-log']

/** The kind that a file name suggests; the more telling names stand first. */
export function kindOfName(fileName: string): EvidenceKind | null {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1)
  const fits = Object.entries(evidenceKinds).find(([, spec]) => 'fileName' in spec && spec.fileName.test(base))
  return fits ? (fits[0] as EvidenceKind) : null
}

/** What a file is called less folder and endings: `win11` of `/etc/libvirt/qemu/win11.xml`. */
export const stemOf = (fileName: string): string => fileName.slice(fileName.lastIndexOf('/') + 1).replace(/(?:\.(?:txt|log|xml|conf|md|gz|out|sh|\d+))+$/i, '')

/** Non-empty lines: all of a short text; of a long one its head, its tail and six windows between. */
function sample(text: string): string[] {
  const lines: string[] = []
  const take = (from: number, count: number): number => {
    let start = from
    const limit = Math.min(text.length, from + SAMPLE_LENGTH)
    while (start < limit && count > 0) {
      let end = text.indexOf('\n', start)
      if (end < 0) end = text.length
      const line = text.slice(start, Math.min(end, start + LINE_LENGTH)).replace(/^(?:> ?){1,20}/, '')
      if (/\S/.test(line)) {
        lines.push(line.trimEnd())
        count--
      }
      start = end + 1
    }
    return start
  }
  const head = take(0, text.length < 65536 ? SAMPLE_LINES : SAMPLE_LINES / 3)
  for (let window = 1; window <= 7 && head < text.length; window++) {
    const from = text.indexOf('\n', head + Math.floor(((text.length - head) * window) / 8))
    if (from >= 0) take(from + 1, window === 7 ? SAMPLE_LINES / 3 : SAMPLE_LINES / 18)
  }
  return lines
}

const weighted = <T>(item: T | readonly [T, number], usual: number): readonly [T, number] => (Array.isArray(item) ? (item as unknown as readonly [T, number]) : [item as T, usual])
const fits = (look: Look, line: string): boolean => (typeof look === 'function' ? look(line) : look.test(line))

interface Compiled { readonly row: Row, readonly forms: readonly (readonly [Look, number])[], readonly marks: readonly (readonly [RegExp, number])[] }
const compiled: readonly Compiled[] = rows.map(row => ({
  row,
  forms: row.forms.map(form => weighted<Look>(form, 1)),
  marks: (row.marks ?? []).map(mark => weighted<RegExp>(mark, 0.5)),
}))

interface Score { readonly row: Row, readonly share: number, readonly mark: number, readonly value: number }

function score({ row, forms, marks }: Compiled, lines: readonly string[], named: EvidenceKind | null): Score {
  let sum = 0
  let mark = 0
  let strong = false
  if (row.atMost !== undefined && lines.length > row.atMost) return { row, share: 0, mark, value: 0 }
  for (const line of lines) {
    const gain = forms.find(([look]) => fits(look, line))?.[1] ?? 0
    sum += gain
    strong ||= gain > 0.5 && /\w/.test(line)
    for (const [look, weight] of marks) if (weight > mark && look.test(line)) mark = weight
  }
  // Comments, brackets and shell words are found everywhere: they help a form, and are none.
  const share = strong || mark > 0 ? sum / lines.length : 0
  const value = share + mark
  return { row, share, mark, value: value > 0 && named === row.kind ? value + 0.25 : value }
}

const aboutOf = (row: Row): string => row.about ?? evidenceKinds[row.kind].about

/** Less is not enough to say what a text is: a few matching lines in prose. */
const ENOUGH = 0.4

/**
 * What a text is. `hint` is the kind that the command before it or its heading promises: it decides where the lines do
 * not, and never against them.
 */
export function recognise(text: string, fileName?: string, hint?: EvidenceKind): Recognised {
  const lines = sample(text)
  if (lines.length === 0) return { kind: 'text', sure: 'guess', why: noted('it is empty'), share: 0 }
  const promised = hint ?? (fileName === undefined ? null : kindOfName(fileName))
  const scores = compiled.map(one => score(one, lines, promised)).toSorted((a, b) => b.value - a.value)
  const [best] = scores
  if (!best || best.value < ENOUGH) return byName(promised, hint !== undefined, best?.share ?? 0)
  const { row, share, mark, value } = best
  const sure = share >= 0.8 && (mark > 0 || lines.length >= 3) || value >= 1.1 ? 'certain' : value >= 0.6 ? 'likely' : 'guess'
  const why = mark > 0 ? noted('{n} % of its lines look like {kind}, and one is typical of it', { n: Math.round(share * 100), kind: aboutOf(row) }) : noted('{n} % of its lines look like {kind}', { n: Math.round(share * 100), kind: aboutOf(row) })
  const kind = row.kind === 'libvirt-domain' && isLive(text) ? 'libvirt-domain-live' : row.kind
  const name = row.named ? nameIn(text, row.named, kind, fileName) : kind === 'vm-bhyve' && fileName !== undefined ? stemOf(fileName) : undefined
  // A report with a few lines of a listing is taken for that listing, and a script looks like what it printed: messages are searched for all the same.
  const saysMore = share < 0.4 && !('log' in evidenceKinds[kind]) || kind === 'libvirt-hooks' && lines.some(line => printed.test(line))
  const also = [...alsoGoodFor(kind, lines, scores), ...(saysMore ? ['text' as const] : [])]
  const strays = straysIn(row, lines).filter(other => !also.includes(other))
  return { kind, sure, why, share, ...(name ? { name } : {}), ...(also.length > 0 ? { also } : {}), ...(strays.length > 0 ? { strays } : {}) }
}

function byName(promised: EvidenceKind | null, isHint: boolean, share: number): Recognised {
  const spec = promised === null ? null : evidenceKinds[promised]
  if (promised !== null && spec && (isHint || byNameAlone.includes(promised))) {
    return { kind: promised, sure: 'guess', why: isHint ? noted('the command before it prints {kind}', { kind: spec.about }) : noted('its file name suggests {kind}', { kind: spec.about }), share }
  }
  return { kind: 'text', sure: 'guess', why: noted('its lines look like no kind that gpudoctor knows'), share }
}

const logs: readonly EvidenceKind[] = ['kernel-log', 'qemu-log', 'libvirt-log', 'bhyve-log']

/** Logs that have a line here which is none of the text's own kind. */
function straysIn(own: Row, lines: readonly string[]): EvidenceKind[] {
  const ownForms = compiled.find(({ row }) => row === own)?.forms ?? []
  const foreign = lines.filter(line => !ownForms.some(([look]) => fits(look, line)))
  return compiled.filter(({ row, forms }) => row !== own && logs.includes(row.kind) && foreign.some(line => forms.some(([look, weight]) => weight === 1 && fits(look, line)))).map(({ row }) => row.kind)
}

/** `virsh dumpxml` of a running domain has its id; the file in /run/libvirt/qemu is wrapped in <domstatus>. */
const isLive = (text: string): boolean => /(?:<|&lt;)(?:domstatus\b|domain [^>]{0,200}\bid=['"]?\d)/.test(text.slice(0, 65536))

/** Stems of file names that are no VM's name. */
const noVm = /^(?:(?:qemu|domain|vm|guest|libvirt|virsh|host|error|errors|output|start|log|console|debug|stderr|stdout|trace|boot|task|run|test|dump|config|xml|hostdev|gpu|new|old)[._ -]?\d*){1,3}$/i

function nameIn(text: string, look: RegExp, kind: EvidenceKind, fileName: string | undefined): string | undefined {
  const found = look.exec(text.slice(0, 65536))?.[1]
  if (found !== undefined && found !== '') return found
  return fileName !== undefined && (kind !== 'qemu-processes') && /\.(?:xml|log|conf)$/i.test(fileName) && !noVm.test(stemOf(fileName)) ? stemOf(fileName) : undefined
}

/** What a script printed, as `bash -x` shows it, looks like the script itself. */
const printed = /^\+{1,3} \S|(?:^|: )(?:error|fatal)\b|: (?:No such device|No such file or directory|Device or resource busy|Invalid argument|Permission denied)\s*$/i

/** A syslog holds other people's lines too: give it to the parsers of those as well. */
function alsoGoodFor(kind: EvidenceKind, lines: readonly string[], scores: readonly Score[]): EvidenceKind[] {
  const syslog = lines.some(line => syslogLine.test(line))
  if (!syslog) return []
  const guests: EvidenceKind[] = ['bhyve-commands', 'qemu-processes', 'libvirt-log']
  const found = guests.filter(other => other !== kind && scores.some(s => s.row.kind === other && (other === 'libvirt-log' ? s.share > 0 : s.mark > 0)))
  return kind === 'kernel-log' ? found : guests.includes(kind) ? ['kernel-log', ...found] : []
}
const syslogLine = new RegExp(`^${journal}[\\w./@-]+\\[\\d+\\]: `)
