/** Storms of a thousand lines: each kind of event is one finding with a count, and the first in time is the one that is told. */
import t, { type Test } from 'tap'
import type { Finding } from '../model/finding.ts'
import { collected, examine, handedIn } from './made-machine.ts'

const banner = 'Linux version 6.8.0-60-generic (buildd@lcy02-amd64-054) (x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0) #63-Ubuntu SMP PREEMPT_DYNAMIC Tue Apr 15 19:04:15 UTC 2025'
const log = (lines: readonly string[]) => [banner, ...lines].map((line, index) => `[${(index === 0 ? 0 : 100 + index * 0.25).toFixed(6).padStart(12)}] ${line}\n`).join('')
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

const of = (findings: readonly Finding[], rule: string) => findings.filter(finding => finding.rule === rule)
const first = (finding: Finding | undefined) => finding?.evidence[0]?.text

/** The storm as collected and as handed in: the first finding, and each rule once. */
async function storm(lines: readonly string[]): Promise<readonly Finding[][]> {
  const machine = { 'kernel-log': log(lines) }
  return [(await examine(collected(machine))).findings.slice(), (await examine(handedIn(machine))).findings.slice()]
}

function alike(t: Test, findings: readonly Finding[]): void {
  const keys = findings.map(finding => `${finding.rule} ${finding.subject}`)
  t.same(keys.filter((key, index) => keys.indexOf(key) !== index), [], 'no finding twice')
  t.ok(findings.every(finding => finding.evidence.length <= 6), 'few quotes')
  t.ok(findings.length < 12, `few findings: ${keys.join(', ')}`)
  t.ok(findings.every(finding => finding.text.length < 1500), 'no list of lines in a text')
}

const xid = (number: number, text: string, process = 'pid=4242, name=python3') => `NVRM: Xid (PCI:0000:3b:00): ${number}, ${process}, ${text}`

t.test('a GPU that falls off the bus: Xid 79, then a thousand that follow from it', async t => {
  const lines = [xid(79, 'GPU has fallen off the bus.'), 'NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.', ...times(1000, index => [
    xid(45, `Ch 0000000${index % 10}`), xid(119, 'Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080a7d7 0x1).'), xid(154, 'GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)'),
  ][index % 3] as string)]
  for (const findings of await storm(lines)) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'nv-xid-79-off-bus')
    t.match(first(findings[0]), /Xid .*: 79,/)
    for (const rule of ['nv-gsp-rpc-timeout', 'nv-recovery-action']) t.equal(of(findings, rule)[0]?.symptomOf, 'nv-xid-79-off-bus', rule)
    t.equal(of(findings, 'nv-gsp-rpc-timeout')[0]?.times?.count, 333)
    t.equal(of(findings, 'nv-xid-43-45-cleanup')[0]?.times?.count ?? 334, 334)
  }
})

t.test('a program that reads where it may not: the first Xid 31 with its process, not the last clean-up', async t => {
  const lines = [xid(31, 'Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f5a_1c000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ', 'pid=7001, name=train'),
    ...times(1000, index => (index % 2 ? xid(43, 'Ch 00000008', 'pid=7001, name=train') : xid(45, `Ch 0000000${index % 8}`, `pid=${8000 + index}, name=other${index}`)))]
  for (const findings of await storm(lines)) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'nv-xid-31-mmu-fault')
    t.match(`${findings[0]?.text} ${first(findings[0])}`, /train/)
    t.equal(of(findings, 'nv-xid-43-45-cleanup')[0]?.times?.count, 1000)
    t.not(of(findings, 'nv-xid-43-45-cleanup')[0]?.severity, 'error')
  }
})

t.test('one Xid a thousand times: counted, with the first and the last time', async t => {
  for (const findings of await storm(times(1000, index => xid(13, `Graphics Exception: ESR 0x505648=0x${index.toString(16)}`)))) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'nv-xid-13-graphics-exception')
    t.match(findings[0]?.times, { count: 1000, first: { sinceBoot: 100.25 }, last: { sinceBoot: 350 } })
    t.match(first(findings[0]), /ESR 0x505648=0x0$/, 'the first is quoted')
  }
})

