/** Codes that no table has: the finding says that nothing is known of them, and quotes the line. */
import t from 'tap'
import { examine, handedIn } from './made-machine.ts'

const kernel = (line: string) => ({ 'kernel-log': `[    0.000000] Linux version 6.8.0-60-generic (buildd@lcy02-amd64-054) (gcc) #63-Ubuntu SMP\n[  812.100000] ${line}\n` })
const rows: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string, string]>> = {
  Xid: [kernel('NVRM: Xid (PCI:0000:3b:00): 901, pid=1, name=x, Some Newer Error'), 'nv-xid-unknown', '901, pid=1, name=x, Some Newer Error'],
  'SXid, not fatal': [kernel('nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 99001, Non-fatal, Link 3 something new (First)'), 'nv-sxid-nonfatal', '99001, Non-fatal'],
  'SXid, fatal': [kernel('nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 99002, Fatal, Link 3 something new (First)'), 'fm-sxid-fatal', '99002, Fatal'],
  'unit of NVLink 5': [kernel('NVRM: Xid (PCI:0000:5f:00): 149, NEWER_UNIT  Fatal   XC0 i0 Link 08 (0x004505c6 0x00000999 0x00000000 0x00000000 0x00000000 0x00000000)'), 'nv-nvlink-errors', 'NEWER_UNIT'],
  'stage and status of RmInitAdapter': [kernel('NVRM: GPU 0000:3b:00.0: RmInitAdapter failed! (0x99:0xfff0:1)'), 'nv-rminit-failed', '(0x99:0xfff0:1)'],
  'stage of an older driver': [kernel('NVRM: RmInitAdapter failed! (0x99:0xfff0:1)'), 'nv-rminit-failed-old-driver', '(0x99:0xfff0:1)'],
  'exit code of nvidia-smi': [{ 'text/job.log': 'error running nvidia-smi: exit status 77\n' }, 'smi-exit-codes', 'exit status 77'],
  'problem code of Windows': [{ 'guest-report/guest': 'Instance ID:                PCI\\VEN_10DE&DEV_2204\nProblem Code:               61 (0x3D)\n' }, 'win-problem-code-unknown', '61 (0x3D)'],
}

for (const [name, [machine, rule, quoted]] of Object.entries(rows)) {
  t.test(name, async t => {
    const { findings } = await examine(handedIn(machine))
    const finding = findings.find(each => each.rule === rule)
    t.ok(finding, `${rule} among ${findings.map(each => each.rule).join(', ')}`)
    t.ok(finding?.evidence.some(quote => quote.text.includes(quoted)), 'the line is quoted')
    t.match(`${finding?.title}\n${finding?.text}\n${finding?.cause}`, /no words|nothing is known|no meaning|not in|does not (?:have|know)|unknown|not known/i, 'and not explained away')
  })
}
