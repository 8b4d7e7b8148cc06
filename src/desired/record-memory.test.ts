import { describe, expect, it } from 'vitest'
import { MAIN, NOW } from '../../test/support/record-builders.ts'
import { recordMemoryFromStatus } from './record-memory.ts'

describe('what a record remembers', () => {
  it('is nothing at first', () => {
    const nothing = { zones: [], failover: undefined, targets: undefined }
    expect(recordMemoryFromStatus(undefined, NOW)).toEqual(nothing)
    expect(recordMemoryFromStatus({ observedGeneration: -1 }, NOW)).toEqual(nothing)
  })

  it('is its zones, its group and its targets', () => {
    const status = {
      zones: [MAIN, { provider: 'web/main', zone: 'not a zone' }],
      failover: { group: 2, since: '2026-11-21T02:00:00Z' },
      targets: [{ name: 'edge', known: false }],
    }
    expect(recordMemoryFromStatus(status, NOW)).toEqual({
      zones: [MAIN],
      failover: { group: 2, since: NOW - 3_600_000, betterSince: undefined },
      targets: new Set(['edge']),
    })
  })
})
