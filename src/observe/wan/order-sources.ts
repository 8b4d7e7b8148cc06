// Whom to ask first: a random choice among the fastest, cheapest and most promising, no operator twice before each has had its turn.
import type { Random } from '../../model/clock.ts'
import type { SourceIdentity, Transport } from './detection.ts'

export interface OrderHints {
  /** Operators that have just been heard: a confirmation should come from others. */
  readonly heard: ReadonlySet<string>
  /** Names of sources that lately failed. */
  readonly failing: ReadonlySet<string>
}

export const NO_HINTS: OrderHints = { heard: new Set(), failing: new Set() }

/** Round trips until an answer, roughly. */
const COST: Readonly<Record<Transport, number>> = { Interface: 0, UDP: 1, TCP: 2, HTTP: 3, HTTPS: 4 }

export function orderSources<Source extends SourceIdentity>(
  sources: readonly Source[],
  hints: OrderHints,
  authenticatedFirst: boolean,
  random: Random,
): readonly Source[] {
  const penalty = (source: Source): number =>
    (hints.failing.has(source.name) ? 100 : 0) + (hints.heard.has(source.operator) ? 10 : 0) + COST[source.transport]
  const ordered = shuffle(sources, random).sort((a, b) => penalty(a) - penalty(b))
  // Nothing stands without an authenticated answer, and that one takes longest.
  const front = authenticatedFirst ? ordered.find(({ authenticated }) => authenticated) : undefined
  return spreadOperators(front === undefined ? ordered : [front, ...ordered.filter((source) => source !== front)])
}

export function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

/** The first source of each operator, then the second of each, and so on. */
function spreadOperators<Source extends SourceIdentity>(sources: readonly Source[]): readonly Source[] {
  const seen = new Map<string, number>()
  const turns = sources.map((source) => {
    const turn = seen.get(source.operator) ?? 0
    seen.set(source.operator, turn + 1)
    return { source, turn }
  })
  return turns.sort((a, b) => a.turn - b.turn).map(({ source }) => source)
}
