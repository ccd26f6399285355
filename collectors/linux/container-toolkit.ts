import { collector } from '../collector.ts'

const lines = /nvidia|cdi|runtime|no-cgroups|containerPath|hostPath|"?kind"?:|"?name"?:|"?path"?:|\t[/!]|version/i

/** Files alone: asking the daemon of an engine could start it. Settings that are not about GPUs are left out. */
export default collector({
  gives: 'container-toolkit',
  platform: 'linux',
  every: [
    { tree: ['/etc/docker'], files: ['daemon.json'] },
    { tree: ['/etc/nvidia-container-runtime'], files: ['config.toml'] },
    { tree: ['/etc/containerd'], files: ['config.toml', 'conf.d/*.toml'] },
    { tree: ['/etc/crio/crio.conf.d'], files: ['*.conf'] },
    { tree: ['/etc/cdi', '/var/run/cdi'], files: ['*.yaml', '*.json'] },
    { run: ['nvidia-ctk', '--version'] },
  ],
  privilege: { root: 'where the engine keeps its settings for itself' },
  limit: 2 ** 20,
  reduce: text => text.split('\n').filter(line => lines.test(line)).map(line => `${line}\n`).join(''),
  loses: 'Whether containers can be given a GPU.',
})
