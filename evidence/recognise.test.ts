import { existsSync, readdirSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from '../test-corpus/property.ts'
import t from 'tap'
import type { EvidenceKind } from '../model/evidence.ts'
import { decode, InputError, openInputs as openAll } from './open.ts'
import { recognise } from './recognise.ts'
import { cut } from './ticket.ts'

/** Only the evidence; what else comes with it is for snapshots. */
const openInputs = async (...given: Parameters<typeof openAll>) => [...(await openAll(...given)).evidence]

/** A kind, perhaps with a name, and a text of it; a file name where people rely on it. */
const samples: readonly (readonly [string, string, string?])[] = [
  // The kernel log in its forms
  ['kernel-log', '[    1.234567] vfio-pci 0000:21:00.0: enabling device (0000 -> 0003)'],
  ['kernel-log', '<6>[    0.000000] Linux version 6.1.0-13-amd64 (x@y) #1 SMP\n<6>[    0.000000] Command line: quiet'],
  ['kernel-log', '[Tue Mar  4 08:15:30 2025] DMAR: IOMMU enabled\n[Tue Mar  4 08:15:30 2025] DMAR: Host address width 39'],
  ['kernel-log', '[六 11月 21 00:11:22 2026] DMAR: IOMMU enabled\n[六 11月 21 00:11:22 2026] DMAR: Host address width 39'],
  ['kernel-log', 'kern  :warn  : [   12.345678] vfio-pci 0000:21:00.0: vgaarb: deactivate vga console'],
  ['kernel-log', '[Mar 4 08:15] x\n[Mar04 08:15] a\n[  +0.000004] AMD-Vi: Interrupt remapping enabled\n[  +0.000004] kvm: done'],
  ['kernel-log', '[    0.000000][    T0] Linux version 6.9.1\n[    0.000000][    T0] KERNEL supported cpus:'],
  ['kernel-log', 'Mar 04 08:15:30 pve kernel: vfio-pci 0000:21:00.0: not ready 1023ms after FLR; waiting\nMar 04 08:15:31 pve systemd[1]: Started x.'],
  ['kernel-log', '2025-03-04T08:15:30+0100 pve kernel: DMAR: DRHD: handling fault status reg 2'],
  ['kernel-log', '2025-03-04T08:15:30,123456+01:00 DMAR: DRHD: handling fault status reg 2'],
  ['kernel-log', '10.0.0.1: kern: warning: [2026-01-02T03:04:05.123456789Z]: NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x65:1859)'],
  ['kernel-log', 'level=info msg="[    9.581239] pci 0000:00:07.0: BAR 1: no space for [mem size 0x400000000 64bit pref]\\n"'],
  ['kernel-log', '6,339,5140900,-;vfio_pci: add [10de:1b80[ffffffff:ffffffff]] class 0x000000/00000000'],
  ['kernel-log', 'NVRM: GPU 0000:21:00.0: RmInitAdapter failed! (0x26:0x56:1474)'],
  ['kernel-log', 'amdgpu 0000:0b:00.0: amdgpu: GPU reset begin!'],
  ['kernel-log', 'ppt0 mem 0xf6000000-0xf6ffffff,0xe0000000-0xefffffff at device 0.0 on pci1\nvgapci0: <VGA-compatible display> port 0xe000-0xe07f mem 0xf7000000-0xf7ffffff at device 2.0 on pci0'],
  ['kernel-log', 'nothing that anybody knows', 'dmesg.txt'],
  // PCI
  ['lspci', '21:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [GeForce GTX 1080] [10de:1b80] (rev a1)\n\tKernel driver in use: vfio-pci\n\tKernel modules: nouveau'],
  ['lspci', '21:00.0 0300: 10de:1b80 (rev a1)\n21:00.1 0403: 10de:10f0 (rev a1)'],
  ['lspci', '0000:21:00.0 VGA compatible controller: NVIDIA Corporation Device 1b80'],
  ['lspci', '21:00.0 "VGA compatible controller [0300]" "NVIDIA Corporation [10de]" "GP104 [1b80]" -ra1 "ASUS [1043]" "Device [8591]"'],
  ['lspci', 'Slot:\t21:00.0\nClass:\tVGA compatible controller\nVendor:\tNVIDIA Corporation\nDevice:\tGP104'],
  ['lspci', '21:00.0 VGA compatible controller: NVIDIA GP104\n00: de 10 80 1b 07 01 10 00 a1 00 00 03 00 00 80 00\n10: 00 00 00 f6 0c 00 00 e0 00 00 00 00 0c 00 00 f0'],
  ['lspci', '-[0000:00]-+-00.0  Intel Corporation Device 3ec2\n           +-01.0-[01]--+-00.0  NVIDIA GP104'],
  ['lspci', '\tSubsystem: ASUS Device 8591\n\tKernel driver in use: nvidia\n\tKernel modules: nvidiafb, nouveau, nvidia'],
  ['lspci', '\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x16'],
  ['iommu-sysfs', 'IOMMU Group 0:\n\t00:00.0 Host bridge [0600]: Intel Corporation Device [8086:3ec2]\nIOMMU Group 1:\n\t00:01.0 PCI bridge [0604]: Intel Corporation Device [8086:1901]\n\t01:00.0 VGA compatible controller [0300]: NVIDIA [10de:1b80]\n\t01:00.1 Audio device [0403]: NVIDIA [10de:10f0]'],
  ['iommu-sysfs', 'IOMMU Group 15:\n\t02:00.0 USB controller [0c03]: Advanced Micro Devices, Inc. [AMD] Device [1022:43d5] (rev 01)\n\t02:00.1 SATA controller [0106]: Advanced Micro Devices, Inc. [AMD] Device [1022:43c8] (rev 01)\n\t03:00.0 PCI bridge [0604]: Advanced Micro Devices, Inc. [AMD] Device [1022:43c7] (rev 01)\n\t04:00.0 Serial Attached SCSI controller [0107]: Broadcom / LSI SAS2008 [1000:0072] (rev 03)\n\t05:00.0 Ethernet controller [0200]: Realtek RTL8111 [10ec:8168] (rev 15)'],
  ['iommu-sysfs', 'IOMMU Group 14 01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP104 [10de:1b80] (rev a1)'],
  ['iommu-sysfs', '/sys/kernel/iommu_groups/1/devices/0000:01:00.0\n/sys/kernel/iommu_groups/1/devices/0000:01:00.1'],
  ['iommu-sysfs', 'Group 0:\t[1022:14da]     00:01.0  Host bridge   Device 14da\nGroup 1:\t[1022:14db] [R] 00:01.1  PCI bridge   Device 14db'],
  ['pciconf', 'ppt0@pci0:1:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b80 subvendor=0x1043 subdevice=0x8591\n    vendor     = \'NVIDIA Corporation\''],
  ['firmware-sysfs', 'System:\n      Firmware: UEFI 2.70 (American Megatrends 5.19)\n  Firmware Arch: x64\n    Secure Boot: disabled (setup)\n\nCurrent Boot Loader:\n      Product: systemd-boot 255.4-1-arch\n     Features: ✓ Boot counting\n               ✓ Menu timeout control\n\nDefault Boot Loader Entry:\n         type: Boot Loader Specification Type #1 (.conf)\n        title: Arch Linux\n           id: arch.conf\n       source: /boot//loader/entries/arch.conf\n      options: root=/dev/nvme0n1p2 rw quiet'],
  ['firmware-sysfs', 'BootCurrent: 0002\nTimeout: 1 seconds\nBootOrder: 0002,0000\nBoot0000* Windows Boot Manager\tHD(1,GPT,0)/File(\\EFI\\Microsoft\\Boot\\bootmgfw.efi)\nBoot0002* proxmox\tHD(2,GPT,0)/File(\\EFI\\proxmox\\shimx64.efi)'],
  ['dcgm', 'Successfully ran diagnostic for group.\n+---------------------------+------------------------------------------------+\n| Diagnostic                | Result                                         |\n+===========================+================================================+\n|-----  Deployment  --------+------------------------------------------------|\n| Denylist                  | Pass                                           |\n| PCIe                      | Fail - GPU: 3                                  |'],
  ['dcgm', '{\n  "body" : {\n    "Overall Health" : {\n      "value" : "Healthy"\n    }\n  },\n  "header" : [\n    "Health Monitor Report"\n  ]\n}'],
  ['nvidia-links', 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)\n\t Link 0: Replay Errors: 0\n\t Link 0: Recovery Errors: 0\n\t Link 0: CRC Errors: 14'],
  ['pci-sysfs', '/sys/bus/pci/devices/0000:01:00.0/aer_dev_correctable:RxErr 12\n/sys/bus/pci/devices/0000:01:00.0/aer_dev_correctable:TOTAL_ERR_COR 12'],
  ['pci-sysfs', '/sys/bus/pci/devices/0000:01:00.0/vendor\t=0x10de\n/sys/bus/pci/devices/0000:01:00.0/driver\t>../../../../bus/pci/drivers/vfio-pci'],
  // libvirt
  ['libvirt-domain/win11', "<domain type='kvm'>\n  <name>win11</name>\n  <memory unit='KiB'>8388608</memory>\n</domain>"],
  ['libvirt-domain/games', "<hostdev mode='subsystem' type='pci' managed='yes'>\n  <source>\n    <address domain='0x0000' bus='0x21' slot='0x00' function='0x0'/>\n  </source>\n</hostdev>", 'games.xml'],
  ['libvirt-domain', "  <features>\n    <acpi/>\n    <kvm>\n      <hidden state='on'/>\n    </kvm>\n    <ioapic driver='kvm'/>\n  </features>"],
  ['libvirt-domain-live/win11', "<domain type='kvm' id='3'>\n  <name>win11</name>\n</domain>"],
  ['libvirt-domain-live/win11', "<domstatus state='running' reason='booted' pid='812'>\n  <domain type='kvm' id='3'>\n    <name>win11</name>\n  </domain>\n</domstatus>"],
  ['text', "<network>\n  <name>default</name>\n  <bridge name='virbr0'/>\n</network>", 'default.xml'],
  ['libvirt-nodedev', '<device>\n  <name>pci_0000_21_00_0</name>\n  <driver>\n    <name>vfio-pci</name>\n  </driver>\n</device>'],
  ['libvirt-log', "error: Failed to start domain 'win11'\nerror: internal error: process exited while connecting to monitor"],
  ['libvirt-log', 'Mar 04 08:15:30 pve libvirtd[901]: internal error: Unknown PCI header type 127 for device 0000:21:00.0'],
  ['libvirt-log', '2025-03-04 08:15:30.123+0000: 901: error : virHostdevPreparePCIDevices:1200 : Unmanaged PCI device'],
  // QEMU
  ['qemu-log/win11', "2025-03-04 08:15:30.123+0000: starting up libvirt version: 10.0.0, qemu version: 8.2.2, kernel: 6.8.0-45-generic, hostname: h\nLC_ALL=C \\\nPATH=/usr/bin \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=win11,debug-threads=on \\\n-device '{\"driver\":\"vfio-pci\",\"host\":\"0000:21:00.0\"}' \\\n-msg timestamp=on\n2025-03-04T08:15:31.000000Z qemu-system-x86_64: vfio: Cannot reset device 0000:21:00.0"],
  ['qemu-log', 'qemu-system-x86_64: -device vfio-pci,host=21:00.0: vfio 0000:21:00.0: group 14 is not viable'],
  ['qemu-log', 'kvm: -device vfio-pci,host=0000:21:00.0,id=hostpci0: vfio 0000:21:00.0: failed to open /dev/vfio/14: No such file or directory\nTASK ERROR: start failed: QEMU exited with code 1'],
  ['qemu-processes/box', '#!/bin/bash\nsudo qemu-system-x86_64 \\\n  -name box \\\n  -enable-kvm -m 8G \\\n  -device vfio-pci,host=21:00.0'],
  ['qemu-processes/win11', 'libvirt+    4711  120 /usr/bin/qemu-system-x86_64 -name guest=win11,debug-threads=on -m 8192'],
  ['proxmox-vm', 'agent: 1\nbios: ovmf\ncores: 8\nhostpci0: 0000:21:00,pcie=1,x-vga=1\nmachine: q35\nmemory: 16384\nnumbers: x\nscsihw: virtio-scsi-pci', '101.conf'],
  // State and configuration of Linux
  ['cmdline', 'BOOT_IMAGE=/vmlinuz-6.8.0 root=UUID=0b8e7f5c ro quiet splash intel_iommu=on iommu=pt'],
  ['cmdline', 'amd_iommu=on iommu=pt video=efifb:off'],
  ['boot-config', '# If you change this file, run update-grub\nGRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"\nGRUB_CMDLINE_LINUX=""'],
  ['boot-config', 'title Arch Linux\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\noptions root=UUID=1234 rw intel_iommu=on'],
  ['modprobe-conf', 'options vfio-pci ids=10de:1b80,10de:10f0 disable_vga=1\nsoftdep nvidia pre: vfio-pci'],
  ['modprobe-conf', 'blacklist nouveau\nblacklist nvidiafb'],
  ['modprobe-conf', '/etc/modprobe.d/vfio.conf:options vfio-pci ids=10de:1b80\n/etc/modprobe.d/kvm.conf:options kvm ignore_msrs=1'],
  ['modprobe-conf', 'vfio\nvfio_iommu_type1\nvfio_pci\nvfio_virqfd', 'modules'],
  ['initramfs-conf', 'MODULES=(vfio_pci vfio vfio_iommu_type1)\nBINARIES=()\nFILES=()\nHOOKS=(base udev modconf block)', 'mkinitcpio.conf'],
  ['initramfs-conf', 'force_drivers+=" vfio vfio_iommu_type1 vfio_pci "'],
  ['modules', 'Module                  Size  Used by\nvfio_pci               16384  0\nnvidia              56823808  1024 nvidia_modeset,nvidia_uvm'],
  ['modules', 'vfio_pci 16384 0 - Live 0x0000000000000000\nkvm_intel 458752 4 - Live 0x0000000000000000'],
  ['module-parameters', '/sys/module/vfio_pci/parameters/disable_idle_d3:N\n/sys/module/kvm/parameters/ignore_msrs:Y'],
  ['cpuinfo', 'processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel name\t: AMD Ryzen 9 5950X\nflags\t\t: fpu svm'],
  ['cpuinfo', 'Architecture:            x86_64\n  CPU op-mode(s):        32-bit, 64-bit\nVendor ID:               GenuineIntel\nVirtualization:          VT-x'],
  ['kernel-config', 'CONFIG_VFIO=m\nCONFIG_VFIO_PCI=m\n# CONFIG_VFIO_NOIOMMU is not set'],
  ['os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian'],
  ['kernel-version', 'Linux pve 6.8.12-4-pve #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 x86_64 GNU/Linux'],
  ['meminfo', 'MemTotal:       65756500 kB\nMemFree:         1234567 kB\nHugePages_Total:      16\nHugepagesize:    1048576 kB'],
  ['iomem', 'e0000000-efffffff : PCI Bus 0000:21\n  e0000000-efffffff : 0000:21:00.0\n    e0000000-e02fffff : efifb'],
  ['limits', 'max locked memory           (kbytes, -l) 8192'],
  ['packages', 'ii  ovmf            2024.02-2ubuntu0.1  all   UEFI firmware for 64-bit x86 virtual machines\nii  linux-firmware  20240318.git3b128b60-0ubuntu2.4 amd64 Firmware for Linux kernel drivers'],
  ['packages', 'proxmox-ve: 8.3.0 (running kernel: 6.8.12-4-pve)\npve-manager: 8.3.0 (running version: 8.3.0/c1689ccb1065a83b)\npve-qemu-kvm: 9.0.2-4'],
  ['packages', 'qemu-kvm-9.1.0-15.el9.x86_64\nbash-5.1.8-9.el9.x86_64\nedk2-ovmf-20240524-6.el9.noarch'],
  ['packages', 'bash 5.2.37-1\nlinux-firmware 20241111.b5885ec5-1\nqemu-full 9.1.2-1'],
  ['nvidia-modes', 'CC status: ON\nDevTools Mode: OFF\nConfidential Compute GPUs Ready state: not-ready'],
  ['nvidia-modes', 'GPU 00000000:41:00.0\n    Active vGPUs                          : 1\n    vGPU ID                               : 3251634191\n        VM ID                             : 5a1f2c3d-0001-4e5f-8a9b-1c2d3e4f5a6b\n        VM Name                           : entwurf3\n        vGPU Name                         : NVIDIA A40-8Q\n        License Status                    : Licensed\n        Frame Rate Limit                  : N/A'],
  ['nvidia-log', '[Nov 20 2026 07:41:09] [INFO] [tid 2533] Fabric Manager version 570.86.15 is running with the following configuration options\n[Nov 20 2026 07:41:10] [ERROR] [tid 2533] request to query NVSwitch device information from NVSwitch driver failed with error:WARNING Nothing to do [NV_WARN_NOTHING_TO_DO]'],
  ['nvidia-links', 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-x)\n\t Link 0: 25 GB/s\n\t Link 1: <inactive>'],
  ['nvidia-links', '\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV12\t0-31\nGPU1\tNV12\t X \t0-31\n\nLegend:\n\n  X    = Self\n  SYS  = Connection traversing PCIe'],
  ['guest-report', '{"return":{"name":"Microsoft Windows","kernel-release":"26100","pretty-name":"Windows 11 Pro","id":"mswindows"}}'],
  ['guest-report', '{\n   "id" : "ubuntu",\n   "kernel-release" : "6.8.0-51-generic",\n   "machine" : "x86_64",\n   "name" : "Ubuntu",\n   "pretty-name" : "Ubuntu 24.04.1 LTS"\n}'],
  ['limits', '* hard memlock 16777216\n* soft memlock 16777216'],
  ['device-nodes', 'total 0\ncrw------- 1 root root 243,   0 Mar  4 08:15 14\ncrw-rw-rw- 1 root root  10, 196 Mar  4 08:10 vfio'],
  ['libvirt-hooks', '/etc/libvirt/hooks:\ntotal 4\n-rwxr-xr-x 1 root root 812 Mar  4 08:15 qemu\ndrwxr-xr-x 3 root root 4096 Mar  4 08:15 qemu.d'],
  ['libvirt-hooks', '#!/bin/bash\nset -x\nsystemctl stop display-manager\necho 0 > /sys/class/vtconsole/vtcon0/bind\nmodprobe -r nvidia_drm\nvirsh nodedev-detach pci_0000_21_00_0'],
  ['nvidia-smi', '+-----------------------------------------------------------------------------+\n| NVIDIA-SMI 550.54.14    Driver Version: 550.54.14    CUDA Version: 12.4     |\n|-------------------------------+----------------------+----------------------+'],
  ['nvidia-smi', 'No devices were found'],
  ['text', '| what | where |\n| --- | --- |\n| collectors | read a host |\n| parsers | make facts |\n| rules | judge them |'],
  ['text', '{}'],
  ['nvidia-proc', 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\nGCC version:  gcc version 12.2.0'],
  ['firmware-sysfs', 'SecureBoot enabled'],
  ['guest-report', 'Instance ID:                PCI\\VEN_10DE&DEV_1B80&SUBSYS_85911043&REV_A1\\4&1\nDevice Description:         NVIDIA GeForce GTX 1080\nClass Name:                 Display\nStatus:                     Problem\nProblem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]'],
  ['guest-report', 'Status     Class           FriendlyName                InstanceId\n------     -----           ------------                ----------\nError      Display         NVIDIA GeForce GTX 1080     PCI\\VEN_10DE&DEV_1B80...'],
  ['guest-report', '该设备无法启动。 (代码 10)'],
  ['guest-report', 'Este dispositivo no puede encontrar suficientes recursos libres para usar. (Código 12)'],
  // FreeBSD
  ['kernel-log', '<6>[drm] register mmio size: 524288\nFatal trap 12: page fault while in kernel mode\ncpuid = 3; apic id = 03\nfault virtual address\t= 0x30\nKDB: stack backtrace:\namdgpu_attach() at amdgpu_attach+0x1e/frame 0xfffffe0085d3e860'],
  ['loader-conf', 'vmm_load="YES"\npptdevs="1/0/0 1/0/1"\nhw.vmm.amdvi.enable="1"'],
  ['rc-conf', 'hostname="beastie"\nzfs_enable="YES"\nkld_list="vmm nmdm"\nvm_enable="YES"'],
  ['kenv', 'acpi.oem="ALASKA"\nkernelname="/boot/kernel/kernel"\npptdevs="1/0/0"\nsmbios.system.product="X"'],
  ['kldstat', 'Id Refs Address                Size Name\n 1   40 0xffffffff80200000  1f3c6c0 kernel\n 2    1 0xffffffff82a20000   34e260 vmm.ko'],
  ['sysctl', 'hw.vmm.vmx.initialized: 1\nhw.model: Intel(R) Core(TM) i7\nvm.max_user_wired: 262144'],
  ['freebsd-version', '14.1-RELEASE-p5\n14.1-RELEASE-p5\n14.1-RELEASE-p6'],
  ['freebsd-version', 'FreeBSD beastie 14.1-RELEASE-p5 FreeBSD 14.1-RELEASE-p5 GENERIC amd64'],
  ['acpidump', 'DMAR @ 0x00000000BD48E0C0\n    0000: 44 4D 41 52 90 00 00 00 01 D3 49 4E 54 45 4C 20  DMAR......INTEL '],
  ['acpidump', '/*\n  DMAR: Length=168, Revision=1, Checksum=169,\n\tOEMID=INTEL, OEM Table ID=EDK2,'],
  ['acpidump', '[000h 0000 004h]                   Signature : "DMAR"    [DMA Remapping Table]\n[004h 0004 004h]                Table Length : 000000A8'],
  ['bhyve-commands', '#!/bin/sh\nbhyveload -m 4G -d disk.img vm0\nbhyve -c 2 -m 4G -A -H -P -S \\\n  -s 0,hostbridge \\\n  -s 5,passthru,1/0/0 \\\n  vm0'],
  ['bhyve-log', 'Unable to setup memory (17)'],
  ['bhyve-log', 'bhyve: PCI device at 1/0/0 is not using the ppt(4) driver\nDevice emulation initialization error: No such file or directory'],
  ['bhyve-log', 'Aug 20 10:00:00: initialising\nAug 20 10:00:00:  [loader: uefi]\nAug 20 10:00:01:  [bhyve options: -c 4 -m 16G -AHPw -u]\nAug 20 10:00:01:  [bhyve devices: -s 0,hostbridge -s 8:0,passthru,1/0/0]\nAug 20 10:00:01: starting bhyve (run 1)\nAug 20 10:00:01: bhyve exited with status 4', '/vm/gamer/vm-bhyve.log'],
  ['vm-bhyve/gamer', 'loader="uefi"\ncpu=4\nmemory=8G\nnetwork0_type="virtio-net"\ndisk0_name="disk0.img"\npassthru0="1/0/0"', '/vm/gamer/gamer.conf'],
  ['remote', '# Example\nvm0:dv=/dev/nmdm0B:br#115200:pa=none:'],
  ['device-map', '(hd0) /dev/zvol/tank/vm0\n(cd0) /isos/debian.iso'],
  // FreeBSD's tree of devices, its disks, packages and jails; illumos
  ['devinfo', 'nexus0\n  acpi0\n    pcib0 pnpinfo _HID=PNP0A08 _UID=0 _CID=PNP0A03 at handle=\\_SB_.PCI0\n      pci0\n        hostb0 pnpinfo vendor=0x8086 device=0x3e30 subvendor=0x0000 subdevice=0x0000 class=0x060000 at slot=0 function=0 dbsf=pci0:0:0:0\n        vgapci0 pnpinfo vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217 class=0x030200 at slot=2 function=0 dbsf=pci0:0:2:0\n            I/O memory addresses:\n                0xde000000-0xdeffffff\n          nvidia0'],
  ['bectl', 'default\tNR\t/\t3.52G\t2024-05-01 10:02\n14.3-upgrade\t-\t-\t1.20M\t2025-07-02 21:15'],
  ['bectl', 'BE           Active Mountpoint Space Created\ndefault      N      /          3.52G 2024-05-01 10:02\n14.3-upgrade R      -          1.20M 2025-07-02 21:15'],
  ['freebsd-packages', 'edk2-bhyve g202411_1 FreeBSD\npkg 1.21.3 FreeBSD\nvm-bhyve 1.7.5 FreeBSD'],
  ['freebsd-packages', 'bash-5.2.37                    GNU Project Bourne Again SHell\nedk2-bhyve-g202411_1           EDK2 Firmware for bhyve\npkg-1.21.3                     Package manager'],
  ['freebsd-host-map', 'scbus0 on ahcich0 bus 0:\n<ST4000VN008-2DR166 SC60>          at scbus0 target 0 lun 0 (pass0,ada0)\n<>                                 at scbus0 target -1 lun ffffffff ()\nscbus6 on nvme0 bus 0:\n<SAMSUNG MZVLB512 EXA7301Q>        at scbus6 target 0 lun 1 (pass4,nda0)'],
  ['freebsd-host-map', '  pool: zroot\n state: ONLINE\nconfig:\n\n\tNAME             STATE     READ WRITE CKSUM\n\tzroot            ONLINE       0     0     0\n\t  /dev/nda0p4    ONLINE       0     0     0\n\nerrors: No known data errors'],
  ['bhyvectl', 'Address     Length      Segment     Offset      Prot  Flags\n0           3.0GB       sysmem      0           RWX   wired/iommu\nFFE00000    2MB         bootrom     0           R-X   '],
  ['vmm-devices', 'total 0\ncrw-------  1 root wheel 0x8f Jan  2 03:04 ai\ncrw-------  1 root wheel 0x90 Jan  2 03:04 rocm', 'vmm.txt'],
  ['bhyve-build', '/boot/kernel/vmm.ko:0\n/usr/sbin/bhyve:1'],
  ['jail-conf', 'exec.start = "/bin/sh /etc/rc";\nmount.devfs;\nvms {\n  path = /jails/vms;\n  allow.vmm;\n  devfs_ruleset = 25;\n}'],
  ['jail-conf', '[devfsrules_vms=25]\nadd include $devfsrules_hide_all\nadd path vmm unhide\nadd path \'vmm/*\' unhide'],
  ['sysctl-conf', '# tuned for VMs\nvm.max_user_wired=25165824\nkern.ipc.maxsockbuf=16777216', 'sysctl.conf'],
  ['sysctl', 'vm.max_user_wired: 25165824\nkern.osrelease: 14.3-RELEASE', 'sysctl.txt'],
  ['cbsd', '4/0/0 :  Vega 20 [Radeon Instinct MI50] :  Advanced Micro Devices, Inc. [AMD/ATI] : rocm\n4/0/1 :  Vega 20 HDMI Audio :  Advanced Micro Devices, Inc. [AMD/ATI] : -'],
  ['bhyve-config/games', 'name=games\nmemory.size=16G\nmemory.wired=true\ncpus=8\npci.0.0.0.device=hostbridge\npci.0.5.0.device=passthru\npci.0.5.0.bus=4\npci.0.5.0.slot=0\npci.0.5.0.func=0\nlpc.bootrom=/usr/local/share/uefi-firmware/BHYVE_UEFI.fd'],
  ['illumos-ppt', 'DEV        VENDOR DEVICE PATH\n/dev/ppt0  10de   1eb8   /pci@0,0/pci8086,1901@1/display@0\n-          10de   10f8   /pci@0,0/pci8086,1901@1/pci10de,12a2@0,1'],
  ['illumos-ppt', '{\n  "devices": [\n    {\n      "dev": "/dev/ppt0",\n      "path": "/pci@0,0/display@2",\n      "vendor-id": "8086",\n      "device-id": "3e92"\n    }\n  ]\n}'],
  ['illumos-zone/web', 'create -z web\nset brand=bhyve\nset autoboot=false\nadd attr\nset name=ram\nset type=string\nset value=16G\nend\nadd attr\nset name=ppt0\nset type=string\nset value=on\nend'],
  ['illumos-zone/web', 'zonename: web\nzonepath: /zones/web\nbrand: bhyve\nautoboot: false\nattr:\n\tname: ram\n\ttype: string\n\tvalue: 16G'],
  ['illumos-zone', '{\n  "zonename": "1fc068b0",\n  "brand": "bhyve",\n  "alias": "web",\n  "ram": 16384,\n  "vcpus": 4,\n  "pci_devices": [\n    {\n      "path": "/devices/pci@0,0/pci8086,1901@1/display@0",\n      "pci_slot": "0:8:0"\n    }\n  ]\n}'],
  // Who has devices, who hands them out
  ['device-holders', '                     USER        PID ACCESS COMMAND\n/dev/nvidia0:        root        901 F.... nvidia-persiste\n                     alice      4242 F...m python3'],
  ['device-holders', 'COMMAND    PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\nXorg      1187 root   13u   CHR  226,0      0t0  560 /dev/dri/card0'],
  ['device-holders', '/proc/1187/comm\t=Xorg\n/proc/1187/fd/14\t>/dev/dri/card0'],
  ['proxmox-mapping', 'rtx\n\tmap id=10de:2204,iommugroup=14,node=pve,path=0000:01:00.0,subsystem-id=1043:87d9\n'],
  ['nova-conf', '[DEFAULT]\ndebug = false\n[pci]\ndevice_spec = { "vendor_id": "10de", "product_id": "1eb8" }\nalias = { "vendor_id": "10de", "product_id": "1eb8", "device_type": "type-PCI", "name": "t4" }'],
  ['kubernetes', 'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata:\n  name: trainer\nspec:\n  template:\n    spec:\n      domain:\n        devices:\n          gpus:\n          - deviceName: nvidia.com/TU104GL_Tesla_T4\n            name: gpu1'],
  ['kubernetes', '{\n  "apiVersion": "v1",\n  "kind": "Node",\n  "status": {\n    "allocatable": {\n      "cpu": "16"\n    }\n  }\n}'],
  ['device-binding', '/etc/driverctl.d/pci-0000:01:00.0\t=vfio-pci'],
  ['device-binding', '0000:01:00.0 vfio-pci (GP104 [GeForce GTX 1080])\n0000:01:00.1 vfio-pci'],
  ['device-binding', '# the card for the guest\nACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci"', '70-vfio.rules'],
  ['amd-smi', '[\n    {\n        "gpu": 0,\n        "asic": {\n            "market_name": "Radeon RX 7900 XTX",\n            "target_graphics_version": "gfx1100"\n        },\n        "bus": {\n            "bdf": "0000:03:00.0"\n        }\n    }\n]'],
  ['amd-smi', '{"card0": {"PCI Bus": "0000:03:00.0", "GFX Version": "gfx1100"}}'],
  ['modinfo', 'filename:       /lib/modules/6.8.0-45-generic/updates/dkms/nvidia.ko.zst\nfirmware:       nvidia/550.120/gsp_tu10x.bin\nversion:        550.120\nlicense:        NVIDIA\nalias:          pci:v000010DEd*sv*sd*bc03sc02i00*'],
  ['container-toolkit', '{\n    "runtimes": {\n        "nvidia": {\n            "args": [],\n            "path": "nvidia-container-runtime"\n        }\n    }\n}', 'daemon.json'],
  ['container-toolkit', 'cdiVersion: 0.5.0\ncontainerEdits:\n  deviceNodes:\n  - path: /dev/nvidia-uvm\n  mounts:\n  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15\n    hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15\nkind: nvidia.com/gpu'],
  ['nvidia-smi', '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n\t<timestamp>Tue Mar  4 08:15:30 2025</timestamp>\n\t<driver_version>550.120</driver_version>\n\t<gpu id="00000000:01:00.0">\n\t\t<product_name>NVIDIA GeForce GTX 1080</product_name>'],
  ['text', '[    12.345] \nX.Org X Server 1.21.1.11\n[    12.345] X Protocol Version 11, Revision 0\n[    12.346] (EE) NVIDIA(GPU-0): Failed to initialize the NVIDIA graphics device!'],
  ['services', 'Id=display-manager.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled'],
  ['qemu-conf', '/etc/libvirt/qemu.conf:user = "root"\n/etc/libvirt/qemu.conf:cgroup_device_acl = [\n/etc/libvirt/qemu.conf:    "/dev/null"'],
  ['audit-log', 'type=AVC msg=audit(1717171717.171:88): avc:  denied  { open } for  pid=3211 comm="qemu-kvm" path="/dev/vfio/12"'],
  ['interrupts', '            CPU0       CPU1\n   1:          0          9  IR-IO-APIC    1-edge      i8042\n NMI:          1          2   Non-maskable interrupts'],
  // Nothing of the sort
  ['text', 'Hello,\nmy card does not work in the VM. I tried everything: a new kernel, another slot.\nThanks!'],
  ['driver-build', 'nvidia/550.54.14, 6.8.0-45-generic, x86_64: installed'],
  ['text', '#0  0x0000000000614c49 vfio_realize (qemu-system-x86_64 + 0x214c49)\n#1  0x00000000005c0e8c pci_qdev_realize (qemu-system-x86_64 + 0x1c0e8c)'],
  ['text', ''],
]

const shown = ({ kind, name }: { kind: EvidenceKind, name?: string }): string => (name === undefined ? kind : `${kind}/${name}`)
const kinds = (text: string, fileName?: string): string[] => cut(text, fileName).map(shown)

t.test('what a text is', async t => {
  for (const [kind, text, fileName] of samples) {
    const found = recognise(text, fileName)
    t.equal(kind.includes('/') ? shown(found) : found.kind, kind, text.slice(0, 70))
  }
  t.equal(recognise('6.0.0-rc2-00159-g4c612826bec1\n', undefined, 'kernel-version').kind, 'kernel-version', 'no package of FreeBSD')
  t.equal(recognise('2 lines\nof prose', 'lspci.txt').kind, 'text', 'a name alone does not make a listing')
  t.same(recognise('Mar  4 08:15:30 h kernel: vfio-pci 0000:21:00.0: reset\nMar  4 08:15:31 h libvirtd[9]: internal error: no').also, ['libvirt-log'])
  t.same(recognise('Mar  4 08:15:30 h run.sh[36]: /usr/sbin/bhyve -S -s 9:0,passthru,5/0/0 vm').also, ['kernel-log'])
})

t.test('each sample stays whole when cut, also in a fence, with CRLF gone and quoted', async t => {
  for (const [kind, text, fileName] of samples) {
    if (text === '') continue
    const bare = kind.split('/')[0]
    t.same(cut(text, fileName).map(piece => piece.kind), [bare], `alone: ${text.slice(0, 60)}`)
    if (fileName !== undefined) continue
    t.same(cut(`Look at this, please.\n\n\`\`\`\n${text}\n\`\`\`\nThanks\n`).map(piece => piece.kind), ['text', bare, 'text'], `fenced: ${text.slice(0, 60)}`)
    t.same(cut(text.replace(/^/gm, '> ')).map(piece => piece.kind), [bare], `quoted: ${text.slice(0, 60)}`)
  }
})

t.test('tickets', async t => {
  const log = '[    1.000000] vfio-pci 0000:21:00.0: enabling device\n[    2.000000] vfio-pci 0000:21:00.0: reset'
  await t.test('file names, headings and commands before fences', async t => {
    const pieces = cut(`xml/box.xml\n\n\`\`\`\n<hostdev type='pci'/>\n\`\`\`\n\nnotes.txt\n\n\`\`\`\`\n\`\`\`\n${log}\n\`\`\`\n\`\`\`\`\n`)
    t.same(pieces.map(p => [shown(p), p.firstLine, p.fileName]), [['libvirt-domain/box', 4, 'xml/box.xml'], ['kernel-log', 11, undefined]])
    const [first, second] = cut('## Output of `cat /proc/cmdline`:\n~~~sh\nquiet splash\n~~~\n')
    t.same([first?.kind, second?.kind, second?.text], ['text', 'cmdline', 'quiet splash\n'])
  })
  t.same(kinds(`Hello\n\`\`\`\n${log}`), ['text', 'kernel-log'], 'a fence that is never closed')
  t.same(cut(`Hello[code]${log}[/code]bye`).map(p => p.text), ['Hello', log, 'bye'], 'BBCode in the line')
  t.same(kinds(`Here:\n[CODE=bash]\n${log}\n[/CODE]\nand\n[code]\nGRUB_CMDLINE_LINUX="iommu=pt"\n[/code]`), ['text', 'kernel-log', 'text', 'boot-config'])
  await t.test('a terminal session', async t => {
    const pieces = cut(`root@pve:~# dmesg | grep vfio\n${log}\nroot@pve:~# cat /proc/cmdline\nquiet\nroot@pve:~# ls -l /dev/vfio\ntotal 0\ncrw------- 1 root root 243, 0 Mar  4 08:15 14\nroot@pve:~# lspci | wc -l\n41\nroot@pve:~# `)
    t.same(pieces.map(p => [p.kind, p.firstLine, p.partial ?? false]), [['kernel-log', 2, true], ['cmdline', 5, false], ['device-nodes', 6, false], ['text', 9, false], ['text', 11, false]])
    t.match(pieces[2]?.text, /^root@pve:~# ls -l \/dev\/vfio\n/, 'the folder is in the command')
    t.equal(pieces[1]?.command, 'cat /proc/cmdline')
  })
  t.same(kinds('[joe@box ~]$ uname -r\n6.8.12\n[joe@box ~]$ sudo virsh dumpxml win11\n<domain type="kvm" id="2">\n<name>win11</name>\n</domain>'), ['kernel-version', 'libvirt-domain-live/win11'])
  t.same(kinds('# bhyve -c 2 -m 4G \\\n    -s 5,passthru,1/0/0 vm0\nbhyve: passthru requires guest memory to be wired\n'), ['bhyve-commands', 'bhyve-log'], 'the command is evidence itself')
  t.same(kinds('PS C:\\Users\\joe> pnputil /enum-devices /problem\nInstance ID:   PCI\\VEN_10DE&DEV_1B80\nProblem Code:  43\n'), ['guest-report'])
  await t.test('an NVIDIA bug report', async t => {
    const line = '_'.repeat(44)
    const pieces = cut(`${line}\n\nStart of NVIDIA bug report log file.\n\n${line}\n\n*** /proc/cmdline\n*** ls: -r--r--r-- 1 root root 0 Mar 4 08:15 /proc/cmdline\nBOOT_IMAGE=/vmlinuz quiet\n\n${line}\n\n/usr/bin/lspci -nn\n\n21:00.0 VGA compatible controller [0300]: NVIDIA GP104 [10de:1b80]\n\n${line}\n\ndmesg:\n\n${log}\n`)
    t.same(pieces.map(p => [p.kind, p.firstLine]), [['text', 3], ['cmdline', 9], ['lspci', 15], ['kernel-log', 21]])
  })
  await t.test('no marks at all', async t => {
    const pieces = cut(`Hi all,\nsince the update the VM does not start. The log says\n\n${log}\n\nAnd this is the card, as far as I know:\n\n21:00.0 VGA compatible controller [0300]: NVIDIA GP104 [10de:1b80]\n\tKernel driver in use: nouveau\n\nWhat can I do about it? I tried a lot.\nqemu-system-x86_64: -device vfio-pci,host=21:00.0: vfio 0000:21:00.0: failed to setup container\nBye`)
    t.same(pieces.map(p => [p.kind, p.firstLine]), [['text', 1], ['kernel-log', 4], ['text', 7], ['lspci', 9], ['text', 12], ['qemu-log', 13], ['text', 14]])
    const denied = 'It was refused to\nlibvirt by something.\n\n[  +6.171717] audit: type=1400 audit(1717171717.171:88): apparmor="DENIED"\noperation="open" class="file" profile="libvirtd"\nname="/sys/bus/pci/drivers_probe"\npid=900 comm="rpc-libvirtd" requested_mask="w"\n\nWhy?\n'
    t.match(cut(denied)[1], { kind: 'kernel-log', text: /requested_mask="w"/ }, 'a wrapped audit message stays whole')
  })
  t.same(cut('root@truenas[~]# cat /proc/cmdline\nquiet splash\nroot@truenas[/mnt/tank]# lsmod\n').map(piece => [piece.kind, piece.command]), [['cmdline', 'cat /proc/cmdline']], 'the prompt of zsh on TrueNAS')
  t.same(cut(':~# dkms status\ni915-sriov-dkms/2026.01.01, 6.8.1-1-pve, x86_64: installed\n').map(piece => [piece.kind, piece.command]), [['driver-build', 'dkms status']], 'a prompt without the name of its host')
  t.same(cut('┌──(root㉿kali)-[~]\n└─# cat /proc/cmdline\nquiet splash\n').map(piece => piece.kind).includes('cmdline'), true, "Kali's prompt of two lines")
  t.equal(cut('$ dmesg | grep -e DMAR -e IOMMU\n[    0.010101] DMAR: IOMMU enabled\n$ ls\n')[0]?.text.split('\n')[0], '$ dmesg | grep -e DMAR -e IOMMU', 'what was searched for stays with what was found')
  t.equal(cut('&lt;hostdev type=&#39;pci&#39;&gt;\n&lt;/hostdev&gt;')[0]?.text, "<hostdev type='pci'>\n</hostdev>", 'XML out of a web page')
  t.equal(cut('     21:00.0 VGA compatible controller [0300]: NVIDIA\nGP104 [10de:1b80]')[0]?.text.startsWith('21:00.0'), true, 'an indented paste moves to the margin')
  t.same(kinds('# dmesg is empty, and this is a comment\nGRUB_DEFAULT=0\n# lspci shows the card.\nGRUB_CMDLINE_LINUX="x"', 'grub'), ['boot-config'], 'comments are no prompts')
  t.same(kinds('{ pkgs, ... }: {\n  # VFIO\n  boot.kernelModules = [\n    "vfio_pci"\n    "nvidia"\n  ];\n  # lspci shows it.\n  services.xserver = {\n    enable = true;\n    layout = "us";\n    videoDrivers = [ "nvidia" ];\n  };\n}', 'configuration.nix'), ['boot-config'], "NixOS's configuration stays whole")
})

t.test('one kind stays whole, and everything takes linear time', async t => {
  const line = '[    0.123456] pci 0000:01:00.0: reg 0x10: [mem 0xf6000000-0xf6ffffff 64bit pref]\n'
  const hostile = ['```\n', '```\na\n', '[code]', '~~~~\n', '\n', '> ', '>> a\n', '$ bhyve \\\n', 'root@h:~# x\n', '<domain', '&lt;', 'a=b ', ' ', '`', 'a@b ', '\\', `Hello: I see\n${line}\n`, 'root=', '[    0.1']
  const long = line.repeat(40_000)
  const whole = cut(long, 'dmesg.txt')
  t.same(whole.map(p => [p.kind, p.text.length]), [['kernel-log', long.length]])
  for (const part of hostile) {
    const start = performance.now()
    const pieces = cut(part.repeat(Math.ceil(1_000_000 / part.length)))
    t.ok(performance.now() - start < 30_000 && pieces.length <= 2001, JSON.stringify(part))
  }
})

t.test('any text', async t => {
  const bits = fc.constantFrom('```', '\n', '$ ', '# dmesg', 'root@h:~# ', '[code]', '[/code]', '> ', '<domain>', '&lt;', '[    1.000000] x', '01:00.0 VGA: y', ' ', '\\', '~~~', ...samples.map(([, text]) => text))
  fc.assert(fc.property(fc.array(fc.oneof(bits, fc.string()), { maxLength: 30 }), parts => {
    const text = parts.join('')
    const lines = text.split('\n').length
    return cut(text, 'x.txt').every(piece => piece.firstLine >= 1 && piece.firstLine <= lines && piece.text.trim() !== '')
  }), { numRuns: 500 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => typeof (decode(Buffer.from(bytes)) ?? '') === 'string'), { numRuns: 500 })
  t.pass('nothing thrown')
})

t.test('decoding', async t => {
  t.equal(decode(Buffer.from('\ufeffa\r\nb', 'utf8')), 'a\nb')
  t.equal(decode(Buffer.from('\ufeffGerät', 'utf16le')), 'Gerät')
  t.equal(decode(Buffer.from('Get-PnpDevice\r\n', 'utf16le')), 'Get-PnpDevice\n')
  t.equal(decode(Buffer.from('Gerät', 'latin1')), 'Gerät')
  t.equal(decode(Buffer.from('\x1b[32m[    0.000000]\x1b[0m x\xa0y', 'latin1')), '[    0.000000] x y')
  t.equal(decode(Buffer.from([1, 2, 3, 0, 0, 0, 65])), null)
})

t.test('what is handed in', async t => {
  const dir = t.testdir({
    'dmesg.txt': '[    1.000000] vfio-pci 0000:21:00.0: reset\n',
    'old-dmesg.txt': '[    1.500000] vfio-pci 0000:21:00.0: reset\n',
    'cmdline.txt': 'intel_iommu=on iommu=pt\r\n',
    'empty.txt': '',
    '.hidden': 'x',
    'xml': { 'win11.xml': "<domain type='kvm'><name>win11</name></domain>", 'win10.xml': "<domain type='kvm'><name>win10</name></domain>" },
  })
  const at = (...names: string[]): string => join(dir, ...names)
  await writeFile(at('photo.jpg'), Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'))
  const dmar = Buffer.alloc(48)
  dmar.write('DMAR')
  dmar.writeUInt32LE(48, 4)
  await writeFile(at('table.bin'), dmar)
  await writeFile(at('syslog.gz'), gzipSync('Mar  4 08:15:30 h kernel: DMAR: IOMMU enabled\n'))
  await symlink('/etc/hostname', at('out'))

  await t.test('a folder', async t => {
    const found = await openInputs([dir])
    const short = found.map(({ id, status, from }) => [id, status, from.slice(dir.length + 1)])
    t.same(short, [
      ['cmdline', 'ok', 'cmdline.txt'], ['kernel-log', 'ok', 'dmesg.txt'], ['text', 'failed', 'empty.txt'], ['kernel-log/old-dmesg', 'ok', 'old-dmesg.txt'],
      ['text/photo.jpg', 'failed', 'photo.jpg'], ['kernel-log/syslog', 'ok', 'syslog.gz'], ['acpi-table/DMAR', 'ok', 'table.bin'],
      ['libvirt-domain/win10', 'ok', 'xml/win10.xml'], ['libvirt-domain/win11', 'ok', 'xml/win11.xml'],
    ])
    t.equal(found[4]?.note, 'looks like a JPEG image, which holds no text gpudoctor can read')
    t.equal(found[0]?.body, 'intel_iommu=on iommu=pt\n')
    t.ok(found[6]?.body instanceof Uint8Array)
  })
  await t.test('limits of a folder', async t => {
    t.match((await openInputs([dir], { files: 1 })).map(one => one.status), ['ok', 'failed'])
    t.ok((await openInputs([dir], { depth: 1 })).some(one => one.note?.includes('folders deep')))
    t.ok((await openInputs([dir], { bytes: 40 })).some(one => one.note?.includes('were handed in')))
  })
  await t.test('nothing readable', async t => {
    await t.rejects(openInputs([at('nope.txt')]), new InputError(`${at('nope.txt')}: no such file or folder`))
    await t.rejects(openInputs([at('empty.txt'), at('photo.jpg')]), /empty\.txt: the file is empty\n.*photo\.jpg: looks like a JPEG/)
    await t.rejects(openInputs([]), InputError)
    await mkdir(at('void'))
    await t.rejects(openInputs([at('void')]), /holds no file/)
    t.equal((await openInputs([at('nope.txt'), at('dmesg.txt')])).length, 2, 'the rest is read all the same')
  })
  await t.test('files packed by other tools', async t => {
    await writeFile(at('log.bz2'), Buffer.from('BZh91AY&SYrest', 'latin1'))
    await t.rejects(openInputs([at('log.bz2')]), /is a bzip2 archive, which gpudoctor does not open; unpack it/)
    await writeFile(at('bomb.gz'), gzipSync(Buffer.alloc(4_000_000)))
    await t.rejects(openInputs([at('bomb.gz')], { bytes: 1_000_000 }), /unpacks to more than/)
  })
  await t.test('a ticket', async t => {
    await writeFile(at('ticket.md'), '# Help\n\n```\n$ dmesg | tail\n[    1.000000] vfio-pci 0000:21:00.0: reset\n```\nand\n```\n[    2.000000] vfio-pci 0000:21:00.0: gone\n```\n')
    const found = await openInputs([at('ticket.md')])
    await writeFile(at('mixed.txt'), 'HugePages_Total:    4096\nHugePages_Free:      100\nHugepagesize:       2048 kB\nqemu-system-x86_64: unable to map backing store for guest RAM: Cannot allocate memory\n')
    t.same((await openInputs([at('mixed.txt')])).map(({ kind, status }) => [kind, status]), [['meminfo', 'ok'], ['qemu-log', 'cut']], 'what is not among lines that strayed in was not looked for')
    t.same(found.map(({ id, status, firstLine }) => [id, status, firstLine]), [['text', 'ok', 1], ['kernel-log', 'cut', 5], ['text/ticket', 'ok', 7], ['kernel-log/ticket', 'ok', 9]])
  })
})

const cases = new URL('../../../shared/corpus/cases/', import.meta.url).pathname
t.test('the case collection beside the checkout', { skip: existsSync(cases) ? false : 'there is no case collection beside this checkout' }, async t => {
  for (const name of readdirSync(cases)) {
    const found = await openInputs([join(cases, name, 'evidence')])
    t.equal(new Set(found.map(one => one.id)).size, found.length, name)
    t.ok(found.every(one => one.status === 'ok' || one.status === 'cut'), name)
  }
})

t.test('logs of containers and traces of scripts are searched as plain text', async t => {
  const pod = '{"component":"virt-launcher","level":"error","msg":"internal error: qemu unexpectedly closed the monitor","pos":"qemuProcessReportLogError:2051","subcomponent":"libvirt"}\n'
  const claim = 'time="2023-04-27T03:07:31Z" level=error msg="error writing to bind file: write /sys/bus/pci/drivers/vfio-pci/bind: invalid argument"\n'
  const trace = '+ systemctl stop sddm.service\n+ echo 0\n+ modprobe -r nvidia\nmodprobe: FATAL: Module nvidia is in use.\n+ virsh nodedev-detach pci_0000_0c_00_0\n'
  const stamped = `2024-11-13T06:56:33.080602856Z ${claim}`
  const named = `harvester-pcidevices-controller-kxcpr ${claim}`
  for (const text of [pod, pod + pod, claim, stamped, stamped + stamped, named, `[pod/virt-a/b] ${claim}`, trace]) t.equal(recognise(text).kind, 'text', text.slice(0, 40))
  t.equal(recognise('Error booting VM: VmBoot(DeviceManager(VfioMapRegion(MmapArea)))\n').kind, 'text', 'no list of devices of Windows')
})

t.test('what may hold messages of programs is searched for them as well', t => {
  const report = ['Name: gpu', 'Description: a VM with a card', 'Status: STOPPED', 'Type: virtual-machine', 'Architecture: x86_64', 'Created: yesterday', 'Last Used: today', 'Pid: 0', 'Log (qemu.log):', '/run/incus/gpu/qemu.conf:285: vfio 0000:41:00.0: error getting device from group 2: No such device'].join('\n')
  t.match(recognise(report).also, ['text'], 'a report with a line of a listing')
  const refused = recognise("error writing '0000:41:00.0' to '/sys/bus/pci/drivers/vfio-pci/bind': No such device\n")
  t.ok(refused.kind === 'text' || refused.also?.includes('text'), 'a message that names what hook scripts name')
  t.notOk(recognise('#!/bin/bash\nvirsh nodedev-detach pci_0000_41_00_0\nmodprobe vfio-pci\nsleep 2\n').also, 'a script')
  const map = '  d0000000-dfffffff : 0000:41:00.0\n    d0000000-d02fffff : BOOTFB\n'
  t.notOk(recognise(map).strays)
  t.match(recognise(`${map}vfio-pci 0000:41:00.0: BAR 1: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]\n`), { kind: 'iomem', strays: ['kernel-log'] }, 'a line of another log below')
  t.end()
})
