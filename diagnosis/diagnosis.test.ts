import t from 'tap'
import type { Evidence } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import type { Condition, Rule } from '../model/rule.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { diagnose } from './diagnose.ts'
import { diagnoseWithEarlier } from './earlier.ts'
import { fillCommand, fillText } from './fill.ts'
import { fixOf, type FixContext } from './fixes.ts'
import { isFor, tagsOf } from './host-tags.ts'
import { Quoter } from './quotes.ts'
import { causesOf, consequencesOf, type Ranked } from './rank.ts'
import { testRule } from './rule-test.ts'

const at = [{ evidence: 'cmdline', where: 1 }] as const
const fact = <T>(value: T | null) => ({ value, at })
const shared = { lists: {}, conditions: {}, recipes: {}, never: [], tables: {} }
const about = { tool: 'test', takenAt: null, root: null, redacted: {} }
const empty: Snapshot = { host: {}, functions: {}, groups: {}, vms: {}, assignments: {}, notUnderstood: [] }

const rule = (over: Partial<Rule>): Rule => ({
  id: 'made', aliases: [], title: 'Made', severity: 'error', layer: 'binding', platforms: ['linux', 'freebsd'], status: 'stable', for: 'host', needs: [], requires: [], symptomOf: [], specialCaseOf: [], log: {},
  conditions: { all: [{ fact: 'host', path: 'cpuVendor', operator: 'equal', value: 'intel' }] }, confidence: 'likely', cause: 'c', finding: 'f', fixes: [], confusedWith: [], checkedAgainst: [], references: [], ...over,
})
const told = (rules: readonly Rule[], snapshot: Snapshot, evidence: readonly Evidence[] = []): Promise<Diagnosis> => diagnose({ rules, shared, broken: [], snapshot, evidence, about })
const intel: Snapshot = { ...empty, host: { cpuVendor: fact('intel'), platform: fact('linux') } }

t.test('a symptom stands under its cause, whatever its severity, and causes come first', async t => {
  const { findings } = await told([
    rule({ id: 'loud', symptomOf: ['other', 'quiet'] }),
    rule({ id: 'quiet', severity: 'warning', layer: 'firmware', aliases: ['stille'] }),
    rule({ id: 'third', severity: 'hint', confidence: 'possible' }),
  ], intel)
  t.same(findings.map(finding => [finding.rule, finding.symptomOf]), [['quiet', null], ['third', null], ['loud', 'quiet']])
})

const ranked = (over: Partial<Ranked>): Ranked => ({ rule: 'r', aliases: [], subject: 'host', severity: 'error', confidence: 'likely', layer: 'binding', symptomOf: [], about: new Set(), hasLog: false, ...over })

t.test('circles are broken, unrelated subjects explain nothing, aliases count', async t => {
  t.same(causesOf([ranked({ rule: 'a', symptomOf: ['b'] }), ranked({ rule: 'b', symptomOf: ['a'] })]), [1, null])
  t.same(causesOf([ranked({ rule: 'a', symptomOf: ['a'] })]), [null])
  t.same(causesOf([ranked({ rule: 'a', symptomOf: ['b'], about: new Set(['0000:01:00.0']) }), ranked({ rule: 'b', about: new Set(['0000:02:00.0']) })]), [null, null])
  t.same(causesOf([ranked({ rule: 'a', symptomOf: ['x'], about: new Set(['0000:01:00.0', 'vm w']) }), ranked({ rule: 'b', aliases: ['x'], about: new Set(['vm w']) })]), [1, null])
})

t.test('a general failure stands under its special case, whose findings bear its name', async t => {
  t.same(causesOf([ranked({ rule: 'general' }), ranked({ rule: 'special', aliases: ['general'] }), ranked({ rule: 'general' })]), [1, null, 1])
  const { findings } = await told([rule({ id: 'general', severity: 'error' }), rule({ id: 'special', severity: 'warning', specialCaseOf: ['general'] })], intel)
  t.match(findings, [{ rule: 'special', aliases: ['general'], symptomOf: null }, { rule: 'general', aliases: [], symptomOf: 'special' }])
})

t.test('a cause is as bad as the worst that follows from it, near or far', async t => {
  t.same(consequencesOf([null, 0, 1, null]), [[1, 2], [2], [], []])
  const { findings } = await told([
    rule({ id: 'careful', severity: 'warning', confidence: 'possible', layer: 'memory' }), rule({ id: 'between', severity: 'hint', symptomOf: ['careful'] }), rule({ id: 'grave', severity: 'error', symptomOf: ['between'] }),
    rule({ id: 'lone', severity: 'warning', confidence: 'likely', layer: 'firmware' }),
  ], intel)
  t.same(findings.filter(finding => finding.symptomOf === null).map(finding => finding.rule), ['careful', 'lone'])
})

