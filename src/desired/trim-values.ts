import { spreadHash } from '../model/hash.ts'
import { compareText } from '../model/record-set.ts'

/**
 * Cuts a large set down by rendezvous hash: each value has a score of its own, and the highest stay. A value that comes or goes
 * therefore changes at most one of the chosen, and records with other salts spread over other values. The outcome is sorted.
 */
export function trimValues(values: readonly string[], most: number, salt: string): readonly string[] {
  const chosen = values.length <= most ? values : chooseHighest(values, most, `|${salt}`)
  return chosen.toSorted(compareText)
}

/** The least score that stays is found first, among plain numbers; only of those that share it the values decide. */
function chooseHighest(values: readonly string[], most: number, salt: string): readonly string[] {
  if (most <= 0) return []
  const scores = Float64Array.from(values, (value) => spreadHash(value, salt))
  const least = Number(scores.toSorted()[scores.length - most])
  const above = values.filter((_value, index) => Number(scores[index]) > least)
  const equal = values.filter((_value, index) => scores[index] === least)
  return [...above, ...equal.sort(compareText).slice(0, most - above.length)]
}
