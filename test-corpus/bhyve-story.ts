/**
 * One FreeBSD host on its way from nothing configured to two running VMs, a mistake at a time: a Tesla P10 at 1/0/0 for
 * "ai" (bhyve by hand) and an Instinct MI50 at 4/0/0 for "rocm" (vm-bhyve). The host is a state; each chapter changes a
 * part of it, and its evidence is written anew in the formats of pciconf(8), devinfo(8), dmesg(8), kldstat(8), sysctl(8),
 * kenv(1), loader.conf(5), bectl(8), camcontrol(8), pkg(8), ps(1), bhyve(8), bhyvectl(8) and vm-bhyve.
 */
import type { Evidence, EvidenceId, EvidenceKind } from '../model/evidence.ts'

export interface State {
  /** VT-x and VT-d in firmware. */
  vmx: boolean
  vtd: boolean
  /** "Above 4G decoding": without it the large BARs get no address. */
  above4g: boolean
  /** Bus of the MI50; another after a card was put in. */
  mi50Bus: number
  loader: readonly string[]
  /** What the running kernel was started with, loader.conf as it was then. */
  booted: readonly string[]
  rc: readonly string[]
  /** Modules loaded by hand since. */
  loaded: readonly string[]
  /** Functions given to ppt by devctl since. */
  devctl: readonly string[]
  /** Arguments of bhyve for "ai", of its loader, and what the two printed last. */
  ai: { readonly loader?: string; readonly bhyve?: string; readonly said?: readonly string[]; readonly runs?: boolean }
  /** The vm-bhyve configuration of "rocm" and its log. */
  rocm: { readonly conf?: readonly string[]; readonly log?: readonly string[]; readonly said?: readonly string[]; readonly runs?: boolean }
  /** VMs in /dev/vmm. */
  vmm: readonly string[]
  remote: readonly string[]
  /** What came out of the guests. */
  guest: readonly string[]
  stray: readonly string[]
  /** Installed packages as `pkg query` prints them. */
  packages: readonly string[]
  /** The boot environment that runs, and the one of the next boot. */
  bootEnvironments: readonly [now: string, next: string]
  /** bhyve and vmm are built from a tree for NVIDIA GPUs. */
  patched: boolean
  /** VMs whose memory bhyvectl showed, with its flags: wired/iommu. */
  memory: Readonly<Record<string, { readonly size: string, readonly flags: string }>>
}

export const nothing: State = {
  vmx: false, vtd: false, above4g: true, mi50Bus: 4, loader: ['zfs_load="YES"'], booted: ['zfs_load="YES"'], rc: ['zfs_enable="YES"', 'sshd_enable="YES"'], loaded: [], devctl: [],
  ai: {}, rocm: {}, vmm: [], remote: [], guest: [], stray: [],
  packages: ['edk2-bhyve g202411_1', 'pkg 1.21.3', 'vm-bhyve 1.7.5'], bootEnvironments: ['default', 'default'], patched: false, memory: {},
}

const settings = (lines: readonly string[]): Map<string, string> => new Map(lines.flatMap(line => {
  const found = /^([\w.]+)="([^"]*)"/.exec(line)
  return found ? [[found[1] as string, found[2] as string] as const] : []
}))

/** Functions that ppt took at boot or later, as `bus/slot/function`. */
const onPpt = (state: State): string[] => {
  const set = settings(state.booted)
  if (set.get('vmm_load') !== 'YES') return [...state.devctl]
  return [...['pptdevs', 'pptdevs2', 'pptdevs3'].flatMap(name => (set.get(name) ?? '').slice(0, 128).split(/\s+/).filter(Boolean)), ...state.devctl]
}
const vmmLoaded = (state: State): boolean => settings(state.booted).get('vmm_load') === 'YES' || state.loaded.includes('vmm')

