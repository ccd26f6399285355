/** All collectors, by the system they are for. */
import type { Collector } from './collector.ts'
import { registry as freebsd } from './freebsd/registry.ts'
import { registry as linux } from './linux/registry.ts'

export const collectors: readonly Collector[] = [...linux, ...freebsd]
export const collectorsFor = (platform: string): readonly Collector[] => collectors.filter(one => one.platform === platform)
