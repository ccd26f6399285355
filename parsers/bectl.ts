import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * The boot environments: name, then N where it runs now and R where the next boot takes it, then T for one boot alone
 * (sbin/bectl/bectl_list.c); with -H fields are parted by tabs, else by blanks.
 *
 *     default	NR	/	3.52G	2024-05-01 10:02
 *     14.3-upgrade	-	-	1.20M	2025-07-02 21:15
 */
export default parser({
  gives: 'bectl',
  parse(evidence: Evidence): Contribution {
    const rows = [...linesOf(textOf(evidence))].flatMap(({ text, line }) => {
      const parts = /^(\S{1,200})\s+([NRT]{1,3}|-)\s+(\S{1,200})\s+(?:[\d.]+[KMGTPEB]?|-)\s+\d{4}-\d\d-\d\d/.exec(text)
      return parts ? [{ name: parts[1] ?? '', flags: parts[2] ?? '', line }] : []
    })
    const first = rows[0]
    if (!first) return {}
    const marked = (flag: string) => rows.find(({ flags }) => flags.includes(flag))
    const [now, next] = [marked('N'), marked('T') ?? marked('R')]
    return {
      host: {
        platform: known('freebsd', evidence.id, first.line),
        ...(now && { bootEnvironment: known(now.name, evidence.id, now.line) }),
        ...(next && { bootEnvironmentNext: known(next.name, evidence.id, next.line) }),
      },
    }
  },
})