function pciconf(state: State): string {
  const ppt = onPpt(state)
  let count = 0
  const name = (at: string, otherwise: string) => (ppt.includes(at) ? `ppt${count++}` : otherwise)
  const large = (base: string, size: number) => (state.above4g ? `base ${base}, size ${size}, enabled` : `base 0, size ${size}, disabled`)
  return [
    'hostb0@pci0:0:0:0:\tclass=0x060000 rev=0x0d hdr=0x00 vendor=0x8086 device=0x2030 subvendor=0x15d9 subdevice=0x095a', "    vendor     = 'Intel Corporation'", '    class      = bridge', '    subclass   = HOST-PCI',
    'pcib1@pci0:0:1:0:\tclass=0x060400 rev=0x07 hdr=0x01 vendor=0x8086 device=0x2031 subvendor=0x15d9 subdevice=0x095a', "    vendor     = 'Intel Corporation'", '    class      = bridge', '    subclass   = PCI-PCI',
    'igb0@pci0:2:0:0:\tclass=0x020000 rev=0x01 hdr=0x00 vendor=0x8086 device=0x1521 subvendor=0x15d9 subdevice=0x1521', "    vendor     = 'Intel Corporation'", "    device     = 'I350 Gigabit Network Connection'", '    class      = network', '    subclass   = ethernet',
    '    bar   [10] = type Memory, range 32, base 0xdf200000, size 131072, enabled', '    cap 05[50] = MSI supports 1 message, 64 bit, vector masks', '    cap 11[70] = MSI-X supports 10 messages, enabled', '    cap 10[a0] = PCI-Express 2 endpoint max data 128(512) FLR', '                 link x4(x4) speed 5.0(5.0)',
    'nvme0@pci0:3:0:0:\tclass=0x010802 rev=0x03 hdr=0x00 vendor=0x144d device=0xa808 subvendor=0x144d subdevice=0xa801', "    vendor     = 'Samsung Electronics Co Ltd'", '    class      = mass storage', '    subclass   = NVM',
    '    bar   [10] = type Memory, range 64, base 0xdf100000, size 16384, enabled', '    cap 11[b0] = MSI-X supports 33 messages, enabled', '    cap 10[70] = PCI-Express 2 endpoint max data 256(256) FLR', '                 link x4(x4) speed 8.0(8.0)',
    `${name('1/0/0', 'none0')}@pci0:1:0:0:\tclass=0x030200 rev=0xa1 hdr=0x00 vendor=0x10de device=0x1b39 subvendor=0x10de subdevice=0x1217`, "    vendor     = 'NVIDIA Corporation'", "    device     = 'GP102GL [Tesla P10]'", '    class      = display', '    subclass   = 3D',
    '    bar   [10] = type Memory, range 32, base 0xde000000, size 16777216, enabled', `    bar   [14] = type Prefetchable Memory, range 64, ${large('0x383800000000', 17179869184)}`, `    bar   [1c] = type Prefetchable Memory, range 64, ${large('0x383bf0000000', 33554432)}`,
    '    cap 01[60] = powerspec 3  supports D0 D3  current D0', '    cap 05[68] = MSI supports 1 message, 64 bit', '    cap 10[78] = PCI-Express 2 endpoint max data 256(256) RO NS FLR', '                 max read 512', '                 link x16(x16) speed 8.0(8.0) ASPM disabled(L0s/L1)',
    `${name(`${state.mi50Bus}/0/0`, 'vgapci0')}@pci0:${state.mi50Bus}:0:0:\tclass=0x038000 rev=0x02 hdr=0x00 vendor=0x1002 device=0x66a1 subvendor=0x1002 subdevice=0x0834`, "    vendor     = 'Advanced Micro Devices, Inc. [AMD/ATI]'", "    device     = 'Vega 20 [Radeon Pro VII/Radeon Instinct MI50 32GB]'", '    class      = display',
    `    bar   [10] = type Prefetchable Memory, range 64, ${large('0x383c00000000', 17179869184)}`, `    bar   [18] = type Prefetchable Memory, range 64, ${large('0x384000000000', 2097152)}`, '    bar   [24] = type Memory, range 32, base 0xdd000000, size 524288, enabled',
    '    cap 01[50] = powerspec 3  supports D0 D1 D2 D3  current D0', '    cap 10[64] = PCI-Express 2 endpoint max data 256(256) RO NS', '                 max read 512', '                 link x16(x16) speed 8.0(16.0) ASPM disabled(L1)', '    cap 05[a0] = MSI supports 1 message, 64 bit', '',
  ].join('\n')
}

