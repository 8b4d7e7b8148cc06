import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import type { SourceIdentity, Transport } from './detection.ts'
import { NO_HINTS, orderSources, type OrderHints } from './order-sources.ts'

const source = (operator: string, transport: Transport = 'UDP'): SourceIdentity => ({
  name: `${transport} ${operator}`,
  operator,
  transport,
  authenticated: transport === 'HTTPS',
})

function order(sources: readonly SourceIdentity[], hints: Partial<OrderHints> = {}, tls = false): readonly string[] {
  const all = { ...NO_HINTS, ...hints }
  return orderSources(sources, all, tls, createSeededRandom(1)).map(({ name }) => name)
}

const mixed = [
  source('a', 'HTTPS'),
  source('b', 'TCP'),
  source('c'),
  source('this machine', 'Interface'),
  source('d', 'HTTP'),
]

describe('the order of sources', () => {
  it('begins with what answers fastest', () => {
    expect(order(mixed)).toEqual(['Interface this machine', 'UDP c', 'TCP b', 'HTTP d', 'HTTPS a'])
  })

  it('begins with an authenticated one where nothing stands without', () => {
    expect(order(mixed, {}, true)[0]).toBe('HTTPS a')
  })

  it('asks no operator twice before each has had its turn', () => {
    const sources = [source('a'), source('a', 'TCP'), source('b', 'TCP'), source('c', 'HTTPS')]
    expect(order(sources)).toEqual(['UDP a', 'TCP b', 'HTTPS c', 'TCP a'])
  })

  it('asks operators that were just heard after others', () => {
    expect(order([source('a'), source('b'), source('c', 'HTTPS')], { heard: new Set(['a', 'b']) })[0]).toBe('HTTPS c')
  })

  it('asks sources that failed lately last', () => {
    expect(order([source('a'), source('b', 'TCP')], { failing: new Set(['UDP a']), heard: new Set(['b']) })).toEqual([
      'TCP b',
      'UDP a',
    ])
  })

  it('asks a working authenticated source before one that failed', () => {
    const sources = [source('a', 'HTTPS'), source('b', 'HTTPS'), source('c')]
    expect(order(sources, { failing: new Set(['HTTPS a']) }, true)[0]).toBe('HTTPS b')
  })

  it('is a random choice among equals', () => {
    const equals = Array.from({ length: 8 }, (_, index) => source(`s${index}`))
    const random = createSeededRandom(3)
    const firsts = Array.from({ length: 400 }, () => orderSources(equals, NO_HINTS, false, random)[0]?.name)
    const counts = equals.map(({ name }) => firsts.filter((first) => first === name).length)
    expect(Math.min(...counts)).toBeGreaterThan(20)
  })

  it('keeps everyone, whatever the hints', () => {
    const someone = fc.record({
      operator: fc.constantFrom('a', 'b', 'c'),
      transport: fc.constantFrom<Transport>('UDP', 'TCP', 'HTTPS'),
    })
    fc.assert(
      fc.property(fc.array(someone), fc.array(fc.constantFrom('a', 'b')), fc.boolean(), (specs, heard, tls) => {
        const sources = specs.map(({ operator, transport }) => source(operator, transport))
        expect([...order(sources, { heard: new Set(heard) }, tls)].sort()).toEqual(
          sources.map(({ name }) => name).sort(),
        )
      }),
    )
  })
})
