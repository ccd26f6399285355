import { createHash } from 'node:crypto'
import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import * as v from 'valibot'
import type { Diagnosis, Finding, Fix, ReportOptions, Undecided } from '../model/finding.ts'
import { renderHtml } from './html.tsx'
import { script } from './html-script.ts'
import { type Palette, dark, light, style } from './html-style.ts'
import { jsonReportSchema } from './json-schema.ts'
import { jsonReport } from './json.ts'
import { markdownReport } from './markdown.ts'
import { printable, printableDiagnosis, printableLines } from './printable.ts'
import { serverBackground, serverFindings } from './sample-background.test-data.ts'
import { hostile, named, nothingFound, oneCause, samples, thirtyFindings, withText } from './sample-diagnosis.test-data.ts'
import { causesOf, gapsOf, nextToAsk, verdictOf } from './story.ts'
import { terminalReport } from './terminal.ts'
import { factsInWords, partsOf, subjectOf } from './words.ts'
import { chopped, columnsOf, wrapped } from './wrap.ts'

const plain: ReportOptions = { color: false, width: 80, verbose: false }
/** Anything that could change what a reader sees, besides line ends. */
const invisible = /[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e01ef}]|\p{Cs}/u

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

t.test('printable shows what would act unseen', async t => {
  t.equal(printable('\x1b[31m'), '\\x1b[31m')
  t.equal(printable('\u202e'), '\\u202e')
  t.equal(printable('\u{e0041}'), '\\u{e0041}')
  t.equal(printable('\x7f\x9b\x00'), '\\x7f\\x9b\\x00')
  t.equal(printable('\ud800x\udfff'), '\\ud800x\\udfff')
  t.equal(printable('iommu=pt\u00a0quiet'), 'iommu=pt\\xa0quiet', 'a no-break space in a command line')
  t.equal(printable('\tKernel driver in use'), '    Kernel driver in use')
  t.equal(printable('one\ntwo'), 'one\\x0atwo')
  t.equal(printableLines('one\r\ntwo\rthree'), 'one\ntwo\\x0dthree')
  t.equal(printable('Größe 日本 😀 é ü'), 'Größe 日本 😀 é ü', 'letters of any script stay')
  for (const text of hostile) t.notMatch(printable(text), invisible)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => !invisible.test(printable(text)) && printable(printable(text)) === printable(text)))
})

t.test('text is measured and broken in columns', async t => {
  t.equal(columnsOf('abc'), 3)
  t.equal(columnsOf('日本'), 4)
  t.equal(columnsOf('e\u0301'), 1)
  t.same(wrapped('one two three', 7), ['one two', 'three'])
  t.same(wrapped('see /sys/kernel/iommu_groups now', 10), ['see', '/sys/kernel/iommu_groups', 'now'])
  t.same(wrapped('', 10), [''])
  t.same(chopped('abcdef', 4), ['abcd', 'ef'])
  t.same(chopped('日本語', 4), ['日本', '語'])
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 50 }), (text, width) => chopped(text, width).join('') === text))
})

const finding = (rule: string, symptomOf: string | null = null, subject = 'host'): Finding => ({
  rule, subject, symptomOf, title: rule, text: rule, severity: 'error', confidence: 'likely', reason: 'the state shows it', layer: 'iommu',
  cause: '', aliases: [], evidence: [], fixes: [], references: [],
})
const shape = (findings: readonly Finding[]) => causesOf(findings).map(cause => [cause.finding.title, ...cause.consequences.map(each => each.title)])

t.test('consequences stand under their root cause, and none is lost', async t => {
  t.same(shape([finding('c', 'b'), finding('a'), finding('b', 'a')]), [['a', 'c', 'b']], 'a chain hangs at its end')
  t.same(shape([finding('b', 'not-found')]), [['b']], 'a cause that did not fire')
  t.same(shape([finding('a', 'b'), finding('b', 'a'), finding('c', 'b')]), [['a', 'b', 'c']], 'a circle')
  t.same(shape([finding('a', 'a')]), [['a']], 'its own symptom')
  const of = (bdf: string) => `function ${bdf}`
  const two = [finding('a', null, of('0000:01:00.0')), finding('a', null, of('0000:02:00.0')), finding('b', 'a', 'assignment win11 0000:02:00.0')]
  t.same(causesOf(two).map(cause => cause.consequences.length), [0, 1], 'the cause about the same function')
  t.equal(causesOf(thirtyFindings.findings).length, 24)
  const rules = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'))))
  fc.assert(fc.property(rules, pairs => {
    const findings = pairs.map(([rule, symptomOf]) => finding(rule, symptomOf))
    return causesOf(findings).reduce((sum, cause) => sum + 1 + cause.consequences.length, 0) === findings.length
  }))
})

