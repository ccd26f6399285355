/** All collectors, by the system they are for. */
import type { Collector, Extra } from './collector.ts'
import { registry as freebsd } from './freebsd/registry.ts'
import { registry as linux } from './linux/registry.ts'

export const collectors: readonly Collector[] = [...linux, ...freebsd]
/** Those of a system; what does more than read it only where it is asked for. */
export const collectorsFor = (platform: string, also: readonly Extra[] = []): readonly Collector[] =>
  collectors.filter(one => one.platform === platform && (one.extra === undefined || also.includes(one.extra)))
