/** Checks of words, advice, names and sources: what the reader gets to see and may type. */
import { Pattern } from '../matching/pattern.ts'
import { tagGroups, type StepTag } from '../model/rule.ts'
import type { Check, Complaint, Linted, RuleCheck, SeenStep, SeenText } from './lint-check.ts'
import { placeholdersIn, type Placeholder } from './paths.ts'
import { noted } from '../language/say.ts'

const textCheck = (check: Check, tell: (seen: SeenText, linted: Linted) => readonly string[], stops = true): RuleCheck =>
  ({ ...check, stops, find: linted => linted.texts.flatMap(seen => tell(seen, linted).map(message => ({ path: seen.at, message }))) })

const stepCheck = (check: Check, tell: (seen: SeenStep, linted: Linted) => string | null, stops = false): RuleCheck => ({
  ...check, stops,
  find: linted => linted.steps.flatMap(seen => {
    const message = tell(seen, linted)
    return message === null ? [] : [{ path: seen.at, message }]
  }),
})

/** Commands of steps, checks and ways back. */
const commandCheck = (check: Check, tell: (command: string, seen: SeenText, linted: Linted) => string | null): RuleCheck => textCheck(check, (seen, linted) => {
  const message = seen.as === 'command' ? tell(seen.text, seen, linted) : null
  return message === null ? [] : [message]
}, false)

/** What a placeholder names, `each` opened. */
const wholePath = ({ path }: Placeholder, each: string | undefined): string => (each === undefined ? path : path === 'each' ? each : path.startsWith('each.') ? `${each}.${path.slice(5)}` : path)

/** As long as it gets on a host: a value takes about eight characters. */
const filledLength = (text: string): number => text.replace(/\{\{[^{}]*\}\}/g, 'xxxxxxxx').length
export const longest = { title: 100, finding: 500, cause: 700 } as const

const lengthCheck = (key: keyof typeof longest, why: string): RuleCheck => ({
  name: `${key}-length`, refuses: `a ${key} of more than ${longest[key]} characters`, why, stops: false,
  find: ({ rule }) => (filledLength(rule[key]) > longest[key] ? [{ path: [key], message: noted('it has {n} characters; {most} are enough', { n: filledLength(rule[key]), most: longest[key] }) }] : []),
})

