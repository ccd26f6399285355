/** Lines that look alarming and are normal: each alone, as any kind of log or as pasted text, raises nothing above a hint, and is not among what nobody explains. */
import t from 'tap'
import { shippedNames } from '../cli/package-files.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { loadRules } from '../engine/load.ts'
import { assemble } from '../facts/assemble.ts'
import type { Evidence, EvidenceKind } from '../model/evidence.ts'
import { parsers } from '../parsers/all.ts'

const { rules, shared } = loadRules('rules', null)

/** How a line may come: handed in by a person as any of these, where every signature is tried on it, or out of a collector's log. */
const handedIn: readonly EvidenceKind[] = ['kernel-log', 'qemu-log', 'bhyve-log', 'guest-report', 'text']
const piece = (kind: EvidenceKind, line: string): Evidence => ({ id: kind, kind, from: 'a file', status: 'ok', body: `${line}\n` })
const ways = (line: string): readonly (readonly Evidence[])[] => [handedIn.map(kind => piece(kind, line)), [{ ...piece('kernel-log', line), takenAt: '2026-01-02T03:04:05Z' }]]

async function loud(evidence: readonly Evidence[]): Promise<string[]> {
  const snapshot = assemble(evidence, parsers, shippedNames)
  const { findings, unexplained } = await diagnose({ rules, shared, broken: [], snapshot, evidence, about: { tool: 'test', takenAt: null, root: null, redacted: {} } })
  return [...findings.filter(finding => finding.severity !== 'hint').map(finding => `${finding.rule}: ${finding.text}`), ...(unexplained?.lines ?? []).map(({ quote }) => `not explained as ${quote.evidence}: ${quote.text}`)]
}

