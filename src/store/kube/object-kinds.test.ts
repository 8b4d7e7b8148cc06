import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namespaceKind, nodeKind, serviceKind } from './narrow-kinds.ts'
import type { CacheKind } from './object-cache.ts'
import { secretKind } from './secret-values.ts'
import { storedKind } from './stored-object.ts'
import { parseWatchEvent } from './watch-event.ts'

const KINDS: readonly (readonly [string, CacheKind<unknown>])[] = [
  ['Node', nodeKind],
  ['Service', serviceKind],
  ['Namespace', namespaceKind],
  ['Secret', secretKind],
  ['NodePool', storedKind('NodePool')],
  ['DynamicDNSRecord', storedKind('DynamicDNSRecord')],
]

const json = fc.jsonValue({ maxDepth: 3 })
const map = fc.dictionary(fc.constantFrom('name', 'labels', 'annotations', 'taints', 'data', 'selector', 'hosts'), json)
const odd = fc.oneof(
  json,
  fc.record({ metadata: fc.oneof(json, map), spec: fc.oneof(json, map), status: json, data: map }),
)

describe('whatever a server sends', () => {
  it.each(KINDS)('as a %s never throws', (_name, kind) => {
    fc.assert(
      fc.property(odd, odd, (first, second) => {
        const previous = kind.parse(first, undefined)
        const next = kind.parse(second, previous)
        if (previous !== undefined && next !== undefined) kind.equals(previous, next)
      }),
    )
  })

  it('as a line of a watch is an event or an error', () => {
    const event = fc.record({
      type: fc.constantFrom('ADDED', 'DELETED', 'BOOKMARK', 'ERROR', '__proto__'),
      object: odd,
    })
    fc.assert(
      fc.property(fc.oneof(odd, event), fc.nat(), (value, cut) => {
        const line = JSON.stringify(value)
        for (const text of [line, line.slice(0, cut % (line.length + 1))]) {
          expect(['put', 'remove', 'bookmark', 'error']).toContain(parseWatchEvent(text, '/api/v1/nodes').kind)
        }
      }),
    )
  })
})
