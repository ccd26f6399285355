import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** In /proc/version, in `uname -a` (host name first) and in `uname -r`. */
const spellings: readonly { readonly platform: 'linux' | 'freebsd', readonly form: RegExp }[] = [
  { platform: 'linux', form: /^Linux version (\d+\.\d+\S*)/ },
  { platform: 'linux', form: /^Linux \S+ (\d+\.\d+\S*) #/ },
  { platform: 'freebsd', form: /^FreeBSD \S+ (\d+\.\d+-\S+)/ },
  { platform: 'linux', form: /^(\d+\.\d+(?:\.\d+)?(?:[-.+~_][\w.+~-]+)?)$/ },
]

/** The word in brackets of `none [integrity] confidentiality` (security/lockdown/lockdown.c). */
const lockdownState = /\[(none|integrity|confidentiality)\]/

/** `lxc`, `docker` … in systemd's file (`wsl` is none of them); that the others' files are there is enough. */
const isContainerMark = (path: string, mark: string, text: string): boolean =>
  (path === '/run/systemd/container' && mark === '=' && /^[\w-]+$/.test(text) && text !== 'wsl') || (path === '/.dockerenv' && mark === '=') || (path === '/run/.containerenv' && mark === '@')

/**
 * The release of the running kernel, since when it runs, its taint and its lockdown, and whether it runs in a container or under Windows.
 *
 *     Linux pve1 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06T15:04Z) x86_64 GNU/Linux
 */
export default parser({
  gives: 'kernel-version',
  parse(evidence: Evidence) {
    const host: HostDraft = {}
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (isContainerMark(path, mark, text)) host.runsIn = known<string>('container', evidence.id, line)
      if (mark !== '=') continue
      if (path.endsWith('/tainted')) {
        const bits = /^\s*(\d{1,15})\s*$/.exec(text)
        if (bits) host.taint = known(Number(bits[1]), evidence.id, line)
        continue
      }
      if (path === '/proc/uptime') {
        const seconds = Number(/^(\d{1,12})(?:\.\d{1,9})? /.exec(text)?.[1] ?? Number.NaN)
        const taken = Date.parse(evidence.takenAt ?? '')
        if (Number.isFinite(seconds) && Number.isFinite(taken)) host.bootTime = known(Math.round(taken / 1000) - seconds, evidence.id, line)
        continue
      }
      const lockdown = path.endsWith('/lockdown') || path === '' ? lockdownState.exec(text) : null
      if (lockdown) host.lockdown = known(lockdown[1] ?? null, evidence.id, line)
      const found = host.kernel ? undefined : spellings.map(({ platform, form }) => ({ platform, release: form.exec(text.trim())?.[1] })).find(({ release }) => release)
      if (!found?.release) continue
      host.kernel = known(found.release, evidence.id, line)
      host.platform = known<string>(found.platform, evidence.id, line)
      if (/microsoft/i.test(found.release)) {
        host.runsIn ??= known<string>('wsl', evidence.id, line)
        host.outerHypervisor = known<string>('hyperv', evidence.id, line)
      }
    }
    return { host }
  },
})
