import { collector } from '../collector.ts'

/** Functions, what lies in their BARs, and System RAM, which shows that the whole map was there to see. */
const wanted = /System RAM|[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|fb|FB|framebuffer|drm|vfio/

export default collector({
  gives: 'iomem',
  platform: 'linux',
  first: [{ read: '/proc/iomem' }],
  privilege: { root: 'or the kernel shows zeros for all addresses' },
  reduce: text => text.split('\n').filter(line => wanted.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Whether the boot framebuffer sits in a BAR of the GPU.',
})
