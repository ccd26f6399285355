import { collector } from '../collector.ts'

/** The VMs of this node; Proxmox keeps them in a file system of its own, which root and www-data may read. */
export default collector({
  gives: 'proxmox-vm',
  platform: 'linux',
  every: [{ read: '/etc/pve/qemu-server/*.conf' }],
  privilege: { root: 'to read /etc/pve/qemu-server' },
  timeout: 10,
  limit: 2 ** 20,
  loses: 'Which functions the VMs want, and how those VMs are set up.',
})
