// What every schema in crds/ keeps to, whatever it describes.
import { readFileSync, readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readKindDefinitions } from '../scripts/generate/crds.ts'
import type { Schema } from '../src/api/schema.ts'

const folder = new URL('../crds/', import.meta.url)
const definitions = readKindDefinitions(folder)

interface Field {
  readonly path: string
  readonly schema: Schema
  readonly inList: boolean
  /** A block around it is replaced as a whole. */
  readonly inBlock: boolean
}

function listFields(schema: Schema, path: string, { inList, inBlock }: Omit<Field, 'path' | 'schema'>): Field[] {
  const inside = schema.items ?? schema.additionalProperties
  const within = { inList, inBlock: inBlock || schema['x-kubernetes-map-type'] === 'atomic' }
  return [
    { path, schema, inList, inBlock },
    ...Object.entries(schema.properties ?? {}).flatMap(([key, child]) => listFields(child, `${path}.${key}`, within)),
    ...(inside === undefined ? [] : listFields(inside, `${path}[]`, { ...within, inList: true })),
  ]
}

const fields = definitions.flatMap(({ kind, schema }) => listFields(schema, kind, { inList: false, inBlock: false }))
const specFields = fields.filter(({ path }) => path.includes('.spec'))

function pathsOf(wrong: readonly Field[]): string[] {
  return wrong.map(({ path }) => path)
}

function isBounded({ type, format, ...schema }: Schema): boolean {
  if (type === 'string') return (schema.maxLength ?? schema.enum) !== undefined || format === 'date-time'
  if (type === 'array') return schema.maxItems !== undefined
  return schema.additionalProperties === undefined || schema.maxProperties !== undefined
}

describe('the schemas', () => {
  it('are those of the four kinds', () => {
    expect(definitions.map(({ kind }) => kind)).toEqual(['DNSProvider', 'DynamicDNSRecord', 'NodePool', 'WANAddress'])
    expect(fields.length).toBeGreaterThan(300)
  })

  it('describe every field', () => {
    const described = fields.filter(({ path }) => !path.endsWith('.metadata')) // The apiserver describes that one itself.
    expect(pathsOf(described.filter(({ schema }) => (schema.description ?? '').length < 8))).toEqual([])
  })

  it('bound every text, list and map, since the cost of rules is reckoned by the bounds', () => {
    expect(pathsOf(fields.filter(({ schema }) => !isBounded(schema)))).toEqual([])
  })

  it('bound every number of a spec on both sides', () => {
    const numbers = specFields.filter(({ schema }) => schema.type === 'integer')
    expect(
      pathsOf(numbers.filter(({ schema }) => schema.minimum === undefined || schema.maximum === undefined)),
    ).toEqual([])
  })

  it('have no default inside a list, where a diff would show it as drift', () => {
    expect(pathsOf(fields.filter(({ schema, inList }) => inList && schema.default !== undefined))).toEqual([])
  })

  it('have none inside a block that is replaced as a whole, for the same reason: they only tell of one, and we fill it in', () => {
    const inBlock = fields.filter(({ inBlock }) => inBlock)
    expect(pathsOf(inBlock.filter(({ schema }) => schema.default !== undefined))).toEqual([])
    expect(inBlock.filter(({ schema }) => schema.blockDefault !== undefined).length).toBeGreaterThan(20)
    expect(pathsOf(fields.filter(({ schema, inBlock }) => !inBlock && schema.blockDefault !== undefined))).toEqual([])
  })

  it('have no default for suspend, so that a pause from outside survives a sync', () => {
    const suspends = fields.filter(({ path }) => path.endsWith('.suspend'))
    expect(suspends.length).toBe(2)
    expect(pathsOf(suspends.filter(({ schema }) => schema.default !== undefined))).toEqual([])
  })

  it('replace a list that has a default as a whole: merged into, the default would never go away', () => {
    const defaulted = fields.filter(({ schema }) => schema.type === 'array' && schema.default !== undefined)
    expect(defaulted.length).toBeGreaterThan(5)
    expect(pathsOf(defaulted.filter(({ schema }) => schema['x-kubernetes-list-type'] !== 'atomic'))).toEqual([])
  })

  it('say of every list how it is merged', () => {
    const lists = fields.filter(({ schema }) => schema.type === 'array')
    expect(pathsOf(lists.filter(({ schema }) => schema['x-kubernetes-list-type'] === undefined))).toEqual([])
    const statusLists = lists.filter(({ path }) => path.includes('.status.') && !path.endsWith('.conditions'))
    expect(pathsOf(statusLists.filter(({ schema }) => schema['x-kubernetes-list-type'] !== 'atomic'))).toEqual([])
  })

  it('have sets of texts only, and maps with one key', () => {
    const sets = fields.filter(({ schema }) => schema['x-kubernetes-list-type'] === 'set')
    expect(pathsOf(sets.filter(({ schema }) => schema.items?.type !== 'string'))).toEqual([])
    const maps = fields.filter(({ schema }) => schema['x-kubernetes-list-type'] === 'map')
    expect(pathsOf(maps.filter(({ schema }) => schema['x-kubernetes-list-map-keys']?.length !== 1))).toEqual([])
  })

  it('let every object with defaults of its own start from {}, unless its presence has a meaning', () => {
    const meaningful = /\.(?:healthCheck|httpGet|stun|http|cloudflare|gandi|route53|azure|rfc2136|powerdns|spec)$/
    const objects = specFields.filter(({ schema, path, inList }) => {
      const withDefaults = Object.values(schema.properties ?? {}).some((child) => child.default !== undefined)
      return withDefaults && !inList && !meaningful.test(path)
    })
    expect(objects.length).toBeGreaterThan(4)
    expect(pathsOf(objects.filter(({ schema }) => schema.default === undefined))).toEqual([])
  })

  it('begin with a status that says nothing has been observed', () => {
    const statuses = definitions.map(({ schema }) => schema.properties?.['status']?.default)
    expect(statuses).toEqual(definitions.map(() => ({ observedGeneration: -1 })))
  })

  it('describe a health check and a set of conditions alike wherever they stand', () => {
    const shapeOf = (path: string): unknown => {
      const { description: _description, ...shape } = fields.find((field) => field.path === path)?.schema ?? {
        type: 'object',
      }
      return shape
    }
    expect(shapeOf('NodePool.spec.healthCheck')).toEqual(shapeOf('DynamicDNSRecord.spec.healthCheck'))
    const conditions = definitions.map(({ kind }) => shapeOf(`${kind}.status.conditions`))
    expect(conditions.every((shape) => isDeepStrictEqual(shape, conditions[0]))).toBe(true)
  })

  it('name a field or a remedy in the message of every rule, and never end it with a full stop', () => {
    const messages = fields.flatMap(({ schema }) =>
      (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message),
    )
    expect(messages.length).toBeGreaterThan(70)
    expect(messages.filter((message) => message.length < 30 || message.endsWith('.'))).toEqual([])
  })
})

describe('the kustomization', () => {
  it('lists every CRD', () => {
    const { resources } = parse(readFileSync(new URL('kustomization.yaml', folder), 'utf8')) as { resources: string[] }
    const files = readdirSync(folder).filter((file) => file.startsWith('dns.stoa.dev_'))
    expect([...resources].sort()).toEqual(files.sort())
  })
})
