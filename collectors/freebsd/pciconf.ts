import { collector } from '../collector.ts'

/** pciconf(8): -v names, -b BARs, -c capabilities, -e errors, -B the buses behind bridges. */
export default collector({
  gives: 'pciconf',
  platform: 'freebsd',
  first: [{ run: ['pciconf', '-lvbceB'] }, { run: ['pciconf', '-lvbce'] }, { run: ['pciconf', '-lvbc'] }, { run: ['pciconf', '-lvb'] }, { run: ['pciconf', '-lv'] }],
  privilege: { root: 'for capabilities (-c) and errors (-e); without it only ids, drivers and BARs' },
  loses: 'Nothing can be said about PCI functions: whether they are on ppt, their BARs, MSI, reset and link.',
})