t.test('uncorrected memory: Xid 48, then what it drags along', async t => {
  const lines = [xid(48, 'DBE (double bit error) ECC Error', "pid='<unknown>', name=<unknown>"), ...times(1000, index => [xid(63, 'Row Remapper: New row marked for remapping, reset gpu to activate.'), xid(45, 'Ch 00000010'), xid(94, 'Contained: CE User Channel (0x9). RST: No, D-RST: No')][index % 3] as string)]
  for (const findings of await storm(lines)) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'nv-xid-48-dbe')
    t.match(first(findings[0]), /: 48,/)
  }
})

const amd = 'amdgpu 0000:0a:00.0: amdgpu: '
t.test('an AMD card in a loop of resets: the first ring that hung is told', async t => {
  const round = (index: number) => [
    `[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring ${index === 0 ? 'sdma0' : 'gfx_0.0.0'} timeout, signaled seq=${5000 + index}, emitted seq=${5002 + index}`,
    `[drm:amdgpu_job_timedout [amdgpu]] *ERROR* Process information: process ${index === 0 ? 'blender' : 'Xorg'} pid ${3000 + index} thread x:cs0 pid ${3001 + index}`,
    `${amd}GPU reset begin!`, index % 5 === 4 ? `${amd}GPU reset end with ret = -62` : `${amd}GPU reset(${index + 1}) succeeded!`,
  ]
  for (const findings of await storm(times(250, round).flat())) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'amdgpu-ring-timeout')
    t.equal(findings[0]?.times?.count, 250 + 250 + 200, 'the time-outs, their programs and the resets that succeeded')
    t.match(findings[0]?.text, /The first to hang was ring sdma0 .*blender.* 250 such time-outs/s)
    t.match(first(findings[0]), /ring sdma0 timeout/)
    t.equal(of(findings, 'amdgpu-reset-failed')[0]?.symptomOf, 'amdgpu-ring-timeout')
  }
})

t.test('an AMD card that is gone: the loss comes first, the hangs after it are its consequence', async t => {
  const lines = ['amdgpu 0000:0a:00.0: Unable to change power state from D3cold to D0, device inaccessible', `${amd}device lost from bus!`, ...times(500, index => [
    `[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx_0.0.0 timeout, signaled seq=${index}, emitted seq=${index + 2}`, `${amd}GPU reset end with ret = -19`]).flat()]
  for (const findings of await storm(lines)) {
    alike(t, findings)
    t.equal(findings[0]?.rule, 'amdgpu-runpm-bus-loss')
    t.same(findings.filter(finding => finding.symptomOf === null).map(finding => finding.rule), ['amdgpu-runpm-bus-loss'], 'all else hangs on it')
    t.equal(of(findings, 'amdgpu-ring-timeout')[0]?.times?.count, 500)
  }
})

t.test('faults of the IOMMU, errors of the link and hung channels are counted', async t => {
  const rows: readonly (readonly [string, (index: number) => string])[] = [
    ['dmar-dma-fault', index => `DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x${(0x7a1f2000 + index * 4096).toString(16)} [fault reason 0x06] PTE Read access is not set`],
    ['amdvi-io-page-fault', index => `amdgpu 0000:0a:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 address=0x${(0x7a1f2000 + index * 4096).toString(16)} flags=0x0020]`],
    ['nouveau-channel-killed', index => `nouveau 0000:01:00.0: firefox[${2000 + index}]: channel ${index % 90} killed!`],
    ['i915-gpu-hang', index => `i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in chrome [${2000 + index}]`],
  ]
  for (const [rule, line] of rows) for (const findings of await storm(times(1000, line))) {
    alike(t, findings)
    t.equal(of(findings, rule).length, 1, rule)
    t.equal(of(findings, rule)[0]?.times?.count, 1000, `${rule}: counted`)
    t.equal(first(of(findings, rule)[0])?.includes(line(0)), true, `${rule}: the first is quoted`)
  }
})
