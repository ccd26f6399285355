import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { Contribution } from '../model/snapshot.ts'
import { isNmdmTypo } from './freebsd/nmdm.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/**
 * /etc/remote, the lines that cu and tip know (remote(5)).
 *
 *     fedora:dv=/dev/nmdm0B:br#9600:pa=none:
 */
export default parser({
  gives: 'remote',
  parse(evidence: Evidence): Contribution {
    const paths = gather(evidence.id)
    const typos = gather(evidence.id)
    for (const { text, line, mark } of readTree(textOf(evidence))) {
      const path = mark === '=' && !/^\s*#/.test(text) ? /:dv=([^:\s]{1,200})/.exec(text)?.[1] : undefined
      if (path === undefined) continue
      for (const one of path.split(',')) {
        paths.add(one, line)
        if (isNmdmTypo(one)) typos.add(one, line)
      }
    }
    return paths.size === 0 ? {} : { host: { platform: known('freebsd', evidence.id, 1), remoteLines: paths.fact(), remoteNmdmTypos: typos.fact() } }
  },
})
