/** The lint: every check of the table is tripped by one rule and left in peace by another; packs; nothing throws. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import fc from '../test-corpus/property.ts'
import { checks } from './lint.ts'
import { lintFolder } from './lint-folder.ts'
import { loadRules } from './load.ts'
import { ruleForm } from './pack.ts'
import { withFolders } from './packs.ts'
import type { Shared } from './shared.ts'

const rule = `id: good-rule
aliases: [once-called-so]
title: 'Port of {{fn.bdf}} is lost'
severity: warning
confidence: likely
layer: binding
platforms: [linux]
for: function
symptom_of: [built-in-rule]
log:
  it:
    in: [kernel-log]
    contains: is lost for good
    match: '(?P<bdf>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]): port (?P<port>\\d+) is lost for good'
    numbers: [port]
    samples: [ 'ahci 0000:01:00.0: port 3 is lost for good' ]
    not: [ 'ahci 0000:01:00.0: port 3 is lost for now' ]
conditions:
  all:
    - { fact: log, path: it.count, operator: greaterThan, value: 0 }
    - { fact: fn, path: driver, operator: notEqual, value: nouveau }
cause: It happens.
finding: '{{fn.bdf}} is under {{fn.driver|no driver}}.'
fixes:
  - title: Mend it
    risk: none
    side: host
    steps:
      - { run: 'echo {{fn.bdf}}' }
    verify:
      - { run: 'true', shows: nothing }
confused_with:
  - { rule: built-in-rule, tell: it is built in }
references:
  - { for: message, at: 'linux drivers/ata/ahci.c' }
`
const test = `cases:
  - name: lost
    given: { fn: { bdf: '0000:01:00.0', driver: ahci }, log: { kernel-log: [ 'ahci 0000:01:00.0: port 3 is lost for good' ] } }
    expect: { verdict: fires, says: under ahci }
  - name: lost for now
    given: { fn: { bdf: '0000:01:00.0', driver: ahci }, log: { kernel-log: [ 'ahci 0000:01:00.0: port 3 is lost for now' ] } }
    expect: { verdict: clear }
  - name: no log
    given: { fn: { bdf: '0000:01:00.0', driver: ahci } }
    expect: { verdict: unknown, missing: [ log.it.count ] }
`
const shared: Shared = {
  lists: { vfioDrivers: ['vfio-pci'] }, conditions: { 'is-gpu': { fact: 'fn', path: 'kind', operator: 'equal', value: 'gpu' } },
  recipes: { bind: { about: 'bind', with: ['ids'], steps: [{ run: 'echo {{with.ids}}' }] } }, never: [{ pattern: 'amd_iommu=on', why: 'it does nothing' }],
  tables: { made: { about: 'a', source: 's', columns: ['text'], rows: { 3: { text: 'three' } } } },
}
const beside = { shared, names: new Set(['built-in-rule']) }

type Edit = readonly [from: string, to: string]
/** Edits of the rule and of its tests, and other files beside them; null removes the file. */
interface Change { readonly rule?: readonly Edit[]; readonly test?: readonly Edit[]; readonly files?: Readonly<Record<string, string | null>> }

const edited = (text: string, edits: readonly Edit[] = []): string => edits.reduce((made, [from, to]) => {
  if (!made.includes(from)) throw new Error(`the rule has no ${from}`)
  return made.replace(from, () => to)
}, text)