t.test('the verdict is one sentence', async t => {
  t.equal(verdictOf(nothingFound), 'Nothing wrong was found.')
  t.equal(verdictOf({ ...nothingFound, unknown: oneCause.unknown }), 'Nothing wrong was found, but 5 rules could not be decided.')
  t.equal(verdictOf({ ...nothingFound, about: { ...nothingFound.about, evidence: [] } }), 'Nothing could be read, so nothing can be said about this host.')
  const words = { id: 'text', kind: 'text', about: 'text that was handed in', from: 'readme', status: 'ok' } as const
  t.match(verdictOf({ ...nothingFound, unknown: oneCause.unknown, about: { ...nothingFound.about, evidence: [words] } }), /^Nothing in it was recognised/)
  t.equal(verdictOf(oneCause), 'Found 1 error, with 2 consequences: The Intel IOMMU is there but the kernel does not switch it on.')
  t.match(verdictOf(thirtyFindings), /^Found 8 errors, 8 warnings and 8 hints, with 6 consequences; the first to look at: /)
})

t.test('what a system said in several lines is shown on one', async t => {
  const note = { id: 'limits', kind: 'limits', about: 'limits', from: 'systemctl show', status: 'cut', note: 'systemctl: not booted.\nFailed to connect: \x1b[2J' } as const
  t.equal(printableDiagnosis({ ...nothingFound, about: { ...nothingFound.about, evidence: [note] } }).about.evidence[0]?.note, 'systemctl: not booted. Failed to connect: \\x1b[2J')
})

