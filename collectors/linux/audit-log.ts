import { collector } from '../collector.ts'

/** Of all that is audited only what was denied to QEMU, libvirt and programs on GPUs: the rest is who logged in. */
const denied = /(?:avc: +denied|apparmor="DENIED").*(?:qemu|libvirt|virtqemud|svirt|\/KVM"|vfio|nvidia|\/dev\/(?:dri|kfd))/

export default collector({
  gives: 'audit-log',
  platform: 'linux',
  first: [
    { run: ['journalctl', '-b', '_TRANSPORT=audit', '-o', 'short-iso', '--no-pager'] },
    { read: '/var/log/audit/audit.log' },
  ],
  privilege: { root: 'or membership of adm or systemd-journal' },
  timeout: 10,
  limit: 4 * 2 ** 20,
  reduce: text => text.split('\n').filter(line => denied.test(line.slice(0, 4096))).map(line => `${line}\n`).join(''),
  loses: 'What SELinux or AppArmor kept QEMU from, where auditd keeps it out of the kernel log.',
})
