/** All parsers, by the kind of evidence they take. */
import type { EvidenceKind } from '../model/evidence.ts'
import type { Parser } from './parser.ts'
import { registry } from './registry.ts'

export const parsers: ReadonlyMap<EvidenceKind, Parser> = new Map(registry.map(parser => [parser.gives, parser]))
