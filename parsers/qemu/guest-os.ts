/** Which system a VM runs, from what its definition tells in passing. */

const osByWord: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[^a-z])(?:windows|win-?(?:xp|vista|[78]|10|11|20\d\d|server)|w(?:10|11)|virtio-win|w2k\d?)(?![a-z])/i, 'windows'],
  [/(?:mac-?os|osx|big-?sur|catalina|monterey|ventura|sonoma|opencore|hackintosh)/i, 'macos'],
  [/(?:freebsd|opnsense|pfsense|truenas-core)/i, 'freebsd'],
  [/(?:ubuntu|debian|fedora|centos|rhel|rocky|alma|(?<![a-z])arch(?:linux)?(?![a-z])|opensuse|linux|gentoo|nixos|manjaro|bazzite)/i, 'linux'],
]

/** From the name of a disk image or an installation medium, without its folders, or, as a last resort, of the VM itself. */
export function osFromDisk(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).slice(0, 200)
  return osByWord.find(([words]) => words.test(name))?.[1]
}

/** From libosinfo's id: `http://microsoft.com/win/11`, `http://ubuntu.com/ubuntu/24.04`. */
export function osFromLibosinfo(id: string): string | undefined {
  if (/microsoft\.com/i.test(id)) return 'windows'
  if (/apple\.com/i.test(id)) return 'macos'
  if (/freebsd\.org/i.test(id)) return 'freebsd'
  return /libosinfo\.org\/unknown|netbsd|openbsd|solaris|haiku/i.test(id) ? 'other' : 'linux'
}

/** Proxmox's ostype. */
export function osFromOstype(ostype: string): string | undefined {
  if (/^(wxp|w2k|w2k3|w2k8|wvista|win\d+)$/.test(ostype)) return 'windows'
  return ostype === 'l24' || ostype === 'l26' ? 'linux' : ostype === 'solaris' || ostype === 'other' ? 'other' : undefined
}

/** q35, i440fx and so on of a machine type: `pc-q35-8.2`, `pc` (an alias of i440fx), `pc-i440fx-2.5+pve0`. */
export function chipsetOf(machine: string): string {
  if (/q35/.test(machine)) return 'q35'
  if (/i440fx|^pc$|^pc-\d|^pc-1|^rhel\d.*pc/.test(machine)) return 'i440fx'
  return /^microvm/.test(machine) ? 'microvm' : /^virt/.test(machine) ? 'virt' : 'other'
}

/** What an image given as firmware is, from its name. */
export function firmwareOf(path: string): 'ovmf' | 'seabios' | undefined {
  if (/ovmf|edk2|aavmf|efi|\.fd$/i.test(path)) return 'ovmf'
  return /seabios|bios(?:-\d+k)?\.bin$|vgabios/i.test(path) ? 'seabios' : undefined
}
