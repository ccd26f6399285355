import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import { Header, type HeaderData } from 'tar'
import type { Evidence } from '../model/evidence.ts'
import { checkManifest, type Manifest, type SnapshotAbout } from './manifest.ts'
import { loadSnapshot, loadSnapshotFolder, saveSnapshot, snapshotAmong, SnapshotError, snapshotLimits } from './snapshot.ts'

const about: SnapshotAbout = { tool: 'gpudoctor 0.1.0', takenAt: '2026-11-20T22:15:00.000Z', zoneMinutes: 60, platform: 'linux', root: true, redacted: { mac: 3 } }
const evidence: readonly Evidence[] = [
  { id: 'kernel-log', kind: 'kernel-log', from: 'dmesg', status: 'cut', body: 'one\r\ntwo \uFFFD \u{1F600}\n\0end', note: 'over its limit', takenAt: '2026-11-20T22:15:01.123Z', tookMs: 12, exitCode: 0 },
  { id: 'libvirt-domain/win 11/ü', kind: 'libvirt-domain', from: '/etc/libvirt/qemu/win 11.xml', status: 'ok', body: '<domain/>', firstLine: 4 },
  { id: 'libvirt-domain/WIN 11/ü', kind: 'libvirt-domain', from: 'x', status: 'ok', body: '<domain2/>' },
  { id: 'libvirt-domain/../../../etc/passwd', kind: 'libvirt-domain', from: 'x', status: 'ok', body: 'root' },
  { id: 'acpi-table/DMAR', kind: 'acpi-table', from: '/sys/firmware/acpi/tables/DMAR', status: 'ok', body: Buffer.from([0x44, 0x4d, 0xff, 0xfe, 0x00]) },
  { id: 'modprobe-conf', kind: 'modprobe-conf', from: '/etc/modprobe.d', status: 'ok', body: '' },
  { id: 'lspci', kind: 'lspci', from: 'lspci', status: 'absent', body: '', note: 'lspci is not installed' },
  { id: 'text', kind: 'text', from: 'long', status: 'ok', body: 'x'.repeat(1_500_000) },
]
const save = async (path: string, list = evidence, facts: unknown = { host: {} }) => saveSnapshot(path, { manifest: about, evidence: list, facts })

t.test('one that was packed again by hand, in any order, below a folder or not', async t => {
  const dir = t.testdir({})
  await save(join(dir, 'host.tar.gz'))
  execFileSync('tar', ['xzf', join(dir, 'host.tar.gz'), '-C', dir])
  const names = (readdirSync(dir, { recursive: true }) as string[]).filter(name => name.endsWith('.json') || name.startsWith('evidence/')).sort()
  for (const top of ['', 'host/']) {
    const members = names.map(name => ({ path: top + name, bytes: readFileSync(join(dir, name)), cut: false }))
    t.same((await snapshotAmong(members)?.())?.evidence, evidence)
    t.equal(snapshotAmong(members.filter(({ path }) => !path.endsWith('manifest.json'))), null, 'loose files')
    const manifest = members.find(({ path }) => path.endsWith('manifest.json'))
    const newer = { ...manifest, path: `${top}manifest.json`, bytes: Buffer.from(String(manifest?.bytes).replace(/"format": ?1/, '"format": 99')), cut: false }
    await t.rejects(async () => snapshotAmong([newer])?.(), /has format 99/)
    const [body] = members
    await t.rejects(async () => snapshotAmong(members.map(one => (one === body ? { ...one, cut: true } : one)))?.(), /pass the unpacked folder/)
    await t.rejects(async () => snapshotAmong(members.map(one => (one === body ? { ...one, bytes: Buffer.from('x') } : one)))?.(), /it was changed after it was taken/)
  }
})

