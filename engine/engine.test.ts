import fc from '../test-corpus/property.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LiteralSearch } from '../matching/literals.ts'
import { Pattern } from '../matching/pattern.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Condition, LogSignature, Rule } from '../model/rule.ts'
import { unnamedVm, type Snapshot } from '../model/snapshot.ts'
import { decisive, missingIn } from './judge.ts'
import { loadRules } from './load.ts'
import { LogMatches } from './match-logs.ts'
import { requiredSignatures } from './needs.ts'
import { compareVersions, operators } from './operators.ts'
import { pathInfo } from './paths.ts'
import { Examination } from './run.ts'
import { missingFor, screen } from './screen.ts'
import { Entity, subjectsOf } from './subject.ts'

const at = [{ evidence: 'pci-sysfs', where: 1 }] as const
const fact = <T>(value: T | null) => ({ value, at })

const machine: Snapshot = {
  host: { platform: fact('linux'), kernel: fact('6.8.12-4-pve'), vfioIds: fact(['10de:1b39']), memoryMiB: fact(65536) },
  functions: {
    '0000:01:00.0': { bdf: fact('0000:01:00.0'), driver: fact('vfio-pci'), id: fact('10de:1b39'), groupId: fact('1'), group: fact('1') },
    '0000:01:00.1': { bdf: fact('0000:01:00.1'), driver: fact('snd_hda_intel'), id: fact('10de:10f0'), groupId: fact('1'), group: fact('1') },
    '0000:02:00.0': { bdf: fact('0000:02:00.0'), driver: fact<string>(null) },
  },
  groups: { 1: { id: fact('1'), members: fact(['0000:01:00.0', '0000:01:00.1']), blockers: fact(['0000:01:00.1']) } },
  vms: { win: { name: fact('win'), wants: fact(['0000:01:00.0']) } },
  assignments: { 'win 0000:01:00.0': { vm: fact('win'), fn: fact('0000:01:00.0'), managed: fact(true) } },
  notUnderstood: [],
}

const rule = (over: Partial<Rule>): Rule => ({
  id: 'made', aliases: [], title: 'Made', severity: 'error', layer: 'binding', platforms: ['linux'], status: 'stable', for: 'host', needs: [], requires: [], symptomOf: [], specialCaseOf: [], log: {},
  conditions: { all: [{ fact: 'host', path: 'platform', operator: 'equal', value: 'linux' }] }, confidence: 'likely', cause: 'c', finding: 'f', fixes: [], confusedWith: [], checkedAgainst: [], references: [], ...over,
})

const log = (kind: EvidenceKind, lines: readonly string[], over: Partial<Evidence> = {}): Evidence =>
  ({ id: kind, kind, from: 'made', status: 'ok', body: lines.join('\n'), takenAt: '2026-01-01T00:00:00Z', ...over })

const banner = '[    0.000000] Linux version 6.8.12 (builder) #1 SMP'

t.test('paths walk through lists and other subjects, and an unknown element makes a list unknown', async t => {
  const group = new Entity(machine, 'group', machine.groups['1'])
  t.same(group.walk('blockers.driver').value, ['snd_hda_intel'])
  t.equal(group.walk('members.length').value, 2)
  t.same(group.walk('members.driver').value, ['vfio-pci', 'snd_hda_intel'])
  t.equal(group.walk('members.powerState').value, undefined, 'nobody read it')
  t.equal(group.walk('wanted').value, undefined)
  const fn = new Entity(machine, 'fn', machine.functions['0000:02:00.0'])
  t.equal(fn.walk('driver').value, null, 'looked, and there is none')
  t.equal(fn.walk('driver').at.length, 1, 'and where it was looked')
  t.equal(fn.walk('__proto__').value, undefined)
  t.equal(fn.walk('constructor.name').value, undefined)
})

t.test('the path check knows every path a rule may write', async t => {
  t.match(pathInfo('group.blockers.driver', 'group', {}), { type: 'texts' })
  t.match(pathInfo('fn.driver', 'function', {}), { type: 'text', nullable: true })
  t.match(pathInfo('fn.group.blockers.length', 'function', {}), { type: 'number' })
  t.match(pathInfo('fn.drivr', 'function', {}), /no fact fn\.drivr; did you mean fn\.driv/)
  t.match(pathInfo('vm.name', 'host', {}), /may name host, log; not vm/)
  t.match(pathInfo('log.refused.count', 'host', {}), /it has none/)
  t.match(pathInfo('fn.driver.name', 'function', {}), /nothing follows it/)
})

