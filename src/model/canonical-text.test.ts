import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText } from './canonical-text.ts'

describe('canonicalText', () => {
  it('is the same for the same content, and readable JSON', () => {
    expect(canonicalText({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}')
    expect(canonicalText(['b', 'a'])).not.toBe(canonicalText(['a', 'b']))
  })

  it('does not depend on the order of keys', () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(anyObject, (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse())
        expect(canonicalText(turned)).toBe(canonicalText(object))
        expect(JSON.parse(canonicalText(object))).toEqual(JSON.parse(JSON.stringify(object)))
      }),
    )
  })
})
