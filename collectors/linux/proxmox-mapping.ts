import { collector } from '../collector.ts'

/** What the names behind `hostpciN: mapping=` stand for on each node. */
export default collector({
  gives: 'proxmox-mapping',
  platform: 'linux',
  first: [{ read: '/etc/pve/mapping/pci.cfg' }],
  privilege: { root: 'to read /etc/pve' },
  timeout: 5,
  loses: 'Which functions the resource mappings of Proxmox stand for.',
})