t.test('the reason says what the confidence rests on, and what it lacks', async t => {
  const said = { hit: { in: ['kernel-log' as const], contains: ['something is wrong'], match: 'something is wrong', samples: [] } }
  const log = (body: string): Evidence[] => [{ id: 'kernel-log', kind: 'kernel-log', from: 'dmesg', status: 'ok', takenAt: '2026-01-02T03:04:05Z', body: `[    0.000000] Linux version 6.8.12 (x) #1 SMP\n${body}\n` }]
  const heard: Condition = { fact: 'log', path: 'hit.count', operator: 'greaterThan', value: 0 }
  const state: Condition = { fact: 'host', path: 'iommuGroupCount', operator: 'equal', value: 0 }
  const host: Snapshot = { ...empty, host: { platform: fact('linux'), iommuGroupCount: fact(0) } }
  const reason = async (over: Partial<Rule>, body = '[    1.000000] something is wrong', snapshot = host) => (await told([rule({ log: said, ...over })], snapshot, log(body))).findings[0]?.reason
  t.equal(await reason({ conditions: state, confirmedWhen: heard }), 'the state and the log agree')
  t.equal(await reason({ conditions: state, confirmedWhen: heard }, 'nothing'), 'the state shows it; no message says that it did harm; what would prove it is not there')
  t.equal(await reason({ conditions: heard, confirmedWhen: state }, undefined, { ...empty, host: { platform: fact('linux') } }), 'only a message speaks of it; the state was not seen or does not tell; what would prove it could not be looked at')
  t.equal(await reason({ conditions: heard, confidence: 'confirmed' }), 'the message itself names the cause')
  t.equal(await reason({ conditions: { all: [state, { fact: 'host', path: 'platform', operator: 'equal', value: 'linux' }] }, confidence: 'possible' }), 'the state allows it; nothing shows that it happened')
  t.equal(await reason({ conditions: { all: [heard, { fact: 'host', path: 'platform', operator: 'equal', value: 'linux' }] } }), 'only a message speaks of it; the state was not seen or does not tell', 'which system it is, is no state that shows a fault')
})

t.test('confidence is raised where state and log agree, and only then', async t => {
  const confirmed = { confirmedWhen: { all: [{ fact: 'host', path: 'platform', operator: 'equal', value: 'linux' }] } } as const
  t.match((await told([rule(confirmed)], intel)).findings, [{ confidence: 'confirmed' }])
  t.match((await told([rule({ ...confirmed, confidence: 'possible' })], { ...empty, host: { cpuVendor: fact('intel') } })).findings, [{ confidence: 'possible' }], 'unknown raises nothing')
})

t.test('what an earlier start of a handed-in log shows is told where the present shows no fault', async t => {
  const said = (id: string, what: string, more: Partial<Rule> = {}) => rule({ id, log: { said: { in: ['kernel-log'], contains: [what], match: what, samples: [] } }, conditions: { all: [{ fact: 'log', path: 'said.count', operator: 'greaterThan', value: 0 }] }, ...more })
  const hung = said('hung', 'the ring hangs')
  const rules = [hung, said('follows', 'all is lost', { symptomOf: ['hung'] }), said('odd', 'how strange', { severity: 'hint' })]
  const boot = (...lines: readonly string[]) => ['Linux version 6.1.0', ...lines].map((line, second) => `[    ${second}.000000] ${line}\n`).join('')
  const [calm, sick] = [boot('how strange'), boot('the ring hangs', 'all is lost')]
  const log = (body: string, more: Partial<Evidence> = {}): Evidence => ({ id: 'kernel-log', kind: 'kernel-log', from: 'syslog', status: 'ok', body, ...more })
  const found = async (body: string, more: Partial<Evidence> = {}) => (await diagnoseWithEarlier({ rules, shared, broken: [], snapshot: empty, evidence: [log(body, more)], about }, () => empty)).findings
  t.match(await found(sick + calm + calm), [
    { rule: 'hung', severity: 'hint', title: 'Before the last start: Made', reason: /^the log says so of an earlier start/, symptomOf: null, evidence: [{ where: 2 }], times: { count: 1, of: null } },
    { rule: 'follows', severity: 'hint', symptomOf: 'hung' },
    { rule: 'odd', title: 'Made' },
  ])
  t.match(await found(boot('all is lost') + sick + calm), [{ rule: 'hung', evidence: [{ where: 4 }] }, { rule: 'follows' }, { rule: 'odd' }], 'the latest of them')
  t.match(await found(boot('the ring hangs') + boot('all is lost')), [{ rule: 'follows', severity: 'error' }], 'the present shows a fault of its own')
  t.match(await found(sick + calm, { takenAt: '2026-03-04T08:15:30Z' }), [{ rule: 'odd' }], 'a host that was looked into is as it is now')
  t.same(await found(boot('quiet') + boot('quiet')), [])
  t.same(await found(sick + boot('quiet').repeat(6)), [], 'too long ago')
})

