// When to ask again. Pure: chance comes in as an argument.
import { restAfter } from '../../model/rest-after.ts'
import type { DetectionSpec } from './detection-spec.ts'

export interface RoundFacts {
  /** Rounds in a row that found no address. */
  readonly failures: number
  /** A source that used to answer did not: the network may just be changing. */
  readonly hasLostSource: boolean
  /** Until the last good address is too old; undefined when there is none or it is too old already. */
  readonly expiresInMs: number | undefined
}

/** Long enough for a moment's confusion to pass. */
const AT_ONCE_MS = 100
const FIRST_BACK_OFF_MS = 1000
/** The cap of the back-off, in intervals: the address should be right again soon after an outage. */
const MAX_INTERVALS = 2

/** Within ±10 %, so that many of us do not ask in step. */
export function deriveRoundDelayMs(spec: DetectionSpec, facts: RoundFacts, chance: number): number {
  const intervalMs = spec.intervalSeconds * 1000
  const jittered = (ms: number): number => Math.round(ms * (0.9 + 0.2 * chance))
  if (facts.hasLostSource) return jittered(AT_ONCE_MS)
  if (facts.failures === 0) return jittered(intervalMs)
  const range = { firstMs: FIRST_BACK_OFF_MS, longestMs: MAX_INTERVALS * intervalMs }
  const backOff = jittered(restAfter(facts.failures, range))
  // Whoever relies on the address should hear without delay that it has become too old.
  return facts.expiresInMs === undefined ? backOff : Math.min(backOff, facts.expiresInMs)
}
