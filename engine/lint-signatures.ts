/** Checks of log signatures: found fast, matched in linear time, true to their real lines, and about somebody. */
import { isUsual, shortestLiteral } from '../matching/literals.ts'
import { prefixOf } from '../matching/log-prefix.ts'
import { longestLine } from '../matching/pattern.ts'
import { bdfFromDecimal, bdfFromText } from '../model/bdf.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { EvidenceKindSpec } from '../model/evidence.ts'
import { addressIn } from '../parsers/log-line.ts'
import type { Check, Linted, RuleCheck, SeenSignature } from './lint-check.ts'
import { noted } from '../language/say.ts'

type Said = readonly (readonly [key: string, message: string])[]

const signatureCheck = (check: Check, tell: (seen: SeenSignature & { readonly pattern: NonNullable<SeenSignature['pattern']> }, linted: Linted) => Said, stops = true): RuleCheck => ({
  ...check, stops,
  find: linted => linted.signatures.flatMap(seen => {
    const { pattern } = seen
    return pattern === null ? [] : tell({ ...seen, pattern }, linted).map(([key, message]) => ({ path: ['log', seen.name, key], message }))
  }),
})

/** What log.<signature> has of its own. */
const taken: readonly string[] = ['count', 'line', 'row', 'last', 'all']
/** Groups that say which subject a line is about. */
const binding: readonly string[] = ['bdf', 'group', 'vm']
/** Kinds that a collector names after a VM, so that every line in them is about it. */
const perVm: readonly string[] = ['qemu-log', 'bhyve-log']

