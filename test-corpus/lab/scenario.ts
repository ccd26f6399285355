/** Scenario files: what they may say, and reading them. */
import * as v from 'valibot'

const machine = v.strictObject({
  iommu: v.optional(v.picklist(['intel', 'amd', 'none'])),
  cpu: v.optional(v.picklist(['intel', 'amd'])),
  firmware: v.optional(v.picklist(['bios', 'uefi'])),
  devices: v.optional(v.array(v.string())),
  memory: v.optional(v.number()),
  nested: v.optional(v.boolean()),
})
const scenario = v.strictObject({ machine })
export type Scenario = v.InferOutput<typeof scenario>
