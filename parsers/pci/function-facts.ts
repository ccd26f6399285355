/** From what a function's registers and resources say to the facts about it, for every parser that meets them. */
import type { Cite, EvidenceId } from '../../model/evidence.ts'
import { known } from '../../model/fact.ts'
import type { FunctionFacts } from '../../model/snapshot.ts'
import type { Draft } from '../draft.ts'
import { decodeConfigSpace, find, type ConfigSpace } from './config-space.ts'

/** A BAR as parsers know it: from a register alone the size is unknown, from a listing the address may be missing. */
export interface Bar {
  readonly number: number
  readonly kind: 'mem' | 'mem64' | 'mem64pref' | 'mempref' | 'io'
  /** null: it has none. */
  readonly address: bigint | null
  /** Bytes; null where the source does not tell. */
  readonly size: bigint | null
}

/** The word of the `bars` fact for a BAR's type. */
export const barKind = (space: 'mem' | 'io', wide: boolean, prefetchable: boolean): Bar['kind'] =>
  space === 'io' ? 'io' : `mem${wide ? '64' : ''}${prefetchable ? 'pref' : ''}` as Bar['kind']

const toMiB = (size: bigint) => Number(size) / 2 ** 20
/** `1M`, `256M`, `1G`, `128T` of the exponent n of 2^n MiB. */
export function sizeWord(exponent: number): string {
  const unit = Math.min(Math.floor(exponent / 10), 3)
  return `${2 ** (exponent - 10 * unit)}${'MGTP'[unit]}`
}

/**
 * The facts of a function's BARs. `numbered` is false where the source lists BARs without their numbers and counting
 * may have passed over a gap: then nothing is said about BAR 0 and BAR 2 in particular.
 */
export function barFacts(bars: readonly Bar[], evidence: EvidenceId, where: number, numbered = true): FunctionFacts {
  const memory = bars.filter(bar => bar.kind !== 'io')
  const sizes = memory.flatMap(bar => (bar.size === null ? [] : [toMiB(bar.size)]))
  const ofNumber = (number: number) => {
    const bar = memory.find(one => one.number === number)
    return bar?.size === null ? undefined : known(bar ? toMiB(bar.size) : null, evidence, where)
  }
  const [bar0, bar2] = numbered ? [ofNumber(0), ofNumber(2)] : []
  return {
    bars: known(bars.filter(bar => bar.size !== null).map(bar => `${bar.number} ${bar.kind} 0x${(bar.address ?? 0n).toString(16)} ${bar.size}`), evidence, where),
    barsUnassigned: known(memory.filter(bar => bar.address === null).map(bar => String(bar.number)), evidence, where),
    ...(sizes.length > 0 && { barLargestMiB: known(Math.max(...sizes), evidence, where) }),
    ...(bar0 && { bar0MiB: bar0 }),
    ...(bar2 && { bar2MiB: bar2 }),
  }
}

/** What the bytes of configuration space tell; facts they do not reach are missing. `isVf`: its command register is a dummy. */
export function configFacts(bytes: Uint8Array, evidence: EvidenceId, where: number, isVf = false): FunctionFacts {
  const space = decodeConfigSpace(bytes)
  if (!space) return {}
  const fact = <T>(value: T) => known(value, evidence, where)
  const facts: Draft<FunctionFacts> = { configReadable: fact(space.answers), headerType: fact(space.headerType) }
  if (!space.answers) return facts
  if (!isVf) facts.enabled = fact(space.command.memory)
  return { ...facts, ...conventionalFacts(space, fact), ...extendedFacts(space, fact) }
}

type MakeFact = <T>(value: T) => { value: T | null; at: readonly Cite[] }

function conventionalFacts({ capabilities }: ConfigSpace, fact: MakeFact): FunctionFacts {
  if (!capabilities) return {}
  const express = find(capabilities, 'express')
  const power = find(capabilities, 'power-management')
  return {
    msi: fact(find(capabilities, 'msi') !== undefined),
    msix: fact(find(capabilities, 'msix') !== undefined),
    flr: fact((express?.flr ?? false) || (find(capabilities, 'advanced-features')?.flr ?? false)),
    ...(power && { powerState: fact(power.state) }),
    ...(express && linkFacts(express, fact)),
    ...(express && express.maxWidth > 0 && { aspm: fact(aspmWords[express.aspm] ?? 'disabled') }),
  }
}

/** By the ASPM Control bits of Link Control. */
const aspmWords = ['disabled', 'L0s', 'L1', 'L0s L1'] as const
/** By the bits of L1 PM Substates Control 1, named as lspci names them. */
const substates = ['PCI-PM_L1.2', 'PCI-PM_L1.1', 'ASPM_L1.2', 'ASPM_L1.1'] as const

interface Link { readonly speed: number | null; readonly width: number; readonly maxSpeed: number | null; readonly maxWidth: number }

/** A width of 0 is a link that is down and says nothing of its quality. */
export function linkFacts({ speed, width, maxSpeed, maxWidth }: Link, fact: MakeFact): FunctionFacts {
  const real = (lanes: number) => lanes > 0 && lanes <= 32
  return {
    ...(real(width) && speed !== null && { linkSpeedGT: fact(speed) }),
    ...(real(width) && { linkWidth: fact(width) }),
    ...(real(maxWidth) && maxSpeed !== null && { linkSpeedMaxGT: fact(maxSpeed) }),
    ...(real(maxWidth) && { linkWidthMax: fact(maxWidth) }),
  }
}

function extendedFacts({ extended }: ConfigSpace, fact: MakeFact): FunctionFacts {
  if (!extended) return {}
  const rebar = find(extended, 'rebar')
  const sriov = find(extended, 'sriov')
  return {
    acs: fact(find(extended, 'acs') !== undefined),
    rebarSupported: fact(rebar !== undefined),
    rebarSizes: fact((rebar?.bars ?? []).map(bar => `${bar.number}: ${bar.sizes.map(sizeWord).join(' ')}`)),
    vfs: fact(sriov?.enabled ? sriov.vfs : 0),
    l1Substates: fact(substates.filter((_, bit) => (((find(extended, 'l1-substates')?.on ?? 0) >> bit) & 1) !== 0)),
  }
}
