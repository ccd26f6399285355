import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** The file a library of the driver was of when the CDI specification was written: `libcuda.so.550.54.15`. */
const library = /libnvidia-ml\.so\.(\d{3}\.\d{1,4}(?:\.\d{1,4})?)\b|libcuda\.so\.(\d{3}\.\d{1,4}(?:\.\d{1,4})?)\b/
const engines: readonly (readonly [RegExp, string])[] = [[/\/docker\/|daemon\.json/, 'docker'], [/containerd/, 'containerd'], [/crio/, 'crio']]

/**
 * Settings of container engines and of NVIDIA's toolkit, CDI specifications, and what `docker info` says of runtimes.
 *
 *     /etc/docker/daemon.json<TAB>=        "nvidia": {
 *     /var/run/cdi/nvidia.yaml<TAB>=  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15
 *     /etc/nvidia-container-runtime/config.toml<TAB>=no-cgroups = true
 *      Runtimes: io.containerd.runc.v2 nvidia runc
 */
export default parser({
  gives: 'container-toolkit',
  parse(evidence) {
    const host: HostDraft = {}
    const [runtimes, devices] = [gather(evidence.id), gather(evidence.id)]
    let looked = false
    let kind = ''
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark === '/' && /docker|containerd|crio|cdi|nvidia-container/.test(path)) looked = true
      if (mark !== '=') continue
      const engine = engines.find(([at]) => at.test(path))?.[1] ?? 'docker'
      if (/^\s*"nvidia(?:-\w{1,20})?"\s*:\s*\{/.test(text) || /runtimes\.["']?nvidia(?:-\w{1,20})?["']?\]\s*$/.test(text)) runtimes.add(`${engine} nvidia`, line)
      const listed = /^\s*Runtimes:\s+(\S.{0,200})$/.exec(text)?.[1]
      if (listed !== undefined) for (const name of listed.split(/\s+/)) runtimes.add(`docker ${name}`, line)
      kind = /^\s*"?kind"?:\s*"?([\w.-]+\/[\w.-]+)"?,?\s*$/.exec(text)?.[1] ?? kind
      const name = /^\s*(?:- )?"?name"?:\s*"?([\w.:-]{1,80})"?,?\s*$/.exec(text)?.[1]
      if (kind !== '' && name !== undefined && /cdi|^$/.test(path)) devices.add(`${kind}=${name}`, line)
      const [, ml, cuda] = library.exec(text) ?? []
      if (ml ?? cuda) host.cdiDriverVersion ??= known<string>(ml ?? cuda ?? null, evidence.id, line)
      const cgroups = /^\s*no-cgroups\s*=\s*(true|false)/.exec(text)?.[1]
      if (cgroups !== undefined) host.containerNoCgroups = known(cgroups === 'true', evidence.id, line)
      const toolkit = /^NVIDIA Container Toolkit CLI version (\d[\w.~-]{0,40})/.exec(text)?.[1]
      if (toolkit !== undefined) host.nvidiaToolkitVersion = known<string>(toolkit, evidence.id, line)
    }
    const whole = looked && evidence.takenAt !== undefined && evidence.status === 'ok'
    if (runtimes.size > 0 || whole) host.containerRuntimes = runtimes.fact()
    if (devices.size > 0 || whole) host.cdiDevices = devices.fact()
    return Object.keys(host).length > 0 ? { host } : {}
  },
})
