import { textOf, type Evidence } from '../model/evidence.ts'
import { known, type Fact } from '../model/fact.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** What a line other than those of os-release says of the distribution built on top of it. */
const signs: readonly { readonly distribution: string, readonly path?: RegExp, readonly text?: RegExp }[] = [
  { distribution: 'proxmox', path: /^\/etc\/pve(?:\/|$)|\/pve-manager(?:\/|$)/ },
  { distribution: 'proxmox', text: /^(?:pve-manager[/:]|proxmox-ve:)\s*\d/ },
  { distribution: 'unraid', path: /\/unraid-version$/ },
  { distribution: 'unraid', text: /^(?:NAME|PRETTY_NAME)="?unraid/i },
]

/** Tools that come with a distribution and are not a matter of choice there. */
const initramfsTools: readonly { readonly ids: readonly string[], readonly tool: string }[] = [
  { ids: ['proxmox', 'debian', 'linuxmint', 'pop'], tool: 'initramfs-tools' },
  { ids: ['fedora', 'rhel', 'centos', 'rocky', 'almalinux', 'ol', 'suse', 'opensuse', 'opensuse-leap', 'opensuse-tumbleweed', 'sles'], tool: 'dracut' },
]

/** A value as the shell would read it: `"12"`, `'12'` and `12` are one. */
const unquoted = (text: string): string => {
  const quoted = /^(["'])(.*)\1$/.exec(text.trim())
  return (quoted ? quoted[2] ?? '' : text.trim()).replace(/\\(["'$`\\])/g, '$1')
}

/**
 * The distribution by os-release(5); Proxmox and Unraid, which name their base there, by what they add.
 *
 *     PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
 *     ID=debian
 *     VERSION_ID="12"
 *     pve-manager/8.2.7/3e0176e6bb2ade3b (running kernel: 6.8.12-4-pve)
 */
export default parser({
  gives: 'os-release',
  parse(evidence: Evidence) {
    const fields = new Map<string, Fact<string>>()
    let onTop: Fact<string> | undefined
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      const sign = mark === '!' ? undefined : signs.find(s => s.path ? s.path.test(path) : mark === '=' && s.text?.test(text))
      if (sign) onTop ??= known(sign.distribution, evidence.id, line)
      const field = mark === '=' ? /^\s*([A-Z][A-Z0-9_]*|version)=(.*)$/.exec(text) : null
      if (field) fields.set(path.endsWith('/unraid-version') ? 'unraid version' : field[1] ?? '', known(unquoted(field[2] ?? ''), evidence.id, line))
    }
    const id = fields.get('ID')
    const distribution = onTop ?? (id?.value ? { ...id, value: id.value.toLowerCase() } : undefined)
    if (!distribution?.value) return {}
    const host: HostDraft = { distribution, platform: { ...distribution, value: distribution.value === 'freebsd' ? 'freebsd' : 'linux' } }
    host.distributionVersion = fields.get('unraid version') ?? fields.get('VERSION_ID') ?? { value: null, at: distribution.at }
    const like = [distribution, id, fields.get('ID_LIKE')].filter(fact => fact !== undefined)
    const family = [...new Set(like.flatMap(fact => (fact.value ?? '').toLowerCase().split(/\s+/)).filter(Boolean))]
    host.distributionLike = { value: family, at: like.flatMap(fact => fact.at) }
    if (distribution.value === 'unraid') host.bootLoader = { ...distribution, value: 'unraid' }
    const tool = initramfsTools.find(({ ids }) => ids.includes(distribution.value ?? ''))?.tool
    if (tool) host.initramfsTool = { ...distribution, value: tool }
    return { host }
  },
})
