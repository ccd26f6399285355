import { bdfFromText } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/** What functions can be meant for. */
export const goals = ['passthrough', 'compute', 'display'] as const
export type Goal = (typeof goals)[number]

/**
 * What a person said on the command line that functions are for; it stands above what configuration tells.
 *
 *     goal passthrough
 *     device 0000:01:00.0
 */
export default parser({
  gives: 'intent',
  parse(evidence) {
    const host: HostDraft = {}
    const devices = gather(evidence.id)
    for (const { text, line } of linesOf(textOf(evidence))) {
      const goal = goals.find(word => text === `goal ${word}`)
      if (goal) host.goal = known<string>(goal, evidence.id, line)
      const bdf = text.startsWith('device ') ? bdfFromText(text.slice(7)) : null
      if (bdf && devices.size < 1000) devices.add(bdf, line)
    }
    if (devices.size > 0) host.goalDevices = devices.fact()
    return Object.keys(host).length > 0 ? { host } : {}
  },
})
