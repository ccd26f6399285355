import { bdfFromText, type Bdf } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { FunctionFacts } from '../model/snapshot.ts'
import type { Draft } from './draft.ts'
import type { HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { yamlValues, type YamlValue } from './yaml-values.ts'

/** Spellings changed between releases: compared without case and signs. */
const plain = (key: string | undefined): string => (key ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')
const isAddress = (path: readonly string[]): boolean => ['bdf', 'pcibus', 'pcibdf'].includes(plain(path.at(-1)))
const said = (value: string): boolean => !/^(?:n\/?a|none|null|)$/i.test(value.trim())

/**
 * The JSON of amd-smi and rocm-smi, several of them one behind the other, with warnings between.
 *
 *     [ { "gpu": 0, "asic": { "target_graphics_version": "gfx1100" }, "bus": { "bdf": "0000:03:00.0" }, … } ]
 *     {"card0": {"PCI Bus": "0000:03:00.0", "GFX Version": "gfx1100", "VRAM Total Memory (B)": "25753026560"}}
 */
export default parser({
  gives: 'amd-smi',
  parse(evidence) {
    const host: HostDraft = {}
    const functions: Record<Bdf, Draft<FunctionFacts>> = {}
    let line = 0
    for (const text of jsonTexts(textOf(evidence))) {
      const values = [...yamlValues(text.body)].map(one => ({ ...one, line: one.line + text.firstLine - 1 }))
      // A GPU is the object around its address: the address itself, or the `bus` it stands in.
      const gpus = values.flatMap(({ path, value }) => {
        const bdf = isAddress(path) ? bdfFromText(value) : null
        const depth = plain(path.at(-2)) === 'bus' || plain(path.at(-2)) === 'asic' ? 2 : 1
        return bdf === null ? [] : [{ bdf, prefix: `${path.slice(0, path.length - depth).join('\0')}\0` }]
      }).slice(0, 256)
      const units = new Map(values.filter(({ path }) => path.at(-1) === 'unit').map(({ path, value }) => [path.slice(0, -1).join('\0'), value]))
      for (const one of values) {
        line ||= one.line
        const path = `${one.path.join('\0')}\0`
        const gpu = gpus.find(({ prefix }) => prefix !== '\0' && path.startsWith(prefix))
        if (gpu) readGpu((functions[gpu.bdf] ??= {}), one, units.get(one.path.slice(0, -1).join('\0')), evidence.id)
        const key = plain(one.path.at(-1))
        if (key === 'rocmversion' && said(one.value)) host.rocmVersion = known(one.value, evidence.id, one.line)
        if ((key === 'driverversion' || key === 'amdgpuversion' || (key === 'version' && plain(one.path.at(-2)) === 'driver')) && said(one.value)) host.amdDriverVersion = known(one.value, evidence.id, one.line)
      }
    }
    return { ...(Object.keys(host).length > 0 ? { host } : {}), ...(Object.keys(functions).length > 0 ? { functions } : {}) }
  },
})

function readGpu(fn: Draft<FunctionFacts>, { path, value, line }: YamlValue, unit: string | undefined, id: Parameters<typeof known>[1]): void {
  const [key, above] = [plain(path.at(-1)), plain(path.at(-2))]
  const gfx = /^gfx[0-9a-f]{3,5}/i.exec(value)?.[0]
  if ((key === 'targetgraphicsversion' || key === 'gfxversion') && gfx) fn.gfxTarget = known(gfx.toLowerCase(), id, line)
  if (key === 'vramtotalmemoryb' && /^\d{1,16}$/.test(value)) fn.vramMiB = known(Math.round(Number(value) / 2 ** 20), id, line)
  if (above === 'size' && key === 'value' && plain(path.at(-3)) === 'vram' && /^\d{1,9}$/.test(value)) {
    if (unit === 'MB') fn.vramMiB = known(Number(value), id, line)
  }
  if ((key === 'vbiosversion' || (above === 'vbios' && (key === 'partnumber' || key === 'version'))) && said(value)) fn.amdVbios ??= known(value.slice(0, 80), id, line)
}

/** The JSON texts in a text: each begins with a line `[` or `{` and goes as far as JSON of it can be read. */
function jsonTexts(text: string): { readonly body: string, readonly firstLine: number }[] {
  const found: { body: string, firstLine: number }[] = []
  const starts = [...text.slice(0, 1 << 20).matchAll(/^[[{]/gm)].map(match => match.index).slice(0, 24)
  let until = 0
  for (const [n, start] of starts.entries()) {
    if (start < until) continue
    const ends = [...starts.slice(n + 1, n + 5), text.length]
    for (const end of ends) {
      const body = text.slice(start, Math.max(text.lastIndexOf('}', end - 1), text.lastIndexOf(']', end - 1)) + 1)
      if (!isJson(body)) continue
      found.push({ body, firstLine: text.slice(0, start).split('\n').length })
      until = end
      break
    }
  }
  return found
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
