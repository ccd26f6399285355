/** The chain from firmware to guest as a picture: how far the host got, and where it broke. */
import { say } from '../language/say.ts'
import type { ChainLink } from '../model/finding.ts'
import { type Anchors, Wanted } from './html-parts.tsx'
import type { DrawnLink } from './story.ts'
import { linkWords, listed } from './words.ts'

/** A tick, a cross, a question mark and a dash, each in a disc: told apart without colour. */
const shapes: Record<ChainLink['verdict'], string> = {
  passed: 'M10 0a10 10 0 1 1 0 20 10 10 0 0 1 0-20ZM8.6 14.500 15.700 7.300 14.300 5.900 8.600 11.600 5.800 8.800 4.400 10.200Z',
  failed: 'M10 0a10 10 0 1 1 0 20 10 10 0 0 1 0-20ZM6.700 5.300 5.300 6.700 8.600 10 5.300 13.300 6.700 14.700 10 11.400 13.300 14.700 14.700 13.300 11.400 10 14.700 6.700 13.300 5.300 10 8.600Z',
  unknown: 'M10 0a10 10 0 1 1 0 20 10 10 0 0 1 0-20ZM10 1.800a8.200 8.200 0 1 0 0 16.400 8.200 8.200 0 0 0 0-16.400ZM9.100 13.300h1.800v1.800H9.100ZM6.900 7.800C6.900 6 8.200 4.900 10 4.900s3.200 1 3.200 2.700c0 2-2.300 2.300-2.300 4.200H9.100c0-2.700 2.300-2.900 2.300-4.100 0-.7-.6-1.200-1.400-1.200-.9 0-1.400.5-1.400 1.300Z',
  'not reached': 'M10 0a10 10 0 1 1 0 20 10 10 0 0 1 0-20ZM10 1.800a8.200 8.200 0 1 0 0 16.400 8.200 8.200 0 0 0 0-16.400ZM5.500 9.100h9v1.800h-9Z',
}

const classOf = ({ verdict }: ChainLink): string => verdict.replace(' ', '-')

/** Each link leads to what proves or broke it, where the page has it. */
export function ChainPicture({ links, anchors, placeOf }: { readonly links: readonly DrawnLink[]; readonly anchors: Anchors; readonly placeOf: (link: ChainLink) => string | null }) {
  const broken = links.findIndex(({ link }) => link.verdict === 'failed')
  return (
    <section class="chain-frame" aria-labelledby="chain">
      <h2 id="chain">{say('How far the host got')}</h2>
      <ol class="chain">
        {links.map(({ link, broke }, at) => {
          const anchor = broke === null ? placeOf(link) : anchors.get(broke)
          return (
            <li class={broken >= 0 && at > broken ? `${classOf(link)} after` : classOf(link)}>
              <svg viewBox="0 0 20 20" aria-hidden="true"><path fill-rule="evenodd" d={shapes[link.verdict]} /></svg>
              <span class="step">{anchor ? <a href={`#${anchor}`}>{link.name}</a> : link.name}<span class="unseen">{say(': ')}{linkWords[link.verdict].word}</span></span>
            </li>
          )
        })}
      </ol>
      <WouldTell links={links.map(({ link }) => link).filter(link => link.verdict === 'unknown' && link.get.length > 0)} />
    </section>
  )
}

const WouldTell = ({ links }: { readonly links: readonly ChainLink[] }) => links.length === 0 ? null : (
  <details class="small">
    <summary>{say('What would tell of {links}', { links: listed(links.map(link => link.name)) })}</summary>
    {[...new Set(links.flatMap(link => link.get))].map(command => <Wanted text={command} />)}
  </details>
)