t.test('a few lines that prove nothing give leads, and only they do', async t => {
  const log = { said: { in: ['kernel-log'], contains: ['window is too small'], match: 'window is too small', samples: [] } } as const
  const when = (path: string, value: string | boolean = true): Condition => ({ all: [{ fact: 'log', path: 'said.count', operator: 'greaterThan', value: 0 }, { fact: 'host', path, operator: 'equal', value }] })
  const lead = rule({ id: 'lead', log, conditions: when('dmarPresent') })
  const piece = (body: string, more: Partial<Evidence> = {}): Evidence => ({ id: 'kernel-log', kind: 'kernel-log', from: 'dmesg.txt', status: 'ok', body, ...more })
  const said = piece('[    1.000000] pci: window is too small\n')
  const linux: Snapshot = { ...empty, host: { cpuVendor: fact('intel') } }
  const found = async (rules: readonly Rule[], evidence: Evidence, snapshot = linux) => (await told(rules, snapshot, [evidence])).findings
  t.match(await found([lead], said), [{ rule: 'lead', title: 'Perhaps: Made', severity: 'hint', confidence: 'possible', reason: /^the message is there; what else/, evidence: [{ where: 1 }] }])
  t.same((await told([lead], linux, [said])).unknown.map(each => each.rule), ['lead'], 'it stays undecided')
  t.same(await found([lead], piece('[    1.000000] pci: all is well\n')), [], 'no message')
  const two: Condition = { all: [{ fact: 'log', path: 'main.count', operator: 'greaterThan', value: 0 }, { fact: 'log', path: 'said.count', operator: 'greaterThan', value: 0 }] }
  const main = { in: ['kernel-log'], contains: ['the bridge is gone'], match: 'the bridge is gone', samples: [] } as const
  t.same(await found([rule({ id: 'two', log: { ...log, main }, conditions: two })], said), [], 'its other message is not among the lines')
  t.same((await found([rule({ id: 'two', log: { ...log, main: { ...main, in: ['qemu-log'] } }, conditions: two })], said)).map(each => each.rule), ['two'], 'its other message stands in a log that is not at hand')
  const along: Condition = { all: [{ fact: 'log', path: 'said.count', operator: 'greaterThanInclusive', value: 0 }, { fact: 'host', path: 'dmarPresent', operator: 'equal', value: true }] }
  t.same(await found([rule({ id: 'along', log, conditions: along })], said), [], 'a line that is only read along says nothing for the rule')
  t.same(await found([rule({ id: 'contrary', log, conditions: when('cpuVendor', 'amd') })], said), [], 'something speaks against it')
  t.same(await found([rule({ id: 'weak', severity: 'hint', log, conditions: when('dmarPresent') })], said), [], 'a hint would lead nowhere')
  const often = { log, conditions: { all: [{ fact: 'log', path: 'said.count', operator: 'greaterThanInclusive', value: 5 }] } } satisfies Partial<Rule>
  t.same((await found([rule({ id: 'often', ...often })], said)).map(each => each.rule), ['often'], 'a few lines do not show how many there were')
  t.same((await found([rule({ id: 'often', ...often }), lead], said)).map(each => each.rule), ['lead', 'often'])
  t.same((await found([lead, rule({ id: 'sure' })], said)).map(each => each.rule), ['sure'], 'something is wrong for sure')
  t.same((await found([lead, rule({ id: 'hint', severity: 'hint' })], said)).map(each => each.rule).sort(), ['hint', 'lead'])
  t.same(await found([lead], { ...said, takenAt: '2026-03-04T08:15:30Z' }), [], 'a host that was looked into')
  t.same(await found([lead], piece(`${said.body as string}${'[    1.000000] a line\n'.repeat(300)}`)), [], 'a whole log')
  const many = ['iommu', 'firmware', 'link', 'guest', 'memory'].map(layer => rule({ id: `of-${layer}`, layer: layer as Rule['layer'], log, conditions: when('dmarPresent') }))
  t.same((await found(many, said)).map(each => each.rule), ['of-firmware', 'of-iommu', 'of-link'], 'the first three')
})