t.test('operators are total, and unknown never reaches them', async t => {
  fc.assert(fc.property(fc.anything(), fc.anything(), (left, right) => {
    for (const [name, spec] of Object.entries(operators)) {
      if (name.toLowerCase().includes('match')) continue
      if (typeof spec.holds(left, right) !== 'boolean') throw new Error(name)
    }
  }))
  t.equal(operators.in?.holds('vfio', 'pci-stub vfio-pci'), false, 'no search in substrings')
  t.equal(operators.greaterThan?.holds('10', 3), false, 'no text as a number')
  t.equal(operators.notIn?.holds(null, ['vfio-pci']), true, 'no driver is none of them')
  t.equal(compareVersions('6.8.12-4-pve', '6.2'), 1)
  t.equal(compareVersions('6.10', '6.9.3'), 1)
  t.equal(compareVersions('5.15', '5.15.0'), 0)
})

const leaf = (path: string, operator: string, value: string | number | boolean | string[]): Condition => ({ fact: 'fn', path, operator, value })
const leaves: Condition[] = [
  leaf('driver', 'equal', 'vfio-pci'), leaf('driver', 'equal', 'nouveau'), leaf('powerState', 'equal', 'D0'), leaf('powerState', 'notEqual', 'D0'),
  leaf('driver', 'notIn', ['nouveau']), leaf('numaNode', 'greaterThan', 0), { fact: 'fn', path: 'driver', operator: 'in', value: { fact: 'lists', path: 'vfioDrivers' } },
  { fact: 'host', path: 'vfioIds', operator: 'contains', value: { fact: 'fn', path: 'id' } },
]
const anyCondition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>(tie => ({
  condition: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constantFrom(...leaves),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map(all => ({ all })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map(any => ({ any })),
    tie('condition').map(not => ({ not }))),
})).condition

t.test('the screen gives the verdict of json-rules-engine for any condition', async t => {
  const lists = { vfioDrivers: ['vfio-pci'] }
  await fc.assert(fc.asyncProperty(anyCondition, fc.constantFrom(...Object.keys(machine.functions)), async (condition, bdf) => {
    const asked = rule({ for: 'function', conditions: condition })
    const examination = new Examination([asked], { lists }, machine, [])
    const subject = examination.subjects.function.find(one => one.ref.key === bdf)
    if (!subject) throw new Error('no subject')
    const trace = await examination.ask(condition, asked, subject)
    const screened = screen(condition, examination.rootsFor(asked, subject))
    if (screened !== trace.verdict) throw new Error(`${screened} against ${trace.verdict}`)
    t.same(missingFor(condition, examination.rootsFor(asked, subject)), missingIn(trace))
  }), { numRuns: 300 })
  t.pass('300 conditions')
})

t.test('three verdicts, with what is missing and what was decisive', async t => {
  const asked = rule({ for: 'function', conditions: { all: [leaf('driver', 'equal', 'vfio-pci'), leaf('powerState', 'equal', 'D3cold')] } })
  const examination = new Examination([asked], {}, machine, [])
  const { outcomes } = await examination.run()
  t.same(outcomes.map(outcome => [outcome.subject.key, outcome.verdict]), [['0000:01:00.0', 'unknown'], ['0000:01:00.1', 'clear'], ['0000:02:00.0', 'clear']])
  const [first] = outcomes
  t.match(first, { missing: ['fn.powerState'] })
  const [subject] = examination.subjects.function
  const trace = await examination.ask({ any: [leaf('driver', 'equal', 'vfio-pci'), leaf('powerState', 'equal', 'D3cold')] }, asked, subject as NonNullable<typeof subject>)
  t.equal(trace.verdict, 'fires')
  t.same(missingIn(trace), [], 'nothing that would change the verdict')
  t.same(decisive(trace).map(one => one.path), ['fn.driver'])
})

t.test('a rule that throws is named and the others run', async t => {
  const bad = rule({ id: 'bad', conditions: { all: [{ fact: 'host', path: 'kernel', operator: 'matches', value: '(' }] } })
  const { outcomes, broken } = await new Examination([bad, rule({ id: 'good' })], {}, machine, []).run()
  t.match(broken, [{ rule: 'bad', error: /missing closing/ }])
  t.same(outcomes.map(outcome => outcome.rule), ['good'])
})

