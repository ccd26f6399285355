/** On which side a cure lies, seen from the machine that the evidence is of. */
import type { FixTemplate, Layer, Rule, Side } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'

/** What a system does with its own software, whether it is a host or a guest. */
const software: ReadonlySet<Layer> = new Set(['kernel', 'boot', 'driver', 'userspace'])

/**
 * A driver or program fails alike in a host and in a guest, and its rule can name only one of them. Where the system looked at is a VM
 * without VMs of its own, such a cure lies in the guest, unless its steps speak of the host or cut the power; on bare metal without VMs
 * there is no guest.
 */
export function sideOf(fix: FixTemplate, rule: Rule, { host, vms }: Snapshot): Side {
  if (!software.has(rule.layer) || Object.keys(vms).length > 0) return fix.side
  const runsIn = host.runsIn?.value
  if (fix.side === 'guest' && runsIn === 'metal') return 'host'
  if (fix.side !== 'host' || runsIn !== 'vm') return fix.side
  const outward = fix.steps.some(step => 'powerOff' in step || 'firmware' in step) || /\bhosts?\b/i.test(JSON.stringify([fix.title, fix.steps]))
  return outward ? 'host' : 'guest'
}
