/** Healthy machines, made up in real message formats: whatever is run on them, none gets a warning or an error. */
import t from 'tap'
import type { Evidence } from '../model/evidence.ts'
import { collected, cpu, dmesg, examine, functions, handedIn, link, memory, modules, tree, type Function, type Machine } from './made-machine.ts'

async function loud(evidence: readonly Evidence[]): Promise<string[]> {
  const { findings, chain, unexplained, broken } = await examine(evidence)
  const odd = [...(chain ?? []).filter(link => link.verdict === 'failed').map(link => `${link.name} is broken`), ...(unexplained?.lines ?? []).map(({ quote }) => `not explained: ${quote.text}`)]
  return [...odd, ...findings.filter(finding => finding.severity !== 'hint').map(finding => `${finding.rule}: ${finding.text}`), ...broken.map(({ rule, error }) => `${rule}: ${error}`)]
}

// An Intel desktop whose old GeForce runs nouveau. Firmware has VT-d on; nobody thinks of VMs.
const desktop: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '8086:3ec2', class: '060000', driver: 'skl_uncore', group: 0 },
    { bdf: '0000:00:01.0', id: '8086:1901', class: '060400', driver: 'pcieport', group: 1 },
    { bdf: '0000:00:14.0', id: '8086:a36d', class: '0c0330', driver: 'xhci_hcd', group: 2 },
    { bdf: '0000:00:17.0', id: '8086:a352', class: '010601', driver: 'ahci', group: 3 },
    { bdf: '0000:00:1f.6', id: '8086:15bc', class: '020000', driver: 'e1000e', group: 4 },
    { bdf: '0000:01:00.0', id: '10de:1381', class: '030000', driver: 'nouveau', group: 1, below: '0000:00:01.0', more: { boot_vga: '1', ...link } },
    { bdf: '0000:01:00.1', id: '10de:0fbc', class: '040300', driver: 'snd_hda_intel', group: 1, below: '0000:00:01.0' },
  ]),
  'kernel-log': dmesg(`
Linux version 6.12.48+deb13-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)
Command line: BOOT_IMAGE=/boot/vmlinuz-6.12.48+deb13-amd64 root=UUID=5c1bfb36-5e43-4d0c-9d6f-111111111111 ro quiet
BIOS-provided physical RAM map:
efi: EFI v2.7 by American Megatrends
DMI: System manufacturer System Product Name/PRIME B360-PLUS, BIOS 3202 07/10/2021
ACPI: DMAR 0x000000008A2E2F18 0000A8 (v01 INTEL  EDK2     00000002      01000013)
ACPI: Reserving DMAR table memory at [mem 0x8a2e2f18-0x8a2e2fbf]
pci 0000:00:00.0: [8086:3ec2] type 00 class 0x060000 conventional PCI endpoint
pci 0000:01:00.0: [10de:1381] type 00 class 0x030000 PCIe Legacy Endpoint
pci 0000:01:00.0: BAR 0 [mem 0xde000000-0xdeffffff]
pci 0000:01:00.0: BAR 1 [mem 0xc0000000-0xcfffffff 64bit pref]
pci 0000:01:00.0: BAR 3 [mem 0xd0000000-0xd1ffffff 64bit pref]
pci 0000:01:00.0: BAR 5 [io  0xe000-0xe07f]
pci 0000:01:00.0: ROM [mem 0xdf000000-0xdf07ffff pref]
pci 0000:01:00.0: Video device with shadowed ROM at [mem 0x000c0000-0x000dffff]
pci 0000:01:00.0: vgaarb: setting as boot VGA device
pci 0000:01:00.0: vgaarb: VGA device added: decodes=io+mem,owns=io+mem,locks=none
DMAR: Host address width 39
DMAR: DRHD base: 0x000000fed91000 flags: 0x1
DMAR: dmar0: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050da
DMAR: No ATSR found
DMAR: No SATC found
DMAR: dmar0: Using Queued invalidation
DMAR-IR: Enabled IRQ remapping in x2apic mode
pci 0000:00:01.0: Adding to iommu group 1
pci 0000:01:00.0: Adding to iommu group 1
iommu: Default domain type: Translated
iommu: DMA domain TLB invalidation policy: lazy mode
DMAR: Intel(R) Virtualization Technology for Directed I/O
simple-framebuffer simple-framebuffer.0: [drm] Registered 1 planes with drm panic
ahci 0000:00:17.0: AHCI vers 0001.0301, 32 command slots, 6 Gbps, SATA mode
EXT4-fs (sda2): mounted filesystem 5c1bfb36-5e43-4d0c-9d6f-111111111111 ro with ordered data mode. Quota mode: none.
e1000e 0000:00:1f.6 eth0: (PCI Express:2.5GT/s:Width x1) 00:00:5e:00:53:11
nouveau 0000:01:00.0: vgaarb: deactivate vga console
nouveau 0000:01:00.0: NVIDIA GM107 (117010a2)
nouveau 0000:01:00.0: bios: version 82.07.32.00.1f
nouveau 0000:01:00.0: fb: 2048 MiB GDDR5
nouveau 0000:01:00.0: DRM: VRAM: 2048 MiB
nouveau 0000:01:00.0: DRM: GART: 1048576 MiB
nouveau 0000:01:00.0: DRM: MM: using COPY for buffer copies
[drm] Initialized nouveau 1.4.0 for 0000:01:00.0 on minor 0
fbcon: nouveaudrmfb (fb0) is primary device
snd_hda_intel 0000:01:00.1: Disabling MSI
snd_hda_intel 0000:01:00.1: Handle vga_switcheroo audio client
kvm: VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL does not work properly. Using workaround`),
  cmdline: 'BOOT_IMAGE=/boot/vmlinuz-6.12.48+deb13-amd64 root=UUID=5c1bfb36-5e43-4d0c-9d6f-111111111111 ro quiet\n',
  'kernel-version': 'Linux version 6.12.48+deb13-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14) #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1\n',
  'os-release': 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
  cpuinfo: cpu('GenuineIntel', 'Intel(R) Core(TM) i5-8400 CPU @ 2.80GHz', 'fpu vme vmx ept aes avx2'),
  modules: modules('nouveau', 'snd_hda_intel', 'e1000e', 'kvm_intel', 'kvm'),
  'modprobe-conf': '/etc/modprobe.d\t/\n',
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/DMAR\t/\n/sys/firmware/efi\t/\n',
  'display-state': tree(['/proc/fb\t=0 nouveaudrmfb', '/sys/class/vtconsole/vtcon0\t/', '/sys/class/vtconsole/vtcon0/name\t=(S) dummy device', '/sys/class/vtconsole/vtcon0/bind\t=0', '/sys/class/vtconsole/vtcon1/name\t=(M) frame buffer device', '/sys/class/vtconsole/vtcon1/bind\t=1']),
  meminfo: memory(16),
}

