/** A host of the lab over its restarts: one disk, one machine at a time, and what a scenario does with it. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nextBoot, type BootEntry } from './boot-entry.ts'
import { startBox, type Box } from './box.ts'
import { packCargo } from './cargo.ts'
import type { Image } from './image.ts'
import type { Machine } from './machine.ts'
import type { Report } from './report.ts'
import type { Scenario } from './scenario.ts'
import { dropFolder, run, scratchFolder } from './tools.ts'

export interface Examined {
  readonly report: Report
  /** The snapshot on this machine. */
  readonly snapshot: string
  /** Lines of virt-host-validate that are no PASS. */
  readonly validate: readonly string[]
}

export interface Host {
  box: Box
  machine: Machine
  /** Starts the box anew with what its boot loader would start, on this machine or another. */
  restart(machine: Machine | null): Promise<void>
  /** Runs gpudoctor and virt-host-validate in the box. */
  examine(name: string): Promise<Examined>
  /** Takes the host by the shell collector as well, and as the text that people paste; gives the archive of these files. */
  takeOtherWays(): Promise<{ readonly report: Report; readonly texts: string }>
  end(): Promise<void>
}

export async function startHost(scenario: Scenario, image: Image, toolFolder: string, log: (line: string) => void): Promise<Host> {
  const folder = scratchFolder()
  const disk = join(folder, 'disk.qcow2')
  const words = scenario.kernel?.split(/\s+/) ?? []
  try {
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image.disk, '-F', 'qcow2', disk], 30)
    const cargo = await packCargo(toolFolder, `${plantArguments(words)}${scenario.before ?? ''}`, folder)
    const boot: BootEntry = { ...image.boot, arguments: [...image.boot.arguments, ...words] }
    const host: Host = {
      machine: scenario.machine,
      box: await startBox({ machine: scenario.machine, disk, cargo, boot, folder, log }),
      restart: async machine => {
        host.machine = machine ?? host.machine
        const next = await nextBoot(host.box, image.boot.kernel, folder)
        await host.box.powerOff()
        host.box = await startBox({ machine: host.machine, disk, boot: next, folder, log })
      },
      examine: name => examine(host.box, folder, name),
      takeOtherWays: () => takeOtherWays(host.box, folder),
      end: async () => {
        await host.box.stop()
        dropFolder(folder)
      },
    }
    return host
  } catch (error) {
    dropFolder(folder)
    throw error
  }
}

/** Puts the words where the boot loader has them, as if they had been there at the last update-grub. */
const plantArguments = (words: readonly string[]): string => (words.length === 0 ? '' : [
  `sed -i 's|^GRUB_CMDLINE_LINUX_DEFAULT="quiet"|GRUB_CMDLINE_LINUX_DEFAULT="quiet ${words.join(' ')}"|' /etc/default/grub`,
  `sed -i '/^[[:space:]]*linux[[:space:]]/ { /recovery/! s|quiet|quiet ${words.join(' ')}| }' /boot/grub/grub.cfg`, '',
].join('\n'))

async function examine(box: Box, folder: string, name: string): Promise<Examined> {
  await box.run('node /opt/gpudoctor/bin/gpudoctor.js --patience 20 --json --save /run/lab/host.tar.gz --fail-on never >/run/lab/report.json', 180)
  const snapshot = join(folder, `${name}.tar.gz`)
  copyFileSync(join(box.share, 'host.tar.gz'), snapshot)
  const { output } = await box.attempt('virt-host-validate qemu', 60)
  const validate = output.split('\n').map(line => line.trim().replace(/\s{2,}:/, ':')).filter(line => /: (?:WARN|FAIL)/.test(line))
  return { report: JSON.parse(readFileSync(join(box.share, 'report.json'), 'utf8')) as Report, snapshot, validate }
}

async function takeOtherWays(box: Box, folder: string): Promise<{ readonly report: Report; readonly texts: string }> {
  const gpudoctor = 'node /opt/gpudoctor/bin/gpudoctor.js'
  await box.run(`set -e
mkdir -p /tmp/ways
lspci -nnvvvxxxx >/tmp/ways/lspci.txt
dmesg >/tmp/ways/dmesg.txt
${gpudoctor} collect --script linux >/tmp/collect.sh
rm -f /tmp/ways/script.txt
sh /tmp/collect.sh /tmp/ways/script.txt
${gpudoctor} replay --json --fail-on never /tmp/ways/script.txt >/run/lab/script.json
tar -C /tmp/ways -czf /run/lab/texts.tar.gz lspci.txt dmesg.txt script.txt`, 300)
  const texts = join(folder, 'texts.tar.gz')
  copyFileSync(join(box.share, 'texts.tar.gz'), texts)
  return { report: JSON.parse(readFileSync(join(box.share, 'script.json'), 'utf8')) as Report, texts }
}
