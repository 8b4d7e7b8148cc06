import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

const spec = { capacity: 10, refillPerSecond: 2 }

describe('a token bucket', () => {
  it('starts full, and says how long until the next token once it is empty', () => {
    const bucket = new TokenBucket(spec, 0)
    for (let taken = 0; taken < 10; taken += 1) expect(bucket.take(0)).toEqual({ taken: true })
    expect(bucket.take(0)).toEqual({ taken: false, afterMs: 500 })
    expect(bucket.take(250)).toEqual({ taken: false, afterMs: 250 })
    expect(bucket.take(500)).toEqual({ taken: true })
  })

  it('never fills beyond its capacity, however long it rests', () => {
    const bucket = new TokenBucket(spec, 0)
    bucket.take(0)
    expect(bucket.fill(3_600_000)).toBe(1)
  })

  it('keeps a reserve for callers that ask to leave one', () => {
    const bucket = new TokenBucket(spec, 0)
    bucket.lowerTo(2, 0)
    expect(bucket.take(0, 2)).toEqual({ taken: false, afterMs: 500 })
    expect(bucket.take(0)).toEqual({ taken: true })
  })

  it('believes a provider that says less is left, never one that says more', () => {
    const bucket = new TokenBucket(spec, 0)
    bucket.lowerTo(1, 0)
    expect(bucket.fill(0)).toBe(0.1)
    bucket.lowerTo(9, 0)
    expect(bucket.fill(0)).toBe(0.1)
  })
})
