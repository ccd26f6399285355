/** Collecting changes nothing but its output file, opens no connection and starts no shell: seen in a trace of system calls. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { collectorScript } from '../cli/collect.ts'
import { packageFile } from '../cli/package-files.ts'

const works = (...more: readonly string[]): boolean => spawnSync('strace', ['-f', '-qq', ...more, '-e', 'trace=%file', '-o', '/dev/null', 'true']).status === 0
const traced = works()
/** Lets calls that are not asked for run at full speed. */
const faster = traced && works('--seccomp-bpf') ? ['--seccomp-bpf'] : []
const skip = traced ? false : 'strace is not installed or may not trace here'

/** tap has every process of Node write of itself; this one is to be as it is without tap. */
const untold = ['-E', 'NODE_OPTIONS']

interface Call { readonly name: string; readonly args: string }

/** The system calls of a command that did not fail; calls that strace shows in two parts are put together. */
function callsOf(dir: string, argv: readonly string[]): { readonly calls: readonly Call[]; readonly status: number | null; readonly stderr: string } {
  const log = join(dir, 'trace')
  const { status, stderr } = spawnSync('strace', ['-f', '-qq', ...faster, ...untold, '-s', '400', '-e', 'trace=%file,%network,fchmod,fchown,ftruncate', '-o', log, ...argv], { cwd: dir, encoding: 'utf8', timeout: 120_000 })
  const begun = new Map<string, string>()
  const calls: Call[] = []
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (text.endsWith('<unfinished ...>')) {
      begun.set(pid, text.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    const whole = resumed ? `${begun.get(pid) ?? ''}${resumed[1]}` : text
    const [, name, args] = /^(\w+)\((.*)\) += (?!-1)/.exec(whole) ?? []
    if (name !== undefined && args !== undefined) calls.push({ name, args })
  }
  return { calls, status, stderr }
}

const changing = /^(?:creat|mkdir|mkdirat|rmdir|rename|renameat|renameat2|unlink|unlinkat|link|linkat|symlink|symlinkat|chmod|fchmod|fchmodat|fchmodat2|chown|fchown|lchown|fchownat|truncate|ftruncate|mknod|mknodat|utime|utimes|utimensat|futimesat|setxattr|lsetxattr|removexattr|mount|umount2|pivot_root|chroot|swapon|swapoff|bind|listen)$/
const changes = ({ name, args }: Call): boolean => changing.test(name) || (/^open(?:at|at2)?$/.test(name) && /O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)/.test(args))
const pathsIn = (args: string): string[] => [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path ?? '')
/** Nothing is kept there; lsinitramfs and lsinitrd unpack the image into a file of their own and remove it. */
const harmless = /^\/dev\/(?:null|tty)$|^\/(?:var\/)?tmp\/(?:unmkinitramfs_|lsinitrd\.)/
const shell = /\/(?:sh|bash|dash|ash|ksh|mksh|zsh|csh|tcsh|busybox|env|su|sudo)$/

t.test('gpudoctor collect', { skip }, async t => {
  const dir = t.testdir()
  const out = join(dir, 'host.tar.gz')
  const { calls, status, stderr } = callsOf(dir, [process.execPath, packageFile('bin', 'gpudoctor.js'), 'collect', '-o', out])
  t.equal(status, 0, status === 0 ? 'it runs' : stderr)
  const written = calls.filter(changes)
  const temporary = join(dir, '.host.tar.gz.')
  t.same(written.filter(({ args }) => !pathsIn(args).every(path => path === out || (path.startsWith(temporary) && path.endsWith('.tmp')) || harmless.test(path))), [], 'only the output file and the file beside it')
  t.ok(written.some(({ name, args }) => name.startsWith('rename') && args.includes(out)), 'the trace does show what is written')
  t.same(calls.filter(({ name, args }) => name === 'socket' && /AF_INET|AF_PACKET/.test(args)), [], 'no connection')
  const programs = calls.filter(({ name }) => name === 'execve').map(({ args }) => pathsIn(args)[0] ?? '')
  t.ok(programs.length > 1, 'the trace does show commands')
  t.same(programs.filter(path => shell.test(path)), [], 'no shell')
})

t.test('the collector script', { skip: process.platform === 'linux' ? skip : 'the script for Linux is tested on Linux' }, async t => {
  const dir = t.testdir()
  writeFileSync(join(dir, 'collect.sh'), await collectorScript('linux'))
  const { calls, status, stderr } = callsOf(dir, ['sh', 'collect.sh', 'host.txt'])
  t.equal(status, 0, status === 0 ? 'it runs' : stderr)
  const written = calls.filter(changes)
  t.same(written.filter(({ args }) => !pathsIn(args).every(path => path === 'host.txt' || harmless.test(path))), [], 'only the output file')
  t.equal(written.filter(({ args }) => args.includes('"host.txt"')).length, 1, 'which is opened once')
  t.same(calls.filter(({ name, args }) => name === 'socket' && /AF_INET|AF_PACKET/.test(args)), [], 'no connection')
})
