// The CRDs as constants, so that the command validates without reading files.
import type { KindDefinition, Schema } from '../../src/api/schema.ts'
import { GENERATED_BANNER } from './banner.ts'

export function renderSchemas(definitions: readonly KindDefinition[]): string {
  const byKind = definitions.map((definition) => [
    definition.kind,
    { ...definition, schema: withoutDescriptions(definition.schema) },
  ])
  return [
    `// ${GENERATED_BANNER}`,
    "import type { KindName } from '../kinds.ts'",
    "import type { KindDefinition } from '../schema.ts'",
    '',
    '/** Descriptions are left out: they are for readers of the CRDs and of docs/spec/. */',
    `export const KIND_DEFINITIONS: Readonly<Record<KindName, KindDefinition>> = ${JSON.stringify(Object.fromEntries(byKind), null, 2)}`,
    '',
  ].join('\n')
}

function withoutDescriptions({ description: _description, ...schema }: Schema): Schema {
  const { properties, items, additionalProperties } = schema
  return {
    ...schema,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, child]) => [key, withoutDescriptions(child)]),
      ),
    }),
    ...(items !== undefined && { items: withoutDescriptions(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: withoutDescriptions(additionalProperties) }),
  }
}
