import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { release } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { collectors, collectorsFor } from '../collectors/all.ts'
import { collector, isNameOf, type Collector } from '../collectors/collector.ts'
import type { Evidence } from '../model/evidence.ts'
import { collect, plan } from './collect.ts'
import { liveSource } from './live-source.ts'
import { expand, HeadAndTail, reasonOf, SourceError, type Ran, type Source } from './source.ts'

const loses = 'nothing'
const bytesOf = (text: string) => ({ head: Buffer.from(text), tail: new Uint8Array(0), left: 0 })

/** A host in memory: files by path (an Error is thrown), `> target` is a link, commands by their words. */
function fake(files: Record<string, string | Error>, commands: Record<string, Partial<Ran> & { readonly text?: string } | Error> = {}, times: Readonly<Record<string, number>> = {}): Source {
  const has = (path: string) => Object.keys(files).some(name => name === path || name.startsWith(`${path}/`))
  const get = (path: string) => {
    const file = files[path]
    if (file instanceof Error) throw file
    if (file === undefined) throw new SourceError('absent', `${path} is not there`)
    return file
  }
  return {
    platform: 'linux', root: true,
    read: async (path, limit) => { const kept = new HeadAndTail(limit); kept.add(Buffer.from(get(path))); return kept.bytes() },
    list: async dir => {
      if (files[dir] instanceof Error) throw files[dir]
      if (!has(dir)) throw new SourceError('absent', `${dir} is not there`)
      return [...new Set(Object.keys(files).filter(name => name.startsWith(`${dir}/`)).map(name => name.slice(dir.length + 1).split('/')[0] ?? ''))].sort()
    },
    link: async path => { const file = get(path); if (!file.startsWith('> ')) throw coded('EINVAL'); return file.slice(2) },
    stat: async path => { if (!has(path)) get(path); return { mode: 0o100644, uid: 0, gid: 108, size: 12, mtime: times[path] ?? 1700000000 } },
    run: async argv => {
      const answer = commands[argv.join(' ')]
      if (answer instanceof Error) throw answer
      if (!answer) throw new SourceError('absent', `${argv[0]} is not installed`)
      const { text = '', ...ran } = answer
      return { out: bytesOf(text), complaint: '', exitCode: 0, timedOut: false, ...ran }
    },
  }
}

const coded = (code: string) => Object.assign(new Error(`${code}: made up`), { code })
const take = async (source: Source, ...collectors: Omit<Collector, 'platform' | 'loses'>[]): Promise<Evidence[]> =>
  collect(collectors.map(one => collector({ platform: 'linux', loses, ...one })), source)
const one = async (source: Source, it: Omit<Collector, 'platform' | 'loses'>) => {
  const [evidence, ...more] = await take(source, it)
  t.same(more, [], 'one piece')
  return evidence as Evidence
}
const root = process.getuid?.() === 0

t.test('first: the first recipe that answers is kept', async t => {
  const log = { gives: 'kernel-log', first: [{ run: ['journalctl', '-k'] }, { run: ['dmesg'] }, { read: '/var/log/dmesg' }] } as const
  const source = (journal: object | Error, dmesg: object | Error) => fake({ '/var/log/dmesg': 'old\n' }, { 'journalctl -k': journal, 'dmesg': dmesg })
  t.match(await one(source({ text: 'a\n' }, {}), log), { id: 'kernel-log', from: 'journalctl -k', status: 'ok', body: 'a\n', exitCode: 0 })
  t.match(await one(source({ text: '-- No entries --\n' }, { text: 'b\n' }), log), { from: 'dmesg', body: 'b\n' })
  t.match(await one(source({ complaint: 'Hint: insufficient permissions' }, { complaint: 'dmesg: read kernel buffer failed: Operation not permitted', exitCode: 1 }), log), { from: '/var/log/dmesg', body: 'old\n' })
  t.match(await one(fake({}, { dmesg: { complaint: 'dmesg: Operation not permitted', exitCode: 1 } }), log), { status: 'denied', from: 'dmesg', body: '', note: /journalctl is not installed; dmesg: dmesg: Operation not permitted; / })
  t.match(await one(fake({}), log), { status: 'absent', body: '' })
})

t.test('how commands end', async t => {
  const status = async (ran: object | Error) => one(fake({}, { x: ran }), { gives: 'limits', first: [{ run: ['x'] }] })
  t.match(await status({ text: 'Permission denied\n', exitCode: 1 }), { status: 'denied', exitCode: 1, note: 'Permission denied' })
  t.match(await status({ text: 'much\n', complaint: 'one: Permission denied', exitCode: 1 }), { status: 'ok', body: 'much\n', note: /status 1: one: Permission denied/ })
  t.match(await status({ complaint: 'no such option', exitCode: 2 }), { status: 'failed', note: 'no such option' })
  t.match(await status({ exitCode: null }), { status: 'failed', note: 'ended by a signal' })
  t.match(await status({}), { status: 'ok', body: '' }, 'nothing printed and no complaint is an answer')
  t.match(await status({ timedOut: true, exitCode: null }), { status: 'timeout' })
  t.match(await status({ timedOut: true, exitCode: null, text: 'half\n' }), { status: 'cut', body: 'half\n', note: /did not end in time/ })
  t.match(await status(coded('EACCES')), { status: 'denied' })
  t.match(await status({ text: 'The log says: Permission denied, long ago\n' }), { status: 'ok' }, 'words in good output deny nothing')
})