t.test('what was saved is loaded, and ordinary tools open it', async t => {
  const dir = t.testdir({})
  const path = join(dir, 'host.tar.gz')
  const manifest = await save(path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same(readdirSync(dir), ['host.tar.gz'], 'no temporary file is left')
  for (const packed of [path, readFileSync(path), chopped(readFileSync(path), 1000)]) {
    const loaded = await loadSnapshot(packed)
    t.same(loaded.evidence, evidence)
    t.same(loaded.manifest, manifest)
    t.same(loaded.skipped, [])
  }
  const listed = execFileSync('tar', ['tvzf', path], { encoding: 'utf8' }).trim().split('\n')
  t.match(listed[0], /^-rw-r--r-- 0\/0 .* manifest\.json$/)
  t.match(listed.at(-1), / facts\.json$/)
  t.ok(listed.every(line => /^-rw-r--r-- 0\/0 .* [\w.-]+(?:\/[\w.-]+)?$/.test(line)), 'plain names only')
  mkdirSync(join(dir, 'out'))
  execFileSync('tar', ['xzf', path, '-C', join(dir, 'out')])
  t.same((await loadSnapshotFolder(join(dir, 'out'))).evidence, evidence, 'unpacked by hand')
  await save(join(dir, 'again.tar.gz'))
  t.ok(readFileSync(path).equals(readFileSync(join(dir, 'again.tar.gz'))), 'the same evidence gives the same bytes')
})

async function* chopped(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

t.test('any text and any bytes come back as they were', async t => {
  const dir = t.testdir({})
  const text = fc.string({ unit: 'binary', maxLength: 600 }).map(s => Buffer.from(s).toString('utf8'))
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(text, fc.uint8Array({ maxLength: 1200 })), { maxLength: 5 }), async bodies => {
    const list = bodies.map((body, i): Evidence => ({ id: `text/${i}`, kind: 'text', from: 'x', status: 'ok', body: typeof body === 'string' ? body : Buffer.from(body) }))
    await save(join(dir, 's.tar.gz'), list)
    const { evidence: back } = await loadSnapshot(join(dir, 's.tar.gz'))
    return back.every(({ body }, i) => Buffer.compare(Buffer.from(body), Buffer.from(list[i]?.body ?? '?')) === 0 && typeof body === typeof list[i]?.body)
  }), { numRuns: 40 })
})

t.test('saving replaces a file, and nothing else', async t => {
  const dir = t.testdir({ 'old.tar.gz': 'old', sub: {}, real: 'precious' })
  symlinkSync('real', join(dir, 'link'))
  await save(join(dir, 'old.tar.gz'))
  t.equal((await loadSnapshot(join(dir, 'old.tar.gz'))).evidence.length, evidence.length)
  await t.rejects(save(join(dir, 'link')), { name: 'SnapshotError', message: /link is a symbolic link: name a new file/ })
  await t.rejects(save(join(dir, 'sub')), { name: 'SnapshotError', message: /is a directory/ })
  await t.rejects(save(join(dir, 'none/x.tar.gz')), { name: 'SnapshotError', message: /cannot write .*ENOENT/ })
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  await t.rejects(save(join(dir, 'old.tar.gz'), evidence, circle), SnapshotError)
  await t.rejects(save(join(dir, 'x.tar.gz'), [...evidence, ...evidence]), { message: /kernel-log is listed twice/ })
  t.equal(readFileSync(join(dir, 'real'), 'utf8'), 'precious')
  t.same(readdirSync(dir).sort(), ['link', 'old.tar.gz', 'real', 'sub'])
  t.equal((await loadSnapshot(join(dir, 'old.tar.gz'))).evidence.length, evidence.length, 'a save that failed leaves the old one')
})

