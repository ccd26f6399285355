import { collector } from '../collector.ts'

/** The signature file is Ubuntu's: it has the upstream version, by which the kernel's configuration is recognised. */
export default collector({
  gives: 'kernel-version',
  platform: 'linux',
  every: [
    { tree: ['/proc'], files: ['version', 'version_signature', 'uptime'] },
    { tree: ['/proc/sys/kernel'], files: ['osrelease', 'tainted'] },
    { tree: ['/sys/kernel/security'], files: ['lockdown'] },
    // Marks of containers: systemd and LXC, Docker, Podman.
    { tree: ['/run/systemd'], files: ['container'] },
    { tree: ['/run'], stats: ['.containerenv'] },
    { read: '/.dockerenv' },
  ],
  loses: 'What depends on the version of the kernel.',
})
