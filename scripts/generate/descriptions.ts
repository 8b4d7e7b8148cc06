// What the CRDs say of their fields, by path: for `kubectl explain` without a cluster.
import type { KindDefinition, Schema } from '../../src/api/schema.ts'
import { GENERATED_BANNER } from './banner.ts'

export function renderDescriptions(definitions: readonly KindDefinition[]): string {
  const byKind = definitions.map(({ kind, schema }) => [kind, Object.fromEntries(listDescriptions(schema, ''))])
  return [
    `// ${GENERATED_BANNER}`,
    "import type { KindName } from '../kinds.ts'",
    '',
    '/** By kind and path: `spec.targets[].name`; the kind itself is at the empty path. */',
    `export const DESCRIPTIONS: Readonly<Record<KindName, Readonly<Record<string, string>>>> = ${JSON.stringify(Object.fromEntries(byKind), null, 2)}`,
    '',
  ].join('\n')
}

function listDescriptions(schema: Schema, path: string): readonly (readonly [string, string])[] {
  const { description, properties = {}, items, additionalProperties } = schema
  return [
    ...(description === undefined ? [] : [[path, description] as const]),
    ...Object.entries(properties).flatMap(([name, child]) => listDescriptions(child, childPath(path, name))),
    ...(items === undefined ? [] : listDescriptions(items, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : listDescriptions(additionalProperties, `${path}{}`)),
  ]
}

function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
