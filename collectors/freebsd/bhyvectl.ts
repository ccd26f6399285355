import { collector } from '../collector.ts'

/** What the kernel holds for each VM that has a device node, be it running or left behind; asking makes no VM. */
export default collector({
  gives: 'bhyvectl',
  platform: 'freebsd',
  every: [{ run: ['bhyvectl', '--vm={name}', '--get-memmap'], for: { namesIn: '/dev/vmm', of: 'A-Za-z0-9_.@:+-' } }],
  privilege: { root: 'opens the device nodes of the VMs' },
  timeout: 10,
  limit: 64 << 10,
  loses: 'Whether the memory of a VM, or of one that was left behind, is wired and mapped for its functions.',
})
