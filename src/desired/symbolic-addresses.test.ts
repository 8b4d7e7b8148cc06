import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { parseIpAddress } from '../model/address.ts'
import { SymbolicAddresses, type SymbolSource } from './symbolic-addresses.ts'

function source(kind: SymbolSource['kind'], ref: string): SymbolSource {
  const [namespace = '', name = ''] = ref.split('/')
  return { kind, namespace, name }
}

const pool = source('NodePool', 'infra/edge')
const wan = source('WANAddress', 'infra/default')

describe('addresses that stand for what only the world knows', () => {
  it('are the same for the same source and family, and differ between sources', () => {
    const symbols = new SymbolicAddresses()
    const first = symbols.addressOf(pool, 'IPv4')
    expect(symbols.addressOf(wan, 'IPv4')).not.toBe(first)
    expect(symbols.addressOf({ ...pool }, 'IPv4')).toBe(first)
    expect(symbols.sources()).toEqual([pool, wan])
  })

  it('are canonical addresses, however many there are', () => {
    const symbols = new SymbolicAddresses()
    for (let index = 0; index < 70_000; index += 1) symbols.addressOf(source('Service', `web/s${index}`), 'IPv4')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 69_999 }), fc.constantFrom('IPv4', 'IPv6'), (index, family) => {
        const address = symbols.addressOf(source('Service', `web/s${index}`), family)
        expect(parseIpAddress(address)).toBe(address)
      }),
    )
  })

  it.each([
    ['the only WAN address', [wan], 'the WAN address'],
    ['one of two WAN addresses', [wan, source('WANAddress', 'site/b')], 'the WAN address default'],
    ['one of two of the same name', [wan, source('WANAddress', 'b/default')], 'the WAN address infra/default'],
    ['a pool', [pool, wan], 'the members of pool edge'],
    ['one of two pools of the same name', [pool, source('NodePool', 'web/edge')], 'the members of pool infra/edge'],
    ['a Service', [source('Service', 'web/front')], 'Service front'],
  ] as const)('%s reads as words', (_, sources, words) => {
    const symbols = new SymbolicAddresses()
    const [first = pool] = sources
    const addresses = (['IPv4', 'IPv6'] as const).map((family) => symbols.addressOf(first, family))
    for (const other of sources) symbols.addressOf(other, 'IPv4')
    expect(addresses.map(symbols.words())).toEqual([words, words])
  })

  it('leaves every other text alone', () => {
    const symbols = new SymbolicAddresses()
    const address = symbols.addressOf(wan, 'IPv4')
    symbols.addressOf(pool, 'IPv6')
    const text = 'A x.example.com holds 10.0.0.1, 0.9.9.9, 2001:db8:100::1:1 and 2001:db8::1'
    expect(symbols.words()(`${text}, ${address}`)).toBe(`${text}, the WAN address`)
  })

  it('shows the member that stands for all of them as the placeholder it fills', () => {
    const symbols = new SymbolicAddresses()
    expect(symbols.words()(`${symbols.memberName(pool)}.edge.example.com`)).toBe('{member}.edge.example.com')
  })
})
