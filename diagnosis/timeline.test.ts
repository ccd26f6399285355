import t from 'tap'
import type { Evidence, EvidenceId } from '../model/evidence.ts'
import type { Finding } from '../model/finding.ts'
import { timelineOf } from './timeline.ts'

const piece = (id: EvidenceId, body: string, more: Partial<Evidence> = {}): Evidence => ({ id, kind: id.split('/')[0] as Evidence['kind'], from: id, status: 'ok', body, takenAt: '2026-01-02T03:04:05Z', ...more })
const citing = (evidence: string, where: number): Finding => ({
  rule: 'r', aliases: [], subject: 'host', severity: 'error', confidence: 'confirmed', reason: 'the state and the log agree', layer: 'iommu', title: '', text: '', cause: '', fixes: [], symptomOf: null, references: [],
  evidence: [{ evidence, from: evidence, where, text: '', before: [], after: [] }],
})

const log = piece('kernel-log', `[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC
[    0.000000] Command line: root=/dev/sda1 intel_iommu=on
[    0.100000] DMAR: IOMMU enabled
[    0.200000] pci 0000:01:00.0: [10de:1b39] type 00 class 0x030000
[    1.000000] rtc_cmos 00:01: setting system clock to 2026-01-02T03:00:01 UTC (1767322801)
[    2.000000] usb 1-4: new high-speed USB device number 3 using xhci_hcd
[   30.000000] vfio-pci 0000:01:00.0: vfio_bar_restore: reset recovery - restoring BARs
`)
const qemu = piece('qemu-log/work', `2026-01-01 10:00:00.000+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.15
2026-01-01 11:00:00.000+0000: shutting down, reason=shutdown
2026-01-02 03:00:20.000+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.15
-device '{"driver":"vfio-pci","host":"0000:01:00.0"}'
2026-01-02T03:00:21.500000Z qemu-system-x86_64: vfio 0000:01:00.0: group 1 is not viable
Please ensure all devices within the iommu_group are bound to their vfio bus driver.
`)
const told = (evidence: readonly Evidence[], findings: readonly Finding[] = []) => timelineOf(evidence, findings).moments.map(({ source, where, sinceBoot }) => [source, where, sinceBoot])

t.test('kernel and hypervisor on one clock, by the line that set it', async t => {
  t.same(told([qemu, log]), [
    ['kernel', 1, 0], ['kernel', 2, 0], ['kernel', 3, 0.1], ['kernel', 5, 1], ['hypervisor', 3, 20], ['hypervisor', 5, 21.5], ['hypervisor', 6, null], ['kernel', 7, 30],
  ])
  t.match(timelineOf([qemu, log], []).moments.at(-1), { clock: 1767322830000, bdf: '0000:01:00.0', text: /^vfio-pci 0000:01:00\.0: vfio_bar_restore/ })
})

t.test('without that line each has its own time', async t => {
  const bare = piece('kernel-log', String(log.body).replace(/.*rtc_cmos.*\n/, ''))
  const { moments } = timelineOf([bare, qemu], [])
  t.ok(moments.filter(moment => moment.source === 'hypervisor').every(moment => moment.sinceBoot === null))
  t.equal(moments.find(moment => moment.source === 'hypervisor')?.clock, Date.parse('2026-01-02T03:00:20Z'))
})

t.test('the last boot alone; a log of clock times begins with it', async t => {
  const twice = piece('kernel-log', `${String(log.body)}${String(log.body)}`)
  t.same(told([twice])[0], ['kernel', 8, 0])
  const stamped = piece('kernel-log', '2026-01-02T03:00:00+00:00 tower kernel: Linux version 6.1.0-18-amd64 (debian) (gcc-12) #1 SMP\n2026-01-02T03:00:05+00:00 tower kernel: DMAR: IOMMU enabled\n')
  t.same(told([stamped]), [['kernel', 1, 0], ['kernel', 2, 5]])
})

t.test('cited lines are there whatever they say, also of files cut out of others', async t => {
  t.ok(told([log], [citing('kernel-log', 6)]).some(([, where]) => where === 6))
  t.ok(told([qemu, log], [citing('qemu-log/work', 5)]).some(([source, where]) => source === 'hypervisor' && where === 5))
  const cut = piece('kernel-log', String(log.body), { firstLine: 101 })
  t.same(told([cut], [citing('kernel-log', 106)]).find(([, where]) => where === 106), ['kernel', 106, 2])
})

t.test('what repeats is counted, and the whole is bounded', async t => {
  const storm = piece('kernel-log', `[    0.000000] Linux version 6.1.0\n${Array.from({ length: 5000 }, (_, at) => `[${(at / 10 + 1).toFixed(6).padStart(12)}] DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x${at.toString(16)}000 [fault reason 0x06] PTE Read access is not set\n`).join('')}`)
  const { moments, left } = timelineOf([storm], [citing('kernel-log', 4000)])
  t.equal(moments.length, 5)
  t.equal(left, 4996)
  const many = piece('kernel-log', Array.from({ length: 500 }, (_, at) => `[${at.toFixed(6).padStart(12)}] vfio-pci 0000:01:00.0: ${String.fromCharCode(97 + (at % 26))}${String.fromCharCode(97 + Math.floor(at / 26))}\n`).join(''))
  t.match(timelineOf([many], []), { moments: { length: 160 }, left: 340 })
  t.same(timelineOf([piece('kernel-log', '')], []), { moments: [], left: 0 })
  t.same(timelineOf([piece('kernel-log', 'x', { status: 'denied' })], []), { moments: [], left: 0 })
})
