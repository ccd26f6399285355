import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { releaseFacts, releaseWord } from './freebsd/release.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const numbers = /^\s*(\d{6,7})(?:\s+(\d{6,7}))?\s*$/

/**
 * `freebsd-version -kru`: installed kernel, running kernel, userland, a line each; with `uname -a` or the numbers of
 * `uname -K` and `uname -U` behind it. One line alone is the userland, which is what freebsd-version prints by itself.
 *
 *     14.3-RELEASE-p5
 */
export default parser({
  gives: 'freebsd-version',
  parse(evidence: Evidence): Contribution {
    const host: HostDraft = {}
    const releases: { text: string, line: number }[] = []
    const dates: { value: number, line: number }[] = []
    for (const { text, line } of linesOf(textOf(evidence))) {
      const found = releaseWord.exec(text)
      if (/^\s*FreeBSD\s/.test(text) && found) Object.assign(host, releaseFacts(text, evidence, line))
      else if (found && text.trim().startsWith(found[0])) releases.push({ text: found[0], line })
      const date = numbers.exec(text)
      for (const value of [date?.[1], date?.[2]]) if (value !== undefined) dates.push({ value: Number(value), line })
    }
    const [installed, running, userland] = releases.length >= 3 ? releases : [undefined, releases.length === 2 ? releases[0] : undefined, releases.at(-1)]
    if (running) Object.assign(host, releaseFacts(running.text, evidence, running.line))
    if (installed) host.kernelInstalled = known(installed.text, evidence.id, installed.line)
    if (userland) {
      host.userland = known(userland.text, evidence.id, userland.line)
      host.freebsdMajor ??= known(Number.parseInt(userland.text, 10), evidence.id, userland.line)
    }
    const [kernelDate, userlandDate] = dates
    if (kernelDate) host.osreldate = known(kernelDate.value, evidence.id, kernelDate.line)
    if (userlandDate) host.osreldateUserland = known(userlandDate.value, evidence.id, userlandDate.line)
    if (Object.keys(host).length === 0) return {}
    return { host: { platform: known('freebsd', evidence.id, 1), distribution: known('freebsd', evidence.id, 1), ...host } }
  },
})
