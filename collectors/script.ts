/**
 * The collectors as one POSIX shell script, for hosts without Node: `data/collect.sh` is the program, and the declarations
 * become its calls. Each probe writes its own declaration into what it makes, so that a reader of any later version
 * knows what was asked, and with it what an answer that is not there means (evidence/script-capture.ts).
 */
import type { EvidenceKind } from '../model/evidence.ts'
import { isNameOf, mostNamed, type Collector, type NamesIn, type ReadRecipe, type RunRecipe, type TreeRecipe } from './collector.ts'

export type ScriptPlatform = Collector['platform']
export interface ScriptSystem {
  readonly platform: ScriptPlatform
  readonly collectors: readonly Collector[]
  /** What `--plan` prints: `plan` of evidence/collect.ts. */
  readonly plan: readonly string[]
}

/** What a probe has at the least, in seconds and bytes; a shell is slower than Node. */
const leastSeconds = 10
const usualLimit = 1 << 20
const unames: Readonly<Record<ScriptPlatform, string>> = { linux: 'Linux', freebsd: 'FreeBSD' }

/** Functions of data/collect.sh that pass on less of a long text. What the collector's own `reduce` keeps is among it. */
const shorter: Partial<Record<EvidenceKind, string>> = { 'pci-names': 'host_ids', 'qemu-processes': 'only_vms', 'kernel-config': 'only_options', 'audit-log': 'only_denied', 'module-aliases': 'host_aliases' }
/** The same for the lines of trees. */
const shorterTree: Partial<Record<EvidenceKind, string>> = { 'boot-config': 'only_entries_of_grub', 'device-holders': 'only_holders', 'nova-conf': 'only_pci_of_nova', 'qemu-conf': 'only_of_qemu_conf' }
/** Kinds whose files are bytes. */
const binary: readonly EvidenceKind[] = ['acpi-table']

/** The script, of the text of data/collect.sh. `tool`: program and version, as `gpudoctor 0.1.0`. */
export function script(template: string, tool: string, systems: readonly ScriptSystem[]): string {
  const names = systems.map(({ platform }) => unames[platform])
  const parts: Readonly<Record<string, string>> = {
    '@TOOL@': tool,
    '@FOR@': `this collector is for ${names.join(' and ')}`,
    '@SYSTEMS@': systems.map(({ platform, collectors }) => `  ${unames[platform]}) platform=${platform} probes=${collectors.length} ;;`).join('\n'),
    '@PROBES@': systems.map(probesOf).join('\n'),
  }
  return template.replace(/@[A-Z]+@/g, mark => parts[mark] ?? mark)
}

function probesOf({ platform, collectors, plan }: ScriptSystem): string {
  const calls = collectors.map((one, index) => `  probe ${Math.max(leastSeconds, one.timeout ?? 0)} ${one.limit ?? usualLimit} ${nameOf(one, index)} ${quoted(declaration(one))}`)
  return [
    ...collectors.map((one, index) => probe(one, nameOf(one, index))),
    '# Declarations are words, also where a program has formats that look like variables.', '# shellcheck disable=SC2016',
    `probes_of_${platform}() {`, ...(calls.length > 0 ? calls : ['  :']), '}', '',
    `plan_of_${platform}() {`, "  cat <<'END'", ...plan, 'END', '}', '',
  ].join('\n')
}

const nameOf = ({ gives, platform }: Collector, index: number): string => `${platform}_${index + 1}_${gives.replaceAll('-', '_')}`

/** What evidence/script-capture.ts reads back. */
function declaration({ gives, platform, first, every, timeout, limit }: Collector): string {
  return JSON.stringify({ gives, platform, first, every, timeout, limit })
}

/** The functions of one probe: a function for each tree with its questions and each command that takes a name, then the probe. */
function probe(one: Collector, name: string): string {
  const parts: string[] = []
  const recipes = (one.first ?? one.every ?? []).map((recipe, index) => {
    if ('run' in recipe && recipe.for) {
      parts.push(`${name}_of_${index + 1}() { run ${recipe.run.map(withName).join(' ')}; }`)
      return [runEach(recipe.for, `${name}_of_${index + 1}`)]
    }
    if (!('tree' in recipe)) return [step(recipe, one.gives)]
    parts.push(`${name}_in_${index + 1}() {`, ...questions(recipe).map(line => `  ${line}`), '}')
    return recipe.tree.map(dir => `each ${quoted(dir)} ${name}_in_${index + 1}`)
  })
  const steps = one.first ? [`  ${recipes.flat().join(' ||\n    ')}`] : recipes.flat().map(line => `  ${line}`)
  const less = shorterTree[one.gives]
  const body = less === undefined ? steps : ['  {', ...steps.map(line => `  ${line}`), `  } 6>&1 | ${less}`]
  const filter = shorter[one.gives]
  return [...parts, `${name}() {`, ...(filter === undefined ? [] : [`  filter=${filter}`]), ...body, '}', ''].join('\n')
}

function step(recipe: ReadRecipe | RunRecipe, gives: EvidenceKind): string {
  if ('read' in recipe && recipe.newest !== undefined) return `newest ${recipe.newest} ${quoted(recipe.read)}`
  if ('read' in recipe) return `${binary.includes(gives) ? 'raw' : 'text'} ${quoted(recipe.read)}`
  const last = recipe.run.at(-1) ?? ''
  if (!recipe.run.some(word => word.includes('{release}'))) return `run ${recipe.run.map(quoted).join(' ')}`
  const [before = '', after = ''] = last.split('{release}')
  return `run_for ${[before, after, ...recipe.run.slice(0, -1)].map(quoted).join(' ')}`
}

function runEach({ namesIn, of, most = mostNamed }: NamesIn, call: string): string {
  // The characters stand in a pattern of the script, where others would be another pattern.
  isNameOf(of)
  return `run_each ${quoted(namesIn)} ${quoted(of)} ${most} ${call}`
}

function questions({ only, files = [], links = [], bytes = {}, lists = [], stats = [] }: TreeRecipe): string[] {
  const asked = ([['files', files], ['links', links], ['lists', lists], ['stats', stats]] as const).flatMap(([verb, names]) => (names.length > 0 ? [`${verb} ${names.map(quoted).join(' ')}`] : []))
  const all = [...asked, ...Object.entries(bytes).map(([name, most]) => `bytes ${most} ${quoted(name)}`)]
  const chosen = only ? [`only ${[only.file, ...only.is].map(quoted).join(' ')} || return 0`] : []
  return all.length > 0 ? [...chosen, 'line "$dir" /', ...all] : [...chosen, 'line "$dir" /']
}

/** A word of a command whose `{name}` is the first argument of the function around it. */
const withName = (word: string): string => word.split('{name}').map(part => (part === '' ? '' : quoted(part))).join('"$1"')

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
