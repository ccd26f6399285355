/** The machine as a reader pictures it: the tree of PCI functions with groups, drivers, links and who wants what. */
import type { Bdf } from './bdf.ts'

export interface Machine {
  /** In the order of the tree: a bridge, then what is behind it. */
  readonly functions: readonly MachineFunction[]
  readonly vms: readonly MachineVm[]
}

/** What is undefined nobody could look up; null: there is none. */
export interface MachineFunction {
  readonly bdf: Bdf
  /** How many bridges stand above it. */
  readonly depth: number
  readonly name: string | null
  /** As `fn.kind` in the catalogue: gpu, gpu-audio, usb, nvme, bridge … */
  readonly kind: string | null
  readonly driver: string | null | undefined
  /** A passthrough driver has it. */
  readonly passedThrough: boolean
  readonly group: string | null | undefined
  readonly link: Link | null
  /** Names of the VMs that are given it. */
  readonly wantedBy: readonly string[]
  /** It is meant for a VM, whether or not one names it. */
  readonly wanted: boolean
  readonly bootDisplay: boolean
  /** What the host uses it for: `disk sda`, `interface eth0`. */
  readonly hostUses: readonly string[]
  readonly virtual: boolean
}

/** Speeds in GT/s, widths in lanes. */
export interface Link { readonly speed: number; readonly width: number; readonly speedMax: number | null; readonly widthMax: number | null }

export interface MachineVm {
  readonly name: string
  readonly hypervisor: string | null
  readonly running: boolean | null
  readonly wants: readonly Bdf[]
}
