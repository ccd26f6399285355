/** What holds of every way from firmware to guest, on whatever host. */
import type { ChainLink } from '../model/finding.ts'

/** What is passed is proven; behind the first broken link what nobody knows is not reached, and only there. */
export function isSound(chain: readonly ChainLink[] | undefined): boolean {
  const end = chain?.findIndex(link => link.verdict === 'failed') ?? -1
  return (chain ?? []).every(({ verdict, evidence, failedBy }, place) =>
    (verdict === 'passed' ? evidence.length > 0 : verdict === 'not reached' ? end >= 0 && place > end : true)
    && (failedBy.length === 0 || verdict === 'failed') && (verdict !== 'unknown' || end < 0 || place < end))
}
