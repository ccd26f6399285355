/** The plan in words, as JSON, and as a script that is really run, in a folder that looks like a host. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, lstatSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import * as v from 'valibot'
import t from 'tap'
import { planOf } from '../diagnosis/plan.ts'
import { adding, diagnosisOf, findingOf, fixOf, removing } from '../diagnosis/plan.test-data.ts'
import type { Finding, Step } from '../model/finding.ts'
import type { HostMark, Plan } from '../model/plan.ts'
import fc from '../test-corpus/property.ts'
import { planJson, planReport } from './plan.ts'
import { planSchema } from './plan-schema.ts'
import { comment, planScript } from './plan-script.ts'

const marks: readonly HostMark[] = [{ bdf: '0000:01:00.0', id: '10de:2684' }, { bdf: '0000:00:02.0', id: '8086:a780' }]
const planned = (findings: readonly Finding[], platform = 'linux'): Plan => planOf(diagnosisOf(findings, platform), marks)
const run = (command: string): Step => ({ kind: 'run', command })

const rich = planned([
  findingOf('iommu', [fixOf(removing('intel_iommu=off'), { caution: 'keep a second boot entry', verify: [{ command: 'cat /proc/cmdline', shows: 'no intel_iommu=off' }] })]),
  findingOf('ids', [fixOf([{ kind: 'write', file: '/etc/modprobe.d/vfio.conf', text: 'options vfio-pci ids=10de:2684,10de:22ba\nsoftdep nvidia pre: vfio-pci\n' }, { kind: 'append', file: '/etc/initramfs-tools/modules', text: 'vfio\nvfio_pci\n' }, run('update-initramfs -u -k all'), { kind: 'reboot' }])],
    { subject: 'function 0000:01:00.0' }),
  findingOf('pt', [fixOf(adding('iommu=pt vfio-pci.ids=10de:22ba'))]),
  findingOf('vt-d', [fixOf([{ kind: 'firmware', setting: '"VT-d" = Enabled' }, { kind: 'power-off' }], { side: 'firmware' })]),
  findingOf('udev', [fixOf([{ kind: 'write', file: '/etc/new/rules/10-vfio.rules', text: 'SUBSYSTEM=="vfio", GROUP="kvm"\n' }, run("printf '%s\\n' 'it'\\''s $HOME'")], { risk: 'none', undo: [run('udevadm trigger')] })]),
  findingOf('power', [fixOf([run('echo on > /sys/bus/pci/devices/0000:01:00.0/power/control')], { risk: 'none' })]),
  findingOf('vm', [fixOf([{ kind: 'edit', target: 'virsh edit win11', change: "machine='q35'" }], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm win11' }),
  findingOf('disk', [fixOf([run('virsh nodedev-detach pci_0000_03_00_0')], { risk: 'data', caution: 'not the disk of the host', undo: [run('virsh nodedev-reattach pci_0000_03_00_0')] })]),
  findingOf('against', [fixOf(adding('iommu=nopt'))]), findingOf('words', [fixOf([{ kind: 'note', text: 'move the card' }])]),
])

t.test('in words', async t => {
  const text = planReport(rich, { color: false, width: 80, verbose: false })
  for (const piece of ['for 8 causes', 'with 1 restart of the host', 'Change the kernel command line: add iommu=pt vfio-pci.ids=10de:22ba; take', 'Caution: Keep a second boot entry', 'Way back:', 'iommu=nopt', 'For you to decide', 'Left out', 'which weighs more']) t.ok(text.includes(piece), piece)
  t.ok(text.split('\n').every(line => line.length <= 100))
  const coloured = planReport(rich, { color: true, width: 80, verbose: false })
  t.not(coloured, text)
  t.equal(stripVTControlCharacters(coloured), text)
  t.match(planReport(planned([]), { color: false, width: 80, verbose: false }), /Nothing was found that has to be done/)
  t.match(planReport(planned([findingOf('x', [])]), { color: false, width: 80, verbose: true }), /1 finding for you to decide/)
  t.notMatch(planReport(planned([findingOf('x', [fixOf([run('a\x1b[2Jb\u202e')])], { title: 'a\x1b[2J\nb' })]), { color: false, width: 80, verbose: true }), /\x1b|\u202e/, 'nothing that a terminal acts on')
})

t.test('as JSON of the published form', async t => {
  const { issues } = v.safeParse(planSchema, JSON.parse(planJson(rich)))
  t.same(issues, undefined)
  t.same((JSON.parse(planJson(rich)) as { steps: { kind: string }[] }).steps.map(step => step.kind), rich.steps.map(step => step.kind))
})

const shells: readonly (readonly string[])[] = [['dash'], ['busybox', 'sh'], ['bash', '--posix']]
const lacks = (name: string): string | false => (spawnSync(name, ['--help'], { stdio: 'ignore' }).error ? `${name} is not installed` : false)
const shell: readonly string[] = ['sh']

interface Ran { readonly status: number | null; readonly out: string; readonly commands: readonly string[] }

/** A folder with what a script looks at and edits, and a program that takes down the commands it is given. */
class Host {
  readonly root: string
  readonly #commands: string
  readonly #runner: string
  readonly #script: string
  readonly #path: string
  constructor(script: string, more: Readonly<Record<string, string>> = {}, awk?: string) {
    const folder = mkdtempSync(join(tmpdir(), 'gpudoctor-plan-test-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    this.root = join(folder, 'a root')
    this.#commands = join(folder, 'commands')
    this.#runner = join(folder, 'runner')
    this.#script = join(folder, 'plan.sh')
    this.#path = `${folder}:${process.env.PATH ?? ''}`
    writeFileSync(this.#commands, '')
    writeFileSync(this.#runner, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${this.#commands}'\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'pciconf'), `#!/bin/sh\nprintf 'vgapci0@pci0:1:0:0:\\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x2684 subvendor=0x10de subdevice=0x0001\\nnone0@pci0:0:2:0:\\tclass=0x038000 card=0x1 chip=0xa7808086 rev=0x1\\n'\n`, { mode: 0o755 })
    writeFileSync(this.#script, script, { mode: 0o600 })
    if (awk !== undefined) writeFileSync(join(folder, 'awk'), `#!/bin/sh\nexec ${awk} "$@"\n`, { mode: 0o755 })
    for (const [file, text] of Object.entries({ ...this.#machine(), ...more })) this.write(file, text)
  }
  #machine = (): Record<string, string> => ({
    '/sys/bus/pci/devices/0000:01:00.0/vendor': '0x10de\n', '/sys/bus/pci/devices/0000:01:00.0/device': '0x2684\n', '/sys/bus/pci/devices/0000:01:00.0/power/control': 'auto\n',
    '/sys/bus/pci/devices/0000:00:02.0/vendor': '0x8086\n', '/sys/bus/pci/devices/0000:00:02.0/device': '0xa780\n', '/proc/sys/kernel/random/boot_id': 'first\n',
  })
  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true })
    writeFileSync(join(this.root, file), text)
  }
  read = (file: string): string => readFileSync(join(this.root, file), 'utf8')
  reboot = (id = 'second'): void => this.write('/proc/sys/kernel/random/boot_id', `${id}\n`)
  run(words: readonly string[], [program = 'sh', ...options]: readonly string[] = shell): Ran {
    writeFileSync(this.#commands, '')
    const { status, stdout, stderr } = spawnSync(program, [...options, this.#script, ...words], {
      encoding: 'utf8', timeout: 30_000, env: { ...process.env, PATH: this.#path, GPUDOCTOR_ROOT: this.root, GPUDOCTOR_RUN: this.#runner },
    })
    return { status, out: stdout + stderr, commands: readFileSync(this.#commands, 'utf8').split('\n').filter(Boolean) }
  }
  /** Every file with its mode and bytes, but for the script's own store. */
  tree(folder = ''): Record<string, string> {
    const all: Record<string, string> = {}
    for (const name of readdirSync(join(this.root, folder)).sort()) {
      const path = `${folder}/${name}`
      const there = lstatSync(join(this.root, path))
      if (path === '/var') continue
      if (there.isDirectory()) Object.assign(all, { [path]: 'folder' }, this.tree(path))
      else all[path] = there.isSymbolicLink() ? `-> ${readlinkSync(join(this.root, path))}` : `${(there.mode & 0o777).toString(8)} ${readFileSync(join(this.root, path), 'latin1')}`
    }
    return all
  }
}

const grub = 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off  vfio-pci.ids=8086:1111"\n#GRUB_CMDLINE_LINUX_DEFAULT="old"\nGRUB_CMDLINE_LINUX="intel_iommu=off net.ifnames=0" # mine'
const files = { '/etc/default/grub': grub, '/etc/modprobe.d/vfio.conf': '# mine\noptions vfio-pci ids=1002:1478 disable_vga=1\n', '/etc/initramfs-tools/modules': '# modules\nvfio\n' }

for (const one of shells) {
  t.test(`the script under ${one.join(' ')}: dry run, apply, again, after the reboot, undo`, { skip: lacks(one[0] as string) }, async t => {
    const host = new Host(planScript(rich), files, one[0] === 'busybox' ? 'busybox awk' : undefined)
    const before = host.tree()
    const dry = host.run([], one)
    t.equal(dry.status, 0, dry.out)
    t.same([host.tree(), existsSync(join(host.root, 'var')), dry.commands], [before, false, []], 'a dry run changes nothing')
    for (const piece of ['/etc/default/grub would be changed', 'would run: update-grub', 'iommu=pt', '"VT-d" = Enabled', 'Nothing was changed', 'CAUTION: keep a second boot entry']) t.ok(dry.out.includes(piece), piece)

    const first = host.run(['--apply'], one)
    t.equal(first.status, 0, first.out)
    t.equal(host.read('/etc/default/grub'), 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet vfio-pci.ids=8086:1111,10de:22ba iommu=pt"\n#GRUB_CMDLINE_LINUX_DEFAULT="old"\nGRUB_CMDLINE_LINUX="net.ifnames=0" # mine\n')
    t.equal(host.read('/etc/modprobe.d/vfio.conf'), '# mine\noptions vfio-pci ids=1002:1478,10de:2684,10de:22ba disable_vga=1\nsoftdep nvidia pre: vfio-pci\n')
    t.equal(host.read('/etc/initramfs-tools/modules'), '# modules\nvfio\nvfio_pci\n')
    t.equal(host.read('/etc/new/rules/10-vfio.rules'), 'SUBSYSTEM=="vfio", GROUP="kvm"\n')
    t.same(first.commands, ["printf '%s\\n' 'it'\\''s $HOME'", 'update-grub', 'update-initramfs -u -k all'], 'in this order, and nothing of what comes after the restart')
    t.match(first.out, /go on with: sh plan\.sh --after-reboot/)
    t.match(first.out, /For you/)

    const applied = host.tree()
    const again = host.run(['--apply'], one)
    t.same([again.status, again.commands, host.tree()], [0, [], applied], 'a second time changes nothing')
    t.match(again.out, /Nothing had to be changed/)

    t.match(host.run(['--after-reboot'], one), { status: 1, out: /not restarted since/ })
    host.reboot()
    const after = host.run(['--after-reboot'], one)
    t.equal(after.status, 0, after.out)
    t.equal(host.read('/sys/bus/pci/devices/0000:01:00.0/power/control'), 'on\n')
    t.same(after.commands, ['cat /proc/cmdline'], 'the check; what can cost data waits')
    t.match(after.out, /With --data-risk it is done/)

    const undone = host.run(['--undo'], one)
    t.equal(undone.status, 0, undone.out)
    t.same({ ...host.tree(), '/sys/bus/pci/devices/0000:01:00.0/power/control': '644 auto\n', '/proc/sys/kernel/random/boot_id': '644 first\n' }, before, 'every file is as it was, byte for byte')
    t.ok(undone.commands.includes('update-grub') && undone.commands.includes('update-initramfs -u -k all') && undone.commands.includes('udevadm trigger'), 'and what is made from them is made anew')
    t.notOk(undone.commands.some(command => command.startsWith('virsh')), 'what was not done is not taken back')
    t.same(host.run(['--undo'], one).commands, [], 'there is nothing left to undo')
  })
}

t.test('it runs on no other host, and not with words it does not know', async t => {
  const host = new Host(planScript(rich), files)
  host.write('/sys/bus/pci/devices/0000:01:00.0/device', '0x2204\n')
  for (const words of [[], ['--apply'], ['--undo']]) t.match(host.run(words), { status: 1, out: /not the host of the plan.*10de:2684.*10de:2204/ })
  rmSync(join(host.root, 'sys'), { recursive: true })
  t.match(host.run([]), { status: 1, out: /nothing/ })
  t.match(host.run(['--aply']), { status: 2, out: /--apply/ })
  t.match(host.run(['--help']), { status: 0, out: /--after-reboot/ })
  t.throws(() => planScript({ ...rich, marks: [] }), /does not tell this host from others/)
  t.throws(() => planScript({ ...rich, about: { ...rich.about, host: { ...rich.about.host, runsIn: 'container' } } }), /kernel of another system/)
  t.throws(() => planScript(planned([], 'illumos')), /not known whether/)
})

t.test('links stay links, modes stay modes, a failing command stops what is behind it', async t => {
  const host = new Host(planScript(rich), files)
  cpSync(join(host.root, '/etc/default/grub'), join(host.root, '/etc/grub.real'))
  rmSync(join(host.root, '/etc/default/grub'))
  symlinkSync('../grub.real', join(host.root, '/etc/default/grub'))
  spawnSync('chmod', ['600', join(host.root, '/etc/modprobe.d/vfio.conf')])
  const before = host.tree()
  t.equal(host.run(['--apply']).status, 0)
  t.match(host.tree(), { '/etc/default/grub': '-> ../grub.real', '/etc/grub.real': /iommu=pt/, '/etc/modprobe.d/vfio.conf': /^600 / })
  t.equal(host.run(['--undo']).status, 0)
  t.same(host.tree(), before)
  const failing = new Host(planScript(rich), files)
  writeFileSync(join(failing.root, '../runner'), '#!/bin/sh\nexit 7\n')
  t.match(failing.run(['--apply']), { status: 1, out: /failed with exit code 7[^]*--undo/ })
  writeFileSync(join(failing.root, '../runner'), '#!/bin/sh\n')
  t.equal(failing.run(['--undo']).status, 0)
  t.equal(failing.read('/etc/default/grub'), grub)
  const bare = new Host(planScript(rich))
  t.match(bare.run(['--apply']), { status: 1, out: /\/etc\/default\/grub is not there/ })
})

t.test('other files that speak of the same are named', async t => {
  const host = new Host(planScript(rich), { ...files, '/etc/default/grub.d/50-cloud.cfg': 'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0"\n', '/etc/modprobe.d/old.conf': 'options vfio-pci ids=1:2\n' })
  const { out } = host.run([])
  for (const piece of ['/etc/default/grub.d/50-cloud.cfg: GRUB_CMDLINE_LINUX_DEFAULT=', '/etc/modprobe.d/old.conf: options vfio-pci ids=']) t.ok(out.includes(piece), piece)
  t.notOk(out.includes('look at /etc/modprobe.d/vfio.conf'))
})

t.test('what was changed by somebody else since is not put back', async t => {
  const host = new Host(planScript(rich), files)
  host.run(['--apply'])
  host.write('/etc/initramfs-tools/modules', 'mine\n')
  t.match(host.run(['--undo']), { status: 1, out: /modules was changed since and is left alone/ })
  t.equal(host.read('/etc/initramfs-tools/modules'), 'mine\n')
  t.equal(host.read('/etc/default/grub'), grub)
})

t.test('systemd-boot, proxmox-boot-tool and loader.conf', async t => {
  const parameters = { add: ['iommu=pt'], remove: ['nomodeset'] }
  const entries: Step = { kind: 'edit', target: 'the options line of /boot/loader/entries/*.conf (below /efi or /boot/efi on some systems)', change: 'add: iommu=pt', parameters }
  const host = new Host(planScript(planned([findingOf('a', [fixOf([entries, { kind: 'reboot' }])])])), { '/boot/loader/entries/a.conf': 'title A\noptions root=/dev/sda1 nomodeset rw\n', '/boot/loader/entries/b.conf': 'title B\noptions root=/dev/sda1 iommu=pt\n', '/etc/kernel/cmdline': 'root=/dev/sda1 nomodeset\n' })
  t.equal(host.run(['--apply']).status, 0)
  t.same(['/boot/loader/entries/a.conf', '/boot/loader/entries/b.conf', '/etc/kernel/cmdline'].map(host.read), ['title A\noptions root=/dev/sda1 rw iommu=pt\n', 'title B\noptions root=/dev/sda1 iommu=pt\n', 'root=/dev/sda1 iommu=pt\n'])
  const line: Step = { kind: 'edit', target: '/etc/kernel/cmdline', change: 'add to its single line: iommu=pt', parameters }
  const proxmox = new Host(planScript(planned([findingOf('a', [fixOf([line, run('proxmox-boot-tool refresh'), { kind: 'reboot' }])])])), { '/etc/kernel/cmdline': 'root=ZFS=rpool/ROOT/pve-1 boot=zfs nomodeset' })
  t.match(proxmox.run(['--apply']), { status: 0, commands: ['proxmox-boot-tool refresh'] })
  t.equal(proxmox.read('/etc/kernel/cmdline'), 'root=ZFS=rpool/ROOT/pve-1 boot=zfs iommu=pt\n')
  const steps = ['vmm_load="YES"', 'pptdevs+=" 1/0/0"', '-x hw.dmar.enable', 'module_blacklist-="vmm"'].map(change => run(`sysrc -f /boot/loader.conf ${change}`))
  const freebsd = new Host(planScript(planned([findingOf('a', [fixOf([...steps, { kind: 'append', file: '/boot/loader.conf', text: 'hw.vmm.amdvi.enable="1"\n' }, run('shutdown -r now')])])], 'freebsd')),
    { '/boot/loader.conf': 'zfs_load="YES"\npptdevs="4/0/0"\nhw.dmar.enable=0\nmodule_blacklist="vmm nvidia"\n' })
  const applied = freebsd.run(['--apply'])
  t.equal(applied.status, 0, applied.out)
  t.equal(freebsd.read('/boot/loader.conf'), 'zfs_load="YES"\npptdevs="4/0/0 1/0/0"\nmodule_blacklist="nvidia"\nvmm_load="YES"\nhw.vmm.amdvi.enable="1"\n')
})

t.test('what only a person can do is said, not done', async t => {
  const odd: Step[] = [
    run('qm set VMID --cpu host'), run('virsh edit w'), { kind: 'run', command: 'x', when: 'with GRUB' }, { kind: 'write', file: '/etc/../x', text: 'y' }, { kind: 'write', file: '/etc/a b', text: 'y' },
    { kind: 'write', file: '/etc/x', text: 'a\u202eb' }, { kind: 'set', file: '/etc/x', name: 'A', addWords: 'a"; reboot; "' }, { kind: 'write', file: '/etc/y', text: 'z', byHand: true }, { kind: 'edit', target: '/etc/z', change: 'words' },
  ]
  const host = new Host(planScript(planned([findingOf('a', [fixOf(odd, { risk: 'none' })])])))
  const before = host.tree()
  const applied = host.run(['--apply'])
  t.match(applied, { status: 0, commands: [] }, applied.out)
  t.same(host.tree(), before)
  t.equal(applied.out.match(/For you/g)?.length, odd.length)
})

t.test('nothing from a host gets out of its quotes, in any place of a plan', async t => {
  const marker = join(mkdtempSync(join(tmpdir(), 'gpudoctor-plan-marker-')), 'it')
  t.teardown(() => rmSync(dirname(marker), { recursive: true, force: true }))
  const pieces = ["'", '"', '\\', '\n', '\r', '`', '$', `$(: > ${marker})`, `\`: > ${marker}\``, `; : > ${marker}; `, `\n: > ${marker}\n`, '#', ' ', '}', ')', 'EOF', '\u2028', '\x1b', '\0', '%s', '--undo', '*', 'é']
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 9 }).map(parts => parts.join(''))
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    text.map(command => ({ kind: 'run', command }) as const), fc.tuple(text, text).map(([file, written]) => ({ kind: 'write', file: `/etc/${file}`, text: written }) as const), text.map(written => ({ kind: 'append', file: '/etc/modprobe.d/x.conf', text: written }) as const),
    fc.tuple(text, text, text).map(([name, value, words]) => ({ kind: 'set', file: '/etc/x', name, value, addWords: words }) as const), fc.tuple(text, text).map(([target, change]) => ({ kind: 'edit', target, change }) as const),
    text.map(word => ({ kind: 'set', file: '/etc/default/grub', name: 'GRUB_CMDLINE_LINUX_DEFAULT', addWords: word, parameters: { add: [word], remove: [word] } }) as const),
    text.map(setting => ({ kind: 'firmware', setting }) as const), text.map(note => ({ kind: 'note', text: note }) as const), text.map(value => run(`echo ${value} > /sys/x`)), fc.constant({ kind: 'reboot' } as const),
  )
  const finding = fc.tuple(fc.array(step, { minLength: 1, maxLength: 6 }), text, text, text, fc.constantFrom('host', 'guest', 'hypervisor'), fc.constantFrom('none', 'data', 'reboot', 'restart-vm')).map(([steps, title, subject, caution, side, risk]) =>
    findingOf(`a${title}`, [fixOf(steps, { title, caution, side, risk: risk as 'none', verify: [{ command: title, shows: subject }], undo: steps })], { title, subject: `vm ${subject}` }))
  fc.assert(fc.property(fc.array(finding, { minLength: 1, maxLength: 3 }), findings => {
    const host = new Host(planScript(planned(findings)), { '/etc/default/grub': grub })
    const ran = [[], ['--apply', '--data-risk'], ['--undo']].map(words => host.run(words))
    rmSync(dirname(host.root), { recursive: true })
    return ran.every(({ out }) => !/syntax|unexpected|not found|unterminated/i.test(out.replace(/cannot find|there is no/g, ''))) && !existsSync(marker)
  }), { numRuns: 15 })
  fc.assert(fc.property(text, written => comment(written).every(line => /^#[^\n\r\u2028]*$/.test(line))))
  t.notOk(existsSync(marker))
})

t.test('shellcheck has nothing to say', { skip: lacks('shellcheck') }, async t => {
  const folder = t.testdir({ 'plan.sh': planScript(rich) })
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', join(folder, 'plan.sh')], { encoding: 'utf8' })
  t.equal(stdout, '')
})
