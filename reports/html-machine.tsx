/** The machine as a picture: the PCI tree, IOMMU groups as areas in it, drivers, links, who wants what, findings at their place. */
import { plural, retold, say } from '../language/say.ts'
import { commas, kindCount, listed, more as moreOf } from './words.ts'
import type { Bdf } from '../model/bdf.ts'
import type { Link, Machine, MachineFunction, MachineVm } from '../model/machine.ts'
import { type Anchors, FindingMarks } from './html-parts.tsx'
import { type Area, type GroupOf, type Marks, type Row, type Stretch, drawn, isBridge, isGpu } from './picture.ts'

const mostVms = 40

interface Known { readonly marks: Marks; readonly anchors: Anchors; readonly addresses: ReadonlySet<Bdf> }

/** Where a function stands in the page. */
export const functionAnchor = (bdf: Bdf): string => `pci-${bdf.replace(/[:.]/g, '-')}`

export function MachineSection({ machine, marks, anchors }: { readonly machine: Machine; readonly marks: Marks; readonly anchors: Anchors }) {
  const vms = machine.vms.filter(vm => vm.wants.length > 0 || marks.has(`vm ${vm.name}`))
  const { stretches, left } = drawn(machine, marks)
  const known: Known = { marks, anchors, addresses: new Set(rowsIn(stretches.flatMap(stretch => stretch.areas)).map(row => row.fn.bdf)) }
  return (
    <section aria-labelledby="machine">
      <h2 id="machine">{say('The machine')} <span class="faint">{tally(machine)}</span></h2>
      <div class="card machine">
        {marks.has('host') && <p class="host-marks"><span class="faint small">{say('The host as a whole')}</span> <FindingMarks findings={marks.get('host')} anchors={anchors} /></p>}
        {vms.length > 0 && <div class="vms">{vms.slice(0, mostVms).map(vm => <VmBox vm={vm} known={known} />)}</div>}
        {vms.length > mostVms && <p class="faint small">{plural(vms.length - mostVms, 'and {n} more VM', 'and {n} more VMs')}</p>}
        <div class="tree">{stretches.map(stretch => <StretchBlock stretch={stretch} known={known} />)}</div>
        {left > 0 && <p class="faint small">{plural(left, 'and {n} more function, not drawn', 'and {n} more functions, not drawn')}</p>}
        {machine.functions.some(fn => fn.group) && <p class="faint small key">{say('A frame is an IOMMU group: what lies in it goes to one VM together, or stays with the host together. Functions without a frame are alone in theirs.')}</p>}
      </div>
    </section>
  )
}

function tally({ functions, vms }: Machine): string {
  const gpus = functions.filter(isGpu).length
  const groups = new Set(functions.flatMap(fn => fn.group ?? [])).size
  const parts = [
    gpus > 0 && plural(gpus, '{n} GPU', '{n} GPUs'), plural(functions.length, '{n} PCI function', '{n} PCI functions'),
    groups > 0 && plural(groups, '{n} IOMMU group', '{n} IOMMU groups'), vms.length > 0 && plural(vms.length, '{n} VM', '{n} VMs'),
  ]
  return listed(parts.filter(part => part !== false))
}

const VmBox = ({ vm, known }: { readonly vm: MachineVm; readonly known: Known }) => (
  <section class="vm" aria-label={say('VM {name}', { name: vm.name })}>
    <h3>{vm.name} <span class="faint">{commas([vm.hypervisor, vm.running === null ? null : vm.running ? say('running') : say('not running')].flatMap(part => part ?? []))}</span></h3>
    <FindingMarks findings={known.marks.get(`vm ${vm.name}`)} anchors={known.anchors} />
    {vm.wants.length > 0 && (
      <p class="small"><span class="faint">{say('is given')}</span> {vm.wants.map((bdf, index) => <>{index > 0 && ' '}<Address bdf={bdf} known={known} /></>)}</p>
    )}
  </section>
)

/** A link to the function's row, if the machine has it. */
const Address = ({ bdf, known }: { readonly bdf: Bdf; readonly known: Known }) =>
  known.addresses.has(bdf) ? <a class="address" href={`#${functionAnchor(bdf)}`}>{bdf}</a> : <span class="address absent">{say('{bdf} (not here)', { bdf })}</span>

const StretchBlock = ({ stretch: { quiet, areas }, known }: { readonly stretch: Stretch; readonly known: Known }) =>
  quiet
    ? <details class="quiet"><summary>{plural(rowsIn(areas).length, '{n} more function', '{n} more functions')}{say(': ')}<span class="faint">{kindsOf(rowsIn(areas))}</span></summary>{areas.map(area => <AreaBlock area={area} known={known} />)}</details>
    : <>{areas.map(area => <AreaBlock area={area} known={known} />)}</>

const rowsIn = (areas: readonly Area[]): readonly Row[] => areas.flatMap(area => [...area.rows, ...area.more])

