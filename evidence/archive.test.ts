import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import fc from '../test-corpus/property.ts'
import { readArchive, type ArchiveForm } from './archive.ts'
import { packedBy, tarOf, zipOf, type Packed } from './archives.test-data.ts'
import { openInputs } from './open.ts'
import { packSnapshot } from './snapshot.ts'

const log = '[    0.000000] Linux version 6.12.0 #1 SMP\n[    1.000000] vfio-pci 0000:21:00.0: enabling device (0000 -> 0003)\n'
const honest: readonly Packed[] = [{ path: 'ticket/', type: 'Directory' }, { path: 'ticket/dmesg.txt', text: log }, { path: 'ticket/cmdline.txt', text: 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 intel_iommu=on\n' }, { path: 'ticket/photo.jpg', text: Buffer.from('\xff\xd8\xff\xe0', 'latin1') }]
const all = (): boolean => true

/** The same members in each form that this machine can make. */
function forms(members: readonly Packed[]): Map<ArchiveForm, Buffer> {
  const tar = tarOf(members)
  const made: readonly (readonly [ArchiveForm, Buffer | null])[] = [['tar', tar], ['tar.gz', gzipSync(tar)], ['tar.xz', packedBy('xz', tar)], ['tar.zst', packedBy('zstd', tar)], ['zip', zipOf(members)]]
  return new Map(made.flatMap(([form, bytes]) => (bytes ? [[form, bytes] as const] : [])))
}

// A dmesg.txt in a tar archive, packed by xz 5.4 and by zstd 1.5: these forms are tested where neither program is installed.
const small: Readonly<Record<string, string>> = {
  'tar.xz': '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4Cf/AIxdADIbSNSWY0K+P2b1sugIzAfmGSTjlysiSAB1Y7/H93gEowp40eFqgR6OUQ55iym5TI8tuoAbsFiN7zX5DFo0e+ERwRdKZuPCTB5tzqzfz0XiWz8v5sq3V+WJxhs6FLtucxeoT/2IevM9AP/VJb4VDg9e7EkB8N8MPZB7DSwRU4ffSLGN6xGXK2+g0G0AAC8jw54AAaQBgFAAAB42Xf0+MA2LAgAAAAABWVo=',
  'tar.zst': 'KLUv/WAAJ5UDAAKFERlwSdQBQLGkTAUFxQRS/xlpAxmgvv7PNYQdRq63XNXkVTGqbIA4GisoGpiUtgW05h6dIF8CLx6UTBnR/+ekf8xFEsNbB0IPADwFeEBCNLRkLP1eaxSaFMAMWNPBUBwcrNsDkI5b4ac2AI6Vy9wEkA==',
}

t.test('the same in each form, from a file and from a pipe', async t => {
  const dir = t.testdir({})
  for (const [form, bytes] of forms(honest)) {
    const path = join(dir, `x.${form}`)
    await writeFile(path, bytes)
    for (const source of [path, bytes]) {
      const { members, notes } = await readArchive(source, form, name => name.endsWith('.txt'))
      t.same(members.map(({ path, cut }) => [path, cut]), [['ticket/dmesg.txt', false], ['ticket/cmdline.txt', false]], form)
      t.equal(members[0]?.bytes.toString(), log)
      t.same(notes, [])
    }
    const { evidence } = await openInputs([path])
    t.same(evidence.map(({ id, status }) => [id, status]), [['kernel-log', 'ok'], ['cmdline', 'ok'], ['text', 'failed']], form)
    t.equal(evidence[2]?.note, 'one file in it has no name of a text and was left out')
  }
  for (const [form, text] of Object.entries(small)) {
    const { members } = await readArchive(Buffer.from(text, 'base64'), form as ArchiveForm, all)
    t.match(members[0]?.bytes.toString(), /vfio-pci 0000:21:00\.0/, form)
  }
})

t.test('one packed log', async t => {
  const dir = t.testdir({})
  for (const [program, end] of [['xz', 'xz'], ['zstd', 'zst']] as const) {
    const packed = packedBy(program, Buffer.from(log))
    await t.test(program, { skip: packed ? false : `${program} is not installed` }, async t => {
      const path = join(dir, `kern.log.${end}`)
      await writeFile(path, packed ?? '')
      const { evidence } = await openInputs([path])
      t.same(evidence.map(({ id, status, body }) => [id, status, body]), [['kernel-log', 'ok', log]])
    })
  }
})

t.test('what leads out, links and devices', async t => {
  const bad: readonly Packed[] = [
    { path: '../dmesg.txt', text: log }, { path: 'a/../../dmesg.txt', text: log }, { path: '/etc/dmesg.txt', text: log }, { path: 'C:\\dmesg.txt', text: log },
    { path: 'link.txt', type: 'SymbolicLink', linkpath: '/etc/shadow' }, { path: 'hard.txt', type: 'Link', linkpath: '../../etc/shadow' }, { path: 'null', type: 'CharacterDevice' },
    { path: 'good/dmesg.txt', text: log },
  ]
  for (const form of ['tar', 'zip'] as const) {
    const given = form === 'zip' ? bad.filter(({ type }) => type === undefined) : bad
    const { members, notes } = await readArchive(form === 'zip' ? zipOf(given) : tarOf(given), form, all)
    t.same(members.map(({ path }) => path), ['good/dmesg.txt'], form)
    t.same(notes, ['names that lead out of the archive were refused'])
  }
})

t.test('bombs and limits', async t => {
  const zeros = Buffer.alloc(6 << 20)
  for (const [form, bytes] of forms([{ path: 'first.txt', text: log }, { path: 'zeros.txt', text: zeros }, { path: 'last.txt', text: log }])) {
    if (form === 'tar') continue
    const { members, notes } = await readArchive(bytes, form, name => name !== 'zeros.txt' || form === 'zip', { ratio: 20, ratioFrom: 1 << 20 })
    t.equal(members[0]?.path, 'first.txt', form)
    t.notOk(members.some(({ path }) => path === 'last.txt'), form)
    t.same(notes, ['it unpacks to more than honest archives do; the rest was left out'], form)
  }
  const many = Array.from({ length: 3000 }, (_, n) => ({ path: `${n}.txt`, text: 'x\n' }))
  for (const form of ['tar', 'zip'] as const) {
    const { members, notes } = await readArchive(form === 'zip' ? zipOf(many) : tarOf(many), form, all, { entries: 1000 })
    t.equal(members.length, 1000)
    t.same(notes, ['it has more than 1000 members; the rest was left out'])
  }
  const long = Array.from({ length: 20_000 }, (_, n) => `line ${n} of a log`).join('\n')
  const { members } = await readArchive(tarOf([{ path: 'log', text: long }]), 'tar', all, { member: 1 << 16 })
  t.ok(members[0]?.cut)
  t.ok(members[0]?.bytes.toString().startsWith('line 0 of') && members[0].bytes.toString().endsWith('line 19999 of a log'), 'the beginning and the end are kept')
  t.ok((members[0]?.bytes.length ?? 0) < 1 << 17)
  const kept = await readArchive(tarOf(Array.from({ length: 9 }, (_, n) => ({ path: `${n}`, text: Buffer.alloc(1 << 20, 'x') }))), 'tar', all, { kept: 3 << 20 })
  t.ok(kept.members.length <= 4)
  t.match(kept.notes, ['more than 3 MiB were of interest; the rest was left out'])
})

t.test('encrypted, nested, damaged', async t => {
  const dir = t.testdir({})
  const open = async (name: string, bytes: Buffer) => {
    await writeFile(join(dir, name), bytes)
    return await openInputs([join(dir, name)])
  }
  const locked = await readArchive(zipOf([{ path: 'a.txt', text: log, encrypted: true }, { path: 'b.txt', text: log }]), 'zip', all)
  t.same([locked.members.map(({ path }) => path), locked.notes], [['b.txt'], ['encrypted members were left out']])
  await t.rejects(open('locked.zip', zipOf([{ path: 'a.txt', text: log, encrypted: true }])), /encrypted members were left out/)
  const nested = await open('nested.zip', zipOf([{ path: 'inner.zip', text: zipOf(honest) }, { path: 'dmesg.txt', text: log }, { path: 'inner.bin', text: zipOf(honest) }]))
  t.same(nested.evidence.map(({ id, status }) => [id, status]), [['kernel-log', 'ok'], ['text', 'failed'], ['text/nested.zip', 'failed']])
  t.match(nested.evidence[1]?.note, /a zip archive in an archive, which gpudoctor does not open; unpack it/)
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, n) => Math.imul(n + 1, 2_654_435_761) >>> 24 ^ (Math.imul(n ^ 0x5bd1, 1_597_334_677) >>> 16 & 255)))
  for (const [form, bytes] of forms([...honest, { path: 'ticket/noise.txt', text: noise }])) {
    if (form === 'zip') {
      await t.rejects(open('half.zip', bytes.subarray(0, bytes.length - 60)), /damaged archive|end of central directory/i)
      continue
    }
    const half = await readArchive(bytes.subarray(0, bytes.length - (form === 'tar' ? 9000 : 40)), form, all)
    t.ok(half.members.some(({ path }) => path === 'ticket/dmesg.txt'), `${form}: what stood before the damage counts`)
    t.ok(half.notes.some(note => note.includes('damaged')), `${form}: ${half.notes.join()}`)
  }
  await t.rejects(open('none.tar.xz', Buffer.from('\xfd7zXZ\0rest', 'latin1')), /is a damaged archive, or none/)
  await t.rejects(open('none.zip', Buffer.from('PK\x03\x04rest')), /is a damaged archive, or none/)
  await t.rejects(open('window.tar.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0, 0, 0])), /window of more than 128 MiB/)
})

/** A host of one day in November, as gpudoctor keeps it. */
async function snapshotOf(day: number): Promise<Buffer> {
  const takenAt = `2026-11-${day}T10:00:00Z`
  const evidence = [{ id: 'cmdline', kind: 'cmdline', from: '/proc/cmdline', status: 'ok', body: `quiet day=${day}\n` }, { id: 'meminfo', kind: 'meminfo', from: '/proc/meminfo', status: 'absent', body: '' }] as const
  const packed = await packSnapshot({ manifest: { tool: 'gpudoctor 0.1.0', takenAt, zoneMinutes: 0, platform: 'linux', root: true, redacted: {} }, evidence, facts: null }, 1 << 20)
  return packed ?? Buffer.alloc(0)
}
const reportOf = (snapshot: Buffer | null): string => `<!doctype html>\n<html><title>gpudoctor: host</title>${snapshot ? `<script type="application/x-gpudoctor-snapshot+gzip;base64" id="snapshot">${snapshot.toString('base64')}</script>` : ''}</html>\n`
const captureOf = (day: number, more = ''): string => `gpudoctor-capture 1\nabout tool gpudoctor 0.1.0\nabout platform linux\nabout taken 2026-11-${day}T10:00:00Z\nabout uid 0\nabout node example\nabout probes 1\n`
  + `probe 1 {"gives":"cmdline","platform":"linux","first":[{"read":"/proc/cmdline"}]}\nfile /proc/cmdline\n=quiet day=${day}\n${more}\nend\n\nstop 1 done 0\nfinish\n`

t.test('what gpudoctor wrote is known in archives and folders', async t => {
  const dir = t.testdir({})
  const one = await snapshotOf(17)
  const wrote: Readonly<Record<string, string | Buffer>> = { 'host.tar.gz': one, 'host.tgz': one, 'gpudoctor.html': reportOf(one), 'page.htm': reportOf(one), 'gpudoctor-snapshot.txt': captureOf(17), 'host.txt.gz': gzipSync(captureOf(17)), 'host': captureOf(17) }
  let n = 0
  const open = async (form: ArchiveForm | 'folder', members: readonly Packed[]) => {
    const path = join(dir, `${n++}${form === 'folder' ? '' : `.${form}`}`)
    if (form !== 'folder') await writeFile(path, forms(members).get(form) ?? '')
    else for (const { path: name, text = '' } of members) {
      await mkdir(join(path, name, '..'), { recursive: true })
      await writeFile(join(path, name), text)
    }
    return await openInputs([path])
  }
  for (const form of ['tar', 'tar.gz', 'zip', 'folder'] as const) {
    for (const [name, text] of Object.entries(wrote)) {
      const { evidence, manifest } = await open(form, [{ path: `all/${name}`, text }, { path: 'all/dmesg.txt', text: log }])
      const of = `${name} in ${form}`
      t.same(evidence.filter(({ status }) => status === 'ok').map(({ id }) => id).sort(), ['cmdline', 'kernel-log'], of)
      t.match(evidence.find(({ id }) => id === 'cmdline'), { from: '/proc/cmdline', body: 'quiet day=17\n' }, of)
      t.match(manifest, { takenAt: '2026-11-17T10:00:00Z', platform: 'linux', root: true }, of)
      t.same(evidence.filter(({ status }) => status === 'failed'), [], of)
    }
    const alone = await open(form, [{ path: 'host.tar.gz', text: one }])
    t.same(alone.evidence.map(({ id }) => id), ['cmdline', 'meminfo'], `alone in ${form}`)
    // A report and the snapshot it carries are one host; beside a bundle it is found all the same.
    const both = await open(form, [{ path: 'sos/sos_commands/kernel/dmesg', text: log }, { path: 'sos/proc/cmdline', text: 'BOOT_IMAGE=/vmlinuz\n' }, { path: 'gpudoctor.tar.gz', text: one }, { path: 'gpudoctor.html', text: reportOf(one) }])
    t.same(both.evidence.filter(({ status }) => status !== 'absent').map(({ id, status }) => `${id.replace(/\.(?:tar|html)$/, '')} ${status}`).sort(), ['cmdline ok', 'cmdline/gpudoctor ok', 'kernel-log ok'], `beside a bundle in ${form}`)
  }
})

t.test('of several hosts the newest is read, and the others are named', async t => {
  const members: readonly Packed[] = [{ path: 'a.tar.gz', text: await snapshotOf(18) }, { path: 'b.html', text: reportOf(await snapshotOf(20)) }, { path: 'c.txt', text: captureOf(19) }]
  const dir = t.testdir({ folder: Object.fromEntries(members.map(({ path, text = '' }) => [path, text])) })
  await writeFile(join(dir, 'all.zip'), zipOf(members))
  for (const [path, between] of [[join(dir, 'folder'), '/'], [join(dir, 'all.zip'), ':']] as const) {
    const { evidence, manifest, otherHosts } = await openInputs([path])
    t.same(otherHosts, ['a.tar.gz', 'c.txt'].map(name => `${path}${between}${name}`))
    t.equal(manifest?.takenAt, '2026-11-20T10:00:00Z')
    t.same(evidence.filter(({ status }) => status === 'ok').map(({ id, body }) => [id, body]), [['cmdline', 'quiet day=20\n']], 'hosts are not mixed')
    t.same(evidence.filter(({ status }) => status === 'failed').map(({ kind, from, note }) => [kind, from, note]), [['a.tar.gz', 18], ['c.txt', 19]].map(([name, day]) =>
      ['text', `${path}${between}${name}`, `is a snapshot of 2026-11-${day}T10:00:00Z and was not read: each snapshot is a host of its own, and the newest here is ${path}${between}b.html of 2026-11-20T10:00:00Z. Hand this one in by itself`]))
  }
  const many = Array.from({ length: 30 }, (_, day) => ({ path: `${day}.txt`, text: captureOf(day + 10) }))
  await writeFile(join(dir, 'many.tar'), tarOf(many))
  const { evidence } = await openInputs([join(dir, 'many.tar')])
  t.equal(evidence.filter(({ status }) => status === 'ok').length, 1)
  t.equal(evidence.filter(({ note }) => note?.includes('was not looked into, as more than 20 snapshots lie here')).length, 9)
  const two = await openInputs([join(dir, 'folder/a.tar.gz'), join(dir, 'folder/b.html')])
  t.same([two.otherHosts, two.evidence.filter(({ kind }) => kind === 'cmdline').map(({ id, body }) => [id, body])], [[join(dir, 'folder/a.tar.gz')], [['cmdline', 'quiet day=20\n']]], 'of those handed in by name as well')
})

t.test('damaged and hostile ones in an archive', async t => {
  const dir = t.testdir({})
  const one = await snapshotOf(17)
  const open = async (text: string | Buffer, name = 'gpudoctor.tar.gz') => {
    await writeFile(join(dir, 'x.zip'), zipOf([{ path: name, text }, { path: 'dmesg.txt', text: log }]))
    const { evidence } = await openInputs([join(dir, 'x.zip')])
    t.ok(evidence.some(({ id, status }) => id === 'kernel-log' && status === 'ok'), 'the rest is read')
    return evidence.filter(({ kind }) => kind !== 'kernel-log')
  }
  t.match(await open(one.subarray(0, one.length - 30)), [{ status: 'failed', note: /damaged: it ends too early/ }])
  t.match(await open(reportOf(null), 'gpudoctor.html'), [{ status: 'failed', note: /without its snapshot/ }])
  t.match(await open('<!doctype html><title>some page</title>', 'page.html'), [{ status: 'failed', note: /one file in it has no name of a text/ }])
  t.match(await open(captureOf(17, '=x\n'.repeat(7 << 20)), 'gpudoctor-snapshot.txt'), [{ status: 'failed', note: /larger than what is kept of a file in an archive/ }], 'a capture with a gap is not read')
  // One level: what lies in an archive in an archive stays there.
  t.match(await open(zipOf([{ path: 'gpudoctor.tar.gz', text: one }]), 'inner.txt'), [{ status: 'failed', note: /a zip archive in an archive/ }])
  t.match(await open(gzipSync(tarOf([{ path: 'host.tar.gz', text: one }])), 'gpudoctor-all.tar.gz'), [{ status: 'failed', note: /a tar archive in an archive/ }])
})

t.test('standard input may be an archive', async t => {
  for (const [form, bytes] of forms(honest)) {
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')
    Object.defineProperty(process, 'stdin', { value: Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]), configurable: true })
    try {
      const { evidence } = await openInputs(['-'])
      t.same(evidence.filter(({ status }) => status === 'ok').map(({ id }) => id), ['kernel-log', 'cmdline'], form)
    } finally {
      if (stdin) Object.defineProperty(process, 'stdin', stdin)
    }
  }
})

t.test('any bytes as any archive', async t => {
  const whole = [...forms(honest).entries()]
  await fc.assert(fc.asyncProperty(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }), fc.nat(), async ([form, bytes], changes, length) => {
    const damaged = Buffer.from(bytes.subarray(0, 1 + (length % bytes.length)))
    for (const [at, byte] of changes) damaged[at % damaged.length] = byte
    const read = await readArchive(damaged, form, all).catch((error: unknown) => error)
    return read instanceof Error ? /damaged archive, or none/.test(read.message) : 'members' in (read as object)
  }), { numRuns: 150 })
  t.pass('nothing but clear errors')
})
