/** What the engine and the diagnosis say: the closed union of outcomes, and findings with this host's values. */
import type { Background } from './background.ts'
import type { Cite, EvidenceKind, EvidenceStatus } from './evidence.ts'
import type { Confidence, Layer, Risk, Severity, SubjectKind } from './rule.ts'

/** `fn 0000:01:00.0`, `vm win11`, `assignment win11 0000:01:00.0`, `host`. */
export interface SubjectRef { readonly kind: SubjectKind; readonly key: string }

/** The value of one leaf of a condition, and where it was read. */
export interface LeafTrace {
  readonly kind: 'leaf'
  readonly path: string
  readonly operator: string
  readonly expected: unknown
  /** undefined: nobody could look. */
  readonly actual: unknown
  readonly verdict: Verdict
  readonly at: readonly Cite[]
}
export interface BranchTrace { readonly kind: 'all' | 'any' | 'not'; readonly verdict: Verdict; readonly of: readonly Trace[] }
export type Trace = LeafTrace | BranchTrace

export type Verdict = 'fires' | 'clear' | 'unknown'

/**
 * What the engine says of one rule and one subject. `raisedBy`: the condition that raised the confidence above the rule's own; `notRaised`:
 * why the next one did not (clear: it does not hold; unknown: nobody could look), null where there is none.
 */
export type Outcome = { readonly rule: string; readonly subject: SubjectRef } & (
  | { readonly verdict: 'fires'; readonly trace: Trace; readonly confidence: Confidence; readonly raisedBy: Trace | null; readonly notRaised: Verdict | null }
  | { readonly verdict: 'clear'; readonly trace?: Trace }
  | { readonly verdict: 'unknown'; readonly missing: readonly string[]; readonly trace?: Trace }
)

/** A rule that could not be loaded or run; the others went on. */
export interface Broken { readonly rule: string; readonly file: string; readonly error: string; readonly line?: number; readonly column?: number }

/** A quoted piece of evidence. */
export interface Quote {
  readonly evidence: string
  /** The path, command or file it was read from. */
  readonly from: string
  /** Line from 1, or byte offset from 0 for tables. */
  readonly where: number
  readonly text: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export type Step = (
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'append'; readonly file: string; readonly text: string }
  | { readonly kind: 'set'; readonly file: string; readonly name: string; readonly value?: string; readonly addWords?: string; readonly removeWords?: string }
  | { readonly kind: 'edit'; readonly target: string; readonly change: string }
  | { readonly kind: 'firmware'; readonly setting: string }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'power-off' }
  | { readonly kind: 'note'; readonly text: string }
) & {
  /** In words, when this step is only for some hosts and it is not known which this is: `where the boot loader is GRUB`. */
  readonly when?: string
  /** Where the step is one of several ways to change the kernel command line: what it adds or takes away. */
  readonly parameters?: KernelParameters
  /** A value from this host in it is no plain word, or is not known: a person is to look before it goes into a file. */
  readonly byHand?: true
}

export interface KernelParameters { readonly add: readonly string[]; readonly remove: readonly string[] }

export interface Check { readonly command: string; readonly shows: string; readonly when?: string }

export interface Fix {
  readonly title: string
  readonly risk: Risk
  readonly side?: string
  readonly caution?: string
  readonly steps: readonly Step[]
  readonly verify: readonly Check[]
  readonly undo?: readonly Step[]
}

export interface Finding {
  readonly rule: string
  /** Other names of the rule, and those of the more general rules that it is a special case of. */
  readonly aliases: readonly string[]
  /** `host`, `function 0000:01:00.0`, `assignment win11 0000:01:00.0` */
  readonly subject: string
  readonly severity: Severity
  readonly confidence: Confidence
  /** How the confidence was earned, in a sentence: `the state and the log agree`. */
  readonly reason: string
  readonly layer: Layer
  readonly title: string
  readonly text: string
  readonly cause: string
  readonly evidence: readonly Quote[]
  readonly fixes: readonly Fix[]
  /** The finding that explains this one, by rule id; null for a root cause. */
  readonly symptomOf: string | null
  /** Where log lines are among what it stands on: how often and when they were said. */
  readonly times?: Times
  readonly references: readonly { readonly for: string; readonly at: string }[]
}

