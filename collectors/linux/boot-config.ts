import { collector } from '../collector.ts'

/** What the boot loader told the firmware about itself (systemd.io/BOOT_LOADER_INTERFACE). */
const loaderInfo = 'LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'

export default collector({
  gives: 'boot-config',
  platform: 'linux',
  every: [
    { tree: ['/proc/sys/kernel'], files: ['osrelease'] },
    { tree: ['/etc/default'], files: ['grub', 'grub.d/*'] },
    { tree: ['/etc/kernel'], files: ['cmdline'], stats: ['proxmox-boot-uuids'] },
    { tree: ['/etc/kernelstub'], files: ['configuration'] },
    { tree: ['/boot/syslinux'], files: ['syslinux.cfg'] },
    { tree: ['/boot/loader', '/efi/loader', '/boot/efi/loader'], files: ['loader.conf', 'entries/*.conf'] },
    { tree: ['/boot/grub', '/boot/grub2'], stats: ['grub.cfg'] },
    { tree: ['/sys/firmware/efi/efivars'], bytes: { [loaderInfo]: 256 } },
  ],
  privilege: { root: 'where /boot/efi or /boot/loader is readable by root alone' },
  loses: 'Which boot loader starts this host, and whether its configuration has parameters that are not in force.',
})
