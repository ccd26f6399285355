import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather, moduleName, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

interface Module { readonly name: string, readonly line: number, readonly fields: Map<string, { readonly value: string, readonly line: number }> }

const field = /^([a-z_]{3,12}):\s+(\S.{0,400})$/

function modulesOf(text: string): Module[] {
  const modules: Module[] = []
  for (const { text: line, line: number } of linesOf(text)) {
    const [, key = '', value = ''] = field.exec(line) ?? []
    const file = key === 'filename' ? /(?:^|\/)([\w-]{1,64})\.ko(?:\.\w{1,4})?$/.exec(value.trim())?.[1] : undefined
    if (file !== undefined && modules.length < 200) modules.push({ name: moduleName(file), line: number, fields: new Map() })
    const fields = modules.at(-1)?.fields
    if (fields && key !== '' && !fields.has(key)) fields.set(key, { value: value.trim(), line: number })
  }
  return modules
}

/**
 * What modinfo prints of the modules on disk, one behind the other.
 *
 *     filename:       /lib/modules/6.8.0-45-generic/updates/dkms/nvidia.ko.zst
 *     version:        550.120
 *     license:        NVIDIA
 *     vermagic:       6.8.0-45-generic SMP preempt mod_unload modversions
 *     signer:         host Secure Boot Module Signature key
 */
export default parser({
  gives: 'modinfo',
  parse(evidence) {
    const host: HostDraft = {}
    const [built, unsigned] = [gather(evidence.id), gather(evidence.id)]
    const modules = modulesOf(textOf(evidence))
    for (const { name, line, fields } of modules) {
      const magic = fields.get('vermagic')
      if (magic) built.add(`${name} ${magic.value.split(' ')[0]}`, magic.line)
      // modinfo shows a signature if there is one; an excerpt of two fields would not.
      if (magic && fields.has('license') && !fields.has('signer') && !fields.has('sig_key')) unsigned.add(name, line)
      if (name !== 'nvidia') continue
      const [version, license] = [fields.get('version'), fields.get('license')]
      if (version) host.nvidiaDiskVersion = known<string>(version.value, evidence.id, version.line)
      if (license) host.nvidiaDiskKind = known<string>(/GPL/.test(license.value) ? 'open' : 'proprietary', evidence.id, license.line)
    }
    if (modules.length === 0) return {}
    return { host: { ...host, modulesBuiltFor: built.fact(), modulesUnsigned: unsigned.fact() } }
  },
})
