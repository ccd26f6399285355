import { collector } from '../collector.ts'

/**
 * lsinitrd finds the image of the running kernel by itself; the others need a path. Links as Debian's /initrd.img are
 * no use: lsinitramfs hands the path to `zstd -t`, which passes over links, and lists nothing. Unpacking an image takes a few seconds: where the time runs out a person can do it.
 */
export default collector({
  gives: 'initramfs-list',
  platform: 'linux',
  first: [
    { run: ['lsinitrd'] },
    { run: ['lsinitramfs', '/boot/initrd.img-{release}'] },
    { run: ['lsinitcpio', '/boot/initramfs-linux.img'] },
  ],
  privilege: { root: 'where the image is readable by root alone' },
  timeout: 20,
  limit: 4 * 1024 * 1024,
  loses: 'Whether the initramfs really holds vfio-pci and the files of modprobe.d.',
})