t.test('what could not be decided says what is missing and how to get it, for this system', async t => {
  const blind = rule({ id: 'blind', conditions: { all: [{ fact: 'host', path: 'dmarPresent', operator: 'equal', value: false }] } })
  const { unknown } = await told([blind], { ...empty, host: { platform: fact('freebsd') } })
  t.match(unknown, [{ rule: 'blind', missing: ['host.dmarPresent'], subjects: ['host'] }])
  t.ok(unknown[0]?.get.some(way => way.includes('acpidump')), 'FreeBSD has acpidump')
  t.notOk(unknown[0]?.get.some(way => way.includes('/sys/firmware')), 'and no sysfs')
})

t.test('a finding quotes what made it fire, with line, neighbours and source', async t => {
  const log: Evidence = { id: 'kernel-log', kind: 'kernel-log', from: 'dmesg.txt', status: 'ok', body: 'one\ntwo\nvfio_pin_pages_remote: RLIMIT_MEMLOCK (65536) exceeded\nfour\nfive\n', firstLine: 11 }
  const { findings } = await told([rule({
    log: { it: { in: ['kernel-log'], contains: ['RLIMIT_MEMLOCK'], match: 'RLIMIT_MEMLOCK', samples: ['x'] } },
    conditions: { all: [{ fact: 'log', path: 'it.count', operator: 'greaterThan', value: 0 }] },
  })], intel, [log])
  t.match(findings[0]?.evidence, [{ from: 'dmesg.txt', where: 13, text: /^vfio_pin/, before: ['one', 'two'], after: ['four', 'five'] }])
})

t.test('quotes far into a long text are found', async t => {
  const body = Array.from({ length: 5000 }, (_, i) => `line ${i + 1}`).join('\n')
  const quoter = new Quoter([{ id: 'text', kind: 'text', from: 'x', status: 'ok', body }])
  t.match(quoter.quote([4999, 1, 2500, 5000, 5001].map(where => ({ evidence: 'text' as const, where })), 9).map(quote => quote.text), ['line 4999', 'line 1', 'line 2500'], 'the last stands under the first already')
})

const roots = (facts: Record<string, unknown>) => ({ vm: { walk: (path: string) => ({ value: facts[path], at: [] }) } })

t.test('texts are filled; what a host names stays one word in a command', async t => {
  t.equal(fillText('{{vm.name}} has {{vm.gpus}} and {{vm.rom|no ROM}}, {{vm.nobody}}', roots({ name: 'win', gpus: ['a', 'b', 'a'], rom: null })), 'win has a, b and no ROM, (not known)')
  t.equal(fillCommand('virsh edit {{vm.name}}', roots({ name: 'win11' })), 'virsh edit win11')
  t.equal(fillCommand('virsh edit {{vm.name}}', roots({ name: 'x; reboot' })), "virsh edit 'x; reboot'")
  t.equal(fillCommand('virsh edit {{vm.name}}', roots({ name: "a'b$(id)\n\x1b[2J" })), `virsh edit 'a'\\''b$(id)[2J'`)
})

t.test('a line of a log stands in quotes, once', async t => {
  const log = { log: { walk: (path: string) => ({ value: { 'a.line': 'went wrong', 'b.line': 'gave up', 'a.count': 2 }[path], at: [] }) } }
  t.equal(fillText('It said: {{log.a.line|}} Then {{log.c.line|no more}}.', log), 'It said: "went wrong" Then no more.')
  t.equal(fillText('It said "{{log.a.line|}}" and "{{log.b.line|}}".', log), 'It said "went wrong" and "gave up".')
  t.equal(fillText('“{{log.a.line|}}”，{{log.a.count}}', log), '“went wrong”，2')
  t.equal(fillText('{{log.a.line|}}{{log.c.line|}}{{log.b.line|}} Whatever', log), '"went wrong" "gave up" Whatever')
})

