import { textOf } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { linesOf } from './tree.ts'

/**
 * `systemctl show` of several units: a block of properties each, an empty line between.
 *
 *     Id=nvidia-fabricmanager.service
 *     LoadState=loaded
 *     ActiveState=failed
 *     UnitFileState=enabled
 */
export default parser({
  gives: 'services',
  parse(evidence) {
    const services = gather(evidence.id)
    let unit = new Map<string, string>()
    let at = 0
    const close = () => {
      const [id, load, active, file] = ['Id', 'LoadState', 'ActiveState', 'UnitFileState'].map(key => unit.get(key))
      if (id && load && services.size < 500) services.add(`${id.replace(/\.service$/, '')} ${load === 'not-found' ? 'absent' : active || 'unknown'} ${file || '-'}`, at)
      unit = new Map()
    }
    for (const { text, line } of linesOf(textOf(evidence))) {
      const [, key = '', value = ''] = /^(Id|LoadState|ActiveState|UnitFileState)=([\w.@:-]{0,100})$/.exec(text) ?? []
      if (text.trim() === '' || unit.has(key)) close()
      if (key === '') continue
      unit.set(key, value)
      if (key === 'Id') at = line
    }
    close()
    return services.size > 0 ? { host: { services: services.fact() } } : {}
  },
})