t.test('what to ask for next, of what somebody sent', async t => {
  const [one] = oneCause.unknown
  if (one === undefined) return t.fail('the sample has an open rule')
  const sent = { ...oneCause, about: { ...oneCause.about, takenAt: null }, unknown: [{ ...one, rule: 'a', get: ['dmesg', 'pnputil (in the guest)'] }, { ...one, rule: 'b', get: ['dmesg'] }] }
  t.same(nextToAsk(sent), [{ command: 'dmesg', rules: 2 }, { command: 'pnputil (in the guest)', rules: 1 }])
  t.same(nextToAsk(sent, 1).length, 1)
  t.same(nextToAsk({ ...sent, about: { ...sent.about, takenAt: '2026-01-02T03:04:05Z' } }), [], 'of a host that was examined whole the gaps tell')
  t.match(renderHtml(sent, {}), /To ask for next.*<code>pnputil<\/code> \(in the guest\)/s, 'a remark is not copied with its command')
  t.match(markdownReport(sent, { color: false, width: 100, verbose: false }), /To ask for next:\*\*\n\n```sh\ndmesg\npnputil/)
})

t.test('rules that wait for the same evidence are told together, the gravest first', async t => {
  const open = (rule: string, severity: Undecided['severity'], get: string[], missing = ['fn.driver']): Undecided =>
    ({ rule, title: rule, severity, subjects: [], missing, get })
  const gaps = gapsOf([
    open('a', 'hint', ['x', 'y']), open('b', 'warning', ['z']), open('c', 'warning', ['y', 'x'], ['fn.id']),
    open('d', 'hint', [], ['vm.name']), open('e', 'hint', [], ['vm.name']),
  ])
  t.same(gaps.map(gap => gap.rules.map(rule => rule.rule)), [['c', 'a'], ['b'], ['d', 'e']])
  t.same(gaps[0]?.missing, ['fn.driver', 'fn.id'])
  t.same(gaps[2]?.get, [])
})

t.test('words for subjects, facts and steps', async t => {
  t.equal(subjectOf({ subject: 'host' }), 'the host')
  t.equal(subjectOf({ subject: 'assignment my vm 0000:01:00.0' }), '0000:01:00.0 in VM my vm')
  t.equal(subjectOf({ subject: 'constructor x' }), 'constructor x')
  t.same(factsInWords(['host.dmarPresent', 'log.x.count', 'log.y.count']), ['whether firmware has an ACPI DMAR table', 'log messages'])
  t.same(factsInWords(['fn.__proto__', 'toString.length']), ['fn.__proto__', 'toString.length'])
  const parts = partsOf({ kind: 'run', command: 'update-grub', when: 'where the boot loader is GRUB' })
  t.same(parts, [{ lead: 'Only where the boot loader is GRUB, run', code: 'update-grub' }])
  t.same(partsOf({ kind: 'set', file: '/etc/default/grub', name: 'X', addWords: 'a', removeWords: 'b' }).map(part => part.code), ['a', 'b'])
  t.same(partsOf({ kind: 'set', file: '/etc/default/grub', name: 'X' }).length, 1)
})

const fixesOf = (diagnosis: Diagnosis): Fix[] => diagnosis.findings.flatMap(each => each.fixes)
const commandsOf = (diagnosis: Diagnosis): string[] => fixesOf(diagnosis).flatMap(fix => [
  ...[...fix.steps, ...(fix.undo ?? [])].flatMap(step => (step.kind === 'run' ? [step.command] : [])),
  ...fix.verify.map(check => check.command),
])
/** Whatever stands there to be copied, line by line. */
const copiedLines = (diagnosis: Diagnosis): ReadonlySet<string> => new Set([
  ...commandsOf(diagnosis),
  ...diagnosis.unknown.flatMap(each => each.get),
  ...fixesOf(diagnosis).flatMap(fix => fix.steps).flatMap(step => (step.kind === 'write' ? step.text.split('\n') : [])),
])

t.test('terminal', async t => {
  const text = terminalReport(oneCause, plain)
  const lines = text.split('\n')

  t.test('the first screen says what is wrong', async t => {
    const screen = lines.slice(0, 14).join(' ').replace(/ +/g, ' ')
    t.ok(screen.startsWith(verdictOf(oneCause)))
    t.match(screen, /Host Debian GNU\/Linux 12 \(bookworm\), Linux 6\.1\.0-30-amd64, ASUSTeK ProArt Z790-CREATOR/)
    t.match(screen, /1 × ERROR The Intel IOMMU is there/)
    const many = terminalReport(thirtyFindings, plain).split('\n')
    t.ok(many.findIndex(line => line.startsWith('── 1 ')) <= 28, 'with thirty findings too')
    t.match(many.slice(0, 28).join('\n'), /and 16 more causes further down/)
  })

  t.test('how far the host got', async t => {
    t.match(text.replace(/\n +/g, ' '), /Chain +CPU virtualisation ok, IOMMU in firmware ok, IOMMU in the kernel ×, 7 links not reached/)
    t.notMatch(terminalReport(thirtyFindings, plain), /^Chain/m, 'where the diagnosis does not tell')
  })

  t.test('the cited line is marked and numbered among its neighbours', async t => {
    t.ok(lines.some(line => /^ +> 412 │ \[ {4}0\.081337\]/.test(line)))
    t.ok(lines.some(line => /^ {3,}411 │ .*Zone ranges:/.test(line)))
    t.ok(lines.includes('journalctl -k -b -o short-monotonic --no-pager, line 412'))
    const quote = { evidence: 'acpi-table/DMAR', from: 'DMAR', where: 48, text: '00 01', before: [], after: [] }
    t.match(terminalReport({ ...oneCause, findings: [{ ...finding('a'), evidence: [quote] }] }, plain), /DMAR, offset 0x30\n +>  │ 00 01/)
  })

  t.test('commands stand alone and whole, at any width', async t => {
    for (const width of [20, 40, 80, 140]) {
      const alone = terminalReport(oneCause, { ...plain, width }).split('\n').map(line => line.trim())
      const [first, ...rest] = causesOf(oneCause.findings)
      t.equal(rest.length, 0)
      for (const command of commandsOf({ ...oneCause, findings: first ? [first.finding] : [] })) t.ok(alone.includes(command), `${command} at ${width}`)
    }
  })

  t.test('everything else keeps within the width', async t => {
    for (const sample of Object.values(samples)) for (const width of [40, 80, 140]) {
      const wide = terminalReport(sample, { ...plain, width }).split('\n').filter(line => columnsOf(line) > width)
      const copied = copiedLines(sample)
      t.same(wide.filter(line => !copied.has(line.trim()) && line.trim().includes(' ')), [], `${width} columns`)
    }
  })

  t.test('fix, caution, risk, check and consequences', async t => {
    t.match(text, /Fix 1 of 2: Switch the IOMMU on at boot\n +On the host; the host must be rebooted\.\n +Caution: If the host does not come up/)
    t.match(text, /1\. In \/etc\/default\/grub, add to GRUB_CMDLINE_LINUX_DEFAULT:\n +intel_iommu=on\n/)
    t.match(text, /Then check:\n +sudo dmesg .*\n +shows: DMAR: Intel\(R\)/)
    t.match(text, /2 consequences, which should go with it:\n +× ERROR +There is no IOMMU group/)
    t.notMatch(text, /Let libvirt detach/, 'a consequence is listed shortly')
  })

  t.test('the same cure is told once', async t => {
    const [first] = oneCause.findings
    const twins = first ? [first, { ...first, subject: 'function 0000:02:00.0' }] : []
    const twice = terminalReport({ ...oneCause, findings: twins }, plain)
    t.match(twice, /── 2 [^]*Fix: the same as for 1 above/)
    t.equal(count(twice, /Fix 1 of 2/g), 1)
  })

  t.test('what could not be told', async t => {
    t.match(text, /Could not be checked: 5 rules/)
    t.match(text, /Would tell\n +sudo cp \/sys\/firmware\/acpi\/tables\/DMAR DMAR\.bin\n/)
    t.match(text, /no permission +the physical address map \(\/proc\/iomem\): addresses read as\n +zero; needs root/)
    t.match(text, /read in part +a QEMU log/)
    const many = terminalReport(thirtyFindings, plain)
    t.match(many, /And \d+ rules for \d+ other lacks \(--verbose shows all\)/)
    t.match(many, /my-own-rule rules\/local\/my-own-rule\.yaml:14:9\n +no operator "equall"/)
    const gaps = many.slice(many.indexOf('── Could not be checked'), many.indexOf('── Rules that broke'))
    t.ok(gaps.split('\n').length < 45, 'about a screen')
    const verbose = terminalReport(thirtyFindings, { ...plain, verbose: true })
    for (const { rule } of thirtyFindings.unknown) t.ok(verbose.includes(rule), rule)
    t.match(verbose, /read +the kernel log/)
    t.match(verbose, /14 × hostname and 3 × mac/)
  })

  t.test('a healthy host gets a short answer', async t => {
    t.ok(terminalReport(nothingFound, plain).split('\n').length < 12)
  })

  t.test('links only add, and only where they are understood', async t => {
    const linked = terminalReport(oneCause, { ...plain, links: true })
    t.ok(linked.includes('\x1b]8;;https://docs.kernel.org/admin-guide/kernel-parameters.html\x1b\\the parameter\x1b]8;;\x1b\\'))
    t.notMatch(terminalReport(oneCause, { ...plain, verbose: true }), /\x1b/)
    const hostileLink: Diagnosis = { ...oneCause, findings: oneCause.findings.map(each => ({ ...each, references: [{ for: 'it', at: 'https://example.org/\x1b\\x' }, { for: 'that', at: 'javascript:alert(1)' }] })) }
    t.notMatch(terminalReport(hostileLink, { ...plain, links: true }), /\x1b/)
  })

  t.test('colour only adds', async t => {
    for (const sample of Object.values(samples)) {
      const coloured = terminalReport(sample, { ...plain, color: true })
      t.match(coloured, /\x1b\[/)
      t.equal(stripVTControlCharacters(coloured), terminalReport(sample, plain))
    }
    t.notMatch(text, invisible)
  })
})

t.test('json', async t => {
  for (const [name, sample] of Object.entries(samples)) t.ok(v.is(jsonReportSchema, JSON.parse(jsonReport(sample, plain))), name)

  t.test('holds the diagnosis as it is', async t => {
    const report = v.parse(jsonReportSchema, JSON.parse(jsonReport(oneCause, plain)))
    t.same(Object.keys(report), ['format', 'lang', 'verdict', 'counts', 'chain', 'findings', 'unexplained', 'unknown', 'broken', 'about'])
    t.same(report.findings, oneCause.findings)
    t.same(report.unknown, oneCause.unknown)
    t.same({ ...report.about, format: 1 }, oneCause.about)
    t.same(report.counts, { error: 3, warning: 0, hint: 0 })
  })

  t.test('the order of keys does not hang on how the diagnosis was made', async t => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(Object.entries(value).reverse().map(([key, each]) => [key, reversed(each)]))
    }
    t.equal(jsonReport(reversed(thirtyFindings) as Diagnosis, plain), jsonReport(thirtyFindings, plain))
  })

  t.test('the schema refuses what it does not know', async t => {
    const report = JSON.parse(jsonReport(oneCause, plain)) as Record<string, unknown>
    t.notOk(v.is(jsonReportSchema, { ...report, more: 1 }))
    t.notOk(v.is(jsonReportSchema, { ...report, format: 2 }))
  })
})

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

t.test('html', async t => {
  const html = renderHtml(oneCause)

  t.test('lets in its own style and script, and nothing else', async t => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    t.match(policy, /^default-src 'none'; /)
    const inner = (tag: string) => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? ''
    t.ok(policy.includes(hashOf(inner('style'))), 'hash of the style')
    t.ok(policy.includes(hashOf(inner('script'))), 'hash of the script')
    t.notMatch(policy, /unsafe/)
    t.notMatch(html, /\s(?:style|on\w+)=/)
    t.notMatch(html, /<(?:link|img|iframe|object|embed|base)\b|url\(|@import|\ssrc=/i)
    t.notMatch(script(), /innerHTML|eval|fetch|XMLHttpRequest/)
    t.notMatch(style + script(), /<\//)
  })

  t.test('headings come in order, landmarks once', async t => {
    for (const page of [...Object.values(samples).map(sample => renderHtml(sample)), renderHtml(serverFindings(), serverBackground())]) {
      const levels = [...page.matchAll(/<h([1-6])\b/g)].map(match => Number(match[1]))
      t.equal(levels.filter(level => level === 1).length, 1)
      t.ok(levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1), levels.join(''))
      for (const landmark of ['header', 'main', 'footer']) t.equal(count(page, new RegExp(`<${landmark}\\b`, 'g')), 1)
    }
  })

  t.test('says what the terminal says', async t => {
    const texts = [
      'The Intel IOMMU is there', 'sudo update-grub', 'the host must be rebooted', '2 consequences', 'DMAR: Host address width 39',
      'Zone ranges:', 'sudo cp /sys/firmware/acpi/tables/DMAR DMAR.bin', 'no permission',
    ]
    for (const text of texts) t.ok(html.includes(text), text)
    t.match(html, /<span class="row cited"><span class="number" aria-hidden="true">412</)
    t.match(html, /<a href="https:\/\/docs\.kernel\.org[^"]*" rel="noreferrer noopener">/)
    t.match(renderHtml(thirtyFindings), /my-own-rule/)
  })

  t.test('the chain from firmware to guest', async t => {
    const items = [...(/<ol class="chain">(.*?)<\/ol>/s.exec(html)?.[1] ?? '').matchAll(/<li class="([^"]*)">.*?<\/li>/gs)]
    t.same(items.map(([, name]) => name), ['passed', 'passed', 'failed', ...Array.from({ length: 7 }, () => 'not-reached after')])
    t.match(items[2]?.[0], /<a href="#finding-1">IOMMU in the kernel<\/a><span class="unseen">: failed</)
    t.match(renderHtml(nothingFound), /<summary>What would tell of guest firmware and guest driver<\/summary><div class="copy"><pre><code>pnputil/)
    t.notMatch(renderHtml(thirtyFindings), /class="chain"/)
  })

  t.test('the same cure is told once and folded after that', async t => {
    const [first] = oneCause.findings
    const page = renderHtml({ ...oneCause, findings: first ? [first, { ...first, subject: 'function 0000:02:00.0' }] : [] })
    t.match(page, /<strong>Fix:<\/strong> the same as for <a href="#finding-1">The Intel IOMMU/)
    t.equal(count(page, /<details><summary>Show it here<\/summary>/g), 1)
  })

  t.test('size', async t => {
    t.ok(Buffer.byteLength(renderHtml(thirtyFindings)) < 400_000)
  })

  t.test('a snapshot inside cannot end its block', async t => {
    const body = Buffer.from('snapshot bytes').toString('base64')
    t.ok(renderHtml(oneCause, { snapshot: { base64: body } }).includes(`<script type="application/x-gpudoctor-snapshot+gzip;base64" id="snapshot">${body}</script>`), 'the very tag that replay looks for')
    const bad = renderHtml(oneCause, { snapshot: { base64: '</script><script>alert(1)</script>' } })
    t.equal(count(bad, /<script\b/g), 2)
    t.notMatch(html, /id="snapshot"/)
  })
})

t.test('the palettes can be read', async t => {
  // WCAG 2.2, relative luminance and contrast ratio
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  const channel = (colour: string, at: number) => linear(parseInt(colour.slice(at, at + 2), 16) / 255)
  const luminance = (colour: string) => 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5)
  const contrast = (a: string, b: string) => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
    return (high + 0.05) / (low + 0.05)
  }
  const pairs: readonly (readonly [keyof Palette, keyof Palette])[] = [
    ['error', 'errorGround'], ['warning', 'warningGround'], ['hint', 'hintGround'], ['warning', 'card'], ['good', 'page'],
    ...(['page', 'card', 'sunk'] as const).flatMap(ground => (['text', 'faint', 'link'] as const).map(ink => [ink, ground] as const)),
  ]
  for (const palette of [light, dark]) for (const [ink, ground] of pairs) {
    const ratio = contrast(palette[ink], palette[ground])
    t.ok(ratio >= 4.5, `${ink} on ${ground}: ${ratio.toFixed(2)}`)
  }
})

t.test('hostile text in every field', async t => {
  const tagsOf = (html: string) => [...html.matchAll(/<\/?[a-z][a-z0-9]*/gi)].map(match => match[0]).sort().join()
  const wellBehaved = (text: string) => {
    const diagnosis = withText(oneCause, was => (text === '' ? '' : `${was}${text}`))
    const terminal = terminalReport(diagnosis, { ...plain, verbose: true })
    const html = renderHtml(diagnosis)
    const json = jsonReport(diagnosis, plain)
    return {
      terminal: !invisible.test(terminal),
      html: !invisible.test(html),
      scripts: count(html, /<script\b/gi) === 1 && count(html, /<\/script/gi) === 1,
      elements: !/<(?:img|b)\b|<svg onload/i.test(html),
      links: [...html.matchAll(/href="([^"]*)"/g)].every(match => /^(?:https?:\/\/|#)/.test(match[1] ?? '')),
      json: !invisible.test(json) && v.is(jsonReportSchema, JSON.parse(json)),
      lossless: isDeepStrictEqual(v.parse(jsonReportSchema, JSON.parse(json)).findings, diagnosis.findings),
    }
  }
  const good = { terminal: true, html: true, scripts: true, elements: true, links: true, json: true, lossless: true }
  for (const text of hostile) t.same(wellBehaved(text), good, named(text))

  t.test('alone in the field, it makes no markup at all', async t => {
    const bland = tagsOf(renderHtml(withText(oneCause, () => 'word')))
    const mayMark = (text: string) => text.trim() === '' || text.startsWith('https:') || text.includes('`')
    for (const text of hostile.filter(each => !mayMark(each))) t.equal(tagsOf(renderHtml(withText(oneCause, () => text))), bland, named(text))
  })

  t.test('json gives back every string unchanged', async t => {
    for (const text of hostile) {
      const report = v.parse(jsonReportSchema, JSON.parse(jsonReport(withText(oneCause, () => text), plain)))
      t.ok(report.findings.every(each => each.title === text && each.evidence.every(quote => quote.text === text)))
    }
  })

  t.test('a line end in a name cannot begin a line of the report', async t => {
    const forged = terminalReport(withText(oneCause, was => (was.startsWith('The Intel IOMMU is') ? `${was}\n× ERROR  forged` : was)), plain)
    t.notOk(forged.split('\n').some(line => line.startsWith('× ERROR  forged')))
  })

  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => Object.values(wellBehaved(text)).every(Boolean)), { numRuns: 60 })
})
