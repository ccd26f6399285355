import { collector } from '../collector.ts'

/** The sections about devices; all others may hold passwords, and none is about passthrough. */
function aboutDevices(text: string): string {
  let [path, section] = ['', '']
  return text.split('\n').filter(line => {
    const [, at = '', content = ''] = /^([^\t]*)\t=(.*)$/.exec(line) ?? []
    if (at === '') return /\t[/!]/.test(line)
    if (at !== path) [path, section] = [at, '']
    section = /^\s*\[([\w-]+)\]/.exec(content)?.[1] ?? section
    return section === 'pci' || section === 'devices'
  }).map(line => `${line}\n`).join('')
}

export default collector({
  gives: 'nova-conf',
  platform: 'linux',
  every: [
    { tree: ['/etc/nova'], files: ['nova.conf', 'nova-cpu.conf', 'nova-compute.conf', 'nova.conf.d/*.conf'] },
    { tree: ['/etc/kolla/nova-compute'], files: ['nova.conf'] },
  ],
  privilege: { root: 'as nova.conf holds passwords; of it only [pci] and [devices] are kept' },
  reduce: aboutDevices,
  loses: 'Which functions OpenStack may give to VMs.',
})
