/** Healthy machines, made up in real message formats: whatever is run on them, none gets a warning or an error. */
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { assemble } from '../facts/assemble.ts'
import { kindOf, type Evidence, type EvidenceId } from '../model/evidence.ts'
import { parsers } from '../parsers/all.ts'

const { rules, shared } = loadRules('rules', null)

/** A machine: the text of each piece of evidence, by its id. */
type Machine = Readonly<Record<string, string>>

const collected = (machine: Machine): Evidence[] => Object.entries(machine).map(([id, body]) =>
  ({ id: id as EvidenceId, kind: kindOf(id as EvidenceId) ?? 'text', from: id, status: 'ok', body, takenAt: '2026-02-03T04:05:06Z', tookMs: 1 }))
/** The same texts as files somebody hands in: every signature is tried on them, and nothing proves absence. */
const handedIn = (machine: Machine): Evidence[] => collected(machine).map(({ id, kind, from, status, body }) => ({ id, kind, from, status, body }))

async function loud(evidence: Evidence[]): Promise<string[]> {
  const snapshot = assemble(evidence, parsers, shippedNames)
  const { findings, broken } = await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
  return [...findings.filter(finding => finding.severity !== 'hint').map(finding => `${finding.rule}: ${finding.text}`), ...broken.map(({ rule, error }) => `${rule}: ${error}`)]
}

/** A kernel log with times that rise. */
const dmesg = (text: string): string => text.trim().split('\n').map((line, index) => `[${(index < 8 ? 0 : index * 0.117).toFixed(6).padStart(12)}] ${line}\n`).join('')
const tree = (rows: readonly string[]): string => rows.map(row => `${row}\n`).join('')
const files = (entries: Readonly<Record<string, string>>): string => tree(Object.entries(entries).flatMap(([path, text]) => text.split('\n').map(line => `${path}\t=${line}`)))

interface Function { readonly bdf: string; readonly id: string; readonly class: string; readonly driver?: string; readonly group?: number; readonly more?: Readonly<Record<string, string>>; readonly below?: string }

/** The PCI functions and IOMMU groups of a machine as sysfs shows them. */
function functions(list: readonly Function[]): Machine {
  const pci = ['/sys/bus/pci/devices\t/']
  const groups = ['/sys/kernel/iommu_groups\t/', '/sys/class/iommu\t/', ...list.some(fn => fn.group !== undefined) ? ['/sys/class/iommu/dmar0\t/'] : []]
  for (const fn of list) {
    const at = `/sys/bus/pci/devices/${fn.bdf}`
    const [vendor, device] = fn.id.split(':') as [string, string]
    const header = Buffer.alloc(64)
    header.writeUInt16LE(parseInt(vendor, 16), 0)
    header.writeUInt16LE(parseInt(device, 16), 2)
    header.writeUInt16LE(0x0007, 4)
    header.writeUIntLE(parseInt(fn.class, 16), 9, 3)
    header[14] = fn.class.startsWith('0604') ? 1 : 0
    pci.push(`${at}\t>../../../devices/pci0000:00/${fn.below ? `${fn.below}/` : ''}${fn.bdf}`, `${at}\t/`, `${at}/vendor\t=0x${vendor}`, `${at}/device\t=0x${device}`, `${at}/class\t=0x${fn.class}`, `${at}/revision\t=0xa1`,
      `${at}/subsystem_vendor\t=0x1043`, `${at}/subsystem_device\t=0x8787`, `${at}/driver_override\t=(null)`, `${at}/enable\t=1`, `${at}/numa_node\t=-1`, `${at}/power_state\t=D0`)
    for (const [name, value] of Object.entries(fn.more ?? {})) pci.push(`${at}/${name}\t=${value}`)
    if (fn.driver) pci.push(`${at}/driver\t>../../../bus/pci/drivers/${fn.driver}`)
    if (fn.group !== undefined) {
      pci.push(`${at}/iommu_group\t>../../../kernel/iommu_groups/${fn.group}`)
      groups.push(`/sys/kernel/iommu_groups/${fn.group}/type\t=DMA-FQ`, `/sys/kernel/iommu_groups/${fn.group}/devices/${fn.bdf}\t/`)
    }
    pci.push(`${at}/config\t#${header.toString('hex')}`)
  }
  return { 'pci-sysfs': tree(pci), 'iommu-sysfs': tree(groups) }
}
const link = { current_link_speed: '8.0 GT/s PCIe', max_link_speed: '8.0 GT/s PCIe', current_link_width: '16', max_link_width: '16' }

const modules = (...names: string[]): string => names.map(name => `${name} 409600 0 - Live 0x0000000000000000\n`).join('')
const cpu = (vendor: string, model: string, flags: string): string => `processor\t: 0\nvendor_id\t: ${vendor}\nmodel name\t: ${model}\nflags\t\t: ${flags}\naddress sizes\t: 46 bits physical, 48 bits virtual\n`
const memory = (gib: number): string => files({ '/proc/meminfo': `MemTotal:       ${gib * 1048576} kB\nMemAvailable:   ${Math.round(gib * 0.6) * 1048576} kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB` })

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

/** The machines, and a line that each could print when its GPU fails: the silence above is no deafness. */
const machines: readonly (readonly [string, Machine, string])[] = [
  ['an Intel desktop with nouveau', desktop, 'nouveau 0000:01:00.0: fifo: CACHE_ERROR - ch 1 [Xorg[713]] subc 0 mthd 0000 data 00000000\n[   99.000001] nouveau 0000:01:00.0: unknown chipset (b72000a1)'],
  ['an AMD laptop with a second GPU of NVIDIA', laptop, 'NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.\n[   99.000001] NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus.'],
  ['a server with four NVIDIA GPUs', server, 'NVRM: Xid (PCI:0000:99:00): 48, pid=812, DBE (double bit error) ECC Error'],
  ['a KVM guest with a GPU', guest, 'NVRM: GPU 0000:05:00.0: RmInitAdapter failed! (0x24:0x72:1568)'],
  ['a Proxmox host with a GPU in a running VM', proxmox, 'vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up'],
]

for (const [name, machine, failure] of machines) {
  t.test(`${name} is healthy`, async t => {
    t.same(await loud(collected(machine)), [], 'as collected')
    t.same(await loud(handedIn(machine)), [], 'as handed in')
    t.not((await loud(collected({ ...machine, 'kernel-log': `${machine['kernel-log']}[   99.000000] ${failure}\n` }))).length, 0, 'and a failure would be seen')
  })
}
