import { bundle, hostFiles } from './bundle.ts'
import { noted } from '../../language/say.ts'

export default bundle({
  name: 'sos report', about: noted('a sos report (sosreport, sos report)'), mark: /^sos_commands\//, marked: 'a folder `sos_commands`',
  members: [
    { at: /^sos_commands\/pci\/lspci_-nnvv$/, kind: 'lspci', best: 'lspci' },
    { at: /^sos_commands\/pci\/lspci_-nvv$/, kind: 'lspci', best: 'lspci' },
    { at: /^sos_commands\/(?:pci|hardware)\/lspci$/, kind: 'lspci', best: 'lspci' },
    { at: /^sos_commands\/kernel\/dmesg$/, kind: 'kernel-log', best: 'kernel-log' },
    { at: /^sos_commands\/kernel\/dmesg_-T$/, kind: 'kernel-log', best: 'kernel-log' },
    { at: /^sos_commands\/general\/dmesg$/, kind: 'kernel-log', best: 'kernel-log' },
    { at: /^sos_commands\/logs\/journalctl_--no-pager_(?:--catalog_)?--boot$/, kind: 'kernel-log', best: 'kernel-log', partial: true },
    { at: /^sos_commands\/logs\/journalctl_--no-pager$/, kind: 'kernel-log', best: 'kernel-log', partial: true },
    { at: /^sos_commands\/kernel\/lsmod$/, kind: 'modules', best: 'modules' },
    { at: /^sos_commands\/kernel\/uname_-a$|^sos_commands\/(?:general|host)\/uname_-a$/, kind: 'kernel-version', best: 'kernel-version' },
    { at: /^sos_commands\/virsh\/virsh_-r_dumpxml_(?<name>[^/]+)$/, kind: 'libvirt-domain-live' },
    { at: /^sos_commands\/nvidia\/nvidia-smi_-q$/, kind: 'nvidia-smi', best: 'nvidia-smi' },
    { at: /^installed-rpms$/, kind: 'packages', best: 'packages' },
    { at: /^sos_commands\/dpkg\/dpkg_-l$/, kind: 'packages', best: 'packages' },
    { at: /^sos_commands\/boot\/lsinitrd$/, kind: 'initramfs-list', partial: true },
    { at: /^sos_commands\/proxmox\/.*qemu.*config.*$/, kind: 'by content' },
    ...hostFiles,
  ],
  source: 'sosreport/sos, its plugins pci, kernel, logs, virsh, libvirt, nvidia',
  read: 'two reports of sos 4.2 (canonical/hotsos, tests/unit/fake_data_root: openstack in part, kubernetes)',
})
