/** Scenario files: what they may say, and reading them. One YAML file of scenarios/ is one scenario. */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import { parse } from 'yaml'

export const labFolder = join(import.meta.dirname, '../../../test-corpus/lab')

const machine = v.strictObject({
  /** The emulated IOMMU that firmware tells of. */
  iommu: v.optional(v.picklist(['intel', 'amd', 'none'])),
  /** The maker of the CPU, where it is not that of the IOMMU. */
  cpu: v.optional(v.picklist(['intel', 'amd'])),
  /** Interrupt remapping of the IOMMU; on without it. */
  remapping: v.optional(v.boolean()),
  firmware: v.optional(v.picklist(['bios', 'uefi'])),
  /** QEMU's -device options in place of the usual: a boot display, a root port and the GPU behind it. */
  devices: v.optional(v.array(v.string())),
  /** MiB. */
  memory: v.optional(v.number()),
  /** The box is to be a guest that knows it is one. */
  nested: v.optional(v.boolean()),
})

/** Shell lines, run as root in the box, or a command for the monitor of the QEMU that is the box. */
const action = v.union([v.string(), v.strictObject({ monitor: v.string() })])
const actions = v.union([v.pipe(v.string(), v.transform(line => [line])), v.array(action)])

/** How a person carries out a step that is words: the step is known by a piece of its text. */
const hand = v.strictObject({
  step: v.string(),
  run: v.optional(v.string()),
  /** The machine from the next start on. */
  machine: v.optional(machine),
})

const schema = v.strictObject({
  title: v.string(),
  /** Its numbers in the list of what the lab must show. */
  covers: v.array(v.number()),
  machine,
  /** Words added to the kernel command line, in the boot loader's configuration as well. */
  kernel: v.optional(v.string()),
  /** Shell lines run before the box loads any driver, at its first start alone. */
  before: v.optional(v.string()),
  break: v.optional(actions),
  expect: v.optional(v.array(v.strictObject({
    rule: v.string(),
    /** Its place in the list of findings, from 1, at the most. */
    rank: v.optional(v.number()),
  }))),
  must_not: v.optional(v.array(v.string())),
  /** The same host is also taken as lspci and dmesg text, and by the shell collector, which must lead to the same findings. */
  other_ways: v.optional(v.boolean()),
  /** Errors and warnings that are true of this box and not the matter of the scenario. */
  also_true: v.optional(v.array(v.string())),
  cure: v.optional(v.strictObject({
    /** The finding whose fix is applied. */
    rule: v.string(),
    /** Which of its fixes, from 1. */
    fix: v.optional(v.number()),
    hand: v.optional(v.array(hand)),
  })),
  /** Must not be found any more; the cured rule without it. */
  gone: v.optional(v.array(v.string())),
  /** Shell lines that succeed only where passthrough works; else the VM must run and vfio-pci have its function. */
  proof: v.optional(v.string(), 'vm-works'),
  /** Leaves the box as it was found, so that another scenario may go on in it; only where no log keeps a failure that the next would be blamed for. */
  tidy: v.optional(v.string()),
  /** Why something of it cannot be shown here. */
  note: v.optional(v.string()),
})

export type Scenario = v.InferOutput<typeof schema> & { readonly name: string }
export type Action = v.InferOutput<typeof action>
export type Hand = v.InferOutput<typeof hand>

/** All scenarios, by name. Throws where a file says what no scenario may. */
export function readScenarios(folder = join(labFolder, 'scenarios')): Scenario[] {
  return readdirSync(folder).filter(file => file.endsWith('.yaml')).sort().map(file => {
    const result = v.safeParse(schema, parse(readFileSync(join(folder, file), 'utf8')))
    if (!result.success) throw new Error(`${file}: ${v.flatten(result.issues).nested ? JSON.stringify(v.flatten(result.issues).nested) : result.issues[0].message}`)
    return { ...result.output, name: basename(file, '.yaml') }
  })
}
