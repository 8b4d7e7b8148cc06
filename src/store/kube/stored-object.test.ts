import { describe, expect, it } from 'vitest'
import type { StoredObject } from '../store.ts'
import { storedKind } from './stored-object.ts'

const poolKind = storedKind('NodePool')

const pool = (version: number, given: { spec?: unknown; status?: unknown; metadata?: object } = {}): unknown => ({
  metadata: {
    name: 'edge',
    namespace: 'web',
    uid: 'uid-1',
    generation: 1,
    creationTimestamp: '2026-11-21T00:00:00Z',
    resourceVersion: String(version),
    ...given.metadata,
  },
  spec: given.spec ?? { selector: {} },
  status: given.status ?? { observedGeneration: -1 },
})
const parsed = (object: unknown, previous?: StoredObject): StoredObject => {
  const found = poolKind.parse(object, previous)
  if (found === undefined) throw new Error('no object')
  return found
}
const BAD = { selector: {}, minMembers: 'many' }

describe('an object of ours', () => {
  it('is kept without what takes room and nobody reads', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' }
    const managedFields = [{ manager: 'kubectl', fieldsV1: {} }]
    const { metadata } = parsed(pool(1, { metadata: { annotations, managedFields } }))
    expect(metadata.annotations).toEqual({ kept: 'yes' })
    expect(metadata).not.toHaveProperty('managedFields')
  })

  it('is not read twice at one version', () => {
    const first = parsed(pool(1))
    expect(poolKind.parse(pool(1), first)).toBe(first)
  })

  it('is equal when only its version is another', () => {
    expect(poolKind.equals(parsed(pool(1)), parsed(pool(2)))).toBe(true)
    expect(poolKind.equals(parsed(pool(1)), parsed(pool(2, { status: { observedGeneration: 1 } })))).toBe(false)
    expect(poolKind.equals(parsed(pool(1)), parsed(pool(2, { metadata: { labels: { a: 'b' } } })))).toBe(false)
  })

  it('has its last valid spec in force, with the newest metadata and status', () => {
    const valid = parsed(pool(1, { spec: { selector: {}, minMembers: 2 } }))
    const invalid = parsed(
      pool(2, { spec: BAD, status: { observedGeneration: 2 }, metadata: { generation: 2 } }),
      valid,
    )
    expect(invalid).toMatchObject({
      metadata: { generation: 2 },
      status: { observedGeneration: 2 },
      resource: { metadata: { generation: 2 }, status: { observedGeneration: 2 }, spec: { minMembers: 2 } },
    })
    expect(invalid.problem).toContain('spec.minMembers')
    const still = parsed(pool(3, { spec: BAD, metadata: { generation: 2, labels: { a: 'b' } } }), invalid)
    expect(still.resource).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { minMembers: 2 } })
  })

  it('has no spec in force from an object of the same name that is gone', () => {
    const invalid = parsed(pool(2, { spec: BAD, metadata: { uid: 'uid-2' } }), parsed(pool(1)))
    expect(invalid.resource).toBeUndefined()
    expect(invalid.metadata.uid).toBe('uid-2')
  })

  it('shows its status even when it never was valid', () => {
    const { status, resource } = parsed(pool(1, { spec: BAD, status: { observedGeneration: 1 } }))
    expect(resource).toBeUndefined()
    expect(status).toEqual({ observedGeneration: 1 })
  })

  it('is valid with a status that another version of Stoa wrote', () => {
    const { resource, problem } = parsed(pool(1, { status: { observedGeneration: 1, invented: true } }))
    expect(problem).toBeUndefined()
    expect(resource?.status).toEqual({ observedGeneration: -1 })
  })
})
