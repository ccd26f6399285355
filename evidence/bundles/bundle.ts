/**
 * A bundle is what another tool packed of a host. A declaration says what marks it and which of its members are which
 * evidence: a new format is one file here. Bundles hold what somebody chose to take, so that what is not in them proves
 * nothing: no member becomes evidence of absence.
 */
import type { EvidenceKind } from '../../model/evidence.ts'

export interface MemberRule {
  /** Held against the path below the bundle's top folder. A group `name` names the piece (the VM of a domain). */
  readonly at: RegExp
  /** What it is; `by content`: cut and recognised like a loose file. */
  readonly kind: EvidenceKind | 'by content'
  /** Joined with the others of its kind into one text, each under `==> /path <==`. */
  readonly tree?: true
  /** Lines are missing in it, so that what is not seen may still be there. */
  readonly partial?: true
  /** Of several members with this word only the first in the order of the rules is taken. */
  readonly best?: string
}

export interface Bundle {
  readonly name: string
  /** In words, with who makes it: `a sos report`. */
  readonly about: string
  /** A path of this form, below the top folder, is in each of them. */
  readonly mark: RegExp
  /** What marks it, in words, for docs/inputs.md. */
  readonly marked: string
  readonly members: readonly MemberRule[]
  /** As a folder the collectors read it themselves. */
  readonly hostTree?: true
  /** Files beside those, held against the same path, that are taken by their content. */
  readonly loose?: RegExp
  /** What its layout was taken from. */
  readonly source: string
  /** Real ones that were read, beside the layouts that bundles.test.ts rebuilds. */
  readonly read?: string
}

export const bundle = (declaration: Bundle): Bundle => declaration

/** Logs may be rotated and packed. */
const packed = String.raw`(?:\.gz)?`

/** Files at the place they have on a host, as many bundles copy them. */
export const hostFiles: readonly MemberRule[] = [
  { at: /^proc\/cmdline$/, kind: 'cmdline' },
  { at: /^proc\/cpuinfo$/, kind: 'cpuinfo', best: 'cpuinfo' },
  { at: /^proc\/meminfo$/, kind: 'meminfo' },
  { at: /^proc\/iomem$/, kind: 'iomem' },
  { at: /^proc\/modules$/, kind: 'modules', best: 'modules' },
  { at: /^proc\/version$/, kind: 'kernel-version', best: 'kernel-version' },
  { at: /^(?:etc|usr\/lib)\/os-release$/, kind: 'os-release', best: 'os-release' },
  { at: /^(?:etc\/default\/grub(?:\.d\/[^/]+)?|etc\/kernel\/cmdline|boot\/grub2?\/(?:grub\.cfg|grubenv)|boot\/loader\/(?:loader\.conf|entries\/[^/]+\.conf)|boot\/efi\/EFI\/[^/]+\/grub\.cfg)$/, kind: 'boot-config', tree: true },
  { at: /^(?:etc|usr\/lib|lib|run)\/modprobe\.d\/[^/]+\.conf$|^etc\/modules(?:-load\.d\/[^/]+\.conf)?$/, kind: 'modprobe-conf', tree: true },
  { at: /^etc\/(?:initramfs-tools\/(?:modules|initramfs\.conf)|dracut\.conf(?:\.d\/[^/]+\.conf)?|mkinitcpio\.conf(?:\.d\/[^/]+\.conf)?)$/, kind: 'initramfs-conf', tree: true },
  { at: /^sys\/module\/(?:vfio\w*|kvm\w*|nvidia\w*|amdgpu|i915|xe|nouveau)\/parameters\/\w+$/, kind: 'module-parameters', tree: true },
  { at: /^sys\/firmware\/acpi\/tables\/(?<name>DMAR|IVRS)$/, kind: 'acpi-table' },
  { at: /^boot\/config-[^/]+$/, kind: 'kernel-config', best: 'kernel-config' },
  { at: /^proc\/driver\/nvidia\/(?:version|params|gpus\/[^/]+\/information|warnings\/[^/]+)$/, kind: 'nvidia-proc', tree: true },
  { at: /^etc\/libvirt\/qemu\/(?<name>[^/]+)\.xml$/, kind: 'libvirt-domain' },
  { at: /^(?:var\/)?run\/libvirt\/qemu\/(?<name>[^/]+)\.xml$/, kind: 'libvirt-domain-live' },
  { at: new RegExp(`^var/log/libvirt/qemu/(?<name>[^/]+)\\.log${packed}$`), kind: 'qemu-log' },
  { at: new RegExp(`^var/log/libvirt/(?:libvirtd|virtqemud)\\.log${packed}$`), kind: 'libvirt-log' },
  { at: /^etc\/pve\/(?:nodes\/[^/]+\/)?qemu-server\/(?<name>\d+)\.conf$/, kind: 'proxmox-vm' },
  { at: /^etc\/pve\/mapping\/pci\.cfg$/, kind: 'proxmox-mapping' },
  { at: /^etc\/(?:driverctl\.d\/[^/]+|udev\/rules\.d\/[^/]+\.rules)$/, kind: 'device-binding', tree: true },
  { at: /^etc\/(?:kolla\/nova-compute|nova)\/nova(?:-cpu|-compute)?\.conf$/, kind: 'nova-conf' },
  { at: /^var\/run\/dmesg\.boot$/, kind: 'kernel-log', best: 'kernel-log' },
  { at: new RegExp(`^var/log/dmesg${packed}$`), kind: 'kernel-log', best: 'kernel-log' },
  { at: /^var\/log\/kern\.log$/, kind: 'kernel-log', best: 'kernel-log', partial: true },
  { at: /^var\/log\/(?:messages|syslog)$/, kind: 'kernel-log', best: 'kernel-log', partial: true },
  { at: /^boot\/loader\.conf(?:\.local|\.d\/[^/]+\.conf)?$/, kind: 'loader-conf', tree: true },
  { at: /^etc\/rc\.conf(?:\.local)?$/, kind: 'rc-conf', tree: true },
  { at: /^etc\/remote$/, kind: 'remote' },
]
