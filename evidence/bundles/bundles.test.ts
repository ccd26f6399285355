import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { tarOf, zipOf, type Packed } from '../archives.test-data.ts'
import { openInputs } from '../open.ts'
import { bundles } from './all.ts'

const log = '[    0.000000] Linux version 6.12.0 (gcc) #1 SMP\n[    0.000000] Command line: root=/dev/sda1 intel_iommu=on\n[    1.000000] vfio-pci 0000:21:00.0: enabling device (0000 -> 0003)\n'
const syslog = 'Mar  4 08:15:30 box kernel: vfio-pci 0000:21:00.0: enabling device (0000 -> 0003)\nMar  4 08:15:31 box systemd[1]: Started x.\n'
const lspci = '21:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP102 [GeForce GTX 1080 Ti] [10de:1b06] (rev a1)\n\tSubsystem: Device [1043:85e5]\n\tKernel driver in use: vfio-pci\n\n'
const xml = (name: string): string => `<domain type='kvm'>\n  <name>${name}</name>\n  <devices><hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x21' slot='0x00' function='0x0'/></source></hostdev></devices>\n</domain>\n`
const qemuLog = '2025-03-04 08:15:30.843+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2, kernel: 6.12.0, hostname: box\nLC_ALL=C \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=win11 \\\n-m 8192\n'
const smi = '==============NVSMI LOG==============\n\nTimestamp                                 : Tue Mar  4 08:15:30 2025\nDriver Version                            : 550.54.14\nCUDA Version                              : 12.4\n\nAttached GPUs                             : 1\nGPU 00000000:21:00.0\n    Product Name                          : NVIDIA GeForce GTX 1080 Ti\n'
const modules = 'vfio_pci 16384 0 - Live 0x0000000000000000\nvfio 69632 1 vfio_pci, Live 0x0000000000000000\n'
const lsmod = 'Module                  Size  Used by\nvfio_pci               16384  0\nvfio                   69632  1 vfio_pci\n'
const grub = 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="intel_iommu=on"\n'
const pciconf = 'ppt0@pci0:1:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b06 subvendor=0x1043 subdevice=0x85e5\n    vendor     = \'NVIDIA Corporation\'\n'
const dmar = Buffer.alloc(48)
dmar.write('DMAR')
dmar.writeUInt32LE(48, 4)
const osRelease = 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'

interface Layout { readonly top: string; readonly members: Readonly<Record<string, string | Buffer>>; /** Evidence, with `~` where it is an excerpt. */ readonly gives: readonly string[] }

