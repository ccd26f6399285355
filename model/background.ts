/** What a report may show besides the diagnosis: where it happened, what was said, and all that was read. */
import type { Evidence } from './evidence.ts'
import type { Machine } from './machine.ts'
import type { Timeline } from './timeline.ts'

export interface Background {
  readonly machine?: Machine
  readonly timeline?: Timeline
  readonly evidence?: readonly Evidence[]
  /** The snapshot the report was made from (.tar.gz in base64), so that whoever has the report can judge it anew; or why it is not there. */
  readonly snapshot?: { readonly base64: string } | { readonly leftOut: string }
}