function folderWith(folder: string, change: Change): string {
  rmSync(folder, { recursive: true, force: true })
  const files: Record<string, string | null> = { 'good-rule.yaml': edited(rule, change.rule), 'good-rule.test.yaml': edited(test, change.test), ...change.files }
  for (const [name, text] of Object.entries(files)) {
    if (text === null) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const inRule = (...edits: Edit[]): Change => ({ rule: edits })
const inTest = (...edits: Edit[]): Change => ({ test: edits })
const files = (all: Readonly<Record<string, string | null>>): Change => ({ files: all })
const condition = (leaf: string): Change => inRule(['{ fact: fn, path: driver, operator: notEqual, value: nouveau }', leaf])
const step = (text: string): Change => inRule(["{ run: 'echo {{fn.bdf}}' }", text])
/** No log, and a fact that only Linux has. */
const stateOnly = (platform: string): Change => inRule([rule.slice(rule.indexOf('log:'), rule.indexOf('cause:')), 'conditions: { all: [ { fact: host, path: initramfsHooks, operator: contains, value: x } ] }\n'], ['platforms: [linux]', `platforms: [${platform}]`])
const second = rule.replace('good-rule', 'second-rule').replace('aliases: [once-called-so]\n', '')
const deep = `${'{ not: '.repeat(50)}{ fact: fn, path: driver, operator: equal, value: x }${' }'.repeat(50)}`
const pack = "name: acme\nversion: 1.2.0\ngpudoctor: '1'\nabout: Failures of ACME's boxes\nlicence: MIT\n"
const long = 'so long a text '.repeat(60)

/** For each check what trips it, and what is like it and does not. */
const trials: Readonly<Record<string, readonly [trips: Change, passes: Change]>> = {
  'readable': [files({ '_lists.yaml/x': '' }), files({ 'other/second-rule.yaml': second })],
  'file-size': [files({ 'huge.yaml': `# ${'x'.repeat(300_000)}` }), files({ 'second-rule.yaml': `# ${'x'.repeat(1000)}\n${second}` })],
  'yaml': [inRule(['cause: It happens.', 'cause: [It happens.']), inRule(['cause: It happens.', 'cause: "It happens."'])],
  'known-key': [inRule(['cause:', 'colour: red\ncause:']), {}],
  'missing-key': [inRule(['cause: It happens.\n', '']), {}],
  'known-word': [inRule(['severity: warning', 'severity: blocker']), inRule(['severity: warning', 'severity: error'])],
  'not-empty': [inRule(['platforms: [linux]', 'platforms: []']), {}],
  'value-form': [inRule(['cause: It happens.', 'cause: 7']), inRule(['cause: It happens.', "cause: '7.'"])],
  'id-is-file-name': [inRule(['id: good-rule', 'id: other-rule']), {}],
  'shared-condition': [condition('{ condition: is-cpu }'), condition('{ condition: is-gpu }')],
  'nesting': [condition(deep), condition('{ not: { fact: fn, path: driver, operator: equal, value: x } }')],
  'unique-name': [files({ 'second-rule.yaml': second.replace('id: second-rule', 'id: second-rule\naliases: [good-rule]') }), files({ 'second-rule.yaml': second })],
  'test-form': [inTest(['verdict: clear', 'verdict: fine']), {}],
  'shared-form': [files({ '_lists.yaml': 'mine: nouveau\n' }), files({ '_lists.yaml': 'mine: [nouveau]\n' })],
  'shared-name': [files({ '_lists.yaml': 'vfioDrivers: [nouveau]\n' }), files({ '_lists.yaml': 'vfioDrivers: [vfio-pci]\n' })],
  'table-row': [files({ '_tables/own.yaml': 'about: a\nsource: s\ncolumns: [text]\nrows: { 1: { text: one, more: two } }\n' }), files({ '_tables/own.yaml': 'about: a\nsource: s\ncolumns: [text]\nrows: { 1: { text: one } }\n' })],
  'never-pattern': [files({ '_never.yaml': "- { pattern: '(?=x)', why: no }\n" }), files({ '_never.yaml': "- { pattern: 'x', why: no }\n" })],
  'pack-form': [files({ 'pack.yaml': pack.replace("'1'", "'2-3'") }), files({ 'pack.yaml': pack })],

  'condition-top': [inRule(['  all:\n    - { fact: log, path: it.count, operator: greaterThan, value: 0 }\n    - { fact: fn, path: driver, operator: notEqual, value: nouveau }', '  { fact: log, path: it.count, operator: greaterThan, value: 0 }']), {}],
  'known-operator': [condition('{ fact: fn, path: driver, operator: resembles, value: nouveau }'), {}],
  'known-fact': [condition('{ fact: fn, path: drivr, operator: equal, value: nouveau }'), condition('{ fact: fn, path: group.blockers.driver, operator: contains, value: nouveau }')],
  'operator-for-type': [condition('{ fact: fn, path: driver, operator: greaterThan, value: 3 }'), condition('{ fact: fn, path: numaNode, operator: greaterThan, value: 3 }')],
  'known-list': [condition('{ fact: fn, path: driver, operator: in, value: { fact: lists, path: vfioDriver } }'), condition('{ fact: fn, path: driver, operator: in, value: { fact: lists, path: vfioDrivers } }')],
  'compared-facts': [condition('{ fact: fn, path: driver, operator: equal, value: { fact: group, path: blockers } }'), condition('{ fact: host, path: vfioIds, operator: contains, value: { fact: fn, path: id } }')],
  'value-for-operator': [condition('{ fact: fn, path: driver, operator: in, value: nouveau }'), condition('{ fact: fn, path: driver, operator: in, value: [nouveau] }')],
  'version-form': [condition('{ fact: host, path: kernel, operator: versionAtLeast, value: 6.1 }'), condition("{ fact: host, path: kernel, operator: versionAtLeast, value: '6.10' }")],
  'condition-pattern': [condition("{ fact: fn, path: driver, operator: matches, value: '(?!nv)x' }"), condition("{ fact: fn, path: driver, operator: matches, value: '^nv' }")],
  'no-null': [condition('{ fact: fn, path: driver, operator: equal, value: null }'), condition('{ fact: fn, path: driver, operator: exists, value: false }')],
  'no-list-equal': [condition('{ fact: fn, path: driver, operator: equal, value: [nouveau] }'), {}],
  'value-of-type': [condition("{ fact: fn, path: bootVga, operator: equal, value: 'true' }"), condition('{ fact: fn, path: bootVga, operator: equal, value: true }')],
  'list-of-type': [condition('{ fact: fn, path: vendor, operator: in, value: [1002] }'), condition("{ fact: fn, path: vendor, operator: in, value: ['1002'] }")],
  'id-form': [condition("{ fact: fn, path: id, operator: equal, value: '10DE:1B39' }"), condition("{ fact: fn, path: id, operator: equal, value: '10de:1b39' }")],
  'no-fixed-address': [condition("{ fact: fn, path: bdf, operator: equal, value: '0000:01:00.0' }"), condition("{ fact: fn, path: bdf, operator: equal, value: '0000:00:02.0' }")],
  'same-twice': [condition('{ fact: log, path: it.count, operator: greaterThan, value: 0 }'), condition('{ fact: log, path: it.count, operator: greaterThan, value: 1 }')],
  'contradiction': [condition('{ all: [ { fact: fn, path: driver, operator: equal, value: a }, { fact: fn, path: driver, operator: equal, value: b } ] }'), condition('{ any: [ { fact: fn, path: driver, operator: equal, value: a }, { fact: fn, path: driver, operator: equal, value: b } ] }')],
  'double-not': [condition('{ not: { not: { fact: fn, path: driver, operator: equal, value: a } } }'), condition('{ not: { fact: fn, path: driver, operator: equal, value: a } }')],
  'signature-used': [inRule(['    - { fact: log, path: it.count, operator: greaterThan, value: 0 }\n', '']), {}],
  'evidence-of-platform': [stateOnly('freebsd'), stateOnly('linux')],
  'idle-raise': [inRule(['confidence: likely', 'confidence: likely\nlikely_when: { fact: fn, path: bootVga, operator: equal, value: true }']), inRule(['confidence: likely', 'confidence: likely\nconfirmed_when: { fact: fn, path: bootVga, operator: equal, value: true }'])],
  'severity-and-confidence': [inRule(['severity: warning\nconfidence: likely', 'severity: error\nconfidence: possible'], ['symptom_of: [built-in-rule]\n', ''], ['confused_with:\n  - { rule: built-in-rule, tell: it is built in }\n', '']), inRule(['severity: warning\nconfidence: likely', 'severity: error\nconfidence: possible'])],

  'pattern-re2': [inRule(['port (?P<port>', '(?=port) (?P<port>']), {}],
  'searched-kind': [inRule(['in: [kernel-log]', 'in: [pci-sysfs]']), inRule(['in: [kernel-log]', 'in: [kernel-log, qemu-log]'])],
  'literal-length': [inRule(['contains: is lost for good', 'contains: is lost']), inRule(['contains: is lost for good', 'contains: is lost f'])],
  'literal-rare': [inRule(['contains: is lost for good', 'contains: [is lost for good, link is up]']), {}],
  'literal-one-line': [inRule(['contains: is lost for good', 'contains: [is lost for good, "two\\nlines here"]']), inRule(['contains: is lost for good', 'contains: [is lost for good, two words]'])],
  'sample-matches': [inRule(["samples: [ 'ahci 0000:01:00.0: port 3", "samples: [ 'ahci 0000:01:00.0: port x"]), {}],
  'literal-in-sample': [inRule(['contains: is lost for good', 'contains: is found for good']), {}],
  'look-alike': [inRule(['is lost for now', 'is lost for good']), {}],
  'matches-nothing': [inRule(["match: '(?P<bdf>", "match: '|(?P<bdf>"]), {}],
  'sample-once': [inRule(["samples: [ 'ahci 0000:01:00.0: port 3 is lost for good' ]", "samples: [ 'ahci 0000:01:00.0: port 3 is lost for good', 'ahci 0000:01:00.0: port 3 is lost for good' ]"]), inRule(["samples: [ 'ahci 0000:01:00.0: port 3 is lost for good' ]", "samples: [ 'ahci 0000:01:00.0: port 3 is lost for good', 'ahci 0000:01:00.0: port 4 is lost for good' ]"])],
  'sample-length': [inRule(['samples: [ ', `samples: [ '0000:01:00.0: port 3 is lost for good ${'x'.repeat(4100)}', `]), {}],
  'no-time-stamp': [inRule(["match: '(?P<bdf>", "match: '\\] ahci (?P<bdf>"], ["samples: [ 'ahci", "samples: [ '[    1.000000] ahci"]), inRule(["samples: [ 'ahci", "samples: [ '[    1.000000] ahci"])],
  'pattern-for-every-host': [inRule(['(?P<bdf>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])', '0000:01:00\\.0']), {}],
  'address-group': [inRule(['(?P<bdf>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])', '(?P<bdf>\\w+) [0-9a-f:.]+']), {}],
  'about-somebody': [inRule(['(?P<bdf>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]): ', ''], ["samples: [ 'ahci 0000:01:00.0: port", "samples: [ 'ahci: port"]), inRule(['(?P<bdf>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]): ', ''], ["samples: [ 'ahci 0000:01:00.0: port", "samples: [ 'ahci: port"], ['    numbers:', '    about: host\n    numbers:'])],
  'known-table': [inRule(['    numbers:', '    table: { name: made, key: code }\n    numbers:']), inRule(['    numbers:', '    table: { name: made, key: port }\n    numbers:'])],
  'group-name': [inRule(['(?P<port>', '(?P<last>'], ['numbers: [port]', 'numbers: []']), {}],
  'number-group': [inRule(['numbers: [port]', 'numbers: [prot]']), {}],
  'number-value': [inRule(['numbers: [port]', 'numbers: [port, bdf]']), {}],

  'placeholder-fact': [inRule(['{{fn.driver|no driver}}', '{{fn.drivr|no driver}}']), {}],
  'placeholder-words': [inRule(['{{fn.driver|no driver}}', '{{fn.driver}}']), {}],
  'placeholder-closed': [inRule(['{{fn.driver|no driver}}', '{{fn.driver|no driver']), {}],
  'unfinished': [inRule(['cause: It happens.', 'cause: TODO why it happens.']), inRule(['cause: It happens.', 'cause: It is in the TODOS file.'])],
  'title-stop': [inRule(["is lost'", "is lost.'"]), {}],
  'title-length': [inRule(["is lost'", `is ${long.slice(0, 110)}'`]), {}],
  'finding-length': [inRule(["is under {{fn.driver|no driver}}.'", `is ${long.slice(0, 600)}.'`]), {}],
  'cause-length': [inRule(['cause: It happens.', `cause: ${long.slice(0, 800)}.`]), {}],
  'whole-sentences': [inRule(['cause: It happens.', 'cause: it just']), {}],
  'finding-says-more': [inRule(["finding: '{{fn.bdf}} is under {{fn.driver|no driver}}.'", "finding: 'Port of {{fn.bdf}} is lost.'"]), {}],
  'needs-fix': [inRule([rule.slice(rule.indexOf('fixes:'), rule.indexOf('confused_with:')), 'fixes: []\n']), inRule([rule.slice(rule.indexOf('fixes:'), rule.indexOf('confused_with:')), 'fixes: []\n'], ['severity: warning', 'severity: hint'])],
  'never-advise': [step('{ run: echo amd_iommu=on }'), step('{ run: echo amd_iommu=off }')],
  'known-recipe': [step("{ recipe: bnd, with: { ids: '{{fn.id}}' } }"), step("{ recipe: bind, with: { ids: '{{fn.id}}' } }")],
  'recipe-parameters': [step("{ recipe: bind, with: { id: '{{fn.id}}' } }"), step("{ recipe: bind, with: { ids: '{{fn.id}}' } }")],
  'each-list': [step("{ each: fn.driver, run: 'echo {{each}}' }"), step("{ each: fn.group.blockers, run: 'echo {{each.bdf}}' }")],
  'tool-of-distribution': [step('{ run: update-grub }'), step('{ run: update-grub, where: [debian] }')],
  'where-of-platform': [step('{ run: ls, where: [freebsd] }'), step('{ run: ls, where: [grub] }')],
  'whole-path': [step('{ write: modprobe.d/x.conf, text: "x\\n" }'), step('{ write: /etc/modprobe.d/x.conf, text: "x\\n" }')],
  'file-ends': [step('{ write: /etc/modprobe.d/x.conf, text: x }'), step('{ write: /etc/modprobe.d/x.conf, text: "x\\n" }')],
  'one-command': [step('{ run: "ls\\nls" }'), step('{ run: ls && ls }')],
  'quotes-closed': [step('{ run: "echo \'{{fn.bdf}}" }'), step('{ run: "echo \'{{fn.bdf}}\'" }')],
  'inner-shell': [step('{ run: "sh -c \'echo {{fn.bdf}}\'" }'), step('{ run: "sh -c \'echo here\'" }')],
  'list-in-command': [step('{ run: "echo {{fn.group.blockers.bdf|none}}" }'), step('{ each: fn.group.blockers, run: "echo {{each.bdf}}" }')],
  'no-editor': [step('{ run: vim /etc/default/grub }'), step('{ run: ls /usr/share/vim }')],
  'no-sudo': [step('{ run: sudo ls }'), step('{ run: ls /etc/sudo.conf }')],
  'verify-looks': [inRule(["{ run: 'true', shows: nothing }", '{ run: systemctl restart libvirtd, shows: nothing }']), inRule(["{ run: 'true', shows: nothing }", '{ run: systemctl status libvirtd, shows: nothing }'])],
  'caution-of-risk': [inRule(['risk: none', 'risk: data']), inRule(['risk: none', 'risk: data\n    caution: A disk may go.'])],
  'risk-of-reboot': [step('{ reboot: true }'), inRule(["{ run: 'echo {{fn.bdf}}' }", '{ reboot: true }'], ['risk: none', 'risk: reboot'])],
  'symptom-of-itself': [inRule(['symptom_of: [built-in-rule]', 'symptom_of: [good-rule]']), {}],
  'special-case-of-itself': [inRule(['symptom_of: [built-in-rule]', 'symptom_of: [built-in-rule]\nspecial_case_of: [built-in-rule]']), inRule(['symptom_of: [built-in-rule]', 'special_case_of: [built-in-rule]'])],
  'confused-with-itself': [inRule(['{ rule: built-in-rule, tell', '{ rule: good-rule, tell']), {}],
  'alias-once': [inRule(['aliases: [once-called-so]', 'aliases: [once-called-so, once-called-so]']), {}],
  'reference-place': [inRule(["at: 'linux drivers/ata/ahci.c'", 'at: http://example.org/page']), inRule(["at: 'linux drivers/ata/ahci.c'", 'at: https://example.org/page'])],

  'every-verdict': [inTest([test.slice(test.indexOf('  - name: no log')), '']), {}],
  'case-names': [inTest(['name: lost for now', 'name: lost']), {}],
  'given-fact': [inTest(['driver: ahci }, log', 'drivr: ahci }, log']), {}],
  'given-type': [inTest(['driver: ahci }, log', 'numaNode: one }, log']), inTest(['driver: ahci }, log', 'numaNode: 1, driver: ahci }, log'])],
  'given-log': [inTest(['log: { kernel-log:', 'log: { kernel:']), {}],
  'missing-fact': [inTest(['log.it.count', 'log.that.count']), {}],
  'says-something': [inTest([', says: under ahci', '']), {}],

  'has-tests': [files({ 'good-rule.test.yaml': null }), {}],
  'orphan-test': [files({ 'old-rule.test.yaml': test }), {}],
  'known-rule': [inRule(['symptom_of: [built-in-rule]', 'symptom_of: [built-out-rule]']), inRule(['symptom_of: [built-in-rule]', 'symptom_of: [other-pack/its-rule]'])],
  'symptom-cycle': [{ ...inRule(['symptom_of: [built-in-rule]', 'symptom_of: [second-rule]']), files: { 'second-rule.yaml': second.replace('symptom_of: [built-in-rule]', 'symptom_of: [once-called-so]') } }, { ...inRule(['symptom_of: [built-in-rule]', 'symptom_of: [second-rule]']), files: { 'second-rule.yaml': second } }],
  'built-in-name': [inRule(['aliases: [once-called-so]', 'aliases: [built-in-rule]'], ['symptom_of: [built-in-rule]\n', '']), { ...inRule(['aliases: [once-called-so]', 'aliases: [built-in-rule]'], ['symptom_of: [built-in-rule]\n', '']), files: { 'pack.yaml': pack } }],
  'shared-used': [files({ '_lists.yaml': 'mine: [nouveau]\n' }), { ...condition('{ fact: fn, path: driver, operator: in, value: { fact: lists, path: mine } }'), files: { '_lists.yaml': 'mine: [nouveau]\n' } }],
  'recipe-names': [{ ...step('{ recipe: mine }'), files: { '_recipes.yaml': 'mine: { about: x, steps: [ { run: "echo {{with.ids}}" } ] }\n' } }, { ...step('{ recipe: mine, with: { ids: a } }'), files: { '_recipes.yaml': 'mine: { about: x, with: [ids], steps: [ { run: "echo {{with.ids}}" } ] }\n' } }],
}

t.test('the table has forty checks and more, each with a name of its own, what it refuses and why', async t => {
  t.ok(checks.length >= 40, `${checks.length} checks`)
  t.equal(new Set(checks.map(check => check.name)).size, checks.length)
  t.same(checks.filter(check => check.refuses.length < 10 || check.why.length < 10), [])
  t.same(checks.map(check => check.name).sort(), Object.keys(trials).sort(), 'and each has a trial')
})

t.test('the rule they all start from has nothing wrong', async t => {
  t.same(lintFolder(folderWith(t.testdir(), {}), beside).problems, [])
})

for (const [name, [trips, passes]] of Object.entries(trials)) {
  t.test(`check ${name}`, async t => {
    const folder = join(t.testdir(), 'rules')
    folderWith(folder, trips)
    const found = lintFolder(folder, beside).problems.filter(problem => problem.check === name)
    t.ok(found.length > 0, 'is tripped')
    if (name !== 'readable' && name !== 'file-size') t.same(found.filter(({ line, column, file }) => !line || !column || !readFileSync(file, 'utf8').split('\n')[line - 1]), [], 'at a line of the file')
    folderWith(folder, passes)
    t.same(lintFolder(folder, beside).problems.filter(problem => problem.check === name), [], 'and not tripped')
  })
}

t.test('a complaint stands where the fault does', async t => {
  const folder = folderWith(t.testdir(), condition('{ fact: fn, path: drivr, operator: equal, value: nouveau }'))
  t.match(lintFolder(folder, beside).problems, [{ check: 'known-fact', file: join(folder, 'good-rule.yaml'), line: 21, column: 7 }])
})

t.test('no folder, however odd, makes the lint throw', async t => {
  const folder = t.testdir()
  t.match(lintFolder(join(folder, 'nothing'), beside).problems, [{ check: 'readable' }])
  const lines = rule.split('\n')
  const pieces = [...lines, 'a: &a [*a]', '  - *x', '{{', "'", '- -', '? [', '!!binary x', '\t', '%YAML 1.1', 'log: 3', 'conditions: { any: [ { not: 3 } ] }', 'fixes: [ 3 ]', 'fixes: [ { steps: 3 } ]', '__proto__: { a: 1 }']
  fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), fc.nat(lines.length), (odd, at) => {
    const broken = [...lines.slice(0, at), ...odd, ...lines.slice(at)].join('\n')
    for (const name of ['good-rule.yaml', 'good-rule.test.yaml', 'pack.yaml', '_conditions.yaml', '_recipes.yaml']) writeFileSync(join(folder, name), broken)
    lintFolder(folder, beside)
  }), { numRuns: 100 })
  t.pass('100 of them')
})

