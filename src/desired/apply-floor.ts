import { compareText } from '../model/record-set.ts'
import type { UnfitAddress } from './family-addresses.ts'

/** What one target could give to one set. */
export interface Offer {
  /** Each once. */
  readonly fit: readonly string[]
  readonly unfit: readonly Reserve[]
}

export interface Reserve extends Pick<UnfitAddress, 'standing'> {
  readonly value: string
  /** It is in DNS now. */
  readonly published: boolean
}

export interface Floored<Some> {
  /** What is left of each offer: each value once. */
  readonly chosen: readonly { readonly offer: Some; readonly values: readonly string[] }[]
  /** Distinct values that are fit, counted as far as the minimum. */
  readonly live: number
  /** Distinct values that are not fit and stay all the same. */
  readonly kept: number
}

const CALL_BACK: readonly Reserve['standing'][] = ['unhealthy', 'notReady', 'draining', 'departed']

/**
 * Publishes what is fit. Where that is less than the minimum, what is in DNS already stays until it is met: first unhealthy, then not
 * ready, then draining, then departed. Nothing that is not fit is ever added.
 */
export function applyFloor<Some extends Offer>(offers: readonly Some[], minimum: number): Floored<Some> {
  const live = listDistinct(offers, minimum)
  const kept = live.size >= minimum ? NONE : callBack(offers, live, minimum - live.size)
  const chosen = offers.map((offer) => ({ offer, values: kept.size === 0 ? offer.fit : addKept(offer, kept) }))
  return { chosen, live: live.size, kept: kept.size }
}

const NONE: ReadonlySet<string> = new Set()

/** Most sets are far above their minimum. */
function listDistinct(offers: readonly Offer[], most: number): ReadonlySet<string> {
  const values = new Set<string>()
  for (const { fit } of offers) {
    for (const value of fit) {
      if (values.size >= most) return values
      values.add(value)
    }
  }
  return values
}

function callBack(offers: readonly Offer[], live: ReadonlySet<string>, most: number): ReadonlySet<string> {
  const reserves = offers
    .flatMap(({ unfit }) => unfit)
    .filter(({ value, published }) => published && !live.has(value))
    .sort((a, b) => CALL_BACK.indexOf(a.standing) - CALL_BACK.indexOf(b.standing) || compareText(a.value, b.value))
  const kept = new Set<string>()
  for (const { value } of reserves) if (kept.size < most) kept.add(value)
  return kept
}

function addKept({ fit, unfit }: Offer, kept: ReadonlySet<string>): readonly string[] {
  const back = unfit.filter(({ value, published }) => published && kept.has(value))
  return [...new Set([...fit, ...back.map(({ value }) => value)])]
}
