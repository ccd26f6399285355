/**
 * The command line: arguments, progress and exit codes, nothing else. Only commander is loaded up front; each command
 * brings in what it needs, so that `--help` and completion answer at once.
 *
 * Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 gpudoctor itself could not work.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { toolVersion } from './version.ts'
import { reportFailure } from './failure.ts'
import type { RedactionLevel } from '../evidence/redact.ts'
import { forms } from '../reports/forms.ts'
import type { ExamineOptions } from './examine.ts'

const exitCodes = 'Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 gpudoctor itself could not work.'

const failOn = () => new Option('--fail-on <severity>', 'exit with 1 from this severity on').choices(['error', 'warning', 'hint', 'never']).default('error')

function width(text: string): number {
  const columns = Number(text)
  if (!Number.isInteger(columns) || columns < 20 || columns > 1000) throw new InvalidArgumentError('a number of columns from 20 to 1000')
  return columns
}

/** The levels of evidence/redact.ts, which is not loaded to print help. */
const redact = () => new Option('--redact <level>', 'what to take out before anything is shown or written: secrets and what tells whose machine it is (standard); also private addresses and names of VMs (strict); nothing (none)')
  .choices(['none', 'standard', 'strict']).default('standard')

const patience = ['--patience <factor>', 'wait so many times longer for every file and command; for slow or busy hosts', factor] as const

function factor(text: string): number {
  const times = Number(text)
  if (!(times >= 1 && times <= 100)) throw new InvalidArgumentError('a number from 1 to 100')
  return times
}

/** What every command that prints a report takes: the forms first, `-` prints one of them instead of the terminal's. */
const reporting = (command: Command): Command => forms.reduce((all, { name, to, about }) => all.option(to === 'file' ? `--${name} <file>` : `--${name}`, about), command)
  .option('--no-snapshot', 'leave the snapshot out of the HTML report')
  .option('--save <file>', 'also save everything that was read as a snapshot (.tar.gz)')
  .addOption(failOn())
  .option('-v, --verbose', 'print everything: all evidence, all that could not be checked')
  .option('--no-color', 'no colour (NO_COLOR does the same)')
  .option('--width <columns>', 'width of the report', width)
  .addOption(redact())
  .option('--rules <folder>', 'a folder of your own rules, beside the built-in ones')

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
    .description('Finds out why a GPU or PCI passthrough host misbehaves, and says exactly what to do about it.')
    .version(toolVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .addHelpText('after', `
Without a command it examines this host: it reads (never writes, never needs a shell), diagnoses and prints.
"gpudoctor collect --plan" prints beforehand what it would touch. It works without root and says what it could not see.

Examples:
  gpudoctor                                    examine this host
  sudo gpudoctor --html report.html            with all that only root can read, and a report to attach
  gpudoctor collect -o host.tar.gz             only collect, for somebody else to look at
  gpudoctor replay host.tar.gz                 diagnose what was collected, anywhere
  gpudoctor replay dmesg.txt win11.xml         diagnose loose files, whatever they are called
  gpudoctor replay --markdown - host.tar.gz    the same, to paste into an issue
  gpudoctor replay --ndjson hosts/*.tar.gz     a line for each of a thousand hosts
  dmesg | gpudoctor replay -                   diagnose standard input
  gpudoctor explain group-not-viable           why a rule fired here, or what is missing

${exitCodes}`)
  reporting(root).option(...patience).action(act(async (options: ExamineOptions) => (await import('./examine.ts')).examineHost(options)))

  root.command('collect')
    .description('read this host and save what was read as a snapshot; diagnose nothing')
    .option('-o, --output <file>', 'the snapshot to write', 'gpudoctor-snapshot.tar.gz')
    .option('--plan', 'print every file and command that would be touched, and touch none')
    .option('--root <folder>', 'read a copied directory tree instead of this host')
    .option(...patience)
    .addOption(redact())
    .action(act(async (options: { output: string; plan?: true; root?: string; patience?: number; redact: RedactionLevel }) => (await import('./collect.ts')).collectHost(options)))

  reporting(root.command('replay')
    .description('diagnose a saved snapshot, a folder or loose files; "-" is standard input')
    .argument('<input...>', 'snapshot, folder or files'))
    .addHelpText('after', '\nWhat a file is, is recognised from its content first and its name second.')
    .action(act(async (inputs: string[], options: ExamineOptions) => (await import('./examine.ts')).replay(inputs, options)))

  root.command('diff')
    .description('what changed between two snapshots of a host, which findings came and went, and why')
    .argument('<before>', 'snapshot, folder or file').argument('<after>', 'snapshot, folder or file')
    .option('--json', 'as JSON').addOption(failOn())
    .option('-v, --verbose', 'every value in full').option('--no-color', 'no colour (NO_COLOR does the same)')
    .option('--width <columns>', 'width of the report', width).addOption(redact())
    .option('--rules <folder>', 'a folder of your own rules, beside the built-in ones')
    .addHelpText('after', '\nExits with 1 where a finding at or above --fail-on came.')
    .action(act(async (before: string, after: string, options: ExamineOptions) => (await import('./diff.ts')).diff(before, after, options)))

  root.command('explain')
    .description('why a rule fired, why it did not, or what is missing to tell')
    .argument('<rule>', 'id or alias of a rule')
    .argument('[input...]', 'snapshot, folder or files; this host without')
    .option('--rules <folder>', 'a folder of your own rules, beside the built-in ones')
    .option('--all', 'every subject, also those that are plainly clear')
    .action(act(async (rule: string, inputs: string[], options: { rules?: string; all?: true }) => (await import('./explain.ts')).explain(rule, inputs, options)))

  const rules = root.command('rules').description('look at rules, and check your own')
  const folder = ['--rules <folder>', 'a folder of your own rules'] as const
  rules.command('list').description('all rules, a line each').option(...folder).option('--json', 'as JSON')
    .action(act(async (options: { rules?: string; json?: true }) => (await import('./rules.ts')).list(options)))
  rules.command('show').description('one rule, whole').argument('<rule>', 'id or alias').option(...folder)
    .action(act(async (rule: string, options: { rules?: string }) => (await import('./rules.ts')).show(rule, options)))
  rules.command('lint').description('check rule files: form, paths, patterns, texts, advice').argument('[folder]', 'a folder of rules; the built-in ones without').option(...folder)
    .action(act(async (given: string | undefined, options: { rules?: string }) => (await import('./rules.ts')).lint(given ?? options.rules)))
  rules.command('test').description('run the tests that stand beside rules').argument('[folder]', 'a folder of rules; the built-in ones without').option(...folder)
    .option('--only <words...>', 'only rules whose file names contain one of these')
    .action(act(async (given: string | undefined, options: { rules?: string; only?: string[] }) => (await import('./rules.ts')).test(given ?? options.rules, options.only ?? [''])))

  root.command('completion').description('print a completion script').argument('<shell>', 'bash, zsh, fish or powershell')
    .addHelpText('after', '\nFor bash: gpudoctor completion bash > /etc/bash_completion.d/gpudoctor')
    .action(act(async (shell: string) => (await import('./completion.ts')).completion(shell, program())))
  return root
}

async function main(): Promise<void> {
  // The reader may go away at any time (`gpudoctor | head`): then there is nothing more to say.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  try {
    // What the completion scripts call at every press of the tab key.
    if (process.argv[2] === 'complete') process.exitCode = await (await import('./completion.ts')).complete(program())
    else await program().parseAsync()
  } catch (error) {
    // Commander has printed its message; a wrong argument is a failure of the call, help and version are none.
    process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportFailure(error)
  }
}

void main()