/** What each tool packs, rebuilt from its sources; `top` is the folder that holds all of it. */
const layouts: Readonly<Record<string, readonly Layout[]>> = {
  'sos report': [
    {
      top: 'sosreport-box-2025-03-04-ezcfcop/',
      members: {
        'version.txt': 'sosreport: 4.7.2\n', 'sos_commands/pci/lspci_-nnvv': lspci, 'sos_commands/pci/lspci_-tv': '-[0000:00]-+-00.0\n', 'sos_commands/kernel/dmesg': log, 'sos_commands/kernel/dmesg_-T': log,
        'sos_commands/kernel/lsmod': lsmod, 'proc/modules': modules, 'sos_commands/kernel/uname_-a': 'Linux box 6.12.0 #1 SMP x86_64 GNU/Linux\n', 'proc/cmdline': 'root=/dev/sda1 intel_iommu=on\n', 'etc/default/grub': grub,
        'boot/grub2/grub.cfg': 'menuentry x {\n linux /vmlinuz root=/dev/sda1\n}\n', 'etc/modprobe.d/vfio.conf': 'options vfio-pci ids=10de:1b06\n', 'sys/firmware/acpi/tables/DMAR': dmar, 'etc/libvirt/qemu/win11.xml': xml('win11'),
        'sos_commands/virsh/virsh_-r_dumpxml_win11': xml('win11'), 'var/log/libvirt/qemu/win11.log': qemuLog, 'sos_commands/nvidia/nvidia-smi_-q': smi, 'sys/module/kvm/parameters/ignore_msrs': 'N\n', 'etc/os-release': osRelease,
        'sos_commands/networking/ip_addr': 'lo\n', 'sos_reports/sos.txt': 'x\n',
      },
      gives: ['acpi-table/DMAR', 'boot-config~', 'cmdline', 'kernel-log', 'kernel-version', 'libvirt-domain-live/win11', 'libvirt-domain/win11', 'lspci', 'modprobe-conf~', 'module-parameters~', 'modules', 'nvidia-smi', 'os-release', 'qemu-log/win11'],
    },
    { top: 'sosreport-tux.123456-20171224185433/', members: { 'sos_commands/pci/lspci_-nvv': lspci, 'sos_commands/general/dmesg': log, 'proc/modules': modules, 'sos_commands/pci/lspci': lspci }, gives: ['kernel-log', 'lspci', 'modules'] },
    { top: 'sosreport-empty/', members: { 'sos_commands/pci/lspci_-nnvv': '', 'sos_commands/logs/journalctl_--no-pager_--boot': syslog }, gives: ['kernel-log~'] },
  ],
  'Red Hat Insights': [
    { top: 'insights-box-20250304081530/', members: { 'insights_commands/lspci_-k': lspci, 'insights_commands/lspci_-vmmkn': 'Slot:\t21:00.0\n', 'insights_commands/dmesg': log, 'insights_commands/lsmod': lsmod, 'proc/cmdline': 'intel_iommu=on\n', 'etc/libvirt/qemu/win11.xml': xml('win11'), 'var/log/messages': syslog }, gives: ['cmdline', 'kernel-log~', 'libvirt-domain/win11', 'lspci', 'modules'] },
    { top: '', members: { 'insights_archive.txt': '\n', 'data/insights_commands/lspci_-k': lspci, 'data/proc/cmdline': 'intel_iommu=on\n', 'meta_data/x.json': '{}' }, gives: ['cmdline', 'lspci'] },
  ],
  'Troubleshoot': [
    { top: 'support-bundle-2025-03-04T08_15_30/', members: { 'version.yaml': 'x\n', 'host-collectors/run-host/pci.txt': lspci, 'host-collectors/run-host/pci-info.json': '{"command":"lspci -nnk"}', 'host-collectors/node1/run-host/ring.txt': log, 'host-collectors/journald/kernel.txt': syslog, 'host-collectors/copy/grub/grub': grub }, gives: ['boot-config', 'kernel-log', 'kernel-log/kernel~', 'lspci'] },
  ],
  'Unraid diagnostics': [
    {
      top: 'tower-diagnostics-20250304-0815/',
      members: {
        'system/lspci.txt': lspci.replaceAll('\n', '\r\n'), 'system/iommu_groups.txt': '/sys/kernel/iommu_groups/1/devices/0000:21:00.0\r\n', 'system/cmdline.txt': 'BOOT_IMAGE=/bzImage initrd=/bzroot intel_iommu=on\r\n', 'system/lsmod.txt': lsmod, 'system/vars.txt': 'x\n',
        'logs/syslog.txt': syslog, 'logs/libvirt.txt': '2025-03-04 08:15:30.000+0000: 123: error : qemuMonitorIO:577 : x\n', 'logs/vfio-pci.txt': 'Loading config from /boot/config/vfio-pci.cfg\n', 'config/modprobe.d/vfio.conf': 'options vfio-pci ids=10de:1b06\n', 'qemu/Windows 11.txt': qemuLog, 'qemu/win11.txt': qemuLog, 'qemu/no qemu log files': '', 'xml/win11.xml': xml('win11'), 'smart/disk.txt': 'x\n',
      },
      gives: ['cmdline', 'iommu-sysfs', 'kernel-log~', 'libvirt-domain/win11', 'libvirt-log~', 'lspci', 'modprobe-conf~', 'modules', 'qemu-log/Windows 11~', 'qemu-log/win11~'],
    },
  ],
  'GPU Operator must-gather': [
    { top: 'nvidia-gpu-operator_20250304_0815/', members: { 'must-gather.log': 'x\n', 'gpu_operand_pods/nvidia-driver-daemonset-abc.log': log, 'gpu_nodes/nvidia-smi-node1.log': smi, 'gpu_operand_ds.status': 'x\n' }, gives: ['kernel-log~', 'nvidia-smi'] },
  ],
  'supportconfig': [
    {
      top: 'scc_box_250304_0815/',
      members: {
        'basic-environment.txt': '#==[ Command ]======================================#\n# /bin/uname -a\nLinux box 6.4.0-150600.21-default #1 SMP x86_64 GNU/Linux\n\n#==[ Configuration File ]===========================#\n# /etc/os-release\nNAME="SLES"\nVERSION_ID="15.6"\nID="sles"\n\n',
        'hardware.txt': `#==[ Command ]======================================#\n# /sbin/lspci -nnk\n${lspci}\n#==[ Command ]======================================#\n# /usr/bin/lsusb\nBus 001 Device 001: ID 1d6b:0002\n\n`,
        'boot.txt': `#==[ Command ]======================================#\n# /bin/dmesg -T\n[Tue Mar  4 08:15:30 2025] Linux version 6.4.0 (gcc) #1 SMP\n[Tue Mar  4 08:15:31 2025] vfio-pci 0000:21:00.0: enabling device (0000 -> 0003)\n\n#==[ Configuration File ]===========================#\n# /etc/default/grub\n${grub}\n`,
        'network.txt': '#==[ Command ]===#\n# /sbin/ip addr\nlo\n',
      },
      gives: ['boot-config', 'kernel-log', 'kernel-version', 'lspci', 'os-release'],
    },
  ],
  'hw-probe': [
    { top: 'hw.info/', members: { host: 'system:debian-12\n', devices: 'x\n', 'logs/lspci_all': lspci, 'logs/lspci': 'Device:\t21:00.0\n', 'logs/dmesg': log, 'logs/lsmod': lsmod, 'logs/cpuinfo': 'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n', 'logs/nvidia-smi': smi, 'logs/uname': 'Linux box 6.12.0 #1 SMP x86_64 GNU/Linux\n', 'logs/edid': 'x\n' }, gives: ['cpuinfo', 'kernel-log~', 'kernel-version', 'lspci', 'modules', 'nvidia-smi'] },
    { top: 'hw.info/', members: { host: 'system:freebsd-14.3\n', 'logs/pciconf': pciconf, 'logs/dmesg': 'FreeBSD 14.3-RELEASE GENERIC amd64\nppt0 mem 0xf6000000-0xf6ffffff at device 0.0 on pci1\n', 'logs/kldstat': 'Id Refs Address                Size Name\n 1   25 0xffffffff80200000  1f3e2d0 kernel\n', 'logs/loader.conf': 'vmm_load="YES"\npptdevs="1/0/0"\n' }, gives: ['kernel-log~', 'kldstat', 'loader-conf~', 'pciconf'] },
  ],
  'host tree': [
    { top: 'mnt/', members: { 'etc/os-release': osRelease, 'etc/default/grub': grub, 'proc/cmdline': 'intel_iommu=on\n', 'etc/pve/qemu-server/101.conf': 'hostpci0: 0000:21:00,pcie=1\nmachine: q35\n', 'etc/shadow': 'root:x:1::::::\n', 'var/log/libvirt/qemu/win11.log': qemuLog }, gives: ['boot-config~', 'cmdline', 'os-release', 'proxmox-vm/101', 'qemu-log/win11'] },
    { top: '', members: { 'boot/loader.conf': 'pptdevs="1/0/0"\n', 'etc/rc.conf': 'vm_enable="YES"\n', 'var/run/dmesg.boot': 'FreeBSD 14.3-RELEASE GENERIC amd64\n' }, gives: ['kernel-log', 'loader-conf~', 'rc-conf~'] },
  ],
}

