/** Which variant of a step is for this host: distribution family, boot loader, initramfs tool, hypervisor, kernel. */
import { inLanguage, mark, say } from '../language/say.ts'
import type { HostFacts, Snapshot } from '../model/snapshot.ts'
import { tagGroups, type StepTag } from '../model/rule.ts'

const families: readonly [RegExp, string][] = [
  [/^(proxmox|pve)$/, 'proxmox'], [/^(ubuntu|pop|linuxmint|neon|elementary|zorin)/, 'ubuntu'], [/^(debian|raspbian|devuan|kali)/, 'debian'],
  [/^(fedora|nobara|bazzite)/, 'fedora'], [/^(rhel|centos|rocky|almalinux|ol|alma)/, 'rhel'], [/^(opensuse|sles|suse)/, 'suse'],
  [/^(arch|manjaro|endeavouros|cachyos|garuda)/, 'arch'], [/^gentoo/, 'gentoo'], [/^nixos/, 'nixos'], [/^unraid/, 'unraid'], [/^freebsd|^opnsense|^ghostbsd/, 'freebsd'],
]

type Group = keyof typeof tagGroups

/** In words, for a step of which it is not known whether it is for this host: `with GRUB`, `on Debian or Ubuntu`. */
const inWords: Readonly<Record<Group, (names: string) => string>> = {
  bootLoader: names => say('with {names}', { names }), initramfsTool: names => say('with {names}', { names }), hypervisor: names => say('with {names}', { names }),
  distribution: names => say('on {names}', { names }), platform: names => say('on {names}', { names }),
}

/** How names are written that are no commands. */
const written: Readonly<Record<string, string>> = {
  proxmox: 'Proxmox', ubuntu: 'Ubuntu', debian: 'Debian', fedora: 'Fedora', rhel: 'RHEL', suse: 'SUSE', arch: 'Arch', gentoo: 'Gentoo', nixos: 'NixOS', unraid: 'Unraid', freebsd: 'FreeBSD',
  grub: 'GRUB', 'unraid-syslinux': mark("Unraid's syslinux"), 'proxmox-ve': 'Proxmox', qemu: mark('plain QEMU'), cbsd: 'CBSD', linux: 'Linux', 'freebsd-host': 'FreeBSD',
}
const namesOf = (tags: readonly string[]): string => {
  const names = tags.map(tag => inLanguage(written[tag] ?? tag))
  return names.length > 1 ? say('{some} or {last}', { some: names.slice(0, -1).join(say(', ')), last: names.at(-1) ?? '' }) : (names[0] ?? '')
}

export type HostTags = Readonly<Partial<Record<Group, readonly string[]>>>

export function familyOf(distribution: string): string {
  return families.find(([pattern]) => pattern.test(distribution.toLowerCase()))?.[1] ?? distribution.toLowerCase()
}

/** The family of the distribution: by its own name, and for one nobody here knows by what it says it is built on. */
function familyHere(host: HostFacts): string | undefined {
  const own = host.distribution?.value
  const known = [...(own ? [own] : []), ...(host.distributionLike?.value ?? [])].find(name => families.some(([pattern]) => pattern.test(name.toLowerCase())))
  return known !== undefined ? familyOf(known) : own ? familyOf(own) : undefined
}

/** The tags of the host; with a VM's hypervisor where the finding is about that VM. A question nobody could answer is left out. */
export function tagsOf(host: HostFacts, hypervisor: string | null, snapshot: Snapshot): HostTags {
  const hypervisors = hypervisor !== null ? [hypervisor] : [...new Set(Object.values(snapshot.vms).flatMap(vm => vm.hypervisor?.value ?? []))]
  const one = (value: string | null | undefined) => (value === null || value === undefined ? undefined : [value])
  const distribution = familyHere(host)
  const entries: [Group, readonly string[] | undefined][] = [
    ['distribution', one(distribution)],
    ['bootLoader', one(host.bootLoader?.value === 'unraid' ? 'unraid-syslinux' : host.bootLoader?.value)],
    ['initramfsTool', one(host.initramfsTool?.value ?? likelyInitramfs(distribution))],
    ['hypervisor', hypervisors.length > 0 ? hypervisors.map(name => (name === 'proxmox' ? 'proxmox-ve' : name)) : undefined],
    ['platform', one(host.platform?.value === 'freebsd' ? 'freebsd-host' : host.platform?.value)],
  ]
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as HostTags
}

/** What a distribution brings unless somebody changed it. */
const likelyInitramfs = (family: string | undefined): string | undefined =>
  ({ proxmox: 'initramfs-tools', ubuntu: 'initramfs-tools', debian: 'initramfs-tools', fedora: 'dracut', rhel: 'dracut', suse: 'dracut', arch: 'mkinitcpio' })[family ?? '']

/** Whether a step is for this host: `false` no; `true` yes; text: only in this case, as it is not known. */
export function isFor(where: readonly StepTag[] | undefined, tags: HostTags): boolean | string {
  if (!where) return true
  const conditions: string[] = []
  for (const [group, all] of Object.entries(tagGroups) as [Group, readonly StepTag[]][]) {
    const named = where.filter(tag => all.includes(tag))
    if (named.length === 0) continue
    const own = tags[group]
    if (own === undefined) conditions.push(inWords[group](namesOf(named)))
    else if (!named.some(tag => own.includes(tag))) return false
  }
  return conditions.length === 0 ? true : conditions.join(' ')
}
