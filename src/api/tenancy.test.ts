import { describe, expect, it } from 'vitest'
import { allowsNamespace, allowsRecord } from './tenancy.ts'

const web = { namespace: 'web', labels: { team: 'web' } }
const unknown = { namespace: 'web', labels: undefined }

describe('allowedNamespaces', () => {
  it.each([
    [{ from: 'All' }, 'infra', unknown, true],
    [{ from: 'Same' }, 'infra', web, false],
    [{ from: 'Same' }, 'web', unknown, true],
    [{ from: 'Selector', matchLabels: { team: 'web' } }, 'infra', web, true],
    [{ from: 'Selector', matchLabels: { team: 'api' } }, 'infra', web, false],
    [{ from: 'Selector', matchLabels: { team: 'web' } }, 'infra', unknown, undefined],
  ] as const)('%j of %s for %j', (allowed, owner, tenant, expected) => {
    expect(allowsNamespace(allowed, owner, tenant)).toBe(expected)
  })
})

describe('allowedRecords', () => {
  const shop = [
    { namespaces: { from: 'Selector', matchLabels: { team: 'web' } }, hostnames: ['*.shop.example.com'] },
  ] as const
  it.each([
    ['its own namespace may have all names', undefined, 'web', web, 'a.example.com', true],
    ['another namespace may have none', undefined, 'infra', web, 'a.example.com', false],
    ['an empty list allows nobody', [], 'web', web, 'a.example.com', false],
    ['an empty entry is the same as no list', [{}], 'web', web, 'a.example.com', true],
    ['a selected namespace may have a name that is covered', shop, 'infra', web, 'a.shop.example.com', true],
    ['a selected namespace may not have others', shop, 'infra', web, 'a.example.com', false],
    ['a namespace of unknown labels may perhaps', shop, 'infra', unknown, 'a.shop.example.com', undefined],
    ['a name that no entry covers is refused whatever the labels', shop, 'infra', unknown, 'a.example.com', false],
    [
      'one entry that allows is enough',
      [...shop, { namespaces: { from: 'All' } }],
      'infra',
      unknown,
      'a.shop.example.com',
      true,
    ],
  ] as const)('%s', (_sentence, allowed, owner, tenant, hostname, expected) => {
    expect(allowsRecord(allowed, owner, tenant, hostname)).toBe(expected)
  })

  it.each([
    ['*', 'example.com', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'badexample.com', false],
    ['a.example.com', 'a.example.com', true],
    ['a.example.com', 'b.a.example.com', false],
  ])('the pattern %s covers %s: %s', (pattern, hostname, expected) => {
    expect(allowsRecord([{ hostnames: [pattern] }], 'web', web, hostname)).toBe(expected)
  })
})