t.test('the built-in rules pass every check', async t => {
  t.same(lintFolder('rules', null).problems.map(({ check, file, line, column, error }) => `${file}:${line}:${column}: ${error} [${check}]`), [])
})

const builtIn = { rules: [{ ...loadOne(), id: 'built-in-rule', aliases: [] }], shared }

function loadOne() {
  const folder = t.testdir()
  const { rules } = loadRules(folderWith(join(folder, 'one'), {}), shared)
  return rules[0] as (typeof rules)[0]
}

t.test('a pack with a name keeps its rules apart, and what they say of one another follows', async t => {
  const folder = folderWith(t.testdir(), { ...inRule(['symptom_of: [built-in-rule]', 'symptom_of: [second-rule, built-in-rule]']), files: { 'pack.yaml': pack, 'second-rule.yaml': second, 'built-in-rule.yaml': second.replace('second-rule', 'built-in-rule').replace('symptom_of: [built-in-rule]\n', '').replace('  - { rule: built-in-rule, tell', '  - { rule: second-rule, tell') } })
  const { rules, broken, packs } = withFolders(builtIn, [folder])
  t.same(broken, [])
  t.same(rules.map(one => one.id), ['built-in-rule', 'acme/built-in-rule', 'acme/good-rule', 'acme/second-rule'])
  t.same(rules[2]?.symptomOf, ['acme/second-rule', 'acme/built-in-rule'], 'its own rules first')
  t.same(rules[2]?.aliases, ['acme/once-called-so'])
  t.match(packs, [{ name: 'acme', version: '1.2.0', licence: 'MIT' }])
  t.match(withFolders(builtIn, [folder, folder]).broken, [{ check: 'pack-form', error: /another pack is called acme/ }])
})

