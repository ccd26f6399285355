import { textOf, type Evidence } from '../model/evidence.ts'
import { gather, type HostDraft } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

const escapes = /\u001b\[[\d;]{0,12}m/g
/** What connects two GPUs, from the legend of `nvidia-smi topo -m`. */
const connection = /^(?:NV\d{1,2}|PIX|PXB|PHB|NODE|SYS)$/
const mostGpus = 64

/**
 * `nvidia-smi nvlink -s`, `nvidia-smi nvlink -e` and `nvidia-smi topo -m`: links that are down on a host that uses NVLink, errors that they
 * counted, and what connects each two GPUs.
 *
 *     GPU 0: NVIDIA H100 80GB HBM3
 *     	 Link 0: 26.562 GB/s
 *     	 Link 1: <inactive>
 *     	 Link 0: CRC Errors: 14
 */
export default parser({
  gives: 'nvidia-links',
  parse(evidence: Evidence) {
    const down = gather(evidence.id)
    const pairs = gather(evidence.id)
    const errors = gather(evidence.id)
    let counted = false
    let [gpu, active, matrix] = ['', 0, false]
    let names: readonly string[] = []
    for (const { text: raw, line } of linesOf(textOf(evidence))) {
      const text = raw.slice(0, 2000).replace(escapes, '')
      gpu = /^GPU (\d{1,3}): /.exec(text)?.[1] ?? gpu
      const [, link, state = ''] = /^\s{1,8}Link (\d{1,3}): (<inactive>|[\d.]{1,12} GB\/s)/.exec(text) ?? []
      if (link !== undefined && gpu !== '') {
        if (state === '<inactive>') down.add(`GPU ${gpu} link ${link}`, line)
        else active++
      }
      const [, at, what = '', count = ''] = /^\s{1,8}Link (\d{1,3}): (Replay|Recovery|CRC) Errors: (\d{1,15})$/.exec(text.trimEnd()) ?? []
      if (at !== undefined && gpu !== '') {
        counted = true
        if (Number(count) > 0) errors.add(`GPU ${gpu} link ${at} ${what} ${count}`, line)
      }
      const cells = text.split('\t').map(cell => cell.trim())
      if (cells[0] === '' && cells[1] === 'GPU0') [names, matrix] = [cells.slice(1), true]
      if (!/^GPU\d{1,3}$/.test(cells[0] ?? '')) continue
      const own = names.indexOf(cells[0] ?? '')
      for (let at = own + 1; own >= 0 && at < Math.min(names.length, mostGpus); at++) {
        const kind = cells[at + 1] ?? ''
        if (/^GPU\d{1,3}$/.test(names[at] ?? '') && connection.test(kind)) pairs.add(`${cells[0]} ${names[at]} ${kind}`, line)
      }
    }
    const host: HostDraft = {}
    // Where no link is up NVLink is not in use: no bridge is fitted, or none can be.
    if (gpu !== '' && active + down.size > 0) host.nvLinksDown = active > 0 ? down.fact() : gather(evidence.id).fact()
    if (counted) host.nvLinkErrors = errors.fact()
    if (matrix) host.gpuConnections = pairs.fact()
    return { host }
  },
})
