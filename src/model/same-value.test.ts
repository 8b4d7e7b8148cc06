import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText } from './canonical-text.ts'
import { isSameValue } from './same-value.ts'

/** Few different parts, so that equal values are common. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(undefined, null, 0, 1, '', 'a', true),
    fc.array(
      tie('value').map((part) => part ?? null),
      { maxLength: 2 },
    ),
    fc.dictionary(fc.constantFrom('x', 'y'), tie('value'), { noNullPrototype: true }),
  ),
})).value

describe('two values', () => {
  it('are the same exactly when their canonical texts are', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(isSameValue(a, b)).toBe(canonicalText(a) === canonicalText(b))
      }),
      { numRuns: 2_000 },
    )
  })

  it.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
  ])('%j and %j: %j', (a, b, same) => {
    expect(isSameValue(a, b)).toBe(same)
  })
})
