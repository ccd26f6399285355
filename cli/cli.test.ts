import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as v from 'valibot'
import t from 'tap'
import { loadSnapshot, saveSnapshot } from '../evidence/snapshot.ts'
import { forms } from '../reports/forms.ts'
import { hostLineSchema } from '../reports/host-line-schema.ts'
import { jsonReportSchema } from '../reports/json-schema.ts'
import { makeHost } from '../test-corpus/made-host.ts'
import { packageFile } from './package-files.ts'
import { hasLinks } from './terminal-links.ts'
import { toolVersion } from './version.ts'

const bin = packageFile('bin', 'gpudoctor.js')
const gpudoctor = (argv: readonly string[], input?: string) => spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', ...(input !== undefined ? { input } : {}), maxBuffer: 1 << 28 })

interface Report { findings: { rule: string; severity: string; subject: string }[]; unknown: { rule: string; get: string[] }[]; broken: unknown[] }
const reportOf = (output: string): Report => JSON.parse(output) as Report

const refused = 'qemu-system-x86_64: -device vfio-pci,host=0000:06:00.0,id=hostdev0: vfio 0000:06:00.0: group 7 is not viable\nPlease ensure all devices within the iommu_group are bound to their vfio bus driver.\n'
const chatter = '[  100.000000] usb 1-4: new high-speed USB device number 3 using xhci_hcd\n'

async function snapshotIn(folder: string): Promise<string> {
  const file = join(folder, 'host.tar.gz')
  await saveSnapshot(file, { manifest: { tool: 'test', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: {} }, evidence: makeHost({ functions: 20, logLines: 500 }), facts: null })
  return file
}

t.test('version, help that teaches, suggestions, exit code 2 for a wrong call', async t => {
  t.equal(gpudoctor(['--version']).stdout.trim(), toolVersion)
  t.equal((JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version, toolVersion)
  const help = gpudoctor(['--help'])
  t.equal(help.status, 0)
  t.match(help.stdout, /gpudoctor replay host\.tar\.gz/)
  t.match(help.stdout, /Exit codes/)
  const wrong = gpudoctor(['repaly'])
  t.equal(wrong.status, 2)
  t.match(wrong.stderr, /there is no command repaly/)
  t.match(gpudoctor([bin]).stderr, /to diagnose what was collected: gpudoctor replay /, 'a file without its command')
  t.equal(gpudoctor(['replay', '--fail-on', 'blocker', 'x']).status, 2)
})

t.test('options in front of a command count for it, and are refused where it has none such', async t => {
  const file = join(t.testdir({ 'qemu.log': refused }), 'qemu.log')
  const report = (...argv: string[]) => JSON.parse(gpudoctor(argv).stdout) as Report
  t.same(report('--json', 'replay', file), report('replay', '--json', file))
  t.equal(gpudoctor(['--fail-on', 'never', 'replay', file]).status, 0)
  t.equal(gpudoctor(['--fail-on', 'never', 'replay', '--fail-on', 'error', file]).status, 1, 'the one behind the command counts')
  const refusal = gpudoctor(['--html', 'x.html', 'plan', file])
  t.match([refusal.status, refusal.stderr], [2, /unknown option '--html'/])
})

t.test('what cannot be written is said in a line, with exit code 2', { skip: existsSync('/dev/full') ? false : 'needs /dev/full' }, async t => {
  const dir = t.testdir({ 'qemu.log': refused })
  const file = join(dir, 'qemu.log')
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [bin, 'replay', file], { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] })
  closeSync(full)
  t.equal(status, 2)
  t.equal(stderr, 'gpudoctor: cannot write standard output: no space is left\n')
  t.match(gpudoctor(['replay', file, '--html', join(dir, 'none', 'x.html')]).stderr, /^gpudoctor: cannot write \S+x\.html: there is no such folder\n$/)
})

t.test('a snapshot replays to a JSON report of the published form, the same each time', async t => {
  const file = await snapshotIn(t.testdir())
  const first = gpudoctor(['replay', '--json', file])
  t.ok(v.is(jsonReportSchema, JSON.parse(first.stdout)), 'the schema takes it')
  t.equal(gpudoctor(['replay', '--json', file]).stdout, first.stdout)
  t.equal(first.stderr, '')
})

