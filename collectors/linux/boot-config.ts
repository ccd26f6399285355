import { collector } from '../collector.ts'

/** What the boot loader told the firmware about itself, and which of its entries it started (systemd.io/BOOT_LOADER_INTERFACE). */
const loader = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'

/** Of grub.cfg the entries with what they pass to the kernel; a script of GRUB may hold passwords. */
const ofEntry = /\t=\s*(?:menuentry|submenu|linux(?:16|efi)?)\s/

export default collector({
  gives: 'boot-config',
  platform: 'linux',
  every: [
    { tree: ['/proc/sys/kernel'], files: ['osrelease'] },
    { tree: ['/etc/default'], files: ['grub', 'grub.d/*'], stats: ['grub', 'grub.d/*'] },
    { tree: ['/etc/kernel'], files: ['cmdline'], stats: ['cmdline', 'proxmox-boot-uuids'] },
    { tree: ['/etc/kernelstub'], files: ['configuration'], stats: ['configuration'] },
    { tree: ['/boot/syslinux'], files: ['syslinux.cfg'], stats: ['syslinux.cfg'] },
    { tree: ['/boot/loader', '/efi/loader', '/boot/efi/loader'], files: ['loader.conf', 'entries/*.conf'], stats: ['entries/*.conf'] },
    { tree: ['/boot/grub', '/boot/grub2'], files: ['grub.cfg'], stats: ['grub.cfg'] },
    { tree: ['/sys/firmware/efi/efivars'], bytes: { [`LoaderInfo-${loader}`]: 256, [`LoaderEntrySelected-${loader}`]: 512 } },
  ],
  privilege: { root: 'where /boot/efi or /boot/loader is readable by root alone' },
  reduce: text => text.split('\n').filter(line => line !== '' && (!/\/grub\.cfg\t=/.test(line) || ofEntry.test(line))).map(line => `${line}\n`).join(''),
  loses: 'Which boot loader starts this host, and whether its configuration has parameters that are not in force.',
})
