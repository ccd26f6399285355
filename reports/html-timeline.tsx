/** The timeline: what kernel and hypervisor said since this boot, as a strip to see when much happened and a list to read. */
import type { Moment, Timeline } from '../model/timeline.ts'
import { type Anchors, FindingMarks, clipped } from './html-parts.tsx'
import type { Finding } from '../model/finding.ts'
import { evidenceAnchor } from './html-evidence.tsx'
import { inLanguage, mark, plural, say } from '../language/say.ts'

/** Findings by the line they cite. */
export type Cited = ReadonlyMap<string, readonly Finding[]>
const keyOf = (evidence: string, where: number): string => `${where} ${evidence}`

export function citedBy(findings: readonly Finding[]): Cited {
  const cited = new Map<string, Finding[]>()
  for (const finding of findings) for (const { evidence, where } of finding.evidence) {
    const key = keyOf(evidence, where)
    const there = cited.get(key)
    if (there === undefined) cited.set(key, [finding])
    else if (!there.includes(finding)) there.push(finding)
  }
  return cited
}

interface TimelineProps { readonly timeline: Timeline; readonly cited: Cited; readonly anchors: Anchors; readonly linked: (evidence: string, line: number) => boolean }

export function TimelineSection({ timeline: { moments, left }, cited, anchors, linked }: TimelineProps) {
  const findingsAt = (moment: Moment) => cited.get(keyOf(moment.evidence, moment.where)) ?? []
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">{say('Timeline')} <span class="faint">{say('what kernel and hypervisor said since this boot')}</span></h2>
      <div class="card">
        <Strip moments={moments} findingsAt={findingsAt} />
        <ol class="moments">
          {moments.map(moment => {
            const findings = findingsAt(moment)
            return (
              <li class={findings[0] ? `moment ${findings[0].severity}` : 'moment'}>
                <span class="when">{whenOf(moment)}</span>
                <span class={`source ${moment.source}`}>{inLanguage(moment.source)}</span>
                <span class="said">
                  <code>{clipped(moment.text, 400)}</code>
                  {linked(moment.evidence, moment.where) && <>{' '}<a class="small" href={`#${evidenceAnchor(moment.evidence, moment.where)}`} aria-label={say('Line {line} of {from}', { line: moment.where, from: moment.from })}>{say('line {line}', { line: moment.where })}</a></>}
                  <FindingMarks findings={findings} anchors={anchors} />
                </span>
              </li>
            )
          })}
        </ol>
        {left > 0 && <p class="faint small">{plural(left, '{n} more line of this kind is in the logs.', '{n} more lines of this kind are in the logs.')}</p>}
      </div>
    </section>
  )
}

/** `0.081 s`, `12 min 4 s`, `3 h 12 min` since boot; a clock time where that is not known. */
function whenOf({ sinceBoot, clock }: Moment): string {
  if (sinceBoot !== null) return duration(sinceBoot)
  return clock === null ? '' : `${new Date(clock).toISOString().slice(5, 19).replace('T', ' ')}`
}

function duration(seconds: number): string {
  if (seconds < 60) return say('{n} s', { n: seconds.toFixed(seconds < 10 ? 3 : 1) })
  const whole = Math.floor(seconds)
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60]
  if (days > 0) return say('{days} d {hours} h', { days, hours })
  return hours > 0 ? say('{hours} h {minutes} min', { hours, minutes }) : say('{minutes} min {seconds} s', { minutes, seconds: whole % 60 })
}

const width = 1000
/** A boot takes seconds and the trouble comes hours later: the scale is logarithmic. */
const ticks: readonly (readonly [number, string])[] = [
  [0.1, mark('0.1 s')], [1, mark('1 s')], [10, mark('10 s')], [60, mark('1 min')], [600, mark('10 min')], [3600, mark('1 h')], [86400, mark('1 d')], [864000, mark('10 d')],
]
const lanes = { kernel: 22, hypervisor: 46 } as const

/** Only a picture of the list below it, so readers that listen skip it. */
function Strip({ moments, findingsAt }: { readonly moments: readonly Moment[]; readonly findingsAt: (moment: Moment) => readonly Finding[] }) {
  const timed = moments.filter(moment => moment.sinceBoot !== null)
  if (timed.length < 3) return null
  const last = Math.max(1, ...timed.map(moment => moment.sinceBoot ?? 0))
  const x = (seconds: number) => Math.round(84 + (Math.log10(1 + 20 * Math.max(0, seconds)) / Math.log10(1 + 20 * last)) * (width - 104))
  return (
    <svg class="strip" viewBox={`0 0 ${width} 82`} aria-hidden="true">
      {Object.entries(lanes).map(([lane, y]) => <><text x="0" y={y + 4}>{inLanguage(lane)}</text><path d={`M84 ${y}H${width - 10}`} /></>)}
      {ticks.filter(([at]) => at <= last).map(([at, label]) => <><path class="tick" d={`M${x(at)} 12V58`} /><text x={x(at)} y="74" text-anchor="middle">{inLanguage(label)}</text></>)}
      {timed.map(moment => {
        const finding = findingsAt(moment)[0]
        return <circle cx={x(moment.sinceBoot ?? 0)} cy={lanes[moment.source]} r={finding ? 7 : 3} class={finding?.severity ?? 'plain'} />
      })}
    </svg>
  )
}
