/**
 * The command line: arguments, progress and exit codes, nothing else. Only commander is loaded up front; each command
 * brings in what it needs, so that `--help` and completion answer at once.
 *
 * Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 gpudoctor itself could not work.
 */
import { existsSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { toolVersion } from './version.ts'
import { notWritten, reportFailure } from './failure.ts'
import { chooseLanguage, complaintInLanguage, helpInLanguage, withLanguageOption } from './language.ts'
import { inLanguage, say } from '../language/say.ts'
import { extras } from '../collectors/collector.ts'
import { bdfFromText } from '../model/bdf.ts'
import { forms } from '../reports/forms.ts'
import type { Goal } from '../parsers/intent.ts'
import type { CollectOptions } from './collect.ts'
import type { ExamineOptions } from './examine.ts'
import type { ExplainOptions } from './explain.ts'
import type { NewRuleOptions } from './rules-new.ts'
import type { PlanOptions } from './plan.ts'

const failOn = () => new Option('--fail-on <severity>', say('exit with 1 from this severity on')).choices(['error', 'warning', 'hint', 'never']).default('error')

function width(text: string): number {
  const columns = Number(text)
  if (!Number.isInteger(columns) || columns < 20 || columns > 1000) throw new InvalidArgumentError(say('a number of columns from 20 to 1000'))
  return columns
}

/** As in parsers/intent.ts, which is not loaded to print help. */
const goals = ['passthrough', 'compute', 'display'] as const satisfies readonly Goal[]

function device(text: string, before: readonly string[] = []): readonly string[] {
  const bdf = bdfFromText(text)
  if (bdf === null) throw new InvalidArgumentError(say('an address as lspci prints it: 01:00.0 or 0000:01:00.0'))
  return [...before, bdf]
}

/** The levels of evidence/redact.ts, which is not loaded to print help. */
const redact = () => new Option('--redact <level>', say('what to take out before anything is shown or written: secrets and what tells whose machine it is (standard); also private addresses and names of VMs (strict); nothing (none)'))
  .choices(['none', 'standard', 'strict']).default('standard')

const patience = () => ['--patience <factor>', say('wait so many times longer for every file and command; for slow or busy hosts'), factor] as const

const also = () => new Option('--also <what>', say('look into this too, which is left alone otherwise; guests: asks the QEMU guest agents of running VMs (and runs pnputil in each Windows); debugfs: firmware of Intel GPUs, which wakes those that sleep; may be given again')).choices(extras)
  .argParser<readonly string[] | undefined>((text, before) => [...(before ?? []), extra(text)])

function extra(text: string): string {
  if (!extras.some(one => one === text)) throw new InvalidArgumentError(say('one of {choices}', { choices: extras.join(', ') }))
  return text
}

/** An option that may be given again. */
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

function factor(text: string): number {
  const times = Number(text)
  if (!(times >= 1 && times <= 100)) throw new InvalidArgumentError(say('a number from 1 to 100'))
  return times
}

/** What every command that prints a report takes: the forms first, `-` prints one of them instead of the terminal's. */
const reporting = (command: Command): Command => forms.reduce((all, { name, to, about }) => all.option(to === 'file' ? `--${name} <file>` : `--${name}`, inLanguage(about)), command)
  .option('--device <address>', say('a PCI function you mean, such as 01:00.0 (may be given again)'), device)
  .addOption(new Option('--goal <what>', say('what you want of it, or of the GPUs of this host; above what configuration tells (passthrough where only --device is given)')).choices(goals))
  .option('--no-snapshot', say('leave the snapshot out of the HTML report'))
  .option('--save <file>', say('also save everything that was read as a snapshot (.tar.gz)'))
  .addOption(failOn())
  .option('-v, --verbose', say('print everything: all evidence, all that could not be checked'))
  .option('--no-color', say('no colour (NO_COLOR does the same)'))
  .option('--width <columns>', say('width of the report'), width)
  .addOption(redact())
  .option('--rules <folder>', say('a folder of your own rules, beside the built-in ones (may be given again)'), several)

/** Runs a command's action; whatever goes wrong in it becomes a plain message and exit code 2. */
const act = <Arguments extends unknown[]>(action: (...given: Arguments) => Promise<number>) => async (...given: Arguments): Promise<void> => {
  try {
    process.exitCode = await action(...given)
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}

export function program(): Command {
  const root = new Command('gpudoctor')
    .exitOverride()
    .description(say('Finds out why a GPU or PCI passthrough host misbehaves, and says exactly what to do about it.'))
    .version(toolVersion, '-V, --version', say('print the version'))
    .helpOption('-h, --help', say('print help'))
    .helpCommand('help [command]', say('display help for command'))
    .configureHelp(helpInLanguage())
    .configureOutput({ outputError: (text, write) => write(complaintInLanguage(text)) })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .addHelpText('after', `${say(`
Without a command it examines this host: it reads (never writes, never needs a shell), diagnoses and prints.
"gpudoctor collect --plan" prints beforehand what it would touch. It works without root and says what it could not see.

Examples:
  gpudoctor                                    examine this host
  sudo gpudoctor --html report.html            with all that only root can read, and a report to attach
  gpudoctor collect -o host.tar.gz             only collect, for somebody else to look at
  gpudoctor replay host.tar.gz                 diagnose what was collected, anywhere
  gpudoctor replay dmesg.txt win11.xml         diagnose loose files, whatever they are called
  gpudoctor replay sosreport-box.tar.xz        diagnose what another tool packed
  gpudoctor replay --markdown - host.tar.gz    the same, to paste into an issue
  gpudoctor replay --ndjson hosts/*.tar.gz     a line for each of a thousand hosts
  dmesg | gpudoctor replay -                   diagnose standard input
  gpudoctor explain group-not-viable           why a rule fired here, or what is missing`)}

${say('Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 gpudoctor itself could not work.')}`)
  // Words that are no command: mostly a file for which `replay` was forgotten.
  reporting(root.allowExcessArguments()).option(...patience()).addOption(also()).action(act(async (options: ExamineOptions, { args: [word] }: Command) => {
    if (word !== undefined) throw new Error(existsSync(word) ? say('to diagnose what was collected: gpudoctor replay {path}', { path: word }) : say('there is no command {word}. "gpudoctor --help" shows all.', { word }))
    return await (await import('./examine.ts')).examineHost(options)
  }))

  root.command('collect')
    .description(say('read this host and save what was read as a snapshot; diagnose nothing'))
    .option('-o, --output <file>', say('the snapshot to write'), 'gpudoctor-snapshot.tar.gz')
    .option('--plan', say('print every file and command that would be touched, and touch none'))
    .option('--root <folder>', say('read a copied directory tree instead of this host'))
    .addOption(new Option('--script [system]', say('print a shell script that collects where Node.js cannot be had')).choices(['linux', 'freebsd', 'any']).preset('any'))
    .option(...patience())
    .addOption(also())
    .addOption(redact())
    .addHelpText('after', say(`
The script needs a POSIX shell and no more: a rescue system, an initramfs, FreeBSD's base system. What it writes replays like a
snapshot; it is not redacted until then:
  gpudoctor collect --script > collect.sh; scp collect.sh host:; ssh host sudo sh collect.sh; scp host:gpudoctor-snapshot.txt .
  gpudoctor replay gpudoctor-snapshot.txt`))
    .action(act(async (options: CollectOptions) => (await import('./collect.ts')).collectHost(options)))

  reporting(root.command('replay')
    .description(say('diagnose what was collected: snapshots, reports, archives, folders or loose files; "-" is standard input'))
    .argument('<input...>', say('snapshot, HTML report, archive, folder or files')))
    .addHelpText('after', say(`
What a file is, is recognised from its content first and its name second: single outputs of any name, a pasted
ticket, .zip and .tar archives of them, sos reports, Insights, supportconfig, hw-probe, Unraid, Troubleshoot and
must-gather bundles, nvidia-bug-report, pvereport, a copied tree of a host. Archives are never unpacked to disk.`))
    .action(act(async (inputs: string[], options: ExamineOptions) => (await import('./examine.ts')).replay(inputs, options)))

  root.command('plan')
    .description(say('what was found as one ordered list of steps, without contradictions: one edit of each file, one reboot'))
    .argument('[input...]', say('snapshot, HTML report, archive, folder or files; this host without'))
    .option('--json', say('as JSON'))
    .option('--script <file>', say('also write a shell script that does the steps of this host, for you to read and run'))
    .option('--hints', say('plan for hints as well, by which nothing fails'))
    .option('--device <address>', say('a PCI function you mean, such as 01:00.0 (may be given again)'), device)
    .addOption(new Option('--goal <what>', say('what you want of it, or of the GPUs of this host; above what configuration tells (passthrough where only --device is given)')).choices(goals))
    .option('-v, --verbose', say('the steps of every option')).option('--no-color', say('no colour (NO_COLOR does the same)'))
    .option('--width <columns>', say('width of the report'), width)
    .option(...patience()).addOption(also()).addOption(redact())
    .option('--rules <folder>', say('a folder of your own rules, beside the built-in ones (may be given again)'), several)
    .addHelpText('after', say(`
The script is never run by gpudoctor. "sh plan.sh" prints what it would do, "sh plan.sh --apply" does it with a copy of every file
it changes, "sh plan.sh --undo" takes it back. It refuses to run on any other host than that of the plan.`))
    .action(act(async (inputs: string[], options: PlanOptions) => (await import('./plan.ts')).plan(inputs, options)))

  root.command('diff')
    .description(say('what changed between two snapshots of a host, which findings came and went, and why'))
    .argument('<before>', say('snapshot, folder or file')).argument('<after>', say('snapshot, folder or file'))
    .option('--json', say('as JSON')).addOption(failOn())
    .option('-v, --verbose', say('every value in full')).option('--no-color', say('no colour (NO_COLOR does the same)'))
    .option('--width <columns>', say('width of the report'), width).addOption(redact())
    .option('--rules <folder>', say('a folder of your own rules, beside the built-in ones (may be given again)'), several)
    .addHelpText('after', say('\nExits with 1 where a finding at or above --fail-on came.'))
    .action(act(async (before: string, after: string, options: ExamineOptions) => (await import('./diff.ts')).diff(before, after, options)))

  root.command('explain')
    .description(say('why a rule fired, why it did not, or what is missing to tell'))
    .argument('<rule>', say('id or alias of a rule'))
    .argument('[input...]', say('snapshot, folder or files; this host without'))
    .option('--rules <folder>', say('a folder of your own rules, beside the built-in ones (may be given again)'), several)
    .option('--all', say('every subject, also those that are plainly clear'))
    .option('--device <address>', say('a PCI function you mean, such as 01:00.0 (may be given again)'), device)
    .addOption(new Option('--goal <what>', say('what you want of it, or of the GPUs of this host; above what configuration tells (passthrough where only --device is given)')).choices(goals))
    .action(act(async (rule: string, inputs: string[], options: ExplainOptions) => (await import('./explain.ts')).explain(rule, inputs, options)))

  const rules = root.command('rules').description(say('look at rules, and check your own'))
  const folder = ['--rules <folder>', say('a folder of your own rules (may be given again)'), several] as const
  interface RuleOptions { readonly rules?: readonly string[]; readonly json?: true }
  const own = (given: string | undefined, options: RuleOptions): readonly string[] => (given === undefined ? (options.rules ?? []) : [given])
  const orBuiltIn = () => say('a folder of rules; the built-in ones without')
  rules.command('list').description(say('all rules, a line each')).option(...folder).option('--json', say('as JSON'))
    .action(act(async (options: RuleOptions) => (await import('./rules.ts')).list(options)))
  rules.command('show').description(say('one rule, whole')).argument('<rule>', say('id or alias')).option(...folder)
    .action(act(async (rule: string, options: RuleOptions) => (await import('./rules.ts')).show(rule, options)))
  rules.command('new').description(say('write a rule and its test from a line of a log, as a start'))
    .requiredOption('--id <id>', say('the name of the rule and of its files: lower-case words joined by hyphens'))
    .option('--line <line>', say('the line, as it stands in the log; standard input without'))
    .option('--dir <folder>', say('where to write'), '.')
    .option('--in <kind>', say('the log it stands in: kernel-log, qemu-log, libvirt-log, bhyve-log …'))
    .option('--layer <layer>', say('where on the way from firmware to guest it fails'))
    .action(act(async (options: NewRuleOptions) => (await import('./rules-new.ts')).newRule(options)))
  rules.command('lint').description(say('check rule files: form, paths, patterns, texts, advice')).argument('[folder]', orBuiltIn()).option(...folder)
    .option('--checks', say('list the checks, with what each refuses and why')).option('--json', say('as JSON'))
    .action(act(async (given: string | undefined, options: RuleOptions & { checks?: true }) => (await import('./rules-lint.ts')).lint(own(given, options), options)))
  rules.command('test').description(say('run the tests that stand beside rules')).argument('[folder]', orBuiltIn()).option(...folder)
    .option('--only <words...>', say('only rules whose file names contain one of these'))
    .action(act(async (given: string | undefined, options: RuleOptions & { only?: string[] }) => (await import('./rules-lint.ts')).test(own(given, options), options.only ?? [''])))
  rules.command('coverage').description(say('what rules and their tests cover, and what they leave open')).argument('[folder]', orBuiltIn()).option(...folder).option('--json', say('as JSON'))
    .action(act(async (given: string | undefined, options: RuleOptions) => (await import('./rules-coverage.ts')).coverage(own(given, options), options)))
  rules.command('docs').description(say('write a page for each rule, and an index')).argument('[folder]', orBuiltIn()).option(...folder)
    .option('--dir <folder>', say('where to write'), 'rule-pages')
    .action(act(async (given: string | undefined, options: RuleOptions & { dir: string }) => (await import('./rules-docs.ts')).writePages(own(given, options), options.dir)))

  root.command('completion').description(say('print a completion script')).argument('<shell>', say('bash, zsh, fish or powershell'))
    .addHelpText('after', say('\nFor bash: gpudoctor completion bash > /etc/bash_completion.d/gpudoctor'))
    .action(act(async (shell: string) => (await import('./completion.ts')).completion(shell, program())))
  withLanguageOption(root)
  return root.hook('preAction', handDown)
}

/** Options in front of a command (`gpudoctor --json replay x`) count as if they stood behind it; one that it does not have is refused. */
function handDown(root: Command, command: Command): void {
  if (command === root) return
  for (const option of root.options) {
    const name = option.attributeName()
    if (root.getOptionValueSource(name) !== 'cli' || command.getOptionValueSource(name) === 'cli') continue
    if (!command.options.some(own => own.attributeName() === name)) command.error(`error: unknown option '${option.long}'`, { code: 'commander.unknownOption' })
    command.setOptionValueWithSource(name, root.getOptionValue(name), 'cli')
  }
}

async function main(): Promise<void> {
  // The reader may go away at any time (`gpudoctor | head`): then there is nothing more to say.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? undefined : reportFailure(notWritten(say('standard output'), error))))
  try {
    chooseLanguage(process.argv.slice(2), process.env)
    // What the completion scripts call at every press of the tab key.
    if (process.argv[2] === 'complete') process.exitCode = await (await import('./completion.ts')).complete(program())
    else await program().parseAsync()
  } catch (error) {
    // Commander has printed its message; a wrong argument is a failure of the call, help and version are none.
    process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportFailure(error)
  }
}

void main()