type Entry = readonly [path: string, body: string | Buffer, more?: HeaderData]
const tar = (...entries: Entry[]): Buffer => Buffer.concat([...entries.flatMap(([path, body, more]) => {
  const bytes = Buffer.from(body as string)
  const header = new Header({ path, mode: 0o644, size: bytes.length, mtime: new Date(0), type: 'File', ...more })
  header.encode()
  return [header.block as Buffer, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
}), Buffer.alloc(1024)])

const manifestOf = (...pieces: object[]): Manifest => ({ ...about, format: 1, evidence: pieces as Manifest['evidence'] })
const cmdline = { id: 'cmdline', from: '/proc/cmdline', status: 'ok', file: 'evidence/cmdline.txt', bytes: 5 }
const table = (more: object = {}, ...pieces: object[]): Entry => ['manifest.json', JSON.stringify({ ...manifestOf(cmdline, ...pieces), ...more })]
const body: Entry = ['evidence/cmdline.txt', 'quiet']

t.test('hostile and broken archives are refused with a reason', async t => {
  const good = gzipSync(tar(table(), body))
  t.match(await loadSnapshot(good), { evidence: [{ id: 'cmdline', body: 'quiet' }] })
  const cases: Record<string, readonly [Uint8Array, RegExp]> = {
    'nothing': [Buffer.alloc(0), /damaged: it ends too early|no gpudoctor snapshot/],
    'no gzip': [Buffer.from('plain text, not packed at all'), /not packed with gzip/],
    'a tar not packed': [tar(table(), body), /not packed with gzip/],
    'gzip of text': [gzipSync('hello'), /no gpudoctor snapshot/],
    'gzip of gzip': [gzipSync(good), /no gpudoctor snapshot/],
    'another archive': [gzipSync(tar(['sos/version.txt', 'x'])), /no gpudoctor snapshot.*pass the unpacked folder/],
    'another manifest': [gzipSync(tar(['manifest.json', '{"name":"web app"}'])), /no gpudoctor snapshot/],
    'manifest without JSON': [gzipSync(tar(['manifest.json', '{'])), /manifest\.json is no JSON/],
    'a newer format': [gzipSync(tar(table({ format: 2 }), body)), /format 2, .*Update gpudoctor/],
    'a manifest of the wrong form': [gzipSync(tar(table({ root: 'yes' }), body)), /root: .*expected/i],
    'cut off': [good.subarray(0, good.length - 30), /ends too early/],
    'cut off in the tar': [gzipSync(tar(table(), body).subarray(0, -1024 - 510)), /damaged/],
    'one bit wrong': [Buffer.from(good).fill(0xff, good.length - 8, good.length - 4), /damaged: incorrect data check/],
    'a wrong header': [gzipSync(Buffer.concat([tar(table()).subarray(0, -1024), Buffer.alloc(512, 'x'), Buffer.alloc(1024)])), /damaged/],
    'a file is missing': [gzipSync(tar(table())), /evidence\/cmdline\.txt is missing/],
    'a file of another length': [gzipSync(tar(table(), ['evidence/cmdline.txt', 'quiet splash'])), /has 12 bytes instead of 5/],
    'a climbing name': [gzipSync(tar(table(), body, ['../../etc/cron.d/x', 'x'])), /cron\.d.*does not name/],
    'an absolute name': [gzipSync(tar(table(), body, ['/etc/passwd', 'x'])), /does not name/],
    'a climbing name in the manifest': [gzipSync(tar(table({}, { ...cmdline, id: 'modules', file: 'evidence/../../x' }), body)), /no file name of a snapshot/],
    'a symbolic link': [gzipSync(tar(table(), ['evidence/cmdline.txt', '', { type: 'SymbolicLink', linkpath: '/etc/shadow' }])), /no ordinary file but SymbolicLink/],
    'a hard link': [gzipSync(tar(table(), ['evidence/cmdline.txt', '', { type: 'Link', linkpath: 'manifest.json' }])), /no ordinary file but Link/],
    'a device': [gzipSync(tar(table(), ['evidence/cmdline.txt', '', { type: 'CharacterDevice' }])), /no ordinary file but CharacterDevice/],
    'a file twice': [gzipSync(tar(table(), body, body)), /in it twice/],
    'two manifests': [gzipSync(tar(table(), table(), body)), /does not name/],
    'two pieces of one id': [gzipSync(tar(table({}, { ...cmdline, file: 'evidence/b.txt' }), body, ['evidence/b.txt', 'quiet'])), /cmdline is listed twice/],
    'two pieces of one file': [gzipSync(tar(table({}, { ...cmdline, id: 'modules' }), body)), /listed twice/],
    'a body for what is absent': [gzipSync(tar(table({}, { ...cmdline, id: 'modules', status: 'absent', file: 'evidence/m.txt' }), body)), /modules is absent and has a file/],
    'a bomb': [gzipSync(tar(table({}, { ...cmdline, id: 'text', file: 'evidence/t.txt', bytes: 9 }), body, ['evidence/t.txt', Buffer.alloc(80 << 20)])), /bytes instead of 9|times its size/],
    'a bomb of its own size': [gzipSync(tar(table({}, { ...cmdline, id: 'text', file: 'evidence/t.txt', bytes: 80 << 20 }), body, ['evidence/t.txt', Buffer.alloc(80 << 20)])), /more than 500 times its size/],
  }
  for (const [name, [bytes, message]] of Object.entries(cases)) await t.rejects(loadSnapshot(bytes), { name: 'SnapshotError', message }, name)
  await t.rejects(loadSnapshot(join(t.testdir({}), 'none.tar.gz')), { name: 'SnapshotError', message: /cannot read the snapshot: ENOENT/ })
  const small = { ...snapshotLimits, entries: 1, total: 1 << 20, entry: 4, manifest: 10 }
  await t.rejects(loadSnapshot(good, { ...snapshotLimits, entries: 1 }), { message: /more than 1 files/ })
  await t.rejects(loadSnapshot(good, { ...snapshotLimits, entry: 4 }), { message: /larger than 4 bytes/ })
  await t.rejects(loadSnapshot(good, { ...snapshotLimits, manifest: 10 }), { message: /manifest\.json is larger/ })
  await t.rejects(loadSnapshot(good, { ...snapshotLimits, total: 600 }), { message: /unpacks to more than 600 bytes/ })
  await t.rejects(loadSnapshot(good, small), SnapshotError)
})

t.test('a kind of a later version is left out, and said', async t => {
  const later = table({}, { ...cmdline, id: 'quantum-gpu', file: 'evidence/q.txt' }, { id: 'constructor', from: '', status: 'absent' })
  const { evidence: known, skipped } = await loadSnapshot(gzipSync(tar(later, body, ['evidence/q.txt', 'quiet'])))
  t.same(known.map(({ id }) => id), ['cmdline'])
  t.same(skipped, ['quantum-gpu', 'constructor'])
})

t.test('whatever is done to the bytes, it loads or says why not', async t => {
  const whole = tar(table({}, { id: 'lspci', from: 'lspci', status: 'absent' }), body, ['facts.json', '{}'])
  const packed = gzipSync(whole)
  const changed = (base: Buffer) => fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map(edits => {
    const bytes = Buffer.from(base)
    for (const [at, value] of edits) bytes[at] = value
    return bytes
  })
  await fc.assert(fc.asyncProperty(fc.oneof(changed(packed), changed(whole).map(bytes => gzipSync(bytes)), fc.nat(packed.length).map(n => packed.subarray(0, n))), async bytes => {
    try {
      await loadSnapshot(bytes)
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error
    }
  }), { numRuns: 200 })
  t.ok(gunzipSync(packed).equals(whole))
})

t.test('folders: links and changed files are refused', async t => {
  const folder = (more: object) => t.testdir({ 'manifest.json': table()[1], evidence: { 'cmdline.txt': 'quiet' }, ...more })
  t.match(await loadSnapshotFolder(folder({})), { evidence: [{ body: 'quiet' }] })
  await t.rejects(loadSnapshotFolder(folder({ evidence: { 'cmdline.txt': t.fixture('symlink', '/etc/passwd') } })), { name: 'SnapshotError', message: /no ordinary file/ })
  await t.rejects(loadSnapshotFolder(folder({ real: { 'cmdline.txt': 'quiet' }, evidence: t.fixture('symlink', 'real') })), { message: /"evidence" is no directory/ })
  await t.rejects(loadSnapshotFolder(folder({ evidence: { 'cmdline.txt': 'quiet splash' } })), { message: /changed after it was taken/ })
  await t.rejects(loadSnapshotFolder(folder({ evidence: {} })), { message: /is missing from it/ })
  await t.rejects(loadSnapshotFolder(t.testdir({})), { message: /no gpudoctor snapshot/ })
  const fifo = folder({ evidence: {} })
  execFileSync('mkfifo', [join(fifo, 'evidence/cmdline.txt')])
  await t.rejects(loadSnapshotFolder(fifo), { message: /no ordinary file/ })
})

t.test('tar is loaded only when it is needed', async t => {
  const built = join(import.meta.dirname, 'snapshot.js')
  t.ok(existsSync(built))
  t.notMatch(readFileSync(built, 'utf8'), /^import .* from 'tar'/m)
})

t.test('a manifest is checked for form', async t => {
  t.match(checkManifest(manifestOf(cmdline)), { manifest: { format: 1 } })
  for (const wrong of [null, [], 'x', { ...manifestOf(), takenAt: 'yesterday' }, { ...manifestOf(), redacted: { 'a b': 1 } }, manifestOf({ ...cmdline, id: 'a\nb' }), manifestOf({ ...cmdline, bytes: -1 })]) t.match(checkManifest(wrong), { problems: Array })
})
