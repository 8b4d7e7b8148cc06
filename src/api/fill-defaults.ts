// Defaulting as the apiserver does it: a missing field gets its default, and a null counts as missing. Block defaults come later, from us.
import { isObject } from './is-object.ts'
import type { Schema } from './schema.ts'

type Which = 'default' | 'blockDefault'

/** A copy with defaults; what the schema does not know is left for validation to find. The input is not changed. */
export function fillDefaults(value: unknown, schema: Schema, which: Which = 'default'): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? value : value.map((item: unknown) => fillDefaults(item, items, which))
  }
  return isObject(value) ? fillObject(value, schema, which) : value
}

function fillObject(value: Readonly<Record<string, unknown>>, schema: Schema, which: Which): Record<string, unknown> {
  const properties = schema.properties ?? {}
  const entries: [string, unknown][] = []
  for (const key of Object.keys(value)) {
    const child = Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties
    const own = value[key]
    if (child === undefined) entries.push([key, own])
    else if (own !== null) entries.push([key, fillDefaults(own, child, which)])
  }
  for (const [key, child] of Object.entries(properties)) {
    const missing = !Object.hasOwn(value, key) || value[key] === null
    const fallback = child[which]
    if (missing && fallback !== undefined) entries.push([key, fillDefaults(fallback, child, which)])
  }
  // Not by assignment: a key such as __proto__ must stay an ordinary key.
  return Object.fromEntries(entries)
}
