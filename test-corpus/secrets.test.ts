/** Secrets planted in every kind of evidence reach no report, no snapshot and no terminal; what a diagnosis needs stays. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { timelineOf } from '../diagnosis/timeline.ts'
import { loadRules } from '../engine/load.ts'
import { LogMatches } from '../engine/match-logs.ts'
import { openInputs } from '../evidence/open.ts'
import { createRedactor, redactionLabels, type RedactionLevel } from '../evidence/redact.ts'
import { saveSnapshot } from '../evidence/snapshot.ts'
import { assemble } from '../facts/assemble.ts'
import { machineOf } from '../facts/machine.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import type { Diagnosis } from '../model/finding.ts'
import { parsers } from '../parsers/all.ts'
import { forms } from '../reports/forms.ts'
import { terminalReport } from '../reports/terminal.ts'
import { makeHost } from './made-host.ts'

const { rules, shared } = loadRules('rules', null)

const numbered = (from: number, count: number, one: (number: number) => string): string[] => Array.from({ length: count }, (_, index) => one(from + index))
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')
const mac = (number: number): string => hex(0xac1f6b123400 + number, 12).replace(/(..)(?!$)/g, '$1:')
const uuid = (number: number): string => `2c9e1f8a-7d0b-4c3d-9a51-${hex(0xabcdef000000 + number, 12)}`

/** What people have in their logs and files: the lines a secret stands in, `*` where it stands, and secrets of that kind. */
const planted: Readonly<Record<string, { readonly lines: readonly string[]; readonly secrets: readonly string[]; readonly strict?: true }>> = {
  'Ceph keys': { lines: ['-drive file=rbd:pool/vm:id=admin:key=*:auth_supported=cephx', 'ceph.client.key = "*"'], secrets: numbered(1, 4, n => `AQBx7vRmAAAAABAA${n}ZkT0xQ==`) },
  'VNC and SPICE passwords': { lines: ["<graphics type='vnc' port='5900' passwd='*'/>", "<graphics type='spice' passwd='*' passwdValidTo='2031-01-01T00:00:00'/>"], secrets: numbered(1, 4, n => `v1ewer-Pa55-${n}`) },
  'secret objects of QEMU': { lines: ['-object secret,id=sec0,data=*,format=raw', '-object {"qom-type":"secret","id":"s0","data":"*"}'], secrets: numbered(1, 3, n => `c2VjcmV0T2JqZWN0${n}`) },
  'LUKS pass phrases': { lines: ['luks_passphrase=*', 'kern.geom.eli.passphrase="*"'], secrets: numbered(1, 3, n => `correct-horse-${n}`) },
  'iSCSI CHAP': { lines: ['node.session.auth.password = *', 'discovery.sendtargets.auth.password_in = *'], secrets: numbered(1, 3, n => `ch4pChap${n}x`) },
  tokens: { lines: ['api_token=*', 'Authorization-Token: *', '--token *'], secrets: numbered(1, 4, n => `tok9f8e7d6c5b4a${n}`) },
  'credentials in addresses': { lines: ['-drive file=https://backup:*@images.example.org/win.qcow2,if=none', 'iscsi://admin%*@192.168.7.9/iqn'], secrets: numbered(1, 3, n => `urlPass${n}word`) },
  'password hashes': { lines: ['root:*:19000:0:99999:7:::', 'rootpw --iscrypted *'], secrets: numbered(1, 3, n => `$6$saltsalt$Zq0abcdefghijklmnop${n}`) },
  'WireGuard keys': { lines: ['PrivateKey = *', 'PresharedKey = *'], secrets: numbered(1, 3, n => `yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fB${n}=`) },
  'MAC addresses': { lines: ["<mac address='*'/>", 'igb 0000:04:00.0: eth0: (PCIe:5.0Gb/s) *', 'link/ether * brd ff:ff:ff:ff:ff:ff', '-device virtio-net-pci,mac=*,id=net0'], secrets: numbered(1, 8, mac) },
  'public IPv4 addresses': { lines: ['inet */24 brd 10.0.0.255 scope global eth0', '-vnc *:0', 'connect to * port 5900 refused'], secrets: numbered(21, 6, n => `93.184.216.${n}`) },
  'public IPv6 addresses': { lines: ['inet6 */64 scope global', 'listening on *'], secrets: numbered(1, 4, n => `2001:db8:77::${hex(0x7f10 + n, 4)}`) },
  UUIDs: { lines: ['<uuid>*</uuid>', 'root=UUID=* ro', 'smbios.system.uuid="*"', 'GPU UUID : GPU-*', '-uuid *'], secrets: numbered(1, 8, uuid) },
  'serial numbers': { lines: ['    Serial Number                         : *', 'usb 1-4: SerialNumber: *', 'ada0: Serial Number *', '<serial>*</serial>', '-device nvme,serial=*,drive=d0'], secrets: numbered(1, 8, n => `S3Z8NB0K7${hex(n, 4)}X`) },
  'disks by id': { lines: ["<source dev='/dev/disk/by-id/ata-Samsung_SSD_*-part2'/>", '-drive file=/dev/disk/by-id/nvme-WDC_*,if=none'], secrets: numbered(1, 4, n => `WCC4N01234${n}5`) },
  'NVMe and iSCSI names': { lines: ['subnqn=nqn.2014.08.org.nvmexpress:*', "<initiator><iqn name='iqn.2026-01.org.example:*'/></initiator>"], secrets: numbered(1, 4, n => `144dS64ANS0T0${n}`) },
  'host names': { lines: ['Nov 21 00:29:54 * kernel: usb 1-1: new device', 'Linux * 6.8.12-4-pve #1 SMP', 'hostname="*"', 'hostname: *', 'root@*:~# lspci -nn', '/etc/pve/nodes/*/qemu-server/100.conf', 'the machine * is in the cellar'], secrets: numbered(1, 6, n => `tinas-rig-${n}`) },
  'domain names': { lines: ['search *', 'domainname="*"'], secrets: numbered(1, 3, n => `corp${n}.tina-example.org`) },
  'user names': { lines: ['-drive file=/home/*/win.qcow2,if=none', 'C:\\Users\\*\\AppData', '*@rig:~$ virsh list', 'run by * on a Friday'], secrets: numbered(1, 5, n => `tinasmith${n}`) },
  'e-mail addresses': { lines: ['* from *, thanks', 'Reported-by: Tina <*>'], secrets: numbered(1, 5, n => `tina.s${n}+gpu@mail.example.org`) },
  'names of wireless networks': { lines: ['wlan0: associated, ssid="*"', 'ssid=*', 'SSID: *'], secrets: numbered(1, 4, n => `TinasWeb-${n}`) },
  'private keys': { lines: ['-----BEGIN OPENSSH PRIVATE KEY-----\n*\n-----END OPENSSH PRIVATE KEY-----'], secrets: numbered(1, 3, n => `b3BlbnNzaC1rZXktdjEAAAAAB${n}`) },
  'machine ids': { lines: ['systemd.machine_id=*', '/boot/loader/entries/*-6.8.12.conf'], secrets: numbered(1, 3, n => `0123456789abcdef0123456789abcd${hex(n, 2)}`) },
  'private addresses': { lines: ['-vnc *:0', 'inet */24'], secrets: numbered(11, 4, n => `192.168.77.${n}`), strict: true },
  'names of VMs': { lines: ['qemu-system-x86_64 -name guest=*,debug-threads=on -m 8192', 'the guest * did not start'], secrets: numbered(1, 3, n => `tinas-games-${n}`), strict: true },
  'names of disk images': { lines: ['-drive file=/srv/images/*.qcow2,if=none'], secrets: numbered(1, 3, n => `tax-papers-${n}`), strict: true },
}
const everything = Object.values(planted)
const standardOnes = everything.filter(({ strict }) => !strict)
const linesOf = ({ lines, secrets }: (typeof everything)[number]): string[] => secrets.flatMap(secret => lines.map(line => line.replaceAll('*', secret)))

