/** Which language a run speaks: what `--lang` says, else the locale. */
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command, type HelpConfiguration } from 'commander'
import { inLanguage, language, languageNamed, languageOf, mark, noted, retold, say, speak, type Language, type Texts } from '../language/say.ts'
import { columnsOf, wrapped } from '../reports/wrap.ts'
import { packageFile } from './package-files.ts'

/** Gives the option to a command and those below it. What it says has been heeded before, as help is printed in the language too. */
export function withLanguageOption(command: Command): void {
  command.addOption(languageOption())
  command.commands.forEach(withLanguageOption)
}

const languageOption = (): Option => new Option('--lang <language>', say('language of texts: en, zh-CN; from the locale otherwise')).argParser(known)

function known(name: string): Language {
  const named = languageNamed(name)
  if (named === null) throw new InvalidArgumentError(say('there are en and zh-CN.'))
  return named
}

/** Sets the language before anything is printed. English costs nothing: its texts stand in the program. */
export function chooseLanguage(words: readonly string[], environment: Readonly<Record<string, string | undefined>>): void {
  const chosen = languageNamed(askedFor(words) ?? '') ?? languageOf(environment)
  if (chosen === 'en') return
  speak(chosen, JSON.parse(readFileSync(packageFile('dist', `texts.${chosen}.json`), 'utf8')) as Texts)
}

/** The value of `--lang x` or `--lang=x`, the last one of several; what stands behind `--` is no option. */
function askedFor(words: readonly string[]): string | undefined {
  const end = words.indexOf('--')
  const options = end < 0 ? words : words.slice(0, end)
  const at = options.findLastIndex(word => word === '--lang' || word.startsWith('--lang='))
  return at < 0 ? undefined : options[at] === '--lang' ? options[at + 1] : options[at]?.slice('--lang='.length)
}

/** The words that commander puts around ours. */
export const helpWords = [mark('Usage:'), mark('Arguments:'), mark('Options:'), mark('Commands:'), mark('choices: '), mark('default: '), mark('preset: ')]

/** How commander lays out help where it is not English. */
export function helpInLanguage(): HelpConfiguration {
  if (language() === 'en') return {}
  return {
    styleTitle: inLanguage,
    styleOptionDescription: text => text.replace(/\((?:choices|default|preset): .*\)$/, extra => extra.replace(/(?<=\(|, )(?:choices|default|preset): /g, inLanguage)),
    displayWidth: columnsOf,
    boxWrap: (text, width) => wrapped(text, width).join('\n'),
  }
}

/** What commander says of a wrong call. */
export const complaints = [
  noted("error: unknown option '{option}'"), noted("error: unknown command '{command}'"), noted("error: missing required argument '{name}'"),
  noted("error: option '{option}' argument missing"), noted("error: option '{option}' argument '{value}' is invalid. {why}"),
  noted('error: too many arguments. Expected {expected} arguments but got {given}.'), noted("error: too many arguments for '{command}'. Expected {expected} arguments but got {given}."),
  noted('Allowed choices are {choices}.'), noted('(Did you mean {what}?)'), noted('(Did you mean one of {what}?)'),
]

/** A message of commander, line by line. */
export const complaintInLanguage = (text: string): string => (language() === 'en' ? text : text.split('\n').map(line => retold(line)).join('\n'))
