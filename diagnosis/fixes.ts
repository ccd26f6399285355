/** Fixes for the host at hand: recipes opened, steps for other systems left out, lists walked, values put in. */
import type { Walkable } from '../engine/subject.ts'
import { say } from '../language/say.ts'
import type { Recipes } from '../engine/shared.ts'
import type { Check, Fix, KernelParameters, Step } from '../model/finding.ts'
import type { CheckTemplate, FixTemplate, StepTemplate } from '../model/rule.ts'
import { fillCommand, fillFile, fillText, valueAt, type Roots } from './fill.ts'
import { isFor, type HostTags } from './host-tags.ts'

/** How deep a recipe may call another. */
const deepest = 5

export interface FixContext { readonly roots: Roots; readonly tags: HostTags; readonly recipes: Recipes; readonly functionAt: (bdf: string) => Walkable; readonly parameters?: KernelParameters | null; readonly byHand?: boolean }

export function fixOf(template: FixTemplate, context: FixContext): Fix {
  const undo = template.undo ? stepsOf(template.undo, context, 0) : []
  return {
    title: fillText(template.title, context.roots),
    risk: template.risk,
    side: template.side,
    ...(template.caution ? { caution: fillText(template.caution, context.roots) } : {}),
    steps: stepsOf(template.steps, context, 0),
    verify: template.verify.flatMap(check => checksOf(check, context)),
    ...(undo.length > 0 ? { undo } : {}),
  }
}

function stepsOf(templates: readonly StepTemplate[], context: FixContext, depth: number): Step[] {
  return templates.flatMap(template => scoped(template, context, (roots, when) => {
    if ('recipe' in template) return recipeSteps(template, { ...context, roots }, when, depth)
    return [{ ...stepOf(template, roots), ...givenTo(template, context), ...(when !== null ? { when } : {}) }]
  }))
}

/** What a step of a recipe is told of the values the recipe was given. */
function givenTo(template: StepTemplate, { parameters, byHand }: FixContext): Pick<Step, 'parameters' | 'byHand'> {
  const written = JSON.stringify(template)
  return { ...(parameters && written.includes('{{with.params}}') ? { parameters } : {}), ...(byHand && written.includes('{{with.') ? { byHand: true } : {}) }
}

function checksOf(template: CheckTemplate, context: FixContext): Check[] {
  return scoped(template, context, (roots, when) => [{ command: fillCommand(template.run, roots), shows: fillText(template.shows, roots), ...(when !== null ? { when } : {}) }])
}

/** Leaves out what is for other hosts and repeats what is for `each` of a list. */
function scoped<T>(template: Pick<StepTemplate, 'where' | 'each'>, context: FixContext, make: (roots: Roots, when: string | null) => T[]): T[] {
  const fits = isFor(template.where, context.tags)
  if (fits === false) return []
  const when = fits === true ? null : fits
  if (template.each === undefined) return make(context.roots, when)
  const list = valueAt(context.roots, template.each)
  return Array.isArray(list) ? list.flatMap(item => make({ ...context.roots, each: elementOf(String(item), context) }, when)) : []
}

/** `{{each}}` is the element of a list as it stands; where that names a function, `{{each.bdf}}` and so on are its facts. */
function elementOf(key: string, context: FixContext): Walkable {
  const facts = context.functionAt(key)
  return { walk: path => (path === '' ? { value: key, at: [] } : facts.walk(path)) }
}

function recipeSteps(template: Extract<StepTemplate, { recipe: string }>, context: FixContext, when: string | null, depth: number): Step[] {
  const recipe = Object.hasOwn(context.recipes, template.recipe) ? context.recipes[template.recipe] : undefined
  if (!recipe || depth >= deepest) return []
  const filled = Object.entries(template.with ?? {}).map(([name, text]) => [name, fillFile(text, context.roots)] as const)
  const given = new Map(filled.map(([name, { text }]) => [name, text]))
  const roots = { ...context.roots, with: { walk: (path: string) => ({ value: given.get(path), at: [] }) } }
  const parameters = parametersOf(template.recipe, given.get('params') ?? '')
  return stepsOf(recipe.steps, { ...context, roots, parameters, byHand: filled.some(([, { strange }]) => strange) }, depth + 1).map(step => (when === null ? step : { ...step, when: step.when ? `${when}${say(', ')}${step.when}` : when }))
}

/** The recipes that change the kernel command line, and which way. */
const kernelRecipes: Readonly<Record<string, (words: readonly string[]) => KernelParameters>> = {
  'cmdline-add': add => ({ add, remove: [] }),
  'cmdline-remove': remove => ({ add: [], remove }),
}

const parametersOf = (recipe: string, params: string): KernelParameters | null =>
  (Object.hasOwn(kernelRecipes, recipe) ? (kernelRecipes[recipe]?.(params.split(/\s+/).filter(Boolean)) ?? null) : null)

function stepOf(template: Exclude<StepTemplate, { recipe: string }>, roots: Roots): Step {
  if ('run' in template) return { kind: 'run', command: fillCommand(template.run, roots) }
  if ('edit' in template) return { kind: 'edit', target: fillText(template.edit, roots), change: fillText(template.set, roots) }
  if ('firmware' in template) return { kind: 'firmware', setting: fillText(template.firmware, roots) }
  if ('note' in template) return { kind: 'note', text: fillText(template.note, roots) }
  if ('reboot' in template) return { kind: 'reboot' }
  if ('powerOff' in template) return { kind: 'power-off' }
  let strange = false
  const text = (written: string): string => {
    const filled = fillFile(written, roots)
    strange ||= filled.strange
    return filled.text
  }
  const step = fileStep(template, text)
  return strange ? { ...step, byHand: true } : step
}

function fileStep(template: Extract<StepTemplate, { write: string } | { append: string } | { name: string }>, text: (written: string) => string): Step {
  if ('write' in template) return { kind: 'write', file: text(template.write), text: text(template.text) }
  if ('append' in template) return { kind: 'append', file: text(template.append), text: text(template.text) }
  return {
    kind: 'set', file: text(template.set), name: template.name,
    ...(template.value !== undefined ? { value: text(template.value) } : {}),
    ...(template.addWords !== undefined ? { addWords: text(template.addWords) } : {}),
    ...(template.removeWords !== undefined ? { removeWords: text(template.removeWords) } : {}),
  }
}
