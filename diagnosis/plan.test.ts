import { spawnSync } from 'node:child_process'
import t from 'tap'
import type { Finding, Fix, Step } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import fc from '../test-corpus/property.ts'
import { fillCommand, fillFile } from './fill.ts'
import { byHand, planOf } from './plan.ts'
import { joinedParameters } from './plan-claims.ts'
import { hasBlanks, looksOnly, sysfsWrite, sysrc, vmOf } from './plan-commands.ts'
import { diagnosisOf, findingOf, fixOf, adding, removing } from './plan.test-data.ts'
import { inQuotes, shellWord } from './shell-word.ts'

const planned = (...findings: Finding[]): Plan => planOf(diagnosisOf(findings))
const kinds = (plan: Plan): string[] => plan.steps.map(step => step.kind)
const stepsOf = (plan: Plan, kind: string): readonly Step[] => plan.steps.filter(step => step.kind === kind).flatMap(step => step.steps)
const run = (command: string): Step => ({ kind: 'run', command })

t.test('the command line is changed once, whatever wants something of it; one build, one reboot, checks last', async t => {
  const plan = planned(
    findingOf('iommu-off', [fixOf([...removing('intel_iommu=off')], { verify: [{ command: 'cat /proc/cmdline', shows: 'no intel_iommu=off' }] })]),
    findingOf('ids', [fixOf([...adding('vfio-pci.ids=10de:2684')])]), findingOf('ids-too', [fixOf([...adding('vfio-pci.ids=10de:22ba iommu=pt')])]),
  )
  t.same(kinds(plan), ['kernel', 'build', 'restart', 'check'])
  t.match(plan.steps[0], {
    title: /add vfio-pci.ids=10de:2684,10de:22ba iommu=pt; take out intel_iommu=off/, serves: [{ rule: 'iommu-off' }, { rule: 'ids' }, { rule: 'ids-too' }],
    steps: [{ kind: 'set', file: '/etc/default/grub', addWords: 'vfio-pci.ids=10de:2684,10de:22ba iommu=pt', removeWords: 'intel_iommu=off' }],
  })
  t.equal(plan.steps[0]?.steps.length, 1)
  t.same(plan.steps[0]?.undo.length, 1, 'and there is a way back')
  t.same(plan.steps.at(-1)?.verify, [{ command: 'cat /proc/cmdline', shows: 'no intel_iommu=off' }])
  t.equal(plan.steps.at(-1)?.restarts, 1)
})

t.test('every boot loader gets one edit', async t => {
  const parameters = { add: ['iommu=pt'], remove: [] }
  const more = { add: [], remove: ['nomodeset'] }
  const plan = (one: Step, other: Step) => stepsOf(planned(findingOf('a', [fixOf([one])]), findingOf('b', [fixOf([other])])), 'kernel')
  t.match(plan({ ...run('grubby --update-kernel=ALL --args="iommu=pt"'), parameters }, { ...run('grubby --update-kernel=ALL --remove-args="nomodeset"'), parameters: more }),
    [{ kind: 'run', command: 'grubby --update-kernel=ALL --remove-args=nomodeset --args=iommu=pt' }])
  t.match(plan({ ...run('kernelstub --add-options "iommu=pt"'), parameters }, { ...run('kernelstub --delete-options "nomodeset"'), parameters: more }),
    [{ command: 'kernelstub --delete-options nomodeset' }, { command: 'kernelstub --add-options iommu=pt' }])
  const file = { kind: 'edit', target: '/etc/kernel/cmdline' } as const
  t.match(plan({ ...file, change: 'add to its single line: iommu=pt', parameters }, { ...file, change: 'remove from its single line: nomodeset', parameters: more }), [{ change: 'add iommu=pt; take out nomodeset', parameters: { add: ['iommu=pt'], remove: ['nomodeset'] } }])
})

t.test('a power cycle swallows a reboot; firmware is visited once; what comes after stays after', async t => {
  const plan = planned(
    findingOf('vt-d', [fixOf([{ kind: 'firmware', setting: '"VT-d" = Enabled' }, { kind: 'power-off' }], { side: 'firmware' })]),
    findingOf('above-4g', [fixOf([{ kind: 'firmware', setting: '"Above 4G Decoding" = Enabled' }], { side: 'firmware' })]),
    findingOf('parameters', [fixOf([...adding('iommu=pt'), run('nvidia-smi -pm 1')])]),
    findingOf('live', [fixOf([run('echo on > /sys/bus/pci/devices/0000:01:00.0/power/control')], { risk: 'none' })]),
  )
  t.same(kinds(plan), ['kernel', 'build', 'firmware', 'restart', 'run', 'run'])
  t.match(plan.steps[3]?.steps, [{ kind: 'power-off' }])
  t.same(plan.steps[2]?.steps.length, 2)
  t.same(plan.steps.map(step => step.restarts), [0, 0, 0, 0, 1, 1], 'what a restart would take away comes behind it as well')
})

