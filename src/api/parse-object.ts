// From anything to one of our objects, by the apiserver's own steps: defaults, schema, unique lists, CEL rules.
import { checkRules, compileRules, type RuleTree } from './cel.ts'
import { checkDuplicates } from './check-duplicates.ts'
import { checkMetadata } from './check-metadata.ts'
import { createSchemaCheck, type SchemaCheck } from './check-schema.ts'
import { fillDefaults } from './fill-defaults.ts'
import { KIND_DEFINITIONS } from './generated/schemas.ts'
import { isObject } from './is-object.ts'
import { API_VERSION, isKindName, type KindName, type StoaObject } from './kinds.ts'
import type { Problem } from './problem.ts'
import { readMetadata } from './read-metadata.ts'
import type { Schema } from './schema.ts'
import { describeUnknownField } from './unknown-field.ts'

export type ParseResult =
  | { readonly kind: 'ok'; readonly object: StoaObject }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

export interface ParseOptions {
  /** The namespace of an object that names none. */
  readonly defaultNamespace?: string
}

/**
 * Says what the apiserver would say with strict field validation, and gives what it would store. Only finds more: it goes on
 * after an unknown field, where the apiserver stops. Block defaults are filled in besides.
 */
export function parseObject(value: unknown, { defaultNamespace = 'default' }: ParseOptions = {}): ParseResult {
  if (!isObject(value)) return { kind: 'invalid', problems: [schemaProblem([], 'must be an object')] }
  const { apiVersion, kind, metadata } = value
  const kindProblems = checkKind(apiVersion, kind)
  if (kindProblems.length > 0 || typeof kind !== 'string' || !isKindName(kind)) {
    return { kind: 'invalid', problems: kindProblems }
  }
  const specChecks = checksOf(kind, 'spec')
  const spec = fillDefaults(value['spec'], specChecks.schema)
  const status = readStatus(value['status'], kind)
  const problems = [
    ...listUnknownFields(value),
    ...checkMetadata(metadata),
    ...checkSpec(spec, specChecks),
    ...status.problems,
  ]
  if (problems.length > 0) return { kind: 'invalid', problems }
  const whole = fillDefaults(spec, specChecks.schema, 'blockDefault')
  const object = {
    apiVersion,
    kind,
    metadata: readMetadata(metadata, defaultNamespace),
    spec: whole,
    status: status.value,
  }
  return { kind: 'ok', object: object as unknown as StoaObject } // The schema the types come from has just been checked.
}

type Part = 'spec' | 'status'

interface PartChecks {
  readonly schema: Schema
  readonly check: SchemaCheck
  readonly rules: RuleTree | undefined
}

const compiled = new Map<string, PartChecks>()

/** Compiling takes tens of milliseconds, so it waits until the part of the kind is first met. */
function checksOf(kind: KindName, part: Part): PartChecks {
  const key = `${kind}.${part}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const schema = KIND_DEFINITIONS[kind].schema.properties?.[part]
  if (schema === undefined) throw new Error(`the schema of ${kind} has no ${part}`)
  const checks = { schema, check: createSchemaCheck(schema), rules: compileRules(schema) }
  compiled.set(key, checks)
  return checks
}

function checkSpec(spec: unknown, { schema, check, rules }: PartChecks): Problem[] {
  if (spec === undefined || spec === null) return [schemaProblem(['spec'], 'is required')]
  const found = check(spec)
  const problems: Problem[] = found.map(({ path, message, rule }) => ({ path: ['spec', ...path], message, rule }))
  problems.push(...checkDuplicates(spec, schema, ['spec']))
  if (rules !== undefined && !found.some(({ blocksRules }) => blocksRules)) {
    problems.push(...checkRules(spec, rules, ['spec']))
  }
  return problems
}

/**
 * Status is ours to write: the apiserver ignores what a manifest says there, but for fields it does not know. One that does not
 * fit the schema, such as an earlier version's, counts as not there.
 */
function readStatus(status: unknown, kind: KindName): { problems: Problem[]; value: unknown } {
  const unwritten = KIND_DEFINITIONS[kind].schema.properties?.['status']?.default
  if (status === undefined || status === null) return { problems: [], value: unwritten }
  const { schema, check } = checksOf(kind, 'status')
  const filled = fillDefaults(status, schema)
  const found = check(filled)
  const unknown = found.filter(({ rule }) => rule === 'unknown-field')
  return {
    problems: unknown.map(({ path, message, rule }) => ({ path: ['status', ...path], message, rule })),
    value: found.length === 0 ? filled : unwritten,
  }
}

function checkKind(apiVersion: unknown, kind: unknown): Problem[] {
  if (apiVersion !== API_VERSION) return [schemaProblem(['apiVersion'], `must be ${API_VERSION}`)]
  const known = typeof kind === 'string' && isKindName(kind)
  return known ? [] : [schemaProblem(['kind'], `must be one of ${Object.keys(KIND_DEFINITIONS).join(', ')}`)]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

function listUnknownFields(value: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(value)
    .filter((key) => !ROOT_FIELDS.includes(key))
    .map((key) => ({ path: [key], message: describeUnknownField(key, ROOT_FIELDS), rule: 'unknown-field' }))
}

function schemaProblem(path: readonly string[], message: string): Problem {
  return { path, message, rule: 'schema' }
}
