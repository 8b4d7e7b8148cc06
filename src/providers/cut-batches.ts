// Cuts work into calls that each have room for so much. What concerns one name stays in one call: one part may make room for another.
import type { Fqdn } from '../model/name.ts'

export interface Cutting<Item> {
  readonly nameOf: (item: Item) => Fqdn | undefined
  readonly sizeOf: (item: Item) => number
  readonly room: number
}

/** `items` stand in order of their names. What is too large for any call gets one of its own. */
export function cutBatches<Item>(
  items: readonly Item[],
  { nameOf, sizeOf, room }: Cutting<Item>,
): readonly (readonly Item[])[] {
  const batches: Item[][] = []
  let left = 0
  for (const group of consecutive(items, nameOf)) {
    const size = group.reduce((sum, item) => sum + sizeOf(item), 0)
    const current = batches.at(-1)
    if (current !== undefined && size <= left) {
      current.push(...group)
      left -= size
    } else {
      batches.push([...group])
      left = room - size
    }
  }
  return batches
}

function consecutive<Item>(items: readonly Item[], nameOf: Cutting<Item>['nameOf']): readonly (readonly Item[])[] {
  const groups: Item[][] = []
  let name: Fqdn | undefined
  for (const item of items) {
    const current = groups.at(-1)
    const next = nameOf(item)
    if (current !== undefined && next !== undefined && next === name) current.push(item)
    else groups.push([item])
    name = next
  }
  return groups
}
