/** docs/inputs.md: everything `gpudoctor replay` takes, from the declarations that take it. */
import { archiveForms, archiveLimits, type ArchiveForm } from '../evidence/archive.ts'
import { bundles } from '../evidence/bundles/all.ts'
import type { Bundle, MemberRule } from '../evidence/bundles/bundle.ts'
import { knownByContent } from '../evidence/recognise.ts'
import { evidenceKinds } from '../model/evidence-kinds.ts'
import type { EvidenceKind, EvidenceKindSpec } from '../model/evidence.ts'

const MIB = 1 << 20
const readBy: Readonly<Record<ArchiveForm, string>> = { tar: 'tar', 'tar.gz': 'tar and zlib', 'tar.xz': 'tar and xz-decompress', 'tar.zst': 'tar and fzstd', zip: 'yauzl' }
const cell = (text: string): string => text.replace(/\|/g, '\\|')

/** A member's path as people write it: `etc/libvirt/qemu/NAME.xml`, with the alternatives in braces. */
const pathOf = ({ at }: MemberRule): string => at.source
  .replace(/\(\?<(\w+)>(?:\[[^\]]*\]|\\d|\([^)]*\)|[^()])+\)/g, (group, name: string) => (group.includes('|') ? group.replace(/^\(\?<\w+>/, '(') : name.toUpperCase()))
  .replace(/\(\?:/g, '(').replace(/\\([./-])/g, '$1').replace(/\[\^[^\]]*\][+*]|\\w[+*]|\\d\+|\.[+*]/g, '*').replace(/\\w|\\d/g, '?').replace(/\^\(data\/\)\?/g, '').replace(/[\^$]/g, '')

function membersOf({ members }: Bundle): string {
  const paths = new Map<string, string[]>()
  for (const rule of members) {
    const kind = rule.kind === 'by content' ? 'by their content' : evidenceKinds[rule.kind].about
    paths.set(kind, [...(paths.get(kind) ?? []), `\`${pathOf(rule)}\``])
  }
  return [...paths].map(([kind, list]) => `${kind}: ${list.join(', ')}`).join('<br>')
}

const bundleRow = (one: Bundle): string =>
  `| ${one.name} | ${cell(one.marked)} | ${cell(membersOf(one))} | ${one.source} | a rebuilt layout, as .tar.gz, .zip and folder${one.read === undefined ? '' : `; read by hand: ${one.read}`} |`

const kindRow = ([kind, spec]: readonly [string, EvidenceKindSpec]): string => {
  const content = knownByContent.has(kind as EvidenceKind)
  const recognised = [content ? 'its lines' : null, spec.fileName === undefined ? null : 'its file name', spec.binary ? 'its signature' : null].filter(Boolean).join(', ')
  return `| \`${kind}\` | ${cell(spec.about)} | ${recognised || 'a snapshot or a bundle alone'} | \`${cell(spec.get)}\` |`
}

export function inputsPage(): string {
  const kinds = (Object.entries(evidenceKinds) as [string, EvidenceKindSpec][]).map(kindRow)
  return `# What \`gpudoctor replay\` takes

Made from the declarations in \`evidence/\` by \`npm run docs\`. Hand in files, folders, archives or standard input, several at once; what each is
is told by its content first and its name second, and the report says for each what it was taken for, how sure that is, how many facts came out of
it and how many lines were not understood. What is not in what people send proves nothing: a rule that needs it is unknown, and the report
lists the commands to ask for next.

## gpudoctor's own

| input | recognised by |
| --- | --- |
| a snapshot (\`--save\`, \`gpudoctor collect -o\`), packed or unpacked | its \`manifest.json\`, first in the archive |
| an HTML report (\`--html\`) that carries its snapshot | its \`<script id="snapshot">\` |
| what the collector script (\`gpudoctor collect --script\`) wrote, packed with gzip or not | its first line, \`gpudoctor-capture\` |

They are found in folders and, one level deep, in archives. Each is a host of its own: of several the newest is read, and the
report names the others, to be handed in one by one (\`replay --ndjson\` takes many).

## Archives

| form | read with | tested on |
| --- | --- | --- |
${archiveForms.map(form => `| .${form} | ${readBy[form]} | the same members in every form, from a file and from a pipe; cut off, overwritten at random, members that climb out, links, devices, bombs, encrypted and nested ones |`).join('\n')}

Archives are streams: nothing is written to disk, and what nobody asks for passes by. At most ${archiveLimits.entries.toLocaleString('en')} members are looked at,
${archiveLimits.member / MIB} MiB of one and ${archiveLimits.kept / MIB} MiB in all are kept (of a longer log its beginning and its end); an archive that unpacks to more than ${archiveLimits.ratio} times its size
ends there. A single packed log (.gz, .xz, .zst) is read as well. bzip2, 7-Zip and RAR are named and not opened.

## Bundles of other tools

Recognised by their members, never by the name of the file, packed or unpacked.

| bundle | recognised by | members used | layout from | tested on |
| --- | --- | --- | --- | --- |
${bundles.map(bundleRow).join('\n')}

Texts that hold many outputs (supportconfig, \`pvereport\`, a ticket in Markdown, BBCode or mail, a terminal session) are cut at their headings, fences
and prompts, and each piece is recognised by itself.

## Single files

| kind | what it is | recognised by | how to bring it |
| --- | --- | --- | --- |
${kinds.join('\n')}

## What is asked only on demand, and what never

\`gpudoctor collect\` looks at the host alone. With \`--also guests\` it speaks to the QEMU guest agents of the VMs that run as well (\`virsh
qemu-agent-command\`, \`qm guest\`): which system, which drivers, and, since an agent runs it inside the guest, \`pnputil /enum-devices /problem\`. Where
that is not wanted, a person brings what the guest has to say as a \`guest-report\`. With \`--also debugfs\` it reads what the microcontrollers of
Intel GPUs say of themselves, which wakes a GPU that sleeps. Disks of guests are not opened, and no daemon is started that does not run. Left out as
well: the content of crash dumps and of VBIOS images (that there is one, and its head, are enough), \`dcgmi\` (it asks a daemon that keeps the GPU
busy; its output is read where a person brings it), and \`power\` and \`registry\` of the NVIDIA driver (it takes locks for them, on which a reader of a
GPU that hangs waits for good).
`
}
