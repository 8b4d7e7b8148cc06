// What the apiserver enforces for lists of type set and map: no text, or no key, twice. All our sets are of texts, all our maps have one key.
import { isObject } from './is-object.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { Schema } from './schema.ts'

/** Tolerates values of other types than the schema's: those are found elsewhere. */
export function checkDuplicates(value: unknown, schema: Schema, path: FieldPath): readonly Problem[] {
  if (Array.isArray(value)) {
    const { items } = schema
    const inside =
      items === undefined ? [] : value.flatMap((item, index) => checkDuplicates(item, items, [...path, index]))
    return [...listRepeated(value, schema, path), ...inside]
  }
  if (!isObject(value)) return []
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    return Object.hasOwn(value, key) ? checkDuplicates(value[key], child, [...path, key]) : []
  })
}

function listRepeated(list: readonly unknown[], schema: Schema, path: FieldPath): Problem[] {
  const type = schema['x-kubernetes-list-type']
  const [key = ''] = schema['x-kubernetes-list-map-keys'] ?? []
  if (type !== 'set' && type !== 'map') return []
  const seen = new Set<string>()
  return list.flatMap((item, index) => {
    const identity = type === 'map' && isObject(item) ? item[key] : item
    if (typeof identity !== 'string') return []
    if (!seen.has(identity)) {
      seen.add(identity)
      return []
    }
    const message =
      type === 'set' ? `${identity} is listed twice; remove one` : `another item has the same ${key}; rename one`
    return [{ path: [...path, index], message, rule: 'duplicate' as const }]
  })
}
