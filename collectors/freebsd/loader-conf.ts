import { collector } from '../collector.ts'

/** What the loader reads after its defaults (loader.conf(5)), in the order of reading. */
export default collector({
  gives: 'loader-conf',
  platform: 'freebsd',
  every: [
    { tree: ['/boot'], files: ['loader.conf'] },
    { tree: ['/boot/loader.conf.d'], files: ['*.conf'] },
    { tree: ['/boot'], files: ['loader.conf.local'] },
  ],
  limit: 1 << 20,
  loses: 'Whether pptdevs and vmm_load are set for the next boot, and set in a form that the loader understands.',
})
