import { collector } from '../collector.ts'

export default collector({
  gives: 'display-state',
  platform: 'linux',
  every: [
    { tree: ['/proc'], files: ['fb'] },
    { tree: ['/sys/class/vtconsole/vtcon*'], files: ['name', 'bind'] },
    { tree: ['/sys/bus/platform/drivers'], lists: ['efi-framebuffer', 'simple-framebuffer', 'vesa-framebuffer', 'simpledrm', 'efidrm', 'vesadrm'] },
    { tree: ['/sys/class/drm'], links: ['card*'] },
  ],
  loses: 'Which framebuffers and consoles hold a display.',
})
