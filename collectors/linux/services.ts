import { collector } from '../collector.ts'

/** Services that hold GPUs, or that GPUs and VMs wait for. */
const units = [
  'display-manager', 'nvidia-persistenced', 'nvidia-fabricmanager', 'nvidia-vgpu-mgr', 'nvidia-gridd', 'nvidia-dcgm', 'nvidia-cdi-refresh',
  'libvirtd', 'virtqemud', 'virtlogd', 'docker', 'containerd', 'kubelet', 'pvedaemon', 'auditd',
] as const

export default collector({
  gives: 'services',
  platform: 'linux',
  first: [{ run: ['systemctl', 'show', ...units.map(unit => `${unit}.service`), '-p', 'Id', '-p', 'LoadState', '-p', 'ActiveState', '-p', 'UnitFileState'] }],
  timeout: 5,
  loses: 'Which services run that hold a GPU or that it needs.',
})
