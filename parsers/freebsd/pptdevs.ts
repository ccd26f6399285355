import type { Evidence } from '../../model/evidence.ts'
import type { Bdf } from '../../model/bdf.ts'
import type { Fact } from '../../model/fact.ts'
import type { HostFacts } from '../../model/snapshot.ts'
import { functionAt } from './address.ts'

/** A value of a NAME=value file and the line it stands on. */
export interface Setting { readonly value: string; readonly line: number }
export type Settings = ReadonlyMap<string, Setting>

/** The only names the kernel reads (vmm_is_pptdev, sys/amd64/vmm/vmm.c). */
export const pptdevsNames = ['pptdevs', 'pptdevs2', 'pptdevs3'] as const

/** A name that somebody took for one of those: a number too high, a letter too few, an underscore. */
export const isLikePptdevs = (name: string): boolean => /^(?:hw\.vmm\.)?p{1,3}t{1,2}[-_.]?dev(?:ice)?s?[-_]?\d*$/i.test(name) && !(pptdevsNames as readonly string[]).includes(name)

/** What the kernel's `sscanf(word, "%d/%d/%d")` accepts: blanks and signs before each number, anything behind the last. */
const scanned = /^\s*([+-]?\d{1,9})\/\s*([+-]?\d{1,9})\/\s*([+-]?\d{1,9})/
const clean = /^\d{1,3}\/\d{1,2}\/\d{1,3}$/
const wrongSeparators = [[',', ','], [';', ';'], [':', ':'], ['|', '|'], ['\t', 'tab']] as const

const wordsOf = (value: string): string[] => value.split(' ').filter(word => word !== '')

/** The function that one word of pptdevs reserves; null where the kernel passes over it without a message. */
export function functionOfWord(word: string): Bdf | null {
  const parts = scanned.exec(word)
  return parts ? functionAt(0, Number(parts[1]), Number(parts[2]), Number(parts[3])) : null
}

/** What the pptdevs settings say, read with the kernel's own rule; each list cites the lines it was made of. */
export function readPptdevs(settings: Settings, evidence: Evidence): Pick<HostFacts, 'pptdevs' | 'pptdevsBad' | 'pptdevsSeparators'> & { lengths: Fact<number[]> } {
  const found = pptdevsNames.flatMap(name => settings.get(name) ?? [])
  const at = found.map(setting => ({ evidence: evidence.id, where: setting.line }))
  const words = found.flatMap(setting => wordsOf(setting.value))
  const unique = (list: readonly string[]) => [...new Set(list)]
  return {
    pptdevs: { value: unique(words.flatMap(word => functionOfWord(word) ?? [])), at },
    pptdevsBad: { value: unique(words.filter(word => !clean.test(word) || functionOfWord(word) === null)), at },
    pptdevsSeparators: { value: wrongSeparators.filter(([mark]) => found.some(setting => setting.value.includes(mark))).map(([, name]) => name), at },
    lengths: { value: found.map(setting => setting.value.length), at },
  }
}
