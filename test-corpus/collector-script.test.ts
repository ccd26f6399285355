/** The collector as a shell script: its form, what it does on this host, and a host that is FreeBSD for all the script can see. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { collectorScript } from '../cli/collect.ts'
import { packageFile, shippedNames } from '../cli/package-files.ts'
import { ruleBase } from '../cli/rule-base.ts'
import { collectorsFor } from '../collectors/all.ts'
import type { Collector } from '../collectors/collector.ts'
import { script } from '../collectors/script.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { collect } from '../evidence/collect.ts'
import { liveSource } from '../evidence/live-source.ts'
import { openInputs } from '../evidence/open.ts'
import { readCapture } from '../evidence/script-capture.ts'
import { assemble } from '../facts/assemble.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parsers } from '../parsers/all.ts'
import { chapters, evidenceOf, nothing, type State } from './bhyve-story.ts'

const found = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const lacking = (...programs: readonly string[]): string | false => programs.every(found) ? false : `${programs.filter(program => !found(program)).join(' and ')} is not installed`
const shells: readonly (readonly string[])[] = [['sh'], ['dash'], ['busybox', 'sh'], ['bash', '--posix']]
/** The two that differ most; where there is neither, what there is. */
const quick = [['dash'], ['busybox', 'sh']].some(([name]) => found(name ?? '')) ? [['dash'], ['busybox', 'sh']] : [['sh']]
const linux = process.platform === 'linux' ? false : 'the script for Linux runs on Linux'
const root = process.geteuid?.() === 0
const template = readFileSync(packageFile('data', 'collect.sh'), 'utf8')
const any = await collectorScript('any')

/** A place that every user can reach, unlike the folder of the tests. */
function publicDir(t: { teardown(work: () => void): void }): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gpudoctor-script-')))
  chmodSync(dir, 0o777)
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A script of collectors made for a test, with a second for each. */
const made = (collectors: readonly Collector[], seconds = 10): string =>
  script(template, 'gpudoctor test', [{ platform: 'linux', collectors, plan: ['a plan'] }]).replaceAll(/^ {2}probe 10 /gm, `  probe ${seconds} `)

async function runScript(text: string, dir: string, argv: readonly string[] = ['sh'], name = 'out.txt'): Promise<{ evidence: readonly Evidence[]; stderr: string; status: number | null }> {
  writeFileSync(join(dir, 'collect.sh'), text)
  const { stderr, status } = spawnSync(argv[0] ?? 'sh', [...argv.slice(1), 'collect.sh', name], { cwd: dir, encoding: 'utf8', timeout: 120_000 })
  return { evidence: status === 0 ? (await openInputs([join(dir, name)])).evidence : [], stderr, status }
}
const byId = (evidence: readonly Evidence[]): Map<string, Evidence> => new Map(evidence.map(piece => [piece.id, piece]))

// ------------------------------------------------------------------ its form

/** The code alone: comments, here-documents, arithmetic and quoted text go, but for the commands inside of it. */
function bare(script: string): string {
  const text = script.replace(/<<'END'\n[\s\S]*?\nEND\n/g, '\n').replace(/\$\(\([^\n]*?\)\)/g, '0')
  const within: ('code' | 'quotes')[] = ['code']
  let out = ''
  for (let at = 0; at < text.length; at++) {
    const [one, two] = [text[at] ?? '', text.slice(at, at + 2)]
    const code = within.at(-1) === 'code'
    if (one === '\\') at++
    else if (two === '${') at = text.indexOf('}', at)
    else if (two === '$(') {
      within.push('code')
      out += '$('
      at++
    } else if (one === '"') {
      if (code) within.push('quotes')
      else within.pop()
      out += code ? 'Q' : ''
    } else if (!code) continue
    else if (one === "'") {
      at = text.indexOf("'", at + 1)
      out += 'Q'
    } else if (one === '#' && /\s/.test(out.at(-1) ?? '\n')) at = text.indexOf('\n', at) - 1
    else {
      if (one === ')' && within.length > 1) within.pop()
      out += one
    }
  }
  return out
}

