/** Quotes and fixes as plain lines, for forms that carry text and no layout. */
import type { Fix, Quote } from '../model/finding.ts'
import { say } from '../language/say.ts'
import { capitalised, costOf, partsOf, sourceOf, withColon } from './words.ts'

/** Where it was read, then the cited line behind a mark among its neighbours. */
export const plainQuote = (quote: Quote): string =>
  [withColon(sourceOf(quote)), ...quote.before.map(line => `  ${line}`), `> ${quote.text}`, ...quote.after.map(line => `  ${line}`)].join('\n')

/** Title, cost, caution, numbered steps, checks. */
export function plainFix(fix: Fix): string {
  const steps = fix.steps.map((step, index) => `${index + 1}. ${partsOf(step).map(({ lead, code, prose }) => [code === undefined ? lead : withColon(lead), ...indentedLines(code), ...indentedLines(prose)].join('\n')).join('\n')}`)
  const checks = fix.verify.map(({ when, command, shows }) => `${withColon(when === undefined ? say('Then check') : say('Then check, {when}', { when }))}\n    ${command}\n    ${say('shows: {shows}', { shows })}`)
  return [say('Fix: {title} ({cost})', { title: fix.title, cost: costOf(fix) }), ...(fix.caution === undefined ? [] : [say('Caution: {caution}', { caution: capitalised(fix.caution) })]), ...steps, ...checks].join('\n')
}

const indentedLines = (text: string | undefined): readonly string[] => text?.trimEnd().split('\n').map(line => `    ${line}`) ?? []
