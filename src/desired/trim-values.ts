import { pairHashes, spreadHash } from '../model/hash.ts'
import { compareText } from '../model/record-set.ts'

/**
 * Cuts a large set down by rendezvous hash: each value has a score of its own, and the highest stay. A value that comes or goes
 * therefore changes at most one of the chosen, and records with other salts spread over other values. The outcome is sorted.
 */
export function trimValues(values: readonly string[], most: number, salt: string): readonly string[] {
  const chosen = values.length <= most ? values : chooseHighest(values, most, salt)
  return chosen.toSorted(compareText)
}

/** The least score that stays is found first, among plain numbers; only of those that share it the values decide. */
function chooseHighest(values: readonly string[], most: number, salt: string): readonly string[] {
  if (most <= 0) return []
  const scores = scoreValues(values, salt)
  const least = Number(scores.toSorted()[scores.length - most])
  const above: string[] = []
  const equal: string[] = []
  values.forEach((value, index) => {
    const score = Number(scores[index])
    if (score > least) above.push(value)
    else if (score === least) equal.push(value)
  })
  return [...above, ...equal.sort(compareText).slice(0, most - above.length)]
}

function scoreValues(values: readonly string[], salt: string): Uint32Array {
  const salted = spreadHash(salt)
  const scores = new Uint32Array(hashValues(values))
  for (let index = 0; index < scores.length; index += 1) scores[index] = pairHashes(Number(scores[index]), salted)
  return scores
}

/** The records of a pool choose from the same list. */
const known = new WeakMap<readonly string[], Uint32Array>()

function hashValues(values: readonly string[]): Uint32Array {
  const hashes = known.get(values) ?? Uint32Array.from(values.map(spreadHash))
  known.set(values, hashes)
  return hashes
}
