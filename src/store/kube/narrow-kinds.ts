// Kinds that are not ours, narrowed to what decisions need. What else changes in them, such as the heartbeat of a Node, is no change.
import { isDeepStrictEqual } from 'node:util'
import {
  parseNamespace,
  parseNode,
  parseService,
  type NamespaceObject,
  type NodeObject,
  type ServiceObject,
} from '../../api/node.ts'
import type { CacheKind } from './object-cache.ts'
import { withoutBulk } from './without-bulk.ts'

function narrowed<Value>(parse: (object: unknown) => Value | undefined): CacheKind<Value> {
  return {
    parse: (object, previous) => {
      const next = parse(withoutBulk(object))
      return isDeepStrictEqual(previous, next) ? previous : next
    },
    equals: () => false,
  }
}

export const nodeKind: CacheKind<NodeObject> = narrowed(parseNode)
export const serviceKind: CacheKind<ServiceObject> = narrowed(parseService)
export const namespaceKind: CacheKind<NamespaceObject> = narrowed(parseNamespace)
