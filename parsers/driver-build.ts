import { textOf } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { readTree } from './tree.ts'

/** `module/version, kernel, architecture: state`; before DKMS 3 `module, version, kernel, …`; without kernel: only added. */
const state = /^([\w.+-]{1,80})(?:\/|, )([\w.+:~-]{1,80}?)(?:, ([\w.+~-]{1,80}), \w{1,20})?: (added|built|installed)\b/
const moduleFile = /^(?:\/usr)?\/lib\/modules\/[\w.+~-]{1,80}\/[\w./+-]{0,200}\/nvidia\.ko(?:\.\w{1,4})?$/

/**
 * `dkms status`, and where `nvidia.ko` lies. The logs of failed builds in the same piece are for rules to search.
 *
 *     nvidia/550.163.01, 6.12.9-amd64, x86_64: installed
 *     nvidia, 470.256.02, 5.10.0-28-amd64, x86_64: installed
 *     vendor-reset/0.1.1: added
 *     /lib/modules/6.12.9-amd64/updates/dkms/nvidia.ko.xz
 */
export default parser({
  gives: 'driver-build',
  parse(evidence) {
    const modules = gather(evidence.id)
    const files = gather(evidence.id)
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=' || modules.size > 1000 || files.size > 1000) continue
      // `nvidia/550.163.01: added` looks like a line of the file nvidia/550.163.01.
      const [, name, version, kernel, reached] = state.exec(text) ?? state.exec(`${path}:${text}`) ?? []
      if (name && version && reached) modules.add([`${name}/${version}`, kernel ?? '-', reached].join(' '), line)
      if (moduleFile.test(text.trim())) files.add(text.trim(), line)
    }
    const whole = evidence.takenAt !== undefined && evidence.status === 'ok'
    const host = { ...(modules.size || whole ? { dkmsModules: modules.fact() } : {}), ...(files.size || whole ? { nvidiaModulePaths: files.fact() } : {}) }
    return Object.keys(host).length ? { host } : {}
  },
})
