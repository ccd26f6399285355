import { bhyveCommandFacts } from './freebsd/bhyve-command.ts'
import { parser } from './parser.ts'

/**
 * Command lines of bhyve and its loaders, from the script that starts a VM, `ps -axww`, vm-bhyve.log or a bhyve_config
 * file.
 *
 *     bhyve -c 2 -m 4G -wHS -s 0,hostbridge -s 7,passthru,1/0/0 -s 31,lpc -l com1,stdio -l bootrom,/path/BHYVE_UEFI.fd fedora
 */
export default parser({ gives: 'bhyve-commands', parse: bhyveCommandFacts })
