/** QEMU's option syntax: `-name value` pairs, property lists `driver,key=value,…` with `,,` for a comma, and JSON. */
import type { QemuCommand, Word } from './words.ts'

export interface Option { readonly name: string, readonly value: string, readonly line: number }
export type Properties = ReadonlyMap<string, string>

const mostProperties = 500
const isOption = (word: string): boolean => /^--?[A-Za-z]/.test(word)

/** The options of a command; a word between them that belongs to none is a disk image and gets the name `image`. */
export function optionsOf(command: Pick<QemuCommand, 'words' | 'unquoted'>): Option[] {
  const options: Option[] = []
  const words: readonly Word[] = command.words
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word
    if (!isOption(word.text)) {
      options.push({ name: 'image', value: word.text, line: word.line })
      continue
    }
    const values: string[] = []
    while (i + 1 < words.length && !isOption((words[i + 1] as Word).text) && (values.length === 0 || command.unquoted)) values.push((words[++i] as Word).text)
    options.push({ name: word.text.replace(/^--?/, ''), value: values.join(' '), line: word.line })
  }
  return options
}

function flatten(value: unknown, prefix: string, into: Map<string, string>, depth: number): void {
  if (depth > 4 || into.size >= mostProperties || typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (typeof inner === 'string') into.set(name, inner)
    else if (typeof inner === 'number') into.set(name, String(inner))
    else if (typeof inner === 'boolean') into.set(name, inner ? 'on' : 'off')
    else flatten(inner, name, into, depth + 1)
  }
}

/** `vfio-pci,host=01:00.0,multifunction=on` with the implied key `driver`, or the same as a JSON object. */
export function properties(value: string, implied: string): Properties {
  const found = new Map<string, string>()
  if (value.startsWith('{')) {
    try {
      flatten(JSON.parse(value), '', found, 0)
    } catch {
      // Cut or edited JSON: nothing can be had from it.
    }
    return found
  }
  for (const [n, part] of value.replaceAll(',,', '\0').split(',', mostProperties).entries()) {
    const text = part.replaceAll('\0', ',')
    const equals = text.indexOf('=')
    if (equals > 0) found.set(text.slice(0, equals).trim(), text.slice(equals + 1))
    else if (n === 0) found.set(implied, text)
    else if (text !== '') found.set(text, 'on')
  }
  return found
}

/** on, yes, true, 1 as QEMU and libvirt write it; undefined for what is neither on nor off. */
export const isOn = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : /^(on|yes|true|1)$/i.test(text) ? true : /^(off|no|false|0)$/i.test(text) ? false : undefined

const unitMiB: Record<string, number> = { b: 2 ** -20, k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20 }

/** MiB of `8G`, `8388608k`, `8192`; a bare number is in `bare` units. */
export function sizeMiB(text: string | undefined, bare: 'b' | 'k' | 'm' | 'g' = 'm'): number | undefined {
  const parts = /^(\d{1,15}(?:\.\d{1,6})?)\s?([bkmgt])?(?:i?b)?$/i.exec((text ?? '').trim())
  if (!parts) return undefined
  const size = Number(parts[1]) * (unitMiB[(parts[2] ?? bare).toLowerCase()] ?? 1)
  return size < 2 ** 40 ? Math.round(size * 1000) / 1000 : undefined
}

export const numberIn = (text: string | undefined, limit: number): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text.trim()) && Number(text) <= limit ? Number(text) : undefined

/** Names whose values nobody but the owner may read: Ceph's key, passwords, the data of secret objects. */
const secretName = /(?:^|[,:;?&\s"{.])(key|password|passwd|pass|data|token|secret-key)"?[=:]\s?"?(?!$)/gi
const secretValue = /((?:^|[,:;?&\s"{.])(?:key|password|passwd|pass|token|secret-key)"?[=:]\s?"?)[^,:;&\s"]+/gi
const secretData = /(["\s,](?:data)"?[=:]\s?"?)[^,\s"]+/gi

/** Which settings of an option are secrets: `drive key`, `object data`. Values never leave this function. */
export function secretsIn(option: Option): string[] {
  const value = option.value.slice(0, 16_384)
  const names = new Set<string>()
  for (const [, name] of value.matchAll(secretName)) {
    if (!name) continue
    // `data=` is a secret in secret objects alone; `password=on` only says that one will be set.
    if (name.toLowerCase() === 'data' && !(option.name === 'object' && /secret/.test(value))) continue
    if (/^pass(word|wd)?$/i.test(name) && /(?:^|,)password(?:=on|=off)?(?:,|$)/.test(value)) continue
    names.add(`${option.name} ${name.toLowerCase()}`)
  }
  return [...names]
}

export const withoutSecrets = (text: string): string => {
  const short = text.slice(0, 4096)
  const clean = short.replace(secretValue, '$1…')
  return /(?:^|[\s"{,=])secret\b/.test(clean) ? clean.replace(secretData, '$1…') : clean
}
