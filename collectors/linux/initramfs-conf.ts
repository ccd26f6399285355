import { collector } from '../collector.ts'

export default collector({
  gives: 'initramfs-conf',
  platform: 'linux',
  every: [
    { tree: ['/proc/sys/kernel'], files: ['osrelease'] },
    { tree: ['/etc/initramfs-tools'], files: ['modules', 'initramfs.conf', 'conf.d/*'], stats: ['modules'] },
    { tree: ['/etc'], files: ['dracut.conf', 'dracut.conf.d/*.conf', 'mkinitcpio.conf', 'mkinitcpio.conf.d/*.conf', 'booster.yaml'] },
    { tree: ['/usr/bin', '/usr/sbin'], stats: ['mkinitramfs', 'dracut', 'mkinitcpio', 'booster'] },
    { tree: ['/boot'], stats: ['initrd.img-*', 'initramfs-*', 'initrd-*', 'booster-*'] },
    { tree: ['/etc/modprobe.d'], stats: ['*.conf'] },
  ],
  loses: 'Whether vfio-pci is loaded early, and whether the initramfs is older than modprobe.d.',
})
