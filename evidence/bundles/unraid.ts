import { bundle } from './bundle.ts'
import { noted } from '../../language/say.ts'

export default bundle({
  name: 'Unraid diagnostics', about: noted('Unraid diagnostics'), mark: /^system\/(?:iommu_groups|vars)\.txt$/, marked: '`system/iommu_groups.txt` or `system/vars.txt`',
  members: [
    { at: /^system\/lspci\.txt$/, kind: 'lspci' },
    { at: /^system\/iommu_groups\.txt$/, kind: 'iommu-sysfs' },
    { at: /^system\/cmdline\.txt$/, kind: 'cmdline' },
    { at: /^system\/lsmod\.txt$/, kind: 'modules' },
    { at: /^system\/lscpu\.txt$/, kind: 'cpuinfo' },
    // The first 2 MiB alone, and repeats are folded.
    { at: /^logs\/syslog\.txt$/, kind: 'kernel-log', partial: true },
    { at: /^logs\/libvirt\.txt$/, kind: 'libvirt-log', partial: true },
    { at: /^logs\/vfio-pci\.txt$/, kind: 'text' },
    { at: /^config\/modprobe\.d\/[^/]+$/, kind: 'modprobe-conf', tree: true },
    { at: /^qemu\/(?<name>[^/]+)\.txt$/, kind: 'qemu-log', partial: true },
    { at: /^xml\/(?<name>[^/]+)\.xml$/, kind: 'libvirt-domain' },
  ],
  source: 'unraid/webgui, emhttp/plugins/dynamix/scripts/diagnostics',
})