const benign: Readonly<Record<string, readonly string[]>> = {
  'Linux host': [
    '[    0.031472] DMAR: IOMMU enabled',
    '[    0.412001] DMAR: No RMRR found',
    '[    0.412003] DMAR: No ATSR found',
    '[    0.412004] DMAR: No SATC found',
    '[    0.412005] DMAR: Skip IOMMU disabling for graphics',
    '[    0.412010] DMAR: IOMMU batching disallowed due to virtualization',
    '[    0.412011] DMAR-IR: IRQ remapping was enabled on dmar8 but we are not in kdump mode',
    '[    0.512000] AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug.',
    '[    9.871234] vfio_ecap_init: 0000:0a:00.0 hiding ecap 0x19@0x900',
    '[    9.871240] vfio-pci 0000:0a:00.0: vfio_ecap_init: hiding ecap 0x1e@0x258',
    '[    9.871244] vfio_cap_init: 0000:0a:00.0 hiding cap 0xf',
    '[   61.004112] vfio-pci 0000:0a:00.0: enabling device (0000 -> 0003)',
    '[    3.114200] vfio-pci 0000:0a:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns=none',
    '[    3.114200] vfio-pci 0000:0a:00.0: vgaarb: changed VGA decodes: olddecodes=io+mem,decodes=io+mem:owns=none',
    '[    3.114200] vfio-pci 0000:0a:00.0: vgaarb: deactivate vga console',
    '[   61.104112] vfio-pci 0000:0a:00.0: resetting',
    '[   61.211010] vfio-pci 0000:0a:00.0: reset done',
    '[    0.701200] pci 0000:04:00.0: Max Payload Size set to 128 (was 256, max 256)',
    '[   88.120001] pcieport 0000:00:02.3: pciehp: Slot(0-3): Powering on due to button press',
    '[   88.120301] pcieport 0000:00:02.3: pciehp: Slot(0-3): Card present',
    '[   88.120402] pcieport 0000:00:02.3: pciehp: Slot(0-3): Link Up',
    '[  312.440001] kvm [2214]: ignored rdmsr: 0x122 data 0x0',
    '[  312.440001] kvm: kvm [2214]: vcpu0, guest rIP: 0xfffff80312345678 ignored rdmsr: 0x1a2',
    '[  312.441001] kvm [2214]: vcpu0, guest rIP: 0xfffff80312345678 ignored wrmsr: 0x1c9 data 0x3',
    'qemu-system-x86_64: -device vfio-pci,host=0000:0a:00.3: Failed to mmap 0000:0a:00.3 BAR 3. Performance may be slow',
    'qemu-system-x86_64: -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/b6a5ffe9-0d2c-4b54-a4b0-1d3a1d5a7a11: warning: vfio b6a5ffe9-0d2c-4b54-a4b0-1d3a1d5a7a11: Could not enable error recovery for the device',
    '[    4.120000] igb 0000:05:00.0: invalid VPD tag 0x00 (size 0) at offset 0; assume missing optional EEPROM',
    '[    0.430000] iommu: Default domain type: Passthrough (set via kernel command line)',
    '[    0.430000] iommu: Default domain type: Translated',
    '[    0.430001] iommu: DMA domain TLB invalidation policy: lazy mode',
    '[    2.011000] vfio_pci: add [1002:5046[ffffffff:ffffffff]] class 0x000000/00000000',
    '[    1.001000] pcieport 0000:00:01.0: AER: enabled with IRQ 122',
    '[    0.650000] pci 0000:00:1c.0: bridge window [io  size 0x1000]: can\'t assign; no space',
    '[    0.650000] pci 0000:0a:00.0: ROM [mem size 0x00080000 pref]: can\'t assign; no space',
    '[    7.120000] vfio-pci 0000:0a:00.0: BAR 6: can\'t reserve [mem 0x000c0000-0x000dffff]',
    '[    0.650000] pci 0000:00:1c.0: BAR 13: no space for [io  size 0x1000]',
    '[    0.650000] pci 0000:00:1c.0: BAR 13: failed to assign [io  size 0x1000]',
    '[    7.120000] vfio-pci 0000:0a:00.0: No more image in the PCI ROM',
    '[    0.331000] acpi PNP0A08:00: ignoring host bridge window [mem 0x000c4000-0x000cbfff window] (conflicts with Video ROM [mem 0x000c0000-0x000cf5ff])',
    '[    0.332000] pci_bus 0000:ff: busn_res: can not insert [bus ff] under domain [bus 00-ff] (conflicts with (null) [bus 00-ff])',
    '[    0.325000] system 00:06: [mem 0xfed45000-0xfed8ffff] could not be reserved',
    '[    0.248480] ACPI BIOS Error (bug): Failure creating named object [\\_SB.PCI0.PEG1._PRT], AE_ALREADY_EXISTS (20240322/dswload2-326)',
    '[    2.110000] __common_interrupt: 1.55 No irq handler for vector',
    "[    0.000000] AMD-Vi: Unknown option - 'on'",
    'bash: echo: write error: File exists',
    '  QEMU: Checking for device assignment IOMMU support                         : WARN (No ACPI IVRS table found, IOMMU either disabled in BIOS or not supported by this hardware platform)',
    '        Kernel driver in use: pcieport',
  ],
  'NVIDIA driver': [
    '[    6.010000] nvidia: module verification failed: signature and/or required key missing - tainting kernel',
    '[    6.009000] nvidia: loading out-of-tree module taints kernel.',
    "[    6.009100] nvidia: module license 'NVIDIA' taints kernel.",
    '[    6.009200] nvidia: module license taints kernel.',
    '[    6.009300] Disabling lock debugging due to kernel taint',
    '[   12.000000] NVRM: Persistence mode is deprecated and will be removed in a future release. Please use nvidia-persistenced instead.',
    '[    6.020000] nvidia-nvlink: Nvlink Core is being initialized, major device number 511',
    '[    6.030000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.86.16  Release Build  (dvs-builder@U16-I1-N07-12-3)',
    '[    6.030000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024',
    '[    6.040000] nvidia 0000:0a:00.0: enabling device (0000 -> 0003)',
    '[    6.050000] [drm] [nvidia-drm] [GPU ID 0x00000a00] Loading driver',
    '[    6.050000] [drm] Initialized nvidia-drm 0.0.0 20160202 for 0000:0a:00.0 on minor 0',
    '[    6.050000] nvidia 0000:0a:00.0: [drm] No compatible format found',
    '[    8.010000] nvidia-gpu 0000:0a:00.3: i2c timeout error e0000000',
    '[    8.020000] ucsi_ccg 3-0008: i2c_transfer failed -110',
    '[    8.020001] ucsi_ccg 3-0008: ucsi_ccg_init failed - -110',
    '[  101.000000] NVRM: Xid (PCI:0000:3b:00): 106, SMBPBI Test Message',
    '[  101.000000] NVRM: Xid (PCI:0000:3b:00): 107, SMBPBI Test Message Silent',
    '[  101.000000] NVRM: Xid (PCI:0000:3b:00): 121, C2C Link corrected error',
    '[  101.000000] NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)',
    '[  101.000000] NVRM: Xid (PCI:0000:3b:00): 160, Channel Retirement Event',
    'fabricmanager[812]: request to query NVSwitch device information from NVSwitch driver failed with error:WARNING Nothing to do [NV_WARN_NOTHING_TO_DO]',
    '[    5.100000] nouveau 0000:01:00.0: bios: OOB 1 00000058 00000058',
  ],
  'AMD driver': [
    "[    5.000000] amdgpu 0000:03:00.0: amdgpu: PSP runtime database doesn't exist",
    '[    5.000001] amdgpu 0000:03:00.0: amdgpu: SMU driver if version not matched',
    '[    5.000002] amdgpu 0000:03:00.0: amdgpu: smu driver if version = 0x00000035, smu fw if version = 0x00000040, smu fw program = 0, smu fw version = 0x00526500 (82.101.0)',
    '[    5.000003] amdgpu 0000:03:00.0: amdgpu: SECUREDISPLAY: securedisplay ta ucode is not available',
    '[    5.000004] amdgpu 0000:03:00.0: amdgpu: RAS: optional ras ta ucode is not available',
    '[    5.000005] amdgpu 0000:03:00.0: amdgpu: RAP: optional rap ta ucode is not available',
    '[    5.000006] amdgpu 0000:03:00.0: amdgpu: PCIE atomic ops is not supported',
    '[    5.000007] amdgpu 0000:03:00.0: [drm] Cannot find any crtc or sizes',
    '[    5.000008] kfd kfd: amdgpu: skipped device 1002:1638, PCI rejects atomics 730<0',
    '[    5.000009] amdgpu 0000:03:00.0: Direct firmware load for amdgpu/navi10_mes.bin failed with error -2',
    '[    5.000010] amdgpu 0000:03:00.0: amdgpu: Secure display: Generic Failure.',
    '[    5.000011] [drm] amdgpu kernel modesetting enabled.',
    '[    5.000012] amdgpu: Virtual CRAT table created for CPU',
    '[    5.000013] amdgpu: Topology: Add CPU node',
    '[    5.000013] amdgpu 0000:03:00.0: amdgpu: psp gfx command LOAD_TA(0x1) failed and response status is (0x7)',
    '[    5.000013] amdgpu 0000:03:00.0: amdgpu: psp gfx command UNLOAD_TA(0x2) failed and response status is (0x117)',
    '[    5.000014] amdgpu 0000:03:00.0: Invalid PCI ROM header signature: expecting 0xaa55, got 0xffff',
    '[    5.000015] amdgpu 0000:03:00.0: amdgpu: Fetched VBIOS from VFCT',
  ],
  'Intel driver': [
    '[    4.000000] i915 0000:00:02.0: [drm] Finished loading DMC firmware i915/adlp_dmc.bin (v2.20)',
    '[    4.000001] i915 0000:00:02.0: [drm] Incompatible option enable_guc=2 - GuC submission is N/A',
    '[    4.000002] i915 0000:00:02.0: Direct firmware load for i915/adlp_dmc_ver2_16.bin failed with error -2',
    '[    4.000003] i915 0000:00:02.0: [drm] VT-d active for gfx access',
    '[    4.000004] i915 0000:00:02.0: vgaarb: deactivate vga console',
    '[    4.000005] i915 0000:00:02.0: [drm] Using Transparent Hugepages',
  ],
  'bhyve host': [
    'hw.vmm.iommu.initialized: 0',
    'hw.vmm.iommu.enable: 1',
    'ppt0 mem 0xdc000000-0xdcffffff,0xc0000000-0xcfffffff irq 40 at device 0.0 on pci4',
    'devctl: Failed to clear pci1:0:0 driver: Device not configured',
    '  VT-x: (disabled in BIOS) PAT,HLT,MTF,PAUSE,EPT,UG,VPID,VID,PostIntr',
    'rdmsr to register 0x140 on vcpu 0',
    'wrmsr to register 0x140(0) on vcpu 1',
    'pcib1: failed to allocate initial prefetch window: 0-0xfffff',
    'pcib1: failed to allocate initial memory window: 0-0xfffff',
    '    bar   [1c] = type Prefetchable Memory, range 64, base 0, size 33554432, disabled',
    "nvidia 0000:00:06.0: can't derive routing for PCI INT A",
    'nvidia 0000:00:06.0: PCI INT A: no GSI - using ISA IRQ 10',
    'KLD file coretemp.ko is missing dependencies',
    "can't find 'if_tap'",
    'ivhd0: device [0x8 - 0xfffe] config:0',
  ],
}

for (const [group, lines] of Object.entries(benign)) {
  t.test(`${group}: nothing above a hint`, async t => {
    for (const line of lines) t.same((await Promise.all(ways(line).map(loud))).flat(), [], line)
  })
}
