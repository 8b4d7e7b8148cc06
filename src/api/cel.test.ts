import { Environment } from '@marcbachmann/cel-js'
import { describe, expect, it } from 'vitest'
import { checkRules, compileRules } from './cel.ts'
import { KIND_DEFINITIONS } from './generated/schemas.ts'
import { KIND_NAMES } from './kinds.ts'
import type { Schema } from './schema.ts'

function holds(rule: string, value: unknown, schema: Schema = { type: 'string' }): boolean {
  const tree = compileRules({ ...schema, 'x-kubernetes-validations': [{ rule, message: 'no' }] })
  if (tree === undefined) throw new Error('the rule was not compiled')
  return checkRules(value, tree, []).length === 0
}

describe('the functions of rules', () => {
  it.each([
    ['192.0.2.1', true],
    ['192.0.2.01', false],
    ['192.0.2', false],
    ['2001:DB8::1', true],
    ['::ffff:1', true],
    ['::ffff:1:2:3', true],
    ['::ffff:192.0.2.1', false],
    ['::ffff:c000:201', false],
    ['fe80::1%eth0', false],
    ['', false],
  ])('isIP says of %j: %s', (text, expected) => {
    expect(holds('isIP(self)', text)).toBe(expected)
  })

  it.each([
    ['192.0.2.0/24', true],
    ['192.0.2.1/24', true],
    ['2001:db8::/32', true],
    ['192.0.2.0', false],
    ['192.0.2.0/33', false],
    ['192.0.2.0/024', false],
    ['::ffff:10.0.0.0/104', false],
    ['/24', false],
  ])('isCIDR says of %j: %s', (text, expected) => {
    expect(holds('isCIDR(self)', text)).toBe(expected)
  })

  it('tells the family of an address', () => {
    expect(holds('ip(self).family() == 4', '192.0.2.1')).toBe(true)
    expect(holds('ip(self).family() == 6', '2001:db8::1')).toBe(true)
  })

  it('count with integers', () => {
    const properties: Schema['properties'] = { a: { type: 'integer' }, b: { type: 'integer' } }
    expect(holds('self.a + 1 <= self.b', { a: 2, b: 3 }, { type: 'object', properties })).toBe(true)
  })
})

describe('a rule', () => {
  it('that cannot be evaluated does not hold', () => {
    expect(holds('ip(self).family() == 4', 'x')).toBe(false)
    expect(holds('self.missing == 1', {}, { type: 'object' })).toBe(false)
  })

  it('is about the field it names, below the place it stands at', () => {
    const item: Schema = {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'false', message: 'no', fieldPath: '.a.b' }],
    }
    const tree = compileRules({ type: 'object', properties: { list: { type: 'array', items: item } } })
    if (tree === undefined) throw new Error('the rule was not compiled')
    expect(checkRules({ list: [{}] }, tree, ['spec'])).toEqual([
      { path: ['spec', 'list', 0, 'a', 'b'], message: 'no', rule: 'cel' },
    ])
  })

  it('is looked for in the values of a map, whatever their keys', () => {
    const value: Schema = { type: 'string', 'x-kubernetes-validations': [{ rule: "self != 'bad'", message: 'no' }] }
    const tree = compileRules({ type: 'object', additionalProperties: value })
    if (tree === undefined) throw new Error('the rule was not compiled')
    const labels: unknown = JSON.parse('{"good":"x","__proto__":"bad"}')
    expect(checkRules(labels, tree, []).map(({ path }) => path)).toEqual([['__proto__']])
  })

  it('is nothing to a schema without any', () => {
    expect(compileRules({ type: 'object', properties: { a: { type: 'string' } } })).toBeUndefined()
  })
})

describe('the regular expressions of the CRDs', () => {
  it('keep to what RE2 and JavaScript read alike', () => {
    const rules = KIND_NAMES.flatMap((kind) => listRules(KIND_DEFINITIONS[kind].schema))
    const patterns = rules.flatMap((rule) =>
      [...rule.matchAll(/matches\(r?'([^']*)'\)/g)].map(([, pattern = '']) => pattern),
    )
    expect(patterns.length).toBeGreaterThan(15)
    for (const pattern of patterns) {
      // Escaped brackets aside, there is no look-around, no escape with a meaning of its own, and no bracket in a class.
      expect(pattern.replaceAll(/\\[[\]]/g, '')).not.toMatch(/\(\?|\\|\[\]|\[[^\]]*\[/)
      expect(new Environment().evaluate(`'\u0000'.matches(r'${pattern}')`)).toBe(false)
    }
  })
})

function listRules(schema: Schema): string[] {
  const inside = schema.items ?? schema.additionalProperties
  return [
    ...(schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule),
    ...Object.values(schema.properties ?? {}).flatMap(listRules),
    ...(inside === undefined ? [] : listRules(inside)),
  ]
}
