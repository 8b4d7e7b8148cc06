import { spreadHash } from '../model/hash.ts'
import { compareText } from '../model/record-set.ts'

/**
 * Cuts a large set down by rendezvous hash: each value has a score of its own, and the highest stay. A value that comes or goes
 * therefore changes at most one of the chosen, and records with other salts spread over other values.
 */
export function trimValues<Item extends { readonly value: string }>(
  items: readonly Item[],
  most: number,
  salt: string,
): readonly Item[] {
  if (items.length <= most) return items
  return items
    .map((item) => ({ item, score: spreadHash(`${item.value}|${salt}`) }))
    .sort((a, b) => b.score - a.score || compareText(a.item.value, b.item.value))
    .slice(0, most)
    .map(({ item }) => item)
    .sort((a, b) => compareText(a.value, b.value))
}