t.test('rules for another system are not asked', async t => {
  const { outcomes } = await new Examination([rule({ platforms: ['freebsd'] })], {}, machine, []).run()
  t.same(outcomes, [])
})

const viable: LogSignature = {
  in: ['qemu-log'], contains: ['is not viable'], match: String.raw`(?:vfio (?P<bdf>\S+\.[0-7]): )?group (?P<group>\d+) is not viable`, samples: ['group 1 is not viable'],
}
const counting = (spec: LogSignature, over: Partial<Rule> = {}): Rule =>
  rule({ for: 'group', log: { it: spec }, conditions: { all: [{ fact: 'log', path: 'it.count', operator: 'greaterThan', value: 0 }] }, ...over })

t.test('a line is about the subject it names, and its absence proves something only in a whole log of its kind', async t => {
  const subjects = subjectsOf(machine)
  const [group] = subjects.group
  const [vm] = subjects.vm
  const walk = (evidence: readonly Evidence[], spec = viable, subject = group) => {
    const one = counting(spec)
    return new LogMatches([one], evidence).factsFor(one, subject as NonNullable<typeof subject>).walk('it.count').value
  }
  t.equal(walk([log('qemu-log', ['vfio 0000:01:00.0: group 1 is not viable'])]), 1)
  t.equal(walk([log('qemu-log', ['vfio 0000:07:00.0: group 7 is not viable'])]), 0, 'another group, in a whole log')
  t.equal(walk([log('qemu-log', ['nothing'])]), 0)
  t.equal(walk([log('qemu-log', ['nothing'], { status: 'cut' })]), undefined, 'a cut log proves nothing')
  t.equal(walk([log('kernel-log', [banner])]), undefined, 'not the log where it would stand')
  t.equal(walk([]), undefined, 'no log at all')
  t.equal(walk([log('qemu-log', [], { status: 'absent', body: '' })]), 0, 'no VM ever ran')
  t.equal(walk([log('kernel-log', ['group 1 is not viable'])]), undefined, 'a collected log of another kind is not searched')
  const { takenAt: _, ...pasted } = log('kernel-log', ['vfio 0000:01:00.0: group 1 is not viable'])
  t.equal(walk([pasted]), 1, 'what a person handed in is searched for everything')
  const answered = { ...pasted, kind: 'qemu-processes', body: 'qemu-system-x86_64 -device vfio-pci,host=01:00.0\nvfio 0000:01:00.0: group 1 is not viable' } as Evidence
  t.equal(walk([answered]), 1, 'below a command stands what it answered')
  t.equal(walk([{ ...answered, takenAt: '2026-01-01T00:00:00Z' }]), undefined, 'a collected list of processes has no answers')
  const wrapped = { ...pasted, kind: 'text', body: 'Error response from daemon: kvm: group 3 is not viable' } as Evidence
  const ofQemu = counting({ ...viable, match: 'group (?P<n>\\d+) is not viable' })
  t.same(new LogMatches([ofQemu], [wrapped]).mentioned().map(hit => hit.vm), [unnamedVm], 'what QEMU alone prints is of some VM, in whatever text')
  t.equal(walk([log('qemu-log', ['group 3 is not viable'], { id: 'qemu-log/win' })], { ...viable, match: 'group (?P<n>\\d+) is not viable' }, vm), 1, "a line of the VM's own log")
})

t.test('named groups become facts, also numbers', async t => {
  const spec: LogSignature = { in: ['kernel-log'], contains: ['RLIMIT_MEMLOCK'], match: String.raw`RLIMIT_MEMLOCK \((?P<bytes>\d+)\) exceeded`, numbers: ['bytes'], samples: ['x'] }
  const one = counting(spec, { for: 'host' })
  const [host] = subjectsOf(machine).host
  const facts = new LogMatches([one], [log('kernel-log', [banner, '[    9.0] vfio_pin_pages_remote: RLIMIT_MEMLOCK (65536) exceeded'])]).factsFor(one, host as NonNullable<typeof host>)
  t.equal(facts.walk('it.bytes').value, 65536)
  t.match(facts.walk('it.line').value, /^vfio_pin_pages_remote/)
  t.same(facts.walk('it.bytes').at, [{ evidence: 'kernel-log', where: 2 }])
})

