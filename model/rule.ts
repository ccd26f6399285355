/** A rule as it is written in YAML, after the loader has checked it. */
import type { EvidenceKind } from './evidence.ts'

export const severities = ['error', 'warning', 'hint'] as const
/** error: something fails or will; warning: it may fail, or is slower than it should be; hint: worth knowing or asking. */
export type Severity = (typeof severities)[number]

export const confidences = ['confirmed', 'likely', 'possible'] as const
/** confirmed: state and log agree, or the state alone leaves no other reading; likely; possible. */
export type Confidence = (typeof confidences)[number]

/** From firmware to guest: the order in which a host comes up, and in which a cause beats a consequence. */
export const layers = ['firmware', 'iommu', 'kernel', 'boot', 'binding', 'isolation', 'reset', 'resources', 'link', 'memory', 'hypervisor', 'vm-config', 'guest-firmware', 'guest', 'driver', 'userspace', 'management', 'hygiene'] as const
export type Layer = (typeof layers)[number]

export const subjectKinds = ['host', 'function', 'group', 'vm', 'assignment'] as const
export type SubjectKind = (typeof subjectKinds)[number]

export type Platform = 'linux' | 'freebsd' | 'illumos'

/** Another fact on the right side of a comparison, or one of the shared lists: `{ fact: lists, path: vfioDrivers }`. */
export interface FactReference { readonly fact: string; readonly path?: string }
export type ComparedValue = string | number | boolean | null | readonly (string | number)[] | FactReference

export interface Leaf { readonly fact: string; readonly path: string; readonly operator: string; readonly value: ComparedValue }
export type Condition = Leaf | { readonly all: readonly Condition[] } | { readonly any: readonly Condition[] } | { readonly not: Condition }

/** Where a message is looked for and how it reads; becomes the facts `log.<name>.count`, `.line` and one per named group. */
export interface LogSignature {
  /** Kinds searched. The first is where the message stands if it was ever printed: only its absence there proves anything. */
  readonly in: readonly EvidenceKind[]
  /** One of these stands in every matching line, case ignored; at least eight characters each. Found first, all at once. */
  readonly contains: readonly string[]
  /** RE2 syntax; named groups become facts. Groups bdf, group and vm also say which subject the line is about. */
  readonly match: string
  /** Named groups that are numbers (decimal or 0x). */
  readonly numbers?: readonly string[]
  /** `host`: count the line for every subject, whatever address it names. */
  readonly about?: 'subject' | 'host'
  /** A table of rules/_tables that tells what codes in the line mean. */
  readonly table?: TableLookup
  /** Real lines it must match; run as tests. */
  readonly samples: readonly string[]
  /** Lines that look alike and must not match. */
  readonly not?: readonly string[]
}

/** The row of a table that named groups of a line lead to; its columns become `log.<name>.row.<column>`. */
export interface TableLookup {
  readonly name: string
  /** Named groups whose values, joined by a space, are the key of the row. */
  readonly key: readonly string[]
  /** Only lines count whose row has one of these values in each of these columns; `none`: only lines the table has no row for. */
  readonly rows?: 'none' | Readonly<Record<string, readonly string[]>>
  /** The table's columns; the loader puts them here. */
  readonly columns: readonly string[]
}

/** Every tag a `where` may name, by the question it answers. */
export const tagGroups = {
  bootLoader: ['grub', 'systemd-boot', 'proxmox-boot-tool', 'kernelstub', 'unraid-syslinux'],
  distribution: ['proxmox', 'ubuntu', 'debian', 'fedora', 'rhel', 'suse', 'arch', 'gentoo', 'nixos', 'unraid', 'freebsd'],
  initramfsTool: ['initramfs-tools', 'dracut', 'mkinitcpio', 'booster'],
  hypervisor: ['libvirt', 'qemu', 'proxmox-ve', 'bhyve', 'vm-bhyve', 'cbsd'],
  platform: ['linux', 'freebsd-host', 'illumos'],
} as const
export type StepTag = (typeof tagGroups)[keyof typeof tagGroups][number]

/** One step as written in a rule; `recipe` becomes the steps of that recipe for this host. */
export type StepTemplate = (
  | { readonly run: string }
  | { readonly write: string; readonly text: string }
  | { readonly append: string; readonly text: string }
  | { readonly set: string; readonly name: string; readonly value?: string; readonly addWords?: string; readonly removeWords?: string }
  | { readonly edit: string; readonly set: string }
  | { readonly firmware: string }
  | { readonly reboot: true }
  | { readonly powerOff: true }
  | { readonly note: string }
  | { readonly recipe: string; readonly with?: Readonly<Record<string, string>> }
) & {
  /** Distributions, boot loaders, initramfs tools or hypervisors it is for; none: all. */
  readonly where?: readonly StepTag[]
  /** Repeat for each element of this list; `{{each.bdf}}` is the element. */
  readonly each?: string
}

export interface CheckTemplate { readonly run: string; readonly shows: string; readonly where?: readonly StepTag[]; readonly each?: string }

export type Risk = 'none' | 'restart-vm' | 'reboot' | 'data'

export const sides = ['firmware', 'host', 'hypervisor', 'guest'] as const
/** Where a cure lies: the firmware setup of the host, its system, the definition of the VM, or inside the guest. */
export type Side = (typeof sides)[number]

export interface FixTemplate {
  readonly title: string
  readonly risk: Risk
  /** Which side the cure lies on. */
  readonly side: Side
  readonly caution?: string
  readonly steps: readonly StepTemplate[]
  readonly verify: readonly CheckTemplate[]
  /** The way back. */
  readonly undo?: readonly StepTemplate[]
  /** Offer it only where this holds; a fix that is not applicable here is left out. */
  readonly when?: Condition
}

export interface Rule {
  readonly id: string
  readonly aliases: readonly string[]
  readonly title: string
  readonly severity: Severity
  readonly layer: Layer
  readonly platforms: readonly Platform[]
  readonly status: 'draft' | 'stable' | 'retired'
  readonly for: SubjectKind
  /** Evidence kinds the conditions rest on; computed from the paths. */
  readonly needs: readonly EvidenceKind[]
  /** Signatures without a hit of which the conditions cannot hold; computed from the conditions. */
  readonly requires: readonly string[]
  /** What this rule explains away when both fire: it is put under the first of these. */
  readonly symptomOf: readonly string[]
  /** More general rules that have the same failure in view: its findings bear their names as well, and explain theirs. */
  readonly specialCaseOf: readonly string[]
  readonly log: Readonly<Record<string, LogSignature>>
  readonly conditions: Condition
  readonly confidence: Confidence
  /** Raises the confidence where it holds as well. */
  readonly confirmedWhen?: Condition
  readonly likelyWhen?: Condition
  readonly cause: string
  readonly finding: string
  readonly fixes: readonly FixTemplate[]
  /** Rules this one is easily taken for, with how to tell them apart. */
  readonly confusedWith: readonly { readonly rule: string; readonly tell: string }[]
  /** Releases its messages and conditions were checked against. */
  readonly checkedAgainst: readonly string[]
  readonly references: readonly { readonly for: string; readonly at: string }[]
}