const isAddress = (text: string): boolean => (bdfFromText(text) ?? bdfFromText(`${text}.0`) ?? bdfFromDecimal(text)) !== null
/** Not that of an Intel GPU in the processor, which is the same everywhere. */
const fixedAddress = /(?!0000:00:02\\?\.0)[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\?\.[0-7]/i
const withoutCase = (text: string): string => text.toLowerCase()

export const signatureChecks: readonly RuleCheck[] = [
  {
    name: 'pattern-re2', refuses: 'a pattern that RE2 does not take', why: 'patterns meet text of strangers and must be linear in time; RE2 has no look-around and no back-references', stops: true,
    find: ({ signatures }) => signatures.flatMap(({ name, error }) => (error === null ? [] : [{ path: ['log', name, 'match'], message: noted('RE2 does not take the pattern: {error}', { error }) }])),
  },
  signatureCheck({ name: 'searched-kind', refuses: 'a kind of evidence that is not searched line by line', why: 'the message would never be found there' },
    ({ signature }) => signature.in.filter(kind => !(evidenceKinds[kind] as EvidenceKindSpec).log).map(kind => ['in', noted('{kind} is not searched line by line', { kind })])),
  signatureCheck({ name: 'literal-length', refuses: `a literal behind contains that is shorter than ${shortestLiteral} characters`, why: 'all literals are searched for at once, in strides as long as the shortest' },
    ({ signature }) => signature.contains.filter(literal => literal.length < shortestLiteral).map(literal => ['contains', noted('"{literal}" is shorter than {shortestLiteral} characters; name a longer part of the message', { literal, shortestLiteral })])),
  signatureCheck({ name: 'literal-rare', refuses: 'a literal that every log is full of', why: 'each of those lines would be cut out and matched' },
    ({ signature }) => signature.contains.filter(isUsual).map(literal => ['contains', noted('"{literal}" stands in lines that every log is full of; name a rarer part of the message', { literal })])),
  signatureCheck({ name: 'literal-one-line', refuses: 'a literal with a line end in it', why: 'lines are matched one by one' },
    ({ signature }) => signature.contains.filter(literal => /[\r\n]/.test(literal)).map(() => ['contains', noted('a literal is part of one line')])),
  signatureCheck({ name: 'sample-matches', refuses: 'a real line that the pattern does not match', why: 'the pattern or the line is wrong' },
    ({ signature, pattern }) => signature.samples.filter(sample => !pattern.match(sample)).map(sample => ['samples', noted('the pattern does not match: {sample}', { sample })])),
  signatureCheck({ name: 'literal-in-sample', refuses: 'a real line without any of the literals', why: 'it would not be found, whatever the pattern says' },
    ({ signature }) => signature.samples.filter(sample => !signature.contains.some(literal => withoutCase(sample).includes(withoutCase(literal)))).map(sample => ['contains', noted('no literal stands in: {sample}', { sample })])),
  signatureCheck({ name: 'look-alike', refuses: 'a line under not that the pattern matches', why: 'the rule would fire on what is harmless' },
    ({ signature, pattern }) => (signature.not ?? []).filter(line => pattern.match(line)).map(line => ['not', noted('the pattern matches: {line}', { line })])),
  signatureCheck({ name: 'matches-nothing', refuses: 'a pattern that the empty line matches', why: 'it would match every line that holds the literal' },
    ({ pattern }) => (pattern.match('') ? [['match', noted('the pattern matches the empty line, and so every line')]] : [])),
  signatureCheck({ name: 'sample-once', refuses: 'the same real line twice', why: 'it proves nothing more, and one of them was meant to be another' },
    ({ signature: { samples } }) => (new Set(samples).size < samples.length ? [['samples', noted('a sample stands here twice')]] : []), false),
  signatureCheck({ name: 'sample-length', refuses: `a sample longer than ${longestLine} characters, or of several lines`, why: 'a line is matched by itself and up to that length' },
    ({ signature }) => signature.samples.filter(sample => sample.length > longestLine || /[\r\n]/.test(sample.trimEnd())).map(sample => ['samples', noted('a sample is one line: {what}…', { what: sample.slice(0, 60) })])),
  signatureCheck({ name: 'no-time-stamp', refuses: 'a pattern that only matches with the time stamp or the syslog prefix of its sample', why: 'lines come with every kind of prefix, and from tools without any' },
    ({ signature, pattern }) => signature.samples.flatMap(sample => {
      const { length } = prefixOf(sample)
      return length > 0 && pattern.match(sample) && !pattern.match(sample.slice(length)) ? [['match', noted('it wants what stands before the message in: {sample}', { sample })] as const] : []
    })),
  signatureCheck({ name: 'pattern-for-every-host', refuses: 'an address of one host in a pattern', why: 'the next host has its card elsewhere; a group named bdf takes any' },
    ({ signature }) => (fixedAddress.test(signature.match) ? [['match', noted('it names an address of one host; write (?P<bdf>[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])')]] : [])),
  signatureCheck({ name: 'address-group', refuses: 'a group named bdf that takes something else than an address', why: 'it says which function the line is about; what is no address binds it to none' },
    ({ signature, pattern }) => signature.samples.flatMap(sample => {
      const bdf = pattern.match(sample)?.get('bdf')
      return bdf === undefined || isAddress(bdf) ? [] : [['match', noted('the group bdf takes "{bdf}", which is no address', { bdf })] as const]
    })),
  signatureCheck({ name: 'about-somebody', refuses: 'a line that names no subject, in a rule that is not for the host', why: 'it would be counted for none; about: host counts it for every one' },
    ({ signature, pattern }, { rule }) => {
      if (rule.for === 'host' || signature.about === 'host' || pattern.groups().some(group => binding.includes(group)) || signature.samples.some(sample => addressIn(sample) !== null)) return []
      if ((rule.for === 'vm' || rule.for === 'assignment') && signature.in.some(kind => perVm.includes(kind))) return []
      return rule.for === 'vm' ? [] : [['match', noted('no address and no group named bdf, group or vm says which {for} it is about; make the rule for: host, or say about: host', { for: rule.for })]]
    }, false),
  signatureCheck({ name: 'known-table', refuses: 'a table, a key or a column that does not exist', why: 'no line would ever find its row' },
    ({ signature: { table }, pattern }, { shared }) => {
      if (!table) return []
      if (!Object.hasOwn(shared.tables, table.name)) return [['table', noted('there is no table {name} in _tables', { name: table.name })]]
      const columns = table.rows === undefined || table.rows === 'none' ? [] : Object.keys(table.rows)
      return [
        ...table.key.filter(group => !pattern.groups().includes(group)).map(group => ['table', noted('the key {group} is no group of the pattern', { group })] as const),
        ...columns.filter(column => !table.columns.includes(column)).map(column => ['table', noted('{name} has no column {column}', { name: table.name, column })] as const),
      ]
    }),
  signatureCheck({ name: 'group-name', refuses: `a group named ${taken.join(', ')}`, why: 'every signature has facts of these names' },
    ({ name, pattern }) => pattern.groups().filter(group => taken.includes(group)).map(group => ['match', noted('a group named {group} would hide log.{name}.{group}', { group, name })])),
  signatureCheck({ name: 'number-group', refuses: 'a number that is no group of the pattern', why: 'it is a slip of the pen' },
    ({ signature, pattern }) => (signature.numbers ?? []).filter(group => !pattern.groups().includes(group)).map(group => ['numbers', noted('there is no group {group}', { group })])),
  signatureCheck({ name: 'number-value', refuses: 'a group under numbers that takes no number from a real line', why: 'every comparison with it would fail' },
    ({ signature, pattern }) => (signature.numbers ?? []).flatMap(group => signature.samples.flatMap(sample => {
      const value = pattern.match(sample)?.get(group)
      return value === undefined || (value.trim() !== '' && Number.isFinite(Number(value))) ? [] : [['numbers', noted('{group} takes "{value}", which is no number (decimal or 0x)', { group, value })] as const]
    }))),
]
