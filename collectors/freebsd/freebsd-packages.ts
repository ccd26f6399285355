import { collector } from '../collector.ts'
import { matteringPackage } from '../../matching/freebsd-packages.ts'

/** -N keeps pkg from installing itself where it is not yet. Of all packages only those that VMs need are kept, and pkg itself as a sign that the list was whole. */
export default collector({
  gives: 'freebsd-packages',
  platform: 'freebsd',
  first: [{ run: ['pkg', '-N', 'query', '%n %v %R'] }],
  timeout: 10,
  limit: 4 << 20,
  reduce: text => text.split('\n').filter(line => matteringPackage.test(line.split(' ')[0] ?? '') || line.startsWith('pkg ')).map(line => `${line}\n`).join(''),
  loses: 'Whether UEFI firmware for bhyve, vm-bhyve, CBSD and GPU drivers are installed, and in which version.',
})
