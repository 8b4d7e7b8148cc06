import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cidrContains,
  familyOf,
  findContaining,
  parseCidr,
  parseIpAddress,
  type Cidr,
  type IpAddress,
} from './address.ts'

describe('parseIpAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:db8::192.0.2.1', '2001:db8::c000:201'],
    ['::192.0.2.1', '::c000:201'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parseIpAddress(text)).toBe(canonical)
  })

  it.each([
    '',
    ' 192.0.2.1',
    '192.0.2.1 ',
    '192.0.2.1\n',
    '192.0.2',
    '192.0.2.1.1',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.0x1',
    '3221225985',
    '127.1',
    '192.0.2.1.',
    '192.0.2.-1',
    '192.0.2.1/32',
    'fe80::1%eth0',
    '[2001:db8::1]',
    '2001:db8::1::2',
    '2001:db8',
    '12345::',
    ':::',
    'g::1',
    '::ffff:192.0.2.01',
    '::ffff:192.0.2',
    '1:2:3:4:5:6:7:192.0.2.1',
    '192.0.2.1::1',
    '1:2:3:4:5:6:7:8:9',
    'shop.example.com',
    `::${'0'.repeat(50)}1`,
  ])('refuses %j', (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
  })

  it('gives equal addresses equal texts, however they were written', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, (numbers) => {
        const full = numbers.map((number) => number.toString(16).padStart(4, '0')).join(':')
        const short = numbers.map((number) => number.toString(16).toUpperCase()).join(':')
        const canonical = parseIpAddress(full)
        expect(canonical).toBeDefined()
        expect(parseIpAddress(short)).toBe(canonical)
        expect(parseIpAddress(canonical ?? '')).toBe(canonical)
      }),
    )
  })

  it('reads every dotted quad as itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parseIpAddress(text)).toBe(text)
        expect(familyOf(text as IpAddress)).toBe('IPv4')
      }),
    )
  })
})

describe('ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.0.2.1/32', '192.0.2.1/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0::1/32', '2001:db8::/32'],
    ['::1/128', '::1/128'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parseCidr(text)).toBe(canonical)
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0/8',
    '::/129',
    '::/1/1',
    '/8',
    '',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined()
  })

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:a00:1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '10.0.0.1', false],
  ] as const)('%s contains %s: %s', (cidr, address, expected) => {
    expect(cidrContains(cidr as Cidr, address as IpAddress)).toBe(expected)
  })

  it('finds the first range that contains an address', () => {
    const ranges = ['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'].map((cidr) => ({ cidr: cidr as Cidr }))
    expect(findContaining(ranges, '10.2.0.1' as IpAddress)?.cidr).toBe('10.0.0.0/8')
    expect(findContaining(ranges.slice(0, 1), '10.2.0.1' as IpAddress)).toBeUndefined()
  })
})