t.test('steps are for the host at hand; where it is not known each says for whom it is', async t => {
  const proxmox = tagsOf({ distribution: fact('proxmox'), bootLoader: fact('proxmox-boot-tool'), initramfsTool: fact('initramfs-tools'), platform: fact('linux') }, 'libvirt', empty)
  t.equal(isFor(['proxmox-boot-tool'], proxmox), true)
  t.equal(isFor(['grub', 'proxmox'], proxmox), false, 'of each question one answer must fit')
  t.equal(isFor(undefined, proxmox), true)
  t.equal(isFor(['dracut'], {}), 'with dracut')
  t.equal(isFor(['dracut'], tagsOf({ distribution: fact('rocky') }, null, empty)), true, 'a family brings its usual tool')
  const context: FixContext = {
    roots: roots({ list: ['0000:01:00.0', '0000:01:00.1'], name: 'win' }), tags: proxmox, functionAt: bdf => ({ walk: () => ({ value: `node-${bdf}`, at: [] }) }),
    recipes: { add: { about: 'x', with: ['params'], steps: [{ set: '/etc/default/grub', name: 'A', addWords: '{{with.params}}', where: ['grub'] }, { run: 'tool {{with.params}}' }, { reboot: true as const }] }, loop: { about: 'x', with: [], steps: [{ recipe: 'loop' }] } },
  }
  const fix = fixOf({
    title: 'For {{vm.name}}', risk: 'reboot', side: 'host', steps: [{ recipe: 'add', with: { params: 'a=1 b={{vm.name}}' } }, { each: 'vm.list', run: 'detach {{each.nodedev}} {{each}}' }, { recipe: 'loop' }],
    verify: [{ run: 'check', shows: 'it', where: ['dracut'] }], undo: [{ note: 'back' }],
  }, context)
  t.same(fix.steps, [
    { kind: 'run', command: 'tool a=1 b=win' }, { kind: 'reboot' },
    { kind: 'run', command: 'detach node-0000:01:00.0 0000:01:00.0' }, { kind: 'run', command: 'detach node-0000:01:00.1 0000:01:00.1' },
  ])
  t.same(fix.verify, [])
  t.same(fix.undo, [{ kind: 'note', text: 'back' }])
})

t.test('a fix that does not apply is left out; one that nobody can tell of is offered', async t => {
  const fix = (title: string, value: string) => ({ title, risk: 'none', side: 'host', steps: [{ run: 'x' }], verify: [{ run: 'x', shows: 'y' }], when: { fact: 'host', path: 'platform', operator: 'equal', value } } as const)
  const one = rule({ fixes: [fix('here', 'linux'), fix('there', 'freebsd')] })
  t.same((await told([one], intel)).findings[0]?.fixes.map(offered => offered.title), ['here'])
  t.same((await told([one], { ...empty, host: { cpuVendor: fact('intel') } })).findings[0]?.fixes.map(offered => offered.title), ['here', 'there'])
})

t.test('the tester of rules can fail', async t => {
  const sound = rule({ finding: 'CPU of {{host.cpuVendor}}' })
  const test = (over: object) => ({ cases: [{ name: 'n', given: { host: { cpuVendor: 'intel' } }, cut: [], expect: { verdict: 'fires' as const }, ...over }] })
  const problems = async (over: object, one = sound) => (await testRule(one, test(over), shared)).filter(problem => !problem.startsWith('no case'))
  t.same(await problems({}), [])
  t.match(await problems({ expect: { verdict: 'clear' } }), [/is fires, not clear/])
  t.match(await problems({ expect: { verdict: 'fires', says: 'amd' } }), [/does not say "amd"/])
  t.match(await problems({ expect: { verdict: 'fires', says_not: 'intel' } }), [/says "intel"/])
  t.match(await problems({ expect: { verdict: 'fires', confidence: 'confirmed' } }), [/confidence is likely/])
  t.match(await problems({}, rule({ finding: '{{host.cpuModel}}' })), [/placeholder without a value/])
  t.match(await problems({ given: {}, expect: { verdict: 'unknown', missing: ['host.kernel'] } }), [/host\.kernel is not what is missing; host\.cpuVendor is/])
  t.match(await testRule(sound, null, shared), [/no tests/])
  t.match(await testRule(sound, test({}), shared), [/no case leaves it clear/, /no case leaves it unknown/])
  t.match(await testRule(rule({ log: { it: { in: ['kernel-log'], contains: ['is lost for good'], match: '^gone', samples: ['it is lost for good'] } } }), test({}), shared), [/no case/, /no case/, /does not find its own sample/])
})