const membersOf = ({ top, members }: Layout): Packed[] => Object.entries(members).map(([path, text]) => ({ path: `${top}${path}`, text }))

for (const { name } of bundles) {
  t.test(name, async t => {
    t.ok(layouts[name], 'there is a layout of it to test')
    for (const layout of layouts[name] ?? []) {
      const dir = t.testdir({ tree: {} })
      for (const { path, text = '' } of membersOf(layout)) {
        await mkdir(dirname(join(dir, 'tree', path)), { recursive: true })
        await writeFile(join(dir, 'tree', path), text)
      }
      await writeFile(join(dir, 'x.tar.gz'), gzipSync(tarOf(membersOf(layout))))
      await writeFile(join(dir, 'x.zip'), zipOf(membersOf(layout)))
      for (const form of ['x.tar.gz', 'x.zip', 'tree']) {
        const { evidence } = await openInputs([join(dir, form)])
        const read = evidence.filter(({ id, status }) => status !== 'failed' && !id.startsWith('text')).map(({ id, status }) => `${id}${status === 'cut' ? '~' : ''}`)
        // The collectors read files of a tree as part of their folders, of which some may not have been copied.
        const as = (ids: readonly string[]) => (name === 'host tree' && form === 'tree' ? ids.map(id => id.replace('~', '')) : ids)
        t.same(as(read).toSorted(), as(layout.gives), `${form} of ${layout.top || 'no folder'}`)
        t.ok(evidence.every(({ note, status }) => status === 'failed' || /out of/.test(note ?? '')), 'each says where it is out of')
      }
    }
  })
}
