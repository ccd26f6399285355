import { bundle, hostFiles } from './bundle.ts'

/** Anything that keeps files at the place they have on a host: a backup, a copied /etc and /proc, a rescue's root. */
export default bundle({
  name: 'host tree', about: 'files of a host at their own places', mark: /^(?:proc\/(?:cmdline|cpuinfo|modules)|etc\/(?:os-release|default\/grub|modprobe\.d\/|libvirt\/qemu\/|rc\.conf|pve\/)|sys\/firmware\/acpi\/tables\/|boot\/loader\.conf|var\/log\/libvirt\/qemu\/)/, marked: '`proc/cmdline`, `etc/os-release`, `etc/default/grub`, `boot/loader.conf` and the like',
  members: hostFiles, loose: true,
  source: 'the places of Linux and FreeBSD themselves (hier(7))',
})
