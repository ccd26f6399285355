/** Every bundle, in the order in which their marks are looked for: those with marks of their own first. */
import type { Bundle } from './bundle.ts'
import hostTree from './host-tree.ts'
import hwProbe from './hw-probe.ts'
import insights from './insights.ts'
import mustGather from './must-gather.ts'
import sosreport from './sosreport.ts'
import supportconfig from './supportconfig.ts'
import troubleshoot from './troubleshoot.ts'
import unraid from './unraid.ts'

export const bundles: readonly Bundle[] = [sosreport, insights, troubleshoot, unraid, mustGather, supportconfig, hwProbe, hostTree]
