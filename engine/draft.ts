/**
 * A rule drafted from one line of a log: what differs from host to host becomes named groups, the longest part that stays the
 * same becomes the literal. What it means is left to be written.
 *
 *     [  812.3] vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]
 *     (?P<bdf>[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): BAR (?P<bar>\d+): can't reserve \[mem (?P<hex>0x[0-9a-fA-F]+)-(?P<hex2>0x[0-9a-fA-F]+) 64bit pref\]
 */
import { isUsual, shortestLiteral } from '../matching/literals.ts'
import { Pattern, longestLine } from '../matching/pattern.ts'
import { bdfFromText } from '../model/bdf.ts'
import type { EvidenceKind } from '../model/evidence.ts'
import type { Layer, SubjectKind } from '../model/rule.ts'
import { readLogLine } from '../parsers/log-line.ts'

export interface Draft {
  readonly kind: EvidenceKind
  readonly for: SubjectKind
  readonly layer: Layer
  readonly platform: 'linux' | 'freebsd'
  /** The line without its time stamp. */
  readonly message: string
  readonly pattern: string
  readonly literal: string
  /** Named groups with what they took from the line. */
  readonly captures: ReadonlyMap<string, string>
}

interface Variable { readonly name: string; readonly at: RegExp; readonly pattern: string }

