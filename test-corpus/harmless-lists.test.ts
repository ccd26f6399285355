/** The lists of harmless lines in the catalogues of known failures: each line, made whole, raises nothing above a hint. */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { examine } from './made-machine.ts'

const catalogues = '../shared/catalog'
const skip = existsSync(catalogues) ? false : 'the catalogues of known failures are not beside this checkout'

/** What the lists leave open, filled as a real line has it. */
const filled: readonly (readonly [RegExp, string])[] = [
  [/^nvidia-gpu <bdf>/, 'nvidia-gpu 0000:0a:00.3'], [/^nouveau …/, 'nouveau 0000:0a:00.0'], [/^ucsi_ccg …/, 'ucsi_ccg 3-0008'], [/^kvm: …/, 'kvm [1873]:'],
  [/^… memory window/, 'pcib1: failed to allocate initial memory window'], [/amdgpu\/<file>/, 'amdgpu/navi10_mes.bin'], [/wrmsr to register …/, 'wrmsr to register 0x140(0) on vcpu 1'], [/HLT,…/, 'HLT,MTF,PAUSE,EPT,UG,VPID'], [/hiding cap …/, 'hiding cap 0xf'], [/KLD file …/, 'KLD file coretemp.ko'],
  [/Passthrough\/Translated/, 'Translated'], [/^Fabric …/, 'fabricmanager[812]: request to query NVSwitch device information from NVSwitch driver failed with error:WARNING Nothing to do'],
  [/<bdf>/g, '0000:0a:00.0'], [/<uuid>/g, '5a1f2c3d-0001-4e5f-8a9b-1c2d3e4f5a6b'], [/1002:xxxx/, '1002:1638'], [/i915\/…_dmc_…bin/, 'i915/adlp_dmc_ver2_16.bin'], [/<file>/g, 'i915/adlp_dmc.bin'],
  [/<hex>/g, 'e0000000'], [/<reason>/g, 'GuC submission is N/A'], [/\bBAR <n>/g, 'BAR 3'], [/<n>/g, '2'], [/0x…-0x…/g, '0xdc000000-0xdcffffff'], [/0x…/g, '0x140'], [/Slot\(x\)/, 'Slot(0)'], [/^amdgpu: \[drm\]/, 'amdgpu 0000:0a:00.0: [drm]'], [/^amdgpu: /, 'amdgpu 0000:0a:00.0: amdgpu: '],
]
/** Entries of the lists that are states, or words of the list itself, and no line; and those that the list itself calls no harmless ones. */
const noLine = /^(?:Kernel driver in use:|pcieport|pci-stub|managed|intel_iommu=on|ignore_msrs=1|driver_managed_dma|pciconf|boot_verbose|attached|ppt0@pci0|ppt0: attached|ppt|-w|pciehp: Slot\(x\)$|Unregistered Nvlink Core|Key was rejected by service|Card present|Link Up|added device|i2c_nvidia_gpu|NVRM: loading …)/
const accused = [/Found 1 AMD-Vi\/IOMMU device/, /VMX operation disabled by BIOS/]

/** The first cell of each row below "0.3": what stands in back quotes. */
function linesOf(name: string): string[] {
  const text = readFileSync(`${catalogues}/${name}.md`, 'utf8')
  const section = text.slice(text.indexOf('### 0.3'), text.indexOf('### 0.4'))
  const cells = [...section.matchAll(/^\| (.+?) \| /gm)].map(row => row[1] as string)
  return cells.flatMap(cell => [...cell.replace(/\([^()]*\.c:[^()]*\)|without a later .*$|without .* line.*$/g, '').matchAll(/`([^`]+)`/g)].map(quote => filled.reduce((line, [from, to]) => line.replace(from, to), quote[1] as string)))
    .filter(line => line.length > 12 && !noLine.test(line) && !accused.some(pattern => pattern.test(line)))
}

for (const [name, least, kinds] of [['drivers', 20, ['kernel-log', 'text']], ['linux', 17, ['kernel-log', 'qemu-log', 'text']], ['bhyve', 12, ['kernel-log', 'bhyve-log', 'text']]] as const) {
  t.test(`the list of ${name}`, { skip }, async t => {
    const lines = linesOf(name)
    t.ok(lines.length >= least, `${lines.length} lines`)
    for (const line of lines) for (const kind of kinds) for (const takenAt of [undefined, '2026-01-02T03:04:05Z']) {
      const body = kind === 'kernel-log' && name !== 'bhyve' ? `[    4.000000] ${line}\n` : `${line}\n`
      const { findings } = await examine([{ id: kind, kind, from: 'a file', status: 'ok', body, ...takenAt !== undefined && { takenAt } }])
      t.same(findings.filter(finding => finding.severity !== 'hint').map(finding => finding.rule), [], `${kind}: ${line}`)
    }
  })
}
