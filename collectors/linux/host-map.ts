import { collector } from '../collector.ts'

/** Links in /sys show the whole path of a device, and with it the PCI function it hangs on. */
export default collector({
  gives: 'host-map',
  platform: 'linux',
  every: [
    { tree: ['/sys/bus/pci'], lists: ['devices'] },
    { tree: ['/sys/block'], links: ['*'] },
    { tree: ['/sys/block/*/slaves'], links: ['*'] },
    { tree: ['/sys/block/*/dm'], files: ['name'] },
    { tree: ['/sys/class/net'], links: ['*'] },
    { tree: ['/sys/class/net/*'], links: ['lower_*'] },
    { tree: ['/sys/class/leds'], links: ['*capslock'] },
    { tree: ['/proc'], files: ['mounts', 'swaps', 'net/route'] },
  ],
  loses: 'Whether a function meant for a VM holds a disk, the network or the keyboard of the host.',
})