const hex = '[0-9a-fA-F]'
/** What differs between hosts, the most particular first; every regex is sticky and bounded. UUIDs and MAC addresses may have been redacted to a word. */
const variables: readonly Variable[] = [
  { name: 'bdf', at: /(?<![\w.-])[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7](?![\w.])/y, pattern: '[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]' },
  { name: 'uuid', at: /(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])/y, pattern: '(?:uuid-)?[0-9a-fA-F-]{4,36}' },
  { name: 'mac', at: /(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])/y, pattern: '(?:mac-)?[0-9a-fA-F:]{4,17}' },
  { name: 'bdf', at: /(?<![\w:.-])[0-9a-f]{2}:[01][0-9a-f]\.[0-7](?![\w:.])/y, pattern: '(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]' },
  { name: 'id', at: /(?<![\w:])[0-9a-f]{4}:[0-9a-f]{4}(?![\w:])/y, pattern: '[0-9a-f]{4}:[0-9a-f]{4}' },
  { name: 'hex', at: /(?<!\w)0x[0-9a-fA-F]{1,32}(?!\w)/y, pattern: `0x${hex}+` },
  { name: 'path', at: /(?<![\w/.])\/(?:[\w.+@:-]{1,100}\/){0,20}[\w.+@-]{1,100}(?=[\s'",;:)\]]|$)/y, pattern: '/[^\\s\'",;:)\\]]+' },
  { name: 'version', at: /(?<![\w.])\d{1,5}(?:\.\d{1,5}){1,4}(?![\w.]*\w)/y, pattern: '\\d+(?:\\.\\d+)+' },
  { name: 'number', at: /(?<![\w.])-\d{1,20}(?![\w]|\.\d)/y, pattern: '-?\\d+' },
  { name: 'number', at: /(?<![\w.])\d{1,20}(?![\w]|\.\d)/y, pattern: '\\d+' },
  { name: 'unit', at: /(?<=\b(?:hostdev|ppt|dmar|ivhd|card|renderD|tap|vnet|vgpu|GPU))\d{1,4}(?!\w)/y, pattern: '\\d+' },
  { name: 'address', at: /(?<![\w])(?=[0-9a-f]*\d)[0-9a-f]{6,16}(?!\w)/y, pattern: '[0-9a-f]+' },
]

/** Names that every signature has facts of. */
const taken: ReadonlySet<string> = new Set(['count', 'line', 'row', 'last', 'all', 'vm'])
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Which program a line is of, by its own words. */
const programs: readonly { readonly of: RegExp; readonly kind: EvidenceKind; readonly layer: Layer; readonly platform?: 'freebsd' }[] = [
  { of: /^(?:bhyve|bhyveload|vm exit|grub-bhyve)\b/, kind: 'bhyve-log', layer: 'hypervisor', platform: 'freebsd' },
  { of: /^(?:qemu-system-\w+|kvm): |^-device |\bvfio_(?:realize|listener|container)/, kind: 'qemu-log', layer: 'hypervisor' },
  { of: /^(?:libvirtd|virtqemud|virtnodedevd|virsh)\b|^error: |^(?:error|warning|info|debug) : /, kind: 'libvirt-log', layer: 'hypervisor' },
  { of: /\b(?:ppt\d|vmm|pci\d+:\d+:\d+:\d+)\b.*/, kind: 'kernel-log', layer: 'driver', platform: 'freebsd' },
]

/** Throws an Error with plain words where the line gives nothing to hold on to. */
export function draftOf(line: string, wanted: { readonly kind?: EvidenceKind; readonly layer?: Layer } = {}): Draft {
  const written = line.split(/\r?\n/).find(text => text.trim() !== '') ?? ''
  const message = messageOf(written)
  if (message === '') throw new Error('there is no line to make a rule from')
  if (message.includes('{{')) throw new Error(`{{ means a placeholder in rules; leave that part of the line out: ${message}`)
  const program = programs.find(({ of }) => of.test(message))
  const kind = wanted.kind ?? program?.kind ?? 'kernel-log'
  const { pattern, literals } = patternOf(message)
  const literal = literals.filter(text => text.length >= shortestLiteral && !isUsual(text)).sort((a, b) => b.length - a.length)[0]
  if (literal === undefined) throw new Error(`no part of ${shortestLiteral} characters stays the same from host to host in: ${message}`)
  const captures = new Pattern(pattern).match(message)
  if (!captures) throw new Error(`the pattern made of it does not match the line: ${message}`)
  const bdf = captures.get('bdf')
  const subject: SubjectKind = bdf !== undefined && bdfFromText(bdf) !== null ? 'function' : /^\d+$/.test(captures.get('group') ?? '') ? 'group' : kind === 'qemu-log' || kind === 'bhyve-log' ? 'vm' : 'host'
  return { kind, for: subject, layer: wanted.layer ?? program?.layer ?? 'driver', platform: program?.platform ?? 'linux', message, pattern, literal, captures }
}

/** What was said, without stamps (a line may have been logged twice over) and without characters that no log prints. */
function messageOf(line: string): string {
  // eslint-disable-next-line no-control-regex
  let message = line.slice(0, longestLine).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, ' ').trim()
  for (let stamps = 0; stamps < 8; stamps++) {
    const { text } = readLogLine('text', 1, message)
    if (text === message) break
    message = text
  }
  return message
}

/** The pattern, and the parts of the line that stay. A driver's name before an address goes: another driver may print the same. */
function patternOf(message: string): { pattern: string; literals: string[] } {
  const text = message.replace(/^[\w-]{1,32} (?=[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]: )/, '')
  const used = new Map<string, number>()
  const named = (name: string): string => {
    const times = (used.get(name) ?? 0) + 1
    used.set(name, times)
    return times === 1 ? name : `${name}${times}`
  }
  const literals: string[] = []
  let pattern = ''
  let fixed = ''
  const close = (): void => {
    pattern += escaped(fixed)
    literals.push(fixed.replace(/^[\s:;,.)\]-]+|[\s:;,([-]+$/g, ''))
    fixed = ''
  }
  for (let at = 0; at < text.length;) {
    const found = variableAt(text, at)
    if (!found) {
      fixed += text[at++]
      continue
    }
    const name = found.variable.name === 'number' ? nameBefore(fixed) : found.variable.name
    close()
    pattern += `(?P<${named(name)}>${found.variable.pattern})`
    at += found.length
  }
  close()
  return { pattern, literals }
}

function variableAt(text: string, at: number): { variable: Variable; length: number } | null {
  for (const variable of variables) {
    variable.at.lastIndex = at
    const found = variable.at.exec(text)
    if (found) return { variable, length: found[0].length }
  }
  return null
}

/** `BAR 1` gives bar, `group 7` group, `error=-22` error. */
function nameBefore(text: string): string {
  const word = /(?<![A-Za-z])([A-Za-z]{2,16})(?: |=|: ?|#| #)$/.exec(text)?.[1]?.toLowerCase()
  return word === undefined || taken.has(word) || word === 'bdf' ? 'number' : word
}

/** A text as a YAML scalar in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const evidenceOf: Readonly<Partial<Record<SubjectKind, (draft: Draft) => string>>> = {
  function: ({ captures }) => `fn: { bdf: ${quoted(bdfFromText(captures.get('bdf') ?? '') ?? '')} }, `,
  group: ({ captures }) => `group: { id: ${quoted(captures.get('group') ?? '')} }, `,
  vm: () => 'vm: { name: win11 }, ',
}

const subjectWords: Readonly<Partial<Record<SubjectKind, string>>> = { function: '{{fn.bdf}}: ', group: 'IOMMU group {{group.id}}: ', vm: '{{vm.name}}: ' }

/** The two files, with TODO where somebody who knows has to write. `schema`: what an editor is told the rule is held to. */
export function draftFiles(id: string, draft: Draft, schema: string, testSchema: string): { readonly rule: string; readonly test: string } {
  const about = subjectWords[draft.for] ?? ''
  const rule = `# yaml-language-server: $schema=${schema}
id: ${id}
title: ${quoted(`${about}TODO what is wrong, on one line`)}
severity: warning                       # error: fails or will · warning: may fail · hint: worth knowing or asking
confidence: likely                      # confirmed · likely · possible
layer: ${draft.layer}
platforms: [${draft.platform}]
for: ${draft.for}                       # asked about each host, function, group, vm or assignment
log:
  said:                                 # gives log.said.count, .line and a fact for each named group
    in: [${draft.kind}]                 # the first kind is where the message would stand: only its absence there proves anything
    contains: ${quoted(draft.literal)}
    match: ${quoted(draft.pattern)}
    samples:
      - ${quoted(draft.message)}
    not: []                             # lines that look alike and mean something else
conditions:
  all:
    - { fact: log, path: said.count, operator: greaterThan, value: 0 }
cause: TODO why it happens, in general.
finding: ${quoted(`${about}"{{log.said.line|the message}}". TODO what that means on this host.`)}
fixes:
  - title: TODO what to do
    risk: none                          # none · restart-vm · reboot · data
    side: host                          # firmware · host · hypervisor · guest
    steps:
      - { note: 'TODO the steps: run, write, append, set, edit, firmware, reboot, recipe or note' }
    verify:
      - { run: dmesg, shows: 'TODO what tells that it worked' }
references:
  - { for: the message, at: 'TODO the source file that prints it, or a page' }
`
  const given = evidenceOf[draft.for]?.(draft) ?? ''
  const test = `# yaml-language-server: $schema=${testSchema}
cases:
  - name: the line stands in the log
    given: { ${given}log: { ${draft.kind}: [ ${quoted(draft.message)} ] } }
    expect: { verdict: fires, says: ${quoted(draft.literal)} }
  - name: the log is whole and does not say so          # put the most tempting look-alike here
    given: { ${given}log: { ${draft.kind}: [ 'something else was said' ] } }
    expect: { verdict: clear }
  - name: nobody brought the log
    given: { ${given.replace(/, $/, '')} }
    expect: { verdict: unknown, missing: [ log.said.count ] }
`
  return { rule, test }
}
