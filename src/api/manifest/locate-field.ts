// Where a field of a value stands in the syntax tree it came from.
import { isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { FieldPath } from '../problem.ts'
import { convertScalar, formatKey, offsetOf } from './convert-node.ts'

export interface FieldPlace {
  readonly offset: number
  /** The scalar as written, when it stands there without quotes. */
  readonly plainText?: string
}

/** The place of the field, or of its nearest ancestor that is written down: an alias is not followed. */
export function locateField(root: Node, path: FieldPath): FieldPlace {
  let node: unknown = root
  let offset = offsetOf(root)
  for (const segment of path) {
    if (isMap(node)) {
      const pair = findPair(node, String(segment))
      if (pair === undefined) return { offset }
      if (isNode(pair.key)) offset = offsetOf(pair.key)
      node = pair.value
    } else {
      const item: unknown = isSeq(node) && typeof segment === 'number' ? node.items[segment] : undefined
      if (!isNode(item)) return { offset }
      offset = offsetOf(item)
      node = item
    }
  }
  return isScalar(node) && node.type === 'PLAIN' ? { offset, plainText: node.source ?? '' } : { offset }
}

/** The last of several with the same key: it is the one that counts. */
function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.findLast(({ key: node }) => isScalar(node) && formatKey(convertScalar(node)) === key)
}
