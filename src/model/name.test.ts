import { describe, expect, it } from 'vitest'
import { isWildcard, isWithin, longestZone, parseFqdn, parseStoredName, type Fqdn } from './name.ts'

const longLabel = 'a'.repeat(63)

describe('names', () => {
  it.each([
    'com',
    'example.com',
    '*.example.com',
    '_acme-challenge.example.com',
    'xn--bcher-kva.example',
    '0.example.com',
    'a--b.example.com',
    `${longLabel}.example.com`,
    [longLabel, longLabel, longLabel, 'a'.repeat(61)].join('.'),
  ])('accept %s', (text) => {
    expect(parseFqdn(text)).toBe(text)
  })

  it.each([
    '',
    '.',
    '*',
    'example.com.',
    '.example.com',
    'a..example.com',
    'Example.com',
    'bücher.example',
    '-a.example.com',
    'a-.example.com',
    'a b.example.com',
    'a.*.example.com',
    '**.example.com',
    '*a.example.com',
    'shop.example.com\n',
    `${longLabel}a.example.com`,
    [longLabel, longLabel, longLabel, 'a'.repeat(62)].join('.'),
  ])('refuse %j', (text) => {
    expect(parseFqdn(text)).toBeUndefined()
  })

  it.each([
    ['example.com', 'example.com'],
    ['Shop.Example.COM.', 'shop.example.com'],
    ['a-odd!-.example.com', 'a-odd!-.example.com'],
    ['', undefined],
    ['.', undefined],
    ['a..example.com', undefined],
    ['a b.example.com', undefined],
    [`${longLabel}a.example.com`, undefined],
    [[longLabel, longLabel, longLabel, longLabel].join('.'), undefined],
  ])('found in a zone as %j are %j', (text, expected) => {
    expect(parseStoredName(text)).toBe(expected)
  })

  it('know a wildcard', () => {
    expect(isWildcard('*.example.com' as Fqdn)).toBe(true)
    expect(isWildcard('shop.example.com' as Fqdn)).toBe(false)
  })

  it.each([
    ['example.com', 'example.com', true],
    ['shop.example.com', 'example.com', true],
    ['*.example.com', 'example.com', true],
    ['badexample.com', 'example.com', false],
    ['com', 'example.com', false],
  ] as const)('%s lies within %s: %s', (name, zone, expected) => {
    expect(isWithin(name as Fqdn, zone as Fqdn)).toBe(expected)
  })

  it('belong to the longest zone that contains them, whatever the order', () => {
    const zones = ['example.com', 'eu.example.com', 'com', 'other.net'] as Fqdn[]
    expect(longestZone('shop.eu.example.com' as Fqdn, zones)).toBe('eu.example.com')
    expect(longestZone('shop.example.com' as Fqdn, zones.toReversed())).toBe('example.com')
    expect(longestZone('eu.example.com' as Fqdn, zones)).toBe('eu.example.com')
    expect(longestZone('shop.example.org' as Fqdn, zones)).toBeUndefined()
  })
})