/** `4 bridges, 2 network cards`, the most first. */
function kindsOf(rows: readonly Row[]): string {
  const counts = new Map<string, number>()
  for (const { fn } of rows) {
    const kind = fn.virtual ? 'virtual' : (fn.kind ?? 'other')
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => countOf(kind)(count)).join(say(', '))
}

const countOf = (kind: string): ((n: number) => string) => (Object.hasOwn(kindCount, kind) ? kindCount[kind] : undefined) ?? (n => plural(n, '{n} other', '{n} others'))

function AreaBlock({ area: { group, rows, more }, known }: { readonly area: Area; readonly known: Known }) {
  const list = <ul class="rows">{rows.map(row => <RowItem row={row} known={known} alone={group === null} />)}</ul>
  if (group === null) return list
  return (
    <section class={group.cards > 1 ? 'area shared' : 'area'} aria-label={say('IOMMU group {id}', { id: group.id })}>
      <p class="area-name"><strong>{say('Group {id}', { id: group.id })}</strong> <span>{sharing(group)}</span> <FindingMarks findings={known.marks.get(`group ${group.id}`)} anchors={known.anchors} /></p>
      {list}
      {more.length > 0 && (
        <details class="quiet">
          <summary>{plural(more.length, '{n} more function in this group', '{n} more functions in this group')}{say(': ')}<span class="faint">{kindsOf(more)}</span></summary>
          <ul class="rows">{more.map(row => <RowItem row={row} known={known} alone={false} />)}</ul>
        </details>
      )}
      {group.elsewhere.length > 0 && <p class="small elsewhere">{say('Also in it:')} {group.elsewhere.slice(0, 12).map(bdf => <><Address bdf={bdf} known={known} /> </>)}{group.elsewhere.length > 12 && moreOf(group.elsewhere.length - 12)}</p>}
    </section>
  )
}

function sharing({ members, cards }: GroupOf): string {
  if (cards > 1) return plural(members.length, '{n} function of {cards} devices share it', '{n} functions of {cards} devices share it', { cards })
  return cards === 1 ? plural(members.length, '{n} function of one device', '{n} functions of one device') : plural(members.length, '{n} function', '{n} functions')
}

const RowItem = ({ row: { fn, guides }, known, alone }: { readonly row: Row; readonly known: Known; readonly alone: boolean }) => (
  <li class={['row', isBridge(fn) && 'bridge', isGpu(fn) && 'gpu'].filter(Boolean).join(' ')} id={functionAnchor(fn.bdf)}>
    <span class="guides" aria-hidden="true">{guides.map(guide => <i class={guide} />)}</span>
    <span class="what"><code>{fn.bdf}</code> <span class="name">{fn.name === null ? say('not named') : shortly(fn.name)}</span></span>
    <span class="has">
      <Driver fn={fn} />
      {fn.link && !isBridge(fn) && !fn.virtual && <LinkChip link={fn.link} />}
      {alone && fn.group && !isBridge(fn) && <span class="chip faint">{say('group {id}', { id: fn.group })}</span>}
      {fn.bootDisplay && <span class="chip">{say('boot display')}</span>}
      {fn.hostUses.slice(0, 3).map(use => <span class="chip">{retold(use)}</span>)}
      {fn.wantedBy.map(vm => <span class="chip wanted">{say('for {vm}', { vm })}</span>)}
      {fn.wanted && fn.wantedBy.length === 0 && !fn.passedThrough && <span class="chip wanted">{say('meant for a VM')}</span>}
    </span>
    {known.marks.has(fn.bdf) && <span class="marks"><FindingMarks findings={known.marks.get(fn.bdf)} anchors={known.anchors} /></span>}
  </li>
)

/** The vendor without its legal form: there is little room, and nobody is helped by it. */
const shortly = (name: string): string => name.replace(/,? (?:Corporation|Corp\.|Inc\.|Co\.?,? Ltd\.?|Limited)(?=[ ,]|$)/, '')

/** What drives it; of a bridge only what is not usual. */
const Driver = ({ fn, fn: { driver, passedThrough } }: { readonly fn: MachineFunction }) => {
  if (driver === undefined || (isBridge(fn) && (driver === null || driver === 'pcieport'))) return null
  if (driver === null) return <span class="chip none">{say('no driver')}</span>
  return <span class={passedThrough ? 'chip passed' : 'chip'}>{driver}</span>
}

/** `16 GT/s ×16`, with what it could be where lanes are missing; a slower speed is most often only power saving. */
const LinkChip = ({ link: { speed, width, speedMax, widthMax } }: { readonly link: Link }) => {
  const narrow = widthMax !== null && width < widthMax
  const slow = speedMax !== null && speed < speedMax
  return <span class={narrow ? 'chip narrow' : 'chip faint'}>{slow ? say('{is} of {most}', { is: speed, most: speedMax }) : speed} GT/s {narrow ? say('{is} of {most}', { is: `×${width}`, most: `×${widthMax}` }) : `×${width}`}</span>
}
