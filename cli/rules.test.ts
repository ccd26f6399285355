/** The tools for people who write rules, from the command line: new, lint, test, coverage, docs, packs; and the guide, word for word. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import t from 'tap'
import fc from '../test-corpus/property.ts'
import { testRule } from '../diagnosis/rule-test.ts'
import { draftFiles, draftOf } from '../engine/draft.ts'
import { checks } from '../engine/lint.ts'
import { loadRules } from '../engine/load.ts'
import { packageFile } from './package-files.ts'
import { builtInRules } from './rule-base.ts'

const bin = packageFile('bin', 'gpudoctor.js')
const gpudoctor = (argv: readonly string[], input = '') => spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', input, maxBuffer: 1 << 28 })
const { shared } = builtInRules()

const barLine = "[  812.345678] vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]"

t.test('rules new: a rule and a test that pass at once, and never over a file', async t => {
  const dir = join(t.testdir(), 'mine')
  const first = gpudoctor(['rules', 'new', '--id', 'bar-taken', '--line', barLine, '--dir', dir])
  t.equal(first.status, 0, first.stderr)
  t.same(readdirSync(dir).sort(), ['bar-taken.test.yaml', 'bar-taken.yaml'])
  const rule = readFileSync(join(dir, 'bar-taken.yaml'), 'utf8')
  t.match(rule, /^# yaml-language-server: \$schema=.*rule\.schema\.json\n/)
  t.match(rule, "BAR (?P<bar>\\d+): can''t reserve \\[mem (?P<hex>0x[0-9a-fA-F]+)-(?P<hex2>0x[0-9a-fA-F]+) 64bit pref\\]")
  t.notMatch(rule, /match:.*vfio-pci/, 'no driver before the address')
  const schema = /schema=(?:file:\/\/)?(\S+)/.exec(rule)?.[1] ?? ''
  t.ok(existsSync(schema.startsWith('/') ? schema : join(dir, schema)), 'and the schema it names is there')
  t.match(gpudoctor(['rules', 'test', dir]).stdout, /1 rules tested, 0 with problems/)
  const lint = gpudoctor(['rules', 'lint', dir])
  t.equal(lint.status, 1)
  t.notMatch(lint.stderr.replace(/.*\[unfinished\]\n/g, ''), /./, 'only what is to be written is missing')
  const again = gpudoctor(['rules', 'new', '--id', 'bar-taken', '--line', barLine, '--dir', dir])
  t.equal(again.status, 2)
  t.match(again.stderr, /is there already/)
  t.equal(readFileSync(join(dir, 'bar-taken.yaml'), 'utf8'), rule)
  t.equal(gpudoctor(['rules', 'new', '--id', '../out', '--line', barLine, '--dir', dir]).status, 2)
  t.equal(gpudoctor(['rules', 'new', '--id', 'x', '--line', 'short 7', '--dir', dir]).status, 2, 'nothing to hold on to')
  t.equal(gpudoctor(['rules', 'new', '--id', 'piped', '--dir', dir, '--in', 'libvirt-log', '--layer', 'reset'], 'error: Failed to do the unlikely thing: 7\n').status, 0)
  t.match(readFileSync(join(dir, 'piped.yaml'), 'utf8'), /layer: reset[^]*in: \[libvirt-log\]/)
})

t.test('what a line is about, and what in it differs from host to host', async t => {
  for (const [line, kind, subject, pattern] of [
    ['qemu-system-x86_64: -device vfio-pci,host=0000:06:00.0,id=hostdev0: vfio 0000:06:00.0: group 7 is not viable', 'qemu-log', 'function', /id=hostdev\(\?P<unit>\\d\+\): vfio \(\?P<bdf2>.*group \(\?P<group>\\d\+\)/],
    ['qemu-system-x86_64: unable to map backing store for guest RAM: Cannot allocate memory', 'qemu-log', 'vm', /^qemu-system-x86_64: unable/],
    ['Jun  1 00:00:00 tower kernel: iommu: something odd with group 12 today', 'kernel-log', 'group', /^iommu: something odd with group \(\?P<group>\\d\+\) today$/],
    ['2026-01-02 03:04:05.123+0000: 1234: error : virPCIDeviceReset:1023 : internal error: Unable to do it', 'libvirt-log', 'host', /virPCIDeviceReset:\(\?P<number>\\d\+\)/],
    ['vmm: cannot read /boot/kernel/vmm.ko of 4d1b2a3c-1111-2222-3333-0123456789ab', 'kernel-log', 'host', /read \(\?P<path>.*\) of \(\?P<uuid>/],
    ['error -22 at 0xdeadbeef in version 1.2.3', 'kernel-log', 'host', /error \(\?P<error>-\?\\d\+\) at \(\?P<hex>.*version \(\?P<version>/],
  ] as const) {
    const draft = draftOf(line)
    t.same([draft.kind, draft.for], [kind, subject], line)
    t.match(draft.pattern, pattern)
  }
})

t.test('whatever line is pasted: a rule that passes its test, or a plain word', async t => {
  const folder = t.testdir()
  const words = fc.constantFrom('0000:01:00.0', '01:00.0', '10de:1b39', '0xff', '7', '-22', "can't", "'quoted'", '"x"', '{{', '}}', ': ', ' #', 'group', 'BAR', 'failed to do it', '[mem', '/dev/vfio/7', '52:54:00:12:34:56', '\\', '$(x)', '\t', '\u00a0', '\u2028', '[   1.5]', 'été', '|', '*', '__proto__', 'GPU0', '1.2.3', 'count 7')
  const line = fc.oneof(fc.array(words, { maxLength: 12 }).map(parts => parts.join(' ')), fc.string({ unit: 'binary', maxLength: 60 }).map(text => `a plain part ${text}`))
  let made = 0
  await fc.assert(fc.asyncProperty(line, async text => {
    let files: ReturnType<typeof draftFiles>
    try {
      files = draftFiles('made', draftOf(text), 'x', 'y')
    } catch (error) {
      if (!(error instanceof Error) || error.constructor !== Error) throw error
      return
    }
    made++
    writeFileSync(join(folder, 'made.yaml'), files.rule)
    writeFileSync(join(folder, 'made.test.yaml'), files.test)
    const { sources, broken } = loadRules(folder, shared)
    if (broken.length > 0 || !sources[0]) throw new Error(JSON.stringify(broken))
    const problems = await testRule(sources[0].rule, sources[0].tests, shared)
    if (problems.length > 0) throw new Error(problems.join('\n'))
  }), { numRuns: 200 })
  t.ok(made > 20, `${made} rules`)
})

t.test('rules lint: the table, and problems for programs', async t => {
  const table = gpudoctor(['rules', 'lint', '--checks'])
  t.equal(table.status, 0)
  for (const { name } of checks) t.ok(table.stdout.includes(`${name} `), name)
  t.match(JSON.parse(gpudoctor(['rules', 'lint', '--checks', '--json']).stdout), checks.map(({ name, refuses, why }) => ({ name, refuses, why })))
  const dir = t.testdir({ 'bad.yaml': 'id: bad\nseverity: blocker\n' })
  const { status, stdout } = gpudoctor(['rules', 'lint', '--json', dir])
  t.equal(status, 1)
  const { problems } = JSON.parse(stdout) as { problems: { check: string; file: string; line: number; column: number; message: string }[] }
  t.match(problems.find(problem => problem.check === 'known-word'), { file: join(dir, 'bad.yaml'), line: 2, column: 1, message: /severity/ })
  t.equal(gpudoctor(['rules', 'lint', join(dir, 'nothing')]).status, 2)
})

const coverageShape = v.object({
  rules: v.number(), labels: v.object({ ids: v.number(), aliases: v.number() }), cases: v.number(), layers: v.record(v.string(), v.number()), platforms: v.record(v.string(), v.number()), versions: v.record(v.string(), v.number()),
  conditions: v.object({ all: v.number(), tried: v.number(), untried: v.array(v.object({ rule: v.string(), condition: v.string(), never: v.picklist(['true', 'false']) })) }),
  facts: v.object({ all: v.number(), used: v.number(), unused: v.array(v.string()) }),
  messages: v.object({ signatures: v.number(), samples: v.number(), withoutSample: v.array(v.object({ rule: v.string(), signature: v.string(), wording: v.string() })) }), unchecked: v.array(v.string()),
})

t.test('rules coverage: what tests never made true or false, wordings without a line, facts without a rule', async t => {
  const dir = t.testdir()
  gpudoctor(['rules', 'new', '--id', 'covered', '--line', barLine, '--dir', dir])
  const file = join(dir, 'covered.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace("contains: ''': can", "contains: ': can").replace(/contains: (.*)\n/, 'contains: [$1, another wording]\n')
    .replace('value: 0 }', 'value: 0 }\n    - { any: [ { fact: log, path: said.count, operator: greaterThan, value: 0 }, { fact: fn, path: bootVga, operator: equal, value: true } ] }'))
  const found = v.parse(coverageShape, JSON.parse(gpudoctor(['rules', 'coverage', '--json', dir]).stdout))
  t.match(found, { rules: 1, labels: { ids: 1, aliases: 0 }, cases: 3, layers: { driver: 1 }, platforms: { linux: 1 }, unchecked: ['covered'] })
  t.same(found.conditions.untried.map(one => [one.condition, one.never]), [['fn.bootVga equal true', 'true'], ['fn.bootVga equal true', 'false']])
  t.same(found.messages.withoutSample.map(one => one.wording), ['another wording'])
  t.ok(found.facts.unused.includes('host.kernel') && !found.facts.unused.includes('fn.bdf'))
  t.match(gpudoctor(['rules', 'coverage', dir]).stdout, /1 rules under 1 labels[^]*covered: never true: fn\.bootVga/)
})

t.test('rules docs: a page for each rule and an index, beside nobody else’s files', async t => {
  const dir = t.testdir({ rules: {}, taken: { 'README.md': 'mine' } })
  gpudoctor(['rules', 'new', '--id', 'paged', '--line', barLine, '--dir', join(dir, 'rules')])
  const pages = join(dir, 'pages')
  t.equal(gpudoctor(['rules', 'docs', join(dir, 'rules'), '--dir', pages]).status, 0)
  t.match(readFileSync(join(pages, 'README.md'), 'utf8'), /\[paged\]\(driver\/paged\.md\)/)
  const page = readFileSync(join(pages, 'driver', 'paged.md'), 'utf8')
  for (const words of ['## What it says', '## Why it happens', '## When it fires', '## Messages', '## What it needs to see', '## What to do', '## Sources', '`log.said.count greaterThan 0`', 'sudo dmesg']) t.ok(page.includes(words), words)
  t.equal(gpudoctor(['rules', 'docs', join(dir, 'rules'), '--dir', pages]).status, 0, 'again')
  t.equal(gpudoctor(['rules', 'docs', join(dir, 'rules'), '--dir', join(dir, 'taken')]).status, 2)
  t.equal(readFileSync(join(dir, 'taken', 'README.md'), 'utf8'), 'mine')
  const all = gpudoctor(['rules', 'docs', '--dir', join(dir, 'all')])
  t.equal(all.status, 0, all.stderr)
  const made = readdirSync(join(dir, 'all'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.md'))
  t.equal(made.length, builtInRules().rules.length + 1)
  const links = made.flatMap(name => [...readFileSync(join(dir, 'all', name), 'utf8').matchAll(/\]\(([^)]+\.md)\)/g)].map(link => join(dir, 'all', dirname(name), link[1] as string)))
  t.same(links.filter(link => !existsSync(link)), [], 'every link leads somewhere')
  t.notMatch(made.map(name => readFileSync(join(dir, 'all', name), 'utf8')).join(''), /\{\{/, 'no placeholder is left')
})

t.test('several folders of rules, one of them a pack for a newer gpudoctor', async t => {
  const dir = t.testdir({ newer: { 'pack.yaml': "name: newer\nversion: 1.0.0\ngpudoctor: '99'\nabout: x\n" }, acme: { 'pack.yaml': "name: acme\nversion: 1.0.0\ngpudoctor: '1'\nabout: x\n" }, 'dmesg.txt': `${barLine}\n` })
  for (const folder of ['acme', 'plain']) gpudoctor(['rules', 'new', '--id', `of-${folder}`, '--line', barLine, '--dir', join(dir, folder)])
  const { stdout } = gpudoctor(['replay', '--json', ...['newer', 'acme', 'plain'].flatMap(folder => ['--rules', join(dir, folder)]), join(dir, 'dmesg.txt')])
  const { findings, broken } = JSON.parse(stdout) as { findings: { rule: string }[]; broken: { error: string }[] }
  t.same(findings.map(finding => finding.rule).filter(rule => rule.includes('of-')).sort(), ['acme/of-acme', 'of-plain'])
  t.match(broken, [{ error: /newer gpudoctor/ }])
  t.match(gpudoctor(['explain', '--rules', join(dir, 'acme'), 'of-acme', join(dir, 'dmesg.txt')]).stdout, /acme\/of-acme/)
})

/** Blocks of the guide in their order: commands to run, and files to write, whose first line names them. */
const guide = readFileSync(packageFile('docs', 'writing-rules.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(sh|yaml|json)\n([^]*?)^```$/gm)].map(([, language, text]) => ({ language, text: text as string }))

t.test('the guide: followed word for word in an empty folder', { skip: process.platform === 'win32' ? 'its commands are for a POSIX shell' : false }, async t => {
  const dir = t.testdir()
  const commands = blocks.filter(block => block.language === 'sh').flatMap(block => block.text.trim().split('\n'))
  t.ok(commands.length >= 10, `${commands.length} commands`)
  for (const { language, text } of blocks) {
    const file = /^# (my-rules\/\S+)\n/.exec(text)?.[1]
    if (language === 'yaml' && file !== undefined) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    }
    if (language !== 'sh') continue
    for (const command of text.trim().split('\n')) {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', `gpudoctor() { "${process.execPath}" "${bin}" "$@"; }; ${command}`], { cwd: dir, encoding: 'utf8' })
      t.equal(status, command.endsWith('# exit code 1') ? 1 : 0, `${command}\n${stderr}${stdout}`)
      if (command.includes('replay')) t.match(stdout, /The bitstream of 0000:03:00\.0 is too old/)
    }
  }
})