t.test('lines of an earlier boot never accuse the present one', async t => {
  const spec: LogSignature = { in: ['kernel-log'], contains: ['No DMAR devices'], match: 'No DMAR devices found', samples: ['x'] }
  const one = counting(spec, { for: 'host' })
  const [host] = subjectsOf(machine).host
  const count = (lines: string[]) => new LogMatches([one], [log('kernel-log', lines)]).factsFor(one, host as NonNullable<typeof host>).walk('it.count').value
  const boot = (line: string) => [banner, ...Array.from({ length: 200 }, (_, i) => `[    0.${i + 100}] usb 1-4: new high-speed USB device number ${i}`), `[    1.0] ${line}`]
  t.equal(count([...boot('DMAR: No DMAR devices found'), ...boot('DMAR: IOMMU enabled')]), 0)
  t.equal(count([...boot('DMAR: IOMMU enabled'), ...boot('DMAR: No DMAR devices found')]), 1)
})

t.test('what a VM said before its last start is history', async t => {
  const one = counting(viable)
  const [group] = subjectsOf(machine).group
  const count = (lines: string[]) => new LogMatches([one], [log('qemu-log', lines)]).factsFor(one, group as NonNullable<typeof group>).walk('it.count').value
  const start = '2026-01-02 03:04:05.000+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2'
  t.equal(count([start, 'vfio 0000:01:00.0: group 1 is not viable', start, 'char device redirected']), 0)
  t.equal(count([start, 'char device redirected', start, 'vfio 0000:01:00.0: group 1 is not viable']), 1)
})

t.test('vm-bhyve.log holds all starts of a VM', async t => {
  const one = counting({ ...viable, in: ['bhyve-log'], contains: ['fatal; unable to locate'], match: 'fatal; unable to locate firmware' }, { for: 'host' })
  const [host] = subjectsOf(machine).host
  const count = (lines: string[]) => new LogMatches([one], [log('bhyve-log', lines)]).factsFor(one, host as NonNullable<typeof host>).walk('it.count').value
  const start = 'Sep 17 20:34:21: initialising'
  const failed = 'Sep 17 20:34:21: fatal; unable to locate firmware /usr/local/share/uefi-firmware/BHYVE_UEFI.fd'
  t.equal(count([start, failed, start, 'Sep 17 20:34:21: booting']), undefined, 'history, in a log that proves no absence')
  t.equal(count([start, 'Sep 17 20:34:21: booting', start, failed]), 1)
  t.equal(count(['root@host:~ # cat a/vm-bhyve.log b/vm-bhyve.log', start, failed, start, 'Sep 17 20:34:21: booting']), 1)
})

t.test('what libvirt refused before the VM that runs now was started is history', async t => {
  const spec: LogSignature = { ...viable, in: ['libvirt-log'] }
  const one = counting(spec)
  const [group] = subjectsOf(machine).group
  const daemon = (second: string) => log('libvirt-log', [`2026-01-02T03:04:${second}+0000 aster libvirtd[77]: internal error: process exited: vfio 0000:01:00.0: group 1 is not viable`])
  const vm = (...end: string[]) => log('qemu-log', ['2026-01-02 03:04:30.500+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2', `-device '{"driver":"vfio-pci","host":"0000:01:00.0"}' \\`, ...end], { id: 'qemu-log/win' })
  const count = (...pieces: Evidence[]) => new LogMatches([one], pieces).factsFor(one, group as NonNullable<typeof group>).walk('it.count').value
  t.equal(count(daemon('10'), vm()), 0)
  t.equal(count(daemon('40'), vm()), 1, 'said after the start')
  t.equal(count(daemon('10'), vm('2026-01-02 03:04:31.000+0000: shutting down, reason=failed')), 1, 'it runs no more')
  const other = log('qemu-log', ['2026-01-02 03:04:30.500+0000: starting up libvirt version: 10.0.0'], { id: 'qemu-log/other' })
  t.equal(count(daemon('10'), other), 1, 'another VM without the function')
  t.equal(count(daemon('10'), other, log('libvirt-domain', ['<domain/>'], { id: 'libvirt-domain/other' })), 0, 'all VMs there are do run')
  t.equal(count(daemon('10'), other, log('libvirt-domain', ['<domain/>'], { id: 'libvirt-domain/win' })), 1)
})

