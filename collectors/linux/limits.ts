import { collector } from '../collector.ts'

/** What may be locked, and of each QEMU what it has locked: of other processes nothing is read but the name. */
export default collector({
  gives: 'limits',
  platform: 'linux',
  every: [
    { tree: ['/proc/*'], only: { file: 'comm', is: ['qemu*', 'kvm'] }, files: ['limits', 'status'] },
    { tree: ['/etc/security'], files: ['limits.conf', 'limits.d/*.conf'] },
    { run: ['systemctl', 'show', 'libvirtd.service', 'virtqemud.service', 'user@.service', '-p', 'Id', '-p', 'LimitMEMLOCK'] },
  ],
  privilege: { root: 'for processes of other users' },
  limit: 2 ** 20,
  reduce: text => text.split('\n').filter(line => line !== '' && (!line.startsWith('/proc/') || kept.test(line))).map(line => `${line}\n`).join(''),
  loses: 'Whether QEMU may lock the memory of a VM.',
})

const kept = /^[^\t]*\t(?:\/|!)|\/limits\t=Max locked|\/status\t=Vm(?:Lck|Pin|RSS):/
