/** Carries out the steps of a printed fix in the box, as a person would: to the letter where they are commands. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Step } from '../../model/finding.ts'
import type { Box } from './box.ts'
import type { Machine } from './machine.ts'
import type { Finding } from './report.ts'
import type { Hand } from './scenario.ts'

export type Fix = Finding['fixes'][number]

/** What the steps ask for and a box cannot do to itself. */
export interface Demand { restart: boolean; machine: Machine | null }

/** Carries the steps out; one that fails, or is words and has no hand for it, throws. Gives what is to happen to the box. */
export async function applyFix(steps: readonly Step[], hands: readonly Hand[], box: Box, log: (line: string) => void): Promise<Demand> {
  const demand: Demand = { restart: false, machine: null }
  for (const step of steps) {
    const words = wordsOf(step)
    const hand = hands.find(each => words.includes(each.step))
    log(`  ${step.kind}: ${words.split('\n').join(' ⏎ ').slice(0, 140)}`)
    if (hand) {
      if (hand.run) await box.run(`set -e\n${hand.run}`, stepSeconds)
      if (hand.machine) Object.assign(demand, { machine: hand.machine, restart: true })
    } else if (step.when !== undefined) log(`    left out: for a host ${step.when}`)
    else await applyStep(step, box, demand)
  }
  return demand
}

const stepSeconds = 300

/** Commands that show something to a person; that there is nothing to show is no failure. */
const looksOnly = /^(?:ls|lspci|lsmod|ps|fuser|free|cat|find|dmesg|journalctl|for d in|virsh (?:list|dumpxml|nodedev-list))\b/

const wordsOf = (step: Step): string => Object.entries(step).filter(([key]) => key !== 'kind' && key !== 'when').map(([, value]) => value).join(' ')

async function applyStep(step: Step, box: Box, demand: Demand): Promise<void> {
  switch (step.kind) {
    case 'run':
      if (/^(?:shutdown -r|reboot\b|systemctl reboot)/.test(step.command)) demand.restart = true
      else if (looksOnly.test(step.command)) await box.attempt(step.command, stepSeconds)
      else await box.run(step.command, stepSeconds)
      return
    case 'write': return writeIn(box, step.file, step.text)
    case 'append': return writeIn(box, step.file, `${await readIn(box, step.file)}${step.text}`)
    case 'set': return writeIn(box, step.file, setWords(await readIn(box, step.file), step))
    case 'reboot':
    case 'power-off':
      demand.restart = true
      return
    case 'note': return
    case 'edit': throw new Error(`no hand for the step: edit ${step.target}: ${step.change}`)
    case 'firmware': throw new Error(`no hand for the step: in firmware, ${step.setting}`)
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const readIn = (box: Box, file: string): Promise<string> => box.run(`if [ -e ${quoted(file)} ]; then cat ${quoted(file)}; fi`, 30)

async function writeIn(box: Box, file: string, text: string): Promise<void> {
  writeFileSync(join(box.share, 'text'), text)
  await box.run(`mkdir -p "$(dirname ${quoted(file)})" && cat /run/lab/text > ${quoted(file)}`, 30)
}

/** Changes `NAME="words"` of a shell-like configuration file; an assignment that is not there yet is added at the end. */
export function setWords(text: string, step: Pick<Extract<Step, { kind: 'set' }>, 'name' | 'value' | 'addWords' | 'removeWords'>): string {
  const lines = text.split('\n')
  const at = lines.findLastIndex(line => line.startsWith(`${step.name}=`))
  const old = at < 0 ? '' : lines[at]!.slice(step.name.length + 1).trim().replace(/^(["'])(.*)\1$/, '$2')
  const split = (words = ''): string[] => words.split(/\s+/).filter(Boolean)
  const gone = new Set([...split(step.removeWords), ...split(step.addWords)])
  const made = `${step.name}="${step.value ?? [...split(old).filter(word => !gone.has(word)), ...split(step.addWords)].join(' ')}"`
  if (at >= 0) return lines.with(at, made).join('\n')
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${made}\n`
}