/** `devinfo -rv`: what hangs on what, with the driver of the P10 if one is loaded that takes it. */
function devinfo(state: State): string {
  const ppt = onPpt(state)
  let count = 0
  const name = (at: string, otherwise: string) => (ppt.includes(at) ? `ppt${count++}` : otherwise)
  const fn = (device: string, ids: string, at: string) => {
    const [bus, slot, func] = at.split('/')
    const [vendor, id, subvendor, subdevice, code] = ids.split(' ')
    return `${device} pnpinfo vendor=0x${vendor} device=0x${id} subvendor=0x${subvendor} subdevice=0x${subdevice} class=0x${code} at slot=${slot} function=${func} dbsf=pci0:${bus}:${slot}:${func}`
  }
  return [
    'nexus0', '  acpi0', '    pcib0 pnpinfo _HID=PNP0A08 _UID=0 _CID=PNP0A03 at handle=\\_SB_.PC00', '        I/O ports:', '            0xcf8-0xcff', '      pci0', '          PCI domain 0 bus numbers:', '              0',
    `        ${fn('hostb0', '8086 2030 15d9 095a 060000', '0/0/0')}`, `        ${fn('pcib1', '8086 2031 15d9 095a 060400', '0/1/0')}`, '          pci1', '              pcib1 bus numbers:', '                  1',
    `            ${fn(name('1/0/0', state.loaded.includes('nvidia') ? 'vgapci1' : 'unknown'), '10de 1b39 10de 1217 030200', '1/0/0')}`, ...(state.loaded.includes('nvidia') && !ppt.includes('1/0/0') ? ['              nvidia0'] : []),
    `            ${fn('igb0', '8086 1521 15d9 1521 020000', '2/0/0')}`, `            ${fn('nvme0', '144d a808 144d a801 010802', '3/0/0')}`, `            ${fn(name(`${state.mi50Bus}/0/0`, 'vgapci0'), '1002 66a1 1002 0834 038000', `${state.mi50Bus}/0/0`)}`, '',
  ].join('\n')
}

/** camcontrol devlist -v, zpool status -P, mount -p and netstat -rn -f inet, one behind the other. */
const hostMap = [
  'scbus0 on nvme0 bus 0:', '<Samsung SSD 970 EVO 500GB 2B2QEXE7>  at scbus0 target 0 lun 1 (pass0,nda0)', 'scbus-1 on xpt0 bus 0:', '<>                                 at scbus-1 target -1 lun ffffffff (xpt0)',
  '  pool: zroot', ' state: ONLINE', 'config:', '', '\tNAME            STATE     READ WRITE CKSUM', '\tzroot           ONLINE       0     0     0', '\t  /dev/nda0p4   ONLINE       0     0     0', '', 'errors: No known data errors',
  'zroot/ROOT/default\t/\t\t\tzfs\trw,noatime \t0 0', 'devfs\t\t\t/dev\t\t\tdevfs\trw\t\t0 0',
  'Routing tables', '', 'Internet:', 'Destination        Gateway            Flags         Netif Expire', 'default            192.0.2.1          UGS            igb0', '127.0.0.1          link#3             UH              lo0', '',
].join('\n')

const bectl = ({ bootEnvironments: [now, next] }: State): string => [...new Set([now, next])].map(name => `${name}\t${name === now ? 'N' : ''}${name === next ? 'R' : ''}\t${name === now ? '/' : '-'}\t3.52G\t2025-11-02 10:02\n`).join('')

const memmap = ({ size, flags }: { size: string, flags: string }): string => ['Address     Length      Segment     Offset      Prot  Flags', `0           3.0GB       sysmem      0           RWX   \0${flags}`, `100000000   ${size}        sysmem      C0000000    RWX   \0${flags}`, ''].join('\n')