t.test('a folder without a name takes places, a pack says which', async t => {
  const folder = join(t.testdir(), 'x')
  const mine = { 'built-in-rule.yaml': rule.replace('good-rule', 'built-in-rule').replace('symptom_of: [built-in-rule]\n', '').replace('confused_with:\n  - { rule: built-in-rule, tell: it is built in }\n', '') }
  folderWith(folder, files({ ...mine, 'good-rule.yaml': null, 'good-rule.test.yaml': null }))
  t.same(withFolders(builtIn, [folder]).rules.map(one => [one.id, one.aliases]), [['built-in-rule', ['once-called-so']]])
  t.match(lintFolder(folder, beside).problems.filter(problem => problem.check === 'built-in-name'), [{ line: 1 }], 'the lint names it')
  folderWith(folder, files({ 'pack.yaml': `${pack}replaces: [built-in-rule, no-such-rule]\n` }))
  const { rules, broken } = withFolders(builtIn, [folder])
  t.same(rules.map(one => one.id), ['acme/good-rule'])
  t.match(broken, [{ error: /replaces no-such-rule/ }])
  const other = join(t.testdir(), 'y')
  folderWith(folder, {})
  folderWith(other, {})
  t.match(withFolders(builtIn, [folder, other]).broken, [{ check: 'unique-name', error: /good-rule is taken by/ }])
})

