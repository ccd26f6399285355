/** The kernel command line: one tokeniser for /proc/cmdline, the log's `Command line:` and boot loader files. */
import type { Cite } from '../model/evidence.ts'
import { known } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'

/** The kernel takes `-` and `_` in names as the same (kernel/params.c, parameq); these are documented with `-`. */
const dashed = ['vfio-pci', 'pci-stub', 'kvm-intel', 'kvm-amd', 'kvm-arm', 'nvidia-drm', 'xen-pciback', 'no-kvmclock', 'no-steal-acc', 'no-kvmapf']
const documented = new Map(dashed.map(name => [name.replaceAll('-', '_'), name]))
const longest = 65536

/**
 * The parameters of a command line in order, a string each: `intel_iommu=on`, `vfio-pci.ids=10de:1b39,10de:10f0`,
 * `quiet`. Quotes are taken as the kernel does (lib/cmdline.c, next_arg): they keep blanks together and are not part
 * of the value. What stands behind `--` is for init. Names are spelled as the kernel documents them.
 */
export function kernelParameters(text: string): string[] {
  const tokens: string[] = []
  for (const token of words(text.slice(0, longest))) {
    if (token === '--') break
    tokens.push(spelled(token))
  }
  return tokens
}

function words(text: string): string[] {
  const found: string[] = []
  let token = ''
  let quoted = false
  for (const character of text) {
    if (character === '"') quoted = !quoted
    else if (/\s/.test(character) && !quoted) {
      if (token !== '') found.push(token)
      token = ''
    } else token += character
  }
  if (token !== '') found.push(token)
  return found
}

function spelled(token: string): string {
  const equals = token.indexOf('=')
  const name = equals < 0 ? token : token.slice(0, equals)
  const dot = name.indexOf('.')
  const [head, tail] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)]
  if (!/^[\w-]+$/.test(head) || head.startsWith('-')) return token
  const plain = head.replaceAll('-', '_')
  return `${documented.get(plain) ?? plain}${tail.replaceAll('-', '_')}${equals < 0 ? '' : token.slice(equals)}`
}

/** Parameters that keep modules from loading: by the kernel itself, by modprobe, and by dracut's initramfs. */
const blacklists = ['modprobe.blacklist', 'rd.driver.blacklist', 'module_blacklist']

/**
 * The facts a command line gives, cited at `cite`. Lists that other evidence adds to (pciStubIds, blacklist) are given
 * only where the line has such a parameter, since their lack here does not mean there is none.
 */
export function parametersToFacts(text: string, cite: Cite): HostFacts {
  const line = text.slice(0, longest).trim()
  const params = kernelParameters(line)
  const fact = <T>(value: T) => known(value, cite.evidence, cite.where)
  const values = (name: string) => params.filter(param => param.startsWith(`${name}=`)).map(param => param.slice(name.length + 1))
  const stub = ids(values('pci-stub.ids').at(-1))
  const blacklist = [...new Set(blacklists.flatMap(values).flatMap(list => list.split(',')).filter(name => name !== '').map(name => name.replaceAll('-', '_')))]
  return {
    cmdline: fact(line),
    cmdlineParams: fact(params),
    // A module parameter given twice keeps the last.
    vfioIdsCmdline: fact(ids(values('vfio-pci.ids').at(-1))),
    ...(stub.length > 0 && { pciStubIds: fact(stub) }),
    ...(blacklist.length > 0 && { blacklist: fact(blacklist) }),
  }
}

/** `10de:1B39,8086:1234:…` as vendor:device in lower case; subsystem and class behind them are left out. `ffffffff` means any. */
const ids = (list = ''): string[] => list.split(',').flatMap(id => {
  const parts = /^\s*([0-9a-f]{1,8}):([0-9a-f]{1,8})(?::|\s*$)/i.exec(id)
  return parts ? [`${(parts[1] ?? '').padStart(4, '0')}:${(parts[2] ?? '').padStart(4, '0')}`.toLowerCase()] : []
})
