import { bundle, hostFiles } from './bundle.ts'
import { noted } from '../../language/say.ts'

/** Anything that keeps files at the place they have on a host: a backup, a copied /etc and /proc, a rescue's root. */
export default bundle({
  name: 'host tree', about: noted('files of a host at their own places'),
  hostTree: true,
  mark: /^(?:sys\/(?:devices\/pci|bus\/pci\/devices\/|kernel\/iommu_groups\/)|proc\/(?:cmdline|cpuinfo|modules)|etc\/(?:os-release|default\/grub|modprobe\.d\/|libvirt\/qemu\/|rc\.conf|pve\/)|sys\/firmware\/acpi\/tables\/|boot\/loader\.conf|var\/log\/libvirt\/qemu\/)/,
  marked: '`proc/cmdline`, `etc/os-release`, `etc/default/grub`, `boot/loader.conf`, `sys/bus/pci/devices/` and the like; a folder is read by the collectors themselves',
  members: hostFiles, // What else lies in /etc and /usr says nothing of devices, and much of it looks like something else.
  loose: /^[^/]+$/,
  read: 'parts of a Fedora CoreOS host (jds2001/coreos-sosreport-master1)',
  source: 'the places of Linux and FreeBSD themselves (hier(7))',
})
