import { DESCRIPTIONS } from '../../api/generated/descriptions.ts'
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import type { KindName } from '../../api/kinds.ts'
import type { Schema } from '../../api/schema.ts'

/** The schema with what the CRD says of each field. */
export function describeSchema(kind: KindName): Schema {
  return describe(KIND_DEFINITIONS[kind].schema, '', DESCRIPTIONS[kind])
}

function describe(schema: Schema, path: string, texts: Readonly<Record<string, string>>): Schema {
  const { properties, items, additionalProperties } = schema
  const description = texts[path]
  const within = (name: string): string => (path === '' ? name : `${path}.${name}`)
  return {
    ...schema,
    ...(description !== undefined && { description }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, describe(child, within(name), texts)]),
      ),
    }),
    ...(items !== undefined && { items: describe(items, `${path}[]`, texts) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: describe(additionalProperties, `${path}{}`, texts),
    }),
  }
}
