import { collector } from '../collector.ts'

const units = [
  // libvirt: one daemon, or one per task
  'libvirtd', 'virtqemud', 'virtnodedevd', 'libvirt-bin',
  // Proxmox: starts by hand and at boot
  'pvedaemon', 'pve-guests', 'qmeventd',
  // NVIDIA vGPU
  'nvidia-vgpu-mgr', 'nvidia-vgpud', 'nvidia-gridd',
  // NVIDIA services that CUDA waits for
  'nvidia-fabricmanager', 'nvidia-persistenced',
]

/** What the daemons that start VMs said since the host was started. */
export default collector({
  gives: 'libvirt-log',
  platform: 'linux',
  first: [
    { run: ['journalctl', '-b', ...units.flatMap(unit => ['-u', unit]), '-o', 'short-iso', '--no-pager'] },
    { read: '/var/log/libvirt/libvirtd.log' },
  ],
  privilege: { root: 'or membership of adm or systemd-journal' },
  timeout: 20,
  limit: 4 * 2 ** 20,
  loses: 'Why libvirt or Proxmox refused to detach a function or to start a VM.',
})
