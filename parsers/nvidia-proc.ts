import type { Bdf } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts, HostFacts } from '../model/snapshot.ts'
import { gather } from './gather.ts'
import { nvidiaAddress } from './nvidia/address.ts'
import { parser } from './parser.ts'
import { baseName, isTree, readTree } from './tree.ts'

const moduleVersion = /^NVRM version: .{0,60}?Kernel Module.{0,40}?\s(\d{1,4}(?:\.\d{1,4}){1,3})\s/
const keyValue = /^([A-Za-z][\w ]{0,60}):\s*(.{0,400})$/

/**
 * The NVIDIA driver's files below /proc/driver/nvidia. They answer where nvidia-smi hangs or fails.
 *
 *     /proc/driver/nvidia/version<TAB>=NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.113.01  Tue Sep 12 19:41:24 UTC 2023
 *     /proc/driver/nvidia/gpus/0000:01:00.0/information<TAB>=Video BIOS: <TAB> 94.02.26.08.a9
 *     /proc/driver/nvidia/params<TAB>=EnableGpuFirmware: 18
 */
export default parser({
  gives: 'nvidia-proc',
  parse(evidence) {
    const body = textOf(evidence)
    const host: HostFacts = {}
    const functions = new Map<Bdf, FunctionFacts>()
    const [gpus, params, warnings] = [gather(evidence.id), gather(evidence.id), gather(evidence.id)]
    // The text of one `information` file without its path names its GPU only after some of its fields.
    let nameless: FunctionFacts = {}
    for (const { path, mark, text, line } of readTree(body)) {
      const gpu = /\/gpus\/([^/]{1,20})(?:\/|$)/.exec(path)
      const bdf = gpu ? nvidiaAddress(gpu[1] ?? '') : null
      if (bdf) {
        gpus.add(bdf, line)
        if (!functions.has(bdf) && functions.size < 1000) functions.set(bdf, {})
      }
      if (/\/warnings\/[^/]+$/.test(path) && baseName(path) !== 'README') warnings.add(baseName(path), line)
      if (mark !== '=') continue
      const version = moduleVersion.exec(text)
      if (version?.[1]) {
        host.nvidiaDriverVersion = known(version[1], evidence.id, line)
        host.nvidiaModuleKind = known(/Open Kernel Module/.test(text) ? 'open' : 'proprietary', evidence.id, line)
      }
      const parts = keyValue.exec(text)
      const [key, value] = [parts?.[1] ?? '', parts?.[2]?.trim() ?? '']
      if (baseName(path) === 'params' && parts && params.size < 500) params.add(`${key}=${value}`, line)
      if (key === 'Model' && !bdf) nameless = {}
      const located = key === 'Bus Location' && !bdf ? nvidiaAddress(value) : null
      if (located && functions.size < 1000) {
        gpus.add(located, line)
        functions.set(located, { ...nameless, ...functions.get(located) })
        nameless = functions.get(located) ?? {}
      }
      const facts = bdf ? functions.get(bdf) : nameless
      if (facts && key === 'Video BIOS') facts.nvidiaVbios = known(value.startsWith('??') ? null : value, evidence.id, line)
      if (facts && key === 'Device Minor' && /^\d{1,4}$/.test(value)) facts.nodes = known([`/dev/nvidia${value}`], evidence.id, line)
      if (facts && key === 'GPU Firmware') facts.nvidiaFirmware = known(/^N\/A/.test(value) ? null : value, evidence.id, line)
    }
    if (gpus.size) host.nvidiaGpus = gpus.fact()
    if (params.size) host.nvidiaParams = params.fact()
    if (warnings.size || (isTree(body) && host.nvidiaDriverVersion)) host.nvidiaWarnings = warnings.fact()
    return {
      ...(Object.keys(host).length ? { host } : {}),
      ...(functions.size ? { functions: Object.fromEntries(functions) } : {}),
    }
  },
})
