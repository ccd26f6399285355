import { collector } from '../collector.ts'

/**
 * Command lines of running QEMU processes. From ps rather than from /proc/PID/cmdline: reading that for every process
 * would put the arguments of all other programs into the evidence, while here only QEMU's lines are kept. ps puts a
 * blank where the kernel has NUL; the parser knows.
 */
export default collector({
  gives: 'qemu-processes',
  platform: 'linux',
  // BusyBox knows no -axww and shows all processes without.
  first: [{ run: ['ps', '-axww', '-o', 'pid,user,args'] }, { run: ['ps', '-o', 'pid,user,args'] }],
  timeout: 5,
  limit: 4 * 2 ** 20,
  reduce: text => onlyQemu(text),
  loses: 'Which VMs run, and with which options.',
})

/** The heading of ps and the lines whose program is QEMU. */
export const onlyQemu = (text: string): string =>
  text.split('\n').filter((line, n) => n === 0 || /^\s*\d+\s+\S+\s+(?:\S*\/)?(?:qemu-system-\w+|qemu-kvm|kvm)\s/.test(line.slice(0, 4096))).map(line => `${line}\n`).join('')
