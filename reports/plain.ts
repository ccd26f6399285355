/** Quotes and fixes as plain lines, for forms that carry text and no layout. */
import type { Fix, Quote } from '../model/finding.ts'
import { capitalised, costOf, partsOf, sourceOf } from './words.ts'

/** Where it was read, then the cited line behind a mark among its neighbours. */
export const plainQuote = (quote: Quote): string =>
  [`${sourceOf(quote)}:`, ...quote.before.map(line => `  ${line}`), `> ${quote.text}`, ...quote.after.map(line => `  ${line}`)].join('\n')

/** Title, cost, caution, numbered steps, checks. */
export function plainFix(fix: Fix): string {
  const steps = fix.steps.map((step, index) => `${index + 1}. ${partsOf(step).map(({ lead, code, prose }) => [code === undefined ? lead : `${lead}:`, ...indentedLines(code), ...indentedLines(prose)].join('\n')).join('\n')}`)
  const checks = fix.verify.map(({ when, command, shows }) => `${when === undefined ? 'Then check' : `Then check, ${when}`}:\n    ${command}\n    shows: ${shows}`)
  return [`Fix: ${fix.title} (${costOf(fix)})`, ...(fix.caution === undefined ? [] : [`Caution: ${capitalised(fix.caution)}`]), ...steps, ...checks].join('\n')
}

const indentedLines = (text: string | undefined): readonly string[] => text?.trimEnd().split('\n').map(line => `    ${line}`) ?? []