const dmesg = (state: State): string => [
  '---<<BOOT>>---', 'Copyright (c) 1992-2023 The FreeBSD Project.', 'FreeBSD 14.2-RELEASE releng/14.2-n269506-c8918d6c7412 GENERIC amd64',
  'CPU: Intel(R) Xeon(R) Gold 6138 CPU @ 2.00GHz (1995.31-MHz K8-class CPU)', '  Origin="GenuineIntel"  Id=0x50654  Family=0x6  Model=0x55  Stepping=4',
  '  Features2=0x7ffefbff<SSE3,PCLMULQDQ,DTES64,MON,DS_CPL,VMX,SMX,EST,TM2,SSSE3,SDBG,FMA,CX16,xTPR,PDCM,PCID,DCA,SSE4.1,SSE4.2,x2APIC,MOVBE,POPCNT,TSCDLT,AESNI,XSAVE,OSXSAVE,AVX,F16C,RDRAND>',
  state.vmx ? '  VT-x: PAT,HLT,MTF,PAUSE,EPT,UG,VPID,VID,PostIntr' : '  VT-x: (disabled in BIOS) PAT,HLT,MTF,PAUSE,EPT,UG,VPID,VID,PostIntr',
  'real memory  = 137438953472 (131072 MB)', 'avail memory = 133640228864 (127449 MB)', 'ACPI APIC Table: <SUPERM SMCI--MB>', 'FreeBSD/SMP: Multiprocessor System Detected: 40 CPUs',
  ...(vmmLoaded(state) && !state.vmx ? ['vmx_init: VMX operation disabled by BIOS', 'module_register_init: MOD_LOAD (vmm, 0xffffffff8320b2a0, 0) error 6'] : []),
  ...(state.above4g ? [] : ['pcib1: failed to allocate initial prefetch window: 0-0xfffff', 'pci0:1:0:0 bar 0x14 failed to allocate']),
  'pci1: <ACPI PCI bus> on pcib1', 'igb0: <Intel(R) I350 (Copper)> port 0x6000-0x601f mem 0xdf200000-0xdf21ffff irq 26 at device 0.0 on pci2', 'nvme0: <Samsung SSD 970> mem 0xdf100000-0xdf103fff irq 32 at device 0.0 on pci3', '',
].join('\n')

const acpidump = (state: State): string => [
  '/*', '  RSD PTR: OEM=SUPERM, ACPI_Rev=2.0x (2)', '\tXSDT=0x000000006f0e80a8, length=36, cksum=116', ' */', '/*', '  FACP: Length=276, Revision=6, Checksum=55,', '\tOEMID=SUPERM, OEM Table ID=SMCI--MB, OEM Revision=0x1072009,', '\tCreator ID=INTL, Creator Revision=0x20091013', ' */', ...['APIC', 'MCFG'].flatMap(name => ['/*', `  ${name}: Length=60, Revision=1, Checksum=7,`, ' */']),
  ...(state.vtd ? ['/*', '  DMAR: Length=160, Revision=1, Checksum=124,', '\tOEMID=SUPERM, OEM Table ID=SMCI--MB, OEM Revision=0x1,', '\tCreator ID=INTL, Creator Revision=0x20091013', '\tHost Address Width=46', '\tFlags={INTR_REMAP,X2APIC_OPT_OUT}', '',
    '\tType=DRHD', '\tLength=24', '\tFlags={INCLUDE_ALL}', '\tSegment=0', '\tAddress=0x00000000c5ffc000', '\tDevice Scope:', '\t\tType=IOAPIC', '\t\tLength=8', '\t\tEnumId=8', '\t\tStartBusNumber=0', '\t\tPath={5:4}', ' */'] : []), '',
].join('\n')

const kldstat = (state: State): string => [
  'Id Refs Address                Size Name', ' 1   55 0xffffffff80200000  1f3c6a0 kernel', ' 2    1 0xffffffff8213d000   5da658 zfs.ko',
  ...(vmmLoaded(state) && state.vmx ? [' 3    2 0xffffffff82719000   332540 vmm.ko'] : []), ...state.loaded.filter(name => name !== 'vmm').map((name, at) => ` ${4 + at}    1 0xffffffff8321${at}000     4d20 ${name}.ko`), '',
].join('\n')

const sysctl = (state: State): string => [
  ...(vmmLoaded(state) && state.vmx ? [`hw.vmm.iommu.initialized: ${state.ai.runs === true || state.rocm.runs === true ? 1 : 0}`, 'hw.vmm.iommu.enable: 1', `hw.vmm.ppt.devices: ${onPpt(state).length}`, 'hw.vmm.vmx.initialized: 1', 'hw.vmm.vmx.cap.unrestricted_guest: 1'] : []),
  'hw.model: Intel(R) Xeon(R) Gold 6138 CPU @ 2.00GHz', 'hw.machine_arch: amd64', 'hw.physmem: 137070592000', 'kern.vm_guest: none', 'kern.osrelease: 14.2-RELEASE', 'kern.osreldate: 1402000', 'kern.securelevel: -1', 'security.jail.jailed: 0', 'hw.pci.enable_msi: 1', 'hw.pci.enable_msix: 1',
  'vm.max_user_wired: 29491200', 'vm.stats.vm.v_free_count: 28000000', 'vfs.zfs.arc.max: 34359738368', '',
].join('\n')

