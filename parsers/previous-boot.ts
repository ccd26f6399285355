import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { readLogLine } from './log-line.ts'
import { parser } from './parser.ts'
import { baseName, readTree } from './tree.ts'

/** What a kernel says when it dies, or nearly. */
const death = /^(?:Kernel panic - not syncing|BUG: |Oops: |general protection fault|watchdog: (?:BUG: soft lockup|Watchdog detected hard LOCKUP)|NMI watchdog: |INFO: rcu_\w+ (?:self-)?detected|INFO: task \S{1,40} blocked for more than|mce: \[Hardware Error\]|\{\d+\}\[Hardware Error\])/
/** How a boot ends in order: reboot, power off, or the last words of systemd. */
const inOrder = /^(?:reboot: (?:Restarting system|Power down|System halted)|systemd-shutdown\[1\]: |Shutting down\b|kvm: exiting hardware virtualization|ACPI: PM: Preparing to enter system sleep state S5|ACPI: Preparing to enter system sleep state S5|watchdog: watchdog\d+: watchdog did not stop!)/

/** Only the end of a boot is of interest. */
const mostLines = 5000
/** Lines at the end among which the words of an orderly end stand. */
const lastLines = 40

/**
 * The end of the kernel log of the boot before, and the files in which the kernel saved a crash.
 *
 *     [ 5123.550102] host kernel: watchdog: BUG: soft lockup - CPU#5 stuck for 22s! [CPU 0/KVM:4711]
 *     /var/lib/systemd/pstore/7349…<TAB>@100644 0 0 1799 1741075200
 */
export default parser({
  gives: 'previous-boot',
  parse(evidence) {
    const saved = gather(evidence.id)
    const raw: { readonly text: string, readonly line: number }[] = []
    let looked = false
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark === '/') looked = true
      if (mark === '@' && /pstore\//.test(path)) saved.add(baseName(path), line)
      if (mark === '=' && path === '') raw.push({ text, line })
    }
    const host: HostDraft = {}
    const log = raw.slice(-mostLines).map(({ text, line }) => ({ text: readLogLine(evidence.id, line, text).text, line }))
    if (saved.size > 0 || looked) host.crashesSaved = saved.fact()
    const last = log.findLast(({ text }) => text.trim() !== '')
    const died = log.find(({ text }) => death.test(text))
    if (last && log.length >= 20) {
      host.previousBootLast = known<string>(last.text.slice(0, 300), evidence.id, last.line)
      host.previousBootDied = known<string>(died?.text.slice(0, 300) ?? null, evidence.id, died?.line ?? last.line)
      host.previousBootInOrder = known(log.slice(-lastLines).some(({ text }) => inOrder.test(text)), evidence.id, last.line)
    }
    return Object.keys(host).length > 0 ? { host } : {}
  },
})
