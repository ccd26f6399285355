/** What the boot loader of the box would start: the first entry of its grub.cfg, so that only applied changes take effect. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Box } from './box.ts'

/** Files on this machine that hold kernel and initramfs, and the kernel's arguments. */
export interface BootEntry { readonly kernel: string; readonly initrd: string; readonly arguments: readonly string[] }

/** The words of the first `linux /boot/vmlinuz-6.1.0-42-amd64 root=UUID=… ro quiet` of a grub.cfg, without the file. */
export function kernelArguments(grubConfig: string): string[] {
  const entry = grubConfig.split('\n').map(line => line.trim()).find(line => /^linux\s/.test(line))
  if (!entry) throw new Error('grub.cfg of the box has no entry with a kernel')
  const [, file, ...words] = entry.split(/\s+/)
  return [`BOOT_IMAGE=${file}`, ...words]
}

/** Asks the running box what it would boot next. The initramfs is the one that it has made; the kernel stays. */
export async function nextBoot(box: Box, kernel: string, folder: string): Promise<BootEntry> {
  const config = await box.run('cp "$(ls -t /boot/initrd.img-* | head -1)" /run/lab/initrd.img && cat /boot/grub/grub.cfg', 60)
  copyFileSync(join(box.share, 'initrd.img'), join(folder, 'initrd.img'))
  return { kernel, initrd: join(folder, 'initrd.img'), arguments: kernelArguments(config) }
}