// An AMD laptop: picture by amdgpu, a second NVIDIA GPU on the proprietary driver that sleeps when idle.
const laptop: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '1022:14e8', class: '060000', group: 0 },
    { bdf: '0000:00:01.1', id: '1022:14ed', class: '060400', driver: 'pcieport', group: 1 },
    { bdf: '0000:01:00.0', id: '10de:28e0', class: '030000', driver: 'nvidia', group: 12, below: '0000:00:01.1', more: { boot_vga: '0', power_state: 'D3cold', 'power/control': 'auto', 'power/runtime_status': 'suspended' } },
    { bdf: '0000:01:00.1', id: '10de:22be', class: '040300', driver: 'snd_hda_intel', group: 12, below: '0000:00:01.1' },
    { bdf: '0000:05:00.0', id: '1002:15bf', class: '030000', driver: 'amdgpu', group: 16, more: { boot_vga: '1', ...link } },
    { bdf: '0000:05:00.1', id: '1002:1640', class: '040300', driver: 'snd_hda_intel', group: 17 },
    { bdf: '0000:02:00.0', id: '144d:a80a', class: '010802', driver: 'nvme', group: 13 },
  ]),
  'kernel-log': dmesg(`
Linux version 6.11.0-26-generic (buildd@lcy02-amd64-074) (x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0, GNU ld (GNU Binutils for Ubuntu) 2.42) #26~24.04.1-Ubuntu SMP PREEMPT_DYNAMIC Thu Apr 17 19:20:47 UTC 2
Command line: BOOT_IMAGE=/vmlinuz-6.11.0-26-generic root=/dev/mapper/vgubuntu-root ro quiet splash
DMI: ASUSTeK COMPUTER INC. ASUS TUF Gaming A15 FA507NU_FA507NU/FA507NU, BIOS FA507NU.314 11/30/2023
ACPI: IVRS 0x000000007B5D1000 0001A4 (v02 AMD    AmdTable 00000001 AMD  00000001)
AMD-Vi: Using global IVHD EFR:0x246577efa2254afa, EFR2:0x0
pci 0000:00:00.2: AMD-Vi: IOMMU performance counters supported
iommu: Default domain type: Translated
iommu: DMA domain TLB invalidation policy: lazy mode
pci 0000:01:00.0: Adding to iommu group 12
pci 0000:01:00.1: Adding to iommu group 12
pci 0000:05:00.0: Adding to iommu group 16
AMD-Vi: Extended features (0x246577efa2254afa, 0x0): PPR NX GT [5] IA GA PC GA_vAPIC
AMD-Vi: Interrupt remapping enabled
AMD-Vi: Virtual APIC enabled
pci 0000:05:00.0: vgaarb: setting as boot VGA device
[drm] amdgpu kernel modesetting enabled.
amdgpu: Virtual CRAT table created for CPU
amdgpu: Topology: Add CPU node
amdgpu 0000:05:00.0: enabling device (0006 -> 0007)
[drm] initializing kernel modesetting (IP DISCOVERY 0x1002:0x15BF 0x1043:0x3E93 0xC6).
amdgpu 0000:05:00.0: amdgpu: Fetched VBIOS from VFCT
amdgpu: ATOM BIOS: 113-PHXGENERIC-001
amdgpu 0000:05:00.0: amdgpu: Trusted Memory Zone (TMZ) feature disabled as experimental (default)
amdgpu 0000:05:00.0: amdgpu: VRAM: 512M 0x0000008000000000 - 0x000000801FFFFFFF (512M used)
[drm] amdgpu: 512M of VRAM memory ready
amdgpu 0000:05:00.0: amdgpu: RAS: optional ras ta ucode is not available
amdgpu 0000:05:00.0: amdgpu: RAP: optional rap ta ucode is not available
amdgpu 0000:05:00.0: amdgpu: SECUREDISPLAY: securedisplay ta ucode is not available
amdgpu 0000:05:00.0: amdgpu: SMU is initialized successfully!
kfd kfd: amdgpu: Allocated 3969056 bytes on gart
kfd kfd: amdgpu: added device 1002:15bf
[drm] Initialized amdgpu 3.58.0 for 0000:05:00.0 on minor 1
fbcon: amdgpudrmfb (fb0) is primary device
nvidia: loading out-of-tree module taints kernel.
nvidia: module license 'NVIDIA' taints kernel.
nvidia: module verification failed: signature and/or required key missing - tainting kernel
nvidia-nvlink: Nvlink Core is being initialized, major device number 236
nvidia 0000:01:00.0: enabling device (0000 -> 0003)
NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.144.03  Mon Dec 30 17:44:08 UTC 2024
nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  550.144.03  Mon Dec 30 17:10:10 UTC 2024
[drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver
[drm] Initialized nvidia-drm 0.0.0 20160202 for 0000:01:00.0 on minor 0
nvidia 0000:01:00.0: [drm] Cannot find any crtc or sizes
snd_hda_intel 0000:01:00.1: enabling device (0000 -> 0002)
ACPI Warning: \\_SB.NPCF._DSM: Argument #4 type mismatch - Found [Buffer], ACPI requires [Package] (20240322/nsarguments-61)`),
  cmdline: 'BOOT_IMAGE=/vmlinuz-6.11.0-26-generic root=/dev/mapper/vgubuntu-root ro quiet splash\n',
  'os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
  'kernel-version': 'Linux version 6.11.0-26-generic (buildd@lcy02-amd64-074) (x86_64-linux-gnu-gcc-13) #26~24.04.1-Ubuntu SMP PREEMPT_DYNAMIC\n',
  cpuinfo: cpu('AuthenticAMD', 'AMD Ryzen 7 7840HS w/ Radeon 780M Graphics', 'fpu vme svm npt nrip_save avx2'),
  modules: modules('nvidia_drm', 'nvidia_modeset', 'nvidia', 'amdgpu', 'kvm_amd', 'kvm', 'nvme'),
  'modprobe-conf': '/etc/modprobe.d\t/\n/etc/modprobe.d/nvidia-graphics-drivers-kms.conf\t=options nvidia_drm modeset=1\n/etc/modprobe.d/blacklist-framebuffer.conf\t=blacklist nvidiafb\n/etc/modprobe.d/nvidia-installer-disable-nouveau.conf\t=blacklist nouveau\n',
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/IVRS\t/\n/sys/firmware/efi\t/\n',
  'display-state': tree(['/proc/fb\t=0 amdgpudrmfb']),
  'driver-build': 'nvidia/550.144.03, 6.11.0-26-generic, x86_64: installed\n',
  'nvidia-proc': '/proc/driver/nvidia/version\t=NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.144.03  Mon Dec 30 17:44:08 UTC 2024\n/proc/driver/nvidia/version\t=GCC version:  gcc version 13.3.0 (Ubuntu 13.3.0-6ubuntu2~24.04)\n',
  meminfo: memory(32),
}

const mlBuses = ['17', '3d', '99', 'bd'] as const
const smiGpu = (bus: string, index: number): string => `
GPU 00000000:${bus.toUpperCase()}:00.0
    Product Name                          : NVIDIA A100-SXM4-80GB
    Product Brand                         : NVIDIA
    Product Architecture                  : Ampere
    Display Mode                          : Enabled
    Display Active                        : Disabled
    Persistence Mode                      : Enabled
    Addressing Mode                       : None
    MIG Mode
        Current                           : Disabled
        Pending                           : Disabled
    Accounting Mode                       : Disabled
    Driver Model
        Current                           : N/A
        Pending                           : N/A
    Minor Number                          : ${index}
    VBIOS Version                         : 92.00.36.00.02
    MultiGPU Board                        : No
    GPU Part Number                       : 692-2G506-0212-002
    GSP Firmware Version                  : 535.183.01
    GPU Virtualization Mode
        Virtualization Mode               : None
        Host VGPU Mode                    : N/A
    GPU Reset Status
        Reset Required                    : No
        Drain and Reset Recommended       : No
    PCI
        Bus                               : 0x${bus.toUpperCase()}
        Device                            : 0x00
        Domain                            : 0x0000
        Bus Id                            : 00000000:${bus.toUpperCase()}:00.0
        GPU Link Info
            PCIe Generation
                Max                       : 4
                Current                   : 4
                Device Current            : 4
            Link Width
                Max                       : 16x
                Current                   : 16x
        Replays Since Reset               : 0
    Performance State                     : P0
    Clocks Event Reasons
        Idle                              : Active
        Applications Clocks Setting       : Not Active
        SW Power Cap                      : Not Active
        HW Slowdown                       : Not Active
            HW Thermal Slowdown           : Not Active
            HW Power Brake Slowdown       : Not Active
        SW Thermal Slowdown               : Not Active
    FB Memory Usage
        Total                             : 81920 MiB
        Reserved                          : 633 MiB
        Used                              : 7 MiB
        Free                              : 81279 MiB
    Compute Mode                          : Default
    ECC Mode
        Current                           : Enabled
        Pending                           : Enabled
    ECC Errors
        Volatile
            SRAM Correctable              : 0
            SRAM Uncorrectable            : 0
            DRAM Correctable              : 0
            DRAM Uncorrectable            : 0
        Aggregate
            SRAM Correctable              : 0
            SRAM Uncorrectable            : 0
            DRAM Correctable              : 0
            DRAM Uncorrectable            : 0
    Retired Pages
        Single Bit ECC                    : N/A
        Double Bit ECC                    : N/A
        Pending Page Blacklist            : N/A
    Remapped Rows
        Correctable Error                 : 0
        Uncorrectable Error               : 0
        Pending                           : No
        Remapping Failure Occurred        : No
        Bank Remap Availability Histogram
            Max                           : 640 bank(s)
            High                          : 0 bank(s)
    Temperature
        GPU Current Temp                  : 31 C
    Processes                             : None`

