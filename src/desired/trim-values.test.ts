import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairHashes, spreadHash } from '../model/hash.ts'
import { trimValues } from './trim-values.ts'

const trim = (values: readonly string[], most: number, salt = 'web/shop'): readonly string[] =>
  trimValues(values, most, salt)

const anyAddresses = fc.uniqueArray(
  fc.nat({ max: 5000 }).map((n) => `10.0.${n >> 8}.${n & 255}`),
  { minLength: 1, maxLength: 60 },
)

describe('a set that is too large', () => {
  it('is only sorted while it fits', () => {
    expect(trim(['b', 'a'], 2)).toEqual(['a', 'b'])
  })

  it('is cut to the size, sorted', () => {
    const kept = trim(['d', 'c', 'b', 'a'], 2)
    expect(kept).toHaveLength(2)
    expect(kept).toEqual(kept.toSorted())
  })

  it('is cut to nothing where nothing may stay', () => {
    expect(trim(['b', 'a'], 0)).toEqual([])
  })

  it('changes by at most one value when one of many comes or goes', () => {
    fc.assert(
      fc.property(anyAddresses, fc.nat(), fc.integer({ min: 1, max: 20 }), (values, index, most) => {
        const without = values.toSpliced(index % values.length, 1)
        const before = trim(values, most)
        const after = trim(without, most)
        expect(after.filter((value) => !before.includes(value)).length).toBeLessThanOrEqual(1)
        expect(before.filter((value) => !after.includes(value)).length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('is the same in whatever order the values come', () => {
    fc.assert(
      fc.property(anyAddresses, fc.integer({ min: 1, max: 59 }), (values, most) => {
        expect(trim(values.toReversed(), most).toSorted()).toEqual(trim(values, most).toSorted())
      }),
    )
  })

  it('keeps other values for other records, so that the load spreads', () => {
    const values = Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`)
    const kept = new Set(Array.from({ length: 30 }, (_, index) => trim(values, 10, `web/shop-${index}`)).flat())
    expect(kept.size).toBeGreaterThan(80)
  })

  it('gives every value about as many records', () => {
    const values = Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`)
    const counts = new Map(values.map((value) => [value, 0]))
    for (let index = 0; index < 5_000; index += 1) {
      for (const value of trim(values, 8, `web/shop-${index}`)) counts.set(value, Number(counts.get(value)) + 1)
    }
    // 400 on average, and 19 are one standard deviation.
    expect(Math.min(...counts.values())).toBeGreaterThan(310)
    expect(Math.max(...counts.values())).toBeLessThan(490)
  })

  it('keeps those with the highest scores', () => {
    fc.assert(
      fc.property(anyAddresses, fc.integer({ min: 0, max: 59 }), (values, most) => {
        const score = (value: string): number => pairHashes(spreadHash(value), spreadHash('web/shop'))
        const byScore = values.toSorted((a, b) => score(b) - score(a))
        expect(trim(values, most)).toEqual(byScore.slice(0, most).sort())
      }),
    )
  })

  it('decides equal scores by the value', () => {
    expect(trim(['a', 'a', 'a'], 2)).toEqual(['a', 'a'])
  })
})
