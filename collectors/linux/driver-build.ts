import { collector } from '../collector.ts'

/**
 * Modules that are built for each kernel. DKMS leaves `build/make.log` behind where a build failed; logs of builds that
 * went well lie elsewhere and are not wanted. The log of NVIDIA's installer is not read: it may be years old.
 */
export default collector({
  gives: 'driver-build',
  platform: 'linux',
  every: [
    { run: ['dkms', 'status'] },
    { run: ['find', '/lib/modules', '-name', 'nvidia.ko*'] },
    { tree: ['/var/lib/dkms/*/*/build'], files: ['make.log'] },
  ],
  timeout: 10,
  limit: 2 * 2 ** 20,
  loses: 'Why the driver was not built for the running kernel.',
})