// A bare-metal machine for machine learning with four GPUs.
const server: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '8086:09a2', class: '060000', group: 0 },
    { bdf: '0000:02:00.0', id: '1a03:2000', class: '030000', driver: 'ast', group: 1, more: { boot_vga: '1' } },
    { bdf: '0000:31:00.0', id: '15b3:101d', class: '020000', driver: 'mlx5_core', group: 2 },
    ...mlBuses.map((bus, index): Function => ({ bdf: `0000:${bus}:00.0`, id: '10de:20b2', class: '030200', driver: 'nvidia', group: 10 + index, more: { current_link_speed: '16.0 GT/s PCIe', max_link_speed: '16.0 GT/s PCIe', current_link_width: '16', max_link_width: '16', numa_node: index < 2 ? '0' : '1' } })),
  ]),
  'kernel-log': dmesg(`
Linux version 5.15.0-119-generic (buildd@lcy02-amd64-075) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38) #129-Ubuntu SMP Fri Aug 2 19:25:20 UTC 2024 (Ubuntu 5.15.0-119.129-generic 5.15.160)
Command line: BOOT_IMAGE=/boot/vmlinuz-5.15.0-119-generic root=/dev/md0 ro console=tty0 console=ttyS0,115200n8
DMI: Supermicro SYS-420GP-TNR/X12DPG-OA6, BIOS 1.4b 06/20/2023
ACPI: DMAR 0x0000000069BFD000 0002C8 (v01 INTEL  INTEL ID 00000001 INTL 20091013)
DMAR: Host address width 46
DMAR: DRHD base: 0x000000d0ffc000 flags: 0x0
DMAR-IR: Enabled IRQ remapping in x2apic mode
iommu: Default domain type: Translated
${mlBuses.map((bus, index) => `pci 0000:${bus}:00.0: [10de:20b2] type 00 class 0x030200
pci 0000:${bus}:00.0: reg 0x10: [mem 0xc4000000-0xc4ffffff]
pci 0000:${bus}:00.0: reg 0x14: [mem 0x20${index}000000000-0x20${index}ffffffffff 64bit pref]
pci 0000:${bus}:00.0: Adding to iommu group ${10 + index}`).join('\n')}
ast 0000:02:00.0: [drm] Using P2A bridge for configuration
fbcon: astdrmfb (fb0) is primary device
mlx5_core 0000:31:00.0: firmware version: 20.36.1010
mlx5_core 0000:31:00.0: 252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)
nvidia: loading out-of-tree module taints kernel.
nvidia: module license 'NVIDIA' taints kernel.
nvidia: module verification failed: signature and/or required key missing - tainting kernel
nvidia-nvlink: Nvlink Core is being initialized, major device number 511
NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  535.183.01  Release Build  (dvs-builder@U16-A24-27-2)  Sun May 12 19:33:55 UTC 2024
${mlBuses.map((bus, index) => `[drm] [nvidia-drm] [GPU ID 0x0000${bus}00] Loading driver
[drm] Initialized nvidia-drm 0.0.0 20160202 for 0000:${bus}:00.0 on minor ${index + 1}`).join('\n')}
nvidia_uvm: module uses symbols nvUvmInterfaceDisableAccessCntr from proprietary module nvidia, inheriting taint.
nvidia-uvm: Loaded the UVM driver, major device number 509.
NVRM: Persistence mode is deprecated and will be removed in a future release. Please use nvidia-persistenced instead.`),
  cmdline: 'BOOT_IMAGE=/boot/vmlinuz-5.15.0-119-generic root=/dev/md0 ro console=tty0 console=ttyS0,115200n8\n',
  'os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n',
  'kernel-version': 'Linux version 5.15.0-119-generic (buildd@lcy02-amd64-075) (gcc 11.4.0) #129-Ubuntu SMP\n',
  cpuinfo: cpu('GenuineIntel', 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz', 'fpu vmx ept avx512f'),
  modules: modules('nvidia_uvm', 'nvidia_drm', 'nvidia_modeset', 'nvidia', 'ast', 'mlx5_core'),
  'modprobe-conf': '/etc/modprobe.d\t/\n/etc/modprobe.d/blacklist-nouveau.conf\t=blacklist nouveau\n',
  'nvidia-smi': `
==============NVSMI LOG==============

Timestamp                                 : Tue Feb  3 04:05:06 2026
Driver Version                            : 535.183.01
CUDA Version                              : 12.2

Attached GPUs                             : 4${mlBuses.map(smiGpu).join('\n')}
`,
  'display-state': tree(['/proc/fb\t=0 astdrmfb']),
  meminfo: memory(1008),
}

// A guest of KVM that is given a GPU: q35, OVMF, the card behind a root port.
const guest: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '8086:29c0', class: '060000' },
    { bdf: '0000:00:01.0', id: '1af4:1050', class: '030000', driver: 'virtio-pci', more: { boot_vga: '1' } },
    { bdf: '0000:00:02.0', id: '1b36:000c', class: '060400', driver: 'pcieport' },
    { bdf: '0000:01:00.0', id: '1af4:1041', class: '020000', driver: 'virtio-pci' },
    { bdf: '0000:05:00.0', id: '10de:2684', class: '030000', driver: 'nvidia', below: '0000:00:02.0', more: { boot_vga: '0', ...link } },
    { bdf: '0000:05:00.1', id: '10de:22ba', class: '040300', driver: 'snd_hda_intel', below: '0000:00:02.0' },
  ]),
  'kernel-log': dmesg(`
Linux version 6.8.0-60-generic (buildd@lcy02-amd64-054) (x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0, GNU ld (GNU Binutils for Ubuntu) 2.42) #63-Ubuntu SMP PREEMPT_DYNAMIC Tue Apr 15 19:04:15 UTC 2025
Command line: BOOT_IMAGE=/vmlinuz-6.8.0-60-generic root=/dev/vda1 ro console=tty1 console=ttyS0
efi: EFI v2.7 by EDK II
DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 2024.02-2 03/11/2024
Hypervisor detected: KVM
kvm-clock: Using msrs 4b564d01 and 4b564d00
ACPI: MCFG 0x000000007E9FA000 00003C (v01 BOCHS  BXPC     00000001      01000013)
smpboot: CPU0: Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz (family: 0x6, model: 0x6a, stepping: 0x6)
PCI: ECAM [mem 0xe0000000-0xefffffff] (base 0xe0000000) for domain 0000 [bus 00-ff]
acpi PNP0A08:00: _OSC: OS now controls [PCIeHotplug SHPCHotplug PME AER PCIeCapability]
pci_bus 0000:00: root bus resource [mem 0x380000000000-0x38ffffffffff window]
pci 0000:00:02.0: [1b36:000c] type 01 class 0x060400 PCIe Root Port
pci 0000:00:02.0: PCI bridge to [bus 05]
pci 0000:05:00.0: [10de:2684] type 00 class 0x030000 PCIe Legacy Endpoint
pci 0000:05:00.0: BAR 0 [mem 0x81000000-0x81ffffff]
pci 0000:05:00.0: BAR 1 [mem 0x380000000000-0x3807ffffffff 64bit pref]
pci 0000:05:00.0: BAR 3 [mem 0x380800000000-0x380801ffffff 64bit pref]
pci 0000:05:00.0: BAR 5 [io  0x6000-0x607f]
pci 0000:05:00.0: Max Payload Size set to 128 (was 256, max 256)
pci 0000:05:00.0: 126.016 Gb/s available PCIe bandwidth, limited by 8.0 GT/s PCIe x16 link at 0000:00:02.0 (capable of 252.048 Gb/s with 16.0 GT/s PCIe x16 link)
pcieport 0000:00:02.0: PME: Signaling with IRQ 24
pcieport 0000:00:02.0: AER: enabled with IRQ 24
pcieport 0000:00:02.0: pciehp: Slot #0 AttnBtn+ PwrCtrl+ MRL- AttnInd+ PwrInd+ HotPlug+ Surprise+ Interlock+ NoCompl- IbPresDis- LLActRep+
[drm] pci: virtio-vga detected at 0000:00:01.0
virtio-pci 0000:00:01.0: vgaarb: deactivate vga console
fbcon: virtio_gpudrmfb (fb0) is primary device
nvidia: loading out-of-tree module taints kernel.
nvidia: module verification failed: signature and/or required key missing - tainting kernel
nvidia-nvlink: Nvlink Core is being initialized, major device number 243
nvidia 0000:05:00.0: enabling device (0000 -> 0003)
NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.133.20  Release Build  (dvs-builder@U22-I3-AF03-09-1)  Sun Mar 30 21:16:14 UTC 2025
[drm] [nvidia-drm] [GPU ID 0x00000500] Loading driver
[drm] Initialized nvidia-drm 0.0.0 for 0000:05:00.0 on minor 1
nvidia 0000:05:00.0: [drm] Cannot find any crtc or sizes
nvidia-uvm: Loaded the UVM driver, major device number 241.`),
  cmdline: 'BOOT_IMAGE=/vmlinuz-6.8.0-60-generic root=/dev/vda1 ro console=tty1 console=ttyS0\n',
  'os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
  'kernel-version': 'Linux version 6.8.0-60-generic (buildd@lcy02-amd64-054) (x86_64-linux-gnu-gcc-13) #63-Ubuntu SMP PREEMPT_DYNAMIC\n',
  cpuinfo: cpu('GenuineIntel', 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz', 'fpu hypervisor avx512f'),
  modules: modules('nvidia_uvm', 'nvidia_drm', 'nvidia_modeset', 'nvidia', 'virtio_gpu'),
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/MCFG\t/\n/sys/firmware/efi\t/\n/sys/class/dmi/id/sys_vendor\t=QEMU\n',
  'display-state': tree(['/proc/fb\t=0 virtio_gpudrmfb']),
  meminfo: memory(64),
}

