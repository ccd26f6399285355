import { optionsThatMatter } from '../../matching/kernel-options.ts'
import { collector } from '../collector.ts'

const heading = /^# Linux\/\S+ (\d+\.\d+\.\d+)\S* Kernel Configuration$/m

/**
 * /proc/config.gz is the running kernel's. Distributions that leave it out keep a file per kernel installed; of those
 * only the ones of the version that runs are kept: the heading has the upstream version, which /proc/version (or
 * Ubuntu's version_signature) has as well.
 */
function ofRunningKernel(text: string, taken: readonly string[]): string {
  const version = heading.exec(text)?.[1]
  const running = taken.filter(body => /Linux version \d/.test(body.slice(0, 65536)))
  const other = version !== undefined && running.length > 0 && !running.some(body => body.includes(version))
  if (other) return ''
  return text.split('\n').filter(line => heading.test(line) || optionsThatMatter.test(/^(?:# )?(CONFIG_\w+)/.exec(line)?.[1] ?? '')).map(line => `${line}\n`).join('')
}

export default collector({
  gives: 'kernel-config',
  platform: 'linux',
  first: [{ run: ['zcat', '/proc/config.gz'] }, { read: '/boot/config-*' }, { read: '/lib/modules/*/config' }],
  name: /(?:config-|modules\/)([^/]+)(?:\/config)?$/,
  limit: 2 * 1024 * 1024,
  reduce: ofRunningKernel,
  loses: 'Whether the kernel was built with what passthrough needs, and whether vfio-pci is built in.',
})
