// The structural schema's own limits, by ajv: types, required and unknown fields, lengths, ranges, enumerations.
import { Ajv, type ErrorObject } from 'ajv'
import { DATE_TIME_REMEDY, isDateTime } from './date-time.ts'
import type { FieldPath, Problem } from './problem.ts'
import type { Schema } from './schema.ts'
import { describeUnknownField } from './unknown-field.ts'

export interface SchemaProblem extends Problem {
  /** After such a problem the apiserver does not try the CEL rules: they may rely on what is missing. */
  readonly blocksRules: boolean
}

export type SchemaCheck = (value: unknown) => readonly SchemaProblem[]

const KUBERNETES = ['list-type', 'list-map-keys', 'map-type', 'validations'].map((name) => `x-kubernetes-${name}`)
/** What ajv has to pass over. */
const EXTENSIONS = [...KUBERNETES, 'blockDefault']
const BLOCKING = new Set(['type', 'required', 'enum', 'maxLength', 'maxItems', 'maxProperties'])

export function createSchemaCheck(schema: Schema): SchemaCheck {
  const validate = createAjv().compile(closeObjects(schema))
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map((error) => toProblem(error, value)))
}

function createAjv(): Ajv {
  // The schemas are our own and the apiserver has accepted them: checking them again would only cost start-up time.
  const trusting = { meta: false, validateSchema: false } as const
  const ajv = new Ajv({ ...trusting, strict: true, strictTypes: false, allErrors: true, verbose: true })
  for (const keyword of EXTENSIONS) ajv.addKeyword(keyword)
  for (const format of ['int32', 'int64']) ajv.addFormat(format, true)
  return ajv.addFormat('date-time', isDateTime)
}

/** The apiserver finds unknown fields while decoding; for ajv they have to be ruled out. */
function closeObjects(schema: Schema): object {
  const { properties = {}, items, additionalProperties } = schema
  if (items !== undefined) return { ...schema, items: closeObjects(items) }
  if (additionalProperties !== undefined) {
    return { ...schema, additionalProperties: closeObjects(additionalProperties) }
  }
  if (schema.type !== 'object') return schema
  const closed = Object.entries(properties).map(([key, child]) => [key, closeObjects(child)] as const)
  return { ...schema, properties: Object.fromEntries(closed), additionalProperties: false }
}

function toProblem(error: ErrorObject, root: unknown): SchemaProblem {
  const { keyword, params }: { keyword: string; params: Record<string, unknown> } = error
  const path = readPointer(error.instancePath, root)
  const added = keyword === 'required' ? params['missingProperty'] : params['additionalProperty']
  return {
    path: typeof added === 'string' ? [...path, added] : path,
    message: describe(error),
    rule: keyword === 'additionalProperties' ? 'unknown-field' : 'schema',
    blocksRules: BLOCKING.has(keyword),
  }
}

/** A JSON pointer does not say whether a step is an index or a key; the value does. */
function readPointer(pointer: string, root: unknown): FieldPath {
  let at = root
  return pointer
    .split('/')
    .slice(1)
    .map((text) => {
      const step = Array.isArray(at) ? Number(text) : text.replaceAll('~1', '/').replaceAll('~0', '~')
      at = (at as Record<string | number, unknown>)[step] // The pointer was made from this very value.
      return step
    })
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: 'must be at least',
  maximum: 'must be at most',
  minLength: 'is too short; the fewest characters are',
  maxLength: 'is too long; the most characters are',
  minItems: 'has too few items; the fewest are',
  maxItems: 'has too many items; the most are',
  maxProperties: 'has too many entries; the most are',
}

function describe({ keyword, params, data, parentSchema }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return describeUnknownField(String(params['additionalProperty']), listFields(parentSchema))
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly unknown[]).map(String).join(', ')}`
    case 'type':
      return describeType(String(params['type']), data, parentSchema)
    case 'format':
      return DATE_TIME_REMEDY
    default:
      return `${LIMITS[keyword] ?? 'breaks the limit'} ${String(params['limit'])}`
  }
}

function listFields(schema: object | undefined): string[] {
  return Object.keys((schema as Partial<Schema> | undefined)?.properties ?? {}) // ajv hands back our own schema.
}

interface Written {
  /** Text that would be of this type, had it no quotes. */
  readonly plain: RegExp
  readonly remedy: string
}

const WRITTEN: Readonly<Record<string, Written>> = {
  integer: { plain: /^-?\d+$/, remedy: 'write a whole number' },
  boolean: { plain: /^(true|false)$/i, remedy: 'write true or false' },
}

function describeType(wanted: string, value: unknown, schema: object | undefined): string {
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const scalar = ['boolean', 'number'].includes(found)
  if (wanted === 'string' && scalar) return `must be a string but is a ${found}; put it in quotes`
  const written = WRITTEN[wanted]
  if (typeof value === 'string' && written !== undefined) {
    return `must be of type ${wanted} but is a string; ${written.plain.test(value) ? 'write it without quotes' : written.remedy}`
  }
  return `must be of type ${wanted} but is of type ${found}${describeShape(wanted, value, schema)}`
}

/** What to write in place of a single word. */
function describeShape(wanted: string, value: unknown, schema: object | undefined): string {
  if (typeof value === 'object') return ''
  if (wanted === 'array') return '; write a list, in [ ]'
  const fields = listFields(schema)
  return wanted === 'object' && fields.length > 0 ? `; its fields are ${fields.join(', ')}` : ''
}
