import { bundle } from './bundle.ts'
import { noted } from '../../language/say.ts'

/** Flat texts of `#==[ Command ]==#` blocks with the command on a line of its own; each is cut like a pasted session. */
export default bundle({
  name: 'supportconfig', about: noted('a SUSE supportconfig'), mark: /^(?:basic-environment|supportconfig)\.txt$/, marked: 'a file `basic-environment.txt` or `supportconfig.txt`',
  members: ['hardware', 'boot', 'messages', 'modules', 'env', 'basic-environment', 'pci', 'kvm', 'sysfs', 'proc', 'memory'].map(name => ({ at: new RegExp(`^${name}\\.txt$`), kind: 'by content' as const })),
  source: 'openSUSE/supportutils, bin/supportconfig.rc',
})
