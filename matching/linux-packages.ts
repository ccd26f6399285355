/** Packages of Linux distributions that have to do with VMs and GPUs, as patterns that dpkg, rpm and the shell understand. */
export const packagePatterns: readonly string[] = [
  'qemu-system-x86*', 'qemu-kvm*', 'qemu-x86', 'qemu-full', 'pve-qemu-kvm', 'pve-manager', 'ovmf*', 'edk2-*', 'qemu-ovmf-*', 'pve-edk2-firmware*', 'seabios*',
  'libvirt-daemon*', 'virt-manager', 'swtpm*', 'dkms', 'akmods', 'driverctl', 'vendor-reset*', 'looking-glass*',
  'nvidia-*', 'libnvidia-compute*', 'libnvidia-ml*', 'libcuda1*', 'cuda-drivers*', 'xorg-x11-drv-nvidia*', 'akmod-nvidia*', 'kmod-nvidia*', 'linux-modules-nvidia*', 'linux-objects-nvidia*', 'datacenter-gpu-manager*',
  'linux-firmware*', 'firmware-amd-graphics', 'firmware-misc-nonfree', 'firmware-nvidia-*', 'firmware-intel-graphics', 'amd-gpu-firmware', 'intel-gpu-firmware', 'nvidia-gpu-firmware', 'kernel-firmware-*', 'pve-firmware',
  'amdgpu-*', 'rocm-core*', 'rocm-smi*', 'linux-image-*', 'linux-headers-*', 'proxmox-kernel-*', 'pve-kernel-*', 'proxmox-headers-*', 'pve-headers-*', 'kernel-devel*', 'kernel-default-devel*',
]

const forms = new RegExp(`^(?:${packagePatterns.map(pattern => pattern.replaceAll('*', '[\\w.+-]{0,100}')).join('|')})$`)
/** Whether one of the patterns is for the name. */
export const packageMatters = (name: string): boolean => name.length <= 100 && forms.test(name)

/** What makes up the NVIDIA driver, of which all has to be of one version: the module and its libraries. */
export const nvidiaDriverPackage = /^(?:nvidia-(?:driver|dkms|kernel-(?:dkms|source|common|support)|utils|open|open-dkms|lts)|nvidia(?:-dkms|-open)?|lib(?:nvidia-(?:compute|ml1)|cuda1)|akmod-nvidia(?:-open)?|kmod-nvidia(?:-\w+)?|xorg-x11-drv-nvidia(?:-cuda)?)(?:-\d{3}(?:xx)?)?(?:-(?:server|open|cuda|libs))*$/
