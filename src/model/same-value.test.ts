import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSameValue } from './same-value.ts'

describe('isSameValue', () => {
  it('says what a deep comparison says of plain values', () => {
    const anyValue = fc.jsonValue({ maxDepth: 3 })
    fc.assert(fc.property(anyValue, anyValue, (a, b) => isSameValue(a, b) === isDeepStrictEqual(a, b)))
    fc.assert(fc.property(anyValue, (value) => isSameValue(value, structuredClone(value))))
  })

  it('finds a difference wherever it is', () => {
    const change = fc.tuple(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }), fc.nat({ max: 4 }))
    fc.assert(
      fc.property(change, ([values, index]) => {
        const at = index % values.length
        const other = values.with(at, 9)
        return !isSameValue({ a: [{ values }] }, { a: [{ values: other }] })
      }),
    )
  })

  it.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [[], {}, false],
    [[1, 2], [1], false],
    [[1], [1, 2], false],
    [null, {}, false],
    [undefined, null, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(isSameValue(a, b)).toBe(expected)
  })
})
