import { collector } from '../collector.ts'

/** Keeps of all processes those of QEMU, and what was read elsewhere. */
function ofQemu(text: string): string {
  const lines = text.split('\n').filter(Boolean)
  const qemu = new Set(lines.flatMap(line => /^\/proc\/(\d+)\/comm\t=(?:qemu|kvm$)/.exec(line)?.[1] ?? []))
  return lines.filter(line => {
    const pid = /^\/proc\/(\d+)/.exec(line)?.[1]
    return !line.startsWith('/proc/') || (pid !== undefined && qemu.has(pid) && /\/limits\t(?:=Max locked|!)/.test(line))
  }).map(line => `${line}\n`).join('')
}

export default collector({
  gives: 'limits',
  platform: 'linux',
  every: [
    { tree: ['/proc/*'], files: ['comm', 'limits'] },
    { tree: ['/etc/security'], files: ['limits.conf', 'limits.d/*.conf'] },
    { run: ['systemctl', 'show', 'libvirtd.service', 'virtqemud.service', 'user@.service', '-p', 'Id', '-p', 'LimitMEMLOCK'] },
  ],
  privilege: { root: 'for processes of other users' },
  limit: 16 * 1024 * 1024,
  reduce: ofQemu,
  loses: 'Whether QEMU may lock the memory of a VM.',
})