t.test('every: a piece per file, trees and plain files and commands in one', async t => {
  const source = fake({
    '/etc/libvirt/qemu/win11.xml': '<domain/>', '/etc/libvirt/qemu/vm two.xml': coded('EACCES'), '/etc/libvirt/qemu/autostart/win11.xml': '<a/>', '/etc/libvirt/qemu/.hidden.xml': 'x',
    '/proc/version': 'Linux version 6.1.0\n', '/proc/sys/kernel/tainted': '4096\n',
    '/etc/modprobe.d/a.conf': 'options vfio-pci ids=10de:1b80\n\nblacklist nouveau', '/etc/modprobe.d/no.conf': coded('EPERM'), '/etc/modprobe.d/bad.conf': coded('EIO'),
    '/sys/d/0/driver': '> ../../bus/pci/drivers/nvidia', '/sys/d/0/config': '\u0001\u0002', '/sys/d/0/empty': '', '/sys/d/1/x\ty\nz': 'v',
  }, { 'uname -a': { text: 'Linux pc 6.1.0 #1' } })
  const domains = await take(source, { gives: 'libvirt-domain', every: [{ read: '/etc/libvirt/qemu/*.xml' }, { read: '/etc/libvirt/qemu/autostart/*.xml' }] })
  t.same(domains.map(({ id, status, body }) => [id, status, body]), [['libvirt-domain/vm two', 'denied', ''], ['libvirt-domain/win11', 'ok', '<domain/>'], ['libvirt-domain/win11~2', 'ok', '<a/>']])
  t.match(await one(source, { gives: 'libvirt-domain', every: [{ read: '/run/none/*.xml' }] }), { id: 'libvirt-domain', status: 'absent' })
  t.match(await one(source, { gives: 'acpi-table', every: [{ read: '/sys/d/0/config' }], name: /\/(\d)\/config$/ }), { id: 'acpi-table/0', body: Buffer.from([1, 2]) })
  t.match(await one(source, { gives: 'kernel-version', every: [{ read: '/proc/version' }, { run: ['uname', '-r'] }, { run: ['uname', '-a'] }, { read: '/proc/sys/kernel/tainted' }] }),
    { status: 'ok', body: /^\/proc\/version\t=Linux version 6\.1\.0\nLinux host-\w+ 6\.1\.0 #1\n\/proc\/sys\/kernel\/tainted\t=4096\n$/ })
  t.match(await one(source, { gives: 'modprobe-conf', every: [{ tree: ['/etc/modprobe.d', '/etc/none.d'], files: ['*.conf'] }] }), {
    status: 'ok',
    body: '/etc/modprobe.d\t/\n/etc/modprobe.d/a.conf\t=options vfio-pci ids=10de:1b80\n/etc/modprobe.d/a.conf\t=\n/etc/modprobe.d/a.conf\t=blacklist nouveau\n/etc/modprobe.d/bad.conf\t!input/output error\n/etc/modprobe.d/no.conf\t!denied\n',
  })
  t.match(await one(source, { gives: 'pci-sysfs', every: [{ tree: ['/sys/d/*'], files: ['empty', 'x*', 'missing'], links: ['driver', 'con*'], bytes: { config: 1 }, lists: ['.'], stats: ['config'] }] }), {
    body: '/sys/d/0\t/\n/sys/d/0/empty\t=\n/sys/d/0/driver\t>../../bus/pci/drivers/nvidia\n/sys/d/0\t/\n/sys/d/0/config\t/\n/sys/d/0/driver\t/\n/sys/d/0/empty\t/\n/sys/d/0/config\t@100644 0 108 12 1700000000\n/sys/d/0/config\t#01\n'
      + '/sys/d/1\t/\n/sys/d/1/x?y?z\t=v\n/sys/d/1\t/\n/sys/d/1/x?y?z\t/\n',
  })
  const processes = fake({ '/proc/1/comm': 'init\n', '/proc/7/comm': 'qemu-system-x86\n', '/proc/7/status': 'VmLck: 1 kB\n', '/proc/8/comm': 'kvm-pit/7\n', '/proc/8/status': 'x\n', '/proc/9/comm': coded('EACCES') })
  t.match(await one(processes, { gives: 'limits', every: [{ tree: ['/proc/*'], only: { file: 'comm', is: ['qemu*', 'kvm'] }, files: ['status'] }] }), { status: 'ok', body: '/proc/7\t/\n/proc/7/status\t=VmLck: 1 kB\n' }, 'the directories that are meant')
  t.match(await one(source, { gives: 'boot-config', every: [{ tree: ['/none/*'], files: ['x'] }] }), { status: 'absent', body: '' })
})

t.test('one that fails disturbs no other, reduce sees what the others took', async t => {
  const source = { ...fake({ '/proc/cmdline': 'quiet password=hunter2\n', '/pci.ids': 'long list' }), link: () => { throw new Error('thrown at once') } }
  const seen: string[] = []
  const all = await collect([
    collector({ gives: 'pci-names', platform: 'linux', first: [{ read: '/pci.ids' }], reduce: (text, taken) => `${text.length} ${taken.join()}`, loses }),
    collector({ gives: 'os-release', platform: 'linux', first: [{ read: '/pci.ids' }], reduce: () => { throw new Error('reduced to nothing') }, loses }),
    collector({ gives: 'iommu-sysfs', platform: 'linux', first: [{ tree: ['/proc'], links: ['cmdline'] }], loses }),
    collector({ gives: 'cmdline', platform: 'linux', first: [{ read: '/proc/cmdline' }], loses }),
    collector({ gives: 'pciconf', platform: 'freebsd', first: [{ run: ['pciconf'] }], loses }),
  ], source, { onProgress: (done, of, kind) => seen.push(`${done}/${of} ${kind}`) })
  t.same(all.map(({ id, status }) => `${id} ${status}`), ['pci-names ok', 'os-release failed', 'iommu-sysfs ok', 'cmdline ok'])
  t.match(all[3], { body: /^quiet password=secret-\w{4}\n$/, takenAt: /^\d{4}-.*Z$/, tookMs: Number })
  t.match(all[0], { body: /^9 .*quiet password=secret/s })
  t.match(all[2], { body: '/proc\t/\n/proc/cmdline\t!thrown at once\n' })
  t.equal(seen.length, 4)
  const chained = await collect([
    collector({ gives: 'pci-names', platform: 'linux', first: [{ read: '/pci.ids' }], reduce: (_, taken) => taken.join(), loses }),
    collector({ gives: 'cmdline', platform: 'linux', first: [{ read: '/proc/cmdline' }], reduce: text => text.replace('quiet ', ''), loses }),
  ], source)
  t.match(chained[0], { body: /^password=secret-\w{4}\n$/ }, 'what one made shorter for itself is there for the others')
})

const linuxCollector = (gives: string) => collectors.find(one => one.gives === gives && one.platform === 'linux') as Collector
const [qemuLog, kernelVersion, proxmoxVms] = [linuxCollector('qemu-log'), linuxCollector('kernel-version'), linuxCollector('proxmox-vm')]
const taskOf = (vmid: number, begun: string, user = 'carla@pve') => `/var/log/pve/tasks/${begun.slice(-1)}/UPID:birke01:0000A1B2:00C3D4E5:${begun}:qmstart:${vmid}:${user}:`

t.test('of the tasks of Proxmox the newest start of each VM, under the name of the VM', async t => {
  const [old, failed, gone, nameless, twice] = [taskOf(100, '6911AA01'), taskOf(100, '6911AA12'), taskOf(105, '6911AA23'), taskOf(107, '6911AA34', 'root@pam'), taskOf(108, '6911AA45')]
  const files = {
    [old]: 'TASK OK\n', [failed]: 'kvm: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: failed to open /dev/vfio/14\nTASK ERROR: start failed: QEMU exited with code 1\n', [gone]: 'x\n', [nameless]: 'y\n', [twice]: 'z\n',
    '/var/log/pve/tasks/1/UPID:birke01:0000A1B2:00C3D4E5:6911AA56:qmstop:100:root@pam:': 'w\n', '/var/log/libvirt/qemu/spielt.log': 'v\n', '/etc/passwd': 'root',
    '/etc/pve/qemu-server/100.conf': 'memory: 4096\nname: zocken\n[vorher]\nname: alt\n', '/etc/pve/qemu-server/107.conf': 'memory: 512\n', '/etc/pve/qemu-server/108.conf': 'name: spielt\n',
  }
  const source = fake(files, {}, { [old]: 100, [failed]: 200, [gone]: 300, [nameless]: 250, [twice]: 260 })
  const all = await collect([qemuLog, proxmoxVms], source)
  t.same(all.filter(({ kind }) => kind === 'qemu-log').map(({ id, body }) => [id, String(body).split('\n')[0]]), [
    ['qemu-log/spielt', 'v'], ['qemu-log/108', 'z'], ['qemu-log/107', 'y'], ['qemu-log/zocken', 'kvm: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: failed to open /dev/vfio/14'],
  ])
  const from = all.find(({ id }) => id === 'qemu-log/zocken')?.from ?? ''
  t.match(from, /^\/var\/log\/pve\/tasks\/2\/UPID:host-\w{4}:0000A1B2:00C3D4E5:6911AA12:qmstart:100:user-\w{4}@pve:$/, 'the names of node and user are taken out')
  const { [old]: _, ...later } = files
  const without = (await collect([qemuLog], fake(later, {}, { [failed]: 200 }))).map(({ id }) => id)
  t.ok(without.includes('qemu-log/100') && without.includes('qemu-log/105'), 'where no definition can be read, all of them by number')
  const sinceBoot = (uptime: number) => collect([qemuLog, kernelVersion], fake({ ...files, '/var/log/libvirt/qemu/spielt.log': new SourceError('absent', ''), '/proc/uptime': `${uptime}.10 9.99\n` }, {}, { [failed]: 200 }), { takenAt: new Date((0x6911aa23 + 1000) * 1000).toISOString() })
  t.same((await sinceBoot(1010)).filter(({ kind }) => kind === 'qemu-log').map(({ id }) => id).sort(), ['qemu-log/105', 'qemu-log/107', 'qemu-log/108'], 'what was started before the host was is history')
  t.match((await sinceBoot(5)).filter(({ kind }) => kind === 'qemu-log'), [{ id: 'qemu-log', status: 'absent', body: '', from: '/var/log/pve/tasks' }])
  t.match((await take(fake({ '/t/a': 'a', '/t/b': 'b', '/t/c': 'c' }, {}, { '/t/a': 5, '/t/b': 7, '/t/c': 6 }), { gives: 'audit-log', every: [{ read: '/t/*', newest: 2 }] })).map(({ body }) => body), ['b', 'c'])
  t.match((await take({ ...fake({ '/t/a': 'a', '/t/b': 'b' }), stat: () => Promise.reject(coded('EACCES')) }, { gives: 'audit-log', every: [{ read: '/t/*', newest: 1 }] })).map(({ body }) => body), ['a'], 'without times by name')
})

t.test('of the logs of NVIDIA what was written since the host was started, and the last run of a daemon', async t => {
  const [installer, manager, imex] = ['/var/log/nvidia-installer.log', '/var/log/fabricmanager.log', '/var/log/nvidia-imex.log']
  const runOf = (minute: number, tid: number) => `[Nov 20 2026 07:${minute}:09] [INFO] [tid ${tid}] Fabric Manager version 570.86.15 is running with the following configuration options\n`
  const files = {
    '/proc/stat': 'cpu  1 2 3\nbtime 1790000000\n', [installer]: 'ERROR: You appear to be running an X server; please exit X before installing.\n',
    [manager]: `${runOf(11, 2417)}[Nov 20 2026 07:11:10] [ERROR] [tid 2417] of old\n${runOf(41, 2533)}[Nov 20 2026 07:41:10] [ERROR] [tid 2533] of now\n`, [imex]: new SourceError('denied', 'permission denied'),
  }
  const of = async (changed: number, all: Record<string, string | Error> = files) => (await collect([linuxCollector('nvidia-log')], fake(all, {}, { [installer]: changed, [manager]: 1790000100 })))[0] as Evidence
  const now = `${manager}\t=${runOf(41, 2533)}${manager}\t=[Nov 20 2026 07:41:10] [ERROR] [tid 2533] of now\n`
  t.match(await of(1789999999), { status: 'cut', body: `/var/log\t/\n${now}`, note: /nvidia-imex\.log: permission denied/ }, 'one that was refused may hold anything')
  t.match(await of(1790000001), { body: `/var/log\t/\n${installer}\t=${files[installer]}${now}` })
  t.match(await of(5, { [installer]: 'a\n' }), { status: 'ok', body: `/var/log\t/\n${installer}\t=a\n` }, 'a tree that was copied does not say when its host was started')
  t.match(await of(5, { '/proc/stat': files['/proc/stat'] }), { status: 'ok', body: '/var/log\t/\n' }, 'none is there')
})

t.test('of what nvidia-smi says of vGPUs and confidential computing the states alone', async t => {
  const [modes] = await collect([linuxCollector('nvidia-modes')], fake({}, {
    'nvidia-smi vgpu -q': { text: 'GPU 00000000:41:00.0\n    Active vGPUs                          : 1\n    vGPU ID                               : 3251634191\n        VM UUID                           : a9a4bd2c-26f1-4d0e-9d0c-b1b3f4c1d2e3\n        VM Name                           : entwurf3\n        License Status                    : Licensed\n' },
    'nvidia-smi conf-compute -f': { text: 'CC status: OFF\n' }, 'nvidia-smi conf-compute -d': { text: 'DevTools Mode: OFF\n' },
    'nvidia-smi conf-compute -grs': { text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", exitCode: 9 },
  }))
  t.match(modes, { status: 'ok', body: 'GPU 00000000:41:00.0\n    Active vGPUs                          : 1\n    vGPU ID                               : 3251634191\n        VM Name                           : entwurf3\n        License Status                    : Licensed\nCC status: OFF\nDevTools Mode: OFF\n' })
  t.match(await collect([linuxCollector('nvidia-modes')], fake({})), [{ id: 'nvidia-modes', status: 'absent' }])
})

t.test('what cannot be redacted does not pass', async t => {
  const redactor = { counts: {}, redact: () => { throw new RangeError('too deep') } }
  const [evidence] = await collect([collector({ gives: 'cmdline', platform: 'linux', first: [{ read: '/proc/cmdline' }], loses })], fake({ '/proc/cmdline': 'password=x' }), { redactor })
  t.match(evidence, { status: 'failed', body: '', note: /secrets could not be taken out of it: too deep/ })
})

t.test('over the limit both ends are kept, in whole lines', async t => {
  const text = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join('')
  const log = await one(fake({ '/log': text }), { gives: 'kernel-log', first: [{ read: '/log' }], limit: 200 })
  const lines = String(log.body).trimEnd().split('\n')
  t.equal(log.status, 'cut')
  t.equal(lines[0], 'line 0')
  t.equal(lines.at(-1), 'line 999')
  const gap = lines.findIndex(line => /^\[\.\.\. \d+ bytes left out \.\.\.\]$/.test(line))
  t.ok(gap > 0)
  const kept = lines.filter((_, i) => i !== gap)
  t.ok(kept.every(line => text.includes(`${line}\n`)), 'no half lines')
  t.equal(Number(lines[gap]?.match(/\d+/)?.[0]) + kept.join('\n').length + 1, text.length)
  const long = await one(fake({ '/log': 'x'.repeat(5000) }), { gives: 'kernel-log', first: [{ read: '/log' }], limit: 200 })
  t.equal(long.body, '[... 5000 bytes left out ...]\n', 'half a line may hold half a secret')
})

t.test('head and tail of anything, in any portions', async t => {
  for (const portion of [1, 3, 7, 64, 1000]) for (const limit of [1, 2, 9, 100, 400, 401]) {
    const whole = Buffer.from(Array.from({ length: 400 }, (_, i) => i % 251))
    const kept = new HeadAndTail(limit)
    for (let at = 0; at < whole.length; at += portion) kept.add(whole.subarray(at, at + portion))
    const { head, tail, left } = kept.bytes()
    t.same([Buffer.from(head).equals(whole.subarray(0, head.length)), Buffer.from(tail).equals(whole.subarray(400 - tail.length)), head.length + tail.length + left], [true, true, 400], `portions of ${portion}, limit ${limit}`)
    t.ok(head.length + tail.length <= limit || left === 0)
  }
})

/** Names that a folder may have and no command is to see. */
const hostile = ['-rf', '--destroy', '.hidden', '..x', '$(id)', '`id`', 'a b', 'a;id', 'a\nb', '*', '[x]', "it's", 'a"b', 'ü', 'a/../b', '{name}', 'x'.repeat(256), '']

t.test('a command for each name of a folder', async t => {
  const asked: string[] = []
  const source = (names: readonly string[], answer: (vm: string) => Partial<Ran> & { readonly text?: string } | Error): Source => ({
    ...fake({}), list: async () => names, run: async argv => {
      asked.push(argv.join('|'))
      const ran = answer(argv[1]?.slice('--vm='.length) ?? '')
      if (ran instanceof Error) throw ran
      return { out: bytesOf(ran.text ?? ''), complaint: '', exitCode: 0, timedOut: false, ...ran }
    },
  })
  const memory: Omit<Collector, 'platform' | 'loses'> = { gives: 'bhyvectl', every: [{ run: ['bhyvectl', '--vm={name}', '--get-memmap', '{name}{name}'], for: { namesIn: '/dev/vmm', of: 'A-Za-z0-9_.@:+-', most: 3 } }] }
  const shown = async (from: Source) => (await take(from, memory)).map(({ id, status, note }) => [id, status, ...(note === undefined ? [] : [note])])
  t.same(await shown(source(['ai', 'b$&.2', 'win11', ...hostile].sort(), vm => (vm === 'ai' ? { text: 'map\n' } : { complaint: 'VM:win11 is not created.', exitCode: 1 }))), [
    ['bhyvectl/ai', 'ok'], ['bhyvectl/win11', 'failed', 'VM:win11 is not created.'], ['bhyvectl', 'failed', `the command was not run for ${hostile.length + 1} of the names: they have characters that no such name has`],
  ])
  t.same(asked.splice(0), ['bhyvectl|--vm=ai|--get-memmap|aiai', 'bhyvectl|--vm=win11|--get-memmap|win11win11'])
  t.match(await take(source(['ai'], () => ({ text: 'map\n' })), memory), [{ id: 'bhyvectl/ai', from: 'bhyvectl --vm=ai --get-memmap aiai', body: 'map\n' }])
  asked.splice(0)
  t.same(await shown(source(['a', 'b', 'c', 'd', 'e'], vm => (vm === 'a' ? { timedOut: true, exitCode: null } : { text: vm }))), [['bhyvectl/a', 'timeout', 'did not end in time'], ['bhyvectl/b', 'ok'], ['bhyvectl/c', 'ok'], ['bhyvectl', 'failed', 'the command was run for 3 names and not for the other 2']])
  t.equal(asked.splice(0).length, 3)
  t.same(await shown(source(['a', 'b'], () => new SourceError('absent', 'bhyvectl is not installed'))), [['bhyvectl', 'absent', 'bhyvectl is not installed']])
  t.equal(asked.length, 1, 'what is not installed is not tried again')
  t.same(await shown(source([], () => ({}))), [['bhyvectl', 'absent', '/dev/vmm/*: there is none']])
  t.match(await shown(source(hostile, () => ({}))), [['bhyvectl', 'failed', /was not run for/]])
  t.match(await shown(fake({ '/dev/vmm': coded('EACCES') })), [['bhyvectl', 'denied']])
  t.match(await shown(fake({})), [['bhyvectl', 'absent']])
  t.same(plan([collector({ platform: 'linux', loses, ...memory })]).slice(1), ["  run   bhyvectl '--vm={name}' --get-memmap '{name}{name}'", '          each {name} in /dev/vmm of [A-Za-z0-9_.@:+-] (3)'])
})

t.test('one that hangs leaves the others their share of the time', async t => {
  const shares: number[] = []
  const source: Source = { ...fake({}), list: async () => ['a', 'b', 'c'], run: async (_, timeout) => { shares.push(timeout); return { out: bytesOf(''), complaint: '', exitCode: null, timedOut: true } } }
  await take(source, { gives: 'bhyvectl', timeout: 60, every: [{ run: ['x', '{name}'], for: { namesIn: '/names', of: 'a-z' } }] })
  t.same(shares.map(ms => Math.ceil(ms / 10_000)), [2, 3, 6], 'a third of what is left, then half, then all')
})

t.test('what names are made of', async t => {
  const vm = isNameOf('A-Za-z0-9_.@:+-')
  t.same(hostile.filter(vm), [])
  t.ok(['ai', 'win-11', '_a', 'a.b:c@d+e'].every(vm))
  for (const of of ['', '-', 'a', '^x', 'z-a', '!-~', ']', '\\w', 'a-z]*[', 'a-z$', '_--', 'a-zA']) t.throws(() => isNameOf(of), SyntaxError, of)
  for (const { gives, first, every } of collectors) for (const recipe of [...(first ?? []), ...(every ?? [])]) {
    if (!('run' in recipe)) continue
    t.equal(recipe.run.slice(1).some(word => word.includes('{name}')), recipe.for !== undefined, `${gives}: {name} stands where there are names`)
    t.notMatch(recipe.run[0], /\{name\}/)
    if (recipe.for) t.doesNotThrow(() => isNameOf(recipe.for?.of ?? ''))
  }
})

t.test('plan names every file and command and touches nothing', async t => {
  const lines = plan([
    collector({ gives: 'kernel-log', platform: 'linux', first: [{ run: ['journalctl', '-k', 'a b'] }, { read: '/var/log/dmesg' }], privilege: { root: 'when kernel.dmesg_restrict is 1' }, loses }),
    collector({ gives: 'pci-sysfs', platform: 'linux', every: [{ tree: ['/sys/bus/pci/devices/*'], files: ['vendor'], links: ['driver'], bytes: { config: 64 } }], loses }),
    collector({ gives: 'qemu-log', platform: 'linux', every: [{ read: '/tasks/*', newest: 3 }], loses }),
  ])
  t.same(lines, [
    'kernel-log: the kernel log (root: when kernel.dmesg_restrict is 1)', "  run   journalctl -k 'a b'", '  read  /var/log/dmesg, if nothing above answers',
    'pci-sysfs: the PCI functions in sysfs', '  tree  /sys/bus/pci/devices/*', '          read vendor', '          link driver', '          bytes config (64)',
    'qemu-log: a QEMU log', '  read  /tasks/* (newest 3)',
  ])
})

t.test('patterns: * within one component', async t => {
  const source = fake({ '/a/x1/f': '', '/a/x2/f': '', '/a/x2/.f': '', '/a/y/f': '', '/a/[z]/f': '', '/a/x1/g/f': '' })
  const paths = (pattern: string) => expand(source, pattern, () => 1000)
  t.same(await paths('/a/x*/f'), ['/a/x1/f', '/a/x2/f'])
  t.same(await paths('/a/*/f*'), ['/a/[z]/f', '/a/x1/f', '/a/x2/f', '/a/y/f'])
  t.same(await paths('/a/[z]/*'), ['/a/[z]/f'])
  t.same(await paths('/not/there'), ['/not/there'])
  t.same(await paths('/not/*'), [])
  await t.rejects(expand(fake({ '/shut': coded('EACCES') }), '/shut/*', () => 1000), { code: 'EACCES' })
})

t.test('a live host: files', async t => {
  const dir = t.testdir({ etc: { 'a.conf': 'one\n', 'huge.log': '', 'secret': 'no' }, 'outside': { file: 'out' } })
  const live = liveSource(dir, 'linux')
  writeFileSync(join(dir, 'etc/huge.log'), Buffer.concat([Buffer.from('first\n'), Buffer.alloc(7 << 19, 'middle\n'), Buffer.from('last\n')]))
  execFileSync('mkfifo', [join(dir, 'etc/fifo')])
  symlinkSync('a.conf', join(dir, 'etc/near'))
  symlinkSync('../outside/file', join(dir, 'etc/other'))
  symlinkSync('/etc/passwd', join(dir, 'etc/far'))
  symlinkSync('loop', join(dir, 'etc/loop'))
  symlinkSync('/', join(dir, 'etc/all'))
  const read = async (path: string) => live.read(path, 1 << 20, 2000).then(({ head }) => Buffer.from(head).toString(), (error: unknown) => reasonOf(error))
  t.equal(await read('/etc/a.conf'), 'one\n')
  t.equal(await read('/etc/near'), 'one\n')
  t.equal(await read('/etc/other'), 'out')
  t.match(await read('/etc/far'), { status: /denied|absent/ }, 'a link out of the tree')
  t.match(await read('/etc/all/etc/passwd'), { status: 'denied', note: /leads out/ })
  t.match(await read('/etc/loop'), { status: 'failed' })
  t.match(await read('/etc/fifo'), { status: 'failed', note: /is a FIFO/ })
  t.match(await read('/etc'), { status: 'absent', note: /is a directory/ })
  t.match(await read('/etc/none'), { status: 'absent' })
  t.match(await read('/etc/a.conf/x'), { status: 'absent' })
  t.match(await read('/etc/../outside/file'), { status: 'failed', note: /no plain absolute path/ })
  t.match(await read('etc/a.conf'), { status: 'failed' })
  t.match(await read('/etc/a\0b'), { status: 'failed' })
  const server = createServer().listen(join(dir, 'etc/socket'))
  await new Promise(done => server.on('listening', done))
  t.match(await read('/etc/socket'), { status: 'failed', note: /is a socket/ })
  server.close()
  const huge = await one(live, { gives: 'kernel-log', first: [{ read: '/etc/huge.log' }] })
  t.equal(huge.status, 'cut')
  t.match(huge.body, /^first\n[^]*\[\.\.\. \d+ bytes left out \.\.\.\]\n[^]*\nlast\n$/)
  t.ok(huge.body.length < 1.01 * (1 << 20))
  t.match(await live.read('/etc/huge.log', 6, 1000, 'head'), { head: Buffer.from('first\n') })
  t.same(await live.list('/etc', 1000), ['a.conf', 'all', 'far', 'fifo', 'huge.log', 'loop', 'near', 'other', 'secret'])
  t.equal(await live.link('/etc/far', 1000), '/etc/passwd')
  t.match(await live.stat('/etc/a.conf', 1000), { size: 4, uid: process.getuid?.() })
  t.match(await live.run(['true'], 1000, 100).catch(reasonOf), { status: 'absent' })
  t.equal(live.root, null)
  chmodSync(join(dir, 'etc/secret'), 0)
  t.match(await read('/etc/secret'), root ? 'no' : { status: 'denied' })
})

t.test('files that only others may read', async t => {
  const dir = t.testdir({ shut: { in: { 'a.xml': '' } }, 'key.conf': 'x' })
  chmodSync(join(dir, 'shut'), 0)
  chmodSync(join(dir, 'key.conf'), 0)
  if (root) process.seteuid?.(65534)
  try {
    t.match(await one(liveSource(dir, 'linux'), { gives: 'libvirt-domain', every: [{ read: '/shut/in/*.xml' }] }), { status: 'denied' })
    t.match(await one(liveSource(dir, 'linux'), { gives: 'loader-conf', first: [{ read: '/key.conf' }, { read: '/none.conf' }] }), { status: 'denied', from: '/key.conf' })
    t.match(await one(liveSource(dir, 'linux'), { gives: 'modprobe-conf', every: [{ tree: ['/shut', '/none'], files: ['*'] }] }), { status: 'ok', body: '/shut\t/\n/shut/*\t!denied\n' })
  } finally {
    if (root) process.seteuid?.(0)
    chmodSync(join(dir, 'shut'), 0o700)
  }
})

t.test('a live host: the release of its kernel in a command, and patience', { skip: process.platform === 'linux' ? false : 'is about Linux' }, async t => {
  const live = liveSource()
  const collectors: Collector[] = [
    { gives: 'cmdline', platform: 'linux', loses, first: [{ run: ['echo', 'initrd.img-{release}', '{release}'] }] },
    { gives: 'limits', platform: 'linux', loses, first: [{ run: ['sleep', '0.5'] }], timeout: 0.1 },
  ]
  const [named, slow] = await collect(collectors, live)
  t.match(named, { status: 'ok', body: `initrd.img-${release()} ${release()}\n` })
  t.match(slow, { status: 'timeout' })
  const [, waited] = await collect(collectors, live, { patience: 50 })
  t.match(waited, { status: 'ok' })
})

t.test('a live host: commands and files without an end', { skip: process.platform === 'linux' ? false : 'is about Linux' }, async t => {
  const live = liveSource()
  const started = performance.now()
  const [slow, gone, printed, noisy, still, dev] = await take(live,
    { gives: 'limits', first: [{ run: ['/bin/sleep', '10'] }], timeout: 0.3 },
    { gives: 'lspci', first: [{ run: ['no-such-program-here'] }] },
    { gives: 'cmdline', first: [{ run: ['sh', '-c', 'echo "$LC_ALL $HOME"; cat; pwd'] }] },
    { gives: 'kernel-log', first: [{ run: ['sh', '-c', 'yes | head -c 3000000; echo end'] }], limit: 1000, timeout: 10 },
    { gives: 'meminfo', first: [{ run: ['sh', '-c', 'echo early; sleep 10 & sleep 10'] }], timeout: 0.3 },
    { gives: 'modules', first: [{ read: '/dev/zero' }] })
  t.ok(performance.now() - started < 9000, 'nobody waited for the sleepers')
  t.match(slow, { status: 'timeout', body: '' })
  t.match(gone, { status: 'absent', note: /no-such-program-here is not installed/ })
  t.match(printed, { status: 'ok', body: 'C \n/\n' }, 'fixed environment, no input')
  t.match(noisy, { status: 'cut', body: /^y\n[^]*left out[^]*end\n$/ })
  t.match(still, { status: 'cut', body: 'early\n' })
  t.match(dev, { status: 'failed', note: /device node/ })
  const child = await live.run(['sh', '-c', 'sleep 10 & echo $!'], 5000, 100)
  t.notOk(child.timedOut, 'a child left behind with the pipe does not hold us up')
  const sleeper = live.run(['sleep', '10'], 9000, 100)
  setTimeout(() => live.stop(), 50)
  t.match(await sleeper, { exitCode: null, timedOut: false })
  t.equal(live.stuck(), 0)
  t.match(await one(live, { gives: 'cmdline', first: [{ read: '/proc/self/cmdline' }] }), { status: 'ok', body: /node/ }, 'procfs says 0 bytes of every file')
})

t.test('guests are asked only where a person wants it, and each has one piece', async t => {
  const asking = collectors.filter(({ extra }) => extra === 'guests')
  t.same([collectorsFor('linux').filter(each => each.extra), collectorsFor('linux', ['guests']).filter(each => each.extra)], [[], asking])
  const [agent] = asking as [Collector]
  const to = (name: string, asked: string) => `virsh -c qemu:///system qemu-agent-command --timeout 3 ${name} ${asked}`
  const pnputil = '{"execute":"guest-exec","arguments":{"path":"pnputil.exe","arg":["/enum-devices","/problem","/deviceids"],"capture-output":true}}'
  const said = Buffer.from('Instance ID:                PCI\\VEN_10DE&DEV_1EB8&SUBSYS_12A210DE&REV_A1\\3&11583659&0&08\r\nProblem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]\r\n').toString('base64')
  let asked = 0
  const source = fake({ '/run/libvirt/qemu/win.xml': '', '/run/libvirt/qemu/win.pid': '', '/run/libvirt/qemu/-c.xml': '', '/run/libvirt/qemu/deb.xml': '', '/run/libvirt/qemu/mute.xml': '' }, {
    [to('win', '{"execute":"guest-get-osinfo"}')]: { text: '{"return":{"id":"mswindows","pretty-name":"Windows 11 Pro","kernel-release":"22631"}}\n\n' },
    [to('win', '{"execute":"guest-get-devices"}')]: { text: '{"return":[{"driver-name":"NVIDIA Tesla T4","driver-version":"31.0.15.3699","id":{"type":"pci","vendor-id":4318,"device-id":7864}}]}\n' },
    [to('win', pnputil)]: { text: '{"return":{"pid":6124}}\n' },
    [to('win', '{"execute":"guest-exec-status","arguments":{"pid":6124}}')]: { get text() { return asked++ === 0 ? '{"return":{"exited":false}}' : JSON.stringify({ return: { exitcode: 0, 'out-data': said, exited: true } }) } },
    [to('deb', '{"execute":"guest-get-osinfo"}')]: { text: '{"return":{"id":"debian","pretty-name":"Debian GNU/Linux 12","kernel-release":"6.1.0-18-amd64"}}' },
    [to('deb', '{"execute":"guest-get-devices"}')]: { exitCode: 1, complaint: 'error: internal error: unable to execute QEMU agent command: this feature or command is not currently supported' },
    [to('deb', pnputil)]: { exitCode: 1, complaint: 'error: internal error: unable to execute QEMU agent command: Guest agent command failed, error was ...' },
    [to('mute', '{"execute":"guest-get-osinfo"}')]: { exitCode: 1, complaint: 'error: Guest agent is not responding: QEMU guest agent is not connected' },
  })
  const pieces = await collect([agent], source)
  t.same(pieces.map(({ id, status }) => [id, status]), [['guest-report/deb', 'ok'], ['guest-report/mute', 'failed'], ['guest-report/win', 'ok']])
  t.equal(asked, 2, 'asked until the program had ended')
  t.match(pieces.find(({ id }) => id === 'guest-report/mute')?.note, /not connected/)
  const bodyOf = (id: string): string => String(pieces.find(piece => piece.id === id)?.body)
  t.match(bodyOf('guest-report/win'), /^\{"return":\{"id":"mswindows".*\n\{"return":\[\{"driver-name".*\n\{"return":\{"exitcode":0,"out-data":"[\w+/=]+","exited":true\}\}\n$/, 'a line for each answer')
  t.match(bodyOf('guest-report/deb'), /^\{"return":\{"id":"debian".*\}\n$/)

  const pve = fake({ '/run/qemu-server/101.pid': '', '/run/qemu-server/101.qmp': '' }, {
    'qm guest cmd 101 get-osinfo': { text: '{\n   "id" : "mswindows",\n   "kernel-release" : "20348",\n   "pretty-name" : "Windows Server 2022 Standard"\n}\n' },
    'qm guest exec 101 --timeout 8 -- pnputil.exe /enum-devices /problem /deviceids': { text: '{\n   "exitcode" : 0,\n   "exited" : 1,\n   "out-data" : "Instance ID:                PCI\\\\VEN_1002&DEV_73BF&SUBSYS_00001002&REV_C1\\\\4\\r\\nProblem Code:               31 (0x1F) [CM_PROB_FAILED_ADD]\\r\\n"\n}\n' },
  })
  t.match(await collect([agent], pve), [{ id: 'guest-report/101', body: /^\{"id":"mswindows",.*\n\{"exitcode":0,"exited":1,"out-data":"Instance ID:.*FAILED_ADD.*\n$/ }])
  t.match(await one(fake({}), { ...agent }), { id: 'guest-report', status: 'absent' }, 'no VM runs')
})

t.test('what a command began and does not end in time', async t => {
  const begun = fake({}, { start: { text: 'job 7' }, 'status 7': { text: 'running' } })
  const it = { gives: 'guest-report', every: [{ run: ['start'] as const, follow: { take: /job (\S+)/, run: ['status', '{taken}'] as const, until: /done/ } }], timeout: 1 } as const
  t.match(await one(begun, it), { status: 'timeout' })
  t.match(await one(fake({}, { start: { text: 'job 7;reboot' } }), it), { status: 'ok', body: 'job 7;reboot' }, 'no word for a command')
})