t.test('a pack for a newer form is left out with a word on what it needs, and the rest runs', async t => {
  const newer = folderWith(join(t.testdir(), 'newer'), files({ 'pack.yaml': `${pack.replace("'1'", `'${ruleForm + 1}'`)}a-key-of-the-future: 1\n` }))
  const { rules, broken } = withFolders(builtIn, [newer])
  t.same(rules.map(one => one.id), ['built-in-rule'])
  t.match(broken, [{ check: 'pack-form', error: /needs a newer gpudoctor/, line: 3 }])
  for (const [form, error] of [["'2-1'", /holds no form/], ['0', /gpudoctor/], ['x', /gpudoctor/]] as const) {
    t.match(withFolders(builtIn, [folderWith(newer, files({ 'pack.yaml': pack.replace("'1'", form) }))]).broken, [{ error }])
  }
  for (const [from, to] of [['1.2.0', '1'], ['name: acme', 'name: ACME Inc'], ['licence: MIT', 'script: ./x.js'], ['licence: MIT', '- ! x'], ['licence: MIT', 'x: !!js/function "y"']] as const) {
    t.equal(withFolders(builtIn, [folderWith(newer, files({ 'pack.yaml': pack.replace(from, to) }))]).rules.length, 1, `${to} is refused`)
  }
  t.equal(withFolders(builtIn, [folderWith(newer, files({ 'pack.yaml': pack.replace("'1'", `1-${ruleForm + 5}`) }))]).rules.length, 2)
})