t.ok(everything.flatMap(({ secrets }) => secrets).length >= 100 && everything.length >= 15, 'enough of them')

/** As a collector hands it over: files of a tree as `path<TAB>=line`, anything else as it is. */
function withSecrets(evidence: Evidence, lines: readonly string[]): Evidence {
  const text = lines.join('\n')
  const tree = typeof evidence.body === 'string' && /^\/[^\t\n]*\t[=/>@#]/.test(evidence.body)
  return { ...evidence, body: `${typeof evidence.body === 'string' ? evidence.body : ''}${tree ? text.split('\n').map(line => `/etc/planted\t=${line}`).join('\n') : text}\n` }
}

const hasText = (kind: EvidenceKind): boolean => !('binary' in evidenceKinds[kind]) && !['pci-names', 'modules-builtin', 'initramfs-list'].includes(kind)

/** A host with every kind of evidence there is. */
function sickHost(lines: readonly string[]): Evidence[] {
  const made = makeHost({ functions: 12, logLines: 60 })
  const missing = (Object.keys(evidenceKinds) as EvidenceKind[]).filter(kind => hasText(kind) && !made.some(one => one.kind === kind))
  const rest = missing.map((kind): Evidence => ({ id: kind, kind, from: kind, status: 'ok', body: '', takenAt: '2026-01-02T03:04:05Z' }))
  return [...made, ...rest].map(one => (hasText(one.kind) ? withSecrets(one, lines) : one))
}

async function diagnosed(evidence: readonly Evidence[], redacted: Readonly<Record<string, number>>): Promise<Diagnosis> {
  return diagnose({ rules, shared, broken: [], snapshot: assemble(evidence, parsers, shippedNames), evidence, about: { tool: 'test', takenAt: null, root: null, redacted } })
}

const options = { color: false, width: 100, verbose: true }
/** Every form of the report, with all that stands around the diagnosis. */
async function written(evidence: readonly Evidence[], redacted: Readonly<Record<string, number>>): Promise<readonly (readonly [form: string, text: string])[]> {
  const snapshot = assemble(evidence, parsers, shippedNames)
  const diagnosis = await diagnosed(evidence, redacted)
  const background = { machine: machineOf(snapshot), timeline: timelineOf(evidence, diagnosis.findings), evidence }
  const others = await Promise.all(forms.map(async form => [form.name, (await form.load())(diagnosis, options, background)] as const))
  return [['terminal', terminalReport(diagnosis, options)], ...others]
}

function leaks(text: string, of: typeof everything): string[] {
  return Object.entries(planted).filter(([, one]) => of.includes(one)).flatMap(([name, { secrets }]) => secrets.filter(secret => text.includes(secret)).map(secret => `${name}: ${secret}`))
}

for (const [level, of] of [['standard', standardOnes], ['strict', everything]] as const) {
  t.test(`planted in every kind of evidence: ${level}`, async t => {
    const redactor = createRedactor(undefined, level)
    const raw = sickHost(of.flatMap(linesOf))
    t.equal(leaks(raw.map(one => String(one.body)).join('\n'), of).length, of.flatMap(({ secrets }) => secrets).length, 'they are there before')
    const evidence = redactor.withoutNames(raw.map(one => redactor.redacted(one)))
    for (const one of evidence) t.same(leaks(`${one.id} ${one.from} ${one.note ?? ''} ${String(one.body)}`, of), [], one.id)
    for (const [form, text] of await written(evidence, redactor.counts)) t.same(leaks(text, of), [], form)
    const file = join(t.testdir({}), 'snapshot.tar.gz')
    await saveSnapshot(file, { manifest: { tool: 'test', takenAt: '2026-01-02T03:04:05Z', zoneMinutes: 0, platform: 'linux', root: true, redacted: redactor.counts }, evidence, facts: assemble(evidence, parsers, shippedNames) })
    const { gunzipSync } = await import('node:zlib')
    t.same(leaks(gunzipSync(readFileSync(file)).toString('latin1'), of), [], 'snapshot')
    for (const label of redactionLabels) if (level === 'strict' || (label !== 'vm' && label !== 'disk')) t.ok((redactor.counts[label] ?? 0) > 0, `${label} is counted`)
  })
}

t.test('handed in: loose files and a ticket, whatever they are called', async t => {
  const folder = t.testdir({ 'ticket.md': `My VM does not start.\n\n\`\`\`\n${standardOnes.flatMap(linesOf).join('\n')}\n\`\`\`\n`, 'dmesg.txt': `[    0.000000] Linux version 6.8.0 (x@y)\n${standardOnes.flatMap(linesOf).map((line, index) => `[    ${(index / 100).toFixed(6)}] ${line}`).join('\n')}\n` })
  const redactor = createRedactor()
  const { evidence } = await openInputs([folder], {}, redactor)
  const clean = redactor.withoutNames(evidence)
  t.same(leaks(clean.map(one => String(one.body)).join('\n'), standardOnes), [])
  for (const [form, text] of await written(clean, redactor.counts)) t.same(leaks(text, standardOnes), [], form)
})

t.test('none leaves everything as it is', async t => {
  const redactor = createRedactor(undefined, 'none')
  const raw = sickHost(everything.flatMap(linesOf))
  t.same(redactor.withoutNames(raw.map(one => redactor.redacted(one))), raw)
  t.same(redactor.counts, {})
})

t.test('a name gets the same word everywhere', async t => {
  const redactor = createRedactor()
  const pieces = ['hostname="tinas-rig"', 'a line about tinas-rig and tinas-rigging', 'Linux tinas-rig 6.8.12 #1'].map((body, index): Evidence => ({ id: `text/${index}`, kind: 'text', from: `/srv/tinas-rig/${index}`, status: 'ok', body }))
  const clean = redactor.withoutNames(pieces.map(one => redactor.redacted(one)))
  const words = clean.flatMap(({ body, from }) => `${String(body)} ${from}`.match(/host-[0-9a-f]{4}/g) ?? [])
  t.equal(new Set(words).size, 1)
  t.equal(words.length, 6)
  t.match(clean[1]?.body, 'tinas-rigging', 'another word that begins alike stays')
})

t.test('no sample line of any rule is lost to redaction', async t => {
  const lost: string[] = []
  const redactors = (['standard', 'strict'] as RedactionLevel[]).map(level => createRedactor(undefined, level))
  for (const rule of rules) {
    for (const [name, signature] of Object.entries(rule.log)) {
      const kind = signature.in[0] as EvidenceKind
      for (const sample of signature.samples) {
        for (const redactor of redactors) {
          const [evidence] = redactor.withoutNames([redactor.redacted({ id: kind, kind, from: kind, status: 'ok', body: sample, takenAt: '2026-01-01T00:00:00Z' })])
          if (evidence && !new LogMatches([rule], [evidence], shared.tables).matched(signature)) lost.push(`${rule.id} ${name}: ${sample} became ${String(evidence.body)}`)
        }
      }
    }
  }
  t.same(lost, [])
})

t.test('the findings of real hosts are the same under every level', async t => {
  const folder = 'test-corpus/lab/snapshots'
  for (const name of readdirSync(folder).filter(file => file.endsWith('.tar.gz') && !file.includes('.cured.'))) {
    const found: string[] = []
    for (const level of ['none', 'standard', 'strict'] as const) {
      const redactor = createRedactor(undefined, level)
      const { evidence } = await openInputs([join(folder, name)], {}, redactor)
      const { findings } = await diagnosed(redactor.withoutNames(evidence), {})
      found.push(findings.map(finding => `${finding.rule} ${finding.severity} ${finding.confidence}`).join('\n'))
    }
    t.equal(found[1], found[0], `${name}: standard`)
    t.equal(found[2], found[0], `${name}: strict`)
  }
})