/** Commands of FreeBSD's base system, and what POSIX has the shell itself do. */
const builtIn = ['[', '{', '}', '!', ':', 'case', 'cd', 'command', 'done', 'do', 'echo', 'elif', 'else', 'esac', 'exec', 'exit', 'export', 'fi', 'for', 'if', 'in', 'kill', 'printf', 'pwd', 'read', 'return', 'set', 'shift', 'test', 'then', 'trap', 'umask', 'wait', 'while', 'continue', 'break']
const base = ['awk', 'cat', 'date', 'dd', 'grep', 'head', 'hexdump', 'id', 'ls', 'od', 'readlink', 'sed', 'sh', 'sleep', 'stat', 'tail', 'timeout', 'uname', 'wc']
/** What the collectors of FreeBSD run: base system, but for these two, which a host has or has not. */
const baseForHosts = ['acpidump', 'bectl', 'camcontrol', 'devinfo', 'dmesg', 'freebsd-version', 'glabel', 'grep', 'kenv', 'kldstat', 'ls', 'mount', 'netstat', 'pciconf', 'ps', 'sysctl', 'uname', 'zpool', 'pkg', 'service', 'devctl', 'bhyvectl', 'jls', 'zfs', 'vmstat', 'top', 'ifconfig', 'gpart', 'geom', 'mdconfig', 'cat', 'getconf', 'sockstat', 'fstat', 'usbconfig', 'nvmecontrol', 'swapinfo', 'find', 'strings']
const portsForHosts = ['cbsd', 'vm', 'virsh', 'nvidia-smi']
/** Options that all of GNU, BusyBox and FreeBSD have. `head -c`, `stat -c`, `stat -f` and `timeout` are tried before use. */
const options: Readonly<Record<string, RegExp>> = {
  awk: /^-v$/, cat: /^$/, date: /^-u$/, grep: /^-[Ev]$/, head: /^-c$/, hexdump: /^-[vne]$/, id: /^-u$/, ls: /^-(?:ld|ln|dt)$/, od: /^-(?:An|v|tx1|N.*)$/, readlink: /^$/, sed: /^-[ne]$/, sh: /^-c$/, stat: /^-[Lcf]$/, tail: /^-c$/,
  timeout: /^-s$/, uname: /^-[sn]$/, wc: /^-c$/, sleep: /^$/, kill: /^-9$/, cd: /^-P$/, read: /^-r$/,
}

