import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shortHash, spreadHash } from './hash.ts'

describe('hashes', () => {
  it('are the same everywhere and for ever', () => {
    expect(shortHash('')).toBe('e3b0c44298fc1c14')
    expect(shortHash('stoa')).toMatch(/^[0-9a-f]{16}$/)
    expect(spreadHash('203.0.113.7|web/shop')).toBe(spreadHash('203.0.113.7|web/shop'))
  })

  it('spread neighbouring texts over the whole range', () => {
    const buckets = new Array<number>(16).fill(0)
    for (let index = 0; index < 16_000; index += 1) {
      const bucket = spreadHash(`10.0.${index >> 8}.${index & 255}|web/shop`) >>> 28
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    expect(Math.min(...buckets)).toBeGreaterThan(800)
    expect(Math.max(...buckets)).toBeLessThan(1200)
  })

  it('stay within 32 bits', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = spreadHash(text)
        expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffffffff).toBe(true)
      }),
    )
  })
})
