import { bytesOfHex, headOf } from '../../matching/option-rom.ts'
import { collector } from '../collector.ts'

/** Where the vendor and device of a ROM stand differs; images of cards have it within their first KiB. */
const romHead = 1024

/** Of the head of a ROM only what tells whose it is. */
function shortHead(line: string): string {
  const [path = '', hex] = line.split('\t#')
  const bytes = hex === undefined ? undefined : bytesOfHex(hex)
  return bytes ? `${path}\t#${Buffer.from(bytes.subarray(0, headOf(bytes))).toString('hex')}` : line
}

/**
 * Files that VMs and GPU drivers ask for by name: firmware of GPUs, UEFI images of VMs, ROM images. Names and sizes,
 * and the head of ROM images.
 * What drivers print of the firmware they run lies in debugfs, where asking wakes a GPU that sleeps: it is not asked for.
 */
export default collector({
  gives: 'host-files',
  platform: 'linux',
  every: [
    { tree: ['/lib/firmware', '/lib/firmware/updates'], lists: ['amdgpu', 'radeon', 'i915', 'xe', 'nvidia', 'nvidia/*', 'nvidia/*/gsp'] },
    { tree: ['/sys/module/firmware_class/parameters'], files: ['path'] },
    { tree: ['/usr/share/OVMF', '/usr/share/ovmf', '/usr/share/ovmf/x64', '/usr/share/edk2/ovmf', '/usr/share/edk2/x64', '/usr/share/edk2-ovmf', '/usr/share/edk2-ovmf/x64', '/usr/share/qemu', '/usr/share/pve-edk2-firmware', '/usr/share/qemu-server'], stats: ['*.fd', '*.qcow2'] },
    {
      tree: ['/usr/share/vgabios', '/usr/share/kvm', '/usr/share/qemu', '/usr/share/seabios', '/etc/libvirt/vbios', '/var/lib/libvirt/vbios', '/var/lib/libvirt/vgabios', '/var/lib/libvirt/images'],
      stats: ['*.rom', '*.ROM', '*.bin', '*.dump'],
      bytes: { '*.rom': romHead, '*.ROM': romHead, '*.bin': romHead, '*.dump': romHead },
    },
  ],
  privilege: { root: 'to look into folders of libvirt' },
  limit: 2 ** 20,
  reduce: text => text.split('\n').map(shortHead).join('\n'),
  loses: 'Whether firmware, UEFI images and ROM files that drivers and VMs name are there.',
})
