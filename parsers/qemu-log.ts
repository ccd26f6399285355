import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import { readCommandLine, readErrorLine } from './qemu/command-line.ts'
import { draft, nameFromEvidence, vmName } from './qemu/draft.ts'
import { optionsOf, properties } from './qemu/options.ts'
import { qemuCommands, type QemuCommand } from './qemu/words.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const startingUp = /(?:^|: )starting up(?: libvirt version: (\d{1,4}(?:\.\d{1,4}){1,3}))?/
const qemuVersion = /qemu version: (\d{1,4}(?:\.\d{1,4}){1,3})/
const shuttingDown = /(?:^|: )shutting down(?:, reason=(\w{1,40}))?/
const tainted = /Domain id=\d+ is tainted: ([\w-]{1,60})/

/** Functions that complaints of VFIO name: `vfio 0000:01:00.0: …`, `vfio_region_write(0000:01:00.0:region0+…`, `Cannot reset device 0000:01:00.0, …`. */
const complaint = /(?:^|[ (])([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7])(?:[:,) ]|$)/

interface Start { readonly offset: number, readonly line: number, readonly text: string }

/** Where the last start in the log begins: everything before it is history. */
function lastStart(body: string): Start | null {
  const marker = body.lastIndexOf(': starting up')
  const at = marker >= 0 ? marker : body.startsWith('starting up') ? 0 : -1
  if (at < 0) return null
  const offset = body.lastIndexOf('\n', at) + 1
  let line = 1
  for (let n = body.indexOf('\n'); n >= 0 && n < offset; n = body.indexOf('\n', n + 1)) line++
  const end = body.indexOf('\n', offset)
  return { offset, line, text: body.slice(offset, Math.min(end < 0 ? body.length : end, offset + 4096)) }
}

/** The last command of each VM: a log of one VM may hold many starts, a paste one of several VMs. */
function lastOfEach(commands: readonly QemuCommand[]): QemuCommand[] {
  const byName = new Map<string, QemuCommand>()
  for (const command of commands) {
    const naming = optionsOf(command).find(o => o.name === 'name')
    byName.set(naming ? properties(naming.value, 'guest').get('guest') ?? '' : '', command)
  }
  return [...byName.values()]
}

/**
 * A QEMU log of libvirt, or what QEMU and `qm start` printed to a terminal. Only the last start counts.
 *
 *     2024-03-05 18:02:11.377+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4, qemu version: 7.2.9, kernel: 6.1.0-18-amd64, hostname: aster
 *     LC_ALL=C \
 *     /usr/bin/qemu-system-x86_64 \
 *     -name guest=win11,debug-threads=on \
 *     …
 *     2024-03-05 18:40:59.120+0000: shutting down, reason=destroyed
 */
export default parser({
  gives: 'qemu-log',
  parse(evidence) {
    const d = draft(evidence.id)
    const body = textOf(evidence)
    const start = lastStart(body)
    const cut = evidence.status === 'cut'
    const commands = qemuCommands(body.slice(start?.offset ?? 0), start?.line ?? 1)
    let name = vmName(nameFromEvidence(evidence.id))
    for (const command of start ? commands.slice(0, 1) : lastOfEach(commands)) name = readCommandLine(d, { ...command, running: false }, { cut, ...(start ? { startedBy: 'libvirt' } : {}) })

    const version = qemuVersion.exec(start?.text ?? '')
    const libvirt = startingUp.exec(start?.text ?? '')?.[1]
    if (start) {
      const vm = d.vm(name)
      vm.set('name', name, start.line)
      vm.set('qemuVersion', version?.[1], start.line)
      d.host.set('libvirtVersion', libvirt, start.line)
      vm.set('stopReason', null, start.line)
    }
    const taints: string[] = []
    const named: Record<Bdf, FunctionFacts> = {}
    for (const { text, line } of linesOf(body.slice(start?.offset ?? 0))) {
      const at = line + (start?.line ?? 1) - 1
      readErrorLine(d, text, at, name)
      const bdf = bdfFromText(/vfio|mmap/.test(text) ? complaint.exec(text)?.[1] ?? '' : '')
      if (bdf && Object.keys(named).length < 256) named[bdf] ??= { bdf: known(bdf, evidence.id, at) }
      const stop = start ? shuttingDown.exec(text) : null
      if (stop) d.vm(name).set('stopReason', stop[1] ?? 'unknown', at)
      const taint = tainted.exec(text)
      if (taint?.[1] && taints.length < 20 && !taints.includes(taint[1])) {
        taints.push(taint[1])
        d.vm(name).set('taints', [...taints], at)
      }
    }
    return { ...d.contribution(), ...(Object.keys(named).length > 0 && { functions: named }) }
  },
})