const kernel = '6.8.12-11-pve'
const pveLine = `BOOT_IMAGE=/boot/vmlinuz-${kernel} root=/dev/mapper/pve-root ro quiet intel_iommu=on iommu=pt`
// A Proxmox host with a running VM that holds the GPU by vfio-pci.
const proxmox: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '8086:4650', class: '060000', group: 0 },
    { bdf: '0000:00:01.0', id: '8086:460d', class: '060400', driver: 'pcieport', group: 1 },
    { bdf: '0000:00:02.0', id: '8086:4690', class: '030000', driver: 'i915', group: 2, more: { boot_vga: '1' } },
    { bdf: '0000:00:14.0', id: '8086:7ae0', class: '0c0330', driver: 'xhci_hcd', group: 3 },
    { bdf: '0000:00:17.0', id: '8086:7ae2', class: '010601', driver: 'ahci', group: 4 },
    { bdf: '0000:01:00.0', id: '10de:2504', class: '030000', driver: 'vfio-pci', group: 14, below: '0000:00:01.0', more: { boot_vga: '0', reset_method: 'flr bus', ...link } },
    { bdf: '0000:01:00.1', id: '10de:228e', class: '040300', driver: 'vfio-pci', group: 14, below: '0000:00:01.0', more: { reset_method: 'bus' } },
    { bdf: '0000:03:00.0', id: '10ec:8125', class: '020000', driver: 'r8169', group: 16 },
  ]),
  'kernel-log': dmesg(`
Linux version ${kernel} (build@proxmox) (gcc (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-11 (2025-05-22T09:39Z) ()
Command line: ${pveLine}
KERNEL supported cpus:
BIOS-provided physical RAM map:
BIOS-e820: [mem 0x0000000000000000-0x000000000009efff] usable
BIOS-e820: [mem 0x0000000000100000-0x0000000065b51fff] usable
efi: EFI v2.8 by American Megatrends
secureboot: Secure boot disabled
DMI: Micro-Star International Co., Ltd. MS-7D42/MAG B660M MORTAR DDR4 (MS-7D42), BIOS 1.F0 08/21/2024
ACPI: RSDP 0x0000000073A7A014 000024 (v02 ALASKA)
ACPI: XSDT 0x0000000073A79728 000114 (v01 ALASKA A M I    01072009 AMI  01000013)
ACPI: FACP 0x0000000073A74000 000114 (v06 ALASKA A M I    01072009 AMI  01000013)
ACPI: MCFG 0x0000000073A35000 00003C (v01 ALASKA A M I    01072009 MSFT 00000097)
ACPI: DMAR 0x0000000073A2F000 000088 (v02 INTEL  EDK2     00000002      01000013)
ACPI: Reserving DMAR table memory at [mem 0x73a2f000-0x73a2f087]
Kernel command line: ${pveLine}
DMAR: IOMMU enabled
DMAR: Host address width 39
DMAR: DRHD base: 0x000000fed90000 flags: 0x0
DMAR: dmar0: reg_base_addr fed90000 ver 4:0 cap 1c0000c40660462 ecap 29a00f0505e
DMAR: DRHD base: 0x000000fed91000 flags: 0x1
DMAR: dmar1: reg_base_addr fed91000 ver 5:0 cap d2008c40660462 ecap f050da
DMAR: RMRR base: 0x0000007c000000 end: 0x000000803fffff
DMAR-IR: IOAPIC id 2 under DRHD base  0xfed91000 IOMMU 1
DMAR-IR: HPET id 0 under DRHD base 0xfed91000
DMAR-IR: Queued invalidation will be enabled to support x2apic and Intr-remapping.
DMAR-IR: Enabled IRQ remapping in x2apic mode
smpboot: CPU0: 12th Gen Intel(R) Core(TM) i5-12400 (family: 0x6, model: 0x97, stepping: 0x5)
pci 0000:01:00.0: [10de:2504] type 00 class 0x030000 PCIe Legacy Endpoint
pci 0000:01:00.0: BAR 0 [mem 0x84000000-0x84ffffff]
pci 0000:01:00.0: BAR 1 [mem 0x4000000000-0x400fffffff 64bit pref]
pci 0000:01:00.0: BAR 3 [mem 0x4010000000-0x4011ffffff 64bit pref]
pci 0000:01:00.0: ROM [mem 0x85000000-0x8507ffff pref]
pci 0000:01:00.1: [10de:228e] type 00 class 0x040300 PCIe Endpoint
pci 0000:00:02.0: vgaarb: setting as boot VGA device
pci 0000:00:02.0: vgaarb: bridge control possible
iommu: Default domain type: Passthrough (set via kernel command line)
DMAR: No ATSR found
DMAR: No SATC found
DMAR: IOMMU feature fl1gp_support inconsistent
DMAR: dmar0: Using Queued invalidation
DMAR: dmar1: Using Queued invalidation
pci 0000:00:01.0: Adding to iommu group 1
pci 0000:00:02.0: Adding to iommu group 2
pci 0000:01:00.0: Adding to iommu group 14
pci 0000:01:00.1: Adding to iommu group 14
DMAR: Intel(R) Virtualization Technology for Directed I/O
pcieport 0000:00:01.0: PME: Signaling with IRQ 122
VFIO - User Level meta-driver version: 0.3
vfio-pci 0000:01:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=io+mem:owns=none
vfio_pci: add [10de:2504[ffffffff:ffffffff]] class 0x000000/00000000
vfio_pci: add [10de:228e[ffffffff:ffffffff]] class 0x000000/00000000
i915 0000:00:02.0: [drm] VT-d active for gfx access
i915 0000:00:02.0: [drm] Finished loading DMC firmware i915/adls_dmc_ver2_01.bin (v2.1)
[drm] Initialized i915 1.6.0 20230929 for 0000:00:02.0 on minor 0
fbcon: i915drmfb (fb0) is primary device
EXT4-fs (dm-1): mounted filesystem 0c6ef4e4-aaaa-bbbb-cccc-000000000001 ro with ordered data mode. Quota mode: none.
r8169 0000:03:00.0 enp3s0: Link is Up - 2.5Gbps/Full - flow control off
tap101i0: entered promiscuous mode
vmbr0: port 2(fwpr101p0) entered forwarding state
vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)
vfio-pci 0000:01:00.0: resetting
vfio-pci 0000:01:00.0: reset done
vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x1e@0x258
vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x19@0x900
vfio-pci 0000:01:00.1: enabling device (0000 -> 0002)
kvm: kvm [1873]: ignored rdmsr: 0xc0011029 data 0x0`),
  cmdline: `${pveLine}\n`,
  'os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  'kernel-version': `Linux version ${kernel} (build@proxmox) (gcc (Debian 12.2.0-14+deb12u1) 12.2.0) #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-11\n`,
  cpuinfo: cpu('GenuineIntel', '12th Gen Intel(R) Core(TM) i5-12400', 'fpu vmx ept aes avx2'),
  modules: modules('vfio_pci', 'vfio_pci_core', 'vfio_iommu_type1', 'vfio', 'iommufd', 'i915', 'kvm_intel', 'kvm', 'r8169'),
  'module-parameters': '/sys/module/vfio_pci/parameters\t/\n/sys/module/vfio_pci/parameters/ids\t=10de:2504,10de:228e\n/sys/module/vfio_pci/parameters/disable_vga\t=Y\n/sys/module/kvm/parameters/ignore_msrs\t=Y\n',
  'modprobe-conf': '/etc/modprobe.d\t/\n/etc/modprobe.d/vfio.conf\t=options vfio-pci ids=10de:2504,10de:228e disable_vga=1\n/etc/modprobe.d/vfio.conf\t=softdep nouveau pre: vfio-pci\n/etc/modprobe.d/vfio.conf\t=softdep snd_hda_intel pre: vfio-pci\n/etc/modprobe.d/kvm.conf\t=options kvm ignore_msrs=1\n/etc/modprobe.d/pve-blacklist.conf\t=blacklist nvidiafb\n',
  'boot-config': '/proc/sys/kernel/osrelease\t=6.8.12-11-pve\n/etc/default\t/\n/etc/default/grub\t=GRUB_DEFAULT=0\n/etc/default/grub\t=GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"\n/etc/default/grub\t=GRUB_CMDLINE_LINUX=""\n',
  'initramfs-conf': '/proc/sys/kernel/osrelease\t=6.8.12-11-pve\n/etc/initramfs-tools\t/\n/etc/initramfs-tools/modules\t=vfio\n/etc/initramfs-tools/modules\t=vfio_iommu_type1\n/etc/initramfs-tools/modules\t=vfio_pci\n',
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/DMAR\t/\n/sys/firmware/efi\t/\n',
  'display-state': tree(['/proc/fb\t=0 i915drmfb']),
  iomem: '00001000-0009efff : System RAM\n84000000-850fffff : PCI Bus 0000:01\n  84000000-84ffffff : 0000:01:00.0\n    84000000-84ffffff : vfio-pci\n4000000000-4011ffffff : PCI Bus 0000:01\n  4000000000-400fffffff : 0000:01:00.0\n    4000000000-400fffffff : vfio-pci\n',
  'host-map': '/sys/bus/pci/devices/0000:00:17.0\t/\n/sys/block\t/\n/sys/block/sda\t>../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda\n/proc/self/mounts\t=/dev/mapper/pve-root / ext4 rw 0 0\n/sys/class/net/enp3s0\t>../../devices/pci0000:00/0000:03:00.0/net/enp3s0\n',
  'device-nodes': '/dev\t/\n/dev/kvm\t@20660 0 104 0 1767322222\n/dev/vfio\t/\n/dev/vfio/vfio\t@20666 0 0 0 1767322222\n/dev/vfio/14\t@20600 0 0 0 1767322222\n',
  'proxmox-vm/101': 'agent: 1\nballoon: 0\nbios: ovmf\nboot: order=scsi0\ncores: 6\ncpu: host\nefidisk0: local-lvm:vm-101-disk-0,efitype=4m,pre-enrolled-keys=1,size=4M\nhostpci0: 0000:01:00,pcie=1,x-vga=1\nmachine: q35\nmemory: 16384\nname: play\nnet0: virtio=00:00:5E:00:53:22,bridge=vmbr0,firewall=1\nnuma: 0\nostype: win11\nscsi0: local-lvm:vm-101-disk-1,iothread=1,size=200G\nscsihw: virtio-scsi-single\nsockets: 1\nvga: none\n',
  meminfo: memory(64),
}