t.test('two snapshots are held against each other', async t => {
  const dir = t.testdir({ 'before.txt': chatter, 'after.txt': chatter + refused })
  const same = gpudoctor(['diff', join(dir, 'before.txt'), join(dir, 'before.txt')])
  t.equal(same.status, 0, same.stderr)
  t.match(same.stdout, /No finding came or went/)
  const { status, stdout } = gpudoctor(['diff', '--json', join(dir, 'before.txt'), join(dir, 'after.txt')])
  t.equal(status, 1, 'an error came')
  t.ok((JSON.parse(stdout) as { came: { rule: string }[] }).came.some(({ rule }) => rule === 'group-not-viable'))
})

t.test('a run on this host, saved and replayed, gives byte for byte the same findings', async t => {
  const file = join(t.testdir(), 'here.tar.gz')
  const live = gpudoctor(['--json', '--save', file])
  t.not(live.status, 2, live.stderr)
  const replayed = gpudoctor(['replay', '--json', file])
  const said = (output: string) => { const { findings, unknown, broken } = reportOf(output); return JSON.stringify({ findings, unknown, broken }) }
  t.equal(said(replayed.stdout), said(live.stdout))
  t.equal(statSync(file).mode & 0o777, 0o600, 'readable for its owner alone')
})

t.test('collecting: the plan touches nothing, the snapshot opens with ordinary tools', async t => {
  const dir = t.testdir()
  const plan = gpudoctor(['collect', '--plan', '-o', join(dir, 'none.tar.gz')])
  t.equal(plan.status, 0)
  t.match(plan.stdout, /\/proc\/cmdline/)
  t.match(plan.stdout, /journalctl/)
  t.notOk(existsSync(join(dir, 'none.tar.gz')))
  const file = join(dir, 'host.tar.gz')
  t.equal(gpudoctor(['collect', '-o', file]).status, 0)
  const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).split('\n')
  t.equal(names[0], 'manifest.json')
  t.ok(names.some(name => name.startsWith('evidence/')))
  execFileSync('tar', ['xzf', file, '-C', dir])
  t.not(gpudoctor(['replay', '--json', dir]).status, 2, 'an unpacked snapshot replays too')
})

