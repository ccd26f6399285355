import { collector } from '../collector.ts'

const daemons = ['/var/log/fabricmanager.log', '/var/log/nvidia-imex.log'] as const
const logs = ['/var/log/nvidia-installer.log', ...daemons] as const

/**
 * Logs that NVIDIA's programs write into files of their own, where no journal has them. They outlive boots and drivers, so what
 * was last written before the host was started is left out, and of the daemons only the last run counts.
 */
export default collector({
  gives: 'nvidia-log',
  platform: 'linux',
  every: [
    { tree: ['/proc'], files: ['stat'] },
    { tree: ['/var/log'], stats: logs.map(path => path.slice('/var/log/'.length)) },
    ...logs.map(read => ({ read })),
  ],
  privilege: { root: 'where the logs are readable by root alone' },
  timeout: 5,
  limit: 2 ** 18,
  reduce: text => ofThisBoot(text),
  loses: "Why NVIDIA's installer, fabric manager or IMEX daemon gave up.",
})

/** `Fabric Manager version 550.54.15 is running with the following configuration options`; IMEX says the same of itself. */
const begins = /\t=.{0,80}\b(?:Fabric Manager|IMEX) version \S{1,40} is running with/

function ofThisBoot(text: string): string {
  const lines = text.split('\n')
  const booted = Number(/^\/proc\/stat\t=btime (\d{1,12})$/m.exec(text)?.[1] ?? 0)
  return ['/var/log\t/', ...logs.flatMap(path => {
    const [stat = ''] = lines.filter(line => line.startsWith(`${path}\t@`))
    const changed = Number(/ (\d{1,12})$/.exec(stat)?.[1] ?? booted)
    const own = lines.filter(line => line.startsWith(`${path}\t=`))
    const start = Math.max(0, own.findLastIndex(line => begins.test(line.slice(0, 400))))
    return changed < booted ? [] : own.slice(start)
  })].map(line => `${line}\n`).join('')
}