// An Intel laptop with a second GPU of NVIDIA that is switched on when it is needed (Optimus), open kernel modules.
const optimus: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '8086:a706', class: '060000', driver: 'igen6_edac', group: 1 },
    { bdf: '0000:00:02.0', id: '8086:a7a0', class: '030000', driver: 'i915', group: 0, more: { boot_vga: '1' } },
    { bdf: '0000:00:06.0', id: '8086:a74d', class: '060400', driver: 'pcieport', group: 2 },
    { bdf: '0000:00:14.3', id: '8086:51f1', class: '028000', driver: 'iwlwifi', group: 9 },
    { bdf: '0000:01:00.0', id: '10de:25a2', class: '030200', driver: 'nvidia', group: 16, below: '0000:00:06.0', more: { power_state: 'D3cold', 'power/control': 'auto', 'power/runtime_status': 'suspended', current_link_speed: '2.5 GT/s PCIe', max_link_speed: '16.0 GT/s PCIe', current_link_width: '8', max_link_width: '16' } },
    { bdf: '0000:02:00.0', id: '1c5c:1d59', class: '010802', driver: 'nvme', group: 17 },
  ]),
  'kernel-log': dmesg(`
Linux version 6.12.48-1-lts (linux-lts@archlinux) (gcc (GCC) 15.2.1 20250813, GNU ld (GNU Binutils) 2.45.0) #1 SMP PREEMPT_DYNAMIC Fri, 19 Sep 2025 15:12:31 +0000
Command line: initrd=\\initramfs-linux-lts.img root=UUID=5c1bfb36-5e43-4d0c-9d6f-222222222222 rw nvidia-drm.modeset=1
DMI: LENOVO 21HDS0XX00/21HDS0XX00, BIOS N3QET48W (1.48 ) 01/08/2025
ACPI: DMAR 0x000000005E7C9000 000088 (v02 INTEL  EDK2     00000002      01000013)
DMAR: Host address width 39
DMAR: DRHD base: 0x000000fed90000 flags: 0x0
DMAR: dmar0: reg_base_addr fed90000 ver 4:0 cap 1c0000c40660462 ecap 29a00f0505e
DMAR: RMRR base: 0x00000062000000 end: 0x000000667fffff
DMAR-IR: Enabled IRQ remapping in x2apic mode
iommu: Default domain type: Translated
pci 0000:00:02.0: vgaarb: setting as boot VGA device
DMAR: No ATSR found
DMAR: No SATC found
DMAR: Intel(R) Virtualization Technology for Directed I/O
pcieport 0000:00:06.0: PME: Signaling with IRQ 122
pcieport 0000:00:06.0: AER: enabled with IRQ 122
pcieport 0000:00:06.0: pciehp: Slot #0 AttnBtn- PwrCtrl- MRL- AttnInd- PwrInd- HotPlug+ Surprise+ Interlock- NoCompl+ IbPresDis- LLActRep+
i915 0000:00:02.0: [drm] VT-d active for gfx access
i915 0000:00:02.0: vgaarb: deactivate vga console
i915 0000:00:02.0: [drm] Using Transparent Hugepages
i915 0000:00:02.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=io+mem:owns=io+mem
i915 0000:00:02.0: [drm] Finished loading DMC firmware i915/adlp_dmc.bin (v2.20)
i915 0000:00:02.0: [drm] GT0: GuC firmware i915/adlp_guc_70.bin version 70.36.0
i915 0000:00:02.0: [drm] GT0: HuC firmware i915/tgl_huc.bin version 7.9.3
i915 0000:00:02.0: [drm] GT0: HuC: authenticated for all workloads
i915 0000:00:02.0: [drm] GT0: GUC: submission enabled
i915 0000:00:02.0: [drm] GT0: GUC: SLPC enabled
i915 0000:00:02.0: [drm] Protected Xe Path (PXP) protected content support initialized
[drm] Initialized i915 1.6.0 for 0000:00:02.0 on minor 1
fbcon: i915drmfb (fb0) is primary device
iwlwifi 0000:00:14.3: Detected crf-id 0x400410, cnv-id 0x80400 wfpm id 0x80000030
iwlwifi 0000:00:14.3: loaded firmware version 89.735bf5d6.0 so-a0-gf-a0-89.ucode op_mode iwlmvm
nvidia: loading out-of-tree module taints kernel.
nvidia: module verification failed: signature and/or required key missing - tainting kernel
nvidia-nvlink: Nvlink Core is being initialized, major device number 235
nvidia 0000:01:00.0: enabling device (0000 -> 0003)
NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (archlinux-builder@)
nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  580.95.05  Release Build  (archlinux-builder@)
[drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver
[drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0
nvidia 0000:01:00.0: [drm] No compatible format found
nvidia 0000:01:00.0: [drm] Cannot find any crtc or sizes
ACPI Warning: \\_SB.PC00.PEG1.PEGP._DSM: Argument #4 type mismatch - Found [Buffer], ACPI requires [Package] (20240827/nsarguments-61)
nvidia-uvm: Loaded the UVM driver, major device number 511.
thermal thermal_zone9: failed to read out thermal zone (-61)
PM: suspend entry (s2idle)
Freezing user space processes completed (elapsed 0.002 seconds)
PM: suspend devices took 0.412 seconds
ACPI: EC: interrupt blocked
ACPI: EC: interrupt unblocked
nvme nvme0: 16/0/0 default/read/poll queues
PM: resume devices took 0.310 seconds
PM: suspend exit`),
  cmdline: 'initrd=\\initramfs-linux-lts.img root=UUID=5c1bfb36-5e43-4d0c-9d6f-222222222222 rw nvidia-drm.modeset=1\n',
  'os-release': 'ID=arch\nPRETTY_NAME="Arch Linux"\n',
  'kernel-version': 'Linux version 6.12.48-1-lts (linux-lts@archlinux) (gcc (GCC) 15.2.1 20250813) #1 SMP PREEMPT_DYNAMIC\n',
  cpuinfo: cpu('GenuineIntel', '13th Gen Intel(R) Core(TM) i7-1360P', 'fpu vmx ept aes avx2'),
  modules: modules('nvidia_uvm', 'nvidia_drm', 'nvidia_modeset', 'nvidia', 'i915', 'iwlwifi', 'nvme', 'kvm_intel', 'kvm'),
  'modprobe-conf': '/etc/modprobe.d\t/\n/usr/lib/modprobe.d/nvidia-utils.conf\t=blacklist nouveau\n/usr/lib/modprobe.d/nvidia-utils.conf\t=blacklist nova_core\n/etc/modprobe.d/nvidia-pm.conf\t=options nvidia NVreg_DynamicPowerManagement=0x02\n',
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/DMAR\t/\n/sys/firmware/efi\t/\n',
  'display-state': tree(['/proc/fb\t=0 i915drmfb']),
  'driver-build': 'nvidia/580.95.05, 6.12.48-1-lts, x86_64: installed\n',
  'nvidia-proc': '/proc/driver/nvidia/version\t=NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (archlinux-builder@)\n/proc/driver/nvidia/version\t=GCC version:  gcc version 15.2.1 20250813 (GCC)\n',
  meminfo: memory(32),
}

