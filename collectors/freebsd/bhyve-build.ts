import { collector } from '../collector.ts'

/** Texts that only patched builds hold: the signature of KVM in vmm, the mirror of NVIDIA's configuration space in bhyve. */
export default collector({
  gives: 'bhyve-build',
  platform: 'freebsd',
  every: [{ run: ['grep', '-Hc', 'KVMKVMKVM', '/boot/kernel/vmm.ko'] }, { run: ['grep', '-Hc', 'PCI config space mirror', '/usr/sbin/bhyve'] }],
  loses: 'Whether bhyve and vmm are patched for NVIDIA GPUs.',
})
