import { textOf } from '../model/evidence.ts'
import { parser } from './parser.ts'
import { readErrorLine } from './qemu/command-line.ts'
import { draft, vmName } from './qemu/draft.ts'
import { linesOf } from './tree.ts'

const versionLine = /(?:libvirt version: |libvirtd \(libvirt\) |Using library: libvirt |Running against daemon: )(\d{1,4}(?:\.\d{1,4}){1,3})/
const vmInLine = /\(vm='([^']{1,200})'\)/

/**
 * Messages of libvirtd, virtqemud and virsh. Rules search its lines; facts are few: the version, and which function a
 * VM asked for when the daemon repeats QEMU's complaint together with the VM's name.
 *
 *     2024-03-05 18:02:10.101+0000: 812: info : libvirt version: 9.0.0, package: 9.0.0-4
 *     error: internal error: QEMU unexpectedly closed the monitor (vm='win11'): 2024-03-05T18:02:13Z qemu-system-x86_64: -device vfio-pci,host=…
 */
export default parser({
  gives: 'libvirt-log',
  parse(evidence) {
    const d = draft(evidence.id)
    for (const { text, line } of linesOf(textOf(evidence))) {
      const version = versionLine.exec(text)
      if (version) d.host.set('libvirtVersion', version[1], line)
      const vm = vmInLine.exec(text)
      if (vm) readErrorLine(d, text, line, vmName(vm[1]))
    }
    return d.contribution()
  },
})
