import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../../model/name.ts'
import { objectNameOf } from './endpoint-objects.ts'

describe('the name of an object', () => {
  it.each([
    ['www.example.com', /^stoa-www-example-com-[0-9a-f]{16}$/],
    ['*.example.com', /^stoa-example-com-[0-9a-f]{16}$/],
    ['_acme.example.com', /^stoa-acme-example-com-[0-9a-f]{16}$/],
    [`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`, /^.{1,253}$/],
  ])('for %s is one that Kubernetes takes', (name, expected) => {
    expect(objectNameOf(name as Fqdn)).toMatch(expected)
    expect(objectNameOf(name as Fqdn)).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
  })

  it('differs where names differ only in what it cannot hold', () => {
    const names = ['*.a.example', 'a.example', '_a.example', 'a-example', '_.a.example'].map((name) =>
      objectNameOf(name as Fqdn),
    )
    expect(new Set(names).size).toBe(names.length)
  })
})
