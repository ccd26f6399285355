/** A machine as scenarios describe it, and the QEMU options that make it. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from './scenario.ts'

export type Machine = Scenario['machine']

/** What a CPU of that maker says of itself; QEMU's own emulation goes by AuthenticAMD. */
const cpus = {
  intel: 'max,vendor=GenuineIntel,family=6,model=158,stepping=10,model-id=Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz,-hypervisor,-svm,-la57',
  amd: 'max,vendor=AuthenticAMD,family=23,model=113,stepping=0,model-id=AMD Ryzen 7 3700X 8-Core Processor,-hypervisor,-la57',
} as const

/** Firmware strings of a board, so that the host takes itself for what it plays: a machine, not a guest. */
const board = [
  '-smbios', 'type=0,vendor=American Megatrends Inc.,version=F12,date=03/14/2019',
  '-smbios', 'type=1,manufacturer=Gigabyte Technology,product=Passthrough Box',
  '-smbios', 'type=2,manufacturer=Gigabyte Technology,product=Z390 LAB',
]

const iommuOptions = (kind: NonNullable<Machine['iommu']>, remapping: 'on' | 'off'): string[] => ({
  intel: ['-device', `intel-iommu,intremap=${remapping},caching-mode=on`],
  amd: ['-device', `amd-iommu,intremap=${remapping}`],
  none: [],
})[kind]

/** The usual devices: a display that the host boots with, and behind a root port the GPU, an ATI Rage 128 at 0000:01:00.0. */
const usual = ['VGA,addr=02.0', 'pcie-root-port,id=rp1,slot=1,addr=04.0', 'ati-vga,bus=rp1']

/**
 * QEMU's options for the machine, without disks, kernel and channels. Files that it writes to go to the folder. One processor, emulated
 * in one thread: two boxes of one each get twice as far as two of two, and emulation in several threads hangs in a boot now and then.
 */
export function machineOptions(machine: Machine, folder: string): string[] {
  const maker = machine.cpu ?? (machine.iommu === 'amd' ? 'amd' : 'intel')
  return [
    '-machine', 'q35,kernel-irqchip=split', '-accel', 'tcg,thread=single,tb-size=1024', '-cpu', machine.nested ? cpus[maker].replace('-hypervisor', '+hypervisor') : cpus[maker],
    '-smp', '1', '-m', String(machine.memory ?? 1536), '-nodefaults', '-vga', 'none', '-display', 'none', '-nic', 'none', '-no-reboot',
    ...(machine.nested ? [] : board), ...iommuOptions(machine.iommu ?? 'none', machine.remapping === false ? 'off' : 'on'),
    ...(machine.devices ?? usual).flatMap(device => ['-device', device]),
    ...(machine.firmware === 'uefi' ? uefi(folder) : []),
  ]
}

function uefi(folder: string): string[] {
  const vars = join(folder, 'vars.fd')
  copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', vars)
  return ['-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd', '-drive', `if=pflash,format=raw,file=${vars}`]
}
