import { bdfFromText } from '../model/bdf.ts'
import { textOf } from '../model/evidence.ts'
import { gather } from './gather.ts'
import { parser } from './parser.ts'
import { baseName, readTree } from './tree.ts'

const driverName = /^[\w-]{1,64}$/
const setsOverride = /ATTR\{driver_override\}\s*=\s*"([\w-]{1,64})"/
const runsOverride = /echo\s+(?:-n\s+)?['"]?([\w-]{1,64})['"]?\s*>\s*\S{0,200}driver_override/
/** `0000:01:00.0 vfio-pci` of `driverctl list-overrides`, perhaps with the card's name in parentheses behind it. */
const listed = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) ([\w-]{1,64})(?: \(.{0,120}\))?$/i
const key = (text: string, name: string): string | undefined => new RegExp(`(?:^|[\\s,])(?:KERNELS?|ATTRS?\\{${name}\\}|${name})=="([^"]{1,64})"`).exec(text)?.[1]

/**
 * Drivers that functions are told to take at boot: files of driverctl, what `driverctl list-overrides` prints, and udev
 * rules that set driver_override.
 *
 *     /etc/driverctl.d/pci-0000:01:00.0<TAB>=vfio-pci
 *     0000:01:00.0 vfio-pci
 *     ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci"
 */
export default parser({
  gives: 'device-binding',
  parse(evidence) {
    const overrides = gather(evidence.id)
    const add = (what: string | null, driver: string, line: number): boolean => {
      if (what !== null && overrides.size < 1000) overrides.add(`${what} ${driver}`, line)
      return what !== null
    }
    for (const { path, mark, text, line } of readTree(textOf(evidence))) {
      if (mark !== '=' || /^\s*#/.test(text)) continue
      const file = /^pci-(\S{7,16})$/.exec(baseName(path))?.[1]
      if (file !== undefined && driverName.test(text.trim())) add(bdfFromText(file), text.trim(), line)
      const [, address = '', named = ''] = listed.exec(text.trim()) ?? []
      if (file === undefined && address !== '') add(bdfFromText(address), named, line)
      const driver = setsOverride.exec(text)?.[1] ?? runsOverride.exec(text)?.[1]
      if (driver === undefined) continue
      const [kernel = '', vendor, device] = [key(text, 'kernel'), key(text, 'vendor'), key(text, 'device')].map(value => value?.replace(/^0x/, '').toLowerCase())
      if (!add(bdfFromText(kernel), driver, line) && vendor && device) add(`${vendor}:${device}`, driver, line)
    }
    const whole = evidence.takenAt !== undefined && evidence.status === 'ok'
    return overrides.size > 0 || whole ? { host: { overridesAtBoot: overrides.fact() } } : {}
  },
})