const mi = ['05', '26', '46', '65'] as const
// A bare-metal machine for ROCm with four MI210.
const rocm: Machine = {
  ...functions([
    { bdf: '0000:00:00.0', id: '1022:1480', class: '060000', group: 0 },
    { bdf: '0000:c1:00.0', id: '1a03:2000', class: '030000', driver: 'ast', group: 1, more: { boot_vga: '1' } },
    ...mi.map((bus, index): Function => ({ bdf: `0000:${bus}:00.0`, id: '1002:740f', class: '038000', driver: 'amdgpu', group: 20 + index, more: { current_link_speed: '16.0 GT/s PCIe', max_link_speed: '16.0 GT/s PCIe', current_link_width: '16', max_link_width: '16' } })),
  ]),
  'kernel-log': dmesg(`
Linux version 5.14.0-503.40.1.el9_5.x86_64 (mockbuild@x86-64-01.example.org) (gcc (GCC) 11.5.0 20240719 (Red Hat 11.5.0-2), GNU ld version 2.35.2-54.el9) #1 SMP PREEMPT_DYNAMIC Thu Apr 24 08:27:29 EDT 2025
Command line: BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14.0-503.40.1.el9_5.x86_64 root=/dev/mapper/rl-root ro crashkernel=1G-4G:192M iommu=pt
DMI: GIGABYTE G482-Z54-00/MZ52-G41-00, BIOS R22 09/28/2021
ACPI: IVRS 0x00000000A5FF4000 0001F0 (v02 AMD    AmdTable 00000001 AMD  00000001)
iommu: Default domain type: Passthrough (set via kernel command line)
pci 0000:c0:00.2: AMD-Vi: IOMMU performance counters supported
AMD-Vi: Extended features (0x841f77e022094ace, 0x0): PPR X2APIC NX IA GA PC SNP
AMD-Vi: Interrupt remapping enabled
AMD-Vi: X2APIC enabled
[drm] amdgpu kernel modesetting enabled.
[drm] amdgpu version: 6.10.5
[drm] OS DRM version: 5.14.0
amdgpu: Virtual CRAT table created for CPU
amdgpu: Topology: Add CPU node
${mi.map((bus, index) => `amdgpu 0000:${bus}:00.0: enabling device (0140 -> 0142)
[drm] initializing kernel modesetting (ALDEBARAN 0x1002:0x740F 0x1002:0x0C34 0x02).
amdgpu 0000:${bus}:00.0: amdgpu: Fetched VBIOS from ROM BAR
amdgpu: ATOM BIOS: 113-D67301-063
amdgpu 0000:${bus}:00.0: amdgpu: MEM ECC is active.
amdgpu 0000:${bus}:00.0: amdgpu: SRAM ECC is active.
amdgpu 0000:${bus}:00.0: amdgpu: RAS INFO: ras initialized successfully, hardware ability[7f7f] ras_mask[7f7f]
amdgpu 0000:${bus}:00.0: amdgpu: VRAM: 65520M 0x0000008000000000 - 0x0000008FFEFFFFFF (65520M used)
amdgpu 0000:${bus}:00.0: amdgpu: GART: 512M 0x0000000000000000 - 0x000000001FFFFFFF
[drm] PCIE GART of 512M enabled.
amdgpu 0000:${bus}:00.0: amdgpu: PSP runtime database doesn't exist
amdgpu 0000:${bus}:00.0: amdgpu: use vbios provided pptable
amdgpu 0000:${bus}:00.0: amdgpu: SMU driver if version not matched
amdgpu 0000:${bus}:00.0: amdgpu: SMU is initialized successfully!
amdgpu: HMM registered 65520MB device memory
kfd kfd: amdgpu: Allocated 3969056 bytes on gart
kfd kfd: amdgpu: Total number of KFD nodes to be created: 1
amdgpu: Topology: Add dGPU node [0x740f:0x1002]
kfd kfd: amdgpu: added device 1002:740f
amdgpu 0000:${bus}:00.0: amdgpu: SE 8, SH per SE 1, CU per SH 14, active_cu_number 104
amdgpu 0000:${bus}:00.0: amdgpu: ring comp_1.0.0 uses VM inv eng 4 on hub 0
amdgpu 0000:${bus}:00.0: amdgpu: Runtime PM not available
[drm] Initialized amdgpu 3.60.0 for 0000:${bus}:00.0 on minor ${index + 1}
amdgpu 0000:${bus}:00.0: [drm] Cannot find any crtc or sizes`).join('\n')}
ast 0000:c1:00.0: [drm] AST 2500 detected
fbcon: astdrmfb (fb0) is primary device`),
  cmdline: 'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14.0-503.40.1.el9_5.x86_64 root=/dev/mapper/rl-root ro crashkernel=1G-4G:192M iommu=pt\n',
  'os-release': 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\n',
  'kernel-version': 'Linux version 5.14.0-503.40.1.el9_5.x86_64 (mockbuild@x86-64-01.example.org) (gcc 11.5.0) #1 SMP PREEMPT_DYNAMIC\n',
  cpuinfo: cpu('AuthenticAMD', 'AMD EPYC 7742 64-Core Processor', 'fpu vme svm npt nrip_save avx2'),
  modules: modules('amdgpu', 'amdttm', 'amdkcl', 'ast'),
  'firmware-sysfs': '/sys/firmware/acpi/tables\t/\n/sys/firmware/acpi/tables/IVRS\t/\n/sys/firmware/efi\t/\n',
  'display-state': tree(['/proc/fb\t=0 astdrmfb']),
  'driver-build': 'amdgpu/6.10.5-2095006.el9, 5.14.0-503.40.1.el9_5.x86_64, x86_64: installed\n',
  'gpu-sysfs': tree(mi.flatMap((bus, index) => [`/sys/class/drm/card${index + 1}/device\t>../../../0000:${bus}:00.0`, `/sys/class/kfd/kfd/topology/nodes/${index + 2}/gpu_id\t=${51000 + index}`])),
  meminfo: memory(1008),
}

