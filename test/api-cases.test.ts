import { describe, expect, it } from 'vitest'
import { KIND_DEFINITIONS } from '../src/api/generated/schemas.ts'
import { KIND_NAMES } from '../src/api/kinds.ts'
import { parseObject, type ParseResult } from '../src/api/parse-object.ts'
import { formatPath } from '../src/api/problem.ts'
import type { Schema } from '../src/api/schema.ts'
import { loadApiCases } from './api-cases/load.ts'

const cases = loadApiCases()
const good = cases.filter(({ because }) => because === undefined)
const bad = cases.filter(({ because }) => because !== undefined)

function problemsOf(result: ParseResult): Record<string, string[]> {
  const byPath: Record<string, string[]> = {}
  if (result.kind === 'ok') return byPath
  for (const { path, message } of result.problems) (byPath[formatPath(path)] ??= []).push(message)
  return byPath
}

describe('a good object', () => {
  it.each(good)('$name', ({ object, stored }) => {
    const result = parseObject(object)
    expect(problemsOf(result)).toEqual({})
    if (result.kind === 'ok' && stored !== undefined) expect(result.object.spec).toEqual(stored)
  })
})

describe('a bad object', () => {
  it.each(bad)('$name', ({ object, because }) => {
    const found = problemsOf(parseObject(object))
    expect(Object.keys(found).sort()).toEqual(Object.keys(because ?? {}).sort())
    for (const [path, words] of Object.entries(because ?? {})) expect(found[path]?.join('\n')).toContain(words)
  })
})

describe('the table', () => {
  it('is large enough to mean something', () => {
    expect(cases.length).toBeGreaterThanOrEqual(160)
  })

  it('has a good and a bad object for every CEL rule', () => {
    const rules = KIND_NAMES.flatMap((kind) => listRules(kind, KIND_DEFINITIONS[kind].schema, ''))
    const met = new Set(good.flatMap(({ object }) => listVisits(object)))
    const broken = new Set(
      bad.flatMap(({ object }) => {
        const result = parseObject(object)
        if (result.kind === 'ok') return []
        return result.problems
          .filter(({ rule }) => rule === 'cel')
          .map(({ message }) => `${String(object['kind'])} ${message}`)
      }),
    )
    expect(rules.length).toBeGreaterThan(70)
    expect(rules.filter(({ kind, path }) => !met.has(`${kind} ${path}`)).map(({ path }) => path)).toEqual([])
    expect(
      rules.filter(({ kind, message }) => !broken.has(`${kind} ${message}`)).map(({ message }) => message),
    ).toEqual([])
  })
})

interface Rule {
  readonly kind: string
  readonly path: string
  readonly message: string
}

function listRules(kind: string, schema: Schema, path: string): Rule[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => ({ kind, path, message }))
  const properties = Object.entries(schema.properties ?? {})
  const inside = schema.items ?? schema.additionalProperties
  return [
    ...own,
    ...properties.flatMap(([key, child]) => listRules(kind, child, `${path}.${key}`)),
    ...(inside === undefined ? [] : listRules(kind, inside, `${path}[]`)),
  ]
}

/** Where a parsed object has values: the places whose rules were evaluated. */
function listVisits(object: Readonly<Record<string, unknown>>): string[] {
  const result = parseObject(object)
  if (result.kind === 'invalid') return []
  const { kind, spec } = result.object
  const visit = (value: unknown, schema: Schema | undefined, path: string): string[] => {
    if (schema === undefined) return []
    const inside = schema.items ?? schema.additionalProperties
    if (typeof value !== 'object' || value === null) return [path]
    const children = Object.entries(value).flatMap(([key, child]) =>
      inside === undefined
        ? visit(child, schema.properties?.[key], `${path}.${key}`)
        : visit(child, inside, `${path}[]`),
    )
    return [path, ...children]
  }
  return visit(spec, KIND_DEFINITIONS[kind].schema.properties?.['spec'], '.spec').map((path) => `${kind} ${path}`)
}
