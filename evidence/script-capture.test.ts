/** Reading what the collector script wrote: whole, damaged and hostile. That the script writes it is shown in test-corpus/collector-script.test.ts. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Evidence } from '../model/evidence.ts'
import fc from '../test-corpus/property.ts'
import { openInputs } from './open.ts'
import { createRedactor } from './redact.ts'
import { evidenceOf, readCapture } from './script-capture.ts'

const byId = (evidence: readonly Evidence[]): Map<string, Evidence> => new Map(evidence.map(piece => [piece.id, piece]))

const sample = (): string => {
  const declare = (gives: string, rest: object) => JSON.stringify({ gives, platform: 'linux', ...rest })
  return `${[
    'gpudoctor-capture 1', 'about tool gpudoctor 0.1.0', 'about platform linux', 'about taken 2026-01-02T03:04:05Z', 'about zone +0130', 'about uid 0', 'about node trantor', 'about user hari', 'about probes 5',
    `probe 1 ${declare('cmdline', { first: [{ read: '/proc/cmdline' }] })}`, 'file /proc/cmdline', '=intel_iommu=on password=hunter22 vfio-pci.ids=10de:1b39', '', 'end', '', 'stop 1 done 0',
    `probe 2 ${declare('kernel-log', { first: [{ run: ['journalctl', '-k'] }, { run: ['dmesg'] }] })}`, 'run journalctl -k', 'none', 'run dmesg', '=[    0.000000] Linux version 6.8.0 (test)', '=[    1.000000] trantor: up', '', '!printed', '!', '!exit 0', 'end', '', 'stop 2 done 1',
    `probe 3 ${declare('iommu-sysfs', { every: [{ tree: ['/sys/kernel'], lists: ['iommu_groups'] }, { tree: ['/sys/kernel/iommu_groups/*'], files: ['type'], lists: ['devices'] }] })}`,
    '/sys/kernel\t/', '/sys/kernel/iommu_groups\t/', '/sys/kernel/iommu_groups/1\t/', '/sys/kernel/iommu_groups/1\t/', '/sys/kernel/iommu_groups/1/type\t=DMA', '/sys/kernel/iommu_groups/1/devices\t/', '/sys/kernel/iommu_groups/1/devices/0000:01:00.0\t/', '', 'stop 3 done 0',
    `probe 4 ${declare('libvirt-domain', { every: [{ read: '/etc/libvirt/qemu/*.xml' }] })}`, '/etc/libvirt/qemu\t!denied', '', 'stop 4 done 0',
    `probe 5 ${declare('bhyvectl', { every: [{ run: ['bhyvectl', '--vm={name}', '--get-memmap'], for: { namesIn: '/dev/vmm', of: 'a-z' } }] })}`, '/dev/vmm\t/', '/dev/vmm/-rf\t/', '/dev/vmm/ai\t/', '/dev/vmm/x;id\t/', '/dev/vmm/win\t/',
    'run bhyvectl --vm=ai --get-memmap', '=Address', '', '!printed', '!', '!exit 0', 'end', 'run bhyvectl --vm=win --get-memmap', '', '!VM:win is not created.', '!', '!exit 1', 'end', '', 'stop 5 done 0', 'finish',
  ].join('\n')}\n`
}
const opened = async (dir: string, text: string | Buffer) => {
  writeFileSync(join(dir, 'in.txt'), text)
  return await openInputs([join(dir, 'in.txt')])
}

t.test('a capture read back: statuses, times, names and secrets out', async t => {
  const dir = t.testdir()
  for (const text of [sample(), sample().replaceAll('\n', '\r\n'), gzipSync(sample())]) {
    const { evidence, manifest, redacted } = await opened(dir, text)
    const pieces = byId(evidence)
    t.same([...pieces].map(([id, { status }]) => `${id} ${status}`), ['cmdline ok', 'kernel-log ok', 'iommu-sysfs ok', 'libvirt-domain denied', 'bhyvectl/ai ok', 'bhyvectl/win failed', 'bhyvectl failed'])
    t.match({ manifest }, { manifest: { takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 90, root: true, platform: 'linux' } })
    t.notMatch(String(pieces.get('cmdline')?.body), 'hunter22')
    t.match(String(pieces.get('cmdline')?.body), 'vfio-pci.ids=10de:1b39')
    t.ok((redacted.secret ?? 0) > 0)
    t.match(pieces.get('bhyvectl/ai'), { from: 'bhyvectl --vm=ai --get-memmap', body: 'Address\n' })
    t.match(pieces.get('bhyvectl')?.note, /was not run for 2 of the names/)
    t.equal(pieces.get('kernel-log')?.from, 'dmesg')
    t.equal(pieces.get('kernel-log')?.tookMs, 1000)
    t.match(String(pieces.get('iommu-sysfs')?.body), '/sys/kernel/iommu_groups/1/type\t=DMA\n')
  }
  await t.rejects(opened(dir, sample().replace('capture 1', 'capture 2')), /Update gpudoctor/)
})

t.test('cut off anywhere: what is whole counts, and nothing turns into "not there"', async t => {
  const whole = byId((await opened(t.testdir(), sample())).evidence)
  const text = Buffer.from(sample())
  const redactor = createRedactor()
  for (let end = text.length - 1; end > 300; end -= 7) {
    const capture = readCapture(text.subarray(0, end))
    t.equal(capture.problems.length, end > text.length - 3 ? capture.problems.length : 1)
    for (const piece of await evidenceOf(capture, redactor)) {
      const before = whole.get(piece.id)
      if (piece.status === 'absent' && before?.status !== 'absent') t.fail(`${piece.id} is absent when ${end} bytes are left`)
      if (piece.status === 'ok' && typeof piece.body === 'string' && piece.kind !== 'cmdline') t.equal(piece.body.length, String(before?.body).replaceAll('host-0000', 'trantor').length, `${piece.id} at ${end}`)
    }
  }
})

t.test('a declaration that no collector could have made is passed over', async t => {
  const redactor = createRedactor()
  const ids = async (names: object) => (await evidenceOf(readCapture(Buffer.from(sample().replace('{"namesIn":"/dev/vmm","of":"a-z"}', () => JSON.stringify(names)))), redactor)).map(({ id }) => id).filter(id => id.startsWith('bhyvectl'))
  t.same(await ids({ namesIn: '/dev/vmm', of: 'a-z', most: 1 }), ['bhyvectl/ai', 'bhyvectl'])
  for (const names of [{ namesIn: 'dev/vmm', of: 'a-z' }, { namesIn: '/dev/../vmm', of: 'a-z' }, { namesIn: '/dev/vmm', of: '^a' }, { namesIn: '/dev/vmm', of: ']+)+(' }, { namesIn: '/dev/vmm', of: '' }, { namesIn: '/dev/vmm', of: 'a-z', most: 1e9 }, { namesIn: '/dev/vmm', of: 'a-z', more: 1 }, {}]) t.same(await ids(names), [], JSON.stringify(names))
})

t.test('whatever the file holds: it is read without a throw, in bounds, and names nothing that it should not', async t => {
  const piece = fc.oneof(
    fc.constantFrom(...sample().split('\n')), fc.string({ maxLength: 60 }), fc.constantFrom('file /etc/../../x', '/../etc/shadow\t=root', 'run', 'gap -1', 'gap x', 'stop', 'probe', 'failed', 'none', 'end', '=', '!exit 999', '/a\t#zz', '/a\t@1 2', 'about zone +9999', 'about taken never',
      'probe 1 {"gives":"__proto__","platform":"linux"}', 'probe 5 {"gives":"cpuinfo","platform":"linux","first":[{"read":"/*a*a*a*a*a*b"}]}', 'probe 5 {"gives":"meminfo","platform":"linux","every":[{"tree":["/sys/../etc"],"files":["x"]}]}',
      'probe 6 {"gives":"modules","platform":"freebsd","every":[{"tree":["/*","/*/*"],"files":["*"],"links":["*"],"bytes":{"__proto__":5}}],"limit":1e99}', '/sys/x\t>/etc/shadow', '/__proto__/constructor\t=x'),
  )
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async lines => {
    const capture = readCapture(Buffer.from(['gpudoctor-capture 1', ...lines].join('\n')))
    for (const { id, from, status, body } of await evidenceOf(capture, createRedactor())) {
      if (from.includes('..') || from.length > 200_000 || body.length > 1 << 20) throw new Error(`${id} ${from}`)
      if (!['ok', 'cut'].includes(status) && body.length > 0) throw new Error(`${id} is ${status} and has a body`)
    }
  }), { numRuns: 300 })
  t.pass('no throw')
})
