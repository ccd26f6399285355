import { bhyveConfigFacts } from './freebsd/bhyve-command.ts'
import { parser } from './parser.ts'

/**
 * A file that bhyve is given with -k: bhyve_config(5), a setting on each line; comments begin with #. Names lead from the
 * device down: `pci.BUS.SLOT.FUNCTION.NAME`. Gives what a command line gives.
 *
 *     memory.wired=true
 *     pci.0.5.0.device=passthru
 *     pci.0.5.0.bus=4
 */
export default parser({ gives: 'bhyve-config', parse: bhyveConfigFacts })