t.test('a POSIX shell and commands of the base system are all it needs', async t => {
  const text = bare(any)
  const own = [...text.matchAll(/^\s*(\w+)\(\) \{/gm)].map(([, name]) => name ?? '')
  const commands = [...text.matchAll(/(?:^|[|;&(`{!]|\b(?:then|do|else|if|while)\b)[ \t]*([a-z_][\w-]*)(?=[\s;]|\$\()/gm)].map(([, name]) => name ?? '')
  t.ok(commands.length > 200 && commands.includes('sed') && commands.includes('wc'), 'commands are found')
  t.same([...new Set(commands.filter(name => !builtIn.includes(name) && !base.includes(name) && !own.includes(name)))], [], 'no other command')
  const program = bare(template)
  for (const [name, allowed] of Object.entries(options)) {
    const used = [...program.matchAll(new RegExp(`(?:^|[|;&({\\s])${name}((?: +-[^\\s;|)]+)+)`, 'gm'))].flatMap(([, words]) => (words ?? '').trim().split(/ +/))
    t.same(used.filter(option => !allowed.test(option)), [], `options of ${name}`)
  }
  for (const [what, form] of Object.entries({ '[[': /(?:^|\s)\[\[/m, function: /(?:^|\s)function\s/m, local: /(?:^|\s)(?:local|declare|typeset|source|let)\s/m, "$'": /\$''/, '<<<': /<<</, '<( )': /[<>]\(/, '&>': /&>(?!&)/, arrays: /\w=\(/, '${x/y}': /\$\{\w+(?:\/|\^|,|:\d)/, '==': /\s==\s/, 'echo -e': /echo -/ })) {
    t.notMatch(text.replace(/=\(\n/g, ''), form, `no ${what}`)
  }
  const run = collectorsFor('freebsd').flatMap(one => [...(one.first ?? []), ...(one.every ?? [])]).flatMap(recipe => ('run' in recipe ? [recipe.run[0]] : []))
  t.same(run.filter(name => !baseForHosts.includes(name) && !portsForHosts.includes(name)), [], 'commands of FreeBSD')
})

for (const shell of shells) {
  t.test(`${shell.join(' ')} takes the script`, { skip: lacking(shell[0] ?? '') }, async t => {
    const { status, stderr } = spawnSync(shell[0] ?? '', [...shell.slice(1), '-n'], { input: any, encoding: 'utf8' })
    t.equal(status, 0, stderr || 'no complaint')
  })
}

t.test('shellcheck has nothing to say', { skip: lacking('shellcheck') }, async t => {
  t.equal(spawnSync('shellcheck', ['-s', 'sh', '-'], { input: any, encoding: 'utf8' }).stdout, '')
})

t.test('gpudoctor collect --script prints it', async t => {
  const printed = (...argv: readonly string[]) => spawnSync(process.execPath, [packageFile('bin', 'gpudoctor.js'), 'collect', '--script', ...argv], { encoding: 'utf8', maxBuffer: 1 << 24 })
  t.equal(printed().stdout, any)
  t.equal(printed('freebsd').stdout, await collectorScript('freebsd'))
  t.equal(printed('windows').status, 2)
})

// ------------------------------------------------------------------ on this host

const { rules, shared } = await ruleBase(undefined)
const snapshotOf = (evidence: readonly Evidence[]): Snapshot => assemble(evidence, parsers, shippedNames)
async function findingsOf(evidence: readonly Evidence[]): Promise<string[]> {
  const { findings } = await diagnose({ rules, shared, broken: [], snapshot: snapshotOf(evidence), evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
  return findings.map(({ rule, subject }) => `${rule} ${subject}`).sort()
}

const asNobody = root && found('setpriv') ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : null
for (const [who, prefix] of [['the user who runs the tests', []], ['an ordinary user', asNobody]] as const) {
  t.test(`on this host, as ${who}: the same findings as gpudoctor itself has`, { skip: linux || (prefix === null ? 'only root can become another user' : false) }, async t => {
    for (const shell of quick.filter(shell => !lacking(shell[0] ?? ''))) {
      let [ours, its]: (readonly string[])[] = [[], ['?']]
      // VMs and memory of a host that is in use change between the two.
      for (let tries = 0; tries < 2 && String(ours) !== String(its); tries++) {
        const dir = publicDir(t)
        const { evidence, status, stderr } = await runScript(await collectorScript('linux'), dir, [...(prefix ?? []), ...shell])
        t.equal(status, 0, status === 0 ? `${shell.join(' ')} runs it` : stderr)
        t.equal(statSync(join(dir, 'out.txt')).mode & 0o777, 0o600, 'for its owner alone')
        its = await findingsOf(evidence)
        if (prefix?.length) {
          spawnSync(prefix[0] ?? '', [...prefix.slice(1), process.execPath, packageFile('bin', 'gpudoctor.js'), 'collect', '-o', join(dir, 'live.tar.gz')])
          ours = existsSync(join(dir, 'live.tar.gz')) ? await findingsOf((await openInputs([join(dir, 'live.tar.gz')])).evidence) : its
        } else ours = await findingsOf(await collect(collectorsFor('linux'), liveSource(), { patience: 20 }))
      }
      t.same(its, ours, `${shell.join(' ')}: findings`)
    }
  })
}

// ------------------------------------------------------------------ what it does and does not

t.test('statuses: what is there, what is not, what is refused, what hangs, what is too long', { skip: linux }, async t => {
  const dir = publicDir(t)
  const at = (name: string) => (name === '' ? dir : join(dir, name))
  mkdirSync(at('tree/a'), { recursive: true })
  writeFileSync(at('tree/a/one'), 'first\nsecond')
  writeFileSync(at('tree/a/empty'), '')
  mkdirSync(at('tree/b'))
  writeFileSync(at('tree/b/one'), 'a first\n')
  symlinkSync('one', at('tree/a/link'))
  writeFileSync(at('secret'), 'x\n', { mode: 0o000 })
  mkdirSync(at('closed'), { mode: 0o000 })
  writeFileSync(at('long'), Array.from({ length: 4000 }, (_, line) => `line ${line}\n`).join(''))
  writeFileSync(at('bytes'), Buffer.from([0, 1, 2, 255, 10, 61, 0]))
  writeFileSync(at('forged'), 'end\n\nstop 1 done 0\nprobe 9 {"gives":"cmdline"}\n/etc/x\t=y\n=x\n!exit 0\nfinish\nlast\n')
  writeFileSync(at('hangs'), '#!/bin/sh\necho begun\nexec sleep 60\n', { mode: 0o755 })
  writeFileSync(at('fails'), '#!/bin/sh\necho "cannot do it" >&2\nexit 3\n', { mode: 0o755 })
  // Older, newest, another kind of task, a name that stands for others.
  for (const [name, time] of [['0/T:1:qmstart:100:', 1000], ['1/T:2:qmstart:101:', 3000], ['1/T:3:qmstop:101:', 4000], ['2/T:4:qmstart:102:', 2000], ['2/T:a b*:qmstart:103:', 2500]] as const) {
    mkdirSync(dirname(at(`tasks/${name}`)), { recursive: true })
    writeFileSync(at(`tasks/${name}`), `${name}\nTASK OK\n`)
    utimesSync(at(`tasks/${name}`), time, time)
  }
  const linuxOf = (gives: EvidenceKind, rest: Partial<Collector>): Collector => ({ gives, platform: 'linux', loses: '', ...rest })
  const collectors = [
    linuxOf('modprobe-conf', { every: [{ tree: [at('')], lists: ['tree'] }, { tree: [at('tree/*')], files: ['one', 'empty', 'none'], links: ['*'], stats: ['one'], bytes: { one: 3 } }] }),
    linuxOf('limits', { every: [{ tree: [at('tree/*')], only: { file: 'one', is: ['other', 'fir*'] }, files: ['empty'] }] }),
    linuxOf('host-files', { every: [{ tree: [at('tree/*')], only: { file: 'none', is: ['*'] }, files: ['one'] }] }),
    linuxOf('libvirt-domain', { every: [{ read: at('*.xml') }] }),
    linuxOf('meminfo', { first: [{ read: at('secret') }] }),
    linuxOf('proxmox-vm', { every: [{ read: at('closed/*.conf') }] }),
    linuxOf('qemu-log', { first: [{ run: [at('hangs')] }], timeout: 1 }),
    linuxOf('nvidia-smi', { first: [{ run: [at('fails')] }] }),
    linuxOf('cpuinfo', { first: [{ run: ['no-such-command'] }, { read: at('forged') }] }),
    linuxOf('iomem', { first: [{ read: at('long') }], limit: 2000 }),
    linuxOf('acpi-table', { every: [{ read: at('bytes') }] }),
    linuxOf('cmdline', { first: [{ read: at('forged') }] }),
    linuxOf('libvirt-log', { every: [{ read: at('tasks/*/T:*:qmstart:*'), newest: 2 }] }),
    linuxOf('packages', { every: [{ read: at('closed/*/T:*'), newest: 2 }] }),
  ]
  const asUser = asNobody ?? []
  for (const shell of quick.filter(shell => !lacking(shell[0] ?? ''))) {
    for (const killer of shell[0] === 'dash' ? ['timeout', 'nothing'] : ['timeout']) {
      const text = made(collectors, 1)
      const name = `${shell[0]}-${killer}.txt`
      const { evidence, status, stderr } = await runScript(killer === 'timeout' ? text : text.replace('timeout -s KILL 5 true', 'false'), dir, [...asUser, ...shell], name)
      t.equal(status, 0, status === 0 ? 'it runs' : stderr)
      const pieces = byId(evidence)
      const of = (id: string) => { const piece = pieces.get(id); return piece && { status: piece.status, body: typeof piece.body === 'string' ? piece.body : [...piece.body] } }
      const live = byId(await collect(collectors.filter(({ gives }) => !['qemu-log', 'iomem'].includes(gives)), liveSource(), {}))
      const note = `${shell.join(' ')}, ended by ${killer}`
      const stat = statSync(at('tree/a/one'))
      t.equal(of('modprobe-conf')?.body, live.get('modprobe-conf')?.body, `${note}: a tree`)
      t.match(String(of('modprobe-conf')?.body), `@100644 ${stat.uid} ${stat.gid} 12 `)
      t.same([of('limits'), live.get('limits')?.body], [{ status: 'ok', body: `${at('tree/a')}\t/\n${at('tree/a/empty')}\t=\n` }, of('limits')?.body], `${note}: some directories of a tree`)
      t.same([of('host-files')?.status, live.get('host-files')?.status], ['absent', 'absent'], 'none of them')
      t.equal(of('libvirt-domain')?.status, 'absent')
      t.same(evidence.filter(({ kind }) => kind === 'libvirt-log').map(({ from, body }) => [from, body]), ['1/T:2:qmstart:101:', '2/T:a b*:qmstart:103:'].map(name => [at(`tasks/${name}`), `${name}\nTASK OK\n`]), `${note}: the newest files`)
      for (const [id, path] of [['meminfo', 'secret'], ['proxmox-vm', 'closed'], ['packages', 'closed']] as const) if (!root || asNobody) t.equal(of(id)?.status, 'denied', path)
      t.same(of('qemu-log'), { status: 'cut', body: 'begun\n' }, `${note}: what hangs`)
      t.same(of('nvidia-smi'), { status: 'failed', body: '' })
      t.match(pieces.get('nvidia-smi')?.note, 'cannot do it')
      t.equal(pieces.get('nvidia-smi')?.exitCode, 3)
      t.same(of('cpuinfo'), { status: 'ok', body: readFileSync(at('forged'), 'utf8') }, `${note}: a file in the form of this one`)
      t.equal(of('cmdline')?.body, readFileSync(at('forged'), 'utf8'), 'the probe behind it is there')
      t.equal(of('iomem')?.status, 'cut')
      const tail = String(of('iomem')?.body)
      t.same(pieces.get('acpi-table/bytes')?.body, new Uint8Array(readFileSync(at('bytes'))), `${note}: bytes`)
      t.ok(tail === '' || tail.length < 2100)
    }
  }
})

t.test('a command for each name of a folder, whatever names there are', { skip: linux }, async t => {
  const dir = publicDir(t)
  const vmm = join(dir, 'vmm')
  mkdirSync(vmm)
  const hostile = ['-rf', '--destroy', '.hidden', '..x', '$(touch made)', '`touch made`', 'a b', 'a;touch made', '*', '[x]', "it's", 'a"b', 'ü', '{name}', '$1', 'a\\b', 'a\tb', 'a\nb', 'a|b', 'x=y', '~']
  for (const name of ['ai', 'win-11', 'a.b:c@d+e', 'Z_9', 'zz-fails', ...hostile]) writeFileSync(join(vmm, name), '')
  symlinkSync('nowhere', join(vmm, 'dangling'))
  const asked = join(dir, 'asked')
  writeFileSync(join(dir, 'ctl'), `#!/bin/sh\nprintf '%s\\n' "$#" "$@" >> '${asked}'\ncase $1 in *hangs) exec sleep 60 ;; *fails) echo "VM:$1 is not created." >&2; exit 1 ;; esac\necho "map of $1"\n`, { mode: 0o755 })
  const of = (most: number, gives: EvidenceKind = 'bhyvectl', namesIn = vmm): Collector => ({ gives, platform: 'linux', loses: '', every: [{ run: [join(dir, 'ctl'), '--vm={name}', "it's {name}/{name}"], for: { namesIn, of: 'A-Za-z0-9_.@:+-', most } }] })
  const wanted = ['Z_9', 'a.b:c@d+e', 'ai', 'dangling', 'win-11', 'zz-fails']
  const tried = () => {
    const lines = existsSync(asked) ? readFileSync(asked, 'utf8') : ''
    rmSync(asked, { force: true })
    return lines
  }
  const calls = (names: readonly string[]) => names.map(name => `2\n--vm=${name}\nit's ${name}/${name}\n`).join('')
  const shown = (evidence: readonly Evidence[]) => evidence.map(({ id, from, status, body, note, exitCode }) => ({ id, from, status, body, note: note ?? '', exitCode: exitCode ?? null }))
  mkdirSync(join(dir, 'empty'))
  const collectors = [of(20), of(2, 'cbsd'), of(20, 'bectl', join(dir, 'none')), of(20, 'devinfo', join(dir, 'empty'))]
  const live = await collect(collectors.slice(0, 2), liveSource(), { patience: 50 })
  tried()
  for (const shell of shells.filter(shell => !lacking(shell[0] ?? ''))) {
    const note = shell.join(' ')
    const { evidence, status, stderr } = await runScript(made(collectors, 90), dir, shell, `${shell[0]}.txt`)
    t.equal(status, 0, status === 0 ? `${note} runs it` : stderr)
    t.equal(tried(), calls([...wanted, ...wanted.slice(0, 2)]), `${note}: these words and no others`)
    t.notOk(existsSync(join(dir, 'made')), 'no name is run')
    // Names that would break the form are not even counted.
    const alike = (one: { note: string }) => ({ ...one, note: one.note.replace(/for \d+ of/, 'for some of') })
    t.same(shown(evidence.filter(({ kind }) => kind === 'bhyvectl' || kind === 'cbsd')).map(alike), shown(live).map(alike), `${note}: as on the live host`)
    t.match(byId(evidence).get('bhyvectl/win-11'), { status: 'ok', body: 'map of --vm=win-11\n' }, note)
    t.same([byId(evidence).get('bectl')?.status, byId(evidence).get('devinfo')?.status], ['absent', 'absent'])
  }
  const hang = join(dir, 'hang')
  mkdirSync(hang)
  for (const name of ['a-hangs', 'b']) writeFileSync(join(hang, name), '')
  const pieces = byId((await runScript(made([of(20, 'bhyvectl', hang)], 6), dir, quick[0], 'hang.txt')).evidence)
  t.same([pieces.get('bhyvectl/a-hangs')?.status, pieces.get('bhyvectl/b')?.status], ['timeout', 'ok'], 'one that hangs leaves the others their share')
})

t.test('it overwrites nothing, says beforehand what it reads, and takes no other option', { skip: linux }, async t => {
  const dir = publicDir(t)
  const one: Collector = { gives: 'cmdline', platform: 'linux', first: [{ read: '/proc/cmdline' }], loses: '' }
  writeFileSync(join(dir, 'there.txt'), 'mine')
  symlinkSync('nowhere', join(dir, 'dangling.txt'))
  for (const name of ['there.txt', 'dangling.txt']) {
    const { status, stderr } = await runScript(made([one]), dir, ['sh'], name)
    t.equal(status, 2)
    t.match(stderr, /is there already/)
  }
  t.equal(readFileSync(join(dir, 'there.txt'), 'utf8'), 'mine')
  t.notOk(existsSync(join(dir, 'nowhere')))
  const plan = spawnSync('sh', ['collect.sh', '--plan'], { cwd: dir, encoding: 'utf8' })
  t.equal(plan.stdout, 'a plan\n')
  t.equal(spawnSync('sh', ['collect.sh', '--force'], { cwd: dir, encoding: 'utf8' }).status, 2)
  t.notOk(existsSync(join(dir, 'gpudoctor-snapshot.txt')))
  const piped = spawnSync('sh', ['-s', '--', '-'], { cwd: dir, input: made([one]) })
  t.match(piped.stdout.toString(), /^gpudoctor-capture 1\n[^]*\nfinish\n$/, 'through a pipe to a pipe')
  t.match(piped.stderr.toString(), /reads files/)
  const { stderr } = await runScript(made([one]), dir)
  t.match(stderr, /NOT redacted/)
  const freebsd = script(template, 'x', [{ platform: 'freebsd', collectors: [], plan: [] }])
  t.match((await runScript(freebsd, dir, ['sh'], 'other.txt')).stderr, /this collector is for FreeBSD; this is Linux/)
})

// ------------------------------------------------------------------ a host that is FreeBSD for all it can see

/** What runs a command below another root: root itself, or a user name space. */
const chroot = [['chroot'], ['unshare', '-Ur', 'chroot']].find(argv => spawnSync(argv[0] ?? '', [...argv.slice(1), '/', 'true']).status === 0)

/** The commands of FreeBSD's base system that the script uses; BusyBox stands in for them. */
function stubRoot(dir: string, programs: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>): void {
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text, { mode })
  }
  const copy = (path: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    copyFileSync(realpathSync(path), join(dir, path))
    chmodSync(join(dir, path), 0o755)
  }
  for (const program of ['dash', 'busybox']) {
    const path = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
    copy(path)
    for (const [library] of spawnSync('ldd', [path], { encoding: 'utf8' }).stdout.matchAll(/\/\S+(?= \()/g)) copy(library)
    put(`bin/${program === 'dash' ? 'sh' : 'busybox'}`, '')
    rmSync(join(dir, `bin/${program === 'dash' ? 'sh' : 'busybox'}`))
    symlinkSync(path, join(dir, `bin/${program === 'dash' ? 'sh' : 'busybox'}`))
  }
  for (const program of base.filter(name => !['sh', 'stat', 'timeout'].includes(name) && programs[name] === undefined)) symlinkSync('busybox', join(dir, 'bin', program))
  mkdirSync(join(dir, 'tmp'))
  if (spawnSync('sh', ['-c', `mkdir -p dev && mknod -m 666 dev/null c 1 3`], { cwd: dir }).status !== 0) put('dev/null', '')
  for (const [name, text] of Object.entries(programs)) put(`bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755)
  for (const [path, text] of Object.entries(files)) put(path, text)
}

const printing = (text: string): string => `busybox cat <<'END OF TEXT'\n${text.replace(/\n$/, '')}\nEND OF TEXT`
/** stat(1) of FreeBSD knows no -c. */
const freebsdStat = `[ "$1 $2" = '-L -f' ] || { echo "stat: illegal option" >&2; exit 1; }
case $3 in %p) busybox stat -L -c %a "$4" ;; *) printf '%o ' "0x$(busybox stat -L -c %f "$4")"; busybox stat -L -c '%u %g %s %Y' "$4" ;; esac`

/** Facts without where they were read. */
const valuesOf = (snapshot: Snapshot): unknown => JSON.parse(JSON.stringify(snapshot, (key, value: unknown) => (key === 'at' ? undefined : value))) as unknown

t.test('a FreeBSD host with the base system alone: the facts are those of the same texts', { skip: lacking('dash', 'busybox', 'ldd') || (chroot ? false : 'nothing here may change the root directory') }, async t => {
  let state: State = nothing
  for (const { now } of chapters) state = { ...state, ...now }
  const story = byId(evidenceOf({ ...state, remote: ['rocm:dv=/dev/nmdm-rocm.1B:br#9600:pa=none:'] }))
  const body = (id: string): string => String(story.get(id)?.body)
  const dir = publicDir(t)
  const lines = (id: string) => body(id).split('\n').flatMap(line => line.split('\t=').slice(1)).join('\n')
  stubRoot(dir, {
    uname: `case $1 in -s) echo FreeBSD ;; -n) echo host.example ;; *) exit 1 ;; esac`, stat: freebsdStat, ps: printing('  PID COMMAND\n 4711 bhyve: ai (bhyve)'),
    ls: `if [ "$1 $2" = '-l /dev/vmm' ]; then ${printing(body('vmm-devices'))}\nelse exec busybox ls "$@"; fi`,
    pciconf: `[ "$1" = -lvbceB ] && { echo 'pciconf: illegal option -- B' >&2; exit 1; }\n${printing(body('pciconf'))}`, acpidump: printing(body('acpidump')), dmesg: printing(body('kernel-log')),
    bhyvectl: `[ "$*" = '--vm=rocm --get-memmap' ] || exit 1\n${printing('Address     Length      Segment     Offset      Prot  Flags\n0           3.0GB       sysmem      0           RWX   wired/iommu')}`,
    'freebsd-version': printing(body('freebsd-version')), kldstat: printing(body('kldstat')), sysctl: printing(body('sysctl')), kenv: printing(body('kenv')),
  }, {
    'boot/loader.conf': `${lines('loader-conf')}\n`, 'etc/rc.conf': `${lines('rc-conf')}\n`, 'etc/remote': body('remote'), 'var/run/dmesg.boot': body('kernel-log'),
    'vm/rocm/rocm.conf': body('vm-bhyve/rocm'), 'vm/rocm/vm-bhyve.log': body('bhyve-log/rocm'), 'collect.sh': await collectorScript('freebsd'), 'dev/vmm/rocm': '', 'dev/vmm/a b': '',
  })
  const [command = '', ...before] = chroot ?? []
  const { status, stderr } = spawnSync(command, [...before, dir, '/bin/sh', '/collect.sh', '/tmp/out.txt'], { encoding: 'utf8', timeout: 120_000, env: { PATH: `/bin:${process.env['PATH'] ?? ''}` } })
  t.equal(status, 0, status === 0 ? 'it runs' : stderr)
  const { evidence, manifest } = await openInputs([join(dir, 'tmp/out.txt')])
  t.equal(manifest?.platform, 'freebsd')
  const kinds: readonly EvidenceKind[] = ['pciconf', 'kernel-log', 'acpidump', 'freebsd-version', 'kldstat', 'sysctl', 'kenv', 'loader-conf', 'rc-conf', 'remote', 'vmm-devices', 'vm-bhyve']
  const only = (all: readonly Evidence[]) => all.filter(piece => kinds.includes(piece.kind) || piece.id.startsWith('bhyve-log/rocm'))
  t.same(only(evidence).filter(piece => piece.status !== 'ok').map(({ id, status, note }) => `${id} ${status} ${note}`).filter(line => !line.startsWith('freebsd-version cut')), [])
  const wanted = valuesOf(snapshotOf(only([...story.values()]).filter(piece => piece.id !== 'bhyve-log/rocm-console')))
  t.same(valuesOf(snapshotOf(only(evidence))), wanted)
  t.ok(JSON.stringify(wanted).length > 3000, 'there are facts')
  t.match(byId(evidence).get('device-map')?.status, 'absent')
  t.match(snapshotOf(evidence.filter(({ kind }) => kind === 'bhyvectl')).vms['rocm'], { vmmMemoryMiB: { value: 3072 }, vmmWired: { value: true }, vmmMapped: { value: true } })
})

t.test('every declaration is understood when it is read back', async t => {
  for (const platform of ['linux', 'freebsd'] as const) {
    const declarations = [...any.matchAll(/^ {2}probe \d+ \d+ (linux|freebsd)_\S+ '(\{.*\})'$/gm)].filter(([, of]) => of === platform).map(([, , json]) => (json ?? '').replaceAll(`'\\''`, "'"))
    t.equal(declarations.length, collectorsFor(platform).length)
    const { probes } = readCapture(Buffer.from(['gpudoctor-capture 1', ...declarations.map((json, index) => `probe ${index + 1} ${json}\nstop ${index + 1} done 0`), 'finish\n'].join('\n')))
    t.same(probes.map(({ collector: { gives, first, every, name, reduce } }) => ({ gives, first, every, name, reduce })), collectorsFor(platform).map(({ gives, first, every, name, reduce }) => ({ gives, first, every, name, reduce })))
  }
})
