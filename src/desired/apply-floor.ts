import { compareText } from '../model/record-set.ts'
import type { Standing } from './contribution.ts'

export interface FloorCandidate {
  readonly value: string
  readonly standing: Standing
  /** It is in DNS now. */
  readonly published: boolean
}

export interface Floored<Candidate> {
  readonly chosen: readonly Candidate[]
  /** Distinct values that are fit, counted as far as the minimum. */
  readonly live: number
  /** Distinct values that are not fit and stay all the same. */
  readonly kept: number
}

const CALL_BACK: readonly Standing[] = ['unhealthy', 'notReady', 'draining', 'departed']

/**
 * Publishes what is active. Where that is less than the minimum, what is in DNS already stays until it is met: first unhealthy,
 * then not ready, then draining, then departed. Nothing that is not fit is ever added.
 */
export function applyFloor<Candidate extends FloorCandidate>(
  candidates: readonly Candidate[],
  minimum: number,
): Floored<Candidate> {
  const active = candidates.filter(({ standing }) => standing === 'active')
  const live = listDistinct(active, minimum)
  if (live.size >= minimum) return { chosen: active, live: live.size, kept: 0 }
  const reserves = candidates
    .filter(({ value, standing, published }) => standing !== 'active' && published && !live.has(value))
    .sort((a, b) => CALL_BACK.indexOf(a.standing) - CALL_BACK.indexOf(b.standing) || compareText(a.value, b.value))
  const kept = new Set<string>()
  for (const { value } of reserves) if (live.size + kept.size < minimum) kept.add(value)
  const stay = reserves.filter(({ value }) => kept.has(value))
  return { chosen: [...active, ...stay], live: live.size, kept: kept.size }
}

/** Most sets are far above their minimum. */
function listDistinct(candidates: readonly FloorCandidate[], most: number): ReadonlySet<string> {
  const values = new Set<string>()
  for (const { value } of candidates) {
    if (values.size >= most) break
    values.add(value)
  }
  return values
}
