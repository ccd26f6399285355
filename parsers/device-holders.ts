import { textOf, type Evidence } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { isTree, readTree } from './tree.ts'

const node = /^\/dev\/(?:nvidia[\w-]*(?:\/[\w-]+)?|dri\/(?:card|renderD)\d+|kfd|vfio\/(?:devices\/)?[\w-]+|fb\d+|kvmfr\d+)$/
/** `/dev/dri/card0:        root       1187 F...m Xorg`; psmisc leaves the node out where it is the one above. */
const fuser = /^(?:(\/dev\/\S+?):)?\s+(\S+)\s+(\d{1,10})\s+([FfcermxX.]{5,6})\s+(\S.{0,60})$/
/** `/dev/nvidia0:         1187m  2300m` of fuser without -v. */
const fuserPlain = /^(\/dev\/\S+?):((?:\s+\d{1,10}[cefFrmx]{0,4})+)\s*$/
/** `Xorg    1187 root   13u   CHR  226,0      0t0  560 /dev/dri/card0`; with -n a thread stands between. */
const lsof = /^(\S{1,40})\s+(\d{1,10})(?:\s+\d{1,10}\s+\S{1,40})?\s+\S{1,64}\s+(?:\d{1,7}[a-zA-Z]{0,3}|mem|DEL)\s+CHR\s+\S+\s(?:.*\s)?(\/dev\/\S+)$/

/** More processes than any host has on its GPUs. */
const most = 2000

/**
 * Who has GPUs and VFIO groups open: links below /proc/PID/fd, `fuser -v` or `lsof`. Only a collector that was let into
 * every process shows that nobody has.
 *
 *     /proc/1187/comm<TAB>=Xorg
 *     /proc/1187/fd/14<TAB>>/dev/dri/card0
 *     /dev/nvidia0:        root       1187 F...m Xorg
 *     Xorg    1187 root   13u   CHR  226,0      0t0  560 /dev/dri/card0
 */
export default parser({
  gives: 'device-holders',
  parse(evidence: Evidence) {
    const body = textOf(evidence)
    const lines = [...readTree(body)]
    const names = new Map(lines.flatMap(({ path, mark, text }) => {
      const pid = mark === '=' ? /^\/proc\/(\d{1,10})\/comm$/.exec(path)?.[1] : undefined
      return pid === undefined ? [] : [[pid, text.trim()] as const]
    }))
    const held = gather(evidence.id)
    const add = (path: string, pid: string, name: string, line: number) => {
      if (node.test(path) && held.size < most) held.add(`${path} ${pid} ${name === '' ? '?' : name}`, line)
    }
    let refused = false
    let current = ''
    for (const { path, mark, text, line } of lines) {
      const pid = /^\/proc\/(\d{1,10})\/fd(?:\/|$)/.exec(path)?.[1]
      if (pid !== undefined && mark === '>') add(text.trim(), pid, names.get(pid) ?? '', line)
      if (mark === '!') refused = true
      if (mark !== '=' || pid !== undefined) continue
      // `grep -r` and fuser both put a path and a colon first: what is read as a path is put back.
      const whole = path.startsWith('/dev/') ? `${path}:${text}` : text
      const [, shown, user, id, , name] = fuser.exec(whole) ?? []
      current = shown ?? (/^(\/dev\/\S+?):/.exec(whole)?.[1] ?? current)
      if (id !== undefined && name !== undefined) {
        // `kernel mount` is no process.
        if (user !== 'kernel') add(current, id, name.trim(), line)
        continue
      }
      const [, plain, ids] = fuserPlain.exec(whole) ?? []
      if (plain !== undefined) for (const word of ids?.trim().split(/\s+/) ?? []) add(plain, word.replace(/\D+$/, ''), '', line)
      const [, command, number, file] = lsof.exec(text) ?? []
      if (file !== undefined) add(file, number ?? '', command ?? '', line)
    }
    const whole = isTree(body) && evidence.takenAt !== undefined && evidence.status === 'ok' && !refused
    if (held.size === 0 && !whole) return {}
    return { host: { deviceHolders: held.fact(), deviceHoldersWhole: known(whole, evidence.id, 1) } }
  },
})
