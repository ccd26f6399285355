/**
 * The texts of rules and of what they share: all that a report, `explain` or `rules show` prints in words. Commands, paths,
 * patterns, file contents and sources are none. Extraction collects them and the build puts translations in their place,
 * through the same functions, so that neither can miss what the other treats.
 */
import type { CheckTemplate, FixTemplate, Rule, StepTemplate } from '../model/rule.ts'
import type { Recipes, Row, Shared, Table, Tables } from './shared.ts'

/** What a text is, as translators see it. */
export type TextRole = 'title' | 'finding' | 'cause' | 'fix' | 'caution' | 'note' | 'firmware' | 'edit' | 'change' | 'shows' | 'tell' | 'reference' | 'table'
/** Gives the text that stands for this one. */
export type TextMap = (text: string, role: TextRole) => string

/** Columns of tables that are prose of ours; names and texts of the vendor stay as people search for them. */
const proseColumns: ReadonlySet<string> = new Set(['meaning', 'cause', 'action', 'effect', 'reason', 'class', 'on'])

const smallWords = /\b(?:the|an|a|of|to|in|into|with|without|for|from|and|or|not|is|are|as|on|at|by|where|which|that|it|its|one|each|first|add|remove|take|put|keep|no|than|then|all|another|both|nothing|never|stays|twice|numbers)\b/
const threeWords = /(?:^|\s)[a-z]{2,} [a-z]{2,} [a-z]{2,}\b/i

/** Whether somebody speaks in it: `modules_force_load: vfio_pci` and `virsh edit VM` are to be typed, not read. */
export function isProse(text: string): boolean {
  const bare = text.replace(/\{\{[^}]*\}\}/g, 'X').replace(/<[^>]*>|"[^"]*"|\[[^\]]*\]/g, ' X ')
  return smallWords.test(bare) || threeWords.test(bare)
}

/** What may be prose and may be something to type. */
const spoken = (text: string, role: TextRole, map: TextMap): string => (isProse(text) ? map(text, role) : text)

function stepTexts<Step extends StepTemplate>(step: Step, map: TextMap): Step {
  if ('note' in step) return { ...step, note: map(step.note, 'note') }
  if ('firmware' in step) return { ...step, firmware: spoken(step.firmware, 'firmware', map) }
  if ('edit' in step) return { ...step, edit: spoken(step.edit, 'edit', map), set: spoken(step.set, 'change', map) }
  return step
}

const checkTexts = (check: CheckTemplate, map: TextMap): CheckTemplate => ({ ...check, shows: spoken(check.shows, 'shows', map) })

const fixTexts = (fix: FixTemplate, map: TextMap): FixTemplate => ({
  ...fix,
  title: map(fix.title, 'fix'),
  ...(fix.caution === undefined ? {} : { caution: map(fix.caution, 'caution') }),
  steps: fix.steps.map(step => stepTexts(step, map)),
  verify: fix.verify.map(check => checkTexts(check, map)),
  ...(fix.undo ? { undo: fix.undo.map(step => stepTexts(step, map)) } : {}),
})

/** The rule with every text replaced by what `map` gives for it. */
export const mapRuleTexts = (rule: Rule, map: TextMap): Rule => ({
  ...rule,
  title: map(rule.title, 'title'),
  finding: map(rule.finding, 'finding'),
  cause: map(rule.cause, 'cause'),
  fixes: rule.fixes.map(fix => fixTexts(fix, map)),
  confusedWith: rule.confusedWith.map(other => ({ ...other, tell: map(other.tell, 'tell') })),
  references: rule.references.map(reference => ({ ...reference, for: map(reference.for, 'reference') })),
})

/** Recipes and tables likewise. `rules` tell which columns decide something, and so are no mere words. */
export const mapSharedTexts = (shared: Shared, rules: readonly Rule[], map: TextMap): Shared =>
  ({ ...shared, recipes: recipeTexts(shared.recipes, map), tables: tableTexts(shared.tables, rules, map) })

const recipeTexts = (recipes: Recipes, map: TextMap): Recipes =>
  Object.fromEntries(Object.entries(recipes).map(([name, recipe]) => [name, { ...recipe, steps: recipe.steps.map(step => stepTexts(step, map)) }]))

function tableTexts(tables: Tables, rules: readonly Rule[], map: TextMap): Tables {
  const lookups = rules.flatMap(rule => Object.values(rule.log).flatMap(signature => signature.table ?? []))
  const decides = (table: string, column: string) => lookups.some(({ name, rows }) => name === table && typeof rows === 'object' && Object.hasOwn(rows, column))
  return Object.fromEntries(Object.entries(tables).map(([name, table]): [string, Table] => {
    const prose = table.columns.filter(column => proseColumns.has(column) && !decides(name, column))
    const rows = Object.entries(table.rows).map(([key, row]): [string, Row] => [key, { ...row, ...Object.fromEntries(prose.map(column => [column, map(row[column] ?? '', 'table')])) }])
    return [name, { ...table, rows: Object.fromEntries(rows) }]
  }))
}
