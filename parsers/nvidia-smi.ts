import type { Bdf } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts, HostFacts } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { nvidiaAddress } from './nvidia/address.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const driverVersion = /(?:Driver Version\s*:\s*|<driver_version>)(\d{1,4}(?:\.\d{1,4}){1,3})/
const libraryVersion = /NVML library version:\s*(\d{1,4}(?:\.\d{1,4}){0,3})/
/** Sentences with which it gives up, wherever they stand in a line. */
const giveUp = /NVIDIA-SMI has failed because.{0,200}|No devices were found|Failed to initialize NVML: .{1,120}|Unable to determine the device handle for .{1,120}|NVIDIA-SMI couldn't find .{1,120}|nvidia-smi: (?:command )?not found/i
/** `GPU 00000000:01:00.0` of -q, `<gpu id="…">` of -q -x. */
const section = /^(?:GPU |\s*<gpu id=")([0-9A-Fa-f]{8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])/
/** The bus column of the table. */
const tableRow = /^\|.{0,60}\|\s*([0-9A-Fa-f]{8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])\s/
const field = /^\s*(?:([A-Za-z][\w ./()-]{0,60}?)\s*:|<(\w{1,60})>)\s*(.{0,200}?)(?:<\/\w{1,60}>)?$/
const fields = new Map<string, 'nvidiaVbios' | 'nvidiaFirmware' | 'nvidiaVirtualization'>([
  ['VBIOS Version', 'nvidiaVbios'], ['vbios_version', 'nvidiaVbios'],
  ['GSP Firmware Version', 'nvidiaFirmware'], ['gsp_firmware_version', 'nvidiaFirmware'],
  ['Virtualization Mode', 'nvidiaVirtualization'], ['virtualization_mode', 'nvidiaVirtualization'],
])
const unreadable = /ERR!|\[?Unknown Error\]?|\[?GPU is lost\]?/

/**
 * What nvidia-smi printed: its table, `-q`, `-q -x`, `-L`, or why it gave up.
 *
 *     | NVIDIA-SMI 550.54.14              Driver Version: 550.54.14      CUDA Version: 12.4     |
 *     |   0  NVIDIA GeForce RTX 3090        Off |   00000000:01:00.0 Off |                  N/A |
 *     GPU 00000000:01:00.0
 *         VBIOS Version                         : 94.02.26.08.a9
 */
export default parser({
  gives: 'nvidia-smi',
  parse(evidence) {
    const host: HostFacts = {}
    const gpus = gather(evidence.id)
    const functions = new Map<Bdf, FunctionFacts>()
    let current: { bdf: Bdf, facts: FunctionFacts } | null = null
    let listed = 0

    const open = (address: string, line: number) => {
      const bdf = nvidiaAddress(address)
      if (!bdf) return
      gpus.add(bdf, line)
      const facts = functions.get(bdf) ?? {}
      if (functions.size < 1000) functions.set(bdf, facts)
      current = { bdf, facts }
    }
    for (const { text, line } of linesOf(textOf(evidence))) {
      const version = driverVersion.exec(text)
      if (version?.[1]) host.nvidiaDriverVersion = known(version[1], evidence.id, line)
      const library = libraryVersion.exec(text)
      if (library?.[1]) host.nvidiaLibraryVersion = known(library[1], evidence.id, line)
      const error = giveUp.exec(text)
      if (error && !host.nvidiaSmiError) host.nvidiaSmiError = known(error[0].trim(), evidence.id, line)
      if (/^GPU \d+: .{1,120}\(UUID: /.test(text)) listed = listed || line
      const opened = section.exec(text) ?? tableRow.exec(text)
      if (opened) open(opened[1] ?? '', line)
      const facts: FunctionFacts | undefined = (current as { facts: FunctionFacts } | null)?.facts
      if (!facts) continue
      const parts = field.exec(text)
      const key = fields.get(parts?.[1] ?? parts?.[2] ?? '')
      const value = parts?.[3]?.trim() ?? ''
      if (key && value !== '') facts[key] = known(/^\[?N\/A\]?$|^\?\?|Not Supported/.test(value) ? (key === 'nvidiaVirtualization' ? 'None' : null) : value, evidence.id, line)
      const bad = unreadable.exec(text)
      if (bad && (facts.nvidiaErrors?.value?.length ?? 0) < 20) {
        facts.nvidiaErrors = known([...(facts.nvidiaErrors?.value ?? []), parts?.[1] ?? bad[0]], evidence.id, line)
      }
    }
    if (gpus.size) host.nvidiaGpus = gpus.fact()
    const first = gpus.size ? gpus.fact().at[0]?.where ?? 1 : listed
    if (first && !host.nvidiaSmiError) host.nvidiaSmiError = known<string>(null, evidence.id, first)
    return {
      ...(Object.keys(host).length ? { host } : {}),
      ...(functions.size ? { functions: Object.fromEntries(functions) } : {}),
    }
  },
})