t.test('many literals at once, as a search one by one would find them', async t => {
  const word = fc.stringMatching(/^[abC ]{8,13}$/)
  fc.assert(fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 12, selector: text => text.toLowerCase() }), fc.stringMatching(/^[aAbBcC \n]{0,400}$/), (literals, text) => {
    const found = new Set<string>()
    new LiteralSearch(literals).scan(text, (literal, offset) => found.add(`${literal} ${offset}`))
    const expected = new Set<string>()
    const folded = text.toLowerCase()
    literals.forEach((literal, index) => {
      for (let offset = folded.indexOf(literal.toLowerCase()); offset >= 0; offset = folded.indexOf(literal.toLowerCase(), offset + 1)) expected.add(`${index} ${offset}`)
    })
    t.same([...found].sort(), [...expected].sort())
  }), { numRuns: 200 })
  t.throws(() => new LiteralSearch(['abcdefg']), RangeError)
})

t.test('patterns that hang other engines, on lines made to hang them', async t => {
  const start = performance.now()
  t.equal(new Pattern('^(a+)+$').match(`${'a'.repeat(4000)}!`), null)
  t.equal(new Pattern('^(a{1,30}){1,30}$').match(`${'a'.repeat(2000)}!`), null)
  t.equal(new Pattern('x*y').match('x'.repeat(200_000)), null)
  t.ok(performance.now() - start < 30_000, 'in linear time')
  t.throws(() => new Pattern('(?=a)b').compile(), 'look-ahead is refused')
})

t.test('what a condition cannot do without', async t => {
  const has = (name: string): Condition => ({ fact: 'log', path: `${name}.count`, operator: 'greaterThan', value: 0 })
  t.same([...requiredSignatures({ all: [has('a'), { any: [has('b'), has('c')] }] })], ['a'])
  t.same([...requiredSignatures({ any: [{ all: [has('a'), has('b')] }, has('a')] })], ['a'])
  t.same([...requiredSignatures({ not: has('a') })], [])
})

const good = `id: good-rule
title: A good rule
severity: warning
layer: binding
platforms: [linux]
for: function
conditions: { all: [ { fact: fn, path: driver, operator: equal, value: nouveau } ] }
cause: why
finding: '{{fn.bdf}} is on {{fn.driver|no driver}}'
fixes: [ { title: do it, risk: none, side: host, steps: [ { run: 'true' } ], verify: [ { run: 'true', shows: nothing } ] } ]
references: [ { for: all, at: here } ]
`

