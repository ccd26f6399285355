/** Every form of the report. A new form is a file with a function from diagnosis to text, and a row here. */
import { mark } from '../language/say.ts'
import type { Report } from '../model/finding.ts'

export interface Form {
  /** Also the option: `--json`, `--html <file>`. */
  readonly name: string
  /** `output`: printed instead of the terminal report. `file`: written to a file beside it, or printed for `-`. */
  readonly to: 'output' | 'file'
  readonly about: string
  /** It shows more than the diagnosis, which then has to be made. */
  readonly background?: true
  /** Loaded when it is asked for, so that no form costs the others time. */
  readonly load: () => Promise<Report>
}

export const forms = [
  { name: 'json', to: 'output', about: mark('print the JSON report and nothing else'), load: async () => (await import('./json.ts')).jsonReport },
  { name: 'ndjson', to: 'output', about: mark('print one line of JSON for each host and nothing else; each input is a host'), load: async () => (await import('./ndjson.ts')).ndjsonReport },
  { name: 'html', to: 'file', about: mark('also write the report as one HTML file, the snapshot inside'), background: true, load: async () => (await import('./html.tsx')).htmlReport },
  { name: 'markdown', to: 'file', about: mark('also write it as Markdown for an issue or a forum'), load: async () => (await import('./markdown.ts')).markdownReport },
  { name: 'sarif', to: 'file', about: mark('also write it as SARIF 2.1.0'), load: async () => (await import('./sarif.ts')).sarifReport },
  { name: 'junit', to: 'file', about: mark('also write it as JUnit XML'), load: async () => (await import('./junit.ts')).junitReport },
  { name: 'prometheus', to: 'file', about: mark("also write it as a text file for Prometheus' node_exporter"), load: async () => (await import('./prometheus.ts')).prometheusReport },
] as const satisfies readonly Form[]

export type FormName = (typeof forms)[number]['name']
