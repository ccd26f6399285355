import { collector } from '../collector.ts'

/** What the daemons said since the host was started: the monolithic libvirtd or the modular virtqemud and virtnodedevd. */
export default collector({
  gives: 'libvirt-log',
  platform: 'linux',
  first: [
    { run: ['journalctl', '-b', '-u', 'libvirtd', '-u', 'virtqemud', '-u', 'virtnodedevd', '-u', 'libvirt-bin', '-o', 'short-iso', '--no-pager'] },
    { read: '/var/log/libvirt/libvirtd.log' },
  ],
  privilege: { root: 'or membership of adm or systemd-journal' },
  timeout: 20,
  limit: 4 * 2 ** 20,
  loses: 'Why libvirt refused to detach a function or to start a VM.',
})
