import { textOf } from '../model/evidence.ts'
import { readCommandLine } from './qemu/command-line.ts'
import { draft } from './qemu/draft.ts'
import { looseOptions, qemuCommands } from './qemu/words.ts'
import { parser } from './parser.ts'

/**
 * QEMU command lines: `ps` output, `/proc/PID/cmdline`, `qm showcmd`, or the script that starts a VM. Only a process
 * listing tells that a VM runs.
 *
 *        4711 libvirt+ /usr/bin/qemu-system-x86_64 -name guest=win11 -device {"driver":"vfio-pci","host":"0000:01:00.0"}
 *     qemu-system-x86_64 -machine q35,accel=kvm -device vfio-pci,host=01:00.0 \
 */
export default parser({
  gives: 'qemu-processes',
  parse(evidence) {
    const d = draft(evidence.id)
    const commands = qemuCommands(textOf(evidence))
    const loose = commands.length ? null : looseOptions(textOf(evidence))
    for (const command of loose ? [loose] : commands) readCommandLine(d, command, { cut: evidence.status === 'cut' })
    return d.contribution()
  },
})