/** When a line was said: seconds since boot, or the clock of the log (ISO 8601). */
export type LogTime = { readonly sinceBoot: number } | { readonly clock: string }

/** How often the lines of a finding were said, and when. Earlier boots and runs are counted apart: they accuse nobody. */
export interface Times {
  readonly count: number
  /** null where the lines carry no time that can be told. */
  readonly first: LogTime | null
  readonly last: LogTime | null
  /** What the lines are of: this boot, the last boot of a log that was handed in, the last run of a VM; null where the text does not tell. */
  readonly of: 'this boot' | 'last boot' | 'last run' | null
  /** Lines alike from before that: of earlier boots in the log, or of earlier runs of the VM. */
  readonly earlier: number
}

/** A rule that could not be decided, and what would decide it. */
export interface Undecided {
  readonly rule: string
  readonly title: string
  readonly severity: Severity
  readonly subjects: readonly string[]
  /** Fact paths nobody could look up. */
  readonly missing: readonly string[]
  /** Commands or copies that would tell. */
  readonly get: readonly string[]
}

/** One piece of evidence as the report lists it. */
export interface EvidenceNote {
  readonly id: string
  readonly kind: EvidenceKind
  readonly about: string
  readonly from: string
  readonly status: EvidenceStatus
  readonly note?: string
  readonly lines?: number
  /** Facts that were read in it; other evidence may have told the same. */
  readonly facts?: number
  /** Lines that a parser gave up on; those it passes over on purpose do not count. */
  readonly notUnderstood?: number
}

export interface RunInfo {
  readonly tool: string
  readonly format: 1
  /** ISO 8601 time of collection; null for loose files. */
  readonly takenAt: string | null
  readonly root: boolean | null
  readonly host: { readonly platform: string | null; readonly kernel: string | null; readonly distribution: string | null; readonly board: string | null; readonly runsIn: string | null }
  readonly rules: number
  readonly evidence: readonly EvidenceNote[]
  /** What redaction took out, by kind. */
  readonly redacted: Readonly<Record<string, number>>
}

/** A link of the way from firmware to guest, in the order in which a host comes up. */
export interface ChainLink {
  /** In words: `IOMMU in the kernel`. */
  readonly name: string
  /** `not reached`: an earlier link failed, so that this one tells nothing. */
  readonly verdict: 'passed' | 'failed' | 'unknown' | 'not reached'
  /** What proves it. */
  readonly evidence: readonly Quote[]
  /** Rules whose findings say what failed. */
  readonly failedBy: readonly string[]
  /** Commands that would tell. */
  readonly get: readonly string[]
}

/** A line of error or warning about the devices in question that no rule covers. */
export interface UnexplainedLine {
  /** The first of its shape. */
  readonly quote: Quote
  /** How many lines are alike, numbers apart. */
  readonly count: number
}

export interface Diagnosis {
  readonly about: RunInfo
  /** How far the host got; not there where nothing shows what its GPUs are for. */
  readonly chain?: readonly ChainLink[]
  readonly findings: readonly Finding[]
  /** What nobody explains, the rarest first; `left`: shapes that are not listed. */
  readonly unexplained?: { readonly lines: readonly UnexplainedLine[]; readonly left: number }
  readonly unknown: readonly Undecided[]
  readonly broken: readonly Broken[]
}

export interface ReportOptions {
  readonly color: boolean
  /** Terminal columns. */
  readonly width: number
  readonly verbose: boolean
  /** The terminal understands links (OSC 8). */
  readonly links?: boolean
  /** What was handed in, where a report is one of several. */
  readonly input?: string
}
/** A report form is a function from the diagnosis to text. */
export type Report = (diagnosis: Diagnosis, options: ReportOptions, background?: Background) => string