t.test('the loader refuses what the engine would take silently, names file, line and column, and loads the rest', async t => {
  const folder = t.testdir({ 'good-rule.yaml': good })
  const broken: readonly [name: string, from: string, to: string, error: RegExp][] = [
    ['unknown-path', 'path: driver', 'path: drivr', /no fact fn\.drivr/],
    ['unknown-operator', 'operator: equal', 'operator: equall', /no operator equall/],
    ['unknown-key', 'cause: why', 'cuase: why', /cuase is not a key|cause/],
    ['in-with-scalar', 'operator: equal', 'operator: in', /wants a list/],
    ['equal-to-list', 'value: nouveau', 'value: [nouveau]', /a list is never equal/],
    ['equal-to-number', 'value: nouveau', 'value: 10', /is text, the value is a number/],
    ['empty-all', 'all: [ { fact: fn, path: driver, operator: equal, value: nouveau } ]', 'all: []', /empty list would always hold/],
    ['two-branches', 'conditions: { all:', 'conditions: { any: [ { fact: fn, path: id, operator: equal, value: x } ], all:', /conditions/],
    ['null-placeholder', '{{fn.driver|no driver}}', '{{fn.driver}}', /may be nothing/],
    ['open-placeholder', '{{fn.bdf}}', '{{fn.bdf', /not closed/],
    ['unknown-placeholder', '{{fn.bdf}}', '{{fn.bdff}}', /no fact fn\.bdff/],
    ['no-check', "verify: [ { run: 'true', shows: nothing } ]", 'verify: []', /needs a check/],
    ['wrong-severity', 'severity: warning', 'severity: blocker', /severity/],
    ['unknown-recipe', "{ run: 'true' } ], verify", "{ recipe: nope } ], verify", /no recipe nope/],
    ['bad-yaml', 'cause: why', 'cause: [why', /./],
    ['null-value', 'value: nouveau', 'value: null', /use exists: false/],
  ]
  for (const [name, from, to] of broken) writeFileSync(join(folder, `${name}.yaml`), good.replace('good-rule', name).replace(from, to))
  writeFileSync(join(folder, 'other-name.yaml'), good.replace('good-rule', 'another'))
  mkdirSync(join(folder, 'twin'))
  writeFileSync(join(folder, 'twin', 'good-rule.yaml'), good)
  writeFileSync(join(folder, 'huge.yaml'), `# ${'x'.repeat(300_000)}`)
  const loaded = loadRules(folder, { lists: {}, conditions: {}, recipes: {}, never: [], tables: {} })
  t.same(loaded.rules.map(one => one.id), ['good-rule'])
  for (const [name, , , error] of broken) {
    const complaint = loaded.broken.find(one => one.rule === name)
    t.match(complaint?.error ?? 'no complaint', error, name)
    t.ok((complaint?.line ?? 0) >= 1, `${name} has a line`)
  }
  t.match(loaded.broken.find(one => one.rule === 'other-name')?.error, /not the file's name/)
  t.match(loaded.broken.find(one => one.file.includes('twin'))?.error, /is taken by/)
  t.match(loaded.broken.find(one => one.rule === 'huge')?.error, /larger than/)
})

t.test('signatures are held to their samples, and advice to the list of what is never advised', async t => {
  const withLog = (signature: string) => good.replace('conditions:', `log:\n  it: ${signature}\nconditions:`).replace('{ fact: fn, path: driver, operator: equal, value: nouveau }', '{ fact: log, path: it.count, operator: greaterThan, value: 0 }')
  const folder = t.testdir({
    'unmatched.yaml': withLog("{ in: [kernel-log], contains: driver lost, match: 'driver is lost', samples: [ 'the driver lost it' ] }").replace('good-rule', 'unmatched'),
    'short.yaml': withLog("{ in: [kernel-log], contains: lost, match: 'lost', samples: [ 'lost' ] }").replace('good-rule', 'short'),
    'elsewhere.yaml': withLog("{ in: [kernel-log], contains: not there, match: 'lost', samples: [ 'lost' ] }").replace('good-rule', 'elsewhere'),
    'lookalike.yaml': withLog("{ in: [kernel-log], contains: is lost for good, match: 'is lost', samples: [ 'it is lost for good' ], not: [ 'nothing is lost' ] }").replace('good-rule', 'lookalike'),
    'backtracks.yaml': withLog("{ in: [kernel-log], contains: is lost, match: '(?=is) lost', samples: [ 'it is lost' ] }").replace('good-rule', 'backtracks'),
    'no-log.yaml': withLog("{ in: [pci-sysfs], contains: is lost, match: 'is lost', samples: [ 'it is lost' ] }").replace('good-rule', 'no-log'),
    'bad-advice.yaml': good.replace('good-rule', 'bad-advice').replace("run: 'true' } ], verify", "run: 'echo amd_iommu=on' } ], verify"),
  })
  const { broken, rules } = loadRules(folder, { lists: {}, conditions: {}, recipes: {}, never: [{ pattern: 'amd_iommu=on', why: 'it does nothing' }], tables: {} })
  t.same(rules, [])
  const said = (name: string) => broken.find(one => one.rule === name)?.error
  t.match(said('unmatched'), /does not match/)
  t.match(said('short'), /shorter than/)
  t.match(said('elsewhere'), /no literal stands in/)
  t.match(said('lookalike'), /the pattern matches/)
  t.match(said('backtracks'), /RE2 does not take/)
  t.match(said('no-log'), /not searched line by line/)
  t.match(said('bad-advice'), /never advise this: it does nothing/)
})

t.test('a hostile rule file is refused in time', async t => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 12 }, (_, i) => `${'bcdefghijklmn'[i]}: &${'bcdefghijklmn'[i]} [${Array(9).fill(`*${'abcdefghijklmn'[i]}`).join(',')}]`)].join('\n')
  const deep = `conditions: ${'{ not: '.repeat(3000)}x${' }'.repeat(3000)}`
  const folder = t.testdir({ 'bomb.yaml': bomb, 'deep.yaml': deep, 'proto.yaml': '__proto__: { polluted: true }\n', 'tag.yaml': 'id: !!js/function "x"\n' })
  const start = performance.now()
  const { rules, broken } = loadRules(folder, { lists: {}, conditions: {}, recipes: {}, never: [], tables: {} })
  t.same(rules, [])
  t.same(new Set(broken.map(one => one.rule)), new Set(['bomb', 'deep', 'proto', 'tag']))
  t.ok(performance.now() - start < 30_000)
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})
