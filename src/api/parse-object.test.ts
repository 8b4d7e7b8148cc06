import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KIND_NAMES, type StoaObject } from './kinds.ts'
import { parseObject } from './parse-object.ts'
import { formatPath } from './problem.ts'

const pool = {
  apiVersion: 'dns.stoa.dev/v1alpha1',
  kind: 'NodePool',
  metadata: { name: 'edge', namespace: 'infra' },
  spec: { selector: {} },
}

function parseGood(value: unknown): StoaObject {
  const result = parseObject(value)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems))
  return result.object
}

function problemsOf(value: unknown): string[] {
  const result = parseObject(value)
  return result.kind === 'ok' ? [] : result.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)
}

describe('metadata', () => {
  it('of a manifest has no identity yet', () => {
    expect(parseGood({ ...pool, metadata: { name: 'edge' } }).metadata).toEqual({
      ...{ name: 'edge', namespace: 'default', uid: '', generation: 1, creationTimestamp: '' },
    })
  })

  it('without a namespace is in the one the caller names', () => {
    const result = parseObject({ ...pool, metadata: { name: 'edge', namespace: '' } }, { defaultNamespace: 'infra' })
    expect(result).toMatchObject({ kind: 'ok', object: { metadata: { namespace: 'infra' } } })
  })

  it('of a live object is kept as far as it is used', () => {
    const metadata = {
      ...{ name: 'edge', namespace: 'infra', uid: 'u-1', generation: 4, resourceVersion: '77' },
      ...{ creationTimestamp: '2026-01-01T00:00:00Z', deletionTimestamp: '2026-01-02T00:00:00Z' },
      ...{ labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['dns.stoa.dev/records'] },
    }
    expect(parseGood({ ...pool, metadata: { ...metadata, managedFields: [], selfLink: '' } }).metadata).toEqual(
      metadata,
    )
  })

  it('with texts of another type is refused', () => {
    expect(
      problemsOf({ ...pool, metadata: { name: 'edge', uid: 5, generation: 'x', labels: [], finalizers: 'a' } }),
    ).toEqual([
      'metadata.uid: must be a text; put it in quotes',
      'metadata.generation: must be a whole number',
      'metadata.labels: must be a map of texts',
      'metadata.finalizers: must be a list',
    ])
  })

  it('with more annotations than the apiserver stores is refused', () => {
    const annotations = { a: 'ü'.repeat(131_100) }
    expect(problemsOf({ ...pool, metadata: { name: 'edge', annotations } })).toEqual([
      'metadata.annotations: are too long together; the most bytes are 262144',
    ])
  })
})

describe('status', () => {
  it('that is not there says that nothing has been observed', () => {
    expect(parseGood(pool).status).toEqual({ observedGeneration: -1 })
  })

  it('is kept when it fits', () => {
    const status = { observedGeneration: 2, addresses: '3 IPv4' }
    expect(parseGood({ ...pool, status }).status).toEqual(status)
  })

  it('that does not fit counts as not there', () => {
    expect(parseGood({ ...pool, status: { observedGeneration: 2, addresses: 3 } }).status).toEqual({
      observedGeneration: -1,
    })
  })
})

describe('an object from outside', () => {
  it.each([[undefined], [null], [5], ['text'], [[]]])('that is %j is refused', (value) => {
    expect(problemsOf(value)).toEqual([': must be an object'])
  })

  it('of another kind is refused with the kinds there are', () => {
    expect(problemsOf({ ...pool, kind: 'Nodepool' })).toEqual([
      'kind: must be one of DNSProvider, DynamicDNSRecord, NodePool, WANAddress',
    ])
  })

  it('is not changed by filling in defaults', () => {
    const frozen = Object.freeze({ ...pool, spec: Object.freeze({ selector: Object.freeze({}) }) })
    expect(parseGood(frozen).spec).not.toEqual(frozen.spec)
    expect(frozen.spec).toEqual({ selector: {} })
  })

  it('cannot reach prototypes by the names of its fields', () => {
    const spec: unknown = JSON.parse(
      '{"selector":{"matchLabels":{"__proto__":"x","constructor":"y"}},"__proto__":{"minMembers":9},"toString":1}',
    )
    expect(problemsOf({ ...pool, spec })).toEqual([
      'spec.__proto__: is not a field here; remove it',
      'spec.toString: is not a field here; remove it',
    ])
    const labels: unknown = JSON.parse('{"matchLabels":{"__proto__":"x","constructor":"y"}}')
    const { spec: parsed } = parseGood({ ...pool, spec: { selector: labels } })
    expect(JSON.stringify(parsed)).toContain('{"__proto__":"x","constructor":"y"}')
    expect(({} as Record<string, unknown>)['minMembers']).toBeUndefined()
  })

  it('may be nested as deeply as it likes', () => {
    let deep: unknown = {}
    for (let level = 0; level < 50_000; level += 1) deep = { selector: deep }
    expect(problemsOf({ ...pool, spec: deep })).toEqual(['spec.selector.selector: is not a field here; remove it'])
  })

  it('may be anything, and is judged without an error', () => {
    const anything = fc.anything({ withNullPrototype: true, maxDepth: 4 })
    const spec = fc.dictionary(
      fc.constantFrom('hostnames', 'targets', 'routing', 'selector', 'hosts', 'stun', 'type'),
      anything,
    )
    fc.assert(
      fc.property(fc.constantFrom(...KIND_NAMES), spec, anything, anything, (kind, spec, metadata, status) => {
        const result = parseObject({ apiVersion: 'dns.stoa.dev/v1alpha1', kind, metadata, spec, status })
        expect(['ok', 'invalid']).toContain(result.kind)
      }),
      { numRuns: 500 },
    )
  })

  it('that was stored once is read again as the same', () => {
    const once = parseGood({ ...pool, spec: { hosts: [{ name: 'a', addresses: ['192.0.2.1'] }], drain: {} } })
    expect(parseGood({ ...once, metadata: pool.metadata })).toEqual({ ...once, metadata: parseGood(pool).metadata })
  })
})