const kenv = (state: State): string => [
  'kernelname="/boot/kernel/kernel"', 'currdev="zfs:zroot/ROOT/default:"', 'smbios.system.maker="Supermicro"', 'smbios.system.product="SYS-1029GQ-TRT"', 'smbios.bios.version="3.4"', ...[...settings(state.booted)].map(([name, value]) => `${name}="${value}"`), '',
].join('\n')

/** What a support engineer is handed at a state: everything that gpudoctor collects on FreeBSD. */
export function evidenceOf(state: State): Evidence[] {
  const tree = (path: string, lines: readonly string[]) => [`${path.slice(0, path.lastIndexOf('/'))}\t/`, ...lines.map(line => `${path}\t=${line}`), ''].join('\n')
  const running = [...(state.ai.bhyve !== undefined && state.ai.runs ? [`  4711 bhyve: ai (bhyve)`] : []), ...(state.rocm.runs ? ['  4850 bhyve: rocm (bhyve)'] : [])]
  return [
    piece('pciconf', 'pciconf -lvbceB', pciconf(state)), piece('kernel-log', '/var/run/dmesg.boot', dmesg(state)), piece('acpidump', 'acpidump -t', acpidump(state)),
    piece('freebsd-version', 'freebsd-version -kru', '14.2-RELEASE\n14.2-RELEASE\n14.2-RELEASE\n'), piece('kldstat', 'kldstat', kldstat(state)), piece('sysctl', 'sysctl', sysctl(state)), piece('kenv', 'kenv', kenv(state)),
    piece('loader-conf', '/boot/loader.conf', tree('/boot/loader.conf', state.loader)), piece('rc-conf', '/etc/rc.conf', tree('/etc/rc.conf', [...state.rc, ...state.stray])),
    piece('devinfo', 'devinfo -rv', devinfo(state)), piece('freebsd-host-map', 'camcontrol devlist -v', hostMap), piece('bectl', 'bectl list -H', bectl(state)), piece('freebsd-packages', "pkg query '%n %v %R'", state.packages.map(line => `${line} FreeBSD\n`).join('')),
    ...(state.patched ? [piece('bhyve-build', 'grep -Hc', '/boot/kernel/vmm.ko:1\n/usr/sbin/bhyve:1\n')] : []), absent('jail-conf', '/etc/jail.conf'), absent('sysctl-conf', '/etc/sysctl.conf'), absent('cbsd', 'cbsd bhyve-ppt mode=list'),
    ...Object.entries(state.memory).map(([vm, map]) => piece('bhyvectl', `bhyvectl --vm=${vm} --get-memmap`, memmap(map), vm)),
    state.remote.length > 0 ? piece('remote', '/etc/remote', `${state.remote.join('\n')}\n`) : absent('remote', '/etc/remote'),
    state.vmm.length > 0 ? piece('vmm-devices', 'ls -l /dev/vmm', ['total 0', ...state.vmm.map(name => `crw-------  1 root wheel 0x8f Jan  2 03:04 ${name}`), ''].join('\n')) : absent('vmm-devices', '/dev/vmm'),
    piece('bhyve-commands', '/root/start-ai.sh', ['#!/bin/sh', ...[state.ai.loader, state.ai.bhyve].filter(line => line !== undefined), ...running.map(line => `#${line}`), ''].join('\n')),
    ...(state.ai.said ? [piece('bhyve-log', '/root/ai.log', `${state.ai.said.join('\n')}\n`, 'ai')] : []),
    ...(state.rocm.conf ? [piece('vm-bhyve', '/vm/rocm/rocm.conf', `${state.rocm.conf.join('\n')}\n`, 'rocm')] : []),
    ...(state.rocm.log ? [piece('bhyve-log', '/vm/rocm/vm-bhyve.log', `${state.rocm.log.join('\n')}\n`, 'rocm')] : []),
    ...(state.rocm.said ? [piece('bhyve-log', '/vm/rocm/bhyve.log', `${state.rocm.said.join('\n')}\n`, 'rocm-console')] : []),
    ...(state.guest.length > 0 ? [piece('guest-report', 'guest of ai', `${state.guest.join('\n')}\n`)] : []),
  ]
}