// A container with one GPU of a machine: the log is the machine's, the tools are its own, and nothing of KVM is there.
const container: Machine = {
  'kernel-log': server['kernel-log'] as string,
  cmdline: server.cmdline as string,
  'os-release': 'ID=debian\nVERSION_ID="12"\n',
  cpuinfo: server.cpuinfo as string,
  modules: server.modules as string,
  'device-nodes': '/dev\t/\n/dev/nvidia0\t@20666 0 0 0 1767322222\n/dev/nvidiactl\t@20666 0 0 0 1767322222\n/dev/nvidia-uvm\t@20666 0 0 0 1767322222\n',
  'nvidia-smi': `\nTue Feb  3 04:05:06 2026
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.183.01             Driver Version: 535.183.01   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |         Memory-Usage | GPU-Util  Compute M. |
|                                         |                      |               MIG M. |
|=========================================+======================+======================|
|   0  NVIDIA A100-SXM4-80GB          On  | 00000000:17:00.0 Off |                    0 |
| N/A   31C    P0              61W / 400W |      7MiB / 81920MiB |      0%      Default |
|                                         |                      |             Disabled |
+-----------------------------------------+----------------------+----------------------+
`,
  'text/job.log': `2026-02-03 04:05:01.112 INFO torch 2.6.0+cu124, CUDA available: True, devices: 1
2026-02-03 04:05:02.220 INFO device 0: NVIDIA A100-SXM4-80GB, compute capability 8.0
node1:214:214 [0] NCCL INFO Bootstrap : Using eth0:192.0.2.17<0>
node1:214:214 [0] NCCL INFO NET/Plugin: No plugin found (libnccl-net.so)
node1:214:301 [0] NCCL INFO NET/IB : No device found.
node1:214:301 [0] NCCL INFO Using network Socket
node1:214:301 [0] NCCL INFO comm 0x55c0 rank 0 nranks 1 cudaDev 0 nvmlDev 0 busId 17000 commId 0x1 - Init COMPLETE
2026-02-03 04:06:44.501 INFO step 100 loss 2.3110
`,
  meminfo: memory(1008),
}

// What a Windows guest with a GPU tells when all is well, in four ways.
const windows: Machine = {
  'guest-report/pnputil': `Microsoft PnP Utility

Instance ID:                PCI\\VEN_10DE&DEV_2684&SUBSYS_16F110DE&REV_A1\\4&1d81e16&0&0010
Device Description:         NVIDIA GeForce RTX 4090
Class Name:                 Display
Class GUID:                 {4d36e968-e325-11ce-bfc1-08002be10318}
Manufacturer Name:          NVIDIA
Status:                     Started
Driver Name:                oem12.inf
Driver Version:             08/14/2024 32.0.15.6081

Instance ID:                PCI\\VEN_10DE&DEV_22BA&SUBSYS_16F110DE&REV_A1\\4&1d81e16&0&0110
Device Description:         High Definition Audio Controller
Class Name:                 System
Status:                     Started
Driver Name:                hdaudbus.inf

Instance ID:                PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01\\4&2890d699&0&00E0
Device Description:         Red Hat VirtIO Ethernet Adapter
Class Name:                 Net
Status:                     Started
Driver Name:                oem3.inf

Instance ID:                PCI\\VEN_1B36&DEV_0100&SUBSYS_11001AF4&REV_05\\3&11583659&0&08
Device Description:         Red Hat QXL controller
Class Name:                 Display
Status:                     Disconnected
Problem Code:               45 (0x2D) [CM_PROB_PHANTOM]
`,
  'guest-report/dxdiag': `------------------
System Information
------------------
  Operating System: Windows 11 Pro 64-bit (10.0, Build 26100) (26100.ge_release.240331-1435)
System Manufacturer: QEMU
       System Model: Standard PC (Q35 + ICH9, 2009)
---------------
Display Devices
---------------
           Card name: NVIDIA GeForce RTX 4090
        Manufacturer: NVIDIA
           Chip type: NVIDIA GeForce RTX 4090
          Device Key: Enum\\PCI\\VEN_10DE&DEV_2684&SUBSYS_16F110DE&REV_A1
       Device Status: 0180200A [DN_DRIVER_LOADED|DN_STARTED|DN_DISABLEABLE|DN_NT_ENUMERATOR|DN_NT_DRIVER]
 Device Problem Code: No Problem
 Driver Problem Code: Unknown
      Display Memory: 40735 MB
    Dedicated Memory: 24142 MB
      Driver Version: 32.0.15.6081
        Driver Model: WDDM 3.2
`,
  'guest-report/powershell': JSON.stringify([{ Status: 'OK', Class: 'Display', FriendlyName: 'NVIDIA GeForce RTX 4090', InstanceId: 'PCI\\VEN_10DE&DEV_2684&SUBSYS_16F110DE&REV_A1\\4&1D81E16&0&0010', ConfigManagerErrorCode: 0, DriverVersion: '32.0.15.6081' }], null, 2),
  'text/setupapi.dev.log': `[Device Install Log]
     OS Version = 10.0.26100
[BeginLog]
>>>  [Device Install (Hardware initiated) - PCI\\VEN_10DE&DEV_2684&SUBSYS_16F110DE&REV_A1\\4&1d81e16&0&0010]
>>>  Section start 2025/03/02 10:11:12.345
     dvi: {Build Driver List} 10:11:12.351
     dvi:      Found driver match:
     dvi:           HardwareID - PCI\\VEN_10DE&DEV_2684
     dvi: {Build Driver List - exit(0x00000000)} 10:11:12.402
     dvi: {Core Device Install - exit(0x00000000)} 10:11:15.011
<<<  Section end 2025/03/02 10:11:15.020
<<<  [Exit status: SUCCESS]
`,
}