const sentence = /[.?!:…"”»)]$|\}\}$/

/** Tools that only some distributions have; those of FreeBSD's base and of hypervisors are told by the rule's platform and subject. */
const distributionTool = /(?:^|[;&|(]\s*|\bsudo )(update-grub|update-initramfs|apt|apt-get|dpkg|dpkg-reconfigure|dnf|yum|rpm|zypper|pacman|mkinitcpio|dracut|grubby|grub2?-mkconfig|emerge|nixos-rebuild|proxmox-boot-tool|kernelstub)(?![\w./-])/
const editors = /(?:^|[;&|]\s*|\bsudo )(?:vim?|nano|emacs|visudo)\s/
/** A second shell reads what stands in its quotes: quoting for the first does not hold there. */
const innerShell = /\b(?:ba|da|z|k)?sh\s+-\w*c\b|\bssh\s|\beval\s|`|<<\s*['"]?\w|\bxargs\s+-I/
const changes = /(?:^|[;&|]\s*|\bsudo )(?:rm|rmmod|modprobe\s+-r|systemctl\s+(?:re)?start|systemctl\s+stop|reboot|shutdown|poweroff|virsh\s+(?:destroy|undefine))\b/

const openQuote = (command: string): boolean => /['"]/.test(command.replace(/\{\{[^{}]*\}\}/g, '').replace(/'[^']*'|\\.|"(?:[^"\\]|\\.)*"/g, ''))

/** Tags that no host of the other platforms has; hypervisors are left out, as a guest's may be of any. */
const ofLinux: ReadonlySet<StepTag> = new Set<StepTag>([...tagGroups.bootLoader, ...tagGroups.distribution.filter(name => name !== 'freebsd'), ...tagGroups.initramfsTool, 'linux'])
const ofFreebsd: ReadonlySet<StepTag> = new Set<StepTag>(['freebsd', 'freebsd-host'])

const fileOf = ({ step }: SeenStep): string | null => ('write' in step ? step.write : 'append' in step ? step.append : 'name' in step && !('edit' in step) ? step.set : null)

const nothing: readonly Complaint[] = []

export const textChecks: readonly RuleCheck[] = [
  textCheck({ name: 'placeholder-fact', refuses: 'a placeholder that leads to no fact', why: 'the reader would see "(not known)" on every host' },
    ({ text, each }, linted) => placeholdersIn(text).flatMap(placeholder => {
      const info = linted.path(wholePath(placeholder, each))
      return typeof info === 'string' ? [`{{${placeholder.path}}}: ${info}`] : []
    })),
  textCheck({ name: 'placeholder-words', refuses: 'a placeholder that may be nothing and has no words for that', why: '"bound to none" is no sentence: {{fn.driver|no driver}} is' },
    ({ text, each }, linted) => placeholdersIn(text).flatMap(placeholder => {
      const info = linted.path(wholePath(placeholder, each))
      return typeof info !== 'string' && info.nullable && placeholder.fallback === null ? [noted('{placeholder} may be nothing; write what to say then: {example}', { placeholder: `{{${placeholder.path}}}`, example: `{{${placeholder.path}|…}}` })] : []
    })),
  textCheck({ name: 'placeholder-closed', refuses: 'a placeholder that is not closed or not well formed', why: 'it would be printed as it stands' },
    ({ text }) => (/\{\{|\}\}/.test(text.replace(/\{\{[^{}]*\}\}/g, '')) || (text.match(/\{\{[^{}]*\}\}/g) ?? []).length !== placeholdersIn(text).length ? [noted('a placeholder is not closed, or holds more than a path and words')] : [])),
  textCheck({ name: 'unfinished', refuses: 'TODO, FIXME or XXX in a text', why: 'somebody meant to write it and the reader gets it as it is' },
    ({ text }) => (/\b(?:TODO|FIXME|XXX)\b/.test(text) ? [noted('still to be written: {what}', { what: text.slice(0, 80).replace(/\s+/g, ' ') })] : []), false),
  { name: 'title-stop', refuses: 'a title with a full stop', why: 'titles stand in lists', stops: true, find: ({ rule }) => (rule.title.endsWith('.') ? [{ path: ['title'], message: noted('a title has no full stop') }] : nothing) },
  lengthCheck('title', noted('titles stand on one line of a terminal and in lists')),
  lengthCheck('finding', noted('one to three plain sentences are read, more are not')),
  lengthCheck('cause', noted('why it happens, in general; details belong into sources')),
  {
    name: 'whole-sentences', refuses: 'a finding or a cause that does not end like a sentence', why: 'texts are put behind one another', stops: false,
    find: ({ rule }) => (['finding', 'cause'] as const).filter(key => !sentence.test(rule[key].trim())).map(key => ({ path: [key], message: noted('it does not end like a sentence') })),
  },
  {
    name: 'finding-says-more', refuses: 'a finding that only repeats the title', why: 'the reader wants the values of this host', stops: false,
    find: ({ rule }) => (rule.finding.replace(/\.$/, '') === rule.title ? [{ path: ['finding'], message: noted('it says no more than the title') }] : nothing),
  },
  {
    name: 'needs-fix', refuses: 'an error or a warning without a fix', why: 'it helps nobody; what to try is something', stops: true,
    find: ({ rule }) => (rule.severity !== 'hint' && rule.fixes.length === 0 ? [{ path: ['fixes'], message: noted('an error or a warning without a fix helps nobody; say at least what to try') }] : nothing),
  },
  {
    name: 'never-advise', refuses: 'advice of the deny list (rules/_never.yaml): what a kernel ignores, what breaks or destroys', why: 'fixes are typed as they stand', stops: true,
    find: ({ rule, shared, advice }) => shared.never.filter(never => never.unless !== rule.id).flatMap(never => {
      const pattern = new Pattern(never.pattern)
      return advice.filter(({ text }) => pattern.match(text)).map(({ at }) => ({ path: at, message: noted('never advise this: {why}', { why: never.why }) }))
    }),
  },
  {
    name: 'known-recipe', refuses: 'a recipe that _recipes.yaml does not have', why: 'the steps would be left out', stops: true,
    find: ({ steps, shared }) => steps.flatMap(({ step, at }) => ('recipe' in step && !Object.hasOwn(shared.recipes, step.recipe) ? [{ path: [...at, 'recipe'], message: noted('there is no recipe {recipe} in _recipes.yaml', { recipe: step.recipe }) }] : [])),
  },
  {
    name: 'recipe-parameters', refuses: 'a recipe that is not given exactly what it takes', why: 'its steps would hold "(not known)"', stops: true,
    find: ({ steps, shared }) => steps.flatMap(({ step, at }) => {
      const recipe = 'recipe' in step && Object.hasOwn(shared.recipes, step.recipe) ? shared.recipes[step.recipe] : undefined
      if (!recipe || !('recipe' in step)) return []
      const given = Object.keys(step.with ?? {}).sort().join(', ')
      const wanted = [...recipe.with].sort().join(', ')
      return given === wanted ? [] : [{ path: [...at, 'with'], message: noted('the recipe {recipe} takes {wanted}, not {given}', { recipe: step.recipe, wanted: wanted || noted('nothing'), given: given || noted('nothing') }) }]
    }),
  },
  {
    name: 'each-list', refuses: 'each over something that is no list', why: 'the step would never be printed', stops: true,
    find: linted => linted.rule.fixes.flatMap((fix, index) => (['steps', 'verify', 'undo'] as const).flatMap(key => (fix[key] ?? []).flatMap(({ each }, number) => {
      if (each === undefined) return []
      const info = linted.path(each)
      const path = ['fixes', index, key, number, 'each']
      if (typeof info === 'string') return [{ path, message: info }]
      return ['texts', 'numbers', 'functions', 'vms'].includes(info.type) ? [] : [{ path, message: noted('{each} is no list', { each }) }]
    }))),
  },
  stepCheck({ name: 'tool-of-distribution', refuses: 'a command of some distributions without where', why: 'people of the others are told to run what they do not have' },
    ({ step }, { rule }) => {
      const tool = 'run' in step && !step.where && rule.platforms.includes('linux') ? distributionTool.exec(step.run)?.[1] : undefined
      return tool === undefined ? null : noted('{tool} is not on every distribution: say where, or use a recipe (rules/_recipes.yaml)', { tool })
    }),
  stepCheck({ name: 'where-of-platform', refuses: 'a step for systems the rule is not for', why: 'nobody would ever see it' },
    ({ step }, { rule }) => {
      const foreign = (step.where ?? []).filter(tag => (ofLinux.has(tag) && !rule.platforms.includes('linux')) || (ofFreebsd.has(tag) && !rule.platforms.some(platform => platform !== 'linux')))
      return foreign.length > 0 && foreign.length === step.where?.length ? noted('the rule is for {list}; no such host has {list2}', { list: rule.platforms.join(', '), list2: foreign.join(', ') }) : null
    }),
  stepCheck({ name: 'whole-path', refuses: 'a file to write that is not named from the root', why: 'where it lands would depend on where the reader stands' },
    seen => {
      const file = fileOf(seen)
      return file === null || /^(?:\/|\{\{|~\/)/.test(file) ? null : noted('{file} is no path from the root', { file })
    }),
  stepCheck({ name: 'file-ends', refuses: 'text for a file without a line end', why: 'the next thing appended would join its last line' },
    ({ step }) => (('write' in step || 'append' in step) && !step.text.endsWith('\n') ? noted('end the text with a line end (\\n, or a block with |)') : null)),
  commandCheck({ name: 'one-command', refuses: 'a command of several lines', why: 'each step is run and checked by itself' },
    command => (command.trim().includes('\n') ? noted('make a step of each line') : null)),
  commandCheck({ name: 'quotes-closed', refuses: 'a command whose quotes are not closed', why: 'the shell would wait for more, and what is put in would be quoted wrongly' },
    command => (openQuote(command) ? noted('a quote in it is not closed') : null)),
  commandCheck({ name: 'inner-shell', refuses: 'a value of the host inside sh -c, ssh, eval, backquotes or a here-document', why: 'values are quoted for the shell that runs the step; a second shell reads them again, and a VM may be named "x; reboot"' },
    command => (innerShell.test(command) && placeholdersIn(command).length > 0 ? noted('a second shell reads the value again, where its quotes no longer hold; give it to the command itself') : null)),
  commandCheck({ name: 'list-in-command', refuses: 'a whole list in one command', why: 'it becomes one word "a, b" that no program understands' },
    (command, { each }, linted) => {
      const list = placeholdersIn(command).find(placeholder => {
        const info = linted.path(wholePath(placeholder, each))
        return typeof info !== 'string' && ['texts', 'numbers', 'functions', 'vms'].includes(info.type) && placeholder.path !== 'each' && !placeholder.path.startsWith('each.')
      })
      return list === undefined ? null : noted('{placeholder} is a list; repeat the step with each: {path}', { placeholder: `{{${list.path}}}`, path: list.path })
    }),
  commandCheck({ name: 'no-editor', refuses: 'a command that opens an editor', why: 'edit: FILE, set: WHAT says what is to change and leaves the editor to the reader' },
    command => (editors.test(command) ? noted('write it as edit and set') : null)),
  commandCheck({ name: 'no-sudo', refuses: 'sudo in a command', why: 'the report says once that steps are run as root; not every host has sudo' },
    command => (/(?:^|[;&|]\s*)sudo\s/.test(command) ? noted('leave sudo out') : null)),
  commandCheck({ name: 'verify-looks', refuses: 'a check that changes something', why: 'a check is run again and again; it looks' },
    (command, { at }) => (at[2] === 'verify' && changes.test(command) ? noted('a check only looks; make it a step') : null)),
  {
    name: 'caution-of-risk', refuses: 'a fix with risk: data that does not say what could be lost', why: 'no fix takes a disk, the network or the only display without saying so', stops: false,
    find: ({ rule }) => rule.fixes.flatMap((fix, index) => (fix.risk === 'data' && !fix.caution ? [{ path: ['fixes', index, 'risk'], message: noted('say in caution what could be lost') }] : [])),
  },
  {
    name: 'risk-of-reboot', refuses: 'a fix of the host that reboots and says it risks nothing', why: 'every VM on the host goes down with it', stops: false,
    find: ({ rule }) => rule.fixes.flatMap((fix, index) => (fix.risk === 'none' && fix.side !== 'guest' && fix.steps.some(step => 'reboot' in step || 'powerOff' in step || ('recipe' in step && /^(?:cmdline-|bind-ids$)/.test(step.recipe)))
      ? [{ path: ['fixes', index, 'risk'], message: noted('it reboots: say risk: reboot') }] : [])),
  },
  { name: 'symptom-of-itself', refuses: 'a rule that is a symptom of itself', why: 'it would explain itself', stops: true, find: ({ rule }) => (rule.symptomOf.includes(rule.id) ? [{ path: ['symptom_of'], message: noted('it names itself') }] : nothing) },
  {
    name: 'special-case-of-itself', refuses: 'a rule that is a special case of itself, or of what explains it', why: 'a special case explains the general one', stops: true,
    find: ({ rule: { id, aliases, specialCaseOf, symptomOf } }) => specialCaseOf.flatMap((name, index) => ([id, ...aliases, ...symptomOf].includes(name)
      ? [{ path: ['special_case_of', index], message: noted('{name} is the rule itself, or explains it', { name }) }] : [])),
  },
  { name: 'confused-with-itself', refuses: 'a rule that is confused with itself', why: 'a slip of the pen', stops: false, find: ({ rule }) => (rule.confusedWith.some(other => other.rule === rule.id) ? [{ path: ['confused_with'], message: noted('it names itself') }] : nothing) },
  {
    name: 'alias-once', refuses: 'an alias that is the id, or stands twice', why: 'one name is one name', stops: false,
    find: ({ rule: { id, aliases } }) => (new Set([id, ...aliases]).size <= aliases.length ? [{ path: ['aliases'], message: noted('a name stands here that the rule has already') }] : nothing),
  },
  {
    name: 'reference-place', refuses: 'a source that is neither a path, a page nor a manual', why: 'the reader wants to look it up', stops: false,
    find: ({ rule }) => rule.references.flatMap(({ at }, index) => (at.trim().length < 4 || /^http:\/\//.test(at) ? [{ path: ['references', index, 'at'], message: noted('name a source file, a page (https) or a manual') }] : [])),
  },
]
