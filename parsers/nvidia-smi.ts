import type { Bdf } from '../model/bdf.ts'
import { textOf, type EvidenceId } from '../model/evidence.ts'
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
/** Its last column: uncorrectable errors since the driver was loaded; rows below it, the MIG mode, with a star while another one waits for a reset. */
const tableEcc = /\|\s*(\d{1,10})\s*\|\s*$/
const tableMig = /\|\s*((?:Enabled|Disabled)\*?)\s*\|\s*$/
const field = /^\s*(?:([A-Za-z][\w ./()-]{0,60}?)\s*:|<(\w{1,60})>)\s*(.{0,200}?)(?:<\/\w{1,60}>)?$/
const fields = new Map<string, 'nvidiaVbios' | 'nvidiaFirmware' | 'nvidiaVirtualization'>([
  ['VBIOS Version', 'nvidiaVbios'], ['vbios_version', 'nvidiaVbios'],
  ['GSP Firmware Version', 'nvidiaFirmware'], ['gsp_firmware_version', 'nvidiaFirmware'],
  ['Virtualization Mode', 'nvidiaVirtualization'], ['virtualization_mode', 'nvidiaVirtualization'],
])
const slowdowns = [['SW Thermal Slowdown', 'sw_thermal_slowdown'], ['HW Thermal Slowdown', 'hw_thermal_slowdown'], ['HW Power Brake Slowdown', 'hw_power_brake_slowdown']] as const
/** Settings and states that tell of trouble or of a change that waits, by heading and field of -q or tags of -q -x. */
const states = new Map<string, string>([
  ['/Persistence Mode', 'Persistence Mode'], ['/persistence_mode', 'Persistence Mode'],
  ['MIG Mode/Current', 'MIG Mode/Current'], ['mig_mode/current_mig', 'MIG Mode/Current'],
  ['MIG Mode/Pending', 'MIG Mode/Pending'], ['mig_mode/pending_mig', 'MIG Mode/Pending'],
  ['MIG Device/Index', 'MIG Device'], ['mig_device/index', 'MIG Device'],
  ['ECC Mode/Current', 'ECC Mode/Current'], ['ecc_mode/current_ecc', 'ECC Mode/Current'],
  ['ECC Mode/Pending', 'ECC Mode/Pending'], ['ecc_mode/pending_ecc', 'ECC Mode/Pending'],
  ['ECC Errors/SRAM Threshold Exceeded', 'SRAM Threshold Exceeded'], ['aggregate/sram_threshold_exceeded', 'SRAM Threshold Exceeded'],
  ['Remapped Rows/Pending', 'Remapped Rows/Pending'], ['remapped_rows/remapped_row_pending', 'Remapped Rows/Pending'],
  ['Remapped Rows/Remapping Failure Occurred', 'Remapped Rows/Failure'], ['remapped_rows/remapped_row_failure', 'Remapped Rows/Failure'],
  ['Retired Pages/Single Bit ECC', 'Retired Pages/Single Bit'], ['multiple_single_bit_retirement/retired_count', 'Retired Pages/Single Bit'],
  ['Retired Pages/Double Bit ECC', 'Retired Pages/Double Bit'], ['double_bit_retirement/retired_count', 'Retired Pages/Double Bit'],
  ['Retired Pages/Pending Page Blacklist', 'Retired Pages/Pending'], ['Retired Pages/Pending Retirement', 'Retired Pages/Pending'], ['double_bit_retirement/pending_retirement', 'Retired Pages/Pending'],
  ['Fabric/State', 'Fabric/State'], ['fabric/state', 'Fabric/State'],
  ['Fabric/Status', 'Fabric/Status'], ['fabric/status', 'Fabric/Status'],
  ['vGPU Software Licensed Product/License Status', 'License Status'], ['vgpu_software_licensed_product/license_status', 'License Status'],
  ['BAR1 Memory Usage/Total', 'BAR1'], ['bar1_memory_usage/total', 'BAR1'],
  ...['Event', 'Throttle'].flatMap(word => slowdowns.map(([text]): [string, string] => [`Clocks ${word} Reasons/${text}`, text])),
  ...['event', 'throttle'].flatMap(word => slowdowns.map(([text, tag]): [string, string] => [`clocks_${word}_reasons/clocks_${word}_reason_${tag}`, text])),
])
/** Indent of a heading in -q; its fields stand deeper. */
const headingIndent = 4

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
    let heading = ''

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
      if (opened) {
        open(opened[1] ?? '', line)
        heading = ''
      }
      const facts: FunctionFacts | undefined = (current as { facts: FunctionFacts } | null)?.facts
      if (!facts) continue
      const ecc = opened && text.startsWith('|') ? tableEcc.exec(text)?.[1] : undefined
      if (ecc !== undefined) addState(facts, 'Volatile Uncorr. ECC', ecc, evidence.id, line)
      const mig = text.startsWith('|') ? tableMig.exec(text)?.[1] : undefined
      if (mig?.endsWith('*')) addState(facts, 'MIG M.', mig, evidence.id, line)
      heading = headingOf(text) ?? heading
      const parts = field.exec(text)
      const key = fields.get(parts?.[1] ?? parts?.[2] ?? '')
      const value = parts?.[3]?.trim() ?? ''
      if (key && value !== '') facts[key] = known(/^\[?N\/A\]?$|^\?\?|Not Supported/.test(value) ? (key === 'nvidiaVirtualization' ? 'None' : null) : value, evidence.id, line)
      const state = states.get(`${heading}/${parts?.[1] ?? parts?.[2] ?? ''}`)
      if (state && !/^(?:\[?N\/A\]?)?$/.test(value)) addState(facts, state, value, evidence.id, line)
      const bad = unreadable.exec(text)
      if (bad && (facts.nvidiaErrors?.value?.length ?? 0) < 20) {
        const before = facts.nvidiaErrors?.value ?? []
        const field = parts?.[1] ?? parts?.[2] ?? bad[0]
        // The same field may come as text and again as XML.
        if (!before.some(other => sameField(other, field))) facts.nvidiaErrors = known([...before, field], evidence.id, line)
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

const sameField = (a: string, b: string): boolean => a.toLowerCase().replace(/[^a-z0-9]/g, '') === b.toLowerCase().replace(/[^a-z0-9]/g, '')

/** The heading that begins with this line; '' where a field of the GPU itself ends the one before; null: neither. */
function headingOf(text: string): string | null {
  const tag = /^\s*<(\w{1,60})>\s*$/.exec(text)?.[1]
  if (tag) return tag
  if (/^\s*<\/\w{1,60}>\s*$/.test(text) || text.search(/\S/) !== headingIndent) return /^\t\t<\w{1,60}>./.test(text) ? '' : null
  return text.includes(':') ? '' : text.trim().slice(0, 60)
}

/** Most different states kept of one GPU: a MIG device each gives one. */
const mostStates = 60

function addState(facts: FunctionFacts, state: string, value: string, evidence: EvidenceId, line: number): void {
  const before = facts.nvidiaStates
  const text = `${state}=${value}`
  if ((before?.value?.length ?? 0) >= mostStates || before?.value?.includes(text)) return
  facts.nvidiaStates = { value: [...(before?.value ?? []), text], at: [...(before?.at ?? []), { evidence, where: line }] }
}
