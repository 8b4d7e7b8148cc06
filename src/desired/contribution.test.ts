import { describe, expect, it } from 'vitest'
import type { Target } from '../api/generated/dynamic-dns-record.ts'
import { targetKey } from './contribution.ts'

// As the custom resource definition has it.
const TARGET_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

describe('what a target goes by', () => {
  it.each<[Target, string]>([
    [{ name: 'home', wan: { name: 'default' } }, 'home'],
    [{ wan: { name: 'default' } }, 'wan/web/default'],
    [{ wan: { name: 'default', namespace: 'infra' } }, 'wan/infra/default'],
    [{ nodePool: { name: 'edge' } }, 'nodePool/web/edge'],
    [{ nodePool: { name: 'edge', namespace: 'infra' } }, 'nodePool/infra/edge'],
    [{ service: { name: 'front' } }, 'service/web/front'],
    [{ hostname: 'lb.example.net' }, 'hostname/lb.example.net'],
    [{ addresses: ['1.1.1.1'] }, 'addresses/literal'],
    [{ name: 'addresses', wan: { name: 'default' } }, 'addresses'],
  ])('%j is %s', (target, expected) => {
    expect(targetKey(target, 'web')).toBe(expected)
  })

  it.each<Target>([
    { wan: { name: 'a' } },
    { nodePool: { name: 'a' } },
    { service: { name: 'a' } },
    { hostname: 'a' },
    { addresses: [] },
  ])('is no name where it has none: %j', (target) => {
    expect(targetKey(target, 'web')).not.toMatch(TARGET_NAME)
  })
})
