import { spreadHash } from '../model/hash.ts'
import { compareText } from '../model/record-set.ts'

/**
 * Cuts a large set down by rendezvous hash: each value has a score of its own, and the highest stay. A value that comes or goes
 * therefore changes at most one of the chosen, and records with other salts spread over other values. The outcome is sorted by value.
 */
export function trimValues<Item extends { readonly value: string }>(
  items: readonly Item[],
  most: number,
  salt: string,
): readonly Item[] {
  const chosen = items.length <= most ? items : chooseHighest(items, most, salt)
  return chosen.toSorted((a, b) => compareText(a.value, b.value))
}

function chooseHighest<Item extends { readonly value: string }>(
  items: readonly Item[],
  most: number,
  salt: string,
): readonly Item[] {
  return items
    .map((item) => ({ item, score: spreadHash(`${item.value}|${salt}`) }))
    .sort((a, b) => b.score - a.score || compareText(a.item.value, b.item.value))
    .slice(0, most)
    .map(({ item }) => item)
}