t.test('the setup behind a power-off is that of the next start', async t => {
  const move: Step[] = [{ kind: 'power-off' }, { kind: 'note', text: 'move the card' }, { kind: 'firmware', setting: 'ACS = Enabled' }]
  t.same(kinds(planned(findingOf('a', [fixOf(move)]))), ['firmware', 'restart'])
  t.same(kinds(planned(findingOf('a', [fixOf([...move, run('modprobe x'), { kind: 'firmware', setting: 'CSM = Disabled' }])]))), ['firmware', 'restart', 'run', 'firmware', 'restart'])
})

t.test('edits of one file are one step, the same command is run once, VM definitions are changed once', async t => {
  const ids = (value: string): Fix => fixOf([{ kind: 'write', file: '/etc/modprobe.d/vfio.conf', text: `options vfio-pci ids=${value}\nsoftdep nvidia pre: vfio-pci\n` }, run('update-initramfs -u -k all'), { kind: 'reboot' }])
  const plan = planned(
    findingOf('a', [ids('10de:2684')], { subject: 'function 0000:01:00.0' }), findingOf('b', [ids('10de:22ba')], { subject: 'function 0000:01:00.1' }),
    findingOf('c', [fixOf([{ kind: 'edit', target: 'virsh edit win11', change: "machine='q35'" }], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm win11' }),
    findingOf('d', [fixOf([{ kind: 'edit', target: 'virsh edit win11', change: "<kvm><hidden state='on'/></kvm>" }], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm win11' }),
    findingOf('e', [fixOf([run('qm set 100 --cpu host')], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm 100' }),
    findingOf('f', [fixOf([run('qm set 100 --machine q35')], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm 100' }),
  )
  t.same(kinds(plan), ['file', 'vm', 'vm', 'build', 'restart'])
  t.match(plan.steps[0]?.steps, [{ text: 'options vfio-pci ids=10de:2684,10de:22ba\nsoftdep nvidia pre: vfio-pci\n' }])
  t.same(plan.steps[1]?.steps.length, 2)
  t.match(plan.steps[2]?.steps, [{ command: 'qm set 100 --cpu host --machine q35' }])
  t.same(kinds(planned(findingOf('c', [fixOf([{ kind: 'edit', target: 'virsh edit win11', change: 'x' }], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm win11' }))), ['vm', 'vm-restart'], 'where the host stays up, the VM is restarted')
  const twice = planned(findingOf('g', [fixOf([run('modprobe vfio-pci'), run('echo 1 > /proc/a')], { risk: 'none' })]), findingOf('h', [fixOf([run('modprobe vfio-pci'), run('echo 2 > /proc/b')], { risk: 'none' })]))
  t.same(stepsOf(twice, 'run').map(step => step.kind === 'run' && step.command), ['modprobe vfio-pci', 'echo 1 > /proc/a', 'echo 2 > /proc/b'])
  t.match(twice.steps[0]?.serves, [{ rule: 'g' }, { rule: 'h' }])
})

t.test("FreeBSD's loader.conf is edited once", async t => {
  const plan = planned(
    findingOf('a', [fixOf([run('sysrc -f /boot/loader.conf vmm_load="YES"'), run('sysrc -f /boot/loader.conf pptdevs+=" 1/0/0"'), run('shutdown -r now')])]),
    findingOf('b', [fixOf([run('sysrc -f /boot/loader.conf pptdevs+=" 1/0/1"'), run('shutdown -r now')])]),
  )
  t.same(kinds(plan), ['file', 'restart'])
  t.same(plan.steps[0]?.steps, [{ kind: 'set', file: '/boot/loader.conf', name: 'vmm_load', value: 'YES' }, { kind: 'set', file: '/boot/loader.conf', name: 'pptdevs', addWords: '1/0/0 1/0/1' }])
})

const contradictions: readonly (readonly [string, Step[], Step[], RegExp])[] = [
  ['adding what another removes', removing('amd_iommu=off'), adding('amd_iommu=off'), /puts amd_iommu=off .*takes amd_iommu=off/],
  ['a name without a value removed', adding('nomodeset'), removing('nomodeset'), /takes nomodeset/],
  ['two values of one parameter', adding('iommu=pt'), adding('iommu=nopt'), /iommu=nopt.*iommu=pt/],
  ['a parameter and a module option', adding('kvm.ignore_msrs=1'), [{ kind: 'write', file: '/etc/modprobe.d/kvm.conf', text: 'options kvm ignore_msrs=0\n' }], /ignore_msrs=0/],
  ['a module that is kept out and one that is needed', [{ kind: 'write', file: '/etc/modprobe.d/no.conf', text: 'blacklist nouveau\n' }], [run('modprobe nouveau')], /needs the module nouveau.*keeps the module nouveau/],
  ['a driver taken that another needs', [run('virsh nodedev-detach pci_0000_01_00_0')], [run('nvidia-smi --gpu-reset -i 0000:01:00.0')], /needs nvidia on 0000:01:00.0.*needs vfio-pci/],
  ['unbinding', [run('driverctl set-override 0000:01:00.0 vfio-pci')], [run('echo 0000:01:00.0 > /sys/bus/pci/devices/0000:01:00.0/driver/unbind')], /takes the driver/],
  ['two settings of firmware', [{ kind: 'firmware', setting: '"Above 4G Decoding" = Enabled, "Re-Size BAR Support" = Enabled, CSM = Disabled' }], [{ kind: 'firmware', setting: '"Re-Size BAR Support" = Disabled' }], /Re-Size BAR Support to Disabled in firmware.*Enabled/],
  ['one file of sysfs', [run('echo bus > /sys/bus/pci/devices/0000:01:00.0/reset_method')], [run('echo default > /sys/bus/pci/devices/0000:01:00.0/reset_method')], /writes default/],
  ['a service', [run('systemctl enable --now nvidia-fabricmanager')], [run('systemctl disable --now nvidia-fabricmanager')], /off.*on/],
  ['an option of a VM', [run('qm set 100 --cpu host')], [run('qm set 100 --cpu kvm64')], /cpu of VM 100 to kvm64/],
  ['a VM', [{ kind: 'edit', target: 'virsh edit w', change: "<kvm><hidden state='on'/></kvm>" }], [{ kind: 'edit', target: 'virsh edit w', change: "take out <kvm><hidden state='on'/></kvm>" }], /takes <kvm> out of/],
  ['loader.conf', [run('sysrc -f /boot/loader.conf vmm_load="YES"')], [run('sysrc -f /boot/loader.conf -x vmm_load')], /takes vmm_load/],
]

t.test('what contradicts the plan is named and left out, or done in another way', async t => {
  for (const [name, first, second, because] of contradictions) {
    const plan = planned(findingOf('first', [fixOf(first)]), findingOf('second', [fixOf(second)]))
    t.match(plan.leftOut, [{ rule: 'second', because, for: { rule: 'first' } }], name)
    t.same(plan.chosen.map(one => one.rule), ['first'], name)
    t.same(planned(findingOf('first', [fixOf(first)]), findingOf('second', [fixOf(first)])).leftOut, [], `${name}: the same twice is none`)
    t.match(planned(findingOf('first', [fixOf(first)]), findingOf('second', [fixOf(second), fixOf([run('true')], { title: 'another way' })])).chosen, [{}, { fix: 'another way', alternatives: ['Made'] }], name)
  }
})

t.test('what only looks like a contradiction is none', async t => {
  const fine: readonly (readonly [Step[], Step[]])[] = [
    [adding('intel_iommu=on'), adding('intel_iommu=on,igfx_off')], [adding('pci=noats'), adding('pci=realloc')], [adding('vfio-pci.ids=1:2'), adding('vfio-pci.ids=3:4')],
    [[...removing('i915.enable_guc=3')], [...adding('i915.enable_guc=0')]], [[run('qm set 100 --cpu host')], [run('qm set 101 --cpu kvm64')]],
    [[run('echo 0000:01:00.0 > /sys/bus/pci/devices/0000:01:00.0/driver/unbind'), run('echo 0000:01:00.0 > /sys/bus/pci/drivers/vfio-pci/bind')], [run('virsh nodedev-detach pci_0000_01_00_0')]],
  ]
  for (const [first, second] of fine) t.same(planned(findingOf('first', [fixOf(first)]), findingOf('second', [fixOf(second)])).leftOut, [])
  t.same(joinedParameters(['intel_iommu=on', 'pci=noats', 'intel_iommu=on,igfx_off', 'pci=realloc', 'quiet', 'quiet', 'vfio_pci.ids=1:2', 'vfio-pci.ids=3:4']), ['intel_iommu=on,igfx_off', 'pci=noats', 'pci=realloc', 'quiet', 'vfio_pci.ids=1:2,3:4'])
})

t.test('consequences need no steps; hints and words are for a person; guests are apart', async t => {
  const plan = planned(
    findingOf('cause', [fixOf([run('modprobe vfio-pci')], { risk: 'none' })]), findingOf('consequence', [fixOf([run('modprobe other')])], { symptomOf: 'cause' }),
    findingOf('hint', [fixOf([run('modprobe third')])], { severity: 'hint' }), findingOf('words', [fixOf([{ kind: 'note', text: 'move the card' }, run('lspci -nn')]), fixOf([run('modprobe fourth')])]), findingOf('bare', []),
    findingOf('in-guest', [fixOf([run('dnf install x'), { kind: 'reboot' }], { side: 'guest', risk: 'reboot' })], { subject: 'vm work' }),
  )
  t.same(plan.steps.map(step => [step.kind, step.side]), [['run', 'host'], ['guest', 'guest']], 'the reboot of a guest is none of the host')
  t.same(plan.decide.map(one => one.rule), ['hint', 'words', 'bare'], 'words that come first are not passed over for commands that come second')
  t.same(plan.chosen.map(one => one.rule), ['cause', 'in-guest'])
  t.same(kinds(planned(findingOf('here', [fixOf([run('dnf install x'), { kind: 'reboot' }], { side: 'guest', risk: 'reboot' })]))), ['run', 'restart'], 'a guest that was examined itself is set right here')
  const hint = diagnosisOf([findingOf('hint', [fixOf([run('modprobe third')])], { severity: 'hint' })])
  t.same([planOf(hint).chosen.length, planOf(hint, [], { hints: true }).chosen.length], [0, 1])
  t.match(planned(findingOf('port', [fixOf([{ kind: 'note', text: 'give it a port' }, { kind: 'power-off' }], { side: 'hypervisor', risk: 'restart-vm' })], { subject: 'vm w' })).decide, [{ rule: 'port' }], 'starting a VM anew changes nothing by itself')
})

t.test('cautions, notes, checks and ways back stand at their steps', async t => {
  const [kernel, build, restart, check] = planned(findingOf('a', [fixOf([{ kind: 'note', text: 'first' }, ...adding('iommu=pt'), { kind: 'note', text: 'by the way' }], {
    caution: 'take care', verify: [{ command: 'cat /proc/cmdline', shows: 'iommu=pt' }], undo: [{ kind: 'note', text: 'back' }],
  })])).steps
  t.match(kernel, { cautions: ['take care'], notes: ['first'] })
  t.match(build, { notes: ['by the way'] })
  t.match(restart, { risk: 'reboot', cautions: [] })
  t.match(check, { kind: 'check', verify: [{ shows: 'iommu=pt' }] })
})

t.test('commands are read for what they do', async t => {
  for (const look of ['lspci -nnk', 'dmesg | grep -E "a > b"', 'virsh list --all', 'cat /proc/cmdline; dmesg', 'fuser -v /dev/vfio/*', 'nvidia-smi -L', 'sysctl vm.max_user_wired', 'ls /x 2>/dev/null']) t.ok(looksOnly(look), look)
  for (const change of ['echo 1 > /sys/x', 'cat a > b', 'lspci; rm x', 'modprobe vfio-pci', 'virsh start w', 'nvidia-smi --gpu-reset', 'sysctl vm.max_user_wired=3', 'ls && reboot', 'nvidia-smi conf-compute -srs 1']) t.notOk(looksOnly(change), change)
  for (const open of ['qm set VMID --cpu host', 'echo ADDRESS > /sys/x', 'options vfio-pci ids=VENDOR:DEVICE', 'modprobe (not known)', 'virsh edit VM', 'echo x > /sys/bus/pci/devices/ADDRESS/y', 'sfc /scannow (in the guest)']) t.ok(hasBlanks(open), open)
  for (const whole of ['qm set 100 --cpu host', 'grubby --update-kernel=ALL --args=iommu=pt', 'sysrc -f /boot/loader.conf vmm_load="YES"', 'GRUB_CMDLINE_LINUX_DEFAULT']) t.notOk(hasBlanks(whole), whole)
  t.same(sysfsWrite("echo 'a b' > /sys/x/y"), { value: 'a b', file: '/sys/x/y' })
  t.equal(sysfsWrite('echo 1 > /sys/../etc/passwd'), null)
  t.equal(sysfsWrite('echo $(id) > /sys/x'), null)
  t.same(sysrc('sysrc -f /boot/loader.conf -x a b.c'), { file: '/boot/loader.conf', changes: [{ name: 'a', how: 'unset', value: '' }, { name: 'b.c', how: 'unset', value: '' }] })
  t.equal(sysrc('sysrc a="$(id)"'), null)
  t.same(['virsh edit win11', "virsh edit 'my vm'", 'qm set 100 --x y', '/etc/pve/qemu-server/100.conf, the hostpci0 line', 'virsh edit VM', '/etc/fstab'].map(vmOf), ['win11', 'my vm', '100', '100', '', null])
  t.equal(byHand({ kind: 'run', command: 'update-grub' }), null)
  for (const step of [{ kind: 'run', command: 'x', when: 'with GRUB' }, { kind: 'edit', target: '/etc/x', change: 'y' }, { kind: 'write', file: '/x', text: 'y', byHand: true }, { kind: 'run', command: 'virsh edit w' }] as const) t.ok(byHand(step))
})

/** As it is written to a file: half a surrogate pair has no bytes of its own. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/** What a shell makes of words, many at a time. */
const shellSays = (lines: readonly string[]): Buffer => spawnSync('sh', ['-s'], { input: Buffer.from(`${lines.join('\n')}\n`) }).stdout

t.test('any string stays one inert word, wherever in a command it stands', async t => {
  const nasty = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.array(fc.constantFrom("'", '"', '\\', '$', '`', '$(id)', '${x}', '\n', ';', ' ', '*', '~', '!', '#', '&', '|', '>', '-', '\0', '\r', 'a', '\u202e'), { maxLength: 20 }).map(parts => parts.join('')))
  fc.assert(fc.property(fc.array(nasty, { minLength: 1, maxLength: 60 }), all => {
    const words = all.map(text => wellFormed(text).replaceAll('\0', ''))
    const lines = words.flatMap(text => [`printf '%s\\0' ${shellWord(text)}`, `printf '%s\\0' '${inQuotes.single(text)}'`, `printf '%s\\0' "${inQuotes.double(text)}"`])
    return shellSays(lines).equals(Buffer.from(words.flatMap(text => [`${text}\0`, `${text}\0`, `${text}\0`]).join('')))
  }), { numRuns: 40 })
  const filled = (template: string, value: string) => fillCommand(template, { x: { walk: () => ({ value, at: [] }) } })
  fc.assert(fc.property(fc.array(nasty, { minLength: 1, maxLength: 60 }), all => {
    // eslint-disable-next-line no-control-regex
    const words = all.map(text => wellFormed(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '')).filter(text => text !== '')
    const templates = ["printf '%s\\0' {{x.y}}", "printf '%s\\0' 'it is {{x.y}}'", 'printf "%s\\0" "it is {{x.y}}"', "printf '%s\\0' a{{x.y}}b"]
    const expected = words.flatMap(text => [text, `it is ${text}`, `it is ${text}`, `a${text}b`]).map(text => `${text}\0`).join('')
    return shellSays(words.flatMap(text => templates.map(template => filled(template, text)))).equals(Buffer.from(expected))
  }), { numRuns: 40 })
  t.pass('for every string tried')
})

t.test('what goes into a file stays on its line, and what is odd goes there by hand', async t => {
  const filled = (value: unknown) => fillFile('options vfio-pci ids={{x.y|drm}}\n', { x: { walk: () => ({ value, at: [] }) } })
  t.same(filled('10de:2684'), { text: 'options vfio-pci ids=10de:2684\n', strange: false })
  t.same(filled(undefined), { text: 'options vfio-pci ids=drm\n', strange: false })
  t.same(filled('1\ninstall x /bin/sh'), { text: 'options vfio-pci ids=1install x /bin/sh\n', strange: true }, 'a line end cannot get in')
  for (const odd of ['a;b', 'a b', '', null, ['x', 'y']]) t.match(filled(odd), { strange: odd !== null }, JSON.stringify(odd))
  t.match(fillFile('{{x.y}}', {}), { strange: true })
})