function piece(kind: EvidenceKind, from: string, body: string, name?: string): Evidence {
  const id: EvidenceId = name === undefined ? kind : `${kind}/${name}`
  return { id, kind, from, status: 'ok', body, takenAt: '2026-01-02T03:04:05Z' }
}
const absent = (kind: EvidenceKind, from: string): Evidence => ({ id: kind, kind, from, status: 'absent', body: '', takenAt: '2026-01-02T03:04:05Z' })

export interface Chapter {
  readonly name: string
  /** What is as it was not before: the cure of the last mistake, and the next. */
  readonly now: Partial<State>
  /** It is a hint, beside which there is nothing of warning or above. */
  readonly hint?: true
  /** The first root cause; null: nothing of warning or above. */
  readonly next: string | null
  /** Words of its finding or fix that only this host has. */
  readonly says?: readonly string[]
}

const base = ['zfs_load="YES"']
const withVmm = [...base, 'vmm_load="YES"']
const ppt = (state: { readonly mi50: number }): string => `pptdevs="1/0/0 ${state.mi50}/0/0"`
const good4 = [...withVmm, ppt({ mi50: 4 })]
const good5 = [...withVmm, ppt({ mi50: 5 })]
const rebooted = (loader: readonly string[]): Partial<State> => ({ loader, booted: loader, loaded: [], devctl: [], vmm: [] })

const uefi = '-l bootrom,/usr/local/share/uefi-firmware/BHYVE_UEFI.fd'
const bhyve = (options: string, devices = ''): string =>
  `bhyve ${options} -c 8 -m 32G -s 0,hostbridge -s 3,virtio-blk,/vm/ai/disk0.img -s 4,virtio-net,tap0 -s 5,passthru,1/0/0${devices} -s 31,lpc -l com1,stdio ${uefi} ai`
const rocmConf = ['loader="uefi"', 'cpu=8', 'memory=64G', 'network0_type="virtio-net"', 'network0_switch="public"', 'disk0_type="virtio-blk"', 'disk0_name="disk0.img"', 'passthru0="5/0/0"']
const rocmLog = (devices: string): string[] => [
  'Jan 02 03:04:05: initialising', 'Jan 02 03:04:05:  [loader: uefi]', 'Jan 02 03:04:05:  [cpu: 8]', 'Jan 02 03:04:05:  [memory: 64G]', 'Jan 02 03:04:05:  [bhyve options: -c 8 -m 64G -AHPwS -U 3f1c9c1e-0b1c-11ef-8d2a-ac1f6b000001 -u]',
  `Jan 02 03:04:05:  [bhyve devices: -s 0,hostbridge -s 31,lpc -s 4:0,virtio-blk,/vm/rocm/disk0.img -s 5:0,virtio-net,tap1${devices}]`, 'Jan 02 03:04:05:  [bhyve console: -l com1,/dev/nmdm-rocm.1A]', 'Jan 02 03:04:06: starting bhyve (run 1)',
]