const rootOf = (path: string, lines: readonly string[]): string => [`${path.slice(0, path.lastIndexOf('/'))}\t/`, ...lines.map(line => `${path}\t=${line}`), ''].join('\n')
// A FreeBSD workstation with an AMD card under drm-kmod and one of NVIDIA; no VMs.
const freebsd: Machine = {
  'kernel-log': `---<<BOOT>>---
Copyright (c) 1992-2023 The FreeBSD Project.
FreeBSD 14.3-RELEASE releng/14.3-n271432-8c9ce319fef7 GENERIC amd64
FreeBSD clang version 19.1.7 (https://github.com/llvm/llvm-project.git llvmorg-19.1.7-0-gcd708029e0b2)
VT(efifb): resolution 1920x1080
CPU: AMD Ryzen 7 5700G with Radeon Graphics          (3793.04-MHz K8-class CPU)
  Origin="AuthenticAMD"  Id=0xa50f00  Family=0x19  Model=0x50  Stepping=0
  AMD Features2=0x75c237ff<LAHF,CMP,SVM,ExtAPIC,CR8,ABM,SSE4A,MAS,Prefetch,OSVW,SKINIT,WDT,TCE,Topology,PCXC,PNXC,DBE,PL2I,MWAITX>
  SVM: NP,NRIP,VClean,AFlush,DAssist,NAsids=32768
real memory  = 34359738368 (32768 MB)
avail memory = 33229877248 (31690 MB)
ACPI APIC Table: <ALASKA A M I >
pcib1: <ACPI PCI-PCI bridge> at device 1.1 on pci0
pci1: <ACPI PCI bus> on pcib1
pcib1: failed to allocate initial I/O port window: 0xd000-0xdfff
vgapci0: <VGA-compatible display> port 0xe000-0xe07f mem 0xfb000000-0xfbffffff,0xd0000000-0xdfffffff,0xe0000000-0xe1ffffff at device 0.0 on pci1
vgapci1: <VGA-compatible display> port 0xf000-0xf0ff mem 0xc0000000-0xcfffffff,0xe2000000-0xe21fffff,0xfcd00000-0xfcd7ffff at device 0.0 on pci4
vgapci1: Boot video device
hdac0: <NVIDIA (0x0fb9) HDA Controller> mem 0xfc080000-0xfc083fff at device 0.1 on pci1
nvme0: <Generic NVMe Device> mem 0xfcf00000-0xfcf03fff at device 0.0 on pci2
Trying to mount root from zfs:zroot/ROOT/default []...
[drm] amdgpu kernel modesetting enabled.
drmn1: <drmn> on vgapci1
vgapci1: child drmn1 requested pci_enable_io
vgapci1: child drmn1 requested pci_enable_io
[drm] initializing kernel modesetting (RENOIR 0x1002:0x1638 0x1002:0x1636 0xC8).
drmn1: Trusted Memory Zone (TMZ) feature disabled as experimental (default)
drmn1: successfully loaded firmware image 'amdgpu/green_sardine_gpu_info.bin'
drmn1: successfully loaded firmware image 'amdgpu/green_sardine_sdma.bin'
drmn1: PSP runtime database doesn't exist
drmn1: RAS: optional ras ta ucode is not available
drmn1: SMU is initialized successfully!
[drm] Initialized amdgpu 3.49.0 20150101 for drmn1 on minor 0
VT: Replacing driver "efifb" with new "drmfb".
nvidia0: <NVIDIA GeForce GT 1030> on vgapci0
vgapci0: child nvidia0 requested pci_enable_io
vgapci0: child nvidia0 requested pci_enable_io
nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  550.127.05  Tue Oct  8 03:04:05 UTC 2024
`,
  pciconf: `hostb0@pci0:0:0:0:\tclass=0x060000 rev=0x00 hdr=0x00 vendor=0x1022 device=0x1630 subvendor=0x1022 subdevice=0x1630
    vendor     = 'Advanced Micro Devices, Inc. [AMD]'
    class      = bridge
    subclass   = HOST-PCI
pcib1@pci0:0:1:1:\tclass=0x060400 rev=0x00 hdr=0x01 vendor=0x1022 device=0x1633 subvendor=0x1022 subdevice=0x1453
    vendor     = 'Advanced Micro Devices, Inc. [AMD]'
    class      = bridge
    subclass   = PCI-PCI
vgapci0@pci0:1:0:0:\tclass=0x030000 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1d01 subvendor=0x1043 subdevice=0x85f4
    vendor     = 'NVIDIA Corporation'
    device     = 'GP108 [GeForce GT 1030]'
    class      = display
    subclass   = VGA
    bar   [10] = type Memory, range 32, base 0xfb000000, size 16777216, enabled
    bar   [14] = type Prefetchable Memory, range 64, base 0xd0000000, size 268435456, enabled
    bar   [1c] = type Prefetchable Memory, range 64, base 0xe0000000, size 33554432, enabled
    bar   [24] = type I/O Port, range 32, base 0xe000, size 128, enabled
    cap 05[68] = MSI supports 1 message, 64 bit enabled with 1 message
    cap 10[78] = PCI-Express 2 legacy endpoint max data 256(256) NS
vgapci1@pci0:4:0:0:\tclass=0x030000 rev=0xc8 hdr=0x00 vendor=0x1002 device=0x1638 subvendor=0x1002 subdevice=0x1636
    vendor     = 'Advanced Micro Devices, Inc. [AMD/ATI]'
    device     = 'Cezanne [Radeon Vega Series / Radeon Vega Mobile Series]'
    class      = display
    subclass   = VGA
    bar   [10] = type Prefetchable Memory, range 64, base 0xc0000000, size 268435456, enabled
    bar   [18] = type Prefetchable Memory, range 64, base 0xe2000000, size 2097152, enabled
    cap 05[a0] = MSI supports 4 messages, 64 bit
nvme0@pci0:2:0:0:\tclass=0x010802 rev=0x00 hdr=0x00 vendor=0x144d device=0xa80a subvendor=0x144d subdevice=0xa801
    vendor     = 'Samsung Electronics Co Ltd'
    class      = mass storage
    subclass   = NVM
`,
  kldstat: 'Id Refs Address                Size Name\n 1  120 0xffffffff80200000  1f3c6a0 kernel\n 2    1 0xffffffff8213d000   5da658 zfs.ko\n 3    1 0xffffffff83200000   44e578 amdgpu.ko\n 4    2 0xffffffff83650000    8b238 drm.ko\n 5    1 0xffffffff836e0000     22b8 iic.ko\n 6    2 0xffffffff83800000  2600000 nvidia.ko\n 7    1 0xffffffff85e00000   170000 nvidia-modeset.ko\n',
  'freebsd-version': '14.3-RELEASE-p2\n14.3-RELEASE-p2\n14.3-RELEASE-p3\n',
  sysctl: 'hw.model: AMD Ryzen 7 5700G with Radeon Graphics\nhw.machine_arch: amd64\nhw.physmem: 34199482368\nkern.vm_guest: none\nkern.osrelease: 14.3-RELEASE-p2\nkern.osreldate: 1403000\nkern.securelevel: -1\nsecurity.jail.jailed: 0\nhw.pci.enable_msi: 1\nhw.pci.enable_msix: 1\n',
  'loader-conf': rootOf('/boot/loader.conf', ['zfs_load="YES"', 'kern.geom.label.disk_ident.enable="0"']),
  'rc-conf': rootOf('/etc/rc.conf', ['hostname="desk"', 'kld_list="amdgpu nvidia-modeset"', 'dbus_enable="YES"', 'zfs_enable="YES"']),
}

/** The machines, and a line that each could print when its GPU fails: the silence above is no deafness. */
const machines: readonly (readonly [string, Machine, string])[] = [
  ['an Intel desktop with nouveau', desktop, 'nouveau 0000:01:00.0: fifo: CACHE_ERROR - ch 1 [Xorg[713]] subc 0 mthd 0000 data 00000000\n[   99.000001] nouveau 0000:01:00.0: unknown chipset (b72000a1)'],
  ['an AMD laptop with a second GPU of NVIDIA', laptop, 'NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.\n[   99.000001] NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.'],
  ['a server with four NVIDIA GPUs', server, 'NVRM: Xid (PCI:0000:99:00): 48, pid=812, DBE (double bit error) ECC Error'],
  ['a KVM guest with a GPU', guest, 'NVRM: GPU 0000:05:00.0: RmInitAdapter failed! (0x24:0x72:1568)'],
  ['an Intel laptop with a second GPU of NVIDIA', optimus, 'i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb, in Xorg [812]'],
  ['a server with four AMD GPUs', rocm, 'amdgpu 0000:05:00.0: amdgpu: uncorrectable hardware errors detected in umc block'],
  ['a container with a GPU', container, 'NVRM: Xid (PCI:0000:17:00): 79, pid=812, GPU has fallen off the bus.'],
  ['a FreeBSD workstation', freebsd, 'nvidia0: NVRM: RmInitAdapter failed! (0x26:0xffff:1113)'],
  ['a Proxmox host with a GPU in a running VM', proxmox, 'vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up'],
]

for (const [name, machine, failure] of machines) {
  t.test(`${name} is healthy`, async t => {
    t.same(await loud(collected(machine)), [], 'as collected')
    t.same(await loud(handedIn(machine)), [], 'as handed in')
    t.not((await loud(collected({ ...machine, 'kernel-log': `${machine['kernel-log']}[   99.000000] ${failure}\n` }))).length, 0, 'and a failure would be seen')
  })
}

t.test('a Windows guest with a GPU is healthy, whatever tells of it', async t => {
  for (const [id, body] of Object.entries(windows)) for (const evidence of [collected({ [id]: body }), handedIn({ [id]: body })]) t.same(await loud(evidence), [], id)
  t.same(await loud(handedIn(windows)), [], 'together')
  t.not((await loud(handedIn({ ...windows, 'guest-report/pnputil': (windows['guest-report/pnputil'] as string).replace('Status:                     Started', 'Status:                     Problem\nProblem Code:               43 (0x2B) [CM_PROB_FAILED_POST_START]') }))).length, 0, 'and a failure would be seen')
})