t.test('loose files, a folder, standard input', async t => {
  const dir = t.testdir({ 'qemu.log': refused, 'cmdline.txt': 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 intel_iommu=on iommu=pt\n' })
  const rules = (argv: string[], input?: string) => reportOf(gpudoctor(['replay', '--json', ...argv], input).stdout).findings.map(finding => finding.rule)
  t.ok(rules([dir]).includes('group-not-viable'))
  t.ok(rules([join(dir, 'qemu.log'), join(dir, 'cmdline.txt')]).includes('group-not-viable'))
  t.ok(rules(['-'], refused).includes('group-not-viable'))
})

t.test('what the person wants stands above configuration, is recorded, and is replaced on replay', async t => {
  const folder = t.testdir({ 'lspci.txt': '00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3ec2]\n01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [10de:1b80] (rev a1)\n\tKernel driver in use: vfio-pci\n\tKernel modules: nouveau\n' })
  const file = join(folder, 'lspci.txt')
  const rules = (...argv: string[]) => reportOf(gpudoctor(['replay', '--json', ...argv]).stdout).findings.map(({ rule, subject }) => `${rule} ${subject}`)
  t.same(rules(file).filter(text => text.startsWith('goal-')), [], 'nothing was said')
  t.ok(rules('--goal', 'compute', file).includes('goal-host-use-on-vfio function 0000:01:00.0'))
  t.same(rules('--device', '09:00.0', '--device', '01:00.0', file).filter(text => text.startsWith('goal-')), ['goal-device-absent host'])
  const saved = join(folder, 'said.tar.gz')
  gpudoctor(['replay', '--goal', 'compute', '--save', saved, file])
  t.ok(rules(saved).includes('goal-host-use-on-vfio function 0000:01:00.0'), 'the snapshot has it')
  t.same(rules('--goal', 'passthrough', saved).filter(text => text.startsWith('goal-')), [], 'what is said now counts')
  t.match(gpudoctor(['--device', 'card0']), { status: 2, stderr: /01:00\.0/ })
})

t.test('exit codes follow --fail-on', async t => {
  const code = (argv: string[]) => gpudoctor(['replay', ...argv, '-'], refused).status
  t.equal(code([]), 1)
  t.equal(code(['--fail-on', 'never']), 0)
  t.equal(gpudoctor(['replay', '-'], 'cpu is fine\n').status, 0)
})

t.test('the terminal report, without colour where nobody watches, and an HTML file beside it', async t => {
  const html = join(t.testdir(), 'report.html')
  const { stdout } = gpudoctor(['replay', '--html', html, '-'], refused)
  t.match(stdout, /group 7/)
  t.notMatch(stdout, /\x1b/)
  const page = readFileSync(html, 'utf8')
  t.match(page, /^<!doctype html>/)
  t.match(page, /group-not-viable/)
  t.equal(gpudoctor(['replay', '--html', '/nonexistent/x.html', '-'], refused).status, 2)
})

t.test('every form: to a file beside the terminal report, or alone to standard output', async t => {
  const dir = t.testdir({ old: 'old', folder: {} })
  const at = (name: string) => join(dir, name)
  const files = forms.filter(form => form.to === 'file')
  const { stdout, stderr } = gpudoctor(['replay', ...files.flatMap(form => [`--${form.name}`, at(form.name)]), '-'], refused)
  t.equal(stderr, '')
  t.match(stdout, /group 7/)
  for (const form of files) {
    const alone = gpudoctor(['replay', `--${form.name}`, '-', '-'], refused).stdout
    t.match(readFileSync(at(form.name), 'utf8'), /group-not-viable/, form.name)
    t.match(alone, /group-not-viable/, `${form.name} to standard output`)
    t.notMatch(alone, /Root cause\n/)
  }
  gpudoctor(['replay', '--prometheus', at('old'), '-'], refused)
  t.match(readFileSync(at('old'), 'utf8'), /^# HELP/, 'an old file is replaced')
  t.same(readdirSync(dir).filter(name => name.startsWith('.')), [], 'and nothing is left beside it')
  t.equal(gpudoctor(['replay', '--junit', at('folder'), '-'], refused).status, 2)
  const both = gpudoctor(['replay', '--json', '--markdown', '-', '-'], refused)
  t.equal(both.status, 2)
  t.match(both.stderr, /--json and --markdown both go to standard output/)
})

t.test('a line a host', async t => {
  const dir = t.testdir()
  const snapshot = await snapshotIn(dir)
  const { stdout, status } = gpudoctor(['replay', '--ndjson', '--fail-on', 'never', snapshot, join(dir, 'nothing.tar.gz'), snapshot])
  const lines = stdout.trimEnd().split('\n').map(line => v.parse(hostLineSchema, JSON.parse(line)))
  t.match(lines, [{ input: snapshot, counts: {} }, { input: join(dir, 'nothing.tar.gz'), error: /no such file/ }, { input: snapshot }])
  t.equal(status, 2, 'one of them could not be read')
  t.equal(gpudoctor(['replay', '--ndjson', '--fail-on', 'never', snapshot]).status, 0)
  t.match(gpudoctor(['replay', '--ndjson', '--html', join(dir, 'x.html'), snapshot]).stderr, /--html would hold one host/)
  t.notOk('input' in (JSON.parse(gpudoctor(['--ndjson', '--fail-on', 'never']).stdout) as object), 'this host was not handed in')
})

t.test('a report replays to the findings it shows', async t => {
  const folder = packageFile('test-corpus', 'lab', 'snapshots')
  for (const name of ['healthy-amd', 'group-with-network-card', 'seabios']) {
    const html = join(t.testdir(), 'report.html')
    const first = gpudoctor(['replay', '--json', '--fail-on', 'never', '--html', html, join(folder, `${name}.tar.gz`)])
    const again = gpudoctor(['replay', '--json', '--fail-on', 'never', html])
    t.equal(first.stderr + again.stderr, '', name)
    t.equal(again.stdout, first.stdout, `${name}: byte for byte`)
  }
  const bare = join(t.testdir(), 'report.html')
  gpudoctor(['replay', '--html', bare, '--no-snapshot', '-'], refused)
  const { status, stderr } = gpudoctor(['replay', bare])
  t.equal(status, 2)
  t.match(stderr, /is a report of gpudoctor without its snapshot/)
})

t.test('the HTML report carries its snapshot, unless it is told not to', async t => {
  const dir = t.testdir()
  const snapshot = await snapshotIn(dir)
  const page = (...argv: string[]) => gpudoctor(['replay', '--html', '-', '--fail-on', 'never', ...argv, snapshot]).stdout
  const base64 = /<script type="application\/x-gpudoctor-snapshot\+gzip;base64" id="snapshot">([A-Za-z0-9+/=]+)<\/script>/.exec(page())?.[1] ?? ''
  const { evidence } = await loadSnapshot(Buffer.from(base64, 'base64'))
  t.ok(evidence.some(piece => piece.id === 'kernel-log'))
  t.notMatch(page('--no-snapshot'), /x-gpudoctor-snapshot/)
  const large = join(dir, 'large.txt')
  writeFileSync(large, `${refused}${Array.from({ length: 40_000 }, () => `usb 1-4: ${randomBytes(40).toString('hex')}\n`).join('')}`)
  const { stdout, stderr } = gpudoctor(['replay', '--html', '-', '--fail-on', 'never', large])
  t.match(stdout, /is not inside this file: packed, it is larger than 1\.5 MB/)
  t.match(stderr, /does not carry its snapshot/)
})

t.test('which terminals are given links', async t => {
  const cases: readonly [Record<string, string>, boolean][] = [
    [{}, false], [{ TERM: 'xterm-256color' }, false], [{ TERM: 'linux', VTE_VERSION: '7600' }, false], [{ VTE_VERSION: '7600' }, true], [{ VTE_VERSION: '4205' }, false], [{ TERM: 'xterm-kitty' }, true],
    [{ TERM_PROGRAM: 'vscode' }, true], [{ TERM_PROGRAM: 'Apple_Terminal' }, false], [{ WT_SESSION: 'x' }, true], [{ TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.4a', TMUX: 'x' }, true],
    [{ TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.3', TMUX: 'x' }, false], [{ TMUX: 'x', VTE_VERSION: '7600', TERM: 'screen-256color' }, false], [{ CI: 'true', VTE_VERSION: '7600' }, false],
    [{ FORCE_HYPERLINK: '1' }, true], [{ FORCE_HYPERLINK: '0', TERM: 'xterm-kitty' }, false],
  ]
  for (const [env, links] of cases) t.equal(hasLinks(env), links, JSON.stringify(env))
})

t.test('explain shows the tree with values and places', async t => {
  const file = join(t.testdir({ 'qemu.log': refused }), 'qemu.log')
  const { stdout, status } = gpudoctor(['explain', 'group-not-viable', file])
  t.equal(status, 0)
  t.match(stdout, /it fires/)
  t.match(stdout, /qemu\.log, line 1/)
  const unknown = gpudoctor(['explain', 'vtd-no-dmar', file])
  t.match(unknown.stdout, /vtd-off-in-firmware/, 'an alias finds its rule')
  t.match(unknown.stdout, /not known/)
  const wrong = gpudoctor(['explain', 'no-such-rule'])
  t.equal(wrong.status, 2)
  t.match(wrong.stderr, /there is no rule no-such-rule/)
})

t.test('rules: list, show, lint and test, with own rules beside the built-in ones', async t => {
  const own = `id: my-own\ntitle: Mine\nseverity: hint\nlayer: hygiene\nplatforms: [linux]\nfor: host\nconditions: { all: [ { fact: host, path: cmdlineParams, operator: contains, value: quiet } ] }\ncause: c\nfinding: 'quiet is set'\nfixes: []\nreferences: [ { for: it, at: me } ]\n`
  const dir = t.testdir({ rules: { 'my-own.yaml': own, 'broken.yaml': 'id: broken\n' }, 'cmdline.txt': 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 quiet\n' })
  const rules = join(dir, 'rules')
  t.match(gpudoctor(['rules', 'list', '--rules', rules]).stdout, /my-own/)
  t.match(gpudoctor(['rules', 'show', 'group-not-viable']).stdout, /is not viable/)
  const lint = gpudoctor(['rules', 'lint', rules])
  t.equal(lint.status, 1)
  t.match(lint.stderr, /broken\.yaml:\d+:\d+: /)
  t.equal(gpudoctor(['rules', 'test', rules]).status, 1, 'a rule without tests fails')
  const { findings, broken } = reportOf(gpudoctor(['replay', '--json', '--rules', rules, join(dir, 'cmdline.txt')]).stdout)
  t.ok(findings.some(finding => finding.rule === 'my-own'))
  t.match(broken, [{ rule: 'broken' }], 'the broken rule is named, the other runs')
  t.equal(gpudoctor(['rules', 'list', '--rules', join(dir, 'nothing')]).status, 2)
})

t.test('bad input gets one clear line and never a stack trace', async t => {
  const dir = t.testdir({ 'empty.txt': '', 'photo.jpg': Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1]), folder: {}, 'latin.txt': Buffer.concat([Buffer.from(refused), Buffer.from([0xff, 0xfe, 0x80, 10])]), 'not.tar.gz': Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) })
  mkdirSync(join(dir, 'closed'))
  writeFileSync(join(dir, 'closed', 'x.txt'), refused)
  chmodSync(join(dir, 'closed'), 0)
  symlinkSync('/dev/zero', join(dir, 'folder', 'endless'))
  const cases: readonly [string, RegExp][] = [
    [join(dir, 'empty.txt'), /the file is empty/], [join(dir, 'photo.jpg'), /JPEG image/], [join(dir, 'folder'), /holds no file/], [join(dir, 'nothing'), /no such file/], [join(dir, 'not.tar.gz'), /damaged|gzip/],
  ]
  for (const [path, message] of cases) {
    const { status, stderr, stdout } = gpudoctor(['replay', path])
    t.equal(status, 2, path)
    t.match(stderr, message)
    t.notMatch(stderr + stdout, /^\s+at /m)
  }
  t.not(gpudoctor(['replay', join(dir, 'latin.txt')]).status, 2, 'invalid UTF-8 is read all the same')
  if (process.geteuid?.() !== 0) t.match(gpudoctor(['replay', join(dir, 'closed')]).stderr, /permission/)
  chmodSync(join(dir, 'closed'), 0o755)
})

t.test('a folder without read permission, as an ordinary user', { skip: process.geteuid?.() === 0 ? false : 'needs root to become another user' }, async t => {
  const dir = t.testdir({ closed: { 'x.txt': refused } })
  chmodSync(join(dir, 'closed'), 0o700)
  const { status, stderr } = spawnSync(process.execPath, [bin, 'replay', join(dir, 'closed')], { encoding: 'utf8', uid: 65534, gid: 65534, cwd: '/' })
  t.equal(status, 2)
  t.match(stderr, /permission|EACCES/)
})

t.test('an ordinary user is told what root would see', { skip: process.geteuid?.() === 0 ? false : 'needs root to become another user' }, async t => {
  const { status, stdout } = spawnSync(process.execPath, [bin, '--json'], { encoding: 'utf8', uid: 65534, gid: 65534, cwd: '/', maxBuffer: 1 << 26 })
  t.not(status, 2)
  const about = (JSON.parse(stdout) as { about: { root: boolean; evidence: { status: string; kind: string }[] } }).about
  t.equal(about.root, false)
})

t.test('a reader that goes away is no failure', async t => {
  const child = spawn(process.execPath, [bin, 'rules', 'list'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => child.stdout.destroy())
  let errors = ''
  child.stderr.on('data', chunk => { errors += String(chunk) })
  await new Promise(resolve => child.on('close', resolve))
  t.notMatch(errors, /EPIPE|^\s+at /m)
})

t.test('completion scripts, and what they ask for', async t => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) t.match(gpudoctor(['completion', shell]).stdout, /gpudoctor/, shell)
  t.equal(gpudoctor(['completion', 'tcsh']).status, 2)
  t.match(gpudoctor(['complete', '--', 'rep']).stdout, /replay/)
})

t.test('a large log is replayed in bounded time', async t => {
  const file = join(t.testdir(), 'big.txt')
  writeFileSync(file, chatter.repeat(600_000))
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'replay', '--json', '--fail-on', 'never', file], { maxBuffer: 1 << 26, timeout: 60_000 })
  t.match(JSON.parse(stdout), { about: { evidence: [{ kind: 'kernel-log', lines: 600_000 }] } })
})