/** Each begins where the one before ended. */
export const chapters: readonly Chapter[] = [
  { name: 'nothing is configured and nothing is wanted', now: {}, next: null },
  { name: 'pptdevs is written, vmm is not loaded by the loader', now: { vmx: true, vtd: true, above4g: true, loader: [...base, ppt({ mi50: 4 })], booted: [...base, ppt({ mi50: 4 })], rc: [...nothing.rc, 'kld_list="vmm nmdm if_bridge"'], loaded: ['vmm'] }, next: 'vmm-not-in-loader-conf', says: ['vmm_load="YES"'] },
  { name: 'the loader loads it, and firmware has VT-x off', now: { vmx: false, rc: nothing.rc, ...rebooted(good4) }, next: 'cpu-vtx-disabled-by-firmware' },
  { name: 'VT-x is on, VT-d is not', now: { vmx: true, vtd: false }, next: 'vtd-off-in-firmware' },
  { name: 'VT-d is on, "Above 4G decoding" is not', now: { vtd: true, above4g: false }, next: 'above4g-decoding-off', says: ['1/0/0'] },
  { name: 'pptdevs with commas', now: { above4g: true, ...rebooted([...withVmm, 'pptdevs="1/0/0,4/0/0"']) }, next: 'pptdevs-wrong-separator', says: ['1/0/0'] },
  { name: 'pptdevs is misspelt', now: { ...rebooted([...withVmm, 'ppt_devs="1/0/0 4/0/0"']), ai: { bhyve: bhyve('-S -A -H -P') } }, next: 'pptdevs4-ignored', says: ['ppt_devs'] },
  { name: 'it is set a second time further down', now: rebooted([...withVmm, 'pptdevs="1/0/0 4/0/0"', 'pptdevs="4/0/0"']), next: 'pptdevs-duplicate-line' },
  { name: 'pptdevs is over 128 characters', now: rebooted([...withVmm, `pptdevs="${Array.from({ length: 26 }, (_, slot) => `6/${slot}/0`).join(' ')} 1/0/0 4/0/0"`]), next: 'pptdevs-too-long' },
  { name: 'it is in rc.conf', now: { ...rebooted(withVmm), stray: ['pptdevs="1/0/0 4/0/0"'] }, next: 'loader-settings-in-wrong-file', says: ['pptdevs in /etc/rc.conf', '/boot/loader.conf'] },
  { name: 'it is in loader.conf, and the host was not rebooted', now: { stray: [], loader: good4 }, next: 'pptdevs-not-applied-no-reboot', says: ['1/0/0'] },
  { name: 'and the next boot takes another boot environment', now: { bootEnvironments: ['default', '14.3-upgrade'] }, next: 'pptdevs-wrong-boot-environment', says: ['bectl mount 14.3-upgrade /mnt'] },
  { name: 'the network card of the host is written into pptdevs as well', now: { ...rebooted(good4), bootEnvironments: ['default', 'default'], loader: [...withVmm, 'pptdevs="1/0/0 4/0/0 2/0/0"'] }, next: 'pptdevs-essential-device', says: ['2/0/0', 'default route by igb0'] },
  { name: 'a card more, and the MI50 has moved to bus 5', now: { ...rebooted(good4), mi50Bus: 5 }, next: 'pptdevs-bus-renumbered', says: ['4/0/0'] },
  { name: 'all functions are on ppt; the memory of ai is not wired', now: { ...rebooted(good5), ai: { bhyve: bhyve('-A -H -P'), said: ['bhyve: passthru requires guest memory to be wired', 'device emulation initialization error: No such file or directory'] }, vmm: ['ai'] }, next: 'memory-not-wired', says: ['-S', 'ai'] },
  { name: 'it is wired, over what the first try left behind', now: { ai: { bhyve: bhyve('-S -A -H -P'), said: ['Unable to setup memory (17)'] } }, next: 'setup-memory-eexist-17', says: ['bhyvectl --vm=ai --destroy'] },
  { name: 'bhyvectl shows what the first try left', now: { memory: { ai: { size: '29GB', flags: '' } } }, next: 'guest-memory-unwired-in-kernel', says: ['32768', 'bhyvectl --vm=ai --destroy'] },
  { name: 'another amount of memory than before', now: { memory: {}, ai: { bhyve: bhyve('-S -A -H -P'), said: ['Unable to setup memory (22)'] } }, next: 'setup-memory-einval-22', says: ['bhyvectl --vm=ai --destroy'] },
  { name: 'grub-bhyve loads the guest, and does not wire', now: { vmm: ['ai'], ai: { loader: 'grub-bhyve -m /vm/ai/device.map -r hd0 -M 32G ai', bhyve: bhyve('-S -A -H -P').replace(`${uefi} `, ''), said: ['Unable to setup memory (17)'] } }, next: 'loader-without-wire', says: ['grub-bhyve'] },
  { name: 'bhyveload does not wire either', now: { ai: { loader: 'bhyveload -m 32G -d /vm/ai/disk0.img ai', bhyve: bhyve('-S -A -H -P').replace(`${uefi} `, ''), said: ['vm_setup_memory: File exists'] } }, next: 'loader-without-wire', says: ['bhyveload'] },
  { name: 'UEFI firmware is named and not installed', now: { vmm: [], packages: nothing.packages.slice(1), ai: { bhyve: bhyve('-S -A -H -P'), said: ["Error opening bootrom \"/usr/local/share/uefi-firmware/BHYVE_UEFI.fd\": No such file or directory"] } }, next: 'bhyve-loader-package-missing', says: ['edk2-bhyve', 'BHYVE_UEFI.fd'] },
  { name: 'two cards whose large BARs do not fit together', now: { packages: nothing.packages, ai: { bhyve: bhyve('-S -A -H -P', ' -s 6,passthru,5/0/0') } }, next: 'bar64-window-overflow', says: ['ai'] },
  { name: 'a slot without its function', now: { ai: { bhyve: bhyve('-S -A -H -P').replace('passthru,1/0/0', 'passthru,1/0'), said: ['bhyve: invalid passthru options'] } }, next: 'bhyve-arg-selector', says: ['ai: 1/0'] },
  { name: 'the driver of the host has the P10', now: { ...rebooted([...withVmm, 'pptdevs="5/0/0"']), loaded: ['nvidia'], ai: { bhyve: bhyve('-S -A -H -P'), said: ['bhyve: PCI device at 1/0/0 is not using the ppt(4) driver'] } }, next: 'gpu-driver-holds-console', says: ['1/0/0'] },
  { name: 'a VM of this name is there still', now: { ...rebooted(good5), vmm: ['ai'], ai: { bhyve: bhyve('-S -A -H -P'), said: ['vm_create: Device busy'] } }, next: 'vm-exists-or-busy', says: ['ai'] },
  { name: 'the ROM of the card is not where it should be', now: { vmm: [], ai: { bhyve: bhyve('-S -A -H -P').replace('passthru,1/0/0', 'passthru,1/0/0,rom=/vm/ai/p10.rom'), said: ['passthru_init_rom: can\'t open romfile "/vm/ai/p10.rom"'] } }, next: 'rom-file-problems', says: ['/vm/ai/p10.rom'] },
  { name: 'it runs; the driver in the guest finds a hypervisor that it does not know', now: { vmm: ['ai'], ai: { bhyve: bhyve('-S -A -H -P'), runs: true }, guest: ['NVRM: GPU 0000:00:05.0: RmInitAdapter failed! (0x31:0xffff:2767)', 'NVRM: GPU 0000:00:05.0: rm_init_adapter failed, device minor number 0'] }, next: 'nvidia-hypervisor-signature', says: ['ai', '1/0/0'] },
  { name: 'with the patched bhyve nvidia-smi shows the card; rocm is configured with passthru1 and no passthru0', now: { patched: true, memory: { ai: { size: '29GB', flags: 'wired/iommu' } }, guest: ['| NVIDIA-SMI 550.163.01             Driver Version: 550.163.01     CUDA Version: 12.4     |', '|   0  Tesla P10                      Off |   00000000:00:05.0 Off |                  N/A |'], rocm: { conf: rocmConf.map(line => line.replace('passthru0', 'passthru1')), log: rocmLog('') } }, next: 'vm-bhyve-passthru-gap', says: ['rocm', 'passthru0'] },
  { name: 'the function is in bhyve_options, so that vm-bhyve does not know that memory must be wired', now: { rocm: { conf: [...rocmConf.slice(0, -1), 'bhyve_options="-s 8,passthru,5/0/0"'], log: rocmLog('').map(line => line.replace('-AHPwS', '-AHPw').replace(']', line.includes('bhyve options') ? ' -s 8,passthru,5/0/0]' : ']')), said: ['bhyve: passthru requires guest memory to be wired'] } }, next: 'memory-not-wired', says: ['rocm', 'wired_memory'] },
  { name: 'the console of rocm is a device that cannot be', now: { rocm: { conf: rocmConf, log: rocmLog(' -s 8:0,passthru,5/0/0'), runs: true }, vmm: ['ai', 'rocm'], remote: ['rocm:dv=/dev/nmdn-rocm.1B:br#9600:pa=none:'] }, next: 'nmdm-name-typo', says: ['/dev/nmdn-rocm.1B'] },
  { name: 'rocm waits for somebody who looks at its screen', now: { remote: [], rocm: { conf: [...rocmConf, 'graphics="yes"', 'graphics_wait="yes"'], log: rocmLog(' -s 8:0,passthru,5/0/0 -s 6:0,fbuf,tcp=0.0.0.0:5900,wait'), runs: true } }, next: 'vnc-black-screen', hint: true, says: ['rocm'] },
  { name: 'both run', now: { memory: { ai: { size: '29GB', flags: 'wired/iommu' }, rocm: { size: '61GB', flags: 'wired/iommu' } }, rocm: { conf: rocmConf, log: rocmLog(' -s 8:0,passthru,5/0/0'), runs: true } }, next: null },
]
